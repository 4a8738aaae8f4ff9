/*
 * column_change.h - migrations that are written from the server's catalog: a column renamed with dual write, a column dropped with an archive.
 *
 * Both are plain SQL in plain steps, to be read, changed and judged like any other migration; nothing here changes a thing on the server.
 *
 *     rename    a second column under the new name, a trigger that keeps both equal whichever is written, the rows filled in batches, and
 *               what hangs on the first one again: NOT NULL, indexes, constraints, statistics target, comment, privileges. Programs move at
 *               their own pace; the contract takes the first column and the trigger away.
 *     archive   a table with the key and the column's values, filled in batches; then the column goes. The way back takes them from there.
 */
#ifndef MIGRATE_EXEC_COLUMN_CHANGE_H
#define MIGRATE_EXEC_COLUMN_CHANGE_H

#include "base/arena.h"
#include "db/session.h"

struct column_change {
    struct str up, down; /* statements and comments, as a file has them */
};

/*
 * Write the first half of a rename. `column` is "table.column" or "schema.table.column", `fresh` the new name, all as SQL writes them; `version` that of
 * the migration. Memory from the arena. ST_USAGE: no such column, or it cannot be done so, and why.
 */
NODISCARD enum status column_rename(struct session *s, const char *column, const char *fresh, const char *version,
                                    struct arena *a, struct column_change *out, struct error *err);
/* The second half: what takes the first columns away of the renames that this version began. *out is empty when it began none. */
NODISCARD enum status column_rename_contract(struct session *s, const char *version, struct arena *a, struct str *out,
                                             struct error *err);
/* Write the drop of a column whose values are kept. Errors as above. */
NODISCARD enum status column_archive(struct session *s, const char *column, struct arena *a, struct column_change *out,
                                     struct error *err);

#endif
