#include "cmd/metrics_run.h"

#include "base/clock.h"
#include "base/process.h"
#include "cmd/aws_open.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

#ifdef __linux__
#    include <sys/prctl.h>
#endif

enum { TICK_MS = 1000, STALE_MIN_MS = 15000, STALE_READINGS = 3, TOLD_FIRST = 500, SAID_MAX = 240, LOOKS = 100000 };

/* Which of the two services; also the index of what is known of each. */
enum service_of { CLOUDWATCH, INSIGHTS, SERVICES };
static const char *const service_names[] = {"CloudWatch", "Performance Insights"};

struct metrics_seen {
    _Atomic uint64_t changes; /* odd while the reader writes */
    struct metrics values;
    int64_t good_ms[SERVICES];     /* of the last answer, on the monotonic clock; 0: none yet */
    bool unavailable[SERVICES];    /* not permitted, switched off, or there is nothing in AWS to ask about */
    char said[SERVICES][SAID_MAX]; /* why the last one was none */
};

/* ---- limits ---- */

struct limit {
    enum metric metric;
    int64_t value; /* 0: none */
    double unit;   /* of what is told */
    const char *key, *what, *units;
};

enum { LIMITS = 6 };

static void limits_of(const struct context *c, struct limit out[LIMITS])
{
    const struct aws_settings *s = &c->set.aws;
    const struct limit all[LIMITS] = {
        {METRIC_CPU, s->max_cpu, 1, "throttle.max_cpu", "the processor is busy", "%"},
        {METRIC_LAG, s->max_reader_lag_ms, 1, "throttle.max_reader_lag", "an Aurora reader is behind", "ms"},
        {METRIC_CAPACITY, s->max_capacity, 1, "throttle.max_capacity", "the capacity is", "ACU"},
        {METRIC_UTILISATION, s->max_acu, 1, "throttle.max_acu", "the capacity is used", "%"},
        {METRIC_MEMORY, s->min_memory, 1 << 20, "throttle.min_memory", "memory is short", "MiB"},
        {METRIC_LOAD, s->max_load, 1, "throttle.max_load", "the load is", "busy sessions"},
    };
    memcpy(out, all, sizeof(all));
}

static bool has_limits(const struct context *c, enum service_of which)
{
    struct limit limits[LIMITS];
    limits_of(c, limits);
    for (size_t i = 0; i < LIMITS; i++) {
        if (limits[i].value > 0 && (limits[i].metric == METRIC_LOAD) == (which == INSIGHTS)) {
            return true;
        }
    }
    return false;
}

static int64_t every_ms(const struct context *c)
{
    return c->set.aws.metrics_every_ms > 0 ? c->set.aws.metrics_every_ms : INT64_C(60000);
}

/* ---- the process that reads ---- */

static enum status nap(void *arg UNUSED, int64_t ms, struct error *err UNUSED)
{
    const struct timespec ts = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000L};
    nanosleep(&ts, NULL);
    return ST_OK;
}

/* What one service said: a value, that we may not, or nothing that can be relied on. */
static void settle(struct metrics_seen *seen, enum service_of which, enum status status, const struct aws *aws,
                   const struct error *err)
{
    seen->unavailable[which] = status && aws->last_fault == FAULT_PERMISSION;
    if (status) {
        snprintf(seen->said[which], SAID_MAX, "%.239s", err->primary);
    } else {
        seen->good_ms[which] = clock_monotonic_ms();
        seen->said[which][0] = '\0';
    }
}

static void not_there(struct metrics_seen *seen, enum service_of which, const char *why)
{
    seen->unavailable[which] = true;
    snprintf(seen->said[which], SAID_MAX, "%.239s", why);
}

static void read_load(struct aws *aws, const struct rds_target *t, struct arena *a, struct metrics_seen *seen)
{
    struct error err = {0};
    struct rds_instances found = {0};
    const char *writer = t->is_cluster ? NULL : arena_cstr(a, t->instance.id);
    for (size_t i = 0; t->is_cluster && i < t->cluster.members.n; i++) {
        writer = t->cluster.members.at[i].writer ? arena_cstr(a, t->cluster.members.at[i].instance) : writer;
    }
    if (!writer) {
        not_there(seen, INSIGHTS, "the cluster has no writer");
        seen->unavailable[INSIGHTS] = false; /* a failover ends */
        return;
    }
    enum status status = rds_find_instances(aws, writer, NULL, a, &found, &err);
    if (!status && found.n > 0 && !found.at[0].insights) {
        not_there(seen, INSIGHTS, arena_printf(a, "Performance Insights is off for the instance %s in RDS", writer).p);
        return;
    }
    if (!status && found.n == 0) {
        status = error_set(&err, ST_REMOTE, "the instance %s is gone", writer);
    }
    status = status ? status : metrics_load(aws, found.at[0].resource_id.p, &seen->values, &err);
    settle(seen, INSIGHTS, status, aws, &err);
}

