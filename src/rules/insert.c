#include "rules/insert.h"

#include "catalog/replay.h"

enum { MAX_LEVELS = 64 };

static bool is_self(const struct statement *st, size_t i, char c)
{
    return expression_is_self(st, i, c);
}

struct relation *insert_base(struct relation *r)
{
    for (unsigned depth = 0; r->kind == REL_VIEW && r->reads.n > 0 && depth < MAX_LEVELS; depth++) {
        r = r->reads.at[0];
    }
    return r;
}

/* INSERT INTO t [AS a] [( a, b )] [OVERRIDING …] { VALUES … | query } */
struct insert insert_read(struct eval *e, const struct query_source *s)
{
    const struct statement *st = e->what->statement;
    struct insert in = {.table = insert_base(s->relation)};
    struct str schema, name;
    size_t i = s->token, first = 0;
    (void)qualified_name_view(e->a, e->what->text, st, &i, &schema, &name);
    if (s->use == USE_MERGE) { /* of the last WHEN NOT MATCHED THEN INSERT */
        for (size_t k = i; k + 1 < st->n_tokens; k++) {
            i = statement_is(st, k, KW_THEN) && statement_is(st, k + 1, KW_INSERT) ? k + 2 : i;
        }
    } else if (statement_is(st, i, KW_AS)) {
        i += 2;
    }
    if (is_self(st, i, '(') && !statement_is(st, i + 1, KW_SELECT) && !statement_is(st, i + 1, KW_WITH)) {
        in.listed = true;
        for (first = i + 1, i++; i < st->n_tokens && !is_self(st, i, ')'); i++) {
            if (i == first || is_self(st, i - 1, ',')) {
                *vec_push(e->a, &in.columns) = token_name(e->a, e->what->text, st->tokens[i]);
            }
        }
        i++;
    }
    if (statement_is(st, i, KW_OVERRIDING)) {
        i += 3;
    }
    if (statement_is(st, i, KW_DEFAULT) && statement_is(st, i + 1, KW_VALUES)) {
        in.listed = true; /* none of them */
    } else if (statement_is(st, i, KW_VALUES)) {
        in.values = true;
        in.first = i + 1;
    }
    for (size_t k = 0; !in.listed && k < in.table->columns.n; k++) {
        *vec_push(e->a, &in.columns) = in.table->columns.at[k]->name;
    }
    return in;
}

/* The next row of VALUES, from token *i on. */
bool insert_next_row(struct eval *e, size_t *i, struct row *row)
{
    const struct statement *st = e->what->statement;
    row->values.n = 0;
    *i += is_self(st, *i, ',');
    if (!is_self(st, *i, '(')) {
        return false;
    }
    size_t depth = 0, from = *i + 1;
    for (; *i < st->n_tokens; (*i)++) {
        depth += is_self(st, *i, '(') || is_self(st, *i, '[');
        depth -= depth > 0 && (is_self(st, *i, ')') || is_self(st, *i, ']'));
        if (depth == 0 || (depth == 1 && is_self(st, *i, ','))) {
            *vec_push(e->a, &row->values) = (struct span){from, *i};
            from = *i + 1;
        }
        if (depth == 0) {
            (*i)++;
            return true;
        }
    }
    return false;
}

const struct span *insert_value(const struct insert *in, const struct row *row, struct str column)
{
    for (size_t i = 0; i < in->columns.n && i < row->values.n; i++) {
        if (str_eq(in->columns.at[i], column)) {
            return &row->values.at[i];
        }
    }
    return NULL;
}

bool update_value(struct eval *e, const struct query_source *s, struct str column, struct span *value)
{
    const struct statement *st = e->what->statement;
    for (size_t i = s->token + 1; i + 1 < st->n_tokens; i++) { /* SET a = …, b = …; ( a, b ) = … has no value of one */
        const bool starts = statement_is(st, i - 1, KW_SET) || is_self(st, i - 1, ',') || is_self(st, i - 1, '(');
        const bool ends = is_self(st, i + 1, '=') || is_self(st, i + 1, ',') || is_self(st, i + 1, ')');
        if (starts && ends && str_eq(token_name(e->a, e->what->text, st->tokens[i]), column)) {
            size_t depth = 0, at = i + 2;
            for (; at < st->n_tokens; at++) {
                const bool clause = statement_is(st, at, KW_WHERE) || statement_is(st, at, KW_FROM) ||
                                    statement_is(st, at, KW_RETURNING) || is_self(st, at, ',') || is_self(st, at, ')');
                if (depth == 0 && clause) {
                    break;
                }
                depth += is_self(st, at, '(');
                depth -= depth > 0 && is_self(st, at, ')');
            }
            *value = is_self(st, i + 1, '=') ? (struct span){i + 2, at} : (struct span){i, i};
            return true;
        }
        if (statement_is(st, i, KW_WHERE)) {
            return false;
        }
    }
    return false;
}
