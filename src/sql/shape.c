#include "sql/shape.h"

#include "sql/lex_class.h"

/* ---- how tokens stand beside each other ------------------------------------------------------------------------ */

/* What a token is to its neighbours. */
enum role {
    ROLE_OTHER,
    ROLE_NAME,   /* key words and placeholders too */
    ROLE_NUMBER, /* and parameters */
    ROLE_STRING,
    ROLE_CLOSE, /* ) */
    ROLE_OPEN_BRACKET,
    ROLE_CLOSE_BRACKET,
    ROLE_DOT,
    ROLE_CAST,
    ROLE_STAR,
    ROLE_START, /* of the shape: no token */
};

static enum role role_of(struct token t)
{
    static const uint8_t by_kind[] = {
        [TOK_WORD] = ROLE_NAME,        [TOK_QUOTED] = ROLE_NAME,    [TOK_UQUOTED] = ROLE_NAME,
        [TOK_PLACEHOLDER] = ROLE_NAME, [TOK_STRING] = ROLE_STRING,  [TOK_ESTRING] = ROLE_STRING,
        [TOK_USTRING] = ROLE_STRING,   [TOK_NSTRING] = ROLE_STRING, [TOK_BITSTRING] = ROLE_STRING,
        [TOK_HEXSTRING] = ROLE_STRING, [TOK_DOLLAR] = ROLE_STRING,  [TOK_INTEGER] = ROLE_NUMBER,
        [TOK_NUMERIC] = ROLE_NUMBER,   [TOK_PARAM] = ROLE_NUMBER,   [TOK_TYPECAST] = ROLE_CAST,
        [TOK_COMMENT] = ROLE_OTHER,
    };
    static const uint8_t by_self[128] = {
        ['.'] = ROLE_DOT, [')'] = ROLE_CLOSE, ['['] = ROLE_OPEN_BRACKET, [']'] = ROLE_CLOSE_BRACKET, ['*'] = ROLE_STAR,
    };
    return (enum role)(t.kind == TOK_SELF ? by_self[t.keyword & 127] : by_kind[t.kind]);
}

/* Does no space stand between these two? By the rules of shape.h; lexing the text must give the same tokens again. */
static bool glued(enum role before, enum role after)
{
    enum {
        NAME = 1 << ROLE_NAME,
        CONSTANT = 1 << ROLE_NUMBER | 1 << ROLE_STRING,
        ELEMENT = 1 << ROLE_OPEN_BRACKET | 1 << ROLE_CLOSE_BRACKET | 1 << ROLE_CAST,
        FIELD = ELEMENT | 1 << ROLE_DOT,
    };
    static const uint16_t behind[] = {
        [ROLE_NAME] = FIELD,
        [ROLE_STRING] = FIELD,
        [ROLE_CLOSE] = FIELD,
        [ROLE_CLOSE_BRACKET] = FIELD,
        [ROLE_NUMBER] = ELEMENT,
        [ROLE_DOT] = NAME | 1 << ROLE_STAR,
        [ROLE_CAST] = NAME | CONSTANT,
        [ROLE_OPEN_BRACKET] = NAME | CONSTANT | 1 << ROLE_CLOSE_BRACKET,
        [ROLE_STAR] = 0,
        [ROLE_START] = UINT16_MAX,
    };
    return behind[before] >> after & 1;
}

enum { LONGEST_NAME = 63 };

/* ---- writing --------------------------------------------------------------------------------------------------- */

struct writer {
    struct str text; /* the source */
    struct arena *arena;
    char *p;
    size_t n, room;
    struct shape_token *tokens;
    size_t n_tokens;
    enum role before;
    bool cut;
    bool brief; /* it would be too long: of long parentheses only the beginning is written */
};

static bool bare(struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        const char c = name.p[i];
        if ((c >= 'A' && c <= 'Z') || !lex_is(c, i == 0 ? PART_START : PART_WORD)) {
            return false;
        }
    }
    return name.n > 0 && keyword_find(name) == KW_NONE;
}

static void put(struct writer *w, struct str s)
{
    if (s.n <= w->room - w->n) {
        memcpy(w->p + w->n, s.p, s.n);
        w->n += s.n;
    } else {
        w->cut = true;
    }
}

/* A word at `to`: a key word in upper case, which is its text; any other as the server folds it. */
static inline void write_word(char *to, struct str text, struct token t, size_t n)
{
    lex_fold(to, text.p + t.start, n, t.keyword != KW_NONE ? 'a' : 'A');
}

