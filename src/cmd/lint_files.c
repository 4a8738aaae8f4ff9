#include "cmd/lint_files.h"

#include "base/map.h"
#include "cmd/glob.h"
#include "migration/naming.h"

enum { PLAN_MAX_BYTES = 16 << 20, LIST_FROM = 3 };

struct search {
    struct arena *a;
    struct lint_folder_list *out;
    struct map by_path; /* -> 1 + index of the folder */
    VEC(size_t) named;  /* folders of which single files were named */
    struct map files;   /* their paths */
    struct map lists;   /* path of a folder -> struct file_list */
    struct str beside;  /* the folder of the operand before */
    size_t in_a_row;    /* operands of it */
    const struct lint_files_options *options;
    bool input;                   /* "-" was among them */
    struct str plan_folder, plan; /* Sqitch's plan of that folder; empty: there is none */
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

static enum status list_of(struct search *s, struct str folder, const struct file_list **out, struct error *err)
{
    struct file_list *list = map_get(&s->lists, folder);
    enum status status = ST_OK;
    if (!list) {
        list = arena_new(s->a, struct file_list);
        status = file_list(arena_cstr(s->a, folder), s->a, list, err);
        if (!status) {
            map_put(&s->lists, folder, list);
        }
    }
    *out = list;
    return status;
}

static int entry_cmp(const void *name, const void *entry)
{
    return str_cmp(*(const struct str *)name, ((const struct file_entry *)entry)->name);
}

/*
 * What an operand is. Of many in one folder its list tells, which is wanted anyway for the files that come earlier; what is not in
 * it, as "..", is asked for by itself.
 */
static enum file_kind kind_of(struct search *s, struct str path)
{
    const struct str folder = path_folder(path), name = path_base(path);
    const struct file_list *list;
    struct error ignored = {0};
    s->in_a_row = str_eq(folder, s->beside) ? s->in_a_row + 1 : 1;
    s->beside = folder;
    if (s->in_a_row >= LIST_FROM && !list_of(s, folder, &list, &ignored) && list->n > 0) {
        const struct file_entry *e = bsearch(&name, list->at, list->n, sizeof list->at[0], entry_cmp);
        if (e && e->kind != FILE_MISSING) {
            return e->kind;
        }
    }
    return file_kind(arena_cstr(s->a, path));
}

static const char *stdin_name(const struct search *s)
{
    return s->options->stdin_name ? s->options->stdin_name : "stdin";
}

/* The place of deploy/NAME.sql in sqitch.plan: the line on which it stands. */
static long planned_at(struct search *s, struct str folder, struct str stem)
{
    struct error ignored = {0};
    struct str plan, line, word;
    const struct str path = path_join(s->a, folder, STR("sqitch.plan"));
    if (!str_eq(folder, s->plan_folder)) {
        s->plan_folder = folder;
        s->plan = STR("");
        if (file_kind(path.p) == FILE_REGULAR && !file_read(path.p, PLAN_MAX_BYTES, s->a, &plan, &ignored)) {
            s->plan = plan;
        }
    }
    const struct str name = str_slice(stem, 0, str_find(stem, STR(".sql")));
    plan = s->plan;
    for (long at = 1; str_next(&plan, '\n', &line); at++) {
        line = str_trim(line);
        if (str_next(&line, ' ', &word) && str_eq(word, name)) {
            return at;
        }
    }
    return 0;
}

/* Adds it to the folder that holds the migrations; returns that. */
static struct str add_file(struct search *s, struct str path, bool judged)
{
    const bool input = str_eq(path, STR("-"));
    const struct str name = input ? str_of(stdin_name(s)) : path;
    struct naming n;
    naming_of(name, s->a, &n);
    const bool sqitch = n.version.n == 0 && str_ends(n.stem, STR(".sql"));
    const long rank = sqitch ? planned_at(s, n.folder, n.stem) : 0;
    if (input && !s->options->stdin_name) {
        n.folder = path;
    } else if (sqitch && s->plan.n == 0) {
        n.folder = path_folder(name);
    }
    struct lint_file *f = vec_push(s->a, &folder_of(s, n.folder)->files);
    *f = (struct lint_file){.path = path,
                            .name = name,
                            .version = n.version,
                            .stem = n.stem,
                            .undo = n.undo,
                            .repeatable = n.repeatable,
                            .rank = rank,
                            .judged = judged};
    return n.folder;
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
        if (e->kind == FILE_FOLDER && str_eq(e->name, STR("verify")) &&
            file_kind(path_join(s->a, folder, STR("sqitch.plan")).p) == FILE_REGULAR) {
            continue; /* Sqitch's checks, which it rolls back */
        }
        if (e->kind == FILE_FOLDER) {
            /* Links to folders are followed only when named, so that a loop of links has an end. */
            status = e->link ? ST_OK : search_folder(s, path_join(s->a, folder, e->name));
        } else if (sql) {
            const struct str within = add_file(s, path_join(s->a, folder, e->name), true);
            folder_of(s, within)->searched |= str_eq(within, folder);
        }
    }
    return status;
}

