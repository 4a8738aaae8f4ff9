#include "exec/journal_file.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { BUSY_MS = 250, OPEN_TRIES = 40, OPEN_PAUSE_US = 25000 };

/* Rows of a run go with it by number; nothing else links them. */
static const char tables[] =
    "CREATE TABLE runs (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, command TEXT, direction TEXT,"
    " database TEXT, server_version INTEGER, tool_version TEXT, host TEXT, os_user TEXT, pid INTEGER, boot TEXT,"
    " process_start INTEGER, started_ms INTEGER NOT NULL, ended_ms INTEGER, duration_ms INTEGER, result TEXT,"
    " exit_code INTEGER, error TEXT, hint TEXT, sqlstate TEXT, place TEXT, migrations INTEGER, done INTEGER,"
    " left_out INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE steps (run INTEGER, step INTEGER, version TEXT, name TEXT, file TEXT, direction TEXT, ordinal "
    "INTEGER,"
    " of INTEGER, kind TEXT, statements INTEGER, sql TEXT, locks TEXT, estimate_ms INTEGER, lock_timeout_ms INTEGER,"
    " PRIMARY KEY (run, step)) WITHOUT ROWID;"
    "CREATE TABLE events (run INTEGER, seq INTEGER, at_ms INTEGER, kind TEXT, step INTEGER, version TEXT, name TEXT,"
    " attempt INTEGER, ms INTEGER, wait_ms INTEGER, rows INTEGER, done INTEGER, total INTEGER, rate REAL, batch "
    "INTEGER,"
    " lag_ms INTEGER, lag_bytes INTEGER, sqlstate TEXT, detail TEXT, pid INTEGER, age_ms INTEGER, user TEXT, "
    "application TEXT, state TEXT,"
    " query TEXT, PRIMARY KEY (run, seq)) WITHOUT ROWID;";

enum status journal_file_error(const struct journal_file *f, int rc, const char *path, struct error *err)
{
    const int code = rc & 0xff;
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
        error_set(err, ST_USAGE, "the journal %s is damaged, or no journal at all", path);
        error_detail(err, "SQLite: %s", f->lib->errstr(rc));
        error_hint(err, "move it away: a new one is made. Nothing that migrate runs by is in it");
        return ST_USAGE;
    }
    return error_set(err, ST_SYSTEM, "the journal %s: %s", path, f->lib->errstr(rc));
}

struct journal_value journal_text_value(struct str s)
{
    return s.n == 0 ? JV_NULL : (struct journal_value){.kind = JOURNAL_TEXT_VALUE, .s = s};
}

static int bind_value(const struct sqlite *lib, sqlite3_stmt *stmt, int at, const struct journal_value *v)
{
    switch (v->kind) {
    case JOURNAL_NULL:
        return lib->bind_null(stmt, at);
    case JOURNAL_INT:
        return lib->bind_int64(stmt, at, v->i);
    case JOURNAL_REAL:
        return lib->bind_double(stmt, at, v->r);
    case JOURNAL_TEXT_VALUE:
        return lib->bind_text64(stmt, at, v->s.p, v->s.n, SQLITE_STATIC, SQLITE_UTF8);
    }
    BUG("value kind %d", (int)v->kind);
}

int journal_file_run(const struct journal_file *f, sqlite3_stmt *stmt, const char *sql, const struct journal_value *v,
                     size_t n)
{
    sqlite3_stmt *own = NULL;
    int rc = stmt ? SQLITE_OK : f->lib->prepare_v2(f->db, sql, -1, &own, NULL);
    sqlite3_stmt *const use = stmt ? stmt : own;
    for (size_t i = 0; i < n && !rc; i++) {
        rc = bind_value(f->lib, use, (int)i + 1, &v[i]);
    }
    if (!rc) {
        do {
            rc = f->lib->step(use);
        } while (rc == SQLITE_ROW);
        rc = rc == SQLITE_DONE ? SQLITE_OK : rc;
    }
    /* Its own copies of static texts must not outlive them. */
    if (own) {
        (void)f->lib->finalize(own);
    } else if (use) {
        (void)f->lib->reset(use);
    }
    return rc;
}

static int exec_sql(const struct journal_file *f, const char *sql)
{
    /* Changing to WAL does not wait for others by itself. */
    for (int tries = 0;; tries++) {
        const int rc = f->lib->exec(f->db, sql, NULL, NULL, NULL);
        if ((rc & 0xff) != SQLITE_BUSY || tries == OPEN_TRIES) {
            return rc;
        }
        usleep(OPEN_PAUSE_US);
    }
}

static int pragma_value(const struct journal_file *f, const char *sql, int64_t *value)
{
    sqlite3_stmt *stmt = NULL;
    int rc = f->lib->prepare_v2(f->db, sql, -1, &stmt, NULL);
    if (!rc) {
        rc = f->lib->step(stmt);
        *value = rc == SQLITE_ROW ? f->lib->column_int64(stmt, 0) : 0;
        rc = rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
    }
    (void)f->lib->finalize(stmt);
    return rc;
}

/* Two first runs may make it at once: the second finds it made once it has the lock. */
static int make_tables(const struct journal_file *f)
{
    int64_t made = 0;
    char head[128];
    int rc = exec_sql(f, "BEGIN IMMEDIATE");
    if (rc) {
        return rc;
    }
    rc = pragma_value(f, "PRAGMA user_version", &made);
    if (!rc && made == 0) {
        snprintf(head, sizeof(head), "PRAGMA application_id = %d; PRAGMA user_version = %d", JOURNAL_FILE_ID,
                 JOURNAL_FORMAT);
        rc = exec_sql(f, tables);
        rc = rc ? rc : exec_sql(f, head);
    }
    const int end = exec_sql(f, rc ? "ROLLBACK" : "COMMIT");
    return rc ? rc : end;
}

