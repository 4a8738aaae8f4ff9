#include "db/live.h"

#include "catalog/expression.h"
#include "catalog/replay.h"
#include "db/live_impl.h"
#include "db/live_sql.h"

/* A catalog of 100,000 relations takes a few seconds. */
enum { READ_MS = 120 * 1000, TRIES = 5 };

/* ---- cells ---- */

struct str live_text(const struct live *l, const struct rows *r, size_t row, size_t column)
{
    const struct str value = rows_value(r, row, column);
    return value.n > 0 ? arena_str(l->c->arena, value) : STR_NONE;
}

char live_char(const struct rows *r, size_t row, size_t column)
{
    const struct str value = rows_value(r, row, column);
    return value.n > 0 ? value.p[0] : 0;
}

struct relation *live_relation(const struct live *l, const struct rows *r, size_t row, size_t column)
{
    return map_get(&l->relations, rows_value(r, row, column));
}

void live_names(const struct live *l, const struct rows *r, size_t row, size_t column, struct name_list *out)
{
    struct str rest = live_text(l, r, row, column), name;
    while (str_next(&rest, '\x01', &name)) {
        *vec_push(l->c->arena, out) = name;
    }
}

bool live_unshown(struct str text)
{
    return str_eq(text, STR(LIVE_UNSHOWN));
}

struct str live_canonical(const struct live *l, const struct live_expression *e)
{
    struct arena *a = l->c->arena;
    if (e->text.n == 0 || live_unshown(e->text)) {
        return e->text;
    }
    const struct statement st = expression_lex(a, e->text);
    if (e->mentions) {
        expression_columns(a, e->text, &st, 0, st.n_tokens, e->table, e->mentions);
    }
    if (e->proves) {
        expression_not_null(a, e->text, &st, 0, st.n_tokens, e->proves);
    }
    return expression_canonical(a, e->text, &st, 0, st.n_tokens);
}

/* Modifiers of a type of an extension, "(Point,4326)": they stand at the end of what format_type() prints. */
static struct str modifiers(struct str formatted)
{
    if (!str_ends(formatted, STR(")"))) {
        return STR_NONE;
    }
    size_t at = formatted.n;
    while (at > 0 && formatted.p[at - 1] != '(') {
        at--;
    }
    return at > 0 ? str_slice(formatted, at - 1, formatted.n) : STR_NONE;
}

void live_type_ref(const struct live *l, const struct rows *r, size_t row, size_t first, struct type_ref *out)
{
    struct arena *a = l->c->arena;
    const struct str schema = live_text(l, r, row, first), name = live_text(l, r, row, first + 1);
    const struct str formatted = live_text(l, r, row, first + 2);
    const int64_t dimensions = rows_i64(r, row, first + 3);
    size_t i = 0;
    *out = (struct type_ref){.mod = {-1, -1}};
    if (str_eq(schema, STR("pg_catalog"))) {
        const struct statement st = expression_lex(a, formatted);
        (void)type_ref_parse(l->c, formatted, &st, &i, out);
    } else {
        const struct str shown = name_display(a, schema, name);
        out->text = arena_printf(a, "%.*s%.*s", STR_ARG(shown), STR_ARG(modifiers(formatted)));
    }
    out->schema = schema;
    out->name = name;
    if (dimensions > 0) {
        out->dimensions = (unsigned)dimensions;
        out->text = arena_printf(a, "%.*s[]", STR_ARG(out->text));
    }
}

/* ---- session and schemas ---- */

static void read_session(struct live *l, const struct rows *r)
{
    l->c->time_zone = live_text(l, r, 0, 0);
    l->block_size = rows_i64(r, 0, 1);
}

static void read_search_path(struct live *l, const struct rows *r)
{
    l->c->search_path.n = 0;
    for (size_t i = 0; i < rows_count(r); i++) {
        *vec_push(l->c->arena, &l->c->search_path) = live_text(l, r, i, 0);
    }
}

static void read_schemas(struct live *l, const struct rows *r)
{
    catalog_schema(l->c, STR("public"))->exists = TRI_NO; /* unless it is there: a new catalog takes it for granted */
    for (size_t i = 0; i < rows_count(r); i++) {
        catalog_schema(l->c, rows_value(r, i, 0))->exists = TRI_YES;
    }
}

