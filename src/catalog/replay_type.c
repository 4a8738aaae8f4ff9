/* CREATE and ALTER of types and domains. */
#include "catalog/expression.h"
#include "catalog/names.h"
#include "catalog/replay.h"
#include "catalog/replay_parts.h"

static struct type *new_type(struct reader *rd, enum type_kind kind, struct str schema, struct str name)
{
    if (name_map_get(&rd->c->types, schema, name)) {
        return NULL;
    }
    struct type *t = arena_new(rd->c->arena, struct type);
    *t = (struct type){.schema = arena_str(rd->c->arena, schema), .name = name, .kind = kind, .made = rd->at};
    catalog_add_type(rd->c, t);
    return t;
}

/* ( 'a', 'b' ) */
static void read_labels(struct reader *rd, struct type *t)
{
    struct str label;
    (void)rd_take_self(rd, '(');
    while (rd_string(rd, &label)) {
        *vec_push(rd->c->arena, &t->labels) = label;
        (void)rd_take_self(rd, ',');
    }
}

/* ( name type [COLLATE x], … ): a row type is a relation with columns, too. */
static void read_attributes(struct reader *rd, struct relation *r)
{
    size_t first, last;
    if (!rd_parens(rd, &first, &last)) {
        r->complete = false;
        return;
    }
    while (first < last) {
        const size_t comma = rd_comma(rd, first, last);
        struct reader part = rd_part(rd, first, comma);
        struct column_read cr;
        if (column_read(&part, r, true, &cr)) {
            struct column *col = arena_new(rd->c->arena, struct column);
            *col = cr.col;
            *vec_push(rd->c->arena, &r->columns) = col;
        } else {
            r->complete = false;
        }
        first = comma + 1;
    }
}

void replay_create_type(struct reader *rd)
{
    struct str schema, name;
    if (!rd_qualified_any(rd, &schema, &name)) {
        return;
    }
    schema = rd_creation_schema(rd, schema, false);
    if (schema.n == 0) {
        return;
    }
    if (!rd_take(rd, KW_AS)) {
        (void)new_type(rd, TYPE_OTHER, schema, name);
    } else if (rd_take(rd, KW_ENUM)) {
        struct type *t = new_type(rd, TYPE_ENUM, schema, name);
        if (t) {
            read_labels(rd, t);
        }
    } else if (rd_take(rd, KW_RANGE)) {
        (void)new_type(rd, TYPE_RANGE, schema, name);
    } else if (!catalog_relation(rd->c, schema, name) && new_type(rd, TYPE_COMPOSITE, schema, name)) {
        read_attributes(rd, catalog_add(rd->c, schema, name, REL_COMPOSITE, rd->at));
    }
}

/* ---- domains ----------------------------------------------------------------------------------------------------------- */

static struct constraint *domain_constraint(const struct type *t, struct str name)
{
    for (size_t i = 0; i < t->constraints.n; i++) {
        if (str_eq(t->constraints.at[i]->name, name)) {
            return t->constraints.at[i];
        }
    }
    return NULL;
}

static void update_domain(struct type *t)
{
    t->has_constraints = t->not_null || t->constraints.n > 0;
}

/* [CONSTRAINT name] CHECK ( … ) [NOT VALID] | NOT NULL | NULL. False: nothing of the kind. */
static bool read_domain_constraint(struct reader *rd, struct type *t)
{
    struct arena *a = rd->c->arena;
    struct str name = STR_NONE;
    size_t first, last;
    if (rd_take(rd, KW_CONSTRAINT) && !rd_name(rd, &name)) {
        return false;
    }
    if (rd_take2(rd, KW_NOT, KW_NULL)) {
        t->not_null = true;
        return true;
    }
    if (rd_take(rd, KW_NULL)) {
        return true;
    }
    if (!rd_take(rd, KW_CHECK) || !rd_parens(rd, &first, &last)) {
        return false;
    }
    struct constraint *con = arena_new(a, struct constraint);
    if (name.n == 0) {
        name = name_choose(rd->c, t->schema, t->name, STR_NONE, "check", NAME_CONSTRAINT);
    }
    *con = (struct constraint){.name = name, .kind = CON_CHECK, .valid = true, .enforced = true, .made = rd->at};
    con->expression = expression_canonical(a, rd->text, rd->st, first, last);
    con->valid = !rd_take2(rd, KW_NOT, KW_VALID);
    *vec_push(a, &t->constraints) = con;
    constraint_name_count(rd->c, t->schema, name, 1);
    return true;
}

