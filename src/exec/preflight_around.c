/* Preflight: what is around the database: other migration tools, replication. */
#include "exec/preflight.h"

#include "exec/tx.h"

enum { MUCH_RETAINED_MB = 1024, MUCH_LAG_S = 30 };

/* ---- other tools ---- */

static uint32_t crc32_of(const char *bytes, size_t n)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < n; i++) {
        crc ^= (unsigned char)bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1u)));
        }
    }
    return ~crc;
}

/* The advisory locks that tools take, from their sources. */
static const struct {
    const char *tool;
    int64_t key;
} fixed_keys[] = {
    {"goose", 4097083626},
    {"sqitch", 75474063},
    {"atlas", 2686470616},
    {"tern", 9628173550095224},
    {"node-pg-migrate", 7241865325823964},
    {"graphile-migrate", 4727445306447283},
    {"postgres-migrations", -8525285245963000605},
    {"reshape", 4036779288569897133},
    {"flyway", 77433833903597}, /* public.flyway_schema_history */
    {"prisma", 72707369},
};

/* golang-migrate joins schema, table and database by NUL; its program and its library spell the database differently. */
static int64_t golang_key(const char *database, const char *slash)
{
    char text[512];
    const int n = snprintf(text, sizeof(text), "public%cschema_migrations%c%s%s", 0, 0, slash, database);
    return (int64_t)(uint32_t)(crc32_of(text, n < (int)sizeof(text) ? (size_t)n : sizeof(text) - 1) * 1486364155u);
}

static const char *tool_of(int64_t key, const char *database)
{
    const int64_t crc = crc32_of(database, strlen(database));
    for (size_t i = 0; i < countof(fixed_keys); i++) {
        if (fixed_keys[i].key == key) {
            return fixed_keys[i].tool;
        }
    }
    return key == 2053462845 * crc                                               ? "rails"
           : key == 0x3d32ad9e * crc                                             ? "sqlx"
           : key == golang_key(database, "") || key == golang_key(database, "/") ? "golang-migrate"
                                                                                 : NULL;
}

static enum status liquibase(struct preflight *p, struct error *err)
{
    struct rows *rows = NULL;
    struct error why;
    enum status status = session_query(p->r->s, "SELECT pg_catalog.to_regclass('databasechangeloglock') IS NOT NULL",
                                       NULL, 0, ANSWER_MS, &rows, &why);
    const bool there = !status && rows_bool(rows, 0, 0);
    rows_free(rows);
    if (status || !there) {
        return status ? preflight_unknown(p, status, "tools", &why, err) : ST_OK;
    }
    status = session_query(p->r->s, "SELECT lockedby FROM databasechangeloglock WHERE locked", NULL, 0, ANSWER_MS,
                           &rows, &why);
    if (status) {
        return preflight_unknown(p, status, "tools", &why, err);
    }
    if (rows_count(rows) > 0) {
        preflight_tell(p, PREFLIGHT_STOP, ST_RUN_LOCKED, "tools",
                       arena_printf(p->a, "liquibase holds its lock: %.*s", STR_ARG(rows_value(rows, 0, 0))).p,
                       "it changes this database now, or died while it did",
                       "wait until it is through; if it died: liquibase releaseLocks");
    }
    rows_free(rows);
    return ST_OK;
}

