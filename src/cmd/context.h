/*
 * context.h - what a command works with: its settings and operands, and what it opens on demand (rulebook, migrations,
 * database).
 *
 * A command's run function gets a context, does its work through the lower rooms, prints results on standard output and
 * returns a status. What it opened is closed by context_close(), whatever happened.
 */
#ifndef MIGRATE_CMD_CONTEXT_H
#define MIGRATE_CMD_CONTEXT_H

#include "cmd/config.h"
#include "cmd/exit.h"
#include "cmd/options.h"
#include "db/ephemeral.h"
#include "db/loop.h"
#include "db/session.h"
#include "exec/event.h"
#include "exec/history.h"
#include "plan/plan.h"

enum { RUN_ARENA_MAX = 1 << 30 };

struct login;
struct aws;

struct context {
    const struct command *const *commands;
    size_t n_commands;
    const struct command *command;
    struct settings set;
    struct config config; /* migrate.yaml, as far as it is not in set */
    const struct command_line *line;
    struct text_list args;
    const char *const *environment;       /* as it was before .env: for programs that nobody told of */
    struct arena arena;                   /* lives as long as the command */
    struct placeholder_list placeholders; /* of context_placeholders() */
    struct rulebook book;
    bool has_book;
    struct loop *loop;
    struct ephemeral *ephemeral;
    const char *tenant;           /* its schema; NULL: none */
    const char *tenant_histories; /* "migrate_{}": the history schema of the tenant {} */
    const char *database;         /* instead of the URL's; NULL: that */
    /* Shared by the processes of tenants: a snapshot in RDS was taken, by --snapshot-command one of this database; NULL: there are none. */
    bool *tenants_snapshot, *tenants_dump;
    struct target target;
    struct session *session;
    struct event_sink also;            /* hears the events of runs, too; emit may be NULL */
    struct login *login;               /* how to log in; see login.h */
    const char *dial_host, *dial_port; /* connect there instead of the URL's host; NULL: as the URL says */
    struct aws *aws;                   /* NULL until AWS is asked; see aws_open.h */
    int own_exit_code;                 /* ephemeral: how the command that it ran ended */
};

/* The built-in rulebook and the folders of --rules; then the rules that migrate.yaml names are looked up. */
NODISCARD enum status context_rulebook(struct context *c, struct error *err);
/* What --server-version, --all-rules and migrate.yaml say; server_major is used when no version was said (0: the default). */
struct judge_options context_judge_options(const struct context *c, int server_major);
/*
 * The folders of migrations: --dir, else the first that is there of ./migrations, ./db/migrations, ./supabase/migrations,
 * ./prisma/migrations and the working directory with a sqitch.plan. At least one, or ST_USAGE.
 */
NODISCARD enum status context_folders(struct context *c, struct str_list *folders, struct error *err);
/* What --layout says; *layout is NULL when it was not given. */
NODISCARD enum status context_layout(const struct context *c, const struct layout **layout, struct error *err);
/* The version of --start-after, or empty. ST_USAGE when it is none. */
NODISCARD enum status context_start_after(const struct context *c, struct str *version, struct error *err);
/* What --set and migrate.yaml give for ${NAME}, into c->placeholders; context_migrations() does it. */
NODISCARD enum status context_placeholders(struct context *c, struct error *err);
/* All migrations in them, strictly read and with checksums. */
NODISCARD enum status context_migrations(struct context *c, struct migration_list *list, struct error *err);

/* The database's URL as it was written, NULL when nothing names one; *from is who named it, for people. */
NODISCARD enum status context_url(struct context *c, const char **url, const char **from, struct error *err);
/* Where the database is, without any of the means to log in: c->target.url and the event loop. */
NODISCARD enum status context_locate(struct context *c, struct error *err);
/* Where the database is; starts the throw-away server for "ephemeral:". Fills c->target. */
NODISCARD enum status context_target(struct context *c, struct error *err);
/* The target, the event loop and one session (waits for the server first when asked to); a usable one that is there already is kept. */
NODISCARD enum status context_connect(struct context *c, struct error *err);
/* Try to connect until it works or timeout_ms have passed. */
NODISCARD enum status context_wait(struct context *c, int64_t timeout_ms, struct error *err);

/* Tell an error on standard error. */
void context_complain(const struct error *err);
/* Write text to standard output; failures are seen by context_flush(). */
void context_print(struct str text);
/* Write text to standard error. */
void context_say(struct str text);
/* Standard output has everything, or ST_SYSTEM. */
NODISCARD enum status context_flush(struct error *err);
/* Ask a yes/no question on the terminal. Without a terminal, or when the answer is not yes: ST_USAGE. --yes answers. */
NODISCARD enum status context_ask(const struct context *c, const char *question, struct error *err);
/*
 * The same of what is to be done to the database ("undo 3 migrations": its name is put behind): where its name or host has
 * "prod" in it, in capitals or not, or `always`. Never of a throw-away server. c->target is to be there.
 */
NODISCARD enum status context_ask_about(const struct context *c, bool always, const char *what, struct error *err);
bool context_colour(const struct context *c, int fd);

void context_close(struct context *c);

/*
 * Read NAME=value lines of a .env file into the environment, without overriding it. A missing file is fine unless
 * `must`.
 */
NODISCARD enum status env_file_load(const char *path, bool must, struct arena *a, struct error *err);

#endif
