/*
 * Layouts with a folder for each migration: diesel (<version>_<name>/up.sql, down.sql, metadata.toml) and prisma (<timestamp>_<name>/migration.sql).
 *
 * diesel's version is what stands before the first "_", without its dashes: 2024-01-31-120000_x is 20240131120000. Its
 * run_in_transaction = false in metadata.toml counts for both directions.
 */
#include "migration/layout.h"

/* ---- both ---- */

/* The folder's name gives version and name; false: it begins with no version, such as _fixtures. */
static bool folder_name(struct str base, struct arena *a, struct str *version, struct str *name)
{
    size_t end = str_find_char(base, '_'), n = 0;
    end = end == SIZE_MAX ? base.n : end;
    char *digits = arena_cstr(a, str_slice(base, 0, end));
    for (size_t i = 0; i < end; i++) {
        if (digits[i] != '-') {
            digits[n++] = digits[i];
        }
    }
    digits[n] = '\0';
    *version = (struct str){digits, n};
    *name = str_slice(base, end + 1, base.n);
    return version_valid(*version);
}

static enum status find_in_folders(const struct layout *layout, const struct layout_folder *f, const char *up,
                                   const char *down, struct arena *a, struct migration_list *out, struct error *err)
{
    for (size_t i = 0; i < f->entries->n; i++) {
        const struct file_entry *e = &f->entries->at[i];
        struct str version, name;
        if (e->kind != FILE_FOLDER || e->name.p[0] == '.') {
            continue;
        }
        const struct str folder = path_join(a, f->path, e->name), file = path_join(a, folder, str_of(up));
        const bool there = file_kind(file.p) != FILE_MISSING;
        if (!folder_name(e->name, a, &version, &name)) {
            if (there) {
                error_set(err, ST_USAGE, "\"%.*s\" is not a migration's folder name", STR_ARG(e->name));
                error_place(err, file.p, 0, 0);
                error_hint(err, "in the layout %s it is %s", layout->name, layout->form);
                return ST_USAGE;
            }
            continue;
        }
        if (!there) {
            error_set(err, ST_USAGE, "the folder has no %s", up);
            error_place(err, folder.p, 0, 0);
            error_hint(err, "write it, or remove the folder: %s migrations are %s", layout->name, layout->form);
            return ST_USAGE;
        }
        struct migration *m = layout_add(a, out, layout, file, version, name);
        const struct str undo = down ? path_join(a, folder, str_of(down)) : STR_NONE;
        if (down && file_kind(undo.p) != FILE_MISSING) {
            layout_add_undo(a, m, undo);
        }
    }
    return ST_OK;
}

/* ---- diesel ---- */

static enum status diesel_find(const struct layout_folder *f, struct arena *a, struct migration_list *out,
                               struct error *err)
{
    return find_in_folders(&layout_diesel, f, "up.sql", "down.sql", a, out, err);
}

static bool diesel_match(struct str base, struct str *version, struct str *name)
{
    *version = STR_NONE; /* the folder's name has them */
    *name = STR_NONE;
    return str_eq(base, STR("up.sql")) || str_eq(base, STR("down.sql"));
}

static enum status diesel_parse(struct migration *m, const struct migration_options *options, struct arena *a,
                                struct error *err)
{
    enum tx_mode tx = TX_AUTO;
    const struct str beside = path_join(a, path_folder(m->file), STR("metadata.toml"));
    if (!options->lenient && file_kind(beside.p) == FILE_REGULAR) {
        struct str settings;
        const enum status status = file_read(beside.p, 1 << 20, a, &settings, err);
        if (status) {
            return status;
        }
        tx = settings_say_false(settings, STR("run_in_transaction")) ? TX_FALSE : TX_AUTO;
    }
    layout_whole(m, m->undoes || str_eq(path_base(m->file), STR("down.sql")), tx);
    return ST_OK;
}

const struct layout layout_diesel = {
    .name = "diesel",
    .form = "<version>_<name>/up.sql and down.sql",
    .summary = "a folder with up.sql and down.sql for each",
    .match = diesel_match,
    .parse = diesel_parse,
    .find = diesel_find,
};

/* ---- prisma ---- */

/* prisma's own key is the folder's whole name, so two may share a timestamp: the later name becomes the timestamp's .1. */
static enum status prisma_find(const struct layout_folder *f, struct arena *a, struct migration_list *out,
                               struct error *err)
{
    const size_t first = out->n;
    const enum status status = find_in_folders(&layout_prisma, f, "migration.sql", NULL, a, out, err);
    for (size_t i = first + 1, same = 0; i < out->n && !status; i++) {
        struct migration *m = &out->at[i];
        same = version_cmp(m->version, out->at[i - 1 - same].version) == 0 ? same + 1 : 0;
        if (same > 0) {
            m->version = arena_printf(a, "%.*s.%zu", STR_ARG(m->version), same);
        }
    }
    return status;
}

static bool prisma_match(struct str base, struct str *version, struct str *name)
{
    *version = STR_NONE;
    *name = STR_NONE;
    return str_eq(base, STR("migration.sql"));
}

static enum status prisma_parse(struct migration *m, const struct migration_options *options UNUSED,
                                struct arena *a UNUSED, struct error *err UNUSED)
{
    layout_whole(m, false, TX_AUTO);
    return ST_OK;
}

const struct layout layout_prisma = {
    .name = "prisma",
    .form = "<timestamp>_<name>/migration.sql",
    .summary = "a folder with migration.sql for each; there is no way down",
    .match = prisma_match,
    .parse = prisma_parse,
    .find = prisma_find,
};
