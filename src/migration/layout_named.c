/*
 * Layouts that tell everything by the file's name: golang-migrate and sqlx (pairs), Flyway and refinery (V1__name.sql).
 *
 * golang-migrate: ^([0-9]+)_(.*)\.(down|up)\.sql$. sqlx: the same, or <number>_<name>.sql without a way down; "-- no-transaction" as the very
 * first bytes of a file. Flyway: V<version>__<name>.sql, U<version>__ undoes it, R__<name>.sql runs again whenever it was changed,
 * B<version>__ stands for all up to that version in a new database; executeInTransaction=false in FILE.conf. refinery: V or, for files
 * that may come late, U. Flyway and refinery search folders inside as well.
 */
#include "migration/layout.h"

enum { MAX_DEPTH = 16 };

static const struct str sql_ending = {".sql", 4}, up_ending = {".up.sql", 7}, down_ending = {".down.sql", 9},
                        up_go = {".up.go", 6};

/* ---- pairs ---- */

static bool pair_match(struct str base, struct str *version, struct str *name)
{
    if (!str_ends(base, up_ending) && !str_ends(base, down_ending)) {
        return false;
    }
    base.n -= str_ends(base, up_ending) ? up_ending.n : down_ending.n;
    return layout_numbered(base, version, name);
}

static bool sqlx_match(struct str base, struct str *version, struct str *name)
{
    return pair_match(base, version, name) ||
           (str_ends(base, sql_ending) && layout_numbered(str_slice(base, 0, base.n - sql_ending.n), version, name));
}

static bool has_entry(const struct file_list *entries, struct str stem, struct str ending)
{
    for (size_t i = 0; i < entries->n; i++) {
        const struct str name = entries->at[i].name;
        if (name.n == stem.n + ending.n && str_starts(name, stem) && str_ends(name, ending)) {
            return true;
        }
    }
    return false;
}

static enum status take_pair(const struct layout *layout, const struct layout_folder *f, const struct file_entry *e,
                             struct arena *a, struct migration_list *out, struct error *err)
{
    const struct str file = path_join(a, f->path, e->name);
    struct str version, name;
    const char *hint = NULL, *why = layout_obstacle(e, &hint);
    if (why) {
        return layout_refuse(file, why, hint, err);
    }
    if (!layout->match(path_base(file), &version, &name)) {
        error_set(err, ST_USAGE, "\"%.*s\" is not a migration's name", STR_ARG(e->name));
        error_place(err, file.p, 0, 0);
        error_hint(err, "in the layout %s it is called %s; --layout says which layout it is", layout->name,
                   layout->form);
        return ST_USAGE;
    }
    if (str_ends(e->name, down_ending)) {
        const struct str stem = str_slice(e->name, 0, e->name.n - down_ending.n);
        return has_entry(f->entries, stem, up_ending) || has_entry(f->entries, stem, up_go)
                   ? ST_OK
                   : layout_refuse(file, "a .down.sql without its .up.sql", "write that one, or remove this one", err);
    }
    struct migration *m = layout_add(a, out, layout, file, version, name);
    const struct str stem = str_slice(e->name, 0, e->name.n - up_ending.n);
    if (str_ends(e->name, up_ending) && has_entry(f->entries, stem, down_ending)) {
        layout_add_undo(a, m, path_join(a, f->path, arena_printf(a, "%.*s.down.sql", STR_ARG(stem))));
    }
    return ST_OK;
}

/* Projects that wrap golang-migrate have x.up.go, and beside it x.down.go or x.down.sql. */
static void take_program(const struct layout *layout, const struct layout_folder *f, const struct file_entry *e,
                         struct arena *a, struct migration_list *out)
{
    struct str version, name;
    if (!layout_is_program(layout, e->name, &version, &name)) {
        return;
    }
    struct migration *m = layout_add(a, out, &layout_program, path_join(a, f->path, e->name), version, name);
    const struct str stem = str_slice(e->name, 0, e->name.n - up_go.n);
    if (has_entry(f->entries, stem, down_ending)) {
        layout_add_undo(a, m, path_join(a, f->path, arena_printf(a, "%.*s.down.sql", STR_ARG(stem))));
        m->undo->layout = layout;
    }
}

