/*
 * dump.h - the model as text: one line per object, its columns, constraints, indexes and triggers indented under it, sorted
 * by name. For `catalog show`, for tests, and for comparing a replay with a server.
 */
#ifndef MIGRATE_CATALOG_DUMP_H
#define MIGRATE_CATALOG_DUMP_H

#include "catalog/model.h"

enum dump_detail {
    DUMP_FACTS, /* only what a query on pg_catalog can print in the same words: names, types, keys, states */
    DUMP_ALL,   /* and what is known beyond: expressions, proofs, what is complete, loaded, new */
};

/* Append the dump. Relations that are known not to exist are left out, with DUMP_FACTS also those only mentioned. */
void catalog_dump(const struct catalog *c, enum dump_detail detail, struct strbuf *out);
/* One relation of it. */
void relation_dump(const struct relation *r, struct arena *a, enum dump_detail detail, struct strbuf *out);

#endif
