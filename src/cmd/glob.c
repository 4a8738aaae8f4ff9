#include "cmd/glob.h"

#include <fnmatch.h>

struct walk {
    struct arena *a;
    struct path_list *out;
    struct error *err;
};

bool glob_is_pattern(struct str text)
{
    return str_find_char(text, '*') != SIZE_MAX || str_find_char(text, '?') != SIZE_MAX ||
           str_find_char(text, '[') != SIZE_MAX;
}

static enum status find(struct walk *w, struct str folder, struct str pattern);

/* `path` matched as far as the pattern was used up; `rest` is still to come. */
static enum status matched(struct walk *w, struct str path, struct str rest)
{
    const enum file_kind kind = file_kind(arena_cstr(w->a, path));
    if (kind == FILE_MISSING) {
        return ST_OK;
    }
    if (rest.n > 0) {
        return kind == FILE_FOLDER ? find(w, path, rest) : ST_OK;
    }
    *vec_push(w->a, w->out) = path;
    return ST_OK;
}

/* The entries of a folder against one part of the pattern, or every folder in it against `**`. */
static enum status entries(struct walk *w, struct str folder, struct str part, struct str pattern, struct str rest)
{
    const bool deep = str_eq(part, STR("**"));
    const char *mask = arena_cstr(w->a, part);
    struct file_list list = {0};
    enum status status = file_list(folder.n > 0 ? arena_cstr(w->a, folder) : ".", w->a, &list, w->err);
    for (size_t i = 0; i < list.n && !status; i++) {
        const struct str path = path_join(w->a, folder, list.at[i].name);
        char target;
        if (!deep) {
            status = fnmatch(mask, arena_cstr(w->a, list.at[i].name), FNM_PERIOD) == 0 ? matched(w, path, rest) : ST_OK;
        } else if (list.at[i].kind == FILE_FOLDER && list.at[i].name.p[0] != '.' && readlink(path.p, &target, 1) < 0) {
            status = find(w, path, pattern); /* "**" stays: further folders may follow */
        }
    }
    return status;
}

static enum status find(struct walk *w, struct str folder, struct str pattern)
{
    struct str rest = pattern, part;
    do {
        (void)str_next(&rest, '/', &part);
    } while (part.n == 0 && rest.p);
    if (part.n == 0) {
        return matched(w, folder, STR_NONE);
    }
    if (!glob_is_pattern(part)) {
        return matched(w, path_join(w->a, folder, part), rest);
    }
    if (str_eq(part, STR("**")) && rest.n == 0) {
        return matched(w, folder.n > 0 ? folder : STR("."), STR_NONE);
    }
    if (str_eq(part, STR("**"))) {
        const enum status status = find(w, folder, rest);
        return status ? status : entries(w, folder, part, pattern, rest);
    }
    return entries(w, folder, part, pattern, rest);
}

enum status glob_find(struct str pattern, struct arena *a, struct path_list *out, struct error *err)
{
    struct walk w = {.a = a, .out = out, .err = err};
    return find(&w, str_starts(pattern, STR("/")) ? STR("/") : STR_NONE, pattern);
}
