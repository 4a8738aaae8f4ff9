/* The actions of ALTER TABLE on columns, and DROP CONSTRAINT. */
#include "catalog/expression.h"
#include "catalog/names.h"
#include "catalog/replay.h"
#include "catalog/replay_parts.h"

/* The column, or of a table that is not known in full an entry about which only what is said from now on is known. */
static struct column *known_column(struct reader *rd, struct relation *r, struct str name)
{
    struct column *col = relation_column(r, name);
    if (!col && !r->complete) {
        col = arena_new(rd->c->arena, struct column);
        *col = (struct column){.name = name, .default_volatile = TRI_UNKNOWN, .local = true, .type = {.mod = {-1, -1}}};
        *vec_push(rd->c->arena, &r->columns) = col;
    }
    return col;
}

static bool in_primary_key(const struct relation *r, struct str column)
{
    for (size_t i = 0; i < r->constraints.n; i++) {
        const struct constraint *con = r->constraints.at[i];
        if (con->kind == CON_PRIMARY && name_list_has(&con->columns, column)) {
            return true;
        }
    }
    return false;
}

static void drop_not_null(struct reader *rd, struct relation *r, struct str column)
{
    struct column *col = relation_column(r, column);
    if (!col) {
        return;
    }
    col->not_null = false;
    for (size_t i = r->constraints.n; i-- > 0;) {
        struct constraint *con = r->constraints.at[i];
        if (con->kind == CON_NOT_NULL && name_list_has(&con->columns, column)) {
            relation_remove_constraint(rd->c, con);
        }
    }
    for (size_t i = 0; i < r->children.n; i++) {
        drop_not_null(rd, r->children.at[i], column);
    }
}

/* Behind TYPE. */
static enum applied set_type(struct reader *rd, const struct alter *al, struct column *col)
{
    struct type_ref type;
    struct str schema, collation = STR_NONE;
    if (!type_ref_parse(rd->c, rd->text, rd->st, &rd->i, &type) || rd->i > rd->end) {
        al->r->complete = false;
        return APPLIED;
    }
    if (rd_take(rd, KW_COLLATE)) {
        (void)rd_qualified_any(rd, &schema, &collation);
    }
    struct relation_list all = {0};
    *vec_push(rd->c->arena, &all) = al->r;
    if (!al->only) {
        relation_descendants(al->r, rd->c->arena, &all);
    } else if (al->r->children.n > 0) {
        return REFUSED;
    }
    for (size_t i = 0; i < all.n; i++) {
        struct column *c = i == 0 ? col : relation_column(all.at[i], col->name);
        if (c) {
            c->type = type;
            c->collation = collation;
        }
    }
    return APPLIED;
}

static void set_default(struct reader *rd, const struct alter *al, const struct column *col, bool drop)
{
    struct relation_list all = {0};
    *vec_push(rd->c->arena, &all) = al->r;
    if (!al->only) {
        relation_descendants(al->r, rd->c->arena, &all);
    }
    for (size_t i = 0; i < all.n; i++) {
        struct column *c = relation_column(all.at[i], col->name);
        if (c && drop) {
            c->has_default = false;
            c->default_sql = STR_NONE;
            c->default_volatile = TRI_NO;
        } else if (c) {
            column_set_default(rd, c, rd->i, rd->end);
        }
    }
}

/* Behind ADD, at GENERATED. */
static enum applied add_identity(struct reader *rd, const struct alter *al, struct column *col)
{
    struct str schema = STR_NONE, name = STR_NONE;
    size_t first, last;
    rd->i++;
    const bool by_default = rd_take2(rd, KW_BY, KW_DEFAULT);
    if ((!by_default && !rd_take(rd, KW_ALWAYS)) || !rd_take2(rd, KW_AS, KW_IDENTITY)) {
        al->r->complete = false;
        return APPLIED;
    }
    if (al->r->complete && (!col->not_null || col->identity || col->has_default)) {
        return REFUSED;
    }
    if (rd_parens(rd, &first, &last)) {
        struct reader part = rd_part(rd, first, last);
        for (; !rd_done(&part); part.i++) {
            if (rd_take2(&part, KW_SEQUENCE, KW_NAME)) {
                (void)rd_qualified(&part, &schema, &name);
            }
        }
    }
    col->identity = by_default ? 'd' : 'a';
    col->not_null = true;
    column_make_sequence(rd, al->r, col, schema, name);
    return APPLIED;
}