static void put_char(struct writer *w, char c)
{
    if (w->n < w->room) {
        w->p[w->n++] = c;
    } else {
        w->cut = true;
    }
}

static void put_quoted(struct writer *w, struct str name)
{
    put_char(w, '"');
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == '"') {
            put_char(w, '"');
        }
        put_char(w, name.p[i]);
    }
    put_char(w, '"');
}

/* Its source as a quoted name; a long one is cut so that it stays a name that needs its quotes. */
static void put_placeholder(struct writer *w, struct str source)
{
    char cut[LONGEST_NAME];
    if (source.n > LONGEST_NAME) {
        const size_t n = lex_cut(source, LONGEST_NAME - 3);
        memcpy(cut, source.p, n);
        memcpy(cut + n, "...", 3);
        source = (struct str){cut, n + 3};
    }
    put_quoted(w, source);
}

static void put_name(struct writer *w, struct token t)
{
    const struct str name = token_name(w->arena, w->text, t);
    if (t.kind == TOK_PLACEHOLDER) {
        put_placeholder(w, name);
    } else if (bare(name)) {
        put(w, name);
    } else {
        put_quoted(w, name);
    }
}

/* \word, without what follows. */
static void put_command(struct writer *w, struct str s)
{
    size_t n = 1;
    while (n < s.n && lex_is(s.p[n], PART_WORD)) {
        n++;
    }
    put(w, str_slice(s, 0, n > 1 ? n : 2));
}

static void put_long_word(struct writer *w, struct token t)
{
    const size_t n = lex_cut(token_text(w->text, t), LONGEST_NAME);
    if (n <= w->room - w->n) {
        write_word(w->p + w->n, w->text, t, n);
        w->n += n;
    } else {
        w->cut = true;
    }
}

static void put_token(struct writer *w, struct token t, enum role role)
{
    switch (role) {
    case ROLE_STRING:
        put(w, STR("''"));
        return;
    case ROLE_NAME:
        if (t.kind == TOK_WORD) {
            put_long_word(w, t);
        } else {
            put_name(w, t);
        }
        return;
    default:
        break;
    }
    if (t.kind == TOK_BAD) {
        put_char(w, '\\');
    } else if (t.kind == TOK_PSQL) {
        put_command(w, token_text(w->text, t));
    } else {
        put(w, token_text(w->text, t));
    }
}

/* U&"x" UESCAPE '!': the two tokens behind the name are its, not the statement's. */
static size_t uescape(const struct statement *st, size_t i, size_t last)
{
    return i + 2 < last && statement_is(st, i + 1, KW_UESCAPE) && st->tokens[i + 2].kind == TOK_STRING ? 2 : 0;
}

/* How many tokens each open parenthesis has written; deeper ones count with the deepest. */
struct brevity {
    size_t depth;
    uint16_t written[64];
};

/* The parenthesis that closes the one that token i is in; `last` when nothing does. */
static size_t closing(const struct statement *st, size_t i, size_t last)
{
    for (size_t depth = 1; i < last; i++) {
        const struct token t = st->tokens[i];
        depth += t.kind == TOK_SELF && t.keyword == '(';
        depth -= t.kind == TOK_SELF && t.keyword == ')';
        if (depth == 0) {
            break;
        }
    }
    return i;
}

/* Where to go on when i is next: behind what is left out. */
static size_t pass_over(struct brevity *b, const struct statement *st, size_t i, size_t last)
{
    enum { MANY = 64 };
    const size_t deepest = countof(b->written) - 1;
    uint16_t *written = &b->written[b->depth < deepest ? b->depth : deepest];
    if (b->depth > 0 && ++*written > MANY) {
        i = closing(st, i, last);
    }
    const struct token t = i < last ? st->tokens[i] : (struct token){0};
    if (t.kind == TOK_SELF && t.keyword == '(') {
        b->depth++;
        b->written[b->depth < deepest ? b->depth : deepest] = 0;
    } else if (t.kind == TOK_SELF && t.keyword == ')') {
        b->depth -= b->depth > 0;
    }
    return i;
}

/*
 * Append the statement's tokens [first, last); stops before the one that does not fit. Words and single characters are written right
 * here, with all that counts in locals: what is written could be the writer itself, as far as the compiler knows.
 */
