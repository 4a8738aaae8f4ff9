#include "rules/effects.h"
#include "rules/facts.h"
#include "rules/runtime.h"
#include "rules/synopsis.h"

enum { MAX_LIMITS = 3 }; /* patterns given up on before the statement is */

static enum keyword keyword_at(const struct classified *c, size_t i)
{
    if (i >= c->shape->n_tokens) {
        return KW_NONE;
    }
    const struct token t = c->statement->tokens[c->shape->tokens[i].token];
    return t.kind == TOK_WORD ? (enum keyword)t.keyword : KW_NONE;
}

/* The key words of the shape, as a mask to hold against what patterns need. */
static void words_of(const struct classified *c, uint64_t mask[2])
{
    mask[0] = mask[1] = 0;
    for (size_t i = 0; i < c->shape->n_tokens; i++) {
        const struct token *t = &c->statement->tokens[c->shape->tokens[i].token];
        keyword_bit_set(mask, t->kind == TOK_WORD ? (enum keyword)t->keyword : KW_NONE);
    }
}

bool classified_may_say(const struct classified *c, enum keyword kw)
{
    uint64_t bit[2] = {0, 0};
    keyword_bit_set(bit, kw);
    return c->shape->n_actions != 1 || c->shape->cut || ((c->words[0] & bit[0]) | (c->words[1] & bit[1])) != 0;
}

static bool may_match(const struct candidate *c, const uint64_t words[2])
{
    return (c->needs[0] & ~words[0]) == 0 && (c->needs[1] & ~words[1]) == 0 &&
           ((c->either[0] & words[0]) | (c->either[1] & words[1])) != 0;
}

/* Told apart by more than syntax: an unknown answer is no reason to take the form for another. */
static bool applies(const struct rulebook *book, const struct form *form, struct classified *c, struct catalog *catalog,
                    int server_version)
{
    struct arena scratch;
    if (form->when.n == 0) {
        return true;
    }
    arena_init(&scratch, 1024 * 1024);
    struct eval e = {.book = book, .what = c, .catalog = catalog, .server_version = server_version, .a = &scratch};
    const bool answer = expr_eval(&e, runtime_expr(book->runtime, form->when)) != TRI_NO;
    arena_free(&scratch);
    return answer;
}

static void set_captures(struct classified *c, const struct pattern *pattern, const struct group *groups)
{
    c->n_captures = pattern->n_captures;
    for (unsigned i = 0; i < pattern->n_captures; i++) {
        c->captures[i] = (struct capture){pattern->captures[i], groups[i].start, groups[i].end, NULL};
    }
}

void classify(const struct rulebook *book, struct catalog *catalog, int server_version, struct str text,
              const struct statement *st, const struct shape *shape, struct classified *out)
{
    *out = (struct classified){.shape = shape, .statement = st, .text = text};
    const struct candidates candidates = runtime_candidates(book, keyword_at(out, 0), keyword_at(out, 1));
    unsigned limits = 0;
    words_of(out, out->words);
    for (size_t i = 0; i < candidates.n && limits < MAX_LIMITS; i++) {
        const struct candidate *c = &candidates.at[i];
        struct group groups[FORM_MAX_CAPTURES];
        if (!may_match(c, out->words)) {
            continue;
        }
        const enum match match = runtime_match(book->runtime, c->pattern, shape->text, shape->cut, groups);
        if (match == MATCH_LIMIT) {
            out->limit_hit = true; /* a later form may be sure all the same */
            limits++;
        } else if (match == MATCH_YES) {
            set_captures(out, c->pattern, groups);
            if (applies(book, c->form, out, catalog, server_version)) {
                out->form = c->form;
                return;
            }
            out->n_captures = 0;
        }
    }
}

struct relation *capture_relation(const struct classified *c, struct catalog *catalog, const char *name)
{
    struct arena scratch;
    const struct term term = {.kind = TERM_CAPTURE, .text = str_of(name)};
    arena_init(&scratch, 1024 * 1024);
    struct classified copy = *c; /* the catalog may have moved on since it was judged */
    for (unsigned i = 0; i < copy.n_captures; i++) {
        copy.captures[i].relation = NULL;
    }
    struct eval e = {.what = &copy, .catalog = catalog, .a = &scratch};
    struct relation *r = term_relation(&e, &term);
    arena_free(&scratch);
    return r;
}

struct str capture_text(const struct classified *c, const char *name)
{
    size_t first, last;
    const struct term term = {.kind = TERM_CAPTURE, .text = str_of(name)};
    struct classified copy = *c;
    const struct eval e = {.what = &copy};
    if (!term_tokens(&e, &term, &first, &last) || last <= first) {
        return STR("");
    }
    return str_slice(c->text, c->statement->tokens[first].start, c->statement->tokens[last - 1].end);
}
