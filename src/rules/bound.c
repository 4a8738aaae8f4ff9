/*
 * Does a CHECK spare the scan of ATTACH PARTITION? And which partitions can hold a row?
 *
 * Source: get_qual_from_partbound() and PartConstraintImpliedByRelConstraint() of the server; measured on servers 13 to 18.
 */
#include "rules/bound.h"

#include "catalog/replay.h"
#include "rules/facts.h"
#include "rules/hash_bound.h"

/* ---- texts ---------------------------------------------------------------------------------------------------------- */

struct source {
    struct arena *a;
    struct str text;
    struct statement st;
};

static bool is_self(const struct statement *st, size_t i, char c)
{
    return expression_is_self(st, i, c);
}

/* Behind the parenthesis at token i that closes it. */
static size_t closing(const struct statement *st, size_t i)
{
    size_t depth = 0;
    for (; i < st->n_tokens; i++) {
        depth += is_self(st, i, '(');
        depth -= depth > 0 && is_self(st, i, ')');
        if (depth == 0) {
            return i + 1;
        }
    }
    return i;
}

/* The next element of ( a , b ) from token *i on: [*first, *last). */
static bool next_element(const struct statement *st, size_t *i, size_t end, size_t *first, size_t *last)
{
    size_t depth = 0;
    if (*i >= end) {
        return false;
    }
    *first = *i;
    for (*last = *i; *last < end && (depth > 0 || !is_self(st, *last, ',')); (*last)++) {
        depth += is_self(st, *last, '(');
        depth -= depth > 0 && is_self(st, *last, ')');
    }
    *i = *last + 1;
    return *last > *first;
}

void bound_key(struct arena *a, struct str partition_key, struct name_list *out)
{
    const struct statement st = expression_lex(a, partition_key);
    size_t i = 2, first, last;
    const size_t end = st.n_tokens > 0 ? st.n_tokens - 1 : 0;
    while (next_element(&st, &i, end, &first, &last)) { /* COLLATE and an operator class may stand behind */
        size_t to = first + 1;
        if (is_self(&st, first, '(')) {
            to = closing(&st, first);
        } else if (is_self(&st, to, '(')) {
            to = closing(&st, to);
        }
        *vec_push(a, out) = expression_canonical(a, partition_key, &st, first, to < last ? to : last);
    }
}

/* ---- conditions ------------------------------------------------------------------------------------------------------- */

static bool unlimited(const struct source *s, size_t first, size_t last)
{
    const struct str word = token_text(s->text, s->st.tokens[first]);
    return last == first + 1 && (str_eq_nocase(word, STR("MINVALUE")) || str_eq_nocase(word, STR("MAXVALUE")));
}

/* The values of one side of a range; an empty one is MINVALUE or MAXVALUE. False: not all are constants. */
static bool read_side(const struct source *s, size_t *i, struct name_list *out)
{
    size_t first, last;
    if (!is_self(&s->st, *i, '(')) {
        return false;
    }
    const size_t end = closing(&s->st, *i);
    (*i)++;
    while (next_element(&s->st, i, end - 1, &first, &last)) {
        const bool open = unlimited(s, first, last);
        const struct str value = open ? STR("") : constant_read(s->a, s->text, &s->st, first, last);
        if (!open && value.n == 0) {
            return false;
        }
        *vec_push(s->a, out) = value;
    }
    *i = end;
    return true;
}

static struct formula *always(struct arena *a)
{
    return formula_join(a, true, NULL, NULL);
}

/* ( keys from `at` on ) are at least, or less than, the side's values. */
static struct formula *beyond(struct arena *a, const struct name_list *keys, const struct name_list *side, size_t at,
                              bool lower)
{
    if (at >= keys->n || side->at[at].n == 0) {
        return always(a); /* an open end */
    }
    const bool last = at + 1 == keys->n || (side->at[at + 1].n == 0 && lower);
    const enum comparing op = lower ? last ? IS_AT_LEAST : IS_GREATER : IS_LESS;
    struct formula *f = formula_compare(a, keys->at[at], op, side->at[at]);
    if (at + 1 == keys->n || (last && lower)) {
        return f;
    }
    struct formula *rest = beyond(a, keys, side, at + 1, lower);
    return formula_join(a, false, f,
                        formula_join(a, true, formula_compare(a, keys->at[at], IS_EQUAL, side->at[at]), rest));
}

