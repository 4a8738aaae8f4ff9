/* What batches would change the meaning of: refused, each with the reason and what to write instead. */
#include "plan/batch_impl.h"

#include "catalog/replay.h"

/* ---- WITH that changes data ---- */

enum status batch_check_with(struct reading *r)
{
    int depth = 0;
    for (size_t i = 0; i < r->s->st.n_tokens; i++) {
        depth += batch_depth(r, i);
        const bool first = i > 0 && (batch_is_char(r, i - 1, '(') || batch_is_char(r, i - 1, ')'));
        if (depth > 0 && first &&
            (batch_is(r, i, KW_UPDATE) || (batch_is(r, i, KW_DELETE) && batch_is(r, i + 1, KW_FROM)) ||
             ((batch_is(r, i, KW_INSERT) || batch_is(r, i, KW_MERGE)) && batch_is(r, i + 1, KW_INTO)))) {
            return batch_refuse(r, i, "its WITH clause changes data, and would do so again for every batch",
                                "make it a statement of its own, ahead of this one");
        }
    }
    return ST_OK;
}

/* ---- SET of a key column ---- */

static bool in_key(const struct reading *r, struct str column)
{
    const struct relation_lock_list *locks = &r->s->effects.locks;
    for (size_t i = 0; r->said && i < r->said->key.n; i++) {
        if (str_eq_nocase(r->said->key.at[i], column)) {
            return true;
        }
    }
    if ((r->said && r->said->key.n > 0) || locks->n == 0 || !str_eq(locks->at[0].relation->name, r->out->table)) {
        return false;
    }
    /* No key was named: the executor takes the primary key, if the model knows it. (It asks the server, too.) */
    const struct relation *t = locks->at[0].relation;
    for (size_t i = 0; i < t->constraints.n; i++) {
        const struct constraint *c = t->constraints.at[i];
        for (size_t k = 0; c->kind == CON_PRIMARY && k < c->columns.n; k++) {
            if (str_eq(c->columns.at[k], column)) {
                return true;
            }
        }
    }
    return false;
}

static enum status set_target(struct reading *r, size_t i)
{
    if (!batch_is_name(r, i)) {
        return ST_OK;
    }
    const struct str column = token_name(r->a, r->text, *batch_token(r, i));
    *vec_push(r->a, &r->out->set) = column;
    if (in_key(r, column)) {
        return batch_refuse(r, i,
                            "it changes a column of the key that the batches go by, so rows would move between batches",
                            "choose another key: -- migrate:backfill key=COLUMN");
    }
    return ST_OK;
}

/* SET a = …, b[1] = …, (c, d) = …: the names at the head of every part. */
enum status batch_check_set(struct reading *r)
{
    enum status status = ST_OK;
    bool head = true;
    int depth = 0;
    if (r->out->verb.p[0] != 'U') {
        return ST_OK;
    }
    for (size_t i = r->target_end + 1; i < r->set_end && !status; i++) {
        const int change = batch_depth(r, i);
        if (head && depth == 0 && !batch_is_char(r, i, '(')) {
            status = set_target(r, i);
            head = false;
        } else if (head && depth == 1 && change == 0 && !batch_is_char(r, i, ',')) {
            status = set_target(r, i);
        }
        depth += change;
        if (depth == 0 && batch_is_char(r, i, '=')) {
            head = false;
        } else if (depth == 0 && batch_is_char(r, i, ',')) {
            head = true;
        }
    }
    return status;
}

/* ---- INSERT … SELECT: what makes one result of all rows ---- */

enum status batch_check_select(struct reading *r)
{
    static const enum keyword whole[] = {KW_DISTINCT, KW_GROUP, KW_HAVING,    KW_ORDER,  KW_LIMIT,  KW_OFFSET,
                                         KW_FETCH,    KW_UNION, KW_INTERSECT, KW_EXCEPT, KW_WINDOW, KW_OVER};
    int depth = 0;
    for (size_t i = r->select_at + 1; r->out->verb.p[0] == 'I' && i < r->tail_at; i++) {
        depth += batch_depth(r, i);
        if (depth != 0) {
            continue;
        }
        for (size_t k = 0; k < countof(whole); k++) {
            /* a IS DISTINCT FROM b is an operator. */
            if (batch_is(r, i, whole[k]) && !(whole[k] == KW_DISTINCT && batch_is(r, i + 1, KW_FROM))) {
                return batch_refuse(
                    r, i,
                    "its SELECT makes one result of all rows (DISTINCT, GROUP BY, ORDER BY, LIMIT, UNION, a window)",
                    "write a plain SELECT … FROM table WHERE …, or run it as one statement: -- migrate:whole because "
                    "…");
            }
        }
        if (batch_is(r, i, KW_RIGHT) || batch_is(r, i, KW_FULL)) {
            return batch_refuse(r, i, "a RIGHT or FULL JOIN gives the rows without a partner again for every batch",
                                "put the table whose rows are all taken first behind FROM, with a LEFT JOIN");
        }
    }
    return ST_OK;
}