static enum status find_pairs(const struct layout *layout, const struct layout_folder *f, struct arena *a,
                              struct migration_list *out, struct error *err)
{
    enum status status = ST_OK;
    for (size_t i = 0; i < f->entries->n && !status; i++) {
        const struct file_entry *e = &f->entries->at[i];
        if (e->name.p[0] != '.' && str_ends(e->name, sql_ending)) {
            status = take_pair(layout, f, e, a, out, err);
        } else if (e->name.p[0] != '.' && e->kind == FILE_REGULAR) {
            take_program(layout, f, e, a, out);
        }
    }
    return status;
}

static enum status golang_find(const struct layout_folder *f, struct arena *a, struct migration_list *out,
                               struct error *err)
{
    return find_pairs(&layout_golang_migrate, f, a, out, err);
}

static enum status sqlx_find(const struct layout_folder *f, struct arena *a, struct migration_list *out,
                             struct error *err)
{
    return find_pairs(&layout_sqlx, f, a, out, err);
}

static enum status pair_parse(struct migration *m, const struct migration_options *options UNUSED,
                              struct arena *a UNUSED, struct error *err UNUSED)
{
    const bool outside = m->layout == &layout_sqlx && str_starts(m->text, STR("-- no-transaction"));
    layout_whole(m, m->undoes || str_ends(m->file, down_ending), outside ? TX_FALSE : TX_AUTO);
    return ST_OK;
}

/* ---- V1__name.sql ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The letter in front, the version behind it (empty for R) and the name behind "__". */
static bool lettered(struct str base, const char *letters, struct str *version, struct str *name)
{
    if (base.n < 2 || !strchr(letters, base.p[0]) || !str_ends(base, sql_ending)) {
        return false;
    }
    base.n -= sql_ending.n;
    const size_t end = str_find(base, STR("__"));
    *version = str_slice(base, 1, end == SIZE_MAX ? base.n : end);
    *name = str_slice(base, end == SIZE_MAX ? base.n : end + 2, base.n);
    if (base.p[0] == 'R') {
        *version = base; /* a name that no number can be; see version_cmp() */
        return end == 1;
    }
    return is_digit(version->p[0]) && version_valid(*version) && (name->n > 0 || end == SIZE_MAX);
}

static bool flyway_match(struct str base, struct str *version, struct str *name)
{
    return lettered(base, "VURB", version, name);
}

static bool refinery_match(struct str base, struct str *version, struct str *name)
{
    return lettered(base, "VU", version, name);
}

static enum status find_lettered(const struct layout *layout, struct str folder, const struct file_list *entries,
                                 unsigned depth, struct arena *a, struct migration_list *out, struct error *err)
{
    enum status status = ST_OK;
    for (size_t i = 0; i < entries->n && !status; i++) {
        const struct file_entry *e = &entries->at[i];
        const struct str file = path_join(a, folder, e->name);
        struct file_list inside = {0};
        struct str version, name;
        if (e->name.p[0] == '.') {
            continue;
        }
        if (e->kind == FILE_FOLDER) {
            /* Links to folders are not followed, so that a loop of links has an end. */
            if (!e->link && depth < MAX_DEPTH) {
                status = file_list(file.p, a, &inside, err);
                status = status ? status : find_lettered(layout, file, &inside, depth + 1, a, out, err);
            }
        } else if (layout->match(e->name, &version, &name)) {
            const char *hint = NULL, *why = layout_obstacle(e, &hint);
            status = why ? layout_refuse(file, why, hint, err) : ST_OK;
            struct migration *m = layout_add(a, out, layout, file, version, name);
            m->repeatable = e->name.p[0] == 'R';
            m->baseline = e->name.p[0] == 'B';
        } else if (str_ends(e->name, sql_ending)) {
            error_set(err, ST_USAGE, "\"%.*s\" is not a migration's name", STR_ARG(e->name));
            error_place(err, file.p, 0, 0);
            error_hint(err, "in the layout %s it is called %s", layout->name, layout->form);
            status = ST_USAGE;
        }
    }
    return status;
}

