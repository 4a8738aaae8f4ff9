/*
 * Selectors on what runs behind a statement: trigger functions, rules, procedures and functions that it calls, as far as their texts
 * say in so many words what they work on. EXECUTE is not followed.
 *
 * A text is judged as a statement of its own. Source: rewriteHandler.c and spi.c of the server; measured on servers 13 to 18.
 */
#include "catalog/expression.h"
#include "catalog/replay.h"
#include "rules/insert.h"

/* What a body runs has bodies behind it, too. */
enum { MAX_DEPTH = 3, MAX_BODIES = 32 };

/* All texts that run behind the statement, found once for all that is asked of them. */
struct eval_behind {
    struct eval *e;
    VEC(struct eval *) bodies;
    unsigned depth;
    bool whole; /* every text is known */
};

static void run(struct eval_behind *b, struct eval *e);

/* ---- one text ----------------------------------------------------------------------------------------------------------- */

static void run_text(struct eval_behind *b, struct str text, const struct statement *tokens)
{
    struct arena *a = b->e->a;
    if (b->depth >= MAX_DEPTH || b->bodies.n >= MAX_BODIES) {
        b->whole = false;
        return;
    }
    struct shape *shape = arena_new(a, struct shape);
    struct classified *what = arena_new(a, struct classified);
    struct eval *e = arena_new(a, struct eval);
    *shape = (struct shape){.n_actions = 1, .last = (uint32_t)tokens->n_tokens};
    *what = (struct classified){.shape = shape, .statement = tokens, .text = text};
    *e = *b->e;
    e->what = what;
    e->memo = NULL; /* of another statement */
    *vec_push(a, &b->bodies) = e;
    b->depth++;
    run(b, e);
    b->depth--;
}

/* ---- what runs ---------------------------------------------------------------------------------------------------------- */

/* The catalog keeps a function's tokens: every INSERT into a table with a trigger asks for them. */
static const struct statement *tokens_of(const struct eval *e, struct function *f)
{
    if (!f->tokens) {
        struct arena *a = e->catalog->arena;
        const struct statement st = expression_lex_all(e->a, f->source);
        f->tokens = arena_new(a, struct statement);
        *f->tokens = st;
        f->tokens->tokens = arena_alloc_raw(a, mem_size(st.n_tokens, sizeof st.tokens[0]));
        if (st.n_tokens > 0) {
            memcpy(f->tokens->tokens, st.tokens, st.n_tokens * sizeof st.tokens[0]);
        }
    }
    return f->tokens;
}

static void run_function(struct eval_behind *b, struct function *f)
{
    if (f && f->source.n > 0) {
        run_text(b, f->source, tokens_of(b->e, f));
    } else {
        b->whole = false;
    }
}

static unsigned event_of(const struct query_source *s)
{
    static const unsigned events[] = {
        [USE_INSERT] = TRIGGER_INSERT,
        [USE_UPDATE] = TRIGGER_UPDATE,
        [USE_DELETE] = TRIGGER_DELETE,
        [USE_MERGE] = TRIGGER_INSERT | TRIGGER_UPDATE | TRIGGER_DELETE,
    };
    return events[s->use];
}

static void run_triggers(struct eval_behind *b, const struct relation *r, unsigned event, bool rows_only)
{
    for (size_t i = 0; i < r->triggers.n; i++) {
        const struct trigger *t = r->triggers.at[i];
        if ((t->events == 0 || (t->events & event)) && (t->row || !rows_only)) {
            run_function(b, catalog_function(b->e->catalog, t->function_schema, t->function));
        }
    }
}

static void run_rules(struct eval_behind *b, const struct relation *r, unsigned event)
{
    for (size_t i = 0; i < r->rules.n; i++) {
        const struct rule *rule = &r->rules.at[i];
        if ((rule->event & event) && rule->actions.n > 0) {
            struct statement *st = arena_new(b->e->a, struct statement);
            *st = expression_lex_all(b->e->a, rule->actions);
            run_text(b, rule->actions, st);
        }
    }
}

bool rows_replaced(const struct query_source *s)
{
    const struct relation *r = s->relation;
    for (size_t i = 0; s->use != USE_READ && i < r->rules.n; i++) {
        const struct rule *rule = &r->rules.at[i];
        if (rule->instead && !rule->conditional && (rule->event & event_of(s))) {
            return true;
        }
    }
    return false;
}

bool old_rows_read(struct arena *a, const struct query_source *s)
{
    const struct relation *r = s->relation;
    for (size_t i = 0; s->use != USE_READ && i < r->rules.n; i++) {
        const struct rule *rule = &r->rules.at[i];
        const struct statement st = expression_lex_all(a, rule->actions);
        for (size_t k = 0; (rule->event & event_of(s)) && k < st.n_tokens; k++) {
            const struct token t = st.tokens[k];
            if (t.kind == TOK_WORD && str_eq_nocase(token_text(rule->actions, t), STR("old"))) {
                return true;
            }
        }
    }
    return false;
}

