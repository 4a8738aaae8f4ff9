/* The reading half of constraint.h. */
#include "catalog/constraint.h"
#include "catalog/expression.h"
#include "catalog/index.h"

static bool take_name(struct reader *rd, struct constraint_spec *spec)
{
    return !rd_take(rd, KW_CONSTRAINT) || rd_name(rd, &spec->name);
}

bool constraint_starts(const struct reader *rd)
{
    return rd_is(rd, KW_CONSTRAINT) || rd_is(rd, KW_CHECK) || rd_is(rd, KW_UNIQUE) || rd_is(rd, KW_PRIMARY) ||
           rd_is(rd, KW_FOREIGN) || (rd_is(rd, KW_NOT) && rd_is_at(rd, 1, KW_NULL)) ||
           (rd_is(rd, KW_EXCLUDE) && (rd_is_at(rd, 1, KW_USING) || rd_token(rd, rd->i + 1).keyword == '('));
}

/* What may follow any constraint. NOT NULL behind a column's constraint is the next constraint, so it is left alone. */
static void read_attributes(struct reader *rd, struct constraint_spec *spec)
{
    for (;;) {
        if (rd_take2(rd, KW_NOT, KW_DEFERRABLE) || rd_take2(rd, KW_INITIALLY, KW_IMMEDIATE)) {
            continue;
        } else if (rd_take2(rd, KW_INITIALLY, KW_DEFERRED)) {
            spec->deferrable = spec->deferred = true;
        } else if (rd_take(rd, KW_DEFERRABLE)) {
            spec->deferrable = true;
        } else if (rd_take2(rd, KW_NOT, KW_VALID)) {
            spec->not_valid = true;
        } else if (rd_take2(rd, KW_NO, KW_INHERIT)) {
            spec->no_inherit = true;
        } else if (rd_take2(rd, KW_NOT, KW_ENFORCED)) {
            spec->not_enforced = true;
        } else if (!rd_take(rd, KW_ENFORCED)) {
            return;
        }
    }
}

static bool read_check(struct reader *rd, const struct relation *r, struct constraint_spec *spec)
{
    struct arena *a = rd->c->arena;
    if (!rd_parens(rd, &spec->first, &spec->last)) {
        return false;
    }
    spec->kind = CON_CHECK;
    spec->expression = expression_canonical(a, rd->text, rd->st, spec->first, spec->last);
    expression_columns(a, rd->text, rd->st, spec->first, spec->last, r, &spec->columns);
    expression_not_null(a, rd->text, rd->st, spec->first, spec->last, &spec->proves);
    return true;
}

static char read_action(struct reader *rd)
{
    struct name_list columns;
    if (rd_take2(rd, KW_SET, KW_NULL)) {
        (void)rd_name_list(rd, &columns);
        return 'n';
    }
    if (rd_take2(rd, KW_SET, KW_DEFAULT)) {
        (void)rd_name_list(rd, &columns);
        return 'd';
    }
    if (rd_take(rd, KW_RESTRICT)) {
        return 'r';
    }
    if (rd_take(rd, KW_CASCADE)) {
        return 'c';
    }
    (void)rd_take2(rd, KW_NO, KW_ACTION);
    return 'a';
}

/* At REFERENCES. */
static bool read_references(struct reader *rd, struct constraint_spec *spec)
{
    spec->kind = CON_FOREIGN;
    spec->on_delete = spec->on_update = 'a';
    if (!rd_take(rd, KW_REFERENCES) || !rd_qualified(rd, &spec->ref_schema, &spec->ref_name)) {
        return false;
    }
    size_t first, last;
    if (!rd_name_list(rd, &spec->ref_columns) && rd_parens(rd, &first, &last)) {
        spec->period = true; /* ( a, PERIOD b ) */
        struct reader part = rd_part(rd, first, last);
        while (!rd_done(&part)) {
            struct str name;
            (void)rd_take(&part, KW_PERIOD);
            if (!rd_name(&part, &name)) {
                return false;
            }
            *vec_push(rd->c->arena, &spec->ref_columns) = name;
            (void)rd_take_self(&part, ',');
        }
    }
    for (;;) {
        if (rd_take(rd, KW_MATCH)) {
            rd->i++;
        } else if (rd_take2(rd, KW_ON, KW_DELETE)) {
            spec->on_delete = read_action(rd);
        } else if (rd_take2(rd, KW_ON, KW_UPDATE)) {
            spec->on_update = read_action(rd);
        } else {
            return true;
        }
    }
}

/* ( a, b [WITHOUT OVERLAPS] ) or, of a foreign key, ( a, PERIOD b ) */
static bool read_columns(struct reader *rd, struct constraint_spec *spec)
{
    struct str name;
    if (!rd_take_self(rd, '(')) {
        return false;
    }
    do {
        if (rd_is(rd, KW_PERIOD) && rd_token(rd, rd->i + 1).kind != TOK_SELF) {
            rd->i++;
            spec->period = true;
        }
        if (!rd_name(rd, &name)) {
            return false;
        }
        *vec_push(rd->c->arena, &spec->columns) = name;
        spec->period |= rd_take2(rd, KW_WITHOUT, KW_OVERLAPS);
    } while (rd_take_self(rd, ','));
    return rd_take_self(rd, ')');
}

