/* Help, printed from the commands' rows. */
#include "cmd/command_man.h"
#include "cmd/commands.h"
#include "cmd/context.h"
#include "cmd/rows.h"

enum { HELP_MAX = 1 << 20, HELP_WIDTH = 78, LONG_CHOICE = 70, OPTION_COLUMN = 28 };

void help_wrapped(struct strbuf *out, const char *text, unsigned indent, unsigned at)
{
    struct str rest = str_of(text), word;
    bool first = true;
    while (str_next(&rest, ' ', &word)) {
        if (!first && at + 1 + word.n > HELP_WIDTH) {
            strbuf_add_char(out, '\n');
            strbuf_add_repeat(out, ' ', indent);
            at = indent;
        } else if (!first) {
            strbuf_add_char(out, ' ');
            at++;
        }
        strbuf_add(out, word);
        at += (unsigned)word.n;
        first = false;
    }
    strbuf_add_char(out, '\n');
}

static void add_indented(struct strbuf *out, const char *text)
{
    struct str rest = str_of(text), line;
    while (str_next(&rest, '\n', &line)) {
        if (line.n > 0) {
            strbuf_addf(out, "    %.*s", STR_ARG(line));
        }
        strbuf_add_char(out, '\n');
    }
}

/* "a, b, c" of "a|b|c". */
static void add_words(struct strbuf *out, const char *choice)
{
    for (const char *c = choice; *c; c++) {
        strbuf_add(out, *c == '|' ? STR(", ") : (struct str){c, 1});
    }
}

static void add_option(struct strbuf *out, const struct option *o)
{
    const size_t start = out->n;
    /* More words than a line holds stand in the text. */
    const bool many = o->kind == OPTION_CHOICE && strlen(o->argument) > LONG_CHOICE;
    struct strbuf text;
    strbuf_init(&text, 4096);
    strbuf_add_cstr(&text, o->help);
    if (many) {
        strbuf_add_cstr(&text, "; NAME is one of ");
        add_words(&text, o->argument);
    }
    if (o->letter) {
        strbuf_addf(out, "    -%c, --%s", o->letter, o->name);
    } else {
        strbuf_addf(out, "        --%s", o->name);
    }
    if (o->argument) {
        strbuf_addf(out, " %s", many ? "NAME" : o->argument);
    }
    size_t width = out->n - start;
    if (width + 2 > OPTION_COLUMN) {
        strbuf_add_char(out, '\n');
        width = 0;
    }
    strbuf_add_repeat(out, ' ', OPTION_COLUMN - width);
    help_wrapped(out, strbuf_cstr(&text), OPTION_COLUMN, OPTION_COLUMN);
    strbuf_free(&text);
}

void help_overview(const struct command *const *commands, size_t n, struct strbuf *out)
{
    strbuf_add_cstr(out, "migrate - PostgreSQL schema migrations that do not stop the application\n\n"
                         "Usage: migrate COMMAND [OPTION…] [ARGUMENT…]\n\n");
    for (size_t i = 0; i < n; i++) {
        strbuf_addf(out, "    %-10s ", commands[i]->name);
        help_wrapped(out, commands[i]->summary, 15, 15);
    }
    strbuf_add_cstr(out, "\nmigrate help COMMAND says more of one, with its options and examples.\n"
                         "The database is --url, else DATABASE_URL, else libpq's PG* variables; .env is read.\n"
                         "Migrations are in --dir, else ./migrations, else ./db/migrations.\n"
                         "Options are environment variables, too: --lock-budget is MIGRATE_LOCK_BUDGET.\n"
                         "migrate.yaml holds what a project says once: migrate help config explains it.\n");
}

void help_command(const struct command *c, struct strbuf *out)
{
    const struct option_rows *g;
    const size_t start = out->n;
    strbuf_addf(out, "migrate %s - ", c->name);
    help_wrapped(out, c->summary, 4, (unsigned)(out->n - start));
    strbuf_add_char(out, '\n');
    strbuf_addf(out, "Usage: migrate %s %s%s[OPTION…]\n", c->name, c->usage, c->usage[0] ? " " : "");
    if (c->aliases) {
        strbuf_addf(out, "Also called: %s\n", c->aliases);
    }
    strbuf_add_char(out, '\n');
    add_indented(out, c->about);
    if (c->n_options > 0) {
        strbuf_add_cstr(out, "\nOptions\n");
    }
    for (size_t i = 0; i < c->n_options; i++) {
        add_option(out, &c->options[i]);
    }
    for (size_t k = 0; (g = option_group_rows(k)) != NULL; k++) {
        if (c->groups & g->group) {
            strbuf_addf(out, "\n%s\n", g->title);
            for (size_t i = 0; i < g->n; i++) {
                add_option(out, &g->rows[i]);
            }
        }
    }
    strbuf_add_cstr(out, "\nExamples\n");
    add_indented(out, c->examples);
    strbuf_add_cstr(out, "\nExit codes\n");
    for (const char *e = c->exits; *e; e++) {
        strbuf_addf(out, "    %c  ", *e);
        help_wrapped(out, exit_code_meaning(*e - '0'), 7, 7);
    }
}

static enum status run(struct context *c, struct error *err)
{
    struct strbuf out;
    enum status status = ST_OK;
    strbuf_init(&out, HELP_MAX);
    if (c->args.n == 0) {
        help_overview(c->commands, c->n_commands, &out);
    } else if (strcmp(c->args.at[0], "config") == 0) {
        config_document((enum config_format)c->set.config_format, &out);
    } else {
        const struct command *about = command_find(c->commands, c->n_commands, str_of(c->args.at[0]));
        if (about && c->set.config_format == CONFIG_SCHEMA) {
            status = error_set(err, ST_USAGE, "--format schema is of migrate help config");
        } else if (about && c->set.config_format == CONFIG_MAN) {
            command_man(about, &out);
        } else if (about) {
            help_command(about, &out);
        } else {
            status = error_set(err, ST_USAGE, "\"%s\" is not a command", c->args.at[0]);
            error_hint(err, "migrate help lists the commands");
        }
    }
    context_print(strbuf_str(&out));
    strbuf_free(&out);
    return status;
}

static const struct option options[] = {
    {"format", 0, OPTION_CHOICE, CONFIG_FORMAT_WORDS, offsetof(struct settings, config_format),
     "text for people, man for the page of the manual; of help config also schema, a JSON schema for editors", 0, 0},
};

const struct command cmd_help = {
    .name = "help",
    .summary = "show help, of one command with its options and examples, or of migrate.yaml",
    .usage = "[COMMAND|config]",
    .about = "Without a command: the list of commands. With config: the keys of migrate.yaml.",
    .examples = "migrate help\nmigrate help up\nmigrate up --help\nmigrate help config",
    .options = options,
    .n_options = countof(options),
    .exits = "02",
    .max_args = 1,
    .groups = GROUP_COMMON,
    .run = run,
};
