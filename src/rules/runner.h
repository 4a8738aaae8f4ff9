/*
 * runner.h - the tools that run migrations, and how each sends a file to the server.
 *
 * One row per tool. What decides is who opens transactions and how many statements go to the server in one string: the
 * server runs several statements of one simple query in one transaction, though nobody wrote BEGIN.
 * Source: the tools' own code and manuals; PostgreSQL manual, "Multiple Statements in a Simple Query".
 */
#ifndef MIGRATE_RULES_RUNNER_H
#define MIGRATE_RULES_RUNNER_H

#include "base/vec.h"
#include "migration/migration.h"

enum runner_sends {
    RUNNER_STATEMENTS, /* one statement after the other, each its own transaction */
    RUNNER_STRING,     /* all in one string: one transaction, unless it is a single statement */
};

struct runner {
    const char *name;
    bool wraps;              /* a file without the marker runs in a transaction that the tool opens */
    enum runner_sends sends; /* how the statements go, within that transaction and without */
    const char *marker;      /* a comment line that says: no transaction; NULL: none */
    bool marker_first;       /* it must be the first bytes of the file */
    bool detects;            /* the tool looks itself whether all statements refuse a transaction (Flyway) */
    const char *grouped;     /* comment lines around statements that go in one string: begin; NULL: none */
    const char *ungrouped;   /* and end */
    const char *down;        /* a comment line where the undoing part begins; NULL: none */
    const char *side_file;   /* a file beside it that may say "no transaction": a name, or ".x" for an added ending */
    const char *side_key;    /* by setting this to false */
    const char *alone;       /* how a statement is run outside a transaction */
};

/* The words of --runner; the first is this tool itself. The rows of the table stand in this order. */
#define RUNNER_WORDS \
    "migrate|dbmate|golang-migrate|goose|flyway|sqlx|refinery|prisma|diesel|node-pg-migrate|psql|psql-1|rails-sql"

/* The row of the i-th word; NULL for this tool itself, and behind the last. */
const struct runner *runner_at(size_t i);
/* The path of the file beside `file` that may say "no transaction"; NULL: the tool has none. From the arena. */
const char *runner_side_path(const struct runner *r, struct str file, struct arena *a);
/* Does that file's text say so? */
bool runner_side_says_none(const struct runner *r, struct str text);

/* ---- how a part is sent ---- */

struct sent_string {
    uint32_t start, end; /* the statements that begin in [start, end) are one transaction */
};

struct sending {
    const struct runner *runner;     /* NULL: this tool */
    bool wrapped;                    /* the tool's own BEGIN comes first, its COMMIT last */
    VEC(struct sent_string) strings; /* of several statements, in order */
    bool mixed;                      /* Flyway refuses the file: only some of its statements run in a transaction */
    uint32_t mixed_at;               /* where such a statement begins */
};

/* The part without the section that undoes it, where the tool's files have both. */
struct migration_part runner_part(const struct runner *r, struct str text, const struct migration_part *part);
/* How the tool sends the part; part->tx TX_FALSE says that it is to open no transaction. Memory from the arena. */
void runner_sending(const struct runner *r, struct str text, const struct migration_part *part, struct arena *a,
                    struct sending *out);
/* The string that a statement beginning at `start` is part of, or NULL. */
const struct sent_string *sending_string(const struct sending *s, uint32_t start);

#endif
