/* The model without replay: what is known of names, lock modes, types. */
#include <setjmp.h>

#include <cmocka.h>

#include "catalog/expression.h"
#include "catalog/model.h"
#include "catalog/names.h"
#include "catalog/replay.h"

#define assert_str(got, want)                                                      \
    do {                                                                           \
        const struct str g_ = (got), w_ = str_of(want);                            \
        if (!str_eq(g_, w_)) {                                                     \
            fail_msg("got \"%.*s\", expected \"%.*s\"", STR_ARG(g_), STR_ARG(w_)); \
        }                                                                          \
    } while (0)

static const struct origin first = {1, 1, 1};

struct fixture {
    struct arena a;
    struct catalog c;
};

static int setup(void **state)
{
    static struct fixture f;
    arena_init(&f.a, 1 << 24);
    catalog_init(&f.c, &f.a);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    arena_free(&f->a);
    return 0;
}

static void test_quoting(void **state)
{
    static const char *const pairs[][2] = {
        {"plain", "plain"},
        {"_x1", "_x1"},
        {"Upper", "\"Upper\""},
        {"1a", "\"1a\""},
        {"a$", "\"a$\""},
        {"with space", "\"with space\""},
        {"select", "\"select\""},
        {"int", "\"int\""},
        {"left", "\"left\""},
        {"type", "type"},
        {"name", "name"},
        {"a\"b", "\"a\"\"b\""},
        {"", "\"\""},
        {"\xc3\xbc", "\"\xc3\xbc\""},
        {"between", "\"between\""},
        {"order", "\"order\""},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < countof(pairs); i++) {
        assert_str(name_quote(&f->a, str_of(pairs[i][0])), pairs[i][1]);
    }
    assert_str(name_display(&f->a, STR("My"), STR("t")), "\"My\".t");
    assert_str(name_display(&f->a, STR_NONE, STR("t")), "t");
}

static void test_unknown_and_absent(void **state)
{
    struct fixture *f = *state;
    struct catalog *c = &f->c;
    assert_null(catalog_resolve(c, STR_NONE, STR("t")));
    struct relation *t = catalog_mention(c, STR_NONE, STR("t"), REL_TABLE);
    assert_int_equal(t->exists, TRI_UNKNOWN);
    assert_false(t->complete);
    assert_ptr_equal(catalog_mention(c, STR("public"), STR("t"), REL_TABLE), t);
    assert_ptr_equal(catalog_resolve(c, STR_NONE, STR("t")), t);
    assert_int_equal(relation_proves_not_null(t, STR("a")), TRI_UNKNOWN);
    /* What was only mentioned becomes what is created, and keeps its identity. */
    assert_ptr_equal(catalog_add(c, STR("public"), STR("t"), REL_TABLE, first), t);
    assert_int_equal(t->exists, TRI_YES);
    assert_int_equal(t->loaded, TRI_NO);
    assert_int_equal(relation_proves_not_null(t, STR("a")), TRI_NO);
    catalog_drop(c, t);
    assert_null(catalog_resolve(c, STR_NONE, STR("t")));
    const struct relation *gone = catalog_mention(c, STR_NONE, STR("t"), REL_TABLE);
    assert_ptr_not_equal(gone, t);
    assert_int_equal(gone->exists, TRI_NO);
    /* In a complete catalog what is not there is known not to be; the system's own are another matter. */
    c->complete = true;
    assert_int_equal(catalog_mention(c, STR_NONE, STR("u"), REL_TABLE)->exists, TRI_NO);
    const struct relation *of_system = catalog_mention(c, STR_NONE, STR("pg_class"), REL_TABLE);
    assert_str(of_system->schema, "pg_catalog");
    assert_int_equal(of_system->exists, TRI_UNKNOWN);
}

static void test_search_path(void **state)
{
    struct fixture *f = *state;
    struct catalog *c = &f->c;
    struct relation *in_public = catalog_add(c, STR("public"), STR("t"), REL_TABLE, first);
    struct relation *in_app = catalog_add(c, STR("app"), STR("t"), REL_TABLE, first);
    assert_ptr_equal(catalog_resolve(c, STR_NONE, STR("t")), in_public);
    c->search_path.at[0] = STR("app");
    assert_ptr_equal(catalog_resolve(c, STR_NONE, STR("t")), in_app);
    assert_ptr_equal(catalog_resolve(c, STR("public"), STR("t")), in_public);
    const struct relation *temporary = catalog_add(c, STR("pg_temp"), STR("t"), REL_TABLE, first);
    assert_ptr_equal(catalog_resolve(c, STR_NONE, STR("t")), temporary);
}

