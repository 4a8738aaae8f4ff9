/* Selectors on who uses a thing: a type, a function, a sequence, an extension, a role, a publication. What DROP … CASCADE locks. */
#include "catalog/expression.h"
#include "catalog/replay.h"
#include "rules/facts.h"

enum { MAX_DEPTH = 16 };

/* ---- views -------------------------------------------------------------------------------------------------------------- */

static void add_with_views(struct eval *e, struct relation *view, struct relation_list *out, unsigned depth)
{
    relation_list_add(e->a, out, view);
    for (size_t i = 0; depth < MAX_DEPTH && i < view->read_by.n; i++) {
        add_with_views(e, view->read_by.at[i], out, depth + 1);
    }
}

/* Views whose query mentions one of the columns, and views on those. */
static void add_column_views(struct eval *e, const struct relation *r, const struct name_list *columns,
                             struct relation_list *out)
{
    for (size_t i = 0; i < r->read_by.n; i++) {
        struct relation *view = r->read_by.at[i];
        bool uses = columns->n > 0 && (name_list_has(&view->words, STR("*")) || view->words.n == 0);
        for (size_t k = 0; k < columns->n; k++) {
            uses = uses || name_list_has(&view->words, columns->at[k]);
        }
        if (uses) {
            add_with_views(e, view, out, 0);
        }
    }
}

/* ---- types -------------------------------------------------------------------------------------------------------------- */

/* Is the column's type this one, or a domain over it? */
static bool is_of(const struct eval *e, const struct type_ref *t, const struct type *type, unsigned depth)
{
    if (str_eq(t->name, type->name) && str_eq(t->schema, type->schema)) {
        return true;
    }
    const struct type *own = t->schema.n > 0 ? catalog_type(e->catalog, t->schema, t->name) : NULL;
    return own && own->kind == TYPE_DOMAIN && depth < MAX_DEPTH && is_of(e, &own->base, type, depth + 1);
}

static bool has_column_of(struct eval *e, const struct relation *r, const void *what)
{
    for (size_t i = 0; i < r->columns.n; i++) {
        if (is_of(e, &r->columns.at[i]->type, what, 0)) {
            return true;
        }
    }
    return false;
}

/* A materialized view's columns are not worked out: it may have one when it reads a table that has. */
static bool may_have_column_of(struct eval *e, const struct relation *r, const void *what)
{
    if (has_column_of(e, r, what)) {
        return r->kind != REL_VIEW && r->kind != REL_INDEX && r->kind != REL_COMPOSITE;
    }
    for (size_t i = 0; r->kind == REL_MATVIEW && i < r->reads.n; i++) {
        const struct relation *from = r->reads.at[i];
        for (size_t k = 0; k < from->columns.n; k++) {
            const struct column *c = from->columns.at[k];
            if (is_of(e, &c->type, what, 0) &&
                (name_list_has(&r->words, c->name) || name_list_has(&r->words, STR("*")))) {
                return true;
            }
        }
    }
    return false;
}

static bool each_type(struct eval *e, struct call call, struct relation_list *out,
                      void (*visit)(struct eval *, const struct type *, struct relation_list *))
{
    struct str rest = term_shape(e, call.arguments[0]), schema, name;
    bool all = e->catalog->complete;
    while (term_next_name(e, &rest, &schema, &name)) {
        const struct type *type = catalog_type(e->catalog, schema, name);
        if (type) {
            visit(e, type, out);
            all = all || type->made.statement > 0;
        }
    }
    return all;
}

static void visit_type_users(struct eval *e, const struct type *type, struct relation_list *out)
{
    select_if(e, out, may_have_column_of, type);
}

bool select_type_users(struct eval *e, struct call call, struct relation_list *out)
{
    return each_type(e, call, out, visit_type_users);
}

static void visit_type_indexes(struct eval *e, const struct type *type, struct relation_list *out)
{
    struct relation_list tables = {0};
    select_if(e, &tables, has_column_of, type);
    for (size_t i = 0; i < tables.n; i++) {
        for (size_t k = 0; k < tables.at[i]->indexes.n; k++) {
            struct relation *index = tables.at[i]->indexes.at[k];
            for (size_t c = 0; c < index->mentions.n; c++) {
                const struct column *column = relation_column(tables.at[i], index->mentions.at[c]);
                if (column && is_of(e, &column->type, type, 0)) {
                    relation_list_add(e->a, out, index);
                }
            }
        }
    }
}

