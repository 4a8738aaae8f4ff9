/* ALTER TABLE, and what ALTER VIEW, INDEX, SEQUENCE and FOREIGN TABLE share with it. Columns: replay_alter_column.c. */
#include "catalog/index.h"
#include "catalog/replay_parts.h"

static enum applied alter_add(struct reader *rd, const struct alter *al)
{
    if (!constraint_starts(rd)) {
        (void)rd_take(rd, KW_COLUMN);
        return alter_add_column(rd, al);
    }
    struct constraint_spec spec = {0};
    if (!constraint_read_table(rd, al->r, &spec)) {
        al->r->complete = false;
        return APPLIED;
    }
    spec.only = al->only;
    return constraint_apply(rd, al->r, &spec);
}

static void validate(struct relation *r, struct str name)
{
    struct constraint *con = relation_constraint(r, name);
    if (!con) {
        return;
    }
    con->valid = true;
    if (con->kind == CON_NOT_NULL) {
        struct column *col = relation_column(r, con->columns.at[0]);
        if (col) {
            col->not_null = true;
        }
    }
    for (size_t i = 0; i < r->children.n; i++) {
        validate(r->children.at[i], name);
    }
}

static enum applied alter_validate(struct reader *rd, const struct alter *al)
{
    struct str name;
    if (!rd_name(rd, &name)) {
        return REFUSED;
    }
    const struct constraint *con = relation_constraint(al->r, name);
    if ((!con && al->r->complete) || (con && !con->enforced)) {
        return REFUSED;
    }
    validate(al->r, name);
    return APPLIED;
}

/* Behind ALTER CONSTRAINT. */
static enum applied alter_constraint(struct reader *rd, const struct alter *al)
{
    struct str name;
    if (!rd_name(rd, &name)) {
        return REFUSED;
    }
    struct constraint *con = relation_constraint(al->r, name);
    if (!con) {
        return al->r->complete ? REFUSED : APPLIED;
    }
    while (!rd_done(rd)) {
        if (rd_take2(rd, KW_NOT, KW_ENFORCED)) {
            con->enforced = con->valid = false;
        } else if (rd_take(rd, KW_ENFORCED)) {
            con->enforced = con->valid = true;
        } else if (rd_take2(rd, KW_NOT, KW_DEFERRABLE)) {
            con->deferrable = con->deferred = false;
        } else if (rd_take2(rd, KW_INITIALLY, KW_DEFERRED)) {
            con->deferrable = con->deferred = true;
        } else if (rd_take2(rd, KW_INITIALLY, KW_IMMEDIATE)) {
            con->deferred = false;
        } else if (rd_take2(rd, KW_NO, KW_INHERIT)) {
            con->no_inherit = true;
        } else if (rd_take(rd, KW_INHERIT)) {
            con->no_inherit = false;
        } else if (rd_take(rd, KW_DEFERRABLE)) {
            con->deferrable = true;
        } else {
            rd->i++;
        }
    }
    return APPLIED;
}

/* Behind SET. */
static void alter_set(struct reader *rd, const struct alter *al)
{
    struct relation *r = al->r;
    if (rd_take(rd, KW_LOGGED) || rd_is(rd, KW_UNLOGGED)) {
        r->unlogged = rd_take(rd, KW_UNLOGGED);
    } else if (rd_take(rd, KW_TABLESPACE)) {
        (void)rd_name(rd, &r->tablespace);
    } else if (rd_take2(rd, KW_ACCESS, KW_METHOD)) {
        (void)rd_name(rd, &r->access_method);
    } else if (!rd_is_self(rd, '(') && !rd_is(rd, KW_WITHOUT) && !rd_is(rd, KW_WITH)) {
        r->complete = r->complete && r->kind != REL_TABLE && r->kind != REL_PARTITIONED;
    }
}

static bool alter_row_security(struct reader *rd, struct relation *r)
{
    if (rd_take(rd, KW_ENABLE) || rd_is(rd, KW_DISABLE)) {
        const bool on = !rd_take(rd, KW_DISABLE);
        if (rd_is(rd, KW_ROW)) {
            r->row_security = on;
        }
        return true;
    }
    return rd_take(rd, KW_FORCE) || rd_take2(rd, KW_NO, KW_FORCE);
}

static bool is_no_op(const struct reader *rd)
{
    return rd_is(rd, KW_CLUSTER) || rd_is(rd, KW_REPLICA) || rd_is(rd, KW_RESET) || rd_is(rd, KW_DEPENDS) ||
           rd_is(rd, KW_OPTIONS) || rd_is(rd, KW_NO);
}

