/*
 * lint.h - findings for people and machines: one table of formats.
 *
 * A report takes judged parts one after the other and writes each finding at once, so a large run needs no memory for
 * them. Output is deterministic; what comes from SQL or file names never reaches the terminal unescaped.
 */
#ifndef MIGRATE_REPORT_LINT_H
#define MIGRATE_REPORT_LINT_H

#include "rules/judge.h"

#define LINT_FORMAT_WORDS "text|json|github" /* in the order of the table */

struct lint_counts {
    uint64_t errors, warnings, notes; /* not suppressed */
    uint64_t allowed;                 /* suppressed */
    uint64_t statements, files, unreadable;
};

struct lint_report {
    const struct lint_format *format;
    FILE *stream;
    bool colour;  /* text */
    bool quiet;   /* text: no last line of counts */
    bool verbose; /* text: suppressed findings too */
    struct lint_counts counts;
    struct strbuf text;
    bool any; /* a finding was written */
};

struct lint_format {
    const char *name;
    void (*begin)(struct lint_report *r); /* NULL: nothing to do */
    /* Append one finding to r->text. `source` is the file's whole text. Suppressed ones come too. */
    void (*finding)(struct lint_report *r, const struct finding *f, struct str source);
    void (*end)(struct lint_report *r);
};

extern const struct lint_format lint_format_text, lint_format_json, lint_format_github;
/* Format i of LINT_FORMAT_WORDS. */
const struct lint_format *lint_format_at(int i);

void lint_report_begin(struct lint_report *r, const struct lint_format *format, FILE *stream);
/* Count the part and write its findings. */
void lint_report_part(struct lint_report *r, const struct judged_part *part);
/* Write what ends the report and free it; the counts stay. */
void lint_report_end(struct lint_report *r);

/* Findings of this severity or worse, not suppressed. */
uint64_t lint_counts_from(const struct lint_counts *counts, enum severity severity);

/* One finding as text: used by lint, and by up and plan for what stops at the gate. */
void finding_text(struct strbuf *out, const struct finding *f, struct str source, bool colour);

#endif
