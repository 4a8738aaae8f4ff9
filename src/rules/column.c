/* Predicates about columns, keys and constraints. */
#include "catalog/replay.h"
#include "rules/facts.h"

struct columns {
    struct relation *relation; /* NULL: the capture took no part */
    struct name_list names;
};

static struct columns columns_of(struct eval *e, struct call call)
{
    struct columns c = {.relation = term_relation(e, call.arguments[0])};
    term_names(e, call.arguments[1], &c.names);
    return c;
}

/* No is certain only where the catalog knows the relation whole. */
static enum tri found_or(struct eval *e, const struct relation *r, bool found)
{
    return found ? TRI_YES : r->complete ? TRI_NO : eval_unknown(e, r);
}

enum tri virtual_column(struct eval *e, struct call call)
{
    const struct columns c = columns_of(e, call);
    if (!c.relation || c.names.n == 0) {
        return TRI_NO;
    }
    const struct column *column = relation_column(c.relation, c.names.at[0]);
    return column ? tri_of(column->generated == 'v') : e->server_version < 18 ? TRI_NO : eval_unknown(e, c.relation);
}

/*
 * Does the same ALTER TABLE drop a CHECK that proves it? The server drops before it looks for proofs, whatever the
 * order in the statement (measured
 * on 13 to 18).
 */
static bool proof_dropped(struct eval *e, const struct relation *r, struct str column)
{
    const struct statement *st = e->what->statement;
    for (size_t i = 0; r && i + 2 < st->n_tokens; i++) {
        struct str schema, name;
        size_t at = i + 2;
        if (!statement_is(st, i, KW_DROP) || !statement_is(st, i + 1, KW_CONSTRAINT)) {
            continue;
        }
        at += statement_is(st, at, KW_IF) && statement_is(st, at + 1, KW_EXISTS) ? 2 : 0;
        if (qualified_name_parse(e->a, e->what->text, st, &at, &schema, &name)) {
            const struct constraint *c = relation_constraint(r, name);
            if (c && c->kind == CON_CHECK && name_list_has(&c->not_null, column)) {
                return true;
            }
        }
    }
    return false;
}

static bool declared_not_null(const struct relation *r, struct str name)
{
    const struct column *column = relation_column(r, name);
    return column && column->not_null;
}

static enum tri all_proven(struct eval *e, const struct relation *r, const struct name_list *names)
{
    enum tri answer = tri_of(names->n > 0);
    for (size_t i = 0; i < names->n; i++) {
        const bool gone = !declared_not_null(r, names->at[i]) && proof_dropped(e, r, names->at[i]);
        answer = tri_and(answer, gone ? TRI_NO : relation_proves_not_null(r, names->at[i]));
    }
    return answer == TRI_UNKNOWN ? eval_unknown(e, r) : answer;
}

enum tri proven_not_null(struct eval *e, struct call call)
{
    const struct columns c = columns_of(e, call);
    return c.relation ? all_proven(e, c.relation, &c.names) : TRI_NO;
}

static void key_columns(struct eval *e, const struct relation *index, struct name_list *out)
{
    for (size_t i = 0; i < index->index_columns.n; i++) {
        if (!index->index_columns.at[i].included && index->index_columns.at[i].name.n > 0) {
            *vec_push(e->a, out) = index->index_columns.at[i].name;
        }
    }
}

enum tri proven_not_null_index(struct eval *e, struct call call)
{
    struct relation *table = term_relation(e, call.arguments[0]);
    struct relation *index = term_relation(e, call.arguments[1]);
    struct name_list names = {0};
    if (!table || !index) {
        return TRI_NO;
    }
    /* USING INDEX takes a bare name, and looks for it beside the table. */
    struct relation *beside = catalog_relation(e->catalog, table->schema, index->name);
    index = beside ? beside : index;
    key_columns(e, index, &names);
    return names.n > 0 ? all_proven(e, table, &names) : eval_unknown(e, index);
}

enum tri in_key(struct eval *e, struct call call)
{
    const struct columns c = columns_of(e, call);
    bool found = false;
    if (!c.relation || c.names.n == 0) {
        return TRI_NO;
    }
    for (size_t i = 0; i < c.relation->indexes.n; i++) {
        struct name_list names = {0};
        key_columns(e, c.relation->indexes.at[i], &names);
        for (size_t k = 0; c.relation->indexes.at[i]->unique && k < c.names.n; k++) {
            found = found || name_list_has(&names, c.names.at[k]);
        }
    }
    return found_or(e, c.relation, found);
}

enum tri referenced_key(struct eval *e, struct call call)
{
    const struct columns c = columns_of(e, call);
    struct constraint_list keys = {0};
    if (!c.relation || c.names.n == 0) {
        return TRI_NO;
    }
    relation_referencing(e->catalog, c.relation, e->a, &keys);
    for (size_t i = 0; i < keys.n; i++) {
        for (size_t k = 0; k < c.names.n; k++) {
            if (name_list_has(&keys.at[i]->referenced_columns, c.names.at[k])) {
                return TRI_YES;
            }
        }
    }
    return relation_whole(e, c.relation) ? TRI_NO : eval_unknown(e, c.relation);
}

/* The constraint named by the second argument; *answer is what to say when there is none. */
static const struct constraint *constraint_named(struct eval *e, struct call call, enum tri *answer)
{
    const struct columns c = columns_of(e, call);
    *answer = TRI_NO;
    if (!c.relation || c.names.n == 0) {
        return NULL;
    }
    const struct constraint *con = relation_constraint(c.relation, c.names.at[0]);
    if (!con && !c.relation->complete) {
        *answer = eval_unknown(e, c.relation);
    }
    return con;
}

enum tri foreign_key(struct eval *e, struct call call)
{
    enum tri answer;
    const struct constraint *con = constraint_named(e, call, &answer);
    return con ? tri_of(con->kind == CON_FOREIGN) : added_foreign_key(e, call.arguments[1]) ? TRI_YES : answer;
}

enum tri valid_constraint(struct eval *e, struct call call)
{
    enum tri answer;
    const struct constraint *con = constraint_named(e, call, &answer);
    return con ? tri_of(con->valid) : answer;
}

enum tri unique_index_on(struct eval *e, struct call call)
{
    const struct columns c = columns_of(e, call);
    if (!c.relation || c.names.n == 0) {
        return TRI_NO;
    }
    for (size_t i = 0; i < c.relation->indexes.n; i++) {
        const struct relation *index = c.relation->indexes.at[i];
        struct name_list names = {0};
        key_columns(e, index, &names);
        bool same = index->unique && index->valid && index->predicate.n == 0 && names.n == c.names.n;
        for (size_t k = 0; same && k < names.n; k++) {
            same = name_list_has(&c.names, names.at[k]);
        }
        if (same) {
            return TRI_YES;
        }
    }
    return found_or(e, c.relation, false);
}

enum tri uses_access_method(struct eval *e, struct call call)
{
    const struct columns c = columns_of(e, call);
    if (!c.relation || c.names.n == 0) {
        return TRI_NO;
    }
    const struct str method = c.relation->access_method;
    if (method.n > 0) {
        return tri_of(str_eq(method, c.names.at[0]));
    }
    return relation_whole(e, c.relation) ? tri_of(str_eq(c.names.at[0], STR("heap"))) : eval_unknown(e, c.relation);
}
