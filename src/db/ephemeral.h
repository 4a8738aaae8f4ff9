/*
 * ephemeral.h - a throw-away PostgreSQL: `--url ephemeral:`.
 *
 * Finds initdb and postgres (PATH, MIGRATE_PG_BIN, /usr/lib/postgresql/NN/bin newest first, `ephemeral:15` asks for a major), makes a private
 * directory, starts the server on a unix socket in it (no TCP), and removes everything when the process ends, also by signal or
 * kill -9 (a guardian process waits for our end). As root, the server runs as an unprivileged user (postgres, else nobody).
 */
#ifndef MIGRATE_DB_EPHEMERAL_H
#define MIGRATE_DB_EPHEMERAL_H

#include "base/error.h"

struct ephemeral;

/* spec is what follows "ephemeral:" (may be empty, a major version, or a bin folder). *url lives as long as the server. */
NODISCARD enum status ephemeral_start(struct str spec, struct ephemeral **out, const char **url, struct error *err);
void ephemeral_stop(struct ephemeral *e);

#endif