static void read_once(struct aws *aws, const struct target_wish *wish, struct metrics_seen *seen)
{
    struct arena a;
    struct rds_target t;
    struct error err = {0};
    bool found;
    arena_init(&a, 64 << 20);
    aws->last_fault = FAULT_NONE;
    const enum status status = target_find(aws, wish, &a, &found, &t, &err);
    if (status) {
        settle(seen, CLOUDWATCH, status, aws, &err);
        settle(seen, INSIGHTS, status, aws, &err);
    } else if (!found) {
        not_there(seen, CLOUDWATCH, "the database is not in RDS, as far as its host name tells");
        not_there(seen, INSIGHTS, seen->said[CLOUDWATCH]);
    } else {
        const enum status read = metrics_read(aws, t.is_cluster, arena_cstr(&a, target_id(&t)), &seen->values, &err);
        settle(seen, CLOUDWATCH, read, aws, &err);
        read_load(aws, &t, &a, seen);
    }
    arena_free(&a);
}

static void copy(struct metrics_seen *to, const struct metrics_seen *from)
{
    to->values = from->values;
    memcpy(to->good_ms, from->good_ms, sizeof(to->good_ms));
    memcpy(to->unavailable, from->unavailable, sizeof(to->unavailable));
    memcpy(to->said, from->said, sizeof(to->said));
}

static void publish(struct metrics_seen *to, const struct metrics_seen *from)
{
    atomic_fetch_add(&to->changes, 1);
    copy(to, from);
    atomic_fetch_add(&to->changes, 1);
}

NORETURN static void reader(struct context *c, struct metrics_seen *seen, pid_t parent)
{
    const int keep[] = {-1};
    struct metrics_seen own = {0};
    struct aws *aws = NULL;
    struct target_wish wish;
    struct error err = {0};
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++) {
        dup2(null, i);
    }
    process_clean_child(keep);
    const struct aws_options options = {.profile =
                                            c->set.aws.profile && c->set.aws.profile[0] ? c->set.aws.profile : NULL,
                                        .region = c->set.aws.region && c->set.aws.region[0] ? c->set.aws.region : NULL,
                                        .timeout_ms = c->set.aws.answer_ms,
                                        .sleep = nap};
    enum status status = aws_wish(c, &wish, &err);
    status = status ? status : aws_open(&options, &aws, &err);
    while (getppid() == parent) {
        if (status) {
            snprintf(own.said[CLOUDWATCH], SAID_MAX, "%.239s", err.primary);
            snprintf(own.said[INSIGHTS], SAID_MAX, "%.239s", err.primary);
        } else {
            aws_ignore_signals(aws, true); /* their descriptor is closed here */
            read_once(aws, &wish, &own);
        }
        publish(seen, &own);
        if (status || (own.unavailable[CLOUDWATCH] && own.unavailable[INSIGHTS])) {
            break;
        }
        (void)nap(NULL, every_ms(c), &err);
    }
    _exit(0);
}

static void start(struct metrics_run *m)
{
    const pid_t parent = getpid();
    fflush(NULL);
    m->pid = fork();
    if (m->pid == 0) {
        reader(m->c, m->seen, parent);
    }
}

/* ---- our side ---- */

/*
 * A whole copy of what is there now; the number of changes so far. A reader that was killed while it wrote leaves nothing that could be relied
 * on.
 */
static uint64_t look(const struct metrics_seen *seen, struct metrics_seen *out)
{
    for (int i = 0; i < LOOKS; i++) {
        const uint64_t before = atomic_load(&seen->changes);
        copy(out, seen);
        if (before % 2 == 0 && atomic_load(&seen->changes) == before) {
            return before;
        }
    }
    *out = (struct metrics_seen){0};
    return 0;
}

static void tell(const struct metrics_run *m, const struct event *e)
{
    if (m->sink.emit) {
        m->sink.emit(m->sink.arg, e);
    }
}

static void tell_values(struct metrics_run *m, const struct metrics_seen *now)
{
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        const int64_t at = now->values.at[i], age_s = (int64_t)time(NULL) - at;
        if (!now->values.known[i] || at == 0 || at <= m->told_at[i]) {
            continue;
        }
        m->told_at[i] = at;
        const struct event e = {.kind = EVENT_METRIC,
                                .detail = metric_name((enum metric)i),
                                .rate = now->values.value[i],
                                .age_ms = age_s > 0 ? age_s * 1000 : 0,
                                .done = -1,
                                .total = -1};
        tell(m, &e);
    }
}