/* A partition has the row triggers of the tables above it. */
static void run_changed(struct eval_behind *b, const struct query_source *s)
{
    const unsigned event = event_of(s);
    run_rules(b, s->relation, event);
    if (rows_replaced(s)) {
        return;
    }
    run_triggers(b, s->relation, event, false);
    const struct relation *base = insert_base(s->relation);
    if (base != s->relation) {
        run_triggers(b, base, event, false);
    }
    for (const struct relation *up = base; up->is_partition && up->parents.n > 0;) {
        up = up->parents.at[0];
        run_triggers(b, up, event, true);
    }
}

/* f ( … ) where it is no relation's name. */
static void run_calls(struct eval_behind *b, const struct eval *e)
{
    const struct statement *st = e->what->statement;
    const struct shape *shape = e->what->shape;
    for (size_t i = shape->first; i + 1 < shape->last && i + 1 < st->n_tokens; i++) {
        struct str schema, name;
        size_t at = i;
        const struct token t = st->tokens[i];
        if (t.kind != TOK_UQUOTED && !expression_is_self(st, i + 1, '(') && !expression_is_self(st, i + 1, '.')) {
            continue; /* no name that is called: most of what there is */
        }
        const bool named =
            i > shape->first && (statement_is(st, i - 1, KW_INTO) || statement_is(st, i - 1, KW_TABLE) ||
                                 statement_is(st, i - 1, KW_REFERENCES) || statement_is(st, i - 1, KW_COPY));
        const bool calls = !named && qualified_name_view(e->a, e->what->text, st, &at, &schema, &name) &&
                           expression_is_self(st, at, '(');
        struct function *f = calls ? catalog_function(e->catalog, schema, name) : NULL;
        if (f) {
            run_function(b, f);
        }
        i = calls ? at - 1 : i;
    }
}

static void run(struct eval_behind *b, struct eval *e)
{
    const struct query *q = eval_query(e);
    for (size_t i = 0; i < q->sources.n; i++) {
        if (q->sources.at[i].use != USE_READ) {
            run_changed(b, &q->sources.at[i]);
        }
    }
    if (e->catalog->functions.used > 0) {
        run_calls(b, e);
    }
}

static struct eval_behind *behind(struct eval *e)
{
    struct eval_memo *memo = eval_memo(e);
    if (!memo->behind) {
        struct eval_behind *b = arena_new(e->a, struct eval_behind);
        *b = (struct eval_behind){.e = e, .whole = true};
        run(b, e);
        memo->behind = b;
    }
    return memo->behind;
}

/* ---- what it does ------------------------------------------------------------------------------------------------------- */

static bool add(struct eval *e, struct relation_list *out,
                bool (*select)(struct eval *, struct call, struct relation_list *))
{
    return select(e, (struct call){0}, out);
}

static bool add_with_indexes(struct eval *e, struct relation_list *out,
                             bool (*select)(struct eval *, struct call, struct relation_list *))
{
    struct relation_list found = {0};
    const bool whole = select(e, (struct call){0}, &found);
    for (size_t i = 0; i < found.n; i++) {
        relation_list_add(e->a, out, found.at[i]);
    }
    planned_indexes_add(e, &found, out);
    return whole;
}

bool select_behind_changed(struct eval *e, struct call call, struct relation_list *out)
{
    const struct eval_behind *b = behind(e);
    bool whole = b->whole;
    (void)call;
    for (size_t i = 0; i < b->bodies.n; i++) {
        whole = add(b->bodies.at[i], out, select_changed) && whole;
        whole = add(b->bodies.at[i], out, select_changed_indexes) && whole;
        whole = add_with_indexes(b->bodies.at[i], out, select_referencing_changed) && whole;
        whole = add(b->bodies.at[i], out, select_sequences_used) && whole;
    }
    return whole;
}

bool select_behind_checked(struct eval *e, struct call call, struct relation_list *out)
{
    const struct eval_behind *b = behind(e);
    bool whole = b->whole;
    (void)call;
    for (size_t i = 0; i < b->bodies.n; i++) {
        whole = add_with_indexes(b->bodies.at[i], out, select_checked) && whole;
        whole = add_with_indexes(b->bodies.at[i], out, select_row_locked) && whole;
        whole = add_with_indexes(b->bodies.at[i], out, select_referencing_looked_at) && whole;
    }
    return whole;
}

bool select_behind_read(struct eval *e, struct call call, struct relation_list *out)
{
    const struct eval_behind *b = behind(e);
    bool whole = b->whole;
    (void)call;
    for (size_t i = 0; i < b->bodies.n; i++) {
        whole = add_with_indexes(b->bodies.at[i], out, select_opened) && whole;
    }
    return whole;
}
