/* What statements leave in the session. */
#include "exec/touch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
    const char *sql;
    struct touch touch;
    bool replayable;
} cases[] = {
    {"CREATE TABLE t (id int)", {0}, false},
    {"CREATE TEMP TABLE t (id int)", {.session = true}, false},
    {"create local\ttemporary table t (id int)", {.session = true}, false},
    {"CREATE OR REPLACE TEMPORARY VIEW v AS SELECT 1", {.session = true}, false},
    {"CREATE TABLE pg_temp.t (id int)", {.session = true}, false},
    {"ALTER TABLE settings RENAME TO reset", {0}, false},
    {"INSERT INTO t VALUES (1)", {0}, false},
    {"SETTLE", {0}, false},
    {"SET search_path = app", {.session = true}, true},
    {"  set\nsearch_path = app", {.session = true}, true},
    {"SET/**/search_path = app", {.session = true}, true},
    {"SET LOCAL search_path = app", {.session = true}, false},
    {"SET CONSTRAINTS ALL DEFERRED", {.session = true}, false},
    {"SET TRANSACTION READ ONLY", {.session = true}, false},
    {"SET ROLE app", {.session = true, .role = true}, true},
    {"SET SESSION AUTHORIZATION app", {.session = true, .role = true}, true},
    {"DO $$ BEGIN SET ROLE app; END $$", {.session = true, .role = true}, false},
    {"DO $$ BEGIN EXECUTE 'SET search_path = x'; END $$", {.session = true}, false},
    {"SET lock_timeout = 0", {.session = true, .lock_timeout = true}, true},
    {"RESET ALL", {.session = true, .lock_timeout = true}, true},
    {"SELECT pg_catalog.set_config('search_path', '', false)", {.session = true}, true},
    {"SELECT pg_catalog.set_config('lock_timeout', '0', false)", {.session = true, .lock_timeout = true}, true},
    {"SELECT f()", {.session = true}, false},
    {"UPDATE t SET x = set_config('a.b', 'c', false)", {.session = true}, false},
    {"SELECT pg_advisory_unlock_all()", {.session = true, .lock = true}, false},
    {"DISCARD ALL", {.session = true, .lock = true}, false},
    {"DEALLOCATE ALL", {.session = true}, false},
    {"DECLARE c CURSOR WITH HOLD FOR SELECT 1", {.session = true}, false},
    {"", {0}, false},
};

static void statements(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(cases); i++) {
        const struct touch got = touch_of(str_of(cases[i].sql));
        const struct touch *want = &cases[i].touch;
        if (got.session != want->session || got.role != want->role || got.lock != want->lock ||
            got.lock_timeout != want->lock_timeout || touch_replayable(str_of(cases[i].sql)) != cases[i].replayable) {
            fail_msg("%s", cases[i].sql);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(statements)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
