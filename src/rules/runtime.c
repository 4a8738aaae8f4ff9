#include "rules/runtime.h"

#include "rules/facts.h"
#include "rules/synopsis.h"

enum {
    MATCH_NESTING = 256, /* parentheses within parentheses; a server's own stack ends not far above */
    RUNTIME_MAX = 256 * 1024 * 1024,
};

/* From the address of a text in the book to what was made of it. */
struct memo {
    const char *key;
    const void *value;
};

struct memo_table {
    struct memo *slots;
    size_t cap, used;
};

struct candidate_list {
    enum keyword first, second;
    struct candidates list;
    struct candidate_list *next;
};

enum { CANDIDATE_BUCKETS = 1024 };

struct rulebook_runtime {
    struct arena arena;
    VEC(const struct program *) programs; /* by pattern slot; NULL: not yet */
    struct memo_table expressions, terms, hazards, effects, asked_for;
    VEC(const struct expr *) asking; /* for statements elsewhere in the file */
    bool knows_asking;
    struct candidate_list *candidates[CANDIDATE_BUCKETS];
};

struct rulebook_runtime *runtime_new(void)
{
    struct rulebook_runtime *rt = mem_alloc(sizeof *rt);
    memset(rt, 0, sizeof *rt);
    arena_init(&rt->arena, RUNTIME_MAX);
    return rt;
}

void runtime_free(struct rulebook_runtime *rt)
{
    if (!rt) {
        return;
    }
    arena_free(&rt->arena);
    free(rt);
}

void runtime_forget(struct rulebook_runtime *rt)
{
    memset(rt->candidates, 0, sizeof rt->candidates);
    rt->hazards = rt->asked_for = (struct memo_table){0};
    rt->asking.n = 0;
    rt->knows_asking = false;
}

struct arena *runtime_arena(struct rulebook_runtime *rt)
{
    return &rt->arena;
}

/* ---- patterns --------------------------------------------------------------------------------------------------- */

/* The program of a pattern, read when it is first needed: most runs need few. */
static const struct program *program_of(struct rulebook_runtime *rt, const struct pattern *pattern)
{
    while (rt->programs.n <= pattern->slot) {
        (void)vec_push(&rt->arena, &rt->programs);
    }
    const struct program **known = &rt->programs.at[pattern->slot];
    if (!*known) {
        *known = synopsis_program(pattern->notation, &rt->arena);
    }
    return *known;
}

/* What is nested deeper than a server takes is not told, whatever it is. Short texts cannot be deep enough. */
static bool too_nested(struct str subject)
{
    unsigned depth = 0;
    for (size_t i = 0; subject.n > 4 * MATCH_NESTING && i < subject.n; i++) {
        depth += subject.p[i] == '(';
        depth -= subject.p[i] == ')' && depth > 0;
        if (depth > MATCH_NESTING) {
            return true;
        }
    }
    return false;
}

enum match runtime_match(struct rulebook_runtime *rt, const struct pattern *pattern, struct str subject, bool cut,
                         struct group groups[FORM_MAX_CAPTURES])
{
    size_t end;
    if (too_nested(subject)) {
        return MATCH_LIMIT;
    }
    const enum match match = synopsis_match(program_of(rt, pattern), subject, groups, &end);
    return match == MATCH_YES && cut && end == subject.n ? MATCH_LIMIT : match;
}

/* ---- memory of what was read ------------------------------------------------------------------------------------ */

