#include "migration/migration.h"

#include "migration/layout.h"
#include "migration/read.h"

/* Versions as numbers, files without one behind all others. */
static int order_cmp(struct str a, struct str b)
{
    if (a.n == 0 || b.n == 0) {
        return (a.n == 0) - (b.n == 0);
    }
    return version_cmp(a, b);
}

static int by_version(const void *a, const void *b)
{
    const struct migration *x = a, *y = b;
    const int order = order_cmp(x->version, y->version);
    return order ? order : str_cmp(x->file, y->file);
}

/* Is this entry of a folder meant to be a migration at all? */
static bool is_candidate(struct str name)
{
    const struct str ending = str_slice(name, name.n < 4 ? 0 : name.n - 4, name.n);
    return name.n > 4 && name.p[0] != '.' && str_eq_nocase(ending, STR(".sql"));
}

/* What stands in the way of reading it; NULL: nothing. */
static const char *obstacle(const struct file_entry *e, const char **hint)
{
    if (!str_ends(e->name, STR(".sql"))) {
        *hint = "write the ending in lower case: .sql";
        return "the ending is not .sql, so other tools and other systems would pass over this file";
    }
    switch (e->kind) {
    case FILE_MISSING:
        *hint = "restore the file it points to, or remove the link";
        return "a symbolic link to a file that is not there";
    case FILE_FOLDER:
        *hint = "folders inside are not searched: name it with --dir, or rename it";
        return "a folder is called like a migration";
    case FILE_OTHER:
        *hint = "remove it from the folder";
        return "not a regular file";
    case FILE_REGULAR:
        break;
    }
    return NULL;
}

static enum status refuse_file(struct str file, const char *why, const char *hint, struct error *err)
{
    error_set(err, ST_USAGE, "%s", why);
    error_place(err, file.p, 0, 0);
    error_hint(err, "%s", hint);
    return ST_USAGE;
}

/* Append the folder's migrations with file, layout, version and name; nothing is read yet. */
static enum status find_migrations(struct str folder, const struct migration_options *options, struct arena *a,
                                   struct migration_list *out, struct error *err)
{
    struct file_list entries = {0};
    const char *path = arena_cstr(a, folder);
    errno = 0;
    enum status status = file_list(path, a, &entries, err);
    if (status) {
        error_hint(err, "%s",
                   errno == ENOENT   ? "name the folder with --dir, or make it: `migrate new NAME` does"
                   : errno == EACCES ? "give this user the right to read it"
                                     : "name a folder with --dir");
        return status;
    }
    for (size_t i = 0; i < entries.n; i++) {
        const struct file_entry *e = &entries.at[i];
        const char *hint = NULL;
        if (!is_candidate(e->name) || (options->lenient && e->kind == FILE_FOLDER)) {
            continue;
        }
        const struct str file = path_join(a, folder, e->name);
        const char *why = obstacle(e, &hint);
        if (why) {
            return refuse_file(file, why, hint, err);
        }
        struct migration *m = vec_push(a, out);
        m->file = file;
        status = migration_name(m, options, err);
        if (status) {
            return status;
        }
    }
    return ST_OK;
}

static bool is_down_file(const struct migration *m)
{
    return str_ends(m->file, STR(".down.sql"));
}

static enum status refuse_duplicate(const struct migration *first, const struct migration *second, struct error *err)
{
    const bool pair = is_down_file(first) != is_down_file(second);
    if (str_eq(first->file, second->file)) {
        error_set(err, ST_USAGE, "the folder of this file is named twice");
    } else {
        error_set(err, ST_USAGE, "version %.*s is taken by %s", STR_ARG(second->version), first->file.p);
    }
    error_place(err, second->file.p, 0, 0);
    error_hint(err, "%s",
               pair ? "pairs of .up.sql and .down.sql can be linted, but not run yet: put both into one file with "
                      "\"-- migrate:up\" and \"-- migrate:down\""
               : str_eq(first->file, second->file)
                   ? "name each folder once"
                   : "versions are compared as numbers: give one of the two files another one");
    return ST_USAGE;
}

/* Two files of one version. Under lenient only if both have markers: other tools' folders may use versions otherwise. */
static enum status check_versions(const struct migration_list *list, bool lenient, struct error *err)
{
    for (size_t i = 1; i < list->n; i++) {
        const struct migration *first = &list->at[i - 1], *second = &list->at[i];
        const bool matters = !lenient || (first->layout->runnable && second->layout->runnable && first->version.n > 0);
        if ((matters && order_cmp(first->version, second->version) == 0) || str_eq(first->file, second->file)) {
            return refuse_duplicate(first, second, err);
        }
    }
    return ST_OK;
}

enum status migrations_load(const struct str *folders, size_t n, const struct migration_options *options,
                            struct arena *a, struct migration_list *out, struct error *err)
{
    enum status status = ST_OK;
    *out = (struct migration_list){0};
    for (size_t i = 0; i < n && !status; i++) {
        status = find_migrations(folders[i], options, a, out, err);
    }
    if (!status && out->n > 1) {
        qsort(out->at, out->n, sizeof(out->at[0]), by_version);
    }
    if (!status && !options->lenient) {
        status = check_versions(out, false, err); /* before a pair's halves are blamed for their lack of markers */
    }
    for (size_t i = 0; i < out->n && !status; i++) {
        status = migration_fetch(&out->at[i], options, a, err);
    }
    if (!status && options->lenient) {
        status = check_versions(out, true, err); /* which layout it is, is known only now */
    }
    return status;
}

struct migration *migrations_find(const struct migration_list *list, struct str version)
{
    size_t low = 0, high = list->n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (order_cmp(list->at[middle].version, version) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return version.n > 0 && low < list->n && order_cmp(list->at[low].version, version) == 0 ? &list->at[low] : NULL;
}
