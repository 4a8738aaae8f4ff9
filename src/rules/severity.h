/*
 * severity.h - what a project says of single rules: another severity, or off.
 */
#ifndef MIGRATE_RULES_SEVERITY_H
#define MIGRATE_RULES_SEVERITY_H

#include "rules/judge.h"

/*
 * Is the hazard looked for, and how severe is a finding of it? What the project says of the rule goes before its default
 * and before all_rules. options NULL: the defaults.
 */
bool hazard_severity(const struct judge_options *options, const struct hazard *h, enum severity *severity);

/* The same for findings that are of no hazard, those about files and directives: severities are set, others taken away. */
void severities_settle(const struct judge_options *options, struct finding_list *list);

#endif
