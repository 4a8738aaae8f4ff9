/*
 * history.h - the history schema: what was applied, step by step, written in the transaction of what it records.
 *
 * Tables migrations, steps, backfills, runs in schema "migrate" (by default). Documented for users in migrate-history(7).
 */
#ifndef MIGRATE_EXEC_HISTORY_H
#define MIGRATE_EXEC_HISTORY_H

#include "db/session.h"
#include "migration/migration.h"

enum { HISTORY_FORMAT = 5 };

enum applied_state {
    APPLIED_NO,      /* not in history */
    APPLIED_PARTIAL, /* begun: steps_done of n_steps; direction says whether up or down */
    APPLIED_YES,
};

struct applied {
    struct str version, name, file, layout;
    enum applied_state state;
    bool going_down; /* PARTIAL: a down was begun */
    bool shadow;     /* PARTIAL, up: in the middle of a shadow change, which down takes back */
    unsigned steps_done, n_steps;
    unsigned statements_done; /* PARTIAL: those of the steps done */
    char sha256[65], sha256_text[65];
    struct str down_text;  /* the file's text as applied, for down when the file is gone; empty if none was recorded */
    struct str applied_at; /* ISO 8601 UTC */
    struct str applied_by;
    int64_t order; /* order of application */
};

VEC_DECLARE(applied_list, struct applied);

struct history {
    bool exists;                 /* the schema is there */
    int format;                  /* HISTORY_FORMAT, or an older one */
    struct applied_list applied; /* by version */
};

/*
 * Read it in one round trip, without making it (fine on a standby). with_texts: also the recorded file texts. ST_CONFLICT when it was written by a newer
 * version of this tool (hint: which).
 */
NODISCARD enum status history_read(struct session *s, const char *schema, bool with_texts, struct arena *a,
                                   struct history *out, struct error *err);
/* The row of this version (compared as a number: 007 is 7), or NULL. */
const struct applied *history_find(const struct history *h, struct str version);
/*
 * Make the schema or bring it to this format. Takes the run lock for the time (waiting up to 30 s: ST_RUN_LOCKED), so that two processes can
 * do it at once. run_plans() does it by itself.
 */
NODISCARD enum status history_install(struct session *s, const char *schema, struct error *err);
struct mirror;
/*
 * `mark`: record without running, under the run lock, making the schema when it is missing. applied == false forgets the migration
 * with its steps. mirror: the other tool's rows are written with it (its lock is held); NULL: they are as they should be, or there are none.
 */
NODISCARD enum status history_mark(struct session *s, const char *schema, const struct migration *m, bool applied,
                                   const struct mirror *mirror, struct error *err);

/*
 * `adopt`, `baseline`: the same for these migrations as applied, all or none.
 */
NODISCARD enum status history_adopt(struct session *s, const char *schema, const struct migration *const *list,
                                    size_t n, const struct mirror *mirror, struct error *err);

#endif
