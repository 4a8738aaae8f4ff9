#include "cmd/fleet.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "base/signals.h"
#include "cmd/aws_open.h"
#include "report/json.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

enum { COMMAND_LINE_MAX = 1 << 20, POLL_MS = 20, SAID_MAX = 4000 };

enum state { WAITING, RUNNING, DONE, FAILED, NOT_STARTED };
static const char *const state_names[] = {"waiting", "running", "done", "failed", "not started"};

struct unit {
    const char *name;
    const char *environment; /* of migrate.yaml; NULL: */
    const char *host, *port; /* … a cluster's endpoint */
    enum state state;
    int exit_code;
    int64_t begun_ms, ms;
    pid_t pid;
    int said; /* a file without a name: what the child prints */
};
VEC_DECLARE(unit_list, struct unit);

struct fleet {
    struct context *c;
    struct unit_list units;
    VEC(const char *) argv; /* of a child, without the target */
    size_t running, failed;
    bool stopped; /* a signal came */
};

/* ---- the children's command line: ours, without what makes it a fleet ---- */

static bool takes_value(struct str word)
{
    return str_find_char(word, '=') == SIZE_MAX;
}

static enum status copy_command_line(struct fleet *f, struct error *err)
{
    static const char *const dropped[] = {"--fleet-tag", "--fleet-jobs", "--fleet-failures"};
    struct str all, word;
    enum status status = file_read("/proc/self/cmdline", COMMAND_LINE_MAX, &f->c->arena, &all, err);
    bool skip = false, first = true;
    *vec_push(&f->c->arena, &f->argv) = "/proc/self/exe";
    while (!status && str_next(&all, '\0', &word)) {
        bool drop = skip || first || str_eq(word, STR("--fleet")) || str_eq(word, STR("--json"));
        first = skip = false;
        for (size_t i = 0; i < countof(dropped) && !drop; i++) {
            const struct str name = str_of(dropped[i]);
            drop = str_starts(word, name) && (word.n == name.n || word.p[name.n] == '=');
            skip = drop && takes_value(word);
        }
        if (!drop && word.n > 0) {
            *vec_push(&f->c->arena, &f->argv) = arena_cstr(&f->c->arena, word);
        }
    }
    return status;
}

/* ---- targets ---- */

static enum status find_by_tag(struct fleet *f, const char *tag, struct error *err)
{
    struct aws *aws;
    struct rds_clusters clusters;
    struct arena *a = &f->c->arena;
    const struct str pair = str_of(tag);
    const size_t equals = str_find_char(pair, '=');
    const char *key = arena_cstr(a, str_slice(pair, 0, equals));
    enum status status = context_aws(f->c, &aws, err);
    status = status ? status : rds_find_clusters(aws, NULL, a, &clusters, err);
    for (size_t i = 0; !status && i < clusters.n; i++) {
        const struct str value = rds_tag_value(&clusters.at[i].tags, key);
        if (value.p && (equals == SIZE_MAX || str_eq(value, str_slice(pair, equals + 1, pair.n)))) {
            *vec_push(a, &f->units) = (struct unit){
                .name = clusters.at[i].id.p,
                .host = clusters.at[i].endpoint.p,
                .port = arena_printf(a, "%" PRId64, clusters.at[i].port).p,
            };
        }
    }
    return status;
}

static enum status find_targets(struct fleet *f, struct error *err)
{
    struct context *c = f->c;
    const char *tag = c->set.aws.fleet_tag;
    enum status status = ST_OK;
    if (c->set.url || c->set.env) {
        return error_set(err, ST_USAGE, "--fleet has targets of its own: leave %s out", c->set.url ? "--url" : "--env");
    }
    if (tag && tag[0]) {
        status = find_by_tag(f, tag, err);
    } else {
        for (size_t i = 0; i < c->set.aws.fleet.n; i++) {
            const char *name = c->set.aws.fleet.at[i];
            *vec_push(&c->arena, &f->units) = (struct unit){.name = name, .environment = name};
        }
    }
    if (!status && f->units.n == 0) {
        error_set(err, ST_USAGE, "the fleet has no targets");
        error_hint(err, "list environments of migrate.yaml under fleet.environments, or name a tag of clusters: "
                        "--fleet-tag KEY=VALUE");
        return ST_USAGE;
    }
    return status;
}

/* ---- children ---- */

NORETURN static void child(const struct fleet *f, const struct unit *u)
{
    const int keep[] = {-1};
    setpgid(0, 0);
    dup2(u->said, STDOUT_FILENO);
    dup2(u->said, STDERR_FILENO);
    const int null = open("/dev/null", O_RDONLY);
    dup2(null, STDIN_FILENO);
    process_clean_child(keep);
    /* What of the fleet stands in the environment would make fleets of the children. */
    unsetenv("MIGRATE_FLEET");
    unsetenv("MIGRATE_JSON");
    if (u->environment) {
        setenv("MIGRATE_ENV", u->environment, 1);
    } else {
        setenv("PGHOST", u->host, 1);
        setenv("PGPORT", u->port, 1);
        setenv("MIGRATE_RDS_CLUSTER", u->name, 1);
    }
    execv(f->argv.at[0], (char *const *)(uintptr_t)f->argv.at);
    _exit(127);
}

