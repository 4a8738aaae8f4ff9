/*
 * Selectors on what a query or a change of rows opens: views' tables, partitions that are not pruned, indexes that the planner
 * looks at, rows' partitions.
 *
 * Source: expand_inherited_rtentry() and get_relation_info() of the server's planner, ExecFindPartition(); measured on
 * servers 13 to 18.
 */
#include "catalog/replay.h"
#include "rules/bound.h"
#include "rules/insert.h"

enum { MAX_LEVELS = 64, MAX_ROWS = 256 };

struct query *eval_query(struct eval *e)
{
    struct eval_memo *memo = eval_memo(e);
    if (!memo->query) {
        const struct shape *s = e->what->shape;
        memo->query = query_read(e->a, e->catalog, e->what->text, e->what->statement, s->first, s->last);
    }
    return memo->query;
}

static unsigned facts_of(const struct query *q)
{
    unsigned facts = FACT_READ | (q->calls.n > 0 ? FACT_SEQUENCES : 0);
    for (size_t i = 0; i < q->sources.n; i++) {
        switch (q->sources.at[i].use) {
        case USE_READ:
            facts |= FACT_OLD_ROWS | (q->sources.at[i].row_locks ? FACT_ROW_LOCKED : FACT_OPENED);
            break;
        case USE_INSERT:
            facts |= FACT_CHANGED | FACT_SEQUENCES;
            break;
        case USE_MERGE:
            facts |= FACT_CHANGED | FACT_OLD_ROWS | FACT_REPLACED | FACT_SEQUENCES;
            break;
        case USE_UPDATE:
        case USE_DELETE:
            facts |= FACT_CHANGED | FACT_OLD_ROWS | FACT_REPLACED;
            break;
        }
    }
    return q->cut ? FACTS_OF_QUERY : facts;
}

unsigned eval_facts(struct eval *e, unsigned wanted)
{
    if (!eval_memo(e)->facts) {
        const unsigned facts = facts_of(eval_query(e));
        eval_memo(e)->facts = facts;
    }
    return e->memo->facts | ((wanted & FACT_BEHIND) && runs_behind(e) ? FACT_BEHIND : 0);
}

enum fact term_needs(const struct term *term)
{
    static const struct {
        bool (*select)(struct eval *, struct call, struct relation_list *);
        enum fact fact;
    } needs[] = {
        {select_opened, FACT_OPENED},
        {select_row_locked, FACT_ROW_LOCKED},
        {select_read_whole, FACT_OLD_ROWS},
        {select_changed, FACT_CHANGED},
        {select_changed_indexes, FACT_CHANGED},
        {select_checked, FACT_CHANGED},
        {select_referencing_looked_at, FACT_REPLACED},
        {select_referencing_changed, FACT_REPLACED},
        {select_referencing_read, FACT_REPLACED},
        {select_sequences_used, FACT_SEQUENCES},
        {select_behind_changed, FACT_BEHIND},
        {select_behind_checked, FACT_BEHIND},
        {select_behind_read, FACT_BEHIND},
    };
    if (term->kind == TERM_SELECTOR && term->selector->select == select_planned_indexes) {
        return term_needs(term->arguments[0]);
    }
    for (size_t i = 0; term->kind == TERM_SELECTOR && term->n_arguments == 0 && i < countof(needs); i++) {
        if (term->selector->select == needs[i].select) {
            return needs[i].fact;
        }
    }
    return FACT_NONE;
}

/* ---- tables ------------------------------------------------------------------------------------------------------------- */

struct opening {
    struct eval *e;
    struct query *q; /* NULL: not of a query, so that nothing is pruned */
    struct query_source *s;
    struct relation_list *out;
    bool whole; /* all is known that hangs on them */
};

static void open_relation(struct opening *o, struct relation *r, unsigned depth)
{
    if (depth > MAX_LEVELS) {
        o->whole = false;
        return;
    }
    relation_list_add(o->e->a, o->out, r);
    o->whole = o->whole && (relation_whole(o->e, r) || r->complete || r->reads.n > 0);
    for (size_t i = 0; r->kind == REL_VIEW && i < r->reads.n; i++) {
        open_relation(o, r->reads.at[i], depth + 1);
    }
    for (size_t i = 0; !(o->s && o->s->only) && i < r->children.n; i++) {
        struct relation *child = r->children.at[i];
        if (!o->q || !child->is_partition ||
            bound_admits(o->e->a, o->e->catalog, child, query_facts(o->q, o->s)) != TRI_NO) {
            open_relation(o, child, depth + 1);
        }
    }
}

