/* The selector of the relations that a statement names behind a key word. */
#include "catalog/replay.h"
#include "rules/facts.h"

/* The relation written at token i, entered as mentioned. */
static size_t add_written(struct eval *e, size_t i, struct relation_list *out)
{
    const struct statement *st = e->what->statement;
    struct str schema, name;
    i += statement_is(st, i, KW_ONLY);
    if (i < st->n_tokens && qualified_name_view(e->a, e->what->text, st, &i, &schema, &name)) {
        relation_list_add(e->a, out, catalog_mention(e->catalog, schema, name, REL_UNKNOWN));
    }
    return i;
}

bool select_named(struct eval *e, struct call call, struct relation_list *out)
{
    const enum keyword kw = keyword_find(call.arguments[0]->text);
    const struct shape *s = e->what->shape;
    const size_t last = classified_may_say(e->what, kw) ? s->last : s->first;
    for (size_t i = s->first; i < last; i++) {
        if (statement_is(e->what->statement, i, kw)) {
            (void)add_written(e, i + 1, out);
        }
    }
    return true;
}

/* ADD CONSTRAINT name FOREIGN KEY ( … ) REFERENCES t, VALIDATE CONSTRAINT name */
struct relation *added_foreign_key(struct eval *e, const struct term *constraint)
{
    const struct statement *st = e->what->statement;
    struct name_list names = {0};
    struct relation_list found = {0};
    term_names(e, constraint, &names);
    for (size_t i = 0; names.n > 0 && i + 2 < st->n_tokens; i++) {
        if (!statement_is(st, i, KW_CONSTRAINT) || !statement_is(st, i + 2, KW_FOREIGN) ||
            !str_eq(token_name(e->a, e->what->text, st->tokens[i + 1]), names.at[0])) {
            continue;
        }
        while (i < st->n_tokens && !statement_is(st, i, KW_REFERENCES)) {
            i++;
        }
        (void)add_written(e, i + 1, &found);
    }
    return found.n > 0 ? found.at[0] : NULL;
}
