#include "rules/facts.h"
#include "rules/fix_parts.h"
#include "rules/load_tree.h"
#include "rules/problem.h"

static enum status read_severity(const struct rule_file *f, const struct yaml *y, enum severity *out)
{
    struct str text;
    const enum status st = rule_text(f, y, "severity", true, &text);
    if (st) {
        return st;
    }
    for (enum severity s = SEVERITY_NOTE; s <= SEVERITY_ERROR; s++) {
        if (str_eq(text, str_of(severity_name(s)))) {
            *out = s;
            return ST_OK;
        }
    }
    return rule_error(f, yaml_get(y, "severity"), 0, "\"severity\" is to be error, warning or note");
}

static enum status read_default(const struct rule_file *f, const struct yaml *y, bool *off)
{
    struct str text;
    const enum status st = rule_text(f, y, "default", false, &text);
    *off = str_eq(text, STR("off"));
    if (!st && text.n > 0 && !*off && !str_eq(text, STR("on"))) {
        return rule_error(f, yaml_get(y, "default"), 0, "\"default\" is to be on or off");
    }
    return st;
}

static enum status read_ask(const struct rule_file *f, const struct yaml *y, enum ask_time *out)
{
    static const char *const times[] = {"before", "after", "end-of-file", "end-of-history"};
    struct str text;
    const enum status st = rule_text(f, y, "ask", false, &text);
    *out = ASK_BEFORE;
    for (size_t i = 0; !st && i < countof(times); i++) {
        if (str_eq(text, str_of(times[i]))) {
            *out = (enum ask_time)i;
            return ST_OK;
        }
    }
    if (!st && text.n > 0) {
        return rule_error(f, yaml_get(y, "ask"), 0, "\"ask\" is to be before, after, end-of-file or end-of-history");
    }
    return st;
}

static enum status read_on(const struct rule_file *f, const struct yaml *y, struct hazard *h)
{
    const struct yaml *on = yaml_get(y, "on");
    if (!on || on->kind == YAML_MAP || (on->kind == YAML_LIST && on->n == 0)) {
        return rule_error(f, on ? on : y, 0, "\"on\" is to be a form, a list of forms, or \"*\"");
    }
    h->n_on = on->kind == YAML_LIST ? (unsigned)on->n : 1;
    struct str *ids = arena_array(f->loader->a, struct str, h->n_on);
    for (unsigned i = 0; i < h->n_on; i++) {
        const struct yaml *id = on->kind == YAML_LIST ? on->pairs[i].value : on;
        if (id->kind != YAML_SCALAR) {
            return rule_error(f, id, 0, "the id of a form is awaited");
        }
        ids[i] = id->text;
    }
    h->on = ids;
    return ST_OK;
}

/* fix: instead, fix: TEMPLATE, or { write: …, by: …, when: …, else: … }. */
static enum status read_fix(const struct rule_file *f, const struct yaml *y, struct hazard *h)
{
    static const char *const keys[] = {"write", "by", "when", "else", NULL};
    const struct yaml *fix = yaml_get(y, "fix");
    struct hazard_fix *out = &h->fix;
    enum status st = ST_OK;
    *out = (struct hazard_fix){STR(""), STR(""), STR(""), STR("")};
    if (!fix) {
        return ST_OK;
    }
    if (fix->kind == YAML_SCALAR) {
        st = rule_text(f, y, "fix", false, &out->write);
    } else if ((st = rule_keys(f, fix, keys, "\"fix\"")) || (st = rule_text(f, fix, "write", false, &out->write)) ||
               (st = rule_text(f, fix, "by", false, &out->by)) || (st = rule_text(f, fix, "when", false, &out->when)) ||
               (st = rule_text(f, fix, "else", false, &out->other))) {
        return st;
    }
    if (str_eq(out->write, STR("instead"))) {
        out->write = h->instead;
    }
    if (!st && out->by.n > 0 && !fixer_find(out->by)) {
        return rule_error(f, yaml_get(fix, "by"), 0, "no fixer is called \"%.*s\"", STR_ARG(out->by));
    }
    if (!st && (out->write.n > 0) == (out->by.n > 0)) {
        return rule_error(f, fix, 0, "\"fix\" is to say what to write, or by which fixer");
    }
    return st;
}

