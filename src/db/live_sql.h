/*
 * live_sql.h - the queries that read a server's catalog, one per kind of object.
 */
#ifndef MIGRATE_DB_LIVE_SQL_H
#define MIGRATE_DB_LIVE_SQL_H

/* What stands for an expression that cannot be shown now, because its table is locked against everybody. */
#define LIVE_UNSHOWN "?"

/* Stands once in each query that leaves the system's schemas out. */
#define LIVE_OURS ".nspname <> 'information_schema'"
/*
 * A tenant's migrations see what is shared and what is their own. The other tenants, those that have a history, and their histories are left
 * out: a thousand of them would be read a thousand times. The first statement finds what is left, the text stands for LIVE_OURS behind it.
 */
extern const char live_tenant_schemas[], live_tenant_only[];

/* In the order in which they are sent and their answers are read. */
enum live_query {
    LIVE_SESSION,     /* time zone, block size */
    LIVE_SEARCH_PATH, /* schema */
    LIVE_SCHEMAS,     /* schema */
    LIVE_TYPES, /* oid, schema, name, kind, base schema, base name, base as format_type() has it, base dimensions, not null, default */
    LIVE_LABELS,    /* type oid, label */
    LIVE_FUNCTIONS, /* schema, name, volatility, language, body, arguments, returns trigger, strict, is no plain expression, names of arguments */
    LIVE_RELATIONS, /* oid, schema, name, kind, persistence, rows, pages, is partition, row security, partition key, bound, access method, tablespace, owner,
                         composite type */
    LIVE_COLUMNS, /* relation, name, type schema, type name, format_type(), dimensions, not null, has default, its text, identity,
                         generated, local, collation */
    LIVE_INDEXES, /* index, table, unique, primary, valid, nulls not distinct, predicate */
    LIVE_KEYS,    /* index, column, expression, collation, operator class, included */
    LIVE_CONSTRAINTS, /* relation, type, name, kind, valid, enforced, no inherit, deferrable, inherited, index, referenced, on delete,
                         columns, referenced columns, expression, deferred, on update; lists are separated by \x01 */
    LIVE_TRIGGERS,     /* relation, name, before, row, function schema, function, type */
    LIVE_INHERITANCE,  /* child, parent */
    LIVE_VIEWS,        /* view, relation it reads */
    LIVE_SEQUENCES,    /* sequence, table, column */
    LIVE_VIEW_WORDS,   /* view, a name in its query */
    LIVE_POLICIES,     /* relation, policy */
    LIVE_RULES,        /* relation, definition, name */
    LIVE_STATISTICS,   /* relation, statistics object */
    LIVE_PUBLICATIONS, /* relation, publication */
    LIVE_N,
};

/* The query for that server (150004); versions 13 to 18 are known, later ones get the latest. */
const char *live_sql(enum live_query query, int server_version);

#endif