enum status preflight_tools(struct preflight *p, struct error *err)
{
    static const char sql[] =
        "SELECT ((l.classid::pg_catalog.int8 << 32) | l.objid::pg_catalog.int8), l.pid, coalesce(a.usename, ''),"
        " coalesce(a.application_name, ''), pg_catalog.current_database() FROM pg_catalog.pg_locks l"
        " LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'advisory' AND l.objsubid = 1"
        " AND l.granted AND l.pid <> pg_catalog.pg_backend_pid() AND l.database = (SELECT oid FROM"
        " pg_catalog.pg_database WHERE datname = pg_catalog.current_database())";
    struct rows *rows = NULL;
    struct error why;
    const enum status status = session_query(p->r->s, sql, NULL, 0, ANSWER_MS, &rows, &why);
    if (status) {
        return preflight_unknown(p, status, "tools", &why, err);
    }
    for (size_t i = 0; i < rows_count(rows); i++) {
        const char *const tool = tool_of(rows_i64(rows, i, 0), arena_cstr(p->a, rows_value(rows, i, 4)));
        if (tool) {
            preflight_tell(p, PREFLIGHT_STOP, ST_RUN_LOCKED, "tools",
                           arena_printf(p->a, "%s holds its lock: pid %" PRId64 ", user %.*s, %.*s", tool,
                                        rows_i64(rows, i, 1), STR_ARG(rows_value(rows, i, 2)),
                                        STR_ARG(rows_value(rows, i, 3)))
                               .p,
                           "another tool migrates this database now", "wait until it is through");
        }
    }
    rows_free(rows);
    return liquibase(p, err);
}

/* ---- replication ---- */

enum status preflight_replication(struct preflight *p, struct error *err)
{
    static const char slots_sql[] =
        "SELECT slot_name, active, pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), restart_lsn)"
        "::pg_catalog.int8 FROM pg_catalog.pg_replication_slots WHERE restart_lsn IS NOT NULL";
    /* replay_lag is that of the last WAL replayed: one whose replay is paused shows it in bytes only. */
    static const char lag_sql[] =
        "SELECT application_name, coalesce(pg_catalog.date_part('epoch', replay_lag)::pg_catalog.int8, 0), behind FROM"
        " (SELECT *, pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), replay_lsn)::pg_catalog.int8 AS behind"
        " FROM pg_catalog.pg_stat_replication) s"
        " WHERE replay_lag > $1::pg_catalog.float8 * '1 second'::pg_catalog.interval OR behind > $2::pg_catalog.int8";
    const int64_t most = p->r->o->throttle.lag_bytes;
    const struct param lag[] = {{param_i64(p->a, MUCH_LAG_S)}, {most > 0 ? param_i64(p->a, most) : NULL}};
    struct rows *rows = NULL;
    struct error why;
    if (!p->much_wal) {
        return ST_OK;
    }
    enum status status = session_query(p->r->s, slots_sql, NULL, 0, ANSWER_MS, &rows, &why);
    if (status) {
        return preflight_unknown(p, status, "replication", &why, err);
    }
    for (size_t i = 0; i < rows_count(rows); i++) {
        const bool active = rows_bool(rows, i, 1);
        const int64_t retained = rows_i64(rows, i, 2);
        if (!active || retained > (int64_t)MUCH_RETAINED_MB << 20) {
            preflight_tell(
                p, PREFLIGHT_WARNING, ST_OK, "replication",
                arena_printf(p->a, "replication slot %.*s %s, and keeps %s of WAL", STR_ARG(rows_value(rows, i, 0)),
                             active ? "is behind" : "is used by nobody", preflight_megabytes(p, retained))
                    .p,
                "the steps write much WAL, which stays on the server's disk until the slot is through with it",
                "see to its consumer first; or drop the slot, if nobody needs it");
        }
    }
    rows_free(rows);
    status = session_query(p->r->s, lag_sql, lag, 2, ANSWER_MS, &rows, &why);
    if (status) {
        return preflight_unknown(p, status, "replication", &why, err);
    }
    for (size_t i = 0; i < rows_count(rows); i++) {
        preflight_tell(p, PREFLIGHT_WARNING, ST_OK, "replication",
                       arena_printf(p->a, "standby %.*s is %s behind, its last replay took %" PRId64 " s",
                                    STR_ARG(rows_value(rows, i, 0)), preflight_megabytes(p, rows_i64(rows, i, 2)),
                                    rows_i64(rows, i, 1))
                           .p,
                       "the steps write much WAL, and it falls further behind", "wait until it has caught up");
    }
    rows_free(rows);
    return ST_OK;
}