/* ---- a query on the table itself ---- */

/* One open parenthesis, or the FROM list of the statement: is it a query, are we in its FROM list, may a table's name come next? */
struct frame {
    bool query, from, table_next;
};

static bool same_table(struct reading *r, size_t i)
{
    struct str schema, name;
    if (!qualified_name_parse(r->a, r->text, &r->s->st, &i, &schema, &name)) {
        return false;
    }
    /* Without a schema on both sides the search path decides; the same name is then taken for the same table. */
    return str_eq(name, r->out->table) && (schema.n == 0 || r->out->schema.n == 0 || str_eq(schema, r->out->schema));
}

static void frame_word(const struct reading *r, size_t i, struct frame *f)
{
    if (batch_is(r, i, KW_SELECT) || batch_is(r, i, KW_TABLE)) {
        f->query = true;
        f->from = false;
        f->table_next = batch_is(r, i, KW_TABLE);
    } else if (batch_is(r, i, KW_FROM) && f->query && !batch_is(r, i - 1, KW_DISTINCT)) {
        f->from = true;
        f->table_next = true;
    } else if (batch_is(r, i, KW_JOIN) || (batch_is_char(r, i, ',') && f->from)) {
        f->table_next = f->query || f->from;
    } else if (batch_is(r, i, KW_WHERE) || batch_is(r, i, KW_GROUP) || batch_is(r, i, KW_HAVING) ||
               batch_is(r, i, KW_ORDER) || batch_is(r, i, KW_WINDOW) || batch_is(r, i, KW_UNION) ||
               batch_is(r, i, KW_EXCEPT) || batch_is(r, i, KW_INTERSECT)) {
        f->from = false;
        f->table_next = false;
    } else if (!batch_is(r, i, KW_ONLY)) {
        f->table_next = false;
    }
}

static enum status refuse_self(struct reading *r, size_t i)
{
    return batch_refuse(r, i, "a subquery reads the table itself, which would see what earlier batches changed",
                        "read from a copy of what is needed, or run it as one statement: -- migrate:whole because …; "
                        "when it reads only "
                        "what the statement does not change: -- migrate:backfill allow=self-read");
}

/* INSERT INTO t SELECT … FROM t would meet its own rows again. */
static enum status check_into(struct reading *r)
{
    return r->out->verb.p[0] == 'I' && same_table(r, r->verb_at + 2) ? refuse_self(r, r->verb_at + 2) : ST_OK;
}

enum status batch_check_self(struct reading *r)
{
    VEC(struct frame) open = {0};
    const bool insert = r->out->verb.p[0] == 'I';
    if (batch_allowed(r, "self-read")) {
        return ST_OK;
    }
    /* What INSERT … SELECT reads besides its rows is not what it changes. */
    const enum status status = check_into(r);
    if (status || insert) {
        return status;
    }
    *vec_push(r->a, &open) = (struct frame){0};
    for (size_t i = 0; i < r->s->st.n_tokens; i++) {
        struct frame *top = &open.at[open.n - 1];
        if (i == r->target_at) {
            i = r->target_end - 1;
        } else if (open.n == 1 && i == r->set_end && i < r->where_at) {
            *top = (struct frame){.query = true, .from = true, .table_next = true};
        } else if (batch_is_char(r, i, '(')) {
            /* FROM ( a JOIN b … ) goes on with the list outside; FROM f(…) does not. */
            const struct frame inner = top->table_next ? *top : (struct frame){0};
            top->table_next = false;
            *vec_push(r->a, &open) = inner;
        } else if (batch_is_char(r, i, ')')) {
            open.n -= open.n > 1;
        } else {
            if (top->table_next && batch_is_name(r, i) && same_table(r, i)) {
                return refuse_self(r, i);
            }
            frame_word(r, i, top);
        }
    }
    return ST_OK;
}

/* ---- a volatile condition ---- */

/* Names followed by a parenthesis in the condition: the server is asked what it knows of them. */
static void collect_functions(struct reading *r)
{
    for (size_t i = r->where_at; r->has_where && i + 1 < r->tail_at; i++) {
        if (batch_is_name(r, i) && batch_is_char(r, i + 1, '(')) {
            *vec_push(r->a, &r->out->functions) = token_name(r->a, r->text, *batch_token(r, i));
        }
    }
}

enum status batch_check_volatile(struct reading *r)
{
    struct catalog nothing;
    collect_functions(r);
    if (!r->has_where || batch_allowed(r, "volatile")) {
        return ST_OK;
    }
    catalog_init(&nothing, r->a);
    if (expression_volatile(&nothing, r->text, &r->s->st, r->where_at + 1, r->tail_at) == TRI_YES) {
        return batch_refuse(
            r, r->where_at,
            "a function in WHERE gives another answer every time (random(), nextval(), clock_timestamp() …)",
            "write down the choice first (a column, a table of keys), or say that it does not matter: -- "
            "migrate:backfill "
            "allow=volatile");
    }
    return ST_OK;
}
