/* The journal as an event sink. */
#include "exec/journal.h"

#include "base/clock.h"
#include "base/map.h"
#include "exec/journal_file.h"
#include "exec/runner.h"
#include "sql/mask.h"

#include <pwd.h>

/* Points of progress are first this far apart; each thinning doubles it. */
enum { FIRST_APART_MS = 50, SQL_SHOWN = 20, BUSY_IN_A_ROW = 8 };

struct journal {
    struct journal_file file;
    struct journal_about about;
    struct arena arena;   /* paths and keys of steps: as long as the run */
    struct arena scratch; /* one event */
    const char *path;
    sqlite3_stmt *put, *put_step, *begin, *commit;
    int64_t run; /* its number; 0: not begun */
    int64_t begun_ms, seq, n_steps, left_out;
    unsigned busy;
    struct map steps; /* "up 3 20261120" -> its number */
    /* Of the step under way */
    int64_t step, points, apart_ms, last_point_ms;
    char reason[256]; /* the last one that a backfill paused for */
};

/* ---- trouble ---- */

static void close_file(struct journal *j)
{
    sqlite3_stmt *const statements[] = {j->put, j->put_step, j->begin, j->commit};
    for (size_t i = 0; i < countof(statements) && j->file.db; i++) {
        (void)j->file.lib->finalize(statements[i]);
    }
    journal_file_close(&j->file);
}

static void give_up(struct journal *j, int rc)
{
    struct error err;
    (void)journal_file_error(&j->file, rc, j->path, &err);
    error_context(&err, "nothing further of this run is kept");
    close_file(j);
    if (j->about.trouble) {
        j->about.trouble(j->about.arg, &err);
    }
}

/* After each write. Somebody who holds the file for a moment costs an event, not the rest. */
static void settle(struct journal *j, int rc)
{
    if ((rc & 0xff) == SQLITE_BUSY && ++j->busy < BUSY_IN_A_ROW) {
        j->left_out++;
    } else if (rc) {
        give_up(j, rc);
    } else {
        j->busy = 0;
    }
}

/* ---- values ---- */

static struct journal_value text_of(struct journal *j, struct str s)
{
    struct str cut = str_slice(s, 0, JOURNAL_TEXT);
    while (cut.n < s.n && cut.n > 0 && ((unsigned char)s.p[cut.n] & 0xC0) == 0x80) {
        cut.n--;
    }
    return journal_text_value(arena_str(&j->scratch, cut));
}

static struct journal_value text_c(struct journal *j, const char *s)
{
    return text_of(j, str_of(s));
}

static struct journal_value masked(struct journal *j, struct str sql, void (*mask)(struct strbuf *, struct str))
{
    struct strbuf out;
    strbuf_init(&out, sql.n * 2 + 64);
    mask(&out, sql);
    const struct journal_value v = text_of(j, strbuf_str(&out));
    strbuf_free(&out);
    return v;
}

static int64_t wall_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- the run ---- */

/*
 * Make room: keep the newest runs, and less of them when the file is large. One that is under way stays, unless it is so old that it
 * must have died.
 */
static int prune(struct journal *j)
{
    static const char by_count[] =
        "DELETE FROM runs WHERE number <= (SELECT number FROM runs ORDER BY number DESC LIMIT 1 OFFSET ?)"
        " AND (ended_ms IS NOT NULL OR started_ms < ?)";
    static const char oldest[] = "DELETE FROM runs WHERE number = (SELECT number FROM runs"
                                 " WHERE ended_ms IS NOT NULL OR started_ms < ? ORDER BY number LIMIT 1)";
    static const char rest[] = "DELETE FROM steps WHERE run NOT IN (SELECT number FROM runs);"
                               "DELETE FROM events WHERE run NOT IN (SELECT number FROM runs)";
    static const char used[] = "SELECT (SELECT page_count FROM pragma_page_count)"
                               " - (SELECT freelist_count FROM pragma_freelist_count),"
                               " (SELECT page_size FROM pragma_page_size), (SELECT count(*) FROM runs)";
    const struct sqlite *lib = j->file.lib;
    const int64_t old = wall_ms() - INT64_C(7) * 24 * 3600 * 1000;
    const struct journal_value count[] = {JV_INT(JOURNAL_RUNS - 1), JV_INT(old)}, one[] = {JV_INT(old)};
    int rc = journal_file_run(&j->file, NULL, by_count, count, 2);
    rc = rc ? rc : lib->exec(j->file.db, rest, NULL, NULL, NULL);
    for (int64_t before = INT64_MAX; !rc;) {
        sqlite3_stmt *stmt = NULL;
        int64_t bytes = 0, runs = 0;
        rc = lib->prepare_v2(j->file.db, used, -1, &stmt, NULL);
        if (!rc && lib->step(stmt) == SQLITE_ROW) {
            bytes = lib->column_int64(stmt, 0) * lib->column_int64(stmt, 1);
            runs = lib->column_int64(stmt, 2);
        }
        (void)lib->finalize(stmt);
        if (rc || bytes <= JOURNAL_BYTES || runs == 0 || runs == before) {
            break;
        }
        before = runs;
        rc = journal_file_run(&j->file, NULL, oldest, one, 1);
        rc = rc ? rc : lib->exec(j->file.db, rest, NULL, NULL, NULL);
    }
    return rc ? rc : lib->exec(j->file.db, "PRAGMA incremental_vacuum", NULL, NULL, NULL);
}

