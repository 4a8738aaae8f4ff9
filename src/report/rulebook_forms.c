/*
 * The forms as tables. A condition that asks for the server's version is worked out for each version; what is left of
 * it stands in the table, and versions in a row with the same rest are one line.
 */
#include "report/rulebook_doc.h"
#include "rules/facts.h"

enum { VERSIONS = JUDGE_MAX_VERSION - JUDGE_MIN_VERSION + 1, CELL_MAX = 1 << 16, WORK_MAX = 1 << 24 };

/* ---- conditions ---- */

static const struct expr always = {.kind = EXPR_YES};
static const struct expr never = {.kind = EXPR_NO};

static const struct expr *of_tri(enum tri t)
{
    return t == TRI_YES ? &always : &never;
}

static bool asks_server(const struct expr *x)
{
    return x->kind == EXPR_COMPARE && strcmp(x->predicate->name, "server") == 0;
}

/* What is left of a condition on a server of this version. */
static const struct expr *rest_of(struct eval *e, const struct expr *x)
{
    const bool both = x->kind == EXPR_AND || x->kind == EXPR_OR;
    if (asks_server(x)) {
        return of_tri(expr_eval(e, x));
    }
    if (!both && x->kind != EXPR_NOT && x->kind != EXPR_SURELY) {
        return x;
    }
    struct expr *rest = arena_new(e->a, struct expr);
    *rest = *x;
    rest->left = rest_of(e, x->left);
    if (!both) {
        const bool decided = rest->left->kind == EXPR_YES || rest->left->kind == EXPR_NO;
        return decided ? of_tri(expr_eval(e, rest)) : rest;
    }
    rest->right = rest_of(e, x->right);
    const enum expr_kind neutral = x->kind == EXPR_AND ? EXPR_YES : EXPR_NO;
    const enum expr_kind decides = x->kind == EXPR_AND ? EXPR_NO : EXPR_YES;
    if (rest->left->kind == decides || rest->right->kind == neutral) {
        return rest->left;
    }
    return rest->right->kind == decides || rest->left->kind == neutral ? rest->right : rest;
}

static void add_term(struct strbuf *out, const struct term *t)
{
    if (t->kind == TERM_NUMBER) {
        strbuf_addf(out, "%" PRId64, t->number);
        return;
    }
    strbuf_addf(out, "%s%.*s", t->kind == TERM_CAPTURE ? "$" : "", STR_ARG(t->text));
    for (unsigned i = 0; i < t->n_arguments; i++) {
        strbuf_add_cstr(out, i == 0 ? "(" : ", ");
        add_term(out, t->arguments[i]);
    }
    strbuf_add_cstr(out, t->n_arguments ? ")" : "");
}

static void add_expr(struct strbuf *out, const struct expr *x, enum expr_kind around)
{
    static const char *const signs[] = {"<", "<=", "=", "<>", ">=", ">"};
    const bool or_inside = x->kind == EXPR_OR && around != EXPR_OR && around != EXPR_YES;
    const bool inside = or_inside || (x->kind == EXPR_AND && (around == EXPR_NOT || around == EXPR_SURELY));
    strbuf_add_cstr(out, inside ? "(" : "");
    switch (x->kind) {
    case EXPR_YES:
    case EXPR_NO:
        strbuf_add_cstr(out, x->kind == EXPR_YES ? "yes" : "no");
        break;
    case EXPR_AND:
    case EXPR_OR:
        add_expr(out, x->left, x->kind);
        strbuf_add_cstr(out, x->kind == EXPR_AND ? " and " : " or ");
        add_expr(out, x->right, x->kind);
        break;
    case EXPR_NOT:
    case EXPR_SURELY:
        strbuf_add_cstr(out, x->kind == EXPR_NOT ? "not " : "surely ");
        add_expr(out, x->left, x->kind);
        break;
    case EXPR_CALL:
    case EXPR_COMPARE:
        strbuf_add_cstr(out, x->predicate->name);
        for (unsigned i = 0; i < x->n_arguments; i++) {
            strbuf_add_cstr(out, i == 0 ? "(" : ", ");
            add_term(out, x->arguments[i]);
        }
        strbuf_add_cstr(out, x->n_arguments ? ")" : "");
        if (x->kind == EXPR_COMPARE) {
            strbuf_addf(out, " %s %" PRId64, signs[x->comparison], x->number);
        }
        break;
    }
    strbuf_add_cstr(out, inside ? ")" : "");
}

/* The condition's rest on each version, as text: "yes", "no" or what it still asks. */
static void rests(struct str condition, struct arena *a, struct str out[VERSIONS])
{
    const struct expr *x = &always;
    struct error err = {0};
    size_t at;
    if (condition.n > 0 && expr_parse(condition, a, NULL, NULL, &x, &at, &err)) {
        BUG("a condition of the rulebook cannot be read");
    }
    for (int v = 0; v < VERSIONS; v++) {
        struct eval e = {.server_version = JUDGE_MIN_VERSION + v, .a = a};
        struct strbuf text;
        strbuf_init(&text, CELL_MAX);
        add_expr(&text, rest_of(&e, x), EXPR_YES);
        out[v] = arena_str(a, strbuf_str(&text));
        strbuf_free(&text);
    }
}

