/*
 * touch.h - what a statement may leave in the session, beyond its transaction, that changes what the next file means.
 *
 * Judged by its text. Code that the server runs (DO, CALL, functions in SELECT) may do anything. Too often yes costs one message,
 * a wrong no would leak into the next file.
 */
#ifndef MIGRATE_EXEC_TOUCH_H
#define MIGRATE_EXEC_TOUCH_H

#include "base/str.h"

struct touch {
    bool session; /* anything: settings, the role, temporary tables that hide others, prepared statements, cursors */
    bool role;    /* the role, under which history must not be written */
    bool lock;    /* advisory locks, and with them the run lock */
    bool lock_timeout; /* perhaps to none */
};

struct touch touch_of(struct str sql);

/* Is it one to run again on a new session: a plain SET or RESET, or SELECT set_config(…) as pg_dump writes it? */
bool touch_replayable(struct str sql);

/* Does the word stand anywhere in it, in upper or lower case, strings and comments included? */
bool touch_mentions(struct str sql, const char *word);

#endif
