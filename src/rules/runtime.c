#define PCRE2_CODE_UNIT_WIDTH 8
#include "rules/runtime.h"

#include <pcre2.h>

#include "rules/facts.h"
#include "rules/synopsis.h"

/*
 * A match may take so many steps, KiB of heap, and bytes of stack (JIT). A shape that needs more is adversarial or
 * absurd: what it is
 * cannot be told, and that is said.
 */
enum {
    MATCH_STEPS = 1000 * 1000,
    MATCH_HEAP_KIB = 20 * 1024,
    MATCH_NESTING = 256, /* parentheses within parentheses; a server's own stack ends not far above */
    JIT_STACK_MIN = 32 * 1024,
    JIT_STACK_MAX = 1024 * 1024,
    COMPILE_MAX = 128 * 1024,
    RUNTIME_MAX = 256 * 1024 * 1024,
    USES_BEFORE_JIT = 40, /* JIT compilation costs as much as some dozens of interpreted matches */
};

struct compiled {
    pcre2_code *code;
    unsigned uses;
    bool failed, jit;
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
    VEC(struct compiled) compiled; /* by pattern slot */
    struct memo_table expressions, terms, hazards, effects, asked_for;
    VEC(const struct expr *) asking; /* for statements elsewhere in the file */
    bool knows_asking;
    struct candidate_list *candidates[CANDIDATE_BUCKETS];
    pcre2_match_context *context;
    pcre2_match_data *data;
    pcre2_jit_stack *stack;
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
    for (size_t i = 0; i < rt->compiled.n; i++) {
        pcre2_code_free(rt->compiled.at[i].code);
    }
    pcre2_match_data_free(rt->data);
    pcre2_match_context_free(rt->context);
    pcre2_jit_stack_free(rt->stack);
    vec_free(&rt->compiled);
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

static int on_callout(pcre2_callout_block *at, void *unused UNUSED)
{
    const struct str subject = {(const char *)at->subject, at->subject_length};
    return synopsis_allows(subject, at->current_position) ? 0 : 1;
}

static void matcher_start(struct rulebook_runtime *rt)
{
    rt->context = pcre2_match_context_create(NULL);
    rt->data = pcre2_match_data_create(FORM_MAX_CAPTURES + 1, NULL);
    if (!rt->context || !rt->data) {
        mem_out("matcher");
    }
    pcre2_set_callout(rt->context, on_callout, NULL);
    pcre2_set_match_limit(rt->context, MATCH_STEPS);
    pcre2_set_heap_limit(rt->context, MATCH_HEAP_KIB);
}

static void jit_start(struct rulebook_runtime *rt, struct compiled *c)
{
    if (pcre2_jit_compile(c->code, PCRE2_JIT_COMPLETE) != 0) {
        return; /* no JIT on this machine: interpreted, and as bounded */
    }
    c->jit = true;
    if (!rt->stack) {
        rt->stack = pcre2_jit_stack_create(JIT_STACK_MIN, JIT_STACK_MAX, NULL);
        pcre2_jit_stack_assign(rt->context, NULL, rt->stack);
    }
}

static struct compiled *compiled_of(struct rulebook_runtime *rt, const struct pattern *pattern)
{
    while (rt->compiled.n <= pattern->slot) {
        (void)vec_push(NULL, &rt->compiled);
    }
    struct compiled *c = &rt->compiled.at[pattern->slot];
    if (!c->code && !c->failed) {
        struct strbuf regex;
        int code;
        PCRE2_SIZE at;
        strbuf_init(&regex, COMPILE_MAX);
        synopsis_complete(pattern->regex, &regex);
        c->code =
            pcre2_compile((PCRE2_SPTR)strbuf_cstr(&regex), regex.n, PCRE2_ANCHORED | PCRE2_DOTALL, &code, &at, NULL);
        c->failed = !c->code || regex.overflow;
        strbuf_free(&regex);
    }
    if (++c->uses == USES_BEFORE_JIT && c->code) {
        jit_start(rt, c);
    }
    return c;
}

/*
 * PCRE2's time for recursion grows with the square of its depth, so that is bounded before. Short texts cannot be
 * deep enough.
 */
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
    if (!rt->data) {
        matcher_start(rt);
    }
    const struct compiled *c = compiled_of(rt, pattern);
    if (!c->code || too_nested(subject)) {
        return MATCH_LIMIT;
    }
    const PCRE2_SPTR text = (PCRE2_SPTR)(subject.p ? subject.p : "");
    const int rc = c->jit ? pcre2_jit_match(c->code, text, subject.n, 0, 0, rt->data, rt->context)
                          : pcre2_match(c->code, text, subject.n, 0, 0, rt->data, rt->context);
    if (rc < 0) {
        return rc == PCRE2_ERROR_NOMATCH ? MATCH_NO : MATCH_LIMIT;
    }
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(rt->data);
    if (cut && at[1] == subject.n) {
        return MATCH_LIMIT;
    }
    for (unsigned i = 0; i < pattern->n_captures; i++) {
        const bool took_part = (int)i + 1 < rc && at[2 * i + 2] != PCRE2_UNSET;
        groups[i] = took_part ? (struct group){(uint32_t)at[2 * i + 2], (uint32_t)at[2 * i + 3]} : (struct group){0, 0};
    }
    return MATCH_YES;
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
