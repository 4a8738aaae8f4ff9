#include "rules/synopsis_scan.h"

#include "sql/keyword.h"

/* ---- bytes ------------------------------------------------------------------------------------------------------ */

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The first byte of a bare name. */
static bool is_start(char c)
{
    return (c >= 'a' && c <= 'z') || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_part(char c)
{
    return is_start(c) || is_digit(c) || c == '$';
}

/* ---- tokens ----------------------------------------------------------------------------------------------------- */

static size_t scan_quoted(struct str text, size_t at)
{
    if (at >= text.n || text.p[at] != '"') {
        return SCAN_NONE;
    }
    for (at++; at < text.n; at++) {
        if (text.p[at] != '"') {
            continue;
        }
        if (at + 1 == text.n || text.p[at + 1] != '"') {
            return at + 1;
        }
        at++; /* a doubled one */
    }
    return SCAN_NONE;
}

size_t scan_parenthesis(struct str text, size_t at)
{
    size_t depth = 0;
    if (at >= text.n || text.p[at] != '(') {
        return SCAN_NONE;
    }
    while (at < text.n) {
        const char c = text.p[at];
        if (c == '"') {
            at = scan_quoted(text, at);
            if (at == SCAN_NONE) {
                return SCAN_NONE;
            }
            continue;
        }
        at++;
        depth += c == '(';
        depth -= c == ')';
        if (depth == 0) {
            return at;
        }
    }
    return SCAN_NONE;
}

size_t scan_token(struct str text, size_t at)
{
    const size_t start = at;
    while (at < text.n && text.p[at] != ' ') {
        const size_t end = text.p[at] == '"' ? scan_quoted(text, at) : at + 1;
        if (end == SCAN_NONE) {
            break;
        }
        at = end;
    }
    return at > start ? at : SCAN_NONE;
}

size_t scan_unit(struct str text, size_t at)
{
    const size_t start = at;
    while (at < text.n && text.p[at] != ' ' && text.p[at] != ')') {
        const char c = text.p[at];
        const size_t end = c == '"' ? scan_quoted(text, at) : c == '(' ? scan_parenthesis(text, at) : at + 1;
        if (end == SCAN_NONE) {
            break;
        }
        at = end;
    }
    return at > start ? at : SCAN_NONE;
}

/* ---- names ------------------------------------------------------------------------------------------------------ */

static bool may_name(struct str word)
{
    const enum keyword_category category = keyword_category(keyword_find(word));
    return category != KW_RESERVED && category != KW_TYPE_FUNC_NAME;
}

static size_t scan_first_part(struct str text, size_t at)
{
    const size_t start = at;
    if (at >= text.n) {
        return SCAN_NONE;
    }
    if (is_start(text.p[at])) {
        while (at < text.n && is_part(text.p[at])) {
            at++;
        }
        return at;
    }
    if (!is_upper(text.p[at])) {
        return scan_quoted(text, at);
    }
    while (at < text.n && (is_upper(text.p[at]) || is_digit(text.p[at]) || text.p[at] == '_')) {
        at++;
    }
    return may_name(str_slice(text, start, at)) ? at : SCAN_NONE;
}

/* Behind a dot any key word is a name. */
static size_t scan_next_part(struct str text, size_t at)
{
    if (at >= text.n || !(is_start(text.p[at]) || is_upper(text.p[at]))) {
        return scan_quoted(text, at);
    }
    while (at < text.n && (is_part(text.p[at]) || is_upper(text.p[at]))) {
        at++;
    }
    return at;
}

size_t scan_name(struct str text, size_t at)
{
    size_t end = scan_first_part(text, at), next = end;
    while (next != SCAN_NONE) {
        end = next;
        next = end < text.n && text.p[end] == '.' ? scan_next_part(text, end + 1) : SCAN_NONE;
    }
    return end;
}

size_t scan_written_name(struct str text, size_t at)
{
    size_t end = at;
    if (at < text.n && ((text.p[at] >= 'a' && text.p[at] <= 'z') || text.p[at] == '_')) {
        while (end < text.n && ((text.p[end] >= 'a' && text.p[end] <= 'z') || is_digit(text.p[end]) ||
                                text.p[end] == '_' || text.p[end] == '.')) {
            end++;
        }
    }
    return end > at && scan_edge(text, end) ? end : scan_name(text, at);
}

size_t scan_star(struct str text, size_t at)
{
    return scan_is(text, at, STR("*")) && scan_edge(text, at + 1) ? at + 1 : SCAN_NONE;
}

static size_t pass(struct str text, size_t at, struct str what)
{
    return scan_is(text, at, what) ? at + what.n : at;
}

static size_t scan_listed(struct str text, size_t at)
{
    const size_t end = scan_name(text, pass(text, at, STR("ONLY ")));
    return end == SCAN_NONE ? end : pass(text, end, STR(" *"));
}

size_t scan_names(struct str text, size_t at)
{
    size_t end = scan_listed(text, at), next = end;
    while (next != SCAN_NONE) {
        end = next;
        next = scan_is(text, end, STR(" , ")) ? scan_listed(text, end + 3) : SCAN_NONE;
    }
    return end;
}

/* ---- types ------------------------------------------------------------------------------------------------------ */

/* The word, when it ends as one: neither a longer name nor the first part of one, nor a parameter or quoted. */
static size_t scan_word(struct str text, size_t at, struct str word)
{
    if (at == SCAN_NONE || !scan_is(text, at, word)) {
        return SCAN_NONE;
    }
    at += word.n;
    const char c = at < text.n ? text.p[at] : ' ';
    const bool goes_on =
        is_upper(c) || is_digit(c) || (c >= 'a' && c <= 'z') || c == '_' || c == '$' || c == '.' || c == '"';
    return goes_on ? SCAN_NONE : at;
}

static size_t first_of(struct str text, size_t at, const struct str *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const size_t end = scan_word(text, at, words[i]);
        if (end != SCAN_NONE) {
            return end;
        }
    }
    return SCAN_NONE;
}

