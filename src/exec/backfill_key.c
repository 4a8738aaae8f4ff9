#include "exec/backfill_key.h"

enum { SQL_MAX = 1 << 24 };

/*
 * indoption: 0 ascending, 3 descending with NULLs first, which read backwards is the same order. One direction for all columns. The operators
 * are those of the index's operator family for the class's own type, by strategy: 1 <, 2 <=, 3 =, 4 >=, 5 >.
 */
static const char keys_sql[] =
    "SELECT c.relkind, c.reltuples::pg_catalog.int8, c.relpages, i.indexrelid, ic.relname, a.attname,"
    " pg_catalog.quote_ident(a.attname), pg_catalog.concat(pg_catalog.quote_ident(tn.nspname), '.', "
    "pg_catalog.quote_ident(t.typname)), op.lt, op.le, op.eq, op.ge, op.gt"
    " FROM (SELECT pg_catalog.to_regclass($1) AS oid) o JOIN pg_catalog.pg_class c ON c.oid = o.oid"
    " LEFT JOIN (pg_catalog.pg_index i JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid"
    " JOIN pg_catalog.pg_am am ON am.oid = ic.relam AND am.amname = 'btree'"
    " CROSS JOIN LATERAL pg_catalog.generate_series(0, i.indnkeyatts - 1) k"
    " CROSS JOIN LATERAL (SELECT sum(CASE WHEN w.attlen > 0 THEN w.attlen ELSE 64 END) AS width"
    " FROM pg_catalog.pg_attribute w WHERE w.attrelid = i.indrelid AND w.attnum = ANY (i.indkey)) w"
    ") ON i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indisready AND i.indislive AND i.indimmediate"
    " AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indoption[0] IN (0, 3)"
    " AND NOT EXISTS (SELECT FROM pg_catalog.generate_series(0, i.indnkeyatts - 1) j"
    " JOIN pg_catalog.pg_attribute ja ON ja.attrelid = i.indrelid AND ja.attnum = i.indkey[j]"
    " JOIN pg_catalog.pg_opclass oc ON oc.oid = i.indclass[j]"
    " WHERE NOT ja.attnotnull OR NOT oc.opcdefault OR i.indoption[j] <> i.indoption[0]"
    " OR i.indcollation[j] <> ja.attcollation OR EXISTS (SELECT FROM pg_catalog.pg_constraint nn"
    " WHERE nn.conrelid = i.indrelid AND nn.contype = 'n' AND nn.conkey[1] = ja.attnum AND NOT nn.convalidated))"
    " LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[k]"
    " LEFT JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
    " LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace"
    " LEFT JOIN LATERAL (SELECT"
    " max(n.name) FILTER (WHERE n.s = 1) AS lt, max(n.name) FILTER (WHERE n.s = 2) AS le, max(n.name) FILTER (WHERE "
    "n.s = 3) AS eq,"
    " max(n.name) FILTER (WHERE n.s = 4) AS ge, max(n.name) FILTER (WHERE n.s = 5) AS gt FROM (SELECT m.amopstrategy "
    "AS s,"
    " pg_catalog.format('OPERATOR(%I.%s)', os.nspname, p.oprname) AS name FROM pg_catalog.pg_opclass oc"
    " JOIN pg_catalog.pg_amop m ON m.amopfamily = oc.opcfamily AND m.amoplefttype = oc.opcintype AND m.amoprighttype = "
    "oc.opcintype"
    " JOIN pg_catalog.pg_operator p ON p.oid = m.amopopr JOIN pg_catalog.pg_namespace os ON os.oid = p.oprnamespace"
    " WHERE oc.oid = i.indclass[k]) n) op ON true"
    " ORDER BY i.indisprimary DESC NULLS LAST, w.width, ic.relname, k";

enum { ROW_KIND, ROW_ROWS, ROW_PAGES, ROW_INDEX, ROW_INDEX_NAME, ROW_NAME, ROW_QUOTED, ROW_TYPE, ROW_OPERATORS };

/* ---- finding ---- */

static void read_columns(const struct rows *rows, size_t from, size_t n, struct arena *a, struct backfill_key *out)
{
    out->n = n;
    out->row_form = true;
    out->index = arena_str(a, rows_value(rows, from, ROW_INDEX_NAME));
    for (size_t i = 0; i < n; i++) {
        struct key_column *c = &out->column[i];
        c->name = arena_str(a, rows_value(rows, from + i, ROW_NAME));
        c->quoted = arena_str(a, rows_value(rows, from + i, ROW_QUOTED));
        c->type = arena_str(a, rows_value(rows, from + i, ROW_TYPE));
        for (size_t k = 0; k < KEY_OPERATORS; k++) {
            c->operator[k] = arena_str(a, rows_value(rows, from + i, ROW_OPERATORS + k));
            out->row_form = out->row_form && str_eq(c->operator[k], out->column[0].operator[k]);
        }
    }
}