static struct formula *range_condition(const struct source *s, const struct name_list *keys)
{
    struct name_list from = {0}, to = {0};
    struct formula *all = always(s->a);
    size_t i = 3, at = 0;
    if (!read_side(s, &i, &from) || !statement_is(&s->st, i, KW_TO)) {
        return NULL;
    }
    i++;
    if (!read_side(s, &i, &to) || from.n != keys->n || to.n != keys->n) {
        return NULL;
    }
    for (size_t k = 0; k < keys->n; k++) {
        all = formula_join(s->a, true, all, formula_null(s->a, keys->at[k], false));
    }
    for (; at < keys->n && from.at[at].n > 0 && str_eq(from.at[at], to.at[at]); at++) {
        all = formula_join(s->a, true, all, formula_compare(s->a, keys->at[at], IS_EQUAL, from.at[at]));
    }
    all = formula_join(s->a, true, all, beyond(s->a, keys, &from, at, true));
    return formula_join(s->a, true, all, beyond(s->a, keys, &to, at, false));
}

static struct formula *list_condition(const struct source *s, struct str key)
{
    struct formula *any = formula_join(s->a, false, NULL, NULL);
    bool null = false;
    size_t i = 4, first, last;
    while (next_element(&s->st, &i, s->st.n_tokens - 1, &first, &last)) {
        if (last == first + 1 && statement_is(&s->st, first, KW_NULL)) {
            null = true;
            continue;
        }
        const struct str value = constant_read(s->a, s->text, &s->st, first, last);
        if (value.n == 0) {
            return NULL;
        }
        any = formula_join(s->a, false, any, formula_compare(s->a, key, IS_EQUAL, value));
    }
    return formula_join(s->a, !null, formula_null(s->a, key, null), any->parts.n == 1 ? any->parts.at[0] : any);
}

/* What no other partition takes. */
static struct formula *default_condition(struct arena *a, const struct relation *parent)
{
    struct formula *none = always(a);
    for (size_t i = 0; i < parent->children.n; i++) {
        const struct relation *other = parent->children.at[i];
        if (other->is_default_partition) {
            continue;
        }
        const struct formula *taken = bound_condition(a, parent, other->partition_bound);
        if (!taken) {
            return NULL;
        }
        none = formula_join(a, true, none, formula_not(a, taken));
    }
    return none;
}

struct formula *bound_condition(struct arena *a, const struct relation *parent, struct str bound)
{
    struct source s = {a, bound, expression_lex(a, bound)};
    struct name_list keys = {0};
    bound_key(a, parent->partition_key, &keys);
    if (keys.n == 0) {
        return NULL;
    }
    if (statement_is(&s.st, 0, KW_DEFAULT)) {
        return default_condition(a, parent);
    }
    if (statement_is(&s.st, 2, KW_IN) && is_self(&s.st, 3, '(') && keys.n == 1) {
        return list_condition(&s, keys.at[0]);
    }
    return statement_is(&s.st, 2, KW_FROM) ? range_condition(&s, &keys) : NULL;
}

/* What no row of the partition is, kept in the catalog for as long as key and bound stay; that of a default partition is not. */
static const struct formula *outside(struct arena *a, struct catalog *c, struct relation *partition)
{
    const struct relation *parent = partition->parents.n > 0 ? partition->parents.at[0] : NULL;
    if (!parent) {
        return NULL;
    }
    const struct str of[] = {parent->partition_key, partition->partition_bound};
    if (of[1].p && partition->outside_of[0].p == of[0].p && partition->outside_of[1].p == of[1].p) {
        return partition->outside;
    }
    struct arena *kept = partition->is_default_partition ? a : c->arena;
    const struct formula *condition = bound_condition(kept, parent, partition->partition_bound);
    const struct formula *negated = condition ? formula_not(kept, condition) : NULL;
    if (kept != a) {
        partition->outside = negated;
        memcpy(partition->outside_of, of, sizeof of);
    }
    return negated;
}

