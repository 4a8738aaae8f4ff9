/*
 * Selectors on sequences: those a statement asks for a value, and the tables whose defaults do.
 *
 * Source: lock_and_open_sequence() of the server; measured on servers 13 to 18.
 */
#include "catalog/replay.h"
#include "rules/insert.h"

static bool is_self(const struct statement *st, size_t i, char c)
{
    return expression_is_self(st, i, c);
}

static void add_sequence(struct eval *e, struct relation *r, struct relation_list *out)
{
    if (r && (r->kind == REL_SEQUENCE || r->kind == REL_UNKNOWN)) {
        relation_list_add(e->a, out, r);
    }
}

/* The relation that 'schema.name' names. */
static struct relation *relation_in_string(struct eval *e, struct str text, struct token t)
{
    const struct str quoted = token_text(text, t);
    const size_t open = str_find_char(quoted, '\'');
    if (open == SIZE_MAX || quoted.n < open + 3) {
        return NULL;
    }
    const struct str inner = str_slice(quoted, open + 1, quoted.n - 1);
    const struct statement st = expression_lex(e->a, inner);
    struct str schema, name;
    size_t i = 0;
    if (!qualified_name_parse(e->a, inner, &st, &i, &schema, &name) || i != st.n_tokens) {
        return NULL;
    }
    return catalog_mention(e->catalog, schema, name, REL_SEQUENCE);
}

/* nextval( 's' ), setval( pg_get_serial_sequence( 't', 'c' ), … ) whose parenthesis is at the token `paren`, before `last`. */
static void called_sequence(struct eval *e, struct str text, const struct statement *st, size_t paren, size_t last,
                            struct relation_list *out)
{
    const struct token function = st->tokens[paren - 1];
    const struct str name = token_text(text, function);
    if (function.kind != TOK_WORD || paren + 1 >= last ||
        !(str_eq_nocase(name, STR("nextval")) || str_eq_nocase(name, STR("setval")) ||
          str_eq_nocase(name, STR("currval")))) {
        return;
    }
    if (st->tokens[paren + 1].kind == TOK_STRING) {
        add_sequence(e, relation_in_string(e, text, st->tokens[paren + 1]), out);
    } else if (paren + 5 < last && is_self(st, paren + 2, '(') && is_self(st, paren + 4, ',') &&
               str_eq_nocase(token_text(text, st->tokens[paren + 1]), STR("pg_get_serial_sequence"))) {
        const struct relation *r = relation_in_string(e, text, st->tokens[paren + 3]);
        const struct str quoted = token_text(text, st->tokens[paren + 5]);
        const struct column *column = r && quoted.n > 2 ? relation_column(r, str_slice(quoted, 1, quoted.n - 1)) : NULL;
        add_sequence(e, column ? column->sequence : NULL, out);
    }
}

/* All in tokens [first, last). */
static void called_sequences(struct eval *e, struct str text, const struct statement *st, size_t first, size_t last,
                             struct relation_list *out)
{
    for (size_t i = first + 1; i < last; i++) {
        if (is_self(st, i, '(')) {
            called_sequence(e, text, st, i, last, out);
        }
    }
}

static bool gives_default(struct eval *e, const struct insert *in, struct str column)
{
    struct row row = {0};
    size_t at = in->first;
    if (!name_list_has(&in->columns, column)) {
        return true;
    }
    while (in->values && insert_next_row(e, &at, &row)) {
        const struct span *value = insert_value(in, &row, column);
        if (!value || statement_is(e->what->statement, value->first, KW_DEFAULT)) {
            return true;
        }
    }
    return false;
}

/* Of columns that INSERT leaves to their default. */
static void default_sequences(struct eval *e, const struct query_source *s, struct relation_list *out)
{
    const struct relation *table = insert_base(s->relation);
    struct insert in = {0}; /* read when there is a default to be given */
    for (size_t i = 0; i < table->columns.n; i++) {
        const struct column *c = table->columns.at[i];
        if (!c->sequence && c->default_sql.n == 0) {
            continue;
        }
        if (!in.table) {
            in = insert_read(e, s);
        }
        if (!gives_default(e, &in, c->name)) {
            continue;
        }
        if (c->sequence) {
            relation_list_add(e->a, out, c->sequence);
        } else {
            const struct statement st = expression_lex(e->a, c->default_sql);
            called_sequences(e, c->default_sql, &st, 0, st.n_tokens, out);
        }
    }
}

static bool merges_insert(const struct eval *e, const struct query_source *s)
{
    const struct statement *st = e->what->statement;
    for (size_t i = s->token; s->use == USE_MERGE && i + 1 < st->n_tokens; i++) {
        if (statement_is(st, i, KW_THEN) && statement_is(st, i + 1, KW_INSERT)) {
            return true;
        }
    }
    return false;
}

bool select_sequences_used(struct eval *e, struct call call, struct relation_list *out)
{
    const struct shape *s = e->what->shape;
    size_t first = s->first, last = s->last;
    if (call.n > 0) {
        if (term_tokens(e, call.arguments[0], &first, &last)) {
            called_sequences(e, e->what->text, e->what->statement, first, last, out);
        }
        return true;
    }
    const struct query *q = eval_query(e);
    for (size_t i = 0; i < q->calls.n; i++) {
        called_sequence(e, e->what->text, e->what->statement, q->calls.at[i], last, out);
    }
    for (size_t i = 0; i < q->sources.n; i++) {
        const bool inserts = q->sources.at[i].use == USE_INSERT || merges_insert(e, &q->sources.at[i]);
        if (inserts && !rows_replaced(&q->sources.at[i])) {
            default_sequences(e, &q->sources.at[i], out);
        }
    }
    return true;
}

bool select_sequence_users(struct eval *e, struct call call, struct relation_list *out)
{
    struct relation_list sequences = {0};
    bool took_part;
    const bool whole = term_relations(e, call.arguments[0], &sequences, &took_part);
    for (size_t i = 0; i < e->catalog->all.n; i++) {
        struct relation *r = e->catalog->all.at[i];
        for (size_t k = 0; r->exists != TRI_NO && k < r->columns.n; k++) {
            struct relation_list called = {0};
            const struct column *c = r->columns.at[k];
            if (c->default_sql.n == 0 || str_find(c->default_sql, STR("nextval")) == SIZE_MAX) {
                continue;
            }
            const struct statement st = expression_lex(e->a, c->default_sql);
            called_sequences(e, c->default_sql, &st, 0, st.n_tokens, &called);
            for (size_t s = 0; s < called.n * sequences.n; s++) {
                if (called.at[s / sequences.n] == sequences.at[s % sequences.n]) {
                    relation_list_add(e->a, out, r);
                }
            }
        }
    }
    return whole && e->catalog->complete;
}
