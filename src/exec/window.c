#include "exec/window.h"

#include "base/clock.h"
#include "exec/tx.h"

enum { DAY = 24 * 60, NAP_MS = 60000 };

/* ---- reading ---- */

/* "2:00", "02:30", "24:00" */
static bool read_time(struct str text, int *minutes)
{
    const size_t colon = str_find_char(text, ':');
    int64_t h, m;
    if (colon == SIZE_MAX || text.n - colon != 3 || !str_to_i64(str_slice(text, 0, colon), 0, 24, &h) ||
        !str_to_i64(str_slice(text, colon + 1, text.n), 0, 59, &m) || h * 60 + m > DAY) {
        return false;
    }
    *minutes = (int)(h * 60 + m);
    return true;
}

/* "+05:30", "UTC+2": the server takes it as POSIX has it, west of Greenwich, which hardly anybody means. */
static bool is_bare_offset(struct str zone)
{
    const struct str at = str_slice(zone, 0, 3);
    const size_t sign = str_eq_nocase(at, STR("UTC")) || str_eq_nocase(at, STR("GMT")) ? 3 : 0;
    return zone.n > sign && (zone.p[sign] == '+' || zone.p[sign] == '-');
}

enum status window_parse(const char *text, struct window *out, struct error *err)
{
    const char *const at = strchr(text, '@');
    const struct str hours = str_trim(str_slice(str_of(text), 0, at ? (size_t)(at - text) : strlen(text)));
    const size_t dash = str_find_char(hours, '-');
    *out = (struct window){.zone = at ? at + 1 : ""};
    if (dash == SIZE_MAX || !read_time(str_trim(str_slice(hours, 0, dash)), &out->from) ||
        !read_time(str_trim(str_slice(hours, dash + 1, hours.n)), &out->to) || (at && !at[1])) {
        error_set(err, ST_USAGE, "\"%s\" is not a window of hours", text);
        error_hint(err, "write 02:00-04:30@Europe/Berlin");
        return ST_USAGE;
    }
    if (is_bare_offset(str_of(out->zone))) {
        error_set(err, ST_USAGE, "window %s: PostgreSQL counts the hours of an offset like %s to the west", text,
                  out->zone);
        error_hint(err, "name a place, as Asia/Kolkata, or UTC");
        return ST_USAGE;
    }
    out->to += out->to <= out->from ? DAY : 0;
    return ST_OK;
}

/* ---- asking ---- */

struct answer {
    int64_t left_ms;  /* of the window that is open; 0: none is */
    int64_t opens_ms; /* until the next one opens */
};

static enum status ask(struct run *r, const struct window *w, struct answer *out, struct error *err)
{
    static const char sql[] =
        "WITH z AS (SELECT CASE WHEN $1 = '' THEN pg_catalog.current_setting('TimeZone') ELSE $1 END AS zone,"
        " pg_catalog.clock_timestamp() AS now),"
        " o AS (SELECT z.now, ((z.now AT TIME ZONE z.zone)::pg_catalog.date + d"
        " + $2::pg_catalog.float8 * '1 minute'::pg_catalog.interval) AT TIME ZONE z.zone AS opens,"
        " ((z.now AT TIME ZONE z.zone)::pg_catalog.date + d"
        " + $3::pg_catalog.float8 * '1 minute'::pg_catalog.interval) AT TIME ZONE z.zone AS closes"
        " FROM z, pg_catalog.generate_series(-2, 3) d)"
        " SELECT coalesce(pg_catalog.date_part('epoch', max(closes - now) FILTER (WHERE opens <= now AND closes > now))"
        " * '1000'::pg_catalog.float8, 0)::pg_catalog.int8,"
        " (pg_catalog.date_part('epoch', min(opens - now) FILTER (WHERE opens > now)) * '1000'::pg_catalog.float8)"
        "::pg_catalog.int8 FROM o";
    struct arena a;
    struct rows *rows = NULL;
    arena_init(&a, 1 << 16);
    const struct param params[] = {{w->zone}, {param_i64(&a, w->from)}, {param_i64(&a, w->to)}};
    enum status status = session_query(r->s, sql, params, 3, ANSWER_MS, &rows, err);
    arena_free(&a);
    if (!status) {
        *out = (struct answer){rows_i64(rows, 0, 0), rows_i64(rows, 0, 1)};
    } else if (strcmp(err->sqlstate, "22023") == 0) {
        status = error_set(err, ST_USAGE, "the server does not know the time zone \"%s\"", w->zone);
        error_hint(err, "SELECT name FROM pg_timezone_names lists those it knows");
    }
    rows_free(rows);
    return status;
}

