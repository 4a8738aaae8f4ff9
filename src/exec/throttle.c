#include "exec/throttle.h"

#include "base/clock.h"
#include "exec/tx.h"

enum { READ_MS = 3000, REASON_MAX = 256 };

/* Of the time in which a gentle batch did not sleep. With what short batches cost it makes half of the speed. */
static const double gentle_share = 0.8;
static const double change_costs = 30; /* so many rows that are only read: a few tenths of a microsecond each */

struct throttle {
    struct loop *loop;
    const struct target *target;
    struct throttle_limits limits;
    struct session *s;
    bool aurora, global; /* it has aurora_replica_status(), aurora_global_db_instance_status() */
    int timer;
    int watched;
    int64_t read_ms; /* of the last answer */
    double utilisation;
    struct replica_lag lag;
    bool blocks;
    const char *own_sql;
    struct throttle_over over;
    int64_t wrote_ms;        /* when others were last seen to write; 0: never */
    char reason[REASON_MAX]; /* of the utilisation */
    char blind[REASON_MAX];  /* why there is no answer */
    struct arena a;
};

void throttle_limits_default(struct throttle_limits *l)
{
    *l = (struct throttle_limits){.lag_bytes = THROTTLE_LAG_BYTES, .lag_ms = THROTTLE_LAG_MS};
}

double throttle_sleep(double utilisation, double unslept, double batch_ms)
{
    const double slow = utilisation < 0.7 ? 0 : utilisation > 1 ? 2 : (utilisation - 0.7) / 0.3 * 2;
    const double gentle = unslept * gentle_share;
    return batch_ms * (slow < gentle ? gentle : slow);
}

double throttle_unslept(int64_t keys, int64_t changed)
{
    const double left_out = keys > changed ? (double)(keys - changed) : 0;
    return left_out > 0 ? left_out / (left_out + change_costs * (double)changed) : 0;
}

double throttle_writes(const struct throttle_over *before, const struct throttle_over *now)
{
    if (before->at_ms == 0 || now->at_ms <= before->at_ms) {
        return -1;
    }
    const int64_t n = (now->all - before->all) - (now->own - before->own);
    return (double)n * 1000 / (double)(now->at_ms - before->at_ms);
}

/* ---- reading ---- */

/*
 * Of replicas the bytes count: the lag columns in time are NULL while nothing is written. All columns are NULL for a role without pg_monitor, and
 * that must not pass for "no lag": state tells the two apart. The lock for one more page of the table is given back at once, whatever the size of a
 * batch: whoever waits for that does not wait for us. A WAL file's name is timeline, log and segment in eight hexadecimal digits each.
 */
#define BEHIND                                                                                              \
    "(SELECT max(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), replay_lsn))::pg_catalog.int8" \
    " FROM pg_catalog.pg_stat_replication)"
static const char signals_sql[] =
    "WITH here AS (SELECT pg_catalog.pg_current_wal_lsn() AS lsn)"
    " SELECT (SELECT count(*) FROM pg_catalog.pg_stat_replication WHERE state IS NULL),"
    " " BEHIND ","
    " (SELECT max(pg_catalog.pg_wal_lsn_diff(h.lsn, s.restart_lsn))::pg_catalog.int8 FROM "
    "pg_catalog.pg_replication_slots s, here h),"
    " (SELECT count(*) FROM pg_catalog.pg_replication_slots WHERE wal_status = 'unreserved'),"
    " (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE state = 'active' AND backend_type = 'client backend'"
    " AND pid NOT IN ($1::pg_catalog.int4, pg_catalog.pg_backend_pid())),"
    " EXISTS (SELECT FROM pg_catalog.pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event <> 'extend'"
    " AND $1::pg_catalog.int4 = ANY (pg_catalog.pg_blocking_pids(pid))),"
    " CASE WHEN $2::pg_catalog.bool AND pg_catalog.current_setting('archive_mode') <> 'off' THEN"
    " (SELECT CASE WHEN a.last_archived_wal ~ '^[0-9A-F]{24}$' THEN (pg_catalog.pg_wal_lsn_diff(h.lsn, "
    "'0/0')::pg_catalog.int8"
    " - ((('x' || pg_catalog.substr(a.last_archived_wal, 9, 8))::pg_catalog.bit(32)::pg_catalog.int8 << 32)"
    " + ('x' || pg_catalog.substr(a.last_archived_wal, 17, 8))::pg_catalog.bit(32)::pg_catalog.int8 * "
    "w.bytes))::pg_catalog.int8"
    " / w.bytes WHEN a.failed_count > 0 THEN 1000000 ELSE 0 END FROM pg_catalog.pg_stat_archiver a, here h,"
    " (SELECT setting::pg_catalog.int8 AS bytes FROM pg_catalog.pg_settings WHERE name = 'wal_segment_size') w) END,"
    " pg_catalog.to_regproc('pg_catalog.aurora_replica_status') IS NOT NULL,"
    " pg_catalog.to_regproc('pg_catalog.aurora_global_db_instance_status') IS NOT NULL";

