/*
 * tenants.h - the same migrations for many schemas of one database, or many databases of one server.
 *
 * Of databases each has its history where it always is; of both, each database's schemas are tenants.
 *
 * A tenant is a schema. Its migrations run with that schema first in the search path, and public behind it; its history is a schema of its own,
 * so that each is locked, resumed and asked by itself. With --schema-each the command runs once for each tenant, in a process of its own.
 */
#ifndef MIGRATE_CMD_TENANTS_H
#define MIGRATE_CMD_TENANTS_H

#include "cmd/context.h"

/* Run the context's command: for no tenant, for one, or for each. */
NODISCARD enum status tenants_run(struct context *c, struct error *err);
/* Is the tenant's schema there, and may we use it? ST_USAGE; what has no schema would go to public without a word. */
NODISCARD enum status tenant_check(struct context *c, struct error *err);

#endif
