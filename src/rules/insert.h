/*
 * insert.h - what INSERT says of its columns and rows, and what else the selectors on changes share.
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

/* Does a rule run something else in place of this change of rows? */
bool rows_replaced(const struct query_source *s);
/* Does such a rule look at the rows that would have been changed (OLD)? */
bool old_rows_read(struct arena *a, const struct query_source *s);
/* Add the indexes that the planner opens with these relations. */
void planned_indexes_add(struct eval *e, const struct relation_list *from, struct relation_list *out);
/* The table under views, the first that each reads. */
struct relation *insert_base(struct relation *r);
/* INSERT INTO t [AS a] [( a, b )] [OVERRIDING …] { VALUES … | query }, of the statement that is judged. */
struct insert insert_read(struct eval *e, const struct query_source *s);
/* The next row of VALUES, from token *i on (insert.first). False: no more. */
bool insert_next_row(struct eval *e, size_t *i, struct row *row);
/* The tokens of a column's value; NULL: the row gives none. */
const struct span *insert_value(const struct insert *in, const struct row *row, struct str column);

/* SET column = value of an UPDATE: false, it is not assigned; value is empty when it stands for more than one column. */
bool update_value(struct eval *e, const struct query_source *s, struct str column, struct span *value);

#endif
