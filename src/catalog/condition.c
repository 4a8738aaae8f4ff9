/* What a condition proves, and the name of an expression column: the halves of expression.h that look at structure. */
#include "catalog/expression.h"
#include "catalog/replay.h"

/* ---- what a condition proves ------------------------------------------------------------------------------------- */

/* The next key word `kw` at the depth of `first`, or last. The AND of a BETWEEN and what a CASE holds do not count. */
static size_t next_at_depth(const struct statement *st, size_t first, size_t last, enum keyword kw)
{
    size_t depth = 0, cases = 0;
    bool between = false;
    for (size_t i = first; i < last; i++) {
        const struct token t = st->tokens[i];
        if (t.kind == TOK_SELF) {
            depth += t.keyword == '(' || t.keyword == '[';
            depth -= (t.keyword == ')' || t.keyword == ']') && depth > 0;
        }
        if (t.kind != TOK_WORD || depth > 0) {
            continue;
        }
        cases += t.keyword == KW_CASE;
        cases -= t.keyword == KW_END && cases > 0;
        if (cases > 0) {
            continue;
        }
        if (t.keyword == KW_BETWEEN) {
            between = true;
        } else if (t.keyword == KW_AND && between) {
            between = false;
        } else if (t.keyword == kw) {
            return i;
        }
    }
    return last;
}

/* `a` or `t.a`, and nothing else. */
static bool lone_column(struct arena *a, struct str text, const struct statement *st, size_t first, size_t last,
                        struct str *name)
{
    const struct span s = expression_strip(st, first, last);
    size_t i = s.first;
    struct str schema;
    return qualified_name_parse(a, text, st, &i, &schema, name) && i == s.last;
}

static bool ends_with(const struct statement *st, struct span s, enum keyword a, enum keyword b, enum keyword c)
{
    const enum keyword want[] = {a, b, c};
    const size_t n = c == KW_NONE ? 2 : 3;
    for (size_t i = 0; i < n; i++) {
        if (s.last - s.first <= n || !statement_is(st, s.last - n + i, want[i])) {
            return false;
        }
    }
    return true;
}

enum { MAX_DEPTH = 64 };

static struct name_list intersection(struct arena *a, const struct name_list *x, const struct name_list *y)
{
    struct name_list both = {0};
    for (size_t i = 0; i < x->n; i++) {
        if (name_list_has(y, x->at[i])) {
            *vec_push(a, &both) = x->at[i];
        }
    }
    return both;
}

/* ( a , b ) IS NOT NULL: each of them. */
static void prove_row(struct arena *a, struct str text, const struct statement *st, size_t first, size_t last,
                      struct name_list *out)
{
    struct str name;
    first += statement_is(st, first, KW_ROW);
    if (last < first + 3 || !expression_is_self(st, first, '(') || !expression_is_self(st, last - 1, ')')) {
        return;
    }
    for (size_t from = first + 1, i = from; i < last; i++) {
        if (expression_is_self(st, i, ',') || i + 1 == last) {
            if (lone_column(a, text, st, from, i, &name)) {
                expression_add_name(a, out, name);
            }
            from = i + 1;
        }
    }
}

static void prove(struct arena *a, struct str text, const struct statement *st, struct span s, bool negated,
                  unsigned depth, struct name_list *out)
{
    struct str name;
    s = expression_strip(st, s.first, s.last);
    if (depth > MAX_DEPTH || s.first >= s.last) {
        return;
    }
    /* NOT (x OR y) is what NOT x AND NOT y is. */
    const enum keyword all_of = negated ? KW_OR : KW_AND;
    const enum keyword order[] = {KW_OR, KW_AND};
    for (size_t k = 0; k < countof(order); k++) {
        size_t end = next_at_depth(st, s.first, s.last, order[k]);
        if (end == s.last) {
            continue;
        }
        struct name_list common = {0};
        for (size_t at = s.first; at <= s.last; at = end + 1, end = next_at_depth(st, at, s.last, order[k])) {
            const struct span arm = {at, end};
            if (order[k] == all_of) {
                prove(a, text, st, arm, negated, depth + 1, out);
            } else {
                struct name_list proved = {0};
                prove(a, text, st, arm, negated, depth + 1, &proved);
                common = at == s.first ? proved : intersection(a, &common, &proved);
            }
            if (end >= s.last) {
                break;
            }
        }
        for (size_t i = 0; i < common.n; i++) {
            expression_add_name(a, out, common.at[i]);
        }
        return;
    }
    if (statement_is(st, s.first, KW_NOT)) {
        prove(a, text, st, (struct span){s.first + 1, s.last}, !negated, depth + 1, out);
        return;
    }
    size_t end = s.last;
    if (!negated && ends_with(st, s, KW_IS, KW_NOT, KW_NULL)) {
        end -= 3;
    } else if (!negated && s.last - s.first > 1 && statement_is(st, s.last - 1, KW_NOTNULL)) {
        end -= 1;
    } else if (negated && ends_with(st, s, KW_IS, KW_NULL, KW_NONE)) {
        end -= 2;
    } else if (negated && s.last - s.first > 1 && statement_is(st, s.last - 1, KW_ISNULL)) {
        end -= 1;
    } else {
        return;
    }
    if (lone_column(a, text, st, s.first, end, &name)) {
        expression_add_name(a, out, name);
    } else if (!negated) {
        prove_row(a, text, st, s.first, end, out);
    }
}

