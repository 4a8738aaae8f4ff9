#include "cmd/subcommand.h"

enum { SUBCOMMANDS_MAX = 16 };

static void add_usage(struct strbuf *out, const struct subcommand *s)
{
    strbuf_addf(out, "%s%s%s", s->name, s->usage[0] ? " " : "", s->usage);
}

static void refuse(const struct context *c, const struct subcommand *all, size_t n, struct str word, struct error *err)
{
    const char *names[SUBCOMMANDS_MAX];
    struct strbuf list;
    strbuf_init(&list, 1024);
    n = n < SUBCOMMANDS_MAX ? n : SUBCOMMANDS_MAX;
    for (size_t i = 0; i < n; i++) {
        names[i] = all[i].name;
        strbuf_add_cstr(&list, i ? ", " : "");
        add_usage(&list, &all[i]);
    }
    const char *near = str_closest(word, names, n);
    error_set(err, ST_USAGE, "migrate %s %.*s: there is no such thing", c->command->name, STR_ARG(word));
    error_hint(err, "%s%s%s%s", near ? "did you mean " : "", near ? near : "",
               near ? "? There are: " : "there are: ", strbuf_cstr(&list));
    strbuf_free(&list);
}

const struct subcommand *subcommand_find(const struct context *c, const struct subcommand *all, size_t n,
                                         struct error *err)
{
    const struct str word = str_of(c->args.n > 0 ? c->args.at[0] : all[0].name);
    const size_t operands = c->args.n > 0 ? c->args.n - 1 : 0;
    for (size_t i = 0; i < n; i++) {
        if (!str_eq(word, str_of(all[i].name))) {
            continue;
        }
        if (operands >= all[i].least && operands <= all[i].most) {
            return &all[i];
        }
        error_set(err, ST_USAGE, "usage: migrate %s %s%s%s", c->command->name, all[i].name, all[i].usage[0] ? " " : "",
                  all[i].usage);
        return NULL;
    }
    refuse(c, all, n, word, err);
    return NULL;
}
