/* The steps of a run along its time. Bars are SVG in percent of the width, so that they fit any screen; words are HTML beside them. */
#include "base/clock.h"
#include "report/run_html.h"
#include "report/style.h"

enum { ROWS_SHOWN = 300, BARS_SHOWN = 1000, SESSIONS_SHOWN = 3, TICKS = 5 };

static double percent(const struct run_view *v, int64_t at)
{
    return v->ms > 0 ? (double)at * 100 / (double)v->ms : 0;
}

/* A round distance that makes at most TICKS of them. */
static int64_t tick_ms(int64_t ms)
{
    static const int64_t steps[] = {1,      2,      5,       10,      20,      50,       100,      200,      500,
                                    1000,   2000,   5000,    10000,   15000,   30000,    60000,    120000,   300000,
                                    600000, 900000, 1800000, 3600000, 7200000, 10800000, 21600000, 43200000, 86400000};
    for (size_t i = 0; i < countof(steps); i++) {
        if (ms / steps[i] <= TICKS) {
            return steps[i];
        }
    }
    return ms / TICKS + 1;
}

static void axis(struct strbuf *out, const struct run_view *v, int64_t tick)
{
    strbuf_add_cstr(out, "<div class=axis><span></span><div>");
    for (int64_t at = 0; at <= v->ms; at += tick) {
        /* One at the right end would be cut off there. */
        strbuf_addf(out, "<i%s style=\"left:%.2f%%\">", percent(v, at) > 92 ? " class=end" : "", percent(v, at));
        clock_duration(at, out);
        strbuf_add_cstr(out, "</i>");
    }
    strbuf_add_cstr(out, "</div><b></b></div>");
}

static void bar(struct strbuf *out, const struct run_view *v, int64_t from, int64_t to, const char *class)
{
    const double x = percent(v, from);
    double width = percent(v, to) - x;
    width = width < 0.3 ? 0.3 : width;
    strbuf_addf(out, "<rect class=%s x=\"%.2f%%\" y=0 width=\"%.2f%%\" height=20><title>", class,
                x + width > 100 ? 100 - width : x, width);
}

static void stretch_bar(struct strbuf *out, const struct run_view *v, const struct step_view *s,
                        const struct stretch *p, bool last)
{
    const bool failed = last && s->outcome == OUTCOME_FAILED && p->kind == SPAN_WORK;
    static const char *const classes[] = {
        [SPAN_WORK] = "work", [SPAN_WAIT] = "wait", [SPAN_GAVE_WAY] = "away", [SPAN_PAUSE] = "pause"};
    static const char *const verbs[] = {[SPAN_WORK] = "worked ",
                                        [SPAN_WAIT] = "waited outside of the queue for ",
                                        [SPAN_GAVE_WAY] = "gave way after ",
                                        [SPAN_PAUSE] = "paused "};
    bar(out, v, p->from, p->to, failed ? "fail" : classes[p->kind]);
    strbuf_add_cstr(out, failed ? "failed after " : verbs[p->kind]);
    clock_duration(p->to - p->from, out);
    if (p->event && p->kind == SPAN_GAVE_WAY) {
        strbuf_add_cstr(out, ": ");
        html_text(out, p->event->detail);
    }
    strbuf_add_cstr(out, "</title></rect>");
}

/* Where a session in the way was seen. */
static void spots(struct strbuf *out, const struct run_view *v, const struct step_view *s)
{
    for (size_t i = 0; i < v->blockers.n; i++) {
        const struct blocker *b = &v->blockers.at[i];
        if (b->step == s->step->number) {
            const double x = percent(v, b->first_ms);
            strbuf_addf(out, "<circle class=spot cx=\"%.2f%%\" cy=10 r=4.5><title>blocked by pid %" PRId64,
                        x < 1    ? 1
                        : x > 99 ? 99
                                 : x,
                        b->event->pid);
            strbuf_add_cstr(out, "</title></circle>");
        }
    }
}

/* Not only where a pointer can hover. */
static void waited_for(struct strbuf *out, const struct step_view *s)
{
    struct strbuf who;
    if (s->in_way.n == 0) {
        return;
    }
    strbuf_init(&who, 8192);
    for (size_t i = 0; i < s->in_way.n && i < SESSIONS_SHOWN; i++) {
        strbuf_add_cstr(&who, i ? "; " : "");
        add_session(&who, s->in_way.at[i]);
    }
    if (s->in_way.n > SESSIONS_SHOWN) {
        strbuf_addf(&who, "; and %zu more", s->in_way.n - SESSIONS_SHOWN);
    }
    strbuf_add_cstr(out, "<p class=for>waited ");
    clock_duration(s->outside_ms, out);
    strbuf_add_cstr(out, " for ");
    html_text(out, strbuf_str(&who));
    strbuf_add_cstr(out, "</p>\n");
    strbuf_free(&who);
}

