/*
 * by_file.h - findings kept by file until the end, for formats that write the files one after the other with totals in front.
 *
 * A file may be told of twice (judge_finish() has more to say of it), hence the map.
 */
#ifndef MIGRATE_REPORT_BY_FILE_H
#define MIGRATE_REPORT_BY_FILE_H

#include "base/map.h"
#include "report/lint.h"

struct kept_finding {
    enum severity severity;
    bool fails;      /* see lint_report_fails() */
    struct str text; /* as the format writes it */
};

struct kept_file {
    struct str path;   /* plain, see add_plain_path() */
    uint64_t count[3]; /* by severity, not suppressed */
    uint64_t failing;
    VEC(struct kept_finding) findings;
    struct str failure; /* why it could not be judged; empty: it was */
};

struct by_file {
    struct arena *memory;
    struct map index;            /* path -> 1 + index */
    VEC(struct kept_file) files; /* in the order in which they were told of */
};

/* A new one as r->state, in r->memory. */
void by_file_begin(struct lint_report *r);
/* The file's entry, made if need be; valid until the next call. */
struct kept_file *by_file(struct lint_report *r, struct str path);
/* Count a finding that is not suppressed for its file, and keep text for it; pass no text (p NULL) to count only. */
void by_file_keep(struct lint_report *r, const struct finding *f, struct str text);
/* lint_format.failed: keep the error's message and hint. */
void by_file_failed(struct lint_report *r, struct str file, const struct error *err);

#endif
