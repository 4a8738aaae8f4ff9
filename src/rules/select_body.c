/* Selectors on what stands in the bodies of functions, and on what CREATE INDEX is to build. */
#include "catalog/index.h"
#include "catalog/replay.h"
#include "rules/facts.h"
#include "rules/query.h"

/* ---- bodies ------------------------------------------------------------------------------------------------------------- */

static void add_sources(struct eval *e, const struct query *q, bool changes, struct relation_list *out)
{
    for (size_t i = 0; i < q->sources.n; i++) {
        if ((q->sources.at[i].use != USE_READ) == changes) {
            relation_list_add(e->a, out, q->sources.at[i].relation);
        }
    }
}

static const struct query *body_query(struct eval *e, struct str body)
{
    struct statement *st = arena_new(e->a, struct statement);
    *st = expression_lex_all(e->a, body);
    return query_read(e->a, e->catalog, body, st, 0, st->n_tokens);
}

/* The body of CREATE FUNCTION … LANGUAGE sql: the server reads it as it is made. */
static const struct query *read_own_body(struct eval *e)
{
    const struct statement *st = e->what->statement;
    struct catalog scratch = {.arena = e->a};
    struct reader rd = {.c = &scratch, .text = e->what->text, .st = st, .end = st->n_tokens};
    bool sql = false;
    struct str body = STR_NONE, language;
    for (; !rd_done(&rd); rd.i++) {
        if (rd_is(&rd, KW_BEGIN) && rd_is_at(&rd, 1, KW_ATOMIC)) {
            return query_read(e->a, e->catalog, e->what->text, st, rd.i, st->n_tokens);
        }
        struct reader at = rd;
        if (rd_take(&at, KW_LANGUAGE)) {
            sql = (rd_string(&at, &language) || rd_any_name(&at, &language)) && str_eq_nocase(language, STR("sql"));
        } else if (rd_take(&at, KW_AS) && rd_is_string(&at)) {
            (void)rd_string(&at, &body);
        }
    }
    return sql && body.n > 0 ? body_query(e, body) : NULL;
}

static bool body(struct eval *e, bool changes, struct relation_list *out)
{
    struct eval_memo *memo = eval_memo(e);
    if (!memo->knows_body) {
        memo->body = read_own_body(e);
        memo->knows_body = true;
    }
    if (memo->body) {
        add_sources(e, memo->body, changes, out);
    }
    return true;
}

bool select_body_read(struct eval *e, struct call call, struct relation_list *out)
{
    (void)call;
    return body(e, false, out);
}

bool select_body_changed(struct eval *e, struct call call, struct relation_list *out)
{
    (void)call;
    return body(e, true, out);
}

bool select_functions_read(struct eval *e, struct call call, struct relation_list *out)
{
    size_t first, last;
    if (!term_tokens(e, call.arguments[0], &first, &last)) {
        return true;
    }
    struct catalog scratch = {.arena = e->a};
    struct reader rd = {
        .c = &scratch, .text = e->what->text, .st = e->what->statement, .first = first, .i = first, .end = last};
    struct word word;
    while (expression_word(&rd, &word)) {
        if (word.role == WORD_FUNCTION) {
            const struct function *f = catalog_function(e->catalog, word.schema, word.name);
            if (f && f->source.n > 0) {
                add_sources(e, body_query(e, f->source), false, out);
            }
        }
    }
    return true;
}

/* ---- CREATE INDEX ------------------------------------------------------------------------------------------------------- */

static void add_targets(struct eval *e, struct reader *rd, struct relation *r, const struct index_spec *spec,
                        struct relation_list *targets, struct relation_list *matches)
{
    if (targets) {
        relation_list_add(e->a, targets, r);
    }
    for (size_t i = 0; r->kind == REL_PARTITIONED && !spec->only && i < r->children.n; i++) {
        struct relation *part = r->children.at[i];
        struct relation *same = spec->columns.n > 0 ? index_equal(rd, part, spec) : NULL;
        if (same && matches) {
            relation_list_add(e->a, matches, same);
        } else if (!same) {
            add_targets(e, rd, part, spec, targets, matches);
        }
    }
}

static bool new_index(struct eval *e, struct call call, struct relation_list *targets, struct relation_list *matches)
{
    const struct statement *st = e->what->statement;
    struct index_spec spec = {.label = "idx", .valid = true};
    struct reader rd = {.c = e->catalog, .text = e->what->text, .st = st, .end = st->n_tokens};
    struct relation *r = term_relation(e, call.arguments[0]);
    bool if_not_exists;
    if (!r || r->kind != REL_PARTITIONED) {
        if (r && targets) {
            relation_list_add(e->a, targets, r);
        }
        return !r || relation_whole(e, r);
    }
    (void)rd_take(&rd, KW_CREATE);
    spec.unique = rd_take(&rd, KW_UNIQUE);
    if (rd_take(&rd, KW_INDEX) && index_read_create(&rd, &spec, &if_not_exists) == r) {
        add_targets(e, &rd, r, &spec, targets, matches);
    }
    return relation_whole(e, r);
}

bool select_index_targets(struct eval *e, struct call call, struct relation_list *out)
{
    return new_index(e, call, out, NULL);
}

bool select_index_matches(struct eval *e, struct call call, struct relation_list *out)
{
    return new_index(e, call, NULL, out);
}
