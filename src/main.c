/*
 * migrate - PostgreSQL schema migrations that do not stop the application.
 *
 * The map of the house. A room imports only rooms above it in this list; tools/layers checks that.
 *
 *     src/base/       text, memory by arena, errors, files, clock, signals, terminal
 *     src/sql/        lex: the server's tokens · split: statements of a file · shape: their canonical text
 *     src/migration/  files with a version, an up and a down part, directives in comments, checksums · layout, detect:
 *                     other tools' folders · fill: placeholders
 *     src/catalog/    model: what is known of a schema · replay: apply a DDL statement to it · file: model <-> SQLite
 *     src/rules/      rulebook: forms and hazards from rules/ · synopsis: their patterns · predicates and selectors ·
 *                     effects: what a statement does · judge: the walk · body: SQL inside DO · runner: other tools'
 *                     transactions · estimate: how long · fix: the safe form, written
 *     src/db/         session: one asynchronous connection · loop: one event loop · live: a server's catalog · ephemeral ·
 *                     pgdump: a schema as stable SQL
 *     src/plan/       plan: steps and transactions · batch: DML as key ranges · shadow: a column's new type ·
 *                     rollback: what undoes it, and what nothing brings back
 *     src/exec/       runner: run steps so that they can be killed and resumed · history · events · backfill: batches,
 *                     throttle, join · shadow: a second column, filled and swapped in ·
 *                     preflight: what is in the way · way: the same before each try for a lock ·
 *                     watch: whom we keep waiting · pulse: is the server there ·
 *                     journal: events in a local file, for people · foreign, mirror: other tools' histories ·
 *                     column_change: migrations written from the catalog
 *     src/aws/        client: signed calls, tried again · credentials: the chain · rds, target: what RDS knows · snapshot ·
 *                     capacity · secret; needs base only, and only cmd/ uses it
 *     src/report/     findings in eight formats, plans, status, progress, the rulebook's manual · run_view:
 *                     the journal of a run as text, JSON and a page
 *     src/cmd/        options: one parser · config: migrate.yaml · context: what commands open · one file per command ·
 *                     lint_files: which files, in which order · lsp: a language server ·
 *                     hook: programs around a run · children: a process for each target, for fleet and tenants ·
 *                     rehearse: on a throw-away server, clone_run: on a clone · metrics_run: what AWS measures meanwhile ·
 *                     completion, complete: what shells complete · command_man, manual_prose: a page for each ·
 *                     exit: the exit codes
 *     rules/          the facts and the advice, as data
 *     completions/    for bash, zsh and fish; short, they ask the program
 *     tests/          unit (C), cases (data), cli and pg (bats), truth (measured servers)
 *
 * The walk through it: files -> migrations -> statements -> forms and effects -> findings (lint)
 *                                                              -> steps -> events -> history (up)
 * Lint, explain, plan and up share all of it up to the arrow they need, so they cannot disagree.
 *
 * This file lists the commands, parses the command line, runs one command, and turns its status into the exit code.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "cmd/commands.h"
#include "cmd/context.h"
#include "cmd/tenants.h"

extern char **environ;

static const struct command *const commands[] = {
    &cmd_new,      &cmd_lint,     &cmd_lsp,       &cmd_explain,    &cmd_plan,    &cmd_rehearse,
    &cmd_up,       &cmd_down,     &cmd_redo,      &cmd_goto,       &cmd_status,  &cmd_runs,
    &cmd_report,   &cmd_validate, &cmd_backfill,  &cmd_baseline,   &cmd_mark,    &cmd_adopt,
    &cmd_dump,     &cmd_load,     &cmd_seed,      &cmd_catalog,    &cmd_rules,   &cmd_wait,
    &cmd_snapshot, &cmd_aws,      &cmd_ephemeral, &cmd_completion, &cmd_version, &cmd_help,
};

/* Descriptors 0 to 2 are open, so that no file we open becomes standard output. One that was closed fails when it is used. */
static void guard_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd) {
            _exit(71);
        }
    }
}

/*
 * Passwords and keys are in our memory: no dump of it is written. Only the soft limit, which children inherit too, so that a person can
 * raise it again with prlimit(1).
 */
static void forbid_core(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) == 0) {
        limit.rlim_cur = 0;
        (void)setrlimit(RLIMIT_CORE, &limit);
    }
}