static void put_tokens(struct writer *w, const struct statement *st, size_t first, size_t last)
{
    struct brevity brevity = {0};
    const struct token *const tokens = st->tokens;
    struct shape_token *const out = w->tokens;
    const struct str text = w->text;
    const bool brief = w->brief;
    char *const to = w->p; /* with a byte more than `room` */
    const size_t room = w->room;
    size_t n = w->n, n_tokens = w->n_tokens;
    enum role before = w->before;
    for (size_t i = first; i < last; i++) {
        i = brief ? pass_over(&brevity, st, i, last) : i;
        if (i == last) {
            break;
        }
        const struct token t = tokens[i];
        const enum role role = role_of(t);
        const size_t at = n + !glued(before, role), length = t.end - t.start, token = i;
        to[n] = ' '; /* or the token itself will stand there */
        if (t.kind == TOK_WORD && length <= LONGEST_NAME && at + length <= room) {
            write_word(to + at, text, t, length);
            n = at + length;
        } else if (t.kind == TOK_SELF && at < room) { /* not the source: a psql \; is a semicolon */
            to[at] = (char)t.keyword;
            n = at + 1;
        } else {
            w->n = at;
            w->cut = at > room;
            if (!w->cut) {
                put_token(w, t, role);
            }
            if (w->cut) {
                break;
            }
            n = w->n;
            i += t.kind == TOK_UQUOTED || t.kind == TOK_USTRING ? uescape(st, i, last) : 0;
        }
        out[n_tokens++] = (struct shape_token){(uint32_t)at, (uint32_t)token};
        before = role;
    }
    w->n = n;
    w->n_tokens = n_tokens;
    w->before = before;
}

/* ---- actions --------------------------------------------------------------------------------------------------- */

static bool names(struct token t)
{
    return role_of(t) == ROLE_NAME;
}

/* Behind name[.name…][*] at token i. */
static size_t skip_name(const struct statement *st, size_t i)
{
    if (i >= st->n_tokens || !names(st->tokens[i])) {
        return i;
    }
    i += 1 + uescape(st, i, st->n_tokens);
    while (i + 1 < st->n_tokens && role_of(st->tokens[i]) == ROLE_DOT && names(st->tokens[i + 1])) {
        i += 2 + uescape(st, i + 1, st->n_tokens);
    }
    return i + (i < st->n_tokens && role_of(st->tokens[i]) == ROLE_STAR);
}

/* How many tokens the head of an ALTER with actions has; 0: it is no such statement. */
static size_t head_length(const struct statement *st)
{
    if (!statement_is(st, 0, KW_ALTER)) {
        return 0;
    }
    size_t i = 1;
    i += statement_is(st, i, KW_FOREIGN) || statement_is(st, i, KW_MATERIALIZED);
    static const enum keyword kinds[] = {KW_TABLE, KW_INDEX, KW_SEQUENCE, KW_VIEW, KW_TYPE, KW_DOMAIN};
    bool known = false;
    for (size_t k = 0; k < countof(kinds); k++) {
        known = known || statement_is(st, i, kinds[k]);
    }
    if (!known) {
        return 0;
    }
    i++;
    if (statement_is(st, i, KW_IF) && statement_is(st, i + 1, KW_EXISTS)) {
        i += 2;
    }
    i += statement_is(st, i, KW_ONLY);
    if (statement_is(st, i, KW_ALL) && statement_is(st, i + 1, KW_IN)) {
        return 0;
    }
    const size_t end = skip_name(st, i);
    return end > i ? end : 0;
}

/* The end of the action that starts at token i: the next comma outside parentheses and brackets, or the end. */
static size_t action_end(const struct statement *st, size_t i)
{
    uint32_t depth = 0;
    for (; i < st->n_tokens; i++) {
        const struct token t = st->tokens[i];
        if (t.kind != TOK_SELF) {
            continue;
        }
        if (t.keyword == '(' || t.keyword == '[') {
            depth++;
        } else if (t.keyword == ')' || t.keyword == ']') {
            depth -= depth > 0;
        } else if (t.keyword == ',' && depth == 0) {
            break;
        }
    }
    return i;
}

/* ---- shapes ---------------------------------------------------------------------------------------------------- */

/* No token's text grows by more than this, its space included: quotes around a placeholder and doubled inside. */
enum { MAX_GROWTH = 2 * 63 + 3 };

