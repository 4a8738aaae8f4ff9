/*
 * May the statement run twice over a row? Only what can be seen by its tokens counts: DELETE with a condition, or an
 * UPDATE that sets the very column which a part of its condition (joined by AND) demands to be otherwise.
 */
#include "plan/batch_impl.h"

/* SET column = expression: its tokens [*first, *behind). */
static bool find_set(const struct reading *r, struct str column, size_t *first, size_t *behind)
{
    int depth = 0;
    bool head = true;
    for (size_t i = r->target_end + 1; i < r->set_end; i++) {
        if (head && depth == 0 && batch_is_name(r, i) && batch_is_char(r, i + 1, '=') &&
            str_eq(token_name(r->a, r->text, *batch_token(r, i)), column)) {
            *first = *behind = i + 2;
            for (int inner = 0; *behind < r->set_end && !(inner == 0 && batch_is_char(r, *behind, ',')); ++*behind) {
                inner += batch_depth(r, *behind);
            }
            return *first < *behind;
        }
        depth += batch_depth(r, i);
        head = depth == 0 && batch_is_char(r, i, ',');
    }
    return false;
}

static bool same_tokens(const struct reading *r, size_t a, size_t a_end, size_t b, size_t b_end)
{
    if (a_end - a != b_end - b) {
        return false;
    }
    for (; a < a_end; a++, b++) {
        if (batch_token(r, a)->kind != batch_token(r, b)->kind ||
            !str_eq_nocase(token_text(r->text, *batch_token(r, a)), token_text(r->text, *batch_token(r, b)))) {
            return false;
        }
    }
    return true;
}

static bool is_literal(const struct reading *r, size_t first, size_t behind)
{
    const struct token *t = batch_token(r, first);
    return behind == first + 1 && (t->kind == TOK_STRING || t->kind == TOK_INTEGER || batch_is(r, first, KW_TRUE) ||
                                   batch_is(r, first, KW_FALSE));
}

/* One part of the condition: column IS NULL, column IS DISTINCT FROM what is set, column = another literal. */
static bool excludes_done(const struct reading *r, size_t first, size_t behind)
{
    size_t i = first, set, set_end;
    if (batch_is_name(r, i) && batch_is_char(r, i + 1, '.')) {
        i += 2;
    }
    if (!batch_is_name(r, i) || !find_set(r, token_name(r->a, r->text, *batch_token(r, i)), &set, &set_end)) {
        return false;
    }
    i++;
    if (batch_is(r, i, KW_IS) && batch_is(r, i + 1, KW_NULL) && i + 2 == behind) {
        return !batch_is(r, set, KW_NULL);
    }
    if (batch_is(r, i, KW_IS) && batch_is(r, i + 1, KW_DISTINCT) && batch_is(r, i + 2, KW_FROM)) {
        return same_tokens(r, i + 3, behind, set, set_end);
    }
    if (batch_token(r, i)->kind == TOK_NOT_EQUALS) {
        return same_tokens(r, i + 1, behind, set, set_end);
    }
    return batch_is_char(r, i, '=') && is_literal(r, i + 1, behind) && is_literal(r, set, set_end) &&
           !same_tokens(r, i + 1, behind, set, set_end);
}

bool batch_again(const struct reading *r)
{
    size_t part = r->where_at + 1;
    bool found = false;
    int depth = 0;
    if (r->out->verb.p[0] != 'U' || !r->has_where) {
        return r->out->verb.p[0] == 'D' && r->has_where;
    }
    for (size_t i = part; i <= r->tail_at; i++) {
        depth += batch_depth(r, i);
        if (depth == 0 && (batch_is(r, i, KW_OR) || batch_is(r, i, KW_BETWEEN))) {
            return false;
        }
        if (i == r->tail_at || (depth == 0 && batch_is(r, i, KW_AND))) {
            found = found || excludes_done(r, part, i);
            part = i + 1;
        }
    }
    return found;
}
