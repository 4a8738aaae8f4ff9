/*
 * tx.h - small change: transactions and lists of parameters.
 */
#ifndef MIGRATE_EXEC_TX_H
#define MIGRATE_EXEC_TX_H

#include "base/arena.h"
#include "db/session.h"

/* Roll back whatever is open; a session that cannot even do that is closed by the server's end or ours. */
void tx_rollback(struct session *s);

/* A decimal number as a parameter's text. */
const char *param_i64(struct arena *a, int64_t n);
/* The text of an array of text: {"a","b \"c\""}. */
const char *param_array(struct arena *a, const struct str *values, size_t n);

/* The elements of such a text as the server writes it; views into the arena. False: more than max, or a NULL element. */
NODISCARD bool array_values(struct str array, struct arena *a, struct str *out, size_t max, size_t *n);

#endif