static bool open_sources(struct eval *e, struct relation_list *out, bool (*wanted)(const struct query_source *))
{
    struct query *q = eval_query(e);
    struct opening o = {.e = e, .q = q, .out = out, .whole = !q->cut};
    for (size_t i = 0; i < q->sources.n; i++) {
        o.s = &q->sources.at[i];
        if (wanted(o.s)) {
            open_relation(&o, o.s->relation, 0);
        }
    }
    return o.whole;
}

static bool is_read(const struct query_source *s)
{
    return s->use == USE_READ && !s->row_locks;
}

static bool is_row_locked(const struct query_source *s)
{
    return s->use == USE_READ && s->row_locks;
}

static bool is_changed(const struct query_source *s)
{
    return s->use == USE_UPDATE || s->use == USE_DELETE || s->use == USE_MERGE;
}

bool select_queried(struct eval *e, struct call call, struct relation_list *out)
{
    const struct query *q = eval_query(e);
    (void)call;
    for (size_t i = 0; i < q->sources.n; i++) {
        if (q->sources.at[i].use == USE_READ) {
            relation_list_add(e->a, out, q->sources.at[i].relation);
        }
    }
    return true;
}

bool select_targets(struct eval *e, struct call call, struct relation_list *out)
{
    const struct query *q = eval_query(e);
    (void)call;
    for (size_t i = 0; i < q->sources.n; i++) {
        if (q->sources.at[i].use != USE_READ) {
            relation_list_add(e->a, out, q->sources.at[i].relation);
        }
    }
    return true;
}

bool select_opened(struct eval *e, struct call call, struct relation_list *out)
{
    struct relation_list from = {0};
    bool took_part = true;
    if (call.n == 0) {
        return open_sources(e, out, is_read);
    }
    struct opening o = {.e = e, .out = out};
    o.whole = term_relations(e, call.arguments[0], &from, &took_part);
    for (size_t i = 0; i < from.n; i++) {
        open_relation(&o, from.at[i], 0);
    }
    return o.whole;
}

bool select_row_locked(struct eval *e, struct call call, struct relation_list *out)
{
    (void)call;
    return open_sources(e, out, is_row_locked);
}

/* ---- where INSERT puts rows --------------------------------------------------------------------------------------------- */

static bool is_self(const struct statement *st, size_t i, char c)
{
    return expression_is_self(st, i, c);
}

/* What is known of the keys' values in this row: NULL when they are not all constants. */
static struct formula *row_facts(struct eval *e, const struct insert *in, const struct row *row,
                                 const struct name_list *keys)
{
    struct formula *facts = formula_join(e->a, true, NULL, NULL);
    for (size_t i = 0; i < keys->n; i++) {
        struct str schema, name;
        const struct span *value =
            term_split_name(e->a, keys->at[i], &schema, &name) ? insert_value(in, row, name) : NULL;
        if (!value) {
            return NULL;
        }
        const struct statement *st = e->what->statement;
        if (value->last == value->first + 1 && statement_is(st, value->first, KW_NULL)) {
            facts = formula_join(e->a, true, facts, formula_null(e->a, keys->at[i], true));
            continue;
        }
        const struct str constant = constant_read(e->a, e->what->text, st, value->first, value->last);
        if (constant.n == 0) {
            return NULL;
        }
        facts = formula_join(e->a, true, facts, formula_null(e->a, keys->at[i], false));
        facts = formula_join(e->a, true, facts, formula_compare(e->a, keys->at[i], IS_EQUAL, constant));
    }
    return facts;
}

static void route(struct eval *e, const struct relation *r, const struct formula *facts, struct relation_list *out)
{
    for (size_t i = 0; i < r->children.n; i++) {
        struct relation *part = r->children.at[i];
        if (!facts || bound_admits(e->a, e->catalog, part, facts) != TRI_NO) {
            relation_list_add(e->a, out, part);
            route(e, part, facts, out);
        }
    }
}

