/*
 * lint_baseline.h - the findings that a project had when it began to lint: a file of them, so that only new ones count.
 *
 * An entry is a file (as seen from the baseline's folder) and a finding's fingerprint, which stays when lines move. Each entry stands
 * for one finding. Rule and message are there for people.
 */
#ifndef MIGRATE_CMD_LINT_BASELINE_H
#define MIGRATE_CMD_LINT_BASELINE_H

#include "base/map.h"
#include "rules/judge.h"

struct baseline_entry {
    struct str file, rule, fingerprint, message;
    uint32_t at; /* where the fingerprint stands in the file's text */
    bool met;    /* a finding was there */
    size_t next; /* 1 + index of the next with the same key; 0: none */
};

struct baseline {
    struct arena *a;
    const char *path;
    bool writing;
    struct str folder;                  /* of the file, from the root */
    struct str text;                    /* of the file; empty: there is none yet */
    VEC(struct baseline_entry) entries; /* as they were read */
    VEC(struct baseline_entry) found;   /* when writing: the findings of now */
    struct map by_key;                  /* file and fingerprint -> first entry, as 1 + index */
    struct map judged;                  /* files of this run */
    struct map there;                   /* file -> is it there? */
    uint64_t n_added, n_gone, n_kept;   /* after baseline_write(): of other files kept */
};

/*
 * Read the file at `path`. `writing`: it need not be there, and baseline_apply() takes every finding into it. Memory is the arena's. ST_USAGE
 * with the place for what is no baseline, and for a missing file.
 */
NODISCARD enum status baseline_open(struct baseline *b, const char *path, bool writing, struct arena *a,
                                    struct error *err);
/* This file is judged: entries of it for which nothing is found are stale. */
void baseline_judged(struct baseline *b, struct str file);
/* Suppress the findings that have an entry (when writing: all that are not allowed, and remember them). They need fingerprints. */
void baseline_apply(struct baseline *b, const struct judged_part *part);
/*
 * After the last file: entries that stand for nothing, as findings of the baseline file. Entries of files that were not judged and are still there
 * are left alone, and those of rules that are not looked for. Memory is the baseline's, also of the migration that stands for its file.
 */
void baseline_stale(struct baseline *b, const struct rulebook *book, const struct judge_options *options,
                    struct judged_part *out);
/* Write the findings of this run, and the entries of files that were not judged and are still there. */
NODISCARD enum status baseline_write(struct baseline *b, struct error *err);

#endif
