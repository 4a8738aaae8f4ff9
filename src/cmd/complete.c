#include "cmd/complete.h"

#include "base/process.h"
#include "base/term.h"
#include "cmd/commands.h"
#include "cmd/listen.h"
#include "cmd/usage.h"
#include "exec/foreign.h"
#include "exec/journal.h"
#include "migration/layout.h"
#include "rules/problem.h"

enum { MORE_MAX = 400, GIT_MS = 2000, RUNS_MAX = 20 };

struct completion {
    struct context *c;
    const struct command *command; /* NULL: none is named yet */
    struct text_list operands;
    struct text_list given;         /* long names of options */
    const struct option *wanted_by; /* the word before is this option and has no value yet */
    bool ended;                     /* "--" was there */
    bool lost;                      /* there is no such command */
    const char *head;               /* "--name=", where that and a value are one word; else "" */
    struct str word;                /* what is typed of it */
    const char *ask;                /* "files" and the like; NULL: nothing */
    struct strbuf *out;
};

/* ---- candidates ---- */

/* Shells put it on the command line as it is. */
static bool is_plain(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        const char c = text.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              (c && strchr("-_.,:=/@+", c)))) {
            return false;
        }
    }
    return text.n > 0;
}

static void add(struct completion *k, struct str text, struct str what)
{
    if (!is_plain(text) || !str_starts(text, k->word)) {
        return;
    }
    strbuf_addf(k->out, "%s%.*s\t", k->head, STR_ARG(text));
    what = str_slice(what, 0, str_find_char(what, '\n'));
    term_escape(k->out, str_slice(what, 0, MORE_MAX));
    strbuf_add_char(k->out, '\n');
}

/* ---- where values come from ---- */

static void add_files(struct completion *k)
{
    k->ask = "files";
}

static void add_folders(struct completion *k)
{
    k->ask = k->ask ? k->ask : "folders"; /* files are found with their folders */
}

static void add_programs(struct completion *k)
{
    k->ask = "programs";
}

static void add_commands(struct completion *k)
{
    for (size_t i = 0; i < k->c->n_commands; i++) {
        add(k, str_of(k->c->commands[i]->name), str_of(k->c->commands[i]->summary));
    }
}

/* By their names alone: up would refuse one of the files. */
static void add_numbered(struct completion *k)
{
    struct str_list folders = {0};
    struct error ignored = {0};
    if (context_folders(k->c, &folders, &ignored)) {
        return;
    }
    for (size_t i = 0; i < folders.n; i++) {
        struct file_list files = {0};
        struct str version, name;
        if (file_list(arena_cstr(&k->c->arena, folders.at[i]), &k->c->arena, &files, &ignored)) {
            continue;
        }
        for (size_t at = files.n; at > 0; at--) {
            if (layout_numbered(files.at[at - 1].name, &version, &name)) {
                add(k, version, str_without_end(name, STR(".sql")));
            }
        }
    }
}

/* Newest first. */
static void add_versions(struct completion *k)
{
    struct migration_list list = {0};
    struct error ignored = {0};
    if (context_migrations(k->c, &list, &ignored)) {
        add_numbered(k);
        return;
    }
    for (size_t i = list.n; i > 0; i--) {
        add(k, list.at[i - 1].version, list.at[i - 1].name);
    }
}

static void add_rules(struct completion *k)
{
    struct error ignored = {0};
    const struct problem *p;
    if (context_rulebook(k->c, &ignored)) {
        return;
    }
    for (size_t i = 0; i < k->c->book.n_hazards; i++) {
        add(k, k->c->book.hazards[i]->id, k->c->book.hazards[i]->title);
    }
    for (size_t i = 0; (p = problem_at(i)) != NULL; i++) {
        add(k, p->id, p->title);
    }
    for (size_t i = 0; i < k->c->book.n_forms; i++) {
        add(k, k->c->book.forms[i]->id, k->c->book.forms[i]->title);
    }
}

