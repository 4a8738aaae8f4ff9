/*
 * catalog_show.h - a catalog as text and as JSON.
 */
#ifndef MIGRATE_CMD_CATALOG_SHOW_H
#define MIGRATE_CMD_CATALOG_SHOW_H

#include <jansson.h>

#include "catalog/file.h"

/* A table of all relations but indexes, under lines of what the catalog is of. */
void catalog_text(const struct catalog *c, const struct catalog_info *info, bool quiet, struct strbuf *out);
/* One relation with all that is known of it. */
void catalog_text_of(const struct relation *r, struct arena *a, struct strbuf *out);
/* The same as JSON, as migrate-json(7) describes it. relation NULL: all. A new reference. */
json_t *catalog_json(const struct catalog *c, const struct catalog_info *info, const struct relation *relation,
                     struct arena *a);

#endif
