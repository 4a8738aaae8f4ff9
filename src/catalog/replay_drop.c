/* DROP of everything. */
#include "catalog/names.h"
#include "catalog/replay_parts.h"

struct drop {
    bool if_exists, cascade;
    struct relation_list relations;
};

static bool in_list(const struct relation_list *list, const struct relation *r)
{
    for (size_t i = 0; i < list->n; i++) {
        if (list->at[i] == r) {
            return true;
        }
    }
    return false;
}

/* The sequence of an identity column goes with the column only. */
static bool is_identity(const struct relation *r)
{
    const struct column *col = r->kind == REL_SEQUENCE && r->table ? relation_column(r->table, r->owner_column) : NULL;
    return col && col->sequence == r && col->identity;
}

/* Would the server refuse to drop r alone? Only what is surely there counts. */
static bool is_needed(const struct relation *r, const struct relation_list *together)
{
    for (size_t i = 0; i < r->read_by.n; i++) {
        if (r->read_by.at[i]->exists == TRI_YES && !in_list(together, r->read_by.at[i])) {
            return true;
        }
    }
    for (size_t i = 0; i < r->referenced_by.n; i++) {
        const struct relation *other = r->referenced_by.at[i]->table;
        if (other != r && other->complete && !in_list(together, other)) {
            return true;
        }
    }
    for (size_t i = 0; i < r->children.n; i++) {
        const struct relation *child = r->children.at[i];
        if (r->kind != REL_PARTITIONED && r->kind != REL_PARTITIONED_INDEX && child->exists == TRI_YES &&
            !in_list(together, child)) {
            return true;
        }
    }
    if (r->kind == REL_SEQUENCE && r->table) {
        const struct column *col = relation_column(r->table, r->owner_column);
        return col && col->sequence == r && str_starts_nocase(col->default_sql, STR("nextval"));
    }
    return (r->kind == REL_INDEX || r->kind == REL_PARTITIONED_INDEX) && (r->constraint || r->parents.n > 0);
}

static bool kind_matches(enum relation_kind want, enum relation_kind have)
{
    return have == want || have == REL_UNKNOWN || want == REL_UNKNOWN ||
           (want == REL_TABLE && have == REL_PARTITIONED) || (want == REL_INDEX && have == REL_PARTITIONED_INDEX);
}

/* The default of the column goes with its sequence. */
static void drop_sequence_default(const struct relation *r)
{
    struct column *col = r->kind == REL_SEQUENCE && r->table ? relation_column(r->table, r->owner_column) : NULL;
    if (col && col->sequence == r && !col->identity) {
        col->has_default = false;
        col->default_sql = STR_NONE;
        col->default_volatile = TRI_NO;
    }
}

/* a, b, c [CASCADE | RESTRICT]; one that is refused refuses all. */
static void drop_relations(struct reader *rd, enum relation_kind kind)
{
    struct drop d = {0};
    struct catalog *c = rd->c;
    if (kind == REL_INDEX) {
        (void)rd_take(rd, KW_CONCURRENTLY);
    }
    d.if_exists = rd_if_exists(rd);
    do {
        struct str schema, name;
        if (!rd_qualified(rd, &schema, &name)) {
            return;
        }
        struct relation *r = catalog_mention(c, schema, name, kind);
        if (r->exists == TRI_NO && !d.if_exists) {
            return;
        }
        if (r->exists != TRI_NO && !kind_matches(kind, r->kind)) {
            return;
        }
        if (r->exists != TRI_NO) {
            *vec_push(c->arena, &d.relations) = r;
        }
    } while (rd_take_self(rd, ','));
    d.cascade = rd_take(rd, KW_CASCADE);
    for (size_t i = 0; i < d.relations.n; i++) {
        if (is_identity(d.relations.at[i]) || (!d.cascade && is_needed(d.relations.at[i], &d.relations))) {
            return;
        }
    }
    for (size_t i = 0; i < d.relations.n; i++) {
        drop_sequence_default(d.relations.at[i]);
        catalog_drop(c, d.relations.at[i]);
    }
}

