#include "db/guardian.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#ifdef __linux__
#    include <sys/prctl.h>
#endif

/* How long a server may take to stop at once (SIGQUIT) before it is killed. */
enum { STOP_MS = 5000 };

/* ---- removing a folder ---- */

static void remove_in(int folder, const char *name)
{
    if (unlinkat(folder, name, 0) == 0 || (errno != EISDIR && errno != EPERM)) {
        return;
    }
    const int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        if (fd >= 0) {
            close(fd);
        }
        return;
    }
    const struct dirent *d;
    while ((d = readdir(dir)) != NULL) {
        if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0) {
            remove_in(dirfd(dir), d->d_name); /* as deep as PostgreSQL's folders are */
        }
    }
    closedir(dir);
    unlinkat(folder, name, AT_REMOVEDIR);
}

void remove_tree(const char *folder)
{
    remove_in(AT_FDCWD, folder);
}

/* ---- the guardian's side ---- */

/* 0, 1 and 2 must not keep our caller's pipes open: whoever reads them waits for their end. */
static void redirect(const char *output)
{
    const int in = open("/dev/null", O_RDWR);
    const int out = output ? open(output, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
    dup2(in, STDIN_FILENO);
    dup2(out >= 0 ? out : in, STDOUT_FILENO);
    dup2(out >= 0 ? out : in, STDERR_FILENO);
    if (in > STDERR_FILENO) {
        close(in);
    }
    if (out > STDERR_FILENO) {
        close(out);
    }
}

NORETURN static void run(const char *const *argv)
{
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGQUIT); /* should even the guardian be killed */
#endif
    execv(argv[0], (char *const *)(uintptr_t)argv);
    dprintf(STDERR_FILENO, "cannot run %s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

/* The process that becomes the server. `server` is held by all that it starts: when the last one is gone, its other end tells. */
NORETURN static void prepare_and_serve(const struct guarded *what, int server)
{
    const int keep[] = {server, -1};
    int wait_status;
    setpgid(0, 0);
    redirect(what->log);
    process_clean_child(keep);
    fcntl(server, F_SETFD, 0);
    const pid_t pid = fork();
    if (pid == 0) {
        run(what->prepare);
    }
    if (pid < 0 || waitpid(pid, &wait_status, 0) < 0 || wait_status != 0) {
        _exit(1);
    }
    run(what->serve);
}

/* SIGQUIT is "immediate shutdown" to PostgreSQL. The server's own children have left the group, initdb's have not. */
static void stop_server(pid_t pid, int server)
{
    struct pollfd ended = {.fd = server, .events = POLLIN};
    kill(-pid, SIGQUIT);
    if (poll(&ended, 1, STOP_MS) <= 0) {
        kill(-pid, SIGKILL);
        poll(&ended, 1, STOP_MS);
    }
}

NORETURN static void guard(const struct guarded *what, int life, const int server[2])
{
    const int keep[] = {life, server[0], server[1], -1};
    char byte;
    setsid(); /* Ctrl-C at the terminal is for the program, not for us */
    redirect(NULL);
    process_clean_child(keep);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    /* The folder is that user's: removing it with root's rights would let links in it lead us astray. */
    if (what->user && !process_become(what->user)) {
        _exit(1);
    }
    /* Ours may be closed to that user, which initdb does not like; and nobody shall be kept from unmounting it. */
    if (chdir("/") != 0) {
        _exit(1);
    }
    const pid_t pid = fork();
    if (pid == 0) {
        prepare_and_serve(what, server[1]);
    }
    if (pid > 0) {
        setpgid(pid, pid);
    }
    close(server[1]);
    ssize_t got;
    do {
        got = read(life, &byte, 1);
    } while (got > 0 || (got < 0 && errno == EINTR));
    if (pid > 0) {
        stop_server(pid, server[0]);
    }
    remove_tree(what->folder);
    _exit(0);
}

/* ---- our side ---- */

static bool open_pipe(int pair[2])
{
    if (pipe(pair) != 0) {
        pair[0] = pair[1] = -1;
        return false;
    }
    fcntl(pair[0], F_SETFD, FD_CLOEXEC);
    fcntl(pair[1], F_SETFD, FD_CLOEXEC);
    return true;
}

static void close_fd(int fd)
{
    if (fd >= 0) {
        close(fd);
    }
}

enum status guardian_start(const struct guarded *what, struct guardian *g, struct error *err)
{
    int life[2] = {-1, -1}, server[2] = {-1, -1};
    *g = (struct guardian){.life = -1, .server = -1};
    pid_t pid = -1;
    if (open_pipe(life) && open_pipe(server)) {
        pid = fork();
    }
    if (pid < 0) {
        error_errno(err, "start", what->serve[0]);
        for (int i = 0; i < 2; i++) {
            close_fd(life[i]);
            close_fd(server[i]);
        }
        return ST_SYSTEM;
    }
    if (pid == 0) {
        guard(what, life[0], server);
    }
    close(life[0]);
    close(server[1]);
    *g = (struct guardian){.pid = pid, .life = life[1], .server = server[0]};
    return ST_OK;
}

void guardian_end(struct guardian *g)
{
    close_fd(g->life);
    close_fd(g->server);
    if (g->pid > 0) {
        while (waitpid(g->pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    *g = (struct guardian){.life = -1, .server = -1};
}
