/*
 * sarif.h - the parts of a SARIF log that are written by another file than the log itself.
 */
#ifndef MIGRATE_REPORT_SARIF_H
#define MIGRATE_REPORT_SARIF_H

#include "report/json.h"

/*
 * {"text": …} of the text: braces are doubled, because {0} would be a placeholder, and "](" is parted, because [a](b) would be a
 * link (SARIF 2.1.0, 3.11.5 and 3.11.6).
 */
json_t *sarif_message(struct str text);
/* The reportingDescriptor of a rule: hazard is NULL for what is wrong with a file itself; `seen` is then its severity. */
json_t *sarif_rule(struct str id, const struct hazard *hazard, enum severity seen);

#endif