static const char aurora_sql[] =
    "SELECT coalesce(max(replica_lag_in_msec), 0)::pg_catalog.int8 FROM pg_catalog.aurora_replica_status()"
    " WHERE session_id <> 'MASTER_SESSION_ID'";

/* The readers of all regions of a global database; of a cluster that is in none, its own. */
static const char global_sql[] =
    "SELECT visibility_lag_in_msec::pg_catalog.int8, aws_region::pg_catalog.text"
    " FROM pg_catalog.aurora_global_db_instance_status()"
    " WHERE session_id <> 'MASTER_SESSION_ID' AND visibility_lag_in_msec IS NOT NULL ORDER BY 1 DESC LIMIT 1";

enum {
    SEEN_HIDDEN,
    SEEN_LAG,
    SEEN_SLOT,
    SEEN_UNRESERVED,
    SEEN_ACTIVE,
    SEEN_BLOCKS,
    SEEN_ARCHIVE,
    SEEN_AURORA,
    SEEN_GLOBAL
};

static void add(struct throttle *t, double utilisation, const char *fmt, ...) PRINTF(3, 4);
static void add(struct throttle *t, double utilisation, const char *fmt, ...)
{
    if (utilisation > t->utilisation) {
        va_list ap;
        t->utilisation = utilisation;
        va_start(ap, fmt);
        vsnprintf(t->reason, sizeof(t->reason), fmt, ap);
        va_end(ap);
    }
}

static void add_ratio(struct throttle *t, int64_t value, int64_t limit, double unit, const char *what,
                      const char *units)
{
    if (limit > 0) {
        add(t, (double)value / (double)limit, "%s: %.0f of %.0f %s", what, (double)value / unit, (double)limit / unit,
            units);
    }
}

static enum status read_server(struct throttle *t, struct error *err)
{
    struct rows *rows = NULL;
    const struct throttle_limits *l = &t->limits;
    const struct param params[] = {{param_i64(&t->a, t->watched)}, {l->archive_files > 0 ? "t" : "f"}};
    const enum status status = session_query(t->s, signals_sql, params, 2, READ_MS, &rows, err);
    if (status) {
        return status;
    }
    const double mib = 1 << 20;
    if (l->lag_bytes > 0 && rows_i64(rows, 0, SEEN_HIDDEN) > 0) {
        add(t, 1,
            "the lag of replicas is hidden from this role (GRANT pg_monitor, or set throttle.max_lag_bytes to 0)");
    }
    t->lag.bytes = rows_null(rows, 0, SEEN_LAG) ? -1 : rows_i64(rows, 0, SEEN_LAG);
    add_ratio(t, rows_i64(rows, 0, SEEN_LAG), l->lag_bytes, mib, "a replica is behind", "MiB");
    add_ratio(t, rows_i64(rows, 0, SEEN_SLOT), l->slot_bytes, mib, "a replication slot holds WAL", "MiB");
    if (rows_i64(rows, 0, SEEN_UNRESERVED) > 0) {
        add(t, 1, "a replication slot is about to lose its WAL");
    }
    add_ratio(t, rows_i64(rows, 0, SEEN_ACTIVE), l->active_sessions, 1, "busy sessions", "allowed");
    add_ratio(t, rows_i64(rows, 0, SEEN_ARCHIVE), l->archive_files, 1, "WAL files wait for the archiver", "allowed");
    t->blocks = t->blocks || rows_bool(rows, 0, SEEN_BLOCKS);
    t->aurora = rows_bool(rows, 0, SEEN_AURORA);
    t->global = rows_bool(rows, 0, SEEN_GLOBAL);
    rows_free(rows);
    return ST_OK;
}

