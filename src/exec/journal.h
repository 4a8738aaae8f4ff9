/*
 * journal.h - what happened in earlier runs, in a local SQLite file: `migrate runs`, `migrate report`.
 *
 * The journal is an event sink. It is a convenience: history in the database is what resuming goes by, so nothing that happens to this
 * file (no room, no right to write, damaged, removed meanwhile) ever fails a run; it is told once, and that run is then not kept.
 *
 * The file is in WAL mode and each event is a transaction of its own, so that kill -9 loses nothing that was emitted; a machine
 * that goes down may lose the last ones. Runs on one machine may write at once. A network file system cannot hold it (WAL).
 *
 * Size is bounded: a run's progress is thinned to JOURNAL_POINTS points per step, other events stop at JOURNAL_RUN_EVENTS, texts at
 * JOURNAL_TEXT bytes each, and when a run begins the oldest are dropped until JOURNAL_RUNS are left and JOURNAL_BYTES are kept to.
 *
 * Secrets: connection strings come without passwords; SQL of a step is kept, as history in the database keeps it, but with its strings
 * masked where it speaks of passwords, tokens, connections; queries of other sessions always have their strings masked; an error's DETAIL,
 * which may hold a row, is not kept.
 */
#ifndef MIGRATE_EXEC_JOURNAL_H
#define MIGRATE_EXEC_JOURNAL_H

#include "base/file.h"
#include "exec/event.h"

enum {
    JOURNAL_FILE_ID = 0x6d67726a, /* PRAGMA application_id */
    JOURNAL_FORMAT = 1,           /* PRAGMA user_version */
    JOURNAL_RUNS = 200,
    JOURNAL_BYTES = 64 << 20,
    JOURNAL_RUN_EVENTS = 20000,
    JOURNAL_POINTS = 1000,
    JOURNAL_TEXT = 4000,
};

/* ---- writing ---- */

struct journal;

/* What events do not say of a run. Texts are copied when the run begins. */
struct journal_about {
    const char *command;  /* "up" */
    const char *database; /* as it may be shown */
    int server_version;   /* 150018; 0: not known */
    bool down;
    /* Called at most once, when something keeps the journal from being written. May be NULL. */
    void (*trouble)(void *arg, const struct error *why);
    void *arg;
};

/*
 * Open the file, making it (mode 0600) and the last folder of its path (0700) when missing. ST_USAGE: it is something else, or of a
 * newer migrate; ST_SYSTEM: it cannot be opened or written.
 */
NODISCARD enum status journal_open(const char *path, const struct journal_about *about, struct journal **out,
                                   struct error *err);
/* The sink's function; arg is the struct journal, or NULL. The first event of a run is EVENT_RUN_BEGIN. */
void journal_emit(void *arg, const struct event *e);
/* How the run ended: status, the exit code and, when it failed, why. */
void journal_end(struct journal *j, enum status status, int exit_code, const struct error *why);
void journal_close(struct journal *j); /* NULL is fine */

/* ---- reading ---- */

enum journal_life {
    JOURNAL_ENDED,
    JOURNAL_RUNNING, /* its process is there */
    JOURNAL_DIED,    /* its process is gone, and it did not say how it ended */
    JOURNAL_UNKNOWN, /* it ran on another machine, or before a restart of this one was noticed */
};

/* Empty texts and -1 are: not known. Times in ms; started and ended since 1970, UTC. */
struct journal_run {
    int64_t number;
    struct str id, command, database, tool_version, host, os_user, result, error, hint, sqlstate, place;
    bool down;
    int server_version, pid;
    int64_t started_ms, ended_ms, duration_ms;
    int64_t exit_code, migrations, done, left_out;
    enum journal_life life;
};
VEC_DECLARE(journal_run_list, struct journal_run);

struct journal_step {
    int64_t number; /* from 1, in the order in which they were begun */
    struct str version, name, file, kind, sql, locks;
    bool down;
    unsigned ordinal, of, statements;
    int64_t estimate_ms, lock_timeout_ms;
};

struct journal_event {
    int64_t at_ms; /* since the run began */
    struct str kind;
    int64_t step;             /* 0: none */
    struct str version, name; /* of migration events */
    int64_t attempt, ms, wait_ms, rows, done, total, batch, lag_ms, lag_bytes, age_ms, pid;
    double rate;
    struct str sqlstate, detail, user, application, state, query;
};

struct journal_story {
    struct journal_run run;
    VEC(struct journal_step) steps;
    VEC(struct journal_event) events;
};

/*
 * All runs, newest first; no file is no run. Texts in the arena. ST_USAGE: not a journal, damaged or of a newer migrate; ST_SYSTEM.
 */
NODISCARD enum status journal_list(const char *path, struct arena *a, struct journal_run_list *out, struct error *err);
/* One run with all that happened. id: "last", or the beginning of a run's id. ST_USAGE: no such run, or several. */
NODISCARD enum status journal_read(const char *path, struct str id, struct arena *a, struct journal_story *out,
                                   struct error *err);

#endif
