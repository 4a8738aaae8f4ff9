#include "rules/suppress.h"

#include "rules/problem.h"
#include "rules/severity.h"

static bool is_own(const struct directive *d)
{
    return d->kind == DIRECTIVE_ALLOW || d->kind == DIRECTIVE_ALLOW_FILE;
}

static bool is_for_file(const struct directive *d)
{
    return d->kind == DIRECTIVE_ALLOW_FILE || d->kind == DIRECTIVE_FOREIGN_ALLOW_FILE;
}

bool suppress_is_allow(const struct directive *d)
{
    return is_own(d) || d->kind == DIRECTIVE_FOREIGN_ALLOW || d->kind == DIRECTIVE_FOREIGN_ALLOW_FILE;
}

/* Does this name in a directive mean the finding's rule? By id or alias. */
static bool names_rule(const struct rulebook *book, struct str name, const struct finding *f)
{
    const struct hazard *h = rulebook_hazard(book, name);
    return h ? h == f->hazard || str_eq(h->id, f->rule) : str_eq(name, f->rule);
}

/* Silence the finding if the directive means it; marks what was used. */
static bool silences(const struct rulebook *book, const struct directive *d, struct finding *f, bool *used)
{
    bool hit = d->rules.n == 0 && !is_own(d);
    for (size_t i = 0; i < d->rules.n; i++) {
        if (names_rule(book, d->rules.at[i], f)) {
            hit = true;
            if (used) {
                used[i] = true;
            }
        }
    }
    if (hit && !f->suppressed) {
        f->suppressed = true;
        f->suppressed_by = d->tool.n > 0 ? d->tool : STR("migrate");
        f->reason = d->reason;
    }
    return hit;
}

/* A rule that is off was not looked for: its allow may stay. */
static bool was_looked_for(const struct suppression *s, struct str name)
{
    const struct hazard *h = rulebook_hazard(s->book, name);
    enum severity severity;
    return !h || hazard_severity(s->options, h, &severity);
}

/* Findings about an own directive. used NULL: do not say what is unused. */
static void complain(const struct suppression *s, struct finding_context *c, const struct directive *d,
                     const struct judged_statement *st, const bool *used)
{
    const struct str what = str_of(directive_name(d->kind));
    if (d->reason.n == 0) {
        struct finding *f = finding_add(c, STR("allow-without-reason"), SEVERITY_ERROR, d->start, d->end, st);
        f->message = arena_printf(c->a, "migrate:%.*s without a reason", STR_ARG(what));
        f->remark = STR("say why: … because REASON");
    }
    for (size_t i = 0; i < d->rules.n; i++) {
        const struct str rule = d->rules.at[i];
        if (!rulebook_hazard(s->book, rule) && !problem_find(rule)) {
            const struct str near = rulebook_suggest(s->book, rule);
            struct finding *f = finding_add(c, STR("unknown-allow"), SEVERITY_ERROR, d->start, d->end, st);
            f->message = arena_printf(c->a, "no rule is called \"%.*s\"", STR_ARG(rule));
            f->remark = near.n > 0 ? arena_printf(c->a, "did you mean %.*s?", STR_ARG(near)) : STR("");
        } else if (used && !used[i] && was_looked_for(s, rule)) {
            struct finding *f = finding_add(c, STR("unused-allow"), SEVERITY_WARNING, d->start, d->end, st);
            f->message = arena_printf(c->a, "nothing here needs %.*s allowed", STR_ARG(rule));
            f->remark = STR("take it away, or it may hide what comes later");
        }
    }
}

static void add_file_allow(struct suppression *s, const struct directive *d, struct arena *a)
{
    for (size_t i = 0; i < s->file.n; i++) {
        if (s->file.at[i].directive->start == d->start) {
            return; /* the file's comments are also those of its first statement */
        }
    }
    *vec_push(a, &s->file) = (struct file_allow){d, arena_array(a, bool, d->rules.n + 1)};
}

void suppression_init(struct suppression *s, const struct rulebook *book, const struct judge_options *options,
                      const struct migration *m, struct arena *a)
{
    *s = (struct suppression){.book = book, .options = options};
    for (size_t i = 0; i < m->file_directives.n; i++) {
        if (is_for_file(&m->file_directives.at[i])) {
            add_file_allow(s, &m->file_directives.at[i], a);
        }
    }
}

/* A list of findings in the order of their places, walked along with the statements. All stand in statements. */
struct cursor {
    struct finding_list *list;
    size_t at, end, last; /* those of the statement: [at, end); of the list the first `last` count */
};

/* To the findings before `start`. */
static void move_until(struct cursor *c, uint32_t start)
{
    c->at = c->end;
    while (c->end < c->last && c->list->at[c->end].start < start) {
        c->end++;
    }
}

static void move_to(struct cursor *c, const struct judged_statement *st)
{
    move_until(c, st->st.end + 1);
}

/* Silence what the directive means of the statement's findings. */
static void silence_all(const struct suppression *s, const struct directive *d, const struct cursor *c, bool *used)
{
    for (size_t i = c->at; i < c->end; i++) {
        (void)silences(s->book, d, &c->list->at[i], used);
    }
}

static void silence_by_file(const struct suppression *s, const struct cursor *now, const struct cursor *later)
{
    for (size_t i = 0; i < s->file.n; i++) {
        const struct file_allow *f = &s->file.at[i];
        silence_all(s, f->directive, now, f->used);
        silence_all(s, f->directive, later, f->used);
    }
}

static void suppress_statement(struct suppression *s, struct finding_context *c, const struct judged_statement *st,
                               const struct cursor *now, const struct cursor *later)
{
    for (size_t i = 0; i < st->directives.n; i++) {
        const struct directive *d = &st->directives.at[i];
        if (is_for_file(d)) {
            add_file_allow(s, d, c->a);
        } else if (suppress_is_allow(d)) {
            bool *used = arena_array(c->a, bool, d->rules.n + 1);
            silence_all(s, d, now, used);
            silence_all(s, d, later, used);
            if (is_own(d)) {
                complain(s, c, d, st, used);
            }
        }
    }
    silence_by_file(s, now, later);
}

void suppress_statements(struct suppression *s, struct finding_context *c,
                         const struct judged_statement_list *statements, struct finding_list *later)
{
    struct cursor here = {.list = c->out, .last = c->out->n}, there = {.list = later, .last = later->n};
    for (size_t i = 0; i < statements->n; i++) {
        const struct judged_statement *st = &statements->at[i];
        if (st->directives.n > 0) {
            move_until(&here, st->st.start); /* of the statements between, which have none */
            move_until(&there, st->st.start);
            silence_by_file(s, &here, &there);
            move_to(&here, st);
            move_to(&there, st);
            suppress_statement(s, c, st, &here, &there);
        }
    }
    move_until(&here, UINT32_MAX);
    move_until(&there, UINT32_MAX);
    silence_by_file(s, &here, &there);
}

void suppress_finish(struct suppression *s, struct finding_context *c, bool whole)
{
    for (size_t i = 0; i < s->file.n; i++) {
        if (is_own(s->file.at[i].directive)) {
            complain(s, c, s->file.at[i].directive, NULL, whole ? s->file.at[i].used : NULL);
        }
    }
}