static enum applied drop_identity(struct reader *rd, struct column *col)
{
    if (!col->identity) {
        return rd_if_exists(rd) ? APPLIED : REFUSED;
    }
    col->identity = 0;
    if (col->sequence) {
        catalog_drop(rd->c, col->sequence);
        col->sequence = NULL;
    }
    return APPLIED;
}

static enum applied drop_expression(struct reader *rd, const struct alter *al, const struct column *col)
{
    struct relation_list all = {0};
    if (!col->generated) {
        return rd_if_exists(rd) || !al->r->complete ? APPLIED : REFUSED;
    }
    *vec_push(rd->c->arena, &all) = al->r;
    relation_descendants(al->r, rd->c->arena, &all);
    for (size_t i = 0; i < all.n; i++) {
        struct column *c = relation_column(all.at[i], col->name);
        if (c) {
            c->generated = 0;
            c->default_sql = STR_NONE;
            c->default_volatile = TRI_NO;
        }
    }
    return APPLIED;
}

/* Behind SET. */
static enum applied set_column(struct reader *rd, const struct alter *al, struct column *col)
{
    size_t first, last;
    if (rd_take2(rd, KW_DATA, KW_TYPE)) {
        return set_type(rd, al, col);
    }
    if (rd_take(rd, KW_DEFAULT)) {
        if (col->identity || col->generated) {
            return REFUSED;
        }
        set_default(rd, al, col, false);
    } else if (rd_take2(rd, KW_NOT, KW_NULL)) {
        column_set_not_null(rd, al->r, col, STR_NONE);
    } else if (rd_take2(rd, KW_EXPRESSION, KW_AS) && rd_parens(rd, &first, &last)) {
        col->default_sql = rd_source(rd, first, last);
    } else if (rd_take(rd, KW_GENERATED)) {
        if (!col->identity && al->r->complete) {
            return REFUSED;
        }
        col->identity = rd_is(rd, KW_ALWAYS) ? 'a' : 'd';
    } /* STATISTICS, STORAGE, COMPRESSION, ( … ), sequence options: nothing the model knows */
    return APPLIED;
}

enum applied alter_column(struct reader *rd, const struct alter *al)
{
    struct str name;
    if (!rd_name(rd, &name)) {
        if (rd_token(rd, rd->i).kind != TOK_INTEGER) { /* ALTER INDEX … ALTER COLUMN 2 SET STATISTICS */
            al->r->complete = false;
        }
        return APPLIED;
    }
    struct column *col = known_column(rd, al->r, name);
    if (!col) {
        return REFUSED;
    }
    if (rd_take(rd, KW_TYPE)) {
        return set_type(rd, al, col);
    }
    if (rd_take(rd, KW_SET)) {
        return set_column(rd, al, col);
    }
    if (rd_take(rd, KW_ADD)) {
        return add_identity(rd, al, col);
    }
    if (!rd_take(rd, KW_DROP)) {
        return APPLIED; /* RESET ( … ), RESTART, OPTIONS */
    }
    if (rd_take(rd, KW_DEFAULT)) {
        if (col->identity || col->generated) {
            return REFUSED;
        }
        set_default(rd, al, col, true);
    } else if (rd_take2(rd, KW_NOT, KW_NULL)) {
        if (in_primary_key(al->r, name) || col->identity) {
            return REFUSED;
        }
        drop_not_null(rd, al->r, name);
    } else if (rd_take(rd, KW_IDENTITY)) {
        return drop_identity(rd, col);
    } else if (rd_take(rd, KW_EXPRESSION)) {
        return drop_expression(rd, al, col);
    } else {
        al->r->complete = false;
    }
    return APPLIED;
}

