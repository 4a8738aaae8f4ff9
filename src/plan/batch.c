/*
 * An UPDATE or DELETE read by its tokens. At parenthesis depth 0 the clause words are where the grammar has them, so no
 * full parser is needed; what lies outside the plain form is refused with the reason, never guessed at.
 */
#include "plan/batch.h"

#include "catalog/replay.h"
#include "migration/place.h"

struct reading {
    const struct judged_statement *s;
    struct str text;
    struct str file;
    struct arena *a;
    struct batch_spec *out;
    struct error *err;
    size_t target_end; /* token behind the target and its alias */
    size_t set_at;     /* UPDATE: the token SET */
    size_t where_at;   /* the token WHERE, or n_tokens */
};

static const struct token *token_at(const struct reading *r, size_t i)
{
    static const struct token none = {.kind = TOK_END};
    return i < r->s->st.n_tokens ? &r->s->st.tokens[i] : &none;
}

static bool is_char(const struct reading *r, size_t i, char c)
{
    return token_at(r, i)->kind == TOK_SELF && token_at(r, i)->keyword == (uint16_t)c;
}

static bool is(const struct reading *r, size_t i, enum keyword kw)
{
    return statement_is(&r->s->st, i, kw);
}

static bool is_name(const struct reading *r, size_t i)
{
    const struct token *t = token_at(r, i);
    return t->kind == TOK_QUOTED || t->kind == TOK_UQUOTED ||
           (t->kind == TOK_WORD && keyword_category((enum keyword)t->keyword) != KW_RESERVED);
}

static int depth_change(const struct reading *r, size_t i)
{
    return is_char(r, i, '(') || is_char(r, i, '[') ? 1 : is_char(r, i, ')') || is_char(r, i, ']') ? -1 : 0;
}

static enum status refuse(struct reading *r, size_t i, const char *why, const char *hint)
{
    const size_t at = i < r->s->st.n_tokens ? token_at(r, i)->start : r->s->st.start;
    place_refuse(r->err, r->file, r->text, at, "cannot run this in batches: %s", why);
    error_hint(r->err, "%s", hint);
    return ST_USAGE;
}

/* UPDATE [ONLY] table [*] [[AS] alias] SET, DELETE FROM [ONLY] table [*] [[AS] alias]. */
static enum status read_target(struct reading *r)
{
    const bool update = is(r, 0, KW_UPDATE);
    size_t i = update ? 1 : 2;
    if (is(r, 0, KW_WITH)) {
        return refuse(r, 0, "it has a WITH clause, which would run again for every batch",
                      "write the condition as a subquery in WHERE, or fill an indexed table first and read from it");
    }
    if (!update && !(is(r, 0, KW_DELETE) && is(r, 1, KW_FROM))) {
        return refuse(r, 0, "only UPDATE and DELETE can be", "leave out -- migrate:backfill");
    }
    r->out->verb = update ? STR("UPDATE") : STR("DELETE");
    if (is(r, i, KW_ONLY)) {
        i++;
    }
    const bool parenthesis = is_char(r, i, '(');
    i += parenthesis;
    if (!qualified_name_parse(r->a, r->text, &r->s->st, &i, &r->out->schema, &r->out->table)) {
        return refuse(r, i, "the table's name cannot be read", "write UPDATE table SET … or DELETE FROM table …");
    }
    i += parenthesis;
    i += is_char(r, i, '*');
    r->out->alias = r->out->table;
    const bool as = is(r, i, KW_AS);
    i += as;
    if (as || (is_name(r, i) && !is(r, i, KW_SET))) {
        r->out->alias = token_name(r->a, r->text, *token_at(r, i++));
    }
    r->target_end = i;
    r->set_at = i;
    return update && !is(r, i, KW_SET) ? refuse(r, i, "SET is missing", "write UPDATE table SET column = value")
                                       : ST_OK;
}

/* The clauses behind the target at depth 0. */
static enum status read_clauses(struct reading *r)
{
    const bool update = r->out->verb.p[0] == 'U';
    int depth = 0;
    r->where_at = r->s->st.n_tokens;
    for (size_t i = r->target_end; i < r->s->st.n_tokens; i++) {
        depth += depth_change(r, i);
        if (depth != 0) {
            continue;
        }
        /* a IS DISTINCT FROM b is an operator, not a clause. */
        if (r->where_at == r->s->st.n_tokens &&
            ((update && is(r, i, KW_FROM) && !is(r, i - 1, KW_DISTINCT)) || (!update && is(r, i, KW_USING)))) {
            return refuse(
                r, i, "a join (FROM or USING) may give a row several partners, which batches would choose otherwise",
                "write it as a subquery: SET x = (SELECT … WHERE …), or WHERE EXISTS (SELECT …)");
        }
        if (is(r, i, KW_WHERE) && r->where_at == r->s->st.n_tokens) {
            r->where_at = i;
        } else if (is(r, i, KW_RETURNING)) {
            return refuse(r, i, "nobody reads what RETURNING returns", "leave RETURNING out");
        } else if (is(r, i, KW_LIMIT) || is(r, i, KW_OFFSET) || is(r, i, KW_FETCH) || is(r, i, KW_ORDER)) {
            return refuse(r, i, "UPDATE and DELETE have no LIMIT and no ORDER BY",
                          "leave it out: migrate makes the batches, -- migrate:backfill batch=N says how large");
        }
    }
    if (is(r, r->where_at, KW_WHERE) && is(r, r->where_at + 1, KW_CURRENT) && is(r, r->where_at + 2, KW_OF)) {
        return refuse(r, r->where_at, "WHERE CURRENT OF needs an open cursor", "write a condition on columns");
    }
    if (is(r, r->where_at, KW_WHERE) && r->where_at + 1 == r->s->st.n_tokens) {
        return refuse(r, r->where_at, "WHERE has no condition", "write one, or leave WHERE out");
    }
    return ST_OK;
}

