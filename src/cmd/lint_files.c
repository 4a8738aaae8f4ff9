#include "cmd/lint_files.h"

#include "base/map.h"
#include "cmd/glob.h"
#include "migration/layout.h"

struct search {
    struct arena *a;
    struct lint_folder_list *out;
    struct map by_path; /* -> 1 + index of the folder */
    VEC(size_t) named;  /* folders of which single files were named */
    const struct lint_files_options *options;
    bool input; /* "-" was among them */
    struct error *err;
};

static struct lint_folder *folder_of(struct search *s, struct str path)
{
    if (s->out->n > 0 && str_eq(s->out->at[s->out->n - 1].path, path)) {
        return &s->out->at[s->out->n - 1];
    }
    const uintptr_t known = (uintptr_t)map_get(&s->by_path, path);
    if (known) {
        return &s->out->at[known - 1];
    }
    struct lint_folder *f = vec_push(s->a, s->out);
    f->path = arena_str(s->a, path);
    map_put(&s->by_path, f->path, (void *)(uintptr_t)s->out->n);
    return f;
}

static const char *stdin_name(const struct search *s)
{
    return s->options->stdin_name ? s->options->stdin_name : "stdin";
}

static void add_file(struct search *s, struct str folder, struct str path, bool judged)
{
    struct lint_file *f = vec_push(s->a, &folder_of(s, folder)->files);
    struct str name;
    f->path = path;
    f->name = str_eq(path, STR("-")) ? str_of(stdin_name(s)) : path;
    f->judged = judged;
    if (!layout_native.match(path_base(f->name), &f->version, &name)) {
        f->version = STR_NONE;
    }
}

/* Undoing halves of two-file layouts are no step forward: they are judged only when named. */
static bool is_undo(struct str name)
{
    return str_ends(name, STR(".down.sql")) || str_eq(name, STR("down.sql"));
}

static enum status search_folder(struct search *s, struct str folder)
{
    struct file_list entries = {0};
    enum status status = file_list(arena_cstr(s->a, folder), s->a, &entries, s->err);
    for (size_t i = 0; i < entries.n && !status; i++) {
        const struct file_entry *e = &entries.at[i];
        const bool sql = e->name.n > 4 && str_ends(e->name, STR(".sql"));
        if (e->name.p[0] == '.') {
            continue;
        }
        if (e->kind == FILE_FOLDER) {
            /* Links to folders are followed only when named, so that a loop of links has an end. */
            status = e->link ? ST_OK : search_folder(s, path_join(s->a, folder, e->name));
        } else if (sql && !is_undo(e->name)) {
            add_file(s, folder, path_join(s->a, folder, e->name), true);
        }
    }
    return status;
}

static int file_cmp(const void *a, const void *b)
{
    const struct lint_file *x = a, *y = b;
    if (x->version.n == 0 || y->version.n == 0) {
        const int without = (x->version.n == 0) - (y->version.n == 0);
        return without ? without : str_cmp(x->path, y->path);
    }
    const int order = version_cmp(x->version, y->version);
    return order ? order : str_cmp(x->path, y->path);
}

/* Sort, and drop a file that was named twice (keeping it judged when either says so). */
static void settle(struct lint_folder *f)
{
    size_t kept = 0;
    bool sorted = true; /* as they mostly come from a folder */
    for (size_t i = 1; i < f->files.n && sorted; i++) {
        sorted = file_cmp(&f->files.at[i - 1], &f->files.at[i]) <= 0;
    }
    if (!sorted) {
        qsort(f->files.at, f->files.n, sizeof(f->files.at[0]), file_cmp);
    }
    for (size_t i = 0; i < f->files.n; i++) {
        if (kept > 0 && str_eq(f->files.at[kept - 1].path, f->files.at[i].path)) {
            f->files.at[kept - 1].judged |= f->files.at[i].judged;
        } else {
            f->files.at[kept++] = f->files.at[i];
        }
    }
    f->files.n = kept;
}

