/* Predicates about how a statement is written: phrases, names, stars, doubled assignments. */
#include "rules/facts.h"

static bool is_self(const struct statement *st, size_t i, char c)
{
    return i < st->n_tokens && st->tokens[i].kind == TOK_SELF && st->tokens[i].keyword == c;
}

static bool is_name(struct token t)
{
    return t.kind == TOK_WORD || t.kind == TOK_QUOTED || t.kind == TOK_UQUOTED;
}

static bool is_word(const struct eval *e, size_t i, struct str word)
{
    const struct statement *st = e->what->statement;
    if (i >= st->n_tokens || st->tokens[i].kind != TOK_WORD) {
        return false;
    }
    const struct str text = token_text(e->what->text, st->tokens[i]);
    return text.n == word.n && str_starts_nocase(text, word);
}

enum tri ask_phrase(struct eval *e, struct call call)
{
    for (size_t i = 0; i < e->what->statement->n_tokens; i++) {
        unsigned n = 0;
        while (n < call.n && is_word(e, i + n, call.arguments[n]->text)) {
            n++;
        }
        if (n == call.n) {
            return TRI_YES;
        }
    }
    return TRI_NO;
}

/* ( name = value ), of a switch: no, off, false and 0 are one. */
enum tri ask_option(struct eval *e, struct call call)
{
    static const char *const off[] = {"false", "off", "no", "0"};
    const struct statement *st = e->what->statement;
    for (size_t i = 1; i + 2 < st->n_tokens; i++) {
        if (!is_word(e, i, call.arguments[0]->text) || !is_self(st, i + 1, '=') ||
            !(is_self(st, i - 1, '(') || is_self(st, i - 1, ','))) {
            continue;
        }
        struct str value = token_text(e->what->text, st->tokens[i + 2]);
        value = st->tokens[i + 2].kind == TOK_STRING ? str_slice(value, 1, value.n - 1) : value;
        bool same = str_eq_nocase(value, call.arguments[1]->text);
        for (size_t k = 0; str_eq(call.arguments[1]->text, STR("off")) && k < countof(off); k++) {
            same = same || str_eq_nocase(value, str_of(off[k]));
        }
        return tri_of(same);
    }
    return TRI_NO;
}

/* ---- names ----------------------------------------------------------------------------------------------------------- */

/*
 * The tokens that one action's names are among: the action's, the first one with the head of all. A statement of many
 * actions is so walked once, not once for each.
 */
static size_t own_tokens(const struct eval *e, size_t *first)
{
    const struct shape *shape = e->what->shape;
    const bool one_of_many = shape && shape->n_actions > 1;
    *first = one_of_many && shape->action > 0 ? shape->first : 0;
    return one_of_many ? shape->last : e->what->statement->n_tokens;
}

enum tri ask_long_name(struct eval *e, struct call call)
{
    enum { NAME_BYTES = 63 };
    const struct statement *st = e->what->statement;
    size_t i;
    (void)call;
    for (const size_t last = own_tokens(e, &i); i < last; i++) {
        const struct token *t = &st->tokens[i];
        if (t->end - t->start > NAME_BYTES && /* few are, whatever they are */
            (t->kind == TOK_WORD || (t->kind == TOK_QUOTED && t->end - t->start > NAME_BYTES + 2))) {
            return TRI_YES;
        }
    }
    return TRI_NO;
}

enum tri ask_quoted_name(struct eval *e, struct call call)
{
    const struct statement *st = e->what->statement;
    size_t i;
    (void)call;
    for (const size_t last = own_tokens(e, &i); i < last; i++) {
        const struct str name = st->tokens[i].kind == TOK_QUOTED
                                    ? name_quote(e->a, token_name(e->a, e->what->text, st->tokens[i]))
                                    : STR("");
        if (name.n > 0 && name.p[0] == '"') {
            return TRI_YES;
        }
    }
    return TRI_NO;
}

enum tri ask_qualified(struct eval *e, struct call call)
{
    struct str rest = term_shape(e, call.arguments[0]), text, schema, name;
    bool all = rest.n > 0;
    while (term_next_listed(&rest, &text)) {
        all = all && term_split_name(e->a, text, &schema, &name) && schema.n > 0;
    }
    return tri_of(all);
}

/* ---- queries --------------------------------------------------------------------------------------------------------- */

/* SELECT *, a, t.*; but not count(*), nor a product. */
enum tri ask_selects_star(struct eval *e, struct call call)
{
    const struct statement *st = e->what->statement;
    bool list = false; /* at the start of a select list's item */
    (void)call;
    for (size_t i = 0; i < st->n_tokens; i++) {
        if (is_self(st, i, '*') && (list || is_self(st, i - 1, '.'))) {
            return TRI_YES;
        }
        list = statement_is(st, i, KW_SELECT) || statement_is(st, i, KW_DISTINCT) || statement_is(st, i, KW_ALL);
    }
    return TRI_NO;
}

enum tri ask_leading_wildcard(struct eval *e, struct call call)
{
    const struct statement *st = e->what->statement;
    (void)call;
    for (size_t i = 0; i + 1 < st->n_tokens; i++) {
        if ((statement_is(st, i, KW_LIKE) || statement_is(st, i, KW_ILIKE)) &&
            str_starts(token_string(e->a, e->what->text, st->tokens[i + 1]), STR("%"))) {
            return TRI_YES;
        }
    }
    return TRI_NO;
}

/* ---- SET a = 1, a = 2 ------------------------------------------------------------------------------------------------ */

static bool ends_assignments(const struct statement *st, size_t i)
{
    return statement_is(st, i, KW_WHERE) || statement_is(st, i, KW_FROM) || statement_is(st, i, KW_RETURNING) ||
           statement_is(st, i, KW_WHEN);
}

/* The assignments from token i on; true: a column stands there twice. A field or an element of a column may. */
static bool twice_from(struct eval *e, size_t i)
{
    const struct statement *st = e->what->statement;
    struct name_list seen = {0};
    unsigned depth = 0;
    bool start = true;
    for (; i < st->n_tokens && !(depth == 0 && ends_assignments(st, i)); i++) {
        if (start && is_name(st->tokens[i]) && is_self(st, i + 1, '=')) {
            const struct str name = token_name(e->a, e->what->text, st->tokens[i]);
            if (name_list_has(&seen, name)) {
                return true;
            }
            *vec_push(e->a, &seen) = name;
        }
        const bool opens = is_self(st, i, '(') || is_self(st, i, '[');
        const bool closes = is_self(st, i, ')') || is_self(st, i, ']');
        if (closes && depth == 0) {
            break;
        }
        depth += opens;
        depth -= closes;
        start = depth == 0 && is_self(st, i, ',');
    }
    return false;
}

enum tri ask_assigns_twice(struct eval *e, struct call call)
{
    const struct statement *st = e->what->statement;
    (void)call;
    for (size_t i = 1; i < st->n_tokens; i++) {
        if (statement_is(st, i, KW_SET) && twice_from(e, i + 1)) {
            return TRI_YES;
        }
    }
    return TRI_NO;
}
