#include "rules/effects.h"

#include "rules/facts.h"
#include "rules/runtime.h"

/*
 * The lists below are short for one statement, except under DROP SCHEMA and its like; then a scan of them is
 * still bounded.
 */
enum { MAX_RELATIONS = 4096 };

static void add_lock(struct effects *out, struct relation *r, enum lock_mode mode, bool certain, struct arena *a)
{
    for (size_t i = 0; i < out->locks.n; i++) {
        struct relation_lock *l = &out->locks.at[i];
        if (l->relation != r) {
            continue;
        }
        if (l->mode < mode) {
            l->mode = mode;
            l->certain = certain;
        } else if (l->mode == mode) {
            l->certain = l->certain || certain;
        }
        return;
    }
    if (out->locks.n < MAX_RELATIONS) {
        *vec_push(a, &out->locks) = (struct relation_lock){r, mode, certain, r->schema, r->name};
    } else {
        out->known = KNOWN_PARTLY;
    }
}

static void add_effect(struct effects *out, struct relation_effect_list *list, struct relation *r, bool certain,
                       struct arena *a)
{
    for (size_t i = 0; i < list->n; i++) {
        if (list->at[i].relation == r) {
            list->at[i].certain = list->at[i].certain || certain;
            return;
        }
    }
    if (list->n < MAX_RELATIONS) {
        *vec_push(a, list) = (struct relation_effect){r, certain, r->schema, r->name};
    } else {
        out->known = KNOWN_PARTLY;
    }
}

static struct relation_effect_list *list_of(struct effects *out, enum effect_kind kind)
{
    return kind == EFFECT_REWRITE ? &out->rewrite : kind == EFFECT_SCAN ? &out->scan : &out->build;
}

/* A partitioned table has no rows of its own, a view none at all. */
static bool has_storage(const struct relation *r)
{
    return r->kind != REL_PARTITIONED && r->kind != REL_VIEW && r->kind != REL_PARTITIONED_INDEX &&
           r->kind != REL_FOREIGN;
}

static bool is_index(const struct relation *r)
{
    return (r->kind == REL_INDEX || r->kind == REL_PARTITIONED_INDEX) && (r->exists == TRI_YES || r->table);
}

/* IF EXISTS, and the relation is known not to be there: nothing is done to it. */
static bool is_passed_over(const struct eval *e, const struct relation *r)
{
    const struct statement *st = e->what->statement;
    bool asks = false;
    if (r->exists != TRI_NO || statement_is(st, 0, KW_CREATE) || !classified_may_say(e->what, KW_IF)) {
        return false;
    }
    for (size_t i = 1; i + 1 < st->n_tokens && !asks; i++) {
        asks = statement_is(st, i, KW_IF) && statement_is(st, i + 1, KW_EXISTS);
    }
    return asks;
}

/* One relation of an effect's list, whose condition holds. */
static void apply_to(struct eval *e, const struct effect *effect, struct relation *r, bool certain, struct effects *out)
{
    if (is_passed_over(e, r)) {
        return;
    }
    if (effect->kind == EFFECT_LOCK) {
        add_lock(out, r, effect->mode, certain, e->keep ? e->keep : e->a);
    } else if (has_storage(r)) {
        add_effect(out, list_of(out, effect->kind), r, certain, e->keep ? e->keep : e->a);
    }
    out->known = certain ? out->known : KNOWN_PARTLY;
}

/* A condition about $each is asked of every relation by itself. */
static void apply_each(struct eval *e, const struct effect *effect, const struct expr *when,
                       const struct relation_list *list, struct effects *out)
{
    for (size_t i = 0; i < list->n; i++) {
        e->each = list->at[i];
        const enum tri holds = expr_eval(e, when);
        e->each = NULL;
        if (holds != TRI_NO) {
            apply_to(e, effect, list->at[i], holds == TRI_YES, out);
        }
    }
}

static void apply(struct eval *e, const struct effect *effect, const struct ready_effect *ready, struct effects *out)
{
    struct relation_list list = {0};
    bool took_part, certain = true;
    const struct term *on = ready->on;
    if (ready->each) {
        const bool whole = term_relations(e, on, &list, &took_part);
        apply_each(e, effect, ready->when, &list, out);
        out->known = whole ? out->known : KNOWN_PARTLY;
        return;
    }
    if (ready->when) {
        const enum tri when = expr_eval(e, ready->when);
        if (when == TRI_NO) {
            return;
        }
        certain = when == TRI_YES;
    }
    /* An index that the statement itself makes is not there yet, and perhaps has no name written. */
    if (effect->kind == EFFECT_BUILD && on->kind == TERM_CAPTURE) {
        const struct relation *r = term_relation(e, on);
        if (!r || !is_index(r)) {
            out->builds_new = true;
            out->builds_new_certain = certain;
            out->known = certain ? out->known : KNOWN_PARTLY;
            return;
        }
    }
    const bool whole = term_relations(e, on, &list, &took_part);
    for (size_t i = 0; i < list.n; i++) {
        apply_to(e, effect, list.at[i], certain, out);
    }
    if (!whole) {
        out->known = KNOWN_PARTLY;
    }
}