enum status load_hazard(const struct rule_file *f, const struct yaml *y)
{
    static const char *const keys[] = {"rule",  "aliases", "on",     "when",    "unless", "severity", "default",
                                       "title", "remark",  "why",    "instead", "remedy", "settles",  "source",
                                       "ask",   "fails",   "passes", "fix",     NULL};
    struct hazard *h = arena_new(f->loader->a, struct hazard);
    enum status st;
    h->file = f->name;
    h->line = y->line;
    h->group = f->hazard_group;
    if ((st = rule_keys(f, y, keys, "a hazard")) || (st = rule_id(f, y, "rule", &h->id)) ||
        (st = rule_text(f, y, "aliases", false, &h->aliases)) || (st = read_on(f, y, h)) ||
        (st = rule_text(f, y, "when", false, &h->when)) || (st = rule_text(f, y, "unless", false, &h->unless)) ||
        (st = read_severity(f, y, &h->severity)) || (st = read_default(f, y, &h->off)) ||
        (st = read_ask(f, y, &h->ask)) || (st = rule_text(f, y, "title", true, &h->title)) ||
        (st = rule_text(f, y, "remark", false, &h->remark)) || (st = rule_text(f, y, "why", true, &h->why)) ||
        (st = rule_text(f, y, "instead", false, &h->instead)) || (st = rule_text(f, y, "remedy", false, &h->remedy)) ||
        (st = rule_text(f, y, "settles", false, &h->settles)) || (st = rule_text(f, y, "source", false, &h->source)) ||
        (st = read_fix(f, y, h)) || (st = rule_examples(f, y, "fails", true, &h->fails, &h->n_fails)) ||
        (st = rule_examples(f, y, "passes", true, &h->passes, &h->n_passes))) {
        return st;
    }
    if (problem_find(h->id)) {
        return rule_error(f, yaml_get(y, "rule"), 0, "\"%.*s\" is the program's own", STR_ARG(h->id));
    }
    for (size_t i = 0; i < f->loader->hazards.n; i++) {
        if (str_eq(f->loader->hazards.at[i]->id, h->id)) {
            return rule_error(f, yaml_get(y, "rule"), 0, "rule \"%.*s\" is there twice", STR_ARG(h->id));
        }
    }
    *vec_push(f->loader->a, &f->loader->hazards) = h;
    *vec_push(f->loader->a, &f->loader->pending) = (struct pending_hazard){h, y};
    return ST_OK;
}

static const struct form *form_named(const struct loader *l, struct str id)
{
    for (size_t i = 0; i < l->forms.n; i++) {
        if (str_eq(l->forms.at[i]->id, id)) {
            return l->forms.at[i];
        }
    }
    return l->base ? rulebook_form(l->base, id) : NULL;
}

static struct str nearest_form(const struct loader *l, struct str id)
{
    struct str best = STR_NONE;
    unsigned distance = 4;
    for (size_t i = 0; i < l->forms.n + (l->base ? l->base->n_forms : 0); i++) {
        const struct form *form = i < l->forms.n ? l->forms.at[i] : l->base->forms[i - l->forms.n];
        const unsigned d = str_distance(form->id, id);
        if (d < distance) {
            distance = d;
            best = form->id;
        }
    }
    return best;
}

/* The forms that "on" names; NULL for "*". */
static enum status find_forms(const struct rule_file *f, const struct hazard *h, const struct yaml *y,
                              const struct form ***out)
{
    const struct yaml *on = yaml_get(y, "on");
    const struct form **forms = arena_alloc(f->loader->a, h->n_on * sizeof *forms);
    *out = forms;
    for (unsigned i = 0; i < h->n_on; i++) {
        if (str_eq(h->on[i], STR("*"))) {
            *out = NULL;
            continue;
        }
        forms[i] = form_named(f->loader, h->on[i]);
        if (!forms[i]) {
            rule_error(f, on->kind == YAML_LIST ? on->pairs[i].value : on, 0, "no form is called \"%.*s\"",
                       STR_ARG(h->on[i]));
            const struct str near = nearest_form(f->loader, h->on[i]);
            if (near.n > 0) {
                error_hint(f->err, "Did you mean \"%.*s\"?", STR_ARG(near));
            }
            return ST_USAGE;
        }
    }
    return ST_OK;
}

static enum status check_fix(const struct rule_file *f, const struct yaml *fix, const struct form *const *forms,
                             size_t n)
{
    const bool map = fix && fix->kind == YAML_MAP;
    const struct yaml *write = map ? yaml_get(fix, "write") : fix;
    const struct yaml *when = map ? yaml_get(fix, "when") : NULL;
    enum status st = write && write->kind == YAML_SCALAR ? rule_template(f, write, forms, n) : ST_OK;
    return st || !when ? st : rule_expr(f, when, forms, n);
}

enum status check_hazard(const struct rule_file *f, struct hazard *h, const struct yaml *y)
{
    static const char *const expressions[] = {"when", "unless"};
    static const char *const templates[] = {"title", "remark", "why", "instead"};
    const struct form **forms;
    enum status st = find_forms(f, h, y, &forms);
    for (size_t i = 0; !st && i < countof(expressions); i++) {
        const struct yaml *text = yaml_get(y, expressions[i]);
        if (text) {
            st = rule_expr(f, text, forms, h->n_on);
        }
    }
    for (size_t i = 0; !st && i < countof(templates); i++) {
        const struct yaml *text = yaml_get(y, templates[i]);
        if (text) {
            st = rule_template(f, text, forms, h->n_on);
        }
    }
    return st ? st : check_fix(f, yaml_get(y, "fix"), forms, h->n_on);
}
