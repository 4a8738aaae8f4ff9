/* RENAME COLUMN, ATTACH and DETACH PARTITION, INHERIT: what changes more than one relation. */
#include "catalog/expression.h"
#include "catalog/index.h"
#include "catalog/replay_parts.h"

/* Lists may be shared by copies of a constraint, so a changed one is a new one. */
static void list_rename(struct catalog *c, struct name_list *names, struct str from, struct str to)
{
    if (!name_list_has(names, from)) {
        return;
    }
    struct name_list changed = {0};
    for (size_t i = 0; i < names->n; i++) {
        *vec_push(c->arena, &changed) = str_eq(names->at[i], from) ? to : names->at[i];
    }
    *names = changed;
}

static void index_rename_column(struct catalog *c, struct relation *index, struct str from, struct str to)
{
    list_rename(c, &index->mentions, from, to);
    for (size_t i = 0; i < index->index_columns.n; i++) {
        struct index_column *col = &index->index_columns.at[i];
        if (str_eq(col->name, from)) {
            col->name = to;
        }
        col->expression = expression_rename(c->arena, col->expression, from, to);
    }
    index->predicate = expression_rename(c->arena, index->predicate, from, to);
}

static void rename_column(struct catalog *c, struct relation *r, struct str from, struct str to)
{
    for (size_t i = 0; i < r->columns.n; i++) {
        struct column *col = r->columns.at[i];
        if (str_eq(col->name, from)) {
            col->name = to;
            if (col->sequence) {
                col->sequence->owner_column = to;
            }
        } else if (col->generated) {
            col->default_sql = expression_rename(c->arena, col->default_sql, from, to);
        }
    }
    for (size_t i = 0; i < r->constraints.n; i++) {
        struct constraint *con = r->constraints.at[i];
        if (name_list_has(&con->columns, from)) {
            list_rename(c, &con->columns, from, to);
            list_rename(c, &con->not_null, from, to);
            con->expression = expression_rename(c->arena, con->expression, from, to);
        }
    }
    for (size_t i = 0; i < r->referenced_by.n; i++) {
        list_rename(c, &r->referenced_by.at[i]->referenced_columns, from, to);
    }
    for (size_t i = 0; i < r->indexes.n; i++) {
        if (name_list_has(&r->indexes.at[i]->mentions, from)) {
            index_rename_column(c, r->indexes.at[i], from, to);
        }
    }
    r->partition_key = expression_rename(c->arena, r->partition_key, from, to);
}

enum applied alter_rename_column(struct reader *rd, const struct alter *al, struct str from, struct str to)
{
    struct relation *r = al->r;
    if ((r->complete && !relation_column(r, from)) || relation_column(r, to) || (al->only && r->children.n > 0)) {
        return REFUSED;
    }
    struct relation_list all = {0};
    *vec_push(rd->c->arena, &all) = r;
    relation_descendants(r, rd->c->arena, &all);
    for (size_t i = 0; i < all.n; i++) {
        rename_column(rd->c, all.at[i], from, to);
    }
    return APPLIED;
}

static void merge_constraints(const struct relation *parent, const struct relation *child)
{
    for (size_t i = 0; i < child->constraints.n; i++) {
        struct constraint *con = child->constraints.at[i];
        const struct column *col = con->kind == CON_NOT_NULL ? relation_column(parent, con->columns.at[0]) : NULL;
        con->inherited = con->inherited || (col && col->not_null);
    }
    for (size_t i = 0; i < parent->constraints.n; i++) {
        const struct constraint *con = parent->constraints.at[i];
        struct constraint *same = relation_constraint(child, con->name);
        if (same && con->kind == CON_CHECK && !con->no_inherit) {
            same->inherited = true;
        }
    }
}

/* Is r the relation or one of its descendants? Then it cannot become a parent of it. */
static bool is_below(struct reader *rd, const struct relation *r, const struct relation *relation)
{
    struct relation_list below = {0};
    relation_descendants(relation, &rd->c->scratch, &below);
    for (size_t i = 0; i < below.n; i++) {
        if (below.at[i] == r) {
            return true;
        }
    }
    return r == relation;
}

