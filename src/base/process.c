#include "base/process.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/signals.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>

extern char **environ;

enum { DEFAULT_OUTPUT = 64 * 1024, KILL_AFTER_MS = 2000 };

/* ---- users ---- */

bool process_find_user(const char *const *names, struct process_user *out)
{
    for (size_t i = 0; names[i]; i++) {
        const struct passwd *pw = getpwnam(names[i]);
        if (pw) {
            *out = (struct process_user){.name = names[i], .uid = pw->pw_uid, .gid = pw->pw_gid};
            return true;
        }
    }
    return false;
}

bool process_become(const struct process_user *user)
{
    /* Groups first: without root there is no right to change them. */
    return initgroups(user->name, user->gid) == 0 && setgid(user->gid) == 0 && setuid(user->uid) == 0;
}

/* ---- the child ---- */

static bool in_list(const int *list, int fd)
{
    for (; *list >= 0; list++) {
        if (*list == fd) {
            return true;
        }
    }
    return false;
}

static void close_others(const int *keep)
{
    /* Between fork and exec only simple calls are safe in general; we have one thread, so reading a folder is. */
    DIR *dir = opendir("/proc/self/fd");
    if (!dir) {
        for (int fd = 3; fd < 1024; fd++) {
            if (!in_list(keep, fd)) {
                close(fd);
            }
        }
        return;
    }
    const struct dirent *d;
    while ((d = readdir(dir)) != NULL) {
        int64_t fd;
        if (str_to_i64(str_of(d->d_name), 3, INT_MAX, &fd) && fd != dirfd(dir) && !in_list(keep, (int)fd)) {
            close((int)fd);
        }
    }
    closedir(dir);
}

void process_clean_child(const int *keep)
{
    static const int handled[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD, SIGQUIT};
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t none;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < countof(handled); i++) {
        sigaction(handled[i], &action, NULL);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    close_others(keep);
}

struct pipes {
    int in[2], out[2], err[2], failure[2];
};

/* What went wrong between fork and exec, told to the parent through a pipe that exec closes. */
struct failure {
    enum { FAILED_EXEC, FAILED_USER, FAILED_FOLDER } where;
    int number;
};

NORETURN static void fail_child(int fd, int where)
{
    const struct failure f = {.where = where, .number = errno};
    if (write(fd, &f, sizeof(f)) < 0) {
        /* The parent is gone; so are we. */
    }
    _exit(127);
}

NORETURN static void run_child(const struct process *p, const struct pipes *pipes)
{
    const int keep[] = {pipes->failure[1], -1};
    /* A group of its own: a timeout kills what it started, too, and Ctrl-C at the terminal comes to us alone. */
    setpgid(0, 0);
    if (dup2(pipes->in[0], STDIN_FILENO) < 0 || dup2(pipes->out[1], STDOUT_FILENO) < 0 ||
        dup2(pipes->err[1], STDERR_FILENO) < 0) {
        fail_child(pipes->failure[1], FAILED_EXEC);
    }
    process_clean_child(keep);
    if (p->user && !process_become(p->user)) {
        fail_child(pipes->failure[1], FAILED_USER);
    }
    if (p->folder && chdir(p->folder) != 0) {
        fail_child(pipes->failure[1], FAILED_FOLDER);
    }
    if (p->env) {
        environ = (char **)(uintptr_t)p->env; /* execvp() takes what it only reads without const */
    }
    execvp(p->argv[0], (char *const *)(uintptr_t)p->argv);
    fail_child(pipes->failure[1], FAILED_EXEC);
}

/* ---- the parent ---- */

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

static void close_pair(int pair[2])
{
    close_fd(&pair[0]);
    close_fd(&pair[1]);
}

