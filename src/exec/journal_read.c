/* Reading the journal: runs, and all of one. */
#include "exec/journal_file.h"

#include <signal.h>

/* What a row's columns are taken from, in order. */
struct row {
    const struct sqlite *lib;
    sqlite3_stmt *stmt;
    struct arena *a;
    int column;
};

static struct str text(struct row *r)
{
    const char *p = (const char *)r->lib->column_text(r->stmt, r->column);
    const struct str s = {p, p ? (size_t)r->lib->column_bytes(r->stmt, r->column) : 0};
    r->column++;
    return s.n ? arena_str(r->a, s) : STR("");
}

static int64_t number(struct row *r)
{
    const bool null = r->lib->column_type(r->stmt, r->column) == SQLITE_NULL;
    const int64_t n = null ? -1 : r->lib->column_int64(r->stmt, r->column);
    r->column++;
    return n;
}

static unsigned small(struct row *r)
{
    const int64_t n = number(r);
    return n < 0 || n > INT32_MAX ? 0 : (unsigned)n;
}

static bool is_down(struct row *r)
{
    return str_eq(text(r), STR("down"));
}

static enum journal_life life_of(const struct journal_run *run, struct str boot, int64_t process_start)
{
    char host[256] = "", here[64];
    if (run->ended_ms >= 0) {
        return JOURNAL_ENDED;
    }
    journal_boot(here);
    if (gethostname(host, sizeof(host) - 1) != 0 || !str_eq(run->host, str_of(host)) || boot.n == 0) {
        return JOURNAL_UNKNOWN;
    }
    if (!str_eq(boot, str_of(here))) {
        return JOURNAL_DIED;
    }
    return run->pid > 0 && process_start > 0 && journal_process_start(run->pid) == process_start ? JOURNAL_RUNNING
                                                                                                 : JOURNAL_DIED;
}

static void read_run(struct row *r, struct journal_run *run)
{
    run->number = number(r);
    run->id = text(r);
    run->command = text(r);
    run->down = is_down(r);
    run->database = text(r);
    run->server_version = (int)small(r);
    run->tool_version = text(r);
    run->host = text(r);
    run->os_user = text(r);
    run->pid = (int)small(r);
    const struct str boot = text(r);
    const int64_t process_start = number(r);
    run->started_ms = number(r);
    run->ended_ms = number(r);
    run->duration_ms = number(r);
    run->result = text(r);
    run->exit_code = number(r);
    run->error = text(r);
    run->hint = text(r);
    run->sqlstate = text(r);
    run->place = text(r);
    run->migrations = number(r);
    run->done = number(r);
    run->left_out = number(r);
    run->life = life_of(run, boot, process_start);
}

static void read_step(struct row *r, struct journal_step *s)
{
    s->number = number(r);
    s->version = text(r);
    s->name = text(r);
    s->file = text(r);
    s->down = is_down(r);
    s->ordinal = small(r);
    s->of = small(r);
    s->kind = text(r);
    s->statements = small(r);
    s->sql = text(r);
    s->locks = text(r);
    s->estimate_ms = number(r);
    s->lock_timeout_ms = number(r);
}

static void read_event(struct row *r, struct journal_event *e)
{
    e->at_ms = number(r);
    e->kind = text(r);
    e->step = small(r);
    e->version = text(r);
    e->name = text(r);
    e->attempt = number(r);
    e->ms = number(r);
    e->wait_ms = number(r);
    e->rows = number(r);
    e->done = number(r);
    e->total = number(r);
    e->rate = r->lib->column_double(r->stmt, r->column++);
    e->batch = number(r);
    e->lag_ms = number(r);
    e->lag_bytes = number(r);
    e->sqlstate = text(r);
    e->detail = text(r);
    e->pid = number(r);
    e->age_ms = number(r);
    e->user = text(r);
    e->application = text(r);
    e->state = text(r);
    e->query = text(r);
}

#define RUN_COLUMNS                                                                                                   \
    "SELECT number, id, command, direction, database, server_version, tool_version, host, os_user, pid, boot,"        \
    " process_start, started_ms, ended_ms, duration_ms, result, exit_code, error, hint, sqlstate, place, migrations," \
    " done, left_out FROM runs"

/* Begin a statement whose first parameter is `parameter` (n == 0: it has none). */
static int begin(const struct journal_file *f, const char *sql, struct str parameter, int64_t run, struct arena *a,
                 struct row *r)
{
    *r = (struct row){.lib = f->lib, .a = a};
    int rc = f->lib->prepare_v2(f->db, sql, -1, &r->stmt, NULL);
    if (!rc && parameter.n > 0) {
        rc = f->lib->bind_text64(r->stmt, 1, parameter.p, parameter.n, SQLITE_STATIC, SQLITE_UTF8);
    } else if (!rc && run > 0) {
        rc = f->lib->bind_int64(r->stmt, 1, run);
    }
    return rc;
}

