#include "exec/runner.h"

#include "base/clock.h"
#include "exec/fault.h"
#include "exec/preflight.h"
#include "exec/window.h"

#include <pwd.h>

void run_options_default(struct run_options *o)
{
    *o = (struct run_options){
        .schema = "migrate",
        .run_lock_wait_ms = 10000,
        .reconnect_ms = 120000,
        .answer_timeout_ms = 60000,
        .lock_timeout_ms = 200,
        .lock_timeout_max_ms = 3000,
        .lock_budget_ms = 600000,
        .lock_attempts = 30,
        .max_blocked_sessions = 20,
        .max_block_ms = 1000,
        .backfill_rows = JUDGE_BATCH_ROWS,
        .max_xact_age_ms = 300000,
    };
    throttle_limits_default(&o->throttle);
}

/* ---- events ---- */

void run_emit(const struct run *r, struct event *e)
{
    if (r->o->sink.emit) {
        r->o->sink.emit(r->o->sink.arg, e);
    }
}

struct event run_event(const struct item *it, const struct step *step, enum event_kind kind)
{
    return (struct event){
        .kind = kind,
        .migration = it ? it->m : NULL,
        .step = step,
        .down = it && it->down,
        .n_steps = it ? (unsigned)it->steps.n : 0,
        .done = -1,
        .total = -1,
    };
}

void run_repair(const struct run *r, const struct item *it, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    struct event e = run_event(it, it->next < it->steps.n ? item_step(it) : NULL, EVENT_REPAIR);
    e.detail = text;
    run_emit(r, &e);
}

/* ---- the run's own row ---- */

static const char *os_user(void)
{
    const struct passwd *pw = getpwuid(geteuid());
    return pw ? pw->pw_name : "";
}

static enum status record_run(struct run *r, struct error *err)
{
    char pid[16];
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    const struct param params[] = {
        {r->result->run_id}, {r->list[0].down || r->o->undo ? "down" : "up"}, {r->host},     {pid}, {os_user()},
        {MIGRATE_VERSION},   {r->o->source_revision},           {r->pid_text},
    };
    const enum status status =
        session_query(r->s, r->sql.at[HSQL_RUN_BEGIN], params, countof(params), ANSWER_MS, NULL, err);
    if (status) {
        error_context(err, "cannot record the run");
        return status;
    }
    r->recorded = true;
    return ST_OK;
}

enum status run_record_again(struct run *r, bool same_cluster, struct error *err)
{
    const struct param id = {r->result->run_id};
    struct rows *rows = NULL;
    if (!r->recorded) {
        return ST_OK;
    }
    enum status status = session_query(r->s, r->sql.at[HSQL_RUN_KNOWN], &id, 1, ANSWER_MS, &rows, err);
    const bool known = !status && rows_count(rows) > 0;
    rows_free(rows);
    if (known || (status && error_sql_class(err) != SQL_UNDEFINED)) {
        return status;
    }
    if (!same_cluster) {
        error_set(err, ST_SERVER, "%s does not know this run: it may be another database", session_host(r->s));
        error_hint(err, "look where the connection string leads; what was done is in the history of the other one");
        return ST_SERVER;
    }
    status = status ? history_install_locked(r->s, &r->sql, r->o->schema, err) : ST_OK;
    return status ? status : record_run(r, err);
}

const char *run_result_name(enum status status)
{
    switch (status) {
    case ST_OK:
        return "done";
    case ST_GAVE_WAY:
        return "gave way";
    case ST_INTERRUPTED:
        return "interrupted";
    case ST_PARTIAL:
        return "stopped part-way";
    case ST_CONFLICT:
        return "conflict";
    case ST_CHECK:
    case ST_USAGE:
    case ST_SERVER:
    case ST_RUN_LOCKED:
    case ST_REMOTE:
    case ST_SYSTEM:
        break;
    }
    return "failed";
}

/* Also the durable COMMIT behind those that did not wait for the disk. */
static void record_end(struct run *r, enum status status, const struct error *why)
{
    struct error ignored;
    struct pipe p;
    const struct param params[] = {{r->result->run_id}, {run_result_name(status)}, {status ? why->primary : NULL}};
    if (!r->recorded || !session_usable(r->s)) {
        return;
    }
    arena_reset(&r->scratch);
    pipe_begin(&p, &r->scratch);
    step_settings_unknown(r);
    step_settings(r, &p, 10000, 0, true);
    pipe_add_params(&p, r->sql.at[HSQL_RUN_END], params, countof(params));
    if (pipe_run(&p, r->s, ANSWER_MS, NULL, &ignored)) {
        /* Only the run's own end is missing then; what it did is recorded with what it did. */
        return;
    }
}

