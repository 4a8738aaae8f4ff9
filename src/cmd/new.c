/* new: an empty migration with a version of now. */
#include <sys/stat.h>

#include "base/clock.h"
#include "cmd/commands.h"
#include "cmd/context.h"
#include "exec/column_change.h"
#include "exec/shadow_contract.h"
#include "migration/layout.h"

enum { NAME_MAX_BYTES = 100 };

/* "Add users' table" becomes "add_users_table": what every file system and every tool can hold. */
static struct str slug(struct arena *a, const struct text_list *words)
{
    struct strbuf out;
    strbuf_init(&out, NAME_MAX_BYTES);
    for (size_t i = 0; i < words->n; i++) {
        for (const char *c = words->at[i]; *c; c++) {
            const bool upper = *c >= 'A' && *c <= 'Z';
            const bool keep =
                upper || (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || (unsigned char)*c >= 0x80;
            if (keep) {
                strbuf_add_char(&out, (char)(upper ? *c - 'A' + 'a' : *c));
            } else if (*c != '\'' && out.n > 0 && out.p[out.n - 1] != '_') {
                strbuf_add_char(&out, '_');
            }
        }
        if (out.n > 0 && out.p[out.n - 1] != '_') {
            strbuf_add_char(&out, '_');
        }
    }
    while (out.n > 0 && out.p[out.n - 1] == '_') {
        strbuf_truncate(&out, out.n - 1);
    }
    const struct str name = out.overflow ? STR_NONE : arena_str(a, strbuf_str(&out));
    strbuf_free(&out);
    return name;
}

/* mkdir -p */
static enum status make_folder(struct arena *a, const char *path, struct error *err)
{
    char *p = arena_cstr(a, str_of(path));
    for (char *c = p + 1; *c; c++) {
        if (*c == '/') {
            *c = '\0';
            if (mkdir(p, 0777) != 0 && errno != EEXIST) {
                return error_errno(err, "make the folder", p);
            }
            *c = '/';
        }
    }
    return mkdir(p, 0777) != 0 && errno != EEXIST ? error_errno(err, "make the folder", p) : ST_OK;
}

/* ---- what a layout's new files are called ---- */

/* V stands for the version, N for the name. */
static const struct new_file {
    const struct layout *layout;
    const char *file, *text;
    const char *undo, *undo_text; /* NULL: there is no file of its own for it */
    bool counts;                  /* versions are numbers from 1, not times */
} new_files[] = {
    {&layout_native, "V_N.sql", "-- migrate:up\n\n\n-- migrate:down\n\n", NULL, NULL, false},
    {&layout_goose, "V_N.sql", "-- +goose Up\n\n\n-- +goose Down\n\n", NULL, NULL, false},
    {&layout_node_pg_migrate, "V_N.sql", "-- Up Migration\n\n\n-- Down Migration\n\n", NULL, NULL, false},
    {&layout_tern, "V_N.sql", "\n\n---- create above / drop below ----\n\n", NULL, NULL, true},
    {&layout_golang_migrate, "V_N.up.sql", "\n", "V_N.down.sql", "\n", false},
    {&layout_sqlx, "V_N.up.sql", "\n", "V_N.down.sql", "\n", false},
    {&layout_flyway, "VV__N.sql", "\n", NULL, NULL, false},
    {&layout_refinery, "VV__N.sql", "\n", NULL, NULL, true},
    {&layout_diesel, "V_N/up.sql", "\n", "V_N/down.sql", "\n", false},
    {&layout_prisma, "V_N/migration.sql", "\n", NULL, NULL, false},
    {&layout_supabase, "V_N.sql", "\n", NULL, NULL, false},
    {&layout_plain, "V_N.sql", "\n", NULL, NULL, false},
};

static const struct new_file *new_file_of(const struct layout *layout)
{
    for (size_t i = 0; i < countof(new_files); i++) {
        if (new_files[i].layout == layout) {
            return &new_files[i];
        }
    }
    return NULL;
}

/* The pattern with version and name; a V before a V is the letter itself, as Flyway has it. */
static struct str called(struct arena *a, const char *pattern, struct str version, struct str name)
{
    struct strbuf out;
    strbuf_init(&out, 4096);
    for (const char *c = pattern; *c; c++) {
        if (*c == 'V' && c[1] == 'V') {
            strbuf_add_char(&out, *c++);
        }
        *c == 'V' ? strbuf_add(&out, version) : *c == 'N' ? strbuf_add(&out, name) : strbuf_add_char(&out, *c);
    }
    const struct str made = arena_str(a, strbuf_str(&out));
    strbuf_free(&out);
    return made;
}

/*
 * A version later than every migration's, so that two made within one second, or on a machine whose clock is behind, keep their order. A folder
 * that counts goes on counting, with as many digits; where versions are times, the time is the version.
 */
static struct str next_version(struct context *c, const struct new_file *shape, const struct migration_list *list)
{
    char now[15], next[MIGRATION_MAX_VERSION];
    struct str last = STR_NONE;
    int64_t n = 0, time = 0;
    clock_version(now);
    for (size_t i = 0; i < list->n; i++) {
        last = list->at[i].repeatable ? last : list->at[i].version;
    }
    last = str_slice(last, 0, str_find_char(last, '.'));
    const bool number = str_to_i64(last, 0, 99999999999998, &n) && str_to_i64(str_of(now), 0, INT64_MAX, &time);
    const bool counts = shape->counts || (shape->layout != &layout_native && number && last.n < 10);
    if (counts) {
        snprintf(next, sizeof(next), "%0*" PRId64, last.n > 0 ? (int)last.n : 3, n + 1);
    } else if (number && last.n == 14 && n >= time) {
        snprintf(next, sizeof(next), "%014" PRId64, n + 1);
    } else {
        snprintf(next, sizeof(next), "%s", now);
    }
    if (shape->layout == &layout_diesel && strlen(next) == 14) {
        return arena_printf(&c->arena, "%.4s-%.2s-%.2s-%.6s", next, next + 4, next + 6, next + 8);
    }
    return arena_str(&c->arena, str_of(next));
}

static enum status write_new(struct context *c, struct str folder, const char *pattern, const char *text,
                             struct str version, struct str name, struct error *err)
{
    const struct str path = path_join(&c->arena, folder, called(&c->arena, pattern, version, name));
    enum status status = make_folder(&c->arena, arena_cstr(&c->arena, path_folder(path)), err);
    if (!status) {
        status = file_write_atomic(path.p, str_of(text), err);
    }
    if (!status) {
        context_print(arena_printf(&c->arena, "%s\n", path.p));
    }
    return status;
}

/* The layout of the folder, and its migrations: by their names, because what is in them is not of interest yet. */
static enum status look_into(struct context *c, struct str folder, const struct layout **layout,
                             struct migration_list *list, struct error *err)
{
    struct file_list entries = {0};
    struct migration_options options = {.lenient = true};
    const struct layout_folder looked = {.path = folder, .entries = &entries, .options = &options};
    enum status status = context_layout(c, layout, err);
    if (!status) {
        status = file_list(arena_cstr(&c->arena, folder), &c->arena, &entries, err);
    }
    if (!status && !*layout) {
        status = layout_detect(&looked, &c->arena, layout, err);
    }
    if (!status && (*layout)->find) {
        status = (*layout)->find(&looked, &c->arena, list, err);
    } else if (!status) {
        for (size_t i = 0; i < entries.n; i++) {
            struct str version, name;
            if ((*layout)->match(entries.at[i].name, &version, &name) && version.n > 0) {
                *vec_push(&c->arena, list) = (struct migration){.version = version};
            }
        }
    }
    for (size_t i = 1; i < list->n && !status; i++) { /* the latest goes to the end */
        if (version_cmp(list->at[i].version, list->at[i - 1].version) < 0) {
            const struct migration earlier = list->at[i];
            list->at[i] = list->at[i - 1];
            list->at[i - 1] = earlier;
        }
    }
    return status;
}

/* ---- files with something in them ---- */

/* The closing half of a shadow change or a rename, as the up part; there is no way back from it. */
static enum status contract_text(struct context *c, const char **text, struct error *err)
{
    struct str sql;
    enum status status = column_rename_contract(c->session, c->set.contract, &c->arena, &sql, err);
    const bool renamed = !status && sql.n > 0;
    if (!status && !renamed) {
        status = shadow_contract(c->session, c->set.schema, c->set.contract, &c->arena, &sql, err);
    }
    if (!status) {
        *text =
            arena_printf(&c->arena, "-- migrate:up\n-- Closes the %s of %s: from here on there is no way back.\n%.*s",
                         renamed ? "rename" : "shadow change", c->set.contract, STR_ARG(sql))
                .p;
    }
    return status;
}

/* TABLE.COLUMN=NAME: what stands before the last =, as a quoted name may hold one; the NAME behind it. */
static enum status split_rename(struct context *c, const char **column, const char **fresh, struct error *err)
{
    char *said = arena_cstr(&c->arena, str_of(c->set.rename));
    char *equals = strrchr(said, '=');
    if (!equals || equals == said || !equals[1]) {
        error_set(err, ST_USAGE, "--rename %s: not TABLE.COLUMN=NAME", c->set.rename);
        return ST_USAGE;
    }
    *equals = '\0';
    *column = said;
    *fresh = equals + 1;
    return ST_OK;
}

static enum status change_text(struct context *c, struct str version, const char **text, struct error *err)
{
    struct column_change made = {0};
    const char *column = c->set.archive, *fresh = NULL;
    enum status status = c->set.rename ? split_rename(c, &column, &fresh, err) : ST_OK;
    if (!status && fresh) {
        status = column_rename(c->session, column, fresh, arena_cstr(&c->arena, version), &c->arena, &made, err);
    } else if (!status) {
        status = column_archive(c->session, column, &c->arena, &made, err);
    }
    if (!status) {
        *text =
            arena_printf(&c->arena, "-- migrate:up\n%.*s\n-- migrate:down\n%.*s", STR_ARG(made.up), STR_ARG(made.down))
                .p;
    }
    return status;
}

/* What the database was asked for. */
static enum status asked_text(struct context *c, const struct new_file *shape, struct str version, const char **text,
                              struct error *err)
{
    const char *option = c->set.contract ? "--contract" : c->set.rename ? "--rename" : "--archive";
    if (shape->layout != &layout_native) {
        error_set(err, ST_USAGE, "%s writes files with -- migrate:up, and this folder has another layout", option);
        return ST_USAGE;
    }
    if ((c->set.contract != NULL) + (c->set.rename != NULL) + (c->set.archive != NULL) > 1) {
        error_set(err, ST_USAGE, "--contract, --rename and --archive each write a migration of their own");
        return ST_USAGE;
    }
    enum status status = context_connect(c, err);
    if (!status) {
        status = c->set.contract ? contract_text(c, text, err) : change_text(c, version, text, err);
    }
    return status;
}

/* Words for the name where none was given. */
static void name_by_itself(struct context *c)
{
    const struct text_list *given = &c->args;
    const char *what = c->set.contract ? "contract" : c->set.rename ? "rename" : c->set.archive ? "drop" : NULL;
    const char *of = c->set.contract ? c->set.contract : c->set.rename ? c->set.rename : c->set.archive;
    if (given->n == 0 && what) {
        *vec_push(&c->arena, &c->args) = what;
        *vec_push(&c->arena, &c->args) = of;
    }
}

static enum status run(struct context *c, struct error *err)
{
    name_by_itself(c);
    const struct str name = slug(&c->arena, &c->args);
    struct str folder = c->set.dirs.n ? str_of(c->set.dirs.at[0]) : STR("migrations");
    const struct layout *layout;
    struct migration_list list = {0};
    if (name.n == 0) {
        error_set(err, ST_USAGE, "the name needs at least one letter or digit (and at most %d bytes)", NAME_MAX_BYTES);
        return ST_USAGE;
    }
    if (c->set.dirs.n == 0) {
        struct str_list folders = {0};
        struct error none;
        if (!context_folders(c, &folders, &none)) {
            folder = folders.at[0];
        }
    }
    enum status status = make_folder(&c->arena, arena_cstr(&c->arena, folder), err);
    if (!status) {
        status = look_into(c, folder, &layout, &list, err);
    }
    if (status) {
        return status;
    }
    const struct new_file *shape = new_file_of(layout);
    if (!shape) {
        error_set(err, ST_USAGE, "the order of a sqitch project is in its plan");
        error_hint(err, "sqitch add %.*s", STR_ARG(name));
        return ST_USAGE;
    }
    const struct str version = next_version(c, shape, &list);
    const char *text = shape->text;
    if (c->set.contract || c->set.rename || c->set.archive) {
        status = asked_text(c, shape, version, &text, err);
    }
    status = status ? status : write_new(c, folder, shape->file, text, version, name, err);
    if (!status && shape->undo) {
        status = write_new(c, folder, shape->undo, shape->undo_text, version, name, err);
    }
    return status;
}

static const struct option options[] = {
    {"contract", 0, OPTION_TEXT, "VERSION", offsetof(struct settings, contract),
     "write the closing half of the shadow change or the rename that VERSION made (asks the database)", 0, 0},
    {"rename", 0, OPTION_TEXT, "TABLE.COLUMN=NAME", offsetof(struct settings, rename),
     "write the first half of a rename with dual write: both names work until --contract (asks the database)", 0, 0},
    {"archive", 0, OPTION_TEXT, "TABLE.COLUMN", offsetof(struct settings, archive),
     "write the drop of a column whose values are kept in a table (asks the database)", 0, 0},
};

const struct command cmd_new = {
    .name = "new",
    .aliases = "create",
    .summary = "make an empty migration",
    .usage = "NAME",
    .about = "Writes DIR/<UTC timestamp>_<name>.sql with the markers -- migrate:up and\n"
             "-- migrate:down, and prints its path. The folder is made if it is missing. In a\n"
             "folder of another layout the files are that layout's, and numbers go on where it\n"
             "counts. The version is never earlier than that of a file already there.\n\n"
             "Three kinds of migrations are written from the database's catalog, to be read\n"
             "and changed before they run:\n\n"
             "--rename orders.note=remark: a second column of that name; a trigger by which\n"
             "whichever of the two a program writes, the other follows; the rows filled in\n"
             "batches; NOT NULL, indexes, constraints, comment and privileges once more.\n\n"
             "--archive orders.total: the column's values into a table of their own in\n"
             "batches, then the drop; the way back takes them from there.\n\n"
             "--contract VERSION: what takes away what the shadow change or the rename of\n"
             "VERSION kept: the first column, its indexes and triggers.",
    .examples = "migrate new add_orders_index\nmigrate new --dir db/migrations \"add orders index\"\n"
                "migrate new --rename orders.note=remark\nmigrate new --archive orders.total",
    .exits = "023",
    .options = options,
    .n_options = countof(options),
    .min_args = 0,
    .max_args = 32,
    .groups = GROUP_FILES | GROUP_DATABASE | GROUP_COMMON,
    .run = run,
};
