/*
 * file_links.h - the links of a catalog file as a graph: what would make walks over the model endless or very long.
 */
#ifndef MIGRATE_CATALOG_FILE_LINKS_H
#define MIGRATE_CATALOG_FILE_LINKS_H

#include "base/vec.h"

/* Of relations by number, from 1. */
struct link {
    size_t from, to;
};
VEC_DECLARE(link_list, struct link);

/*
 * Inheritance, child to parent, of n relations: no circle, at most 10,000 ways from a relation up to its ancestors, and at most 5,000 relations
 * with several parents. No real catalog comes near; what walks over parents and children relies on it.
 */
bool links_are_trees(const struct link_list *links, size_t n, struct arena *a);
/* Views and what they read: at most 1,000 deep, and at most 1,000 views in circles (the server allows those). */
bool links_are_shallow(const struct link_list *links, size_t n, struct arena *a);

#endif
