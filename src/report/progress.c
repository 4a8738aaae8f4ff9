#include "report/progress.h"

#include "base/clock.h"
#include "base/term.h"
#include "report/plan.h"
#include "report/style.h"

enum { LINE_MAX_BYTES = 1 << 16, PLAIN_INTERVAL_MS = 10000, TERMINAL_INTERVAL_MS = 200, BAR = 20 };

void progress_init(struct progress *p, FILE *stream)
{
    *p = (struct progress){.stream = stream, .last_ms = -PLAIN_INTERVAL_MS, .blocked_ms = -PLAIN_INTERVAL_MS};
    strbuf_init(&p->line, LINE_MAX_BYTES);
}

void progress_free(struct progress *p)
{
    if (p->open_line) {
        fputc('\n', p->stream);
    }
    strbuf_free(&p->line);
}

/* A line that will be written over must not wrap: cut it at the terminal's width. */
static void cut_line(struct progress *p)
{
    const unsigned width = term_width(fileno(p->stream), 80);
    const struct str line = strbuf_str(&p->line);
    unsigned columns = 0;
    for (size_t i = 0; i < line.n;) {
        uint32_t c;
        const size_t n = utf8_decode(line, i, &c);
        columns += term_char_width(c);
        if (columns >= width) {
            strbuf_truncate(&p->line, i);
            return;
        }
        i += n;
    }
}

/* Write p->line. `stays`: it is done; otherwise the next line on a terminal takes its place. */
static void put(struct progress *p, bool stays)
{
    if (p->open_line) {
        fputs("\r\x1b[K", p->stream);
    }
    if (!stays && p->terminal) {
        cut_line(p);
    }
    fwrite(p->line.p, 1, p->line.n, p->stream);
    p->open_line = !stays && p->terminal;
    if (!p->open_line) {
        fputc('\n', p->stream);
    }
    fflush(p->stream);
    strbuf_reset(&p->line);
}

static void begin_step(struct progress *p, const struct event *e)
{
    strbuf_addf(&p->line, "  step %u of %u: ", e->step->ordinal, e->n_steps);
    step_title(&p->line, e->step);
}

static void step_end(struct progress *p, const struct event *e)
{
    begin_step(p, e);
    strbuf_add_cstr(&p->line, "  ");
    paint_begin(&p->line, PAINT_GREEN, p->colour);
    strbuf_add_cstr(&p->line, "done in ");
    clock_duration(e->ms, &p->line);
    paint_end(&p->line, PAINT_GREEN, p->colour);
    if (e->rows > 0) {
        strbuf_add_cstr(&p->line, ", ");
        add_rows(&p->line, e->rows);
    }
    if (e->attempt > 1) {
        strbuf_addf(&p->line, ", at try %u", e->attempt);
    }
    put(p, true);
}

static void add_detail(struct progress *p, const char *before, const struct event *e)
{
    if (e->detail && e->detail[0]) {
        strbuf_add_cstr(&p->line, before);
        add_one_line(&p->line, str_of(e->detail), 500);
    }
}

static void add_session(struct progress *p, const struct event *e)
{
    if (e->pid == 0 && e->state) { /* a prepared transaction has no process */
        strbuf_addf(&p->line, "a %s", e->state);
        return;
    }
    strbuf_addf(&p->line, "pid %d", e->pid);
    if (e->user && e->user[0]) {
        strbuf_add_cstr(&p->line, ", user ");
        add_one_line(&p->line, str_of(e->user), 63);
    }
    if (e->application && e->application[0]) {
        strbuf_add_cstr(&p->line, ", ");
        add_one_line(&p->line, str_of(e->application), 63);
    }
    if (e->state && e->state[0]) {
        strbuf_add_cstr(&p->line, ", ");
        add_one_line(&p->line, str_of(e->state), 40);
    }
    if (e->age_ms > 0) {
        strbuf_add_cstr(&p->line, " for ");
        clock_duration(e->age_ms, &p->line);
    }
    if (e->query && e->query[0]) {
        strbuf_add_cstr(&p->line, ": ");
        add_one_line(&p->line, str_of(e->query), 80);
    }
}

