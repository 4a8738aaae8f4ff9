/*
 * severity.h - what a project says of single rules: another severity, or off.
 */
#ifndef MIGRATE_RULES_SEVERITY_H
#define MIGRATE_RULES_SEVERITY_H

#include "rules/judge.h"

/* hazard_severity() where the project says something of some rules. */
bool hazard_severity_said(const struct judge_options *options, const struct hazard *h, enum severity *severity);

/*
 * Is the hazard looked for, and how severe is a finding of it? What the project says of the rule goes before its default
 * and before all_rules. options NULL: the defaults.
 */
static inline bool hazard_severity(const struct judge_options *options, const struct hazard *h, enum severity *severity)
{
    if (options && options->n_severities > 0) {
        return hazard_severity_said(options, h, severity);
    }
    *severity = h->severity;
    return !h->off || (options && options->all_rules);
}

/* The same for findings that are of no hazard, those about files and directives: severities are set, others taken away. */
void severities_settle(const struct judge_options *options, struct finding_list *list);

#endif
