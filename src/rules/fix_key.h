/*
 * fix_key.h - UNIQUE and PRIMARY KEY: an index built CONCURRENTLY, and the constraint on it.
 */
#ifndef MIGRATE_RULES_FIX_KEY_H
#define MIGRATE_RULES_FIX_KEY_H

#include "rules/fix_parts.h"

/* A key as written; texts are source, empty where it says nothing. */
struct fix_key {
    bool primary;
    struct str name;    /* quoted; empty: to be chosen */
    struct str columns; /* "a, b", without parentheses */
    struct name_list names;
    struct str include;          /* "(c)" */
    struct str nulls;            /* "NULLS NOT DISTINCT" */
    struct str with, tablespace; /* "(fillfactor = 70)", "fast" */
    struct str attributes;       /* "DEFERRABLE INITIALLY DEFERRED" */
};

/*
 * Read what stands behind UNIQUE or PRIMARY KEY and the columns, up to `last`, from token *i on; stops at what it does not know.
 */
void fix_key_options(struct fix_work *w, size_t *i, size_t last, struct fix_key *key);
/* Add the steps: proofs of NOT NULL for a primary key, the index, the constraint. */
void fix_key_steps(struct fix_work *w, const struct relation *table, struct fix_key *key);

#endif
