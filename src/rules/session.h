/*
 * session.h - what SET, RESET and set_config() of a file left in force.
 */
#ifndef MIGRATE_RULES_SESSION_H
#define MIGRATE_RULES_SESSION_H

#include "base/tri.h"
#include "base/vec.h"
#include "sql/split.h"

/* Names and values are folded and unquoted; a value list counts by its first value. */
struct setting {
    struct str name, value;
    bool local; /* gone with the transaction */
};

struct session {
    struct arena *a;
    VEC(struct setting) settings; /* the last of a name counts */
};

void session_init(struct session *s, struct arena *a);
/* Enter what a statement sets; others are passed over. */
void session_enter(struct session *s, struct str text, const struct statement *st);
/* What a SET, RESET or set_config() says, without entering it. False: the statement is none, or sets no value. */
bool session_read(struct arena *a, struct str text, const struct statement *st, struct setting *out);
/* The setting of that name in force, or NULL: as the session began. */
const struct setting *session_setting(const struct session *s, struct str name);
/* A time as settings write it, in milliseconds: "5s", "200", "1min". False: none. */
bool setting_time(struct str value, int64_t *ms);

#endif