void expression_not_null(struct arena *a, struct str text, const struct statement *st, size_t first, size_t last,
                         struct name_list *out)
{
    prove(a, text, st, (struct span){first, last < st->n_tokens ? last : st->n_tokens}, false, 0, out);
}

/* ---- the name of an expression column ------------------------------------------------------------------------------ */

/* Where at this depth the last cast, COLLATE or subscript begins, or last. */
static size_t suffix_start(const struct statement *st, struct span s, bool *cast)
{
    size_t depth = 0, found = s.last;
    *cast = false;
    for (size_t i = s.first; i < s.last; i++) {
        const struct token t = st->tokens[i];
        if (depth == 0 && i > s.first) {
            const bool collate = t.kind == TOK_WORD && t.keyword == KW_COLLATE;
            if (t.kind == TOK_TYPECAST || collate) {
                found = i;
                *cast = !collate;
            } else if (expression_is_self(st, i, '[') && found == s.last) {
                found = i;
            }
        }
        depth += expression_is_self(st, i, '(') || expression_is_self(st, i, '[');
        depth -= (expression_is_self(st, i, ')') || expression_is_self(st, i, ']')) && depth > 0;
    }
    return found;
}

/* Is there an operator at the outermost level? Then the whole has no name. */
static bool has_operator(const struct statement *st, struct span s)
{
    size_t depth = 0;
    for (size_t i = s.first; i < s.last; i++) {
        const struct token t = st->tokens[i];
        depth += t.kind == TOK_WORD && t.keyword == KW_CASE;
        depth -= t.kind == TOK_WORD && t.keyword == KW_END && depth > 0;
        if (depth == 0) {
            const bool symbol = t.kind == TOK_OP || t.kind == TOK_LESS_EQUALS || t.kind == TOK_GREATER_EQUALS ||
                                t.kind == TOK_NOT_EQUALS ||
                                (t.kind == TOK_SELF && memchr("+-*/%^<>=", t.keyword, 9) != NULL);
            const bool word =
                t.kind == TOK_WORD && i > s.first &&
                (t.keyword == KW_AND || t.keyword == KW_OR || t.keyword == KW_IS || t.keyword == KW_LIKE ||
                 t.keyword == KW_ILIKE || t.keyword == KW_SIMILAR || t.keyword == KW_IN || t.keyword == KW_BETWEEN ||
                 t.keyword == KW_ISNULL || t.keyword == KW_NOTNULL);
            if (symbol || word || (t.kind == TOK_WORD && t.keyword == KW_NOT)) {
                return true;
            }
        }
        depth += expression_is_self(st, i, '(') || expression_is_self(st, i, '[');
        depth -= (expression_is_self(st, i, ')') || expression_is_self(st, i, ']')) && depth > 0;
    }
    return false;
}

static struct str label(struct arena *a, struct str text, const struct statement *st, struct span s, unsigned depth)
{
    static const struct str none = STR_INIT("expr");
    s = expression_strip(st, s.first, s.last);
    if (s.first >= s.last || depth > MAX_DEPTH || has_operator(st, s)) {
        return none;
    }
    const size_t zone = next_at_depth(st, s.first, s.last, KW_ZONE);
    if (zone < s.last && zone > s.first + 1 && statement_is(st, zone - 1, KW_TIME) &&
        statement_is(st, zone - 2, KW_AT)) {
        return STR("timezone");
    }
    bool cast;
    const size_t suffix = suffix_start(st, s, &cast);
    if (statement_is(st, s.first, KW_ARRAY)) {
        return STR("array");
    }
    if (statement_is(st, s.first, KW_CASE)) {
        return STR("case");
    }
    if (suffix < s.last) {
        const struct str inner = label(a, text, st, (struct span){s.first, suffix}, depth + 1);
        struct catalog scratch = {.arena = a};
        struct type_ref type;
        size_t i = suffix + 1;
        const bool typed = cast && str_eq(inner, none) && type_ref_parse(&scratch, text, st, &i, &type);
        return typed ? type.name : inner;
    }
    struct str schema, name;
    size_t i = s.first;
    if (statement_is(st, i, KW_CAST) && expression_is_self(st, i + 1, '(')) {
        const size_t as = next_at_depth(st, i + 2, s.last - 1, KW_AS);
        const struct str inner = label(a, text, st, (struct span){i + 2, as}, depth + 1);
        struct catalog scratch = {.arena = a};
        struct type_ref type;
        size_t at = as + 1;
        const bool typed = str_eq(inner, none) && type_ref_parse(&scratch, text, st, &at, &type);
        return typed ? type.name : inner;
    }
    if (statement_is(st, i, KW_TRIM)) { /* the functions that TRIM stands for */
        return statement_is(st, i + 2, KW_LEADING)    ? STR("ltrim")
               : statement_is(st, i + 2, KW_TRAILING) ? STR("rtrim")
                                                      : STR("btrim");
    }
    const bool named = qualified_name_parse(a, text, st, &i, &schema, &name);
    return named && (i == s.last || expression_is_self(st, i, '(') || st->tokens[i].kind == TOK_STRING) ? name : none;
}

struct str expression_label(struct arena *a, struct str text, const struct statement *st, size_t first, size_t last)
{
    return label(a, text, st, (struct span){first, last < st->n_tokens ? last : st->n_tokens}, 0);
}
