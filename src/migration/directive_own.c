#include "migration/directive_own.h"

#include "sql/lex.h"

static const char *const names[] = {
    [DIRECTIVE_ALLOW] = "allow", [DIRECTIVE_ALLOW_FILE] = "allow-file", [DIRECTIVE_BACKFILL] = "backfill",
    [DIRECTIVE_WHOLE] = "whole", [DIRECTIVE_SHADOW] = "shadow",         [DIRECTIVE_TIMEOUT] = "timeout",
};

const char *directive_name(enum directive_kind kind)
{
    return (size_t)kind < countof(names) ? names[kind] : "ignore";
}

/* Where one directive is being read. */
struct reader {
    struct str text;
    uint32_t at, end; /* what is left of the directive */
    struct arena *a;
    struct directive *d;
    const char *name;
    uint32_t *err_at;
    struct error *err;
};

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The next word; blanks within "double quotes" belong to it. Empty at the end. */
static struct str next_word(struct reader *r)
{
    bool quoted = false;
    while (r->at < r->end && is_space(r->text.p[r->at])) {
        r->at++;
    }
    const uint32_t start = r->at;
    while (r->at < r->end && (quoted || !is_space(r->text.p[r->at]))) {
        quoted ^= r->text.p[r->at] == '"';
        r->at++;
    }
    return str_slice(r->text, start, r->at);
}

static uint32_t offset_of(const struct reader *r, struct str part)
{
    return (uint32_t)(part.p - r->text.p);
}

/* error_set() with the place; the caller adds the hint. */
#define REFUSE(r, where, ...) (*(r)->err_at = (where), (void)error_set((r)->err, ST_USAGE, __VA_ARGS__))

/* ---- because REASON ------------------------------------------------------------------------------------------- */

static struct str rest_of(const struct reader *r)
{
    return str_trim(str_slice(r->text, r->at, r->end));
}

/* Offset of the word "because" in s, or SIZE_MAX. */
static size_t find_because(struct str s)
{
    for (size_t i = 0; i + 7 <= s.n; i++) {
        if (str_starts_nocase(str_slice(s, i, s.n), STR("because")) && (i == 0 || is_space(s.p[i - 1])) &&
            (i + 7 == s.n || is_space(s.p[i + 7]))) {
            return i;
        }
    }
    return SIZE_MAX;
}

static bool is_rule_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.' || c == '/';
}

static bool is_rule_name(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_rule_char(s.p[i])) {
            return false;
        }
    }
    return s.n > 0;
}

static enum status read_allow(struct reader *r)
{
    struct str rest = rest_of(r), part;
    const size_t because = find_because(rest);
    r->d->reason = because == SIZE_MAX ? STR_NONE : str_trim(str_slice(rest, because + 7, rest.n));
    rest = str_trim(str_slice(rest, 0, because));
    if (rest.n == 0) {
        REFUSE(r, r->d->start, "migrate:%s names no rule", r->name);
        error_hint(r->err, "write: -- migrate:%s RULE because REASON", r->name);
        return ST_USAGE;
    }
    while (str_next(&rest, ',', &part)) {
        const struct str rule = str_trim(part);
        if (!is_rule_name(rule)) {
            REFUSE(r, offset_of(r, rule), "\"%.*s\" is not a rule's name", STR_ARG(rule));
            error_hint(r->err, "separate rules by commas, and give the reason behind the word because");
            return ST_USAGE;
        }
        *vec_push(r->a, &r->d->rules) = rule;
    }
    return ST_OK;
}

static enum status read_whole(struct reader *r)
{
    const struct str rest = rest_of(r);
    if (rest.n > 0 && find_because(rest) != 0) {
        REFUSE(r, offset_of(r, rest), "migrate:whole takes nothing but a reason");
        error_hint(r->err, "write: -- migrate:whole because REASON");
        return ST_USAGE;
    }
    r->d->reason = str_trim(str_slice(rest, 7, rest.n));
    return ST_OK;
}

/* ---- key=value options ---------------------------------------------------------------------------------------- */

static enum status refuse_value(struct reader *r, struct str key, struct str value, const char *form)
{
    REFUSE(r, offset_of(r, value), "%.*s=%.*s of migrate:%s cannot be read", STR_ARG(key), STR_ARG(value), r->name);
    error_hint(r->err, "%.*s= takes %s", STR_ARG(key), form);
    return ST_USAGE;
}

static enum status read_number(struct reader *r, struct str key, struct str value, struct str suffix, int64_t max,
                               const char *form, int64_t *out)
{
    const struct str digits = str_ends(value, suffix) ? str_slice(value, 0, value.n - suffix.n) : value;
    return str_to_i64(digits, 1, max, out) ? ST_OK : refuse_value(r, key, value, form);
}

static enum status read_duration(struct reader *r, struct str key, struct str value, int64_t *out)
{
    return duration_parse(value, out) ? ST_OK
                                      : refuse_value(r, key, value, "a duration such as 250ms, 2s, 5min, 1h or 7d");
}

