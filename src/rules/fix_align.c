#include "rules/fix_align.h"

VEC_DECLARE(fix_tokens, struct token);

static struct fix_tokens tokens_of(struct str text, uint32_t start, uint32_t end, struct arena *a)
{
    struct fix_tokens tokens = {0};
    struct lexer lx;
    struct token t;
    lex_init(&lx, str_slice(text, 0, end), true);
    lx.at = start;
    while ((t = lex_next(&lx)).kind != TOK_END) {
        *vec_push(a, &tokens) = t;
    }
    return tokens;
}

static bool same(struct str x, struct token t, struct str y, struct token u)
{
    const struct str a = token_text(x, t), b = token_text(y, u);
    return t.kind == u.kind && (str_eq(a, b) || (t.kind == TOK_WORD && t.keyword != KW_NONE && str_eq_nocase(a, b)));
}

/* The tokens at the beginning and at the end that are the same. */
static void common(struct str x, const struct fix_tokens *a, struct str y, const struct fix_tokens *b, size_t *prefix,
                   size_t *suffix)
{
    const size_t least = a->n < b->n ? a->n : b->n;
    *prefix = *suffix = 0;
    while (*prefix < least && same(x, a->at[*prefix], y, b->at[*prefix])) {
        (*prefix)++;
    }
    while (*suffix < least - *prefix && same(x, a->at[a->n - 1 - *suffix], y, b->at[b->n - 1 - *suffix])) {
        (*suffix)++;
    }
}

size_t fix_same_tokens(struct str text, uint32_t start, uint32_t end, struct str other, struct arena *a)
{
    const struct fix_tokens old = tokens_of(text, start, end, a), new = tokens_of(other, 0, (uint32_t)other.n, a);
    size_t prefix, suffix;
    common(text, &old, other, &new, &prefix, &suffix);
    return prefix + suffix;
}

static void edit(struct arena *a, struct fix_edit_list *out, uint32_t start, uint32_t end, struct str text)
{
    if (end > start || text.n > 0) {
        *vec_push(a, out) = (struct fix_edit){start, end, text};
    }
}

void fix_align(struct str text, uint32_t start, uint32_t end, struct str other, struct arena *a,
               struct fix_edit_list *out)
{
    const struct fix_tokens old = tokens_of(text, start, end, a), new = tokens_of(other, 0, (uint32_t)other.n, a);
    size_t prefix, suffix;
    if (old.n == 0 || new.n == 0) {
        edit(a, out, start, end, other);
        return;
    }
    common(text, &old, other, &new, &prefix, &suffix);
    const size_t old_end = old.n - suffix, new_end = new.n - suffix;
    edit(a, out, start, start, str_slice(other, 0, new.at[0].start));
    if (prefix == old_end && prefix == new_end) {
        return;
    }
    if (prefix == old_end && prefix > 0) { /* added behind the beginning */
        const uint32_t at = old.at[prefix - 1].end;
        edit(a, out, at, at, str_slice(other, new.at[prefix - 1].end, new.at[new_end - 1].end));
    } else if (prefix == old_end) { /* added before all */
        edit(a, out, old.at[0].start, old.at[0].start, str_slice(other, new.at[0].start, new.at[new_end].start));
    } else if (prefix == new_end && prefix > 0) { /* taken out */
        edit(a, out, old.at[prefix - 1].end, old.at[old_end - 1].end, STR(""));
    } else if (prefix == new_end) {
        edit(a, out, old.at[0].start, old.at[old_end].start, STR(""));
    } else {
        edit(a, out, old.at[prefix].start, old.at[old_end - 1].end,
             str_slice(other, new.at[prefix].start, new.at[new_end - 1].end));
    }
}

bool fix_keeps_comments(struct str text, uint32_t start, uint32_t end, struct str other)
{
    struct lexer lx;
    struct token t;
    lex_init(&lx, str_slice(text, 0, end), true);
    lx.at = start;
    lx.comments = true;
    while ((t = lex_next(&lx)).kind != TOK_END) {
        if (t.kind == TOK_COMMENT && str_find(other, token_text(text, t)) == SIZE_MAX) {
            return false;
        }
    }
    return true;
}