enum tri bound_admits(struct arena *a, struct catalog *c, struct relation *partition, const struct formula *facts)
{
    const struct relation *parent = partition->parents.n > 0 ? partition->parents.at[0] : NULL;
    const struct formula *never = outside(a, c, partition);
    if (never) {
        return tri_not(formula_implies(facts, never));
    }
    return parent ? hash_bound_admits(a, parent, partition->partition_bound, facts) : TRI_UNKNOWN;
}

/* ---- proofs ------------------------------------------------------------------------------------------------------------- */

/* FOR VALUES … or DEFAULT of the statement, canonical. */
static struct str written_bound(struct eval *e)
{
    const struct statement *st = e->what->statement;
    size_t i = 0;
    while (i < st->n_tokens && !(statement_is(st, i, KW_FOR) && statement_is(st, i + 1, KW_VALUES))) {
        i++;
    }
    if (i == st->n_tokens) {
        return STR("DEFAULT");
    }
    size_t end = i + 3;
    while (end < st->n_tokens && (is_self(st, end, '(') || statement_is(st, end, KW_TO))) {
        end = is_self(st, end, '(') ? closing(st, end) : end + 1;
    }
    return expression_canonical(e->a, e->what->text, st, i, end);
}

/* All that the table's valid constraints say: its CHECKs, and NOT NULL of the keys' columns. */
static struct formula *facts_of(struct eval *e, const struct relation *r, const struct name_list *keys)
{
    struct formula *all = always(e->a);
    for (size_t i = 0; i < r->constraints.n; i++) {
        const struct constraint *con = r->constraints.at[i];
        if (con->kind == CON_CHECK && con->valid && con->enforced) {
            all = formula_join(e->a, true, all, formula_read(e->a, con->expression, false));
        }
    }
    for (size_t i = 0; i < keys->n; i++) {
        struct str schema, name;
        const struct column *column =
            term_split_name(e->a, keys->at[i], &schema, &name) ? relation_column(r, name) : NULL;
        if (column && column->not_null) {
            all = formula_join(e->a, true, all, formula_null(e->a, keys->at[i], false));
        }
    }
    return all;
}

/* The keys of a partitioned table and of all above it. */
static void all_keys(struct arena *a, const struct relation *r, struct name_list *out)
{
    for (; r; r = r->parents.n > 0 && r->is_partition ? r->parents.at[0] : NULL) {
        bound_key(a, r->partition_key, out);
    }
}

static enum tri proven(struct eval *e, const struct relation *r, const struct relation *parent,
                       const struct formula *condition)
{
    struct name_list keys = {0};
    if (!condition) {
        return r->complete && r->constraints.n == 0 ? TRI_NO : eval_unknown(e, r);
    }
    all_keys(e->a, parent, &keys);
    const enum tri answer = formula_implies(facts_of(e, r, &keys), condition);
    return answer == TRI_YES ? answer : answer == TRI_NO && r->complete ? answer : eval_unknown(e, r);
}

enum tri bound_proven(struct eval *e, struct call call)
{
    struct relation *parent = term_relation(e, call.arguments[0]), *partition = term_relation(e, call.arguments[1]);
    if (!parent || !partition) {
        return TRI_NO;
    }
    const struct str bound = written_bound(e);
    if (statement_is(e->what->statement, 0, KW_ALTER) && str_find(bound, STR("WITH (")) != SIZE_MAX) {
        return partition->complete ? TRI_NO : eval_unknown(e, partition); /* no CHECK says what a hash does */
    }
    struct formula *condition = bound_condition(e->a, parent, bound);
    for (const struct relation *up = parent; condition && up->is_partition; up = up->parents.at[0]) {
        struct formula *above = bound_condition(e->a, up->parents.at[0], up->partition_bound);
        condition = above ? formula_join(e->a, true, condition, above) : NULL;
    }
    return proven(e, partition, parent, condition);
}

enum tri default_bound_proven(struct eval *e, struct call call)
{
    struct relation *parent = term_relation(e, call.arguments[0]);
    if (!parent) {
        return TRI_NO;
    }
    if (!parent->default_partition) {
        return relation_whole(e, parent) ? TRI_YES : eval_unknown(e, parent);
    }
    const struct formula *taken = bound_condition(e->a, parent, written_bound(e));
    return proven(e, parent->default_partition, parent, taken ? formula_not(e->a, taken) : NULL);
}
