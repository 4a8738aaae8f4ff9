#include "cmd/verify_trace.h"

#include "base/map.h"

enum { QUERY_MS = 60000 };

struct tracing {
    struct session *worker, *observer;
    struct arena *a;
    struct trace *out;
    VEC(struct str) messages; /* DEBUG1 */
    struct error *err;
};

/*
 * User relations with their files, their rows, and what this transaction has read of them so far. The rows are counted
 * before the counters are read: the inner query runs first. Source: PostgreSQL documentation, pg_class,
 * pg_stat_xact_all_tables.
 */
static const char relations_sql[] =
    "WITH r AS MATERIALIZED (SELECT c.oid, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, c.relkind,"
    " coalesce(pg_catalog.pg_relation_filenode(c.oid), 0) AS file, CASE WHEN c.relkind = 'r' OR c.relkind = 'm' AND"
    " c.relispopulated THEN (pg_catalog.xpath('/row/n/text()', pg_catalog.query_to_xml(pg_catalog.format("
    "'SELECT count(*) AS n FROM ONLY %I.%I', n.nspname, c.relname), false, true, '')))[1]::text::int8 ELSE 0 END AS "
    "rows"
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname !~ '^(pg_catalog|pg_toast|information_schema)' AND c.relkind IN ('r', 'p', 'm', 'v', 'S', 'i', "
    "'I', 'f'))"
    " SELECT r.oid, r.name, r.relkind, r.file, r.rows, coalesce(i.indrelid, 0) FROM r"
    " LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = r.oid ORDER BY r.oid";

static const char counters_sql[] =
    "SELECT s.relid, s.seq_scan, s.seq_tup_read FROM pg_catalog.pg_stat_xact_all_tables s WHERE s.seq_scan > 0";

static void on_notice(void *arg, const char *severity, const char *message)
{
    struct tracing *t = arg;
    if (strncmp(severity, "DEBUG", 5) == 0) {
        *vec_push(t->a, &t->messages) = arena_str(t->a, str_of(message));
    }
}

static struct seen_relation *seen_by_oid(struct trace *out, int64_t oid)
{
    for (size_t i = 0; i < out->seen.n; i++) {
        if (out->seen.at[i].oid == oid) {
            return &out->seen.at[i];
        }
    }
    return NULL;
}

/* REINDEX CONCURRENTLY and a change of type put another relation in an index's place, by the same name. */
static struct seen_relation *seen_by_name(struct trace *out, struct str name)
{
    for (size_t i = 0; i < out->seen.n; i++) {
        if (str_eq(out->seen.at[i].name, name)) {
            return &out->seen.at[i];
        }
    }
    return NULL;
}

static enum status run(struct tracing *t, const char *sql)
{
    return session_simple(t->worker, str_of(sql), QUERY_MS, NULL, t->err);
}

static enum status read_before(struct tracing *t)
{
    struct rows *rows = NULL;
    const enum status status = session_query(t->worker, relations_sql, NULL, 0, QUERY_MS, &rows, t->err);
    for (size_t i = 0; !status && i < rows_count(rows); i++) {
        struct seen_relation *r = vec_push(t->a, &t->out->seen);
        r->oid = rows_i64(rows, i, 0);
        r->name = arena_str(t->a, rows_value(rows, i, 1));
        r->kind = rows_value(rows, i, 2).p[0];
        r->file = rows_i64(rows, i, 3);
        r->rows = rows_i64(rows, i, 4);
        r->table = rows_i64(rows, i, 5);
        r->was_there = true;
    }
    rows_free(rows);
    return status;
}

/* Sequential scans so far; the second time, what came on top. */
static enum status read_counters(struct tracing *t, bool after)
{
    struct rows *rows = NULL;
    const enum status status = session_query(t->worker, counters_sql, NULL, 0, QUERY_MS, &rows, t->err);
    for (size_t i = 0; !status && i < rows_count(rows); i++) {
        struct seen_relation *r = seen_by_oid(t->out, rows_i64(rows, i, 0));
        if (r) {
            r->scans = rows_i64(rows, i, 1) - (after ? r->scans : 0);
            r->read = rows_i64(rows, i, 2) - (after ? r->read : 0);
            r->scanned = after && r->scans > 0 && r->rows > 0 && r->read >= r->rows;
        }
    }
    rows_free(rows);
    return status;
}

static enum status read_locks(struct tracing *t)
{
    char pid[16];
    struct rows *rows = NULL;
    const struct param param = {pid};
    snprintf(pid, sizeof(pid), "%d", session_pid(t->worker));
    const enum status status =
        session_query(t->observer,
                      "SELECT l.relation, l.mode FROM pg_catalog.pg_locks l WHERE l.pid = $1::int4 AND l.granted"
                      " AND l.locktype = 'relation' AND l.relation >= 16384",
                      &param, 1, QUERY_MS, &rows, t->err);
    for (size_t i = 0; !status && i < rows_count(rows); i++) {
        struct seen_relation *r = seen_by_oid(t->out, rows_i64(rows, i, 0));
        enum lock_mode mode;
        if (r && lock_mode_parse(rows_value(rows, i, 1), &mode) && mode > r->lock) {
            r->lock = mode;
        }
    }
    rows_free(rows);
    return status;
}

/* Is there a DEBUG1 message of these words about a table of this name (messages leave the schema out)? */
static bool told(const struct tracing *t, struct str before, struct str name)
{
    const size_t dot = str_find_char(name, '.');
    const struct str bare = str_slice(name, dot + 1, name.n);
    for (size_t i = 0; i < t->messages.n; i++) {
        const struct str m = t->messages.at[i];
        const size_t at = str_find(m, before);
        if (at == SIZE_MAX) {
            continue;
        }
        struct str rest = str_slice(m, at + before.n, m.n);
        if (rest.n > bare.n + 1 && rest.p[0] == '"' && str_starts(str_slice(rest, 1, rest.n), bare) &&
            rest.p[bare.n + 1] == '"') {
            return true;
        }
    }
    return false;
}

/* What became of the files: new or other ones. */
static enum status read_after(struct tracing *t, struct session *by)
{
    struct rows *rows = NULL;
    const enum status status = session_query(by, relations_sql, NULL, 0, QUERY_MS, &rows, t->err);
    for (size_t i = 0; !status && i < rows_count(rows); i++) {
        const int64_t file = rows_i64(rows, i, 3), now = rows_i64(rows, i, 4);
        struct seen_relation *r = seen_by_oid(t->out, rows_i64(rows, i, 0));
        r = r ? r : seen_by_name(t->out, rows_value(rows, i, 1));
        if (!r) {
            r = vec_push(t->a, &t->out->seen);
            r->oid = rows_i64(rows, i, 0);
            r->name = arena_str(t->a, rows_value(rows, i, 1));
            r->kind = rows_value(rows, i, 2).p[0];
            r->table = rows_i64(rows, i, 5);
            r->built = r->kind == 'i';
        } else if (file != r->file && r->kind == 'i') {
            r->built = true;
        } else if (file != r->file && (r->kind == 'r' || r->kind == 'm')) {
            r->rewritten = now > 0 || told(t, STR("rewriting table "), r->name);
            r->emptied = !r->rewritten;
        }
    }
    for (size_t i = 0; !status && i < t->out->seen.n; i++) {
        struct seen_relation *r = &t->out->seen.at[i];
        const struct seen_relation *table = r->table ? seen_by_oid(t->out, r->table) : NULL;
        r->built = r->built && !(r->was_there && table && table->emptied);
        if (r->was_there && !r->emptied && (r->kind == 'r' || r->kind == 'm')) {
            r->scanned = r->scanned || told(t, STR("verifying table "), r->name) ||
                         told(t, STR("rewriting table "), r->name) || told(t, STR(" on table "), r->name);
        }
    }
    for (size_t i = 0; i < t->messages.n; i++) {
        t->out->validates = t->out->validates || str_starts(t->messages.at[i], STR("validating foreign key"));
    }
    rows_free(rows);
    return status;
}

static void refused(struct tracing *t)
{
    t->out->accepted = false;
    snprintf(t->out->sqlstate, sizeof(t->out->sqlstate), "%s", t->err->sqlstate);
    snprintf(t->out->message, sizeof(t->out->message), "%.255s", t->err->primary);
}

static enum status debug(struct tracing *t, bool on)
{
    return run(t, on ? "SET client_min_messages = debug1" : "SET client_min_messages = warning");
}

/* The end of the transaction; deferred constraints speak up at its COMMIT. */
static enum status end_inside(struct tracing *t, bool keep)
{
    if (keep && run(t, "COMMIT")) {
        refused(t);
        return session_usable(t->worker) ? ST_OK : ST_SERVER;
    }
    return keep ? ST_OK : run(t, "ROLLBACK");
}

static enum status trace_inside(struct tracing *t, struct str sql, bool keep)
{
    /* What is there is read before the transaction: counting rows takes locks of its own. */
    enum status status = read_before(t);
    status = status ? status : run(t, "BEGIN");
    status = status ? status : read_counters(t, false);
    status = status ? status : debug(t, true);
    if (status) {
        return status;
    }
    if (session_simple(t->worker, sql, QUERY_MS, NULL, t->err)) {
        refused(t);
        return run(t, "ROLLBACK");
    }
    t->out->accepted = true;
    t->out->in_transaction = true;
    status = read_locks(t);
    status = status ? status : debug(t, false);
    status = status ? status : read_counters(t, true);
    status = status ? status : read_after(t, t->worker);
    return status ? status : end_inside(t, keep);
}

static enum status trace_alone(struct tracing *t, struct str sql)
{
    t->out->seen.n = 0;
    t->messages.n = 0;
    enum status status = read_before(t);
    status = status ? status : debug(t, true);
    if (status) {
        return status;
    }
    t->out->accepted = !session_simple(t->worker, sql, QUERY_MS, NULL, t->err);
    if (!t->out->accepted) {
        refused(t);
    }
    status = debug(t, false);
    return status ? status : read_after(t, t->worker);
}

enum status trace_statement(struct session *worker, struct session *observer, struct str sql, bool keep,
                            struct arena *a, struct trace *out, struct error *err)
{
    struct tracing t = {.worker = worker, .observer = observer, .a = a, .out = out, .err = err};
    *out = (struct trace){0};
    session_on_notice(worker, on_notice, &t);
    enum status status = trace_inside(&t, sql, keep);
    if (!status && !out->accepted && strcmp(out->sqlstate, "25001") == 0) {
        status = trace_alone(&t, sql);
    }
    session_on_notice(worker, NULL, NULL);
    return status;
}
