#include "rules/formula.h"

enum { MAX_DEPTH = 64 };

/* ---- making --------------------------------------------------------------------------------------------------------- */

static struct formula *make(struct arena *a, struct formula f)
{
    struct formula *made = arena_new(a, struct formula);
    *made = f;
    return made;
}

struct formula *formula_compare(struct arena *a, struct str operand, enum comparing op, struct str value)
{
    return make(a, (struct formula){.kind = FORMULA_COMPARE, .operand = operand, .op = op, .value = value});
}

struct formula *formula_null(struct arena *a, struct str operand, bool is_null)
{
    return make(a, (struct formula){.kind = is_null ? FORMULA_NULL : FORMULA_NOT_NULL, .operand = operand});
}

struct formula *formula_join(struct arena *a, bool all, struct formula *x, struct formula *y)
{
    const int kind = all ? FORMULA_AND : FORMULA_OR;
    struct formula *joined = make(a, (struct formula){.kind = kind});
    struct formula *const both[] = {x, y};
    for (size_t i = 0; i < countof(both); i++) {
        const struct formula *f = both[i];
        for (size_t k = 0; f && (int)f->kind == kind && k < f->parts.n; k++) {
            *vec_push(a, &joined->parts) = f->parts.at[k];
        }
        if (f && (int)f->kind != kind) {
            *vec_push(a, &joined->parts) = both[i];
        }
    }
    return joined;
}

static enum comparing opposite(enum comparing op)
{
    static const enum comparing of[] = {IS_AT_LEAST, IS_GREATER, IS_OTHER, IS_LESS, IS_AT_MOST, IS_EQUAL};
    return of[op];
}

static enum comparing turned(enum comparing op)
{
    static const enum comparing of[] = {IS_GREATER, IS_AT_LEAST, IS_EQUAL, IS_AT_MOST, IS_LESS, IS_OTHER};
    return of[op];
}

struct formula *formula_not(struct arena *a, const struct formula *f)
{
    struct formula *n = make(a, *f);
    switch (f->kind) {
    case FORMULA_AND:
    case FORMULA_OR:
        n->kind = f->kind == FORMULA_AND ? FORMULA_OR : FORMULA_AND;
        n->parts.n = n->parts.cap = 0;
        n->parts.at = NULL;
        for (size_t i = 0; i < f->parts.n; i++) {
            *vec_push(a, &n->parts) = formula_not(a, f->parts.at[i]);
        }
        break;
    case FORMULA_COMPARE:
        n->op = opposite(f->op);
        break;
    case FORMULA_NULL:
    case FORMULA_NOT_NULL:
        n->kind = f->kind == FORMULA_NULL ? FORMULA_NOT_NULL : FORMULA_NULL;
        break;
    case FORMULA_TEXT:
        n->text = arena_printf(a, "NOT ( %.*s )", STR_ARG(f->text));
        break;
    }
    return n;
}

/* ---- constants -------------------------------------------------------------------------------------------------------- */

static bool is_self(const struct statement *st, size_t i, char c)
{
    return expression_is_self(st, i, c);
}

static bool is_string(const struct statement *st, size_t i)
{
    const enum token_kind kind = (enum token_kind)st->tokens[i].kind;
    return kind == TOK_STRING || kind == TOK_ESTRING || kind == TOK_DOLLAR;
}

struct str constant_read(struct arena *a, struct str text, const struct statement *st, size_t first, size_t last)
{
    struct span s = expression_strip(st, first, last);
    for (size_t i = s.first; i < s.last; i++) {
        if (st->tokens[i].kind == TOK_TYPECAST) { /* a type is all that can stand behind it */
            return constant_read(a, text, st, s.first, i);
        }
    }
    if (s.last == s.first) {
        return STR_NONE;
    }
    if (is_string(st, s.last - 1)) { /* DATE '…', timestamp with time zone '…' */
        bool type = true;
        for (size_t i = s.first; i + 1 < s.last; i++) {
            type = type && st->tokens[i].kind == TOK_WORD;
        }
        return type ? token_text(text, st->tokens[s.last - 1]) : STR_NONE;
    }
    const bool minus = is_self(st, s.first, '-');
    const size_t at = s.first + minus;
    if (at + 1 != s.last) {
        return STR_NONE;
    }
    if (st->tokens[at].kind == TOK_INTEGER || st->tokens[at].kind == TOK_NUMERIC) {
        const struct str number = token_text(text, st->tokens[at]);
        return minus ? arena_printf(a, "-%.*s", STR_ARG(number)) : number;
    }
    return statement_is(st, at, KW_TRUE) || statement_is(st, at, KW_FALSE) ? token_text(text, st->tokens[at])
                                                                           : STR_NONE;
}