/* ---- types --------------------------------------------------------------------------------------------------------------- */

static bool has_type(const struct column *col, const struct type *t)
{
    return str_eq(col->type.name, t->name) && str_eq(col->type.schema, t->schema);
}

/* Is a column of this type, or with CASCADE: drop such columns. */
static bool columns_of_type(struct catalog *c, const struct type *t, bool drop)
{
    for (size_t i = 0; i < c->all.n; i++) {
        struct relation *r = c->all.at[i];
        for (size_t k = r->exists == TRI_YES ? r->columns.n : 0; k-- > 0;) {
            if (!has_type(r->columns.at[k], t)) {
                continue;
            }
            if (!drop) {
                return true;
            }
            catalog_drop_column(c, r, r->columns.at[k]);
        }
    }
    return false;
}

static void forget_type(struct catalog *c, struct type *t)
{
    for (size_t i = 0; i < t->constraints.n; i++) {
        constraint_name_count(c, t->schema, t->constraints.at[i]->name, -1);
    }
    struct relation *row = t->kind == TYPE_COMPOSITE ? catalog_relation(c, t->schema, t->name) : NULL;
    if (row) {
        catalog_drop(c, row);
    }
    name_map_remove(&c->types, t->schema, t->name);
}

static void drop_types(struct reader *rd)
{
    struct catalog *c = rd->c;
    struct str schema, name;
    (void)rd_if_exists(rd);
    do {
        if (!rd_qualified_any(rd, &schema, &name)) {
            return;
        }
        struct type *t = catalog_type(c, schema, name);
        const size_t n = rd->end;
        const bool cascade = n > 0 && statement_is(rd->st, n - 1, KW_CASCADE);
        if (t && (cascade || !columns_of_type(c, t, false))) {
            (void)columns_of_type(c, t, cascade);
            forget_type(c, t);
        }
    } while (rd_take_self(rd, ','));
}

static bool has_triggers(const struct catalog *c, const struct function *f)
{
    for (size_t i = 0; i < c->triggered.n; i++) {
        const struct relation *r = c->triggered.at[i];
        for (size_t k = 0; r->exists == TRI_YES && r->complete && k < r->triggers.n; k++) {
            if (trigger_calls(r->triggers.at[k], f->schema, f->name)) {
                return true;
            }
        }
    }
    return false;
}

static void drop_triggers_of(struct catalog *c, struct str schema, struct str function)
{
    for (size_t i = 0; i < c->triggered.n; i++) {
        struct relation *r = c->triggered.at[i];
        for (size_t k = r->triggers.n; k-- > 0;) {
            if (trigger_calls(r->triggers.at[k], schema, function)) {
                r->triggers.at[k] = r->triggers.at[--r->triggers.n];
            }
        }
    }
}

/* ---- schemas ------------------------------------------------------------------------------------------------------------- */

static void empty_schema(struct catalog *c, struct str schema)
{
    const size_t n = c->all.n;
    for (size_t i = 0; i < n; i++) {
        if (c->all.at[i]->exists != TRI_NO && str_eq(c->all.at[i]->schema, schema)) {
            catalog_drop(c, c->all.at[i]);
        }
    }
    for (size_t i = 0; i < c->types.cap; i++) {
        struct type *t = c->types.slots[i].value;
        if (t && str_eq(t->schema, schema)) {
            (void)columns_of_type(c, t, true);
            forget_type(c, t);
        }
    }
    for (size_t i = 0; i < c->functions.cap; i++) {
        const struct function *f = c->functions.slots[i].value;
        if (f && str_eq(f->schema, schema)) {
            drop_triggers_of(c, f->schema, f->name);
            name_map_remove(&c->functions, f->schema, f->name);
        }
    }
}

static bool schema_is_empty(const struct catalog *c, struct str schema)
{
    for (size_t i = 0; i < c->all.n; i++) {
        if (c->all.at[i]->exists == TRI_YES && str_eq(c->all.at[i]->schema, schema)) {
            return false;
        }
    }
    return true;
}

