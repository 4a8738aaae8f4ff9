#include "exec/preview.h"

#include "exec/backfill.h"
#include "exec/headroom.h"
#include "exec/tx.h"

enum { PREVIEW_MS = 30000, PAGE = 8192, ROW_HEADER = 50, INDEX_ENTRY = 80 };

/*
 * Triggers that fire for each row ($2: 4 INSERT, 8 DELETE, 16 UPDATE of pg_trigger.tgtype); indexes with a column that is set, also in an expression
 * or condition (pg_depend), for which an UPDATE is not HOT; a row's width.
 */
static const char facts_sql[] =
    "SELECT (SELECT pg_catalog.string_agg(g.tgname, ', ' ORDER BY g.tgname) FROM pg_catalog.pg_trigger g"
    " WHERE g.tgrelid = c.oid AND NOT g.tgisinternal AND g.tgenabled NOT IN ('D', 'R') AND (g.tgtype & "
    "'1'::pg_catalog.int2) = '1'::pg_catalog.int2"
    " AND (g.tgtype::pg_catalog.int4 & $2::pg_catalog.int4) <> 0),"
    " (SELECT pg_catalog.string_agg(ic.relname, ', ' ORDER BY ic.relname) FROM pg_catalog.pg_index i"
    " JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid WHERE i.indrelid = c.oid AND EXISTS"
    " (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attname = ANY ($3::pg_catalog.text[])"
    " AND (a.attnum = ANY (i.indkey) OR EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = i.indexrelid"
    " AND d.refobjid = c.oid AND d.refobjsubid = a.attnum)))),"
    " (SELECT count(*) FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid),"
    " CASE WHEN c.reltuples > 0 THEN (pg_catalog.pg_relation_size(c.oid)::pg_catalog.float8 / "
    "c.reltuples)::pg_catalog.int8 ELSE 100 END,"
    " c.relpages FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass($1)";

static bool lost(const struct session *s)
{
    return !session_usable(s);
}

static struct str key_text(const struct backfill_key *k, struct arena *a)
{
    struct strbuf sb;
    strbuf_init(&sb, 4096);
    for (size_t i = 0; i < k->n; i++) {
        strbuf_addf(&sb, "%s%.*s", i > 0 ? ", " : "", STR_ARG(k->column[i].name));
    }
    if (!k->ctid) {
        strbuf_addf(&sb, " (index %.*s)", STR_ARG(k->index));
    }
    const struct str made = arena_str(a, strbuf_str(&sb));
    strbuf_free(&sb);
    return made;
}

static enum status ask_facts(struct session *s, const struct batch_spec *spec, struct str relation, struct arena *a,
                             struct batch_preview *out, struct error *err)
{
    struct rows *rows = NULL;
    const char verb = spec->verb.p[0];
    const struct param params[] = {{arena_cstr(a, relation)},
                                   {verb == 'U'   ? "16"
                                    : verb == 'D' ? "8"
                                                  : "0"},
                                   {param_array(a, spec->set.at, spec->set.n)}};
    const enum status status = session_query(s, facts_sql, params, countof(params), PREVIEW_MS, &rows, err);
    if (!status && rows_count(rows) > 0) {
        out->triggers = arena_str(a, rows_value(rows, 0, 0));
        out->not_hot = verb == 'U' ? arena_str(a, rows_value(rows, 0, 1)) : STR_NONE;
        out->indexes = rows_i64(rows, 0, 2);
        out->row_bytes = rows_i64(rows, 0, 3);
        out->pages = rows_i64(rows, 0, 4);
    }
    rows_free(rows);
    return status;
}

static enum status ask_headroom(struct session *s, struct arena *a, struct batch_preview *out, struct error *err)
{
    struct headroom room;
    const enum status status = headroom_ask(s, PREVIEW_MS, a, &room, err);
    out->replicas = room.replicas;
    out->lag_bytes = room.lag.bytes;
    out->lag_ms = room.lag.ms;
    out->slots = room.slots;
    out->slot = room.slot;
    out->slot_bytes = room.slot_bytes;
    out->slot_limit = room.slot_limit;
    out->disk_free = room.disk_free;
    return status;
}

