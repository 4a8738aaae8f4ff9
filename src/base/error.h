/*
 * error.h - how a function says that it could not do its work.
 *
 * A function that can fail returns an enum status and fills the caller's struct error where the fact is known.
 * Callers pass it on, perhaps after error_context(); nobody prints and returns. Messages follow PostgreSQL's manner:
 * primary (lower case, no full stop), detail, hint (the way out). The struct holds its text in fixed buffers, so
 * that saying "out of disk" never needs memory. Only cmd/ and main turn a status into an exit code.
 */
#ifndef MIGRATE_BASE_ERROR_H
#define MIGRATE_BASE_ERROR_H

#include "base/str.h"

enum status {
    ST_OK = 0,
    ST_CHECK,       /* the check says no */
    ST_USAGE,       /* usage, configuration, rulebook or migration file error */
    ST_SERVER,      /* connection or SQL failure; the failing step left nothing behind */
    ST_GAVE_WAY,    /* lock or time budget spent; safe to retry */
    ST_CONFLICT,    /* history conflict: edited, missing or out-of-order files */
    ST_RUN_LOCKED,  /* another run holds the lock */
    ST_PARTIAL,     /* stopped part-way through a step that cannot be rolled back */
    ST_REMOTE,      /* snapshot or another AWS call failed; nothing was changed */
    ST_SYSTEM,      /* memory, disk, a system call */
    ST_INTERRUPTED, /* SIGINT or SIGTERM; error.signal says which */
};

struct error {
    enum status status;
    int signal;       /* for ST_INTERRUPTED */
    char sqlstate[6]; /* "" when it did not come from a server */
    char file[512];   /* the place: path, 1-based line, 1-based column in characters; "" or 0 when unknown */
    unsigned line, column;
    char primary[1024];
    char detail[2048];
    char hint[1024];
};

/* Clear *err, set status and primary; returns the status, so that `return error_set(err, …)` works. */
enum status error_set(struct error *err, enum status status, const char *fmt, ...) PRINTF(3, 4);
void error_detail(struct error *err, const char *fmt, ...) PRINTF(2, 3);
void error_hint(struct error *err, const char *fmt, ...) PRINTF(2, 3);
void error_place(struct error *err, const char *file, unsigned line, unsigned column);
/* Put "fmt: " in front of the primary: what was being done. */
void error_context(struct error *err, const char *fmt, ...) PRINTF(2, 3);
/* ST_SYSTEM from errno: "cannot WHAT PATH: strerror". Keeps errno. */
enum status error_errno(struct error *err, const char *what, const char *path);
/*
 * Append the error as it is shown: "file:line:column: error: primary", then indented detail and hint lines, each with
 * a newline. Control characters are shown as \xNN (they may come from SQL or a server).
 */
void error_format(const struct error *err, struct strbuf *out);

#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
/* A broken invariant: prints file:line and the message, exits with 70. */
NORETURN void bug_at(const char *file, int line, const char *fmt, ...) PRINTF(3, 4);

#endif
