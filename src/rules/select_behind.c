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

enum wanted { WANT_CHANGED, WANT_CHECKED, WANT_READ };

struct behind {
    struct eval *e;
    enum wanted want;
    struct relation_list *out;
    unsigned depth, bodies;
    bool whole; /* every text is known */
};

static void run(struct behind *b, struct eval *e);

/* ---- one text ----------------------------------------------------------------------------------------------------------- */

static void add_with_indexes(struct behind *b, struct eval *e, bool (*select)(struct eval *, struct call, struct relation_list *))
{
    struct relation_list found = {0};
    b->whole = select(e, (struct call){0}, &found) && b->whole;
    for (size_t i = 0; i < found.n; i++) {
        relation_list_add(e->a, b->out, found.at[i]);
    }
    planned_indexes_add(e, &found, b->out);
}

static void run_text(struct behind *b, struct str text)
{
    struct arena *a = b->e->a;
    if (b->depth >= MAX_DEPTH || b->bodies >= MAX_BODIES) {
        b->whole = false;
        return;
    }
    b->bodies++;
    struct statement *st = arena_new(a, struct statement);
    struct shape *shape = arena_new(a, struct shape);
    struct classified *what = arena_new(a, struct classified);
    *st = expression_lex_all(a, text);
    *shape = (struct shape){.n_actions = 1, .last = (uint32_t)st->n_tokens};
    *what = (struct classified){.shape = shape, .statement = st, .text = text};
    struct eval e = *b->e;
    e.what = what;
    e.memo = NULL; /* of another statement */
    switch (b->want) {
    case WANT_CHANGED:
        b->whole = select_changed(&e, (struct call){0}, b->out) && b->whole;
        b->whole = select_changed_indexes(&e, (struct call){0}, b->out) && b->whole;
        add_with_indexes(b, &e, select_referencing_changed);
        b->whole = select_sequences_used(&e, (struct call){0}, b->out) && b->whole;
        break;
    case WANT_CHECKED:
        add_with_indexes(b, &e, select_checked);
        add_with_indexes(b, &e, select_row_locked);
        add_with_indexes(b, &e, select_referencing_looked_at);
        break;
    case WANT_READ:
        add_with_indexes(b, &e, select_opened);
        break;
    }
    b->depth++;
    run(b, &e);
    b->depth--;
}

/* ---- what runs ---------------------------------------------------------------------------------------------------------- */

static void run_function(struct behind *b, const struct function *f)
{
    if (f && f->source.n > 0) {
        run_text(b, f->source);
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

static void run_triggers(struct behind *b, const struct relation *r, unsigned event, bool rows_only)
{
    for (size_t i = 0; i < r->triggers.n; i++) {
        const struct trigger *t = r->triggers.at[i];
        if ((t->events == 0 || (t->events & event)) && (t->row || !rows_only)) {
            run_function(b, catalog_function(b->e->catalog, t->function_schema, t->function));
        }
    }
}

static void run_rules(struct behind *b, const struct relation *r, unsigned event)
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
static void run_changed(struct behind *b, const struct query_source *s)
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
static void run_calls(struct behind *b, const struct eval *e)
{
    const struct statement *st = e->what->statement;
    const struct shape *shape = e->what->shape;
    for (size_t i = shape->first; i + 1 < shape->last && i + 1 < st->n_tokens; i++) {
        struct str schema, name;
        size_t at = i;
        const bool named = i > shape->first &&
                           (statement_is(st, i - 1, KW_INTO) || statement_is(st, i - 1, KW_TABLE) ||
                            statement_is(st, i - 1, KW_REFERENCES) || statement_is(st, i - 1, KW_COPY));
        const bool calls = !named && qualified_name_parse(e->a, e->what->text, st, &at, &schema, &name) &&
                           expression_is_self(st, at, '(');
        const struct function *f = calls ? catalog_function(e->catalog, schema, name) : NULL;
        if (f) {
            run_function(b, f);
        }
        i = calls ? at - 1 : i;
    }
}

static void run(struct behind *b, struct eval *e)
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

static bool behind(struct eval *e, enum wanted want, struct relation_list *out)
{
    struct behind b = {.e = e, .want = want, .out = out, .whole = true};
    run(&b, e);
    return b.whole;
}

bool select_behind_changed(struct eval *e, struct call call, struct relation_list *out)
{
    (void)call;
    return behind(e, WANT_CHANGED, out);
}

bool select_behind_checked(struct eval *e, struct call call, struct relation_list *out)
{
    (void)call;
    return behind(e, WANT_CHECKED, out);
}

bool select_behind_read(struct eval *e, struct call call, struct relation_list *out)
{
    (void)call;
    return behind(e, WANT_READ, out);
}