/* " ( 10 , 2 )", if it is there. */
static size_t pass_modifier(struct str text, size_t at)
{
    const size_t end = at < text.n && text.p[at] == ' ' ? scan_parenthesis(text, at + 1) : SCAN_NONE;
    return end == SCAN_NONE ? at : end;
}

/* " YEAR TO MONTH", if it is there. */
static size_t pass_fields(struct str text, size_t at)
{
    static const struct str from[] = {STR_INIT(" YEAR"), STR_INIT(" MONTH"),  STR_INIT(" DAY"),
                                      STR_INIT(" HOUR"), STR_INIT(" MINUTE"), STR_INIT(" SECOND")};
    static const struct str to[] = {STR_INIT(" TO MONTH"), STR_INIT(" TO HOUR"), STR_INIT(" TO MINUTE"),
                                    STR_INIT(" TO SECOND")};
    size_t end = at;
    for (size_t i = 0; end == at && i < countof(from); i++) {
        end = pass(text, at, from[i]);
    }
    for (size_t i = 0, behind = end; end > at && end == behind && i < countof(to); i++) {
        end = pass(text, behind, to[i]);
    }
    return end;
}

/* The types whose names are several words, or have something of their own behind them. */
static size_t scan_built_in(struct str text, size_t at)
{
    static const struct str texts[] = {STR_INIT("NATIONAL CHARACTER"), STR_INIT("NATIONAL CHAR"), STR_INIT("CHARACTER"),
                                       STR_INIT("CHAR"), STR_INIT("BIT")};
    static const struct str times[] = {STR_INIT("TIMESTAMP"), STR_INIT("TIME")};
    size_t end = scan_word(text, at, STR("DOUBLE PRECISION"));
    if (end != SCAN_NONE) {
        return end;
    }
    if ((end = first_of(text, at, texts, countof(texts))) != SCAN_NONE) {
        return pass_modifier(text, pass(text, end, STR(" VARYING")));
    }
    if ((end = first_of(text, at, times, countof(times))) != SCAN_NONE) {
        end = pass_modifier(text, end);
        const size_t with = pass(text, end, STR(" WITH TIME ZONE"));
        return with > end ? with : pass(text, end, STR(" WITHOUT TIME ZONE"));
    }
    end = scan_word(text, at, STR("INTERVAL"));
    return end == SCAN_NONE ? end : pass_modifier(text, pass_fields(text, end));
}

/* A name; %TYPE behind it; its modifiers. */
static size_t scan_named_type(struct str text, size_t at)
{
    size_t end = scan_name(text, at);
    if (end == SCAN_NONE) {
        return end;
    }
    const size_t percent = pass(text, pass(text, end, STR(" ")), STR("%"));
    if (percent > end && text.p[percent - 1] == '%') {
        const size_t name = pass(text, percent, STR(" "));
        end = scan_is(text, name, STR("TYPE")) ? name + 4 : end;
    }
    return pass_modifier(text, end);
}

/* "[3]" or " [3]"; SCAN_NONE: there is none. */
static size_t scan_bound(struct str text, size_t at)
{
    at = pass(text, at, STR(" "));
    const size_t closing =
        at < text.n && text.p[at] == '[' ? str_find_char(str_slice(text, at, text.n), ']') : SIZE_MAX;
    return closing == SIZE_MAX ? SCAN_NONE : at + closing + 1;
}

static size_t pass_bounds(struct str text, size_t at)
{
    const size_t start = at;
    for (size_t next; (next = scan_bound(text, at)) != SCAN_NONE;) {
        at = next;
    }
    const size_t array = at == start ? scan_word(text, at, STR(" ARRAY")) : SCAN_NONE;
    if (array != SCAN_NONE) {
        const size_t bound = scan_bound(text, array);
        at = bound == SCAN_NONE ? array : bound;
    }
    return at;
}

static size_t scan_one_type(struct str text, size_t at)
{
    const size_t end = scan_built_in(text, at);
    return end == SCAN_NONE ? scan_named_type(text, at) : end;
}

size_t scan_type(struct str text, size_t at)
{
    const size_t set = pass(text, at, STR("SETOF "));
    size_t end = scan_one_type(text, set);
    if (end == SCAN_NONE && set > at) {
        end = scan_one_type(text, at); /* a type of that name */
    }
    return end == SCAN_NONE ? end : pass_bounds(text, end);
}
