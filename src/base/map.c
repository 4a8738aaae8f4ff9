#include "base/map.h"

void map_init(struct map *m, struct arena *arena)
{
    *m = (struct map){.arena = arena};
}

/* The slot of key, or the free slot where it belongs. The table is never full. */
static struct map_slot *find(const struct map *m, struct str key)
{
    /* The kernel puts arenas elsewhere in each process, so that nobody can write names that all fall on one slot. */
    size_t i = (size_t)str_hash(key, (uint64_t)(uintptr_t)m->arena >> 4) & (m->cap - 1);
    while (m->slots[i].key.p && !str_eq(m->slots[i].key, key)) {
        i = (i + 1) & (m->cap - 1);
    }
    return &m->slots[i];
}

void *map_get(const struct map *m, struct str key)
{
    return m->cap == 0 ? NULL : find(m, key)->value;
}

static void grow(struct map *m)
{
    const struct map old = *m;
    m->cap = old.cap ? old.cap * 2 : 16;
    m->used = 0;
    m->slots = arena_array(m->arena, struct map_slot, m->cap);
    for (size_t i = 0; i < old.cap; i++) {
        if (old.slots[i].value) {
            *find(m, old.slots[i].key) = old.slots[i];
            m->used++;
        }
    }
}

void map_put(struct map *m, struct str key, void *value)
{
    if ((m->used + 1) * 4 > m->cap * 3) {
        grow(m);
    }
    struct map_slot *slot = find(m, key);
    if (!slot->key.p) {
        slot->key = key.p ? key : STR("");
        m->used++;
    }
    slot->value = value;
}

void map_remove(struct map *m, struct str key)
{
    if (m->cap > 0) {
        find(m, key)->value = NULL;
    }
}