/* The next row? *rc is set to what ended them. */
static bool next(struct row *r, int *rc)
{
    if (*rc) {
        return false;
    }
    r->column = 0;
    const int got = r->lib->step(r->stmt);
    *rc = got == SQLITE_ROW || got == SQLITE_DONE ? SQLITE_OK : got;
    return got == SQLITE_ROW;
}

static int read_runs(const struct journal_file *f, const char *sql, struct str parameter, struct arena *a,
                     struct journal_run_list *out)
{
    struct row r;
    int rc = begin(f, sql, parameter, 0, a, &r);
    while (next(&r, &rc)) {
        read_run(&r, vec_push(a, out));
    }
    (void)f->lib->finalize(r.stmt);
    return rc;
}

enum status journal_list(const char *path, struct arena *a, struct journal_run_list *out, struct error *err)
{
    struct journal_file f = {0};
    bool exists;
    *out = (struct journal_run_list){0};
    enum status status = journal_file_open(&f, path, false, &exists, err);
    if (status || !exists) {
        return status;
    }
    const int rc = read_runs(&f, RUN_COLUMNS " ORDER BY number DESC", STR_NONE, a, out);
    status = rc ? journal_file_error(&f, rc, path, err) : ST_OK;
    journal_file_close(&f);
    return status;
}

static enum status choose(struct str id, const struct journal_run_list *runs, const char *path, struct error *err)
{
    if (runs->n == 0 && str_eq(id, STR("last"))) {
        error_set(err, ST_USAGE, "no run is recorded in %s", path);
        error_hint(err, "runs are recorded from now on; with --no-journal they are not");
        return ST_USAGE;
    }
    if (runs->n == 0) {
        error_set(err, ST_USAGE, "no run whose id begins with \"%.*s\" is in %s", STR_ARG(id), path);
        error_hint(err, "migrate runs lists them");
        return ST_USAGE;
    }
    if (runs->n > 1) {
        error_set(err, ST_USAGE, "the ids of %zu runs begin with \"%.*s\"", runs->n, STR_ARG(id));
        error_hint(err, "write more of it; migrate runs lists them");
        return ST_USAGE;
    }
    return ST_OK;
}

enum status journal_read(const char *path, struct str id, struct arena *a, struct journal_story *out, struct error *err)
{
    struct journal_file f = {0};
    struct journal_run_list runs = {0};
    struct row r;
    bool exists;
    const bool last = str_eq(id, STR("last"));
    *out = (struct journal_story){0};
    enum status status = journal_file_open(&f, path, false, &exists, err);
    if (status || !exists) {
        return status ? status : choose(id, &runs, path, err);
    }
    /* One view of all its tables while a run writes on. */
    int rc = f.lib->exec(f.db, "BEGIN", NULL, NULL, NULL);
    rc = rc     ? rc
         : last ? read_runs(&f, RUN_COLUMNS " ORDER BY number DESC LIMIT 1", STR_NONE, a, &runs)
                : read_runs(&f, RUN_COLUMNS " WHERE substr(id, 1, length(?1)) = lower(?1)", id, a, &runs);
    status = rc ? journal_file_error(&f, rc, path, err) : choose(id, &runs, path, err);
    if (!status) {
        out->run = runs.at[0];
        rc =
            begin(&f,
                  "SELECT step, version, name, file, direction, ordinal, of, kind, statements, sql, locks, estimate_ms,"
                  " lock_timeout_ms FROM steps WHERE run = ? ORDER BY step",
                  STR_NONE, out->run.number, a, &r);
        while (next(&r, &rc)) {
            read_step(&r, vec_push(a, &out->steps));
        }
        (void)f.lib->finalize(r.stmt);
    }
    if (!status && !rc) {
        rc = begin(&f,
                   "SELECT at_ms, kind, step, version, name, attempt, ms, wait_ms, rows, done, total, rate, batch, "
                   "lag_ms, lag_bytes,"
                   " sqlstate, detail, pid, age_ms, user, application, state, query FROM events WHERE run = ?"
                   " ORDER BY seq",
                   STR_NONE, out->run.number, a, &r);
        while (next(&r, &rc)) {
            read_event(&r, vec_push(a, &out->events));
        }
        (void)f.lib->finalize(r.stmt);
    }
    status = status ? status : rc ? journal_file_error(&f, rc, path, err) : ST_OK;
    journal_file_close(&f);
    return status;
}
