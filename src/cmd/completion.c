/* completion: what shells need to complete our command lines. */
#include "cmd/commands.h"
#include "cmd/complete.h"

/* The scripts of completions/, as lines. */
#include "completion_scripts.h"

enum { ANSWER_MAX = 1 << 22 };

static const struct {
    const char *shell;
    const char *const *lines;
    size_t n;
} scripts[] = {
    {"bash", script_bash, countof(script_bash)},
    {"zsh", script_zsh, countof(script_zsh)},
    {"fish", script_fish, countof(script_fish)},
};

static void answer(struct context *c)
{
    struct text_list words = {.at = c->args.at + 1, .n = c->args.n - 1, .cap = c->args.n - 1};
    struct strbuf out;
    strbuf_init(&out, ANSWER_MAX);
    complete(c, &words, &out);
    context_print(strbuf_str(&out));
    strbuf_free(&out);
}

static enum status run(struct context *c, struct error *err)
{
    const char *const word = c->args.at[0];
    if (strcmp(word, "answer") == 0) {
        answer(c);
        return ST_OK;
    }
    for (size_t i = 0; i < countof(scripts) && c->args.n == 1; i++) {
        for (size_t k = 0; strcmp(scripts[i].shell, word) == 0 && k < scripts[i].n; k++) {
            context_print(str_of(scripts[i].lines[k]));
        }
        if (strcmp(scripts[i].shell, word) == 0) {
            return ST_OK;
        }
    }
    error_set(err, ST_USAGE, "there is no completion for \"%s\"", c->args.at[c->args.n == 1 ? 0 : 1]);
    error_hint(err, "usage: migrate completion bash, zsh or fish");
    return ST_USAGE;
}

const struct command cmd_completion = {
    .name = "completion",
    .summary = "print what bash, zsh or fish needs to complete command lines of migrate",
    .usage = "bash|zsh|fish",
    .about = "make install puts these scripts where the shells look for them; this is for who has\n"
             "but the program.\n\n"
             "bash  eval \"$(migrate completion bash)\" in ~/.bashrc\n"
             "zsh   migrate completion zsh >DIR/_migrate, in a DIR of fpath; or\n"
             "      source <(migrate completion zsh) in ~/.zshrc behind compinit\n"
             "fish  migrate completion fish >~/.config/fish/completions/migrate.fish\n\n"
             "The scripts are short and do not age: with every tab they ask the program, by\n"
             "migrate completion answer -- WORD…, what the last word may become. It answers from the\n"
             "commands and options that it has, from migrate.yaml, the files of migrations, the\n"
             "rulebook, the journal and git; it never asks a database.",
    .examples =
        "migrate completion bash >/etc/bash_completion.d/migrate\nmigrate completion answer -- lint --format ''",
    .exits = "02",
    .min_args = 1,
    .max_args = 1 << 20,
    .groups = GROUP_COMMON,
    .run = run,
};