/* The statement over all keys: how many rows does the server take it to touch? With explain the plan of a range. */
static enum status ask_rows(struct session *s, const struct batch_spec *spec, const struct backfill_key *key,
                            const struct preview_options *o, struct arena *a, struct batch_preview *out,
                            struct error *err)
{
    struct param params[KEY_MAX];
    struct rows *rows = NULL;
    struct backfill_explain e = {0};
    struct strbuf text;
    enum status status = session_query(s, backfill_end_sql(key, a), NULL, 0, PREVIEW_MS, &rows, err);
    if (status || rows_count(rows) == 0) {
        out->rows = status ? -1 : 0;
        rows_free(rows);
        return status;
    }
    for (size_t i = 0; i < key->n; i++) {
        params[i].text = arena_cstr(a, rows_value(rows, 0, i));
    }
    rows_free(rows);
    strbuf_init(&text, 1 << 16);
    const char *sql = backfill_range_sql(key, spec, false, false, s, a);
    status = backfill_explain(s, sql, params, key->n, arena_cstr(a, spec->alias), a, &e, err);
    if (!status && o->explain) {
        /* A batch in the middle of its course: bounds on both sides, of which the values do not matter for its shape. */
        struct param both[2 * KEY_MAX];
        struct backfill_key walked = *key;
        walked.gentle = o->gentle;
        for (size_t i = 0; i < key->n; i++) {
            both[i] = both[key->n + i] = params[i];
        }
        status = backfill_explain_text(s, backfill_range_sql(&walked, spec, true, false, s, a), both, 2 * key->n, a,
                                       &text, err);
        out->explain = arena_str(a, strbuf_str(&text));
    }
    strbuf_free(&text);
    out->rows = status ? -1 : (int64_t)e.rows;
    return status;
}

static void reckon(const struct batch_spec *spec, const struct preview_options *o, struct batch_preview *out)
{
    const int64_t rows = out->rows < 0 ? 0 : out->rows;
    const int64_t indexes = out->not_hot.n > 0 || spec->verb.p[0] == 'I' ? out->indexes : 0;
    const int64_t row = spec->verb.p[0] == 'D' ? ROW_HEADER : out->row_bytes + ROW_HEADER;
    out->one_batch = spec->automatic && spec->batch == 0 && rows <= batch_size_whole(o->backfill_rows, o->gentle);
    out->first_batch = spec->batch > 0 ? (spec->batch < BATCH_MAX ? spec->batch : BATCH_MAX) : BATCH_START;
    out->wal_bytes = rows * (row + indexes * INDEX_ENTRY) + out->pages * PAGE;
    /* Sizes settle where one of the two aims is met. */
    const int64_t by_wal = rows > 0 ? BATCH_TARGET_WAL / (out->wal_bytes / rows + 1) : BATCH_MAX;
    const int64_t settled = spec->batch > 0 ? out->first_batch : by_wal < BATCH_MAX ? by_wal : BATCH_MAX;
    const int64_t keys = out->keys > 0 ? out->keys : rows;
    out->grows = spec->verb.p[0] != 'D' ? rows * out->row_bytes : 0;
    out->batches = out->one_batch ? 1 : keys / (settled > 0 ? settled : 1) + 1;
}

static enum status look(struct session *s, const struct step *step, const struct preview_options *o, struct arena *a,
                        struct batch_preview *out, struct error *err)
{
    const struct batch_spec *spec = step->batch;
    struct backfill_table table;
    struct backfill_key key;
    enum status status = backfill_table_find(s, spec, a, &table, err);
    if (!status && table.n > 0) {
        status = backfill_table_key(s, spec, table.at[0].name, a, &key, err);
    }
    if (status || table.n == 0) {
        return status;
    }
    out->known = true;
    out->partitions = (int64_t)table.n;
    out->key = key_text(&key, a);
    out->keys = table.rows;
    out->by_ctid = key.ctid;
    status = ask_facts(s, spec, table.at[0].name, a, out, err);
    status = status ? status : ask_rows(s, spec, &key, o, a, out, err);
    if (!status && table.n > 1 && out->rows >= 0 && table.at[0].rows > 0 && table.rows > 0) {
        out->rows = (int64_t)((double)out->rows / (double)table.at[0].rows * (double)table.rows);
    }
    reckon(spec, o, out);
    return status ? status : ask_headroom(s, a, out, err);
}

enum status backfill_preview(struct session *s, struct step *step, const struct preview_options *o, struct arena *a,
                             struct error *err)
{
    struct batch_preview *out = arena_new(a, struct batch_preview);
    *out = (struct batch_preview){
        .rows = -1, .replicas = -1, .lag_bytes = -1, .lag_ms = -1, .slot_bytes = -1, .slot_limit = -1, .disk_free = -1};
    const enum status status = look(s, step, o, a, out, err);
    step->batch->preview = out;
    if (status && lost(s)) {
        return status;
    }
    if (session_in_transaction(s)) {
        tx_rollback(s);
    }
    if (status == ST_USAGE && !err->sqlstate[0]) {
        out->refused = arena_str(a, str_of(err->primary));
    }
    return status == ST_INTERRUPTED ? status : ST_OK;
}
