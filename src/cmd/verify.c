#include "cmd/verify.h"

#include "cmd/verify_compare.h"
#include "cmd/verify_example.h"
#include "report/style.h"
#include "sql/split.h"

enum { QUERY_MS = 60000, EXAMPLE_ARENA_MAX = 1 << 28 };

struct verifying {
    struct context *c;
    struct session *observer;
    struct arena arena; /* of one example */
    struct strbuf out;
    const struct form *form;
    const struct example *example;
    int major;
    size_t examples, differences, unproven;
    struct str_list roles; /* that were there before */
    struct error *err;
};

/* ---- a clean database ---- */

static enum status refuse_full(struct verifying *v)
{
    struct rows *rows = NULL;
    enum status status = session_query(v->c->session,
                                       "SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n"
                                       " ON n.oid = c.relnamespace WHERE n.nspname !~ '^(pg_|information_schema)'",
                                       NULL, 0, QUERY_MS, &rows, v->err);
    if (!status && rows_i64(rows, 0, 0) > 0) {
        status = error_set(v->err, ST_USAGE, "the database is not empty, and verify drops what its examples make");
        error_hint(v->err, "name an empty one, or --url ephemeral:");
    }
    rows_free(rows);
    return status;
}

static const char roles_sql[] = "SELECT rolname FROM pg_catalog.pg_roles ORDER BY 1";

static enum status remember_roles(struct verifying *v)
{
    struct rows *rows = NULL;
    const enum status status = session_query(v->c->session, roles_sql, NULL, 0, QUERY_MS, &rows, v->err);
    for (size_t i = 0; !status && i < rows_count(rows); i++) {
        *vec_push(&v->c->arena, &v->roles) = arena_str(&v->c->arena, rows_value(rows, i, 0));
    }
    rows_free(rows);
    return status;
}

static bool was_there(const struct verifying *v, struct str role)
{
    for (size_t i = 0; i < v->roles.n; i++) {
        if (str_eq(v->roles.at[i], role)) {
            return true;
        }
    }
    return false;
}

/* Roles belong to the whole server: those that examples made go with what they own and were granted here. */
static enum status drop_roles(struct verifying *v)
{
    struct rows *rows = NULL;
    struct strbuf sql;
    enum status status = session_query(v->c->session, roles_sql, NULL, 0, QUERY_MS, &rows, v->err);
    strbuf_init(&sql, 4096);
    for (size_t pass = 0; pass < 2 && !status; pass++) {
        for (size_t i = 0; !status && i < rows_count(rows); i++) {
            if (!was_there(v, rows_value(rows, i, 0))) {
                strbuf_reset(&sql);
                strbuf_add_cstr(&sql, pass == 0 ? "DROP OWNED BY " : "DROP ROLE ");
                session_quote_identifier(v->c->session, rows_value(rows, i, 0), &sql);
                status = session_simple(v->c->session, strbuf_str(&sql), QUERY_MS, NULL, v->err);
            }
        }
    }
    strbuf_free(&sql);
    rows_free(rows);
    return status;
}

/* The database was empty when we came, so all there is came from examples. */
static enum status clean(struct verifying *v)
{
    struct rows *rows = NULL;
    enum status status = session_query(
        v->c->session,
        "SELECT pg_catalog.format('DROP EVENT TRIGGER %I', evtname) FROM pg_catalog.pg_event_trigger"
        " UNION ALL SELECT pg_catalog.format('DROP PUBLICATION %I', pubname) FROM pg_catalog.pg_publication"
        " UNION ALL SELECT pg_catalog.format('DROP EXTENSION %I CASCADE', extname) FROM pg_catalog.pg_extension"
        " WHERE extname <> 'plpgsql'"
        " UNION ALL SELECT pg_catalog.format('DROP SCHEMA %I CASCADE', nspname) FROM pg_catalog.pg_namespace"
        " WHERE nspname !~ '^(pg_|information_schema)'"
        " UNION ALL SELECT 'CREATE SCHEMA public' UNION ALL SELECT 'RESET ALL'"
        " UNION ALL SELECT 'SET search_path = public' UNION ALL SELECT 'SET client_min_messages = warning'",
        NULL, 0, QUERY_MS, &rows, v->err);
    for (size_t i = 0; !status && i < rows_count(rows); i++) {
        status = session_simple(v->c->session, rows_value(rows, i, 0), QUERY_MS, NULL, v->err);
    }
    rows_free(rows);
    return status ? status : drop_roles(v);
}

