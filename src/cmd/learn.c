#include "cmd/learn.h"

#include "catalog/replay.h"
#include "rules/facts.h"

enum { READ_MS = 30 * 1000 };

static struct str question(struct context *c)
{
    struct strbuf sql, schema;
    strbuf_init(&sql, 1 << 16);
    strbuf_init(&schema, 1 << 10);
    session_quote_identifier(c->session, str_of(c->set.schema), &schema);
    const struct str s = strbuf_str(&schema);
    strbuf_addf(
        &sql,
        "SELECT s.rows, GREATEST((EXTRACT(epoch FROM s.finished_at - s.started_at)::pg_catalog.float8 "
        "  * '1000'::pg_catalog.float8)::pg_catalog.int8 - s.lock_wait_ms, 0), "
        "  CASE WHEN s.kind <> 'backfill'::pg_catalog.text THEN m.file_text END "
        "FROM %.*s.steps s JOIN %.*s.migrations m ON m.version = s.version "
        "WHERE s.direction = 'up'::pg_catalog.text AND s.state = 'done'::pg_catalog.text "
        "  AND s.attempts <= '1'::pg_catalog.int4 "
        "  AND s.finished_at - s.started_at >= '1 second'::pg_catalog.interval "
        "  AND (s.kind = 'backfill'::pg_catalog.text AND s.rows > '0'::pg_catalog.int8 "
        "    OR m.n_steps = '1'::pg_catalog.int4 AND s.statements = '1'::pg_catalog.int4 AND m.file_text IS NOT NULL) "
        "ORDER BY s.finished_at DESC LIMIT 500",
        STR_ARG(s), STR_ARG(s));
    const struct str text = arena_str(&c->arena, strbuf_str(&sql));
    strbuf_free(&sql);
    strbuf_free(&schema);
    return text;
}

/* The index that CREATE INDEX has made: while it did, it was not there. */
static struct relation *made_index(const struct catalog *catalog, const struct classified *what, struct arena *a)
{
    for (unsigned i = 0; i < what->n_captures; i++) {
        const struct capture *c = &what->captures[i];
        struct str schema, name;
        if (str_eq(c->name, STR("index")) && c->end > c->start &&
            term_split_name(a, str_slice(what->shape->text, c->start, c->end), &schema, &name)) {
            return catalog_resolve(catalog, schema, name);
        }
    }
    return NULL;
}

/* The only statement of an up part is the first of the file: what stands before it are comments. */
static void learn_statement(struct context *c, struct catalog *catalog, struct str text, int64_t took_ms,
                            struct measured *out)
{
    struct arena a;
    struct splitter sp;
    struct statement st;
    struct shape_list shapes = {0};
    arena_init(&a, (size_t)64 << 20);
    splitter_init(&sp, text, 0, (uint32_t)text.n);
    if (splitter_next(&sp, &st)) {
        struct classified what;
        struct effects effects;
        enum work_kind work;
        shape_of(text, &st, &a, &shapes);
        if (shapes.n == 1) {
            classify(&c->book, catalog, catalog->server_version, text, &st, &shapes.at[0], &what);
            struct relation *made = made_index(catalog, &what, &a);
            const enum tri there = made ? made->exists : TRI_NO;
            if (made) {
                made->exists = TRI_NO;
            }
            effects_of(&c->book, &what, catalog, catalog->server_version, &a, &effects);
            if (made) {
                made->exists = there;
            }
            const int64_t ms = estimate_single(&effects, &work);
            if (ms > 0) {
                measured_add(out, work, ms, took_ms);
            }
        }
    }
    splitter_free(&sp);
    arena_free(&a);
}

void learn_measured(struct context *c, struct catalog *catalog, struct measured *out)
{
    struct rows *rows = NULL;
    struct error ignored;
    if (context_rulebook(c, &ignored) || session_query(c->session, question(c).p, NULL, 0, READ_MS, &rows, &ignored)) {
        rows_free(rows);
        return;
    }
    for (size_t i = 0; i < rows_count(rows); i++) {
        const int64_t changed = rows_i64(rows, i, 0), took = rows_i64(rows, i, 1);
        const struct str text = arena_str(&c->arena, rows_value(rows, i, 2));
        if (text.n > 0) {
            learn_statement(c, catalog, text, took, out);
        } else if (changed > 0) {
            measured_add(out, WORK_UPDATE, estimate_work(WORK_UPDATE, changed, 0), took);
        }
    }
    rows_free(rows);
}
