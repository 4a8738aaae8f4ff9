#include "catalog/routine.h"

#include "catalog/expression.h"

enum { MAX_SOURCE = 65536 };

/* What yields something from a null, as the server sees it. */
static bool may_hide_null(const struct statement *st, size_t i)
{
    static const enum keyword words[] = {KW_CASE, KW_COALESCE, KW_GREATEST, KW_LEAST, KW_AND,   KW_OR,
                                         KW_IS,   KW_ARRAY,    KW_ROW,      KW_IN,    KW_EXISTS};
    for (size_t k = 0; k < countof(words); k++) {
        if (statement_is(st, i, words[k])) {
            return true;
        }
    }
    return false;
}

static bool is_argument(struct arena *a, struct str text, struct token t, struct str name, size_t position)
{
    if (t.kind == TOK_PARAM) {
        return str_eq(token_text(text, t), arena_printf(a, "$%zu", position + 1));
    }
    return name.n > 0 && (t.kind == TOK_WORD || t.kind == TOK_QUOTED) && str_eq(token_name(a, text, t), name);
}

static bool inlines_strictly(struct arena *a, const struct routine *r, const struct statement *st)
{
    for (size_t i = 1; i < st->n_tokens; i++) {
        const bool call = i > 1 && expression_is_self(st, i, '(') &&
                          (st->tokens[i - 1].kind == TOK_WORD || st->tokens[i - 1].kind == TOK_QUOTED);
        if (call || may_hide_null(st, i)) {
            return false;
        }
    }
    for (size_t k = 0; k < r->arguments.n; k++) {
        bool used = false;
        for (size_t i = 1; !used && i < st->n_tokens; i++) {
            used = is_argument(a, r->body, st->tokens[i], r->arguments.at[k], k);
        }
        if (!used) {
            return false;
        }
    }
    return true;
}

struct str routine_expression(struct arena *a, const struct routine *r)
{
    const struct statement st = expression_lex(a, r->body);
    if (st.n_tokens < 2 || !(statement_is(&st, 0, KW_SELECT) || statement_is(&st, 0, KW_RETURN))) {
        return STR_NONE;
    }
    for (size_t i = 1; i < st.n_tokens; i++) {
        if (statement_is(&st, i, KW_FROM) || statement_is(&st, i, KW_SELECT) || statement_is(&st, i, KW_INTO)) {
            return STR_NONE;
        }
    }
    const uint32_t end = st.tokens[st.n_tokens - 1].end;
    const struct str rest = str_trim(str_slice(r->body, end, r->body.n));
    if ((rest.n > 0 && !str_eq(rest, STR(";"))) || (r->strict && !inlines_strictly(a, r, &st))) {
        return STR_NONE;
    }
    return arena_str(a, str_slice(r->body, st.tokens[1].start, end));
}

static bool names_sequence(struct str text, const struct statement *st, size_t i)
{
    if (i < 2 || !expression_is_self(st, i - 1, '(')) {
        return false;
    }
    const struct str function = token_text(text, st->tokens[i - 2]);
    return str_eq_nocase(function, STR("nextval")) || str_eq_nocase(function, STR("setval"));
}

struct str routine_source(struct arena *a, struct arena *scratch, struct str body)
{
    if (body.n == 0 || body.n > MAX_SOURCE) {
        return STR_NONE;
    }
    const struct statement st = expression_lex_all(scratch, body);
    char *copy = arena_alloc_raw(a, body.n);
    memcpy(copy, body.p, body.n);
    for (size_t i = 0; i < st.n_tokens; i++) {
        const struct token t = st.tokens[i];
        if (t.kind >= TOK_STRING && t.kind <= TOK_NSTRING && !names_sequence(body, &st, i)) {
            size_t at = t.start;
            while (at < t.end && copy[at] != '\'') {
                at++;
            }
            for (at++; at + 1 < t.end; at++) {
                copy[at] = copy[at] == '\n' ? '\n' : ' ';
            }
        } else if (t.kind == TOK_DOLLAR) {
            size_t tag = 1;
            while (t.start + tag < t.end && copy[t.start + tag] != '$') {
                tag++;
            }
            for (size_t at = t.start + tag + 1; at + tag + 1 < t.end; at++) {
                copy[at] = copy[at] == '\n' ? '\n' : ' ';
            }
        }
    }
    return (struct str){copy, body.n};
}