static enum tri ask(struct eval *e, struct str expression, enum tri otherwise)
{
    return expression.n > 0 ? expr_eval(e, runtime_expr(e->book->runtime, expression)) : otherwise;
}

static bool on_older(const struct relation_effect_list *list, uint32_t file)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct relation *r = list->at[i].relation;
        if (!relation_is_new(r->table ? r->table : r, file)) {
            return true;
        }
    }
    return false;
}

bool effects_long(const struct effects *e, uint32_t file)
{
    bool built = e->builds_new;
    for (size_t i = 0; built && file && i < e->locks.n; i++) { /* a new index is on a table that is locked */
        built = !relation_is_new(e->locks.at[i].relation, file);
    }
    return built || on_older(&e->rewrite, file) || on_older(&e->scan, file) || on_older(&e->build, file);
}

void effects_work_out(struct eval *e, struct effects *out)
{
    const struct form *form = e->what->form;
    *out = (struct effects){.supported = TRI_YES, .in_transaction = TRI_YES, .known = KNOWN_YES};
    if (!form) {
        out->supported = out->in_transaction = TRI_UNKNOWN;
        out->class = CLASS_LONG;
        out->known = KNOWN_NO;
        return;
    }
    const struct ready_effect *ready = runtime_effects(e->book->runtime, form);
    unsigned asked = 0, has = 0; /* most statements have little of what the effects of their form need */
    for (unsigned i = 0; i < form->n_effects; i++) {
        const unsigned needs = ready[i].needs;
        if (needs & ~asked) {
            has |= eval_facts(e, needs);
            asked |= needs & FACTS_OF_QUERY ? FACTS_OF_QUERY : needs;
        }
        if (needs == FACT_NONE || (has & needs)) {
            apply(e, &form->effects[i], &ready[i], out);
        }
    }
    out->supported = tri_not(ask(e, form->unsupported, TRI_NO));
    out->in_transaction = tri_not(ask(e, form->refused_in_transaction, TRI_NO));
    out->class = form->class;
    /* "no" outright: an index on a table that the statement itself makes is no work. */
    const bool never_long = str_eq(form->class_when_long, STR("no"));
    if (out->class == CLASS_CATALOG && !never_long &&
        (effects_long(out, 0) || ask(e, form->class_when_long, TRI_NO) != TRI_NO)) {
        out->class = CLASS_LONG;
    }
    if (e->what->limit_hit) {
        out->known = KNOWN_PARTLY;
    }
}

void effects_of(const struct rulebook *book, const struct classified *c, struct catalog *catalog, int server_version,
                struct arena *a, struct effects *out)
{
    struct classified copy = *c;
    struct eval e = {.book = book, .what = &copy, .catalog = catalog, .server_version = server_version, .a = a};
    effects_work_out(&e, out);
}

static enum form_class heavier(enum form_class a, enum form_class b)
{
    static const int weight[] = {
        [CLASS_TRANSACTION] = 0, [CLASS_CATALOG] = 1, [CLASS_DATA] = 2, [CLASS_ONLINE] = 3, [CLASS_LONG] = 4};
    return weight[a] >= weight[b] ? a : b;
}

static void merge_list(struct effects *into, struct relation_effect_list *list, const struct relation_effect_list *more,
                       struct arena *a)
{
    for (size_t i = 0; i < more->n; i++) {
        add_effect(into, list, more->at[i].relation, more->at[i].certain, a);
    }
}

void effects_merge(struct effects *into, const struct effects *action, struct arena *a)
{
    for (size_t i = 0; i < action->locks.n; i++) {
        add_lock(into, action->locks.at[i].relation, action->locks.at[i].mode, action->locks.at[i].certain, a);
    }
    merge_list(into, &into->rewrite, &action->rewrite, a);
    merge_list(into, &into->scan, &action->scan, a);
    merge_list(into, &into->build, &action->build, a);
    into->builds_new = into->builds_new || action->builds_new;
    into->builds_new_certain = into->builds_new_certain || action->builds_new_certain;
    into->supported = tri_and(into->supported, action->supported);
    into->in_transaction = tri_and(into->in_transaction, action->in_transaction);
    into->class = heavier(into->class, action->class);
    /* An online action beside others is done under their locks. */
    if (into->class == CLASS_ONLINE && into->locks.n > 0 && into->locks.at[0].mode > LOCK_SHARE_UPDATE_EXCLUSIVE) {
        into->class = CLASS_LONG;
    }
    into->known = into->known < action->known ? into->known : action->known;
}

void effects_complete(struct effects *effects, const struct catalog *catalog, struct origin at, struct arena *a)
{
    if (!effects->builds_new) {
        return;
    }
    for (size_t i = catalog->all.n; i-- > 0;) { /* in order of appearance: what the statement made stands last */
        struct relation *r = catalog->all.at[i];
        if (is_index(r) && r->kind == REL_INDEX && r->made.statement == at.statement) {
            add_effect(effects, &effects->build, r, effects->builds_new_certain, a);
        } else if (r->made.statement > 0 && r->made.statement < at.statement) {
            break;
        }
    }
}
