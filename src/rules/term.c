#include "rules/facts.h"

/* From a term's text to names and relations. */

enum { NAME_PARTS = 3 };

/* The next part of a name as a shape writes it: bare, "quoted", or a key word; folded and unquoted. */
bool term_name_part(struct arena *a, struct str *rest, struct str *part)
{
    if (rest->n == 0) {
        return false;
    }
    if (rest->p[0] != '"') {
        size_t n = 0;
        while (n < rest->n && rest->p[n] != '.') {
            n++;
        }
        *part = str_slice(*rest, 0, n);
        if (n > 0 && part->p[0] >= 'A' && part->p[0] <= 'Z') {
            char *lower = arena_cstr(a, *part);
            for (size_t i = 0; i < n; i++) {
                lower[i] = (char)(lower[i] >= 'A' && lower[i] <= 'Z' ? lower[i] + 32 : lower[i]);
            }
            part->p = lower;
        }
        *rest = str_slice(*rest, n, rest->n);
    } else {
        char *out = arena_alloc(a, rest->n);
        size_t n = 0, i = 1;
        for (; i < rest->n && !(rest->p[i] == '"' && (i + 1 == rest->n || rest->p[i + 1] != '"')); i++) {
            i += rest->p[i] == '"';
            out[n++] = rest->p[i];
        }
        *part = (struct str){out, n};
        *rest = str_slice(*rest, i + 1, rest->n);
    }
    *rest = str_slice(*rest, rest->n > 0 && rest->p[0] == '.' ? 1 : 0, rest->n);
    return true;
}

/* schema.name, name, or database.schema.name. False: none of them. */
bool term_split_name(struct arena *a, struct str text, struct str *schema, struct str *name)
{
    struct str parts[NAME_PARTS];
    size_t n = 0;
    while (text.n > 0) {
        if (n == NAME_PARTS || !term_name_part(a, &text, &parts[n])) {
            return false;
        }
        n++;
    }
    *schema = n > 1 ? parts[n - 2] : STR("");
    *name = n > 0 ? parts[n - 1] : STR("");
    return n > 0 && name->n > 0;
}

/* What kind of relation a capture of this name is, for one that the catalog meets here for the first time. */
static enum relation_kind kind_of(const struct statement *st, struct str capture)
{
    static const struct {
        struct str name;
        enum relation_kind kind;
    } kinds[] = {{STR_INIT("index"), REL_INDEX},
                 {STR_INIT("sequence"), REL_SEQUENCE},
                 {STR_INIT("view"), REL_VIEW},
                 {STR_INIT("matview"), REL_MATVIEW}};
    for (size_t i = 0; i < countof(kinds); i++) {
        if (str_eq(capture, kinds[i].name)) {
            return statement_is(st, 1, KW_MATERIALIZED) && kinds[i].kind == REL_VIEW ? REL_MATVIEW : kinds[i].kind;
        }
    }
    return REL_UNKNOWN;
}

/* Is the capture what a CREATE TEMP … makes? It then stands in a schema of its own, whatever else has that name. */
static bool is_made_temporary(const struct statement *st, struct str capture)
{
    const size_t at = statement_is(st, 1, KW_GLOBAL) || statement_is(st, 1, KW_LOCAL) ? 2 : 1;
    return statement_is(st, 0, KW_CREATE) && (statement_is(st, at, KW_TEMP) || statement_is(st, at, KW_TEMPORARY)) &&
           (str_eq(capture, STR("table")) || str_eq(capture, STR("view")) || str_eq(capture, STR("sequence")));
}

void relation_list_add(struct arena *a, struct relation_list *out, struct relation *r)
{
    for (size_t i = 0; i < out->n; i++) {
        if (out->at[i] == r) {
            return;
        }
    }
    *vec_push(a, out) = r;
}

void relation_list_add_new(struct arena *a, struct relation_list *out, size_t before, struct relation *r)
{
    for (size_t i = 0; i < before; i++) {
        if (out->at[i] == r) {
            return;
        }
    }
    *vec_push(a, out) = r;
}

struct relation *term_mention(struct eval *e, struct str text, enum relation_kind kind)
{
    struct str schema, name;
    if (!term_split_name(e->a, text, &schema, &name)) {
        return NULL;
    }
    return catalog_mention(e->catalog, schema, name, kind);
}

static struct relation *mention_temporary(struct eval *e, struct str text)
{
    struct str schema, name;
    if (!term_split_name(e->a, text, &schema, &name)) {
        return NULL;
    }
    return catalog_mention(e->catalog, STR("pg_temp"), name, REL_UNKNOWN);
}

/* The names of a list, ONLY before and * behind taken off. */
bool term_next_listed(struct str *rest, struct str *name)
{
    if (rest->n == 0) {
        return false;
    }
    size_t end = 0, depth = 0, paren = SIZE_MAX; /* an element may have a list of columns behind its name */
    for (bool quoted = false; end < rest->n; end++) {
        const char c = rest->p[end];
        if (c > ',' && !quoted) {
            continue; /* letters, digits and dots: most of what there is */
        }
        quoted = quoted != (c == '"');
        if (!quoted && c == '(') {
            paren = depth == 0 && paren == SIZE_MAX ? end : paren;
            depth++;
        } else if (!quoted && c == ')') {
            depth -= depth > 0;
        } else if (!quoted && depth == 0 && c == ',') {
            break;
        }
    }
    *name = str_trim(str_slice(*rest, 0, paren < end ? paren : end));
    *rest = end < rest->n ? str_trim(str_slice(*rest, end + 1, rest->n)) : STR("");
    if (str_starts(*name, STR("ONLY "))) {
        *name = str_slice(*name, 5, name->n);
    }
    if (str_ends(*name, STR(" *"))) {
        name->n -= 2;
    }
    return true;
}

