#include "cmd/git.h"

#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "base/process.h"

enum { GIT_MS = 120 * 1000, GIT_OUTPUT_MAX = 256 << 20, MAX_ARGS = 24 };

void git_since_init(struct git_since *g, const char *revision, const char *const *environment, struct arena *a)
{
    *g = (struct git_since){.revision = revision, .environment = environment, .a = a};
}

/* ---- running git ---- */

/*
 * As ours was given to us, without what a hook that started us says of its repository (the one that is meant is found by its folder), and without
 * what would ask, wait or write.
 */
static const char *const *own_environment(const char *const *given, struct arena *a)
{
    static const char *const without[] = {"GIT_DIR=",
                                          "GIT_WORK_TREE=",
                                          "GIT_INDEX_FILE=",
                                          "GIT_PREFIX=",
                                          "GIT_NAMESPACE=",
                                          "GIT_EXTERNAL_DIFF=",
                                          "GIT_LITERAL_PATHSPECS=",
                                          "GIT_GLOB_PATHSPECS=",
                                          "GIT_NOGLOB_PATHSPECS=",
                                          "GIT_ICASE_PATHSPECS=",
                                          "GIT_OPTIONAL_LOCKS=",
                                          "LC_ALL="};
    struct text_list {
        const char **at;
        size_t n, cap;
    } list = {0};
    for (const char *const *e = given; *e; e++) {
        bool kept = true;
        for (size_t i = 0; i < countof(without) && kept; i++) {
            kept = !str_starts(str_of(*e), str_of(without[i]));
        }
        if (kept) {
            *vec_push(a, &list) = *e;
        }
    }
    *vec_push(a, &list) = "GIT_OPTIONAL_LOCKS=0";
    *vec_push(a, &list) = "GIT_TERMINAL_PROMPT=0";
    *vec_push(a, &list) = "LC_ALL=C";
    *vec_push(a, &list) = NULL;
    return list.at;
}

/* Run git in the folder; args end with NULL. *said is what it wrote, when it ended with 0. */
static enum status git(const struct git_since *g, struct str folder, const char *const *args, int *code,
                       struct process_result *result, struct error *err)
{
    const char *argv[MAX_ARGS + 1] = {"git", "--no-pager",          "-c", "core.fsmonitor=false",
                                      "-c",  "diff.relative=false", "-C", arena_cstr(g->a, folder)};
    size_t n = 0, k = 0;
    while (argv[n]) {
        n++;
    }
    while (args[k] && n < MAX_ARGS) {
        argv[n++] = args[k++];
    }
    const struct process p = {
        .argv = argv, .env = own_environment(g->environment, g->a), .max_output = GIT_OUTPUT_MAX, .timeout_ms = GIT_MS};
    enum status status = process_run(&p, result, err);
    if (status == ST_USAGE) {
        error_set(err, ST_USAGE, "--since asks git, and there is no program git");
        error_hint(err, "install git, or name the files that changed: migrate lint FILE…");
    } else if (status == ST_GAVE_WAY) {
        status = error_set(err, ST_USAGE, "--since: git did not answer within %d s", GIT_MS / 1000);
    } else if (!status && result->out.overflow) {
        status = error_set(err, ST_USAGE, "--since: git says more than %d MB", GIT_OUTPUT_MAX >> 20);
    }
    *code = result->exit_code;
    return status;
}

/* What git said on standard error, on one line, as the detail. */
static void tell_words(struct error *err, const struct process_result *result)
{
    const struct str words = str_trim(strbuf_str(&result->err));
    if (words.n > 0) {
        error_detail(err, "git: %.*s", STR_ARG(str_slice(words, 0, str_find_char(words, '\n'))));
    }
}

/* Its answer in one word; empty when it ended with another code than 0, which is *code. */
static enum status ask(const struct git_since *g, struct str folder, const char *const *args, struct str *word,
                       int *code, struct error *err)
{
    struct process_result result = {0};
    const enum status status = git(g, folder, args, code, &result, err);
    *word = STR("");
    if (!status && *code == 0) {
        *word = arena_str(g->a, str_trim(strbuf_str(&result.out)));
        *word = str_slice(*word, 0, str_find_char(*word, '\n'));
    } else if (!status) {
        tell_words(err, &result);
    }
    process_result_free(&result);
    return status;
}

/* ---- the revision ---- */

static bool is_shallow(const struct git_since *g, struct str root)
{
    const char *const args[] = {"rev-parse", "--is-shallow-repository", NULL};
    struct error ignored = {0};
    struct str word;
    int code;
    return !ask(g, root, args, &word, &code, &ignored) && str_eq(word, STR("true"));
}

static enum status find_commit(const struct git_since *g, struct str root, const char *revision, struct str *commit,
                               struct error *err)
{
    const char *const name = arena_printf(g->a, "%s^{commit}", revision).p;
    const char *const args[] = {"rev-parse", "--verify", "--quiet", "--end-of-options", name, NULL};
    int code;
    return ask(g, root, args, commit, &code, err);
}

static enum status unknown_revision(const struct git_since *g, struct str root, struct error *err)
{
    struct error ignored = {0};
    struct str commit = STR("");
    const char *const far = arena_printf(g->a, "origin/%s", g->revision).p;
    const bool remote = !find_commit(g, root, far, &commit, &ignored) && commit.n > 0;
    const struct str detail = arena_str(g->a, str_of(err->detail));
    error_set(err, ST_USAGE, "--since %s: no such revision in %.*s", g->revision[0] ? g->revision : "\"\"",
              STR_ARG(root));
    if (detail.n > 0) {
        error_detail(err, "%s", detail.p);
    }
    if (remote) {
        error_hint(err, "did you mean --since %s?", far);
    } else if (is_shallow(g, root)) {
        error_hint(err, "the clone is shallow: fetch the revision with its history first (in GitHub Actions, "
                        "actions/checkout with fetch-depth: 0)");
    } else {
        error_hint(err, "git fetch brings a branch of a remote; its name here is then origin/NAME");
    }
    return ST_USAGE;
}

