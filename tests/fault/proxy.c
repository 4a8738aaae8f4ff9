/*
 * proxy SOCKET SERVER_SOCKET FAULT N: pass connections on between two unix sockets, and break the one on which the Nth COMMIT comes.
 *
 *   cut    it and all of its message never reach the server: both ends are closed
 *   lose   it reaches the server, the answer is thrown away, then both ends are closed
 *   hole   nothing passes in either direction for two seconds, then both ends are closed
 *   eat    from then on everything on this connection is taken and thrown away, in both directions; nothing is closed
 *   mute   the same, once the COMMIT is passed on: it happens, and no answer comes
 *   deaf   the same as eat on all connections, and on new ones for three seconds
 *   point  nothing is broken by a COMMIT; SIGUSR1 eats all connections that are open then
 *   count  nothing is broken; the number of COMMITs is written to standard output at the end (SIGTERM)
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { PAIRS = 256, HOLE_MS = 2000, ANSWER_MS = 1000, DEAF_S = 3 };

static struct {
    int client, server; /* -1: free */
    int eaten;
} pairs[PAIRS];
static int n_pairs, seen, wanted;
static const char *fault;
static time_t deaf_until;
static volatile sig_atomic_t ended, eat_now;

static void on_term(int number)
{
    (void)number;
    ended = 1;
}

static void on_usr1(int number)
{
    (void)number;
    eat_now = 1;
}

static int open_socket(const char *path, int listens)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || strlen(path) >= sizeof(at.sun_path)) {
        return -1;
    }
    memcpy(at.sun_path, path, strlen(path) + 1);
    if (listens ? bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 64)
                : connect(fd, (struct sockaddr *)&at, sizeof(at))) {
        close(fd);
        return -1;
    }
    return fd;
}

static void close_pair(int i)
{
    close(pairs[i].client);
    if (pairs[i].server >= 0) {
        close(pairs[i].server);
    }
    pairs[i].client = pairs[i].server = -1;
}

static void write_all(int fd, const char *p, ssize_t n)
{
    while (n > 0) {
        const ssize_t done = write(fd, p, (size_t)n);
        if (done <= 0) {
            return; /* that end is gone; its read will say so */
        }
        p += done;
        n -= done;
    }
}

/* How many statements that are the word COMMIT alone the bytes hold. */
static int commits(const char *p, ssize_t n)
{
    int found = 0;
    for (ssize_t i = 1; i + 7 <= n; i++) {
        found += memcmp(p + i, "COMMIT", 7) == 0 && p[i - 1] == '\0';
    }
    return found;
}

static void await_answer(int i)
{
    struct pollfd wait = {.fd = pairs[i].server, .events = POLLIN};
    poll(&wait, 1, ANSWER_MS);
}

static void eat_all(void)
{
    for (int i = 0; i < n_pairs; i++) {
        pairs[i].eaten = 1;
    }
}

static void from_client(int i)
{
    static char buffer[1 << 20];
    const ssize_t n = read(pairs[i].client, buffer, sizeof(buffer));
    if (n <= 0) {
        close_pair(i);
        return;
    }
    if (pairs[i].eaten) {
        return;
    }
    const int before = seen;
    seen += commits(buffer, n);
    const int hit = before < wanted && seen >= wanted;
    if (hit && strcmp(fault, "cut") == 0) {
        close_pair(i);
        return;
    }
    if (hit && strcmp(fault, "hole") == 0) {
        usleep(HOLE_MS * 1000);
        close_pair(i);
        return;
    }
    if (hit && strcmp(fault, "eat") == 0) {
        pairs[i].eaten = 1;
        return;
    }
    if (hit && strcmp(fault, "deaf") == 0) {
        eat_all();
        deaf_until = time(NULL) + DEAF_S;
        return;
    }
    write_all(pairs[i].server, buffer, n);
    pairs[i].eaten = hit && strcmp(fault, "mute") == 0;
    if (hit && strcmp(fault, "lose") == 0) {
        await_answer(i);
        close_pair(i);
    }
}

static void from_server(int i)
{
    static char buffer[1 << 20];
    const ssize_t n = read(pairs[i].server, buffer, sizeof(buffer));
    if (n <= 0 && pairs[i].eaten) {
        /* Nobody is told that the server's end is gone; poll() leaves out what is negative. */
        close(pairs[i].server);
        pairs[i].server = -1;
        return;
    }
    if (n <= 0) {
        close_pair(i);
        return;
    }
    if (pairs[i].eaten) {
        return;
    }
    write_all(pairs[i].client, buffer, n);
}

static void accept_client(int listening, const char *server)
{
    const int client = accept(listening, NULL, NULL), to = client < 0 ? -1 : open_socket(server, 0);
    for (int i = 0; to >= 0 && i < PAIRS; i++) {
        if (i == n_pairs || pairs[i].client < 0) {
            n_pairs += i == n_pairs;
            pairs[i].client = client;
            pairs[i].server = to;
            pairs[i].eaten = time(NULL) < deaf_until;
            return;
        }
    }
    if (client >= 0) {
        close(client);
    }
}

int main(int argc, char **argv)
{
    struct sigaction term = {.sa_handler = on_term}, usr1 = {.sa_handler = on_usr1};
    if (argc != 5) {
        return 2;
    }
    fault = argv[3];
    wanted = (int)strtol(argv[4], NULL, 10);
    signal(SIGPIPE, SIG_IGN);
    sigaction(SIGTERM, &term, NULL);
    sigaction(SIGUSR1, &usr1, NULL);
    const int listening = open_socket(argv[1], 1);
    if (listening < 0) {
        perror(argv[1]);
        return 1;
    }
    while (!ended) {
        struct pollfd fds[1 + 2 * PAIRS] = {{.fd = listening, .events = POLLIN}};
        for (int i = 0; i < n_pairs; i++) {
            fds[1 + 2 * i] = (struct pollfd){.fd = pairs[i].client, .events = POLLIN};
            fds[2 + 2 * i] = (struct pollfd){.fd = pairs[i].server, .events = POLLIN};
        }
        const int n = n_pairs;
        const int ready = poll(fds, (nfds_t)(1 + 2 * n), -1);
        if (eat_now) {
            eat_all();
            eat_now = 0;
        }
        if (ready < 0) {
            continue;
        }
        for (int i = 0; i < n; i++) {
            if (fds[1 + 2 * i].revents && pairs[i].client >= 0) {
                from_client(i);
            }
            if (fds[2 + 2 * i].revents && pairs[i].server >= 0) {
                from_server(i);
            }
        }
        if (fds[0].revents) {
            accept_client(listening, argv[2]);
        }
    }
    printf("%d\n", seen);
    return 0;
}