static void tree_keys(struct arena *a, const struct relation *r, struct name_list *out)
{
    bound_key(a, r->partition_key, out);
    for (size_t i = 0; i < r->children.n; i++) {
        if (r->children.at[i]->kind == REL_PARTITIONED) {
            tree_keys(a, r->children.at[i], out);
        }
    }
}

static bool route_insert(struct eval *e, const struct query_source *s, struct relation_list *out)
{
    struct relation *base = insert_base(s->relation);
    relation_list_add(e->a, out, base);
    if (base->kind != REL_PARTITIONED) {
        return true;
    }
    const struct insert in = insert_read(e, s);
    struct name_list keys = {0};
    struct row row = {0};
    bool known = in.values;
    tree_keys(e->a, in.table, &keys);
    size_t at = in.first;
    for (unsigned n = 0; in.values && insert_next_row(e, &at, &row); n++) {
        const struct formula *facts = n < MAX_ROWS ? row_facts(e, &in, &row, &keys) : NULL;
        known = known && facts;
        route(e, in.table, facts, out);
        if (!facts) {
            break;
        }
    }
    if (!in.values) {
        route(e, in.table, NULL, out);
    }
    return known;
}

/* Without what is said of these columns. */
static struct formula *facts_without(struct arena *a, const struct formula *facts, const struct name_list *columns)
{
    struct formula *all = formula_join(a, true, NULL, NULL);
    for (size_t i = 0; i < facts->parts.n; i++) {
        struct formula *part = facts->parts.at[i];
        const bool plain =
            part->kind == FORMULA_COMPARE || part->kind == FORMULA_NULL || part->kind == FORMULA_NOT_NULL;
        if (plain && !name_list_has(columns, part->operand)) {
            all = formula_join(a, true, all, part);
        }
    }
    return all;
}

/* UPDATE of a partition key puts rows into other partitions: those that the new values, as far as they are constants, belong to. */
static void route_update(struct eval *e, struct query *q, struct query_source *s, struct relation_list *out)
{
    struct relation *root = insert_base(s->relation);
    struct name_list keys = {0}, assigned = {0};
    if (s->use != USE_UPDATE || root->kind != REL_PARTITIONED) {
        return;
    }
    tree_keys(e->a, root, &keys);
    struct formula *values = formula_join(e->a, true, NULL, NULL);
    for (size_t i = 0; i < keys.n; i++) {
        struct span value;
        if (!update_value(e, s, keys.at[i], &value)) {
            continue;
        }
        expression_add_name(e->a, &assigned, keys.at[i]);
        const struct str constant = constant_read(e->a, e->what->text, e->what->statement, value.first, value.last);
        if (constant.n > 0) {
            values = formula_join(e->a, true, values, formula_null(e->a, keys.at[i], false));
            values = formula_join(e->a, true, values, formula_compare(e->a, keys.at[i], IS_EQUAL, constant));
        }
    }
    if (assigned.n > 0) {
        route(e, root, formula_join(e->a, true, values, facts_without(e->a, query_facts(q, s), &assigned)), out);
    }
}

static bool is_insert(const struct query_source *s)
{
    return s->use == USE_INSERT;
}

bool select_changed(struct eval *e, struct call call, struct relation_list *out)
{
    struct query *q = eval_query(e);
    (void)call;
    bool whole = open_sources(e, out, is_changed);
    for (size_t i = 0; i < q->sources.n; i++) {
        route_update(e, q, &q->sources.at[i], out);
        if (is_insert(&q->sources.at[i])) {
            relation_list_add(e->a, out, q->sources.at[i].relation);
            whole = route_insert(e, &q->sources.at[i], out) && whole;
        }
    }
    return whole;
}

/* ---- indexes ------------------------------------------------------------------------------------------------------------ */

