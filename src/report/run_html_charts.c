/* Curves over a step's time. The drawing is stretched to the width of its place; numbers stand around it as HTML. */
#include "base/clock.h"
#include "report/run_html.h"
#include "report/style.h"

enum { WIDTH = 1000, HEIGHT = 100, POINTS_MIN = 3, BINS = 120, REASONS_SHOWN = 8 };

struct point {
    double x, y; /* x in ms since the step began */
    bool begins; /* a curve of its own */
};

VEC_DECLARE(point_list, struct point);

enum unit { UNIT_PERCENT, UNIT_RATE, UNIT_ROWS, UNIT_TIME, UNIT_BYTES, UNIT_NONE };

/* What lies below all curves of a group: its time, and of a step when it was held back. */
struct ground {
    double span;                  /* ms */
    const struct step_view *step; /* NULL: none */
};

static void value(struct strbuf *out, enum unit unit, double y)
{
    if (unit == UNIT_TIME) {
        clock_duration((int64_t)y, out);
    } else if (unit == UNIT_BYTES) {
        add_bytes(out, (int64_t)y);
    } else if (unit == UNIT_PERCENT || unit == UNIT_NONE) {
        strbuf_addf(out, unit == UNIT_NONE ? "%.1f" : "%.0f %%", y);
    } else {
        html_number(out, y);
        strbuf_add_cstr(out, unit == UNIT_RATE ? "/s" : "");
    }
}

/* The next round number: 1, 2, 2.5 or 5 times a power of ten. */
static double ceiling(double y)
{
    double unit = 1;
    static const double heads[] = {1, 2, 2.5, 5, 10};
    while (unit * 10 < y) {
        unit *= 10;
    }
    for (size_t i = 0; i < countof(heads); i++) {
        if (y <= unit * heads[i]) {
            return unit * heads[i];
        }
    }
    return y;
}

static void held(struct strbuf *out, const struct step_view *s, double span)
{
    for (size_t i = 0; i + 1 < s->points.n; i++) {
        const struct journal_event *e = s->points.at[i];
        if (e->detail.n == 0 || e->batch < 0) {
            continue; /* not a reason to pause, but a phase of the server's own work */
        }
        const double from = (double)(e->at_ms - s->from) * WIDTH / span;
        const double to = (double)(s->points.at[i + 1]->at_ms - s->from) * WIDTH / span;
        strbuf_addf(out, "<rect class=held x=%.1f y=0 width=%.1f height=%d><title>", from,
                    to - from < 1 ? 1 : to - from, HEIGHT);
        html_text(out, e->detail);
        strbuf_add_cstr(out, "</title></rect>");
    }
}

static bool begins(const struct point_list *points, size_t i)
{
    return i == 0 || i == points->n || points->at[i].begins;
}

/* filled: closed along the bottom. */
static void path(struct strbuf *out, const struct point_list *points, double span, double top, bool filled)
{
    double first = 0;
    for (size_t i = 0; i < points->n; i++) {
        const double x = points->at[i].x * WIDTH / span;
        first = begins(points, i) ? x : first;
        strbuf_addf(out, "%s%.1f %.1f", begins(points, i) ? "M" : "L", x, HEIGHT - points->at[i].y * HEIGHT / top);
        if (filled && begins(points, i + 1)) {
            strbuf_addf(out, "L%.1f %dL%.1f %dZ", x, HEIGHT, first, HEIGHT);
        }
    }
}

