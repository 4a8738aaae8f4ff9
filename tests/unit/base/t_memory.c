/* Arenas, arrays and maps. */
#include "base/map.h"
#include "base/vec.h"

#include <setjmp.h>
#include <cmocka.h>
#include <sys/wait.h>

static void arena_gives_zeroed_aligned_memory(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 1 << 20);
    for (size_t size = 0; size < 2000; size += 7) {
        const char *p = arena_alloc(&a, size);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(p[i], 0);
        }
        memset(arena_alloc(&a, 64), 0xff, 64);
    }
    arena_free(&a);
    assert_int_equal(a.used, 0);
}

static void arena_rewinds_across_chunks(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 8 << 20);
    struct str kept = arena_str(&a, STR("kept"));
    const struct arena_mark mark = arena_mark(&a);
    const size_t used = a.used;
    for (int i = 0; i < 100; i++) {
        arena_alloc(&a, 10000);
    }
    assert_true(a.used > used);
    arena_rewind(&a, mark);
    assert_int_equal(a.used, used);
    assert_true(str_eq(kept, STR("kept")));
    assert_true(str_eq(arena_printf(&a, "%d", 42), STR("42")));
    arena_reset(&a);
    assert_true(a.used > 0);
    arena_free(&a);
}

static void goes_back(void (*init)(struct arena *, size_t))
{
    struct arena a;
    char *chunks[40];
    init(&a, 1 << 26);
    arena_restore(&a, arena_save(&a)); /* of nothing */
    for (size_t i = 0; i < 40; i++) {
        chunks[i] = arena_alloc(&a, 60000);
        memset(chunks[i], (int)i, 60000);
    }
    const size_t used = a.used;
    struct arena_copy *copy = arena_save(&a);
    for (size_t i = 0; i < 40; i++) {
        chunks[i][i] = 'x';
        memset(arena_alloc(&a, 100000), 'y', 100000);
    }
    arena_restore(&a, copy);
    assert_int_equal(a.used, used);
    for (size_t i = 0; i < 40; i++) {
        assert_int_equal(chunks[i][i], (int)i);
        assert_int_equal(chunks[i][59999], (int)i);
    }
    assert_ptr_equal(arena_alloc(&a, 16), chunks[39] + 60000 + (16 - 60000 % 16) % 16);
    chunks[0][7] = 'z';
    arena_restore(&a, arena_save(&a));
    assert_int_equal(chunks[0][7], 'z'); /* what is written between saves stays */
    arena_free(&a);
}

static void arena_goes_back_to_a_copy(void **state)
{
    (void)state;
    goes_back(arena_init);
    goes_back(arena_init_saved);
}

static void arena_past_its_limit_ends_with_71(void **state)
{
    (void)state;
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        struct arena a;
        if (!freopen("/dev/null", "w", stderr)) {
            _exit(1);
        }
        arena_init(&a, 100000);
        for (;;) {
            arena_alloc(&a, 1000);
        }
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 71);
}

static void arrays_grow(void **state)
{
    (void)state;
    struct arena a;
    VEC(size_t) in_arena = {0}, in_heap = {0};
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < 1000; i++) {
        *vec_push(&a, &in_arena) = i;
        *vec_push(NULL, &in_heap) = i * i;
    }
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(in_arena.at[i], i);
        assert_int_equal(in_heap.at[i], i * i);
    }
    vec_free(&in_heap);
    arena_free(&a);
}

static void maps_remember(void **state)
{
    (void)state;
    struct arena a;
    struct map m;
    int value[500];
    arena_init(&a, 1 << 20);
    map_init(&m, &a);
    assert_null(map_get(&m, STR("x")));
    map_remove(&m, STR("x"));
    for (int i = 0; i < 500; i++) {
        map_put(&m, arena_printf(&a, "key%d", i), &value[i]);
    }
    for (int i = 0; i < 500; i += 2) {
        map_remove(&m, arena_printf(&a, "key%d", i));
    }
    for (int i = 0; i < 500; i++) {
        assert_ptr_equal(map_get(&m, arena_printf(&a, "key%d", i)), i % 2 ? &value[i] : NULL);
    }
    map_put(&m, STR("key0"), &value[7]);
    assert_ptr_equal(map_get(&m, STR("key0")), &value[7]);
    map_put(&m, STR_NONE, &value[9]);
    assert_ptr_equal(map_get(&m, STR("")), &value[9]);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_gives_zeroed_aligned_memory),
        cmocka_unit_test(arena_rewinds_across_chunks),
        cmocka_unit_test(arena_goes_back_to_a_copy),
        cmocka_unit_test(arena_past_its_limit_ends_with_71),
        cmocka_unit_test(arrays_grow),
        cmocka_unit_test(maps_remember),
    };
    return cmocka_run_group_tests_name("base/memory", tests, NULL, NULL);
}
