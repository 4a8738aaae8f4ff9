#include "rules/batchable.h"

#include "catalog/replay.h"

static bool is_long(const struct judge_options *o, const struct relation *r, struct arena *a)
{
    struct relation_list below = {0};
    int64_t rows = r->rows > 0 ? r->rows : 0;
    if (o->batch_rows <= 0 || r->temporary || r->loaded == TRI_NO ||
        (r->kind != REL_TABLE && r->kind != REL_PARTITIONED)) {
        return false;
    }
    relation_descendants(r, a, &below);
    for (size_t i = 0; i < below.n && r->rows <= 0; i++) {
        rows += below.at[i]->rows > 0 ? below.at[i]->rows : 0;
    }
    return rows > o->batch_rows;
}

/* INSERT … SELECT … FROM table: the table, or NULL. */
static const struct relation *read_from(const struct judged_statement *s, struct str text, struct catalog *c,
                                        struct arena *a)
{
    size_t i = 0, n = s->st.n_tokens;
    int depth = 0;
    bool select = false;
    struct str schema, name;
    for (; i < n; i++) {
        const struct token *t = &s->st.tokens[i];
        depth += t->kind == TOK_SELF ? (t->keyword == '(') - (t->keyword == ')') : 0;
        select = select || (depth == 0 && statement_is(&s->st, i, KW_SELECT));
        if (depth == 0 && select && statement_is(&s->st, i, KW_FROM) && !statement_is(&s->st, i - 1, KW_DISTINCT)) {
            i += 1 + statement_is(&s->st, i + 1, KW_ONLY);
            return qualified_name_parse(a, text, &s->st, &i, &schema, &name) ? catalog_resolve(c, schema, name) : NULL;
        }
    }
    return NULL;
}

bool batchable(const struct judge *j, const struct judged_statement *s, struct str text)
{
    static const struct str changing[] = {
        STR_INIT("update"),     STR_INIT("update-all"),   STR_INIT("update-from"), STR_INIT("delete"),
        STR_INIT("delete-all"), STR_INIT("delete-using"), STR_INIT("with-update"), STR_INIT("with-delete"),
    };
    const struct form *form = s->n_actions == 1 ? s->actions[0].what.form : NULL;
    const struct relation *r = NULL;
    if (!form) {
        return false;
    }
    for (size_t i = 0; i < s->directives.n; i++) {
        if (s->directives.at[i].kind == DIRECTIVE_WHOLE) {
            return false;
        }
    }
    for (size_t i = 0; i < countof(changing); i++) {
        if (str_eq(form->id, changing[i]) && s->effects.locks.n > 0) {
            r = s->effects.locks.at[0].relation;
        }
    }
    if (str_eq(form->id, STR("insert-select")) || str_eq(form->id, STR("with-insert"))) {
        r = read_from(s, text, j->catalog, j->scratch);
    }
    if (!r) {
        return false;
    }
    const bool is = (r->made.statement == 0 || r->made.file != j->files) && is_long(&j->options, r, j->scratch);
    arena_reset(j->scratch);
    return is;
}
