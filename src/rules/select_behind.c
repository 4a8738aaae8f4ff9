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

/* What f ( … ) calls. */
struct called {
    struct str schema, name;
};

VEC_DECLARE(called_list, struct called);

/*
 * A function as it is read once, for all statements that run it: every INSERT into a table with a trigger does. Of the catalog only
 * the query depends on, and knows by itself whether it still holds. Memory is the catalog's.
 */
struct function_reading {
    struct statement tokens;
    struct query *query;      /* NULL: not read yet */
    struct called_list calls; /* in it */
};

/* All texts that run behind the statement, found once for all that is asked of them. */
struct eval_behind {
    struct eval *e;
    VEC(struct eval *) bodies;
    unsigned depth;
    bool whole; /* every text is known */
};

static void run(struct eval_behind *b, struct eval *e, const struct called_list *calls);

/* ---- one text ----------------------------------------------------------------------------------------------------------- */

/* The first token of the name in front of the parenthesis. */
static size_t name_before(const struct statement *st, size_t paren)
{
    size_t i = paren - 1;
    for (;; i -= 2) {
        i -= i >= 2 && statement_is(st, i - 1, KW_UESCAPE) ? 2 : 0;
        if (i < 2 || !expression_is_self(st, i - 1, '.')) {
            return i;
        }
    }
}

/* f ( … ) where it is no relation's name. */
static void find_calls(struct arena *a, const struct query *q, struct called_list *out)
{
    const struct statement *st = q->st;
    for (size_t i = 0; i < q->calls.n; i++) {
        struct called called;
        size_t at = name_before(st, q->calls.at[i]);
        const bool named = at > 0 && (statement_is(st, at - 1, KW_INTO) || statement_is(st, at - 1, KW_TABLE) ||
                                      statement_is(st, at - 1, KW_REFERENCES) || statement_is(st, at - 1, KW_COPY));
        if (!named && qualified_name_view(a, q->text, st, &at, &called.schema, &called.name) && at == q->calls.at[i]) {
            *vec_push(a, out) = called;
        }
    }
}

/* Another statement that runs behind b's; NULL: too many do. */
static struct eval *enter(struct eval_behind *b, struct str text, const struct statement *tokens)
{
    struct arena *a = b->e->a;
    if (b->depth >= MAX_DEPTH || b->bodies.n >= MAX_BODIES) {
        b->whole = false;
        return NULL;
    }
    struct shape *shape = arena_new(a, struct shape);
    struct classified *what = arena_alloc_raw(a, sizeof *what);
    struct eval *e = arena_alloc_raw(a, sizeof *e);
    *shape = (struct shape){.n_actions = 1, .last = (uint32_t)tokens->n_tokens};
    what->form = NULL; /* member by member: there is room for many captures, and none is here */
    what->shape = shape;
    what->statement = tokens;
    what->text = text;
    what->n_captures = 0;
    what->words[0] = what->words[1] = UINT64_MAX; /* not looked at */
    what->limit_hit = false;
    *e = *b->e;
    e->what = what;
    e->memo = NULL; /* of another statement */
    *vec_push(a, &b->bodies) = e;
    return e;
}

static void run_read(struct eval_behind *b, struct eval *e)
{
    struct called_list calls = {0};
    if (e->catalog->functions.used > 0) {
        find_calls(e->a, eval_query(e), &calls);
    }
    run(b, e, &calls);
}

static void run_text(struct eval_behind *b, struct str text)
{
    struct statement *st = arena_new(b->e->a, struct statement);
    *st = expression_lex_all(b->e->a, text);
    struct eval *e = enter(b, text, st);
    if (e) {
        b->depth++;
        run_read(b, e);
        b->depth--;
    }
}

/* ---- what runs ---------------------------------------------------------------------------------------------------------- */

static struct function_reading *read_function(const struct eval *e, struct function *f)
{
    if (!f->reading) {
        struct arena *a = e->catalog->arena;
        struct function_reading *r = arena_new(a, struct function_reading);
        r->tokens = expression_lex_all(e->a, f->source);
        struct token *kept = arena_alloc_raw(a, mem_size(r->tokens.n_tokens, sizeof kept[0]));
        if (r->tokens.n_tokens > 0) {
            memcpy(kept, r->tokens.tokens, r->tokens.n_tokens * sizeof kept[0]);
        }
        r->tokens.tokens = kept;
        f->reading = r;
    }
    return f->reading;
}

static void run_function(struct eval_behind *b, struct function *f)
{
    if (!f || f->source.n == 0) {
        b->whole = false;
        return;
    }
    struct function_reading *r = read_function(b->e, f);
    struct eval *e = enter(b, f->source, &r->tokens);
    if (!e) {
        return;
    }
    if (!r->query || !query_holds(r->query)) {
        r->query = query_read(e->catalog->arena, e->catalog, f->source, &r->tokens, 0, r->tokens.n_tokens);
        r->calls.n = 0;
        find_calls(e->catalog->arena, r->query, &r->calls);
    }
    eval_memo(e)->query = r->query;
    b->depth++;
    run(b, e, &r->calls);
    b->depth--;
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
            run_text(b, rule->actions);
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

static void run(struct eval_behind *b, struct eval *e, const struct called_list *calls)
{
    const struct query *q = eval_query(e);
    b->whole = b->whole && !q->cut;
    for (size_t i = 0; i < q->sources.n; i++) {
        if (q->sources.at[i].use != USE_READ) {
            run_changed(b, &q->sources.at[i]);
        }
    }
    for (size_t i = 0; i < calls->n; i++) {
        struct function *f = catalog_function(e->catalog, calls->at[i].schema, calls->at[i].name);
        if (f) {
            run_function(b, f);
        }
    }
}

static struct eval_behind *behind(struct eval *e)
{
    struct eval_memo *memo = eval_memo(e);
    if (!memo->behind) {
        struct eval_behind *b = arena_new(e->a, struct eval_behind);
        *b = (struct eval_behind){.e = e, .whole = true};
        run_read(b, e);
        memo->behind = b;
    }
    return memo->behind;
}

bool runs_behind(struct eval *e)
{
    const struct eval_behind *b = behind(e);
    return b->bodies.n > 0 || !b->whole;
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
