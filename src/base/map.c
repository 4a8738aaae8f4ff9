#include "base/map.h"

void map_init(struct map *m, struct arena *arena)
{
    *m = (struct map){.arena = arena};
}

/* The kernel puts arenas elsewhere in each process, so that nobody can write names that all fall on one slot. */
uint64_t map_hash(const struct map *m, struct str s)
{
    return str_hash(s, (uint64_t)(uintptr_t)m->arena >> 4);
}

/* The slot of key, or the free slot where it belongs. The table is never full. */
static struct map_slot *find(const struct map *m, struct str key, uint64_t hash)
{
    size_t i = (size_t)hash & (m->cap - 1);
    while (m->slots[i].key.p && !(m->slots[i].hash == hash && str_eq(m->slots[i].key, key))) {
        i = (i + 1) & (m->cap - 1);
    }
    return &m->slots[i];
}

void *map_get(const struct map *m, struct str key)
{
    return m->cap == 0 ? NULL : find(m, key, map_hash(m, key))->value;
}

static void grow(struct map *m)
{
    const struct map old = *m;
    m->cap = old.cap ? old.cap * 2 : 16;
    m->used = 0;
    m->slots = arena_array(m->arena, struct map_slot, m->cap);
    for (size_t i = 0; i < old.cap; i++) {
        if (old.slots[i].value) {
            *find(m, old.slots[i].key, old.slots[i].hash) = old.slots[i];
            m->used++;
        }
    }
}

/* The slot that is to hold a new value. */
static struct map_slot *put(struct map *m, struct str key, uint64_t hash)
{
    if ((m->used + 1) * 4 > m->cap * 3) {
        grow(m);
    }
    struct map_slot *slot = find(m, key, hash);
    if (!slot->key.p) {
        slot->key = key.p ? key : STR("");
        slot->hash = hash;
        m->used++;
    }
    return slot;
}

void map_put(struct map *m, struct str key, void *value)
{
    put(m, key, map_hash(m, key))->value = value;
}

void map_remove(struct map *m, struct str key)
{
    if (m->cap > 0) {
        find(m, key, map_hash(m, key))->value = NULL;
    }
}

/* ---- two parts --------------------------------------------------------------------------------------------------- */

static bool is_pair(struct str key, struct str first, struct str second)
{
    return key.n == first.n + 1 + second.n && str_eq((struct str){key.p + first.n + 1, second.n}, second) &&
           str_eq((struct str){key.p, first.n}, first);
}

/* NULL: not there, and neither is a slot that once was its. */
static struct map_slot *find_pair(const struct map *m, struct str first, struct str second, uint64_t hash)
{
    if (m->cap == 0) {
        return NULL;
    }
    hash = str_hash(first, hash);
    for (size_t i = (size_t)hash & (m->cap - 1); m->slots[i].key.p; i = (i + 1) & (m->cap - 1)) {
        if (m->slots[i].hash == hash && is_pair(m->slots[i].key, first, second)) {
            return &m->slots[i];
        }
    }
    return NULL;
}

void *map_get_pair(const struct map *m, struct str first, struct str second, uint64_t hash)
{
    const struct map_slot *slot = find_pair(m, first, second, hash);
    return slot ? slot->value : NULL;
}

void map_put_pair(struct map *m, struct str first, struct str second, void *value)
{
    const uint64_t hash = map_hash(m, second);
    struct map_slot *slot = find_pair(m, first, second, hash);
    if (!slot) {
        char *key = arena_alloc_raw(m->arena, first.n + 1 + second.n);
        if (first.n > 0) {
            memcpy(key, first.p, first.n);
        }
        key[first.n] = '\0';
        if (second.n > 0) {
            memcpy(key + first.n + 1, second.p, second.n);
        }
        slot = put(m, (struct str){key, first.n + 1 + second.n}, str_hash(first, hash));
    }
    slot->value = value;
}

void map_remove_pair(struct map *m, struct str first, struct str second)
{
    struct map_slot *slot = find_pair(m, first, second, map_hash(m, second));
    if (slot) {
        slot->value = NULL;
    }
}
