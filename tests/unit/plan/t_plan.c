/*
 * Steps from judged statements, from tests/cases/plan/plan.case. The input is SQL; "% N flags" says how the N-th statement was judged:
 *
 *     tX       transaction number X (default: its own)
 *     alone    outside a transaction         backfill     in batches
 *     catalog | long | online | data | transaction         its class (default catalog)
 *     refused  PostgreSQL refuses it in a transaction
 *     unsupported  this version of PostgreSQL does not have it
 *     begin    the file's own transaction control
 *     lock=X   lock_timeout of a directive, in milliseconds;  statement=X  statement_timeout
 *     build=X  the index it builds
 *     MODE:relation, with _ for blanks       a lock
 *
 * Shown: one line a step (kind, class, lock_timeout/statement_timeout), its statements, its locks; or the refusal.
 */
#include "../migration/cases.h"

#include "plan/plan.h"

struct fixture {
    struct arena *a;
    struct catalog catalog;
};

static void apply_flag(struct fixture *f, struct judged_statement *s, struct str flag)
{
    static const char *const classes[] = {"catalog", "long", "online", "data", "transaction"};
    static const enum form_class values[] = {CLASS_CATALOG, CLASS_LONG, CLASS_ONLINE, CLASS_DATA, CLASS_TRANSACTION};
    const size_t colon = str_find_char(flag, ':'), equals = str_find_char(flag, '=');
    int64_t n = 0;
    if (colon != SIZE_MAX) {
        struct relation_lock *l = vec_push(f->a, &s->effects.locks);
        char *mode = arena_cstr(f->a, str_slice(flag, 0, colon));
        for (char *c = mode; *c; c++) {
            *c = (char)(*c == '_' ? ' ' : *c);
        }
        assert_true(lock_mode_parse(str_of(mode), &l->mode));
        l->relation = catalog_mention(&f->catalog, STR("public"), str_slice(flag, colon + 1, flag.n), REL_TABLE);
        l->schema = l->relation->schema;
        l->name = l->relation->name;
        return;
    }
    if (str_starts(flag, STR("build="))) {
        struct relation_effect *b = vec_push(f->a, &s->effects.build);
        b->relation = catalog_mention(&f->catalog, STR("public"), str_slice(flag, equals + 1, flag.n), REL_INDEX);
        return;
    }
    if (equals != SIZE_MAX) {
        assert_true(str_to_i64(str_slice(flag, equals + 1, flag.n), 0, 1 << 30, &n));
        struct directive *d = vec_push(f->a, &s->directives);
        *d = (struct directive){.kind = DIRECTIVE_TIMEOUT, .lock_ms = -1, .statement_ms = -1};
        *(str_starts(flag, STR("lock")) ? &d->lock_ms : &d->statement_ms) = n;
        return;
    }
    if (flag.n > 1 && flag.p[0] == 't' && str_to_i64(str_slice(flag, 1, flag.n), 1, 1000, &n)) {
        s->transaction = (uint32_t)n;
    }
    s->alone = s->alone || str_eq(flag, STR("alone"));
    s->backfill = s->backfill || str_eq(flag, STR("backfill"));
    s->kind = str_eq(flag, STR("begin")) ? STATEMENT_TRANSACTION : s->kind;
    s->effects.in_transaction = str_eq(flag, STR("refused")) ? TRI_NO : s->effects.in_transaction;
    s->effects.supported = str_eq(flag, STR("unsupported")) ? TRI_NO : s->effects.supported;
    for (size_t i = 0; i < countof(classes); i++) {
        s->effects.class = str_eq(flag, str_of(classes[i])) ? values[i] : s->effects.class;
    }
}

static void apply_flags(struct fixture *f, const struct test_case *c, struct judged_statement *s, int64_t number)
{
    struct str rest = c->settings, line, flag;
    int64_t n;
    while (rest.n > 0 && str_next(&rest, '\n', &line)) {
        if (line.n > 0 && str_next(&line, ' ', &flag) && str_to_i64(flag, 1, 1000, &n) && n == number) {
            while (str_next(&line, ' ', &flag)) {
                apply_flag(f, s, flag);
            }
        }
    }
}

