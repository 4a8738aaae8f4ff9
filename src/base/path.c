#include "base/path.h"

#include "base/file.h"

/* The part "a" of "a/b", without what is before `at`. */
static struct str part_at(struct str path, size_t at)
{
    const struct str rest = str_slice(path, at, path.n);
    return str_slice(rest, 0, str_find_char(rest, '/'));
}

/* Append the parts of path to an absolute one, taking "." and ".." for what they say. */
static struct str append_parts(struct arena *a, struct str to, struct str path)
{
    struct str rest = path, part;
    while (str_next(&rest, '/', &part)) {
        if (part.n == 0 || str_eq(part, STR("."))) {
            continue;
        }
        if (str_eq(part, STR(".."))) {
            to = path_folder(to);
        } else {
            to = path_join(a, to, part);
        }
    }
    return to;
}

static struct str real(struct arena *a, const char *path)
{
    char *found = realpath(path, NULL);
    const struct str copy = found ? arena_str(a, str_of(found)) : STR_NONE;
    free(found);
    return copy;
}

struct str path_absolute(struct arena *a, struct str path)
{
    const struct str base = path_base(path);
    if (base.n == 0 || str_eq(base, STR(".")) || str_eq(base, STR(".."))) {
        const struct str whole = real(a, arena_cstr(a, path.n > 0 ? path : STR(".")));
        if (whole.p) {
            return whole;
        }
    }
    const struct str folder = real(a, arena_cstr(a, path_folder(path)));
    if (folder.p) {
        return path_join(a, folder, base);
    }
    const bool rooted = str_starts(path, STR("/"));
    const struct str here = rooted ? STR("/") : real(a, ".");
    return arena_str(a, append_parts(a, here.p ? here : STR("/"), path));
}

struct str path_from(struct arena *a, struct str folder, struct str path)
{
    struct strbuf out;
    size_t at = 1; /* behind the root's slash */
    while (at < folder.n && at < path.n) {
        const struct str there = part_at(folder, at), here = part_at(path, at);
        if (!str_eq(there, here)) {
            break;
        }
        at += there.n + 1;
    }
    strbuf_init(&out, SIZE_MAX / 4);
    for (size_t up = at; up < folder.n; up += part_at(folder, up).n + 1) {
        strbuf_add_cstr(&out, out.n > 0 ? "/.." : "..");
    }
    if (at < path.n) {
        strbuf_add_cstr(&out, out.n > 0 ? "/" : "");
        strbuf_add(&out, str_slice(path, at, path.n));
    }
    const struct str text = arena_str(a, out.n > 0 ? strbuf_str(&out) : STR("."));
    strbuf_free(&out);
    return text;
}
