#include "rules/expr.h"

#include "rules/facts.h"

enum { MAX_DEPTH = 24 };

struct reader {
    struct str text;
    size_t at;       /* behind the current word */
    struct str word; /* current; empty at the end */
    size_t word_at;
    unsigned depth;
    struct arena *a;
    expr_capture_fn *on_capture;
    void *context;
    struct error *err;
    size_t bad_at;
};

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static void advance(struct reader *r)
{
    while (r->at < r->text.n && strchr(" \t\r\n", r->text.p[r->at])) {
        r->at++;
    }
    r->word_at = r->at;
    if (r->at < r->text.n) {
        const char c = r->text.p[r->at++];
        if (c == '$' || is_name(c)) {
            while (r->at < r->text.n && is_name(r->text.p[r->at])) {
                r->at++;
            }
        } else if (strchr("<>!=", c) && r->at < r->text.n && strchr("=>", r->text.p[r->at])) {
            r->at++;
        }
    }
    r->word = str_slice(r->text, r->word_at, r->at);
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

static bool at_word(const struct reader *r, const char *word)
{
    return str_eq(r->word, str_of(word));
}

static bool awaited(struct reader *r, const char *what)
{
    if (r->word.n == 0) {
        return refuse(r, r->word_at, "ends where %s is awaited", what);
    }
    return refuse(r, r->word_at, "\"%.*s\" where %s is awaited", STR_ARG(r->word), what);
}

/* ---- arguments -------------------------------------------------------------------------------------------------- */

static bool read_term(struct reader *r, struct term **out);

/* Does the term serve as an argument of this kind? */
static bool fits(const struct term *t, char kind)
{
    switch (kind) {
    case 'r':
        return t->kind == TERM_CAPTURE || t->kind == TERM_SELECTOR;
    case 'c':
        return t->kind == TERM_CAPTURE;
    default:
        return t->kind == TERM_WORD;
    }
}

static const char *kind_name(char kind)
{
    return kind == 'r' ? "a capture or a selector" : kind == 'c' ? "a capture such as $column" : "a word";
}

/* "( a , b )" if the call has arguments; checked against what it takes. */
static bool read_arguments(struct reader *r, const char *name, const char *takes, const struct term **arguments,
                           unsigned *n)
{
    const size_t call_at = r->word_at;
    const char *optional = strchr(takes, '?');
    const size_t least = optional ? (size_t)(optional - takes) : strlen(takes);
    char kinds[CALL_MAX_ARGUMENTS + 1] = "";
    for (const char *p = takes; *p; p++) {
        if (*p != '?') {
            kinds[strlen(kinds)] = *p;
        }
    }
    *n = 0;
    if (at_word(r, "(")) {
        do {
            advance(r);
            const size_t at = r->word_at;
            struct term *t;
            if (!read_term(r, &t)) {
                return false;
            }
            if (*n == strlen(kinds)) {
                return refuse(r, at, "%s takes %zu argument%s", name, strlen(kinds), strlen(kinds) == 1 ? "" : "s");
            }
            if (!fits(t, kinds[*n])) {
                return refuse(r, at, "argument %u of %s is to be %s", *n + 1, name, kind_name(kinds[*n]));
            }
            arguments[(*n)++] = t;
        } while (at_word(r, ","));
        if (!at_word(r, ")")) {
            return awaited(r, "\",\" or \")\"");
        }
        advance(r);
    }
    return *n >= least || refuse(r, call_at, "%s needs %zu argument%s", name, least, least == 1 ? "" : "s");
}

static bool read_number(struct reader *r, int64_t *n)
{
    if (!str_to_i64(r->word, 0, INT64_MAX, n)) {
        return awaited(r, "a number");
    }
    advance(r);
    return true;
}

static bool read_term(struct reader *r, struct term **out)
{
    struct term *t = *out = arena_new(r->a, struct term);
    if (++r->depth > MAX_DEPTH) {
        return refuse(r, r->word_at, "nested more than %d deep", MAX_DEPTH);
    }
    t->text = r->word;
    if (r->word.n > 1 && r->word.p[0] == '$') {
        t->kind = TERM_CAPTURE;
        t->text = str_slice(r->word, 1, r->word.n);
        if (r->on_capture) {
            r->on_capture(r->context, t->text, r->word_at);
        }
        advance(r);
    } else if (r->word.n > 0 && r->word.p[0] >= '0' && r->word.p[0] <= '9') {
        t->kind = TERM_NUMBER;
        if (!read_number(r, &t->number)) {
            return false;
        }
    } else if (r->word.n > 0 && is_name(r->word.p[0])) {
        const size_t at = r->word_at;
        advance(r);
        t->selector = selector_find(t->text);
        t->kind = t->selector ? TERM_SELECTOR : TERM_WORD;
        if (t->selector &&
            !read_arguments(r, t->selector->name, t->selector->arguments, t->arguments, &t->n_arguments)) {
            return false;
        }
        if (!t->selector && at_word(r, "(")) {
            return refuse(r, at, "unknown selector \"%.*s\"", STR_ARG(t->text));
        }
    } else {
        return awaited(r, "an argument");
    }
    r->depth--;
    return true;
}

/* ---- expressions ------------------------------------------------------------------------------------------------ */

static bool read_or(struct reader *r, const struct expr **out);

static struct expr *expr_new(struct reader *r, enum expr_kind kind)
{
    struct expr *e = arena_new(r->a, struct expr);
    e->kind = kind;
    return e;
}

static void suggest_predicate(struct reader *r, struct str name)
{
    struct str best = STR_NONE;
    unsigned distance = 3;
    for (size_t i = 0; predicate_at(i); i++) {
        const struct str candidate = str_of(predicate_at(i)->name);
        const unsigned d = str_distance(name, candidate);
        if (d < distance) {
            distance = d;
            best = candidate;
        }
    }
    if (best.n > 0) {
        error_hint(r->err, "Did you mean \"%.*s\"?", STR_ARG(best));
    }
}

static bool read_comparison(struct reader *r, struct expr *e)
{
    static const char *const signs[] = {"<", "<=", "=", "<>", ">=", ">"};
    for (size_t i = 0; i < countof(signs); i++) {
        if (at_word(r, signs[i]) || (i == CMP_NE && at_word(r, "!="))) {
            e->kind = EXPR_COMPARE;
            e->comparison = (enum comparison)i;
            advance(r);
            return read_number(r, &e->number);
        }
    }
    return awaited(r, "a comparison");
}

static bool read_call(struct reader *r, const struct expr **out)
{
    const struct str name = r->word;
    const size_t at = r->word_at;
    struct expr *e = expr_new(r, EXPR_CALL);
    *out = e;
    e->predicate = predicate_find(name);
    if (!e->predicate) {
        refuse(r, at, "unknown predicate \"%.*s\"", STR_ARG(name));
        suggest_predicate(r, name);
        return false;
    }
    advance(r);
    if (!read_arguments(r, e->predicate->name, e->predicate->arguments, e->arguments, &e->n_arguments)) {
        return false;
    }
    if (!e->predicate->holds) {
        return read_comparison(r, e);
    }
    return true;
}

static bool read_primary(struct reader *r, const struct expr **out)
{
    if (++r->depth > MAX_DEPTH) {
        return refuse(r, r->word_at, "nested more than %d deep", MAX_DEPTH);
    }
    bool fine = true;
    if (at_word(r, "not") || at_word(r, "surely")) {
        struct expr *e = expr_new(r, at_word(r, "not") ? EXPR_NOT : EXPR_SURELY);
        *out = e;
        advance(r);
        fine = read_primary(r, &e->left);
    } else if (at_word(r, "(")) {
        advance(r);
        fine = read_or(r, out) && (at_word(r, ")") || awaited(r, "\")\""));
        advance(r);
    } else if (at_word(r, "yes") || at_word(r, "no")) {
        *out = expr_new(r, at_word(r, "yes") ? EXPR_YES : EXPR_NO);
        advance(r);
    } else if (r->word.n > 0 && is_name(r->word.p[0])) {
        fine = read_call(r, out);
    } else {
        fine = awaited(r, "a predicate");
    }
    r->depth--;
    return fine;
}

static bool read_chain(struct reader *r, const char *word, enum expr_kind kind,
                       bool (*operand)(struct reader *, const struct expr **), const struct expr **out)
{
    if (!operand(r, out)) {
        return false;
    }
    while (at_word(r, word)) {
        struct expr *e = expr_new(r, kind);
        e->left = *out;
        *out = e;
        advance(r);
        if (!operand(r, &e->right)) {
            return false;
        }
    }
    return true;
}

static bool read_and(struct reader *r, const struct expr **out)
{
    return read_chain(r, "and", EXPR_AND, read_primary, out);
}

static bool read_or(struct reader *r, const struct expr **out)
{
    return read_chain(r, "or", EXPR_OR, read_and, out);
}

enum status expr_parse(struct str text, struct arena *a, expr_capture_fn *on_capture, void *context,
                       const struct expr **out, size_t *at, struct error *err)
{
    struct reader r = {.text = text, .a = a, .on_capture = on_capture, .context = context, .err = err};
    advance(&r);
    if (read_or(&r, out) && (r.word.n == 0 || awaited(&r, "the end, \"and\" or \"or\""))) {
        return ST_OK;
    }
    *at = r.bad_at;
    return ST_USAGE;
}

enum status term_parse(struct str text, struct arena *a, expr_capture_fn *on_capture, void *context,
                       const struct term **out, size_t *at, struct error *err)
{
    struct reader r = {.text = text, .a = a, .on_capture = on_capture, .context = context, .err = err};
    struct term *t;
    advance(&r);
    if (!read_term(&r, &t) || (r.word.n != 0 && !awaited(&r, "the end"))) {
        *at = r.bad_at;
        return ST_USAGE;
    }
    if (!fits(t, 'r')) {
        *at = 0;
        return error_set(err, ST_USAGE, "\"%.*s\" is neither a capture nor a selector", STR_ARG(text));
    }
    *out = t;
    return ST_OK;
}

/* ---- evaluation ------------------------------------------------------------------------------------------------- */

static bool compare(int64_t a, enum comparison c, int64_t b)
{
    switch (c) {
    case CMP_LT:
        return a < b;
    case CMP_LE:
        return a <= b;
    case CMP_EQ:
        return a == b;
    case CMP_NE:
        return a != b;
    case CMP_GE:
        return a >= b;
    case CMP_GT:
        break;
    }
    return a > b;
}

static enum tri call(struct eval *e, const struct expr *x)
{
    const struct call arguments = {x->arguments, x->n_arguments};
    enum tri answer;
    int64_t n;
    if (x->kind == EXPR_CALL) {
        answer = x->predicate->holds(e, arguments);
    } else {
        answer = x->predicate->number(e, arguments, &n);
        if (answer == TRI_YES) {
            answer = tri_of(compare(n, x->comparison, x->number));
        }
    }
    if (answer == TRI_UNKNOWN && e->unknown_of.n == 0) {
        e->unknown_of = str_of(x->predicate->name);
    }
    return answer;
}

enum tri expr_eval(struct eval *e, const struct expr *x)
{
    enum tri left;
    switch (x->kind) {
    case EXPR_YES:
        return TRI_YES;
    case EXPR_NO:
        return TRI_NO;
    case EXPR_AND:
        left = expr_eval(e, x->left);
        return left == TRI_NO ? left : tri_and(left, expr_eval(e, x->right));
    case EXPR_OR:
        left = expr_eval(e, x->left);
        return left == TRI_YES ? left : tri_or(left, expr_eval(e, x->right));
    case EXPR_NOT:
        return tri_not(expr_eval(e, x->left));
    case EXPR_SURELY:
        left = expr_eval(e, x->left);
        return left == TRI_UNKNOWN ? TRI_NO : left;
    case EXPR_CALL:
    case EXPR_COMPARE:
        break;
    }
    return call(e, x);
}
