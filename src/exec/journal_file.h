/*
 * journal_file.h - the journal's SQLite file: opening it, its tables, running statements.
 */
#ifndef MIGRATE_EXEC_JOURNAL_FILE_H
#define MIGRATE_EXEC_JOURNAL_FILE_H

#include "base/sqlite.h"
#include "exec/journal.h"

struct journal_file {
    const struct sqlite *lib;
    sqlite3 *db;
};

/* Open; writing makes what is missing. *exists is false when there is no file and none was made (reading). */
NODISCARD enum status journal_file_open(struct journal_file *f, const char *path, bool writing, bool *exists,
                                        struct error *err);
void journal_file_close(struct journal_file *f);
/* SQLite's words as an error: ST_SYSTEM, or ST_USAGE for a file that is damaged or no database at all. */
enum status journal_file_error(const struct journal_file *f, int rc, const char *path, struct error *err);

/* One parameter of a statement, in the order of its question marks. */
enum journal_value_kind { JOURNAL_NULL, JOURNAL_INT, JOURNAL_REAL, JOURNAL_TEXT_VALUE };
struct journal_value {
    enum journal_value_kind kind;
    int64_t i;
    double r;
    struct str s;
};
#define JV_INT(n)  ((struct journal_value){.kind = JOURNAL_INT, .i = (n)})
#define JV_REAL(x) ((struct journal_value){.kind = JOURNAL_REAL, .r = (x)})
#define JV_NULL    ((struct journal_value){.kind = JOURNAL_NULL})
/* A number where -1 is: not known. */
#define JV_KNOWN(n) ((n) < 0 ? JV_NULL : JV_INT(n))
/* Empty is NULL. */
struct journal_value journal_text_value(struct str s);

/* Bind and run a statement that gives no rows. SQLite's result code, SQLITE_OK when it is done. stmt may be NULL: sql is then prepared for this once. */
int journal_file_run(const struct journal_file *f, sqlite3_stmt *stmt, const char *sql, const struct journal_value *v,
                     size_t n);

/* Which boot of which machine this is, and when a process of it was started, in ticks; 0: there is none, or it is not told. */
void journal_boot(char out[64]);
int64_t journal_process_start(int pid);

#endif
