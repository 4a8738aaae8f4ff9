#include "cmd/lint_fix.h"

#include "base/map.h"
#include "cmd/base.h"
#include "cmd/lint_read.h"
#include "plan/batch.h"
#include "rules/fix.h"

enum { ROUNDS_MAX = 400 };
enum { MODEL_ARENA_MAX = 1 << 30 };
#define PART_ARENA_MAX ((size_t)4 << 30)

/* A finding as it counts: of what, where. */
struct seen {
    struct str key; /* rule and message */
    struct str told;
    uint32_t start;
};

/* A fix that the newest edits write. */
struct attempt {
    struct str key, mark; /* mark: rule and fingerprint */
    struct str rule;
    unsigned line;
    bool divides;
    uint32_t start, end; /* of what it wrote, in the text with the edits made */
};

/* What one judging of a file gave. */
struct result {
    struct map counts; /* key -> struct count */
    VEC(struct seen) seen;
    VEC(struct attempt) attempts;
    VEC(struct lint_fixed) left;
    struct fix_edit_list edits;
    size_t tried;
    bool failed;
};

struct count {
    size_t n, attempted;
};

struct file_state {
    const struct lint_file *file;
    struct lint_fix_file *out; /* NULL: only replayed */
    struct str text, trial;
    struct map rejected;     /* mark -> why, as a struct str */
    size_t limit;            /* at most so many fixes at once */
    struct result now, then; /* of text, of trial */
};

struct fixing {
    struct context *c;
    const struct lint_fix_options *how;
    struct arena *a;      /* texts, and what stays */
    struct arena part;    /* of the file in hand */
    struct arena model;   /* of a walk over the folder */
    struct arena pass[2]; /* of results, in turn */
    unsigned turn;
    struct file_state *files;
    size_t n;
    struct catalog_info info;
    const struct lint_file *previous; /* of the walk: the last one that goes forward */
};

static struct arena *pass(struct fixing *x)
{
    return &x->pass[x->turn % 2];
}

/* ---- judging ---------------------------------------------------------------------------------------------------------- */

static struct count *count_of(struct result *r, struct arena *a, struct str key)
{
    struct count *c = map_get(&r->counts, key);
    if (!c) {
        c = arena_new(a, struct count);
        map_put(&r->counts, key, c);
    }
    return c;
}

static struct str key_of(struct arena *a, const struct finding *f)
{
    return arena_printf(a, "%.*s %.*s", STR_ARG(f->rule), STR_ARG(f->message));
}

static void see(struct fixing *x, struct result *r, struct str key, struct str told, uint32_t start)
{
    *vec_push(pass(x), &r->seen) = (struct seen){key, told, start};
    count_of(r, pass(x), key)->n++;
}

static void see_findings(struct fixing *x, struct result *r, const struct judged_part *part)
{
    for (size_t i = 0; i < part->findings.n; i++) {
        const struct finding *f = &part->findings.at[i];
        /* A file with a BEGIN of its own is one with two when it is divided: no worse. */
        const bool control = f->hazard && str_eq(f->hazard->remedy, STR("runner-transactions"));
        const struct str key = control ? arena_str(pass(x), f->rule) : key_of(pass(x), f);
        if (!f->suppressed && !(control && map_get(&r->counts, key))) {
            see(x, r, key, arena_str(pass(x), f->rule), f->start);
        }
    }
}

/* What plan would refuse to run in batches must not be written. */
static void see_batches(struct fixing *x, struct result *r, const struct judged_part *part)
{
    const struct str text = part->migration->text;
    for (size_t i = 0; i < part->statements.n; i++) {
        const struct judged_statement *s = &part->statements.at[i];
        const struct directive *directive = NULL;
        struct batch_spec spec;
        struct error err = {0};
        for (size_t k = 0; k < s->directives.n; k++) {
            directive = s->directives.at[k].kind == DIRECTIVE_BACKFILL ? &s->directives.at[k] : directive;
        }
        if (directive && batch_spec_of(s, text, part->migration->file.p, directive, &x->part, &spec, &err)) {
            see(x, r, arena_printf(pass(x), "%s", err.primary), arena_str(pass(x), str_of(err.primary)), s->st.start);
        }
    }
}

static void leave(struct fixing *x, struct result *r, const struct finding *f, struct str why)
{
    *vec_push(pass(x), &r->left) = (struct lint_fixed){arena_str(x->a, f->rule), f->line, false, arena_str(x->a, why)};
}

static struct str mark_of(struct arena *a, const struct finding *f)
{
    return arena_printf(a, "%.*s %s", STR_ARG(f->rule), f->fingerprint);
}