static bool number_of(struct str s, long double *out)
{
    char buffer[64], *end;
    if (s.n > 2 && s.p[0] == '\'') { /* '5' for a column of numbers */
        s = str_slice(s, 1, s.n - 1);
    }
    if (s.n == 0 || s.n >= sizeof buffer || !strchr("-.0123456789", s.p[0])) {
        return false;
    }
    memcpy(buffer, s.p, s.n);
    buffer[s.n] = '\0';
    *out = strtold(buffer, &end);
    return *end == '\0';
}

/* '2026-01-01' and '2026-01-01 10:00:00': texts of one length order as times do. */
static bool is_time(struct str s)
{
    if (s.n < 12 || s.p[0] != '\'') {
        return false;
    }
    for (size_t i = 1; i + 1 < s.n; i++) {
        const bool digit = s.p[i] >= '0' && s.p[i] <= '9';
        const bool dash = i == 5 || i == 8;
        if (dash ? s.p[i] != '-' : i < 11 ? !digit : !digit && !strchr(" T:.+-", s.p[i])) {
            return false;
        }
    }
    return true;
}

/* What stands between the quotes, without a zone's offset at its end, which goes to *offset. */
static struct str local_time(struct str s, struct str *offset)
{
    enum { DATE = 10 };
    s = str_slice(s, 1, s.n - 1);
    size_t at = s.n > DATE ? DATE : s.n;
    while (at < s.n && s.p[at] != '+' && s.p[at] != '-') {
        at++;
    }
    *offset = str_slice(s, at, s.n);
    return str_slice(s, 0, at);
}

/* 2026-01-01 is its midnight, and without an offset that of the session, in which the server prints one. */
static bool times_compare(struct str a, struct str b, int *order)
{
    struct str zone_a, zone_b;
    a = local_time(a, &zone_a);
    b = local_time(b, &zone_b);
    const size_t shorter = a.n < b.n ? a.n : b.n;
    *order = memcmp(a.p, b.p, shorter);
    if (*order == 0 && a.n != b.n) {
        const struct str rest = str_slice(a.n < b.n ? b : a, shorter, SIZE_MAX);
        bool zero = true;
        for (size_t i = 0; i < rest.n; i++) {
            zero = zero && strchr(" T:.0", rest.p[i]);
        }
        *order = zero ? 0 : a.n < b.n ? -1 : 1;
    }
    return zone_a.n == 0 || zone_b.n == 0 || str_eq(zone_a, zone_b);
}

bool constants_compare(struct str a, struct str b, int *order)
{
    long double x, y;
    *order = 0;
    if (str_eq(a, b)) {
        return true;
    }
    if (number_of(a, &x) && number_of(b, &y)) {
        *order = x < y ? -1 : x > y;
        return true;
    }
    return is_time(a) && is_time(b) && times_compare(a, b, order);
}

/* ---- reading ------------------------------------------------------------------------------------------------------------ */

struct source {
    struct arena *a;
    struct str text;
    const struct statement *st;
};

/* The next of these tokens at the depth of `first`, or last. */
static size_t find_word(const struct statement *st, struct span s, enum keyword kw)
{
    size_t depth = 0;
    bool between = false;
    for (size_t i = s.first; i < s.last; i++) {
        depth += is_self(st, i, '(') || is_self(st, i, '[') || statement_is(st, i, KW_CASE);
        depth -= depth > 0 && (is_self(st, i, ')') || is_self(st, i, ']') || statement_is(st, i, KW_END));
        if (depth > 0) {
            continue;
        }
        if (statement_is(st, i, KW_BETWEEN)) {
            between = true;
            if (kw == KW_BETWEEN) {
                return i;
            }
        } else if (statement_is(st, i, KW_AND) && between) {
            between = false;
        } else if (statement_is(st, i, kw)) {
            return i;
        }
    }
    return s.last;
}

