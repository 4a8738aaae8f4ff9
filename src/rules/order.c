#include "rules/order.h"

/* Pairs grow with the square of a transaction's tables: beyond these it is not looked at. */
enum { MAX_HELD = 64, MAX_LOCKS = 64, ORDERS_MAX = 64 * 1024 * 1024 };

struct lock_orders {
    struct arena arena;
    struct map pairs; /* both addresses -> the transaction that was first */
};

struct pair {
    const struct relation *first, *second;
};

struct first {
    uint32_t transaction;
};

struct lock_orders *lock_orders_new(void)
{
    struct lock_orders *o = mem_alloc(sizeof *o);
    arena_init(&o->arena, ORDERS_MAX);
    map_init(&o->pairs, &o->arena);
    return o;
}

void lock_orders_free(struct lock_orders *o)
{
    if (o) {
        arena_free(&o->arena);
        free(o);
    }
}

static struct str key_of(const struct pair *p)
{
    return (struct str){(const char *)p, sizeof *p};
}

static bool counts(enum lock_mode mode, const struct relation *r, uint32_t file)
{
    return lock_blocks(mode) >= BLOCKS_WRITES && !r->table && r->kind != REL_VIEW && !relation_is_new(r, file);
}

void lock_orders_enter(struct lock_orders *o, const struct transaction *tx, const struct judged_statement *s,
                       uint32_t file)
{
    if (tx->held.n == 0 || tx->held.n > MAX_HELD || s->effects.locks.n > MAX_LOCKS) {
        return;
    }
    for (size_t i = 0; i < s->effects.locks.n; i++) {
        const struct relation_lock *l = &s->effects.locks.at[i];
        if (!counts(l->mode, l->relation, file) || transaction_holds(tx, l->relation) != LOCK_NONE) {
            continue;
        }
        for (size_t k = 0; k < tx->held.n; k++) {
            const struct held_lock *h = &tx->held.at[k];
            const struct pair pair = {h->relation, l->relation};
            if (counts(h->mode, h->relation, file) && !map_get(&o->pairs, key_of(&pair))) {
                struct pair *kept = arena_new(&o->arena, struct pair);
                struct first *first = arena_new(&o->arena, struct first);
                *kept = pair;
                first->transaction = tx->origin;
                map_put(&o->pairs, key_of(kept), first);
            }
        }
    }
}

bool lock_orders_has(const struct lock_orders *o, const struct relation *first, const struct relation *second,
                     uint32_t transaction)
{
    const struct pair pair = {first, second};
    const struct first *known = map_get(&o->pairs, key_of(&pair));
    return known && known->transaction != transaction;
}
