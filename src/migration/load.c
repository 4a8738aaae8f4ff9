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

/* Append the folder's migrations with file, layout, version and name; nothing is read yet. */
static enum status find_files(const struct layout *layout, const struct layout_folder *folder, struct arena *a,
                              struct migration_list *out, struct error *err)
{
    struct migration_options options = *folder->options;
    options.layout = layout;
    for (size_t i = 0; i < folder->entries->n; i++) {
        const struct file_entry *e = &folder->entries->at[i];
        const char *hint = NULL;
        struct str version, name;
        if (!options.lenient && e->kind == FILE_REGULAR && layout_is_program(layout, e->name, &version, &name)) {
            (void)layout_add(a, out, &layout_program, path_join(a, folder->path, e->name), version, name);
            continue; /* passing over it would leave a hole in the history */
        }
        if (!is_candidate(e->name) || (options.lenient && e->kind == FILE_FOLDER)) {
            continue;
        }
        const struct str file = path_join(a, folder->path, e->name);
        const char *why = layout_obstacle(e, &hint);
        if (why) {
            return layout_refuse(file, why, hint, err);
        }
        struct migration *m = vec_push(a, out);
        m->file = file;
        const enum status status = migration_name(m, &options, err);
        if (status) {
            return status;
        }
    }
    return ST_OK;
}

static enum status find_migrations(struct str path, const struct migration_options *options, struct arena *a,
                                   struct migration_list *out, struct error *err)
{
    struct file_list entries = {0};
    const struct layout_folder folder = {.path = path, .entries = &entries, .options = options};
    const struct layout *layout = options->layout ? options->layout : &layout_native;
    errno = 0;
    enum status status = file_list(arena_cstr(a, path), a, &entries, err);
    if (status) {
        error_hint(err, "%s",
                   errno == ENOENT   ? "name the folder with --dir, or make it: `migrate new NAME` does"
                   : errno == EACCES ? "give this user the right to read it"
                                     : "name a folder with --dir");
        return status;
    }
    if (!options->layout && !options->lenient) {
        status = layout_detect(&folder, a, &layout, err);
    }
    if (!status && layout->find) {
        status = layout->find(&folder, a, out, err);
    } else if (!status) {
        status = find_files(layout, &folder, a, out, err);
    }
    return status;
}

static enum status refuse_duplicate(const struct migration *first, const struct migration *second, struct error *err)
{
    if (str_eq(first->file, second->file)) {
        error_set(err, ST_USAGE, "the folder of this file is named twice");
    } else {
        error_set(err, ST_USAGE, "version %.*s is taken by %s", STR_ARG(second->version), first->file.p);
    }
    error_place(err, second->file.p, 0, 0);
    error_hint(err, "%s",
               str_eq(first->file, second->file)
                   ? "name each folder once"
                   : "versions are compared as numbers: give one of the two files another one");
    return ST_USAGE;
}

/* Two files of one version. Under lenient only if both have markers: other tools' folders may use versions otherwise. */
static enum status check_versions(const struct migration_list *list, bool lenient, struct error *err)
{
    for (size_t i = 1; i < list->n; i++) {
        const struct migration *first = &list->at[i - 1], *second = &list->at[i];
        const bool marked = first->layout == &layout_native && second->layout == &layout_native;
        const bool matters = lenient ? marked && first->version.n > 0 : first->baseline == second->baseline;
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
        if (!status && out->at[i].undo) {
            status = migration_fetch(out->at[i].undo, options, a, err);
        }
        if (!status && out->at[i].verify) {
            status = migration_fetch(out->at[i].verify, options, a, err);
        }
    }
    if (!status && !options->lenient) {
        const struct migration *wrong;
        status = graphile_check(out, &wrong, err);
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
