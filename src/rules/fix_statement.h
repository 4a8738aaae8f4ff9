/*
 * fix_statement.h - one statement with some of its findings written safely: the drafts put together.
 */
#ifndef MIGRATE_RULES_FIX_STATEMENT_H
#define MIGRATE_RULES_FIX_STATEMENT_H

#include "rules/fix_block.h"

/* The drafts of one statement that are written together. */
struct fix_group {
    size_t statement;              /* index in the part */
    struct fix_choice **by_action; /* NULL: that action stays as it is */
    struct fix_choice *whole;
};

struct fix_composer {
    const struct judged_part *part;
    struct str text, eol;
    struct arena *a;
    struct fix_blocks blocks;
    struct fix_edit_list *out;
};

struct str fix_eol_of(struct str text);
/* Take out of the group, with the reason, what cannot be written beside the other actions of the statement. */
void fix_group_leave(struct fix_composer *c, struct fix_group *g, const struct judged_statement *s);
/* Add the edits of the group to *out. False: a comment would be lost. */
bool fix_group_write(struct fix_composer *c, const struct fix_group *g, const struct judged_statement *s,
                     struct fix_edit_list *out);

#endif
