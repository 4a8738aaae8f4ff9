/*
 * rollback.h - what undoes a migration, and what nothing but a backup brings back.
 *
 * A down part puts the schema back; rows that an up part dropped, deleted or overwrote are gone all the same, and so is what was written
 * meanwhile to a column that the down part drops. Both are told before anything runs.
 */
#ifndef MIGRATE_PLAN_ROLLBACK_H
#define MIGRATE_PLAN_ROLLBACK_H

#include "plan/plan.h"

/* A step whose statement takes data away. Texts are in the arena, and need neither the plan nor the catalog. */
struct loss {
    unsigned ordinal;     /* of the step */
    struct str statement; /* its text */
    struct str what;      /* "DROP TABLE"; "a DO block, which is not read" */
    bool certain;         /* false: it cannot be told whether it does */
};
VEC_DECLARE(loss_list, struct loss);

struct rollback_step {
    unsigned ordinal;
    enum step_kind kind;
    struct str_list statements;
};

struct rollback {
    bool present;       /* there is a down part */
    bool repeatable;    /* it is never undone: its earlier text is applied again */
    struct str refused; /* why `down` would not run it; empty: it would */
    VEC(struct rollback_step) steps;
    struct loss_list up, down; /* what each direction takes away */
};

/*
 * Fill *out with the data that the steps of p take away. Tables and columns made since file `from` of the replay (0: none is new) had none
 * before.
 */
void plan_losses(const struct migration_plan *p, uint32_t from, struct arena *a, struct loss_list *out);
/* The steps of a planned down part. */
void rollback_add_steps(struct rollback *r, const struct migration_plan *down, struct arena *a);

#endif
