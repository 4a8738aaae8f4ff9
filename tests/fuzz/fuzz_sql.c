/*
 * fuzz_sql.c - whatever the bytes: the lexer, the splitter and the shapes keep their promises.
 *
 * `make fuzz` builds it with libFuzzer; tests/unit/sql/t_hostile.c runs the same function over the seeds, random
 * bytes and cut files.
 */
#include "fuzz.h"

#include "sql/lex_class.h"
#include "sql/shape.h"

static bool only_space(struct str text, size_t from, size_t to)
{
    if (from == 0 && str_starts(text, STR("\xef\xbb\xbf"))) {
        from = 3;
    }
    while (from < to && lex_class[(uint8_t)text.p[from]] == CLASS_SPACE) {
        from++;
    }
    return from >= to;
}

/* Tokens ascend, lie inside the text, are not empty, and cover all that is not white space. */
static void check_lexer(struct str text, bool extras)
{
    struct lexer lx;
    lex_init(&lx, text, extras);
    lx.comments = true;
    uint32_t end = 0;
    for (;;) {
        const struct token t = lex_next(&lx);
        HOLD(t.start >= end && t.end <= text.n && t.kind <= TOK_COMMENT);
        HOLD(only_space(text, end, t.start));
        HOLD((t.kind == TOK_BAD) == (t.bad != LEX_FINE));
        if (t.kind == TOK_END) {
            HOLD(t.start == text.n && t.end == text.n);
            break;
        }
        HOLD(t.end > t.start && lx.at == t.end);
        HOLD(extras || (t.kind != TOK_PLACEHOLDER && t.kind != TOK_PSQL));
        end = t.end;
    }
}

/* A token's name and value can be had, and are no longer than their source. */
static void check_token(struct str text, struct token t, struct arena *a)
{
    const struct str name = token_name(a, text, t), value = token_string(a, text, t);
    HOLD(name.n <= t.end - t.start && value.n <= t.end - t.start);
    HOLD(t.kind == TOK_PLACEHOLDER || name.n <= 63);
}

static void check_statement(struct str text, const struct statement *st, uint32_t from, struct arena *a)
{
    HOLD(st->n_tokens > 0 && st->comments_start >= from && st->comments_start <= st->start && st->end <= text.n);
    HOLD(st->tokens[0].start == st->start && (st->cut || st->tokens[st->n_tokens - 1].end == st->end));
    HOLD(st->copy_start == st->copy_end || (st->copy_start >= st->end && st->copy_end <= text.n));
    HOLD(st->broken == LEX_FINE || (st->broken_at >= st->start && st->broken_at < st->end));
    uint32_t end = st->start;
    for (size_t i = 0; i < st->n_tokens; i++) {
        const struct token t = st->tokens[i];
        HOLD(t.start >= end && t.end > t.start && t.kind != TOK_COMMENT && t.kind != TOK_END &&
             t.kind != TOK_COPY_DATA);
        HOLD(t.kind != TOK_BAD || st->broken != LEX_FINE);
        HOLD((t.kind == TOK_PSQL) == st->psql);
        end = t.end;
        check_token(text, t, a);
    }
}

static void check_map(const struct shape *s, const struct statement *st)
{
    HOLD(s->text.n <= SHAPE_MAX_TEXT && s->first <= s->last && s->last <= st->n_tokens && s->action < s->n_actions);
    for (size_t i = 0; i < s->n_tokens; i++) {
        const struct shape_token *t = &s->tokens[i];
        const uint32_t end = i + 1 < s->n_tokens ? t[1].at : (uint32_t)s->text.n;
        size_t first, last;
        HOLD(t->at < end && t->token < st->n_tokens && (i == 0 || t->token > t[-1].token));
        shape_range(s, t->at, t->at + 1, &first, &last);
        HOLD(first == t->token && last == first + 1);
    }
}

/* The shape of a shape is itself. */
static void check_stable(const struct shape *s, struct arena *a)
{
    struct splitter sp;
    struct statement st;
    struct shape_list again = {0};
    splitter_init(&sp, s->text, 0, (uint32_t)s->text.n);
    HOLD(splitter_next(&sp, &st));
    shape_of(s->text, &st, a, &again);
    if (again.n != 1 || !str_eq(again.at[0].text, s->text)) {
        fprintf(stderr, "shape: %.*s\nagain: %.*s\n", STR_ARG(s->text), STR_ARG(again.at[0].text));
    }
    HOLD(again.n == 1 && str_eq(again.at[0].text, s->text));
    HOLD(again.at[0].n_tokens == s->n_tokens);
    HOLD(!splitter_next(&sp, &st));
    splitter_free(&sp);
}

static void check_shapes(struct str text, const struct statement *st, struct arena *a)
{
    struct shape_list shapes = {0};
    shape_of(text, st, a, &shapes);
    HOLD(shapes.n > 0);
    for (size_t i = 0; i < shapes.n; i++) {
        HOLD(shapes.at[i].n_actions == shapes.n && shapes.at[i].action == i);
        check_map(&shapes.at[i], st);
        /*
         * A name that is a byte order mark would be passed over at the beginning of a text; an action cut out of
         * mixed up brackets may hold a semicolon outside of them.
         */
        const struct str shape = shapes.at[i].text;
        if (shape.n > 0 && !str_starts(shape, STR("\xef\xbb\xbf")) &&
            (shapes.n == 1 || str_find_char(shape, ';') == SIZE_MAX)) {
            check_stable(&shapes.at[i], a);
        }
    }
}

static void check_splitter(struct str text)
{
    struct arena a;
    struct splitter sp;
    struct line_map map;
    arena_init(&a, (size_t)512 << 20);
    splitter_init(&sp, text, 0, (uint32_t)text.n);
    line_map_init(&map, text);
    uint32_t end = 0;
    unsigned last_line = 1;
    for (struct statement st; splitter_next(&sp, &st); arena_reset(&a)) {
        unsigned line, column;
        check_statement(text, &st, end, &a);
        check_shapes(text, &st, &a);
        end = st.copy_end > st.copy_start ? st.copy_end : st.end;
        line_map_find(&map, st.start, &line, &column);
        HOLD(line >= last_line && column >= 1 && line_map_line(&map, line).n <= text.n);
        last_line = line;
    }
    line_map_free(&map);
    splitter_free(&sp);
    arena_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A copy of exactly this size, so that the sanitizer sees a read of one byte too many. */
    char *copy = mem_alloc(size);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    const struct str text = {copy, size};
    check_lexer(text, false);
    check_lexer(text, true);
    check_splitter(text);
    free(copy);
    return 0;
}
