/*
 * layout.h - the ways in which projects lay out migrations: one table, one row each.
 *
 * Facts about other tools' names and markers are from their manuals and sources; each row's file says which quirks are kept.
 * A layout says which files a folder's migrations are made of, what their versions are, and where a file's up and down part lie.
 */
#ifndef MIGRATE_MIGRATION_LAYOUT_H
#define MIGRATE_MIGRATION_LAYOUT_H

#include "migration/migration.h"

/* A folder whose migrations are looked for. */
struct layout_folder {
    struct str path;
    const struct file_list *entries;
    const struct migration_options *options;
};

/* How placeholders look that migration_options.placeholders fill (fill.h). */
enum fill_syntax {
    FILL_TOKENS,   /* ${name}, {{name}} and {{.name}} where the lexer sees a placeholder */
    FILL_ANYWHERE, /* ${name} also within strings and comments, and one without a value is an error: Flyway */
    FILL_TEMPLATE, /* {{.name}} and {{name}}, also within strings: tern */
    FILL_PSQL,     /* :name, :'name', :"name": psql's variables, as sqitch sets them */
    FILL_GOOSE,    /* ${NAME}, $NAME and ${NAME:-default} from the environment, between -- +goose ENVSUB ON and OFF */
};

struct layout {
    const char *name;    /* "native" */
    const char *form;    /* how its files are called, for messages: "<version>_<name>.sql" */
    const char *summary; /* one line for help */
    /* Does this file name (no folder) belong to it? Fills version and name: views into base, either may be empty. */
    bool (*match)(struct str base, struct str *version, struct str *name);
    /*
     * Find the parts of m->text; m->file, version and name are set, m->layout may be changed to the layout that was
     * found to fit. Errors: ST_USAGE with the place.
     */
    enum status (*parse)(struct migration *m, const struct migration_options *options, struct arena *a,
                         struct error *err);
    /*
     * Append a folder's migrations with layout, file, version and name set, of the undoing file too; nothing is read yet. NULL: each .sql file
     * of the folder is one. Errors: ST_USAGE with the file, ST_SYSTEM.
     */
    enum status (*find)(const struct layout_folder *folder, struct arena *a, struct migration_list *out,
                        struct error *err);
    /* Files that are migrations of that tool and no SQL ("x.go"): their endings, blank between; NULL: it has none. */
    const char *programs;
    enum fill_syntax fill;
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
/* Plain: any *.sql; the whole file is the up part, or the down part when it is called *.down.sql. */
extern const struct layout layout_plain;
/* The same in a folder supabase/migrations. */
extern const struct layout layout_supabase;
extern const struct layout layout_golang_migrate, layout_sqlx, layout_flyway, layout_refinery;    /* layout_named.c */
extern const struct layout layout_goose, layout_sql_migrate, layout_node_pg_migrate, layout_tern; /* layout_marked.c */
extern const struct layout layout_diesel, layout_prisma;                                          /* layout_folders.c */
extern const struct layout layout_graphile_migrate; /* layout_graphile.c */
/*
 * A migration that is a program of its tool's own ("x.go"), of whatever layout: known by version and checksum, so that one that is applied can be
 * adopted and told from one that was edited; without any SQL. The planner refuses to run it. No folder's layout: layout_find() does not know it.
 */
extern const struct layout layout_program;
/* Is this the name of such a file in the layout? Fills version and name. */
bool layout_is_program(const struct layout *layout, struct str base, struct str *version, struct str *name);
/* What a file of graphile-migrate says of the one before it: "sha1:…", or "-". */
struct str graphile_previous(struct str text);
/* Has the text both lines, "--! Previous: …" and "--! Hash: …"? */
bool graphile_signed(struct str text);
/*
 * Does each of the list's files of graphile-migrate stand behind the one that it was committed behind? The list is ordered. ST_USAGE with the
 * first that does not (*wrong), at its line, and the way out. Files of several folders are not compared.
 */
NODISCARD enum status graphile_check(const struct migration_list *list, const struct migration **wrong,
                                     struct error *err);
extern const struct layout layout_sqitch; /* layout_sqitch.c */

const struct layout *layout_find(struct str name); /* NULL: no such layout */
const struct layout *layout_at(size_t i);          /* NULL behind the last; for help */

/*
 * Which layout is this folder's? Told by its names, and by markers in the files where the names leave it open; native where nothing
 * tells. ST_USAGE when two fit: the message names a file for each and the flag that decides.
 */
NODISCARD enum status layout_detect(const struct layout_folder *folder, struct arena *a, const struct layout **out,
                                    struct error *err);

/* ---- for the rows ---- */

/* <digits><separator><name>: take the digits (with single dots between) and the name behind _ - or a blank. False: no digit first. */
bool layout_numbered(struct str base, struct str *version, struct str *name);
/* The same of a name that ends in .sql: what native, goose, node-pg-migrate and tern call their files. */
bool layout_numbered_sql(struct str base, struct str *version, struct str *name);
/* The whole text, without a byte order mark, as the up or the down part. */
void layout_whole(struct migration *m, bool down, enum tx_mode tx);
/* Append a migration of this file. Both strings must live as long as the list; `file` ends in a NUL. */
struct migration *layout_add(struct arena *a, struct migration_list *out, const struct layout *layout, struct str file,
                             struct str version, struct str name);
/* Give the migration a file of its own for its down part. */
void layout_add_undo(struct arena *a, struct migration *m, struct str file);
/* Refuse a file because of how it is called. */
enum status layout_refuse(struct str file, const char *why, const char *hint, struct error *err);
/* What stands in the way of reading this entry of a folder; NULL: nothing. */
const char *layout_obstacle(const struct file_entry *e, const char **hint);
/*
 * Does the settings file say KEY = false? Lines of KEY = VALUE; the last one counts, no such file says nothing. For Flyway's FILE.conf and
 * diesel's metadata.toml.
 */
bool settings_say_false(struct str text, struct str key);

#endif