/* ---- before the first change ---- */

static enum status place(struct run *r, bool install, struct error *err)
{
    struct history h;
    struct recorded_list steps = {0};
    enum status status = history_read_all(r->s, &r->sql, r->o->schema, false, &r->arena, &h, &steps, err);
    if (!status && install && (!h.exists || h.format < HISTORY_FORMAT)) {
        status = history_install_locked(r->s, &r->sql, r->o->schema, err);
    }
    for (size_t i = 0; i < r->n_items && !status; i++) {
        status = item_place(r, &r->list[i], &h, &steps, err);
    }
    return status;
}

enum status run_place(struct run *r, struct error *err)
{
    return place(r, true, err);
}

/* The same, changing nothing yet. */
static enum status run_read(struct run *r, struct error *err)
{
    return place(r, false, err);
}

static size_t unfinished(const struct run *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_items; i++) {
        n += !r->list[i].finished;
    }
    return n;
}

/* A snapshot may take an hour: is the lock still ours, and is still the same to be done? */
static enum status verify_again(struct run *r, struct error *err)
{
    bool held = false;
    enum status status = session_usable(r->s) ? runlock_held(r->s, &r->sql, &held, err) : ST_OK;
    if (!session_usable(r->s)) {
        status = run_recover(r, err);
    } else if (!status && !held) {
        status = run_lock(r, r->o->run_lock_wait_ms, err);
    }
    return status ? status : run_place(r, err);
}

/* An idle session is cut off by proxies and routers, and the run lock with it. */
static void heartbeat(void *arg)
{
    struct run *r = arg;
    struct error ignored;
    if (session_usable(r->s) && session_query(r->s, "SELECT 1", NULL, 0, 0, NULL, &ignored)) {
        /* verify_again() finds out. */
        return;
    }
}

static enum status name_snapshot(struct run *r, struct strbuf *id, struct error *err)
{
    struct rows *rows = NULL;
    struct snapshot_left left = {0};
    const struct param own = {r->result->run_id};
    enum status status = session_query(r->s, r->sql.at[HSQL_RUN_LEFT], &own, 1, ANSWER_MS, &rows, err);
    if (!status && rows_count(rows) > 0 && !rows_null(rows, 0, 0)) {
        left.id = arena_cstr(&r->arena, rows_value(rows, 0, 0));
        left.run_id = arena_cstr(&r->arena, rows_value(rows, 0, 1));
        left.age_s = rows_i64(rows, 0, 2);
    }
    rows_free(rows);
    return status ? status : r->o->snapshot.choose(r->o->snapshot.arg, r->result->run_id, &left, id, err);
}

static enum status note_snapshot(struct run *r, struct strbuf *id, struct error *err)
{
    const struct param params[] = {{r->result->run_id}, {strbuf_cstr(id)}};
    return session_query(r->s, r->sql.at[HSQL_RUN_SNAPSHOT], params, 2, ANSWER_MS, NULL, err);
}

static enum status take_named(struct run *r, struct strbuf *id, struct error *err)
{
    FAULT("snapshot-named");
    enum status status = note_snapshot(r, id, err);
    FAULT("snapshot-noted");
    if (!status) {
        const int timer = loop_timer_add(r->loop, HEARTBEAT_MS, heartbeat, r);
        status = r->o->snapshot.take(r->o->snapshot.arg, r->result->run_id, id, err);
        loop_timer_remove(r->loop, timer);
    }
    FAULT("snapshot-taken");
    if (!status) {
        struct event e = run_event(NULL, NULL, EVENT_SNAPSHOT);
        e.detail = strbuf_cstr(id);
        run_emit(r, &e);
        status = verify_again(r, err);
    }
    return status ? status : note_snapshot(r, id, err);
}

static enum status take_snapshot(struct run *r, struct error *err)
{
    struct strbuf id;
    if (!r->o->snapshot.take) {
        return ST_OK;
    }
    strbuf_init(&id, 1024);
    enum status status = r->o->snapshot.choose ? name_snapshot(r, &id, err) : ST_OK;
    if (!status && (id.n > 0 || !r->o->snapshot.choose)) {
        status = take_named(r, &id, err);
    }
    strbuf_free(&id);
    return status;
}

/* ---- the run ---- */

/* Parsing and planning the row of history costs as much as writing it: worth a message of its own for several. */
static enum status prepare(struct run *r, struct error *err)
{
    const enum history_statement which = r->list[0].down ? HSQL_WRITE_DOWN_LAST : HSQL_WRITE_UP;
    if (unfinished(r) < 4) {
        return ST_OK;
    }
    const enum status status = session_prepare(r->s, r->sql.at[which], err);
    /* A connection that is lost here is found lost, and replaced, by the first step. */
    return status && status != ST_INTERRUPTED && !session_usable(r->s) ? ST_OK : status;
}

