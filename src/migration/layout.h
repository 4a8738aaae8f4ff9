/*
 * layout.h - the ways in which projects lay out migrations: one table, one row each.
 *
 * Today: native (dbmate's markers) for running; plain (a file is its up part) for judging any SQL. The other tools' layouts
 * are further rows.
 */
#ifndef MIGRATE_MIGRATION_LAYOUT_H
#define MIGRATE_MIGRATION_LAYOUT_H

#include "migration/migration.h"

struct layout {
    const char *name;    /* "native" */
    const char *summary; /* one line for help */
    bool runnable;       /* `up` works on it; otherwise lint only */
    /* Does this file name belong to it? Fills version and name (views into base name). */
    bool (*match)(struct str base, struct str *version, struct str *name);
    /* Find the parts in m->text. Errors with the place. */
    enum status (*parse)(struct migration *m, const struct migration_options *options, struct arena *a,
                         struct error *err);
};

extern const struct layout layout_native, layout_plain;

const struct layout *layout_find(struct str name); /* NULL: no such layout */
const struct layout *layout_at(size_t i);          /* NULL behind the last; for help */

#endif
