#include "catalog/file_rows.h"

#define TABLE(name, columns)                                  \
    {                                                         \
#        name, "CREATE TABLE " #        name " (" columns ")" \
    }

const struct io_table file_tables[FILE_TABLES] = {
    [FILE_META] = TABLE(meta, "name TEXT, value TEXT"),
    [FILE_SETTINGS] = TABLE(settings, "name TEXT, value TEXT"),
    [FILE_MIGRATIONS] =
        TABLE(migrations, "version TEXT, name TEXT, state TEXT, going_down INTEGER, steps_done INTEGER, "
                          "steps INTEGER, statements_done INTEGER, sha256 TEXT, sha256_text TEXT, applied_at TEXT"),
    [FILE_SCHEMAS] = TABLE(schemas, "name TEXT, there TEXT"),
    [FILE_TYPES] =
        TABLE(types, "id INTEGER PRIMARY KEY, schema TEXT, name TEXT, kind TEXT, base TEXT, base_schema TEXT, "
                     "base_name TEXT, modifier_1 INTEGER, modifier_2 INTEGER, dimensions INTEGER, set_of INTEGER, "
                     "not_null INTEGER, has_constraints INTEGER, default_sql TEXT, labels TEXT"),
    [FILE_FUNCTIONS] = TABLE(functions, "schema TEXT, name TEXT, arguments INTEGER, volatility TEXT, language TEXT, "
                                        "returns_trigger INTEGER, body TEXT, source TEXT"),
    [FILE_RELATIONS] =
        TABLE(relations, "id INTEGER PRIMARY KEY, schema TEXT, name TEXT, kind TEXT, rows INTEGER, "
                         "bytes INTEGER, there TEXT, complete INTEGER, temporary INTEGER, unlogged INTEGER, "
                         "maybe_older INTEGER, loaded TEXT, access_method TEXT, tablespace TEXT, "
                         "row_security INTEGER, is_partition INTEGER, is_default_partition INTEGER, "
                         "partition_key TEXT, partition_bound TEXT, owner_role TEXT, policies TEXT, statistics TEXT, "
                         "publications TEXT, words TEXT"),
    [FILE_COLUMNS] = TABLE(columns, "relation INTEGER, name TEXT, type TEXT, type_schema TEXT, type_name TEXT, "
                                    "modifier_1 INTEGER, modifier_2 INTEGER, dimensions INTEGER, set_of INTEGER, "
                                    "collation TEXT, not_null INTEGER, has_default INTEGER, default_sql TEXT, "
                                    "default_volatile TEXT, identity TEXT, generated TEXT, local INTEGER"),
    [FILE_INDEXES] = TABLE(indexes, "relation INTEGER, on_relation INTEGER, is_unique INTEGER, is_primary INTEGER, "
                                    "is_valid INTEGER, nulls_not_distinct INTEGER, mentions TEXT, predicate TEXT"),
    [FILE_INDEX_COLUMNS] =
        TABLE(index_columns, "relation INTEGER, name TEXT, expression TEXT, collation TEXT, opclass TEXT, "
                             "included INTEGER"),
    [FILE_CONSTRAINTS] =
        TABLE(constraints, "relation INTEGER, domain INTEGER, name TEXT, kind TEXT, columns TEXT, "
                           "is_valid INTEGER, enforced INTEGER, no_inherit INTEGER, inherited INTEGER, "
                           "is_deferrable INTEGER, is_deferred INTEGER, expression TEXT, proves_not_null TEXT, "
                           "index_relation INTEGER, referenced INTEGER, referenced_columns TEXT, "
                           "on_delete TEXT, on_update TEXT"),
    [FILE_TRIGGERS] =
        TABLE(triggers, "relation INTEGER, name TEXT, is_before INTEGER, each_row INTEGER, events INTEGER, "
                        "function_schema TEXT, function TEXT"),
    [FILE_RULES] = TABLE(rules, "relation INTEGER, name TEXT, event INTEGER, is_instead INTEGER, "
                                "is_conditional INTEGER, actions TEXT"),
    [FILE_TYPED] = TABLE(typed_tables, "relation INTEGER, type_relation INTEGER"),
    [FILE_INHERITANCE] = TABLE(inheritance, "child INTEGER, parent INTEGER"),
    [FILE_VIEW_READS] = TABLE(view_reads, "view INTEGER, relation INTEGER"),
    [FILE_SEQUENCES] = TABLE(sequences, "relation INTEGER, owner INTEGER, owner_column TEXT"),
};