static void chart(struct strbuf *out, const struct ground *g, const char *title, enum unit unit,
                  const struct point_list *points)
{
    const double span = g->span;
    double peak = 0;
    for (size_t i = 0; i < points->n; i++) {
        peak = points->at[i].y > peak ? points->at[i].y : peak;
    }
    if (points->n < POINTS_MIN || peak <= 0) {
        return;
    }
    const double top = unit == UNIT_PERCENT ? 100 : ceiling(peak);
    strbuf_addf(out, "<figure><figcaption><b>%s</b><span>", title);
    if (unit != UNIT_PERCENT) {
        strbuf_add_cstr(out, "peak ");
        value(out, unit, peak);
        strbuf_add_cstr(out, " · end ");
    }
    value(out, unit, points->at[points->n - 1].y);
    strbuf_add_cstr(out, "</span></figcaption><div class=plot><span class=top>");
    value(out, unit, top);
    strbuf_add_cstr(out, "</span><span class=mid>");
    value(out, unit, top / 2);
    strbuf_addf(out,
                "</span><svg viewBox=\"0 0 %d %d\" preserveAspectRatio=none role=img aria-label=\"%s\">"
                "<line class=half x1=0 x2=%d y1=%d y2=%d />",
                WIDTH, HEIGHT, title, WIDTH, HEIGHT / 2, HEIGHT / 2);
    if (g->step) {
        held(out, g->step, span);
    }
    strbuf_add_cstr(out, "<path class=under d=\"");
    path(out, points, span, top, true);
    strbuf_add_cstr(out, "\"/><path class=curve d=\"");
    path(out, points, span, top, false);
    strbuf_add_cstr(out, "\"/></svg></div><div class=x><span>0</span><span>");
    clock_duration((int64_t)(span / 2), out);
    strbuf_add_cstr(out, "</span><span>");
    clock_duration((int64_t)span, out);
    strbuf_add_cstr(out, "</span></div></figure>\n");
}

/* ---- what is drawn ---- */

static void add_point(struct arena *a, struct point_list *list, const struct step_view *s,
                      const struct journal_event *e, double y)
{
    *vec_push(a, list) = (struct point){(double)(e->at_ms - s->from), y, false};
}

/*
 * What has a total of its own is a curve of its own: each phase of a shadow change and of the server's work on an index. Keys that
 * are done in batches are one, whatever holds them back, until they are gone through once more.
 */
static bool same_series(const struct journal_event *a, const struct journal_event *b)
{
    return a->batch > 0 || b->batch > 0 ? a->batch > 0 && b->batch > 0 && b->done >= a->done
                                        : str_eq(a->detail, b->detail);
}

static struct point_list progress_points(struct arena *a, const struct step_view *s, bool total)
{
    struct point_list out = {0};
    bool broken = true;
    for (size_t i = 0; i < s->points.n; i++) {
        const struct journal_event *e = s->points.at[i];
        broken = broken || !same_series(s->points.at[i - 1], e);
        if (e->done < 0 || (e->total > 0) != total) {
            continue;
        }
        if (broken && out.n > 0 && out.at[out.n - 1].begins) {
            out.n--; /* a single point is no curve */
        }
        const int64_t done = total && e->done > e->total ? e->total : e->done;
        add_point(a, &out, s, e, total ? (double)done * 100 / (double)e->total : (double)done);
        out.at[out.n - 1].begins = broken;
        broken = false;
    }
    out.n -= out.n > 0 && out.at[out.n - 1].begins;
    return out;
}

/* What was done between the points, in bins: single batches jump too much to be read. */
static void rate_points(struct arena *a, const struct step_view *s, struct point_list *out)
{
    const struct journal_event *before = NULL;
    const int64_t bin = (s->to - s->from) / BINS;
    for (size_t i = 0; i < s->points.n; i++) {
        const struct journal_event *e = s->points.at[i];
        const int64_t from = before ? before->at_ms : s->from;
        if (e->done < 0 || e->at_ms - from < bin || e->at_ms <= from) {
            continue;
        }
        const int64_t done = before ? e->done - before->done : 0;
        if (before) {
            add_point(a, out, s, e, done > 0 ? (double)done * 1000 / (double)(e->at_ms - from) : 0);
        }
        before = e;
    }
}

static void reasons(struct strbuf *out, const struct step_view *s)
{
    struct {
        struct str text;
        unsigned n;
    } seen[REASONS_SHOWN] = {{STR_NONE, 0}};
    size_t n = 0;
    for (size_t i = 0; i < s->points.n; i++) {
        const struct journal_event *e = s->points.at[i];
        size_t k = 0;
        while (k < n && !str_eq(seen[k].text, e->detail)) {
            k++;
        }
        if (e->detail.n > 0 && e->batch >= 0 && k < REASONS_SHOWN) {
            seen[k].text = e->detail;
            seen[k].n++;
            n = k == n ? n + 1 : n;
        }
    }
    for (size_t i = 0; i < n; i++) {
        strbuf_addf(out, "%s<span>", i ? " · " : "<p class=why>held back: ");
        html_text(out, seen[i].text);
        strbuf_addf(out, seen[i].n > 1 ? " (%u times)</span>" : "</span>", seen[i].n);
    }
    strbuf_add_cstr(out, n ? "</p>" : "");
}

