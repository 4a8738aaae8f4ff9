#include "cmd/lint_choose.h"

#include "cmd/git.h"

static bool is_up_to(struct str version, struct str last)
{
    return last.n > 0 && version.n > 0 && version_cmp(version, last) <= 0;
}

enum status lint_choose(struct context *c, struct lint_folder_list *folders, struct lint_passed *passed,
                        struct error *err)
{
    struct git_since git;
    struct str last;
    enum status status = context_start_after(c, &last, err);
    git_since_init(&git, c->set.since, c->environment, &c->arena);
    for (size_t i = 0; i < folders->n && !status; i++) {
        for (size_t k = 0; k < folders->at[i].files.n && !status; k++) {
            struct lint_file *f = &folders->at[i].files.at[k];
            bool changed = true;
            if (f->judged && is_up_to(f->version, last)) {
                f->judged = false;
                passed->before++;
            } else if (f->judged && c->set.since && !str_eq(f->path, STR("-"))) {
                status = git_changed(&git, f->path, &changed, err);
                f->judged = changed;
                passed->unchanged += !changed;
            }
        }
    }
    return status;
}

static void tell(uint64_t n, const char *why, const char *what)
{
    struct strbuf line;
    if (n > 0) {
        strbuf_init(&line, 4096);
        strbuf_addf(&line, "note: %" PRIu64 " file%s not judged: %s %s\n", n, n == 1 ? "" : "s", why, what);
        context_say(strbuf_str(&line));
        strbuf_free(&line);
    }
}

void lint_passed_tell(const struct context *c, const struct lint_passed *passed)
{
    if (!c->set.quiet) {
        tell(passed->applied, "applied already, says", c->set.catalog);
        tell(passed->before, "start_after is", c->set.start_after);
        tell(passed->unchanged, "not changed since", c->set.since);
    }
}