static void blocked(struct progress *p, const struct event *e)
{
    const int64_t now = clock_monotonic_ms();
    if (e->pid == p->blocked_pid && now - p->blocked_ms < PLAIN_INTERVAL_MS) {
        return;
    }
    p->blocked_pid = e->pid;
    p->blocked_ms = now;
    strbuf_add_cstr(&p->line, "    waiting for ");
    add_session(p, e);
    put(p, true);
}

static void terminated(struct progress *p, const struct event *e)
{
    strbuf_add_cstr(&p->line, e->detail ? "    could not end " : "    ended ");
    add_session(p, e);
    add_detail(p, ": ", e);
    put(p, true);
}

static void watchdog(struct progress *p, const struct event *e)
{
    strbuf_add_cstr(&p->line, "    cancelled for now: ");
    add_count(&p->line, (uint64_t)e->rows, "session");
    strbuf_add_cstr(&p->line, e->rows == 1 ? " waits behind this step, for " : " wait behind this step, one for ");
    clock_duration(e->ms, &p->line);
    put(p, true);
}

static void progress_line(struct progress *p, const struct event *e)
{
    const int64_t now = clock_monotonic_ms();
    const struct str detail = str_of(e->detail ? e->detail : "");
    const struct str reason = str_slice(str_slice(detail, 0, str_find_char(detail, ':')), 0, sizeof(p->reason) - 1);
    /* What slows it down is told at once; that it goes on doing so, and by how much, is not. */
    if (now - p->last_ms < (p->terminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS) &&
        (reason.n == 0 || str_eq(reason, str_of(p->reason)))) {
        return;
    }
    snprintf(p->reason, sizeof(p->reason), "%.*s", STR_ARG(reason));
    p->last_ms = now;
    strbuf_addf(&p->line, "    ");
    if (e->total > 0) {
        const double share = (double)e->done / (double)e->total;
        if (p->terminal && !e->detail) {
            add_bar(&p->line, share, BAR);
        } else {
            strbuf_addf(&p->line, "%.0f %%", (share > 1 ? 1 : share) * 100);
        }
        strbuf_addf(&p->line, ", %" PRId64 " of %" PRId64, e->done, e->total);
    } else if (e->done >= 0) {
        strbuf_addf(&p->line, "%" PRId64, e->done);
    }
    if (e->rate > 0) {
        strbuf_addf(&p->line, ", %.0f/s", e->rate);
        if (e->total > e->done && e->done >= 0) {
            strbuf_add_cstr(&p->line, ", ");
            clock_duration((int64_t)((double)(e->total - e->done) / e->rate * 1000), &p->line);
            strbuf_add_cstr(&p->line, " left");
        }
    }
    add_detail(p, p->line.n > 4 ? ", " : "", e); /* what comes behind may be cut off */
    if (e->batch_rows > 0) {
        strbuf_addf(&p->line, ", batches of %" PRId64, e->batch_rows);
    }
    if (e->lag_ms > 0 || e->lag_bytes > 0) {
        strbuf_add_cstr(&p->line, ", a replica is ");
        if (e->lag_ms > 0) {
            clock_duration(e->lag_ms, &p->line);
        } else {
            add_bytes(&p->line, e->lag_bytes);
        }
        strbuf_add_cstr(&p->line, " behind");
    }
    put(p, false);
}

static void retry(struct progress *p, const struct event *e)
{
    strbuf_addf(&p->line, "    try %u gave way", e->attempt);
    add_detail(p, ": ", e);
    if (e->sqlstate[0]) {
        strbuf_addf(&p->line, " (%s)", e->sqlstate);
    }
    strbuf_add_cstr(&p->line, "; again in ");
    clock_duration(e->wait_ms, &p->line);
    put(p, true);
}

static void migration_begin(struct progress *p, const struct event *e)
{
    paint_begin(&p->line, PAINT_BOLD, p->colour);
    strbuf_add_cstr(&p->line, e->down ? "down " : "");
    term_escape(&p->line, e->migration->version);
    strbuf_add_char(&p->line, ' ');
    term_escape(&p->line, e->migration->name);
    paint_end(&p->line, PAINT_BOLD, p->colour);
    put(p, true);
}

/* The text says the percent by itself. */
static void snapshot_wait(struct progress *p, const struct event *e)
{
    const int64_t now = clock_monotonic_ms();
    if (now - p->last_ms >= (p->terminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS)) {
        p->last_ms = now;
        add_detail(p, "", e);
        put(p, false);
    }
}