static void drop_schemas(struct reader *rd)
{
    struct str name;
    (void)rd_if_exists(rd);
    do {
        if (!rd_name(rd, &name)) {
            return;
        }
        struct schema *s = catalog_schema(rd->c, name);
        const bool cascade = statement_is(rd->st, rd->end - 1, KW_CASCADE);
        if (cascade || schema_is_empty(rd->c, name)) {
            empty_schema(rd->c, name);
            s->exists = TRI_NO;
            s->made = rd->at; /* made again, it holds only what is made in it from then on */
        }
    } while (rd_take_self(rd, ','));
}

/* ---- functions, triggers --------------------------------------------------------------------------------------------- */

static void drop_functions(struct reader *rd)
{
    struct catalog *c = rd->c;
    struct str schema, name;
    size_t first, last;
    (void)rd_if_exists(rd);
    do {
        if (!rd_qualified_any(rd, &schema, &name)) {
            return;
        }
        (void)rd_parens(rd, &first, &last);
        const struct function *f = catalog_function(c, schema, name);
        const bool cascade = statement_is(rd->st, rd->end - 1, KW_CASCADE);
        if (cascade) {
            drop_triggers_of(c, f ? f->schema : schema, name);
        }
        if (f && (cascade || !has_triggers(c, f))) {
            name_map_remove(&c->functions, f->schema, f->name);
        }
    } while (rd_take_self(rd, ','));
}

static void drop_trigger(struct reader *rd)
{
    struct str name, schema, table;
    (void)rd_if_exists(rd);
    if (!rd_name(rd, &name) || !rd_take(rd, KW_ON) || !rd_qualified(rd, &schema, &table)) {
        return;
    }
    struct relation *r = catalog_resolve(rd->c, schema, table);
    for (size_t i = 0; r && i < r->triggers.n; i++) {
        if (str_eq(r->triggers.at[i]->name, name)) {
            memmove(&r->triggers.at[i], &r->triggers.at[i + 1], (r->triggers.n - i - 1) * sizeof(r->triggers.at[0]));
            r->triggers.n--;
            return;
        }
    }
}

void replay_drop(struct reader *rd)
{
    if (rd_take(rd, KW_TABLE) || rd_take2(rd, KW_FOREIGN, KW_TABLE)) {
        const bool foreign = rd->st->tokens[rd->i - 2].keyword == KW_FOREIGN;
        drop_relations(rd, foreign ? REL_FOREIGN : REL_TABLE);
    } else if (rd_take(rd, KW_VIEW)) {
        drop_relations(rd, REL_VIEW);
    } else if (rd_take2(rd, KW_MATERIALIZED, KW_VIEW)) {
        drop_relations(rd, REL_MATVIEW);
    } else if (rd_take(rd, KW_INDEX)) {
        drop_relations(rd, REL_INDEX);
    } else if (rd_take(rd, KW_SEQUENCE)) {
        drop_relations(rd, REL_SEQUENCE);
    } else if (rd_take(rd, KW_TYPE) || rd_take(rd, KW_DOMAIN)) {
        drop_types(rd);
    } else if (rd_take(rd, KW_SCHEMA)) {
        drop_schemas(rd);
    } else if (rd_take(rd, KW_FUNCTION) || rd_take(rd, KW_PROCEDURE) || rd_take(rd, KW_ROUTINE)) {
        drop_functions(rd);
    } else if (rd_take(rd, KW_TRIGGER)) {
        drop_trigger(rd);
    } else if (rd_take(rd, KW_POLICY)) {
        replay_drop_attached(rd, true);
    } else if (rd_take(rd, KW_RULE)) {
        replay_drop_attached(rd, false);
    } else if (rd_take(rd, KW_STATISTICS)) {
        replay_drop_statistics(rd);
    } else if (rd_take(rd, KW_PUBLICATION)) {
        replay_drop_publication(rd);
    }
}
