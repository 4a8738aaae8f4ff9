#include "rules/synopsis.h"

#include "rules/synopsis_tree.h"

enum { MAX_DEPTH = 16, MAX_REGEX = 64 * 1024 };

struct reader {
    struct str text;
    size_t at;
    unsigned depth;
    struct arena *a;
    struct pattern *out;
    struct error *err;
    size_t bad_at;
};

/*
 * One word of the notation: a bracket, a capture, an upper or lower case word, a number, or a run of other
 * characters.
 */
struct word {
    struct str text; /* empty: the end */
    size_t at;
};

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static const struct str ELLIPSIS = STR_INIT("\xe2\x80\xa6");

static size_t word_end(struct str s, size_t at)
{
    const char c = s.p[at];
    size_t end = at + 1;
    if (c == '!' || c == '$' || is_word(c)) {
        while (end < s.n && (is_word(s.p[end]) || (c == '$' && s.p[end] == ':'))) {
            end++;
        }
        return end;
    }
    if (str_starts(str_slice(s, at, s.n), ELLIPSIS)) {
        return at + ELLIPSIS.n;
    }
    if (strchr("[]{}()|,;'", c)) {
        return c == ']' || c == '}' ? end + (end < s.n && s.p[end] == '*') : end;
    }
    while (end < s.n && !is_space(s.p[end]) && !is_word(s.p[end]) && !strchr("[]{}()|,;'$!", s.p[end]) &&
           (unsigned char)s.p[end] < 0x80) {
        end++;
    }
    return end;
}

static struct word peek(struct reader *r)
{
    while (r->at < r->text.n && is_space(r->text.p[r->at])) {
        r->at++;
    }
    if (r->at == r->text.n) {
        return (struct word){STR_NONE, r->at};
    }
    return (struct word){str_slice(r->text, r->at, word_end(r->text, r->at)), r->at};
}

