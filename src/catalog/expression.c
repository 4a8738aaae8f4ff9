#include "catalog/expression.h"

#include "catalog/replay.h"

static struct statement lex(struct arena *a, struct str text, bool all)
{
    enum { BYTES_PER_TOKEN = 4, MANY = 16 * 1024 }; /* mostly enough room at once, and what is not needed goes back */
    struct lexer lx;
    VEC(struct token) tokens = {.cap = (text.n < MANY ? text.n : MANY) / BYTES_PER_TOKEN + 4};
    tokens.at = arena_alloc_raw(a, mem_size(tokens.cap, sizeof tokens.at[0]));
    lex_init(&lx, text, true);
    for (;;) {
        const struct token t = lex_next(&lx);
        if (t.kind == TOK_END || (!all && t.kind == TOK_SELF && t.keyword == ';')) {
            break;
        }
        *vec_push(a, &tokens) = t;
    }
    arena_give_back(a, tokens.at + tokens.n, tokens.at + tokens.cap);
    return (struct statement){.end = (uint32_t)text.n, .tokens = tokens.at, .n_tokens = tokens.n};
}

struct statement expression_lex(struct arena *a, struct str text)
{
    return lex(a, text, false);
}

struct statement expression_lex_all(struct arena *a, struct str text)
{
    return lex(a, text, true);
}

struct span expression_strip(const struct statement *st, size_t first, size_t last)
{
    size_t opening = 0, closing = 0;
    while (first + opening < last && expression_is_self(st, first + opening, '(')) {
        opening++;
    }
    while (last - closing > first + opening && expression_is_self(st, last - 1 - closing, ')')) {
        closing++;
    }
    /* As many pairs go as there are levels that nothing between the two runs leaves. One pass, however deep. */
    size_t depth = opening, least = opening;
    for (size_t i = first + opening; i < last - closing; i++) {
        if (expression_is_self(st, i, ')')) {
            if (depth == 0) {
                return (struct span){first, last};
            }
            depth--;
        }
        depth += expression_is_self(st, i, '(');
        least = depth < least ? depth : least;
    }
    if (depth != closing) {
        return (struct span){first, last};
    }
    return (struct span){first + least, last - least};
}

static void add_token(struct arena *a, struct str text, struct token t, struct strbuf *out)
{
    struct str name;
    switch (t.kind) {
    case TOK_WORD:
    case TOK_QUOTED:
    case TOK_UQUOTED:
        name = name_quote(a, token_name(a, text, t));
        /* An unreserved key word as a quoted name reads like the bare one. */
        if (t.kind == TOK_WORD && t.keyword != KW_NONE) {
            strbuf_add(out, keyword_text((enum keyword)t.keyword));
        } else if (keyword_find(name) != KW_NONE) {
            strbuf_add(out, keyword_text(keyword_find(name)));
        } else {
            strbuf_add(out, name);
        }
        break;
    case TOK_NOT_EQUALS:
        strbuf_add_cstr(out, "<>");
        break;
    default:
        strbuf_add(out, token_text(text, t));
        break;
    }
}

struct str expression_canonical(struct arena *a, struct str text, const struct statement *st, size_t first, size_t last)
{
    const struct span s = expression_strip(st, first, last);
    struct strbuf out;
    strbuf_init(&out, LEX_MAX_TEXT);
    for (size_t i = s.first; i < s.last && i < st->n_tokens; i++) {
        const bool joined = i == s.first || expression_is_self(st, i, '.') || expression_is_self(st, i - 1, '.');
        if (!joined) {
            strbuf_add_char(&out, ' ');
        }
        add_token(a, text, st->tokens[i], &out);
    }
    const struct str canonical = arena_str(a, strbuf_str(&out));
    strbuf_free(&out);
    return canonical;
}

/* ---- names in an expression ------------------------------------------------------------------------------------- */

static bool is_name(struct token t)
{
    return t.kind == TOK_QUOTED || t.kind == TOK_UQUOTED || t.kind == TOK_WORD;
}

/* May an operand come behind this token? Behind an operand only operators do, and their words are no names. */
static bool operand_after(const struct statement *st, size_t i, size_t first)
{
    if (i == first) {
        return true;
    }
    const struct token t = st->tokens[i - 1];
    switch (t.kind) {
    case TOK_SELF:
        return t.keyword != ')' && t.keyword != ']' && t.keyword != '.';
    case TOK_OP:
    case TOK_COLON_EQUALS:
    case TOK_EQUALS_GREATER:
    case TOK_LESS_EQUALS:
    case TOK_GREATER_EQUALS:
    case TOK_NOT_EQUALS:
        return true;
    case TOK_WORD:
        break;
    default:
        return false;
    }
    switch ((enum keyword)t.keyword) {
    case KW_NULL:
    case KW_TRUE:
    case KW_FALSE:
    case KW_END:
    case KW_DEFAULT:
    case KW_IS:
    case KW_COLLATE:
    case KW_AS:
        return false;
    case KW_BETWEEN:
    case KW_ESCAPE:
    case KW_TO:
    case KW_ZONE:
        return true;
    default: {
        const enum keyword_category cat = keyword_category((enum keyword)t.keyword);
        return cat == KW_RESERVED || cat == KW_TYPE_FUNC_NAME;
    }
    }
}

