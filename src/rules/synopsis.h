/*
 * synopsis.h - PostgreSQL's own notation of a statement: read, and told what every match of it has.
 *
 * The notation is told in rules/README.md. It matches a whole shape (sql/shape.h) from its first token on; synopsis_match.h does that.
 */
#ifndef MIGRATE_RULES_SYNOPSIS_H
#define MIGRATE_RULES_SYNOPSIS_H

#include "base/arena.h"
#include "base/error.h"
#include "rules/rulebook.h"

/*
 * Read a synopsis. Fills all of *out but the slot (texts are views into notation; what was read meanwhile is left in the
 * arena). Errors: ST_USAGE with a message, and in *at the byte offset in the notation that it is about.
 */
NODISCARD enum status synopsis_translate(struct str notation, struct arena *a, struct pattern *out, size_t *at,
                                         struct error *err);

/* The bit that stands for a key word in pattern.needs. */
static inline void keyword_bit_set(uint64_t mask[2], enum keyword kw)
{
    mask[(kw >> 6) & 1] |= UINT64_C(1) << (kw & 63);
}

#endif
