#include "exec/headroom.h"

#include "exec/disk.h"

/* safe_wal_size is not used: it is NULL for a slot that may keep all. */
static const char slots_sql[] =
    "SELECT count(*) OVER (), slot_name, pg_catalog.pg_wal_lsn_diff(CASE WHEN NOT pg_catalog.pg_is_in_recovery()"
    " THEN pg_catalog.pg_current_wal_lsn() END, restart_lsn)::pg_catalog.int8 AS held,"
    " (SELECT CASE WHEN g.setting::pg_catalog.int8 >= 0 THEN g.setting::pg_catalog.int8 << 20 END"
    " FROM pg_catalog.pg_settings g WHERE g.name = 'max_slot_wal_keep_size')"
    " FROM pg_catalog.pg_replication_slots ORDER BY held DESC NULLS LAST LIMIT 1";

static int64_t number(const struct rows *rows, size_t column)
{
    return rows_null(rows, 0, column) ? -1 : rows_i64(rows, 0, column);
}

static enum status ask_slots(struct session *s, int64_t deadline_ms, struct arena *a, struct headroom *out,
                             struct error *err)
{
    struct rows *rows = NULL;
    const enum status status = session_query(s, slots_sql, NULL, 0, deadline_ms, &rows, err);
    if (!status && rows_count(rows) > 0) {
        out->slots = rows_i64(rows, 0, 0);
        out->slot = arena_str(a, rows_value(rows, 0, 1));
        out->slot_bytes = number(rows, 2);
        out->slot_limit = number(rows, 3);
    }
    rows_free(rows);
    return status;
}

enum status headroom_ask(struct session *s, int64_t deadline_ms, struct arena *a, struct headroom *out,
                         struct error *err)
{
    struct rows *rows = NULL;
    struct disk_space disk;
    const char *folder = "";
    *out = (struct headroom){.replicas = -1, .lag = {-1, -1}, .slot_bytes = -1, .slot_limit = -1, .disk_free = -1};
    enum status status = session_query(s,
                                       "SELECT CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN count(*) END FROM "
                                       "pg_catalog.pg_stat_replication",
                                       NULL, 0, deadline_ms, &rows, err);
    out->replicas = status ? -1 : number(rows, 0);
    rows_free(rows);
    status = status ? status : replica_lag_ask(s, &out->lag, err);
    status = status ? status : ask_slots(s, deadline_ms, a, out, err);
    status = status ? status : disk_folder(s, "", deadline_ms, a, &folder, err);
    if (!status && disk_space_of(folder, &disk)) {
        out->disk_free = disk.free;
    }
    return status;
}
