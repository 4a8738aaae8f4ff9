/*
 * fix_block.h - how statements get out of the transaction that the file, its marker or the tool makes.
 */
#ifndef MIGRATE_RULES_FIX_BLOCK_H
#define MIGRATE_RULES_FIX_BLOCK_H

#include "rules/fix.h"

struct fix_blocks {
    const struct judged_part *part;
    const struct judge_options *options;
    struct arena *a;
    size_t *begin; /* of each statement: the file's BEGIN that it stands behind; SIZE_MAX: none */
    size_t *end;   /* and the COMMIT or ROLLBACK; the number of statements: there is none */
    bool *split;   /* statements that fix_blocks_free_it() let out */
};

void fix_blocks_init(struct fix_blocks *b, const struct judged_part *part, const struct judge_options *options,
                     struct arena *a);
/* Can statement i leave its transaction, once it is `steps` statements? Empty: yes; else why not. */
struct str fix_blocks_ask(struct fix_blocks *b, size_t i, size_t steps);
/* Can the BEGIN that is statement i go, with its COMMIT? Empty: yes. Its edits. */
struct str fix_blocks_ask_unblock(struct fix_blocks *b, size_t i);
void fix_blocks_unblock(struct fix_blocks *b, size_t i, struct fix_edit_list *out);
/* Note that it does: once all are noted, add the edits. */
void fix_blocks_free_it(struct fix_blocks *b, size_t i);
void fix_blocks_edits(struct fix_blocks *b, struct str eol, struct fix_edit_list *out);

#endif
