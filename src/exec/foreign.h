/*
 * foreign.h - the history tables of other tools: reading them, taking the tool's own lock, comparing its checksums.
 *
 * One row per tool. Tables, keys and checksums are from the tools' sources and manuals; those of dbmate, node-pg-migrate, graphile-migrate,
 * postgres-migrations and sqitch were compared with what the tools themselves wrote (tests/pg/adopt.bats).
 */
#ifndef MIGRATE_EXEC_FOREIGN_H
#define MIGRATE_EXEC_FOREIGN_H

#include "db/loop.h"
#include "db/session.h"
#include "migration/migration.h"

/* What ties a row to a file. */
enum foreign_match {
    FOREIGN_TEXT,   /* the version as it is written: 001 is not 1 */
    FOREIGN_NUMBER, /* the version as a number */
    FOREIGN_HEAD,   /* the latest version: all up to it are applied */
    FOREIGN_FILE,   /* the file's name without its ending */
    FOREIGN_FOLDER, /* the name of the file's folder */
    FOREIGN_CHANGE, /* the name; the n-th row of a name is the n-th file of it */
};

enum foreign_sum {
    FOREIGN_NO_SUM,
    FOREIGN_CRC_OF_LINES,   /* Flyway: CRC-32 of the lines without their ends, as a signed number */
    FOREIGN_SHA384,         /* sqlx */
    FOREIGN_SIPHASH,        /* refinery: of name, version and text */
    FOREIGN_SHA256,         /* prisma */
    FOREIGN_SHA1,           /* sqitch */
    FOREIGN_SHA1_NAMED,     /* postgres-migrations: of the file's name and its text */
    FOREIGN_SHA1_IN_HEADER, /* graphile-migrate: the file says it itself, "--! Hash: sha1:…" */
};

struct foreign_tool {
    const char *name;
    const char *schema, *table; /* where it is unless the user says otherwise; schema NULL: by the search path */
    const char *columns;        /* by which it is told from others of that name: "version dirty" */
    /* Rows as key, checksum, complete?, is it a head?; `@` stands for the table. Nothing is written. */
    const char *sql;
    enum foreign_match match;
    enum foreign_sum sum;
    const char *layout; /* that its files have */
    /*
     * What the tool itself would write, by one of ours, behind our own row in the same transaction: `@` its table, `#` our history's schema, parameters
     * by the letters of `written`: v version, V version or NULL for a repeatable one, n name, f the file's name without ending, d its
     * folder's, s the checksum, p that of the file before it. NULL: it cannot be mirrored.
     */
    const char *written, *done[2], *undone[2];
};

struct foreign_row {
    struct str key;
    struct str sum;         /* empty: the tool kept none */
    bool complete;          /* false: it failed half-way, or nobody knows */
    bool head;              /* everything up to the key is applied */
    unsigned nth;           /* rows of this key (of this project) before it */
    struct str project, id; /* of tools that keep several projects in one table, and sign changes; empty otherwise */
};
VEC_DECLARE(foreign_row_list, struct foreign_row);

/* NULL: no such tool; for help: NULL behind the last. */
const struct foreign_tool *foreign_find(struct str name);
const struct foreign_tool *foreign_at(size_t i);

/*
 * Find the tool's table ("" or NULL: its usual one; otherwise "table" or "schema.table") and check that it is that tool's. *relation gets its
 * quoted name, from the arena. ST_USAGE when it is not there, or has other columns (and whose it looks like).
 */
NODISCARD enum status foreign_locate(struct session *s, const struct foreign_tool *tool, const char *said,
                                     struct arena *a, struct str *relation, struct error *err);
/*
 * Take the tool's own lock, so that it does not run meanwhile; polled, at most wait_ms. Tools without one have nothing to take. ST_RUN_LOCKED
 * when somebody keeps it. It is held until foreign_unlock() or the session's end.
 */
NODISCARD enum status foreign_lock(struct loop *loop, struct session *s, const struct foreign_tool *tool,
                                   struct str relation, int64_t wait_ms, struct error *err);
void foreign_unlock(struct session *s, const struct foreign_tool *tool, struct str relation);
/* Its rows, in its order. */
NODISCARD enum status foreign_read(struct session *s, const struct foreign_tool *tool, struct str relation,
                                   struct arena *a, struct foreign_row_list *out, struct error *err);

/* The file's name without its ending, whatever that is. */
struct str foreign_stem(const struct migration *m);
/* Is the row of the project of these files, where the tool keeps several? */
bool foreign_of_project(const struct foreign_row *row, const struct migration *m);
/* Is this the row's file? nth: files of that name before it. */
bool foreign_is(const struct foreign_tool *tool, const struct foreign_row *row, const struct migration *m,
                unsigned nth);
/* Does the tool's checksum fit the file? yes, no, or unknown when it kept none. Scratch memory from the arena. */
enum foreign_fit { FOREIGN_FITS, FOREIGN_DIFFERS, FOREIGN_UNKNOWN };
enum foreign_fit foreign_compare(const struct foreign_tool *tool, const struct foreign_row *row,
                                 const struct migration *m, struct arena *a);

/* What the tool would have as the file's checksum; empty when it keeps none. In the arena. */
struct str foreign_sum_of(const struct foreign_tool *tool, const struct migration *m, struct arena *a);

/*
 * Keeping another tool's table as well (adopt --mirror), so that either may run next. Which tool, is in the table `mirror` of our history's
 * schema.
 */
struct mirror {
    const struct foreign_tool *tool; /* NULL: none */
    struct str relation;
    const char *user, *email; /* for tools that record who did it */
};
/* Read it; *out with tool NULL when there is none. ST_CONFLICT: a tool that this version does not know. */
NODISCARD enum status mirror_read(struct session *s, const char *schema, struct arena *a, struct mirror *out,
                                  struct error *err);
/* Begin or (tool NULL) end it. Our history is there. */
NODISCARD enum status mirror_set(struct session *s, const char *schema, const struct mirror *m, struct error *err);
/* Put what the tool would write into the message. identifier: our schema's, quoted. */
struct pipe;
void mirror_add(const struct mirror *mirror, const struct migration *m, bool undone, const char *identifier,
                struct pipe *p);

#endif