static struct constraint *add_foreign(struct fixture *f, struct relation *from, struct relation *to, const char *name)
{
    struct constraint *con = arena_new(&f->a, struct constraint);
    *con = (struct constraint){
        .name = str_of(name), .kind = CON_FOREIGN, .valid = true, .enforced = true, .referenced = to};
    relation_add_constraint(&f->c, from, con);
    return con;
}

static void test_rename_and_drop(void **state)
{
    struct fixture *f = *state;
    struct catalog *c = &f->c;
    struct constraint_list fks = {0};
    struct relation *t = catalog_add(c, STR("public"), STR("t"), REL_TABLE, first);
    struct relation *u = catalog_add(c, STR("public"), STR("u"), REL_TABLE, first);
    struct constraint *con = add_foreign(f, u, t, "fk");
    relation_referencing(c, t, &f->a, &fks);
    assert_int_equal(fks.n, 1);
    assert_ptr_equal(fks.at[0], con);
    assert_str(name_choose(c, STR("public"), STR("f"), STR_NONE, "k", NAME_CONSTRAINT), "f_k");
    catalog_rename(c, t, STR("app"), STR("renamed"));
    assert_ptr_equal(catalog_resolve(c, STR("app"), STR("renamed")), t);
    assert_null(catalog_resolve(c, STR("public"), STR("t")));
    assert_int_equal(catalog_mention(c, STR("public"), STR("t"), REL_TABLE)->exists, TRI_NO);
    catalog_drop(c, t);
    assert_int_equal(u->constraints.n, 0);
    assert_int_equal(t->exists, TRI_NO);
}

static void test_descendants(void **state)
{
    struct fixture *f = *state;
    struct catalog *c = &f->c;
    struct relation *r[5];
    static const char *const names[] = {"top", "left", "right", "both", "leaf"};
    for (size_t i = 0; i < countof(r); i++) {
        r[i] = catalog_add(c, STR("public"), str_of(names[i]), REL_TABLE, first);
    }
    relation_add_child(c, r[0], r[1]);
    relation_add_child(c, r[0], r[2]);
    relation_add_child(c, r[1], r[3]); /* a child of two parents comes once */
    relation_add_child(c, r[2], r[3]);
    relation_add_child(c, r[3], r[4]);
    struct relation_list below = {0};
    relation_descendants(r[0], &f->a, &below);
    assert_int_equal(below.n, 4);
    for (size_t i = 0; i < below.n; i++) {
        assert_ptr_equal(below.at[i], r[i + 1]);
    }
}

static void test_made_up_names(void **state)
{
    struct fixture *f = *state;
    const struct str sixty = STR("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefgh");
    assert_str(name_compose(&f->a, STR("t"), STR("a"), STR("fkey")), "t_a_fkey");
    assert_str(name_compose(&f->a, STR("t"), STR_NONE, STR("pkey")), "t_pkey");
    assert_str(name_compose(&f->a, sixty, STR("id"), STR("seq")),
               "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcd_id_seq");
    assert_str(name_compose(&f->a, sixty, sixty, STR("key")),
               "abcdefghijklmnopqrstuvwxyzabc_abcdefghijklmnopqrstuvwxyzabc_key");
    assert_str(name_compose(&f->a, sixty, sixty, STR("fkey")),
               "abcdefghijklmnopqrstuvwxyzabc_abcdefghijklmnopqrstuvwxyzab_fkey");
    /* Never in the middle of a character. */
    assert_str(name_compose(&f->a,
                            STR("\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
                                "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
                                "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"),
                            STR_NONE, STR("pkey")),
               "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
               "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
               "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4_pkey");
}

static void test_lock_modes(void **state)
{
    static const unsigned conflicts[] = {0, 1, 2, 4, 5,
                                         5, 6, 7, 8}; /* how many modes each one conflicts with, by the manual */
    static const enum lock_blocks blocks[] = {BLOCKS_NONE,   BLOCKS_NONE,   BLOCKS_NONE,   BLOCKS_NONE, BLOCKS_DDL,
                                              BLOCKS_WRITES, BLOCKS_WRITES, BLOCKS_WRITES, BLOCKS_READS};
    (void)state;
    for (enum lock_mode a = LOCK_NONE; a <= LOCK_ACCESS_EXCLUSIVE; a++) {
        unsigned n = 0;
        enum lock_mode parsed;
        for (enum lock_mode b = LOCK_NONE; b <= LOCK_ACCESS_EXCLUSIVE; b++) {
            assert_int_equal(lock_conflicts(a, b), lock_conflicts(b, a));
            n += lock_conflicts(a, b);
        }
        assert_int_equal(n, conflicts[a]);
        assert_int_equal(lock_blocks(a), blocks[a]);
        assert_true(lock_mode_parse(str_of(lock_mode_name(a)), &parsed));
        assert_int_equal(parsed, a);
        assert_true(lock_mode_parse(str_of(lock_mode_catalog_name(a)), &parsed));
        assert_int_equal(parsed, a);
    }
    enum lock_mode mode;
    assert_true(lock_mode_parse(STR("access exclusive"), &mode));
    assert_false(lock_mode_parse(STR("EXCLUSIVELY"), &mode));
    assert_string_equal(lock_blocks_name(BLOCKS_WRITES), "writes");
}

