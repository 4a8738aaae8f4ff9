/*
 * Does a unique key of a partitioned table contain the partition key, as the server demands? Read from the statement: what
 * the server refuses never reaches the catalog.
 */
#include "catalog/expression.h"
#include "rules/facts.h"

/* A list of columns in parentheses; an item that is more than a name makes it `mixed`. */
struct key {
    struct name_list columns;
    bool mixed;
};

static bool is_name(const struct statement *st, size_t i)
{
    return i < st->n_tokens && (st->tokens[i].kind == TOK_WORD || st->tokens[i].kind == TOK_QUOTED);
}

/* At the opening parenthesis; returns the token behind the closing one. */
static size_t read_key(struct arena *a, struct str text, const struct statement *st, size_t i, struct key *out)
{
    unsigned depth = 0;
    bool start = false;
    *out = (struct key){0};
    for (; i < st->n_tokens; i++) {
        const bool opens = expression_is_self(st, i, '(');
        if (start && is_name(st, i) && !expression_is_self(st, i + 1, '(') && !expression_is_self(st, i + 1, '.')) {
            *vec_push(a, &out->columns) = token_name(a, text, st->tokens[i]);
        } else if (start) {
            out->mixed = true;
        }
        depth += opens;
        if (expression_is_self(st, i, ')') && --depth == 0) {
            return i + 1;
        }
        start = depth == 1 && (opens || expression_is_self(st, i, ','));
    }
    return i;
}

static bool covers(const struct name_list *unique, const struct key *key)
{
    bool all = !key->mixed;
    for (size_t i = 0; i < key->columns.n; i++) {
        all = all && name_list_has(unique, key->columns.at[i]);
    }
    return all;
}

/* PARTITION BY … ( … ) of the statement itself, or what the table is partitioned by. */
static bool partition_key(struct eval *e, const struct relation *r, struct key *out)
{
    const struct statement *st = e->what->statement;
    for (size_t i = 0; i + 3 < st->n_tokens && statement_is(st, 1, KW_TABLE); i++) {
        if (statement_is(st, i, KW_PARTITION) && statement_is(st, i + 1, KW_BY)) {
            (void)read_key(e->a, e->what->text, st, i + 3, out);
            return true;
        }
    }
    if (!r || r->kind != REL_PARTITIONED || r->partition_key.n == 0) {
        return false;
    }
    const struct statement key = expression_lex(e->a, r->partition_key);
    (void)read_key(e->a, r->partition_key, &key, 1, out);
    return true;
}

/* The key word of a unique key at token i; *list: its list of columns begins there, 0: it is a column's own. */
static bool at_unique(const struct statement *st, size_t i, size_t *list)
{
    size_t next = i + 1;
    if (statement_is(st, i, KW_PRIMARY) && statement_is(st, i + 1, KW_KEY)) {
        next = i + 2;
    } else if (!statement_is(st, i, KW_UNIQUE) || statement_is(st, i + 1, KW_INDEX)) {
        return false;
    }
    if (statement_is(st, next, KW_NULLS)) {
        next += statement_is(st, next + 1, KW_NOT) ? 3 : 2;
    }
    *list = expression_is_self(st, next, '(') ? next : 0;
    return !statement_is(st, next, KW_USING);
}

enum tri ask_misses_partition_key(struct eval *e, struct call call)
{
    const struct statement *st = e->what->statement;
    const struct relation *r = term_relation(e, call.arguments[0]);
    struct key key, unique;
    if (!partition_key(e, r, &key)) {
        return TRI_NO;
    }
    if (statement_is(st, 1, KW_UNIQUE) && statement_is(st, 2, KW_INDEX)) {
        size_t i = 3;
        while (i < st->n_tokens && !expression_is_self(st, i, '(')) {
            i++;
        }
        (void)read_key(e->a, e->what->text, st, i, &unique);
        return tri_of(!covers(&unique.columns, &key));
    }
    struct name_list column = {0}; /* of the definition that is being read */
    unsigned depth = 0;
    for (size_t i = 0; i < st->n_tokens; i++) {
        size_t list;
        const bool opens = expression_is_self(st, i, '(');
        depth += opens;
        depth -= expression_is_self(st, i, ')') && depth > 0;
        if (depth == 1 && (opens || expression_is_self(st, i, ',')) && is_name(st, i + 1)) {
            column.n = 0;
            *vec_push(e->a, &column) = token_name(e->a, e->what->text, st->tokens[i + 1]);
        } else if (depth <= 1 && at_unique(st, i, &list)) {
            if (list > 0) {
                (void)read_key(e->a, e->what->text, st, list, &unique);
            }
            if (!covers(list > 0 ? &unique.columns : &column, &key)) {
                return TRI_YES;
            }
        }
    }
    return TRI_NO;
}
