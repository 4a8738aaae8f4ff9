#include "aws/ini.h"

#include "base/file.h"

enum { INI_MAX_BYTES = 1 << 20 };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The name between the brackets: "profile  dev" is "profile dev", and it may be quoted: profile "my dev". */
static struct str section_name(struct arena *a, struct str raw)
{
    struct strbuf sb;
    strbuf_init(&sb, INI_MAX_BYTES);
    raw = str_trim(raw);
    for (size_t i = 0; i < raw.n; i++) {
        const bool blank = is_blank(raw.p[i]);
        if (blank && sb.n > 0 && sb.p[sb.n - 1] == ' ') {
            continue;
        }
        if (raw.p[i] != '"') {
            strbuf_add_char(&sb, blank ? ' ' : raw.p[i]);
        }
    }
    const struct str name = arena_str(a, str_trim(strbuf_str(&sb)));
    strbuf_free(&sb);
    return name;
}

/* Behind " #" or " ;" stands a comment. */
static struct str without_comment(struct str value)
{
    for (size_t i = 1; i < value.n; i++) {
        if ((value.p[i] == '#' || value.p[i] == ';') && is_blank(value.p[i - 1])) {
            return str_trim(str_slice(value, 0, i));
        }
    }
    return value;
}

static enum status bad_line(const struct ini *ini, unsigned line, const char *what, struct error *err)
{
    error_set(err, ST_REMOTE, "%s", what);
    error_place(err, ini->path, line, 0);
    error_hint(err, "a file of AWS profiles has lines such as [profile name] and key = value");
    return ST_REMOTE;
}

static enum status read_line(struct ini *ini, struct str line, unsigned number, struct str *section, struct str *parent,
                             struct arena *a, struct error *err)
{
    const bool indented = line.n > 0 && is_blank(line.p[0]);
    line = str_trim(line);
    if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';') {
        return ST_OK;
    }
    if (line.p[0] == '[') {
        const size_t close = str_find_char(line, ']');
        if (close == SIZE_MAX) {
            return bad_line(ini, number, "the section's name is not closed by ]", err);
        }
        *section = section_name(a, str_slice(line, 1, close));
        *parent = STR_NONE;
        *vec_push(a, &ini->sections) = (struct ini_entry){.section = *section, .line = number};
        return ST_OK;
    }
    const size_t equals = str_find_char(line, '=');
    if (equals == SIZE_MAX || equals == 0) {
        return bad_line(ini, number, "this line is neither a section nor key = value", err);
    }
    if (!section->p) {
        return bad_line(ini, number, "a setting before the first section", err);
    }
    struct str key = str_trim(str_slice(line, 0, equals));
    const struct str value = without_comment(str_trim(str_slice(line, equals + 1, line.n)));
    if (indented && parent->n > 0) {
        key = arena_printf(a, "%.*s.%.*s", STR_ARG(*parent), STR_ARG(key));
    } else {
        *parent = value.n == 0 ? key : STR_NONE;
    }
    *vec_push(a, &ini->entries) = (struct ini_entry){*section, key, arena_str(a, value), number};
    return ST_OK;
}

enum status ini_read(const char *path, bool must, struct arena *a, struct ini *out, struct error *err)
{
    struct str text, line, section = STR_NONE, parent = STR_NONE;
    *out = (struct ini){.path = path};
    if (!must && file_kind(path) == FILE_MISSING) {
        return ST_OK;
    }
    enum status status = file_read(path, INI_MAX_BYTES, a, &text, err);
    if (status) {
        return err->status = ST_REMOTE;
    }
    for (unsigned number = 1; !status && str_next(&text, '\n', &line); number++) {
        status = read_line(out, line, number, &section, &parent, a, err);
    }
    return status;
}

bool ini_has(const struct ini *ini, struct str section)
{
    for (size_t i = 0; i < ini->sections.n; i++) {
        if (str_eq(ini->sections.at[i].section, section)) {
            return true;
        }
    }
    return false;
}

const struct ini_entry *ini_get(const struct ini *ini, struct str section, const char *key)
{
    for (size_t i = ini->entries.n; i > 0; i--) {
        const struct ini_entry *e = &ini->entries.at[i - 1];
        if (str_eq(e->section, section) && str_eq_nocase(e->key, str_of(key))) {
            return e;
        }
    }
    return NULL;
}
