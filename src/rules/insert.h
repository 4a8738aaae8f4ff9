/*
 * insert.h - what INSERT says of its columns and rows.
 */
#ifndef MIGRATE_RULES_INSERT_H
#define MIGRATE_RULES_INSERT_H

#include "rules/facts.h"
#include "rules/query.h"

struct insert {
    struct relation *table; /* under the view, if it is one */
    struct name_list columns;
    bool listed, values;
    size_t first; /* of VALUES: the token behind it */
};

struct row {
    VEC(struct span) values;
};

/* The table under views, the first that each reads. */
struct relation *insert_base(struct relation *r);
/* INSERT INTO t [AS a] [( a, b )] [OVERRIDING …] { VALUES … | query }, of the statement that is judged. */
struct insert insert_read(struct eval *e, const struct query_source *s);
/* The next row of VALUES, from token *i on (insert.first). False: no more. */
bool insert_next_row(struct eval *e, size_t *i, struct row *row);
/* The tokens of a column's value; NULL: the row gives none. */
const struct span *insert_value(const struct insert *in, const struct row *row, struct str column);

#endif
