#include "cmd/lint_write.h"

#include "base/term.h"
#include "cmd/git.h"
#include "cmd/lint_baseline.h"
#include "report/diff.h"
#include "report/style.h"

enum { DIFF_MAX = INT_MAX };

/* Which files are applied somewhere, as far as anybody said, and what does not count. */
struct applied_files {
    struct baseline baseline; /* as it was opened for this walk */
    struct arena baseline_arena;
    struct context *c;
    struct history history; /* --applied-in */
    struct git_since git;   /* --since */
    enum status status;     /* of asking git */
    struct error *err;
};

static struct str refuse(void *data, const struct lint_file *f)
{
    struct applied_files *x = data;
    const struct settings *set = &x->c->set;
    const struct applied *applied = set->applied_in && f->version.n > 0 ? history_find(&x->history, f->version) : NULL;
    bool added = true;
    if (set->fix_applied) {
        return STR("");
    }
    if (applied && applied->state != APPLIED_NO) {
        return STR("the file is applied, says the database; --fix-applied to write it all the same");
    }
    if (set->since && !str_eq(f->path, STR("-")) && !x->status) {
        x->status = git_added(&x->git, f->path, &added, x->err);
    }
    return added ? STR("")
                 : arena_printf(&x->c->arena,
                                "%s has the file, so it may be applied; --fix-applied to write it all the same",
                                set->since);
}

static void begin_walk(void *data)
{
    struct applied_files *x = data;
    arena_reset(&x->baseline_arena);
    if (!x->status) {
        x->status = baseline_open(&x->baseline, x->c->set.baseline, false, &x->baseline_arena, x->err);
    }
}

static void forget(void *data, const struct judged_part *part)
{
    struct applied_files *x = data;
    if (!x->status) {
        baseline_apply(&x->baseline, part);
    }
}

static enum status open_applied(struct applied_files *x, struct context *c, struct error *err)
{
    *x = (struct applied_files){.c = c, .err = err};
    arena_init(&x->baseline_arena, 1 << 30);
    git_since_init(&x->git, c->set.since, c->environment, &c->arena);
    if (!c->set.applied_in) {
        return ST_OK;
    }
    const char *url = c->set.url;
    c->set.url = c->set.applied_in;
    enum status status = context_connect(c, err);
    c->set.url = url;
    if (!status) {
        status = history_read(c->session, c->set.schema, false, &c->arena, &x->history, err);
        session_close(c->session); /* what is judged does not depend on it */
        c->session = NULL;
    }
    return status;
}

static void tell_file(struct strbuf *out, const struct lint_fix_file *f, bool diff)
{
    uint64_t n = 0;
    for (size_t i = 0; i < f->done.n; i++) {
        n += f->done.at[i].left.n == 0;
    }
    if (f->done.n == 0) {
        return;
    }
    term_escape(out, f->file->name);
    strbuf_addf(out, ": %" PRIu64 " %s, %zu left\n", n, diff ? "to fix" : "fixed", f->done.n - (size_t)n);
    for (size_t i = 0; i < f->done.n; i++) {
        const struct lint_fixed *d = &f->done.at[i];
        strbuf_addf(out, "  %u: %.*s", d->line, STR_ARG(d->rule));
        if (d->left.n > 0) {
            strbuf_add_cstr(out, " left: ");
            term_escape(out, d->left);
        }
        strbuf_add_cstr(out, d->divided ? ", and the transaction around it is divided" : "");
        strbuf_add_char(out, '\n');
    }
}

static void tell(const struct context *c, const struct lint_fix_list *list)
{
    struct strbuf out;
    uint64_t files = 0;
    strbuf_init(&out, 1 << 28);
    for (size_t i = 0; i < list->n; i++) {
        const struct lint_fix_file *f = &list->at[i];
        files += !str_eq(f->before, f->after);
        tell_file(&out, f, c->set.diff);
    }
    if (files == 0) {
        strbuf_add_cstr(&out, "nothing to fix\n");
    } else {
        add_count(&out, files, "file");
        strbuf_add_cstr(&out, c->set.diff ? " would be written\n" : " written\n");
    }
    context_say(strbuf_str(&out));
    strbuf_free(&out);
}

static void show(const struct context *c, const struct lint_fix_list *list)
{
    struct strbuf out;
    for (size_t i = 0; i < list->n; i++) {
        const struct lint_fix_file *f = &list->at[i];
        strbuf_init(&out, DIFF_MAX);
        diff_unified(&out, f->file->name, f->before, f->after, context_colour(c, STDOUT_FILENO));
        context_print(strbuf_str(&out));
        strbuf_free(&out);
    }
}

static enum status write_files(const struct lint_fix_list *list, struct error *err)
{
    enum status status = ST_OK;
    for (size_t i = 0; i < list->n && !status; i++) {
        const struct lint_fix_file *f = &list->at[i];
        if (!str_eq(f->before, f->after)) {
            status = file_rewrite(f->file->path.p, f->before, f->after, err);
        }
    }
    return status;
}

static bool has_input(const struct lint_folder_list *folders)
{
    for (size_t i = 0; i < folders->n; i++) {
        for (size_t k = 0; k < folders->at[i].files.n; k++) {
            if (str_eq(folders->at[i].files.at[k].path, STR("-"))) {
                return true;
            }
        }
    }
    return false;
}

enum status lint_write(struct context *c, const struct lint_folder_list *folders, struct lint_fix_options *how,
                       struct error *err)
{
    struct applied_files applied;
    struct lint_fix_list list = {0};
    if (has_input(folders)) {
        error_set(err, ST_USAGE, "standard input cannot be fixed: there is no file to write");
        error_hint(err, "name the file");
        return ST_USAGE;
    }
    enum status status = open_applied(&applied, c, err);
    if (!status) {
        how->refuse = refuse;
        how->data = &applied;
        how->begin_walk = begin_walk;
        how->forget = c->set.baseline && c->set.baseline[0] ? forget : NULL;
        status = lint_fix(c, folders, how, &c->arena, &list, err);
    }
    if (!status) {
        status = applied.status;
    }
    if (!status && c->set.diff) {
        show(c, &list);
    } else if (!status) {
        status = write_files(&list, err);
    }
    if (!status && !c->set.quiet) {
        tell(c, &list);
    }
    arena_free(&applied.baseline_arena);
    return status;
}
