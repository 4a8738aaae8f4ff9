#include "rules/shadowable.h"

#include "catalog/replay.h"
#include "sql/lex.h"

enum { VIEWS_MAX = 64 };

static bool mentions(struct str sql, struct str column, struct arena *a)
{
    struct lexer lx;
    struct token t;
    lex_init(&lx, sql, false);
    while ((t = lex_next(&lx)).kind != TOK_END) {
        if ((t.kind == TOK_WORD || t.kind == TOK_QUOTED) && str_eq(token_name(a, sql, t), column)) {
            return true;
        }
    }
    return false;
}

static struct str of_columns(const struct relation *t, struct str column, struct arena *a)
{
    for (size_t i = 0; i < t->columns.n; i++) {
        const struct column *c = t->columns.at[i];
        const bool same = str_eq(c->name, column);
        if (same && c->generated) {
            return c->generated == 'v' ? STR("the column is virtual, and none of it is stored")
                                       : STR("the column is generated");
        }
        if (!same && c->generated == 's' && mentions(c->default_sql, column, a)) {
            return arena_printf(a, "generated column %.*s is computed from it", STR_ARG(c->name));
        }
    }
    return STR_NONE;
}

static struct str of_constraints(const struct relation *t, struct str column, struct arena *a)
{
    for (size_t i = 0; i < t->constraints.n; i++) {
        const struct constraint *k = t->constraints.at[i];
        if (k->kind == CON_EXCLUDE &&
            (name_list_has(&k->columns, column) || (k->index && name_list_has(&k->index->mentions, column)))) {
            return arena_printf(a, "exclusion constraint %.*s cannot be built beside the one that is there",
                                STR_ARG(k->name));
        }
    }
    return STR_NONE;
}

/* A materialized view that reads the column, or a view on it. */
static struct str of_views(const struct relation *t, struct str column, struct arena *a)
{
    struct relation_list open = {0};
    for (size_t i = 0; i < t->read_by.n; i++) {
        if (name_list_has(&t->read_by.at[i]->words, column) || name_list_has(&t->read_by.at[i]->words, STR("*"))) {
            *vec_push(a, &open) = t->read_by.at[i];
        }
    }
    for (size_t i = 0; i < open.n && i < VIEWS_MAX; i++) {
        const struct relation *v = open.at[i];
        if (v->kind == REL_MATVIEW) {
            return arena_printf(a, "view %.*s.%.*s is materialized", STR_ARG(v->schema), STR_ARG(v->name));
        }
        for (size_t k = 0; k < v->read_by.n; k++) {
            *vec_push(a, &open) = v->read_by.at[k];
        }
    }
    return STR_NONE;
}

static struct str of_table(const struct relation *t, struct str column, struct arena *a)
{
    if (t->kind != REL_TABLE && t->kind != REL_PARTITIONED) {
        return STR("it is not a plain or partitioned table");
    }
    if (t->is_partition) {
        return STR("it is a partition: changing the type is up to the partitioned table");
    }
    if (t->parents.n > 0 || (t->kind == REL_TABLE && t->children.n > 0)) {
        return STR("it has to do with inheritance");
    }
    return mentions(t->partition_key, column, a)
               ? arena_printf(a, "it is in the partition key of %.*s.%.*s", STR_ARG(t->schema), STR_ARG(t->name))
               : STR_NONE;
}

struct str shadowable(struct catalog *c, const struct judged_statement *s, struct str text, struct arena *a)
{
    static struct str (*const asked[])(const struct relation *t, struct str column,
                                       struct arena *a) = {of_table, of_columns, of_constraints, of_views};
    struct str schema, name, why = STR_NONE;
    size_t i = 2;
    if (!statement_is(&s->st, 0, KW_ALTER) || !statement_is(&s->st, 1, KW_TABLE) ||
        !qualified_name_parse(a, text, &s->st, &i, &schema, &name) || !statement_is(&s->st, i, KW_ALTER)) {
        return STR_NONE; /* what the planner refuses */
    }
    i += 1 + statement_is(&s->st, i + 1, KW_COLUMN);
    const struct relation *t = i < s->st.n_tokens ? catalog_resolve(c, schema, name) : NULL;
    for (size_t k = 0; t && k < countof(asked) && why.n == 0; k++) {
        why = asked[k](t, token_name(a, text, s->st.tokens[i]), a);
    }
    return why.n > 0 ? arena_printf(a, "cannot change %.*s.%.*s by a shadow column: %.*s", STR_ARG(name),
                                    STR_ARG(token_name(a, text, s->st.tokens[i])), STR_ARG(why))
                     : why;
}
