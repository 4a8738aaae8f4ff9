/*
 * A statement read by its tokens. At parenthesis depth 0 the clause words are where the grammar has them, so no full
 * parser is needed; what lies outside the plain forms is refused with the reason, never guessed at.
 */
#include "plan/batch_impl.h"

#include "catalog/replay.h"
#include "migration/place.h"

/* ---- tokens ---- */

const struct token *batch_token(const struct reading *r, size_t i)
{
    static const struct token none = {.kind = TOK_END};
    return i < r->s->st.n_tokens ? &r->s->st.tokens[i] : &none;
}

bool batch_is_char(const struct reading *r, size_t i, char c)
{
    return batch_token(r, i)->kind == TOK_SELF && batch_token(r, i)->keyword == (uint16_t)c;
}

bool batch_is(const struct reading *r, size_t i, enum keyword kw)
{
    return statement_is(&r->s->st, i, kw);
}

bool batch_is_name(const struct reading *r, size_t i)
{
    const struct token *t = batch_token(r, i);
    return t->kind == TOK_QUOTED || t->kind == TOK_UQUOTED ||
           (t->kind == TOK_WORD && keyword_category((enum keyword)t->keyword) != KW_RESERVED);
}

int batch_depth(const struct reading *r, size_t i)
{
    return batch_is_char(r, i, '(') || batch_is_char(r, i, '[')   ? 1
           : batch_is_char(r, i, ')') || batch_is_char(r, i, ']') ? -1
                                                                  : 0;
}

enum status batch_refuse(struct reading *r, size_t i, const char *why, const char *hint)
{
    const size_t at = i < r->s->st.n_tokens ? batch_token(r, i)->start : r->s->st.start;
    place_refuse(r->err, r->file, r->text, at, "cannot run this in batches: %s", why);
    error_hint(r->err, "%s", hint);
    return ST_USAGE;
}

bool batch_allowed(const struct reading *r, const char *name)
{
    for (size_t i = 0; r->said && i < r->said->allow.n; i++) {
        if (str_eq(r->said->allow.at[i], str_of(name))) {
            return true;
        }
    }
    return false;
}

/* The first of two key words at depth 0 from token i on, or n_tokens. */
static size_t find_either(const struct reading *r, size_t i, enum keyword one, enum keyword other)
{
    int depth = 0;
    for (; i < r->s->st.n_tokens; i++) {
        depth += batch_depth(r, i);
        if (depth == 0 && (batch_is(r, i, one) || batch_is(r, i, other))) {
            break;
        }
    }
    return i;
}

static size_t find_word(const struct reading *r, size_t i, enum keyword kw)
{
    return find_either(r, i, kw, kw);
}

/* ---- which statement ---- */

/* The verb, behind WITH if there is one. */
static enum status read_verb(struct reading *r)
{
    size_t i = 0;
    if (batch_is(r, 0, KW_WITH)) {
        int depth = 0;
        for (i = 1; i < r->s->st.n_tokens; i++) {
            depth += batch_depth(r, i);
            if (depth == 0 && (batch_is(r, i, KW_UPDATE) || batch_is(r, i, KW_DELETE) || batch_is(r, i, KW_INSERT) ||
                               batch_is(r, i, KW_SELECT) || batch_is(r, i, KW_MERGE))) {
                break;
            }
        }
    }
    r->verb_at = i;
    r->out->verb = batch_is(r, i, KW_UPDATE)                                  ? STR("UPDATE")
                   : batch_is(r, i, KW_DELETE) && batch_is(r, i + 1, KW_FROM) ? STR("DELETE")
                   : batch_is(r, i, KW_INSERT) && batch_is(r, i + 1, KW_INTO) ? STR("INSERT")
                                                                              : STR_NONE;
    if (r->out->verb.n == 0) {
        return batch_refuse(r, i, "only UPDATE, DELETE and INSERT … SELECT can be", "leave out -- migrate:backfill");
    }
    return ST_OK;
}

