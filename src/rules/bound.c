/*
 * Does a CHECK spare the scan of ATTACH PARTITION? Only what can be read off the texts counts as proven: a key of
 * one column, constants written
 * alike, and no room for NULL. Everything else that might still be a proof is unknown.
 *
 * Source: PartConstraintImpliedByRelConstraint() of the server; measured on servers 13 to 18.
 */
#include "catalog/replay.h"
#include "rules/facts.h"

/* What rows a bound takes, for a key of one column. */
struct bound {
    enum { BOUND_OTHER, BOUND_RANGE, BOUND_LIST } kind;
    struct str column; /* as a canonical expression writes it */
    struct str name;
    struct str from, to;     /* constants; empty: MINVALUE, MAXVALUE */
    struct name_list values; /* of a list */
};

/* ---- constants -------------------------------------------------------------------------------------------------- */

/* The constant itself: DATE '2026-01-01' and '2026-01-01'::date are '2026-01-01'. Empty: it is none. */
static struct str constant(struct str s)
{
    const size_t quote = str_find_char(s, '\'');
    s = str_trim(s);
    if (quote != SIZE_MAX) {
        s = str_slice(s, str_find_char(s, '\''), s.n);
        const size_t end = str_find_char(str_slice(s, 1, s.n), '\'');
        return end == SIZE_MAX ? STR("") : str_slice(s, 0, end + 2);
    }
    const size_t cast = str_find(s, STR("::"));
    s = str_trim(str_slice(s, 0, cast == SIZE_MAX ? s.n : cast));
    for (size_t i = 0; i < s.n; i++) {
        if (!strchr("0123456789.- ", s.p[i])) {
            return STR("");
        }
    }
    return s;
}

/* ---- reading the bound ------------------------------------------------------------------------------------------ */

static bool is_self(const struct statement *st, size_t i, char c)
{
    return i < st->n_tokens && st->tokens[i].kind == TOK_SELF && st->tokens[i].keyword == (unsigned char)c;
}

/* ( a , b ) at token i: the texts between. False: no such list. */
static bool read_values(struct eval *e, size_t i, struct name_list *out, size_t *end)
{
    const struct statement *st = e->what->statement;
    unsigned depth = 1;
    if (!is_self(st, i++, '(')) {
        return false;
    }
    size_t from = i;
    for (; i < st->n_tokens; i++) {
        depth += is_self(st, i, '(');
        depth -= is_self(st, i, ')');
        if (depth == 0 || (depth == 1 && is_self(st, i, ','))) {
            if (i > from) {
                *vec_push(e->a, out) = str_slice(e->what->text, st->tokens[from].start, st->tokens[i - 1].end);
            }
            from = i + 1;
        }
        if (depth == 0) {
            *end = i + 1;
            return true;
        }
    }
    return false;
}

/* The one column of "RANGE (created_at)"; false: more, or an expression. */
static bool key_column(struct eval *e, struct str key, struct bound *b)
{
    const size_t open = str_find_char(key, '(');
    if (open == SIZE_MAX || !str_ends(key, STR(")"))) {
        return false;
    }
    struct str rest = str_trim(str_slice(key, open + 1, key.n - 1)), schema;
    if (str_find_char(rest, ',') != SIZE_MAX || str_find_char(rest, '(') != SIZE_MAX ||
        str_find_char(rest, ' ') != SIZE_MAX || !term_split_name(e->a, rest, &schema, &b->name) || schema.n > 0) {
        return false;
    }
    b->column = rest; /* both are canonical texts */
    return true;
}

static struct str limit(struct str s)
{
    return str_eq_nocase(s, STR("MINVALUE")) || str_eq_nocase(s, STR("MAXVALUE")) ? STR("") : constant(s);
}

static bool unlimited(struct str s)
{
    return str_eq_nocase(s, STR("MINVALUE")) || str_eq_nocase(s, STR("MAXVALUE"));
}

/* FOR VALUES … of the statement. */
static struct bound read_bound(struct eval *e, const struct relation *parent)
{
    const struct statement *st = e->what->statement;
    struct bound b = {.kind = BOUND_OTHER};
    size_t i = 0, end;
    while (i < st->n_tokens && !(statement_is(st, i, KW_FOR) && statement_is(st, i + 1, KW_VALUES))) {
        i++;
    }
    struct name_list from = {0}, to = {0};
    if (!key_column(e, parent->partition_key, &b)) {
        return b;
    }
    if (statement_is(st, i + 2, KW_IN) && read_values(e, i + 3, &b.values, &end)) {
        b.kind = BOUND_LIST;
        for (size_t k = 0; k < b.values.n; k++) {
            b.values.at[k] = constant(b.values.at[k]);
            b.kind = b.values.at[k].n > 0 ? b.kind : BOUND_OTHER;
        }
    } else if (statement_is(st, i + 2, KW_FROM) && read_values(e, i + 3, &from, &end) && statement_is(st, end, KW_TO) &&
               read_values(e, end + 1, &to, &end) && from.n == 1 && to.n == 1) {
        b.from = limit(from.at[0]);
        b.to = limit(to.at[0]);
        const bool readable = (b.from.n > 0 || unlimited(from.at[0])) && (b.to.n > 0 || unlimited(to.at[0]));
        b.kind = readable ? BOUND_RANGE : BOUND_OTHER;
    }
    return b;
}

/* ---- reading a CHECK -------------------------------------------------------------------------------------------- */