void replay_create_domain(struct reader *rd)
{
    struct str schema, name, collation;
    struct type_ref base;
    if (!rd_qualified_any(rd, &schema, &name)) {
        return;
    }
    schema = rd_creation_schema(rd, schema, false);
    (void)rd_take(rd, KW_AS);
    if (schema.n == 0 || !type_ref_parse(rd->c, rd->text, rd->st, &rd->i, &base)) {
        return;
    }
    struct type *t = new_type(rd, TYPE_DOMAIN, schema, name);
    if (!t) {
        return;
    }
    t->base = base;
    while (!rd_done(rd)) {
        if (rd_take(rd, KW_COLLATE)) {
            (void)rd_qualified_any(rd, &schema, &collation);
        } else if (rd_take(rd, KW_DEFAULT)) {
            const size_t start = rd->i++;
            while (!rd_done(rd) && !rd_is(rd, KW_NOT) && !rd_is(rd, KW_NULL) && !rd_is(rd, KW_CHECK) &&
                   !rd_is(rd, KW_CONSTRAINT)) {
                rd->i++;
            }
            /* DEFAULT NULL is none */
            t->default_sql = statement_is(rd->st, start, KW_NULL) ? STR_NONE : rd_source(rd, start, rd->i);
        } else if (!read_domain_constraint(rd, t)) {
            t->has_constraints = true; /* something we cannot read: assume the worst */
            return;
        }
    }
    update_domain(t);
}

static void drop_domain_constraint(struct reader *rd, struct type *t)
{
    struct str name;
    (void)rd_if_exists(rd);
    if (!rd_name(rd, &name)) {
        return;
    }
    for (size_t i = 0; i < t->constraints.n; i++) {
        if (str_eq(t->constraints.at[i]->name, name)) {
            constraint_name_count(rd->c, t->schema, name, -1);
            t->constraints.at[i] = t->constraints.at[--t->constraints.n];
            break;
        }
    }
}

/* ---- what types and domains share ------------------------------------------------------------------------------------- */

/* Columns of the type show its new name. */
static void follow_rename(const struct catalog *c, const struct type *t, struct str schema, struct str name)
{
    for (size_t i = 0; i < c->all.n; i++) {
        const struct relation *r = c->all.at[i];
        for (size_t k = 0; r->exists != TRI_NO && k < r->columns.n; k++) {
            struct type_ref *ref = &r->columns.at[k]->type;
            if (str_eq(ref->name, name) && str_eq(ref->schema, schema)) {
                ref->schema = t->schema;
                ref->name = t->name;
                const struct str shown = name_display(c->arena, t->schema, t->name);
                ref->text = ref->dimensions ? arena_printf(c->arena, "%.*s[]", STR_ARG(shown)) : shown;
            }
        }
    }
}

static void rename_type(struct reader *rd, struct type *t, struct str schema, struct str name)
{
    const struct str old_schema = t->schema, old_name = t->name;
    if (name_map_get(&rd->c->types, schema, name)) {
        return;
    }
    name_map_remove(&rd->c->types, old_schema, old_name);
    t->schema = schema;
    t->name = name;
    catalog_put_type(rd->c, t);
    struct relation *row = t->kind == TYPE_COMPOSITE ? catalog_relation(rd->c, old_schema, old_name) : NULL;
    if (row) {
        catalog_rename(rd->c, row, schema, name);
    }
    follow_rename(rd->c, t, old_schema, old_name);
}

/* RENAME TO and SET SCHEMA. */
static bool alter_name(struct reader *rd, struct type *t)
{
    struct str name;
    if (rd_take2(rd, KW_RENAME, KW_TO)) {
        if (rd_any_name(rd, &name)) {
            rename_type(rd, t, t->schema, name);
        }
        return true;
    }
    if (rd_take2(rd, KW_SET, KW_SCHEMA)) {
        if (rd_name(rd, &name)) {
            rename_type(rd, t, name, t->name);
        }
        return true;
    }
    return false;
}

static void add_value(struct reader *rd, struct type *t)
{
    struct arena *a = rd->c->arena;
    struct str label, neighbour;
    const bool if_not_exists = rd_if_not_exists(rd);
    if (!rd_string(rd, &label) || name_list_has(&t->labels, label)) {
        (void)if_not_exists; /* with or without it, nothing changes */
        return;
    }
    size_t at = t->labels.n;
    const bool before = rd_take(rd, KW_BEFORE);
    if ((before || rd_take(rd, KW_AFTER)) && rd_string(rd, &neighbour)) {
        for (size_t i = 0; i < t->labels.n; i++) {
            if (str_eq(t->labels.at[i], neighbour)) {
                at = before ? i : i + 1;
            }
        }
    }
    *vec_push(a, &t->labels) = label;
    memmove(&t->labels.at[at + 1], &t->labels.at[at], (t->labels.n - at - 1) * sizeof(t->labels.at[0]));
    t->labels.at[at] = label;
    t->last_label = rd->at;
}

static void rename_value(struct reader *rd, struct type *t)
{
    struct str from, to;
    if (!rd_string(rd, &from) || !rd_take(rd, KW_TO) || !rd_string(rd, &to) || name_list_has(&t->labels, to)) {
        return;
    }
    for (size_t i = 0; i < t->labels.n; i++) {
        if (str_eq(t->labels.at[i], from)) {
            t->labels.at[i] = to;
        }
    }
}

