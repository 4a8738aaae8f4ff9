/*
 * Whose folder is this?
 *
 * Names tell most layouts apart. Files called <number>_<name>.sql may be of five tools; there the first file that has any tool's marker
 * decides, and with markers in none of them nothing is guessed: without a marker dbmate's file is a mistake, sqlx's is as it should be.
 */
#include "migration/layout.h"
#include "migration/marker.h"
#include "sql/lex.h"

/* What speaks for a layout. */
struct evidence {
    const struct layout *layout;
    struct str file; /* the first that does */
};
VEC_DECLARE(evidence_list, struct evidence);

static void speak_for(struct arena *a, struct evidence_list *list, const struct layout *layout, struct str file)
{
    for (size_t i = 0; i < list->n; i++) {
        if (list->at[i].layout == layout) {
            return;
        }
    }
    *vec_push(a, list) = (struct evidence){layout, file};
}

static bool is_there(struct arena *a, struct str folder, const char *name)
{
    const struct arena_mark mark = arena_mark(a);
    const bool there = file_kind(path_join(a, folder, str_of(name)).p) == FILE_REGULAR;
    arena_rewind(a, mark);
    return there;
}

static bool folder_there(struct arena *a, struct str folder, const char *name)
{
    return file_kind(path_join(a, folder, str_of(name)).p) == FILE_FOLDER;
}

/* ---- by the names ---- */

struct names {
    struct evidence_list found;
    struct file_list numbered; /* <number>_<name>.sql, of whatever tool */
    struct str undo_alone;     /* a U file without its V file: refinery's */
    bool repeatable;           /* R or B: Flyway's */
    struct str lettered;       /* the first V, U, R or B file */
};

static bool has_v_file(const struct file_list *entries, struct str version)
{
    struct str other, name;
    for (size_t i = 0; i < entries->n; i++) {
        const struct str base = entries->at[i].name;
        if (base.p[0] == 'V' && layout_flyway.match(base, &other, &name) && version_cmp(other, version) == 0) {
            return true;
        }
    }
    return false;
}

static void look_at(const struct layout_folder *f, const struct file_entry *e, struct arena *a, struct names *n)
{
    struct str version, name;
    if (e->name.p[0] == '.') {
        return;
    }
    if (e->kind == FILE_FOLDER) {
        const struct str inside = path_join(a, f->path, e->name);
        if (is_there(a, inside, "migration.sql")) {
            speak_for(a, &n->found, &layout_prisma, path_join(a, inside, STR("migration.sql")));
        }
        if (is_there(a, inside, "up.sql")) {
            speak_for(a, &n->found, &layout_diesel, path_join(a, inside, STR("up.sql")));
        }
        if (str_eq(e->name, STR("committed")) &&
            (is_there(a, f->path, "current.sql") || folder_there(a, f->path, "current"))) {
            speak_for(a, &n->found, &layout_graphile_migrate, inside);
        }
    } else if (str_eq(e->name, STR("sqitch.plan")) || str_eq(e->name, STR("sqitch.conf"))) {
        speak_for(a, &n->found, &layout_sqitch, path_join(a, f->path, e->name));
    } else if (layout_golang_migrate.match(e->name, &version, &name)) {
        speak_for(a, &n->found, &layout_golang_migrate, path_join(a, f->path, e->name));
    } else if (layout_flyway.match(e->name, &version, &name)) {
        n->lettered = n->lettered.n > 0 ? n->lettered : path_join(a, f->path, e->name);
        n->repeatable = n->repeatable || e->name.p[0] == 'R' || e->name.p[0] == 'B';
        if (e->name.p[0] == 'U' && !has_v_file(f->entries, version)) {
            n->undo_alone = path_join(a, f->path, e->name);
        }
    } else if (layout_native.match(e->name, &version, &name)) {
        *vec_push(a, &n->numbered) = *e;
    }
}

/* ---- by the markers in the files ---- */