/* Where in the new text the statement of each attempt came to stand: up to where the next one that was there begins. */
static void place_attempts(struct result *r)
{
    for (size_t i = 0; i < r->attempts.n; i++) {
        struct attempt *t = &r->attempts.at[i];
        uint32_t start = t->start, end = t->end;
        for (size_t k = 0; k < r->edits.n; k++) {
            const struct fix_edit *e = &r->edits.at[k];
            const uint32_t added = (uint32_t)e->text.n - (e->end - e->start);
            start += e->end <= t->start && e->start < t->start ? added : 0;
            end += e->end <= t->end && e->start < t->end ? added : 0;
        }
        t->start = start;
        t->end = end;
    }
}

/* Where the statement behind this one begins, with its comments. */
static uint32_t end_of_place(const struct judged_part *part, uint32_t start)
{
    uint32_t next = (uint32_t)part->migration->text.n;
    for (size_t k = part->statements.n; k > 0 && part->statements.at[k - 1].st.start > start; k--) {
        next = part->statements.at[k - 1].st.comments_start;
    }
    return next;
}

/* Choose what is to be tried of this part, at most so many, and turn it into edits. */
static void try_fixes(struct fixing *x, struct file_state *f, struct result *r, const struct judged_part *part,
                      const struct judge_options *options)
{
    VEC(struct fix_choice) choices = {0};
    struct fix_edit_list edits;
    const struct str refused = x->how->refuse ? x->how->refuse(x->how->data, f->file) : STR("");
    for (size_t i = 0; i < part->findings.n; i++) {
        const struct finding *g = &part->findings.at[i];
        if (g->suppressed || !g->fix) {
            continue;
        }
        const struct str *why = map_get(&f->rejected, mark_of(&x->part, g));
        if (g->fix->left.n > 0 || refused.n > 0 || why) {
            leave(x, r, g, g->fix->left.n > 0 ? g->fix->left : refused.n > 0 ? refused : *why);
        } else if (r->tried < f->limit) {
            *vec_push(&x->part, &choices) = (struct fix_choice){.finding = g};
            r->tried++;
        }
    }
    if (choices.n == 0) {
        return;
    }
    fix_edits(part, options, choices.at, choices.n, pass(x), &edits);
    for (size_t i = 0; i < choices.n; i++) {
        const struct fix_choice *c = &choices.at[i];
        const struct finding *g = c->finding;
        if (c->taken) {
            struct attempt *t = vec_push(pass(x), &r->attempts);
            *t = (struct attempt){key_of(pass(x), g),
                                  mark_of(pass(x), g),
                                  arena_str(x->a, g->rule),
                                  g->line,
                                  c->divides,
                                  g->fix->statement,
                                  end_of_place(part, g->fix->statement)};
            count_of(r, pass(x), t->key)->attempted++;
        } else if (c->left.n > 0) {
            leave(x, r, g, c->left);
        }
    }
    for (size_t i = 0; i < edits.n; i++) {
        struct fix_edit *e = vec_push(pass(x), &r->edits);
        *e = edits.at[i];
        e->text = arena_str(pass(x), e->text);
    }
    fix_edits_settle(&r->edits);
}

static struct result *result_of(struct file_state *f, bool trial)
{
    return trial ? &f->then : &f->now;
}

static bool judge_one(struct fixing *x, struct judge *judge, struct file_state *f, struct result *r,
                      const struct migration *m, bool down)
{
    struct judged_part part;
    struct error err = {0};
    if (judge_part(judge, m, down, &x->part, &part, &err)) {
        r->failed = true;
        return false;
    }
    if (x->how->forget) {
        x->how->forget(x->how->data, &part);
    }
    see_findings(x, r, &part);
    see_batches(x, r, &part);
    try_fixes(x, f, r, &part, &judge->options);
    return true;
}

/* As lint itself does. */
static void judge_parts(struct fixing *x, struct judge *judge, struct file_state *f, struct result *r,
                        const struct migration *m)
{
    const int parts = x->c->set.parts;
    bool whole = true;
    if (m->up.present && parts == PARTS_DOWN) {
        judge_replay(judge, m);
    } else if (m->up.present) {
        whole = judge_one(x, judge, f, r, m, false);
    }
    if (whole && m->down.present && parts != PARTS_UP) {
        struct judge_saved *saved = judge_save(judge, m->up.present || lint_is_pair(x->previous, f->file));
        (void)judge_one(x, judge, f, r, m, true);
        judge_restore(judge, saved);
    }
}