/* Lists of columns: a table has at most 1,600. Labels of an enum have no bound. */
#define NAMES_MAX ((size_t)2000)
/* TRIGGER_INSERT and so on, together. */
#define EVENTS_MAX 15U
/* Sums over a whole catalog of such numbers stay within 64 bits; see file_read.c. */
#define ROWS_MAX (INT64_C(1) << 50)

void row_pair(struct io *io, struct str *name, struct str *value)
{
    io_text(io, name);
    io_text(io, value);
}

void row_applied(struct io *io, struct catalog_applied *a)
{
    static const struct io_word states[] = {{0, "applied"}, {1, "partial"}};
    int partial = a->partial;
    io_text(io, &a->version);
    io_text(io, &a->name);
    io_word(io, states, countof(states), &partial);
    a->partial = partial == 1;
    io_bool(io, &a->going_down);
    io_unsigned(io, &a->steps_done, 1000000);
    io_unsigned(io, &a->steps, 1000000);
    io_unsigned(io, &a->statements_done, UINT32_MAX);
    io_text(io, &a->sha256);
    io_text(io, &a->sha256_text);
    io_text(io, &a->applied_at);
}

void row_schema(struct io *io, struct schema *s)
{
    io_text(io, &s->name);
    io_tri(io, &s->exists);
}

static void type_fields(struct io *io, struct type_ref *t)
{
    io_text_shared(io, &t->text);
    io_text_shared(io, &t->schema);
    io_text_shared(io, &t->name);
    for (size_t i = 0; i < countof(t->mod); i++) {
        int64_t wide = t->mod[i];
        io_int(io, &wide, INT32_MIN, INT32_MAX);
        t->mod[i] = (int32_t)wide;
    }
    io_unsigned(io, &t->dimensions, 100);
    io_bool(io, &t->setof);
}

void row_type(struct io *io, int64_t *id, struct type *t)
{
    static const struct io_word kinds[] = {{TYPE_ENUM, "enum"},
                                           {TYPE_DOMAIN, "domain"},
                                           {TYPE_COMPOSITE, "composite"},
                                           {TYPE_RANGE, "range"},
                                           {TYPE_OTHER, "other"}};
    int kind = (int)t->kind;
    io_int(io, id, 1, INT32_MAX);
    io_text(io, &t->schema);
    io_text(io, &t->name);
    io_word(io, kinds, countof(kinds), &kind);
    t->kind = (enum type_kind)kind;
    type_fields(io, &t->base);
    io_bool(io, &t->not_null);
    io_bool(io, &t->has_constraints);
    io_text(io, &t->default_sql);
    io_names(io, &t->labels, SIZE_MAX);
}

void row_function(struct io *io, struct function *f)
{
    static const struct io_word volatilities[] = {{0, NULL}, {'i', "immutable"}, {'s', "stable"}, {'v', "volatile"}};
    io_text(io, &f->schema);
    io_text(io, &f->name);
    io_unsigned(io, &f->n_args, 10000);
    io_char(io, volatilities, countof(volatilities), &f->volatility);
    io_text(io, &f->language);
    io_bool(io, &f->returns_trigger);
    io_text(io, &f->body);
    io_text(io, &f->source);
}

void row_relation(struct io *io, int64_t *id, struct relation *r)
{
    static const struct io_word kinds[] = {
        {REL_UNKNOWN, "unknown"},          {REL_TABLE, "table"}, {REL_PARTITIONED, "partitioned table"},
        {REL_FOREIGN, "foreign table"},    {REL_VIEW, "view"},   {REL_MATVIEW, "materialized view"},
        {REL_SEQUENCE, "sequence"},        {REL_INDEX, "index"}, {REL_PARTITIONED_INDEX, "partitioned index"},
        {REL_COMPOSITE, "composite type"},
    };
    int kind = (int)r->kind;
    io_int(io, id, 1, INT32_MAX);
    io_text(io, &r->schema);
    io_text(io, &r->name);
    io_word(io, kinds, countof(kinds), &kind);
    r->kind = (enum relation_kind)kind;
    io_known(io, &r->rows, ROWS_MAX);
    io_known(io, &r->bytes, ROWS_MAX);
    io_tri(io, &r->exists);
    io_bool(io, &r->complete);
    io_bool(io, &r->temporary);
    io_bool(io, &r->unlogged);
    io_bool(io, &r->maybe_older);
    io_tri(io, &r->loaded);
    io_text(io, &r->access_method);
    io_text(io, &r->tablespace);
    io_bool(io, &r->row_security);
    io_bool(io, &r->is_partition);
    io_bool(io, &r->is_default_partition);
    io_text(io, &r->partition_key);
    io_text(io, &r->partition_bound);
    io_text(io, &r->owner);
    io_names(io, &r->policies, SIZE_MAX);
    io_names(io, &r->statistics, SIZE_MAX);
    io_names(io, &r->publications, SIZE_MAX);
    io_names(io, &r->words, SIZE_MAX);
}

