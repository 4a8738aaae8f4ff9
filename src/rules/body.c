#include "rules/body.h"

#include "rules/body_text.h"

/* The tokens of a body, and how far they are read. */
struct reading {
    struct body_text t;
    struct arena *a;
    struct body *out;
    VEC(struct token) tokens;
    size_t i;
};

/* ---- tokens ----------------------------------------------------------------------------------------------------- */

static bool is_word(const struct reading *r, size_t i, const char *word)
{
    return i < r->tokens.n && r->tokens.at[i].kind == TOK_WORD &&
           str_eq_nocase(token_text(r->t.text, r->tokens.at[i]), str_of(word));
}

static bool is_self(const struct reading *r, size_t i, char c)
{
    return i < r->tokens.n && r->tokens.at[i].kind == TOK_SELF && r->tokens.at[i].keyword == c;
}

static bool is_kind(const struct reading *r, size_t i, enum token_kind kind)
{
    return i < r->tokens.n && r->tokens.at[i].kind == kind;
}

/* The next semicolon, or one of these words, outside parentheses; the end when there is none. */
static size_t find(const struct reading *r, size_t i, const char *word, const char *other)
{
    unsigned depth = 0;
    for (; i < r->tokens.n; i++) {
        depth += is_self(r, i, '(') || is_self(r, i, '[');
        depth -= depth > 0 && (is_self(r, i, ')') || is_self(r, i, ']'));
        if (depth == 0 && (is_self(r, i, ';') || (word && is_word(r, i, word)) || (other && is_word(r, i, other)))) {
            break;
        }
    }
    return i;
}

static void add(struct reading *r, enum body_kind kind, size_t first, size_t last)
{
    *vec_push(r->a, &r->out->pieces) =
        (struct body_piece){.kind = kind,
                            .start = r->tokens.at[first].start,
                            .end = r->tokens.at[last > first ? last - 1 : first].end,
                            .comments_start = r->i > 0 && r->i < r->tokens.n ? r->tokens.at[r->i - 1].end : 0,
                            .comments_end = r->i > 0 && r->i < r->tokens.n ? r->tokens.at[r->i].start : 0};
}

/* Behind the word that a head such as IF … THEN ends with. A head that ends otherwise is none. */
static void skip_head(struct reading *r, const char *word)
{
    const size_t at = find(r, r->i + 1, word, NULL);
    if (at >= r->tokens.n || is_self(r, at, ';')) {
        add(r, BODY_BROKEN, r->i, at);
    }
    r->i = at + 1;
}

static void skip_statement(struct reading *r)
{
    r->i = find(r, r->i, NULL, NULL) + 1;
}

/* ---- SQL -------------------------------------------------------------------------------------------------------- */

/* Behind one variable: name, record.field, array[3]. */
static size_t behind_target(const struct reading *r, size_t i)
{
    i++;
    while (is_self(r, i, '.') || is_self(r, i, '[')) {
        if (is_self(r, i, '.')) {
            i += 2;
            continue;
        }
        while (i < r->tokens.n && !is_self(r, i, ']')) {
            i++;
        }
        i++;
    }
    return i;
}

/* INTO names variables, but for INSERT INTO and MERGE INTO: take it away, or SELECT … INTO would make a table. */
static void drop_targets(struct reading *r, size_t first, size_t last)
{
    unsigned depth = 0;
    for (size_t i = first + 1; i < last; i++) {
        depth += is_self(r, i, '(');
        depth -= depth > 0 && is_self(r, i, ')');
        if (depth > 0 || !is_word(r, i, "INTO") || is_word(r, i - 1, "INSERT") || is_word(r, i - 1, "MERGE")) {
            continue;
        }
        size_t end = behind_target(r, i + 1 + is_word(r, i + 1, "STRICT"));
        while (is_self(r, end, ',')) {
            end = behind_target(r, end + 1);
        }
        end = end > last ? last : end;
        body_text_blank(&r->t, r->tokens.at[i].start, r->tokens.at[end - 1].end);
        i = end - 1;
    }
}

