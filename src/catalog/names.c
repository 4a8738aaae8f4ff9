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

static size_t append(char *to, size_t at, struct str s)
{
    if (s.n > 0) {
        memcpy(to + at, s.p, s.n);
    }
    return at + s.n;
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
    char *name =
        arena_alloc_raw(a, first.n + second.n + label.n + 3); /* by hand: most constraints and indexes need one */
    size_t n = append(name, 0, first);
    n = append(name, n, second.n > 0 ? STR("_") : STR(""));
    n = append(name, n, second);
    n = append(name, n, label.n > 0 ? STR("_") : STR(""));
    n = append(name, n, label);
    name[n] = '\0';
    return (struct str){name, n};
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

struct constraint *constraint_find(const struct catalog *c, const struct relation *r, struct str name)
{
    const int32_t *count = name_map_get(&c->constraint_names, r->schema, name);
    return count && *count > 0 ? relation_constraint(r, name) : NULL;
}

static bool taken(const struct catalog *c, struct str schema, struct str name, enum name_use use)
{
    if (use != NAME_CONSTRAINT && catalog_relation(c, schema, name)) {
        return true;
    }
    const int32_t *count = use == NAME_RELATION ? NULL : name_map_get(&c->constraint_names, schema, name);
    return count && *count > 0;
}

/* Where to begin counting, so that ten thousand unnamed CHECKs on one table do not count up from 1 each. */
struct hint {
    uint32_t epoch, pass;
};

static struct hint *find_hint(const struct catalog *c, struct str schema, struct str name)
{
    struct hint *h = name_map_get(&c->name_hints, schema, name);
    return h && h->epoch == c->name_epoch ? h : NULL;
}

static void keep_hint(struct catalog *c, struct str schema, struct str name, uint32_t pass)
{
    struct hint *h = name_map_get(&c->name_hints, schema, name);
    if (!h) {
        h = arena_new(c->arena, struct hint);
        name_map_put(&c->name_hints, schema, name, h);
    }
    *h = (struct hint){c->name_epoch, pass};
}

struct str name_choose(struct catalog *c, struct str schema, struct str table, struct str addition, const char *label,
                       enum name_use use)
{
    enum { ROOM_FOR_NUMBER = 8 };
    const struct str plain = name_compose(c->arena, table, addition, str_of(label));
    if (!taken(c, schema, plain, use)) {
        return plain;
    }
    /* A number that has to shorten the name may give different names for the same plain one: no hint then. */
    const bool hinted = plain.n + ROOM_FOR_NUMBER <= NAME_MAX_BYTES;
    const struct hint *h = hinted ? find_hint(c, schema, plain) : NULL;
    uint32_t pass = h ? h->pass : 1;
    for (;; pass++) {
        char number[64];
        snprintf(number, sizeof number, "%s%" PRIu32, label, pass);
        const struct arena_mark mark = arena_mark(c->arena);
        const struct str name = name_compose(c->arena, table, addition, str_of(number));
        if (!taken(c, schema, name, use)) {
            if (hinted) {
                keep_hint(c, schema, plain, pass);
            }
            return name;
        }
        arena_rewind(c->arena, mark);
    }
}