bool select_type_indexes(struct eval *e, struct call call, struct relation_list *out)
{
    return each_type(e, call, out, visit_type_indexes);
}

/* Views that depend on a column of the type. */
static void visit_type_view_users(struct eval *e, const struct type *type, struct relation_list *out)
{
    struct relation_list tables = {0};
    select_if(e, &tables, has_column_of, type);
    for (size_t i = 0; i < tables.n; i++) {
        const struct relation *r = tables.at[i];
        struct name_list columns = {0};
        for (size_t c = 0; c < r->columns.n; c++) {
            if (is_of(e, &r->columns.at[c]->type, type, 0)) {
                expression_add_name(e->a, &columns, r->columns.at[c]->name);
            }
        }
        add_column_views(e, r, &columns, out);
    }
}

bool select_type_view_users(struct eval *e, struct call call, struct relation_list *out)
{
    return each_type(e, call, out, visit_type_view_users);
}

static void visit_row_type(struct eval *e, const struct type *type, struct relation_list *out)
{
    struct relation *row = type->kind == TYPE_COMPOSITE ? catalog_relation(e->catalog, type->schema, type->name) : NULL;
    if (row) {
        relation_list_add(e->a, out, row);
    }
}

bool select_row_type(struct eval *e, struct call call, struct relation_list *out)
{
    return each_type(e, call, out, visit_row_type);
}

static bool is_typed_by(struct eval *e, const struct relation *r, const void *what)
{
    const struct type *type = what;
    (void)e;
    return r->row_type && str_eq(r->row_type->name, type->name) && str_eq(r->row_type->schema, type->schema);
}

static void visit_tables_of(struct eval *e, const struct type *type, struct relation_list *out)
{
    select_if(e, out, is_typed_by, type);
}

bool select_tables_of(struct eval *e, struct call call, struct relation_list *out)
{
    return each_type(e, call, out, visit_tables_of);
}

/* ---- columns and functions ---------------------------------------------------------------------------------------------- */

bool select_view_users(struct eval *e, struct call call, struct relation_list *out)
{
    struct relation *r = term_relation(e, call.arguments[0]);
    struct name_list columns = {0};
    term_names(e, call.arguments[1], &columns);
    if (r) {
        add_column_views(e, r, &columns, out);
    }
    return !r || relation_whole(e, r);
}

struct function_name {
    struct str schema, name;
};

static bool calls_index(struct eval *e, const struct relation *index, const struct function_name *f)
{
    bool calls = expression_calls(e->a, index->predicate, f->name);
    for (size_t i = 0; !calls && i < index->index_columns.n; i++) {
        calls = expression_calls(e->a, index->index_columns.at[i].expression, f->name);
    }
    return calls;
}

static bool calls_function(struct eval *e, const struct relation *r, const void *what)
{
    const struct function_name *f = what;
    bool calls = (r->kind == REL_VIEW || r->kind == REL_MATVIEW) && name_list_has(&r->words, f->name);
    for (size_t i = 0; !calls && i < r->triggers.n; i++) {
        const struct trigger *t = r->triggers.at[i];
        calls = str_eq(t->function, f->name) &&
                (f->schema.n == 0 || t->function_schema.n == 0 || str_eq(t->function_schema, f->schema));
    }
    for (size_t i = 0; !calls && i < r->columns.n; i++) {
        calls = expression_calls(e->a, r->columns.at[i]->default_sql, f->name);
    }
    for (size_t i = 0; !calls && i < r->constraints.n; i++) {
        const struct constraint *con = r->constraints.at[i];
        calls = con->kind == CON_CHECK && expression_calls(e->a, con->expression, f->name);
    }
    for (size_t i = 0; !calls && i < r->indexes.n; i++) {
        calls = calls_index(e, r->indexes.at[i], f);
    }
    return calls;
}

static bool is_index_calling(struct eval *e, const struct relation *r, const void *what)
{
    return (r->kind == REL_INDEX || r->kind == REL_PARTITIONED_INDEX) && calls_index(e, r, what);
}

