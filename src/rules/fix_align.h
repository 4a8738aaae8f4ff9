/*
 * fix_align.h - edits that turn one text into another and leave alone what is the same in both, comments and blanks among it.
 */
#ifndef MIGRATE_RULES_FIX_ALIGN_H
#define MIGRATE_RULES_FIX_ALIGN_H

#include "rules/fix.h"

/* How many tokens at both ends of text[start, end) and of `other` are the same. */
size_t fix_same_tokens(struct str text, uint32_t start, uint32_t end, struct str other, struct arena *a);
/*
 * Add the edit that makes text[start, end) say what `other` says: the tokens between the same beginning and the same end. Key words
 * are the same in either case. What stands before the first token of `other` is added before.
 */
void fix_align(struct str text, uint32_t start, uint32_t end, struct str other, struct arena *a,
               struct fix_edit_list *out);
/* Is every comment of text[start, end) in `other` too? */
bool fix_keeps_comments(struct str text, uint32_t start, uint32_t end, struct str other);

#endif