static bool is_column_type(const struct catalog *c, const struct type *t)
{
    for (size_t i = 0; i < c->all.n; i++) {
        const struct relation *r = c->all.at[i];
        for (size_t k = 0; r->exists == TRI_YES && k < r->columns.n; k++) {
            const struct type_ref *ref = &r->columns.at[k]->type;
            if (str_eq(ref->name, t->name) && str_eq(ref->schema, t->schema)) {
                return true;
            }
        }
    }
    return false;
}

/* The type of an attribute cannot change while a table has a column of the row type: then nothing of the statement happens. */
static bool changes_attribute(const struct reader *rd)
{
    for (size_t i = rd->i; i < rd->end; i = rd_comma(rd, i, rd->end) + 1) {
        if (statement_is(rd->st, i, KW_ALTER)) {
            return true;
        }
    }
    return false;
}

static void alter_attributes(struct reader *rd, struct relation *row)
{
    struct alter al = {.r = row};
    struct str from, to;
    if (rd_take2(rd, KW_RENAME, KW_ATTRIBUTE)) {
        if (rd_name(rd, &from) && rd_take(rd, KW_TO) && rd_name(rd, &to)) {
            (void)alter_rename_column(rd, &al, from, to);
        }
        return;
    }
    for (size_t at = rd->i; at < rd->end;) {
        const size_t comma = rd_comma(rd, at, rd->end);
        struct reader part = rd_part(rd, at, comma);
        part.end -= part.end > part.i &&
                    (statement_is(rd->st, part.end - 1, KW_CASCADE) || statement_is(rd->st, part.end - 1, KW_RESTRICT));
        if (rd_take2(&part, KW_ADD, KW_ATTRIBUTE)) {
            (void)alter_add_column(&part, &al);
        } else if (rd_take2(&part, KW_DROP, KW_ATTRIBUTE)) {
            (void)alter_drop_column(&part, &al);
        } else if (rd_take2(&part, KW_ALTER, KW_ATTRIBUTE)) {
            (void)alter_column(&part, &al);
        }
        at = comma + 1;
    }
}

/* A type that is altered is there, so it is entered when it was not known. */
static struct type *target(struct reader *rd, struct str schema, struct str name, enum type_kind kind)
{
    struct type *t = catalog_type(rd->c, schema, name);
    if (!t && !rd->c->complete) {
        schema = rd_creation_schema(rd, schema, false);
        t = arena_new(rd->c->arena, struct type);
        *t = (struct type){.schema = schema, .name = name, .kind = kind};
        catalog_add_type(rd->c, t);
    }
    return t;
}

void replay_alter_type(struct reader *rd)
{
    struct str schema, name;
    if (!rd_qualified_any(rd, &schema, &name)) {
        return;
    }
    const bool label = (rd_is(rd, KW_ADD) || rd_is(rd, KW_RENAME)) && rd_is_at(rd, 1, KW_VALUE);
    struct type *t = target(rd, schema, name, label ? TYPE_ENUM : TYPE_OTHER);
    if (!t || alter_name(rd, t)) {
        return;
    }
    if (rd_take2(rd, KW_ADD, KW_VALUE)) {
        add_value(rd, t);
    } else if (rd_take2(rd, KW_RENAME, KW_VALUE)) {
        rename_value(rd, t);
    } else if (t->kind == TYPE_COMPOSITE) {
        struct relation *row = catalog_relation(rd->c, t->schema, t->name);
        if (row && !(changes_attribute(rd) && is_column_type(rd->c, t))) {
            alter_attributes(rd, row);
        }
    }
}

void replay_alter_domain(struct reader *rd)
{
    struct str schema, name, to;
    if (!rd_qualified_any(rd, &schema, &name)) {
        return;
    }
    struct type *t = target(rd, schema, name, TYPE_DOMAIN);
    if (!t || alter_name(rd, t)) {
        return;
    }
    if (rd_take(rd, KW_ADD)) {
        (void)read_domain_constraint(rd, t);
    } else if (rd_take2(rd, KW_DROP, KW_CONSTRAINT)) {
        drop_domain_constraint(rd, t);
    } else if (rd_take3(rd, KW_SET, KW_NOT, KW_NULL)) {
        t->not_null = true;
    } else if (rd_take3(rd, KW_DROP, KW_NOT, KW_NULL)) {
        t->not_null = false;
    } else if (rd_take2(rd, KW_DROP, KW_DEFAULT)) {
        t->default_sql = STR_NONE;
    } else if (rd_take2(rd, KW_SET, KW_DEFAULT)) {
        t->default_sql = rd_source(rd, rd->i, rd->end);
    } else if (rd_take2(rd, KW_VALIDATE, KW_CONSTRAINT) && rd_name(rd, &name)) {
        struct constraint *con = domain_constraint(t, name);
        if (con) {
            con->valid = true;
        }
    } else if (rd_take2(rd, KW_RENAME, KW_CONSTRAINT) && rd_name(rd, &name) && rd_take(rd, KW_TO) && rd_name(rd, &to)) {
        struct constraint *con = domain_constraint(t, name);
        if (con) {
            constraint_name_count(rd->c, t->schema, con->name, -1);
            con->name = to;
            constraint_name_count(rd->c, t->schema, con->name, 1);
        }
    }
    update_domain(t);
}
