#include "cmd/rulebook_check.h"

#include "report/style.h"

enum { EXAMPLE_ARENA_MAX = 1 << 28 };

struct check {
    struct context *c;
    struct arena arena; /* of one example */
    struct strbuf out;
    size_t examples, breaches;
};

enum status example_judge(struct context *c, const struct example *e, int server_version, struct arena *a,
                          struct judged_part *part, struct error *err)
{
    const struct migration_options options = {.lenient = true};
    struct judge_options judging = context_judge_options(c, server_version);
    struct catalog *catalog = arena_new(a, struct catalog);
    struct migration *setup = arena_new(a, struct migration), *m = arena_new(a, struct migration);
    struct judge judge;
    judging.all_rules = true;
    if (server_version) {
        judging.server_version = server_version;
    }
    enum status status = migration_parse(STR("example.sql"), e->sql, &options, a, m, err);
    if (!status && str_trim(e->setup).n > 0) {
        status = migration_parse(STR("setup.sql"), e->setup, &options, a, setup, err);
    }
    if (status) {
        return status;
    }
    catalog_init(catalog, a);
    judge_init(&judge, &c->book, &judging, catalog);
    if (str_trim(e->setup).n > 0) {
        judge_replay(&judge, setup);
    }
    status = judge_part(&judge, m, false, a, part, err);
    judge_free(&judge);
    return status;
}

static void breach(struct check *k, struct str id, const struct example *e, const char *what)
{
    strbuf_addf(&k->out, "%.*s: ", STR_ARG(id));
    if (e->line > 0) {
        strbuf_addf(&k->out, "line %u: ", e->line);
    }
    strbuf_addf(&k->out, "%s: ", what);
    add_one_line(&k->out, e->sql, 100);
    strbuf_add_char(&k->out, '\n');
    k->breaches++;
}

static bool finds(const struct judged_part *part, struct str id)
{
    for (size_t i = 0; i < part->findings.n; i++) {
        if (str_eq(part->findings.at[i].rule, id) && !part->findings.at[i].suppressed) {
            return true;
        }
    }
    return false;
}

static void check_hazard_examples(struct check *k, const struct hazard *h, const struct example *e, size_t n,
                                  bool fails)
{
    struct judged_part part;
    struct error err;
    for (size_t i = 0; i < n; i++) {
        arena_reset(&k->arena);
        k->examples++;
        if (example_judge(k->c, &e[i], e[i].version, &k->arena, &part, &err)) {
            breach(k, h->id, &e[i], err.primary);
        } else if (finds(&part, h->id) != fails) {
            breach(k, h->id, &e[i], fails ? "does not find its failing example" : "finds its passing example");
        }
    }
}

static void check_form_examples(struct check *k, const struct form *f)
{
    struct judged_part part;
    struct error err;
    for (size_t i = 0; i < f->n_examples; i++) {
        const struct example *e = &f->examples[i];
        bool found = false;
        arena_reset(&k->arena);
        k->examples++;
        if (example_judge(k->c, e, e->version, &k->arena, &part, &err)) {
            breach(k, f->id, e, err.primary);
            continue;
        }
        for (size_t s = 0; s < part.statements.n; s++) {
            for (size_t a = 0; a < part.statements.at[s].n_actions; a++) {
                found = found || part.statements.at[s].actions[a].what.form == f;
            }
        }
        if (!found) {
            breach(k, f->id, e, "its example is of another form");
        }
    }
}

static bool is_wanted(const struct check *k, struct str id)
{
    return !k->c->set.only || str_find(id, str_of(k->c->set.only)) != SIZE_MAX;
}

enum status rulebook_check(struct context *c, struct error *err)
{
    (void)err;
    struct check k = {.c = c};
    arena_init(&k.arena, EXAMPLE_ARENA_MAX);
    strbuf_init(&k.out, 1 << 24);
    for (size_t i = 0; i < c->book.n_forms; i++) {
        if (is_wanted(&k, c->book.forms[i]->id)) {
            check_form_examples(&k, c->book.forms[i]);
        }
    }
    for (size_t i = 0; i < c->book.n_hazards; i++) {
        const struct hazard *h = c->book.hazards[i];
        if (is_wanted(&k, h->id)) {
            check_hazard_examples(&k, h, h->fails, h->n_fails, true);
            check_hazard_examples(&k, h, h->passes, h->n_passes, false);
        }
    }
    strbuf_addf(&k.out, "%zu examples, %zu wrong\n", k.examples, k.breaches);
    context_print(strbuf_str(&k.out));
    strbuf_free(&k.out);
    arena_free(&k.arena);
    return k.breaches > 0 ? ST_CHECK : ST_OK;
}
