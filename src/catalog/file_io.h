/*
 * file_io.h - the rows of a catalog file, in both directions with the same code.
 *
 * A function that moves the fields of a struct calls io_… for each, in the order of the table's columns; writing, they bind the
 * values of a row, reading, they fill the struct. So what is written and what is read cannot drift apart.
 *
 * What is read may come from anyone. A value of the wrong type or outside its range sets `bad` and leaves the field
 * as it was; the caller looks once per row.
 */
#ifndef MIGRATE_CATALOG_FILE_IO_H
#define MIGRATE_CATALOG_FILE_IO_H

#include "base/sqlite.h"
#include "catalog/model.h"

struct io {
    const struct sqlite *lib;
    sqlite3 *db;
    sqlite3_stmt *stmt;
    struct arena *a; /* reading: what is read lives here */
    bool writing;
    int column;                     /* the next of the row */
    const char *table;              /* the one at work, for messages */
    bool bad;                       /* reading: it holds what migrate never writes */
    int failed;                     /* SQLite's result code, SQLITE_OK while all is well */
    struct map ids;                 /* writing: pointer -> its number */
    struct map shared;              /* reading: text -> struct str, see io_text_shared() */
    int64_t steps_left;             /* reading: before SQLite is stopped */
    struct relation_list relations; /* reading: by number, from 1 */
    VEC(struct type *) types;
};

/* A table of the file. */
struct io_table {
    const char *name, *sql; /* sql as it stands in sqlite_schema */
};

/* Open: writing, an empty database in memory; reading, the bytes of a file, which must outlive it. Nothing is trusted then. */
NODISCARD enum status io_open(struct io *io, bool writing, struct str file, struct error *err);
void io_close(struct io *io);
/* Run SQL without results. */
void io_exec(struct io *io, const char *sql);
/* Begin a table: its rows are inserted or read from now on. */
void io_begin(struct io *io, const struct io_table *table);
/* Writing: the row is complete. */
void io_put(struct io *io);
/* Reading: move to the next row; false behind the last, and when anything is wrong. */
bool io_next(struct io *io);
void io_end(struct io *io);
/* Is anything wrong so far? */
bool io_broken(const struct io *io);

void io_text(struct io *io, struct str *s);        /* empty is NULL in the file */
void io_text_shared(struct io *io, struct str *s); /* the same for text that many rows have: kept once */
void io_bool(struct io *io, bool *b);
void io_int(struct io *io, int64_t *n, int64_t min, int64_t max);
/* A number where min - 1 means unknown, which is NULL in the file. */
void io_known(struct io *io, int64_t *n, int64_t max);
void io_unsigned(struct io *io, unsigned *n, unsigned max);
void io_tri(struct io *io, enum tri *t);
/* One of a few words. The word NULL is NULL. */
struct io_word {
    int value;
    const char *word;
};
void io_word(struct io *io, const struct io_word *words, size_t n, int *value);
void io_char(struct io *io, const struct io_word *words, size_t n, char *value);
/* Names in SQL's manner, a, "B", joined by commas. At most `max` of them are read. */
void io_names(struct io *io, struct name_list *names, size_t max);
/* Reading: the same from a text at hand. */
void io_parse_names(struct io *io, struct str text, struct name_list *names, size_t max);
/* A link to a relation by number; NULL is NULL. */
void io_relation(struct io *io, struct relation **r);
void io_type(struct io *io, struct type **t);
/* Writing: give an object its number, counted from 1 by the caller. */
void io_number(struct io *io, void *const *object, int64_t *number);

#endif
