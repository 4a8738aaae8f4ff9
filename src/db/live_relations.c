/* Relations of a server and what belongs to them. */
#include "catalog/expression.h"
#include "catalog/replay.h"
#include "db/live_impl.h"

static enum relation_kind kind_of(char relkind)
{
    switch (relkind) {
    case 'r':
        return REL_TABLE;
    case 'p':
        return REL_PARTITIONED;
    case 'f':
        return REL_FOREIGN;
    case 'v':
        return REL_VIEW;
    case 'm':
        return REL_MATVIEW;
    case 'S':
        return REL_SEQUENCE;
    case 'i':
        return REL_INDEX;
    case 'I':
        return REL_PARTITIONED_INDEX;
    case 'c':
        return REL_COMPOSITE;
    default:
        return REL_UNKNOWN;
    }
}

static bool is_index(const struct relation *r)
{
    return r->kind == REL_INDEX || r->kind == REL_PARTITIONED_INDEX;
}

void live_read_relations(struct live *l, const struct rows *r)
{
    for (size_t i = 0; i < rows_count(r); i++) {
        const enum relation_kind kind = kind_of(live_char(r, i, 3));
        struct relation *rel =
            catalog_add(l->c, rows_value(r, i, 1), rows_value(r, i, 2), kind, (struct origin){.file = 0});
        const int64_t pages = rows_i64(r, i, 6);
        rel->temporary = live_char(r, i, 4) == 't';
        rel->unlogged = live_char(r, i, 4) == 'u';
        rel->rows = rows_i64(r, i, 5);
        rel->bytes = pages < 0 ? -1 : pages * l->block_size;
        rel->loaded = rel->rows > 0 ? TRI_YES : TRI_UNKNOWN; /* 0 rows were counted: some may have come since */
        rel->is_partition = rows_bool(r, i, 7);
        rel->row_security = rows_bool(r, i, 8);
        rel->partition_key = live_canonical(l, &(struct live_expression){.text = live_text(l, r, i, 9)});
        rel->partition_bound = live_canonical(l, &(struct live_expression){.text = live_text(l, r, i, 10)});
        rel->is_default_partition = rel->is_partition && str_eq(rel->partition_bound, STR("DEFAULT"));
        const struct str method = rows_value(r, i, 11);
        if (is_index(rel) || !str_eq(method, STR("heap"))) {
            rel->access_method = live_text(l, r, i, 11);
        }
        rel->tablespace = live_text(l, r, i, 12);
        rel->owner = live_text(l, r, i, 13);
        rel->complete = !live_unshown(rel->partition_key);
        map_put(&l->relations, live_text(l, r, i, 0), rel);
    }
    for (size_t i = 0; i < rows_count(r); i++) {
        if (rows_value(r, i, 14).n > 0) {
            live_relation(l, r, i, 0)->row_type = live_relation(l, r, i, 14);
        }
    }
}

void live_read_columns(struct live *l, const struct rows *r)
{
    struct arena *a = l->c->arena;
    for (size_t i = 0; i < rows_count(r); i++) {
        struct relation *rel = live_relation(l, r, i, 0);
        if (!rel) {
            continue;
        }
        struct column *col = arena_new(a, struct column);
        col->name = live_text(l, r, i, 1);
        live_type_ref(l, r, i, 2, &col->type);
        col->not_null = rows_bool(r, i, 6);
        col->identity = live_char(r, i, 9);
        col->generated = live_char(r, i, 10);
        col->has_default = rows_bool(r, i, 7) && !col->generated;
        col->default_sql = live_text(l, r, i, 8);
        if (live_unshown(col->default_sql)) {
            col->default_sql = STR_NONE;
            col->default_volatile = TRI_UNKNOWN;
        } else if (col->default_sql.n > 0) {
            const struct statement st = expression_lex(a, col->default_sql);
            col->default_volatile = expression_volatile(l->c, col->default_sql, &st, 0, st.n_tokens);
        }
        col->local = rows_bool(r, i, 11);
        col->collation = live_text(l, r, i, 12);
        *vec_push(a, &rel->columns) = col;
    }
}

/* ---- indexes ---- */

