/* Predicates about what hangs on a relation: triggers, policies, rules, its owner, its tablespace, its indexes' parts. */
#include "catalog/expression.h"
#include "catalog/index.h"
#include "catalog/replay.h"
#include "rules/facts.h"

struct named {
    struct relation *relation; /* NULL: the capture took no part */
    struct str name;
};

static struct named named_of(struct eval *e, struct call call)
{
    struct named n = {.relation = term_relation(e, call.arguments[0])};
    struct str schema;
    if (!term_split_name(e->a, term_shape(e, call.arguments[1]), &schema, &n.name)) {
        n.relation = NULL;
    }
    return n;
}

static enum tri found(struct eval *e, const struct relation *r, bool yes)
{
    return yes ? TRI_YES : relation_whole(e, r) ? TRI_NO : eval_unknown(e, r);
}

enum tri ask_has_trigger(struct eval *e, struct call call)
{
    const struct named n = named_of(e, call);
    bool yes = false;
    for (size_t i = 0; n.relation && i < n.relation->triggers.n; i++) {
        yes = yes || str_eq(n.relation->triggers.at[i]->name, n.name);
    }
    return n.relation ? found(e, n.relation, yes) : TRI_NO;
}

enum tri ask_has_policy(struct eval *e, struct call call)
{
    const struct named n = named_of(e, call);
    return n.relation ? found(e, n.relation, name_list_has(&n.relation->policies, n.name)) : TRI_NO;
}

enum tri ask_has_rule(struct eval *e, struct call call)
{
    const struct named n = named_of(e, call);
    bool yes = false;
    for (size_t i = 0; n.relation && i < n.relation->rules.n; i++) {
        yes = yes || str_eq(n.relation->rules.at[i].name, n.name);
    }
    return n.relation ? found(e, n.relation, yes) : TRI_NO;
}

enum tri ask_has_row_triggers(struct eval *e, struct call call)
{
    const struct relation *r = term_relation(e, call.arguments[0]);
    bool yes = false;
    for (size_t i = 0; r && i < r->triggers.n; i++) {
        yes = yes || r->triggers.at[i]->row;
    }
    return r ? found(e, r, yes) : TRI_NO;
}

enum tri ask_identity(struct eval *e, struct call call)
{
    const struct named n = named_of(e, call);
    const struct column *c = n.relation ? relation_column(n.relation, n.name) : NULL;
    return c ? tri_of(c->identity != 0) : n.relation ? found(e, n.relation, false) : TRI_NO;
}

enum tri ask_declared_not_null(struct eval *e, struct call call)
{
    struct relation *r = term_relation(e, call.arguments[0]);
    struct name_list names = {0};
    enum tri all = TRI_YES;
    term_names(e, call.arguments[1], &names);
    for (size_t i = 0; r && i < names.n; i++) {
        const struct column *c = relation_column(r, names.at[i]);
        all = tri_and(all, c ? tri_of(c->not_null) : found(e, r, false));
    }
    return r ? all : TRI_NO;
}

enum tri ask_uses_tablespace(struct eval *e, struct call call)
{
    const struct named n = named_of(e, call);
    if (!n.relation) {
        return TRI_NO;
    }
    if (n.relation->tablespace.n > 0) {
        return tri_of(str_eq(n.relation->tablespace, n.name));
    }
    return relation_whole(e, n.relation) ? tri_of(str_eq(n.name, STR("pg_default"))) : eval_unknown(e, n.relation);
}

/* OWNER TO whoever owns it already touches nothing that hangs on it. */
enum tri ask_has_owner(struct eval *e, struct call call)
{
    struct relation *r = term_relation(e, call.arguments[0]);
    struct str name = term_shape(e, call.arguments[1]), schema;
    if (!r || name.n == 0) {
        return TRI_NO;
    }
    if (str_starts(name, STR("CURRENT_")) || str_eq(name, STR("SESSION_USER"))) {
        return r->owner.n > 0 ? TRI_NO : relation_whole(e, r) ? TRI_YES : eval_unknown(e, r);
    }
    if (!term_split_name(e->a, name, &schema, &name)) {
        return TRI_UNKNOWN;
    }
    return r->owner.n > 0 ? tri_of(str_eq(r->owner, name)) : relation_whole(e, r) ? TRI_NO : eval_unknown(e, r);
}

/* Is there an index of the partitioned table that the partition has no equal of? */
enum tri ask_lacks_indexes(struct eval *e, struct call call)
{
    struct relation *parent = term_relation(e, call.arguments[0]), *part = term_relation(e, call.arguments[1]);
    if (!parent || !part) {
        return TRI_NO;
    }
    for (size_t i = 0; i < parent->indexes.n; i++) {
        if (!index_has_part(parent->indexes.at[i], part)) {
            return part->complete ? TRI_YES : eval_unknown(e, part);
        }
    }
    return relation_whole(e, parent) ? TRI_NO : eval_unknown(e, parent);
}

/* A domain's own default counts where the column has none. */
enum tri ask_volatile_domain(struct eval *e, struct call call)
{
    enum { MAX_DEPTH = 16 };
    struct str schema, name;
    if (!term_split_name(e->a, term_shape(e, call.arguments[0]), &schema, &name)) {
        return TRI_NO;
    }
    const struct type *t = catalog_type(e->catalog, schema, name);
    for (unsigned depth = 0; t && t->kind == TYPE_DOMAIN && depth < MAX_DEPTH; depth++) {
        if (t->default_sql.n > 0) {
            const struct statement st = expression_lex(e->a, t->default_sql);
            return expression_volatile(e->catalog, t->default_sql, &st, 0, st.n_tokens);
        }
        t = t->base.schema.n > 0 ? catalog_type(e->catalog, t->base.schema, t->base.name) : NULL;
    }
    return TRI_NO;
}

enum tri ask_domain_not_null(struct eval *e, struct call call)
{
    struct str schema, name;
    if (!term_split_name(e->a, term_shape(e, call.arguments[0]), &schema, &name)) {
        return TRI_NO;
    }
    const struct type *t = catalog_type(e->catalog, schema, name);
    return t ? tri_of(t->kind == TYPE_DOMAIN && t->not_null) : e->catalog->complete ? TRI_NO : TRI_UNKNOWN;
}