static void told(struct progress *p, const char *what, const struct event *e)
{
    strbuf_add_cstr(&p->line, what);
    add_detail(p, "", e);
    put(p, true);
}

static void analyzed(struct progress *p, const struct event *e)
{
    strbuf_add_cstr(&p->line, e->sqlstate[0] ? "  could not analyze " : "  analyzed ");
    add_detail(p, "", e);
    if (e->sqlstate[0]) {
        strbuf_addf(&p->line, " (%s); the migration is done", e->sqlstate);
    } else {
        strbuf_add_cstr(&p->line, " in ");
        clock_duration(e->ms, &p->line);
    }
    put(p, true);
}

static void add_preflight(struct progress *p, const char *head, const char *text)
{
    if (text && text[0]) {
        strbuf_add_cstr(&p->line, head);
        add_one_line(&p->line, str_of(text), 500);
    }
}

static void preflight(struct progress *p, const struct event *e)
{
    strbuf_addf(&p->line, "preflight: %s: ", e->level);
    add_preflight(p, "", e->detail);
    add_preflight(p, "\n    which means: ", e->meaning);
    add_preflight(p, "\n    way out: ", e->way_out);
    put(p, true);
}

/* Events that matter even to --quiet are those a person would have to act on. */
static bool is_wanted(const struct progress *p, enum event_kind kind)
{
    return !p->quiet || kind == EVENT_BLOCKED || kind == EVENT_RUN_LOCK_WAIT || kind == EVENT_REPAIR ||
           kind == EVENT_PREFLIGHT || kind == EVENT_WINDOW || kind == EVENT_TERMINATED || kind == EVENT_WATCHDOG ||
           kind == EVENT_BLIND || kind == EVENT_UNMEASURED;
}

void progress_emit(void *arg, const struct event *e)
{
    struct progress *p = arg;
    if (p->json) {
        event_json(e, p->stream);
        return;
    }
    if (!is_wanted(p, e->kind)) {
        return;
    }
    switch (e->kind) {
    case EVENT_RUN_BEGIN:
    case EVENT_MIGRATION_END:
    case EVENT_RUN_END:
    case EVENT_METRIC:
        break; /* the command's last line says it */
    case EVENT_WAIT_BEGIN:
    case EVENT_WAIT_END:
        break; /* who it is for says enough */
    case EVENT_RUN_LOCK_WAIT:
        told(p, "waiting for another run to end: ", e);
        break;
    case EVENT_PREFLIGHT:
        preflight(p, e);
        break;
    case EVENT_WINDOW:
        told(p, "waiting for the window: ", e);
        break;
    case EVENT_SNAPSHOT_WAIT:
        snapshot_wait(p, e);
        break;
    case EVENT_SNAPSHOT:
        told(p, "snapshot: ", e);
        break;
    case EVENT_MIGRATION_BEGIN:
        migration_begin(p, e);
        break;
    case EVENT_STEP_BEGIN:
        /* A short step needs no line of progress. */
        p->last_ms = p->terminal ? p->last_ms : clock_monotonic_ms();
        if (p->terminal || p->verbose) {
            begin_step(p, e);
            put(p, false);
        }
        break;
    case EVENT_STEP_END:
        step_end(p, e);
        break;
    case EVENT_STEP_SKIPPED:
        begin_step(p, e);
        strbuf_add_cstr(&p->line, "  done in an earlier run");
        put(p, true);
        break;
    case EVENT_STEP_RETRY:
        retry(p, e);
        break;
    case EVENT_BLOCKED:
        blocked(p, e);
        break;
    case EVENT_TERMINATED:
        terminated(p, e);
        break;
    case EVENT_WATCHDOG:
        watchdog(p, e);
        break;
    case EVENT_BLIND:
        told(p, "    nobody watches for blocked sessions, only timeouts do: no second connection: ", e);
        break;
    case EVENT_UNMEASURED:
        told(p, "    not looked at: ", e);
        break;
    case EVENT_PROGRESS:
        progress_line(p, e);
        break;
    case EVENT_ANALYZED:
        analyzed(p, e);
        break;
    case EVENT_REPAIR:
        told(p, "    repaired: ", e);
        break;
    case EVENT_NOTICE:
        if (p->verbose) {
            told(p, "    ", e);
        }
        break;
    }
}