static struct memo *memo_find(const struct memo_table *t, const void *key)
{
    size_t i = (size_t)(((uintptr_t)key >> 2) * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (t->cap - 1);
    while (t->slots[i].key && t->slots[i].key != key) {
        i = (i + 1) & (t->cap - 1);
    }
    return &t->slots[i];
}

static const void *memo_get(const struct memo_table *t, const void *key)
{
    return t->cap ? memo_find(t, key)->value : NULL;
}

static void memo_put(struct memo_table *t, struct arena *a, const void *key, const void *value)
{
    if ((t->used + 1) * 2 > t->cap) {
        const struct memo_table old = *t;
        t->cap = old.cap ? old.cap * 2 : 64;
        t->slots = arena_array(a, struct memo, t->cap);
        for (size_t i = 0; i < old.cap; i++) {
            if (old.slots[i].key) {
                *memo_find(t, old.slots[i].key) = old.slots[i];
            }
        }
    }
    *memo_find(t, key) = (struct memo){key, value};
    t->used++;
}

const struct expr *runtime_expr(struct rulebook_runtime *rt, struct str text)
{
    const struct expr *expr = memo_get(&rt->expressions, text.p);
    if (!expr) {
        struct error err;
        size_t at;
        if (expr_parse(text, &rt->arena, NULL, NULL, &expr, &at, &err)) {
            BUG("expression of the rulebook: %s", err.primary);
        }
        memo_put(&rt->expressions, &rt->arena, text.p, expr);
    }
    return expr;
}

const struct term *runtime_term(struct rulebook_runtime *rt, struct str text)
{
    const struct term *term = memo_get(&rt->terms, text.p);
    if (!term) {
        struct error err;
        size_t at;
        if (term_parse(text, &rt->arena, NULL, NULL, &term, &at, &err)) {
            BUG("selector of the rulebook: %s", err.primary);
        }
        memo_put(&rt->terms, &rt->arena, text.p, term);
    }
    return term;
}

const struct ready_effect *runtime_effects(struct rulebook_runtime *rt, const struct form *form)
{
    const struct ready_effect *known = memo_get(&rt->effects, form);
    if (!known) {
        struct ready_effect *list = arena_array(&rt->arena, struct ready_effect, form->n_effects + 1);
        for (unsigned i = 0; i < form->n_effects; i++) {
            const struct str when = form->effects[i].when;
            list[i].on = runtime_term(rt, form->effects[i].on);
            list[i].when = when.n > 0 ? runtime_expr(rt, when) : NULL;
            list[i].each = str_find(when, STR("$each")) != SIZE_MAX;
            list[i].needs = term_needs(list[i].on);
        }
        known = list;
        memo_put(&rt->effects, &rt->arena, form, known);
    }
    return known;
}

/* The expressions with followed_by() or file_has(): few, and the others need not be read for it. */
static void find_asking(struct rulebook_runtime *rt, const struct rulebook *book)
{
    static const struct str predicates[] = {STR_INIT("followed_by"), STR_INIT("file_has")};
    rt->knows_asking = true;
    for (size_t i = 0; i < book->n_hazards; i++) {
        const struct str texts[] = {book->hazards[i]->when, book->hazards[i]->unless};
        for (size_t k = 0; k < countof(texts) * countof(predicates); k++) {
            const struct str text = texts[k % countof(texts)];
            if (str_find(text, predicates[k / countof(texts)]) != SIZE_MAX) {
                *vec_push(&rt->arena, &rt->asking) = runtime_expr(rt, text);
            }
        }
    }
}

bool runtime_asks_for(const struct rulebook *book, const struct form *form)
{
    static const bool yes = true, no = false;
    struct rulebook_runtime *rt = book->runtime;
    const bool *known = memo_get(&rt->asked_for, form);
    if (!rt->knows_asking) {
        find_asking(rt, book);
    }
    if (!known) {
        known = &no;
        for (size_t i = 0; i < rt->asking.n; i++) {
            known = expr_asks_for(rt->asking.at[i], form) ? &yes : known;
        }
        memo_put(&rt->asked_for, &rt->arena, form, known);
    }
    return *known;
}

/* ---- dispatch --------------------------------------------------------------------------------------------------- */

static bool has_bit(const uint64_t mask[2], enum keyword kw)
{
    uint64_t bit[2] = {0, 0};
    keyword_bit_set(bit, kw);
    return ((mask[0] & bit[0]) | (mask[1] & bit[1])) != 0;
}

static bool may_begin(const struct pattern *p, enum keyword first, enum keyword second)
{
    return (p->first[0] == KW_NONE || p->first[0] == first) && (p->first[1] == KW_NONE || p->first[1] == second) &&
           has_bit(p->begins[0], first) && has_bit(p->begins[1], second);
}

struct candidates runtime_candidates(const struct rulebook *book, enum keyword first, enum keyword second)
{
    struct rulebook_runtime *rt = book->runtime;
    struct candidate_list **bucket = &rt->candidates[((unsigned)first * 31 + (unsigned)second) % CANDIDATE_BUCKETS];
    for (const struct candidate_list *c = *bucket; c; c = c->next) {
        if (c->first == first && c->second == second) {
            return c->list;
        }
    }
    VEC(struct candidate) found = {0};
    for (size_t i = 0; i < book->n_forms; i++) {
        const struct form *form = book->forms[i];
        for (unsigned k = 0; k < form->n_patterns; k++) {
            const struct pattern *p = &form->patterns[k];
            if (may_begin(p, first, second)) {
                *vec_push(&rt->arena, &found) =
                    (struct candidate){{p->needs[0], p->needs[1]}, {p->either[0], p->either[1]}, form, p};
            }
        }
    }
    struct candidate_list *c = arena_new(&rt->arena, struct candidate_list);
    *c = (struct candidate_list){first, second, {found.at, found.n}, *bucket};
    *bucket = c;
    return c->list;
}

static bool watches(const struct hazard *h, const struct form *form)
{
    for (unsigned i = 0; i < h->n_on; i++) {
        if (str_eq(h->on[i], STR("*")) || (form && str_eq(h->on[i], form->id))) {
            return true;
        }
    }
    return false;
}

const struct hazard_list *runtime_hazards(const struct rulebook *book, const struct form *form)
{
    static const struct form none;
    struct rulebook_runtime *rt = book->runtime;
    const void *key = form ? form : &none;
    const struct hazard_list *known = memo_get(&rt->hazards, key);
    if (!known) {
        struct hazard_list *list = arena_new(&rt->arena, struct hazard_list);
        for (size_t i = 0; i < book->n_hazards; i++) {
            if (watches(book->hazards[i], form)) {
                const struct hazard *h = book->hazards[i];
                *vec_push(&rt->arena, list) = (struct ready_hazard){
                    .hazard = h,
                    .when = h->when.n > 0 ? runtime_expr(rt, h->when) : NULL,
                    .unless = h->unless.n > 0 ? runtime_expr(rt, h->unless) : NULL,
                };
            }
        }
        known = list;
        memo_put(&rt->hazards, &rt->arena, key, known);
    }
    return known;
}
