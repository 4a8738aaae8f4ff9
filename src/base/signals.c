#include "base/signals.h"

#include "base/error.h"

#include <fcntl.h>
#include <signal.h>

/* The one state that a signal handler may touch. */
static volatile sig_atomic_t pending;
static int wake[2] = {-1, -1};

static void on_signal(int number)
{
    const int saved = errno;
    if (pending) {
        _exit(128 + number);
    }
    pending = number;
    if (write(wake[1], "", 1) < 0) {
        /* The pipe is full: it is readable already. */
    }
    errno = saved;
}

void signals_install(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    if (wake[0] >= 0) {
        return;
    }
    if (pipe(wake) != 0) {
        BUG("no pipe for signals: %s", strerror(errno));
    }
    for (int i = 0; i < 2; i++) {
        fcntl(wake[i], F_SETFD, FD_CLOEXEC);
        fcntl(wake[i], F_SETFL, O_NONBLOCK);
    }
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

void signals_forget(void)
{
    wake[0] = wake[1] = -1;
    pending = 0;
}

int signals_fd(void)
{
    return wake[0];
}

int signals_pending(void)
{
    return pending;
}
