#include "db/loop.h"

#include "base/clock.h"
#include "base/signals.h"
#include "base/vec.h"

#include <poll.h>
#include <signal.h>

struct timer {
    int id; /* 0: removed */
    int64_t interval_ms, next;
    void (*fn)(void *arg);
    void *arg;
};

struct loop {
    VEC(struct timer) timers;
    int last_id;
    bool in_callback;
    bool acknowledged;
};

struct loop *loop_new(void)
{
    struct loop *l = mem_alloc(sizeof(*l));
    *l = (struct loop){0};
    return l;
}

void loop_free(struct loop *l)
{
    if (l) {
        vec_free(&l->timers);
        free(l);
    }
}

int loop_timer_add(struct loop *l, int64_t interval_ms, void (*fn)(void *arg), void *arg)
{
    struct timer *t = NULL;
    for (size_t i = 0; i < l->timers.n && !t; i++) {
        t = l->timers.at[i].id == 0 ? &l->timers.at[i] : NULL;
    }
    if (!t) {
        t = vec_push(NULL, &l->timers);
    }
    const int64_t interval = interval_ms > 0 ? interval_ms : 1;
    *t = (struct timer){
        .id = ++l->last_id, .interval_ms = interval, .next = clock_monotonic_ms() + interval, .fn = fn, .arg = arg};
    return t->id;
}

static struct timer *find(struct loop *l, int id)
{
    for (size_t i = 0; id > 0 && i < l->timers.n; i++) {
        if (l->timers.at[i].id == id) {
            return &l->timers.at[i];
        }
    }
    return NULL;
}

void loop_timer_remove(struct loop *l, int id)
{
    struct timer *t = find(l, id);
    if (t) {
        t->id = 0;
    }
}

/* The timer that is due first; NULL when there is none, or none may fire now. */
static struct timer *first_timer(struct loop *l)
{
    struct timer *first = NULL;
    for (size_t i = 0; !l->in_callback && i < l->timers.n; i++) {
        struct timer *t = &l->timers.at[i];
        if (t->id != 0 && (!first || t->next < first->next)) {
            first = t;
        }
    }
    return first;
}

static void fire(struct loop *l, struct timer *t)
{
    const int id = t->id;
    l->in_callback = true;
    t->fn(t->arg); /* may add timers, so *t may have moved, or remove itself */
    l->in_callback = false;
    t = find(l, id);
    if (t) {
        /* Counted from its end: a callback slower than its interval must not keep the loop to itself. */
        t->next = clock_monotonic_ms() + t->interval_ms;
    }
}

bool loop_interrupted(const struct loop *l)
{
    return signals_pending() != 0 && !l->acknowledged;
}

void loop_acknowledge_signal(struct loop *l)
{
    l->acknowledged = true;
}

enum status loop_interrupt_error(struct error *err)
{
    const int number = signals_pending();
    error_set(err, ST_INTERRUPTED, "interrupted by %s",
              number == SIGINT    ? "SIGINT"
              : number == SIGTERM ? "SIGTERM"
              : number == SIGHUP  ? "SIGHUP"
                                  : "a signal");
    err->signal = number;
    return ST_INTERRUPTED;
}

int64_t loop_deadline(const struct loop *l, int64_t budget_ms)
{
    if (budget_ms <= 0 && !l->in_callback) {
        return 0;
    }
    return clock_monotonic_ms() + (budget_ms > 0 ? budget_ms : LOOP_CALLBACK_MS);
}

/* How long poll() may sleep: until the earlier of the deadline and the first timer; -1 for ever. */
static int sleep_ms(int64_t deadline, const struct timer *first)
{
    int64_t until = deadline > 0 ? deadline : INT64_MAX;
    if (first && first->next < until) {
        until = first->next;
    }
    if (until == INT64_MAX) {
        return -1;
    }
    const int64_t ms = until - clock_monotonic_ms();
    return ms < 0 ? 0 : ms > 3600 * 1000 ? 3600 * 1000 : (int)ms;
}

enum loop_event loop_wait(struct loop *l, int fd, short events, int64_t deadline, bool heed_signals)
{
    for (;;) {
        /* Once acknowledged the signals' pipe stays readable: it would wake us for nothing. */
        const bool heed = heed_signals && !l->acknowledged;
        if (heed && signals_pending()) {
            return LOOP_SIGNAL;
        }
        /* Before looking at the socket: one that is always ready must not silence the timers. */
        struct timer *first = first_timer(l);
        if (first && first->next <= clock_monotonic_ms()) {
            fire(l, first);
            first = first_timer(l);
        }
        struct pollfd fds[2] = {{.fd = fd, .events = events}, {.fd = heed ? signals_fd() : -1, .events = POLLIN}};
        const int n = poll(fds, 2, sleep_ms(deadline, first));
        if (n < 0 && errno != EINTR && errno != EAGAIN) {
            BUG("poll: %s", strerror(errno));
        }
        if (n > 0 && fds[0].revents != 0) {
            return LOOP_READY;
        }
        if (deadline > 0 && clock_monotonic_ms() >= deadline) {
            return LOOP_TIMEOUT;
        }
    }
}

enum status loop_sleep(struct loop *l, int64_t ms, struct error *err)
{
    const int64_t deadline = clock_monotonic_ms() + (ms > 0 ? ms : 0);
    return loop_wait(l, -1, 0, deadline, true) == LOOP_SIGNAL ? loop_interrupt_error(err) : ST_OK;
}
