/*
 * base.h - what judging starts from: a catalog file (--catalog), the connected server, or nothing.
 */
#ifndef MIGRATE_CMD_BASE_H
#define MIGRATE_CMD_BASE_H

#include "catalog/file.h"
#include "cmd/context.h"

/* The row of --catalog, for the commands that take it. */
#define CATALOG_ROW(help)                                                                 \
    {                                                                                     \
        "catalog", 0, OPTION_TEXT, "FILE", offsetof(struct settings, catalog), help, 0, 0 \
    }

/* Was --catalog given? */
bool base_is_file(const struct context *c);
/*
 * Fill catalog (from catalog_init()): from the file of --catalog, else from the server if there is a session, else not at all. Of a server,
 * *info gets only its platform.
 */
NODISCARD enum status base_catalog(const struct context *c, struct catalog *catalog, struct catalog_info *info,
                                   struct error *err);
/* context_judge_options() with what the base tells of the server: its version and the service that runs it. */
struct judge_options base_options(const struct context *c, const struct catalog *catalog,
                                  const struct catalog_info *info);
/* Which service runs the connected server: PLATFORM_NONE when none that this tool knows of. */
NODISCARD enum status base_platform(struct session *s, enum platform *platform, struct error *err);
/* It as a setting of a catalog file: "rds", "aurora", "". */
struct str base_platform_name(enum platform platform);
/* What the file of --catalog knows of history: as history_read() would give it, without texts. */
NODISCARD enum status base_history(struct context *c, struct history *out, struct error *err);
/* Was this version applied in full, says the file? */
bool base_applied(const struct catalog_info *info, struct str version);

#endif
