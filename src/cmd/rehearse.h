/*
 * rehearse.h - pending migrations on a throw-away server: what its parts share.
 *
 *     the target's schema (pg_dump), settings and roles ──► database base ──► rehearsed: up, down, up by the executor
 *                                                                         └─► traced: statement by statement, locks and rewrites looked at
 */
#ifndef MIGRATE_CMD_REHEARSE_H
#define MIGRATE_CMD_REHEARSE_H

#include "cmd/context.h"
#include "cmd/run.h"
#include "cmd/verify_trace.h"

/* A statement as it was seen. */
struct rehearsed_statement {
    struct str version, text, form;
    unsigned line;
    bool traced; /* false: why says why not */
    const char *why;
    struct trace trace;
    int64_t ms;
};

/* The rulebook is wrong, or says less than there is. */
struct rehearsed_difference {
    struct str version, text, form, relation;
    const char *what, *claimed, *seen;
};

struct rehearsed_step {
    struct str version;
    unsigned ordinal;
    const char *kind;
    struct str title;
    int64_t ms;
};

enum round_trip { ROUND_TRIP_NOT, ROUND_TRIP_SAME, ROUND_TRIP_OTHER };

struct rehearsal {
    struct context *c;  /* of the target */
    struct arena *a;    /* c's */
    const char *server; /* the throw-away server's URL, of database postgres */
    int major;
    struct str database; /* the target, as it may be shown */
    struct chosen_list chosen;
    VEC(struct rehearsed_statement) statements;
    VEC(struct rehearsed_difference) differences;
    VEC(struct rehearsed_step) steps;
    struct str_list round, left_out; /* versions that go down and up again; those that cannot */
    enum round_trip down, up;
    struct str down_diff, up_diff; /* lines that differ */
};

/* URL of another database of the throw-away server. */
const char *rehearsal_url(const struct rehearsal *r, const char *database);
/* A context of its own for that database: quiet, without hooks and journal. To be ended by rehearsal_leave(). */
void rehearsal_enter(const struct rehearsal *r, const char *database, struct context *inner);
void rehearsal_leave(struct context *inner);

/* ---- rehearse_run.c: up, down, up by the executor, the schema compared ---- */
NODISCARD enum status rehearse_run(struct rehearsal *r, struct error *err);
/* ---- rehearse_trace.c ---- */
NODISCARD enum status rehearse_trace(struct rehearsal *r, struct error *err);
/* ---- rehearse_report.c ---- */
void rehearse_text(const struct rehearsal *r, bool colour, struct strbuf *out);
void rehearse_json(const struct rehearsal *r);

#endif
