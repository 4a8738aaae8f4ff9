/* ephemeral: run a command against a throw-away PostgreSQL. */
#include "cmd/commands.h"
#include "cmd/context.h"

#include "base/process.h"
#include "base/signals.h"

#include <sys/wait.h>

/*
 * The command's own exit code, or 128 + the signal that ended it. A signal to us went to it as well: it decides how to
 * end.
 */
static enum status wait_for(pid_t child, int *code, struct error *err)
{
    int ended;
    while (waitpid(child, &ended, 0) < 0) {
        if (errno != EINTR) {
            return error_errno(err, "wait for", "the command");
        }
    }
    *code = WIFEXITED(ended) ? WEXITSTATUS(ended) : 128 + WTERMSIG(ended);
    return ST_OK;
}

static enum status run(struct context *c, struct error *err)
{
    const char *url;
    const char *const asked = c->set.url && strncmp(c->set.url, "ephemeral:", 10) == 0 ? c->set.url + 10 : "";
    enum status status;
    signals_install();
    status = ephemeral_start(str_of(asked), &c->ephemeral, &url, err);
    if (status) {
        return status;
    }
    char **argv = arena_array(&c->arena, char *, c->args.n + 1);
    for (size_t i = 0; i < c->args.n; i++) {
        argv[i] = arena_cstr(&c->arena, str_of(c->args.at[i]));
    }
    fflush(NULL);
    const pid_t child = fork();
    if (child < 0) {
        return error_errno(err, "start", argv[0]);
    }
    if (child == 0) {
        process_clean_child((const int[]){-1});
        setenv("DATABASE_URL", url, 1);
        execvp(argv[0], argv);
        fprintf(stderr, "migrate: cannot run %s: %s\n", argv[0], strerror(errno));
        _exit(errno == ENOENT ? 127 : 126);
    }
    return wait_for(child, &c->own_exit_code, err);
}

const struct command cmd_ephemeral = {
    .name = "ephemeral",
    .summary = "run a command against a throw-away PostgreSQL",
    .usage = "[--] PROGRAM [ARGUMENT…]",
    .about = "Starts a PostgreSQL of its own on a unix socket in a private directory, runs PROGRAM\n"
             "with DATABASE_URL set to it, and removes it when PROGRAM ends. Ends with PROGRAM's\n"
             "exit code.\n"
             "--url ephemeral:15 asks for a major version.",
    .examples = "migrate ephemeral -- sh -c 'migrate up && migrate status'\nmigrate ephemeral -- npm test",
    .exits = "02",
    .min_args = 1,
    .max_args = 1000,
    .groups = GROUP_DATABASE | GROUP_COMMON,
    .run = run,
};
