/*
 * synopsis.h - PostgreSQL's own notation of a statement, translated to PCRE2.
 *
 * The notation is told in rules/README.md. A regex matches a whole shape (sql/shape.h) from its first token on.
 * Every item but the first
 * brings the space before it along, so that optional items need no care and tokens are never cut in two.
 *
 * Names, parentheses and types are subroutines of the regex; synopsis_complete() appends the ones that it calls, so
 * that
 * they are kept once and not in every pattern of the book.
 */
#ifndef MIGRATE_RULES_SYNOPSIS_H
#define MIGRATE_RULES_SYNOPSIS_H

#include "base/arena.h"
#include "base/error.h"
#include "rules/rulebook.h"

/*
 * Translate a synopsis. Fills all of *out but the slot (strings from the arena, capture names are views into
 * notation). Errors: ST_USAGE with a message, and in *at the byte offset in the notation that it is about.
 */
NODISCARD enum status synopsis_translate(struct str notation, struct arena *a, struct pattern *out, size_t *at,
                                         struct error *err);

/* Append the regex and the subroutines that it calls: what PCRE2 is to compile. */
void synopsis_complete(struct str regex, struct strbuf *out);

/*
 * May the key word that ends at subject[at] name a table, column or index? Not a reserved one, nor one kept for functions
 * and types. The answer to the callouts in a completed regex, which go on only then.
 */
bool synopsis_allows(struct str subject, size_t at);

/* The bit that stands for a key word in pattern.needs. */
static inline void keyword_bit_set(uint64_t mask[2], enum keyword kw)
{
    mask[(kw >> 6) & 1] |= UINT64_C(1) << (kw & 63);
}

#endif
