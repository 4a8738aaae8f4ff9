/* The changing half of model.h: entering, dropping, renaming and linking. */
#include "catalog/model.h"
#include "catalog/names.h"

static void note_hidden(struct hidden_names *hidden, struct str schema)
{
    hidden->temporary = hidden->temporary || str_eq(schema, STR("pg_temp"));
    hidden->builtin = hidden->builtin || str_eq(schema, STR("pg_catalog"));
}

static void put_name(struct catalog *c, struct relation *r)
{
    name_map_put(&c->relations, r->schema, r->name, r);
    note_hidden(&c->hidden_relations, r->schema);
}

void catalog_put_type(struct catalog *c, struct type *t)
{
    name_map_put(&c->types, t->schema, t->name, t);
    note_hidden(&c->hidden_types, t->schema);
}

static struct relation *enter(struct catalog *c, struct str schema, struct str name, enum relation_kind kind)
{
    struct relation *r = arena_new(c->arena, struct relation);
    r->schema = arena_str(c->arena, schema);
    r->name = arena_str(c->arena, name);
    r->kind = kind;
    r->rows = r->bytes = -1;
    r->loaded = TRI_UNKNOWN;
    r->valid = true;
    put_name(c, r);
    *vec_push(c->arena, &c->all) = r;
    return r;
}

/* Nothing else can be in a schema that the replay itself made. */
static bool made_by_replay(const struct catalog *c, struct str schema)
{
    const struct schema *s = map_get(&c->schemas, schema);
    return s && s->made.statement > 0;
}

static bool is_system(struct str schema)
{
    return str_starts(schema, STR("pg_")) || str_eq(schema, STR("information_schema"));
}

struct relation *catalog_mention(struct catalog *c, struct str schema, struct str name, enum relation_kind kind)
{
    struct relation *r = catalog_resolve(c, schema, name);
    if (r) {
        return r;
    }
    if (schema.n == 0) {
        schema = str_starts(name, STR("pg_")) ? STR("pg_catalog")
                 : c->search_path.n > 0       ? c->search_path.at[0]
                                              : STR_NONE;
    }
    struct relation *gone = name_map_get(&c->relations, schema, name);
    if (gone && gone->kind == REL_UNKNOWN) {
        return gone;
    }
    r = enter(c, schema, name, gone ? REL_UNKNOWN : kind);
    const bool absent = gone || ((c->complete || made_by_replay(c, schema)) && !is_system(schema));
    r->exists = absent ? TRI_NO : TRI_UNKNOWN;
    if (absent) {
        r->kind = REL_UNKNOWN;
    }
    return r;
}

struct relation *catalog_add(struct catalog *c, struct str schema, struct str name, enum relation_kind kind,
                             struct origin made)
{
    struct relation *r = name_map_get(&c->relations, schema, name);
    if (!r || r->exists == TRI_YES || (r->exists == TRI_NO && r->kind != REL_UNKNOWN)) {
        r = enter(c, schema, name, kind);
    }
    r->kind = kind;
    r->exists = TRI_YES;
    r->complete = true;
    r->loaded = made.statement > 0 ? TRI_NO : TRI_UNKNOWN;
    r->made = made;
    return r;
}

void relation_remove(struct relation_list *list, const struct relation *r)
{
    for (size_t i = list->n; i-- > 0;) {
        if (list->at[i] == r) {
            memmove(&list->at[i], &list->at[i + 1], (list->n - i - 1) * sizeof(list->at[0]));
            list->n--;
            return;
        }
    }
}

void constraint_name_count(struct catalog *c, struct str schema, struct str name, int by)
{
    int32_t *count = name_map_get(&c->constraint_names, schema, name);
    if (!count) {
        count = arena_new(c->arena, int32_t);
        name_map_put(&c->constraint_names, schema, name, count);
    }
    *count += by;
    c->name_epoch += by < 0;
}

void relation_add_constraint(struct catalog *c, struct relation *r, struct constraint *con)
{
    con->table = r;
    *vec_push(c->arena, &r->constraints) = con;
    constraint_name_count(c, r->schema, con->name, 1);
    if (con->index) {
        con->index->constraint = con;
    }
    if (con->referenced) {
        *vec_push(c->arena, &con->referenced->referenced_by) = con;
    }
}

void relation_remove_constraint(struct catalog *c, struct constraint *con)
{
    struct relation *r = con->table;
    for (size_t i = r->constraints.n; i-- > 0;) {
        if (r->constraints.at[i] == con) {
            memmove(&r->constraints.at[i], &r->constraints.at[i + 1],
                    (r->constraints.n - i - 1) * sizeof(r->constraints.at[0]));
            r->constraints.n--;
            constraint_name_count(c, r->schema, con->name, -1);
            break;
        }
    }
    if (con->referenced) {
        struct constraint_list *list = &con->referenced->referenced_by;
        for (size_t i = list->n; i-- > 0;) {
            if (list->at[i] == con) {
                list->at[i] = list->at[--list->n];
                break;
            }
        }
    }
    if (con->index) {
        struct relation *index = con->index;
        con->index = NULL;
        index->constraint = NULL;
        catalog_drop(c, index);
    }
}

