/*
 * pgdump.h - a database's schema as SQL, through pg_dump.
 *
 * What pg_dump writes is made the same from run to run and from machine to machine: without the comments and settings that name versions, the
 * random keys of \restrict, owners and privileges. What may hold a password (subscriptions, user mappings) is left out.
 *
 * The way into the database goes to pg_dump in its environment, never in its arguments.
 */
#ifndef MIGRATE_DB_PGDUMP_H
#define MIGRATE_DB_PGDUMP_H

#include "base/arena.h"
#include "db/session.h"

struct pgdump {
    const struct target *target;
    int server_version;      /* 150018 */
    const char *const *more; /* further arguments of pg_dump, NULL ends them; NULL: none */
};

/*
 * Run it. Looked for in MIGRATE_PG_BIN, PATH, where pg_config says, and where packages put servers: the first that is not older than the server.
 * ST_USAGE: there is none, or the connection string cannot be passed on; ST_SERVER: it refused, detail says what; ST_SYSTEM, ST_INTERRUPTED.
 */
NODISCARD enum status pgdump_schema(const struct pgdump *what, struct arena *a, struct str *text, struct error *err);

/* The text made stable: as above, from what pg_dump wrote. */
struct str pgdump_clean(struct str text, struct arena *a);

#endif