static void begin(struct journal *j, const struct event *e)
{
    static const char sql[] =
        "INSERT INTO runs (id, command, direction, database, server_version, tool_version, host, os_user, pid, boot,"
        " process_start, started_ms, migrations) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    char host[256] = "", boot[64];
    const struct passwd *pw = getpwuid(geteuid());
    if (gethostname(host, sizeof(host) - 1) != 0) {
        host[0] = '\0';
    }
    journal_boot(boot);
    int rc = prune(j);
    const struct journal_value v[] = {
        text_c(j, e->run_id),
        text_c(j, j->about.command),
        text_c(j, j->about.down ? "down" : "up"),
        text_c(j, j->about.database),
        JV_INT(j->about.server_version),
        text_c(j, MIGRATE_VERSION),
        text_c(j, host),
        text_c(j, pw ? pw->pw_name : ""),
        JV_INT(getpid()),
        text_c(j, boot),
        JV_INT(journal_process_start(getpid())),
        JV_INT(wall_ms()),
        JV_INT(e->n_migrations),
    };
    rc = rc ? rc : journal_file_run(&j->file, NULL, sql, v, countof(v));
    if (rc) {
        give_up(j, rc); /* nothing can be hung on a run that is not there */
        return;
    }
    j->run = j->file.lib->last_insert_rowid(j->file.db);
    j->begun_ms = clock_monotonic_ms();
}

void journal_end(struct journal *j, enum status status, int exit_code, const struct error *why)
{
    static const char sql[] =
        "UPDATE runs SET ended_ms = ?, duration_ms = ?, result = ?, exit_code = ?, error = ?, hint = ?,"
        " sqlstate = ?, place = ?, left_out = ? WHERE number = ?";
    char place[600] = "";
    if (!j || !j->file.db || j->run == 0) {
        return;
    }
    arena_reset(&j->scratch);
    if (status && why->file[0]) {
        snprintf(place, sizeof(place), why->line ? "%s:%u:%u" : "%s", why->file, why->line, why->column);
    }
    const struct journal_value v[] = {
        JV_INT(wall_ms()),
        JV_INT(clock_monotonic_ms() - j->begun_ms),
        text_c(j, run_result_name(status)),
        JV_INT(exit_code),
        status ? text_c(j, why->primary) : JV_NULL,
        status ? text_c(j, why->hint) : JV_NULL,
        status ? text_c(j, why->sqlstate) : JV_NULL,
        text_c(j, place),
        JV_INT(j->left_out),
        JV_INT(j->run),
    };
    settle(j, journal_file_run(&j->file, NULL, sql, v, countof(v)));
}

/* ---- steps ---- */

static struct journal_value statements_of(struct journal *j, const struct step *step)
{
    struct strbuf sql, shown;
    strbuf_init(&sql, JOURNAL_TEXT);
    strbuf_init(&shown, 3 * JOURNAL_TEXT);
    for (size_t i = 0; i < step->statements.n && i < SQL_SHOWN && !sql.overflow; i++) {
        strbuf_reset(&shown);
        /* Masked before it is cut: half a string would not be known as one. */
        mask_secrets(&shown, str_slice(step->statements.at[i].sql, 0, 2 * JOURNAL_TEXT));
        strbuf_add_cstr(&sql, i ? ";\n" : "");
        strbuf_add(&sql, str_slice(strbuf_str(&shown), 0, sql.max - sql.n));
    }
    if (sql.overflow || step->statements.n > SQL_SHOWN) {
        strbuf_truncate(&sql, sql.n < sql.max - 4 ? sql.n : sql.max - 4);
        sql.overflow = false;
        strbuf_add_cstr(&sql, "\n…");
    }
    const struct journal_value v = text_of(j, strbuf_str(&sql));
    strbuf_free(&shown);
    strbuf_free(&sql);
    return v;
}