static enum status start(struct fleet *f, struct unit *u, struct error *err)
{
    char path[] = "/tmp/migrate-fleet-XXXXXX";
    u->said = mkstemp(path);
    if (u->said < 0) {
        return error_errno(err, "make the file", path);
    }
    unlink(path);
    fcntl(u->said, F_SETFD, FD_CLOEXEC);
    fcntl(u->said, F_SETFL, O_APPEND);
    fflush(NULL);
    u->begun_ms = clock_monotonic_ms();
    u->pid = fork();
    if (u->pid < 0) {
        return error_errno(err, "start", "a process for a target");
    }
    if (u->pid == 0) {
        child(f, u);
    }
    u->state = RUNNING;
    f->running++;
    return ST_OK;
}

/* What the child said, with its target in front of each line. */
static void show(struct fleet *f, const struct unit *u)
{
    char text[SAID_MAX];
    const off_t size = lseek(u->said, 0, SEEK_END);
    const off_t from = size > SAID_MAX ? size - SAID_MAX : 0;
    const ssize_t n = pread(u->said, text, sizeof(text), from);
    struct str rest = {text, n > 0 ? (size_t)n : 0}, line;
    while (rest.n > 0 && str_next(&rest, '\n', &line)) {
        if (line.n > 0) {
            context_say(arena_printf(&f->c->arena, "%s | %.*s\n", u->name, STR_ARG(line)));
        }
    }
}

static void reap(struct fleet *f)
{
    for (size_t i = 0; i < f->units.n; i++) {
        struct unit *u = &f->units.at[i];
        int how = 0;
        if (u->state != RUNNING || waitpid(u->pid, &how, WNOHANG) != u->pid) {
            continue;
        }
        u->exit_code = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
        u->state = u->exit_code == 0 ? DONE : FAILED;
        u->ms = clock_monotonic_ms() - u->begun_ms;
        f->running--;
        f->failed += u->state == FAILED;
        if (!f->c->set.quiet || u->state == FAILED) {
            show(f, u);
        }
        close(u->said);
    }
}

/* The children stop by themselves, as up does: each records what it did. */
static void pass_on_signal(struct fleet *f)
{
    if (f->stopped || !signals_pending()) {
        return;
    }
    f->stopped = true;
    for (size_t i = 0; i < f->units.n; i++) {
        if (f->units.at[i].state == RUNNING) {
            kill(f->units.at[i].pid, signals_pending());
        }
    }
}

static enum status run_all(struct fleet *f, struct error *err)
{
    const size_t jobs = (size_t)f->c->set.aws.fleet_jobs, enough = (size_t)f->c->set.aws.fleet_failures;
    enum status status = ST_OK;
    size_t next = 0;
    for (;;) {
        /* The canary goes alone. */
        while (!status && !f->stopped && f->failed < enough && next < f->units.n &&
               f->running < (next == 0 || f->units.at[0].state == RUNNING ? 1 : jobs)) {
            if (next > 0 && f->units.at[0].state == FAILED) {
                break;
            }
            status = start(f, &f->units.at[next++], err);
        }
        if (f->running == 0) {
            break;
        }
        poll(NULL, 0, POLL_MS);
        pass_on_signal(f);
        reap(f);
    }
    for (size_t i = 0; i < f->units.n; i++) {
        if (f->units.at[i].state == WAITING) {
            f->units.at[i].state = NOT_STARTED;
        }
    }
    return status;
}

/* ---- the end ---- */

static void tell(const struct fleet *f)
{
    struct strbuf out;
    json_t *list = json_array();
    size_t width = 0;
    strbuf_init(&out, 1 << 20);
    for (size_t i = 0; i < f->units.n; i++) {
        const size_t n = strlen(f->units.at[i].name);
        width = n > width ? n : width;
    }
    for (size_t i = 0; i < f->units.n; i++) {
        const struct unit *u = &f->units.at[i];
        json_t *o = json_object();
        json_object_set_new(o, "target", json_text(str_of(u->name)));
        json_object_set_new(o, "state", json_string(state_names[u->state]));
        json_object_set_new(o, "exit_code", u->state == NOT_STARTED ? json_null() : json_integer(u->exit_code));
        json_object_set_new(o, "ms", json_integer(u->ms));
        json_array_append_new(list, o);
        strbuf_addf(&out, "%-*s  %-11s", (int)width, u->name, state_names[u->state]);
        if (u->state == FAILED) {
            strbuf_addf(&out, "  exit code %d", u->exit_code);
        }
        if (u->ms > 0) {
            strbuf_add_cstr(&out, "  ");
            clock_duration(u->ms, &out);
        }
        strbuf_add_cstr(&out, i == 0 ? "  canary\n" : "\n");
    }
    if (f->c->set.json) {
        json_t *o = json_object();
        json_object_set_new(o, "schema", json_integer(1));
        json_object_set_new(o, "targets", list);
        json_write(o, stdout);
    } else {
        json_decref(list);
        context_print(strbuf_str(&out));
    }
    strbuf_free(&out);
}

enum status fleet_run(struct context *c, struct error *err)
{
    struct fleet f = {.c = c};
    signals_install();
    enum status status = copy_command_line(&f, err);
    status = status ? status : find_targets(&f, err);
    if (status) {
        return status;
    }
    *vec_push(&c->arena, &f.argv) = NULL;
    status = run_all(&f, err);
    tell(&f);
    if (status) {
        return status;
    }
    if (f.stopped) {
        error_set(err, ST_INTERRUPTED, "interrupted; the same command takes up the rest");
        err->signal = signals_pending();
        return ST_INTERRUPTED;
    }
    if (f.failed > 0) {
        error_set(err, ST_SERVER, "%zu of %zu targets failed", f.failed, f.units.n);
        error_hint(err, "what they said stands above; run it again: those that are done have nothing to do");
        return ST_SERVER;
    }
    return ST_OK;
}
