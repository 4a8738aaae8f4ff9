/* rules: the rulebook, to read and to check. */
#include "base/term.h"
#include "cmd/commands.h"
#include "cmd/context.h"
#include "cmd/rules_doc.h"
#include "cmd/subcommand.h"
#include "cmd/verify.h"
#include "report/json.h"
#include "report/rulebook_doc.h"
#include "report/style.h"
#include "rules/facts.h"
#include "rules/fix.h"
#include "rules/problem.h"
#include "rules/selftest.h"

enum { PAGE_MAX = 1 << 22 };

/* ---- list ---- */

static void list_json(const struct rulebook *book)
{
    json_t *doc = json_new_object(), *all = json_new_array();
    for (size_t i = 0; i < book->n_hazards; i++) {
        const struct hazard *h = book->hazards[i];
        json_t *o = json_new_object();
        json_put(o, "rule", json_text(h->id));
        json_put(o, "group", json_text(h->group));
        json_put(o, "severity", json_text(str_of(severity_name(h->severity))));
        json_put(o, "default", json_boolean(!h->off));
        json_put(o, "fixable", json_boolean(hazard_fixable(h)));
        json_put(o, "title", json_text(h->title));
        json_put(o, "source", json_text(h->source));
        json_push(all, o);
    }
    json_put(doc, "schema", json_integer(1));
    json_put(doc, "rules", all);
    json_write(doc, stdout);
}

static enum status list(struct context *c, struct error *err)
{
    (void)err;
    struct strbuf out;
    if (c->set.json) {
        list_json(&c->book);
        return ST_OK;
    }
    strbuf_init(&out, PAGE_MAX);
    for (size_t i = 0; i < c->book.n_hazards; i++) {
        const struct hazard *h = c->book.hazards[i];
        strbuf_addf(&out, "%-8s %-44.*s %.*s%s%s\n", severity_name(h->severity), STR_ARG(h->id), STR_ARG(h->group),
                    hazard_fixable(h) ? ", fixable" : "", h->off ? " (off by default)" : "");
    }
    strbuf_addf(&out, "\n%zu rules, %zu forms of statements; migrate rules show RULE says more\n", c->book.n_hazards,
                c->book.n_forms);
    context_print(strbuf_str(&out));
    strbuf_free(&out);
    return ST_OK;
}

/* ---- show ---- */

static void add_block(struct strbuf *out, const char *title, struct str text)
{
    struct str rest = str_trim(text), line;
    if (rest.n == 0) {
        return;
    }
    strbuf_addf(out, "\n%s\n", title);
    while (str_next(&rest, '\n', &line)) {
        strbuf_add_cstr(out, line.n ? "    " : "");
        term_escape(out, line);
        strbuf_add_char(out, '\n');
    }
}

static void add_examples(struct strbuf *out, const char *title, const struct example *e, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        add_block(out, i == 0 ? title : "    or", e[i].sql);
    }
}

static void show_hazard(struct strbuf *out, const struct hazard *h, bool colour, struct arena *a)
{
    paint(out, PAINT_BOLD, colour, h->id);
    strbuf_addf(out, " (%s, group %.*s%s)\n    %.*s\n", severity_name(h->severity), STR_ARG(h->group),
                h->off ? ", off by default" : "", STR_ARG(h->title));
    add_block(out, "Why", h->why);
    add_block(out, "Instead", h->instead);
    add_block(out, "Written by lint --fix", hazard_fix_text(h, a));
    add_block(out, "Applies when", h->when);
    add_block(out, "Not when", h->unless);
    add_block(out, "Would settle an unknown", h->settles);
    add_examples(out, "Is found in", h->fails, h->n_fails);
    add_examples(out, "Is not found in", h->passes, h->n_passes);
    strbuf_addf(out, "\nTo allow one, right before the statement\n    -- migrate:allow %.*s because REASON\n",
                STR_ARG(h->id));
    add_block(out, "Source", h->source);
    if (h->aliases.n > 0) {
        add_block(out, "Also known as", h->aliases);
    }
}

static void show_problem(struct strbuf *out, const struct problem *p, bool colour)
{
    paint(out, PAINT_BOLD, colour, p->id);
    strbuf_addf(out, " (of the program itself)\n    %.*s\n", STR_ARG(p->title));
    add_block(out, "Why", p->why);
}

static void show_form(struct strbuf *out, const struct form *f, bool colour)
{
    static const char *const kinds[] = {"lock", "rewrites", "reads all of", "builds index"};
    paint(out, PAINT_BOLD, colour, f->id);
    strbuf_addf(out, " (a form of statements, group %.*s)\n    %.*s\n\nMatches\n", STR_ARG(f->group),
                STR_ARG(f->title));
    for (unsigned i = 0; i < f->n_patterns; i++) {
        strbuf_addf(out, "    %.*s\n", STR_ARG(f->patterns[i].notation));
    }
    add_block(out, "Only when", f->when);
    strbuf_add_cstr(out, "\nEffects\n");
    for (unsigned i = 0; i < f->n_effects; i++) {
        const struct effect *e = &f->effects[i];
        strbuf_addf(out, "    %s%s%s %.*s%s%.*s\n", kinds[e->kind], e->kind == EFFECT_LOCK ? " " : "",
                    e->kind == EFFECT_LOCK ? lock_mode_name(e->mode) : "", STR_ARG(e->on), e->when.n ? " when " : "",
                    STR_ARG(e->when));
    }
    add_block(out, "Refused in a transaction", f->refused_in_transaction);
    add_block(out, "Refused by", f->unsupported);
    add_block(out, "Source", f->source);
}

