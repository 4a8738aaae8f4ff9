#include "exec/backfill_key.h"

enum { SQL_MAX = 1 << 24 };

/* indoption: 0 ascending, 3 descending with NULLs first, which read backwards is the same order. One direction for all columns. */
static const char keys_sql[] =
    "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), c.relkind, c.reltuples::pg_catalog.int8, i.indexrelid,"
    " a.attname, pg_catalog.quote_ident(a.attname), pg_catalog.format_type(a.atttypid, a.atttypmod)"
    " FROM (SELECT pg_catalog.to_regclass($1) AS oid) o JOIN pg_catalog.pg_class c ON c.oid = o.oid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
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
    " ORDER BY i.indisprimary DESC NULLS LAST, w.width, ic.relname, k";

/* ---- finding ---- */

static void read_columns(const struct rows *rows, size_t from, size_t n, struct arena *a, struct backfill_key *out)
{
    out->n = n;
    for (size_t i = 0; i < n; i++) {
        out->column[i] = arena_str(a, rows_value(rows, from + i, 4));
        out->quoted[i] = arena_str(a, rows_value(rows, from + i, 5));
        out->type[i] = arena_str(a, rows_value(rows, from + i, 6));
    }
}

static bool has_column(const struct rows *rows, size_t from, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(rows_value(rows, from + i, 4), name)) {
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
    for (size_t i = 0; i < n_wanted; i++) {
        if (!str_eq(rows_value(rows, from + i, 4), wanted[i])) {
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

static enum status refuse_table(const struct batch_spec *spec, const struct rows *rows, struct error *err)
{
    if (rows_count(rows) == 0) {
        error_set(err, ST_USAGE, "cannot run in batches: table %.*s does not exist", STR_ARG(spec->table));
        return ST_USAGE;
    }
    error_set(err, ST_USAGE, "cannot run in batches: %.*s is not a table with rows of its own",
              STR_ARG(rows_value(rows, 0, 0)));
    error_hint(err, "run it as one statement: -- migrate:whole because REASON");
    return ST_USAGE;
}

static enum status refuse_key(const struct batch_spec *spec, const struct rows *rows, size_t n_wanted,
                              struct error *err)
{
    const struct str relation = rows_value(rows, 0, 0);
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
        spec->key.n > 0 ? ", of just the columns that key= names" : "");
    error_hint(
        err,
        "make one (CREATE UNIQUE INDEX CONCURRENTLY), or run it as one statement: -- migrate:whole because REASON");
    return ST_USAGE;
}

enum status backfill_key_find(struct session *s, const struct batch_spec *spec, const struct str *wanted,
                              size_t n_wanted, struct arena *a, struct backfill_key *out, struct error *err)
{
    struct strbuf name;
    struct rows *rows = NULL;
    enum status status;
    *out = (struct backfill_key){0};
    strbuf_init(&name, 1024);
    if (spec->schema.n > 0) {
        session_quote_identifier(s, spec->schema, &name);
        strbuf_add_char(&name, '.');
    }
    session_quote_identifier(s, spec->table, &name);
    const struct param param = {strbuf_cstr(&name)};
    status = session_query(s, keys_sql, &param, 1, 60000, &rows, err);
    strbuf_free(&name);
    if (status) {
        return status;
    }
    const struct str kind = rows_count(rows) > 0 ? rows_value(rows, 0, 1) : STR("");
    if (!str_eq(kind, STR("r")) && !str_eq(kind, STR("p"))) {
        status = refuse_table(spec, rows, err);
        goto out;
    }
    out->relation = arena_str(a, rows_value(rows, 0, 0));
    out->rows = rows_i64(rows, 0, 2);
    for (size_t i = 0, n; i < rows_count(rows) && out->n == 0; i += n) {
        for (n = 1; i + n < rows_count(rows) && str_eq(rows_value(rows, i + n, 3), rows_value(rows, i, 3)); n++) {
        }
        if (!rows_null(rows, i, 3) && fits(rows, i, n, spec, wanted, n_wanted)) {
            read_columns(rows, i, n, a, out);
        }
    }
    if (out->n == 0) {
        status = refuse_key(spec, rows, n_wanted, err);
    }
out:
    rows_free(rows);
    return status;
}

/* ---- SQL ---- */

void backfill_key_row(const struct backfill_key *k, const char *alias, struct strbuf *out)
{
    for (size_t i = 0; i < k->n; i++) {
        strbuf_addf(out, "%s%s.%.*s", i > 0 ? ", " : k->n > 1 ? "(" : "", alias, STR_ARG(k->quoted[i]));
    }
    strbuf_add_cstr(out, k->n > 1 ? ")" : "");
}

void backfill_key_params(const struct backfill_key *k, size_t from, struct strbuf *out)
{
    for (size_t i = 0; i < k->n; i++) {
        strbuf_addf(out, "%s$%zu::%.*s", i > 0 ? ", " : k->n > 1 ? "(" : "", from + i, STR_ARG(k->type[i]));
    }
    strbuf_add_cstr(out, k->n > 1 ? ")" : "");
}

static void add_range(const struct backfill_key *k, const char *alias, bool has_lo, struct strbuf *out)
{
    if (has_lo) {
        backfill_key_row(k, alias, out);
        strbuf_add_cstr(out, " > ");
        backfill_key_params(k, 1, out);
        strbuf_add_cstr(out, " AND ");
    }
    backfill_key_row(k, alias, out);
    strbuf_add_cstr(out, " <= ");
    backfill_key_params(k, has_lo ? k->n + 1 : 1, out);
}

static void add_select(const struct backfill_key *k, struct strbuf *out)
{
    for (size_t i = 0; i < k->n; i++) {
        strbuf_addf(out, "%sa.%.*s::pg_catalog.text", i > 0 ? ", " : "SELECT ", STR_ARG(k->quoted[i]));
    }
    strbuf_addf(out, " FROM %.*s a", STR_ARG(k->relation));
}

static void add_order(const struct backfill_key *k, const char *direction, struct strbuf *out)
{
    for (size_t i = 0; i < k->n; i++) {
        strbuf_addf(out, "%sa.%.*s%s", i > 0 ? ", " : " ORDER BY ", STR_ARG(k->quoted[i]), direction);
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

const char *backfill_end_sql(const struct backfill_key *k, struct arena *a)
{
    struct strbuf sb;
    strbuf_init(&sb, SQL_MAX);
    add_select(k, &sb);
    add_order(k, " DESC", &sb);
    strbuf_add_cstr(&sb, " LIMIT 1");
    return finish(&sb, a);
}

const char *backfill_boundary_sql(const struct backfill_key *k, bool has_lo, struct arena *a)
{
    struct strbuf sb;
    strbuf_init(&sb, SQL_MAX);
    add_select(k, &sb);
    strbuf_add_cstr(&sb, " WHERE ");
    add_range(k, "a", has_lo, &sb);
    add_order(k, "", &sb);
    strbuf_addf(&sb, " OFFSET $%zu::pg_catalog.int8 LIMIT 1", k->n * (has_lo ? 2 : 1) + 1);
    return finish(&sb, a);
}

const char *backfill_batch_sql(const struct backfill_key *k, const struct batch_spec *spec, const char *history,
                               bool has_lo, struct session *s, struct arena *a)
{
    const size_t p = k->n * (has_lo ? 2 : 1);
    struct strbuf sb, alias;
    strbuf_init(&alias, 1024);
    session_quote_identifier(s, spec->alias.n > 0 ? spec->alias : spec->table, &alias);
    strbuf_init(&sb, SQL_MAX);
    /* A line end behind each piece of the file's text: it may end in a comment. */
    strbuf_addf(&sb, "WITH migrate_changed AS (%.*s\n WHERE ", STR_ARG(spec->head));
    add_range(k, strbuf_cstr(&alias), has_lo, &sb);
    if (spec->where.n > 0) {
        strbuf_addf(&sb, " AND (%.*s\n)", STR_ARG(spec->where));
    }
    /* Ahead of the range a row whose key was changed would be met again. That makes keys negative, which the table forbids. */
    strbuf_addf(&sb, " %.*s\n RETURNING ", STR_ARG(spec->tail));
    backfill_key_row(k, strbuf_cstr(&alias), &sb);
    strbuf_add_cstr(&sb, " <= ");
    backfill_key_params(k, has_lo ? k->n + 1 : 1, &sb);
    strbuf_add_cstr(&sb, " AS behind)");
    strbuf_addf(
        &sb,
        " UPDATE %s.backfills SET rows = rows + (SELECT count(*) FROM migrate_changed),"
        " cursor = $%zu::pg_catalog.text[], keys = CASE WHEN (SELECT pg_catalog.bool_and(behind) FROM migrate_changed)"
        " IS FALSE THEN -1 ELSE keys + $%zu::pg_catalog.int8 END, batches = batches + 1,"
        " batch_rows = $%zu::pg_catalog.int4, rate = $%zu::pg_catalog.float8, finished = $%zu::pg_catalog.bool,"
        " reason = NULL, updated_at = pg_catalog.clock_timestamp()"
        " WHERE version = $%zu AND direction = $%zu AND ordinal = $%zu::pg_catalog.int4"
        " RETURNING (SELECT count(*) FROM migrate_changed), control",
        history, p + 4, p + 5, p + 6, p + 7, p + 8, p + 1, p + 2, p + 3);
    strbuf_free(&alias);
    return finish(&sb, a);
}