/* name[,name]: as the server reads identifiers. */
static enum status read_names(struct reader *r, struct str key, struct str value, struct str_list *out)
{
    struct lexer lx;
    lex_init(&lx, value, false);
    for (;;) {
        const struct token name = lex_next(&lx);
        if (name.kind != TOK_WORD && name.kind != TOK_QUOTED) {
            break;
        }
        *vec_push(r->a, out) = token_name(r->a, value, name);
        const struct token comma = lex_next(&lx);
        if (comma.kind == TOK_END) {
            return ST_OK;
        }
        if (comma.kind != TOK_SELF || comma.keyword != ',') {
            break;
        }
    }
    return refuse_value(r, key, value, "names with commas and no blanks between, \"quoted\" where SQL wants it");
}

/* word[,word]: what is allowed, for the planner to know or not. */
static enum status read_words(struct reader *r, struct str key, struct str value, struct str_list *out)
{
    struct str rest = value, word;
    while (str_next(&rest, ',', &word)) {
        if (!is_rule_name(word)) {
            return refuse_value(r, key, value, "words with commas and no blanks between");
        }
        char *lower = arena_cstr(r->a, word);
        for (size_t i = 0; i < word.n; i++) {
            lower[i] = (char)(lower[i] | (lower[i] >= 'A' && lower[i] <= 'Z' ? 0x20 : 0));
        }
        *vec_push(r->a, out) = str_of(lower);
    }
    return value.n > 0 ? ST_OK : refuse_value(r, key, value, "words with commas and no blanks between");
}

static enum status read_batch(struct reader *r, struct str key, struct str value)
{
    return str_eq(value, STR("auto"))
               ? ST_OK
               : read_number(r, key, value, STR(""), 1000000000, "rows from 1 to 1000000000, or auto", &r->d->batch);
}

/* One option of the directive; *known is false when it has none of this name. */
static enum status read_option(struct reader *r, struct str key, struct str value, bool *known)
{
    const enum directive_kind kind = r->d->kind;
    if (kind == DIRECTIVE_BACKFILL && str_eq(key, STR("key"))) {
        return read_names(r, key, value, &r->d->key);
    }
    if (kind == DIRECTIVE_BACKFILL && str_eq(key, STR("allow"))) {
        return read_words(r, key, value, &r->d->allow);
    }
    if (kind == DIRECTIVE_BACKFILL && str_eq(key, STR("batch"))) {
        return read_batch(r, key, value);
    }
    if (kind == DIRECTIVE_BACKFILL && str_eq(key, STR("rate"))) {
        return read_number(r, key, value, STR("/s"), 1000000000, "rows per second, for example rate=5000/s",
                           &r->d->rate);
    }
    if (kind == DIRECTIVE_BACKFILL && str_eq(key, STR("workers"))) {
        return read_number(r, key, value, STR(""), 64, "a number from 1 to 64", &r->d->workers);
    }
    if (kind == DIRECTIVE_BACKFILL && str_eq(key, STR("max_bad_rows"))) {
        return read_number(r, key, value, STR(""), 1000000000, "a number of rows", &r->d->max_bad_rows);
    }
    if (kind == DIRECTIVE_SHADOW && str_eq(key, STR("keep-old"))) {
        return read_duration(r, key, value, &r->d->keep_old_ms);
    }
    if (kind == DIRECTIVE_TIMEOUT && str_eq(key, STR("lock"))) {
        return read_duration(r, key, value, &r->d->lock_ms);
    }
    if (kind == DIRECTIVE_TIMEOUT && str_eq(key, STR("statement"))) {
        return read_duration(r, key, value, &r->d->statement_ms);
    }
    *known = false;
    return ST_OK;
}

static const char *const backfill_options[] = {"key", "batch", "rate", "workers", "max_bad_rows", "allow", NULL};
static const char *const shadow_options[] = {"keep-old", NULL};
static const char *const timeout_options[] = {"lock", "statement", NULL};

static const char *const *options_of(enum directive_kind kind)
{
    return kind == DIRECTIVE_BACKFILL ? backfill_options : kind == DIRECTIVE_SHADOW ? shadow_options : timeout_options;
}

static enum status refuse_option(struct reader *r, struct str word, struct str key)
{
    const char *const *options = options_of(r->d->kind);
    char list[128] = "";
    size_t n = 0, used = 0;
    for (; options[n]; n++) {
        used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s=", n ? ", " : "", options[n]);
    }
    const char *near = str_closest(key, options, n);
    REFUSE(r, offset_of(r, word), "migrate:%s has no option \"%.*s\"", r->name, STR_ARG(word));
    if (near) {
        error_hint(r->err, "did you mean %s=?", near);
    } else {
        error_hint(r->err, "it has %s", list);
    }
    return ST_USAGE;
}

