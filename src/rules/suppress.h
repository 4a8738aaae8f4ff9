/*
 * suppress.h - allow directives: which findings they silence, and what is wrong with them.
 *
 * An own directive needs a reason and known rule names, and must silence something: otherwise it is a finding itself
 * (allow-without-reason,
 * unknown-allow, unused-allow). Other tools' comments are honoured and never complained about.
 */
#ifndef MIGRATE_RULES_SUPPRESS_H
#define MIGRATE_RULES_SUPPRESS_H

#include "rules/finding.h"

/* An allow-file directive and which of its rules silenced something. */
struct file_allow {
    const struct directive *directive;
    bool *used; /* by rule */
};

struct suppression {
    const struct rulebook *book;
    const struct judge_options *options;
    VEC(struct file_allow) file;
};

/* Is it one that silences: ours, ours for the file, or another tool's? */
bool suppress_is_allow(const struct directive *d);
/* Start a part: the file's directives. */
void suppression_init(struct suppression *s, const struct rulebook *book, const struct judge_options *options,
                      const struct migration *m, struct arena *a);
/*
 * Apply the directives of the statements, and the file's, to the findings of the part and to those that the end of the
 * history may add, both in the order of their places; adds findings about the directives at the end.
 */
void suppress_statements(struct suppression *s, struct finding_context *c,
                         const struct judged_statement_list *statements, struct finding_list *later);
/*
 * After the last statement: what is wrong with the file's own directives. `whole`: the part is all there is in
 * the file to silence.
 */
void suppress_finish(struct suppression *s, struct finding_context *c, bool whole);

#endif