static void add_versions(struct strbuf *out, int from, int to)
{
    const int first = JUDGE_MIN_VERSION + from, last = JUDGE_MIN_VERSION + to;
    if (to == VERSIONS - 1) {
        strbuf_addf(out, "from %d", first);
    } else if (from == 0) {
        strbuf_addf(out, "up to %d", last);
    } else {
        strbuf_addf(out, from == to ? "%d" : "%d to %d", first, last);
    }
}

/* "what (up to 13, when C)", a line for each run of versions with the same rest; those that say no are left out. */
static void add_conditional(struct strbuf *out, struct str what, struct str condition, struct arena *a)
{
    struct str rest[VERSIONS];
    rests(condition, a, rest);
    for (int from = 0, to; from < VERSIONS; from = to + 1) {
        for (to = from; to + 1 < VERSIONS && str_eq(rest[to + 1], rest[from]); to++) {
        }
        const bool all = from == 0 && to == VERSIONS - 1, certain = str_eq(rest[from], STR("yes"));
        if (str_eq(rest[from], STR("no"))) {
            continue;
        }
        strbuf_addf(out, "%s%.*s%s", out->n ? "<br>" : "", STR_ARG(what), all && certain ? "" : " (");
        if (!all) {
            add_versions(out, from, to);
        }
        if (!certain) {
            strbuf_addf(out, "%swhen `%.*s`", all ? "" : ", ", STR_ARG(rest[from]));
        }
        strbuf_add_cstr(out, all && certain ? "" : ")");
    }
}

/* ---- the table ---- */

/* Effects of this kind; locks of one mode, and other work of one kind, under one condition share a line. */
static void add_effects(struct strbuf *out, const struct form *f, enum effect_kind kind, struct arena *a)
{
    static const char *const words[] = {"", "rewrites ", "reads all of ", "builds "};
    for (unsigned i = 0; i < f->n_effects; i++) {
        const struct effect *e = &f->effects[i];
        struct strbuf what;
        bool told = e->kind != kind;
        for (unsigned k = 0; k < i && !told; k++) {
            const struct effect *before = &f->effects[k];
            told = before->kind == kind && before->mode == e->mode && str_eq(before->when, e->when);
        }
        if (told) {
            continue;
        }
        strbuf_init(&what, CELL_MAX);
        strbuf_addf(&what, "%s%s", words[kind], kind == EFFECT_LOCK ? lock_mode_name(e->mode) : "");
        strbuf_add_cstr(&what, kind == EFFECT_LOCK ? ": " : "");
        for (unsigned k = i; k < f->n_effects; k++) {
            const struct effect *like = &f->effects[k];
            if (like->kind == kind && like->mode == e->mode && str_eq(like->when, e->when)) {
                strbuf_addf(&what, "%s`%.*s`", k == i ? "" : ", ", STR_ARG(like->on));
            }
        }
        add_conditional(out, strbuf_str(&what), e->when, a);
        strbuf_free(&what);
    }
}

static void add_form(struct strbuf *out, const struct form *f, struct arena *a)
{
    struct strbuf locks, work;
    strbuf_init(&locks, CELL_MAX);
    strbuf_init(&work, CELL_MAX);
    add_effects(&locks, f, EFFECT_LOCK, a);
    add_effects(&work, f, EFFECT_REWRITE, a);
    add_effects(&work, f, EFFECT_SCAN, a);
    add_effects(&work, f, EFFECT_BUILD, a);
    if (f->refused_in_transaction.n > 0) {
        add_conditional(&work, STR("not in a transaction"), f->refused_in_transaction, a);
    }
    if (f->unsupported.n > 0) {
        add_conditional(&work, STR("refused by the server"), f->unsupported, a);
    }
    strbuf_addf(out, "| <a id=\"form-%.*s\"></a>`%.*s` | [", STR_ARG(f->id), STR_ARG(f->id));
    add_markdown_prose(out, f->title, false);
    strbuf_addf(out, "](%.*s) | %.*s | %.*s |\n", STR_ARG(f->source), STR_ARG(strbuf_str(&locks)),
                STR_ARG(strbuf_str(&work)));
    strbuf_free(&locks);
    strbuf_free(&work);
}

void rulebook_forms_markdown(const struct rulebook *book, struct strbuf *out)
{
    struct arena work;
    struct str group = STR_NONE;
    arena_init(&work, WORK_MAX);
    for (size_t i = 0; i < book->n_forms; i++) {
        const struct form *f = book->forms[i];
        if (!str_eq(f->group, group)) {
            group = f->group;
            strbuf_addf(out, "\n### Forms: %.*s\n\n| form | statement | locks | work |\n| --- | --- | --- | --- |\n",
                        STR_ARG(group));
        }
        const struct arena_mark mark = arena_mark(&work);
        add_form(out, f, &work);
        arena_rewind(&work, mark);
    }
    arena_free(&work);
}