/* By version, then Sqitch's plan, then name; what undoes a file comes right behind it. */
static int file_cmp(const void *a, const void *b)
{
    const struct lint_file *x = a, *y = b;
    int order = (x->version.n == 0) - (y->version.n == 0);
    if (order == 0) {
        order = x->version.n > 0 ? version_cmp(x->version, y->version) : 0;
    }
    if (order == 0) {
        order = x->rank != y->rank ? (x->rank == 0 || (y->rank != 0 && x->rank > y->rank) ? 1 : -1) : 0;
    }
    if (order == 0 && x->version.n == 0) {
        order = x->repeatable != y->repeatable ? (x->repeatable ? 1 : -1) : str_cmp(x->stem, y->stem);
    }
    order = order ? order : x->undo - y->undo;
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

/* A file that is not named, to be replayed if it comes before the last of those that are. */
static void add_if_earlier(struct search *s, struct str path, const struct lint_file *last)
{
    struct naming n;
    if (map_get(&s->files, path)) {
        return;
    }
    naming_of(path, s->a, &n);
    const struct lint_file f = {
        .path = path, .version = n.version, .stem = n.stem, .undo = n.undo, .repeatable = n.repeatable};
    if (n.version.n > 0 && !n.undo && file_cmp(&f, last) < 0) {
        (void)add_file(s, path, false);
    }
}

/* The half of Diesel's and Prisma's folders that goes forward. */
static void add_inner(struct search *s, struct str folder, const struct lint_file *last)
{
    static const char *const names[] = {"up.sql", "migration.sql"};
    for (size_t i = 0; i < countof(names); i++) {
        const struct str path = path_join(s->a, folder, str_of(names[i]));
        if (!map_get(&s->files, path) && file_kind(path.p) == FILE_REGULAR) {
            add_if_earlier(s, path, last);
        }
    }
}

/* The files of the folder that come before its last judged one, to be replayed. */
static enum status add_earlier(struct search *s, size_t folder)
{
    static const struct file_list none = {0};
    const struct file_list *entries = &none;
    const struct str path = s->out->at[folder].path;
    struct lint_file last = {0};
    for (size_t i = 0; i < s->out->at[folder].files.n; i++) {
        const struct lint_file *f = &s->out->at[folder].files.at[i];
        if ((f->version.n > 0 || f->repeatable) && (!last.path.p || file_cmp(f, &last) > 0)) {
            last = *f;
        }
    }
    /* Standard input may stand for a file in a folder that is not there yet. */
    const bool there = last.path.p && (map_get(&s->lists, path) || file_kind(arena_cstr(s->a, path)) == FILE_FOLDER);
    const enum status status = there ? list_of(s, path, &entries, s->err) : ST_OK;
    for (size_t i = 0; i < entries->n && !status; i++) {
        const struct file_entry *e = &entries->at[i];
        const struct str entry = path_join(s->a, path, e->name);
        if (e->kind == FILE_REGULAR && str_ends(e->name, STR(".sql"))) {
            add_if_earlier(s, entry, &last);
        } else if (e->kind == FILE_FOLDER && naming_is_folder(e->name)) {
            add_inner(s, entry, &last);
        }
    }
    return status;
}

static void name_file(struct search *s, struct str path)
{
    const struct str folder = add_file(s, path, true);
    map_put(&s->files, path, s);
    *vec_push(s->a, &s->named) = (size_t)(uintptr_t)map_get(&s->by_path, folder) - 1;
}

/* A file or folder that is there, "-", or something that is neither. */
static enum status add_path(struct search *s, struct str path)
{
    const enum file_kind kind = kind_of(s, path);
    if (str_eq(path, STR("-"))) {
        s->input = true;
        name_file(s, path);
        return ST_OK;
    }
    if (kind == FILE_MISSING) {
        return error_set(s->err, ST_USAGE, "cannot read %.*s: %s", STR_ARG(path), strerror(ENOENT));
    }
    if (kind == FILE_FOLDER) {
        const bool slash = path.n > 1 && str_ends(path, STR("/"));
        const struct str folder = arena_str(s->a, str_slice(path, 0, path.n - slash));
        const enum status status = search_folder(s, folder);
        const uintptr_t above = (uintptr_t)map_get(&s->by_path, path_folder(folder));
        if (!status && above && naming_is_folder(path_base(folder))) {
            *vec_push(s->a, &s->named) = above - 1; /* one migration of Diesel's or Prisma's */
        }
        return status;
    }
    name_file(s, arena_str(s->a, path));
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
    map_init(&s.files, a);
    map_init(&s.lists, a);
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