static void add_time(struct strbuf *out, const char *before, int64_t ms)
{
    strbuf_add_cstr(out, before);
    clock_duration(ms, out);
}

static enum status refuse(const struct run *r, const char *what, struct error *err)
{
    error_set(err, ST_GAVE_WAY, "window %s: %s", r->o->window, what);
    error_hint(err,
               "what is done is recorded; the same command goes on in the window, --outside-window wait waits for it");
    return ST_GAVE_WAY;
}

/* Is it open for so long? If not, *what says why, and the status is that of giving way when no window is ever long enough. */
static enum status look(struct run *r, const struct window *w, int64_t estimate_ms, bool *open, int64_t *opens_ms,
                        struct strbuf *what, struct error *err)
{
    struct answer now = {0};
    const enum status status = ask(r, w, &now, err);
    const bool never = estimate_ms > (int64_t)(w->to - w->from) * 60000;
    *open = !status && now.left_ms > 0 && estimate_ms <= now.left_ms;
    *opens_ms = now.opens_ms;
    if (status || *open) {
        return status;
    }
    strbuf_reset(what);
    if (now.left_ms > 0 || never) {
        add_time(what, "the step takes about ", estimate_ms);
        add_time(what, never ? ", longer than all of it" : ", and what is left of it is ",
                 never ? estimate_ms : now.left_ms);
    } else {
        add_time(what, "it opens in ", now.opens_ms);
    }
    return never ? refuse(r, strbuf_cstr(what), err) : ST_OK;
}

static void tell(const struct run *r, const struct item *it, int64_t opens_ms, const struct strbuf *what)
{
    struct event e = run_event(it, it && it->next < it->steps.n ? item_step(it) : NULL, EVENT_WINDOW);
    struct strbuf text;
    strbuf_init(&text, 512);
    strbuf_addf(&text, "%.*s; meanwhile others may run", (int)what->n, what->p);
    e.detail = strbuf_cstr(&text);
    e.wait_ms = opens_ms;
    run_emit(r, &e);
    strbuf_free(&text);
}

/* The connection may be lost in all these hours. A new one comes with the run lock. */
static enum status again(struct run *r, enum status status, struct error *err)
{
    struct error lost = *err;
    if (status == ST_INTERRUPTED || session_usable(r->s)) {
        return status;
    }
    if (run_recover(r, err)) {
        *err = lost;
        return lost.status;
    }
    runlock_release(r->s, &r->sql);
    return ST_OK;
}

/* Without the lock, or without one to give back. */
static enum status wait(struct run *r, const struct item *it, const struct window *w, int64_t estimate_ms,
                        bool recovers, struct error *err)
{
    enum status status = ST_OK;
    bool open = false, told = false;
    struct strbuf what;
    strbuf_init(&what, 512);
    while (!status && !open) {
        int64_t opens_ms = 0;
        status = look(r, w, estimate_ms, &open, &opens_ms, &what, err);
        if (status && recovers) {
            status = again(r, status, err);
            continue;
        }
        if (!status && !open && !told) {
            tell(r, it, opens_ms, &what);
            told = true;
        }
        if (!status && !open) {
            status = loop_sleep(r->loop, opens_ms < NAP_MS ? opens_ms + 10 : NAP_MS, err);
        }
    }
    strbuf_free(&what);
    return status;
}

enum status window_admit(struct run *r, const struct item *it, int64_t estimate_ms, struct error *err)
{
    struct window w;
    bool open = false;
    int64_t opens_ms;
    struct strbuf what;
    if (!r->o->window) {
        return ST_OK;
    }
    enum status status = window_parse(r->o->window, &w, err);
    if (!status && r->o->window_wait && r->lock_of != r->s) {
        return wait(r, it, &w, estimate_ms, false, err);
    }
    strbuf_init(&what, 512);
    status = status ? status : look(r, &w, estimate_ms, &open, &opens_ms, &what, err);
    if (!status && !open) {
        status = refuse(r, strbuf_cstr(&what), err);
        r->window_waits = r->o->window_wait;
    }
    strbuf_free(&what);
    return status;
}

enum status window_wait(struct run *r, const struct item *it, int64_t estimate_ms, struct error *err)
{
    struct window w;
    enum status status = window_parse(r->o->window, &w, err);
    r->window_waits = false;
    if (status) {
        return status;
    }
    runlock_release(r->s, &r->sql);
    status = wait(r, it, &w, estimate_ms, true, err);
    return status ? status : run_lock(r, r->o->run_lock_wait_ms, err);
}
