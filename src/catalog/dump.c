#include "catalog/dump.h"

#include "catalog/order.h"

static const char *kind_word(enum relation_kind kind)
{
    static const char *const words[] = {
        [REL_UNKNOWN] = "relation",         [REL_TABLE] = "table", [REL_PARTITIONED] = "partitioned table",
        [REL_FOREIGN] = "foreign table",    [REL_VIEW] = "view",   [REL_MATVIEW] = "materialized view",
        [REL_SEQUENCE] = "sequence",        [REL_INDEX] = "index", [REL_PARTITIONED_INDEX] = "partitioned index",
        [REL_COMPOSITE] = "composite type",
    };
    return words[kind];
}

static int by_relation(const void *a, const void *b)
{
    const struct relation *const *x = a, *const *y = b;
    const int schema = str_cmp((*x)->schema, (*y)->schema);
    return schema != 0 ? schema : str_cmp((*x)->name, (*y)->name);
}

static int by_constraint(const void *a, const void *b)
{
    const struct constraint *const *x = a, *const *y = b;
    return str_cmp((*x)->name, (*y)->name);
}

static int by_trigger(const void *a, const void *b)
{
    const struct trigger *const *x = a, *const *y = b;
    return str_cmp((*x)->name, (*y)->name);
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* A sorted copy of a list of pointers. */
static void *sorted(struct arena *a, const void *at, size_t n, size_t size, int (*compare)(const void *, const void *))
{
    char *copy = arena_alloc(a, mem_size(n, size));
    if (n > 0) {
        memcpy(copy, at, mem_size(n, size));
        qsort(copy, n, size, compare);
    }
    return copy;
}

static void add_names(struct arena *a, const struct name_list *names, bool sort, struct strbuf *out)
{
    const struct str *list = sort ? sorted(a, names->at, names->n, sizeof names->at[0], by_name) : names->at;
    strbuf_add_cstr(out, " (");
    for (size_t i = 0; i < names->n; i++) {
        strbuf_add_cstr(out, i ? ", " : "");
        strbuf_add(out, name_quote(a, list[i]));
    }
    strbuf_add_char(out, ')');
}

static void add_flag(struct strbuf *out, bool on, const char *word)
{
    if (on) {
        strbuf_addf(out, " %s", word);
    }
}

static void add_text(struct strbuf *out, const char *word, struct str text)
{
    if (text.n > 0) {
        strbuf_addf(out, " %s [%.*s]", word, STR_ARG(text));
    }
}

static const char *tri_word(enum tri t)
{
    return t == TRI_YES ? "yes" : t == TRI_NO ? "no" : "unknown";
}

static void add_column(const struct column *col, struct arena *a, enum dump_detail detail, struct strbuf *out)
{
    const struct str name = name_quote(a, col->name);
    strbuf_addf(out, "  column %.*s %.*s", STR_ARG(name),
                STR_ARG(col->type.text.n > 0 ? col->type.text : STR("(type unknown)")));
    if (col->collation.n > 0) {
        const struct str collation = name_quote(a, col->collation);
        strbuf_addf(out, " collate %.*s", STR_ARG(collation));
    }
    add_flag(out, col->not_null, "not null");
    add_flag(out, col->identity == 'a', "identity always");
    add_flag(out, col->identity == 'd', "identity by default");
    add_flag(out, col->generated == 's', "generated stored");
    add_flag(out, col->generated == 'v', "generated virtual");
    add_flag(out, col->has_default, "default");
    if (detail == DUMP_ALL && (col->has_default || col->generated)) {
        add_text(out, col->generated ? "as" : "is", col->default_sql);
        strbuf_addf(out, " volatile %s", tri_word(col->default_volatile));
    }
    strbuf_add_char(out, '\n');
}

static void add_references(const struct constraint *con, struct arena *a, struct strbuf *out)
{
    const struct str to = relation_display(con->referenced, a);
    strbuf_addf(out, " references %.*s", STR_ARG(to));
    add_names(a, &con->referenced_columns, false, out);
    const char action = con->on_delete;
    add_flag(out, action == 'c', "on delete cascade");
    add_flag(out, action == 'r', "on delete restrict");
    add_flag(out, action == 'n', "on delete set null");
    add_flag(out, action == 'd', "on delete set default");
}

static void add_constraint(const struct constraint *con, struct arena *a, enum dump_detail detail, struct strbuf *out)
{
    static const char *const kinds[] = {
        [CON_CHECK] = "check",   [CON_NOT_NULL] = "not null",   [CON_PRIMARY] = "primary key",
        [CON_UNIQUE] = "unique", [CON_FOREIGN] = "foreign key", [CON_EXCLUDE] = "exclude",
    };
    const struct str name = name_quote(a, con->name);
    strbuf_addf(out, "  constraint %.*s %s", STR_ARG(name), kinds[con->kind]);
    add_names(a, &con->columns, con->kind == CON_CHECK || con->kind == CON_EXCLUDE, out);
    if (con->referenced) {
        add_references(con, a, out);
    }
    add_flag(out, con->no_inherit, "no inherit");
    add_flag(out, con->inherited, "inherited");
    add_flag(out, con->deferrable, "deferrable");
    add_flag(out, !con->valid, "not valid");
    add_flag(out, !con->enforced, "not enforced");
    if (detail == DUMP_ALL) {
        add_text(out, "is", con->expression);
        add_flag(out, con->deferred, "initially deferred");
        add_flag(out, con->on_update == 'c', "on update cascade");
        add_flag(out, con->on_update == 'r', "on update restrict");
        add_flag(out, con->on_update == 'n', "on update set null");
        add_flag(out, con->on_update == 'd', "on update set default");
        if (con->not_null.n > 0) {
            strbuf_add_cstr(out, " proves");
            add_names(a, &con->not_null, true, out);
        }
    }
    strbuf_add_char(out, '\n');
}

static void add_index(const struct relation *index, struct arena *a, enum dump_detail detail, struct strbuf *out)
{
    const struct str name = name_quote(a, index->name);
    bool include = false;
    strbuf_addf(out, "  index %.*s%s%s %.*s (", STR_ARG(name), index->unique ? " unique" : "",
                index->primary ? " primary" : "", STR_ARG(index->access_method));
    for (size_t i = 0; i < index->index_columns.n; i++) {
        const struct index_column *col = &index->index_columns.at[i];
        strbuf_add_cstr(out, col->included && !include ? ") include (" : i ? ", " : "");
        include = include || col->included;
        if (col->name.n > 0) {
            strbuf_add(out, name_quote(a, col->name));
        } else if (detail == DUMP_ALL) {
            strbuf_addf(out, "[%.*s]", STR_ARG(col->expression));
        } else {
            strbuf_add_cstr(out, "expression");
        }
        if (detail == DUMP_ALL && col->opclass.n > 0) {
            strbuf_addf(out, " %.*s", STR_ARG(col->opclass));
        }
    }
    strbuf_add_char(out, ')');
    add_flag(out, index->nulls_not_distinct, "nulls not distinct");
    if (index->predicate.n > 0) {
        strbuf_add_cstr(out, " where");
        if (detail == DUMP_ALL) {
            strbuf_addf(out, " [%.*s]", STR_ARG(index->predicate));
        }
    }
    add_flag(out, !index->valid, "invalid");
    if (index->parents.n > 0) {
        const struct str parent = relation_display(index->parents.at[0], a);
        strbuf_addf(out, " part of %.*s", STR_ARG(parent));
    }
    add_flag(out, !index->complete, "incomplete");
    strbuf_add_char(out, '\n');
}

static void add_relations(const char *word, const struct relation_list *list, struct arena *a, struct strbuf *out)
{
    struct relation **all = sorted(a, list->at, list->n, sizeof list->at[0], by_relation);
    for (size_t i = 0; i < list->n; i++) {
        const struct str name = relation_display(all[i], a);
        strbuf_addf(out, "%s %.*s", i ? "," : word, STR_ARG(name));
    }
}

static void add_list(struct arena *a, const char *word, const struct name_list *names, struct strbuf *out)
{
    if (names->n > 0) {
        strbuf_addf(out, " %s", word);
        add_names(a, names, true, out);
    }
}

static void add_knowledge(const struct relation *r, struct arena *a, struct strbuf *out)
{
    const bool rows = r->kind == REL_TABLE || r->kind == REL_PARTITIONED || r->kind == REL_MATVIEW;
    add_text(out, "by", r->partition_key);
    add_text(out, "bound", r->partition_bound);
    add_flag(out, r->exists == TRI_UNKNOWN, "mentioned");
    add_flag(out, !r->complete && r->kind != REL_VIEW && r->kind != REL_MATVIEW, "incomplete");
    add_flag(out, r->maybe_older, "maybe older");
    add_flag(out, rows && r->loaded == TRI_YES, "loaded");
    add_flag(out, rows && r->loaded == TRI_NO, "empty");
    add_relations(" reads", &r->reads, a, out);
    add_list(a, "policies", &r->policies, out);
    add_list(a, "statistics", &r->statistics, out);
    add_list(a, "publications", &r->publications, out);
    for (size_t i = 0; i < r->rules.n; i++) {
        const struct rule *rule = &r->rules.at[i];
        add_text(out, rule->instead ? "rule instead" : "rule also", rule->actions.n > 0 ? rule->actions : rule->name);
    }
}

void relation_dump(const struct relation *r, struct arena *a, enum dump_detail detail, struct strbuf *out)
{
    const struct str name = relation_display(r, a);
    strbuf_addf(out, "%s %.*s", kind_word(r->kind), STR_ARG(name));
    if (r->kind == REL_SEQUENCE && r->table) {
        const struct str table = relation_display(r->table, a), column = name_quote(a, r->owner_column);
        strbuf_addf(out, " owned by %.*s.%.*s", STR_ARG(table), STR_ARG(column));
    }
    add_flag(out, r->unlogged, "unlogged");
    add_flag(out, r->row_security, "row security");
    add_relations(r->is_partition ? " partition of" : " inherits", &r->parents, a, out);
    add_flag(out, r->is_default_partition, "default partition");
    if (detail == DUMP_ALL) {
        add_knowledge(r, a, out);
    }
    strbuf_add_char(out, '\n');
    for (size_t i = 0; i < r->columns.n; i++) {
        add_column(r->columns.at[i], a, detail, out);
    }
    struct constraint **cons =
        sorted(a, r->constraints.at, r->constraints.n, sizeof r->constraints.at[0], by_constraint);
    for (size_t i = 0; i < r->constraints.n; i++) {
        add_constraint(cons[i], a, detail, out);
    }
    struct relation **indexes = sorted(a, r->indexes.at, r->indexes.n, sizeof r->indexes.at[0], by_relation);
    for (size_t i = 0; i < r->indexes.n; i++) {
        add_index(indexes[i], a, detail, out);
    }
    struct trigger **triggers = sorted(a, r->triggers.at, r->triggers.n, sizeof r->triggers.at[0], by_trigger);
    for (size_t i = 0; i < r->triggers.n; i++) {
        const struct str trigger = name_quote(a, triggers[i]->name);
        strbuf_addf(out, "  trigger %.*s %s %s\n", STR_ARG(trigger), triggers[i]->before ? "before" : "after",
                    triggers[i]->row ? "row" : "statement");
    }
}

static void add_type(const struct type *t, struct arena *a, enum dump_detail detail, struct strbuf *out)
{
    const struct str name = name_display(a, t->schema, t->name);
    if (t->kind == TYPE_COMPOSITE) {
        return; /* it is among the relations */
    }
    strbuf_addf(out, "type %.*s", STR_ARG(name));
    if (t->kind == TYPE_ENUM) {
        strbuf_add_cstr(out, " enum");
        for (size_t i = 0; i < t->labels.n; i++) {
            strbuf_addf(out, " '%.*s'", STR_ARG(t->labels.at[i]));
        }
    } else if (t->kind == TYPE_DOMAIN) {
        strbuf_addf(out, " domain over %.*s", STR_ARG(t->base.text));
        add_flag(out, t->not_null, "not null");
        add_flag(out, t->default_sql.n > 0, "default");
    } else {
        strbuf_add_cstr(out, t->kind == TYPE_RANGE ? " range" : " other");
    }
    strbuf_add_char(out, '\n');
    struct constraint **cons =
        sorted(a, t->constraints.at, t->constraints.n, sizeof t->constraints.at[0], by_constraint);
    for (size_t i = 0; i < t->constraints.n; i++) {
        add_constraint(cons[i], a, detail, out);
    }
}

void catalog_dump(const struct catalog *c, enum dump_detail detail, struct strbuf *out)
{
    struct arena a;
    arena_init(&a, SIZE_MAX);
    const struct value_list schemas = catalog_schemas(c, &a), types = catalog_types(c, &a),
                            functions = catalog_functions(c, &a);
    for (size_t i = 0; i < schemas.n; i++) {
        const struct schema *schema = schemas.at[i];
        if (schema->exists == TRI_YES) {
            const struct str name = name_quote(&a, schema->name);
            strbuf_addf(out, "schema %.*s\n", STR_ARG(name));
        }
    }
    for (size_t i = 0; i < types.n; i++) {
        add_type(types.at[i], &a, detail, out);
    }
    struct relation **all = sorted(&a, c->all.at, c->all.n, sizeof c->all.at[0], by_relation);
    for (size_t i = 0; i < c->all.n; i++) {
        const bool wanted = all[i]->exists == TRI_YES || (all[i]->exists == TRI_UNKNOWN && detail == DUMP_ALL);
        if (wanted && all[i]->kind != REL_INDEX && all[i]->kind != REL_PARTITIONED_INDEX) {
            relation_dump(all[i], &a, detail, out);
        }
    }
    for (size_t i = 0; i < functions.n; i++) {
        const struct function *function = functions.at[i];
        const struct str name = name_display(&a, function->schema, function->name);
        strbuf_addf(out, "function %.*s %c\n", STR_ARG(name), function->volatility ? function->volatility : '?');
    }
    arena_free(&a);
}