static bool refuse(struct reader *r, size_t at, const char *fmt, ...) PRINTF(3, 4);
static bool refuse(struct reader *r, size_t at, const char *fmt, ...)
{
    char message[256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    r->bad_at = at;
    error_set(r->err, ST_USAGE, "%s", message);
    return false;
}

static struct item *item_new(struct reader *r, enum item_kind kind, size_t at)
{
    struct item *item = arena_new(r->a, struct item);
    item->kind = kind;
    item->at = at;
    return item;
}

/* An upper case word: it must be a key word, or the pattern could never match. */
static bool read_keyword(struct reader *r, struct str text, size_t at, enum keyword *kw)
{
    *kw = keyword_find(text);
    if (*kw != KW_NONE) {
        return true;
    }
    refuse(r, at, "\"%.*s\" is no key word of PostgreSQL", STR_ARG(text));
    error_hint(r->err, "Write a word that is no key word in lower case, as it stands in a shape.");
    return false;
}

static bool read_capture(struct reader *r, struct word w, struct item **out)
{
    static const struct {
        struct str name;
        enum item_kind kind;
    } kinds[] = {{STR_INIT(""), ITEM_NAME},     {STR_INIT("names"), ITEM_NAMES}, {STR_INIT("type"), ITEM_TYPE},
                 {STR_INIT("expr"), ITEM_EXPR}, {STR_INIT("paren"), ITEM_PAREN}, {STR_INIT("token"), ITEM_TOKEN}};
    struct str kind = str_slice(w.text, 1, w.text.n), name;
    str_next(&kind, ':', &name);
    if (name.n == 0 || (kind.n == 0 && str_find_char(w.text, ':') != SIZE_MAX)) {
        return refuse(r, w.at, "a capture is $name or $name:kind");
    }
    for (size_t i = 0; i < countof(kinds); i++) {
        if (str_eq(kind, kinds[i].name)) {
            if (r->out->n_captures == FORM_MAX_CAPTURES) {
                return refuse(r, w.at, "more than %d captures", FORM_MAX_CAPTURES);
            }
            r->out->captures[r->out->n_captures++] = name;
            *out = item_new(r, kinds[i].kind, w.at);
            (*out)->text = name;
            return true;
        }
    }
    return refuse(r, w.at, "unknown kind of capture \"%.*s\"; there are names, type, expr, paren and token",
                  STR_ARG(kind));
}

static bool read_sequence(struct reader *r, struct item **first);

static struct str closing_of(char open)
{
    return open == '[' ? STR("]") : open == '{' ? STR("}") : STR(")");
}

/* [ X ], { A | B } or ( X ), the opening bracket being read. */
static bool read_bracket(struct reader *r, struct word open, struct item **out)
{
    const char c = open.text.p[0];
    const struct str closing = closing_of(c);
    struct item *item = item_new(r, c == '[' ? ITEM_OPTIONAL : c == '{' ? ITEM_CHOICE : ITEM_GROUP, open.at);
    VEC(struct item *) choices = {0};
    if (++r->depth > MAX_DEPTH) {
        return refuse(r, open.at, "nested more than %d deep", MAX_DEPTH);
    }
    for (;;) {
        struct item *first;
        const size_t at = r->at;
        if (!read_sequence(r, &first)) {
            return false;
        }
        if (!first && c != '(') {
            return refuse(r, at, "nothing between the brackets");
        }
        *vec_push(r->a, &choices) = first;
        const struct word w = peek(r);
        if (w.text.n == 0) {
            return refuse(r, open.at, "\"%c\" is never closed", c);
        }
        r->at = w.at + w.text.n;
        if (str_starts(w.text, closing)) {
            item->repeat = w.text.n == 2;
            break;
        }
        if (!str_eq(w.text, STR("|")) || c == '(') {
            return refuse(r, w.at, "\"%.*s\" where \"%.*s\" is awaited", STR_ARG(w.text), STR_ARG(closing));
        }
    }
    if (c == '{' && choices.n == 1 && !item->repeat) {
        return refuse(r, open.at, "{ } with one choice only; write it without");
    }
    r->depth--;
    item->choices = choices.at;
    item->n_choices = choices.n;
    *out = item;
    return true;
}

static bool read_item(struct reader *r, struct word w, struct item **out)
{
    const char c = w.text.p[0];
    if (c == '[' || c == '{' || c == '(') {
        return read_bracket(r, w, out);
    }
    if (c == '$') {
        return read_capture(r, w, out);
    }
    if (c == '!') {
        *out = item_new(r, ITEM_NOT, w.at);
        if (w.text.n == 1) {
            return refuse(r, w.at, "a key word is awaited right behind \"!\"");
        }
        return read_keyword(r, str_slice(w.text, 1, w.text.n), w.at + 1, &(*out)->keyword);
    }
    if (c >= 'A' && c <= 'Z') {
        *out = item_new(r, ITEM_WORD, w.at);
        return read_keyword(r, w.text, w.at, &(*out)->keyword);
    }
    if ((unsigned char)c >= 0x80 && !str_eq(w.text, ELLIPSIS)) {
        return refuse(r, w.at, "a character that no notation has");
    }
    *out = item_new(r, c == '\'' ? ITEM_STRING : str_eq(w.text, ELLIPSIS) ? ITEM_ANY : ITEM_LITERAL, w.at);
    (*out)->text = w.text;
    if (c >= 'a' && c <= 'z' && keyword_find(w.text) != KW_NONE) {
        return refuse(r, w.at, "\"%.*s\" is a key word: write it in upper case", STR_ARG(w.text));
    }
    return true;
}

/* Items up to a closing bracket, a bar or the end; *first is NULL when there are none. */
static bool read_sequence(struct reader *r, struct item **first)
{
    struct item **tail = first;
    *first = NULL;
    for (;;) {
        const struct word w = peek(r);
        if (w.text.n == 0 || strchr("]})|", w.text.p[0])) {
            return true;
        }
        r->at = w.at + w.text.n;
        if (!read_item(r, w, tail)) {
            return false;
        }
        tail = &(*tail)->next;
    }
}

/* The first item is one that every match has: a key word, a parenthesis, or a choice of these. */
static bool begins_well(const struct item *item)
{
    if (!item || item->kind != ITEM_CHOICE || item->repeat) {
        return item && (item->kind == ITEM_WORD || item->kind == ITEM_GROUP);
    }
    for (size_t i = 0; i < item->n_choices; i++) {
        if (!begins_well(item->choices[i])) {
            return false;
        }
    }
    return true;
}

/* The key words that every match of the sequence has, as a mask. */
static void needs_of(const struct item *item, uint64_t mask[2])
{
    for (; item; item = item->next) {
        if (item->kind == ITEM_WORD) {
            keyword_bit_set(mask, item->keyword);
        } else if (item->kind == ITEM_CHOICE || item->kind == ITEM_GROUP) {
            uint64_t all[2] = {UINT64_MAX, UINT64_MAX};
            for (size_t i = 0; i < item->n_choices; i++) {
                uint64_t one[2] = {0, 0};
                needs_of(item->choices[i], one);
                all[0] &= one[0];
                all[1] &= one[1];
            }
            mask[0] |= all[0];
            mask[1] |= all[1];
        }
    }
}

static unsigned bits(const uint64_t mask[2])
{
    return (unsigned)(__builtin_popcountll(mask[0]) + __builtin_popcountll(mask[1]));
}

/* Of the choices that every match makes, the one that says most: its words; every choice of it needs one. */
static void either_of(const struct item *item, uint64_t mask[2])
{
    for (; item; item = item->next) {
        uint64_t all[2] = {0, 0};
        bool each = item->kind == ITEM_CHOICE;
        for (size_t i = 0; each && i < item->n_choices; i++) {
            uint64_t one[2] = {0, 0};
            needs_of(item->choices[i], one);
            each = bits(one) > 0;
            all[0] |= one[0];
            all[1] |= one[1];
        }
        if (each && bits(all) < bits(mask)) {
            mask[0] = all[0];
            mask[1] = all[1];
        }
    }
}

/* The key words that a match of the sequence may begin with. True: it may match nothing, so what follows counts too. */
static bool begins_of(const struct item *item, uint64_t mask[2])
{
    for (; item; item = item->next) {
        bool empty = item->kind == ITEM_OPTIONAL || item->kind == ITEM_NOT;
        switch (item->kind) {
        case ITEM_WORD:
            keyword_bit_set(mask, item->keyword);
            break;
        case ITEM_LITERAL:
        case ITEM_STRING:
        case ITEM_PAREN:
        case ITEM_GROUP:
            keyword_bit_set(mask, KW_NONE);
            break;
        case ITEM_OPTIONAL:
        case ITEM_CHOICE:
            for (size_t i = 0; i < item->n_choices; i++) {
                empty = begins_of(item->choices[i], mask) || empty;
            }
            break;
        case ITEM_NOT:
            break;
        case ITEM_ANY:
        case ITEM_NAME: /* an unreserved key word may be a name */
        case ITEM_NAMES:
        case ITEM_TYPE:
        case ITEM_EXPR:
        case ITEM_TOKEN:
            mask[0] = mask[1] = UINT64_MAX;
            break;
        }
        if (!empty) {
            return false;
        }
    }
    return true;
}

/* The words that may stand second: behind the first word of the whole, or of each first choice. */
static void seconds_of(const struct item *first, const struct item *behind, uint64_t mask[2])
{
    if (first->kind == ITEM_WORD) {
        if (begins_of(first->next, mask) && (!behind || begins_of(behind, mask))) {
            keyword_bit_set(mask, KW_NONE); /* there may be no second */
        }
    } else if (first->kind == ITEM_CHOICE && !behind) {
        for (size_t i = 0; i < first->n_choices; i++) {
            seconds_of(first->choices[i], first->next, mask);
        }
    } else {
        mask[0] = mask[1] = UINT64_MAX;
    }
}

enum status synopsis_translate(struct str notation, struct arena *a, struct pattern *out, size_t *at, struct error *err)
{
    struct reader r = {.text = notation, .a = a, .out = out, .err = err};
    struct item *first;
    struct strbuf regex;
    out->notation = notation;
    out->n_captures = 0;
    bool fine = read_sequence(&r, &first);
    if (fine && r.at < notation.n) {
        fine = refuse(&r, r.at, "\"%c\" closes nothing", notation.p[r.at]);
    }
    if (fine && !first) {
        fine = refuse(&r, 0, "an empty synopsis");
    }
    if (fine && !begins_well(first)) {
        fine = refuse(&r, first->at, "a synopsis begins with a key word");
    }
    if (!fine) {
        *at = r.bad_at;
        return ST_USAGE;
    }
    const struct item *second = first->kind == ITEM_WORD ? first->next : NULL;
    out->first[0] = first->keyword;
    out->first[1] = second && second->kind == ITEM_WORD ? second->keyword : KW_NONE;
    out->needs[0] = out->needs[1] = 0;
    needs_of(first, out->needs);
    out->either[0] = out->either[1] = UINT64_MAX;
    either_of(first, out->either);
    memset(out->begins, 0, sizeof out->begins);
    (void)begins_of(first, out->begins[0]);
    seconds_of(first, NULL, out->begins[1]);
    strbuf_init(&regex, MAX_REGEX);
    synopsis_write(first, &regex);
    out->regex = arena_str(a, strbuf_str(&regex));
    fine = !regex.overflow;
    strbuf_free(&regex);
    *at = 0;
    return fine ? ST_OK : error_set(err, ST_USAGE, "the synopsis is too long");
}
