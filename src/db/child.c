#include "db/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

static enum child_end read_all(struct loop *l, int fd, int64_t deadline, bool heed_signals, struct strbuf *out)
{
    char buffer[4096];
    for (;;) {
        switch (loop_wait(l, fd, POLLIN, deadline, heed_signals)) {
        case LOOP_TIMEOUT:
            return CHILD_TIMEOUT;
        case LOOP_SIGNAL:
            return CHILD_SIGNAL;
        case LOOP_READY:
            break;
        }
        const ssize_t n = read(fd, buffer, sizeof(buffer));
        if (n > 0) {
            strbuf_add(out, (struct str){buffer, (size_t)n});
        } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
            return CHILD_DONE;
        }
    }
}

enum child_end child_run(struct loop *l, void (*fn)(int fd, void *arg), void *arg, int64_t deadline, bool heed_signals,
                         struct strbuf *out)
{
    int fds[2];
    if (pipe(fds) != 0) {
        return CHILD_FAILED;
    }
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    fcntl(fds[1], F_SETFD, FD_CLOEXEC);
    const pid_t pid = fork();
    if (pid < 0) {
        const int why = errno;
        close(fds[0]);
        close(fds[1]);
        errno = why;
        return CHILD_FAILED;
    }
    if (pid == 0) {
        close(fds[0]);
        setpgid(0, 0);
        fn(fds[1], arg);
        _exit(0);
    }
    close(fds[1]);
    const enum child_end end = read_all(l, fds[0], deadline, heed_signals, out);
    close(fds[0]);
    if (end != CHILD_DONE) {
        kill(pid, SIGKILL);
    }
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
    return end;
}
