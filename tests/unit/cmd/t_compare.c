/* What the rulebook says beside what a server did. */
#include <setjmp.h>
/* cmocka needs setjmp.h before it */
#include <cmocka.h>

#include "catalog/model.h"
#include "cmd/verify_compare.h"

struct told {
    char text[1024];
};

static void differ(void *arg, const char *what, struct str name, const char *claimed, const char *seen)
{
    struct told *t = arg;
    const size_t n = strlen(t->text);
    snprintf(t->text + n, sizeof(t->text) - n, "%s %.*s: %s / %s\n", what, STR_ARG(name), claimed, seen);
}

static void check(const struct effects *e, struct seen_relation seen, bool lenient, const char *want)
{
    struct told told = {""};
    struct arena a;
    struct trace t = {.accepted = true, .in_transaction = true, .seen = {&seen, 1, 1}};
    const struct comparison c = {.differ = differ, .arg = &told, .lenient = lenient};
    arena_init(&a, SIZE_MAX);
    seen.name = STR("public.t");
    seen.kind = 'r';
    seen.was_there = true;
    trace_compare(&c, e, STR("ALTER TABLE t"), &t, &a);
    assert_string_equal(told.text, want);
    arena_free(&a);
}

static void locks(void **state)
{
    (void)state;
    struct relation_lock lock = {.mode = LOCK_SHARE, .certain = true, .schema = STR("public"), .name = STR("t")};
    const struct effects e = {.in_transaction = TRI_YES, .locks = {&lock, 1, 1}};
    check(&e, (struct seen_relation){.lock = LOCK_SHARE}, true, "");
    check(&e, (struct seen_relation){.lock = LOCK_ACCESS_EXCLUSIVE}, true,
          "lock on public.t: SHARE / ACCESS EXCLUSIVE\n");
    check(&e, (struct seen_relation){.lock = LOCK_NONE}, true, "lock on public.t: SHARE / no lock\n");
    lock.certain = false; /* feared: it need not come, but nothing stronger may */
    check(&e, (struct seen_relation){.lock = LOCK_NONE}, true, "");
    check(&e, (struct seen_relation){.lock = LOCK_NONE}, false, "lock on public.t: SHARE / no lock\n");
    check(&e, (struct seen_relation){.lock = LOCK_ACCESS_EXCLUSIVE}, true,
          "lock on public.t: SHARE / ACCESS EXCLUSIVE\n");
    const struct effects none = {.in_transaction = TRI_YES};
    check(&none, (struct seen_relation){.lock = LOCK_SHARE}, true, "lock on public.t: no lock / SHARE\n");
}

static void work(void **state)
{
    (void)state;
    struct relation_effect effect = {.certain = true, .schema = STR("public"), .name = STR("t")};
    const struct effects none = {.in_transaction = TRI_YES},
                         scans = {.in_transaction = TRI_YES, .scan = {&effect, 1, 1}},
                         rewrites = {.in_transaction = TRI_YES, .rewrite = {&effect, 1, 1}};
    check(&none, (struct seen_relation){.rewritten = true, .scanned = true, .rows = 5}, true,
          "rewriting public.t: no / does it\nreading all of public.t: no / does it\n");
    check(&scans, (struct seen_relation){.scanned = true, .rows = 5}, true, "");
    check(&scans, (struct seen_relation){.rows = 5}, true, "reading all of public.t: yes / does not\n");
    check(&scans, (struct seen_relation){.rows = 0}, true, ""); /* nothing to read */
    check(&rewrites, (struct seen_relation){.rewritten = true, .rows = 5}, true, "");
    check(&rewrites, (struct seen_relation){.emptied = true}, true, "");
    check(&rewrites, (struct seen_relation){.rows = 5}, true,
          "rewriting public.t: yes / does not\nreading all of public.t: yes / does not\n");
}

static void transactions(void **state)
{
    (void)state;
    const struct effects e = {.in_transaction = TRI_NO};
    check(&e, (struct seen_relation){.lock = LOCK_NONE}, true, "in a transaction the statement: refused / allows it\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(locks), cmocka_unit_test(work), cmocka_unit_test(transactions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
