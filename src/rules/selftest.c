#include "rules/selftest.h"

#include "migration/layout.h"
#include "rules/fix.h"

enum { EXAMPLE_MAX = 64 * 1024 * 1024 };

/* One example being judged: its own catalog and memory. */
struct trial {
    struct arena arena;
    struct catalog catalog;
    struct judge judge;
    struct migration setup, migration;
    struct judged_part part;
    struct error err;
    bool complete; /* a catalog tells of all that the setup leaves: some fixes need that */
};

static enum status parse(struct trial *t, const char *file, struct str text, struct migration *out)
{
    const struct migration_options options = {.lenient = true};
    const enum status st = migration_parse(str_of(file), text, &options, &t->arena, out, &t->err);
    if (!st && !out->up.present) {
        return error_set(&t->err, ST_USAGE, "it has no up part");
    }
    return st;
}

static enum status trial_run(struct trial *t, const struct rulebook *book, const struct example *example,
                             struct str sql)
{
    struct judge_options options = {
        .server_version = example->version, .all_rules = true, .platform = example->platform, .fixes = true};
    struct judged_part_list rest;
    arena_init(&t->arena, EXAMPLE_MAX);
    catalog_init(&t->catalog, &t->arena);
    judge_init(&t->judge, book, &options, &t->catalog);
    enum status st = ST_OK;
    if (example->setup.n > 0) {
        st = parse(t, "1_setup.sql", example->setup, &t->setup);
        if (!st) {
            judge_replay(&t->judge, &t->setup);
            t->catalog.complete = t->complete;
        }
    }
    if (!st) {
        st = parse(t, "2_example.sql", sql, &t->migration);
    }
    st = st ? st : judge_part(&t->judge, &t->migration, false, &t->arena, &t->part, &t->err);
    judge_finish(&t->judge, &t->arena, &rest);
    for (size_t i = 0; i < rest.n; i++) {
        for (size_t k = 0; k < rest.at[i].findings.n; k++) {
            *vec_push(&t->arena, &t->part.findings) = rest.at[i].findings.at[k];
        }
    }
    return st;
}

static void trial_end(struct trial *t)
{
    judge_free(&t->judge);
    arena_free(&t->arena);
}

struct tester {
    const struct rulebook *book;
    struct arena *a;
    struct selftest *out;
};

static void fail(struct tester *t, const char *file, unsigned line, struct str rule, const char *fmt, ...) PRINTF(5, 6);
static void fail(struct tester *t, const char *file, unsigned line, struct str rule, const char *fmt, ...)
{
    struct strbuf message;
    va_list ap;
    strbuf_init(&message, 16 * 1024);
    va_start(ap, fmt);
    strbuf_vaddf(&message, fmt, ap);
    va_end(ap);
    *vec_push(t->a, &t->out->failures) =
        (struct selftest_failure){file, line, rule, arena_str(t->a, strbuf_str(&message))};
    strbuf_free(&message);
}

/* ---- hazards ---------------------------------------------------------------------------------------------------- */

static const struct finding *finding_of(const struct judged_part *part, struct str rule)
{
    for (size_t i = 0; i < part->findings.n; i++) {
        if (str_eq(part->findings.at[i].rule, rule) && !part->findings.at[i].suppressed) {
            return &part->findings.at[i];
        }
    }
    return NULL;
}

/* Merged away by another rule's remedy counts as found: the statement does not pass. */
static bool found(const struct judged_part *part, const struct hazard *h)
{
    if (finding_of(part, h->id)) {
        return true;
    }
    for (size_t i = 0; h->remedy.n > 0 && i < part->findings.n; i++) {
        const struct hazard *other = part->findings.at[i].hazard;
        if (other && str_eq(other->remedy, h->remedy) && !part->findings.at[i].suppressed) {
            return true;
        }
    }
    return false;
}

/* The rules that a judged example does give findings of, for messages. */
static struct str found_instead(struct tester *t, const struct judged_part *part)
{
    struct str list = STR("");
    for (size_t i = 0; i < part->findings.n; i++) {
        list = arena_printf(t->a, "%.*s%s%.*s", STR_ARG(list), i > 0 ? ", " : "", STR_ARG(part->findings.at[i].rule));
    }
    return list.n > 0 ? list : STR("nothing");
}