static bool may_have_targets(const struct reading *r, size_t i)
{
    static const char *const words[] = {"SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "VALUES"};
    for (size_t k = 0; k < countof(words); k++) {
        if (is_word(r, i, words[k])) {
            return true;
        }
    }
    return false;
}

static void sql(struct reading *r, size_t first, size_t last)
{
    if (last > first) {
        if (may_have_targets(r, first)) {
            drop_targets(r, first, last);
        }
        add(r, BODY_SQL, first, last);
    }
}

static void perform(struct reading *r)
{
    const size_t end = find(r, r->i, NULL, NULL);
    body_text_write(&r->t, r->tokens.at[r->i].start, r->tokens.at[r->i].end, STR("SELECT"));
    sql(r, r->i, end);
    r->i = end + 1;
}

/* ---- EXECUTE ---------------------------------------------------------------------------------------------------- */

static bool is_string(const struct reading *r, size_t i)
{
    return is_kind(r, i, TOK_STRING) || is_kind(r, i, TOK_ESTRING) || is_kind(r, i, TOK_USTRING) ||
           is_kind(r, i, TOK_NSTRING) || is_kind(r, i, TOK_DOLLAR);
}

/* format()'s text without places to fill: %% is %. False: it has such. */
static bool unformat(struct reading *r, struct str *value)
{
    size_t n = 0;
    if (str_find_char(*value, '%') == SIZE_MAX) {
        return true;
    }
    char *out = arena_alloc_raw(r->a, value->n + 1);
    for (size_t i = 0; i < value->n; i++) {
        if (value->p[i] == '%' && (++i == value->n || value->p[i] != '%')) {
            return false;
        }
        out[n++] = value->p[i];
    }
    *value = (struct str){out, n};
    return true;
}

/* 'a' || 'b' in the tokens [first, last): its value. */
static bool joined(struct reading *r, size_t first, size_t last, struct str *value)
{
    struct strbuf out;
    if ((last - first) % 2 == 0) {
        return false;
    }
    if (last - first == 1) {
        *value = token_string(r->a, r->t.text, r->tokens.at[first]);
        return is_string(r, first);
    }
    bool constant = true;
    strbuf_init(&out, r->t.text.n + 1);
    for (size_t i = first; i < last && constant; i++) {
        const struct token t = r->tokens.at[i];
        constant = (i - first) % 2 == 0 ? is_string(r, i) : str_eq(token_text(r->t.text, t), STR("||"));
        strbuf_add(&out, token_string(r->a, r->t.text, t));
    }
    *value = arena_str(r->a, strbuf_str(&out));
    strbuf_free(&out);
    return constant;
}

/* The text to execute, in the tokens [first, last): a piece of SQL where it is constant. */
static void execute(struct reading *r, size_t at, size_t first, size_t last)
{
    struct str value;
    bool format = false;
    while (last > first + 2 && is_self(r, last - 1, ')') && (is_self(r, first, '(') || is_word(r, first, "format"))) {
        if (!is_self(r, first, '(') && (format || !is_self(r, first + 1, '('))) {
            break;
        }
        format = format || !is_self(r, first, '(');
        first += is_self(r, first, '(') ? 1 : 2;
        last--;
    }
    if (last <= first || !joined(r, first, last, &value) || (format && !unformat(r, &value))) {
        add(r, BODY_EXECUTE, at, last > at ? last : at + 1);
        return;
    }
    struct body_piece piece = {.kind = BODY_SQL,
                               .comments_start = r->i > 0 ? r->tokens.at[r->i - 1].end : 0,
                               .comments_end = r->i > 0 ? r->tokens.at[r->i].start : 0};
    body_text_put(&r->t, r->tokens.at[first], r->tokens.at[last - 1], value, &piece.start, &piece.end);
    *vec_push(r->a, &r->out->pieces) = piece;
}

static void execute_statement(struct reading *r)
{
    const size_t end = find(r, r->i, NULL, NULL);
    execute(r, r->i, r->i + 1, find(r, r->i, "INTO", "USING"));
    r->i = end + 1;
}

/* OPEN cursor FOR EXECUTE … */
static void open(struct reading *r)
{
    const size_t end = find(r, r->i, NULL, NULL), at = find(r, r->i, "EXECUTE", NULL);
    if (at < end) {
        execute(r, at, at + 1, find(r, at, "USING", NULL));
    }
    r->i = end + 1;
}

/* FOR x IN query LOOP, FOR x IN EXECUTE text LOOP; other heads hold no statement. */
static void for_head(struct reading *r)
{
    const size_t in = find(r, r->i, "IN", "LOOP"), loop = find(r, r->i, "LOOP", NULL);
    if (in < loop && is_word(r, in + 1, "EXECUTE")) {
        const size_t using = find(r, in, "USING", "LOOP");
        execute(r, in + 1, in + 2, using);
    } else if (in < loop && may_have_targets(r, in + 1)) {
        sql(r, in + 1, loop);
    }
    skip_head(r, "LOOP");
}

/* ---- PL/pgSQL --------------------------------------------------------------------------------------------------- */

/* Declarations end where BEGIN stands in the place of one. */
static void declarations(struct reading *r)
{
    r->i++;
    while (r->i < r->tokens.n && !is_word(r, r->i, "BEGIN")) {
        skip_statement(r);
    }
}

static void one_word(struct reading *r)
{
    r->i++;
}

static void until_then(struct reading *r)
{
    skip_head(r, "THEN");
}

static void until_loop(struct reading *r)
{
    skip_head(r, "LOOP");
}

static void until_when(struct reading *r)
{
    skip_head(r, "WHEN");
    r->i--; /* it begins the next head */
}

static void commits(struct reading *r)
{
    add(r, BODY_COMMITS, r->i, r->i + 1);
    skip_statement(r);
}

static const struct {
    const char *word;
    void (*read)(struct reading *r);
} constructs[] = {
    {"DECLARE", declarations}, {"BEGIN", one_word},      {"EXCEPTION", one_word},        {"ELSE", one_word},
    {"LOOP", one_word},        {"IF", until_then},       {"ELSIF", until_then},          {"ELSEIF", until_then},
    {"WHEN", until_then},      {"CASE", until_when},     {"WHILE", until_loop},          {"FOR", for_head},
    {"FOREACH", until_loop},   {"PERFORM", perform},     {"EXECUTE", execute_statement}, {"OPEN", open},
    {"COMMIT", commits},       {"ROLLBACK", commits},    {"END", skip_statement},        {"RETURN", skip_statement},
    {"RAISE", skip_statement}, {"EXIT", skip_statement}, {"CONTINUE", skip_statement},   {"ASSERT", skip_statement},
    {"NULL", skip_statement},  {"GET", skip_statement},  {"FETCH", skip_statement},      {"MOVE", skip_statement},
    {"CLOSE", skip_statement},
};

static bool is_assignment(const struct reading *r, size_t i)
{
    return is_kind(r, i + 1, TOK_COLON_EQUALS) || is_self(r, i + 1, '=') || is_self(r, i + 1, '.') ||
           is_self(r, i + 1, '[') || is_kind(r, i, TOK_PARAM);
}

static void statement(struct reading *r)
{
    const struct token t = r->tokens.at[r->i];
    if (t.kind == TOK_SELF && t.keyword == ';') {
        r->i++;
        return;
    }
    if (str_eq(token_text(r->t.text, t), STR("<<"))) { /* a label */
        r->i += 3;
        return;
    }
    if (is_assignment(r, r->i)) {
        skip_statement(r);
        return;
    }
    for (size_t k = 0; k < countof(constructs); k++) {
        if (is_word(r, r->i, constructs[k].word)) {
            constructs[k].read(r);
            return;
        }
    }
    const size_t end = find(r, r->i, NULL, NULL);
    if (t.kind == TOK_WORD ? t.keyword == KW_NONE : !is_self(r, r->i, '(')) {
        add(r, BODY_BROKEN, r->i, end);
    } else {
        sql(r, r->i, end);
    }
    r->i = end + 1;
}

static void read_plpgsql(struct reading *r, uint32_t start, uint32_t end)
{
    struct lexer lx;
    struct token t;
    lex_init(&lx, str_slice(r->t.text, 0, end), true);
    lx.at = start;
    while ((t = lex_next(&lx)).kind != TOK_END) {
        *vec_push(NULL, &r->tokens) = t;
        if (t.kind == TOK_BAD) {
            add(r, BODY_BROKEN, r->tokens.n - 1, r->tokens.n);
            vec_free(&r->tokens);
            return;
        }
    }
    /* Compiler options (#variable_conflict use_column) come before the block. */
    while (r->i < r->tokens.n && !is_word(r, r->i, "DECLARE") && !is_word(r, r->i, "BEGIN") &&
           !str_eq(token_text(r->t.text, r->tokens.at[r->i]), STR("<<"))) {
        r->i++;
    }
    if (r->i == r->tokens.n && r->i > 0) {
        add(r, BODY_BROKEN, 0, r->i);
    }
    while (r->i < r->tokens.n) {
        statement(r);
    }
    vec_free(&r->tokens);
}

bool body_is_in(const struct statement *st)
{
    return statement_is(st, 0, KW_DO) && st->n_tokens > 1 && !st->broken;
}

void body_read(struct str text, const struct statement *st, struct arena *a, struct str *copy, struct body *out)
{
    struct reading r = {.t = {.text = text, .copy = copy, .a = a}, .a = a, .out = out};
    *out = (struct body){.text = text};
    bool other = false;
    const struct token *body = NULL;
    for (size_t i = 1; i < st->n_tokens; i++) {
        const struct token t = st->tokens[i];
        if (statement_is(st, i - 1, KW_LANGUAGE)) {
            const struct str name =
                t.kind == TOK_WORD || t.kind == TOK_QUOTED ? token_name(a, text, t) : token_string(a, text, t);
            other = !str_eq(name, STR("plpgsql"));
        } else if (t.kind != TOK_WORD) {
            body = &st->tokens[i];
        }
    }
    if (!body) {
        return;
    }
    if (other) {
        *vec_push(a, &out->pieces) = (struct body_piece){.kind = BODY_LANGUAGE, .start = body->start, .end = body->end};
        return;
    }
    uint32_t start, end;
    body_text_put(&r.t, *body, *body, token_string(a, text, *body), &start, &end);
    read_plpgsql(&r, start, end);
    out->text = r.t.text;
}
