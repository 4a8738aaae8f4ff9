#include "cmd/command_man.h"

#include "cmd/config.h"
#include "cmd/exit.h"
#include "cmd/man_text.h"
#include "cmd/rows.h"

static void add_title(struct strbuf *out, const char *name)
{
    strbuf_addf(out, ".\\\" Made by `migrate help %s --format man`.\n.Dd November 20, 2026\n.Dt MIGRATE-", name);
    for (const char *c = name; *c; c++) {
        strbuf_add_char(out, *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c);
    }
    strbuf_addf(out, " 1\n.Os\n.Sh NAME\n.Nm migrate-%s\n", name);
}

static void add_synopsis(struct strbuf *out, const struct command *c)
{
    struct strbuf head;
    strbuf_init(&head, 1000);
    strbuf_addf(&head, ".Nm migrate Cm %s Oo Ar option ... Oc", c->name);
    strbuf_add_cstr(out, ".Sh SYNOPSIS\n");
    man_usage(out, strbuf_cstr(&head), c->usage);
    strbuf_free(&head);
}

/* "Key timeouts.lock of migrate.yaml says it for the project." */
static void add_key(struct strbuf *out, const struct option *o)
{
    const struct config_key *k;
    for (size_t i = 0; (k = config_key_at(i)) != NULL; i++) {
        if (k->row.name && strcmp(k->row.name, o->name) == 0) {
            strbuf_addf(out, "In\n.Xr migrate.yaml 5 :\n.Ic %s .\n", k->name);
        }
    }
}

static void add_option(struct strbuf *out, const struct option *o, bool keys)
{
    struct str rest = str_of(o->argument), word;
    struct strbuf text;
    strbuf_init(&text, 8192);
    strbuf_add_cstr(out, ".It ");
    if (o->letter) {
        strbuf_addf(out, "Fl %c , ", o->letter);
    }
    strbuf_addf(out, "Fl -%s", o->name);
    if (o->kind == OPTION_CHOICE) {
        for (size_t i = 0; str_next(&rest, '|', &word); i++) {
            strbuf_addf(out, "%s %.*s", i ? " |" : " Cm", STR_ARG(word));
        }
    } else if (o->argument) {
        strbuf_addf(out, " Ar %s", o->argument);
    }
    strbuf_add_char(out, '\n');
    /* A sentence of it, where it begins with an English word and not with a name of the server's. */
    const size_t plain = strspn(o->help, "abcdefghijklmnopqrstuvwxyz");
    strbuf_add_cstr(&text, o->help);
    if (plain > 0 && strchr(" ,:;.", o->help[plain])) {
        text.p[0] = (char)(text.p[0] - 'a' + 'A');
    }
    strbuf_add_cstr(&text, text.n && text.p[text.n - 1] != '.' ? "." : "");
    man_prose(out, strbuf_cstr(&text));
    if (keys) {
        add_key(out, o);
    }
    strbuf_free(&text);
}

static void add_options(struct strbuf *out, const struct command *c)
{
    const struct option_rows *g;
    const bool keys = c->groups & ~(unsigned)GROUP_COMMON;
    strbuf_add_cstr(out, ".Sh OPTIONS\n");
    if (c->n_options > 0) {
        strbuf_add_cstr(out, ".Bl -tag -width Ds\n");
        for (size_t i = 0; i < c->n_options; i++) {
            add_option(out, &c->options[i], keys);
        }
        strbuf_add_cstr(out, ".El\n");
    }
    for (size_t k = 0; (g = option_group_rows(k)) != NULL; k++) {
        if (c->groups & g->group) {
            strbuf_addf(out, ".Ss %s\n.Bl -tag -width Ds\n", g->title);
            for (size_t i = 0; i < g->n; i++) {
                add_option(out, &g->rows[i], keys);
            }
            strbuf_add_cstr(out, ".El\n");
        }
    }
}