static struct journal_value locks_of(struct journal *j, const struct step *step)
{
    struct strbuf text;
    strbuf_init(&text, JOURNAL_TEXT);
    for (size_t i = 0; i < step->locks.n; i++) {
        const struct relation_lock *lock = &step->locks.at[i];
        strbuf_addf(&text, "%s%s on ", i ? "; " : "", lock_mode_name(lock->mode));
        strbuf_add(&text, name_display(&j->scratch, lock->schema, lock->name));
    }
    const struct journal_value v = text_of(j, strbuf_str(&text));
    strbuf_free(&text);
    return v;
}

static void put_step(struct journal *j, const struct event *e, int64_t number)
{
    const struct journal_value v[] = {
        JV_INT(j->run),
        JV_INT(number),
        text_of(j, e->migration->version),
        text_of(j, e->migration->name),
        text_of(j, e->migration->file),
        text_c(j, e->down ? "down" : "up"),
        JV_INT(e->step->ordinal),
        JV_INT(e->n_steps),
        text_c(j, step_kind_name(e->step->kind)),
        JV_INT((int64_t)e->step->statements.n),
        statements_of(j, e->step),
        locks_of(j, e->step),
        JV_KNOWN(e->step->estimate_ms),
        JV_INT(e->step->lock_timeout_ms),
    };
    settle(j, journal_file_run(&j->file, j->put_step, NULL, v, countof(v)));
}

/* The number of the event's step; a new one gets its row. 0: the event has none. */
static int64_t step_number(struct journal *j, const struct event *e)
{
    if (!e->step || !e->migration) {
        return 0;
    }
    const struct str key =
        arena_printf(&j->arena, "%d %u %.*s", e->down, e->step->ordinal, STR_ARG(e->migration->version));
    int64_t *number = map_get(&j->steps, key);
    if (!number) {
        number = arena_new(&j->arena, int64_t);
        *number = ++j->n_steps;
        map_put(&j->steps, key, number);
        put_step(j, e, *number);
    }
    if (*number != j->step) {
        j->step = *number;
        j->points = 0;
        j->apart_ms = FIRST_APART_MS;
        j->last_point_ms = INT64_MIN / 2;
        j->reason[0] = '\0';
    }
    return *number;
}

/* ---- events ---- */

/* Every other point of the step goes, and the next ones come half as often. */
static void thin(struct journal *j)
{
    static const char sql[] = "DELETE FROM events WHERE run = ?1 AND seq IN (SELECT seq FROM (SELECT seq, row_number() "
                              "OVER (ORDER BY seq) AS k"
                              " FROM events WHERE run = ?1 AND step = ?2 AND kind = 'progress') WHERE k % 2 = 0)";
    const struct journal_value v[] = {JV_INT(j->run), JV_INT(j->step)};
    settle(j, journal_file_run(&j->file, NULL, sql, v, 2));
    j->points /= 2;
    j->apart_ms *= 2;
}

/* Is the event one to keep? */
static bool wanted(struct journal *j, const struct event *e, int64_t now)
{
    if (e->kind == EVENT_PROGRESS) {
        const char *reason = e->detail ? e->detail : "";
        const bool same = strncmp(reason, j->reason, sizeof(j->reason) - 1) == 0;
        if (same && now - j->last_point_ms < j->apart_ms) {
            return false;
        }
        snprintf(j->reason, sizeof(j->reason), "%s", reason);
        j->last_point_ms = now;
        if (++j->points >= JOURNAL_POINTS) {
            thin(j);
        }
        return j->file.db != NULL;
    }
    /* A function that raises a notice per row, or a step that is tried for a week, must not fill the disk. */
    if (e->kind == EVENT_MIGRATION_BEGIN || (e->kind == EVENT_MIGRATION_END && e->n_steps > 0)) {
        return false; /* its steps say so */
    }
    const bool rare = e->kind == EVENT_STEP_BEGIN || e->kind == EVENT_STEP_END || e->kind == EVENT_MIGRATION_END ||
                      e->kind == EVENT_RUN_END;
    if (!rare && j->seq >= JOURNAL_RUN_EVENTS) {
        j->left_out++;
        return false;
    }
    return true;
}