static bool comparison(const struct statement *st, size_t i, enum comparing *op)
{
    const struct token t = st->tokens[i];
    switch ((enum token_kind)t.kind) {
    case TOK_LESS_EQUALS:
        *op = IS_AT_MOST;
        return true;
    case TOK_GREATER_EQUALS:
        *op = IS_AT_LEAST;
        return true;
    case TOK_NOT_EQUALS:
        *op = IS_OTHER;
        return true;
    case TOK_SELF:
        *op = t.keyword == '<' ? IS_LESS : t.keyword == '>' ? IS_GREATER : IS_EQUAL;
        return t.keyword == '<' || t.keyword == '>' || t.keyword == '=';
    default:
        return false;
    }
}

static struct str canonical_of(const struct source *s, size_t first, size_t last)
{
    return expression_canonical(s->a, s->text, s->st, first, last);
}

static struct formula *as_text(const struct source *s, struct span at)
{
    return make(s->a, (struct formula){.kind = FORMULA_TEXT, .text = canonical_of(s, at.first, at.last)});
}

/* operand = any of ( a , b ) between the tokens. NULL: not all of them are constants. */
static struct formula *any_of(const struct source *s, struct str operand, size_t first, size_t last)
{
    struct formula *any = make(s->a, (struct formula){.kind = FORMULA_OR});
    size_t depth = 0, from = first;
    for (size_t i = first; i <= last; i++) {
        if (i < last) {
            depth += is_self(s->st, i, '(') || is_self(s->st, i, '[');
            depth -= depth > 0 && (is_self(s->st, i, ')') || is_self(s->st, i, ']'));
        }
        if (i == last || (depth == 0 && is_self(s->st, i, ','))) {
            const struct str value = constant_read(s->a, s->text, s->st, from, i);
            if (value.n == 0) {
                return NULL;
            }
            *vec_push(s->a, &any->parts) = formula_compare(s->a, operand, IS_EQUAL, value);
            from = i + 1;
        }
    }
    return any->parts.n == 1 ? any->parts.at[0] : any;
}

/* operand IN ( … ), operand = ANY ( ARRAY[ … ] ) */
static struct formula *read_list(const struct source *s, struct span at)
{
    const size_t in = find_word(s->st, at, KW_IN), any = find_word(s->st, at, KW_ANY);
    if (in > at.first && in < at.last && is_self(s->st, in + 1, '(') && is_self(s->st, at.last - 1, ')')) {
        const bool not = statement_is(s->st, in - 1, KW_NOT);
        struct formula *f = any_of(s, canonical_of(s, at.first, in - not ), in + 2, at.last - 1);
        return f && not ? formula_not(s->a, f) : f;
    }
    if (any > at.first + 1 && any < at.last && is_self(s->st, any - 1, '=')) {
        struct span array = expression_strip(s->st, any + 1, at.last);
        for (size_t i = array.first; i < array.last; i++) {
            if (s->st->tokens[i].kind == TOK_TYPECAST && is_self(s->st, i - 1, ']')) {
                array.last = i;
            }
        }
        array = expression_strip(s->st, array.first, array.last);
        if (statement_is(s->st, array.first, KW_ARRAY) && is_self(s->st, array.first + 1, '[') &&
            is_self(s->st, array.last - 1, ']')) {
            return any_of(s, canonical_of(s, at.first, any - 1), array.first + 2, array.last - 1);
        }
    }
    return NULL;
}