/* INSERT INTO name … SELECT … FROM: the token behind FROM. */
static enum status read_insert(struct reading *r, size_t *at)
{
    size_t i = r->verb_at + 2;
    struct str schema, name;
    if (!qualified_name_parse(r->a, r->text, &r->s->st, &i, &schema, &name)) {
        return batch_refuse(r, i, "the table's name cannot be read",
                            "write INSERT INTO table (columns) SELECT … FROM …");
    }
    r->select_at = find_word(r, i, KW_SELECT);
    size_t from = find_word(r, r->select_at, KW_FROM);
    while (from < r->s->st.n_tokens && batch_is(r, from - 1, KW_DISTINCT)) {
        from = find_word(r, from + 1, KW_FROM); /* a IS DISTINCT FROM b */
    }
    if (from == r->s->st.n_tokens) {
        return batch_refuse(r, r->verb_at, "there is no SELECT … FROM a table in it",
                            "leave out -- migrate:backfill, or write INSERT INTO table (columns) SELECT … FROM table");
    }
    *at = from + 1;
    return ST_OK;
}

/* [ONLY] table [*] [[AS] alias] */
static enum status read_target(struct reading *r)
{
    const bool insert = r->out->verb.p[0] == 'I';
    size_t i = r->verb_at + (r->out->verb.p[0] == 'U' ? 1 : 2);
    if (insert) {
        const enum status status = read_insert(r, &i);
        if (status) {
            return status;
        }
    }
    r->target_at = i;
    r->out->only = batch_is(r, i, KW_ONLY);
    i += r->out->only;
    const bool parenthesis = r->out->only && batch_is_char(r, i, '(');
    i += parenthesis;
    if (batch_is(r, i, KW_LATERAL) || !batch_is_name(r, i) ||
        !qualified_name_parse(r->a, r->text, &r->s->st, &i, &r->out->schema, &r->out->table)) {
        return batch_refuse(r, i, "the table's name cannot be read",
                            insert ? "write the table whose rows are taken first behind FROM"
                                   : "write UPDATE table SET … or DELETE FROM table …");
    }
    i += parenthesis;
    if (batch_is_char(r, i, '(') || batch_is(r, i, KW_TABLESAMPLE)) {
        return batch_refuse(r, i, "it does not read a plain table",
                            "write the table whose rows are taken first behind FROM");
    }
    i += batch_is_char(r, i, '*');
    r->name_end = i;
    r->out->alias = r->out->table;
    const bool as = batch_is(r, i, KW_AS);
    i += as;
    if (as || (batch_is_name(r, i) && !batch_is(r, i, KW_SET) &&
               keyword_category((enum keyword)batch_token(r, i)->keyword) != KW_TYPE_FUNC_NAME)) {
        r->out->alias = token_name(r->a, r->text, *batch_token(r, i++));
        if (insert && batch_is_char(r, i, '(')) {
            return batch_refuse(r, i, "the table's columns are renamed by its alias", "leave the list of columns out");
        }
    }
    r->target_end = i;
    return r->out->verb.p[0] == 'U' && !batch_is(r, i, KW_SET)
               ? batch_refuse(r, i, "SET is missing", "write UPDATE table SET column = value")
               : ST_OK;
}

/* ---- clauses behind the target ---- */

static enum status refuse_clause(struct reading *r, size_t i)
{
    if (batch_is(r, i, KW_RETURNING)) {
        return batch_refuse(r, i, "nobody reads what RETURNING returns", "leave RETURNING out");
    }
    if (r->out->verb.p[0] != 'I' && (batch_is(r, i, KW_LIMIT) || batch_is(r, i, KW_OFFSET) ||
                                     batch_is(r, i, KW_FETCH) || batch_is(r, i, KW_ORDER))) {
        return batch_refuse(r, i, "UPDATE and DELETE have no LIMIT and no ORDER BY",
                            "leave it out: migrate makes the batches, -- migrate:backfill batch=N says how large");
    }
    return ST_OK;
}