/* The files of the folder with a lower version than its last judged one, to be replayed. */
static enum status add_earlier(struct search *s, size_t folder)
{
    struct file_list entries = {0};
    const struct str path = s->out->at[folder].path;
    struct str last = STR_NONE, version, name;
    for (size_t i = 0; i < s->out->at[folder].files.n; i++) {
        const struct str v = s->out->at[folder].files.at[i].version;
        if (v.n > 0 && (last.n == 0 || version_cmp(v, last) > 0)) {
            last = v;
        }
    }
    /* Standard input may stand for a file in a folder that is not there yet. */
    const bool there = last.n > 0 && file_kind(arena_cstr(s->a, path)) == FILE_FOLDER;
    enum status status = there ? file_list(arena_cstr(s->a, path), s->a, &entries, s->err) : ST_OK;
    for (size_t i = 0; i < entries.n && !status; i++) {
        const struct file_entry *e = &entries.at[i];
        if (e->kind == FILE_REGULAR && !is_undo(e->name) && layout_native.match(e->name, &version, &name) &&
            version_cmp(version, last) < 0) {
            add_file(s, path, path_join(s->a, path, e->name), false);
        }
    }
    return status;
}

static void name_file(struct search *s, struct str folder, struct str path)
{
    add_file(s, folder, path, true);
    *vec_push(s->a, &s->named) = (size_t)(uintptr_t)map_get(&s->by_path, folder) - 1;
}

/* A file or folder that is there, "-", or something that is neither. */
static enum status add_path(struct search *s, struct str path)
{
    const enum file_kind kind = file_kind(arena_cstr(s->a, path));
    if (str_eq(path, STR("-"))) {
        s->input = true;
        name_file(s, s->options->stdin_name ? path_folder(str_of(stdin_name(s))) : path, path);
        return ST_OK;
    }
    if (kind == FILE_MISSING) {
        return error_set(s->err, ST_USAGE, "cannot read %.*s: %s", STR_ARG(path), strerror(ENOENT));
    }
    if (kind == FILE_FOLDER) {
        const bool slash = path.n > 1 && str_ends(path, STR("/"));
        return search_folder(s, arena_str(s->a, str_slice(path, 0, path.n - slash)));
    }
    name_file(s, path_folder(path), arena_str(s->a, path));
    return ST_OK;
}

static enum status add_operand(struct search *s, struct str operand)
{
    struct path_list paths = {0};
    if (!glob_is_pattern(operand) || file_kind(arena_cstr(s->a, operand)) != FILE_MISSING) {
        return add_path(s, operand);
    }
    enum status status = glob_find(operand, s->a, &paths, s->err);
    for (size_t i = 0; i < paths.n && !status; i++) {
        status = add_path(s, paths.at[i]);
    }
    if (!status && paths.n == 0 && !s->options->allow_empty) {
        status = error_set(s->err, ST_USAGE, "no file to lint: nothing matches %.*s", STR_ARG(operand));
        error_hint(s->err, "--allow-empty if that is fine");
    }
    return status;
}

enum status lint_files_find(const struct str *operands, size_t n, const struct lint_files_options *options,
                            struct arena *a, struct lint_folder_list *out, struct error *err)
{
    struct search s = {.a = a, .out = out, .options = options, .err = err};
    enum status status = ST_OK;
    size_t files = 0;
    *out = (struct lint_folder_list){0};
    map_init(&s.by_path, a);
    for (size_t i = 0; i < n && !status; i++) {
        status = add_operand(&s, operands[i]);
    }
    if (!status && options->stdin_name && !s.input) {
        status = error_set(err, ST_USAGE, "--stdin-filename without standard input: - is not among the files");
    }
    for (size_t i = 0; i < s.named.n && !status; i++) {
        const bool again = i > 0 && s.named.at[i] == s.named.at[i - 1];
        status = again ? ST_OK : add_earlier(&s, s.named.at[i]);
    }
    for (size_t i = 0; i < out->n && !status; i++) {
        settle(&out->at[i]);
        files += out->at[i].files.n;
    }
    if (!status && files == 0 && !options->allow_empty) {
        status = error_set(err, ST_USAGE, "no file to lint: no *.sql in %.*s%s", STR_ARG(operands[0]),
                           n > 1 ? " and the others" : "");
        error_hint(err, "--allow-empty if that is fine");
    }
    return status;
}