static void step_charts(struct strbuf *out, const struct step_view *s)
{
    struct arena a;
    struct point_list rate = {0}, batch = {0}, lag = {0}, lag_bytes = {0};
    const bool backfill = str_eq(s->step->kind, STR("backfill"));
    const struct ground g = {s->to > s->from ? (double)(s->to - s->from) : 1, s};
    arena_init(&a, SIZE_MAX);
    for (size_t i = 0; i < s->points.n; i++) {
        const struct journal_event *e = s->points.at[i];
        if (e->batch > 0) {
            add_point(&a, &batch, s, e, (double)e->batch);
        }
        add_point(&a, &lag, s, e, e->lag_ms > 0 ? (double)e->lag_ms : 0);
        add_point(&a, &lag_bytes, s, e, e->lag_bytes > 0 ? (double)e->lag_bytes : 0);
    }
    const struct point_list progress = progress_points(&a, s, true), done = progress_points(&a, s, false);
    if (backfill) {
        rate_points(&a, s, &rate);
    }
    strbuf_add_cstr(out, "<h3>");
    html_step_name(out, s->step);
    strbuf_add_cstr(out, "</h3><code>");
    html_short(out, s->step->sql, 160);
    strbuf_add_cstr(out, "</code>");
    reasons(out, s);
    strbuf_add_cstr(out, "<div class=charts>");
    chart(out, &g, "Progress", UNIT_PERCENT, &progress);
    chart(out, &g, backfill ? "Keys done" : "Done", UNIT_ROWS, &done);
    chart(out, &g, "Keys per second", UNIT_RATE, &rate);
    chart(out, &g, "Keys in a batch", UNIT_ROWS, &batch);
    chart(out, &g, "Replica lag", UNIT_TIME, &lag);
    chart(out, &g, "Replica lag in WAL", UNIT_BYTES, &lag_bytes);
    strbuf_add_cstr(out, "</div>\n");
    arena_free(&a);
}

static enum unit unit_of(struct str metric)
{
    return str_eq(metric, STR("FreeableMemory"))     ? UNIT_BYTES
           : str_eq(metric, STR("AuroraReplicaLag")) ? UNIT_TIME
           : str_ends(metric, STR("Utilization"))    ? UNIT_PERCENT
                                                     : UNIT_NONE;
}

void html_charts(struct strbuf *out, const struct run_view *v)
{
    bool any = false;
    for (size_t i = 0; i < v->steps.n; i++) {
        if (v->steps.at[i].points.n >= POINTS_MIN) {
            strbuf_add_cstr(out, any ? "" : "<section class=card><h2>Over time</h2>");
            any = true;
            step_charts(out, &v->steps.at[i]);
        }
    }
    strbuf_add_cstr(out, any ? "</section>\n" : "");
}

void html_metrics(struct strbuf *out, const struct run_view *v)
{
    const struct ground g = {v->ms > 0 ? (double)v->ms : 1, NULL};
    bool any = false;
    for (size_t i = 0; i < v->metrics.n; i++) {
        const struct metric_view *m = &v->metrics.at[i];
        struct point_list points = {0};
        struct arena a;
        char title[128];
        arena_init(&a, SIZE_MAX);
        for (size_t k = 0; k < m->points.n; k++) {
            *vec_push(&a, &points) = (struct point){(double)m->points.at[k].at_ms, m->points.at[k].value, false};
        }
        struct strbuf name;
        strbuf_init(&name, sizeof(title));
        html_text(&name, m->name);
        snprintf(title, sizeof(title), "%s", strbuf_cstr(&name));
        strbuf_free(&name);
        if (points.n >= POINTS_MIN) {
            strbuf_add_cstr(out, any ? "" : "<section class=card><h2>Measured by AWS</h2><div class=charts>");
            any = true;
            chart(out, &g, title, unit_of(m->name), &points);
        }
        arena_free(&a);
    }
    strbuf_add_cstr(out, any ? "</div></section>\n" : "");
}