/* Statements of a text, one at a time; stops at the first that fails. */
static enum status run_all(struct verifying *v, struct str sql)
{
    struct splitter sp;
    struct statement st;
    enum status status = ST_OK;
    splitter_init(&sp, sql, 0, (uint32_t)sql.n);
    while (!status && splitter_next(&sp, &st)) {
        status = session_simple(v->c->session, str_slice(sql, st.start, st.end), QUERY_MS, NULL, v->err);
    }
    splitter_free(&sp);
    return status;
}

/* ---- comparing ---- */

static void differ(void *arg, const char *what, struct str name, const char *claimed, const char *seen)
{
    struct verifying *v = arg;
    strbuf_addf(&v->out, "%.*s: %s %.*s: the rulebook says %s, PostgreSQL %d %s: ", STR_ARG(v->form->id), what,
                STR_ARG(name), claimed, v->major, seen);
    add_one_line(&v->out, v->example->sql, 100);
    strbuf_add_char(&v->out, '\n');
    v->differences++;
}

static void compare(struct verifying *v, const struct effects *e, const struct trace *t)
{
    const struct comparison c = {.differ = differ, .arg = v};
    trace_compare(&c, e, v->example->sql, t, &v->arena);
}

static void unproven(struct verifying *v, const char *why, const char *message)
{
    strbuf_addf(&v->out, "%.*s: %s: %s: ", STR_ARG(v->form->id), why, message);
    add_one_line(&v->out, v->example->sql, 100);
    strbuf_add_char(&v->out, '\n');
    v->unproven++;
}

/* ---- one example ---- */

static enum status verify_example(struct verifying *v)
{
    struct judged_part part;
    struct trace trace;
    arena_reset(&v->arena);
    v->examples++;
    enum status status = example_judge(&v->c->book, v->example, v->major, &v->arena, &part, v->err);
    if (status || part.statements.n != 1) {
        unproven(v, "the example cannot be read", status ? v->err->primary : "it is not one statement");
        return ST_OK;
    }
    const struct judged_statement *st = &part.statements.at[0];
    status = clean(v);
    if (status) {
        return status;
    }
    if (run_all(v, v->example->setup)) {
        /* A setup may need what this version has not. */
        if (st->effects.supported != TRI_NO) {
            unproven(v, "the setup failed", v->err->primary);
        }
        return ST_OK;
    }
    status = trace_statement(v->c->session, v->observer, st->source, false, &v->arena, &trace, v->err);
    if (status) {
        return status;
    }
    if (!trace.accepted && st->effects.supported != TRI_NO) {
        unproven(v, "the statement failed", trace.message);
    } else if (trace.accepted && st->effects.supported == TRI_NO) {
        differ(v, "supported", STR("the statement"), "no", "accepts it");
    } else if (trace.accepted) {
        compare(v, &st->effects, &trace);
    }
    return ST_OK;
}

enum status verify(struct context *c, struct error *err)
{
    struct verifying v = {.c = c, .err = err};
    enum status status = context_connect(c, err);
    if (!status) {
        v.major = session_server_version(c->session) / 10000;
        status = refuse_full(&v);
    }
    if (!status) {
        status = remember_roles(&v);
    }
    if (!status) {
        status = session_open(c->loop, &c->target, &v.observer, err);
    }
    if (status) {
        return status;
    }
    arena_init(&v.arena, EXAMPLE_ARENA_MAX);
    strbuf_init(&v.out, 1 << 24);
    for (size_t i = 0; i < c->book.n_forms && !status; i++) {
        v.form = c->book.forms[i];
        for (size_t k = 0; k < v.form->n_examples && !status; k++) {
            v.example = &v.form->examples[k];
            if (!c->set.only || str_eq(v.form->id, str_of(c->set.only))) {
                status = verify_example(&v);
            }
        }
        context_print(strbuf_str(&v.out));
        strbuf_reset(&v.out);
    }
    if (!status) {
        status = clean(&v);
    }
    if (!status) {
        strbuf_addf(&v.out, "%zu example%s on PostgreSQL %d: %zu difference%s, %zu could not be tried\n", v.examples,
                    v.examples == 1 ? "" : "s", v.major, v.differences, v.differences == 1 ? "" : "s", v.unproven);
        context_print(strbuf_str(&v.out));
        status = v.differences + v.unproven > 0 ? ST_CHECK : ST_OK;
    }
    session_close(v.observer);
    strbuf_free(&v.out);
    arena_free(&v.arena);
    return status;
}