static void tick(void *arg)
{
    struct metrics_run *m = arg;
    struct metrics_seen now;
    if (m->pid == 0) {
        start(m);
        loop_timer_remove(m->c->loop, m->timer);
        m->timer = loop_timer_add(m->c->loop, every_ms(m->c) < TICK_MS ? every_ms(m->c) : TICK_MS, tick, m);
        return;
    }
    const uint64_t changes = look(m->seen, &now);
    if (changes == m->told) {
        return;
    }
    m->told = changes;
    for (size_t i = 0; i < SERVICES; i++) {
        if (now.unavailable[i] && !m->unmeasured[i] && has_limits(m->c, (enum service_of)i)) {
            m->unmeasured[i] = true;
            const struct event e = {.kind = EVENT_UNMEASURED,
                                    .detail = arena_printf(&m->c->arena, "%s: %s", service_names[i], now.said[i]).p,
                                    .done = -1,
                                    .total = -1};
            tell(m, &e);
        }
    }
    /* A backfill of weeks is told in ever fewer points. */
    if (m->n++ % m->every == 0) {
        tell_values(m, &now);
    }
    if (m->n == TOLD_FIRST * m->every) {
        m->every *= 2;
        m->n = 0;
    }
}

/* How near to its limit one metric is. What cannot be told stops, as everywhere: only what we may not see is passed over, which was said. */
static void judge(const struct context *c, const struct limit *limit, const struct metrics_seen *now,
                  struct throttle_seen *out)
{
    const enum service_of which = limit->metric == METRIC_LOAD ? INSIGHTS : CLOUDWATCH;
    const int64_t stale = every_ms(c) * STALE_READINGS > STALE_MIN_MS ? every_ms(c) * STALE_READINGS : STALE_MIN_MS;
    const int64_t good = now->good_ms[which];
    if (limit->value == 0 || now->unavailable[which]) {
        return;
    }
    struct throttle_seen seen = {.utilisation = 1};
    if (good == 0 || clock_monotonic_ms() - good > stale) {
        snprintf(seen.reason, sizeof(seen.reason), "%s has no answer for %s%s%.120s", service_names[which], limit->key,
                 now->said[which][0] ? ": " : " yet", now->said[which]);
    } else if (!now->values.known[limit->metric]) {
        snprintf(seen.reason, sizeof(seen.reason), "%s has no %s of the last minutes, for %s", service_names[which],
                 metric_name(limit->metric), limit->key);
    } else {
        const double value = now->values.value[limit->metric], wanted = (double)limit->value;
        seen.utilisation = limit->metric == METRIC_MEMORY ? wanted / (value > 1 ? value : 1) : value / wanted;
        snprintf(seen.reason, sizeof(seen.reason), "%s: %.0f of %.0f %s (%s)", limit->what, value / limit->unit,
                 wanted / limit->unit, limit->units, metric_name(limit->metric));
    }
    if (seen.utilisation > out->utilisation) {
        *out = seen;
    }
}

static void look_for_throttle(void *arg, struct throttle_seen *out)
{
    const struct metrics_run *m = arg;
    struct metrics_seen now;
    struct limit limits[LIMITS];
    limits_of(m->c, limits);
    look(m->seen, &now);
    for (size_t i = 0; i < LIMITS; i++) {
        judge(m->c, &limits[i], &now, out);
    }
}

struct throttle_source metrics_run_begin(struct metrics_run *m, struct context *c, struct event_sink sink)
{
    const bool limits = has_limits(c, CLOUDWATCH) || has_limits(c, INSIGHTS);
    *m = (struct metrics_run){.c = c, .sink = sink, .every = 1};
    if (!limits && c->set.aws.metrics_every_ms == 0) {
        return (struct throttle_source){0};
    }
    void *room = mmap(NULL, sizeof(*m->seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED) {
        mem_out("metrics");
    }
    m->seen = room;
    if (limits) {
        start(m);
    }
    m->timer = loop_timer_add(c->loop, limits && every_ms(c) > TICK_MS ? TICK_MS : every_ms(c), tick, m);
    return limits ? (struct throttle_source){.look = look_for_throttle, .arg = m} : (struct throttle_source){0};
}

void metrics_run_end(struct metrics_run *m)
{
    if (!m->seen) {
        return;
    }
    loop_timer_remove(m->c->loop, m->timer);
    if (m->pid > 0) {
        tick(m);
        kill(m->pid, SIGKILL);
        while (waitpid(m->pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    munmap(m->seen, sizeof(*m->seen));
    m->seen = NULL;
}