void row_column(struct io *io, struct relation **owner, struct column *col)
{
    static const struct io_word identities[] = {{0, NULL}, {'a', "always"}, {'d', "by default"}};
    static const struct io_word generations[] = {{0, NULL}, {'s', "stored"}, {'v', "virtual"}};
    io_relation(io, owner);
    io_text(io, &col->name);
    type_fields(io, &col->type);
    io_text(io, &col->collation);
    io_bool(io, &col->not_null);
    io_bool(io, &col->has_default);
    io_text(io, &col->default_sql);
    io_tri(io, &col->default_volatile);
    io_char(io, identities, countof(identities), &col->identity);
    io_char(io, generations, countof(generations), &col->generated);
    io_bool(io, &col->local);
}

void row_index(struct io *io, struct relation **index, struct relation *fields)
{
    io_relation(io, index);
    io_relation(io, &fields->table);
    io_bool(io, &fields->unique);
    io_bool(io, &fields->primary);
    io_bool(io, &fields->valid);
    io_bool(io, &fields->nulls_not_distinct);
    io_names(io, &fields->mentions, NAMES_MAX);
    io_text(io, &fields->predicate);
}

void row_index_column(struct io *io, struct relation **index, struct index_column *col)
{
    io_relation(io, index);
    io_text(io, &col->name);
    io_text(io, &col->expression);
    io_text(io, &col->collation);
    io_text(io, &col->opclass);
    io_bool(io, &col->included);
}

void row_constraint(struct io *io, struct relation **owner, struct type **domain, struct constraint *con)
{
    static const struct io_word kinds[] = {{CON_CHECK, "check"},         {CON_NOT_NULL, "not null"},
                                           {CON_PRIMARY, "primary key"}, {CON_UNIQUE, "unique"},
                                           {CON_FOREIGN, "foreign key"}, {CON_EXCLUDE, "exclude"}};
    static const struct io_word actions[] = {{0, NULL},        {'a', "no action"}, {'r', "restrict"},
                                             {'c', "cascade"}, {'n', "set null"},  {'d', "set default"}};
    int kind = (int)con->kind;
    io_relation(io, owner);
    io_type(io, domain);
    io_text(io, &con->name);
    io_word(io, kinds, countof(kinds), &kind);
    con->kind = (enum constraint_kind)kind;
    io_names(io, &con->columns, NAMES_MAX);
    io_bool(io, &con->valid);
    io_bool(io, &con->enforced);
    io_bool(io, &con->no_inherit);
    io_bool(io, &con->inherited);
    io_bool(io, &con->deferrable);
    io_bool(io, &con->deferred);
    io_text(io, &con->expression);
    io_names(io, &con->not_null, NAMES_MAX);
    io_relation(io, &con->index);
    io_relation(io, &con->referenced);
    io_names(io, &con->referenced_columns, NAMES_MAX);
    io_char(io, actions, countof(actions), &con->on_delete);
    io_char(io, actions, countof(actions), &con->on_update);
}

void row_trigger(struct io *io, struct relation **owner, struct trigger *t)
{
    io_relation(io, owner);
    io_text(io, &t->name);
    io_bool(io, &t->before);
    io_bool(io, &t->row);
    io_unsigned(io, &t->events, EVENTS_MAX);
    io_text(io, &t->function_schema);
    io_text(io, &t->function);
}

void row_rule(struct io *io, struct relation **owner, struct rule *rule)
{
    io_relation(io, owner);
    io_text(io, &rule->name);
    io_unsigned(io, &rule->event, EVENTS_MAX);
    io_bool(io, &rule->instead);
    io_bool(io, &rule->conditional);
    io_text(io, &rule->actions);
}

void row_pair_of_relations(struct io *io, struct relation **a, struct relation **b)
{
    io_relation(io, a);
    io_relation(io, b);
}

void row_sequence(struct io *io, struct relation **sequence, struct relation **table, struct str *column)
{
    io_relation(io, sequence);
    io_relation(io, table);
    io_text(io, column);
}
