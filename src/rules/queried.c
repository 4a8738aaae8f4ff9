/* Selectors that read the statement: the relations that it names behind a key word, or queries. */
#include "catalog/replay.h"
#include "rules/facts.h"

/* The relation written at token i, entered as mentioned. */
static size_t add_written(struct eval *e, size_t i, struct relation_list *out)
{
    const struct statement *st = e->what->statement;
    struct str schema, name;
    i += statement_is(st, i, KW_ONLY);
    if (i < st->n_tokens && qualified_name_parse(e->catalog->arena, e->what->text, st, &i, &schema, &name)) {
        struct relation *r = catalog_resolve(e->catalog, schema, name);
        relation_list_add(e->a, out, r ? r : catalog_mention(e->catalog, schema, name, REL_UNKNOWN));
    }
    return i;
}

bool select_named(struct eval *e, struct call call, struct relation_list *out)
{
    const enum keyword kw = keyword_find(call.arguments[0]->text);
    const struct shape *s = e->what->shape;
    for (size_t i = s->first; i < s->last; i++) {
        if (statement_is(e->what->statement, i, kw)) {
            (void)add_written(e, i + 1, out);
        }
    }
    return true;
}

static bool is_self(const struct statement *st, size_t i, char c)
{
    return i < st->n_tokens && st->tokens[i].kind == TOK_SELF && st->tokens[i].keyword == (unsigned char)c;
}

/* EXTRACT ( x FROM y ) and its kind: that FROM names no relation. */
static bool has_own_from(const struct statement *st, size_t i)
{
    static const enum keyword functions[] = {KW_EXTRACT, KW_SUBSTRING, KW_TRIM, KW_OVERLAY};
    for (size_t k = 0; k < countof(functions); k++) {
        if (statement_is(st, i, functions[k])) {
            return true;
        }
    }
    return false;
}

/*
 * Is the name at token i one that WITH gives? Names before "AS (" or "( … ) AS (" behind WITH or a comma are; so
 * compare with all of them.
 */
static bool is_common_table(const struct eval *e, size_t i)
{
    const struct statement *st = e->what->statement;
    const struct str name = token_text(e->what->text, st->tokens[i]);
    for (size_t k = 1; k + 2 < st->n_tokens; k++) {
        const bool starts =
            statement_is(st, k - 1, KW_WITH) || statement_is(st, k - 1, KW_RECURSIVE) || is_self(st, k - 1, ',');
        const bool as =
            statement_is(st, k + 1, KW_AS) &&
            (is_self(st, k + 2, '(') || statement_is(st, k + 2, KW_MATERIALIZED) || statement_is(st, k + 2, KW_NOT));
        if (starts && (as || is_self(st, k + 1, '(')) &&
            str_eq_nocase(token_text(e->what->text, st->tokens[k]), name)) {
            return true;
        }
    }
    return false;
}

static size_t add_queried(struct eval *e, size_t i, bool has_with, struct relation_list *out)
{
    const struct statement *st = e->what->statement;
    const size_t start = i + statement_is(st, i, KW_ONLY);
    if (start >= st->n_tokens || is_self(st, start, '(') || statement_is(st, start, KW_LATERAL)) {
        return i;
    }
    struct relation_list one = {0};
    if (has_with && !is_self(st, start + 1, '.') && is_common_table(e, start)) {
        return start + 1;
    }
    size_t end = start;
    struct str schema, name;
    if (!qualified_name_parse(e->a, e->what->text, st, &end, &schema, &name) || is_self(st, end, '(')) {
        return start + 1; /* a function */
    }
    end = add_written(e, start, &one);
    for (size_t k = 0; k < one.n; k++) {
        relation_list_add(e->a, out, one.at[k]);
    }
    return end;
}

enum { QUERY_DEPTH = 256 };

/* Key words that begin or end a list of relations, or say what comes. */
static bool is_query_word(enum keyword kw)
{
    switch (kw) {
    case KW_FROM:
    case KW_JOIN:
    case KW_USING:
    case KW_WITH:
    case KW_WHERE:
    case KW_GROUP:
    case KW_ORDER:
    case KW_SELECT:
    case KW_SET:
    case KW_ON:
    case KW_LIMIT:
    case KW_UNION:
    case KW_RETURNING:
        return true;
    default:
        return false;
    }
}

bool select_queried(struct eval *e, struct call call, struct relation_list *out)
{
    const struct statement *st = e->what->statement;
    bool own_from[QUERY_DEPTH] = {false}, in_from[QUERY_DEPTH] = {false}, has_with = false;
    size_t depth = 0;
    (void)call;
    for (size_t i = 0; i < st->n_tokens; i++) {
        const struct token t = st->tokens[i];
        if (t.kind == TOK_SELF && t.keyword == '(' && depth + 1 < QUERY_DEPTH) {
            depth++;
            own_from[depth] = i > 0 && has_own_from(st, i - 1);
            in_from[depth] = false;
        } else if (t.kind == TOK_SELF && t.keyword == ')' && depth > 0) {
            depth--;
        } else if (t.kind == TOK_SELF && t.keyword == ',' && in_from[depth]) {
            i = add_queried(e, i + 1, has_with, out) - 1;
        } else if (t.kind == TOK_WORD && is_query_word((enum keyword)t.keyword)) {
            const enum keyword kw = (enum keyword)t.keyword;
            const bool distinct = i > 0 && statement_is(st, i - 1, KW_DISTINCT);
            has_with = has_with || kw == KW_WITH;
            if ((kw == KW_FROM && !own_from[depth] && !distinct && !statement_is(st, i - 1, KW_DELETE)) ||
                kw == KW_JOIN ||
                (kw == KW_USING && (statement_is(st, 0, KW_DELETE) || statement_is(st, 0, KW_MERGE)))) {
                in_from[depth] = true;
                i = add_queried(e, i + 1, has_with, out) - 1;
            } else if (kw != KW_WITH && kw != KW_FROM && kw != KW_USING) {
                in_from[depth] = kw == KW_ON && in_from[depth];
            }
        }
    }
    return true;
}