enum applied alter_add_column(struct reader *rd, const struct alter *al)
{
    struct relation *r = al->r;
    struct catalog *c = rd->c;
    struct column_read cr;
    const bool if_not_exists = rd_if_not_exists(rd);
    const bool complete = r->complete;
    r->complete = false; /* its own constraints mention a column that is not there yet */
    if (!column_read(rd, r, true, &cr)) {
        return APPLIED;
    }
    r->complete = complete;
    if (relation_column(r, cr.col.name)) {
        return if_not_exists ? APPLIED : REFUSED;
    }
    if (r->columns.n >= 1600 || (al->only && r->children.n > 0)) {
        return REFUSED;
    }
    struct column *col = arena_new(c->arena, struct column);
    *col = cr.col;
    *vec_push(c->arena, &r->columns) = col;
    if (cr.serial || col->identity) {
        column_make_sequence(rd, r, col, cr.sequence_schema, cr.sequence);
    }
    struct relation_list below = {0};
    relation_descendants(r, c->arena, &below);
    for (size_t i = 0; i < below.n; i++) {
        if (!relation_column(below.at[i], col->name)) {
            *vec_push(c->arena, &below.at[i]->columns) = column_copy(c, col);
        }
    }
    bool named = false;
    constraint_specs_unite(&cr.constraints);
    for (size_t i = 0; i < cr.constraints.n; i++) {
        struct constraint_spec *spec = &cr.constraints.at[i];
        constraint_spec_settle(c, r, spec);
        if (constraint_apply(rd, r, spec) == REFUSED) {
            catalog_drop_column(c, r, col);
            return REFUSED;
        }
        named = named || spec->kind == CON_NOT_NULL;
    }
    if (col->not_null && !named && names_not_null(c)) {
        column_set_not_null(rd, r, col, STR_NONE);
    }
    return APPLIED;
}

/* ---- DROP COLUMN ----------------------------------------------------------------------------------------------------- */

static void remove_column(struct relation *r, const struct column *col)
{
    for (size_t i = 0; i < r->columns.n; i++) {
        if (r->columns.at[i] == col) {
            memmove(&r->columns.at[i], &r->columns.at[i + 1], (r->columns.n - i - 1) * sizeof(r->columns.at[0]));
            r->columns.n--;
            return;
        }
    }
}

static bool still_inherited(const struct relation *child, const struct relation *except, struct str column)
{
    for (size_t i = 0; i < child->parents.n; i++) {
        if (child->parents.at[i] != except && relation_column(child->parents.at[i], column)) {
            return true;
        }
    }
    return false;
}

void catalog_drop_column(struct catalog *c, struct relation *r, struct column *col)
{
    const struct str name = col->name;
    for (size_t i = r->referenced_by.n; i-- > 0;) {
        struct constraint *con = i < r->referenced_by.n ? r->referenced_by.at[i] : NULL;
        if (con && name_list_has(&con->referenced_columns, name)) {
            relation_remove_constraint(c, con);
        }
    }
    for (size_t i = r->constraints.n; i-- > 0;) {
        struct constraint *con = i < r->constraints.n ? r->constraints.at[i] : NULL;
        if (con && name_list_has(&con->columns, name)) {
            relation_remove_constraint(c, con);
        }
    }
    for (size_t i = r->indexes.n; i-- > 0;) {
        struct relation *index = i < r->indexes.n ? r->indexes.at[i] : NULL;
        if (index && name_list_has(&index->mentions, name)) {
            catalog_drop(c, index);
        }
    }
    if (col->sequence) {
        catalog_drop(c, col->sequence);
    }
    remove_column(r, col);
    for (size_t i = 0; i < r->children.n; i++) {
        struct relation *child = r->children.at[i];
        struct column *inherited = relation_column(child, name);
        if (inherited && !inherited->local && !still_inherited(child, r, name)) {
            catalog_drop_column(c, child, inherited);
        }
    }
}

static bool expression_mentions(struct catalog *c, const struct relation *r, struct str expression, struct str column)
{
    struct name_list names = {0};
    const struct statement st = expression_lex(c->arena, expression);
    expression_columns(c->arena, expression, &st, 0, st.n_tokens, r, &names);
    return name_list_has(&names, column);
}

/* What DROP COLUMN needs CASCADE for: foreign keys to it, generated columns of it. */
static bool column_is_needed(struct catalog *c, const struct relation *r, struct str name)
{
    for (size_t i = 0; i < r->referenced_by.n; i++) {
        const struct constraint *con = r->referenced_by.at[i];
        const bool goes_anyway = con->table == r && name_list_has(&con->columns, name);
        if (!goes_anyway && name_list_has(&con->referenced_columns, name)) {
            return true;
        }
    }
    for (size_t i = 0; i < r->columns.n; i++) {
        const struct column *col = r->columns.at[i];
        if (col->generated && expression_mentions(c, r, col->default_sql, name)) {
            return true;
        }
    }
    return false;
}

