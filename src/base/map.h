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
    uint64_t hash;  /* of the key */
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

/*
 * Keys of two parts: "first\0second". A map has keys of one sort only, these or those above. `hash` is map_hash() of the second part,
 * so that looking for one name under several firsts reads it once.
 */
uint64_t map_hash(const struct map *m, struct str second);
void *map_get_pair(const struct map *m, struct str first, struct str second, uint64_t hash);
void map_put_pair(struct map *m, struct str first, struct str second, void *value); /* copies both */
void map_remove_pair(struct map *m, struct str first, struct str second);

#endif