/* operand BETWEEN a AND b */
static struct formula *read_between(const struct source *s, struct span at)
{
    const size_t between = find_word(s->st, at, KW_BETWEEN);
    size_t and = between + 1, depth = 0;
    if (between == at.last || between == at.first) {
        return NULL;
    }
    for (; and < at.last && (depth > 0 || !statement_is(s->st, and, KW_AND)); and++) {
        depth += is_self(s->st, and, '(');
        depth -= depth > 0 && is_self(s->st, and, ')');
    }
    const bool not = statement_is(s->st, between - 1, KW_NOT);
    const struct str operand = canonical_of(s, at.first, between - not );
    const struct str low = constant_read(s->a, s->text, s->st, between + 1, and);
    const struct str high = constant_read(s->a, s->text, s->st, and+1, at.last);
    if (and == at.last || low.n == 0 || high.n == 0) {
        return NULL;
    }
    struct formula *f = formula_join(s->a, true, formula_compare(s->a, operand, IS_AT_LEAST, low),
                                     formula_compare(s->a, operand, IS_AT_MOST, high));
    return not ? formula_not(s->a, f) : f;
}

static struct formula *read_null(const struct source *s, struct span at)
{
    const size_t is = find_word(s->st, at, KW_IS);
    if (is > at.first && is + 2 == at.last && statement_is(s->st, is + 1, KW_NULL)) {
        return formula_null(s->a, canonical_of(s, at.first, is), true);
    }
    if (is > at.first && is + 3 == at.last && statement_is(s->st, is + 1, KW_NOT) &&
        statement_is(s->st, is + 2, KW_NULL)) {
        return formula_null(s->a, canonical_of(s, at.first, is), false);
    }
    return NULL;
}

static struct formula *read_comparison(const struct source *s, struct span at)
{
    enum comparing op = IS_EQUAL;
    size_t depth = 0, i = at.first;
    for (; i < at.last && (depth > 0 || !comparison(s->st, i, &op)); i++) {
        depth += is_self(s->st, i, '(') || is_self(s->st, i, '[');
        depth -= depth > 0 && (is_self(s->st, i, ')') || is_self(s->st, i, ']'));
    }
    if (i == at.first || i + 1 >= at.last) {
        return NULL;
    }
    const struct str left = constant_read(s->a, s->text, s->st, at.first, i);
    const struct str right = constant_read(s->a, s->text, s->st, i + 1, at.last);
    if ((left.n > 0) == (right.n > 0)) {
        return NULL;
    }
    return right.n > 0 ? formula_compare(s->a, canonical_of(s, at.first, i), op, right)
                       : formula_compare(s->a, canonical_of(s, i + 1, at.last), turned(op), left);
}

static struct formula *read_span(const struct source *s, struct span at, unsigned depth)
{
    static const enum keyword words[] = {KW_OR, KW_AND};
    at = expression_strip(s->st, at.first, at.last);
    if (depth > MAX_DEPTH || at.first >= at.last) {
        return as_text(s, at);
    }
    for (size_t k = 0; k < countof(words); k++) {
        const size_t found = find_word(s->st, at, words[k]);
        if (found < at.last && found > at.first) {
            struct formula *left = read_span(s, (struct span){at.first, found}, depth + 1);
            struct formula *right = read_span(s, (struct span){found + 1, at.last}, depth + 1);
            return formula_join(s->a, words[k] == KW_AND, left, right);
        }
    }
    if (statement_is(s->st, at.first, KW_NOT)) {
        return formula_not(s->a, read_span(s, (struct span){at.first + 1, at.last}, depth + 1));
    }
    struct formula *f = read_null(s, at);
    f = f ? f : read_list(s, at);
    f = f ? f : read_between(s, at);
    f = f ? f : read_comparison(s, at);
    return f ? f : as_text(s, at);
}

struct formula *formula_read(struct arena *a, struct str canonical, bool negated)
{
    const struct statement st = expression_lex(a, canonical);
    const struct source s = {a, canonical, &st};
    struct formula *f = read_span(&s, (struct span){0, st.n_tokens}, 0);
    return negated ? formula_not(a, f) : f;
}

/* ---- proving ------------------------------------------------------------------------------------------------------------ */

