/*
 * history_rows.h - rows of the history schema as the executor reads and writes them.
 */
#ifndef MIGRATE_EXEC_HISTORY_ROWS_H
#define MIGRATE_EXEC_HISTORY_ROWS_H

#include "exec/history.h"
#include "exec/history_sql.h"
#include "plan/plan.h"

enum recorded_state { RECORDED_STARTED, RECORDED_DONE, RECORDED_FAILED };

/* A step of a migration that is under way. */
struct recorded_step {
    struct str version;
    unsigned ordinal;
    char sha256[65];
    enum recorded_state state;
    enum step_kind kind;
    size_t statements;
    int backend_pid;
    const char *backend_start;
};

VEC_DECLARE(recorded_list, struct recorded_step);

/* history_read() for a schema whose SQL was made already; steps (may be NULL): of unfinished migrations, by version and ordinal. */
NODISCARD enum status history_read_all(struct session *s, const struct history_sql *sql, const char *schema,
                                       bool with_texts, struct arena *a, struct history *out,
                                       struct recorded_list *steps, struct error *err);

/* history_install() while the run lock is held. */
NODISCARD enum status history_install_locked(struct session *s, const struct history_sql *sql, const char *schema,
                                             struct error *err);

/* Text longer than this is not recorded: `down` then needs the file. */
enum { HISTORY_TEXT_MAX = 16 << 20 };

/* A migration's columns as parameters; in the arena. file_text is NULL for a text that is too long. */
struct migration_params {
    const char *version, *name, *file, *layout, *sha256, *sha256_text, *file_text;
};
struct migration_params migration_params_of(const struct migration *m, struct arena *a);

#endif