/* U3__x.sql undoes V3__x.sql: it becomes that one's undo. */
static enum status marry(struct arena *a, struct migration_list *list, size_t first, struct error *err)
{
    struct migration_list undos = {0};
    size_t kept = first;
    for (size_t i = first; i < list->n; i++) {
        if (path_base(list->at[i].file).p[0] == 'U') {
            *vec_push(a, &undos) = list->at[i];
        } else {
            list->at[kept++] = list->at[i];
        }
    }
    list->n = kept;
    for (size_t i = 0; i < undos.n; i++) {
        const struct migration *u = &undos.at[i];
        struct migration *m = NULL;
        for (size_t k = first; k < list->n && !m; k++) {
            const bool versioned = path_base(list->at[k].file).p[0] == 'V';
            m = versioned && version_cmp(list->at[k].version, u->version) == 0 ? &list->at[k] : NULL;
        }
        if (!m || m->undo) {
            return layout_refuse(u->file,
                                 m ? "a second file undoes this version" : "there is no V file that it would undo",
                                 "remove one of them, or give it the version it belongs to", err);
        }
        layout_add_undo(a, m, u->file);
    }
    return ST_OK;
}

static enum status flyway_find(const struct layout_folder *f, struct arena *a, struct migration_list *out,
                               struct error *err)
{
    const size_t first = out->n;
    const enum status status = find_lettered(&layout_flyway, f->path, f->entries, 0, a, out, err);
    return status ? status : marry(a, out, first, err);
}

static enum status refinery_find(const struct layout_folder *f, struct arena *a, struct migration_list *out,
                                 struct error *err)
{
    return find_lettered(&layout_refinery, f->path, f->entries, 0, a, out, err);
}

static enum status lettered_parse(struct migration *m, const struct migration_options *options, struct arena *a,
                                  struct error *err)
{
    const bool flyway = m->layout == &layout_flyway;
    enum tx_mode tx = TX_AUTO;
    if (flyway && !options->lenient) {
        struct str settings;
        const char *beside = arena_cstr(a, arena_printf(a, "%.*s.conf", STR_ARG(m->file)));
        if (file_kind(beside) == FILE_REGULAR) {
            const enum status status = file_read(beside, 1 << 20, a, &settings, err);
            if (status) {
                return status;
            }
            tx = settings_say_false(settings, STR("executeInTransaction")) ? TX_FALSE : TX_AUTO;
        }
    }
    layout_whole(m, flyway && path_base(m->file).p[0] == 'U', tx);
    return ST_OK;
}

const struct layout layout_golang_migrate = {
    .name = "golang-migrate",
    .form = "<version>_<name>.up.sql and .down.sql",
    .summary = "pairs of .up.sql and .down.sql",
    .match = pair_match,
    .parse = pair_parse,
    .find = golang_find,
    .programs = ".up.go",
};

const struct layout layout_sqlx = {
    .name = "sqlx",
    .form = "<version>_<name>.sql, or .up.sql and .down.sql",
    .summary = "sqlx's files, whole or in pairs, with its -- no-transaction",
    .match = sqlx_match,
    .parse = pair_parse,
    .find = sqlx_find,
};

const struct layout layout_flyway = {
    .name = "flyway",
    .form = "V<version>__<name>.sql (U…__ undoes it, R__<name>.sql is repeatable, B…__ a baseline)",
    .summary = "Flyway's versioned, undo, repeatable and baseline files, with ${placeholders}",
    .match = flyway_match,
    .parse = lettered_parse,
    .find = flyway_find,
    .fill = FILL_ANYWHERE,
};

const struct layout layout_refinery = {
    .name = "refinery",
    .form = "V<version>__<name>.sql or U<version>__<name>.sql",
    .summary = "refinery's files; there is no way down",
    .match = refinery_match,
    .parse = lettered_parse,
    .find = refinery_find,
};