static enum applied action(struct reader *rd, const struct alter *al)
{
    if (rd_take(rd, KW_ADD)) {
        return alter_add(rd, al);
    }
    if (rd_take(rd, KW_DROP)) {
        if (rd_take(rd, KW_CONSTRAINT)) {
            return alter_drop_constraint(rd, al);
        }
        (void)rd_take(rd, KW_COLUMN);
        return alter_drop_column(rd, al);
    }
    if (rd_take(rd, KW_ALTER)) {
        if (rd_take(rd, KW_CONSTRAINT)) {
            return alter_constraint(rd, al);
        }
        (void)rd_take(rd, KW_COLUMN);
        return alter_column(rd, al);
    }
    if (rd_take2(rd, KW_VALIDATE, KW_CONSTRAINT)) {
        return alter_validate(rd, al);
    }
    if (rd_take2(rd, KW_NO, KW_INHERIT)) {
        return alter_inherit(rd, al, false);
    }
    if (rd_take(rd, KW_INHERIT)) {
        return alter_inherit(rd, al, true);
    }
    if (rd_take(rd, KW_SET)) {
        alter_set(rd, al);
    } else if (rd_is(rd, KW_OWNER)) {
        replay_owner(rd, al->r);
    } else if (rd_take(rd, KW_OF)) {
        struct str schema, name;
        al->r->row_type = rd_qualified(rd, &schema, &name) ? catalog_resolve(rd->c, schema, name) : NULL;
    } else if (rd_take2(rd, KW_NOT, KW_OF)) {
        al->r->row_type = NULL;
    } else if (!alter_row_security(rd, al->r) && !is_no_op(rd)) {
        al->r->complete = false; /* an action of a later server, or no action at all */
    }
    return APPLIED;
}

/* ---- all or nothing ------------------------------------------------------------------------------------------------------- */

struct preview {
    const struct relation *r;
    struct name_list added, dropped; /* columns and constraints of this statement */
};

static bool column_there(const struct preview *p, struct str name)
{
    return name_list_has(&p->added, name) || (relation_column(p->r, name) && !name_list_has(&p->dropped, name));
}

static bool constraint_there(const struct preview *p, struct str name)
{
    return name_list_has(&p->added, name) || (relation_constraint(p->r, name) && !name_list_has(&p->dropped, name));
}

static bool refuses_add(struct reader *rd, struct preview *p)
{
    struct str name;
    if (constraint_starts(rd)) {
        if (!rd_take(rd, KW_CONSTRAINT) || !rd_name(rd, &name)) {
            return false;
        }
        const bool refused = constraint_there(p, name);
        *vec_push(rd->c->arena, &p->added) = name;
        return refused;
    }
    (void)rd_take(rd, KW_COLUMN);
    const bool if_not_exists = rd_if_not_exists(rd);
    if (!rd_name(rd, &name)) {
        return false;
    }
    const bool refused = !if_not_exists && column_there(p, name);
    *vec_push(rd->c->arena, &p->added) = name;
    return refused;
}

static bool refuses_drop(struct reader *rd, struct preview *p)
{
    struct str name;
    const bool constraint = rd_take(rd, KW_CONSTRAINT);
    if (!constraint) {
        (void)rd_take(rd, KW_COLUMN);
    }
    const bool if_exists = rd_if_exists(rd);
    if (!rd_name(rd, &name)) {
        return false;
    }
    *vec_push(rd->c->arena, &p->dropped) = name;
    if (constraint) { /* alter_drop_constraint() knows made-up names of NOT NULL constraints */
        return !if_exists && !relation_constraint(p->r, name) && !str_ends(name, STR("_not_null"));
    }
    return !if_exists && !relation_column(p->r, name);
}

static bool refuses_alter(struct reader *rd, const struct preview *p)
{
    struct str name;
    if (rd_take(rd, KW_CONSTRAINT)) {
        return rd_name(rd, &name) && !constraint_there(p, name);
    }
    (void)rd_take(rd, KW_COLUMN);
    if (!rd_name(rd, &name)) {
        return false;
    }
    if (!column_there(p, name)) {
        return true;
    }
    const bool nullable = rd_take3(rd, KW_DROP, KW_NOT, KW_NULL);
    for (size_t i = 0; nullable && i < p->r->constraints.n; i++) {
        const struct constraint *con = p->r->constraints.at[i];
        if (con->kind == CON_PRIMARY && name_list_has(&con->columns, name) && !name_list_has(&p->dropped, con->name)) {
            return true;
        }
    }
    return false;
}

enum { MAX_PREVIEW = 2000 }; /* actions: the lists of names are searched from end to end */

static size_t count_actions(const struct reader *rd)
{
    size_t n = 0;
    for (size_t at = rd->i; at < rd->end; at = rd_comma(rd, at, rd->end) + 1) {
        n++;
    }
    return n;
}

