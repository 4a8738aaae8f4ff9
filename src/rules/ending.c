#include "rules/ending.h"

#include "catalog/expression.h"
#include "catalog/replay.h"

enum { MAX_DEPTH = 8, MAX_TEXTS = 64 };

struct ending {
    const struct catalog *c;
    struct arena *a;
    unsigned depth, texts;
};

static enum tri text_ends(struct ending *e, struct str text);

/* May a statement of PL/pgSQL begin at token i? */
static bool may_begin(const struct statement *st, size_t i)
{
    return i == 0 || expression_is_self(st, i - 1, ';') || statement_is(st, i - 1, KW_BEGIN) ||
           statement_is(st, i - 1, KW_THEN) || statement_is(st, i - 1, KW_ELSE) ||
           (st->tokens[i - 1].kind == TOK_WORD && statement_is(st, i - 1, KW_NONE));
}

/* CALL name ( … ), at CALL. */
static enum tri call_ends(struct ending *e, struct str text, const struct statement *st, size_t i)
{
    struct str schema, name;
    i++;
    if (!qualified_name_parse(e->a, text, st, &i, &schema, &name)) {
        return TRI_UNKNOWN;
    }
    const struct function *f = catalog_function(e->c, schema, name);
    return f && f->source.n > 0 ? text_ends(e, f->source) : TRI_UNKNOWN;
}

static enum tri text_ends(struct ending *e, struct str text)
{
    if (e->depth >= MAX_DEPTH || e->texts >= MAX_TEXTS) {
        return TRI_UNKNOWN;
    }
    enum tri answer = TRI_NO;
    const struct statement st = expression_lex_all(e->a, text);
    e->depth++;
    e->texts++;
    for (size_t i = 0; answer != TRI_YES && i < st.n_tokens; i++) {
        if (!may_begin(&st, i)) {
            continue;
        }
        if (statement_is(&st, i, KW_COMMIT) || statement_is(&st, i, KW_ROLLBACK)) {
            answer = TRI_YES;
        } else if (statement_is(&st, i, KW_CALL)) {
            answer = tri_or(answer, call_ends(e, text, &st, i));
        }
    }
    e->depth--;
    return answer;
}

enum tri statement_ends_transaction(const struct catalog *c, struct arena *a, struct str text,
                                    const struct statement *st)
{
    struct ending e = {.c = c, .a = a};
    if (statement_is(st, 0, KW_CALL)) {
        return call_ends(&e, text, st, 0);
    }
    for (size_t i = 1; statement_is(st, 0, KW_DO) && i < st->n_tokens; i++) {
        struct catalog scratch = {.arena = a};
        struct reader rd = {.c = &scratch, .text = text, .st = st, .i = i, .end = st->n_tokens};
        struct str body;
        if (rd_is_string(&rd) && !statement_is(st, i - 1, KW_LANGUAGE) && rd_string(&rd, &body)) {
            return text_ends(&e, body);
        }
    }
    return TRI_NO;
}