static void show(const struct migration_plan *p, struct strbuf *out)
{
    static const char *const classes[] = {"catalog", "long", "online", "data", "transaction"};
    for (size_t i = 0; i < p->steps.n; i++) {
        const struct step *s = &p->steps.at[i];
        assert_int_equal(s->ordinal, i + 1);
        assert_int_equal(strlen(s->sha256), 64);
        strbuf_addf(out, "%s %s %" PRId64 "/%" PRId64 "%s%.*s\n", step_kind_name(s->kind), classes[s->class],
                    s->lock_timeout_ms, s->statement_timeout_ms, s->built_index.n ? " builds " : "",
                    STR_ARG(s->built_index));
        for (size_t k = 0; k < s->statements.n; k++) {
            const struct planned_statement *st = &s->statements.at[k];
            strbuf_addf(out, "  %.*s\n", STR_ARG(st->sql));
            if (st->copy_data.p) {
                strbuf_addf(out, "  data |%.*s|\n", STR_ARG(st->copy_data));
            }
        }
        for (size_t k = 0; k < s->locks.n; k++) {
            strbuf_addf(out, "  %s on %.*s\n", lock_mode_name(s->locks.at[k].mode), STR_ARG(s->locks.at[k].name));
        }
    }
}

static void judge_by_hand(struct fixture *f, const struct test_case *c, struct migration *m, struct judged_part *part)
{
    struct splitter sp;
    struct statement st;
    struct line_map map;
    *m = (struct migration){.file = STR("f.sql"), .text = c->input};
    m->up.tx = str_find(c->settings, STR("0 one")) != SIZE_MAX ? TX_TRUE : TX_AUTO;
    *part = (struct judged_part){.migration = m};
    splitter_init(&sp, c->input, 0, (uint32_t)c->input.n);
    line_map_init(&map, c->input);
    while (splitter_next(&sp, &st)) {
        struct judged_statement *s = vec_push(f->a, &part->statements);
        s->st = st;
        s->st.tokens = arena_array(f->a, struct token, st.n_tokens);
        memcpy(s->st.tokens, st.tokens, st.n_tokens * sizeof(st.tokens[0]));
        s->source = str_slice(c->input, st.start, st.end);
        s->kind = st.psql ? STATEMENT_PSQL : STATEMENT_SQL;
        s->transaction = 1000 + (uint32_t)part->statements.n;
        s->effects.in_transaction = TRI_YES;
        s->effects.supported = TRI_YES;
        line_map_find(&map, st.start, &s->line, &s->column);
        apply_flags(f, c, s, (int64_t)part->statements.n);
    }
    line_map_free(&map);
    splitter_free(&sp);
}

static void plan(const struct test_case *c, struct arena *a, struct strbuf *out)
{
    struct fixture f = {.a = a};
    const struct plan_options options = {.lock_timeout_ms = 200, .data_statement_timeout_ms = 7};
    struct migration m;
    struct judged_part part;
    struct migration_plan p;
    struct error err;
    catalog_init(&f.catalog, a);
    judge_by_hand(&f, c, &m, &part);
    if (plan_make(&part, &options, a, &p, &err)) {
        assert_int_equal(err.status, ST_USAGE);
        error_format(&err, out);
    } else {
        show(&p, out);
    }
}

static void cases(void **state UNUSED)
{
    run_cases("tests/cases/plan/plan.case", plan);
}

/* The digest of a step's statements: line ends and neighbours do not matter, anything else does. */
static void digest(struct arena *a, const char *sql, char out[65])
{
    struct fixture f = {.a = a};
    const struct test_case c = {.input = str_of(sql)};
    const struct plan_options options = {.lock_timeout_ms = 200};
    struct migration m;
    struct judged_part part;
    struct migration_plan p;
    struct error err;
    catalog_init(&f.catalog, a);
    judge_by_hand(&f, &c, &m, &part);
    assert_int_equal(plan_make(&part, &options, a, &p, &err), ST_OK);
    memcpy(out, p.steps.at[0].sha256, 65);
}

static void digests(void **state UNUSED)
{
    struct arena a;
    char one[65], same[65], other[65];
    arena_init(&a, 1 << 22);
    digest(&a, "SELECT 1,\n 2;", one);
    digest(&a, "-- remark\r\nSELECT 1,\r\n 2\r\n;", same);
    assert_string_equal(one, same);
    digest(&a, "SELECT 1,\n  2;", other);
    assert_string_not_equal(one, other);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cases), cmocka_unit_test(digests)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
