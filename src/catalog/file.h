/*
 * file.h - the catalog file: the model of a database, with sizes, row estimates and settings, in one SQLite file.
 *
 * It holds no row of any table: names, types, the text of definitions (defaults, checks, keys, bodies of functions and rules) and
 * numbers. PRAGMA application_id and user_version say what it is and in which format; the sqlite3 shell reads it (man migrate).
 */
#ifndef MIGRATE_CATALOG_FILE_H
#define MIGRATE_CATALOG_FILE_H

#include "base/error.h"
#include "catalog/model.h"

enum { CATALOG_FILE_ID = 0x6d696763 /* "migc" */, CATALOG_FILE_VERSION = 2 };

/* What the file says beside the model. */
struct catalog_setting {
    struct str name, value;
};
VEC_DECLARE(catalog_setting_list, struct catalog_setting);
/* A migration that the database's history names. */
struct catalog_applied {
    struct str version, name;
    bool partial, going_down; /* begun: steps_done of steps */
    unsigned steps_done, steps, statements_done;
    struct str sha256, sha256_text, applied_at;
};
VEC_DECLARE(catalog_applied_list, struct catalog_applied);
struct catalog_info {
    struct str made;                      /* when: "2026-11-20 09:30:00 UTC" */
    struct str tool;                      /* by which version of migrate */
    struct str database;                  /* its name */
    struct catalog_setting_list settings; /* of the server; search_path and TimeZone are in the model */
    struct catalog_applied_list applied;  /* by version; empty too when the database has no history of this tool */
    bool has_history;
};

/*
 * The bytes of a file with this model, in memory of the arena. The model's origins are not written: it is a base when it is
 * read. ST_SYSTEM: SQLite is missing, or the catalog is larger than a file may be (CATALOG_FILE_MAX).
 */
#define CATALOG_FILE_MAX ((size_t)256 << 20)
NODISCARD enum status catalog_encode(const struct catalog *c, const struct catalog_info *info, struct arena *a,
                                     struct str *file, struct error *err);
/* Write it: a temporary file in the same folder, then rename. */
NODISCARD enum status catalog_write(const char *path, const struct catalog *c, const struct catalog_info *info,
                                    struct error *err);

/*
 * Fill an empty catalog (catalog_init()) from a file's bytes; its model is complete when the file's is. info may be NULL; strings are copied to
 * the catalog's arena. `name` is for messages. The bytes may come from anyone: what migrate would not have written is
 * refused, in time and memory linear in their number. ST_USAGE, with the way out as the hint; *c is then of no use.
 */
NODISCARD enum status catalog_decode(struct str file, const char *name, struct catalog *c, struct catalog_info *info,
                                     struct error *err);
/* Read the file of that path; also ST_USAGE when it cannot be read. */
NODISCARD enum status catalog_read(const char *path, struct catalog *c, struct catalog_info *info, struct error *err);

#endif