bool select_function_users(struct eval *e, struct call call, struct relation_list *out)
{
    struct str rest = term_shape(e, call.arguments[0]);
    struct function_name f;
    while (term_next_name(e, &rest, &f.schema, &f.name)) {
        select_if(e, out, calls_function, &f);
    }
    return e->catalog->complete;
}

bool select_function_indexes(struct eval *e, struct call call, struct relation_list *out)
{
    struct str rest = term_shape(e, call.arguments[0]);
    struct function_name f;
    while (term_next_name(e, &rest, &f.schema, &f.name)) {
        select_if(e, out, is_index_calling, &f);
    }
    return e->catalog->complete;
}

/* ---- extensions --------------------------------------------------------------------------------------------------------- */

/* What the extensions that come with PostgreSQL, and a few others, bring that tables rest on. */
static const struct extension {
    const char *name, *types, *opclasses;
    const char *method; /* default operator classes of plain types for this access method */
} extensions[] = {
    {"citext", "citext", "citext_ops citext_pattern_ops", NULL},
    {"hstore", "hstore", "gin_hstore_ops gist_hstore_ops hash_hstore_ops btree_hstore_ops", NULL},
    {"ltree", "ltree lquery ltxtquery", "ltree_ops gist_ltree_ops gist__ltree_ops", NULL},
    {"cube", "cube", "cube_ops gist_cube_ops", NULL},
    {"isn", "isbn isbn13 issn ismn upc ean13", "", NULL},
    {"intarray", "query_int", "gist__int_ops gist__intbig_ops gin__int_ops", NULL},
    {"pg_trgm", "", "gin_trgm_ops gist_trgm_ops", NULL},
    {"postgis", "geometry geography box2d box3d raster", "gist_geometry_ops_2d gist_geometry_ops_nd", NULL},
    {"vector", "vector halfvec sparsevec", "vector_l2_ops vector_ip_ops vector_cosine_ops", NULL},
    {"btree_gist", "", "", "gist"},
    {"btree_gin", "", "", "gin"},
};

static bool has_word(const char *words, struct str word)
{
    struct str rest = str_of(words), one;
    while (word.n > 0 && str_next(&rest, ' ', &one)) {
        if (str_eq(one, word)) {
            return true;
        }
    }
    return false;
}

/* Types for which GiST or GIN have operator classes of their own. */
static bool is_plain_type(const struct column *c)
{
    static const char own[] =
        "tsvector tsquery point box circle polygon inet int4range int8range numrange tsrange tstzrange daterange "
        "int4multirange int8multirange nummultirange tsmultirange tstzmultirange datemultirange jsonb";
    return c && c->type.dimensions == 0 && str_eq(c->type.schema, STR("pg_catalog")) && !has_word(own, c->type.name);
}

static bool index_rests_on(struct eval *e, const struct relation *index, const void *what)
{
    const struct extension *x = what;
    (void)e;
    for (size_t i = 0; i < index->index_columns.n && index->table; i++) {
        const struct index_column *ic = &index->index_columns.at[i];
        const struct column *c = ic->name.n > 0 ? relation_column(index->table, ic->name) : NULL;
        const bool plain =
            x->method && str_eq(index->access_method, str_of(x->method)) && ic->opclass.n == 0 && is_plain_type(c);
        if (has_word(x->opclasses, ic->opclass) || plain || (c && has_word(x->types, c->type.name))) {
            return true;
        }
    }
    return false;
}

static bool table_rests_on(struct eval *e, const struct relation *r, const void *what)
{
    const struct extension *x = what;
    for (size_t i = 0; i < r->columns.n; i++) {
        if (has_word(x->types, r->columns.at[i]->type.name)) {
            return true;
        }
    }
    for (size_t i = 0; i < r->indexes.n; i++) {
        if (index_rests_on(e, r->indexes.at[i], what)) {
            return true;
        }
    }
    return false;
}

static bool each_extension(struct eval *e, struct call call, struct relation_list *out,
                           bool (*uses)(struct eval *, const struct relation *, const void *))
{
    struct str rest = term_shape(e, call.arguments[0]), schema, name;
    bool known = e->catalog->complete;
    while (term_next_name(e, &rest, &schema, &name)) {
        bool found = false;
        for (size_t i = 0; i < countof(extensions); i++) {
            if (str_eq(name, str_of(extensions[i].name))) {
                found = true;
                select_if(e, out, uses, &extensions[i]);
            }
        }
        known = known && found;
    }
    return known;
}

