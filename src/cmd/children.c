#include "cmd/children.h"

#include "base/clock.h"
#include "base/process.h"
#include "base/signals.h"
#include "report/json.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

enum { POLL_MS = 5, TABLE_MAX = 50, SAID_MAX = 4000, ANSWER_MAX = 64 << 20 };

static const char *const state_names[] = {"waiting", "running", "done", "failed", "not started"};

/* ---- one child ---- */

static enum status unnamed_file(int *fd, struct error *err)
{
    char path[] = "/tmp/migrate-child-XXXXXX";
    *fd = mkstemp(path);
    if (*fd < 0) {
        return error_errno(err, "make the file", path);
    }
    unlink(path);
    fcntl(*fd, F_SETFD, FD_CLOEXEC);
    fcntl(*fd, F_SETFL, O_APPEND);
    return ST_OK;
}

NORETURN static void run_child(struct children *k, const struct child *one)
{
    const int keep[] = {-1};
    setpgid(0, 0);
    dup2(one->out, STDOUT_FILENO);
    dup2(one->said, STDERR_FILENO);
    const int null = open("/dev/null", O_RDONLY);
    dup2(null, STDIN_FILENO);
    process_clean_child(keep);
    signals_forget();
    k->work(k, one);
    _exit(127);
}

static enum status start(struct children *k, struct child *one, struct error *err)
{
    enum status status = unnamed_file(&one->said, err);
    one->out = one->said;
    if (!status && k->apart) {
        status = unnamed_file(&one->out, err);
    }
    if (status) {
        return status;
    }
    fflush(NULL);
    one->begun_ms = clock_monotonic_ms();
    one->pid = fork();
    if (one->pid < 0) {
        return error_errno(err, "start", "a process for a target");
    }
    if (one->pid == 0) {
        run_child(k, one);
    }
    one->state = CHILD_RUNNING;
    k->running++;
    return ST_OK;
}

/* The end of what the child said, with its target in front of each line. */
static void show(struct children *k, const struct child *one)
{
    char text[SAID_MAX];
    const off_t size = lseek(one->said, 0, SEEK_END);
    const off_t from = size > SAID_MAX ? size - SAID_MAX : 0;
    const ssize_t n = pread(one->said, text, sizeof(text), from);
    struct str rest = {text, n > 0 ? (size_t)n : 0}, line;
    while (rest.n > 0 && str_next(&rest, '\n', &line)) {
        if (line.n > 0) {
            context_say(arena_printf(&k->c->arena, "%s | %.*s\n", one->name, STR_ARG(line)));
        }
    }
}

static struct str read_answer(struct children *k, const struct child *one)
{
    const off_t size = lseek(one->out, 0, SEEK_END);
    const size_t n = size > 0 && size <= ANSWER_MAX ? (size_t)size : 0;
    char *text = arena_array(&k->c->arena, char, n + 1);
    const ssize_t got = pread(one->out, text, n, 0);
    return (struct str){text, got > 0 ? (size_t)got : 0};
}

static void reap(struct children *k)
{
    for (size_t i = 0; i < k->list.n; i++) {
        struct child *one = &k->list.at[i];
        int how = 0;
        if (one->state != CHILD_RUNNING || waitpid(one->pid, &how, WNOHANG) != one->pid) {
            continue;
        }
        one->exit_code = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
        one->state = one->exit_code == 0 ? CHILD_DONE : CHILD_FAILED;
        one->ms = clock_monotonic_ms() - one->begun_ms;
        k->running--;
        k->failed += one->state == CHILD_FAILED;
        if (!k->c->set.quiet || one->state == CHILD_FAILED) {
            show(k, one);
        }
        if (k->apart) {
            one->answer = read_answer(k, one);
            close(one->out);
        }
        close(one->said);
    }
}

/* ---- all of them ---- */

/* The children stop by themselves, as the command does: each records what it did. */
static void pass_on_signal(struct children *k)
{
    if (k->stopped || !signals_pending()) {
        return;
    }
    k->stopped = true;
    for (size_t i = 0; i < k->list.n; i++) {
        if (k->list.at[i].state == CHILD_RUNNING) {
            kill(k->list.at[i].pid, signals_pending());
        }
    }
}

static bool may_begin(const struct children *k, size_t next)
{
    const bool first = next == 0;
    const enum child_state canary = k->canary && !first ? k->list.at[0].state : CHILD_DONE;
    if (k->stopped || next == k->list.n || (k->enough > 0 && k->failed >= k->enough)) {
        return false;
    }
    return canary == CHILD_DONE && k->running < (first && k->canary ? 1 : k->jobs);
}

