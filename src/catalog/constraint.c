/* The applying half of constraint.h. */
#include "catalog/constraint.h"

#include "catalog/expression.h"
#include "catalog/index.h"
#include "catalog/names.h"
#include "catalog/replay_parts.h"

bool names_not_null(const struct catalog *c)
{
    return c->server_version >= 18;
}

static struct constraint *new_constraint(struct reader *rd, const struct constraint_spec *spec, struct str name)
{
    struct constraint *con = arena_new(rd->c->arena, struct constraint);
    *con = (struct constraint){
        .name = name,
        .kind = spec->kind,
        .columns = spec->columns,
        .valid = !spec->not_valid && !spec->not_enforced,
        .enforced = !spec->not_enforced,
        .no_inherit = spec->no_inherit,
        .deferrable = spec->deferrable,
        .deferred = spec->deferred,
        .expression = spec->expression,
        .not_null = spec->proves,
        .on_delete = spec->on_delete,
        .on_update = spec->on_update,
        .made = rd->at,
    };
    return con;
}

struct constraint_spec constraint_spec_of(struct catalog *c, const struct constraint *con)
{
    (void)c;
    return (struct constraint_spec){
        .kind = con->kind,
        .name = con->name,
        .columns = con->columns,
        .expression = con->expression,
        .proves = con->not_null,
        .ref_columns = con->referenced_columns,
        .on_delete = con->on_delete,
        .on_update = con->on_update,
        .not_valid = !con->valid,
        .not_enforced = !con->enforced,
        .no_inherit = con->no_inherit,
        .deferrable = con->deferrable,
        .deferred = con->deferred,
    };
}

static struct constraint *not_null_constraint(const struct relation *r, struct str column)
{
    for (size_t i = 0; i < r->constraints.n; i++) {
        struct constraint *con = r->constraints.at[i];
        if (con->kind == CON_NOT_NULL && name_list_has(&con->columns, column)) {
            return con;
        }
    }
    return NULL;
}

void column_set_not_null(struct reader *rd, struct relation *r, struct column *col, struct str name)
{
    struct catalog *c = rd->c;
    struct constraint *con = not_null_constraint(r, col->name);
    col->not_null = true;
    if (con) {
        con->valid = true;
        name = con->name;
    } else if (names_not_null(c) || (name.n > 0 && c->server_version == 0)) {
        struct constraint_spec spec = {.kind = CON_NOT_NULL};
        *vec_push(c->arena, &spec.columns) = col->name;
        if (name.n == 0) {
            name = name_choose(c, r->schema, r->name, col->name, "not_null", NAME_CONSTRAINT);
        }
        relation_add_constraint(c, r, new_constraint(rd, &spec, name));
    }
    for (size_t i = 0; i < r->children.n; i++) {
        struct relation *child = r->children.at[i];
        struct column *same = relation_column(child, col->name);
        if (same) {
            column_set_not_null(rd, child, same, name);
            con = not_null_constraint(child, col->name);
            if (con) {
                con->inherited = true;
            }
        }
    }
}

static bool columns_there(const struct relation *r, const struct name_list *names)
{
    for (size_t i = 0; r->complete && i < names->n; i++) {
        if (!relation_column(r, names->at[i])) {
            return false;
        }
    }
    return true;
}

static enum applied apply_check(struct reader *rd, struct relation *r, const struct constraint_spec *spec,
                                bool inherited)
{
    struct catalog *c = rd->c;
    struct constraint *same = spec->name.n > 0 ? constraint_find(rd->c, r, spec->name) : NULL;
    if (same && !inherited) {
        return REFUSED;
    }
    if (same) {
        same->inherited = true; /* merged with the parent's */
        return APPLIED;
    }
    struct str name = spec->name;
    if (name.n == 0) {
        const struct str only = spec->columns.n == 1 ? spec->columns.at[0] : STR_NONE;
        name = name_choose(c, r->schema, r->name, only, "check", NAME_CONSTRAINT);
    }
    struct constraint *con = new_constraint(rd, spec, name);
    con->inherited = inherited;
    relation_add_constraint(c, r, con);
    if (!spec->no_inherit) {
        struct constraint_spec named = *spec;
        named.name = name;
        for (size_t i = 0; i < r->children.n; i++) {
            (void)apply_check(rd, r->children.at[i], &named, true);
        }
    }
    return APPLIED;
}