static void judge_file(struct fixing *x, struct judge *judge, struct file_state *f, bool trial)
{
    const struct migration_options options = {.layout = x->how->layout, .lenient = true};
    struct result *r = result_of(f, trial);
    struct migration m;
    struct error err = {0};
    *r = (struct result){0};
    map_init(&r->counts, pass(x));
    arena_reset(&x->part);
    if (base_applied(&x->info, f->file->version)) {
        return;
    }
    if (migration_parse(f->file->name, trial ? f->trial : f->text, &options, &x->part, &m, &err)) {
        r->failed = true;
        return;
    }
    lint_as_sent(x->how->runner, &m, &x->part);
    if (!f->file->judged) {
        judge_replay(judge, &m);
    } else {
        judge_parts(x, judge, f, r, &m);
    }
    place_attempts(r);
    x->previous = f->file->undo ? x->previous : f->file;
}

/* Judge all files, as they are or as they would be. */
static enum status judge_all(struct fixing *x, bool trial, struct error *err)
{
    struct catalog catalog;
    struct judge judge;
    struct judged_part_list rest;
    arena_reset(&x->model);
    x->turn++;
    arena_reset(pass(x));
    catalog_init(&catalog, &x->model);
    if (x->how->forget) {
        x->how->begin_walk(x->how->data);
    }
    x->info = (struct catalog_info){0};
    x->previous = NULL;
    const enum status status = base_catalog(x->c, &catalog, &x->info, err);
    if (status) {
        return status;
    }
    struct judge_options options = base_options(x->c, &catalog, &x->info);
    options.runner = x->how->runner;
    options.fixes = true;
    judge_init(&judge, &x->c->book, &options, &catalog);
    for (size_t i = 0; i < x->n; i++) {
        judge_file(x, &judge, &x->files[i], trial);
    }
    arena_reset(&x->part);
    judge_finish(&judge, &x->part, &rest);
    for (size_t i = 0; i < rest.n; i++) {
        for (size_t k = 0; k < x->n; k++) {
            if (str_eq(x->files[k].file->name, rest.at[i].migration->file)) {
                if (x->how->forget) {
                    x->how->forget(x->how->data, &rest.at[i]);
                }
                see_findings(x, result_of(&x->files[k], trial), &rest.at[i]);
            }
        }
    }
    judge_free(&judge);
    return ST_OK;
}

/* ---- does it hold? ---------------------------------------------------------------------------------------------------- */

static void reject(struct fixing *x, struct file_state *f, const struct attempt *t, const char *why, struct str what)
{
    struct str *reason = arena_new(x->a, struct str);
    *reason = arena_printf(x->a, "%s%s%.*s", why, what.n > 0 ? ": " : "", STR_ARG(what));
    map_put(&f->rejected, arena_str(x->a, t->mark), reason);
}

/* One of them is to blame: the only one is rejected, of several fewer are tried at once. */
static void blame(struct fixing *x, struct file_state *f, const char *why, struct str what)
{
    struct result *r = &f->now;
    if (r->attempts.n == 1) {
        reject(x, f, &r->attempts.at[0], why, what);
    } else {
        f->limit = r->attempts.n / 2;
    }
}

static bool blame_place(struct fixing *x, struct file_state *f, const struct seen *s)
{
    bool any = false;
    for (size_t i = 0; i < f->now.attempts.n; i++) {
        const struct attempt *t = &f->now.attempts.at[i];
        if (s->start >= t->start && s->start < t->end) {
            reject(x, f, t, "the safe form would be found fault with", s->told);
            any = true;
        }
    }
    return any;
}

/* The file before this one that was changed, or any. */
static struct file_state *changed_before(struct fixing *x, size_t i)
{
    for (size_t k = i; k > 0; k--) {
        if (x->files[k - 1].now.attempts.n > 0) {
            return &x->files[k - 1];
        }
    }
    for (size_t k = 0; k < x->n; k++) {
        if (x->files[k].now.attempts.n > 0) {
            return &x->files[k];
        }
    }
    return NULL;
}

static bool holds(struct fixing *x, size_t i)
{
    struct file_state *f = &x->files[i];
    if (f->then.failed && !f->now.failed) {
        blame(x, f, "the file could not be read any more", STR(""));
        return false;
    }
    bool good = true, placed = false;
    struct str told = STR("");
    for (size_t k = 0; k < f->then.seen.n; k++) {
        const struct seen *s = &f->then.seen.at[k];
        const struct count *before = map_get(&f->now.counts, s->key);
        const struct count *after = map_get(&f->then.counts, s->key);
        if (before && after->n <= before->n) {
            continue;
        }
        good = false;
        told = s->told;
        placed = blame_place(x, f, s) || placed;
    }
    for (size_t k = 0; k < f->now.attempts.n; k++) {
        const struct attempt *t = &f->now.attempts.at[k];
        const struct count *before = map_get(&f->now.counts, t->key);
        const struct count *after = map_get(&f->then.counts, t->key);
        if (after && after->n + before->attempted > before->n) {
            good = false;
            told = t->rule;
            if (before->attempted == 1) {
                reject(x, f, t, "the safe form would be found fault with", t->rule);
                placed = true;
            }
        }
    }
    struct file_state *other = good || placed || f->now.attempts.n > 0 ? f : changed_before(x, i);
    if (!good && !placed && other) {
        blame(x, other, other == f ? "the file would be found fault with" : "another file would be found fault with",
              told);
    }
    return good;
}

