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
    HSQL_FILE_TEXT,       /* version -> the file as it ran */
    HSQL_RUN_KNOWN,       /* id -> a row if it is there */
    HSQL_RUN_SNAPSHOT,    /* id, snapshot */
    HSQL_RUN_LEFT,        /* id -> the last run before it: snapshot (if it may be taken up), id, age in s */
    HSQL_RUN_END,         /* id, result, error */
    HSQL_MARK,            /* version … (see history.c) */
    /* All of these begin with version, direction, ordinal ($1 to $3). */
    HSQL_BACKFILL_SUM, /* -> parts, finished ones, rows, keys, batches, rows of this pass, pass, bad rows, last part, any by ctid? */
    HSQL_BACKFILL_NEW, /* part, relation, key columns, start, end, rate, batch, bad rows allowed, pass */
    HSQL_BACKFILL_CLAIM, /* owner -> part, relation, key columns (by chr(31)), cursor, end, token, … (backfill_part.c) */
    HSQL_BACKFILL_LOOK, /* part -> cursor, end, token, owner, finished, control, rows, keys */
    HSQL_BACKFILL_FENCE, /* part, token, owner, old cursor, end: division by zero unless all is as it was -> 1, place in the WAL */
    HSQL_BACKFILL_REASON,    /* part, token, owner, reason -> control, rate, batch; keeps the lease */
    HSQL_BACKFILL_RELEASE,   /* part, token, owner, reason */
    HSQL_BACKFILL_KNOWN_BAD, /* part, key -> was it set aside before (in an earlier pass)? */
    HSQL_BACKFILL_BAD,       /* part, key, sqlstate, message, finished */
    HSQL_BACKFILL_AGAIN,     /* relation, end, key columns: one part from the start */
    HSQL_BACKFILL_MERGE,     /* relation: the other parts go */
    HSQL_BACKFILL_GONE, /* relation, the table: its parts are done if it is another one, and not there -> a row for each */
    HSQL_BACKFILL_OTHER, /* relation -> is another table called so than when its part was begun? */
    HSQL_BACKFILL_FILE,  /* part -> has its table another file than when the part was begun? */
    HSQL_BACKFILL_TREE, /* the table -> relations that have no part, and those with parts that are not below it: name, came */
    HSQL_BACKFILL_REST, /* relations that are walked again: what the last pass over others found does not count any more */
    HSQL_BACKFILL_CAN_SPLIT, /* -> part, relation, key columns, cursor, end, batch rows */
    HSQL_BACKFILL_ABORTED,
    HSQL_BACKFILL_FORGET, /* one of which no batch was done */
    HSQL_SHADOW_NEW,      /* phase, kind, title, statements */
    HSQL_SHADOW_READ,     /* -> kind, title, done, number of the statement in its phase, statement */
    HSQL_SHADOW_DONE,     /* phase */
    HSQL_SHADOW_FORGET,
    HSQL_SHADOW_REST,    /* forget the phases that are not done */
    HSQL_SHADOW_UNDONE,  /* forget it with its backfill and its step */
    HSQL_SHADOW_REFILL,  /* its backfill is to be done again */
    HSQL_BACKFILL_PARTS, /* -> see backfill_left.c */
    /* Other parameters. */
    HSQL_BACKFILL_LIST,    /* (those that are done, too?) -> see backfill_control.c */
    HSQL_BACKFILL_CONTROL, /* version or NULL, word or "" */
    HSQL_BACKFILL_TUNE,    /* version or NULL, rate, batch, bad rows allowed; NULL: as it is */
    HSQL_BACKFILL_BATCHES, /* -> transactions of all backfills: the throttle does not count them as others' */
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
/* What brings format 1, and format 2, to this one. */
extern const char *const history_ddl_2[], *const history_ddl_3[];

#endif