static enum status run_items(struct run *r, struct error *err)
{
    enum status status = prepare(r, err);
    for (size_t i = 0; i < r->n_items && !status; i++) {
        if (!r->list[i].finished) {
            status = item_run(r, &r->list[i], err);
        }
        if (r->again) {
            r->again = false;
            i = SIZE_MAX; /* the loop's next is the first */
        }
    }
    return status;
}

static enum status run_locked(struct run *r, struct error *err)
{
    r->list = arena_array(&r->arena, struct item, r->n_items);
    enum status status = run_check_server(r, err);
    for (size_t i = 0; i < r->n_items && !status; i++) {
        status = item_make(r, &r->items[i], &r->list[i], err);
    }
    status = status ? status : run_read(r, err);
    if (status || unfinished(r) == 0) {
        return status;
    }
    bool open = false;
    while (!open) {
        status = preflight_run(r, err);
        if (status || r->o->preflight_only) {
            return status;
        }
        status = window_admit(r, NULL, -1, err);
        open = !(status == ST_GAVE_WAY && r->window_waits);
        if (!open) {
            /* Much may have happened in these hours. */
            status = window_wait(r, NULL, -1, err);
            status = status ? status : run_read(r, err);
            if (status || unfinished(r) == 0) {
                return status;
            }
        }
    }
    status = status ? status : run_place(r, err);
    if (status) {
        return status;
    }
    for (size_t i = 0; i < r->n_items; i++) {
        r->list[i].was_finished = r->list[i].finished;
    }
    status = run_identity(r, &r->identity, err);
    status = status ? status : record_run(r, err);
    status = status ? status : take_snapshot(r, err);
    FAULT("begun");
    status = status ? status : run_items(r, err);
    FAULT("items-done");
    for (size_t i = 0; i < r->n_items; i++) {
        r->result->n_done += r->list[i].finished && !r->list[i].was_finished;
    }
    if (status == ST_INTERRUPTED) {
        loop_acknowledge_signal(r->loop);
        error_hint(err, "what is done is recorded; the same command takes up the rest, and what was cut short");
    }
    record_end(r, status, err);
    return status;
}

enum status run_plans(struct loop *loop, struct session *s, const struct run_options *options,
                      const struct run_item *items, size_t n, struct run_result *result, struct error *err)
{
    const int64_t begun = clock_monotonic_ms();
    char host[256] = "";
    struct run r = {.loop = loop,
                    .s = s,
                    .first = s,
                    .host = host,
                    .o = options,
                    .items = items,
                    .n_items = n,
                    .result = result,
                    .durable = -1};
    enum status status;
    *result = (struct run_result){0};
    if (options->run_id) {
        snprintf(result->run_id, sizeof(result->run_id), "%s", options->run_id);
    } else {
        random_token(result->run_id);
    }
    if (gethostname(host, sizeof(host) - 1) != 0) {
        snprintf(host, sizeof(host), "unknown");
    }
    snprintf(r.application, sizeof(r.application), "migrate/%.12s@%.30s:%d", result->run_id, host, (int)getpid());
    arena_init(&r.arena, SIZE_MAX);
    arena_init(&r.scratch, SIZE_MAX);
    history_sql_for(&r.sql, s, options->schema, &r.arena);
    watch_init(&r.watch, loop, options, &r.sql, result->run_id);
    run_listen(&r);
    struct event e = run_event(NULL, NULL, EVENT_RUN_BEGIN);
    e.n_migrations = (unsigned)n;
    e.run_id = result->run_id;
    run_emit(&r, &e);
    pulse_begin(&r.pulse, &r);
    status = run_lock(&r, options->run_lock_wait_ms, err);
    if (!status) {
        status = run_locked(&r, err);
        if (status == ST_INTERRUPTED) {
            loop_acknowledge_signal(loop);
        }
        runlock_release(r.s, &r.sql);
    }
    result->ms = clock_monotonic_ms() - begun;
    e = run_event(NULL, NULL, EVENT_RUN_END);
    e.ms = result->ms;
    e.n_migrations = result->n_done;
    run_emit(&r, &e);
    pulse_end(&r.pulse);
    watch_free(&r.watch);
    session_on_notice(r.s, NULL, NULL);
    session_close(r.opened);
    arena_free(&r.scratch);
    arena_free(&r.arena);
    return status;
}
