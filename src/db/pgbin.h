/*
 * pgbin.h - where the programs of PostgreSQL are.
 */
#ifndef MIGRATE_DB_PGBIN_H
#define MIGRATE_DB_PGBIN_H

#include "base/arena.h"
#include "base/error.h"

/*
 * The folder that holds initdb and postgres. spec: empty, a major version ("15"), or a folder. Looks in MIGRATE_PG_BIN, in PATH (by where
 * initdb really lies), and where packages put servers, newest first. ST_USAGE, with what to install, when there is none.
 */
NODISCARD enum status pgbin_find(struct str spec, struct arena *a, struct str *folder, struct error *err);

#endif