/* [WITH ( … )] [USING INDEX TABLESPACE x], behind PRIMARY KEY, UNIQUE and EXCLUDE. */
static bool read_index_options(struct reader *rd, struct constraint_spec *spec)
{
    size_t first, last;
    if (rd_take(rd, KW_WITH) && !rd_parens(rd, &first, &last)) {
        return false;
    }
    return !rd_take3(rd, KW_USING, KW_INDEX, KW_TABLESPACE) || rd_name(rd, &spec->tablespace);
}

static void read_nulls(struct reader *rd, struct constraint_spec *spec)
{
    if (rd_take3(rd, KW_NULLS, KW_NOT, KW_DISTINCT)) {
        spec->nulls_not_distinct = true;
    } else {
        (void)rd_take2(rd, KW_NULLS, KW_DISTINCT);
    }
}

static bool read_unique(struct reader *rd, struct constraint_spec *spec)
{
    spec->kind = rd_take2(rd, KW_PRIMARY, KW_KEY) ? CON_PRIMARY : CON_UNIQUE;
    if (spec->kind == CON_UNIQUE && !rd_take(rd, KW_UNIQUE)) {
        return false;
    }
    read_nulls(rd, spec);
    if (rd_take2(rd, KW_USING, KW_INDEX)) {
        return rd_name(rd, &spec->using_index);
    }
    if (!read_columns(rd, spec)) {
        return false;
    }
    return (!rd_take(rd, KW_INCLUDE) || rd_name_list(rd, &spec->include)) && read_index_options(rd, spec);
}

static bool read_exclude(struct reader *rd, const struct relation *r, struct constraint_spec *spec)
{
    struct index_spec index = {.label = "excl"};
    size_t first, last;
    spec->kind = CON_EXCLUDE;
    rd->i++;
    if ((rd_take(rd, KW_USING) && !rd_name(rd, &spec->access_method)) || !index_read_elements(rd, r, &index)) {
        return false;
    }
    for (size_t i = 0; i < index.columns.n; i++) {
        *vec_push(&rd->c->scratch, &spec->elements) = index.columns.at[i];
        if (index.columns.at[i].name.n > 0) {
            *vec_push(rd->c->arena, &spec->columns) = index.columns.at[i].name;
        }
    }
    if (rd_take(rd, KW_INCLUDE)) {
        struct name_list include;
        if (!rd_name_list(rd, &include)) {
            return false;
        }
        for (size_t i = 0; i < include.n; i++) {
            index_spec_add(rd->c, &index, include.at[i], true);
            *vec_push(&rd->c->scratch, &spec->elements) = index.columns.at[index.columns.n - 1];
        }
    }
    if (!read_index_options(rd, spec)) {
        return false;
    }
    if (rd_take(rd, KW_WHERE)) {
        if (!rd_parens(rd, &first, &last)) {
            return false;
        }
        spec->predicate = expression_canonical(rd->c->arena, rd->text, rd->st, first, last);
        expression_columns(rd->c->arena, rd->text, rd->st, first, last, r, &index.mentions);
    }
    spec->mentions = index.mentions;
    spec->labels = index.labels;
    return true;
}

bool constraint_read_table(struct reader *rd, const struct relation *r, struct constraint_spec *spec)
{
    bool ok = false;
    if (!take_name(rd, spec)) {
        return false;
    }
    if (rd_take(rd, KW_CHECK)) {
        ok = read_check(rd, r, spec);
    } else if (rd_is(rd, KW_UNIQUE) || rd_is(rd, KW_PRIMARY)) {
        ok = read_unique(rd, spec);
    } else if (rd_take2(rd, KW_FOREIGN, KW_KEY)) {
        ok = read_columns(rd, spec) && read_references(rd, spec);
    } else if (rd_is(rd, KW_EXCLUDE)) {
        ok = read_exclude(rd, r, spec);
    } else if (rd_take2(rd, KW_NOT, KW_NULL)) {
        struct str column;
        spec->kind = CON_NOT_NULL;
        ok = rd_name(rd, &column);
        *vec_push(rd->c->arena, &spec->columns) = column;
    }
    read_attributes(rd, spec);
    return ok && rd_done(rd);
}

bool constraint_read_column(struct reader *rd, const struct relation *r, struct str column,
                            struct constraint_spec *spec)
{
    bool ok = false;
    if (!take_name(rd, spec)) {
        return false;
    }
    if (rd_take(rd, KW_CHECK)) {
        ok = read_check(rd, r, spec);
        read_attributes(rd, spec);
        return ok;
    }
    if (rd_take2(rd, KW_NOT, KW_NULL)) {
        spec->kind = CON_NOT_NULL;
        ok = true;
    } else if (rd_is(rd, KW_REFERENCES)) {
        ok = read_references(rd, spec);
    } else if (rd_take(rd, KW_UNIQUE)) {
        spec->kind = CON_UNIQUE;
        read_nulls(rd, spec);
        ok = read_index_options(rd, spec);
    } else if (rd_take2(rd, KW_PRIMARY, KW_KEY)) {
        spec->kind = CON_PRIMARY;
        ok = read_index_options(rd, spec);
    }
    *vec_push(rd->c->arena, &spec->columns) = column;
    read_attributes(rd, spec);
    return ok;
}