static void row(struct strbuf *out, const struct run_view *v, const struct step_view *s, int64_t tick)
{
    strbuf_addf(out, "<div class=row><div class=what>%u. <code>", s->step->ordinal);
    html_short(out, s->step->sql, 100);
    strbuf_add_cstr(out, "</code></div><svg class=bars>");
    for (int64_t at = tick; at < v->ms; at += tick) {
        strbuf_addf(out, "<line class=grid x1=\"%.2f%%\" x2=\"%.2f%%\" y1=0 y2=20 />", percent(v, at), percent(v, at));
    }
    if (s->outcome == OUTCOME_EARLIER) {
        bar(out, v, s->from, s->to, "early");
        strbuf_add_cstr(out, "done in an earlier run</title></rect>");
    }
    for (size_t i = 0; i < s->spans.n && i < BARS_SHOWN; i++) {
        stretch_bar(out, v, s, &s->spans.at[i], i + 1 == s->spans.n);
    }
    spots(out, v, s);
    strbuf_add_cstr(out, "</svg><div class=ms>");
    if (s->outcome == OUTCOME_EARLIER) {
        strbuf_add_cstr(out, "earlier");
    } else {
        clock_duration(s->to - s->from, out);
    }
    strbuf_add_cstr(out, "</div></div>\n");
    waited_for(out, s);
}

static void legend(struct strbuf *out, const struct run_view *v)
{
    static const struct {
        const char *class, *text;
    } all[] = {{"work", "at work"},
               {"wait", "waiting until the way is clear, keeping nobody waiting"},
               {"away", "a try that gave way"},
               {"pause", "pause before the next try"},
               {"early", "done in an earlier run"},
               {"fail", "failed"}};
    enum { EARLY = SPAN_PAUSE + 1, FAILED };
    bool used[countof(all)] = {false};
    for (size_t i = 0; i < v->steps.n; i++) {
        const struct step_view *s = &v->steps.at[i];
        used[EARLY] = used[EARLY] || s->outcome == OUTCOME_EARLIER;
        used[FAILED] = used[FAILED] || s->outcome == OUTCOME_FAILED;
        for (size_t k = 0; k < s->spans.n; k++) {
            used[s->spans.at[k].kind] = true; /* the first of all[] are in the order of the kinds */
        }
    }
    strbuf_add_cstr(out, "<div class=legend>");
    for (size_t i = 0; i < countof(all); i++) {
        if (used[i]) {
            strbuf_addf(out, "<span><svg><rect class=%s width=12 height=12 rx=2 /></svg>%s</span>", all[i].class,
                        all[i].text);
        }
    }
    if (v->blockers.n > 0) {
        strbuf_add_cstr(out,
                        "<span><svg><circle class=spot cx=6 cy=6 r=5 /></svg>another session was in the way</span>");
    }
    strbuf_add_cstr(out, "</div>");
}

void html_timeline(struct strbuf *out, const struct run_view *v)
{
    const int64_t tick = tick_ms(v->ms);
    struct str version = STR_NONE;
    if (v->steps.n == 0) {
        return;
    }
    strbuf_add_cstr(out, "<section class=card><h2>Timeline</h2>");
    axis(out, v, tick);
    for (size_t i = 0; i < v->steps.n && i < ROWS_SHOWN; i++) {
        const struct step_view *s = &v->steps.at[i];
        if (!str_eq(version, s->step->version)) {
            version = s->step->version;
            strbuf_addf(out, "<div class=mig>%s", s->step->down ? "down " : "");
            html_text(out, version);
            strbuf_add_char(out, ' ');
            html_text(out, s->step->name);
            strbuf_add_cstr(out, "</div>\n");
        }
        row(out, v, s, tick);
    }
    if (v->steps.n > ROWS_SHOWN) {
        strbuf_addf(out, "<p class=why>and %zu more, in the table below</p>", v->steps.n - ROWS_SHOWN);
    }
    legend(out, v);
    strbuf_add_cstr(out, "</section>\n");
}
