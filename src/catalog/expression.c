#include "catalog/expression.h"

#include "catalog/replay.h"

static struct statement lex(struct arena *a, struct str text, bool all)
{
    VEC(struct token) tokens = {0};
    struct lexer lx;
    lex_init(&lx, text, true);
    for (;;) {
        const struct token t = lex_next(&lx);
        if (t.kind == TOK_END || (!all && t.kind == TOK_SELF && t.keyword == ';')) {
            break;
        }
        *vec_push(a, &tokens) = t;
    }
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

static bool is_self(const struct statement *st, size_t i, char c)
{
    return i < st->n_tokens && st->tokens[i].kind == TOK_SELF && st->tokens[i].keyword == (unsigned char)c;
}

struct span expression_strip(const struct statement *st, size_t first, size_t last)
{
    while (first + 1 < last && is_self(st, first, '(') && is_self(st, last - 1, ')')) {
        size_t depth = 0, i = first;
        for (; i < last; i++) {
            depth += is_self(st, i, '(');
            depth -= is_self(st, i, ')') && depth > 0;
            if (depth == 0) {
                break;
            }
        }
        if (i != last - 1) {
            break;
        }
        first++;
        last--;
    }
    return (struct span){first, last};
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
        const bool joined = i == s.first || is_self(st, i, '.') || is_self(st, i - 1, '.');
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
    return (struct reader){
        .c = scratch, .text = text, .st = st, .first = first, .i = first, .end = last < st->n_tokens ? last : st->n_tokens};
}

void expression_columns(struct arena *a, struct str text, const struct statement *st, size_t first, size_t last,
                        const struct relation *r, struct name_list *out)
{
    struct catalog scratch;
    struct reader rd = reader_over(&scratch, a, text, st, first, last);
    struct word word;
    while (expression_word(&rd, &word)) {
        const bool known = !r->complete || relation_column(r, word.name);
        if (word.role == WORD_COLUMN && known && !name_list_has(out, word.name)) {
            *vec_push(a, out) = word.name;
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
            struct name_list arm = {0};
            prove(a, text, st, (struct span){at, end}, negated, depth + 1, &arm);
            struct name_list kept = {0};
            for (size_t i = 0; i < arm.n; i++) {
                const bool keep = order[k] == all_of || at == s.first || name_list_has(&common, arm.at[i]);
                if (keep) {
                    *vec_push(a, &kept) = arm.at[i];
                }
            }
            for (size_t i = 0; order[k] == all_of && i < common.n; i++) {
                *vec_push(a, &kept) = common.at[i];
            }
            common = kept;
            if (end >= s.last) {
                break;
            }
        }
        for (size_t i = 0; i < common.n; i++) {
            if (!name_list_has(out, common.at[i])) {
                *vec_push(a, out) = common.at[i];
            }
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
    if (lone_column(a, text, st, s.first, end, &name) && !name_list_has(out, name)) {
        *vec_push(a, out) = name;
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
            } else if (is_self(st, i, '[') && found == s.last) {
                found = i;
            }
        }
        depth += is_self(st, i, '(') || is_self(st, i, '[');
        depth -= (is_self(st, i, ')') || is_self(st, i, ']')) && depth > 0;
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
            const bool word = t.kind == TOK_WORD && i > s.first &&
                              (t.keyword == KW_AND || t.keyword == KW_OR || t.keyword == KW_IS ||
                               t.keyword == KW_LIKE || t.keyword == KW_ILIKE || t.keyword == KW_SIMILAR ||
                               t.keyword == KW_IN || t.keyword == KW_BETWEEN || t.keyword == KW_ISNULL ||
                               t.keyword == KW_NOTNULL);
            if (symbol || word || (t.kind == TOK_WORD && t.keyword == KW_NOT)) {
                return true;
            }
        }
        depth += is_self(st, i, '(') || is_self(st, i, '[');
        depth -= (is_self(st, i, ')') || is_self(st, i, ']')) && depth > 0;
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
    if (zone < s.last && zone > s.first + 1 && statement_is(st, zone - 1, KW_TIME) && statement_is(st, zone - 2, KW_AT)) {
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
    if (statement_is(st, i, KW_CAST) && is_self(st, i + 1, '(')) {
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
    return named && (i == s.last || is_self(st, i, '(') || st->tokens[i].kind == TOK_STRING) ? name : none;
}

struct str expression_label(struct arena *a, struct str text, const struct statement *st, size_t first, size_t last)
{
    return label(a, text, st, (struct span){first, last < st->n_tokens ? last : st->n_tokens}, 0);
}