/* ---- SET of a key column ---- */

static bool in_key(const struct reading *r, struct str column, const struct directive *said)
{
    const struct relation_lock_list *locks = &r->s->effects.locks;
    for (size_t i = 0; said && i < said->key.n; i++) {
        if (str_eq_nocase(said->key.at[i], column)) {
            return true;
        }
    }
    if ((said && said->key.n > 0) || locks->n == 0 || !str_eq(locks->at[0].relation->name, r->out->table)) {
        return false;
    }
    /* No key was named: the executor takes the primary key, if the model knows it. */
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

static enum status check_set_target(struct reading *r, size_t i, const struct directive *said)
{
    if (is_name(r, i) && in_key(r, token_name(r->a, r->text, *token_at(r, i)), said)) {
        return refuse(r, i, "it changes a column of the key that the batches go by, so rows would move between batches",
                      "choose another key: -- migrate:backfill key=COLUMN");
    }
    return ST_OK;
}

/* SET a = …, b[1] = …, (c, d) = …: the names at the head of every part. */
static enum status check_set(struct reading *r, const struct directive *said)
{
    enum status status = ST_OK;
    bool head = true;
    int depth = 0;
    for (size_t i = r->set_at + 1; i < r->where_at && !status; i++) {
        const int change = depth_change(r, i);
        if (head && depth == 0 && !is_char(r, i, '(')) {
            status = check_set_target(r, i, said);
            head = false;
        } else if (head && depth == 1 && change == 0 && !is_char(r, i, ',')) {
            status = check_set_target(r, i, said);
        }
        depth += change;
        if (depth == 0 && is_char(r, i, '=')) {
            head = false;
        } else if (depth == 0 && is_char(r, i, ',')) {
            head = true;
        }
    }
    return status;
}

/* ---- a subquery on the target ---- */

/* One open parenthesis: is it a query, are we in its FROM list, may a table's name come next? */
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
    if (is(r, i, KW_SELECT) || is(r, i, KW_TABLE)) {
        f->query = true;
        f->from = false;
        f->table_next = is(r, i, KW_TABLE);
    } else if (is(r, i, KW_FROM) && f->query && !is(r, i - 1, KW_DISTINCT)) {
        f->from = true;
        f->table_next = true;
    } else if (is(r, i, KW_JOIN) || (is_char(r, i, ',') && f->from)) {
        f->table_next = f->query || f->from;
    } else if (is(r, i, KW_WHERE) || is(r, i, KW_GROUP) || is(r, i, KW_HAVING) || is(r, i, KW_ORDER) ||
               is(r, i, KW_WINDOW) || is(r, i, KW_UNION) || is(r, i, KW_EXCEPT) || is(r, i, KW_INTERSECT)) {
        f->from = false;
        f->table_next = false;
    } else if (!is(r, i, KW_ONLY)) {
        f->table_next = false;
    }
}

static enum status check_subqueries(struct reading *r)
{
    VEC(struct frame) open = {0};
    for (size_t i = r->target_end; i < r->s->st.n_tokens; i++) {
        struct frame *top = open.n > 0 ? &open.at[open.n - 1] : NULL;
        if (is_char(r, i, '(')) {
            /* FROM ( a JOIN b … ) goes on with the list outside; FROM f(…) does not. */
            const struct frame inner = top && top->table_next ? *top : (struct frame){0};
            if (top) {
                top->table_next = false;
            }
            *vec_push(r->a, &open) = inner;
        } else if (is_char(r, i, ')')) {
            open.n -= open.n > 0;
        } else if (top) {
            if (top->table_next && is_name(r, i) && same_table(r, i)) {
                return refuse(
                    r, i, "a subquery reads the table itself, which would see what earlier batches changed",
                    "read from a copy of what is needed, or run it as one statement: -- migrate:whole because …");
            }
            frame_word(r, i, top);
        }
    }
    return ST_OK;
}

/* ---- all of it ---- */

static struct str source_of(const struct reading *r, size_t first, size_t last)
{
    return str_trim(str_slice(r->text, token_at(r, first)->start, r->s->st.tokens[last - 1].end));
}

enum status batch_spec_of(const struct judged_statement *st, struct str text, const char *file,
                          const struct directive *directive, struct arena *a, struct batch_spec *out, struct error *err)
{
    struct reading r = {.s = st, .text = text, .file = str_of(file), .a = a, .out = out, .err = err};
    *out = (struct batch_spec){0};
    enum status status = read_target(&r);
    if (!status) {
        status = read_clauses(&r);
    }
    if (!status && out->verb.p[0] == 'U') {
        status = check_set(&r, directive);
    }
    if (!status) {
        status = check_subqueries(&r);
    }
    if (status) {
        return status;
    }
    out->head = source_of(&r, 0, r.where_at);
    if (r.where_at < st->st.n_tokens) {
        out->where = source_of(&r, r.where_at + 1, st->st.n_tokens);
    }
    if (directive) {
        for (size_t i = 0; i < directive->key.n; i++) {
            *vec_push(a, &out->key) = directive->key.at[i];
        }
        out->batch = directive->batch;
        out->rate = directive->rate;
    }
    return ST_OK;
}
