/* Selectors on who owns, holds or publishes what: roles, tablespaces, publications, statistics. */
#include "catalog/expression.h"
#include "catalog/replay.h"
#include "rules/facts.h"

/* The names in a capture, one by one. */
bool term_next_name(struct eval *e, struct str *rest, struct str *schema, struct str *name)
{
    struct str text;
    while (term_next_listed(rest, &text)) {
        const size_t open = str_find(text, STR(" (")); /* of a function: its arguments */
        if (term_split_name(e->a, str_slice(text, 0, open == SIZE_MAX ? text.n : open), schema, name)) {
            return true;
        }
    }
    return false;
}

/* Of every relation that is there, those that `uses` says yes for. */
void select_if(struct eval *e, struct relation_list *out,
               bool (*uses)(struct eval *, const struct relation *, const void *), const void *what)
{
    for (size_t i = 0; i < e->catalog->all.n; i++) {
        struct relation *r = e->catalog->all.at[i];
        if (r->exists != TRI_NO && uses(e, r, what)) {
            relation_list_add(e->a, out, r);
        }
    }
}

/* ---- roles, tablespaces, publications, statistics ----------------------------------------------------------------------- */

static bool is_owned_by(struct eval *e, const struct relation *r, const void *what)
{
    const struct str owner = r->owner.n > 0 || !r->table ? r->owner : r->table->owner; /* an index's is its table's */
    (void)e;
    return owner.n > 0 && str_eq(owner, *(const struct str *)what);
}

bool select_owned_by(struct eval *e, struct call call, struct relation_list *out)
{
    struct str rest = term_shape(e, call.arguments[0]), schema, name;
    while (term_next_name(e, &rest, &schema, &name)) {
        select_if(e, out, is_owned_by, &name);
    }
    return e->catalog->complete;
}

bool select_granted_to(struct eval *e, struct call call, struct relation_list *out)
{
    (void)e;
    (void)call;
    (void)out;
    return false;
}

static bool holds_rows(const struct relation *r)
{
    return r->kind == REL_TABLE || r->kind == REL_PARTITIONED || r->kind == REL_MATVIEW;
}

static bool in_tablespace(struct eval *e, struct call call, struct relation_list *out, bool indexes)
{
    struct str schema, name;
    if (!term_split_name(e->a, term_shape(e, call.arguments[0]), &schema, &name)) {
        return true;
    }
    const bool plain = str_eq(name, STR("pg_default"));
    for (size_t i = 0; i < e->catalog->all.n; i++) {
        struct relation *r = e->catalog->all.at[i];
        const bool kind = indexes ? r->kind == REL_INDEX || r->kind == REL_PARTITIONED_INDEX : holds_rows(r);
        if (r->exists != TRI_NO && kind && (str_eq(r->tablespace, name) || (plain && r->tablespace.n == 0))) {
            relation_list_add(e->a, out, r);
        }
    }
    return e->catalog->complete;
}

bool select_in_tablespace(struct eval *e, struct call call, struct relation_list *out)
{
    return in_tablespace(e, call, out, false);
}

bool select_indexes_in_tablespace(struct eval *e, struct call call, struct relation_list *out)
{
    return in_tablespace(e, call, out, true);
}

static bool is_self(const struct statement *st, size_t i, char c)
{
    return expression_is_self(st, i, c);
}

/* TABLE [ONLY] a [( … )] [WHERE ( … )], b, TABLE c: inheritance children are meant, too, partitions are not. */
bool select_published(struct eval *e, struct call call, struct relation_list *out)
{
    const struct statement *st = e->what->statement;
    size_t depth = 0;
    bool listed = false;
    (void)call;
    for (size_t i = 0; i < st->n_tokens; i++) {
        depth += is_self(st, i, '(');
        depth -= depth > 0 && is_self(st, i, ')');
        const bool table = depth == 0 && statement_is(st, i, KW_TABLE);
        listed = listed || table;
        if (!table && !(listed && depth == 0 && is_self(st, i, ','))) {
            continue;
        }
        size_t at = i + 1;
        at += statement_is(st, at, KW_TABLE);
        const bool only = statement_is(st, at, KW_ONLY);
        struct str schema, name;
        at += only;
        if (at >= st->n_tokens || !qualified_name_parse(e->catalog->arena, e->what->text, st, &at, &schema, &name)) {
            continue;
        }
        struct relation *r = catalog_resolve(e->catalog, schema, name);
        r = r ? r : catalog_mention(e->catalog, schema, name, REL_UNKNOWN);
        relation_list_add(e->a, out, r);
        struct relation_list children = {0};
        if (!only && r->kind != REL_PARTITIONED) {
            relation_descendants(r, e->a, &children);
        }
        for (size_t k = 0; k < children.n; k++) {
            relation_list_add(e->a, out, children.at[k]);
        }
    }
    return true;
}

static bool is_published(struct eval *e, const struct relation *r, const void *what)
{
    (void)e;
    return name_list_has(&r->publications, *(const struct str *)what);
}

bool select_publication_tables(struct eval *e, struct call call, struct relation_list *out)
{
    struct str rest = term_shape(e, call.arguments[0]), schema, name;
    while (term_next_name(e, &rest, &schema, &name)) {
        select_if(e, out, is_published, &name);
    }
    return e->catalog->complete;
}

static bool has_statistics(struct eval *e, const struct relation *r, const void *what)
{
    (void)e;
    return name_list_has(&r->statistics, *(const struct str *)what);
}

bool select_statistics_table(struct eval *e, struct call call, struct relation_list *out)
{
    struct str rest = term_shape(e, call.arguments[0]), schema, name;
    while (term_next_name(e, &rest, &schema, &name)) {
        select_if(e, out, has_statistics, &name);
    }
    return e->catalog->complete;
}
