/*
 * query.h - which relations a query or a change of rows names, and what it does with each.
 *
 * From the tokens alone, as the server's parse analysis does it: FROM lists, joins, subqueries, WITH, the target of INSERT, UPDATE,
 * DELETE and MERGE. What is dynamic (functions, EXECUTE) is not seen.
 */
#ifndef MIGRATE_RULES_QUERY_H
#define MIGRATE_RULES_QUERY_H

#include "catalog/model.h"
#include "rules/formula.h"
#include "sql/split.h"

enum query_use { USE_READ, USE_INSERT, USE_UPDATE, USE_DELETE, USE_MERGE };

/* One SELECT, INSERT … with its clauses: a subquery is a level of its own. */
struct query_level {
    bool nested, limit, grouped, merged; /* merged: joined to others by set operations or MERGE */
    size_t first, where, where_end;      /* where == 0: no WHERE */
    size_t sources;                      /* how many relations it reads */
    struct formula *condition;           /* of WHERE; NULL: none, or not read yet */
};

struct query_source {
    struct relation *relation;
    struct str alias;
    bool only;
    enum query_use use;
    bool row_locks;        /* FOR UPDATE and its kind */
    size_t level;          /* index of its level */
    size_t token;          /* of its name */
    struct formula *facts; /* NULL: not read yet */
};

/* A name that was looked up, and what it was found to be. */
struct query_name {
    struct str schema, name;
    const struct relation *relation;
};

struct query {
    struct arena *a;
    struct catalog *catalog;
    struct str text;
    const struct statement *st;
    VEC(struct query_level) levels;
    VEC(struct query_source) sources;
    VEC(struct query_name) names; /* all of them, those of the system's schemas, too */
    VEC(size_t) calls;            /* tokens: the parentheses behind a name, be it of a function or of something else */
    bool cut;                     /* too deep to be read to the end */
};

/*
 * Read tokens [first, last). Relations that the catalog does not know are entered as mentioned; those of the system's schemas are
 * left out. Memory from the arena.
 */
struct query *query_read(struct arena *a, struct catalog *catalog, struct str text, const struct statement *st,
                         size_t first, size_t last);
/* Would it be read the same again: does each name still mean the same relation? */
bool query_holds(const struct query *q);
/* What the WHERE of its level says of this source alone, by its columns' bare names; never NULL. */
struct formula *query_facts(struct query *q, struct query_source *s);
/* Is it read from end to end? No where WHERE compares the first column of an index with a constant, or LIMIT ends it early. */
enum tri query_reads_whole(struct query *q, struct query_source *s, const struct relation *r);

#endif