void relation_rename_constraint(struct catalog *c, struct constraint *con, struct str name)
{
    if (str_eq(con->name, name)) {
        return;
    }
    constraint_name_count(c, con->table->schema, con->name, -1);
    con->name = arena_str(c->arena, name);
    constraint_name_count(c, con->table->schema, con->name, 1);
    if (con->index) {
        catalog_rename(c, con->index, con->index->schema, con->name);
    }
}

void catalog_add_type(struct catalog *c, struct type *t)
{
    catalog_put_type(c, t);
    for (size_t i = 0; i < t->constraints.n; i++) {
        constraint_name_count(c, t->schema, t->constraints.at[i]->name, 1);
    }
}

void catalog_add_function(struct catalog *c, struct function *f)
{
    name_map_put(&c->functions, f->schema, f->name, f);
    note_hidden(&c->hidden_functions, f->schema);
}

void relation_add_trigger(struct catalog *c, struct relation *r, struct trigger *t)
{
    if (r->triggers.n == 0) {
        *vec_push(c->arena, &c->triggered) = r;
    }
    *vec_push(c->arena, &r->triggers) = t;
}

static bool is_below(const struct relation *r, const struct relation *above)
{
    bool below = r == above;
    for (size_t i = 0; i < r->parents.n && !below; i++) {
        below = is_below(r->parents.at[i], above);
    }
    return below;
}

/* Levels above r by its first parents. */
static size_t levels_above(const struct relation *r)
{
    size_t n = 0;
    for (; r->parents.n > 0 && n <= RELATION_MAX_LEVELS; r = r->parents.at[0]) {
        n++;
    }
    return n;
}

static size_t levels_below(const struct relation *r)
{
    struct relation_list level = {0};
    size_t n = 0;
    for (size_t i = 0; i < r->children.n; i++) {
        *vec_push(NULL, &level) = r->children.at[i];
    }
    for (; level.n > 0 && n <= RELATION_MAX_LEVELS; n++) {
        struct relation_list next = {0};
        for (size_t i = 0; i < level.n; i++) {
            for (size_t k = 0; k < level.at[i]->children.n; k++) {
                *vec_push(NULL, &next) = level.at[i]->children.at[k];
            }
        }
        vec_free(&level);
        level = next;
    }
    vec_free(&level);
    return n;
}

void relation_add_child(struct catalog *c, struct relation *parent, struct relation *child)
{
    if (levels_above(parent) + levels_below(child) >= RELATION_MAX_LEVELS) {
        parent->complete = child->complete = false;
        return;
    }
    /* The server refuses circles; a file may still try one, and every walk over the tree relies on there being none. */
    if (is_below(parent, child)) {
        return;
    }
    *vec_push(c->arena, &parent->children) = child;
    *vec_push(c->arena, &child->parents) = parent;
}

void relation_add_read(struct catalog *c, struct relation *view, struct relation *r)
{
    for (size_t i = 0; i < view->reads.n; i++) {
        if (view->reads.at[i] == r) {
            return;
        }
    }
    *vec_push(c->arena, &view->reads) = r;
    *vec_push(c->arena, &r->read_by) = view;
}

/* Out of every list of others, before the relation itself goes. */
static void unlink_relation(struct relation *r)
{
    for (size_t i = 0; i < r->parents.n; i++) {
        relation_remove(&r->parents.at[i]->children, r);
        if (r->parents.at[i]->default_partition == r) {
            r->parents.at[i]->default_partition = NULL;
        }
    }
    for (size_t i = 0; i < r->reads.n; i++) {
        relation_remove(&r->reads.at[i]->read_by, r);
    }
    if (r->table && (r->kind == REL_INDEX || r->kind == REL_PARTITIONED_INDEX)) {
        relation_remove(&r->table->indexes, r);
    }
    if (r->table && r->kind == REL_SEQUENCE) {
        struct column *col = relation_column(r->table, r->owner_column);
        if (col && col->sequence == r) {
            col->sequence = NULL;
        }
    }
}