static enum status read_aurora(struct throttle *t, struct error *err)
{
    struct rows *rows = NULL;
    if (!t->aurora || t->limits.lag_ms == 0) {
        return ST_OK;
    }
    const enum status status = session_query(t->s, aurora_sql, NULL, 0, READ_MS, &rows, err);
    if (!status) {
        t->lag.ms = rows_i64(rows, 0, 0);
        add_ratio(t, t->lag.ms, t->limits.lag_ms, 1, "an Aurora reader is behind", "ms");
    }
    rows_free(rows);
    return status;
}

static enum status read_global(struct throttle *t, struct error *err)
{
    struct rows *rows = NULL;
    if (!t->global || t->limits.lag_ms == 0) {
        return ST_OK;
    }
    const enum status status = session_query(t->s, global_sql, NULL, 0, READ_MS, &rows, err);
    if (!status && rows_count(rows) > 0) {
        const char *what = arena_printf(&t->a, "an Aurora reader in %.*s is behind", STR_ARG(rows_value(rows, 0, 1))).p;
        add_ratio(t, rows_i64(rows, 0, 0), t->limits.lag_ms, 1, what, "ms");
    }
    rows_free(rows);
    return status;
}

static enum status read_own(struct throttle *t, struct error *err)
{
    struct rows *rows = NULL;
    if (!t->limits.query) {
        return ST_OK;
    }
    const enum status status = session_simple(t->s, str_of(t->limits.query), READ_MS, &rows, err);
    if (status) {
        error_context(err, "throttle.query");
        return status;
    }
    const struct str value = rows_count(rows) > 0 ? rows_value(rows, 0, 0) : STR("");
    const char *text = arena_cstr(&t->a, value);
    char *end = NULL;
    const double number = strtod(text, &end);
    if (str_eq(value, STR("t"))) {
        add(t, 1, "throttle.query says stop");
    } else if (value.n > 0 && !str_eq(value, STR("f"))) {
        /* What is no number stops it, too: an answer that cannot be read is none. */
        add(t, *end ? 1 : number, "throttle.query says %.60s", text);
    }
    rows_free(rows);
    return ST_OK;
}

/*
 * Of the transactions that got an id those are over that are neither ahead of the snapshot nor under way in it. Both numbers are of one snapshot, so
 * that a batch is in both or in none.
 */
static enum status read_writes(struct throttle *t, struct error *err)
{
    struct rows *rows = NULL;
    const char *sql = arena_printf(&t->a,
                                   "SELECT pg_catalog.pg_snapshot_xmax(s)::pg_catalog.text::pg_catalog.int8"
                                   " - (SELECT count(*) FROM pg_catalog.pg_snapshot_xip(s)), (%s)"
                                   " FROM pg_catalog.pg_current_snapshot() s",
                                   t->own_sql)
                          .p;
    const enum status status = session_query(t->s, sql, NULL, 0, READ_MS, &rows, err);
    const struct throttle_over now = {status ? 0 : rows_i64(rows, 0, 0), status ? 0 : rows_i64(rows, 0, 1),
                                      status ? 0 : clock_monotonic_ms()};
    rows_free(rows);
    /* Who cannot count them has no cause to think that there are none. */
    if (status || t->blocks || throttle_writes(&t->over, &now) >= THROTTLE_WRITES_PER_S) {
        t->wrote_ms = clock_monotonic_ms();
    }
    t->over = now;
    return status == ST_INTERRUPTED ? status : ST_OK;
}

static void look_outside(struct throttle *t)
{
    struct throttle_seen seen = {0};
    if (t->limits.source.look) {
        t->limits.source.look(t->limits.source.arg, &seen);
        add(t, seen.utilisation, "%s", seen.reason);
    }
}