static void add_environment(struct strbuf *out, const struct command *c)
{
    strbuf_add_cstr(out, ".Sh ENVIRONMENT\nEach option but\n.Fl -help\nand\n.Fl -version\nis a variable as well:\n"
                         ".Fl -quiet\nis\n.Ev MIGRATE_QUIET .\nThe command line wins.\n");
    if (c->groups & GROUP_DATABASE) {
        strbuf_add_cstr(out, ".Pp\nWithout\n.Fl -url\nthe database is that of\n.Ev DATABASE_URL ,\nelse that of "
                             "libpq's own variables\n.Pq Ev PGHOST , PGDATABASE No and so on .\n");
    }
}

static void add_files(struct strbuf *out, const struct command *c)
{
    const bool more = c->groups & ~(unsigned)GROUP_COMMON;
    strbuf_add_cstr(out, ".Sh FILES\n.Bl -tag -width Ds\n");
    if (c->groups & GROUP_FILES) {
        strbuf_add_cstr(out, ".It Pa ./migrations , ./db/migrations\nWhere migrations are, unless\n.Fl -dir\nsays "
                             "another folder.\n");
    }
    if (more) {
        strbuf_add_cstr(out, ".It Pa migrate.yaml\nSettings of the project, see\n.Xr migrate.yaml 5 .\n");
    }
    if (c->groups & GROUP_JOURNAL) {
        strbuf_add_cstr(out, ".It Pa $XDG_STATE_HOME/migrate/journal.sqlite , ~/.local/state/migrate/journal.sqlite\n"
                             "What happened in earlier runs on this machine.\n");
    }
    strbuf_add_cstr(out, ".It Pa .env\nVariables; they never override the environment.\n.El\n");
}

static void add_exits(struct strbuf *out, const struct command *c)
{
    strbuf_add_cstr(out, ".Sh EXIT STATUS\n.Bl -tag -width Ds -compact\n");
    for (const char *e = c->exits; *e; e++) {
        strbuf_addf(out, ".It %c\n", *e);
        man_prose(out, exit_code_meaning(*e - '0'));
    }
    strbuf_add_cstr(out, ".El\n.Pp\nAlso 70 (a bug in\n.Nm migrate ) ,\n71 (memory, disk, a file) and 128+n (signal "
                         "n).\n");
}

static void add_see(struct strbuf *out, const struct command *c, const struct manual_prose *prose)
{
    struct str rest = str_of(prose ? prose->see : NULL), page;
    bool config = !(c->groups & ~(unsigned)GROUP_COMMON);
    strbuf_add_cstr(out, ".Sh SEE ALSO\n.Xr migrate 1");
    while (str_next(&rest, ',', &page)) {
        page = str_trim(page);
        if (!config && (str_ends(page, STR(" 7")) || str_eq(page, STR("migrate.yaml 5")))) {
            strbuf_add_cstr(out, " ,\n.Xr migrate.yaml 5");
            config = true;
        }
        strbuf_addf(out, " ,\n.Xr %.*s", STR_ARG(page));
    }
    strbuf_add_cstr(out, config ? "\n" : " ,\n.Xr migrate.yaml 5\n");
}

void command_man(const struct command *c, struct strbuf *out)
{
    const struct manual_prose *const prose = manual_prose(c->name);
    struct str rest = str_of(c->aliases), alias;
    add_title(out, c->name);
    strbuf_addf(out, ".Nd %s\n", c->summary);
    add_synopsis(out, c);
    strbuf_add_cstr(out, ".Sh DESCRIPTION\n");
    man_paragraphs(out, c->about);
    if (prose && prose->text) {
        strbuf_add_cstr(out, ".Pp\n");
        man_paragraphs(out, prose->text);
    }
    for (size_t i = 0; str_next(&rest, ' ', &alias); i++) {
        strbuf_addf(out, "%s%.*s", i ? " , " : ".Pp\nAlso called\n.Cm ", STR_ARG(alias));
    }
    strbuf_add_cstr(out, c->aliases ? " .\n" : "");
    add_options(out, c);
    add_environment(out, c);
    add_files(out, c);
    add_exits(out, c);
    strbuf_add_cstr(out, ".Sh EXAMPLES\n");
    man_literal(out, c->examples);
    add_see(out, c, prose);
}
