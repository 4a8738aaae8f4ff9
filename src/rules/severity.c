#include "rules/severity.h"

static const struct rule_severity *said_of(const struct judge_options *o, struct str rule)
{
    size_t first = 0, behind = o ? o->n_severities : 0;
    while (first < behind) {
        const size_t middle = first + (behind - first) / 2;
        const int order = str_cmp(o->severities[middle].rule, rule);
        if (order == 0) {
            return &o->severities[middle];
        }
        first = order < 0 ? middle + 1 : first;
        behind = order < 0 ? behind : middle;
    }
    return NULL;
}

bool hazard_severity_said(const struct judge_options *options, const struct hazard *h, enum severity *severity)
{
    const struct rule_severity *said = said_of(options, h->id);
    *severity = said && !said->off ? said->severity : h->severity;
    return said ? !said->off : !h->off || options->all_rules;
}

void severities_settle(const struct judge_options *options, struct finding_list *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->n; i++) {
        const struct rule_severity *said = list->at[i].hazard ? NULL : said_of(options, list->at[i].rule);
        if (said && said->off) {
            continue;
        }
        if (said) {
            list->at[i].severity = said->severity;
        }
        if (kept != i) {
            list->at[kept] = list->at[i];
        }
        kept++;
    }
    list->n = kept;
}
