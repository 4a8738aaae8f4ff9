/*
 * index.h - an index as the server has it: there, valid, and the one that the statement describes?
 *
 * CREATE INDEX CONCURRENTLY that dies leaves an invalid index behind, which costs writes, may enforce uniqueness, and makes IF NOT EXISTS
 * believe that all is done.
 */
#ifndef MIGRATE_EXEC_INDEX_H
#define MIGRATE_EXEC_INDEX_H

#include "exec/lone.h"
#include "exec/run.h"

struct index_state {
    bool exists;
    bool is_index; /* and not a table of that name */
    bool same_table;
    bool valid;
    bool same_definition; /* asked for by index_compare() only */
    int builder;          /* pid of a backend that is building it now, 0: none */
    struct str display;   /* "schema"."name", quoted for SQL */
    struct str oid;
};

/* Look for the index that lone (LONE_CREATE_INDEX) names. Without a name there is nothing to look for: exists is false. */
NODISCARD enum status index_look(struct run *r, const struct lone *lone, struct index_state *out, struct error *err);
/*
 * Is there an index on lone's table with the statement's very definition (the one that index_look() found; without a name: any one)? Found out by
 * making the same index on an empty temporary copy of the table, in a transaction that is rolled back, and comparing what the server's
 * catalog says of both. Fills same_definition, and for a nameless statement all the rest. Errors: ST_SERVER, could not tell.
 */
NODISCARD enum status index_compare(struct run *r, const struct lone *lone, struct index_state *state,
                                    struct error *err);
/* DROP INDEX CONCURRENTLY, watched; tells EVENT_REPAIR. */
NODISCARD enum status index_drop(struct run *r, struct item *it, struct str display, const char *why,
                                 struct error *err);
/* Drop what an interrupted REINDEX CONCURRENTLY of this index or table left: invalid indexes named …_ccnew and …_ccold. */
NODISCARD enum status index_drop_reindex_leftovers(struct run *r, struct item *it, const struct lone *lone,
                                                   struct error *err);

#endif