/* The planner opens an index as its table; those of a partitioned table from 16 on. */
void planned_indexes_add(struct eval *e, const struct relation_list *from, struct relation_list *out)
{
    for (size_t i = 0; i < from->n; i++) {
        const struct relation *r = from->at[i];
        for (size_t k = 0; (r->kind != REL_PARTITIONED || e->server_version >= 16) && k < r->indexes.n; k++) {
            relation_list_add(e->a, out, r->indexes.at[k]);
        }
    }
}

bool select_planned_indexes(struct eval *e, struct call call, struct relation_list *out)
{
    struct relation_list from = {0};
    bool took_part;
    const bool whole = term_relations(e, call.arguments[0], &from, &took_part);
    planned_indexes_add(e, &from, out);
    return whole;
}

/*
 * INSERT lets go of the indexes it adds to, but for those that ON CONFLICT ( … ) looks at. Of ON CONSTRAINT it looks at one after the
 * other until it has found the constraint's.
 */
static void add_arbiters(struct eval *e, const struct relation *r, struct relation_list *out)
{
    const struct statement *st = e->what->statement;
    for (size_t i = 1; classified_may_say(e->what, KW_CONFLICT) && i + 2 < st->n_tokens; i++) {
        const bool named = statement_is(st, i, KW_CONFLICT) && statement_is(st, i + 2, KW_CONSTRAINT);
        if (!named && !(statement_is(st, i, KW_CONFLICT) && is_self(st, i + 1, '('))) {
            continue;
        }
        const struct str constraint =
            named && i + 3 < st->n_tokens ? token_name(e->a, e->what->text, st->tokens[i + 3]) : STR_NONE;
        for (size_t k = 0; (r->kind != REL_PARTITIONED || e->server_version >= 16) && k < r->indexes.n; k++) {
            relation_list_add(e->a, out, r->indexes.at[k]);
            if (named && str_eq(r->indexes.at[k]->name, constraint)) {
                return;
            }
        }
        return;
    }
}

bool select_changed_indexes(struct eval *e, struct call call, struct relation_list *out)
{
    struct relation_list changed = {0};
    struct query *q = eval_query(e);
    struct opening o = {.e = e, .q = q, .out = &changed, .whole = !q->cut};
    (void)call;
    for (size_t i = 0; i < q->sources.n; i++) {
        o.s = &q->sources.at[i];
        if (is_changed(o.s) && (!rows_replaced(o.s) || old_rows_read(e->a, o.s))) {
            open_relation(&o, o.s->relation, 0);
        }
        if (is_insert(o.s) && !rows_replaced(o.s)) {
            add_arbiters(e, insert_base(o.s->relation), out);
        }
    }
    planned_indexes_add(e, &changed, out);
    return o.whole;
}

/* ---- reading from end to end -------------------------------------------------------------------------------------------- */

bool select_read_whole(struct eval *e, struct call call, struct relation_list *out)
{
    struct query *q = eval_query(e);
    bool known = !q->cut;
    (void)call;
    for (size_t i = 0; i < q->sources.n; i++) {
        struct relation_list opened = {0};
        struct query_source *s = &q->sources.at[i];
        if (is_insert(s)) {
            continue;
        }
        struct opening o = {.e = e, .q = q, .s = s, .out = &opened, .whole = true};
        open_relation(&o, s->relation, 0);
        for (size_t k = 0; k < opened.n; k++) {
            const enum tri whole = query_reads_whole(q, s, opened.at[k]);
            known = known && whole != TRI_UNKNOWN;
            if (whole == TRI_YES && opened.at[k]->kind != REL_VIEW && opened.at[k]->kind != REL_SEQUENCE) {
                relation_list_add(e->a, out, opened.at[k]);
            }
        }
    }
    return known;
}

/* The partitioned tables above a partition, whose bounds are checked with its own. */
bool select_ancestors(struct eval *e, struct call call, struct relation_list *out)
{
    struct relation_list from = {0};
    bool took_part;
    const bool whole = term_relations(e, call.arguments[0], &from, &took_part);
    for (size_t i = 0; i < from.n; i++) {
        struct relation *r = from.at[i];
        for (unsigned depth = 0; r->is_partition && r->parents.n > 0 && depth < MAX_LEVELS; depth++) {
            r = r->parents.at[0];
            relation_list_add(e->a, out, r);
        }
    }
    return whole;
}
