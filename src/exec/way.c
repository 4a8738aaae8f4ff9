/*
 * Is the way clear? The look before an attempt at a step's locks, and during the pause behind one that failed.
 *
 * lock_timeout makes an attempt's harm short, but it is harm all the same: whoever comes while we wait for an ACCESS EXCLUSIVE lock waits, too. As
 * long as somebody can be seen who will not let go soon, nothing is gained by it.
 */
#include "exec/run.h"

#include "base/clock.h"
#include "exec/preflight.h"
#include "exec/tx.h"

enum {
    POLL_MS = 50,
    PAUSE_POLL_MS = 150,
    SHARE_OF_BUDGET = 60,
    VACUUM_MS = 3000,
    TOLD_MAX = 16,
    LOOK_MAX = 64 * 1024 * 1024
};

/*
 * Transactions older than $4 ms with a lock in the way of one that the step wants, on the table or on one of its partitions. Of other roles' sessions
 * xact_start is hidden without pg_read_all_stats. Autovacuum counts from its first moment: it goes for nobody who waits for less than
 * deadlock_timeout, and is soon there again.
 */
static const char holders_sql[] =
    "SELECT a.pid, coalesce(a.usename, ''), coalesce(a.application_name, ''), coalesce(a.state, a.backend_type, ''),"
    " (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - a.xact_start) * '1000'::pg_catalog.float8)"
    "::pg_catalog.int8, coalesce(pg_catalog.left(a.query, 1000), ''), a.backend_type = 'autovacuum worker',"
    " pg_catalog.format('%I.%I', n.nspname, c.relname)"
    " FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[]),"
    " pg_catalog.unnest($3::pg_catalog.text[])) w(schema, name, modes)"
    " CROSS JOIN LATERAL (SELECT pg_catalog.to_regclass(CASE WHEN w.schema = '' THEN pg_catalog.quote_ident(w.name)"
    " ELSE pg_catalog.format('%I.%I', w.schema, w.name) END)::pg_catalog.oid AS oid) root"
    " CROSS JOIN LATERAL (SELECT root.oid UNION SELECT relid FROM pg_catalog.pg_partition_tree(root.oid)) t(oid)"
    " JOIN pg_catalog.pg_class c ON c.oid = t.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_catalog.pg_locks l ON l.locktype = 'relation' AND l.relation = c.oid AND l.granted"
    " AND l.database IN (0, (SELECT d.oid FROM pg_catalog.pg_database d"
    " WHERE d.datname = pg_catalog.current_database()))"
    " AND pg_catalog.strpos(w.modes, ' ' || l.mode || ' ') > 0 JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid"
    " WHERE a.pid <> pg_catalog.pg_backend_pid()"
    " AND (a.backend_type = 'autovacuum worker'"
    " OR pg_catalog.clock_timestamp() - a.xact_start > $4::pg_catalog.float8 * '1 ms'::pg_catalog.interval)"
    " ORDER BY a.xact_start";

struct way {
    struct run *r;
    const struct item *it;
    struct arena *a; /* the run's scratch may hold what the attempt sends */
    struct param params[4];
    int told[TOLD_MAX];
    size_t n_told;
    int asked_vacuum; /* the pid of the last one */
    int64_t begun_ms; /* when somebody was first seen; 0: nobody was */
};

/* false: no lock of the step's is on anything that others may hold. */
static bool make_params(struct way *w, const struct retry *retry)
{
    const struct relation_lock_list *locks = &item_step(w->it)->locks;
    struct preflight_targets targets = {0};
    for (size_t i = 0; i < locks->n; i++) {
        const struct relation_lock *l = &locks->at[i];
        if (relation_was_there(l->relation)) {
            *vec_push(w->a, &targets) = (struct preflight_target){
                .schema = arena_cstr(w->a, l->schema), .name = arena_cstr(w->a, l->name), .mode = l->mode};
        }
    }
    preflight_params(&targets, w->a, w->params);
    w->params[3].text = param_i64(w->a, retry->first_ms);
    return targets.n > 0;
}

static void tell(struct way *w, const struct rows *rows, size_t i)
{
    const int pid = (int)rows_i64(rows, i, 0);
    struct arena *const a = w->a;
    for (size_t k = 0; k < w->n_told; k++) {
        if (w->told[k] == pid) {
            return;
        }
    }
    if (w->n_told == TOLD_MAX) {
        return;
    }
    w->told[w->n_told++] = pid;
    struct event e = run_event(w->it, item_step(w->it), EVENT_BLOCKED);
    e.pid = pid;
    e.user = arena_cstr(a, rows_value(rows, i, 1));
    e.application = arena_cstr(a, rows_value(rows, i, 2));
    e.state = arena_cstr(a, rows_value(rows, i, 3));
    e.age_ms = rows_i64(rows, i, 4);
    e.query = w->r->o->redact ? "" : arena_cstr(a, rows_value(rows, i, 5));
    run_emit(w->r, &e);
}

/*
 * Autovacuum ends its work for anybody who waits deadlock_timeout (1 s) for a lock of its, unless it is there against wraparound. That may be a lock
 * behind which nobody queues but other DDL. A failure means no more than that it stays.
 */
