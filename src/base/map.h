/*
 * map.h - a hash map from text to pointers, in an arena. Keys are copied by reference: they must live as long
 * as the map. Order of iteration is not defined; sort what is printed.
 */
#ifndef MIGRATE_BASE_MAP_H
#define MIGRATE_BASE_MAP_H

#include "base/arena.h"

struct map_slot {
    struct str key; /* p == NULL: free */
    void *value;    /* NULL: removed */
};

struct map {
    struct arena *arena;
    struct map_slot *slots;
    size_t cap; /* power of two, or 0 */
    size_t used;
};

void map_init(struct map *m, struct arena *arena);
void *map_get(const struct map *m, struct str key);       /* NULL: not there */
void map_put(struct map *m, struct str key, void *value); /* replaces; value is not NULL */
void map_remove(struct map *m, struct str key);

#endif