/* The safe way from a finding must itself be safe. */
static void try_instead(struct tester *t, const struct hazard *h, const struct example *example, struct str instead)
{
    struct trial trial = {0};
    t->out->examples++;
    if (trial_run(&trial, t->book, example, instead)) {
        fail(t, h->file, h->line, h->id, "its safe way cannot be read: %s", trial.err.primary);
    } else if (finding_of(&trial.part, h->id)) {
        fail(t, h->file, h->line, h->id, "its safe way has the hazard itself: %.*s", STR_ARG(instead));
    } else {
        for (size_t i = 0; i < trial.part.findings.n; i++) {
            const struct finding *f = &trial.part.findings.at[i];
            const bool own = f->hazard && f->hazard->off;
            if (f->severity >= SEVERITY_WARNING && !f->suppressed && !own) {
                fail(t, h->file, h->line, h->id, "its safe way has a finding of %.*s: %.*s", STR_ARG(f->rule),
                     STR_ARG(instead));
                break;
            }
        }
    }
    trial_end(&trial);
}

static unsigned count_of(const struct judged_part *part, const struct finding *f)
{
    unsigned n = 0;
    for (size_t i = 0; i < part->findings.n; i++) {
        const struct finding *other = &part->findings.at[i];
        n += !other->suppressed && str_eq(other->rule, f->rule) && str_eq(other->message, f->message);
    }
    return n;
}

/* What --fix writes for the finding has it no more, and nothing anew. Was anything written? */
static bool try_fix(struct tester *t, const struct hazard *h, const struct example *example, const struct trial *before,
                    const struct finding *f)
{
    struct trial trial = {.complete = before->complete};
    struct fix_choice choice = {.finding = f};
    struct fix_edit_list edits;
    if (!f->fix) {
        return false;
    }
    fix_edits(&before->part, &before->judge.options, &choice, 1, t->a, &edits);
    if (!choice.taken) {
        return false;
    }
    const struct str text = fix_apply(before->migration.text, &edits, t->a);
    t->out->examples++;
    if (trial_run(&trial, t->book, example, text)) {
        fail(t, h->file, example->line, h->id, "what --fix writes cannot be read: %s: %.*s", trial.err.primary,
             STR_ARG(text));
    } else if (count_of(&trial.part, f) >= count_of(&before->part, f)) {
        fail(t, h->file, example->line, h->id, "what --fix writes has the hazard itself: %.*s", STR_ARG(text));
    }
    for (size_t i = 0; i < trial.part.findings.n; i++) {
        const struct finding *g = &trial.part.findings.at[i];
        const bool counts = !g->suppressed && !(g->hazard && g->hazard->off) && g->hazard != h;
        if (counts && count_of(&trial.part, g) > count_of(&before->part, g)) {
            fail(t, h->file, example->line, h->id, "what --fix writes has a finding of %.*s: %.*s", STR_ARG(g->rule),
                 STR_ARG(text));
            break;
        }
    }
    trial_end(&trial);
    return true;
}

static bool try_fail(struct tester *t, const struct hazard *h, const struct example *example, bool first)
{
    struct trial trial = {0};
    bool written = false;
    t->out->examples++;
    if (trial_run(&trial, t->book, example, example->sql)) {
        fail(t, h->file, example->line, h->id, "a failing example cannot be read: %s", trial.err.primary);
    } else if (!found(&trial.part, h)) {
        fail(t, h->file, example->line, h->id, "a failing example gives %.*s: %.*s",
             STR_ARG(found_instead(t, &trial.part)), STR_ARG(example->sql));
    } else if (first && h->instead.n > 0 && finding_of(&trial.part, h->id)) {
        const struct finding *f = finding_of(&trial.part, h->id);
        if (f->instead.n > 0) {
            try_instead(t, h, example, f->instead);
        }
    }
    if (trial.part.findings.n > 0 && finding_of(&trial.part, h->id)) {
        written = try_fix(t, h, example, &trial, finding_of(&trial.part, h->id));
    }
    trial_end(&trial);
    return written;
}

