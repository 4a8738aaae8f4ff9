/*
 * lint.h - findings for people and machines: one table of formats.
 *
 * A report takes judged parts one after the other and writes each finding at once, so a large run needs no memory for
 * them. Output is deterministic; what comes from SQL or file names never reaches the terminal unescaped.
 */
#ifndef MIGRATE_REPORT_LINT_H
#define MIGRATE_REPORT_LINT_H

#include "rules/fix.h"

#define LINT_FORMAT_WORDS "text|json|github|sarif|gitlab|junit|checkstyle|markdown" /* in the order of the table */

struct lint_counts {
    uint64_t errors, warnings, notes; /* not suppressed */
    uint64_t allowed;                 /* suppressed by a comment */
    uint64_t baselined;               /* suppressed by the baseline */
    uint64_t statements, files, unreadable;
    uint64_t failed; /* files that could not be judged */
};

struct lint_report {
    const struct lint_format *format;
    FILE *stream;
    bool colour;  /* text */
    bool quiet;   /* text: no last line of counts */
    bool verbose; /* text: suppressed findings too */
    bool gated;   /* findings from `gate` on make the command fail; false: none does */
    enum severity gate;
    int exit_code; /* how the command will end; to be set before lint_report_end() */
    struct lint_counts counts;
    struct strbuf text;
    bool any;                          /* a finding was written */
    const struct judge_options *fixes; /* how the parts were judged, to show fixes; NULL: none are shown */
    struct fix_edit_list edits;        /* the fix of the finding in hand; empty: it has none */
    struct str edits_title;
    const struct line_map *lines; /* of its file, while there are edits */
    const char *statement;        /* json: where the source of the newest one's begins; only compared */
    struct arena memory;          /* what a format keeps until the end */
    void *state;                  /* a format's own */
};

struct lint_format {
    const char *name;
    void (*begin)(struct lint_report *r); /* NULL: nothing to do */
    void (*file)(struct lint_report *r,
                 struct str file); /* a file was judged; its findings follow. NULL: nothing to do */
    /* Append one finding to r->text. `source` is the file's whole text. Suppressed ones come too. */
    void (*finding)(struct lint_report *r, const struct finding *f, struct str source);
    void (*failed)(struct lint_report *r, struct str file, const struct error *err); /* NULL: nothing to do */
    void (*end)(struct lint_report *r);
};

extern const struct lint_format lint_format_text, lint_format_json, lint_format_github, lint_format_sarif,
    lint_format_gitlab, lint_format_junit, lint_format_checkstyle, lint_format_markdown;
extern const struct lint_format lint_format_none; /* only counts */
/* Format i of LINT_FORMAT_WORDS; NULL behind the last. */
const struct lint_format *lint_format_at(int i);
bool lint_format_fingerprints(const struct lint_format *format); /* does it write them? */
bool lint_format_fixes(const struct lint_format *format);        /* does it show fixes? */

void lint_report_begin(struct lint_report *r, const struct lint_format *format, FILE *stream);
/* Count the part and write its findings. */
void lint_report_part(struct lint_report *r, const struct judged_part *part);
/* A file could not be judged, and why. Text tells nothing of it: the command says it on standard error. */
void lint_report_failed(struct lint_report *r, struct str file, const struct error *err);
/* Write what ends the report and free it; the counts stay. */
void lint_report_end(struct lint_report *r);

/* Findings of this severity or worse, not suppressed. */
uint64_t lint_counts_from(const struct lint_counts *counts, enum severity severity);

/* For formats: write r->text to the stream and empty it, so that a long report needs no long buffer. */
void lint_report_flush(struct lint_report *r);
/* Does this finding make the command fail? */
bool lint_report_fails(const struct lint_report *r, const struct finding *f);
/* The numbers in words: "1 error, 0 warnings, 2 notes", and ", 1 allowed" if any is; "3 statements in 1 file; 0 could not be read". */
void lint_counts_findings(struct strbuf *out, const struct lint_counts *counts);
void lint_counts_input(struct strbuf *out, const struct lint_counts *counts);

/* One finding as text: used by lint, and by up and plan for what stops at the gate. */
void finding_text(struct strbuf *out, const struct finding *f, struct str source, bool colour);

#endif