/* What belongs to a relation that is gone. */
static void take_apart(struct catalog *c, struct relation *r)
{
    r->read_by.n = r->children.n = 0;
    while (r->referenced_by.n > 0) {
        relation_remove_constraint(c, r->referenced_by.at[r->referenced_by.n - 1]);
    }
    while (r->constraints.n > 0) {
        relation_remove_constraint(c, r->constraints.at[r->constraints.n - 1]);
    }
    while (r->indexes.n > 0) {
        struct relation *index = r->indexes.at[r->indexes.n - 1];
        r->indexes.n--;
        catalog_drop(c, index);
    }
    for (size_t i = 0; i < r->columns.n; i++) {
        if (r->columns.at[i]->sequence) {
            catalog_drop(c, r->columns.at[i]->sequence);
        }
    }
    if (r->constraint) { /* an index goes only with its constraint */
        struct constraint *con = r->constraint;
        con->index = NULL;
        relation_remove_constraint(c, con);
    }
    unlink_relation(r);
    if (r->kind == REL_UNKNOWN) {
        r->kind = REL_TABLE; /* so that a later mention is a new entry, not this one */
    }
}

/* A list of what goes, not recursion: views on views may be thousands deep. */
static void condemn(struct catalog *c, struct relation_list *doomed, struct relation *r)
{
    if (r->exists != TRI_NO) {
        r->exists = TRI_NO;
        c->name_epoch++;
        *vec_push(NULL, doomed) = r;
    }
}

void catalog_drop(struct catalog *c, struct relation *r)
{
    struct relation_list doomed = {0};
    condemn(c, &doomed, r);
    for (size_t i = 0; i < doomed.n; i++) {
        const struct relation *next = doomed.at[i];
        for (size_t k = 0; k < next->read_by.n; k++) {
            condemn(c, &doomed, next->read_by.at[k]);
        }
        for (size_t k = 0; k < next->children.n; k++) {
            condemn(c, &doomed, next->children.at[k]);
        }
    }
    while (doomed.n > 0) {
        take_apart(c, doomed.at[--doomed.n]);
    }
    vec_free(&doomed);
}

static void move_constraint_names(struct catalog *c, const struct relation *r, struct str from, struct str to)
{
    for (size_t i = 0; i < r->constraints.n; i++) {
        constraint_name_count(c, from, r->constraints.at[i]->name, -1);
        constraint_name_count(c, to, r->constraints.at[i]->name, 1);
    }
}

void catalog_rename(struct catalog *c, struct relation *r, struct str schema, struct str name)
{
    const struct str old_schema = r->schema, old_name = r->name;
    c->name_epoch++;
    if (name_map_get(&c->relations, old_schema, old_name) == r) {
        name_map_remove(&c->relations, old_schema, old_name);
    }
    r->schema = arena_str(c->arena, schema);
    r->name = arena_str(c->arena, name);
    put_name(c, r);
    if (!catalog_relation(c, old_schema, old_name)) {
        enter(c, old_schema, old_name, REL_UNKNOWN)->exists = TRI_NO;
    }
    if (str_eq(old_schema, r->schema)) {
        return;
    }
    move_constraint_names(c, r, old_schema, r->schema);
    for (size_t i = 0; i < r->indexes.n; i++) {
        catalog_rename(c, r->indexes.at[i], schema, r->indexes.at[i]->name);
    }
    for (size_t i = 0; i < r->columns.n; i++) {
        if (r->columns.at[i]->sequence) {
            catalog_rename(c, r->columns.at[i]->sequence, schema, r->columns.at[i]->sequence->name);
        }
    }
}

void catalog_reset_session(struct catalog *c)
{
    catalog_reset_settings(c);
    for (size_t i = 0; i < c->temporary.n; i++) {
        catalog_drop(c, c->temporary.at[i]);
    }
    c->temporary.n = c->on_commit_drop.n = 0;
}

void catalog_reset_settings(struct catalog *c)
{
    if (c->start.saved) {
        c->search_path = c->start.search_path;
        c->time_zone = c->start.time_zone;
    }
    c->before_local.saved = false;
}

void schema_move_names(struct catalog *c, struct str from, struct str to)
{
    VEC(struct type *) types = {0};
    VEC(struct function *) functions = {0};
    for (size_t i = 0; i < c->types.cap; i++) {
        struct type *t = c->types.slots[i].value;
        if (t && str_eq(t->schema, from)) {
            *vec_push(c->arena, &types) = t;
        }
    }
    for (size_t i = 0; i < c->functions.cap; i++) {
        struct function *f = c->functions.slots[i].value;
        if (f && str_eq(f->schema, from)) {
            *vec_push(c->arena, &functions) = f;
        }
    }
    for (size_t i = 0; i < types.n; i++) {
        name_map_remove(&c->types, from, types.at[i]->name);
        types.at[i]->schema = to;
        catalog_put_type(c, types.at[i]);
    }
    for (size_t i = 0; i < functions.n; i++) {
        name_map_remove(&c->functions, from, functions.at[i]->name);
        functions.at[i]->schema = to;
        catalog_add_function(c, functions.at[i]);
    }
}