/* The capture that a term stands for, if it took part. */
static struct capture *capture_of(const struct eval *e, const struct term *term)
{
    for (unsigned i = 0; term->kind == TERM_CAPTURE && i < e->what->n_captures; i++) {
        struct capture *c = &e->what->captures[i];
        if (c->end > c->start && c->name.p[0] == term->text.p[0] && str_eq(c->name, term->text)) {
            return c;
        }
    }
    return NULL;
}

static struct str capture_shape(const struct eval *e, const struct capture *c)
{
    return c ? str_slice(e->what->shape->text, c->start, c->end) : STR("");
}

struct str term_shape(const struct eval *e, const struct term *term)
{
    return capture_shape(e, capture_of(e, term));
}

bool term_tokens(const struct eval *e, const struct term *term, size_t *first, size_t *last)
{
    const struct str text = term_shape(e, term);
    if (text.n == 0) {
        return false;
    }
    const uint32_t start = (uint32_t)(text.p - e->what->shape->text.p);
    shape_range(e->what->shape, start, start + (uint32_t)text.n, first, last);
    return true;
}

/* Did every capture that the term rests on take part? */
static bool takes_part(const struct eval *e, const struct term *term)
{
    bool all = term->kind != TERM_CAPTURE || capture_of(e, term) || (e->each && str_eq(term->text, STR("each")));
    for (unsigned i = 0; i < term->n_arguments; i++) {
        all = all && takes_part(e, term->arguments[i]);
    }
    return all;
}

struct eval_memo *eval_memo(struct eval *e)
{
    if (!e->memo) {
        e->memo = arena_new(e->a, struct eval_memo);
    }
    return e->memo;
}

static struct eval_selected *selected_slot(struct eval_memo *memo, const struct selector *selector)
{
    for (size_t i = 0; i < countof(memo->selected); i++) {
        if (!memo->selected[i].selector || memo->selected[i].selector == selector) {
            return &memo->selected[i];
        }
    }
    return NULL;
}

/* A selector without arguments: what it found when it was asked before. */
static bool select_once(struct eval *e, const struct selector *selector, struct relation_list *out)
{
    struct eval_memo *memo = eval_memo(e);
    struct eval_selected now, *known = selected_slot(memo, selector);
    if (!known || !known->selector) {
        struct relation_list found = {0};
        const bool whole = selector->select(e, (struct call){0}, &found);
        now = (struct eval_selected){selector, found, whole};
        known = selected_slot(memo, selector); /* it may have asked others */
        known = known ? known : &now;
        *known = now;
    }
    for (size_t i = 0; out->n > 0 && i < known->found.n; i++) {
        relation_list_add(e->a, out, known->found.at[i]);
    }
    if (out->n == 0) {
        *out = known->found;
        out->cap = out->n; /* so that who adds to it moves away */
    }
    return known->whole;
}

bool term_relations(struct eval *e, const struct term *term, struct relation_list *out, bool *took_part)
{
    if (term->kind == TERM_SELECTOR && term->n_arguments == 0) {
        *took_part = true;
        return select_once(e, term->selector, out);
    }
    if (term->kind == TERM_SELECTOR) {
        const struct call call = {term->arguments, term->n_arguments};
        *took_part = takes_part(e, term);
        return !*took_part || term->selector->select(e, call, out);
    }
    if (e->each && str_eq(term->text, STR("each"))) {
        relation_list_add(e->a, out, e->each);
        *took_part = true;
        return true;
    }
    struct capture *capture = capture_of(e, term);
    struct str rest = capture_shape(e, capture), name;
    *took_part = rest.n > 0;
    if (capture && capture->relation) {
        if (out->n == 0) {
            *out = (struct relation_list){&capture->relation, 1, 1}; /* full, so that who adds to it moves away */
        } else {
            relation_list_add(e->a, out, capture->relation);
        }
        return true;
    }
    while (term_next_listed(&rest, &name)) {
        struct relation *r = is_made_temporary(e->what->statement, term->text)
                                 ? mention_temporary(e, name)
                                 : term_mention(e, name, kind_of(e->what->statement, term->text));
        if (r) {
            relation_list_add(e->a, out, r);
            capture->relation = out->n == 1 && rest.n == 0 ? r : NULL;
        }
    }
    return true;
}

struct relation *term_relation(struct eval *e, const struct term *term)
{
    struct relation_list list = {0};
    bool took_part;
    (void)term_relations(e, term, &list, &took_part);
    return list.n > 0 ? list.at[0] : NULL;
}

void term_names(struct eval *e, const struct term *term, struct name_list *out)
{
    size_t first, last, depth = 0;
    if (!term_tokens(e, term, &first, &last)) {
        return;
    }
    bool fresh = true; /* at the start of an item */
    for (size_t i = first; i < last; i++) {
        const struct token t = e->what->statement->tokens[i];
        if (t.kind == TOK_SELF && t.keyword == '(') {
            depth++;
            fresh = depth == 1 && i == first;
        } else if (t.kind == TOK_SELF && t.keyword == ')') {
            depth--;
        } else if (t.kind == TOK_SELF && t.keyword == ',') {
            fresh = depth <= 1;
        } else if (fresh && (t.kind == TOK_WORD || t.kind == TOK_QUOTED || t.kind == TOK_UQUOTED)) {
            const struct token after = i + 1 < last ? e->what->statement->tokens[i + 1] : (struct token){0};
            if (!(after.kind == TOK_SELF && after.keyword == '(')) {
                *vec_push(e->a, out) = token_name(e->a, e->what->text, t);
            }
            fresh = false;
        }
    }
}

bool relation_whole(const struct eval *e, const struct relation *r)
{
    return e->catalog->complete || (r->made.statement > 0 && !r->maybe_older);
}