static enum applied apply_not_null(struct reader *rd, struct relation *r, const struct constraint_spec *spec)
{
    struct column *col = relation_column(r, spec->columns.at[0]);
    if (!col) {
        return r->complete ? REFUSED : APPLIED;
    }
    if (!spec->not_valid) {
        column_set_not_null(rd, r, col, spec->name);
        return APPLIED;
    }
    if (not_null_constraint(r, col->name)) {
        return REFUSED;
    }
    const struct str name =
        spec->name.n > 0 ? spec->name : name_choose(rd->c, r->schema, r->name, col->name, "not_null", NAME_CONSTRAINT);
    relation_add_constraint(rd->c, r, new_constraint(rd, spec, name));
    return APPLIED;
}

static bool same_list(const struct name_list *a, const struct name_list *b)
{
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++) {
        same = str_eq(a->at[i], b->at[i]);
    }
    return same;
}

static bool same_key(const struct constraint_spec *a, const struct constraint_spec *b)
{
    return a->using_index.n == 0 && b->using_index.n == 0 && a->deferrable == b->deferrable &&
           a->nulls_not_distinct == b->nulls_not_distinct && a->period == b->period &&
           same_list(&a->columns, &b->columns) && same_list(&a->include, &b->include);
}

void constraint_specs_unite(struct constraint_spec_list *specs)
{
    enum { MAX_SPECS = 4096 }; /* compared in pairs: a statement with more is nobody's table */
    for (size_t i = 0; i < specs->n && specs->n <= MAX_SPECS; i++) {
        struct constraint_spec *keep = &specs->at[i];
        if (keep->kind != CON_PRIMARY && keep->kind != CON_UNIQUE) {
            continue;
        }
        for (size_t k = 0; k < specs->n; k++) {
            const bool goes = k != i && specs->at[k].kind == CON_UNIQUE && (k > i || keep->kind == CON_PRIMARY);
            if (goes && same_key(keep, &specs->at[k])) {
                keep->name = keep->name.n > 0 ? keep->name : specs->at[k].name;
                memmove(&specs->at[k], &specs->at[k + 1], (specs->n - k - 1) * sizeof specs->at[0]);
                specs->n--;
                i -= k < i;
                keep = &specs->at[i];
                k--;
            }
        }
    }
}

static bool has_primary(const struct relation *r)
{
    for (size_t i = 0; i < r->constraints.n; i++) {
        if (r->constraints.at[i]->kind == CON_PRIMARY) {
            return true;
        }
    }
    return false;
}

/* ADD … USING INDEX: the index takes the constraint's name. */
static struct relation *take_index(struct reader *rd, struct relation *r, const struct constraint_spec *spec,
                                   struct name_list *columns)
{
    struct relation *index = catalog_relation(rd->c, r->schema, spec->using_index);
    if (!index && !r->complete) {
        index = catalog_add(rd->c, r->schema, spec->using_index, REL_INDEX, (struct origin){0});
        index->complete = false;
        index->table = r;
        index->unique = true;
        index->access_method = STR("btree"); /* no other can be unique */
        *vec_push(rd->c->arena, &r->indexes) = index;
    }
    if (!index || index->table != r || !index->unique || index->constraint || !index->valid || index->predicate.n > 0) {
        return NULL;
    }
    for (size_t i = 0; i < index->index_columns.n; i++) {
        const struct index_column *col = &index->index_columns.at[i];
        if (col->name.n == 0) {
            return NULL;
        }
        if (!col->included) {
            *vec_push(rd->c->arena, columns) = col->name;
        }
    }
    index->primary = spec->kind == CON_PRIMARY;
    if (spec->name.n > 0 && !str_eq(spec->name, index->name)) {
        catalog_rename(rd->c, index, index->schema, spec->name);
    }
    return index;
}