static enum status read_all(struct throttle *t, struct error *err)
{
    enum status status = ST_OK;
    arena_reset(&t->a);
    if (!t->s || !session_usable(t->s)) {
        session_close(t->s);
        t->s = NULL;
        status = session_open(t->loop, t->target, &t->s, err);
    }
    t->utilisation = 0;
    t->reason[0] = '\0';
    status = status ? status : read_server(t, err);
    status = status ? status : read_aurora(t, err);
    status = status ? status : read_global(t, err);
    status = status ? status : read_own(t, err);
    status = status ? status : read_writes(t, err);
    look_outside(t);
    if (!status) {
        t->read_ms = clock_monotonic_ms();
        t->blind[0] = '\0';
    } else {
        snprintf(t->blind, sizeof(t->blind), "the server's state cannot be read: %.200s", err->primary);
    }
    return status;
}

static void tick(void *arg)
{
    struct error ignored;
    if (read_all(arg, &ignored)) {
        return; /* told by throttle_reason() once it has lasted */
    }
}

/* ---- use ---- */

enum status throttle_start(struct loop *loop, const struct target *target, const struct throttle_limits *limits,
                           int watched_pid, const char *own_sql, struct throttle **out, struct error *err)
{
    struct throttle *t = mem_alloc(sizeof(*t));
    *t = (struct throttle){
        .loop = loop, .target = target, .limits = *limits, .watched = watched_pid, .own_sql = own_sql, .lag = {-1, -1}};
    arena_init(&t->a, 1 << 20);
    *out = t;
    if (!target) {
        return ST_OK;
    }
    /* Its first failure counts at once: a query that can never be answered should not let batches through for a while. */
    t->read_ms = clock_monotonic_ms() - THROTTLE_BLIND_MS;
    const enum status status = read_all(t, err);
    t->timer = loop_timer_add(loop, THROTTLE_EVERY_MS, tick, t);
    return status == ST_INTERRUPTED ? status : ST_OK;
}

void throttle_stop(struct throttle *t)
{
    if (!t) {
        return;
    }
    if (t->timer > 0) {
        loop_timer_remove(t->loop, t->timer);
    }
    session_close(t->s);
    arena_free(&t->a);
    free(t);
}

double throttle_pause(const struct throttle *t, double batch_ms, double unslept)
{
    return t ? throttle_sleep(t->utilisation, t->limits.gentle ? unslept : 0, batch_ms) : 0;
}

const char *throttle_reason(const struct throttle *t)
{
    if (!t || !t->target) {
        return NULL;
    }
    if (clock_monotonic_ms() - t->read_ms >= THROTTLE_BLIND_MS) {
        return t->blind[0] ? t->blind : "the server's state could not be read for a while";
    }
    return t->utilisation >= 1 ? t->reason : NULL;
}

const char *throttle_slowed(const struct throttle *t)
{
    return t && t->utilisation >= 0.7 ? t->reason : NULL;
}

bool throttle_blocks_others(struct throttle *t)
{
    const bool blocks = t && t->blocks;
    if (blocks) {
        t->blocks = false;
    }
    return blocks;
}

bool throttle_others_write(const struct throttle *t)
{
    return t && t->wrote_ms > 0 && clock_monotonic_ms() - t->wrote_ms < THROTTLE_QUIET_MS;
}

struct replica_lag throttle_lag(const struct throttle *t)
{
    return t ? t->lag : (struct replica_lag){-1, -1};
}

enum status replica_lag_ask(struct session *s, struct replica_lag *out, struct error *err)
{
    static const char sql[] = "SELECT CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN " BEHIND " END,"
                              " pg_catalog.to_regproc('pg_catalog.aurora_replica_status') IS NOT NULL";
    struct rows *rows = NULL;
    *out = (struct replica_lag){-1, -1};
    enum status status = session_query(s, sql, NULL, 0, READ_MS, &rows, err);
    const bool aurora = !status && rows_bool(rows, 0, 1);
    if (!status && !rows_null(rows, 0, 0)) {
        out->bytes = rows_i64(rows, 0, 0);
    }
    rows_free(rows);
    if (aurora) {
        status = session_query(s, aurora_sql, NULL, 0, READ_MS, &rows, err);
        out->ms = status ? -1 : rows_i64(rows, 0, 0);
        rows_free(rows);
    }
    return status;
}
