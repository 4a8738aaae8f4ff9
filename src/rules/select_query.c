/*
 * Selectors on what a query or a change of rows opens: views' tables, partitions that are not pruned, indexes that the planner
 * looks at, rows' partitions, sequences.
 *
 * Source: expand_inherited_rtentry() and get_relation_info() of the server's planner, ExecFindPartition(), lock_and_open_sequence();
 * measured on servers 13 to 18.
 */
#include "catalog/replay.h"
#include "rules/bound.h"
#include "rules/facts.h"
#include "rules/query.h"

enum { MAX_LEVELS = 64, MAX_ROWS = 256 };

struct query *eval_query(struct eval *e)
{
    if (!e->query) {
        const struct shape *s = e->what->shape;
        e->query = query_read(e->a, e->catalog, e->what->text, e->what->statement, s->first, s->last);
    }
    return e->query;
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
        if (!o->q || !child->is_partition || bound_admits(o->e->a, child, query_facts(o->q, o->s)) != TRI_NO) {
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

struct insert {
    struct relation *table; /* under the view, if it is one */
    struct name_list columns;
    bool listed, values;
    size_t first; /* of VALUES: the token behind it */
};

static bool is_self(const struct statement *st, size_t i, char c)
{
    return expression_is_self(st, i, c);
}

static struct relation *base_table(struct relation *r)
{
    for (unsigned depth = 0; r->kind == REL_VIEW && r->reads.n > 0 && depth < MAX_LEVELS; depth++) {
        r = r->reads.at[0];
    }
    return r;
}

/* INSERT INTO t [AS a] [( a, b )] [OVERRIDING …] { VALUES … | query } */
static struct insert read_insert(struct eval *e, const struct query_source *s)
{
    const struct statement *st = e->what->statement;
    struct insert in = {.table = base_table(s->relation)};
    struct str schema, name;
    size_t i = s->token, first = 0;
    (void)qualified_name_parse(e->a, e->what->text, st, &i, &schema, &name);
    if (statement_is(st, i, KW_AS)) {
        i += 2;
    }
    if (is_self(st, i, '(') && !statement_is(st, i + 1, KW_SELECT) && !statement_is(st, i + 1, KW_WITH)) {
        in.listed = true;
        for (first = i + 1, i++; i < st->n_tokens && !is_self(st, i, ')'); i++) {
            if (i == first || is_self(st, i - 1, ',')) {
                *vec_push(e->a, &in.columns) = token_name(e->a, e->what->text, st->tokens[i]);
            }
        }
        i++;
    }
    if (statement_is(st, i, KW_OVERRIDING)) {
        i += 3;
    }
    if (statement_is(st, i, KW_DEFAULT) && statement_is(st, i + 1, KW_VALUES)) {
        in.listed = true; /* none of them */
    } else if (statement_is(st, i, KW_VALUES)) {
        in.values = true;
        in.first = i + 1;
    }
    for (size_t k = 0; !in.listed && k < in.table->columns.n; k++) {
        *vec_push(e->a, &in.columns) = in.table->columns.at[k]->name;
    }
    return in;
}

struct row {
    VEC(struct span) values;
};

/* The next row of VALUES, from token *i on. */
static bool next_row(struct eval *e, size_t *i, struct row *row)
{
    const struct statement *st = e->what->statement;
    row->values.n = 0;
    *i += is_self(st, *i, ',');
    if (!is_self(st, *i, '(')) {
        return false;
    }
    size_t depth = 0, from = *i + 1;
    for (; *i < st->n_tokens; (*i)++) {
        depth += is_self(st, *i, '(') || is_self(st, *i, '[');
        depth -= depth > 0 && (is_self(st, *i, ')') || is_self(st, *i, ']'));
        if (depth == 0 || (depth == 1 && is_self(st, *i, ','))) {
            *vec_push(e->a, &row->values) = (struct span){from, *i};
            from = *i + 1;
        }
        if (depth == 0) {
            (*i)++;
            return true;
        }
    }
    return false;
}

static const struct span *value_of(const struct insert *in, const struct row *row, struct str column)
{
    for (size_t i = 0; i < in->columns.n && i < row->values.n; i++) {
        if (str_eq(in->columns.at[i], column)) {
            return &row->values.at[i];
        }
    }
    return NULL;
}

/* What is known of the keys' values in this row: NULL when they are not all constants. */
static struct formula *row_facts(struct eval *e, const struct insert *in, const struct row *row, const struct name_list *keys)
{
    struct formula *facts = formula_join(e->a, true, NULL, NULL);
    for (size_t i = 0; i < keys->n; i++) {
        struct str schema, name;
        const struct span *value = term_split_name(e->a, keys->at[i], &schema, &name) ? value_of(in, row, name) : NULL;
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
        if (!facts || bound_admits(e->a, part, facts) != TRI_NO) {
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
    const struct insert in = read_insert(e, s);
    struct name_list keys = {0};
    struct row row = {0};
    bool known = in.values;
    relation_list_add(e->a, out, in.table);
    if (in.table->kind != REL_PARTITIONED) {
        return true;
    }
    tree_keys(e->a, in.table, &keys);
    size_t at = in.first;
    for (unsigned n = 0; in.values && next_row(e, &at, &row); n++) {
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

static bool is_insert(const struct query_source *s)
{
    return s->use == USE_INSERT;
}

bool select_changed(struct eval *e, struct call call, struct relation_list *out)
{
    const struct query *q = eval_query(e);
    (void)call;
    bool whole = open_sources(e, out, is_changed);
    for (size_t i = 0; i < q->sources.n; i++) {
        if (is_insert(&q->sources.at[i])) {
            relation_list_add(e->a, out, q->sources.at[i].relation);
            whole = route_insert(e, &q->sources.at[i], out) && whole;
        }
    }
    return whole;
}

/* ---- indexes ------------------------------------------------------------------------------------------------------------ */

/* The planner opens an index as its table; those of a partitioned table from 16 on. */
static void add_planned(struct eval *e, const struct relation_list *from, struct relation_list *out)
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
    add_planned(e, &from, out);
    return whole;
}

/* INSERT lets go of the indexes it adds to, but for those that ON CONFLICT ( … ) looks at. */
static bool infers_arbiter(const struct eval *e)
{
    const struct statement *st = e->what->statement;
    for (size_t i = 1; i + 2 < st->n_tokens; i++) {
        if (statement_is(st, i, KW_CONFLICT) && (is_self(st, i + 1, '(') || statement_is(st, i + 2, KW_CONSTRAINT))) {
            return true;
        }
    }
    return false;
}

bool select_changed_indexes(struct eval *e, struct call call, struct relation_list *out)
{
    struct relation_list changed = {0};
    const struct query *q = eval_query(e);
    (void)call;
    const bool whole = open_sources(e, &changed, is_changed);
    for (size_t i = 0; i < q->sources.n; i++) {
        if (is_insert(&q->sources.at[i]) && infers_arbiter(e)) {
            relation_list_add(e->a, &changed, base_table(q->sources.at[i].relation));
        }
    }
    add_planned(e, &changed, out);
    return whole;
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
        struct opening o = {.e = e, .q = q, .s = s, .out = &opened, .whole = true};
        open_relation(&o, s->relation, 0);
        for (size_t k = 0; k < opened.n; k++) {
            const enum tri whole = query_reads_whole(q, s, opened.at[k]);
            known = known && whole != TRI_UNKNOWN;
            if (whole == TRI_YES && opened.at[k]->kind != REL_VIEW) {
                relation_list_add(e->a, out, opened.at[k]);
            }
        }
    }
    return known;
}

/* ---- sequences ---------------------------------------------------------------------------------------------------------- */

static void add_sequence(struct eval *e, struct relation *r, struct relation_list *out)
{
    if (r && (r->kind == REL_SEQUENCE || r->kind == REL_UNKNOWN)) {
        relation_list_add(e->a, out, r);
    }
}

/* The relation that 'schema.name' names. */
static struct relation *relation_in_string(struct eval *e, struct str text, struct token t)
{
    const struct str quoted = token_text(text, t);
    const size_t open = str_find_char(quoted, '\'');
    if (open == SIZE_MAX || quoted.n < open + 3) {
        return NULL;
    }
    const struct str inner = str_slice(quoted, open + 1, quoted.n - 1);
    const struct statement st = expression_lex(e->a, inner);
    struct str schema, name;
    size_t i = 0;
    if (!qualified_name_parse(e->a, inner, &st, &i, &schema, &name) || i != st.n_tokens) {
        return NULL;
    }
    struct relation *r = catalog_resolve(e->catalog, schema, name);
    return r ? r
             : catalog_mention(e->catalog, arena_str(e->catalog->arena, schema), arena_str(e->catalog->arena, name),
                               REL_SEQUENCE);
}

/* nextval( 's' ), setval( pg_get_serial_sequence( 't', 'c' ), … ) in tokens [first, last). */
static void called_sequences(struct eval *e, struct str text, const struct statement *st, size_t first, size_t last,
                             struct relation_list *out)
{
    static const char *const functions[] = {"nextval", "setval", "currval"};
    for (size_t i = first; i + 2 < last; i++) {
        bool found = false;
        for (size_t k = 0; st->tokens[i].kind == TOK_WORD && is_self(st, i + 1, '(') && k < countof(functions); k++) {
            found = found || str_eq_nocase(token_text(text, st->tokens[i]), str_of(functions[k]));
        }
        if (!found) {
            continue;
        }
        if (st->tokens[i + 2].kind == TOK_STRING) {
            add_sequence(e, relation_in_string(e, text, st->tokens[i + 2]), out);
        } else if (i + 6 < last && is_self(st, i + 3, '(') && is_self(st, i + 5, ',') &&
                   str_eq_nocase(token_text(text, st->tokens[i + 2]), STR("pg_get_serial_sequence"))) {
            const struct relation *r = relation_in_string(e, text, st->tokens[i + 4]);
            const struct str quoted = token_text(text, st->tokens[i + 6]);
            const struct column *column = r && quoted.n > 2 ? relation_column(r, str_slice(quoted, 1, quoted.n - 1)) : NULL;
            add_sequence(e, column ? column->sequence : NULL, out);
        }
    }
}

static bool gives_default(struct eval *e, const struct insert *in, struct str column)
{
    struct row row = {0};
    size_t at = in->first;
    if (!name_list_has(&in->columns, column)) {
        return true;
    }
    while (in->values && next_row(e, &at, &row)) {
        const struct span *value = value_of(in, &row, column);
        if (!value || statement_is(e->what->statement, value->first, KW_DEFAULT)) {
            return true;
        }
    }
    return false;
}

/* Of columns that INSERT leaves to their default. */
static void default_sequences(struct eval *e, const struct query_source *s, struct relation_list *out)
{
    const struct insert in = read_insert(e, s);
    for (size_t i = 0; i < in.table->columns.n; i++) {
        const struct column *c = in.table->columns.at[i];
        if ((!c->sequence && c->default_sql.n == 0) || !gives_default(e, &in, c->name)) {
            continue;
        }
        if (c->sequence) {
            relation_list_add(e->a, out, c->sequence);
        } else {
            const struct statement st = expression_lex(e->a, c->default_sql);
            called_sequences(e, c->default_sql, &st, 0, st.n_tokens, out);
        }
    }
}

bool select_sequences_used(struct eval *e, struct call call, struct relation_list *out)
{
    const struct shape *s = e->what->shape;
    size_t first = s->first, last = s->last;
    if (call.n > 0 && !term_tokens(e, call.arguments[0], &first, &last)) {
        return true;
    }
    called_sequences(e, e->what->text, e->what->statement, first, last, out);
    const struct query *q = call.n > 0 ? NULL : eval_query(e);
    for (size_t i = 0; q && i < q->sources.n; i++) {
        if (is_insert(&q->sources.at[i])) {
            default_sequences(e, &q->sources.at[i], out);
        }
    }
    return true;
}

/* ---- foreign keys ------------------------------------------------------------------------------------------------------- */

/* Does the statement give the column a value that may not be null? */
static bool assigns(struct eval *e, const struct query_source *s, struct str column)
{
    const struct statement *st = e->what->statement;
    if (s->use == USE_INSERT) {
        const struct insert in = read_insert(e, s);
        struct row row = {0};
        size_t at = in.first;
        const struct column *c = relation_column(in.table, column);
        if (!name_list_has(&in.columns, column)) {
            return c && c->has_default;
        }
        if (!in.values) {
            return true;
        }
        while (next_row(e, &at, &row)) {
            const struct span *value = value_of(&in, &row, column);
            if (value ? !statement_is(st, value->first, KW_NULL) : c && c->has_default) {
                return true;
            }
        }
        return false;
    }
    for (size_t i = s->token; i + 1 < st->n_tokens; i++) { /* SET a = …, ( b, c ) = … */
        const bool starts = i > 0 && (statement_is(st, i - 1, KW_SET) || is_self(st, i - 1, ',') || is_self(st, i - 1, '('));
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
        if (s->use != USE_INSERT && s->use != USE_UPDATE && s->use != USE_MERGE) {
            continue;
        }
        const struct relation *r = base_table(s->relation);
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
    bool changes;           /* want those that are changed; otherwise those only looked at */
    bool reads;             /* want those that are read from end to end for it */
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

static void act(struct acting *a, const struct query_source *s, struct relation *r, bool update, unsigned depth)
{
    struct constraint_list list = {0};
    relation_referencing(a->e->catalog, r, a->e->a, &list);
    for (size_t i = 0; i < list.n && depth < MAX_LEVELS; i++) {
        const struct constraint *con = list.at[i];
        bool touched = !update;
        for (size_t c = 0; !touched && c < con->referenced_columns.n; c++) {
            touched = depth > 0 || assigns(a->e, s, con->referenced_columns.at[c]);
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
            act(a, s, con->table, update || action != 'c', depth + 1);
        }
    }
}

static bool act_all(struct eval *e, struct acting a)
{
    const struct query *q = eval_query(e);
    bool whole = true;
    for (size_t i = 0; i < q->sources.n; i++) {
        const struct query_source *s = &q->sources.at[i];
        if (!is_changed(s)) {
            continue;
        }
        struct relation *r = base_table(s->relation);
        whole = whole && relation_whole(e, r);
        for (; r; r = r->is_partition ? r->parents.at[0] : NULL) {
            if (s->use != USE_UPDATE) {
                act(&a, s, r, false, 0);
            }
            if (s->use != USE_DELETE) {
                act(&a, s, r, true, 0);
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

bool select_sequence_users(struct eval *e, struct call call, struct relation_list *out)
{
    struct relation_list sequences = {0};
    bool took_part;
    const bool whole = term_relations(e, call.arguments[0], &sequences, &took_part);
    for (size_t i = 0; i < e->catalog->all.n; i++) {
        struct relation *r = e->catalog->all.at[i];
        for (size_t k = 0; r->exists != TRI_NO && k < r->columns.n; k++) {
            struct relation_list called = {0};
            const struct column *c = r->columns.at[k];
            if (c->default_sql.n == 0 || str_find(c->default_sql, STR("nextval")) == SIZE_MAX) {
                continue;
            }
            const struct statement st = expression_lex(e->a, c->default_sql);
            called_sequences(e, c->default_sql, &st, 0, st.n_tokens, &called);
            for (size_t s = 0; s < called.n * sequences.n; s++) {
                if (called.at[s / sequences.n] == sequences.at[s % sequences.n]) {
                    relation_list_add(e->a, out, r);
                }
            }
        }
    }
    return whole && e->catalog->complete;
}
