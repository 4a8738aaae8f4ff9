/*
 * history_sql.h - the SQL of the history schema: its tables, and every statement that reads or writes them.
 *
 * In the texts `@` stands for the schema's name as a quoted identifier and `~` for the same as a literal; everything else is a
 * parameter.
 */
#ifndef MIGRATE_EXEC_HISTORY_SQL_H
#define MIGRATE_EXEC_HISTORY_SQL_H

#include "base/arena.h"
#include "db/session.h"

enum history_statement {
    HSQL_LOCK_TRY,     /* (application_name or NULL) -> got, pid, key, backend start, standby?, read-only? */
    HSQL_LOCK_RELEASE, /* () */
    HSQL_LOCK_HELD,    /* () -> does this session hold it? */
    HSQL_LOCK_HOLDER,  /* () -> pid, user, application, since, age in ms, client */
    HSQL_EXISTS,       /* () -> is there a table `migrations`, its comment */
    HSQL_READ_FAST,    /* (with texts?) -> as HSQL_READ of what is applied in full, then the table's comment */
    HSQL_READ,         /* (with texts?) -> see history.c */
    HSQL_STEPS,        /* () -> version, ordinal, sha256, state, backend pid, backend start: unfinished migrations */
    HSQL_WRITE_UP,     /* a step's row and its migration's; see struct step_row */
    HSQL_WRITE_DOWN,
    HSQL_WRITE_DOWN_LAST, /* version: what was applied is forgotten */
    HSQL_FAILED,          /* version, direction, ordinal, kind, sha256, attempts, run, sqlstate, error, state */
    HSQL_UNBEGIN_UP,      /* version: forget a migration of which no step was done or begun */
    HSQL_UNBEGIN_DOWN,    /* version: it counts as applied again when no down step was done or begun */
    HSQL_RUN_BEGIN,       /* id, direction, host, os pid, os user, tool version, revision, backend pid */
    HSQL_RUN_KNOWN,    /* id -> a row if it is there */
    HSQL_RUN_SNAPSHOT,    /* id, snapshot */
    HSQL_RUN_END,         /* id, result, error */
    HSQL_MARK,            /* version … (see history.c) */
    HSQL_BACKFILL_OPEN,   /* version, direction, ordinal, owner -> finished, relation, n key columns, whole row */
    HSQL_BACKFILL_NEW,    /* version, direction, ordinal, relation, key columns, range end, owner */
    HSQL_BACKFILL_FENCE,  /* version, direction, ordinal, old cursor, owner: division by zero unless all is as it was */
    HSQL_BACKFILL_REASON, /* version, direction, ordinal, owner, reason -> control */
    HSQL_BACKFILL_ABORTED, /* version, direction, ordinal, owner */
    HSQL_BACKFILL_FORGET,  /* version, direction, ordinal: one of which no batch was done */
    HSQL_INTERVENTION,     /* a row of interventions; see watch_act.c */
    HSQL_COUNT
};

/* The statements for one schema; made once per run. */
struct history_sql {
    const char *at[HSQL_COUNT];
    const char *identifier, *literal; /* the schema's name, quoted */
};

/* Everything lives in the arena. */
void history_sql_for(struct history_sql *sql, struct session *s, const char *schema, struct arena *a);
/* Any other text with `@` and `~` in it. */
const char *history_sql_expand(const char *text, const struct history_sql *sql, struct arena *a);

/* CREATE SCHEMA, then CREATE TABLE …, all idempotent, one statement each; NULL ends the list. */
extern const char *const history_ddl[];
/* What brings format 1 to format 2. */
extern const char *const history_ddl_2[];

#endif