enum applied alter_drop_column(struct reader *rd, const struct alter *al)
{
    struct relation *r = al->r;
    struct catalog *c = rd->c;
    struct str name;
    const bool if_exists = rd_if_exists(rd);
    if (!rd_name(rd, &name)) {
        r->complete = false;
        return APPLIED;
    }
    const bool cascade = rd_is(rd, KW_CASCADE);
    struct column *col = relation_column(r, name);
    if (!col) {
        return r->complete && !if_exists ? REFUSED : APPLIED;
    }
    const bool inherited = r->is_partition || (r->parents.n > 0 && still_inherited(r, NULL, name));
    const bool in_key = r->partition_key.n > 0 && expression_mentions(c, r, r->partition_key, name);
    if (inherited || in_key || (!cascade && column_is_needed(c, r, name))) {
        return REFUSED;
    }
    for (size_t i = r->columns.n; i-- > 0;) {
        struct column *generated = r->columns.at[i];
        if (generated != col && generated->generated && expression_mentions(c, r, generated->default_sql, name)) {
            catalog_drop_column(c, r, generated);
        }
    }
    for (size_t i = 0; cascade && i < r->read_by.n; i++) {
        r->read_by.at[i]->exists = TRI_UNKNOWN; /* gone if it reads this very column */
    }
    if (al->only) { /* the children keep it as their own */
        for (size_t i = 0; i < r->children.n; i++) {
            struct column *child = relation_column(r->children.at[i], name);
            if (child) {
                child->local = true;
            }
        }
    }
    catalog_drop_column(c, r, col);
    return APPLIED;
}

/* ---- DROP CONSTRAINT ------------------------------------------------------------------------------------------------- */

/* Where the names of NOT NULL constraints are not recorded, for the server's version is not known, tell them by the made-up name. */
static struct column *unnamed_not_null(struct reader *rd, const struct relation *r, struct str name)
{
    for (size_t i = 0; rd->c->server_version == 0 && str_ends(name, STR("_not_null")) && i < r->columns.n; i++) {
        struct column *col = r->columns.at[i];
        if (col->not_null && str_eq(name, name_compose(rd->c->arena, r->name, col->name, STR("not_null")))) {
            return col;
        }
    }
    return NULL;
}

static bool same_columns(const struct name_list *a, const struct name_list *b)
{
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++) {
        same = name_list_has(b, a->at[i]);
    }
    return same;
}

static void drop_from_children(struct catalog *c, struct relation *r, struct str name, bool only)
{
    for (size_t i = 0; i < r->children.n; i++) {
        struct constraint *child = relation_constraint(r->children.at[i], name);
        if (!child || !child->inherited) {
            continue;
        }
        if (only) {
            child->inherited = false;
        } else {
            relation_remove_constraint(c, child);
            drop_from_children(c, r->children.at[i], name, false);
        }
    }
}

enum applied alter_drop_constraint(struct reader *rd, const struct alter *al)
{
    struct relation *r = al->r;
    struct catalog *c = rd->c;
    struct str name;
    const bool if_exists = rd_if_exists(rd);
    if (!rd_name(rd, &name)) {
        r->complete = false;
        return APPLIED;
    }
    const bool cascade = rd_is(rd, KW_CASCADE);
    struct constraint *con = relation_constraint(r, name);
    const struct column *col = con ? NULL : unnamed_not_null(rd, r, name);
    if (col) {
        drop_not_null(rd, r, col->name);
        return APPLIED;
    }
    if (!con) {
        return r->complete && !if_exists ? REFUSED : APPLIED;
    }
    if (con->inherited) {
        return REFUSED;
    }
    if (con->kind == CON_NOT_NULL) {
        if (in_primary_key(r, con->columns.at[0])) {
            return REFUSED;
        }
        drop_not_null(rd, r, con->columns.at[0]);
        return APPLIED;
    }
    for (size_t i = r->referenced_by.n; con->index && i-- > 0;) {
        struct constraint *foreign = r->referenced_by.at[i];
        if (same_columns(&foreign->referenced_columns, &con->columns)) {
            if (!cascade) {
                return REFUSED;
            }
            relation_remove_constraint(c, foreign);
        }
    }
    const bool descends = con->kind == CON_CHECK || con->kind == CON_FOREIGN;
    relation_remove_constraint(c, con);
    if (descends) {
        drop_from_children(c, r, name, al->only);
    }
    return APPLIED;
}