void live_read_indexes(struct live *l, const struct rows *r)
{
    for (size_t i = 0; i < rows_count(r); i++) {
        struct relation *index = live_relation(l, r, i, 0), *table = live_relation(l, r, i, 1);
        if (!index || !table) {
            continue;
        }
        index->table = table;
        index->unique = rows_bool(r, i, 2);
        index->primary = rows_bool(r, i, 3);
        index->valid = rows_bool(r, i, 4);
        index->nulls_not_distinct = rows_bool(r, i, 5);
        index->predicate = live_canonical(
            l, &(struct live_expression){.text = live_text(l, r, i, 6), .table = table, .mentions = &index->mentions});
        index->complete = !live_unshown(index->predicate);
        *vec_push(l->c->arena, &table->indexes) = index;
    }
}

static void mention(struct live *l, struct relation *index, struct str column)
{
    if (!name_list_has(&index->mentions, column)) {
        *vec_push(l->c->arena, &index->mentions) = column;
    }
}

void live_read_keys(struct live *l, const struct rows *r)
{
    for (size_t i = 0; i < rows_count(r); i++) {
        struct relation *index = live_relation(l, r, i, 0);
        if (!index || !index->table) {
            continue;
        }
        struct index_column *key = vec_push(l->c->arena, &index->index_columns);
        key->name = live_text(l, r, i, 1);
        if (key->name.n > 0) {
            mention(l, index, key->name);
        } else {
            key->expression = live_canonical(l, &(struct live_expression){.text = live_text(l, r, i, 2),
                                                                          .table = index->table,
                                                                          .mentions = &index->mentions});
        }
        index->complete = index->complete && !live_unshown(key->expression);
        key->collation = live_text(l, r, i, 3);
        key->opclass = live_text(l, r, i, 4);
        key->included = rows_bool(r, i, 5);
    }
}

/* ---- constraints ---- */

static enum constraint_kind constraint_kind_of(char contype)
{
    switch (contype) {
    case 'n':
        return CON_NOT_NULL;
    case 'p':
        return CON_PRIMARY;
    case 'u':
        return CON_UNIQUE;
    case 'f':
        return CON_FOREIGN;
    case 'x':
        return CON_EXCLUDE;
    default:
        return CON_CHECK;
    }
}

static struct constraint *read_constraint(struct live *l, const struct rows *r, size_t i, const struct relation *table)
{
    struct constraint *con = arena_new(l->c->arena, struct constraint);
    con->name = live_text(l, r, i, 2);
    con->kind = constraint_kind_of(live_char(r, i, 3));
    con->valid = rows_bool(r, i, 4);
    con->enforced = rows_bool(r, i, 5);
    /* Keys and foreign keys are marked so, too, where there is nothing to inherit. */
    con->no_inherit = rows_bool(r, i, 6) && (con->kind == CON_CHECK || con->kind == CON_NOT_NULL);
    con->deferrable = rows_bool(r, i, 7);
    con->inherited = rows_bool(r, i, 8);
    con->deferred = rows_bool(r, i, 15);
    live_names(l, r, i, 12, &con->columns);
    if (con->kind == CON_FOREIGN) {
        con->referenced = live_relation(l, r, i, 10);
        con->on_delete = live_char(r, i, 11);
        con->on_update = live_char(r, i, 16);
        live_names(l, r, i, 13, &con->referenced_columns);
    } else if (con->kind == CON_PRIMARY || con->kind == CON_UNIQUE || con->kind == CON_EXCLUDE) {
        con->index = live_relation(l, r, i, 9);
    } else if (con->kind == CON_CHECK) {
        con->expression = live_canonical(
            l, &(struct live_expression){.text = live_text(l, r, i, 14), .table = table, .proves = &con->not_null});
    }
    return con;
}

void live_read_constraints(struct live *l, const struct rows *r)
{
    for (size_t i = 0; i < rows_count(r); i++) {
        struct relation *table = live_relation(l, r, i, 0);
        struct type *domain = map_get(&l->types, rows_value(r, i, 1));
        if (table) {
            struct constraint *con = read_constraint(l, r, i, table);
            relation_add_constraint(l->c, table, con);
            /* What a CHECK that cannot be read proves is not known: "no" would be a guess. */
            table->complete = table->complete && !live_unshown(con->expression);
            struct column *col = con->columns.n == 1 ? relation_column(table, con->columns.at[0]) : NULL;
            if (con->kind == CON_NOT_NULL && !con->valid && col) {
                col->not_null = false; /* 18: attnotnull is set at once, but old rows may hold nulls */
            }
        } else if (domain) {
            *vec_push(l->c->arena, &domain->constraints) = read_constraint(l, r, i, NULL);
            domain->has_constraints = true;
        }
    }
}