/* ---- all of it ---- */

/* Types and functions before columns, relations before what belongs to them, indexes before constraints. */
static void (*const readers[LIVE_N])(struct live *l, const struct rows *r) = {
    [LIVE_SESSION] = read_session,
    [LIVE_SEARCH_PATH] = read_search_path,
    [LIVE_SCHEMAS] = read_schemas,
    [LIVE_TYPES] = live_read_types,
    [LIVE_LABELS] = live_read_labels,
    [LIVE_FUNCTIONS] = live_read_functions,
    [LIVE_RELATIONS] = live_read_relations,
    [LIVE_COLUMNS] = live_read_columns,
    [LIVE_INDEXES] = live_read_indexes,
    [LIVE_KEYS] = live_read_keys,
    [LIVE_CONSTRAINTS] = live_read_constraints,
    [LIVE_TRIGGERS] = live_read_triggers,
    [LIVE_INHERITANCE] = live_read_inheritance,
    [LIVE_VIEWS] = live_read_views,
    [LIVE_SEQUENCES] = live_read_sequences,
    [LIVE_VIEW_WORDS] = live_read_view_words,
    [LIVE_POLICIES] = live_read_policies,
    [LIVE_RULES] = live_read_rules,
    [LIVE_STATISTICS] = live_read_statistics,
    [LIVE_PUBLICATIONS] = live_read_publications,
};

static const char *tenant_sql(struct arena *a, const char *sql)
{
    const size_t at = str_find(str_of(sql), STR(LIVE_OURS));
    return at == SIZE_MAX ? sql
                          : arena_printf(a, "%.*s%s%s", (int)at, sql, live_tenant_only, sql + at + strlen(LIVE_OURS)).p;
}

static enum status try_read(struct session *s, struct catalog *c, struct error *err)
{
    /* One snapshot for all queries, unless the caller has a transaction already: then it is as consistent as that. */
    const bool own = !session_in_transaction(s);
    struct pipelined items[LIVE_N + 5];
    struct rows *results[LIVE_N + 5] = {NULL};
    struct error ignored;
    struct live l = {.c = c};
    size_t n = 0, failed;
    if (own) {
        items[n++] = (struct pipelined){.sql = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};
        items[n++] = (struct pipelined){.sql = "SET LOCAL lock_timeout = '500ms'"};
        items[n++] = (struct pipelined){.sql = "SET LOCAL jit = off"}; /* compiling would take longer than running */
    }
    if (session_tenant(s)) {
        items[n++] = (struct pipelined){.sql = live_tenant_schemas};
    }
    const size_t first = n;
    for (int q = 0; q < LIVE_N; q++) {
        const char *sql = live_sql((enum live_query)q, session_server_version(s));
        items[n++] = (struct pipelined){.sql = session_tenant(s) ? tenant_sql(c->arena, sql) : sql};
    }
    if (own) {
        items[n++] = (struct pipelined){.sql = "COMMIT"};
    }
    const enum status status = session_pipeline(s, items, n, READ_MS, results, &failed, err);
    if (status) {
        error_context(err, "cannot read the catalog of %s", session_host(s));
        if (own && session_usable(s) && session_in_transaction(s)) {
            (void)!session_simple(s, STR("ROLLBACK"), READ_MS, NULL,
                                  &ignored); /* the failure above is the one to tell */
        }
    } else {
        map_init(&l.relations, c->arena);
        map_init(&l.types, c->arena);
        c->server_version = session_server_version(s) / 10000;
        for (int q = 0; q < LIVE_N; q++) {
            readers[q](&l, results[first + (size_t)q]);
        }
        live_sum_sizes(&l);
        c->complete = true;
    }
    for (size_t i = 0; i < n; i++) {
        rows_free(results[i]);
    }
    return status;
}

enum status live_catalog(struct session *s, struct catalog *c, struct error *err)
{
    enum status status = ST_OK;
    for (int attempt = 0; attempt < TRIES; attempt++) {
        /* A lock that came up between our look at pg_locks and our turn at the table: the next look sees it. */
        status = try_read(s, c, err);
        if (!status || error_sql_class(err) != SQL_LOCK_TIMEOUT || session_in_transaction(s)) {
            break;
        }
    }
    return status;
}