static void try_pass(struct tester *t, const struct hazard *h, const struct example *example)
{
    struct trial trial = {0};
    t->out->examples++;
    if (trial_run(&trial, t->book, example, example->sql)) {
        fail(t, h->file, example->line, h->id, "a passing example cannot be read: %s", trial.err.primary);
    } else if (finding_of(&trial.part, h->id)) {
        fail(t, h->file, example->line, h->id, "a passing example gives a finding: %.*s", STR_ARG(example->sql));
    }
    trial_end(&trial);
}

static void try_hazard(struct tester *t, const struct hazard *h)
{
    bool written = false;
    t->out->hazards++;
    for (unsigned i = 0; i < h->n_fails; i++) {
        written = try_fail(t, h, &h->fails[i], i == 0) || written;
    }
    t->out->fixable += hazard_fixable(h);
    for (unsigned i = 0; i < h->n_fails && hazard_fixable(h) && !written; i++) {
        struct trial trial = {.complete = true};
        const struct finding *f =
            trial_run(&trial, t->book, &h->fails[i], h->fails[i].sql) ? NULL : finding_of(&trial.part, h->id);
        written = f && try_fix(t, h, &h->fails[i], &trial, f);
        trial_end(&trial);
    }
    if (hazard_fixable(h) && !written) {
        fail(t, h->file, h->line, h->id, "it has a fix, and no failing example is fixed by it");
    }
    for (unsigned i = 0; i < h->n_passes; i++) {
        try_pass(t, h, &h->passes[i]);
    }
}

struct str hazard_instead(const struct rulebook *book, const struct hazard *h, struct arena *a)
{
    struct str instead = STR_NONE;
    for (unsigned i = 0; h->instead.n > 0 && instead.n == 0 && i < h->n_fails; i++) {
        struct trial trial = {0};
        const struct finding *f =
            trial_run(&trial, book, &h->fails[i], h->fails[i].sql) ? NULL : finding_of(&trial.part, h->id);
        if (f) {
            instead = arena_str(a, f->instead);
        }
        trial_end(&trial);
    }
    return instead;
}

/* ---- forms ------------------------------------------------------------------------------------------------------ */

static bool classified_as(const struct judged_part *part, const struct form *form, struct str *other)
{
    *other = STR("no form");
    for (size_t i = 0; i < part->statements.n; i++) {
        const struct judged_statement *s = &part->statements.at[i];
        for (size_t k = 0; k < s->n_actions; k++) {
            if (s->actions[k].what.form == form) {
                return true;
            }
            if (s->actions[k].what.form) {
                *other = s->actions[k].what.form->id;
            }
        }
    }
    return false;
}

static void try_form(struct tester *t, const struct form *form)
{
    t->out->forms++;
    for (unsigned i = 0; i < form->n_examples; i++) {
        const struct example *example = &form->examples[i];
        struct trial trial = {0};
        struct str other;
        t->out->examples++;
        if (trial_run(&trial, t->book, example, example->sql)) {
            fail(t, form->file, example->line, form->id, "an example cannot be read: %s", trial.err.primary);
        } else if (!classified_as(&trial.part, form, &other)) {
            fail(t, form->file, example->line, form->id, "an example is %.*s: %.*s", STR_ARG(other),
                 STR_ARG(example->sql));
        }
        trial_end(&trial);
    }
}

void rules_test(const struct rulebook *book, struct str only, struct arena *a, struct selftest *out)
{
    struct tester t = {book, a, out};
    *out = (struct selftest){0};
    for (size_t i = 0; i < book->n_forms; i++) {
        if (only.n == 0 || str_eq(only, book->forms[i]->id)) {
            try_form(&t, book->forms[i]);
        }
    }
    for (size_t i = 0; i < book->n_hazards; i++) {
        if (only.n == 0 || str_eq(only, book->hazards[i]->id)) {
            try_hazard(&t, book->hazards[i]);
        }
    }
}