static struct index_spec index_spec_for(struct reader *rd, const struct constraint_spec *spec)
{
    struct index_spec index = {
        .name = spec->name,
        .label = spec->kind == CON_PRIMARY   ? "pkey"
                 : spec->kind == CON_EXCLUDE ? "excl"
                                             : "key",
        .unique = spec->kind != CON_EXCLUDE,
        .primary = spec->kind == CON_PRIMARY,
        .nulls_not_distinct = spec->nulls_not_distinct,
        .valid = true,
        .access_method = spec->period                ? STR("gist")
                         : spec->access_method.n > 0 ? spec->access_method
                                                     : STR("btree"),
        .tablespace = spec->tablespace,
        .predicate = spec->predicate,
        .only = true,
    };
    if (spec->kind == CON_EXCLUDE) {
        for (size_t i = 0; i < spec->elements.n; i++) {
            *vec_push(&rd->c->scratch, &index.columns) = spec->elements.at[i];
        }
        index.mentions = spec->mentions;
        index.labels = spec->labels;
        return index;
    }
    for (size_t i = 0; i < spec->columns.n; i++) {
        index_spec_add(rd->c, &index, spec->columns.at[i], false);
    }
    for (size_t i = 0; i < spec->include.n; i++) {
        index_spec_add(rd->c, &index, spec->include.at[i], true);
    }
    return index;
}

static enum applied apply_unique(struct reader *rd, struct relation *r, const struct constraint_spec *spec)
{
    struct catalog *c = rd->c;
    struct name_list columns = spec->columns;
    if ((spec->kind == CON_PRIMARY && has_primary(r)) || (spec->name.n > 0 && constraint_find(rd->c, r, spec->name)) ||
        !columns_there(r, &spec->columns) ||
        (spec->using_index.n == 0 && !partition_key_covered(rd, r, &spec->columns))) {
        return REFUSED;
    }
    struct relation *index;
    if (spec->using_index.n > 0) {
        columns = (struct name_list){0};
        index = take_index(rd, r, spec, &columns);
    } else {
        const struct index_spec is = index_spec_for(rd, spec);
        index = index_apply(rd, r, &is);
    }
    if (!index) {
        return REFUSED;
    }
    index->valid = true;
    struct constraint *con = new_constraint(rd, spec, index->name);
    con->columns = columns;
    con->index = index;
    relation_add_constraint(c, r, con);
    for (size_t i = 0; spec->kind == CON_PRIMARY && i < columns.n; i++) {
        struct column *col = relation_column(r, columns.at[i]);
        if (col && (!col->not_null || names_not_null(c))) {
            column_set_not_null(rd, r, col, STR_NONE);
        }
    }
    for (size_t i = 0; r->kind == REL_PARTITIONED && !spec->only && i < r->children.n; i++) {
        index_clone_to_partition(rd, r, r->children.at[i]);
    }
    return APPLIED;
}

/* Is there a unique index on exactly these columns, in any order? */
static bool is_key(const struct relation *r, const struct name_list *columns)
{
    for (size_t i = 0; i < r->indexes.n; i++) {
        const struct relation *index = r->indexes.at[i];
        size_t keys = 0;
        bool all = index->unique && index->predicate.n == 0;
        for (size_t k = 0; k < index->index_columns.n; k++) {
            const struct index_column *col = &index->index_columns.at[k];
            keys += !col->included;
            all = all && (col->included || name_list_has(columns, col->name));
        }
        if (!index->complete || (all && keys == columns->n)) {
            return true;
        }
    }
    return false;
}