static void ask_vacuum(struct way *w, struct str table)
{
    struct run *r = w->r;
    struct error ignored;
    struct pipe p;
    pipe_begin(&p, w->a);
    step_settings(r, &p, VACUUM_MS, 0, false);
    pipe_add(&p, "BEGIN");
    pipe_add(&p, arena_printf(w->a, "LOCK TABLE ONLY %.*s IN SHARE UPDATE EXCLUSIVE MODE", STR_ARG(table)).p);
    pipe_add(&p, "COMMIT");
    if (pipe_run(&p, r->s, VACUUM_MS + r->o->answer_timeout_ms, NULL, &ignored)) {
        step_settings_unknown(r);
        tx_rollback(r->s);
    }
}

/* *blocked: is somebody in the way? Those who are, for the caller to free; NULL where it cannot be told. */
static enum status look(const struct way *w, enum tri *blocked, struct rows **rows, struct error *err)
{
    struct session *s = w->r->s;
    const enum status status = session_query(s, holders_sql, w->params, countof(w->params), ANSWER_MS, rows, err);
    *blocked = status ? TRI_UNKNOWN : rows_count(*rows) > 0 ? TRI_YES : TRI_NO;
    return status == ST_INTERRUPTED || !session_usable(s) ? status : ST_OK;
}

static void tell_wait(struct way *w, enum event_kind kind, int64_t ms)
{
    struct event e = run_event(w->it, item_step(w->it), kind);
    e.wait_ms = kind == EVENT_WAIT_BEGIN ? ms : 0;
    e.ms = kind == EVENT_WAIT_END ? ms : 0;
    run_emit(w->r, &e);
}

/* A look that tells who it is, and asks autovacuum to go. */
static enum status look_before(struct way *w, int64_t until, enum tri *blocked, struct error *err)
{
    const int64_t now = clock_monotonic_ms();
    struct rows *rows = NULL;
    struct str vacuumed = STR_NONE;
    const enum status status = look(w, blocked, &rows, err);
    if (*blocked == TRI_YES && w->begun_ms == 0) {
        w->begun_ms = now;
        tell_wait(w, EVENT_WAIT_BEGIN, until - now);
    }
    for (size_t i = 0; *blocked == TRI_YES && i < rows_count(rows); i++) {
        tell(w, rows, i);
        const int pid = (int)rows_i64(rows, i, 0);
        if (rows_bool(rows, i, 6) && pid != w->asked_vacuum) {
            w->asked_vacuum = pid;
            vacuumed = arena_str(w->a, rows_value(rows, i, 7));
        }
    }
    rows_free(rows);
    if (vacuumed.n > 0) {
        ask_vacuum(w, vacuumed);
    }
    return status;
}

/* Where the step's lock lets the application work on, or is waited for without a limit, there is nothing to look for. */
static bool begin(struct way *w, const struct retry *retry, struct arena *own)
{
    if (item_step(w->it)->class == CLASS_ONLINE || retry->first_ms == 0) {
        return false;
    }
    arena_init(own, LOOK_MAX);
    w->a = own;
    return make_params(w, retry);
}

enum status way_wait(struct run *r, const struct item *it, struct retry *retry, struct error *err)
{
    const int64_t until = clock_monotonic_ms() + retry->budget_ms / SHARE_OF_BUDGET;
    struct arena own = {0};
    struct way w = {.r = r, .it = it};
    enum tri blocked = TRI_UNKNOWN;
    enum status status = ST_OK;
    bool goes_on = r->o->terminate == TERMINATE_NONE && begin(&w, retry, &own);
    while (goes_on) {
        const int asked = w.asked_vacuum;
        status = look_before(&w, until, &blocked, err);
        goes_on = !status && blocked == TRI_YES && clock_monotonic_ms() < until;
        /* Another autovacuum soon takes the place of the one that went. */
        status = goes_on ? loop_sleep(r->loop, w.asked_vacuum == asked ? POLL_MS : 0, err) : status;
        goes_on = goes_on && !status;
    }
    if (!status && w.begun_ms > 0) {
        tell_wait(&w, EVENT_WAIT_END, clock_monotonic_ms() - w.begun_ms);
    }
    retry->in_way = blocked == TRI_YES;
    arena_free(&own);
    return status;
}

enum status way_pause(struct run *r, const struct item *it, struct retry *retry, int64_t ms, struct error *err)
{
    const int64_t begun = clock_monotonic_ms();
    struct arena own = {0};
    struct way w = {.r = r, .it = it};
    enum tri blocked = TRI_NO;
    enum status status = ST_OK;
    int64_t left = ms;
    bool looks = begin(&w, retry, &own);
    while (left > 0 && !status && !retry->early) {
        /* Not in step with others who wait for the same to go. */
        const int64_t poll = PAUSE_POLL_MS / 2 + (int64_t)random_below(PAUSE_POLL_MS);
        status = loop_sleep(r->loop, looks && poll < left ? poll : left, err);
        left = ms - (clock_monotonic_ms() - begun);
        if (!status && looks && left > 0) {
            struct rows *rows = NULL;
            status = look(&w, &blocked, &rows, err);
            rows_free(rows);
            looks = blocked != TRI_UNKNOWN;
            retry->early = blocked == TRI_NO && retry->in_way && ms - left >= retry->least_ms;
            retry->in_way = retry->in_way || blocked == TRI_YES;
        }
    }
    arena_free(&own);
    return status;
}