/* ---- a folder --------------------------------------------------------------------------------------------------------- */

static bool write_trials(struct fixing *x)
{
    bool any = false;
    for (size_t i = 0; i < x->n; i++) {
        struct file_state *f = &x->files[i];
        f->trial = f->now.attempts.n > 0 ? fix_apply(f->text, &f->now.edits, x->a) : f->text;
        any = any || f->now.attempts.n > 0;
    }
    return any;
}

static void keep_trials(struct fixing *x)
{
    for (size_t i = 0; i < x->n; i++) {
        struct file_state *f = &x->files[i];
        for (size_t k = 0; k < f->now.attempts.n; k++) {
            const struct attempt *t = &f->now.attempts.at[k];
            *vec_push(x->a, &f->out->done) = (struct lint_fixed){t->rule, t->line, t->divides, STR("")};
        }
        f->text = f->trial;
        f->now = f->then;
        f->limit = f->limit > SIZE_MAX / 4 ? SIZE_MAX : f->limit * 2;
    }
}

static enum status fix_folder(struct fixing *x, struct error *err)
{
    enum status status = judge_all(x, false, err);
    for (unsigned round = 0; !status && round < ROUNDS_MAX && write_trials(x); round++) {
        bool good = true;
        status = judge_all(x, true, err);
        for (size_t i = 0; i < x->n && !status; i++) {
            good = holds(x, i) && good;
        }
        if (!status && good) {
            keep_trials(x);
        } else if (!status) {
            status = judge_all(x, false, err);
        }
    }
    for (size_t i = 0; i < x->n && !status; i++) {
        struct file_state *f = &x->files[i];
        for (size_t k = 0; f->out && k < f->now.left.n; k++) {
            *vec_push(x->a, &f->out->done) = f->now.left.at[k];
        }
        if (f->out) {
            f->out->after = f->text;
        }
    }
    return status;
}

static bool read_text(struct fixing *x, const struct lint_file *f, struct str *text)
{
    struct error err = {0};
    return file_read(f->path.p, MIGRATION_MAX_BYTES, x->a, text, &err) == ST_OK;
}

/* The files that can be read; who cannot is told of by lint itself. */
static void read_folder(struct fixing *x, const struct lint_folder *folder, struct lint_fix_list *out)
{
    x->files = arena_array(x->a, struct file_state, folder->files.n);
    x->n = 0;
    for (size_t i = 0; i < folder->files.n; i++) {
        struct file_state *f = &x->files[x->n];
        *f = (struct file_state){.file = &folder->files.at[i], .limit = SIZE_MAX};
        if (!read_text(x, f->file, &f->text)) {
            continue;
        }
        map_init(&f->rejected, x->a);
        if (f->file->judged) {
            *vec_push(x->a, out) = (struct lint_fix_file){.file = f->file, .before = f->text, .after = f->text};
        }
        x->n++;
    }
    size_t at = out->n; /* the list may have moved as it grew */
    for (size_t i = x->n; i > 0; i--) {
        x->files[i - 1].out = x->files[i - 1].file->judged ? &out->at[--at] : NULL;
    }
}

enum status lint_fix(struct context *c, const struct lint_folder_list *folders, const struct lint_fix_options *options,
                     struct arena *a, struct lint_fix_list *out, struct error *err)
{
    struct fixing x = {.c = c, .how = options, .a = a};
    enum status status = ST_OK;
    arena_init(&x.part, PART_ARENA_MAX);
    arena_init(&x.model, MODEL_ARENA_MAX);
    arena_init(&x.pass[0], PART_ARENA_MAX);
    arena_init(&x.pass[1], PART_ARENA_MAX);
    for (size_t i = 0; i < folders->n && !status; i++) {
        read_folder(&x, &folders->at[i], out);
        status = fix_folder(&x, err);
    }
    arena_free(&x.part);
    arena_free(&x.model);
    arena_free(&x.pass[0]);
    arena_free(&x.pass[1]);
    return status;
}
