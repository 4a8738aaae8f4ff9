/*
 * Further workers. Each is a process with a connection of its own that takes parts as the run does; PostgreSQL is all that they share. One that dies
 * leaves its part to the others.
 */
#include "exec/backfill.h"

#include "base/clock.h"

#include <signal.h>
#include <sys/wait.h>

enum { END_MS = 20000, END_POLL_MS = 20 };

static void quiet(void *arg UNUSED, const struct event *e UNUSED)
{
}

/* In the child. The parent's connections are left as they are: closing one would say good-bye for the parent. */
static int help(const struct backfill *of, unsigned number)
{
    struct run_options options = *of->r->o, unwatched;
    struct run r = *of->r;
    struct item it = *of->it;
    struct backfill b = {.throttle = NULL};
    struct arena own, keep;
    struct error err;
    struct session *s = NULL;
    struct rows *rows = NULL;
    r.loop = loop_new();
    options.sink = (struct event_sink){.emit = quiet};
    r.o = &options;
    r.opened = NULL;
    r.lock_of = NULL;
    arena_init(&own, SIZE_MAX);
    arena_init(&keep, SIZE_MAX);
    arena_init(&r.scratch, SIZE_MAX);
    unwatched = options;
    unwatched.target = NULL;
    watch_init(&r.watch, r.loop, &unwatched, &r.sql, r.result->run_id);
    step_settings_unknown(&r);
    enum status status = session_open(r.loop, options.target, &s, &err);
    r.s = s;
    const struct param name = {r.application};
    status = status ? status
                    : session_query(
                          s, "SELECT pg_catalog.set_config('application_name', $1, false), pg_catalog.pg_backend_pid()",
                          &name, 1, ANSWER_MS, &rows, &err);
    if (!status) {
        r.lock.pid = (int)rows_i64(rows, 0, 1);
        rows_free(rows);
        backfill_init(&b, &r, &it, of->step, &own, &keep);
        b.table = of->table;
        b.helper = true;
        b.parent = getppid();
        b.owner = arena_printf(&own, "%s/%u", of->owner, number).p;
        status = item_replay_settings(&r, &it, &err);
    }
    status = status ? status
                    : throttle_start(r.loop, options.target, &options.throttle, r.lock.pid,
                                     r.sql.at[HSQL_BACKFILL_BATCHES], &b.throttle, &err);
    status = status ? status : backfill_work(&b, &err);
    throttle_stop(b.throttle);
    session_close(s);
    return status ? 1 : 0;
}

void backfill_help(struct backfill *b, size_t n, struct helpers *h)
{
    h->n = 0;
    fflush(NULL);
    for (size_t i = 0; b->r->o->target && i < n && i < countof(h->pid); i++) {
        const pid_t pid = fork();
        if (pid == 0) {
            /* Whatever ends it loses no row: a batch is done or not, and the run takes the part over. */
            signal(SIGINT, SIG_DFL);
            signal(SIGTERM, SIG_DFL);
            signal(SIGHUP, SIG_DFL);
            _exit(help(b, (unsigned)i + 2));
        }
        if (pid > 0) {
            h->pid[h->n++] = pid;
        }
    }
}

void backfill_help_end(struct helpers *h)
{
    const int64_t until = clock_monotonic_ms() + END_MS;
    for (size_t i = 0; i < h->n; i++) {
        int state;
        while (waitpid(h->pid[i], &state, WNOHANG) == 0) {
            if (clock_monotonic_ms() > until) {
                kill(h->pid[i], SIGTERM);
            }
            const struct timespec pause = {.tv_nsec = END_POLL_MS * 1000000L};
            nanosleep(&pause, NULL);
        }
    }
    h->n = 0;
}