static bool has_column(const struct rows *rows, size_t from, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(rows_value(rows, from + i, ROW_NAME), name)) {
            return true;
        }
    }
    return false;
}

/* Is the candidate in rows [from, from + n) what is asked for? */
static bool fits(const struct rows *rows, size_t from, size_t n, const struct batch_spec *spec,
                 const struct str *wanted, size_t n_wanted)
{
    if (n == 0 || n > KEY_MAX || (n_wanted > 0 && n_wanted != n) || (spec->key.n > 0 && spec->key.n != n)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (rows_null(rows, from + i, ROW_OPERATORS) || rows_null(rows, from + i, ROW_OPERATORS + KEY_GT)) {
            return false;
        }
    }
    for (size_t i = 0; i < n_wanted; i++) {
        if (!str_eq(rows_value(rows, from + i, ROW_NAME), wanted[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < spec->key.n; i++) {
        if (!has_column(rows, from, n, spec->key.at[i])) {
            return false;
        }
    }
    return true;
}

/* A TID range scan is there since PostgreSQL 14. */
static bool ctid_will_do(struct session *s, const struct batch_spec *spec, const struct str *wanted, size_t n_wanted)
{
    const bool asked = n_wanted == 1 && str_eq(wanted[0], STR("ctid"));
    return spec->key.n == 0 && session_server_version(s) >= 140000 && (asked || n_wanted == 0) &&
           (spec->again || spec->verb.p[0] == 'D');
}

static void use_ctid(struct backfill_key *out)
{
    out->ctid = out->row_form = true;
    out->n = 1;
    out->column[0] = (struct key_column){
        .name = STR("ctid"),
        .quoted = STR("ctid"),
        .type = STR("pg_catalog.tid"),
        .operator= {STR("OPERATOR(pg_catalog.<)"), STR("OPERATOR(pg_catalog.<=)"), STR("OPERATOR(pg_catalog.=)"),
                    STR("OPERATOR(pg_catalog.>=)"), STR("OPERATOR(pg_catalog.>)")},
    };
}

static enum status refuse_key(struct session *s, const struct batch_spec *spec, struct str relation, size_t n_wanted,
                              struct error *err)
{
    if (n_wanted > 0) {
        error_set(err, ST_CONFLICT, "the key of %.*s that this backfill was begun with is gone", STR_ARG(relation));
        error_hint(err, "bring its unique index back, then run the same command again");
        return ST_CONFLICT;
    }
    error_set(err, ST_USAGE, "cannot run in batches: %.*s has no %s to walk by", STR_ARG(relation),
              spec->key.n > 0 ? "such key" : "key");
    error_detail(
        err,
        "wanted: a primary key, or a valid unique btree index over NOT NULL columns, without WHERE or expressions%s",
        spec->key.n > 0 ? ", of just the columns that key= names"
        : session_server_version(s) < 140000 || spec->verb.p[0] == 'I'
            ? ""
            : "; without one, only a statement that may meet a row twice (a WHERE that leaves out what is done, such "
              "as "
              "column IS NULL) can go by the rows' places in the file");
    error_hint(
        err,
        "make one (CREATE UNIQUE INDEX CONCURRENTLY), or run it as one statement: -- migrate:whole because REASON");
    return ST_USAGE;
}

enum status backfill_key_find(struct session *s, const struct batch_spec *spec, struct str relation,
                              const struct str *wanted, size_t n_wanted, struct arena *a, struct backfill_key *out,
                              struct error *err)
{
    struct rows *rows = NULL;
    const struct param param = {arena_cstr(a, relation)};
    enum status status = session_query(s, keys_sql, &param, 1, 60000, &rows, err);
    *out = (struct backfill_key){0};
    if (status) {
        return status;
    }
    if (rows_count(rows) == 0) {
        rows_free(rows);
        return error_set(err, ST_CONFLICT, "table %.*s is gone", STR_ARG(relation));
    }
    out->relation = arena_str(a, relation);
    out->rows = rows_i64(rows, 0, ROW_ROWS);
    out->pages = rows_i64(rows, 0, ROW_PAGES);
    for (size_t i = 0, n; i < rows_count(rows) && out->n == 0; i += n) {
        for (n = 1;
             i + n < rows_count(rows) && str_eq(rows_value(rows, i + n, ROW_INDEX), rows_value(rows, i, ROW_INDEX));
             n++) {
        }
        if (!rows_null(rows, i, ROW_INDEX) && fits(rows, i, n, spec, wanted, n_wanted)) {
            read_columns(rows, i, n, a, out);
        }
    }
    if (out->n == 0 && ctid_will_do(s, spec, wanted, n_wanted)) {
        use_ctid(out);
    }
    if (out->n == 0) {
        status = refuse_key(s, spec, relation, n_wanted, err);
    }
    rows_free(rows);
    return status;
}

/* ---- SQL ---- */

static void add_row(const struct backfill_key *k, const char *alias, struct strbuf *out)
{
    for (size_t i = 0; i < k->n; i++) {
        strbuf_addf(out, "%s%s.%.*s", i > 0 ? ", " : k->n > 1 ? "(" : "", alias, STR_ARG(k->column[i].quoted));
    }
    strbuf_add_cstr(out, k->n > 1 ? ")" : "");
}

static void add_params(const struct backfill_key *k, size_t from, struct strbuf *out)
{
    for (size_t i = 0; i < k->n; i++) {
        strbuf_addf(out, "%s$%zu::%.*s", i > 0 ? ", " : k->n > 1 ? "(" : "", from + i, STR_ARG(k->column[i].type));
    }
    strbuf_add_cstr(out, k->n > 1 ? ")" : "");
}

static void add_one(const struct backfill_key *k, const char *alias, size_t i, enum key_operator op, size_t from,
                    struct strbuf *out)
{
    const struct key_column *c = &k->column[i];
    strbuf_addf(out, "%s.%.*s %.*s $%zu::%.*s", alias, STR_ARG(c->quoted), STR_ARG(c->operator[op]), from + i,
                STR_ARG(c->type));
}

/*
 * The row against parameters: `op` is KEY_GT or KEY_LE. A comparison of rows takes one operator name for all columns; where they differ (citext
 * beside an integer) it is spelled out: a >= x AND (a > x OR b > y), of which the first half is the index condition.
 */
static void add_compare(const struct backfill_key *k, const char *alias, enum key_operator op, size_t from,
                        struct strbuf *out)
{
    if (k->row_form) {
        add_row(k, alias, out);
        strbuf_addf(out, " %.*s ", STR_ARG(k->column[0].operator[op]));
        add_params(k, from, out);
        return;
    }
    for (size_t i = 0; i < k->n; i++) {
        const bool last = i + 1 == k->n;
        strbuf_add_cstr(out, "(");
        add_one(k, alias, i, last ? op : op == KEY_GT ? KEY_GE : KEY_LE, from, out);
        if (!last) {
            strbuf_add_cstr(out, " AND (");
            add_one(k, alias, i, op == KEY_GT ? KEY_GT : KEY_LT, from, out);
            strbuf_add_cstr(out, " OR ");
        }
    }
    strbuf_add_repeat(out, ')', 2 * k->n - 1);
}

static void add_range(const struct backfill_key *k, const char *alias, bool has_lo, struct strbuf *out)
{
    if (has_lo) {
        add_compare(k, alias, KEY_GT, 1, out);
        strbuf_add_cstr(out, " AND ");
    }
    add_compare(k, alias, KEY_LE, has_lo ? k->n + 1 : 1, out);
}

/* As the output function writes it, which the input function reads: a cast to text may be anybody's. */
static void add_texts(const struct backfill_key *k, struct strbuf *out)
{
    for (size_t i = 0; i < k->n; i++) {
        strbuf_addf(out, "%spg_catalog.format('%%s', a.%.*s)", i > 0 ? ", " : "SELECT ", STR_ARG(k->column[i].quoted));
    }
}

static void add_select(const struct backfill_key *k, struct strbuf *out)
{
    add_texts(k, out);
    strbuf_addf(out, " FROM ONLY %.*s a", STR_ARG(k->relation));
}

static void add_order(const struct backfill_key *k, bool backwards, struct strbuf *out)
{
    for (size_t i = 0; i < k->n; i++) {
        const struct str op = k->column[i].operator[backwards ? KEY_GT : KEY_LT];
        strbuf_addf(out, "%sa.%.*s USING %.*s", i > 0 ? ", " : " ORDER BY ", STR_ARG(k->column[i].quoted), STR_ARG(op));
    }
}

static const char *finish(struct strbuf *sb, struct arena *a)
{
    if (sb->overflow) {
        BUG("a batch's statement is longer than %d bytes", SQL_MAX);
    }
    const char *made = arena_cstr(a, strbuf_str(sb));
    strbuf_free(sb);
    return made;
}

/* The relation as a literal: "schema"."table" with its single quotes doubled. */
static void add_literal(struct str s, struct strbuf *out)
{
    strbuf_add_cstr(out, "E'");
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\'' || s.p[i] == '\\') {
            strbuf_add_char(out, s.p[i]);
        }
        strbuf_add_char(out, s.p[i]);
    }
    strbuf_add_cstr(out, "'");
}

const char *backfill_end_sql(const struct backfill_key *k, struct arena *a)
{
    struct strbuf sb;
    strbuf_init(&sb, SQL_MAX);
    if (k->ctid) {
        strbuf_add_cstr(&sb,
                        "SELECT pg_catalog.format('(%s,65535)', b.n - 1) FROM (SELECT pg_catalog.pg_relation_size(");
        add_literal(k->relation, &sb);
        strbuf_add_cstr(&sb,
                        "::pg_catalog.regclass) / pg_catalog.current_setting('block_size')::pg_catalog.int8 AS n) b"
                        " WHERE b.n > 0");
        return finish(&sb, a);
    }
    add_select(k, &sb);
    add_order(k, true, &sb);
    strbuf_add_cstr(&sb, " LIMIT 1");
    return finish(&sb, a);
}

const char *backfill_boundary_sql(const struct backfill_key *k, bool has_lo, struct arena *a)
{
    struct strbuf sb;
    if (k->ctid) {
        return backfill_ctid_sql(k, has_lo, a);
    }
    strbuf_init(&sb, SQL_MAX);
    /* The rows that are passed over need no text: it is made of the one that is found. */
    add_texts(k, &sb);
    strbuf_add_cstr(&sb, " FROM (SELECT");
    for (size_t i = 0; i < k->n; i++) {
        strbuf_addf(&sb, "%s a.%.*s", i > 0 ? "," : "", STR_ARG(k->column[i].quoted));
    }
    strbuf_addf(&sb, " FROM ONLY %.*s a WHERE ", STR_ARG(k->relation));
    add_range(k, "a", has_lo, &sb);
    add_order(k, false, &sb);
    strbuf_addf(&sb, " OFFSET $%zu::pg_catalog.int8 LIMIT 1) a", k->n * (has_lo ? 2 : 1) + 1);
    return finish(&sb, a);
}

const char *backfill_sample_sql(const struct backfill_key *k, bool has_lo, double percent, struct arena *a)
{
    struct strbuf sb;
    strbuf_init(&sb, SQL_MAX);
    add_select(k, &sb);
    strbuf_addf(&sb, " TABLESAMPLE SYSTEM (%.6f) WHERE ", percent);
    add_range(k, "a", has_lo, &sb);
    add_order(k, false, &sb);
    return finish(&sb, a);
}

/*
 * One condition more, which is always met. By the clock and not by a count of rows, so that it holds for every kind of key and whatever a row costs.
 * pg_sleep() rounds up to whole milliseconds and adds the time between two looks at the clock: 0.001 may well be two of them. The server asks the
 * cheaper conditions first, so that rows which WHERE leaves out may be passed over without a look; see throttle_unslept().
 */
static void add_sleeps(struct strbuf *out)
{
    strbuf_addf(out,
                " AND CASE WHEN pg_catalog.mod(pg_catalog.date_part('microseconds', pg_catalog.clock_timestamp())"
                "::pg_catalog.int4, %d) OPERATOR(pg_catalog.>=) %d THEN pg_catalog.pg_sleep(0.0005) IS NOT NULL"
                " ELSE true END",
                GENTLE_WORK_US + GENTLE_SLEEP_US, GENTLE_WORK_US);
}

static void add_plain(const struct backfill_key *k, const struct batch_spec *spec, bool has_lo, struct session *s,
                      struct strbuf *sb)
{
    struct strbuf alias;
    strbuf_init(&alias, 1024);
    session_quote_identifier(s, spec->alias, &alias);
    /* A line end behind each piece of the file's text: it may end in a comment. */
    strbuf_addf(sb, "%.*s\n ONLY %.*s AS %s %.*s\n WHERE ", STR_ARG(spec->before), STR_ARG(k->relation),
                strbuf_cstr(&alias), STR_ARG(spec->after));
    add_range(k, strbuf_cstr(&alias), has_lo, sb);
    if (k->gentle) {
        add_sleeps(sb);
    }
    if (spec->where.n > 0) {
        strbuf_addf(sb, " AND (%.*s\n)", STR_ARG(spec->where));
    }
    strbuf_addf(sb, " %.*s\n", STR_ARG(spec->tail));
    strbuf_free(&alias);
}

static void add_statement(const struct backfill_key *k, const struct batch_spec *spec, bool has_lo, bool guard,
                          struct session *s, struct strbuf *sb)
{
    struct strbuf alias;
    strbuf_init(&alias, 1024);
    session_quote_identifier(s, spec->alias, &alias);
    add_plain(k, spec, has_lo, s, sb);
    strbuf_add_cstr(sb, " RETURNING ");
    if (guard && spec->verb.p[0] == 'U' && !k->ctid) {
        add_compare(k, strbuf_cstr(&alias), KEY_LE, has_lo ? k->n + 1 : 1, sb);
    } else {
        strbuf_add_cstr(sb, "true");
    }
    strbuf_add_cstr(sb, " AS behind");
    strbuf_free(&alias);
}

const char *backfill_range_sql(const struct backfill_key *k, const struct batch_spec *spec, bool has_lo, bool guard,
                               struct session *s, struct arena *a)
{
    struct strbuf sb;
    strbuf_init(&sb, SQL_MAX);
    add_statement(k, spec, has_lo, guard, s, &sb);
    return finish(&sb, a);
}

/*
 * The cursor goes on; `count` rows were changed, `keys` is the new count of keys; parameters from p + 1. The statement holds its lock on the table, so
 * its name is looked up once and for all: should it be another table's by now, all of the batch is rolled back. The row is where the fence found it:
 * by its key all versions of it would be gone through that an old snapshot keeps, one of each batch.
 */
static void add_progress(const char *history, size_t p, const char *count, const char *keys, struct strbuf *sb)
{
    strbuf_addf(
        sb,
        "UPDATE %s.backfills SET rows = rows + %s, pass_rows = pass_rows + %s, cursor = $%zu::pg_catalog.text[],"
        " keys = %s$%zu::pg_catalog.int8%s, batches = CASE WHEN relation_oid IS NULL OR relation_oid ="
        " pg_catalog.to_regclass(relation)::pg_catalog.oid THEN CASE WHEN relation_file <>"
        " pg_catalog.pg_relation_filenode(pg_catalog.to_regclass(relation)) THEN pg_catalog.current_setting("
        "'migrate.this_table_has_another_file_by_now')::pg_catalog.int8 ELSE batches + 1 END ELSE"
        " pg_catalog.current_setting('migrate.another_table_has_this_name_by_now')::pg_catalog.int8 END,"
        " relation_seen = pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot()),"
        " batch_rows = $%zu::pg_catalog.int4, rate = $%zu::pg_catalog.float8, finished = $%zu::pg_catalog.bool,"
        " reason = $%zu, updated_at = pg_catalog.clock_timestamp(),"
        " lease_until = pg_catalog.clock_timestamp() + '30 seconds'::pg_catalog.interval"
        " WHERE ctid = pg_catalog.current_setting('migrate.place')::pg_catalog.tid AND version = $%zu"
        " AND direction = $%zu AND ordinal = $%zu::pg_catalog.int4 AND part = $%zu::pg_catalog.int4"
        " RETURNING %s, control, set_rate, set_batch, max_bad_rows,"
        " pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0'), ctid",
        history, count, count, p + 5, keys, p + 6, *keys == 'C' ? " END" : "", p + 7, p + 8, p + 9, p + 10, p + 1,
        p + 2, p + 3, p + 4, count);
}

const char *backfill_batch_sql(const struct backfill_key *k, const struct batch_spec *spec, const char *history,
                               bool has_lo, bool guard, struct session *s, struct arena *a)
{
    struct strbuf sb;
    strbuf_init(&sb, SQL_MAX);
    strbuf_add_cstr(&sb, "WITH migrate_changed AS (");
    add_statement(k, spec, has_lo, guard, s, &sb);
    strbuf_add_cstr(
        &sb, "), migrate_count AS (SELECT count(*) AS n, pg_catalog.bool_and(behind) AS behind FROM migrate_changed) ");
    /*
     * Ahead of the range a row whose key was changed would be met again. The server has no way to fail on purpose but to be asked for what does not
     * exist: the message is the setting's name.
     */
    add_progress(history, k->n * (has_lo ? 2 : 1), "(SELECT n FROM migrate_count)",
                 "CASE WHEN (SELECT behind FROM migrate_count) IS FALSE THEN pg_catalog.current_setting("
                 "'migrate.a_backfill_must_not_change_its_own_key')::pg_catalog.int8 ELSE keys + ",
                 &sb);
    return finish(&sb, a);
}

const char *backfill_plain_sql(const struct backfill_key *k, const struct batch_spec *spec, bool has_lo,
                               struct session *s, struct arena *a)
{
    struct strbuf sb;
    strbuf_init(&sb, SQL_MAX);
    add_plain(k, spec, has_lo, s, &sb);
    return finish(&sb, a);
}

/* pg_stat_get_xact_tuples_… also has what the transactions before changed, as far as it was not reported yet: the difference counts. */
static void add_counter(const struct batch_spec *spec, size_t relation, struct strbuf *sb)
{
    strbuf_addf(sb, "pg_catalog.pg_stat_get_xact_tuples_%s($%zu::pg_catalog.regclass)",
                spec->verb.p[0] == 'U' ? "updated" : "deleted", relation);
}

const char *backfill_before_sql(const struct batch_spec *spec, struct arena *a)
{
    struct strbuf sb;
    strbuf_init(&sb, 1024);
    strbuf_add_cstr(&sb, "SELECT pg_catalog.set_config('migrate.changed_before', ");
    add_counter(spec, 1, &sb);
    strbuf_add_cstr(&sb, "::pg_catalog.text, true)");
    return finish(&sb, a);
}

const char *backfill_moved_sql(const struct batch_spec *spec, const char *history, struct arena *a)
{
    struct strbuf sb, count;
    strbuf_init(&sb, 1 << 16);
    strbuf_init(&count, 1024);
    strbuf_add_char(&count, '(');
    add_counter(spec, 11, &count);
    strbuf_add_cstr(&count, " - pg_catalog.current_setting('migrate.changed_before')::pg_catalog.int8)");
    add_progress(history, 0, strbuf_cstr(&count), "keys + ", &sb);
    strbuf_free(&count);
    return finish(&sb, a);
}

const char *backfill_count_sql(const struct backfill_key *k, const struct batch_spec *spec, bool has_lo,
                               struct str condition, struct session *s, struct arena *a)
{
    struct strbuf sb, alias;
    strbuf_init(&sb, SQL_MAX);
    strbuf_init(&alias, 1024);
    session_quote_identifier(s, spec->alias, &alias);
    strbuf_addf(&sb, "SELECT count(*) FROM ONLY %.*s AS %s WHERE ", STR_ARG(k->relation), strbuf_cstr(&alias));
    add_range(k, strbuf_cstr(&alias), has_lo, &sb);
    strbuf_addf(&sb, " AND (%.*s\n)", STR_ARG(condition));
    strbuf_free(&alias);
    return finish(&sb, a);
}

const char *backfill_between_sql(const struct backfill_key *k, bool has_lo, struct arena *a)
{
    struct strbuf sb;
    strbuf_init(&sb, SQL_MAX);
    strbuf_addf(&sb, "SELECT FROM ONLY %.*s a WHERE ", STR_ARG(k->relation));
    add_range(k, "a", has_lo, &sb);
    return finish(&sb, a);
}

void backfill_key_behind(const struct backfill_key *k, const char *array, size_t param, struct strbuf *out)
{
    /* $param is behind the values of the array. */
    for (size_t i = 0; i < k->n; i++) {
        const struct key_column *c = &k->column[i];
        const bool last = i + 1 == k->n;
        for (int half = 0; half < (last ? 1 : 2); half++) {
            const enum key_operator op = last || half == 1 ? KEY_GT : KEY_GE;
            strbuf_addf(out, "%s($%zu::pg_catalog.text[])[%zu]::%.*s %.*s %s[%zu]::%.*s%s", half == 0 ? "(" : "", param,
                        i + 1, STR_ARG(c->type), STR_ARG(c->operator[op]), array, i + 1, STR_ARG(c->type),
                        last        ? ""
                        : half == 0 ? " AND ("
                                    : " OR ");
        }
    }
    strbuf_add_repeat(out, ')', 2 * k->n - 1);
}