/* The variables now: pointers into them, which stay when others are added. */
static const char *const *environment_now(struct arena *a)
{
    size_t n = 0;
    while (environ[n]) {
        n++;
    }
    const char **copy = arena_array(a, const char *, n + 1);
    for (size_t i = 0; i < n; i++) {
        copy[i] = environ[i];
    }
    return copy;
}

/* The password in a URL (scheme://user:password@) or keyword string (password=…); n == 0: none. */
static struct str password_in(char *arg, char **at)
{
    char *const scheme = strstr(arg, "://");
    char *const host = scheme ? strchr(scheme, '@') : NULL;
    char *const colon = host ? memchr(scheme + 3, ':', (size_t)(host - scheme - 3)) : NULL;
    char *const keyword = strstr(arg, "password=");
    if (colon) {
        *at = colon + 1;
        return (struct str){colon + 1, (size_t)(host - colon - 1)};
    }
    if (!keyword) {
        return STR_NONE;
    }
    *at = keyword + strlen("password=");
    return (struct str){*at, strcspn(*at, " &")};
}

/*
 * Passwords on the command line are seen by everyone on the machine: keep a copy of such arguments and blank the password
 * where `ps` finds it.
 */
static char **hide_passwords(struct arena *a, int argc, char **argv)
{
    char **copy = arena_array(a, char *, (size_t)argc + 1);
    for (int i = 0; i < argc; i++) {
        char *at = NULL;
        const struct str password = password_in(argv[i], &at);
        copy[i] = argv[i];
        if (password.n > 0) {
            copy[i] = arena_cstr(a, str_of(argv[i]));
            memset(at, 'x', password.n);
        }
    }
    return copy;
}

static enum status start(struct context *c, const struct command_line *line, struct error *err)
{
    enum status status = ST_OK;
    if (c->set.version) {
        c->command = &cmd_version;
    } else if (!c->command || c->set.help) {
        struct strbuf out;
        strbuf_init(&out, 1 << 16);
        if (c->command) {
            help_command(c->command, &out);
        } else {
            help_overview(commands, countof(commands), &out);
        }
        context_print(strbuf_str(&out));
        strbuf_free(&out);
        if (!c->command && !c->set.help) {
            return error_set(err, ST_USAGE, "which command?");
        }
        return ST_OK;
    }
    if (c->set.env_file && c->set.env_file[0]) {
        bool named = false;
        for (size_t i = 0; i < line->given.n; i++) {
            named = named || strcmp(line->given.at[i], "env-file") == 0;
        }
        status = env_file_load(c->set.env_file, named, &c->arena, err);
    }
    if (!status) {
        status = options_environment(line, &c->arena, &c->set, err);
    }
    if (!status && !c->command->own_config && (c->command->groups & ~(unsigned)GROUP_COMMON)) {
        status = config_load(&c->config, line, &c->arena, &c->set, err);
    }
    return status ? status : tenants_run(c, err);
}

int main(int argc, char **argv)
{
    struct context c = {.commands = commands, .n_commands = countof(commands)};
    struct command_line line;
    struct error err = {0}, flush_err = {0};
    guard_descriptors();
    forbid_core();
    arena_init(&c.arena, RUN_ARENA_MAX);
    c.environment = environment_now(&c.arena);
    argv = hide_passwords(&c.arena, argc, argv);
    enum status status = options_parse(commands, countof(commands), argc, argv, &c.arena, &c.set, &line, &err);
    if (!status) {
        c.command = line.command;
        c.args = line.args;
        c.line = &line;
        status = start(&c, &line, &err);
    }
    if (context_flush(&flush_err)) {
        /* The reader of a pipe went away: end as it would have ended us. signals_install() may have SIGPIPE ignored. */
        if (errno == EPIPE) {
            signal(SIGPIPE, SIG_DFL);
            raise(SIGPIPE);
        }
        if (!status || status == ST_CHECK) {
            status = ST_SYSTEM;
            err = flush_err;
        }
    }
    /* A lower room may have met and settled an error on its way: only the one that ended the command is told. */
    if (status && err.status == status && err.primary[0]) {
        context_complain(&err);
    }
    context_close(&c);
    return status ? exit_code(status, err.signal) : c.own_exit_code;
}
