#include "cmd/lsp_world.h"

#include <sys/stat.h>

#include "cmd/base.h"
#include "cmd/lint_read.h"
#include "rules/runner.h"

enum { NAMES_MAX = 1 << 28, MODEL_MAX = 1 << 30, KEY_MAX = 1 << 26 };

void lsp_world_init(struct lsp_world *w, struct context *c)
{
    *w = (struct lsp_world){.c = c};
    arena_init(&w->names, NAMES_MAX);
    arena_init(&w->model, MODEL_MAX);
}

void lsp_world_forget(struct lsp_world *w)
{
    if (w->made) {
        judge_free(&w->judge);
        w->made = false;
    }
    w->key = STR_NONE;
}

void lsp_world_free(struct lsp_world *w)
{
    lsp_world_forget(w);
    arena_free(&w->names);
    arena_free(&w->model);
}

/* ---- what it is made of ---- */

static void add_stamp(struct strbuf *key, const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0) {
        strbuf_addf(key, "%lld.%09ld %lld", (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, (long long)st.st_size);
    }
}

/* Of each file that is replayed: its path, and what shows that it changed. */
static struct str key_of(struct lsp_world *w, const struct lint_folder *folder, const struct lsp_texts *texts)
{
    struct strbuf key;
    struct str text;
    int64_t version;
    strbuf_init(&key, KEY_MAX);
    if (base_is_file(w->c)) {
        strbuf_addf(&key, "%s ", w->c->set.catalog);
        add_stamp(&key, w->c->set.catalog);
    }
    for (size_t i = 0; i < folder->files.n; i++) {
        const struct lint_file *f = &folder->files.at[i];
        strbuf_addf(&key, "\n%.*s ", STR_ARG(f->name));
        if (f->judged) {
            continue;
        }
        if (texts->text_of(texts->self, f->path, &text, &version)) {
            strbuf_addf(&key, "version %" PRId64, version);
        } else {
            add_stamp(&key, f->path.p);
        }
    }
    const struct str copy = arena_str(&w->names, strbuf_str(&key));
    strbuf_free(&key);
    return copy;
}

/* ---- replaying ---- */

static void replay(struct lsp_world *w, const struct lint_file *f, const struct lsp_texts *texts)
{
    const struct migration_options options = {.layout = w->layout, .lenient = true};
    struct arena a;
    struct migration m;
    struct error ignored = {0}; /* a file that cannot be read is for whoever opens it */
    struct str text;
    int64_t version;
    if (base_applied(&w->info, f->version)) {
        return;
    }
    arena_init(&a, MODEL_MAX);
    const enum status status = texts->text_of(texts->self, f->path, &text, &version)
                                   ? migration_parse(f->path, text, &options, &a, &m, &ignored)
                                   : migration_read(f->path.p, &options, &a, &m, &ignored);
    if (!status) {
        lint_as_sent(w->options.runner, &m, &a);
        judge_replay(&w->judge, &m);
    }
    arena_free(&a);
}

static enum status make(struct lsp_world *w, const struct lint_folder *folder, const struct lsp_texts *texts,
                        struct error *err)
{
    const struct lint_file *previous = NULL;
    arena_reset(&w->model);
    catalog_init(&w->catalog, &w->model);
    w->info = (struct catalog_info){0};
    enum status status = context_layout(w->c, &w->layout, err);
    status = status ? status : base_catalog(w->c, &w->catalog, &w->info, err);
    if (status) {
        return status;
    }
    w->options = base_options(w->c, &w->catalog, &w->info);
    w->options.runner = runner_at((size_t)w->c->set.runner);
    w->options.no_fingerprints = !w->c->set.baseline || !w->c->set.baseline[0];
    judge_init(&w->judge, &w->c->book, &w->options, &w->catalog);
    w->made = true;
    for (size_t i = 0; i < folder->files.n; i++) {
        const struct lint_file *f = &folder->files.at[i];
        if (f->judged) {
            w->document = *f;
            w->undoes = f->undo && lint_is_pair(previous, f);
            break;
        }
        replay(w, f, texts);
        previous = f;
    }
    return ST_OK;
}

enum status lsp_world_make(struct lsp_world *w, struct str path, const struct lsp_texts *texts, struct error *err)
{
    if (w->names.used > NAMES_MAX / 2) { /* names of earlier documents pile up */
        lsp_world_forget(w);
        arena_reset(&w->names);
    }
    const struct arena_mark mark = arena_mark(&w->names);
    const char *const name = arena_cstr(&w->names, path);
    const struct lint_files_options how = {.stdin_name = name};
    const struct str input = STR("-");
    struct lint_folder_list folders;
    enum status status = lint_files_find(&input, 1, &how, &w->names, &folders, err);
    if (status) {
        return status;
    }
    const struct str key = key_of(w, &folders.at[0], texts);
    if (w->made && str_eq(key, w->key)) {
        arena_rewind(&w->names, mark);
        return ST_OK;
    }
    lsp_world_forget(w);
    status = make(w, &folders.at[0], texts, err);
    w->key = key;
    return status;
}

/* ---- judging ---- */

struct taking {
    struct judge *judge;
    struct arena *a;
    void (*take)(void *self, const struct judged_part *part);
    void *self;
    struct error *err;
};

static enum status judge_one(const struct taking *t, const struct migration *m, bool down)
{
    struct judged_part part;
    const enum status status = judge_part(t->judge, m, down, t->a, &part, t->err);
    if (!status) {
        t->take(t->self, &part);
    }
    return status;
}

static enum status judge_parts(struct lsp_world *w, const struct taking *t, const struct migration *m)
{
    struct judged_part_list rest;
    const int parts = w->c->set.parts;
    enum status status = ST_OK;
    if (m->up.present && parts == PARTS_DOWN) {
        judge_replay(t->judge, m);
    } else if (m->up.present) {
        status = judge_one(t, m, false);
    }
    if (!status && m->down.present && parts != PARTS_UP) {
        struct judge_saved *saved = judge_save(t->judge, m->up.present || w->undoes);
        status = judge_one(t, m, true);
        judge_restore(t->judge, saved);
    }
    judge_finish(t->judge, t->a, &rest);
    for (size_t i = 0; i < rest.n && !status; i++) {
        t->take(t->self, &rest.at[i]);
    }
    return status;
}

enum status lsp_world_judge(struct lsp_world *w, struct str text, int server_version, enum lsp_judging judging,
                            struct arena *a, void (*take)(void *self, const struct judged_part *part), void *self,
                            struct error *err)
{
    const struct migration_options options = {.layout = w->layout, .lenient = true};
    struct judge_options how = w->options;
    struct judge judge;
    struct migration m;
    enum status status = migration_parse(w->document.name, text, &options, a, &m, err);
    if (status) {
        return status;
    }
    how.findings_only = judging == LSP_FINDINGS;
    how.fixes = judging == LSP_FIXES;
    how.server_version = server_version ? server_version : how.server_version;
    lint_as_sent(how.runner, &m, a);
    judge_init(&judge, &w->c->book, &how, &w->catalog);
    judge.files = w->judge.files;
    judge.transactions = w->judge.transactions;
    judge.statements = w->judge.statements;
    struct judge_saved *saved = judge_save(&judge, false);
    const struct taking t = {.judge = &judge, .a = a, .take = take, .self = self, .err = err};
    status = judge_parts(w, &t, &m);
    judge_restore(&judge, saved);
    judge_free(&judge);
    return status;
}
