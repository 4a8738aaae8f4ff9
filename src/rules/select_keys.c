/*
 * Selectors on what foreign keys do while rows are changed: the tables that new rows are looked up in, those searched or changed for
 * rows that go.
 *
 * Source: ri_triggers.c of the server; measured on servers 13 to 18.
 */
#include "catalog/replay.h"
#include "rules/insert.h"

enum { MAX_LEVELS = 64 };

static bool is_self(const struct statement *st, size_t i, char c)
{
    return expression_is_self(st, i, c);
}

static bool is_changed(const struct query_source *s)
{
    return s->use == USE_UPDATE || s->use == USE_DELETE || s->use == USE_MERGE;
}

/* Does the statement give the column a value that may not be null? */
static bool assigns(struct eval *e, const struct query_source *s, struct str column)
{
    const struct statement *st = e->what->statement;
    if (s->use == USE_INSERT) {
        const struct insert in = insert_read(e, s);
        struct row row = {0};
        size_t at = in.first;
        const struct column *c = relation_column(in.table, column);
        if (!name_list_has(&in.columns, column)) {
            return c && c->has_default;
        }
        if (!in.values) {
            return true;
        }
        while (insert_next_row(e, &at, &row)) {
            const struct span *value = insert_value(&in, &row, column);
            if (value ? !statement_is(st, value->first, KW_NULL) : c && c->has_default) {
                return true;
            }
        }
        return false;
    }
    for (size_t i = s->token; i + 1 < st->n_tokens; i++) { /* SET a = …, ( b, c ) = … */
        const bool starts =
            i > 0 && (statement_is(st, i - 1, KW_SET) || is_self(st, i - 1, ',') || is_self(st, i - 1, '('));
        const bool ends = is_self(st, i + 1, '=') || is_self(st, i + 1, ',') || is_self(st, i + 1, ')');
        if (starts && ends && str_eq(token_name(e->a, e->what->text, st->tokens[i]), column)) {
            return !(is_self(st, i + 1, '=') && statement_is(st, i + 2, KW_NULL));
        }
        if (statement_is(st, i, KW_WHERE) && s->use == USE_UPDATE) {
            break;
        }
    }
    return false;
}

static void add_with_partitions(struct eval *e, struct relation *r, struct relation_list *out)
{
    struct relation_list parts = {0};
    relation_list_add(e->a, out, r);
    if (r->kind == REL_PARTITIONED) {
        relation_descendants(r, e->a, &parts);
    }
    for (size_t i = 0; i < parts.n; i++) {
        relation_list_add(e->a, out, parts.at[i]);
    }
}

/* What rows that are put in or changed are checked against, right away. */
bool select_checked(struct eval *e, struct call call, struct relation_list *out)
{
    const struct query *q = eval_query(e);
    bool whole = true;
    (void)call;
    for (size_t i = 0; i < q->sources.n; i++) {
        const struct query_source *s = &q->sources.at[i];
        if ((s->use != USE_INSERT && s->use != USE_UPDATE && s->use != USE_MERGE) || rows_replaced(s)) {
            continue;
        }
        const struct relation *r = insert_base(s->relation);
        whole = whole && relation_whole(e, r);
        for (size_t k = 0; k < r->constraints.n; k++) {
            const struct constraint *con = r->constraints.at[k];
            bool given = con->kind == CON_FOREIGN && con->referenced && con->enforced && !con->deferred;
            for (size_t c = 0; given && s->use == USE_INSERT && c < con->columns.n; c++) {
                given = assigns(e, s, con->columns.at[c]);
            }
            bool changed = s->use == USE_INSERT;
            for (size_t c = 0; given && !changed && c < con->columns.n; c++) {
                changed = assigns(e, s, con->columns.at[c]);
            }
            if (given && changed) {
                add_with_partitions(e, con->referenced, out);
            }
        }
    }
    return whole;
}

/* What the foreign keys that point to a row do when it goes or its key changes. */
struct acting {
    struct eval *e;
    bool changes; /* want those that are changed; otherwise those only looked at */
    bool reads;   /* want those that are read from end to end for it */
    struct relation_list *out;
    struct relation_list seen;
};

static bool has_index_for(const struct relation *r, const struct constraint *con)
{
    for (size_t i = 0; con->columns.n > 0 && i < r->indexes.n; i++) {
        const struct relation *index = r->indexes.at[i];
        if (index->valid && index->predicate.n == 0 && index->index_columns.n > 0 &&
            name_list_has(&con->columns, index->index_columns.at[0].name)) {
            return true;
        }
    }
    return false;
}

/* `changed`: the columns that an action of another key has changed; NULL: those that the statement changes. */
static void act(struct acting *a, const struct query_source *s, struct relation *r, bool update,
                const struct name_list *changed, unsigned depth)
{
    struct constraint_list list = {0};
    relation_referencing(a->e->catalog, r, a->e->a, &list);
    for (size_t i = 0; i < list.n && depth < MAX_LEVELS; i++) {
        const struct constraint *con = list.at[i];
        bool touched = !update;
        for (size_t c = 0; !touched && c < con->referenced_columns.n; c++) {
            touched = changed ? name_list_has(changed, con->referenced_columns.at[c])
                              : assigns(a->e, s, con->referenced_columns.at[c]);
        }
        if (!touched || !con->enforced) {
            continue;
        }
        const char action = update ? con->on_update : con->on_delete;
        const bool changes = action == 'c' || action == 'n' || action == 'd';
        if (!changes && con->deferred) {
            continue;
        }
        if (a->reads ? con->table->loaded != TRI_NO && !has_index_for(con->table, con) : changes == a->changes) {
            add_with_partitions(a->e, con->table, a->out);
        }
        const size_t before = a->seen.n;
        relation_list_add(a->e->a, &a->seen, con->table);
        if (changes && a->seen.n > before) {
            act(a, s, con->table, update || action != 'c', &con->columns, depth + 1);
        }
    }
}

static bool act_all(struct eval *e, struct acting a)
{
    const struct query *q = eval_query(e);
    bool whole = true;
    for (size_t i = 0; i < q->sources.n; i++) {
        const struct query_source *s = &q->sources.at[i];
        if (!is_changed(s) || rows_replaced(s)) {
            continue;
        }
        struct relation *r = insert_base(s->relation);
        whole = whole && relation_whole(e, r);
        for (; r; r = r->is_partition ? r->parents.at[0] : NULL) {
            if (s->use != USE_UPDATE) {
                act(&a, s, r, false, NULL, 0);
            }
            if (s->use != USE_DELETE) {
                act(&a, s, r, true, NULL, 0);
            }
        }
    }
    return whole;
}

bool select_referencing_looked_at(struct eval *e, struct call call, struct relation_list *out)
{
    (void)call;
    return act_all(e, (struct acting){.e = e, .out = out});
}

bool select_referencing_changed(struct eval *e, struct call call, struct relation_list *out)
{
    (void)call;
    return act_all(e, (struct acting){.e = e, .out = out, .changes = true});
}

bool select_referencing_read(struct eval *e, struct call call, struct relation_list *out)
{
    (void)call;
    return act_all(e, (struct acting){.e = e, .out = out, .reads = true});
}