/* The layout whose marker the text has; NULL: none. Markers within strings count as well: a wrong guess is told by the parser. */
static const struct layout *marked_as(struct str text)
{
    struct lexer lx;
    struct token t;
    lex_init(&lx, text, true);
    lx.comments = true;
    while ((t = lex_next(&lx)).kind != TOK_END) {
        if (t.kind != TOK_COMMENT) {
            continue;
        }
        const struct str comment = token_text(text, t);
        if (marker_of(text, t.start, t.end).kind) {
            return &layout_native;
        }
        if (str_starts_nocase(comment, STR("-- +goose "))) {
            return &layout_goose;
        }
        if (str_starts(comment, STR("-- +migrate "))) {
            return &layout_sql_migrate;
        }
        if (str_starts(comment, STR("--! Previous:")) || str_starts(comment, STR("--! Hash: sha1:"))) {
            return &layout_graphile_migrate;
        }
        if (str_starts(comment, STR("---- create above / drop below ----")) ||
            str_starts(comment, STR("---- tern: "))) {
            return &layout_tern;
        }
        struct str rest = str_trim(str_slice(comment, 2, comment.n));
        while (str_starts(rest, STR("-")) || str_starts(rest, STR(" "))) {
            rest = str_slice(rest, 1, rest.n);
        }
        if (str_starts_nocase(rest, STR("up migration")) || str_starts_nocase(rest, STR("down migration"))) {
            return &layout_node_pg_migrate;
        }
    }
    return str_starts(text, STR("-- no-transaction")) ? &layout_sqlx : NULL;
}

/* A file that cannot be read tells nothing here: who reads it for its own sake will say why. */
static void look_inside(const struct layout_folder *f, struct arena *a, struct names *n)
{
    for (size_t i = 0; i < n->numbered.n; i++) {
        const struct str file = path_join(a, f->path, n->numbered.at[i].name);
        struct arena scratch;
        struct error ignored;
        struct str text;
        if (n->numbered.at[i].kind != FILE_REGULAR) {
            continue;
        }
        arena_init(&scratch, (size_t)MIGRATION_MAX_BYTES + 4096);
        const bool read = !file_read(file.p, MIGRATION_MAX_BYTES, &scratch, &text, &ignored);
        const struct layout *layout = read ? marked_as(text) : NULL;
        arena_free(&scratch);
        if (layout) {
            speak_for(a, &n->found, layout, file);
            return;
        }
    }
}

/* ---- the verdict ---- */

static bool is_supabase(struct str folder)
{
    while (folder.n > 1 && folder.p[folder.n - 1] == '/') {
        folder.n--;
    }
    return str_eq(folder, STR("supabase/migrations")) || str_ends(folder, STR("/supabase/migrations"));
}

static struct str inside(struct str folder, struct str file)
{
    const struct str rest = str_slice(file, folder.n, file.n);
    return str_starts(rest, STR("/")) ? str_slice(rest, 1, rest.n) : rest;
}

static enum status refuse_both(struct str folder, const struct evidence *x, const struct evidence *y, struct error *err)
{
    error_set(err, ST_USAGE, "the folder could be laid out in two ways: %s has %.*s, %s has %.*s", x->layout->name,
              STR_ARG(inside(folder, x->file)), y->layout->name, STR_ARG(inside(folder, y->file)));
    error_place(err, folder.p, 0, 0);
    error_hint(err, "say which: --layout %s or --layout %s (or layout: in migrate.yaml)", x->layout->name,
               y->layout->name);
    return ST_USAGE;
}

enum status layout_detect(const struct layout_folder *folder, struct arena *a, const struct layout **out,
                          struct error *err)
{
    struct names n = {0};
    *out = &layout_native;
    for (size_t i = 0; i < folder->entries->n; i++) {
        look_at(folder, &folder->entries->at[i], a, &n);
    }
    if (n.undo_alone.n > 0) {
        speak_for(a, &n.found, &layout_refinery, n.undo_alone);
    }
    if (n.lettered.n > 0 && (n.repeatable || n.undo_alone.n == 0)) {
        speak_for(a, &n.found, &layout_flyway, n.lettered);
    }
    /* sqitch's and a folder per migration leave no room for loose files; they are then no migrations. */
    if (n.found.n == 0 || n.numbered.n > 0) {
        look_inside(folder, a, &n);
    }
    if (n.found.n == 0 && n.numbered.n > 0 && is_supabase(folder->path)) {
        speak_for(a, &n.found, &layout_supabase, n.numbered.at[0].name);
    }
    if (n.found.n == 1 && n.found.at[0].layout == &layout_golang_migrate && n.numbered.n > 0) {
        speak_for(a, &n.found, &layout_sqlx, path_join(a, folder->path, n.numbered.at[0].name));
    }
    if (n.found.n > 1) {
        return refuse_both(arena_str(a, folder->path), &n.found.at[0], &n.found.at[1], err);
    }
    if (n.found.n == 1) {
        *out = n.found.at[0].layout;
    }
    return ST_OK;
}
