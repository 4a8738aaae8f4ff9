/*
 * batch_impl.h - a statement being read for batches: shared by batch.c (its parts), batch_check.c (what would change its
 * meaning) and batch_again.c (may it run twice).
 */
#ifndef MIGRATE_PLAN_BATCH_IMPL_H
#define MIGRATE_PLAN_BATCH_IMPL_H

#include "plan/batch.h"

struct reading {
    const struct judged_statement *s;
    struct str text;
    struct str file;
    struct arena *a;
    const struct directive *said; /* NULL: none */
    struct batch_spec *out;
    struct error *err;
    size_t verb_at;    /* the token UPDATE, DELETE or INSERT */
    size_t select_at;  /* INSERT: the token SELECT */
    size_t target_at;  /* first token of the walked table's name */
    size_t name_end;   /* token behind the name */
    size_t target_end; /* token behind the name and its alias */
    size_t set_end;    /* UPDATE: token behind the SET list */
    size_t where_at;   /* the token WHERE, or where one would be put */
    size_t tail_at;    /* the token behind the condition: ON CONFLICT, or n_tokens */
    bool has_where;
};

const struct token *batch_token(const struct reading *r, size_t i); /* TOK_END beyond the last */
bool batch_is(const struct reading *r, size_t i, enum keyword kw);
bool batch_is_char(const struct reading *r, size_t i, char c);
bool batch_is_name(const struct reading *r, size_t i); /* an identifier or a word that may be one */
int batch_depth(const struct reading *r, size_t i);    /* +1 at ( and [, -1 at ) and ] */
/* Refused because of token i: why, and what to write instead. */
enum status batch_refuse(struct reading *r, size_t i, const char *why, const char *hint);
/* Did the directive say allow=name? */
bool batch_allowed(const struct reading *r, const char *name);

/* batch_check.c: each refuses with reason and way out (ST_USAGE). */
NODISCARD enum status batch_check_with(struct reading *r);     /* data-modifying WITH */
NODISCARD enum status batch_check_set(struct reading *r);      /* a key column in SET; fills out->set */
NODISCARD enum status batch_check_select(struct reading *r);   /* INSERT: what makes one result of all rows */
NODISCARD enum status batch_check_self(struct reading *r);     /* reads the table itself */
NODISCARD enum status batch_check_volatile(struct reading *r); /* a volatile condition */

/* batch_again.c: does WHERE leave out what the statement has done already? */
bool batch_again(const struct reading *r);

#endif