enum status children_run(struct children *k, struct error *err)
{
    enum status status = ST_OK;
    size_t next = 0;
    signals_install();
    for (;;) {
        while (!status && may_begin(k, next)) {
            status = start(k, &k->list.at[next++], err);
        }
        if (k->running == 0) {
            break;
        }
        poll(NULL, 0, POLL_MS);
        pass_on_signal(k);
        reap(k);
    }
    for (size_t i = 0; i < k->list.n; i++) {
        if (k->list.at[i].state == CHILD_WAITING) {
            k->list.at[i].state = CHILD_NOT_STARTED;
        }
    }
    return status;
}

/* ---- the end ---- */

/* What it printed, as it is when it is one JSON document, or a list of them. */
static json_t *answer_json(struct str answer)
{
    json_t *whole = json_loadb(answer.p, answer.n, JSON_DECODE_ANY, NULL), *list, *one;
    struct str line;
    if (whole || answer.n == 0) {
        return whole ? whole : json_null();
    }
    list = json_new_array();
    while (answer.n > 0 && str_next(&answer, '\n', &line)) {
        one = json_loadb(line.p, line.n, JSON_DECODE_ANY, NULL);
        json_push(list, one ? one : json_text(line));
    }
    return list;
}

static void tell_json(const struct children *k)
{
    json_t *list = json_new_array(), *o;
    for (size_t i = 0; i < k->list.n; i++) {
        const struct child *one = &k->list.at[i];
        o = json_new_object();
        json_put(o, "target", json_text_c(one->name));
        json_put(o, "state", json_string(state_names[one->state]));
        json_put(o, "exit_code", one->state == CHILD_NOT_STARTED ? json_null() : json_integer(one->exit_code));
        json_put(o, "ms", json_integer(one->ms));
        if (k->apart) {
            json_put(o, "answer", answer_json(one->answer));
        }
        json_push(list, o);
    }
    o = json_new_object();
    json_put(o, "schema", json_integer(1));
    json_put(o, "targets", list);
    json_write(o, stdout);
}

void children_tell(const struct children *k)
{
    struct strbuf out;
    size_t width = 0;
    if (k->c->set.json) {
        tell_json(k);
        return;
    }
    strbuf_init(&out, 1 << 24);
    for (size_t i = 0; i < k->list.n; i++) {
        const size_t n = strlen(k->list.at[i].name);
        width = n > width ? n : width;
    }
    size_t done = 0;
    for (size_t i = 0; i < k->list.n; i++) {
        const struct child *one = &k->list.at[i];
        done += one->state == CHILD_DONE;
        if (one->state == CHILD_DONE && k->list.n > TABLE_MAX) {
            continue;
        }
        strbuf_addf(&out, "%-*s  %-11s", (int)width, one->name, state_names[one->state]);
        if (one->state == CHILD_FAILED) {
            strbuf_addf(&out, "  exit code %d", one->exit_code);
        }
        if (one->ms > 0) {
            strbuf_add_cstr(&out, "  ");
            clock_duration(one->ms, &out);
        }
        strbuf_add_cstr(&out, i == 0 && k->canary ? "  canary\n" : "\n");
    }
    if (k->list.n > TABLE_MAX) {
        strbuf_addf(&out, "%zu of %zu done\n", done, k->list.n);
    }
    context_print(strbuf_str(&out));
    strbuf_free(&out);
}

/* The failure that all who failed have in common. */
static enum status common_failure(const struct children *k)
{
    static const enum status kinds[] = {ST_CHECK,   ST_USAGE,      ST_GAVE_WAY, ST_CONFLICT,
                                        ST_PARTIAL, ST_RUN_LOCKED, ST_REMOTE};
    int code = 0;
    for (size_t i = 0; i < k->list.n; i++) {
        const struct child *one = &k->list.at[i];
        if (one->state == CHILD_FAILED) {
            code = code == 0 || code == one->exit_code ? one->exit_code : -1;
        }
    }
    for (size_t i = 0; i < countof(kinds); i++) {
        if (code == exit_code(kinds[i], 0)) {
            return kinds[i];
        }
    }
    return ST_SERVER;
}

enum status children_end(const struct children *k, const char *what, struct error *err)
{
    if (k->stopped) {
        error_set(err, ST_INTERRUPTED, "interrupted; the same command takes up the rest");
        err->signal = signals_pending();
        return ST_INTERRUPTED;
    }
    if (k->failed == 0) {
        return ST_OK;
    }
    error_set(err, common_failure(k), "%zu of %zu %ss failed", k->failed, k->list.n, what);
    error_hint(err, "what they said stands above; run it again: those that are done have nothing to do");
    return err->status;
}