static enum status show(struct context *c, struct error *err)
{
    const struct str id = str_of(c->args.at[1]);
    const struct hazard *h = rulebook_hazard(&c->book, id);
    const struct form *f = h ? NULL : rulebook_form(&c->book, id);
    const struct problem *p = problem_find(id);
    struct strbuf out;
    if (!h && !f && !p) {
        const struct str near = rulebook_suggest(&c->book, id);
        error_set(err, ST_USAGE, "there is no rule \"%.*s\"", STR_ARG(id));
        if (near.n > 0) {
            error_hint(err, "did you mean %.*s? migrate rules list lists them", STR_ARG(near));
        } else {
            error_hint(err, "migrate rules list lists them");
        }
        return ST_USAGE;
    }
    strbuf_init(&out, PAGE_MAX);
    if (h) {
        show_hazard(&out, h, context_colour(c, STDOUT_FILENO), &c->arena);
    } else if (p) {
        show_problem(&out, p, context_colour(c, STDOUT_FILENO));
    } else {
        show_form(&out, f, context_colour(c, STDOUT_FILENO));
    }
    context_print(strbuf_str(&out));
    strbuf_free(&out);
    return ST_OK;
}

/* ---- test ---- */

static enum status test(struct context *c, struct error *err)
{
    struct selftest result = {0};
    struct strbuf out;
    rules_test(&c->book, c->set.only ? str_of(c->set.only) : STR(""), &c->arena, &result);
    if (result.examples == 0) {
        return error_set(err, ST_USAGE, "there is no rule or form \"%s\"", c->set.only ? c->set.only : "");
    }
    strbuf_init(&out, PAGE_MAX);
    for (size_t i = 0; i < result.failures.n; i++) {
        const struct selftest_failure *f = &result.failures.at[i];
        strbuf_addf(&out, "%s:%u: %.*s: ", f->file ? f->file : "", f->line, STR_ARG(f->rule));
        add_one_line(&out, f->message, 1000);
        strbuf_add_char(&out, '\n');
    }
    add_count(&out, result.forms, "form");
    strbuf_add_cstr(&out, ", ");
    add_count(&out, result.hazards, "rule");
    strbuf_add_cstr(&out, ", ");
    add_count(&out, result.examples, "example");
    strbuf_addf(&out, ": %zu wrong\n", result.failures.n);
    context_print(strbuf_str(&out));
    strbuf_free(&out);
    return result.failures.n > 0 ? ST_CHECK : ST_OK;
}

/* ---- predicates ---- */

static void add_call(struct strbuf *out, const char *name, const char *arguments, const char *doc)
{
    struct strbuf call;
    strbuf_init(&call, 256);
    add_rule_call(&call, name, arguments);
    strbuf_addf(out, "    %-36s %s\n", strbuf_cstr(&call), doc);
    strbuf_free(&call);
}

static enum status predicates(struct context *c, struct error *err)
{
    (void)c, (void)err;
    struct strbuf out;
    const struct predicate *p;
    const struct selector *s;
    strbuf_init(&out, PAGE_MAX);
    strbuf_add_cstr(&out, "Predicates, for when: and unless: (each answers yes, no or unknown)\n");
    for (size_t i = 0; (p = predicate_at(i)) != NULL; i++) {
        add_call(&out, p->name, p->arguments, p->doc);
    }
    strbuf_add_cstr(&out, "\nSelectors, for locks:, rewrites:, scans: and builds-index:\n");
    for (size_t i = 0; (s = selector_at(i)) != NULL; i++) {
        add_call(&out, s->name, s->arguments, s->doc);
    }
    context_print(strbuf_str(&out));
    strbuf_free(&out);
    return ST_OK;
}

/* ---- the command ---- */

static const struct subcommand subcommands[] = {
    {"list", "", 0, 0, list},     {"show", "RULE", 1, 1, show},         {"test", "", 0, 0, test},
    {"verify", "", 0, 0, verify}, {"predicates", "", 0, 0, predicates}, {"doc", "", 0, 0, rules_doc},
};

static enum status run(struct context *c, struct error *err)
{
    const struct subcommand *s = subcommand_find(c, subcommands, countof(subcommands), err);
    if (!s) {
        return ST_USAGE;
    }
    const enum status status = context_rulebook(c, err);
    return status ? status : s->run(c, err);
}

static const struct option options[] = {
    {"json", 0, OPTION_FLAG, NULL, offsetof(struct settings, json), "list: one JSON document", 0, 0},
    {"only", 0, OPTION_TEXT, "ID", offsetof(struct settings, only), "test, verify: only the rule or form of this id", 0,
     0},
    {"format", 'f', OPTION_CHOICE, DOC_FORMAT_WORDS, offsetof(struct settings, doc_format),
     "doc: how it is written (default: markdown)", 0, 0},
};

const struct command cmd_rules = {
    .name = "rules",
    .summary = "the rulebook: list it, explain a rule, test it, check its claims on a server",
    .usage = "list|show RULE|test|verify|predicates|doc",
    .about = "list        every rule with its severity\n"
             "show RULE   why, what to do instead, examples, source; or a form with its effects\n"
             "test        run every rule's own examples and safe ways (with --rules DIR: yours, too)\n"
             "verify      run every form's examples on a server, and compare locks, rewrites,\n"
             "            scans and index builds with what the rulebook claims; the database must\n"
             "            be empty, --url ephemeral: makes one\n"
             "predicates  what conditions and selectors in rule files can ask\n"
             "doc         the whole rulebook as Markdown or as a manual page",
    .examples = "migrate rules list\nmigrate rules show require-concurrent-index-creation\n"
                "migrate rules test --rules ./our-rules\nmigrate rules verify --url ephemeral:",
    .exits = "0123",
    .options = options,
    .n_options = countof(options),
    .groups = GROUP_JUDGE | GROUP_DATABASE | GROUP_COMMON,
    .max_args = 2,
    .run = run,
};