static bool open_pair(int pair[2])
{
    if (pipe(pair) != 0) {
        pair[0] = pair[1] = -1;
        return false;
    }
    for (int i = 0; i < 2; i++) {
        /* Above 2, or dup2() in the child would close one with another when ours are closed. */
        if (pair[i] <= STDERR_FILENO) {
            const int moved = fcntl(pair[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
            close(pair[i]);
            pair[i] = moved;
        }
        fcntl(pair[i], F_SETFD, FD_CLOEXEC);
    }
    return pair[0] >= 0 && pair[1] >= 0;
}

/* Read once into sb, dropping what passes its maximum; closes *fd at its end. */
static void read_some(int *fd, struct strbuf *sb)
{
    char buffer[16384];
    const ssize_t got = read(*fd, buffer, sizeof(buffer));
    if (got > 0) {
        const size_t room = sb->max - sb->n;
        strbuf_add(sb, (struct str){buffer, (size_t)got < room ? (size_t)got : room});
        sb->overflow = sb->overflow || (size_t)got > room;
    } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
        close_fd(fd);
    }
}

static void write_some(int *fd, struct str *input)
{
    if (input->n > 0) {
        const ssize_t put = write(*fd, input->p, input->n);
        if (put >= 0) {
            *input = str_slice(*input, (size_t)put, input->n);
        } else if (errno != EINTR && errno != EAGAIN) {
            *input = STR_NONE; /* it does not want to read on */
        }
    }
    if (input->n == 0) {
        close_fd(fd);
    }
}

/* SIGTERM to the whole group, SIGKILL when that does not help. */
static void end_group(pid_t pid, int *wait_status)
{
    const int64_t until = clock_monotonic_ms() + KILL_AFTER_MS;
    kill(-pid, SIGTERM);
    for (;;) {
        const pid_t got = waitpid(pid, wait_status, WNOHANG);
        if (got != 0) {
            kill(-pid, SIGKILL); /* its children, if they are still there */
            return;
        }
        if (clock_monotonic_ms() >= until) {
            break;
        }
        poll(NULL, 0, 5);
    }
    kill(-pid, SIGKILL);
    while (waitpid(pid, wait_status, 0) < 0 && errno == EINTR) {
    }
}

enum ending { GOES_ON, ENDED, TIMED_OUT, SIGNALLED };

/* May it go on? Otherwise how it ends; *wait_ms: until when to ask again. */
static enum ending check_limits(const struct process *p, int64_t deadline, int *wait_ms)
{
    const int64_t left = deadline > 0 ? deadline - clock_monotonic_ms() : INT_MAX;
    *wait_ms = deadline > 0 && left < INT_MAX ? (int)left : -1;
    return signals_pending() && !p->after_signal ? SIGNALLED : left <= 0 ? TIMED_OUT : GOES_ON;
}

/* Feed it and listen until both its streams are closed. */
static enum ending converse(const struct process *p, int64_t deadline, struct pipes *pipes,
                            struct process_result *result)
{
    struct str input = p->input;
    while (pipes->out[0] >= 0 || pipes->err[0] >= 0) {
        int wait_ms;
        const enum ending ending = check_limits(p, deadline, &wait_ms);
        if (ending != GOES_ON) {
            return ending;
        }
        struct pollfd fds[] = {{.fd = pipes->in[1], .events = POLLOUT},
                               {.fd = pipes->out[0], .events = POLLIN},
                               {.fd = pipes->err[0], .events = POLLIN},
                               {.fd = p->after_signal ? -1 : signals_fd(), .events = POLLIN}};
        if (poll(fds, countof(fds), wait_ms) <= 0) {
            continue;
        }
        if (fds[0].revents) {
            write_some(&pipes->in[1], &input);
        }
        if (fds[1].revents) {
            read_some(&pipes->out[0], &result->out);
        }
        if (fds[2].revents) {
            read_some(&pipes->err[0], &result->err);
        }
    }
    return GOES_ON;
}

/* Its streams are closed: mostly it ends in the same moment, but it may go on without them. */
static enum ending await_end(const struct process *p, pid_t pid, int64_t deadline, int *wait_status)
{
    for (;;) {
        int wait_ms;
        const pid_t got = waitpid(pid, wait_status, WNOHANG);
        if (got > 0 || (got < 0 && errno != EINTR)) {
            return ENDED;
        }
        const enum ending ending = check_limits(p, deadline, &wait_ms);
        if (ending != GOES_ON) {
            return ending;
        }
        poll(NULL, 0, 1);
    }
}

static enum status start_error(const struct process *p, const struct failure *f, struct error *err)
{
    errno = f->number;
    switch (f->where) {
    case FAILED_USER:
        return error_errno(err, "become the user", p->user->name);
    case FAILED_FOLDER:
        return error_errno(err, "change to the folder", p->folder);
    case FAILED_EXEC:
        break;
    }
    error_errno(err, "run", p->argv[0]);
    return err->status = f->number == ENOENT || f->number == EACCES ? ST_USAGE : ST_SYSTEM;
}

/* The program runs: talk to it and take its exit code. */
static enum status supervise(const struct process *p, pid_t pid, struct pipes *pipes, struct process_result *result,
                             struct error *err)
{
    int wait_status = 0;
    fcntl(pipes->in[1], F_SETFL, O_NONBLOCK);
    if (p->input.n == 0) {
        close_fd(&pipes->in[1]);
    }
    const int64_t deadline = p->timeout_ms > 0 ? clock_monotonic_ms() + p->timeout_ms : 0;
    enum ending ending = converse(p, deadline, pipes, result);
    if (ending == GOES_ON) {
        ending = await_end(p, pid, deadline, &wait_status);
    }
    if (ending != ENDED) {
        end_group(pid, &wait_status);
    }
    result->exit_code = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
    if (ending == TIMED_OUT) {
        return error_set(err, ST_GAVE_WAY, "%s did not end within %" PRId64 " ms and was stopped", p->argv[0],
                         p->timeout_ms);
    }
    if (ending == SIGNALLED) {
        error_set(err, ST_INTERRUPTED, "interrupted while %s ran", p->argv[0]);
        err->signal = signals_pending();
        return ST_INTERRUPTED;
    }
    return ST_OK;
}

enum status process_run(const struct process *p, struct process_result *result, struct error *err)
{
    struct pipes pipes = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
    struct failure failure;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    enum status status = ST_OK;
    const size_t max = p->max_output > 0 ? p->max_output : DEFAULT_OUTPUT;
    *result = (struct process_result){.exit_code = -1};
    /* One that does not read its input must not kill us. */
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, &before);
    strbuf_init(&result->out, max);
    strbuf_init(&result->err, max);
    if (!open_pair(pipes.in) || !open_pair(pipes.out) || !open_pair(pipes.err) || !open_pair(pipes.failure)) {
        status = error_errno(err, "make a pipe for", p->argv[0]);
        goto out;
    }
    const pid_t pid = fork();
    if (pid < 0) {
        status = error_errno(err, "start", p->argv[0]);
        goto out;
    }
    if (pid == 0) {
        run_child(p, &pipes);
    }
    setpgid(pid, pid); /* here too: a signal to the group may come before the child has done it */
    close_fd(&pipes.in[0]);
    close_fd(&pipes.out[1]);
    close_fd(&pipes.err[1]);
    close_fd(&pipes.failure[1]);
    ssize_t told;
    while ((told = read(pipes.failure[0], &failure, sizeof(failure))) < 0 && errno == EINTR) {
    }
    if (told == (ssize_t)sizeof(failure)) {
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
        }
        status = start_error(p, &failure, err);
    } else {
        status = supervise(p, pid, &pipes, result, err);
    }
out:
    close_pair(pipes.in);
    close_pair(pipes.out);
    close_pair(pipes.err);
    close_pair(pipes.failure);
    sigaction(SIGPIPE, &before, NULL);
    return status;
}

void process_result_free(struct process_result *result)
{
    strbuf_free(&result->out);
    strbuf_free(&result->err);
}
