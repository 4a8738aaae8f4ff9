/*
 * url.h - database URLs as other runners write them.
 */
#ifndef MIGRATE_CMD_URL_H
#define MIGRATE_CMD_URL_H

#include "base/arena.h"

/*
 * The URL as libpq takes it: the schemes pgx:// and pgx5:// become postgres://; parameters that begin with x-
 * (golang-migrate's own) are left out and named in *ignored, comma separated; search_path=S (dbmate, Go's drivers)
 * becomes options=-csearch_path=S. What is no URL stays as it is. Memory from the arena.
 */
const char *url_for_libpq(struct arena *a, const char *url, struct str *ignored);

/* The same connection string with another database. url may be NULL: libpq's variables say the rest. */
const char *url_with_database(const char *url, const char *database, struct arena *a);

#endif
