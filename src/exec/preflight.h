/*
 * preflight.h - what can be known to go wrong before the first change.
 *
 * Asked with the run lock held: can this server be changed by this role, is there room, and who will be in the way for longer than a run waits?
 * Each answer is an EVENT_PREFLIGHT with what it means and the way out; those that would make a step fail or wait in vain end the run.
 */
#ifndef MIGRATE_EXEC_PREFLIGHT_H
#define MIGRATE_EXEC_PREFLIGHT_H

#include "exec/run.h"

enum preflight_level {
    PREFLIGHT_NOTE,    /* could not be told, or good to know */
    PREFLIGHT_WARNING, /* may be in the way */
    PREFLIGHT_STOP,    /* will be */
};

/* A relation that is there already and that the steps to come lock. */
struct preflight_target {
    const char *schema, *name;
    enum lock_mode mode; /* the strongest */
    bool online;         /* by a statement that waits for old transactions */
};
VEC_DECLARE(preflight_targets, struct preflight_target);

/* A right that a statement takes. */
struct preflight_need {
    const char *schema, *name; /* name "": of the schema; both "": of the database */
    const char *right;         /* "OWNER", "CREATE", or what has_table_privilege() calls it */
};
VEC_DECLARE(preflight_needs, struct preflight_need);

/* What a rewrite or a build takes for a time: a share of a table's bytes, in a tablespace ("": the database's own). */
struct preflight_room {
    const char *schema, *name; /* the table; both "": it is not there yet */
    int64_t bytes, share;      /* of the table, -1: not known; it takes bytes / share */
    const char *tablespace;
    const char *folder; /* where that lies; preflight_disk() finds it. "": not to be seen from here */
};
VEC_DECLARE(preflight_rooms, struct preflight_room);

struct preflight {
    struct run *r;
    struct arena *a;
    struct preflight_targets targets;
    struct preflight_needs needs;
    bool waits_for_snapshots; /* a step waits for every old transaction of the database */
    bool much_wal;            /* a rewrite, an index build or a backfill */
    struct preflight_rooms rooms;
    unsigned findings, stopping;
    enum status stop;   /* the gravest */
    struct strbuf list; /* what stops, a line each */
};

/* All checks. ST_CHECK: a right or room is missing; ST_RUN_LOCKED: another tool migrates; ST_GAVE_WAY: somebody is in the way; ST_SERVER. */
NODISCARD enum status preflight_run(struct run *r, struct error *err);

/* ---- between preflight*.c ---- */
/* Tell one; stop: what the run ends with where level is PREFLIGHT_STOP. */
void preflight_tell(struct preflight *p, enum preflight_level level, enum status stop, const char *check,
                    const char *what, const char *meaning, const char *way_out);
/* A question that the server did not answer: told as a note. ST_OK, but for a lost connection and an interruption. */
NODISCARD enum status preflight_unknown(struct preflight *p, enum status status, const char *check,
                                        const struct error *why, struct error *err);
const char *preflight_megabytes(struct preflight *p, int64_t bytes); /* "12 MB", in the arena */
NODISCARD enum status preflight_rights(struct preflight *p, struct error *err);
NODISCARD enum status preflight_blockers(struct preflight *p, struct error *err);
NODISCARD enum status preflight_prepared(struct preflight *p, struct error *err);
NODISCARD enum status preflight_indexes(struct preflight *p, struct error *err);
NODISCARD enum status preflight_vacuum(struct preflight *p, struct error *err);
NODISCARD enum status preflight_tools(struct preflight *p, struct error *err);
NODISCARD enum status preflight_replication(struct preflight *p, struct error *err);
NODISCARD enum status preflight_disk(struct preflight *p, struct error *err);
/* The targets as three arrays for unnest(): schemas, names, and for each the modes it does not go along with. */
void preflight_params(const struct preflight_targets *targets, struct arena *a, struct param params[3]);

#endif