static struct type_ref parse_type(struct fixture *f, const char *sql, size_t *read)
{
    const struct str text = str_of(sql);
    const struct statement st = expression_lex(&f->a, text);
    struct type_ref t;
    size_t i = 0;
    assert_true(type_ref_parse(&f->c, text, &st, &i, &t));
    *read = st.n_tokens - i;
    return t;
}

/* The texts are compared with a server's in create.case; here the rest of what a type_ref holds. */
static void test_type_refs(void **state)
{
    struct fixture *f = *state;
    size_t left;
    struct type_ref t = parse_type(f, "numeric(10, 2)[]", &left);
    assert_str(t.name, "numeric");
    assert_str(t.schema, "pg_catalog");
    assert_int_equal(t.mod[0], 10);
    assert_int_equal(t.mod[1], 2);
    assert_int_equal(t.dimensions, 1);
    assert_str(t.text, "numeric(10,2)[]");
    t = parse_type(f, "SETOF int[][3]", &left);
    assert_true(t.setof);
    assert_int_equal(t.dimensions, 2);
    assert_str(t.text, "integer[]");
    t = parse_type(f, "character varying (50) NOT NULL", &left);
    assert_int_equal(left, 2);
    assert_int_equal(t.mod[0], 50);
    t = parse_type(f, "timestamp(9) with time zone", &left);
    assert_str(t.text, "timestamp(6) with time zone");
    t = parse_type(f, "geometry(Point, 4326)", &left);
    assert_str(t.text, "geometry(Point,4326)");
    assert_int_equal(t.schema.n, 0);
    t = parse_type(f, "double", &left); /* no type of that name is known, so it is somebody's own */
    assert_str(t.name, "double");
    struct relation *r = catalog_add(&f->c, STR("public"), STR("t"), REL_TABLE, first);
    struct column *col = arena_new(&f->a, struct column);
    *col = (struct column){.name = STR("c"), .type = parse_type(f, "varchar(7)", &left)};
    *vec_push(&f->a, &r->columns) = col;
    t = parse_type(f, "t.c%TYPE", &left);
    assert_str(t.text, "character varying(7)");
    assert_int_equal(left, 0);
    const struct statement none = expression_lex(&f->a, STR("SELECT"));
    size_t i = 0;
    assert_false(type_ref_parse(&f->c, STR("SELECT"), &none, &i, &t));
    assert_int_equal(i, 0);
}

static void test_canonical_expressions(void **state)
{
    static const char *const pairs[][2] = {
        {"((a  > 0))", "a > 0"},
        {"(a > 0) AND (b > 0)", "( a > 0 ) AND ( b > 0 )"},
        {"\"a\" != 'It''s'", "a <> 'It''s'"},
        {"T . \"B\" is  not null", "t.\"B\" IS NOT NULL"},
        {"\"type\" = 1", "TYPE = 1"},
        {"x::int[]", "x :: INT [ ]"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < countof(pairs); i++) {
        const struct str text = str_of(pairs[i][0]);
        const struct statement st = expression_lex(&f->a, text);
        assert_str(expression_canonical(&f->a, text, &st, 0, st.n_tokens), pairs[i][1]);
    }
    assert_str(expression_rename(&f->a, STR("a > 0 AND lower ( a.b ) = 'a' AND f ( a ) :: a"), STR("a"), STR("B c")),
               "\"B c\" > 0 AND lower ( a.b ) = 'a' AND f ( \"B c\" ) :: a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_quoting, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unknown_and_absent, setup, teardown),
        cmocka_unit_test_setup_teardown(test_search_path, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rename_and_drop, setup, teardown),
        cmocka_unit_test_setup_teardown(test_descendants, setup, teardown),
        cmocka_unit_test_setup_teardown(test_made_up_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_type_refs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_canonical_expressions, setup, teardown),
        cmocka_unit_test(test_lock_modes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