/* One action that is surely refused refuses all of them. Looked at before anything is changed, for what is simple to tell. */
static bool refuses_any(const struct reader *rd, const struct relation *r)
{
    struct preview p = {.r = r};
    const size_t n_actions = count_actions(rd);
    if (!r->complete || n_actions < 2 || n_actions > MAX_PREVIEW) {
        return false;
    }
    for (unsigned pass = 0; pass < 2; pass++) {
        for (size_t at = rd->i; at < rd->end;) {
            const size_t comma = rd_comma(rd, at, rd->end);
            struct reader part = rd_part(rd, at, comma);
            struct str name;
            const bool refused = pass == 0                  ? rd_take(&part, KW_DROP) && refuses_drop(&part, &p)
                                 : rd_take(&part, KW_ADD)   ? refuses_add(&part, &p)
                                 : rd_take(&part, KW_ALTER) ? refuses_alter(&part, &p)
                                 : rd_take2(&part, KW_VALIDATE, KW_CONSTRAINT)
                                     ? rd_name(&part, &name) && !constraint_there(&p, name)
                                     : false;
            if (refused) {
                return true;
            }
            at = comma + 1;
        }
    }
    return false;
}

/* The server takes drops before anything else of the same statement. */
static void actions(struct reader *rd, const struct alter *al)
{
    if (refuses_any(rd, al->r)) {
        return;
    }
    for (unsigned pass = 0; pass < 2; pass++) {
        for (size_t at = rd->i; at < rd->end;) {
            const size_t comma = rd_comma(rd, at, rd->end);
            struct reader part = rd_part(rd, at, comma);
            if (rd_is(&part, KW_DROP) == (pass == 0) && action(&part, al) == REFUSED) {
                return;
            }
            at = comma + 1;
        }
    }
}

/* Behind RENAME. */
static void rename_something(struct reader *rd, const struct alter *al)
{
    struct relation *r = al->r;
    struct str from, to;
    if (rd_take(rd, KW_TO)) {
        if (!rd_name(rd, &to) || catalog_relation(rd->c, r->schema, to)) {
            return;
        }
        if (r->constraint) {
            relation_rename_constraint(rd->c, r->constraint, to);
        } else {
            catalog_rename(rd->c, r, r->schema, to);
        }
        return;
    }
    const bool constraint = rd_take(rd, KW_CONSTRAINT);
    if (!constraint) {
        (void)rd_take(rd, KW_COLUMN);
    }
    if (!rd_name(rd, &from) || !rd_take(rd, KW_TO) || !rd_name(rd, &to)) {
        r->complete = false;
        return;
    }
    if (!constraint) {
        (void)alter_rename_column(rd, al, from, to);
        return;
    }
    struct constraint *con = relation_constraint(r, from);
    if (con && !relation_constraint(r, to)) {
        relation_rename_constraint(rd->c, con, to);
        for (size_t i = 0; con->kind == CON_CHECK && i < r->children.n; i++) {
            struct constraint *child = relation_constraint(r->children.at[i], from);
            if (child && child->inherited) {
                relation_rename_constraint(rd->c, child, to);
            }
        }
    }
}

static void set_schema(struct reader *rd, struct relation *r)
{
    struct str schema;
    if (rd_name(rd, &schema) && catalog_schema(rd->c, schema)->exists != TRI_NO &&
        !catalog_relation(rd->c, schema, r->name)) {
        catalog_rename(rd->c, r, schema, r->name);
    }
}

void replay_alter_table(struct reader *rd, enum relation_kind kind)
{
    struct alter al = {0};
    struct str schema, name;
    if (rd_is(rd, KW_ALL) && rd_is_at(rd, 1, KW_IN)) {
        return;
    }
    const bool if_exists = rd_if_exists(rd);
    al.only = rd_take(rd, KW_ONLY);
    if (!rd_qualified(rd, &schema, &name)) {
        return;
    }
    al.r = rd_target(rd, schema, name, if_exists, kind);
    if (!al.r) {
        return;
    }
    (void)rd_take_self(rd, '*');
    if (rd_take(rd, KW_RENAME)) {
        rename_something(rd, &al);
    } else if (rd_take2(rd, KW_SET, KW_SCHEMA)) {
        set_schema(rd, al.r);
    } else if (rd_take2(rd, KW_ATTACH, KW_PARTITION)) {
        (void)alter_attach(rd, &al);
    } else if (rd_take2(rd, KW_DETACH, KW_PARTITION)) {
        (void)alter_detach(rd, &al);
    } else {
        actions(rd, &al);
    }
}
