/*
 * synopsis_scan.h - the parts of a shape that a synopsis takes whole: parentheses, names, types, units.
 *
 * Each begins at text[at], without the space before it, and answers where it ends, or SCAN_NONE when there is none. There is one way to
 * take each, so that nothing of it is tried again. Time is linear in what is passed over.
 */
#ifndef MIGRATE_RULES_SYNOPSIS_SCAN_H
#define MIGRATE_RULES_SYNOPSIS_SCAN_H

#include "base/str.h"

#define SCAN_NONE SIZE_MAX

size_t scan_parenthesis(struct str text, size_t at); /* balanced; quoted names in it are whole */
size_t scan_token(struct str text, size_t at);       /* up to a space; quoted names in it are whole */
size_t scan_unit(struct str text, size_t at);        /* a token with balanced parentheses in it, or these alone */
/* Perhaps qualified: bare, quoted, or a key word that may name a table, column or index: no reserved one, nor one kept for functions and types. */
size_t scan_name(struct str text, size_t at);
size_t scan_written_name(struct str text, size_t at); /* the same, and the common spelling of any name up to a space */
size_t scan_star(struct str text, size_t at);         /* a lone * */
size_t scan_names(struct str text, size_t at); /* names with commas between them, each perhaps with ONLY or a star */
size_t scan_type(struct str text, size_t at);  /* with its modifiers and array bounds */

/* Does text[at] begin with this? */
static inline bool scan_is(struct str text, size_t at, struct str what)
{
    return what.n <= text.n - at && memcmp(text.p + at, what.p, what.n) == 0;
}

/* Does a token end at text[at]? */
static inline bool scan_edge(struct str text, size_t at)
{
    return at == text.n || text.p[at] == ' ';
}

#endif
