#include "cmd/verify_compare.h"

#include "catalog/model.h"

struct comparing {
    const struct comparison *c;
    const struct effects *e;
    const struct trace *t;
    struct arena *a;
};

static const struct relation_lock *claimed_lock(const struct comparing *k, struct str name)
{
    for (size_t i = 0; i < k->e->locks.n; i++) {
        const struct relation_lock *lock = &k->e->locks.at[i];
        if (str_eq(name_display(k->a, lock->schema, lock->name), name)) {
            return lock;
        }
    }
    return NULL;
}

static const struct relation_effect *claimed_effect(const struct comparing *k, const struct relation_effect_list *list,
                                                    struct str name)
{
    for (size_t i = 0; i < list->n; i++) {
        if (str_eq(name_display(k->a, list->at[i].schema, list->at[i].name), name)) {
            return &list->at[i];
        }
    }
    return NULL;
}

static void compare_flag(const struct comparing *k, const char *what, struct str name,
                         const struct relation_effect *claimed, bool seen)
{
    const bool feared = k->c->lenient && claimed && !claimed->certain;
    if ((claimed != NULL) != seen && !feared) {
        k->c->differ(k->c->arg, what, name, claimed ? "yes" : "no", seen ? "does it" : "does not");
    }
}

static const char *mode_or_none(enum lock_mode mode)
{
    return mode == LOCK_NONE ? "no lock" : lock_mode_name(mode);
}

/*
 * What the statement itself makes is locked by it, and nobody waits. Locks on indexes come with those on tables.
 */
static void compare_lock(const struct comparing *k, const struct seen_relation *r)
{
    const struct relation_lock *lock = claimed_lock(k, r->name);
    const enum lock_mode claimed = lock ? lock->mode : LOCK_NONE;
    const bool feared = k->c->lenient && lock && !lock->certain && r->lock < claimed;
    if (claimed != r->lock && !feared) {
        k->c->differ(k->c->arg, "lock on", r->name, mode_or_none(claimed), mode_or_none(r->lock));
    }
}

/*
 * What DML reads depends on the plan, and so does how a foreign key's check reads the referenced table; ANALYZE and
 * VACUUM do not count what they read; outside a transaction the counters cannot be read.
 */
static void compare_scan(const struct comparing *k, struct str sql, const struct seen_relation *r)
{
    const struct relation_effect *scan = claimed_effect(k, &k->e->scan, r->name);
    const struct relation_effect *claimed = scan ? scan : claimed_effect(k, &k->e->rewrite, r->name);
    const bool seen = r->scanned || r->rewritten;
    const bool counted = k->t->in_transaction && k->e->class != CLASS_DATA && !str_starts_nocase(sql, STR("ANALYZE"));
    const bool untold = k->c->lenient && r->rows == 0 && claimed && !seen;
    if (counted && !untold && !(k->t->validates && seen && !claimed)) {
        compare_flag(k, "reading all of", r->name, claimed, seen);
    }
}

static void compare_rewrite(const struct comparing *k, const struct seen_relation *r)
{
    const struct relation_effect *claimed = claimed_effect(k, &k->e->rewrite, r->name);
    /* A table without rows gets a new file either way. */
    const bool seen = r->rewritten || (k->c->lenient && r->emptied && claimed);
    compare_flag(k, "rewriting", r->name, claimed, seen);
}

void trace_compare(const struct comparison *c, const struct effects *e, struct str sql, const struct trace *t,
                   struct arena *a)
{
    const struct comparing k = {c, e, t, a};
    if (t->in_transaction != (e->in_transaction != TRI_NO)) {
        c->differ(c->arg, "in a transaction", STR("the statement"), e->in_transaction == TRI_NO ? "refused" : "allowed",
                  t->in_transaction ? "allows it" : "refuses it");
    }
    for (size_t i = 0; i < t->seen.n; i++) {
        const struct seen_relation *r = &t->seen.at[i];
        const bool index = r->kind == 'i' || r->kind == 'I';
        if (r->was_there && t->in_transaction && !index) {
            compare_lock(&k, r);
        }
        if (index) {
            compare_flag(&k, "building", r->name, claimed_effect(&k, &e->build, r->name), r->built);
        } else if (r->was_there) {
            compare_rewrite(&k, r);
            compare_scan(&k, sql, r);
        }
    }
}
