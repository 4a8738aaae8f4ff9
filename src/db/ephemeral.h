/*
 * ephemeral.h - a throw-away PostgreSQL: `--url ephemeral:`.
 *
 * Finds initdb and postgres (MIGRATE_PG_BIN, PATH, /usr/lib/postgresql/NN/bin and its like newest first; `ephemeral:15` asks for a major), makes a
 * private directory, starts the server on a unix socket in it (no TCP), and removes everything when the process ends, also by signal or
 * kill -9 (a guardian process waits for our end). As root, the server runs as an unprivileged user (postgres, else nobody). It is
 * started without fsync: what it holds is not meant to outlive it.
 */
#ifndef MIGRATE_DB_EPHEMERAL_H
#define MIGRATE_DB_EPHEMERAL_H

#include "base/error.h"

struct ephemeral;

/*
 * Start one and wait until it accepts connections (1-2 s). spec is what follows "ephemeral:" (may be empty, a major version, or a bin folder).
 * *url, of a superuser's connection to an empty database, lives as long as the server. ST_USAGE when no PostgreSQL is found, ST_SYSTEM when
 * it does not start (detail: what it said), ST_INTERRUPTED.
 */
NODISCARD enum status ephemeral_start(struct str spec, struct ephemeral **out, const char **url, struct error *err);
void ephemeral_stop(struct ephemeral *e); /* stops it and waits until nothing is left of it; NULL is fine */

#endif
