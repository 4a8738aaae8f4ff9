#include "base/vec.h"

void *vec_grow(struct arena *arena, void *old, size_t n, size_t *cap, size_t size)
{
    const size_t first = size < 32 ? 8 : 2; /* lists of large elements are mostly short */
    const size_t wanted = n == 0 ? first : n + n / 2 + 1;
    const size_t bytes = mem_size(wanted, size);
    *cap = wanted;
    if (!arena) {
        return mem_realloc(old, bytes);
    }
    void *p = arena_alloc_raw(arena, bytes); /* vec_push() zeroes each element */
    if (n > 0) {
        memcpy(p, old, n * size);
    }
    return p;
}
