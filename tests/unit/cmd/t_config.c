/* migrate.yaml: the table agrees with the options, and values come through with their place. */
#include <setjmp.h>
/* cmocka needs setjmp.h before it */
#include <cmocka.h>

#include "base/file.h"
#include "cmd/config.h"
#include "cmd/rows.h"

struct fixture {
    struct arena arena;
    struct settings s;
    struct command_line line;
    struct config config;
    struct error err;
    char path[64];
};

static const struct command offline = {.name = "lint", .groups = GROUP_JUDGE | GROUP_FILES | GROUP_COMMON};
static const struct command online = {.name = "up", .groups = GROUP_DATABASE | GROUP_COMMON};

static int setup(void **state)
{
    struct fixture *f = mem_alloc(sizeof(*f));
    *f = (struct fixture){.line.command = &offline};
    arena_init(&f->arena, 64 << 20);
    snprintf(f->path, sizeof f->path, "/tmp/t_config-%ld.yaml", (long)getpid());
    settings_default(&f->s);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    unlink(f->path);
    arena_free(&f->arena);
    free(f);
    return 0;
}

static enum status load(struct fixture *f, const char *text)
{
    struct error err = {0};
    assert_int_equal(file_write_atomic(f->path, str_of(text), &err), ST_OK);
    f->s.config = f->path;
    return config_load(&f->config, &f->line, &f->arena, &f->s, &f->err);
}

/* A key with the name of an option has its kind, its target, its words and its limits. */
static void table_agrees(void **state)
{
    const struct config_key *k;
    unsigned found = 0;
    (void)state;
    assert_string_equal(config_key_at(CONFIG_KEY_URL)->name, "url");
    for (size_t i = 0; (k = config_key_at(i)) != NULL; i++) {
        const struct option_rows *g;
        for (size_t n = 0; k->row.name && (g = option_group_rows(n)) != NULL; n++) {
            for (size_t j = 0; j < g->n; j++) {
                const struct option *o = &g->rows[j];
                if (strcmp(o->name, k->row.name) != 0) {
                    continue;
                }
                found++;
                assert_int_equal(o->kind, k->row.kind);
                assert_true((k->use & CONFIG_OWN) || o->target == k->row.target);
                assert_int_equal(o->min, k->row.min);
                assert_int_equal(o->max, k->row.max);
                assert_string_equal(o->argument ? o->argument : "", k->row.argument ? k->row.argument : "");
            }
        }
    }
    assert_true(found >= 15); /* it looked at all */
}

static void values(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(load(f, "dir: [a, /b]\ngate: note\nserver_version: 17\ncatalog: c.db\n"
                             "rules: {small_rows: 5, small_bytes: 6, folders: r}\n"
                             "timeouts: {lock: 1s, lock_budget: 1h, statement: 3, run_lock_wait: 2min}\n"),
                     ST_OK);
    assert_int_equal(f->s.dirs.n, 2);
    assert_string_equal(f->s.dirs.at[0], "/tmp/a");
    assert_string_equal(f->s.dirs.at[1], "/b");
    assert_string_equal(f->s.rules.at[0], "/tmp/r");
    assert_string_equal(f->s.catalog, "/tmp/c.db");
    assert_int_equal(f->s.gate, GATE_NOTE);
    assert_int_equal(f->s.server_version, 17);
    assert_int_equal(f->config.small_rows, 5);
    assert_int_equal(f->config.small_bytes, 6);
    assert_int_equal(f->s.lock_timeout_ms, 1000);
    assert_int_equal(f->s.lock_budget_ms, 3600 * 1000);
    assert_int_equal(f->s.statement_timeout_ms, 3);
    assert_int_equal(f->s.run_lock_wait_ms, 120000);
}

/* What was said elsewhere stays, a catalog is not for commands that connect. */
static void said_elsewhere(void **state)
{
    struct fixture *f = *state;
    *vec_push(&f->arena, &f->line.given) = "dir";
    *vec_push(&f->arena, &f->s.dirs) = "here";
    f->line.command = &online;
    setenv("MIGRATE_LOCK_BUDGET", "7s", 1);
    assert_int_equal(load(f, "dir: a\ncatalog: c.db\ntimeouts: {lock_budget: 1h}\n"), ST_OK);
    unsetenv("MIGRATE_LOCK_BUDGET");
    assert_int_equal(f->s.dirs.n, 1);
    assert_string_equal(f->s.dirs.at[0], "here");
    assert_null(f->s.catalog);
    assert_int_equal(f->s.lock_budget_ms, 600000);
}