static void add_layouts(struct completion *k)
{
    const struct layout *l;
    for (size_t i = 0; (l = layout_at(i)) != NULL; i++) {
        add(k, str_of(l->name), str_of(l->summary));
    }
}

static void add_tools(struct completion *k)
{
    const struct foreign_tool *tool;
    for (size_t i = 0; (tool = foreign_at(i)) != NULL; i++) {
        add(k, str_of(tool->name), STR(""));
    }
}

static void add_environments(struct completion *k)
{
    for (size_t i = 0; i < k->c->config.environments.n; i++) {
        add(k, str_of(k->c->config.environments.at[i]), STR("environment of migrate.yaml"));
    }
}

static void add_runs(struct completion *k)
{
    struct journal_run_list runs;
    struct error ignored = {0};
    const char *const path = journal_path(k->c);
    add(k, STR("last"), STR("the newest run"));
    if (!*path || journal_list(path, &k->c->arena, &runs, &ignored)) {
        return;
    }
    for (size_t i = 0; i < runs.n && i < RUNS_MAX; i++) {
        const struct journal_run *r = &runs.at[i];
        add(k, r->id, arena_printf(&k->c->arena, "%.*s %.*s", STR_ARG(r->command), STR_ARG(r->result)));
    }
}

static void add_revisions(struct completion *k)
{
    static const char *const argv[] = {"git", "-c", "core.fsmonitor=false", "for-each-ref", "--format=%(refname:short)",
                                       NULL};
    const struct process p = {.argv = argv, .max_output = 1 << 20, .timeout_ms = GIT_MS};
    struct process_result result = {0};
    struct error ignored = {0};
    if (!process_run(&p, &result, &ignored) && result.exit_code == 0) {
        struct str rest = strbuf_str(&result.out), line;
        while (str_next(&rest, '\n', &line)) {
            add(k, line, STR(""));
        }
    }
    process_result_free(&result);
}

static void add_urls(struct completion *k)
{
    add(k, STR("ephemeral:"), STR("a throw-away server"));
}

/* Where the values of a name come from. */
static const struct {
    const char *value;
    void (*add)(struct completion *k);
} sources[] = {
    {"FILE", add_files},     {"ARGUMENT", add_files},   {"DIR", add_folders},      {"FOLDER", add_folders},
    {"SERVER", add_folders}, {"PROGRAM", add_programs}, {"COMMAND", add_commands}, {"VERSION", add_versions},
    {"RULE", add_rules},     {"LAYOUT", add_layouts},   {"TOOL", add_tools},       {"ENVIRONMENT", add_environments},
    {"RUN", add_runs},       {"REV", add_revisions},    {"URL", add_urls},
};

/* Options whose value has a name that says less. */
static const struct {
    const char *option, *value;
} named[] = {{"layout", "LAYOUT"}, {"env", "ENVIRONMENT"}, {"only", "RULE"}, {"password-command", "PROGRAM"}};

static void add_values(struct completion *k, struct str name)
{
    for (size_t i = 0; i < countof(sources); i++) {
        if (str_eq(name, str_of(sources[i].value))) {
            sources[i].add(k);
        }
    }
}

static void add_option_values(struct completion *k, const struct option *o)
{
    struct str rest = str_of(o->argument), word;
    struct str name = rest;
    if (o->kind == OPTION_CHOICE) {
        while (str_next(&rest, '|', &word)) {
            add(k, word, STR(""));
        }
        return;
    }
    for (size_t i = 0; i < countof(named); i++) {
        name = strcmp(o->name, named[i].option) == 0 ? str_of(named[i].value) : name;
    }
    add_values(k, name);
}

/* ---- the line ---- */

static bool was_given(const struct completion *k, const struct option *o)
{
    for (size_t i = 0; i < k->given.n && o->kind != OPTION_LIST; i++) {
        if (strcmp(k->given.at[i], o->name) == 0) {
            return true;
        }
    }
    return false;
}