/* ---- links ---- */

/* The bits of tgtype. */
static unsigned events_of(int64_t tgtype)
{
    enum { TG_INSERT = 4, TG_DELETE = 8, TG_UPDATE = 16, TG_TRUNCATE = 32 };
    return (tgtype & TG_INSERT ? TRIGGER_INSERT : 0U) | (tgtype & TG_DELETE ? TRIGGER_DELETE : 0U) |
           (tgtype & TG_UPDATE ? TRIGGER_UPDATE : 0U) | (tgtype & TG_TRUNCATE ? TRIGGER_TRUNCATE : 0U);
}

void live_read_triggers(struct live *l, const struct rows *r)
{
    for (size_t i = 0; i < rows_count(r); i++) {
        struct relation *rel = live_relation(l, r, i, 0);
        if (!rel) {
            continue;
        }
        struct trigger *t = arena_new(l->c->arena, struct trigger);
        t->name = live_text(l, r, i, 1);
        t->before = rows_bool(r, i, 2);
        t->row = rows_bool(r, i, 3);
        t->function_schema = live_text(l, r, i, 4);
        t->function = live_text(l, r, i, 5);
        t->events = events_of(rows_i64(r, i, 6));
        relation_add_trigger(l->c, rel, t);
    }
}

void live_read_inheritance(struct live *l, const struct rows *r)
{
    for (size_t i = 0; i < rows_count(r); i++) {
        struct relation *child = live_relation(l, r, i, 0), *parent = live_relation(l, r, i, 1);
        if (!child || !parent) {
            continue;
        }
        relation_add_child(l->c, parent, child);
        if (child->is_default_partition && !is_index(child)) {
            parent->default_partition = child;
        }
    }
}

void live_read_views(struct live *l, const struct rows *r)
{
    for (size_t i = 0; i < rows_count(r); i++) {
        struct relation *view = live_relation(l, r, i, 0), *read = live_relation(l, r, i, 1);
        if (view && read) {
            relation_add_read(l->c, view, read);
        }
    }
}

void live_read_sequences(struct live *l, const struct rows *r)
{
    for (size_t i = 0; i < rows_count(r); i++) {
        struct relation *sequence = live_relation(l, r, i, 0), *table = live_relation(l, r, i, 1);
        if (!sequence || !table) {
            continue;
        }
        sequence->table = table;
        sequence->owner_column = live_text(l, r, i, 2);
        struct column *col = relation_column(table, sequence->owner_column);
        if (col) {
            col->sequence = sequence;
        }
    }
}

/* ---- sizes ---- */

void live_sum_sizes(struct live *l)
{
    const struct relation_list *all = &l->c->all;
    for (size_t i = 0; i < all->n; i++) {
        struct relation *r = all->at[i];
        for (size_t k = 0; r->bytes >= 0 && k < r->indexes.n; k++) {
            r->bytes += r->indexes.at[k]->bytes > 0 ? r->indexes.at[k]->bytes : 0;
        }
    }
    for (size_t i = 0; i < all->n; i++) {
        struct relation *r = all->at[i];
        struct relation_list parts = {0};
        if (r->kind != REL_PARTITIONED) {
            continue;
        }
        relation_descendants(r, l->c->arena, &parts);
        r->rows = r->bytes = 0;
        for (size_t k = 0; k < parts.n; k++) {
            const struct relation *part = parts.at[k];
            if (part->kind == REL_PARTITIONED) {
                continue; /* it holds no row itself */
            }
            r->rows = r->rows < 0 || part->rows < 0 ? -1 : r->rows + part->rows;
            r->bytes = r->bytes < 0 || part->bytes < 0 ? -1 : r->bytes + part->bytes;
        }
        r->loaded = r->rows > 0 ? TRI_YES : TRI_UNKNOWN;
    }
}
