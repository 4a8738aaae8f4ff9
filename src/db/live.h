/*
 * live.h - a server's catalog read into the model.
 */
#ifndef MIGRATE_DB_LIVE_H
#define MIGRATE_DB_LIVE_H

#include "catalog/model.h"
#include "db/session.h"

/* Read all schemas but the system's: relations with sizes and row estimates, columns, constraints, indexes, types, functions, settings. */
NODISCARD enum status live_catalog(struct session *s, struct catalog *c, struct error *err);

#endif