/* --no-name is offered when it is begun: it is not what is mostly wanted. */
static void add_options(struct completion *k, const struct command *of)
{
    const struct option *o;
    for (size_t i = 0; (o = command_option(of, i)) != NULL; i++) {
        if (was_given(k, o)) {
            continue;
        }
        const struct str no = arena_printf(&k->c->arena, "--no-%s", o->name);
        add(k, arena_printf(&k->c->arena, "--%s", o->name), str_of(o->help));
        if (str_starts(k->word, STR("--no")) && (o->kind == OPTION_FLAG || strstr(o->help, no.p))) {
            add(k, no, str_of(o->help));
        }
    }
}

static void add_operands(struct completion *k)
{
    struct usage_words words = {0};
    usage_operand(k->command->usage, k->operands.at, k->operands.n, &k->c->arena, &words);
    for (size_t i = 0; i < words.n; i++) {
        if (usage_is_value(words.at[i])) {
            add_values(k, words.at[i]);
        } else {
            add(k, words.at[i], STR(""));
        }
    }
}

static void set(struct completion *k, const struct option *o, struct str value)
{
    struct error ignored = {0};
    if (option_store(&k->c->arena, &k->c->set, o, "", arena_cstr(&k->c->arena, value), &ignored)) {
        return; /* it will be refused when the line is run */
    }
}

/* One word before the one that is typed. */
static void read_word(struct completion *k, const char *word)
{
    if (k->wanted_by) {
        set(k, k->wanted_by, str_of(word));
        k->wanted_by = NULL;
    } else if (!k->ended && strcmp(word, "--") == 0) {
        k->ended = true;
    } else if (!k->ended && word[0] == '-' && word[1]) {
        const struct option_word w = option_of_word(k->c->commands, k->c->n_commands, k->command, word);
        if (w.row) {
            *vec_push(&k->c->arena, &k->given) = w.row->name;
            k->wanted_by = w.wants_value ? w.row : NULL;
        }
        if (w.has_value || (w.no && w.row->kind == OPTION_TEXT)) {
            set(k, w.row, w.value);
        }
    } else if (!k->command) {
        k->command = command_find(k->c->commands, k->c->n_commands, str_of(word));
        k->lost = !k->command;
    } else {
        *vec_push(&k->c->arena, &k->operands) = word;
    }
}

/* Settings as the command would have them: which folder of migrations, whose rules. */
static void read_settings(struct completion *k)
{
    struct context *const c = k->c;
    struct error ignored = {0};
    const struct command_line line = {.command = k->command, .args = k->operands, .given = k->given};
    if (options_environment(&line, &c->arena, &c->set, &ignored) ||
        config_load(&c->config, &line, &c->arena, &c->set, &ignored)) {
        return; /* what could be read is set */
    }
}

void complete(struct context *c, const struct text_list *words, struct strbuf *out)
{
    struct completion k = {.c = c, .head = "", .out = out};
    const char *last = words->n > 0 ? words->at[words->n - 1] : "";
    for (size_t i = 0; i + 1 < words->n; i++) {
        read_word(&k, words->at[i]);
    }
    if (k.lost) {
        return;
    }
    if (k.command) {
        read_settings(&k);
    }
    k.word = str_of(last);
    const size_t equals = str_find_char(k.word, '=');
    if (k.wanted_by) {
        add_option_values(&k, k.wanted_by);
    } else if (!k.ended && last[0] == '-' && last[1] == '-' && equals != SIZE_MAX) {
        const struct option_word w = option_of_word(c->commands, c->n_commands, k.command, last);
        k.head = arena_cstr(&c->arena, str_slice(k.word, 0, equals + 1));
        k.word = w.value;
        if (w.row) {
            add_option_values(&k, w.row);
        }
    } else if (!k.ended && last[0] == '-' && k.word.n > 0) {
        add_options(&k, k.command ? k.command : &cmd_version);
    } else if (k.command) {
        add_operands(&k);
    } else {
        add_commands(&k);
    }
    if (k.ask) {
        strbuf_addf(out, ":%s\n", k.ask);
    }
}