bool select_extension_users(struct eval *e, struct call call, struct relation_list *out)
{
    return each_extension(e, call, out, table_rests_on);
}

bool select_extension_indexes(struct eval *e, struct call call, struct relation_list *out)
{
    return each_extension(e, call, out, index_rests_on);
}

/* ---- indexes and foreign keys ------------------------------------------------------------------------------------------- */

static bool is_self(const struct statement *st, size_t i, char c)
{
    return expression_is_self(st, i, c);
}

bool select_index_table_tree(struct eval *e, struct call call, struct relation_list *out)
{
    struct relation_list from = {0};
    bool took_part, all = term_relations(e, call.arguments[0], &from, &took_part);
    for (size_t i = 0; i < from.n; i++) {
        struct relation_list parts = {0};
        struct relation *table = from.at[i]->table;
        all = all && table;
        if (!table) {
            continue;
        }
        relation_list_add(e->a, out, table);
        if (table->kind == REL_PARTITIONED) {
            relation_descendants(table, e->a, &parts);
        }
        for (size_t k = 0; k < parts.n; k++) {
            relation_list_add(e->a, out, parts.at[k]);
        }
    }
    return all;
}

static bool same_columns(const struct relation *index, const struct name_list *columns)
{
    size_t keys = 0;
    for (size_t i = 0; i < index->index_columns.n; i++) {
        const struct index_column *c = &index->index_columns.at[i];
        keys += !c->included;
        if (!c->included && !name_list_has(columns, c->name)) {
            return false;
        }
    }
    return keys == columns->n;
}

bool select_index_referencing(struct eval *e, struct call call, struct relation_list *out)
{
    struct relation_list from = {0};
    bool took_part, all = term_relations(e, call.arguments[0], &from, &took_part);
    for (size_t i = 0; i < from.n; i++) {
        const struct relation *index = from.at[i];
        struct constraint_list keys = {0};
        if (index->table && index->unique) {
            relation_referencing(e->catalog, index->table, e->a, &keys);
            all = all && relation_whole(e, index->table);
        }
        for (size_t k = 0; k < keys.n; k++) {
            if (same_columns(index, &keys.at[k]->referenced_columns)) {
                relation_list_add(e->a, out, keys.at[k]->table);
            }
        }
    }
    return all;
}

bool select_referencing_all(struct eval *e, struct call call, struct relation_list *out)
{
    struct relation_list from = {0};
    bool took_part, all = term_relations(e, call.arguments[0], &from, &took_part);
    struct relation_list todo = {0};
    for (size_t i = 0; i < from.n; i++) {
        relation_list_add(e->a, &todo, from.at[i]);
        relation_descendants(from.at[i], e->a, &todo);
    }
    for (size_t i = 0; i < todo.n; i++) {
        struct constraint_list keys = {0};
        relation_referencing(e->catalog, todo.at[i], e->a, &keys);
        all = all && relation_whole(e, todo.at[i]);
        for (size_t k = 0; k < keys.n; k++) {
            relation_list_add(e->a, out, keys.at[k]->table);
            relation_list_add(e->a, &todo, keys.at[k]->table);
        }
    }
    return all;
}

/* INHERITS ( a, b ) */
bool select_inherited(struct eval *e, struct call call, struct relation_list *out)
{
    const struct statement *st = e->what->statement;
    (void)call;
    for (size_t i = 1; classified_may_say(e->what, KW_INHERITS) && i + 1 < st->n_tokens; i++) {
        if (!statement_is(st, i, KW_INHERITS) || !is_self(st, i + 1, '(')) {
            continue;
        }
        struct str schema, name;
        for (size_t at = i + 2; qualified_name_view(e->a, e->what->text, st, &at, &schema, &name);) {
            relation_list_add(e->a, out, catalog_mention(e->catalog, schema, name, REL_TABLE));
            if (!is_self(st, at++, ',')) {
                break;
            }
        }
        return true;
    }
    return true;
}
