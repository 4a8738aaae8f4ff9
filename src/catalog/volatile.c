/* expression_volatile() of replay.h. */
#include "catalog/builtin_function.h"
#include "catalog/expression.h"
#include "catalog/replay.h"

enum { MAX_INLINE = 8 }; /* SQL functions that call SQL functions */

/* Functions that the grammar spells in its own way, such as COALESCE( … ): none of them is volatile by itself. */
static bool is_grammar_function(struct token t)
{
    return t.kind == TOK_WORD && keyword_category((enum keyword)t.keyword) == KW_COL_NAME;
}

static enum tri text_volatile(const struct catalog *c, struct str expression, unsigned depth);

/*
 * What a call of the user's function counts for. A SQL function that is only an expression is inlined before the server looks for
 * volatile calls, unless it claims to be less volatile than its body is; otherwise its label decides.
 * Measured: ALTER TABLE … ADD COLUMN … DEFAULT f() on servers 13 to 18.
 */
static enum tri user_function_volatile(const struct catalog *c, const struct function *f, unsigned depth)
{
    if (f->volatility == 'i' || f->volatility == 's') {
        return TRI_NO;
    }
    if (f->volatility == 0) {
        return TRI_UNKNOWN;
    }
    return f->body.n > 0 && depth < MAX_INLINE ? text_volatile(c, f->body, depth + 1) : TRI_YES;
}

static enum tri function_volatile(const struct catalog *c, const struct word *word, unsigned depth)
{
    const bool builtin_schema = word->schema.n == 0 || str_eq(word->schema, STR("pg_catalog"));
    const enum tri builtin = builtin_schema ? builtin_function_volatile(word->name) : TRI_UNKNOWN;
    if (builtin != TRI_UNKNOWN) {
        return builtin;
    }
    const struct function *f = catalog_function(c, word->schema, word->name);
    return f ? user_function_volatile(c, f, depth) : extension_function_volatile(word->name);
}

static enum tri reader_volatile(struct reader *rd, const struct catalog *c, unsigned depth)
{
    enum tri answer = TRI_NO;
    struct word word;
    for (size_t i = rd->i; i < rd->end; i++) {
        const struct token t = rd->st->tokens[i];
        if (t.kind == TOK_PLACEHOLDER || t.kind == TOK_BAD) {
            answer = TRI_UNKNOWN;
        }
    }
    while (answer != TRI_YES && expression_word(rd, &word)) {
        if (word.role == WORD_FUNCTION && !(word.parts == 1 && is_grammar_function(rd_token(rd, word.token)))) {
            answer = tri_or(answer, function_volatile(c, &word, depth));
        }
    }
    return answer;
}

static enum tri text_volatile(const struct catalog *c, struct str expression, unsigned depth)
{
    struct catalog scratch = {.arena = c->arena};
    const struct statement st = expression_lex(c->arena, expression);
    struct reader rd = {.c = &scratch, .text = expression, .st = &st, .end = st.n_tokens};
    return reader_volatile(&rd, c, depth);
}

enum tri expression_volatile(const struct catalog *c, struct str text, const struct statement *st, size_t first,
                             size_t last)
{
    struct catalog scratch = {.arena = c->arena};
    struct reader rd = {.c = &scratch,
                        .text = text,
                        .st = st,
                        .first = first,
                        .i = first,
                        .end = last < st->n_tokens ? last : st->n_tokens};
    return reader_volatile(&rd, c, 0);
}