/* ALTER INDEX … ATTACH PARTITION: the parent's index is valid once every partition has its part. */
static enum applied attach_index(struct reader *rd, struct relation *index, struct relation *part)
{
    if (part->parents.n > 0 || is_below(rd, index, part)) {
        return APPLIED;
    }
    relation_add_child(rd->c, index, part);
    if (part->constraint) {
        part->constraint->inherited = true;
    }
    if (index->table && index->children.n == index->table->children.n) {
        index->valid = true;
    }
    return APPLIED;
}

enum applied alter_attach(struct reader *rd, const struct alter *al)
{
    struct relation *parent = al->r;
    struct str schema, name;
    if (!rd_qualified(rd, &schema, &name)) {
        return REFUSED;
    }
    struct relation *child = rd_target(rd, schema, name, false, REL_UNKNOWN);
    if (!child) {
        return REFUSED;
    }
    if (rd_done(rd)) {
        return attach_index(rd, parent, child);
    }
    if (child->is_partition || is_below(rd, parent, child) || !partition_attach(rd, parent, child)) {
        return REFUSED;
    }
    if (parent->kind == REL_UNKNOWN) {
        parent->kind = REL_PARTITIONED;
    }
    for (size_t i = 0; i < child->columns.n; i++) {
        child->columns.at[i]->local = false;
    }
    merge_constraints(parent, child);
    index_clone_to_partition(rd, parent, child);
    for (size_t i = 0; i < parent->constraints.n; i++) {
        if (parent->constraints.at[i]->kind == CON_FOREIGN) {
            foreign_to_partition(rd, parent->constraints.at[i], child);
        }
    }
    return APPLIED;
}

/* What no parent is left to give is the child's own from now on. */
static void set_free(struct relation *parent, struct relation *child)
{
    relation_remove(&parent->children, child);
    relation_remove(&child->parents, parent);
    for (size_t i = 0; i < child->columns.n; i++) {
        struct column *col = child->columns.at[i];
        bool given = false;
        for (size_t k = 0; k < child->parents.n; k++) {
            given = given || relation_column(child->parents.at[k], col->name);
        }
        col->local = col->local || !given;
    }
    for (size_t i = 0; i < child->constraints.n; i++) {
        struct constraint *con = child->constraints.at[i];
        bool given = false;
        for (size_t k = 0; k < child->parents.n; k++) {
            given = given || relation_constraint(child->parents.at[k], con->name);
        }
        con->inherited = con->inherited && given;
    }
    for (size_t i = 0; i < child->indexes.n; i++) {
        struct relation *index = child->indexes.at[i];
        while (index->parents.n > 0) {
            relation_remove(&index->parents.at[0]->children, index);
            relation_remove(&index->parents, index->parents.at[0]);
        }
    }
}

enum applied alter_detach(struct reader *rd, const struct alter *al)
{
    struct str schema, name;
    if (!rd_qualified(rd, &schema, &name)) {
        return REFUSED;
    }
    struct relation *child = rd_target(rd, schema, name, false, REL_TABLE);
    if (!child) {
        return REFUSED;
    }
    const bool ours = child->parents.n == 1 && child->parents.at[0] == al->r;
    if (!ours && al->r->complete && child->complete) {
        return REFUSED;
    }
    set_free(al->r, child);
    child->is_partition = child->is_default_partition = false;
    child->partition_bound = STR_NONE;
    if (al->r->default_partition == child) {
        al->r->default_partition = NULL;
    }
    return APPLIED;
}

static bool has_parent(const struct relation *r, const struct relation *parent)
{
    bool has = false;
    for (size_t i = 0; i < r->parents.n; i++) {
        has = has || r->parents.at[i] == parent;
    }
    return has;
}

enum applied alter_inherit(struct reader *rd, const struct alter *al, bool inherit)
{
    struct str schema, name;
    if (!rd_qualified(rd, &schema, &name)) {
        al->r->complete = false;
        return APPLIED;
    }
    struct relation *parent = rd_target(rd, schema, name, false, REL_TABLE);
    if (!parent || al->r->is_partition) {
        return REFUSED;
    }
    if (inherit && (is_below(rd, parent, al->r) || has_parent(al->r, parent))) {
        return REFUSED;
    }
    if (!inherit) {
        set_free(parent, al->r);
        return APPLIED;
    }
    relation_add_child(rd->c, parent, al->r);
    merge_constraints(parent, al->r);
    return APPLIED;
}
