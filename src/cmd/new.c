/* new: an empty migration with a version of now. */
#include <sys/stat.h>

#include "base/clock.h"
#include "cmd/commands.h"
#include "cmd/context.h"

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

/*
 * A version that is later than every file's, so that two made within one second, or on a machine whose clock is behind,
 * keep their order.
 */
static enum status next_version(struct context *c, struct str folder, char version[15], struct error *err)
{
    struct file_list entries = {0};
    int64_t now, last;
    clock_version(version);
    const enum status status = file_list(arena_cstr(&c->arena, folder), &c->arena, &entries, err);
    for (size_t i = 0; i < entries.n && !status; i++) {
        const struct str digits = str_slice(entries.at[i].name, 0, 14);
        if (digits.n == 14 && str_to_i64(digits, 1, INT64_MAX, &last) &&
            str_to_i64(str_of(version), 0, INT64_MAX, &now) && last >= now && last < 99999999999999) {
            char next[24];
            snprintf(next, sizeof(next), "%014" PRId64, last + 1);
            memcpy(version, next, 15);
        }
    }
    return status;
}

static enum status run(struct context *c, struct error *err)
{
    const struct str name = slug(&c->arena, &c->args);
    struct str folder = c->set.dirs.n ? str_of(c->set.dirs.at[0]) : STR("migrations");
    char version[15];
    if (name.n == 0) {
        error_set(err, ST_USAGE, "the name needs at least one letter or digit (and at most %d bytes)", NAME_MAX_BYTES);
        return ST_USAGE;
    }
    if (c->set.dirs.n == 0 && file_kind("migrations") != FILE_FOLDER && file_kind("db/migrations") == FILE_FOLDER) {
        folder = STR("db/migrations");
    }
    enum status status = make_folder(&c->arena, arena_cstr(&c->arena, folder), err);
    if (!status) {
        status = next_version(c, folder, version, err);
    }
    if (status) {
        return status;
    }
    const struct str path =
        path_join(&c->arena, folder, arena_printf(&c->arena, "%s_%.*s.sql", version, STR_ARG(name)));
    status = file_write_atomic(path.p, STR("-- migrate:up\n\n\n-- migrate:down\n\n"), err);
    if (!status) {
        context_print(arena_printf(&c->arena, "%s\n", path.p));
    }
    return status;
}

const struct command cmd_new = {
    .name = "new",
    .aliases = "create",
    .summary = "make an empty migration",
    .usage = "NAME",
    .about = "Writes DIR/<UTC timestamp>_<name>.sql with the markers -- migrate:up and\n"
             "-- migrate:down, and prints its path. The folder is made if it is missing.\n"
             "The version is never earlier than that of a file already there.",
    .examples = "migrate new add_orders_index\nmigrate new --dir db/migrations \"add orders index\"",
    .exits = "02",
    .min_args = 1,
    .max_args = 32,
    .groups = GROUP_FILES | GROUP_COMMON,
    .run = run,
};
