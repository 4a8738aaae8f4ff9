/* expression_volatile() of replay.h. */
#include "catalog/builtin_function.h"
#include "catalog/expression.h"
#include "catalog/replay.h"

/* SQL functions that call SQL functions: how deep, and how many in all. */
enum { MAX_INLINE = 8, MAX_BODIES = 1000 };

struct inlining {
    const struct catalog *c;
    unsigned depth, bodies;
};

/* Functions that the grammar spells in its own way, such as COALESCE( … ): none of them is volatile by itself. */
static bool is_grammar_function(struct token t)
{
    return t.kind == TOK_WORD && keyword_category((enum keyword)t.keyword) == KW_COL_NAME;
}

static enum tri text_volatile(struct inlining *in, struct str expression);

/*
 * What a call of the user's function counts for. A SQL function that is only an expression is inlined before the server looks for
 * volatile calls, unless it claims to be less volatile than its body is; otherwise its label decides.
 * Measured: ALTER TABLE … ADD COLUMN … DEFAULT f() on servers 13 to 18.
 */
static enum tri user_function_volatile(struct inlining *in, const struct function *f)
{
    if (f->volatility == 'i' || f->volatility == 's') {
        return TRI_NO;
    }
    if (f->volatility == 0) {
        return TRI_UNKNOWN;
    }
    if (f->body.n == 0) {
        return TRI_YES;
    }
    if (in->depth >= MAX_INLINE || in->bodies >= MAX_BODIES) {
        return TRI_UNKNOWN;
    }
    in->depth++;
    in->bodies++;
    const enum tri answer = text_volatile(in, f->body);
    in->depth--;
    return answer;
}

static enum tri function_volatile(struct inlining *in, const struct word *word)
{
    const bool builtin_schema = word->schema.n == 0 || str_eq(word->schema, STR("pg_catalog"));
    const enum tri builtin = builtin_schema ? builtin_function_volatile(word->name) : TRI_UNKNOWN;
    if (builtin != TRI_UNKNOWN) {
        return builtin;
    }
    const struct function *f = catalog_function(in->c, word->schema, word->name);
    return f ? user_function_volatile(in, f) : extension_function_volatile(word->name);
}

static enum tri reader_volatile(struct reader *rd, struct inlining *in)
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
            answer = tri_or(answer, function_volatile(in, &word));
        }
    }
    return answer;
}

static enum tri text_volatile(struct inlining *in, struct str expression)
{
    struct catalog scratch = {.arena = in->c->arena};
    const struct statement st = expression_lex(in->c->arena, expression);
    struct reader rd = {.c = &scratch, .text = expression, .st = &st, .end = st.n_tokens};
    return reader_volatile(&rd, in);
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
    struct inlining in = {.c = c};
    return reader_volatile(&rd, &in);
}