static struct constraint *primary_of(const struct relation *r)
{
    for (size_t i = 0; i < r->constraints.n; i++) {
        if (r->constraints.at[i]->kind == CON_PRIMARY) {
            return r->constraints.at[i];
        }
    }
    return NULL;
}

static struct constraint *add_foreign(struct reader *rd, struct relation *r, const struct constraint_spec *spec,
                                      struct relation *referenced, struct str name)
{
    struct constraint *con = new_constraint(rd, spec, name);
    con->referenced = referenced;
    con->referenced_columns = spec->ref_columns;
    const struct constraint *primary = primary_of(referenced);
    if (con->referenced_columns.n == 0 && primary) {
        con->referenced_columns = primary->columns;
    }
    relation_add_constraint(rd->c, r, con);
    return con;
}

void foreign_to_partition(struct reader *rd, const struct constraint *con, struct relation *partition)
{
    struct constraint_spec spec = constraint_spec_of(rd->c, con);
    for (size_t i = 0; i < partition->constraints.n; i++) {
        struct constraint *own = partition->constraints.at[i];
        if (own->kind == CON_FOREIGN && own->referenced == con->referenced && own->columns.n == con->columns.n &&
            str_eq(own->columns.at[0], con->columns.at[0])) {
            own->inherited = true;
            return;
        }
    }
    struct str name = con->name;
    if (constraint_find(rd->c, partition, name)) {
        name = name_choose(rd->c, partition->schema, partition->name, name_join(rd->c->arena, &con->columns), "fkey",
                           NAME_CONSTRAINT);
    }
    const struct constraint *made = add_foreign(rd, partition, &spec, con->referenced, name);
    partition->constraints.at[partition->constraints.n - 1]->inherited = true;
    for (size_t i = 0; i < partition->children.n; i++) {
        foreign_to_partition(rd, made, partition->children.at[i]);
    }
}

static enum applied apply_foreign(struct reader *rd, struct relation *r, const struct constraint_spec *spec)
{
    struct catalog *c = rd->c;
    if ((spec->name.n > 0 && constraint_find(rd->c, r, spec->name)) || !columns_there(r, &spec->columns)) {
        return REFUSED;
    }
    struct relation *referenced = catalog_mention(c, spec->ref_schema, spec->ref_name, REL_UNKNOWN);
    if (referenced->exists == TRI_NO) {
        return REFUSED;
    }
    const bool keyed =
        spec->ref_columns.n > 0 ? is_key(referenced, &spec->ref_columns) : primary_of(referenced) != NULL;
    if (referenced->complete && !keyed) {
        return REFUSED;
    }
    referenced->exists = TRI_YES;
    const struct str name = spec->name.n > 0 ? spec->name
                                             : name_choose(c, r->schema, r->name, name_join(c->arena, &spec->columns),
                                                           "fkey", NAME_CONSTRAINT);
    const struct constraint *con = add_foreign(rd, r, spec, referenced, name);
    for (size_t i = 0; r->kind == REL_PARTITIONED && i < r->children.n; i++) {
        foreign_to_partition(rd, con, r->children.at[i]);
    }
    return APPLIED;
}

enum applied constraint_apply(struct reader *rd, struct relation *r, const struct constraint_spec *spec)
{
    if (spec->kind != CON_CHECK && spec->columns.n + spec->include.n > INDEX_MAX_KEYS) {
        return REFUSED;
    }
    switch (spec->kind) {
    case CON_CHECK:
        return columns_there(r, &spec->columns) ? apply_check(rd, r, spec, false) : REFUSED;
    case CON_NOT_NULL:
        return apply_not_null(rd, r, spec);
    case CON_PRIMARY:
    case CON_UNIQUE:
    case CON_EXCLUDE:
        return apply_unique(rd, r, spec);
    case CON_FOREIGN:
        return apply_foreign(rd, r, spec);
    }
    return REFUSED;
}