static enum status read_clauses(struct reading *r)
{
    const size_t n = r->s->st.n_tokens;
    enum status status = ST_OK;
    int depth = 0;
    r->where_at = r->tail_at = r->set_end = n;
    for (size_t i = r->target_end; i < n && !status; i++) {
        depth += batch_depth(r, i);
        if (depth != 0) {
            continue;
        }
        /* a IS DISTINCT FROM b is an operator, not a clause. */
        const bool from = batch_is(r, i, KW_FROM) && !batch_is(r, i - 1, KW_DISTINCT);
        if (r->set_end == n && (from || batch_is(r, i, KW_USING) || batch_is(r, i, KW_WHERE))) {
            r->set_end = i;
        }
        if (batch_is(r, i, KW_WHERE) && !r->has_where && r->tail_at == n) {
            r->has_where = true;
            r->where_at = i;
        } else if (batch_is(r, i, KW_ON) && batch_is(r, i + 1, KW_CONFLICT)) {
            r->tail_at = i;
            r->where_at = r->has_where ? r->where_at : i;
        } else {
            status = refuse_clause(r, i);
        }
    }
    r->set_end = r->set_end > r->where_at ? r->where_at : r->set_end;
    r->out->joins = r->set_end < r->where_at && r->out->verb.p[0] != 'I';
    if (status || !r->has_where) {
        return status;
    }
    if (batch_is(r, r->where_at + 1, KW_CURRENT) && batch_is(r, r->where_at + 2, KW_OF)) {
        return batch_refuse(r, r->where_at, "WHERE CURRENT OF needs an open cursor", "write a condition on columns");
    }
    if (r->where_at + 1 == r->tail_at) {
        return batch_refuse(r, r->where_at, "WHERE has no condition", "write one, or leave WHERE out");
    }
    return ST_OK;
}

/* ---- all of it ---- */

static struct str source_of(const struct reading *r, size_t first, size_t behind)
{
    return first < behind ? str_trim(str_slice(r->text, batch_token(r, first)->start, r->s->st.tokens[behind - 1].end))
                          : STR_NONE;
}

static void take_directive(struct reading *r)
{
    struct batch_spec *out = r->out;
    out->automatic = r->said == NULL;
    if (!r->said) {
        return;
    }
    for (size_t i = 0; i < r->said->key.n; i++) {
        *vec_push(r->a, &out->key) = r->said->key.at[i];
    }
    out->batch = r->said->batch;
    out->rate = r->said->rate;
    out->workers = r->said->workers;
    out->max_bad_rows = r->said->max_bad_rows;
    out->allow_volatile = batch_allowed(r, "volatile");
}

static enum status check(struct reading *r)
{
    enum status status = batch_check_with(r);
    status = status ? status : batch_check_set(r);
    status = status ? status : batch_check_select(r);
    status = status ? status : batch_check_self(r);
    return status ? status : batch_check_volatile(r);
}

static enum status check_allowed(struct reading *r)
{
    for (size_t i = 0; r->said && i < r->said->allow.n; i++) {
        const struct str name = r->said->allow.at[i];
        if (!str_eq(name, STR("self-read")) && !str_eq(name, STR("volatile"))) {
            place_refuse(r->err, r->file, r->text, r->said->start, "there is nothing called \"%.*s\" to allow",
                         STR_ARG(name));
            error_hint(r->err,
                       "allow= takes self-read (a subquery on the table itself) and volatile (a volatile condition)");
            return ST_USAGE;
        }
    }
    return ST_OK;
}

enum status batch_spec_of(const struct judged_statement *st, struct str text, const char *file,
                          const struct directive *directive, struct arena *a, struct batch_spec *out, struct error *err)
{
    struct reading r = {.s = st, .text = text, .file = str_of(file), .a = a, .said = directive, .out = out, .err = err};
    *out = (struct batch_spec){0};
    enum status status = check_allowed(&r);
    status = status ? status : read_verb(&r);
    status = status ? status : read_target(&r);
    status = status ? status : read_clauses(&r);
    status = status ? status : check(&r);
    if (status) {
        return status;
    }
    for (size_t i = 0; i < st->st.n_tokens; i++) {
        out->joins = out->joins || (i != r.select_at && batch_is(&r, i, KW_SELECT)) || batch_is(&r, i, KW_JOIN);
    }
    out->before = source_of(&r, 0, r.target_at);
    out->after = source_of(&r, r.target_end, r.where_at);
    out->where = r.has_where ? source_of(&r, r.where_at + 1, r.tail_at) : STR_NONE;
    out->tail = source_of(&r, r.tail_at, st->st.n_tokens);
    out->again = batch_again(&r);
    take_directive(&r);
    return ST_OK;
}