/* Bytes enough for the shape of the tokens [first, last), but for a cut one. */
static size_t room_for(const struct statement *st, size_t first, size_t last)
{
    static const uint8_t by_kind[] = {
        /* 0: its own bytes and a space */
        [TOK_STRING] = 3,          [TOK_ESTRING] = 3,          [TOK_USTRING] = 3, [TOK_NSTRING] = 3,
        [TOK_BITSTRING] = 3,       [TOK_HEXSTRING] = 3,        [TOK_DOLLAR] = 3,  [TOK_PLACEHOLDER] = MAX_GROWTH,
        [TOK_QUOTED] = MAX_GROWTH, [TOK_UQUOTED] = MAX_GROWTH, [TOK_COMMENT] = 0,
    };
    size_t n = 0;
    for (size_t i = first; i < last; i++) {
        const struct token *t = &st->tokens[i];
        const size_t given = by_kind[t->kind];
        n += given ? given : t->end - t->start + 1;
    }
    return n < SHAPE_MAX_TEXT ? n : SHAPE_MAX_TEXT;
}

static struct writer open_writer(struct str text, struct arena *a, size_t room, size_t n_tokens)
{
    return (struct writer){
        .text = text,
        .arena = a,
        .p = arena_alloc_raw(a, room + 1),
        .room = room,
        .before = ROLE_START,
        .brief = room == SHAPE_MAX_TEXT,
        .tokens = arena_alloc_raw(a, mem_size(n_tokens > room ? room : n_tokens, /* a token has at least a byte */
                                              sizeof(struct shape_token))),
    };
}

static struct shape *add_shape(const struct writer *w, const struct statement *st, struct shape_list *out)
{
    struct shape *s = vec_push(w->arena, out);
    *s = (struct shape){
        .text = {w->p, w->n},
        .tokens = w->tokens,
        .n_tokens = w->n_tokens,
        .n_actions = 1,
        .last = (uint32_t)st->n_tokens,
        .cut = w->cut || st->cut,
    };
    return s;
}

static size_t count_actions(const struct statement *st, size_t first)
{
    size_t n = 0;
    for (size_t i = first; i <= st->n_tokens; n++) {
        i = action_end(st, i) + 1;
    }
    return n;
}

/* One shape for each action behind the head, which is written once and copied. */
static void shape_actions(const struct writer *head, const struct statement *st, size_t first, size_t n_actions,
                          struct shape_list *out)
{
    uint32_t action = 0;
    for (size_t i = first; i <= st->n_tokens; action++) {
        const size_t end = action_end(st, i);
        const size_t body = room_for(st, i, end);
        const size_t room = head->n + body < SHAPE_MAX_TEXT ? head->n + body : SHAPE_MAX_TEXT;
        struct writer w = open_writer(head->text, head->arena, room, head->n_tokens + (end - i));
        put(&w, (struct str){head->p, head->n});
        memcpy(w.tokens, head->tokens, head->n_tokens * sizeof w.tokens[0]);
        w.n_tokens = head->n_tokens;
        w.before = head->before;
        put_tokens(&w, st, i, end);
        struct shape *s = add_shape(&w, st, out);
        s->action = action;
        s->n_actions = (uint32_t)n_actions;
        s->first = (uint32_t)i;
        s->last = (uint32_t)end;
        i = end + 1;
    }
}

void shape_of(struct str text, const struct statement *st, struct arena *a, struct shape_list *out)
{
    const size_t first = head_length(st), head_room = room_for(st, 0, first);
    const size_t n_actions = first > 0 && head_room <= SHAPE_MAX_HEAD ? count_actions(st, first) : 1;
    if (n_actions > 1 && n_actions * head_room <= SHAPE_MAX_HEADS) {
        struct writer head = open_writer(text, a, head_room, first);
        put_tokens(&head, st, 0, first);
        shape_actions(&head, st, first, n_actions, out);
        return;
    }
    struct writer w = open_writer(text, a, room_for(st, 0, st->n_tokens), st->n_tokens);
    put_tokens(&w, st, 0, st->n_tokens);
    add_shape(&w, st, out);
}

/* The first shape token that starts at `at` or later. */
static size_t token_from(const struct shape *s, uint32_t at)
{
    size_t low = 0, high = s->n_tokens;
    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        if (s->tokens[mid].at < at) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

void shape_range(const struct shape *s, uint32_t start, uint32_t end, size_t *first, size_t *last)
{
    size_t from = token_from(s, start + 1), to = token_from(s, end);
    from -= from > 0; /* the token that `start` is in, or the one before the space it is on */
    if (start >= end || from >= to) {
        *first = *last = from < s->n_tokens ? s->tokens[from].token : 0;
        return;
    }
    *first = s->tokens[from].token;
    *last = s->tokens[to - 1].token + 1;
}
