#include "catalog/names.h"

#include "base/term.h"

/* The longest beginning of s with at most `max` bytes that ends at a character. */
static struct str clip(struct str s, size_t max)
{
    if (s.n <= max) {
        return s;
    }
    size_t at = 0;
    for (;;) {
        uint32_t codepoint;
        const size_t n = utf8_decode(s, at, &codepoint);
        if (at + n > max) {
            return str_slice(s, 0, at);
        }
        at += n;
    }
}

struct str name_compose(struct arena *a, struct str first, struct str second, struct str label)
{
    const size_t overhead = (second.n > 0 ? 1 : 0) + (label.n > 0 ? label.n + 1 : 0);
    const size_t room = overhead < NAME_MAX_BYTES ? NAME_MAX_BYTES - overhead : 0;
    size_t n1 = first.n, n2 = second.n;
    while (n1 + n2 > room) {
        if (n1 > n2) {
            n1--;
        } else {
            n2--;
        }
    }
    first = clip(first, n1);
    second = clip(second, n2);
    return arena_printf(a, "%.*s%s%.*s%s%.*s", STR_ARG(first), second.n > 0 ? "_" : "", STR_ARG(second),
                        label.n > 0 ? "_" : "", STR_ARG(label));
}

struct str name_join(struct arena *a, const struct name_list *names)
{
    struct str joined = STR_NONE;
    for (size_t i = 0; i < names->n && joined.n <= NAME_MAX_BYTES; i++) {
        joined = i == 0 ? names->at[0]
                        : arena_printf(a, "%.*s_%.*s", STR_ARG(joined), STR_ARG(clip(names->at[i], NAME_MAX_BYTES)));
    }
    return joined;
}

static bool taken(const struct catalog *c, struct str schema, struct str name, enum name_use use)
{
    if (use != NAME_CONSTRAINT && catalog_relation(c, schema, name)) {
        return true;
    }
    const int32_t *count = use == NAME_RELATION ? NULL : name_map_get(&c->constraint_names, schema, name);
    return count && *count > 0;
}

struct str name_choose(const struct catalog *c, struct str schema, struct str table, struct str addition,
                       const char *label, enum name_use use)
{
    struct str name = name_compose(c->arena, table, addition, str_of(label));
    for (unsigned pass = 1; taken(c, schema, name, use); pass++) {
        name = name_compose(c->arena, table, addition, arena_printf(c->arena, "%s%u", label, pass));
    }
    return name;
}
