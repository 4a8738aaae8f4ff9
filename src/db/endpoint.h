/*
 * endpoint.h - where a connection string leads, as libpq reads it together with the PG* variables and service files.
 */
#ifndef MIGRATE_DB_ENDPOINT_H
#define MIGRATE_DB_ENDPOINT_H

#include "base/arena.h"
#include "db/session.h"

/* Texts in the arena; NULL: nobody said. */
struct endpoint {
    const char *host, *hostaddr, *port, *user, *database;
    const char *sslmode, *sslrootcert; /* NULL when it is only libpq's default */
    bool user_said, has_password;      /* user_said false: user is the name of the OS user */
};

/* What target's URL says, and for what it leaves out the environment. ST_USAGE: it cannot be read. ST_SYSTEM: no libpq. */
NODISCARD enum status endpoint_of(const struct target *target, struct arena *a, struct endpoint *out,
                                  struct error *err);

#endif
