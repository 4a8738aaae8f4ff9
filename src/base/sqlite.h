/*
 * sqlite.h - SQLite's functions, bound when the first catalog file or journal is opened.
 *
 * Linking libsqlite3 would make every start of the program load and relocate it, and few of them need it. The release, which
 * is to run where it is not installed, has it linked in (LINKED_IN).
 */
#ifndef MIGRATE_BASE_SQLITE_H
#define MIGRATE_BASE_SQLITE_H

#include <sqlite3.h>

#include "base/error.h"

/* Those in use, without the prefix sqlite3_. */
#define SQLITE_FUNCTIONS(F) \
    F(open_v2)              \
    F(close)                \
    F(db_config)            \
    F(limit)                \
    F(busy_timeout)         \
    F(progress_handler)     \
    F(set_authorizer)       \
    F(exec)                 \
    F(prepare_v2)           \
    F(step)                 \
    F(reset)                \
    F(finalize)             \
    F(bind_null)            \
    F(bind_int64)           \
    F(bind_double)          \
    F(bind_text64)          \
    F(column_count)         \
    F(column_type)          \
    F(column_int64)         \
    F(column_double)        \
    F(column_text)          \
    F(column_bytes)         \
    F(last_insert_rowid)    \
    F(errmsg)               \
    F(errstr)               \
    F(serialize)            \
    F(deserialize)          \
    F(free)

#define SQLITE_MEMBER(name) __typeof__(sqlite3_##name) *name;
struct sqlite {
    SQLITE_FUNCTIONS(SQLITE_MEMBER)
};

/* Load the library, once, and give its functions. ST_SYSTEM: it is not there or lacks one of them. */
NODISCARD enum status sqlite_bind(const struct sqlite **lib, struct error *err);

#endif