static void environments(void **state)
{
    struct fixture *f = *state;
    f->s.env = "p";
    assert_int_equal(load(f, "environments:\n  p: {gate: off, dir: b}\n  q: {gate: note, dir: c, catalog: c}\n"
                             "gate: warning\ndir: a\n"),
                     ST_OK);
    assert_string_equal(f->config.environment, "p");
    assert_int_equal(f->s.gate, GATE_OFF);
    assert_int_equal(f->s.dirs.n, 1);
    assert_string_equal(f->s.dirs.at[0], "/tmp/b");
    assert_null(f->s.catalog);
    f->s.env = "nosuch";
    assert_int_equal(load(f, "environments: {}\n"), ST_USAGE);
}

static void rules(void **state)
{
    struct fixture *f = *state;
    struct rulebook book;
    assert_int_equal(rulebook_open(&book, &f->err), ST_OK);
    f->s.env = "p";
    assert_int_equal(load(f, "rules: {severity: {unknown-form: off, ban-drop-table: error}}\n"
                             "environments:\n  p: {rules: {severity: {ban-drop-table: note}}}\n"
                             "  q: {rules: {severity: {ban-drop-table: off}}}\n"),
                     ST_OK);
    assert_int_equal(config_rules(&f->config, &book, &f->arena, &f->err), ST_OK);
    assert_int_equal(f->config.n_rules, 2);
    assert_true(str_eq(f->config.rules[0].rule, STR("ban-drop-table")));
    assert_false(f->config.rules[0].off);
    assert_int_equal(f->config.rules[0].severity, SEVERITY_NOTE);
    assert_true(f->config.rules[1].off);
    /* a rule under two of its names */
    const struct hazard *h = NULL;
    for (size_t i = 0; i < book.n_hazards && !h; i++) {
        h = book.hazards[i]->aliases.n > 0 ? book.hazards[i] : NULL;
    }
    assert_non_null(h);
    struct str aliases = h->aliases, alias;
    assert_true(str_next(&aliases, ' ', &alias));
    f->s.env = NULL;
    assert_int_equal(load(f, arena_printf(&f->arena, "rules:\n severity:\n  %.*s: off\n  %.*s: note\n", STR_ARG(h->id),
                                          STR_ARG(alias))
                                 .p),
                     ST_OK);
    assert_int_equal(config_rules(&f->config, &book, &f->arena, &f->err), ST_USAGE);
    assert_int_equal(f->err.line, 4);
    assert_int_equal(f->err.column, 3);
    rulebook_free(&book);
}

static void url(void **state)
{
    static const struct {
        const char *written, *want; /* NULL: refused */
    } cases[] = {
        {"postgres://h/d", "postgres://h/d"},
        {"${T_CONFIG_A}", "x$y"},
        {"a${T_CONFIG_A}b${T_CONFIG_A}", "ax$ybx$y"},
        {"a$b$$c", "a$b$$c"},
        {"a${T_CONFIG_NONE}", NULL},
        {"a${T_CONFIG_A", NULL},
    };
    struct fixture *f = *state;
    setenv("T_CONFIG_A", "x$y", 1);
    for (size_t i = 0; i < countof(cases); i++) {
        const char *got;
        assert_int_equal(load(f, arena_printf(&f->arena, "url: '%s'\n", cases[i].written).p), ST_OK);
        const enum status status = config_url(&f->config, &f->arena, &got, &f->err);
        assert_int_equal(status, cases[i].want ? ST_OK : ST_USAGE);
        if (cases[i].want) {
            assert_string_equal(got, cases[i].want);
        } else {
            assert_int_equal(f->err.line, 1);
            assert_null(got);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_agrees),
        cmocka_unit_test_setup_teardown(values, setup, teardown),
        cmocka_unit_test_setup_teardown(said_elsewhere, setup, teardown),
        cmocka_unit_test_setup_teardown(environments, setup, teardown),
        cmocka_unit_test_setup_teardown(rules, setup, teardown),
        cmocka_unit_test_setup_teardown(url, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