static void put_event(struct journal *j, const struct event *e, int64_t step, int64_t now)
{
    /* Most kinds leave these at 0; those that are timed mean it. */
    const bool timed = e->kind == EVENT_STEP_END || e->kind == EVENT_MIGRATION_END || e->kind == EVENT_RUN_END;
    const bool counted = e->kind == EVENT_PROGRESS;
    const struct journal_value v[] = {
        JV_INT(j->run),
        JV_INT(++j->seq),
        JV_INT(now - j->begun_ms),
        text_c(j, event_kind_name(e->kind)),
        step ? JV_INT(step) : JV_NULL,
        e->migration && !step ? text_of(j, e->migration->version) : JV_NULL,
        e->migration && !step ? text_of(j, e->migration->name) : JV_NULL,
        e->attempt ? JV_INT(e->attempt) : JV_NULL,
        timed || e->ms || e->kind == EVENT_WAIT_END ? JV_INT(e->ms) : JV_NULL,
        e->wait_ms ? JV_INT(e->wait_ms) : JV_NULL,
        timed || counted || e->rows ? JV_INT(e->rows) : JV_NULL,
        counted ? JV_KNOWN(e->done) : JV_NULL,
        counted ? JV_KNOWN(e->total) : JV_NULL,
        (counted && e->rate > 0) || e->kind == EVENT_METRIC ? JV_REAL(e->rate) : JV_NULL,
        e->batch_rows ? JV_INT(e->batch_rows) : JV_NULL,
        e->lag_ms ? JV_INT(e->lag_ms) : JV_NULL,
        e->lag_bytes ? JV_INT(e->lag_bytes) : JV_NULL,
        text_c(j, e->sqlstate),
        text_c(j, e->detail),
        e->pid ? JV_INT(e->pid) : JV_NULL,
        e->age_ms ? JV_INT(e->age_ms) : JV_NULL,
        text_c(j, e->user),
        text_c(j, e->application),
        text_c(j, e->state),
        masked(j, str_of(e->query), mask_strings),
    };
    settle(j, journal_file_run(&j->file, j->put, NULL, v, countof(v)));
}

void journal_emit(void *arg, const struct event *e)
{
    struct journal *j = arg;
    if (!j || !j->file.db) {
        return;
    }
    arena_reset(&j->scratch);
    if (e->kind == EVENT_RUN_BEGIN && j->run == 0) {
        begin(j, e);
    }
    if (j->run == 0) {
        return;
    }
    const int64_t now = clock_monotonic_ms();
    /* A commit costs more than what it commits: a new step and its first event share one. */
    const bool together = e->kind == EVENT_STEP_BEGIN && !journal_file_run(&j->file, j->begin, NULL, NULL, 0);
    const int64_t step = step_number(j, e);
    if (j->file.db && wanted(j, e, now)) {
        put_event(j, e, step, now);
    }
    if (j->file.db && together) {
        settle(j, journal_file_run(&j->file, j->commit, NULL, NULL, 0));
    }
    if (j->file.db && e->kind == EVENT_RUN_END) {
        const struct journal_value v[] = {JV_INT(e->n_migrations), JV_INT(j->run)};
        settle(j, journal_file_run(&j->file, NULL, "UPDATE runs SET done = ? WHERE number = ?", v, 2));
    }
}

/* ---- open and close ---- */

static int prepare(struct journal *j)
{
    static const char put[] =
        "INSERT INTO events (run, seq, at_ms, kind, step, version, name, attempt, ms, wait_ms, rows, done, total, rate,"
        " batch, lag_ms, lag_bytes, sqlstate, detail, pid, age_ms, user, application, state, query)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    static const char put_step_sql[] = "INSERT INTO steps (run, step, version, name, file, direction, ordinal, of, "
                                       "kind, statements, sql, locks, estimate_ms,"
                                       " lock_timeout_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    const struct {
        const char *sql;
        sqlite3_stmt **stmt;
    } all[] = {{put, &j->put}, {put_step_sql, &j->put_step}, {"BEGIN IMMEDIATE", &j->begin}, {"COMMIT", &j->commit}};
    int rc = SQLITE_OK;
    for (size_t i = 0; i < countof(all) && !rc; i++) {
        rc = j->file.lib->prepare_v2(j->file.db, all[i].sql, -1, all[i].stmt, NULL);
    }
    return rc;
}

enum status journal_open(const char *path, const struct journal_about *about, struct journal **out, struct error *err)
{
    struct journal *j = mem_alloc(sizeof(*j));
    bool exists;
    *j = (struct journal){.about = *about};
    *out = NULL;
    arena_init(&j->arena, SIZE_MAX);
    arena_init(&j->scratch, SIZE_MAX);
    map_init(&j->steps, &j->arena);
    j->path = arena_cstr(&j->arena, str_of(path));
    j->about.command = arena_cstr(&j->arena, str_of(about->command));
    j->about.database = arena_cstr(&j->arena, str_of(about->database));
    enum status status = journal_file_open(&j->file, path, true, &exists, err);
    if (!status) {
        const int rc = prepare(j);
        status = rc ? journal_file_error(&j->file, rc, path, err) : ST_OK;
    }
    if (status) {
        journal_close(j);
        return status;
    }
    *out = j;
    return ST_OK;
}

void journal_close(struct journal *j)
{
    if (!j) {
        return;
    }
    close_file(j);
    arena_free(&j->arena);
    arena_free(&j->scratch);
    free(j);
}