static enum status read_options(struct reader *r)
{
    struct str word;
    unsigned seen = 0; /* a bit per option */
    while ((word = next_word(r)).n > 0) {
        const size_t equals = str_find_char(word, '=');
        const struct str key = str_slice(word, 0, equals), value = str_slice(word, key.n + 1, word.n);
        const char *const *options = options_of(r->d->kind);
        bool known = equals != SIZE_MAX;
        const enum status status = known ? read_option(r, key, value, &known) : ST_OK;
        if (status || !known) {
            return status ? status : refuse_option(r, word, key);
        }
        for (unsigned i = 0; options[i]; i++) {
            if (str_eq(key, str_of(options[i])) && (seen & (1u << i))) {
                REFUSE(r, offset_of(r, word), "%s= of migrate:%s is said twice", options[i], r->name);
                error_hint(r->err, "leave one of them");
                return ST_USAGE;
            }
            seen |= str_eq(key, str_of(options[i])) ? 1u << i : 0;
        }
    }
    if (r->d->kind == DIRECTIVE_TIMEOUT && seen == 0) {
        REFUSE(r, r->d->start, "migrate:timeout says no time");
        error_hint(r->err, "write for example: -- migrate:timeout lock=2s statement=30s");
        return ST_USAGE;
    }
    return ST_OK;
}

/* ---- one comment ---------------------------------------------------------------------------------------------- */

static int kind_of(struct str name)
{
    for (size_t i = 0; i < countof(names); i++) {
        if (str_eq(name, str_of(names[i]))) {
            return (int)i;
        }
    }
    return -1;
}

static enum status refuse_unknown(struct reader *r, struct str name)
{
    static const char *const known[] = {"up", "down", "allow", "allow-file", "backfill", "whole", "shadow", "timeout"};
    const char *near = str_closest(name, known, countof(known));
    REFUSE(r, r->d->start, "unknown directive \"migrate:%.*s\"", STR_ARG(name));
    if (near) {
        error_hint(r->err, "did you mean migrate:%s?", near);
    } else {
        error_hint(
            r->err,
            "there are migrate:allow, allow-file, backfill, whole, shadow and timeout, and the markers up and down");
    }
    return ST_USAGE;
}

/*
 * Read the name behind "migrate:" into r->d->kind. *skip: this comment is a marker, or prose that happens to begin so.
 * `exact`: "migrate:" stands as it should; otherwise its case or its blanks are off, and a known name behind it is an error.
 */
static enum status read_name(struct reader *r, bool exact, bool *skip)
{
    const bool blank = r->at < r->end && is_space(r->text.p[r->at]);
    const struct str name = next_word(r);
    char lower[16] = "";
    for (size_t i = 0; i < name.n && i + 1 < sizeof(lower); i++) {
        lower[i] = (char)(name.p[i] | (name.p[i] >= 'A' && name.p[i] <= 'Z' ? 0x20 : 0));
    }
    const int kind = kind_of(exact && !blank ? name : str_of(lower));
    *skip = str_eq_nocase(name, STR("up")) || str_eq_nocase(name, STR("down"));
    if (*skip) {
        return ST_OK;
    }
    if (exact && !blank && name.n > 0) {
        if (kind < 0) {
            return refuse_unknown(r, name);
        }
        r->d->kind = (enum directive_kind)kind;
        r->name = names[kind];
        return ST_OK;
    }
    *skip = kind < 0;
    if (kind >= 0) {
        REFUSE(r, r->d->start, "misspelt directive \"%.*s\"", STR_ARG(str_slice(r->text, r->d->start, r->at)));
        error_hint(r->err, "write \"migrate:%s\", in lower case and without blanks", names[kind]);
    }
    return kind >= 0 ? ST_USAGE : ST_OK;
}

enum status directive_read_own(struct str text, struct arena *a, struct directive *d, bool *skip, uint32_t *at,
                               struct error *err)
{
    const struct str body = str_slice(text, d->start, d->end);
    const uint32_t behind_colon = d->start + (uint32_t)str_find_char(body, ':') + 1;
    struct reader r = {.text = text, .at = behind_colon, .end = d->end, .a = a, .d = d, .err_at = at, .err = err};
    const enum status status = read_name(&r, str_starts(body, STR("migrate:")), skip);
    if (status || *skip) {
        return status;
    }
    switch (d->kind) {
    case DIRECTIVE_ALLOW:
    case DIRECTIVE_ALLOW_FILE:
        return read_allow(&r);
    case DIRECTIVE_WHOLE:
        return read_whole(&r);
    default:
        return read_options(&r);
    }
}

bool directive_is_own(struct str body)
{
    if (!str_starts_nocase(body, STR("migrate"))) {
        return false;
    }
    const struct str rest = str_trim(str_slice(body, STR("migrate").n, body.n));
    return rest.n > 0 && rest.p[0] == ':';
}
