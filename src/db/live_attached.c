/* What hangs on relations by name: policies, rules, statistics objects, publications, and the words of views' queries. */
#include "catalog/expression.h"
#include "catalog/replay.h"
#include "db/live_impl.h"

static void add_name(struct live *l, struct name_list *names, const struct rows *r, size_t i)
{
    *vec_push(l->c->arena, names) = live_text(l, r, i, 1);
}

void live_read_view_words(struct live *l, const struct rows *r)
{
    for (size_t i = 0; i < rows_count(r); i++) {
        struct relation *view = live_relation(l, r, i, 0);
        if (view) {
            add_name(l, &view->words, r, i);
        }
    }
}

void live_read_policies(struct live *l, const struct rows *r)
{
    for (size_t i = 0; i < rows_count(r); i++) {
        struct relation *rel = live_relation(l, r, i, 0);
        if (rel) {
            add_name(l, &rel->policies, r, i);
        }
    }
}

void live_read_statistics(struct live *l, const struct rows *r)
{
    for (size_t i = 0; i < rows_count(r); i++) {
        struct relation *rel = live_relation(l, r, i, 0);
        if (rel) {
            add_name(l, &rel->statistics, r, i);
        }
    }
}

void live_read_publications(struct live *l, const struct rows *r)
{
    for (size_t i = 0; i < rows_count(r); i++) {
        struct relation *rel = live_relation(l, r, i, 0);
        if (rel) {
            add_name(l, &rel->publications, r, i);
        }
    }
}

void live_read_rules(struct live *l, const struct rows *r)
{
    struct arena *a = l->c->arena;
    for (size_t i = 0; i < rows_count(r); i++) {
        struct relation *rel = live_relation(l, r, i, 0);
        const struct str text = live_text(l, r, i, 1);
        struct rule rule = {0};
        if (!rel) {
            continue;
        }
        if (live_unshown(text)) {
            rel->complete = false;
        } else {
            const struct statement st = expression_lex(a, text);
            struct reader rd = {
                .c = l->c, .text = text, .st = &st, .i = 2, .end = st.n_tokens}; /* behind CREATE RULE */
            (void)rule_read(&rd, &rule);
        }
        rule.name = live_text(l, r, i, 2);
        *vec_push(a, &rel->rules) = rule;
    }
}