/* Where this line of history left that of the revision. */
static enum status find_fork(const struct git_since *g, struct str root, struct str *fork, struct error *err)
{
    struct str commit = STR("");
    int code;
    enum status status = ST_OK;
    err->detail[0] = '\0';
    if (g->revision[0] && g->revision[0] != '-') {
        status = find_commit(g, root, g->revision, &commit, err);
    }
    if (status) {
        return status;
    }
    if (commit.n == 0) {
        return unknown_revision(g, root, err);
    }
    const char *const args[] = {"merge-base", arena_cstr(g->a, commit), "HEAD", NULL};
    status = ask(g, root, args, fork, &code, err);
    if (status || fork->n > 0) {
        return status;
    }
    const struct str detail = arena_str(g->a, str_of(err->detail));
    error_set(err, ST_USAGE, "--since %s: it has no history in common with HEAD", g->revision);
    if (detail.n > 0) {
        error_detail(err, "%s", detail.p);
    }
    if (is_shallow(g, root)) {
        error_hint(err,
                   "the clone is shallow, the commit at which they part is not in it: git fetch --unshallow (in GitHub "
                   "Actions, actions/checkout with fetch-depth: 0)");
    }
    return ST_USAGE;
}

/* ---- files ---- */

/* Add what git lists: paths from the root of the working tree, each ended by NUL. */
static enum status list(const struct git_since *g, const struct git_repository *r, const char *const *args,
                        struct map *out, struct error *err)
{
    struct process_result result = {0};
    int code = 0;
    enum status status = git(g, r->root, args, &code, &result, err);
    struct str rest = strbuf_str(&result.out), path;
    if (!status && code != 0) {
        status = error_set(err, ST_USAGE, "--since %s: git cannot compare %.*s with it", g->revision, STR_ARG(r->root));
        tell_words(err, &result);
    }
    while (!status && str_next(&rest, '\0', &path)) {
        if (path.n > 0) {
            map_put(out, path_join(g->a, r->root, path), (void *)1);
        }
    }
    process_result_free(&result);
    return status;
}

static enum status ask_repository(struct git_since *g, struct str root, struct error *err)
{
    struct str fork;
    enum status status = find_fork(g, root, &fork, err);
    if (status) {
        return status;
    }
    const char *const changed[] = {"diff",
                                   "--no-ext-diff",
                                   "--no-textconv",
                                   "--no-renames",
                                   "--name-only",
                                   "--diff-filter=d",
                                   "-z",
                                   arena_cstr(g->a, fork),
                                   "--",
                                   NULL};
    const char *const added[] = {"diff",
                                 "--no-ext-diff",
                                 "--no-textconv",
                                 "--no-renames",
                                 "--name-only",
                                 "--diff-filter=A",
                                 "-z",
                                 arena_cstr(g->a, fork),
                                 "--",
                                 NULL};
    const char *const untracked[] = {"ls-files", "-z", "--others", "--", "*.sql", NULL};
    struct git_repository *r = vec_push(g->a, &g->repositories);
    r->root = root;
    map_init(&r->changed, g->a);
    map_init(&r->added, g->a);
    status = list(g, r, changed, &r->changed, err);
    status = status ? status : list(g, r, added, &r->added, err);
    status = status ? status : list(g, r, untracked, &r->changed, err);
    return status ? status : list(g, r, untracked, &r->added, err);
}

/* The nearest folder above the file that has a .git in it; empty: none has. */
static struct str root_of(struct arena *a, struct str file)
{
    struct str folder = path_folder(file);
    while (file_kind(path_join(a, folder, STR(".git")).p) == FILE_MISSING) {
        if (folder.n <= 1) {
            return STR("");
        }
        folder = path_folder(folder);
    }
    return folder;
}

/* The repository of the file, asked; *path is where the file is from the file system's root. */
static enum status repository_of(struct git_since *g, struct str file, struct str *path,
                                 const struct git_repository **out, struct error *err)
{
    *path = path_absolute(g->a, file);
    const struct str root = root_of(g->a, *path);
    if (root.n == 0) {
        error_set(err, ST_USAGE, "--since %s: %.*s is in no git repository", g->revision, STR_ARG(file));
        error_hint(err, "lint it without --since, or from a checkout");
        return ST_USAGE;
    }
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < g->repositories.n; i++) {
            if (str_eq(g->repositories.at[i].root, root)) {
                *out = &g->repositories.at[i];
                return ST_OK;
            }
        }
        const enum status status = ask_repository(g, root, err);
        if (status) {
            return status;
        }
    }
    BUG("a repository that was asked is not there");
}

enum status git_changed(struct git_since *g, struct str file, bool *changed, struct error *err)
{
    const struct git_repository *r = NULL;
    struct str path;
    const enum status status = repository_of(g, file, &path, &r, err);
    *changed = !status && map_get(&r->changed, path) != NULL;
    return status;
}

enum status git_added(struct git_since *g, struct str file, bool *added, struct error *err)
{
    const struct git_repository *r = NULL;
    struct str path;
    const enum status status = repository_of(g, file, &path, &r, err);
    *added = !status && map_get(&r->added, path) != NULL;
    return status;
}
