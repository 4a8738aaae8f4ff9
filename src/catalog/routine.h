/*
 * routine.h - what the text of a function or procedure tells, wherever it comes from: the expression that the server puts in place of
 * a call, and the source in which others look for the relations it works on.
 */
#ifndef MIGRATE_CATALOG_ROUTINE_H
#define MIGRATE_CATALOG_ROUTINE_H

#include "catalog/model.h"

struct routine {
    struct str body;            /* between AS's quotes; or RETURN …, or BEGIN ATOMIC … END */
    bool strict;                /* STRICT, RETURNS NULL ON NULL INPUT */
    struct name_list arguments; /* their names; empty for one that has none */
};

/*
 * The expression of a SQL function that is nothing but `SELECT expression` or RETURN; empty: it is called as it is. Of a strict one the
 * server asks that every argument is used and that nothing in the expression could hide a null; functions called in it are not
 * looked into, so any call counts as such. Source: inline_function() in the server's clauses.c; measured on servers 13 to 18.
 */
struct str routine_expression(struct arena *a, const struct routine *r);
/*
 * A copy of the body for struct function's source: what strings hold is blanked, but for the sequence that nextval() and its kind name.
 * Empty when it is longer than 64 kB. `scratch` is for its tokens.
 */
struct str routine_source(struct arena *a, struct arena *scratch, struct str body);

#endif
