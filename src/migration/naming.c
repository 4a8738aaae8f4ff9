#include "migration/naming.h"

#include "base/file.h"
#include "migration/layout.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The digits of "2026-01-31-120000_x", up to its "_"; empty: the name does not begin so. */
static struct str folder_version(struct str name, struct arena *a)
{
    const size_t end = str_find_char(name, '_');
    if (end == SIZE_MAX || end == 0 || !is_digit(name.p[0])) {
        return STR("");
    }
    char *digits = arena_alloc(a, end + 1);
    size_t n = 0;
    for (size_t i = 0; i < end; i++) {
        if (is_digit(name.p[i])) {
            digits[n++] = name.p[i];
        } else if (name.p[i] != '-') {
            return STR("");
        }
    }
    return (struct str){digits, n};
}

bool naming_is_folder(struct str name)
{
    size_t i = 0;
    while (i < name.n && (is_digit(name.p[i]) || (i > 0 && name.p[i] == '-'))) {
        i++;
    }
    return i > 0 && i < name.n && name.p[i] == '_';
}

/* V1.2__x, U1.2__x, R__x. */
static bool is_flyway(struct str base, struct naming *out)
{
    const size_t end = str_find(base, STR("__"));
    if (end == SIZE_MAX || end == 0 || !strchr("VUR", base.p[0])) {
        return false;
    }
    const struct str version = str_slice(base, 1, end);
    if (base.p[0] == 'R' ? version.n > 0 : !version_valid(version)) {
        return false;
    }
    out->version = version;
    out->undo = base.p[0] == 'U';
    out->repeatable = base.p[0] == 'R';
    return true;
}

void naming_of(struct str path, struct arena *a, struct naming *out)
{
    const struct str base = path_base(path), folder = path_folder(path), within = path_base(folder);
    const bool up = str_eq(base, STR("up.sql")) || str_eq(base, STR("migration.sql"));
    const bool down = str_eq(base, STR("down.sql"));
    struct str name;
    *out = (struct naming){.folder = folder, .version = STR(""), .stem = str_without_end(path, STR(".sql"))};
    if (up || down) {
        out->version = folder_version(within, a);
        out->folder = out->version.n > 0 ? path_folder(folder) : folder;
        out->stem = folder;
        out->undo = down;
        return;
    }
    if (is_flyway(base, out)) {
        return;
    }
    if (!layout_native.match(base, &out->version, &name)) {
        out->version = STR("");
    }
    out->undo = str_ends(base, STR(".down.sql"));
    out->stem = str_without_end(str_without_end(out->stem, STR(".up")), STR(".down"));
    if (out->version.n == 0 && (str_eq(within, STR("deploy")) || str_eq(within, STR("revert")))) {
        out->folder = path_folder(folder);
        out->stem = base;
        out->undo = str_eq(within, STR("revert"));
    }
}

bool migration_is_undo(struct str path)
{
    struct arena a;
    struct naming n;
    arena_init(&a, 1 << 20);
    naming_of(path, &a, &n);
    const bool undo = n.undo;
    arena_free(&a);
    return undo;
}
