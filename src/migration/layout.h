/*
 * layout.h - the ways in which projects lay out migrations: one table, one row each.
 *
 * Today: native (dbmate's markers) for running; plain (a file is its up part) for judging any SQL. The other tools' layouts
 * are further rows: write the two functions, add the row to the table in layout.c.
 */
#ifndef MIGRATE_MIGRATION_LAYOUT_H
#define MIGRATE_MIGRATION_LAYOUT_H

#include "migration/migration.h"

struct layout {
    const char *name;    /* "native" */
    const char *form;    /* how its files are called, for messages: "<version>_<name>.sql" */
    const char *summary; /* one line for help */
    bool runnable;       /* `up` works on it; otherwise lint only */
    /* Does this file name (no folder) belong to it? Fills version and name: views into base, either may be empty. */
    bool (*match)(struct str base, struct str *version, struct str *name);
    /*
     * Find the parts of m->text; m->file, version and name are set, m->layout may be changed to the layout that was
     * found to fit. Errors: ST_USAGE with the place.
     */
    enum status (*parse)(struct migration *m, const struct migration_options *options, struct arena *a,
                         struct error *err);
};

/*
 * Native: <version>_<name>.sql with "-- migrate:up" and, unless it cannot be undone, "-- migrate:down". A marker stands at the start
 * of its line, as dbmate wants it (regular expression ^--\s*migrate:up(\s*$|\s+\S+), one line), and may be followed by
 * transaction:auto, true or false. Two things differ from dbmate. A line that only looks like a marker because it is text within a
 * string, a function body, a block comment or COPY data is no marker here, where dbmate would cut the file there (but a quoted
 * string that holds the only marker of its kind is taken for a stray quote, and refused). And what dbmate passes over is an error: a marker
 * in upper case, indented, misspelt, repeated, with an unknown option.
 */
extern const struct layout layout_native;
/* Plain: any *.sql; the whole file is the up part, or the down part when it is called *.down.sql. For lint only. */
extern const struct layout layout_plain;

const struct layout *layout_find(struct str name); /* NULL: no such layout */
const struct layout *layout_at(size_t i);          /* NULL behind the last; for help */

#endif