static bool is_value_word(enum keyword kw)
{
    switch (kw) {
    case KW_CURRENT_CATALOG:
    case KW_CURRENT_DATE:
    case KW_CURRENT_ROLE:
    case KW_CURRENT_SCHEMA:
    case KW_CURRENT_TIME:
    case KW_CURRENT_TIMESTAMP:
    case KW_CURRENT_USER:
    case KW_LOCALTIME:
    case KW_LOCALTIMESTAMP:
    case KW_SESSION_USER:
    case KW_SYSTEM_USER:
    case KW_USER:
        return true;
    default:
        return false;
    }
}

/* Behind :: or the AS of a CAST stands a type. */
static bool skip_type(struct reader *rd)
{
    struct type_ref type;
    size_t i = rd->i;
    const struct token t = rd_token(rd, i);
    const bool cast = t.kind == TOK_TYPECAST || (t.kind == TOK_WORD && t.keyword == KW_AS);
    if (!cast) {
        return false;
    }
    i++;
    if (type_ref_parse(rd->c, rd->text, rd->st, &i, &type)) {
        rd->i = i;
    } else {
        rd->i++;
    }
    return true;
}

static bool is_extract_field(const struct reader *rd)
{
    return rd->i >= 2 && rd_is_at(rd, 1, KW_FROM) && rd->st->tokens[rd->i - 2].kind == TOK_WORD &&
           rd->st->tokens[rd->i - 2].keyword == KW_EXTRACT;
}

bool expression_word(struct reader *rd, struct word *word)
{
    while (!rd_done(rd)) {
        if (skip_type(rd)) {
            continue;
        }
        const struct token t = rd_token(rd, rd->i);
        if (!is_name(t)) {
            rd->i++;
            continue;
        }
        const enum keyword kw = t.kind == TOK_WORD ? (enum keyword)t.keyword : KW_NONE;
        if (is_value_word(kw)) {
            *word = (struct word){WORD_VALUE, STR_NONE, keyword_text(kw), rd->i, 1};
            rd->i++;
            return true;
        }
        const bool reserved = keyword_category(kw) == KW_RESERVED;
        const bool operand = operand_after(rd->st, rd->i, rd->first);
        if (kw == KW_COLLATE) {
            rd->i++;
            (void)rd_qualified_any(rd, &word->schema, &word->name);
            continue;
        }
        if (reserved || !operand || is_extract_field(rd)) {
            rd->i++;
            continue;
        }
        const size_t start = rd->i;
        if (!rd_qualified_any(rd, &word->schema, &word->name)) {
            rd->i = start + 1;
            continue;
        }
        word->token = rd->i - 1;
        word->parts = word->schema.n > 0 ? 2 : 1;
        if (rd_is_self(rd, '(')) {
            word->role = WORD_FUNCTION;
            return true;
        }
        if (rd_is_string(rd) || keyword_category(kw) == KW_TYPE_FUNC_NAME || kw == KW_INTERVAL) {
            continue; /* date '2020-01-01' */
        }
        word->role = WORD_COLUMN;
        return true;
    }
    return false;
}

static struct reader reader_over(struct catalog *scratch, struct arena *a, struct str text, const struct statement *st,
                                 size_t first, size_t last)
{
    *scratch = (struct catalog){.arena = a};
    return (struct reader){.c = scratch,
                           .text = text,
                           .st = st,
                           .first = first,
                           .i = first,
                           .end = last < st->n_tokens ? last : st->n_tokens};
}

void expression_add_name(struct arena *a, struct name_list *names, struct str name)
{
    if (names->n < 1600 && !name_list_has(names, name)) {
        *vec_push(a, names) = name;
    }
}

void expression_columns(struct arena *a, struct str text, const struct statement *st, size_t first, size_t last,
                        const struct relation *r, struct name_list *out)
{
    struct catalog scratch;
    struct reader rd = reader_over(&scratch, a, text, st, first, last);
    struct word word;
    while (expression_word(&rd, &word)) {
        const bool known = !r->complete || relation_column(r, word.name);
        if (word.role == WORD_COLUMN && known) {
            expression_add_name(a, out, word.name);
        }
    }
}

struct str expression_rename(struct arena *a, struct str expression, struct str from, struct str to)
{
    const struct statement st = expression_lex(a, expression);
    struct catalog scratch;
    struct reader rd = reader_over(&scratch, a, expression, &st, 0, st.n_tokens);
    struct strbuf out;
    struct word word;
    uint32_t copied = 0;
    strbuf_init(&out, LEX_MAX_TEXT);
    while (expression_word(&rd, &word)) {
        if (word.role == WORD_COLUMN && str_eq(word.name, from)) {
            strbuf_add(&out, str_slice(expression, copied, st.tokens[word.token].start));
            strbuf_add(&out, name_quote(a, to));
            copied = st.tokens[word.token].end;
        }
    }
    if (copied > 0) {
        strbuf_add(&out, str_slice(expression, copied, expression.n));
        expression = arena_str(a, strbuf_str(&out));
    }
    strbuf_free(&out);
    return expression;
}

static bool has_word(struct arena *a, struct str expression, enum word_role role, struct str name)
{
    struct catalog scratch;
    struct word word;
    if (expression.n == 0) {
        return false;
    }
    const struct statement st = expression_lex(a, expression);
    struct reader rd = reader_over(&scratch, a, expression, &st, 0, st.n_tokens);
    while (expression_word(&rd, &word)) {
        if (word.role == role && str_eq(word.name, name)) {
            return true;
        }
    }
    return false;
}

bool expression_names(struct arena *a, struct str expression, struct str column)
{
    return has_word(a, expression, WORD_COLUMN, column);
}

bool expression_calls(struct arena *a, struct str expression, struct str function)
{
    return has_word(a, expression, WORD_FUNCTION, function);
}
