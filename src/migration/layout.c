#include "migration/layout.h"

static const struct layout *const layouts[] = {
    &layout_native, &layout_plain,    &layout_golang_migrate, &layout_goose,       &layout_flyway,
    &layout_sqlx,   &layout_refinery, &layout_diesel,         &layout_prisma,      &layout_node_pg_migrate,
    &layout_tern,   &layout_supabase, &layout_sqitch,         &layout_sql_migrate, &layout_graphile_migrate,
};

const struct layout *layout_at(size_t i)
{
    return i < countof(layouts) ? layouts[i] : NULL;
}

const struct layout *layout_find(struct str name)
{
    for (size_t i = 0; i < countof(layouts); i++) {
        if (str_eq(name, str_of(layouts[i]->name))) {
            return layouts[i];
        }
    }
    return NULL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool layout_numbered(struct str base, struct str *version, struct str *name)
{
    size_t end = 0;
    while (end < base.n && (is_digit(base.p[end]) || (base.p[end] == '.' && end > 0 && is_digit(base.p[end - 1]) &&
                                                      end + 1 < base.n && is_digit(base.p[end + 1])))) {
        end++;
    }
    if (end == 0) {
        return false;
    }
    *version = str_slice(base, 0, end);
    while (end < base.n && (base.p[end] == '_' || base.p[end] == '-' || base.p[end] == ' ')) {
        end++;
    }
    *name = str_slice(base, end, base.n);
    return true;
}

bool layout_numbered_sql(struct str base, struct str *version, struct str *name)
{
    return str_ends(base, STR(".sql")) && layout_numbered(str_without_end(base, STR(".sql")), version, name);
}

static enum status program_parse(struct migration *m, const struct migration_options *options UNUSED,
                                 struct arena *a UNUSED, struct error *err UNUSED)
{
    m->up.present = true; /* and empty */
    return ST_OK;
}

const struct layout layout_program = {
    .name = "program",
    .form = "<version>_<name>",
    .summary = "a migration that is a program of its tool's own",
    .match = layout_numbered,
    .parse = program_parse,
};

bool layout_is_program(const struct layout *layout, struct str base, struct str *version, struct str *name)
{
    struct str endings = str_of(layout->programs), ending;
    while (endings.n > 0 && str_next(&endings, ' ', &ending)) {
        if (str_ends(base, ending) && !str_ends(base, STR("_test.go"))) {
            return layout_numbered(str_without_end(base, ending), version, name);
        }
    }
    return false;
}

void layout_whole(struct migration *m, bool down, enum tx_mode tx)
{
    const uint32_t start = str_starts(m->text, STR("\xEF\xBB\xBF")) ? 3 : 0;
    *(down ? &m->down : &m->up) =
        (struct migration_part){.present = true, .start = start, .end = (uint32_t)m->text.n, .marker = start, .tx = tx};
}

struct migration *layout_add(struct arena *a, struct migration_list *out, const struct layout *layout, struct str file,
                             struct str version, struct str name)
{
    struct migration *m = vec_push(a, out);
    *m = (struct migration){.layout = layout, .file = file, .version = version, .name = name};
    return m;
}

void layout_add_undo(struct arena *a, struct migration *m, struct str file)
{
    m->undo = arena_new(a, struct migration);
    *m->undo =
        (struct migration){.layout = m->layout, .file = file, .version = m->version, .name = m->name, .undoes = true};
}

enum status layout_refuse(struct str file, const char *why, const char *hint, struct error *err)
{
    error_set(err, ST_USAGE, "%s", why);
    error_place(err, file.p, 0, 0);
    error_hint(err, "%s", hint);
    return ST_USAGE;
}

const char *layout_obstacle(const struct file_entry *e, const char **hint)
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

bool settings_say_false(struct str text, struct str key)
{
    bool said = false;
    struct str line;
    while (str_next(&text, '\n', &line)) {
        line = str_trim(line);
        if (str_starts(line, key)) {
            const struct str rest = str_trim(str_slice(line, key.n, line.n));
            if (str_starts(rest, STR("="))) {
                said = str_eq_nocase(str_trim(str_slice(rest, 1, rest.n)), STR("false"));
            }
        }
    }
    return said;
}