static enum tri compare_implies(const struct formula *x, const struct formula *y)
{
    int order;
    if (!str_eq(x->operand, y->operand)) {
        return TRI_NO;
    }
    if (x->op == y->op && str_eq(x->value, y->value)) {
        return TRI_YES;
    }
    if (x->op == IS_OTHER || (y->op == IS_EQUAL && x->op != IS_EQUAL)) {
        return TRI_NO;
    }
    if (!constants_compare(x->value, y->value, &order)) {
        const bool texts = x->op == IS_EQUAL && (y->op == IS_EQUAL || y->op == IS_OTHER);
        return texts ? tri_of(y->op == IS_OTHER) : TRI_UNKNOWN;
    }
    const bool below = x->op == IS_LESS || x->op == IS_AT_MOST, above = x->op == IS_GREATER || x->op == IS_AT_LEAST;
    switch (y->op) {
    case IS_LESS:
        return tri_of(x->op == IS_LESS ? order <= 0 : !above && order < 0);
    case IS_AT_MOST:
        return tri_of(!above && order <= 0);
    case IS_GREATER:
        return tri_of(x->op == IS_GREATER ? order >= 0 : !below && order > 0);
    case IS_AT_LEAST:
        return tri_of(!below && order >= 0);
    case IS_EQUAL:
        return tri_of(order == 0);
    case IS_OTHER:
        break;
    }
    const bool strict = x->op == IS_LESS || x->op == IS_GREATER;
    return tri_of(x->op == IS_EQUAL ? order != 0
                  : below           ? order < 0 || (strict && order == 0)
                                    : order > 0 || (strict && order == 0));
}

static enum tri atom_implies(const struct formula *x, const struct formula *y)
{
    if (x->kind == FORMULA_COMPARE && y->kind == FORMULA_COMPARE) {
        return compare_implies(x, y);
    }
    if (x->kind != y->kind) {
        return TRI_NO;
    }
    return x->kind == FORMULA_TEXT ? tri_of(str_eq(x->text, y->text)) : tri_of(str_eq(x->operand, y->operand));
}

static enum tri implies(const struct formula *x, const struct formula *y, unsigned depth);

static enum tri implies_all(const struct formula *x, const struct formula *y, unsigned depth)
{
    enum tri all = TRI_YES;
    for (size_t i = 0; i < y->parts.n && all != TRI_NO; i++) {
        all = tri_and(all, implies(x, y->parts.at[i], depth));
    }
    return all;
}

static enum tri implies_any(const struct formula *x, const struct formula *y, unsigned depth)
{
    enum tri any = TRI_NO;
    for (size_t i = 0; i < y->parts.n && any != TRI_YES; i++) {
        any = tri_or(any, implies(x, y->parts.at[i], depth));
    }
    return any;
}

static enum tri any_implies(const struct formula *x, const struct formula *y, unsigned depth)
{
    enum tri any = TRI_NO;
    for (size_t i = 0; i < x->parts.n && any != TRI_YES; i++) {
        any = tri_or(any, implies(x->parts.at[i], y, depth));
    }
    return any;
}

static enum tri all_imply(const struct formula *x, const struct formula *y, unsigned depth)
{
    enum tri all = TRI_YES;
    for (size_t i = 0; i < x->parts.n && all != TRI_NO; i++) {
        all = tri_and(all, implies(x->parts.at[i], y, depth));
    }
    return all;
}

static enum tri implies(const struct formula *x, const struct formula *y, unsigned depth)
{
    if (depth > MAX_DEPTH) {
        return TRI_UNKNOWN;
    }
    depth++;
    if (y->kind == FORMULA_AND) {
        return implies_all(x, y, depth);
    }
    if (x->kind == FORMULA_OR) {
        return all_imply(x, y, depth);
    }
    if (y->kind == FORMULA_OR) {
        const enum tri whole = implies_any(x, y, depth);
        return whole == TRI_YES || x->kind != FORMULA_AND ? whole : tri_or(whole, any_implies(x, y, depth));
    }
    return x->kind == FORMULA_AND ? any_implies(x, y, depth) : atom_implies(x, y);
}

enum tri formula_implies(const struct formula *x, const struct formula *y)
{
    return implies(x, y, 0);
}