static enum status check_format(const char *path, int64_t id, int64_t format, struct error *err)
{
    if (id != JOURNAL_FILE_ID) {
        error_set(err, ST_USAGE, "%s is a database, but not a journal of migrate", path);
        error_hint(err, "name another file with --journal, or none: --no-journal");
        return ST_USAGE;
    }
    if (format > JOURNAL_FORMAT) {
        error_set(err, ST_USAGE, "the journal %s was written by a newer migrate", path);
        error_hint(err, "use that one, or name another file with --journal");
        return ST_USAGE;
    }
    return ST_OK;
}

/* Of a new user or in a container not even ~/.local is there: .local, state, migrate. Who names a place deeper than that has mistyped. */
enum { FOLDERS_MADE = 3 };

static bool make_folder(struct arena *a, const char *folder, int more)
{
    if (mkdir(folder, 0700) == 0) {
        return true;
    }
    const char *above = arena_cstr(a, path_folder(str_of(folder)));
    if (errno != ENOENT || more == 0 || !make_folder(a, above, more - 1)) {
        return false;
    }
    if (mkdir(folder, 0700) != 0) {
        rmdir(above);
        return false;
    }
    return true;
}

static void make_folders(const char *path)
{
    struct arena a;
    arena_init(&a, 1 << 16);
    /* Where it fails, opening the file says what is wrong. */
    make_folder(&a, arena_cstr(&a, path_folder(str_of(path))), FOLDERS_MADE - 1);
    arena_free(&a);
}

static enum status open_error(const char *path, struct error *err)
{
    error_errno(err, "open the journal", path);
    error_hint(err, "name another file with --journal FILE, or none: --no-journal");
    return ST_SYSTEM;
}

enum status journal_file_open(struct journal_file *f, const char *path, bool writing, bool *exists, struct error *err)
{
    int64_t id = 0, format = 0;
    enum status status = sqlite_bind(&f->lib, err);
    *exists = access(path, F_OK) == 0;
    if (status || (!*exists && !writing)) {
        return status;
    }
    if (!*exists) {
        make_folders(path);
        /* SQLite would make it readable for all, and gives its helpers -wal and -shm the mode that this has. */
        const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0) {
            return open_error(path, err);
        }
        close(fd);
    }
    int rc = f->lib->open_v2(path, &f->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_PRIVATECACHE, NULL);
    if (rc) {
        status = journal_file_error(f, rc, path, err);
        journal_file_close(f);
        return status;
    }
    (void)f->lib->busy_timeout(f->db, BUSY_MS);
    (void)f->lib->db_config(f->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)f->lib->db_config(f->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    rc = pragma_value(f, "PRAGMA user_version", &format);
    if (!rc && writing && format == 0 && !(rc = pragma_value(f, "PRAGMA application_id", &id)) && id == 0) {
        int64_t objects = 1;
        rc = pragma_value(f, "SELECT count(*) FROM sqlite_schema", &objects);
        if (!rc && objects == 0) {
            /* Its pages are given back when old runs go; this must come before the first table. */
            rc = exec_sql(f, "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL");
            rc = rc ? rc : make_tables(f);
            rc = rc ? rc : pragma_value(f, "PRAGMA user_version", &format);
        }
    }
    rc = rc ? rc : pragma_value(f, "PRAGMA application_id", &id);
    status = rc ? journal_file_error(f, rc, path, err) : check_format(path, id, format, err);
    if (!status && writing) {
        rc = exec_sql(f, "PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 1048576");
        status = rc ? journal_file_error(f, rc, path, err) : ST_OK;
    } else if (!status) {
        rc = exec_sql(f, "PRAGMA query_only = 1");
        status = rc ? journal_file_error(f, rc, path, err) : ST_OK;
    }
    if (status) {
        journal_file_close(f);
    }
    return status;
}

void journal_file_close(struct journal_file *f)
{
    if (f->db) {
        (void)f->lib->close(f->db);
        f->db = NULL;
    }
}

/* ---- processes ---- */

/* The first line of a small file of /proc, or "". */
static void read_line(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "re");
    out[0] = '\0';
    if (file) {
        if (fgets(out, (int)size, file)) {
            out[strcspn(out, "\n")] = '\0';
        }
        fclose(file);
    }
}

void journal_boot(char out[64])
{
    read_line("/proc/sys/kernel/random/boot_id", out, 64);
}

/* proc(5): field 22 of /proc/PID/stat; the second field, the name, is in parentheses and may hold anything. */
int64_t journal_process_start(int pid)
{
    enum { FIELD = 22, BEHIND_NAME = 3 };
    char path[64], line[1024];
    int64_t start = 0;
    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    read_line(path, line, sizeof(line));
    const char *name_end = strrchr(line, ')');
    if (!name_end || !name_end[1]) {
        return 0;
    }
    struct str rest = str_of(name_end + 2), field;
    for (int i = BEHIND_NAME; str_next(&rest, ' ', &field); i++) {
        if (i == FIELD) {
            return str_to_i64(field, 0, INT64_MAX, &start) ? start : 0;
        }
    }
    return 0;
}