/* Outer parentheses off. */
static struct str strip(struct str s)
{
    for (;;) {
        s = str_trim(s);
        if (s.n < 2 || s.p[0] != '(') {
            return s;
        }
        unsigned depth = 0;
        bool quoted = false;
        size_t i = 0;
        for (; i < s.n; i++) {
            quoted ^= s.p[i] == '\'';
            depth += !quoted && s.p[i] == '(';
            depth -= !quoted && s.p[i] == ')';
            if (depth == 0) {
                break;
            }
        }
        if (i + 1 != s.n) {
            return s;
        }
        s = str_slice(s, 1, s.n - 1);
    }
}

/* Take the part of *rest before the next " AND " (or OR) outside parentheses and strings. */
static bool next_part(struct str *rest, struct str word, struct str *part)
{
    unsigned depth = 0;
    bool quoted = false;
    if (rest->n == 0) {
        return false;
    }
    for (size_t i = 0; i < rest->n; i++) {
        quoted ^= rest->p[i] == '\'';
        depth += !quoted && rest->p[i] == '(';
        depth -= !quoted && rest->p[i] == ')' && depth > 0;
        if (!quoted && depth == 0 && str_starts(str_slice(*rest, i, rest->n), word)) {
            *part = strip(str_slice(*rest, 0, i));
            *rest = str_slice(*rest, i + word.n, rest->n);
            return true;
        }
    }
    *part = strip(*rest);
    *rest = STR("");
    return true;
}

/* Is it "column op value", with this very constant? */
static bool compares(struct str part, const struct bound *b, struct str op, struct str value)
{
    if (!str_starts(part, b->column)) {
        return false;
    }
    part = str_trim(str_slice(part, b->column.n, part.n));
    return str_starts(part, op) && str_eq(constant(str_slice(part, op.n, part.n)), value);
}

static bool has_part(struct str expression, struct str word, const struct bound *b, struct str op, struct str value)
{
    struct str rest = strip(expression), part;
    while (next_part(&rest, word, &part)) {
        if (compares(part, b, op, value)) {
            return true;
        }
    }
    return false;
}

/* column = 'a', or column IN ( 'a' , 'b' ) with no value that the bound does not have. */
static bool within_list(struct str expression, const struct bound *b)
{
    struct str rest = strip(expression), part, value;
    while (next_part(&rest, STR(" AND "), &part)) {
        for (size_t i = 0; i < b->values.n; i++) {
            if (compares(part, b, STR("= "), b->values.at[i])) {
                return true;
            }
        }
        struct str list = str_trim(str_slice(part, b->column.n, part.n));
        if (!str_starts(part, b->column) || !str_starts(list, STR("IN ("))) {
            continue;
        }
        list = strip(str_slice(list, 3, list.n));
        bool all = list.n > 0;
        while (all && str_next(&list, ',', &value)) {
            bool found = false;
            for (size_t i = 0; i < b->values.n; i++) {
                found = found || str_eq(constant(value), b->values.at[i]);
            }
            all = found;
        }
        if (all) {
            return true;
        }
    }
    return false;
}

static bool within(struct str check, const struct bound *b)
{
    if (b->kind == BOUND_LIST) {
        return within_list(check, b);
    }
    return (b->from.n == 0 || has_part(check, STR(" AND "), b, STR(">= "), b->from)) &&
           (b->to.n == 0 || has_part(check, STR(" AND "), b, STR("< "), b->to));
}

/* NOT ( a >= x AND a < y ), or a < x OR a >= y */
static bool outside(struct str check, const struct bound *b)
{
    check = strip(check);
    if (str_starts(check, STR("NOT ("))) {
        return within(strip(str_slice(check, 4, check.n)), b);
    }
    return b->kind == BOUND_RANGE && (b->from.n == 0 || has_part(check, STR(" OR "), b, STR("< "), b->from)) &&
           (b->to.n == 0 || has_part(check, STR(" OR "), b, STR(">= "), b->to));
}

/* ---- the predicates --------------------------------------------------------------------------------------------- */

/* Some valid CHECK of the relation, or all of them together as an AND, that says it. */
static enum tri says_so(struct eval *e, const struct relation *r, const struct bound *b,
                        bool (*test)(struct str, const struct bound *))
{
    struct str together = STR("");
    for (size_t i = 0; i < r->constraints.n; i++) {
        const struct constraint *con = r->constraints.at[i];
        if (con->kind != CON_CHECK || !con->valid || !con->enforced) {
            continue;
        }
        if (test(con->expression, b)) {
            return TRI_YES;
        }
        together = arena_printf(e->a, "%.*s%s( %.*s )", STR_ARG(together), together.n > 0 ? " AND " : "",
                                STR_ARG(con->expression));
    }
    if (together.n > 0) {
        return test == within && test(together, b) ? TRI_YES : eval_unknown(e, r);
    }
    return r->complete ? TRI_NO : eval_unknown(e, r);
}

enum tri bound_proven(struct eval *e, struct call call)
{
    struct relation *parent = term_relation(e, call.arguments[0]), *partition = term_relation(e, call.arguments[1]);
    if (!parent || !partition) {
        return TRI_NO;
    }
    const struct bound b = read_bound(e, parent);
    if (b.kind == BOUND_OTHER) {
        return partition->complete && partition->constraints.n == 0 ? TRI_NO : eval_unknown(e, partition);
    }
    return tri_and(says_so(e, partition, &b, within), relation_proves_not_null(partition, b.name));
}

enum tri default_bound_proven(struct eval *e, struct call call)
{
    struct relation *parent = term_relation(e, call.arguments[0]);
    if (!parent) {
        return TRI_NO;
    }
    if (!parent->default_partition) {
        return relation_whole(e, parent) ? TRI_YES : eval_unknown(e, parent);
    }
    const struct bound b = read_bound(e, parent);
    return b.kind == BOUND_OTHER ? eval_unknown(e, parent) : says_so(e, parent->default_partition, &b, outside);
}
