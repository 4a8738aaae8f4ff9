/*
 * fix_parts.h - what the makers of drafts share.
 */
#ifndef MIGRATE_RULES_FIX_PARTS_H
#define MIGRATE_RULES_FIX_PARTS_H

#include "rules/facts.h"
#include "rules/fix.h"

/* A draft that is being made. */
struct fix_work {
    struct eval *e;
    const struct judged_statement *s;
    const struct shape *shape;
    struct arena *a;
    bool lower; /* the statement writes its key words in lower case */
    struct fix_draft *draft;
    bool verbatim; /* the steps say all that the statement says: there is no need to look */
};

struct fixer {
    struct str name;
    void (*make)(struct fix_work *w); /* adds steps, or calls fix_leave() */
    const char *doc;                  /* what it writes, for the manual */
};

/* The program's own fixers, for what the notation cannot say. NULL: none of that name; behind the last. */
const struct fixer *fixer_find(struct str name);
const struct fixer *fixer_at(size_t i);

/* Add a step. Each % of the format stands for a struct str; the rest is SQL in upper case, written as the file writes its own. */
void fix_step(struct fix_work *w, const char *format, ...);
/* The same text, not added. */
struct str fix_text(struct fix_work *w, const char *format, ...);
/* There is no fix, and why, as the end of "not fixed: …". */
void fix_leave(struct fix_work *w, const char *format, ...) PRINTF(2, 3);

/* Source text of the statement's tokens [first, last). */
struct str fix_source(const struct fix_work *w, size_t first, size_t last);
/* The source of a capture; empty when it took no part. */
struct str fix_capture(const struct fix_work *w, const char *name);
/* The table of ALTER TABLE, as it is written. */
struct str fix_table(const struct fix_work *w);
/* Behind the name of ALTER TABLE [IF EXISTS] [ONLY] name [*]; 0: it is no such statement. */
size_t fix_head_end(const struct statement *st);
/* The tokens of the action, without the head. */
void fix_action_tokens(const struct statement *st, const struct shape *shape, size_t *first, size_t *last);
/* Add the steps that make the column NOT NULL without a scan under a strong lock. `quoted`: as it is written. */
void fix_add_not_null(struct fix_work *w, const struct relation *table, struct str column, struct str quoted);
/* Is a timeout in force that would end a build CONCURRENTLY? The steps that switch such off, or on again as they were. */
bool fix_timeout_in_force(const struct fix_work *w);
void fix_timeouts_around(struct fix_work *w, struct str_list *steps, bool off);
/* A table without a key, by which batches could go. */
bool fix_has_no_key(const struct relation *r);

/* The makers, each in its file. */
void fix_own_transaction(struct fix_work *w);
void fix_no_block(struct fix_work *w);
void fix_concurrently(struct fix_work *w);
void fix_add_column(struct fix_work *w);
void fix_add_key(struct fix_work *w);
void fix_backfill(struct fix_work *w);
void fix_drop_indexes(struct fix_work *w);
void fix_shadow(struct fix_work *w);
void fix_nullable_index(struct fix_work *w);
void fix_timeouts(struct fix_work *w);
void fix_short_names(struct fix_work *w);
void fix_partitioned_index(struct fix_work *w);
void fix_attach(struct fix_work *w);
void fix_attach_default(struct fix_work *w);
void fix_detach(struct fix_work *w);

#endif
