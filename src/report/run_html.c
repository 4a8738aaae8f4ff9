/* The page of one run. Every text from outside goes through html_text(). */
#include "report/run_html.h"

#include "base/clock.h"
#include "report/escape.h"
#include "report/style.h"

void html_text(struct strbuf *out, struct str text)
{
    add_xml(out, text);
}

void html_short(struct strbuf *out, struct str sql, size_t max)
{
    struct strbuf line;
    strbuf_init(&line, 8 * max + 16);
    add_one_line(&line, sql, max);
    html_text(out, strbuf_str(&line));
    strbuf_free(&line);
}

void html_number(struct strbuf *out, double n)
{
    static const char *const units[] = {"", " k", " M", " G"};
    size_t i = 0;
    if (n < 9999.5) {
        const int whole = (int)(n + 0.5);
        if (whole >= 1000) {
            strbuf_addf(out, "%d,%03d", whole / 1000, whole % 1000);
        } else {
            strbuf_addf(out, "%d", whole);
        }
        return;
    }
    while (n >= 999.5 && i + 1 < countof(units)) {
        n /= 1000;
        i++;
    }
    strbuf_addf(out, n < 9.95 ? "%.1f%s" : "%.0f%s", n, units[i]);
}

void html_step_name(struct strbuf *out, const struct journal_step *s)
{
    html_text(out, s->version);
    strbuf_add_char(out, ' ');
    html_text(out, s->name);
    strbuf_addf(out, ", step %u of %u", s->ordinal, s->of);
}

/* ---- head ---- */

static const char *badge_class(const struct journal_run *r)
{
    return r->life == JOURNAL_ENDED && r->exit_code == 0                                 ? "good"
           : r->life == JOURNAL_RUNNING || r->life == JOURNAL_UNKNOWN                    ? "warn"
           : str_eq(r->result, STR("gave way")) || str_eq(r->result, STR("interrupted")) ? "warn"
                                                                                         : "bad";
}

/* What became of it, in a sentence. */
static void headline(struct strbuf *out, const struct run_view *v)
{
    const struct journal_run *r = &v->story->run;
    const struct step_view *last = v->steps.n > 0 ? &v->steps.at[v->steps.n - 1] : NULL;
    const uint64_t done = r->done > 0 ? (uint64_t)r->done : 0;
    if (r->life == JOURNAL_ENDED && r->exit_code == 0) {
        strbuf_add_cstr(out, r->down ? "Undid " : "Applied ");
        add_count(out, done, "migration");
        return;
    }
    if (r->life == JOURNAL_RUNNING) {
        strbuf_add_cstr(out, "At work");
    } else if (r->life == JOURNAL_DIED) {
        strbuf_add_cstr(out, "Ended without a word");
    } else if (r->life == JOURNAL_UNKNOWN) {
        strbuf_add_cstr(out, "Not known how it ended");
    } else if (str_eq(r->result, STR("gave way"))) {
        strbuf_add_cstr(out, "Gave way");
    } else if (str_eq(r->result, STR("interrupted"))) {
        strbuf_add_cstr(out, "Interrupted");
    } else {
        strbuf_add_cstr(out, "Failed");
    }
    if (last && last->outcome != OUTCOME_DONE && last->outcome != OUTCOME_EARLIER) {
        strbuf_add_cstr(out, " in ");
        html_step_name(out, last->step);
    } else if (!last) {
        strbuf_add_cstr(out, " before the first step");
    }
}

static void head(struct strbuf *out, const struct run_view *v)
{
    const struct journal_run *r = &v->story->run;
    struct arena a;
    arena_init(&a, SIZE_MAX);
    strbuf_add_cstr(out, "<header class=head><div><p class=over>migrate ");
    html_text(out, r->command);
    strbuf_add_cstr(out, " · ");
    html_text(out, r->database);
    strbuf_add_cstr(out, "</p><h1>");
    headline(out, v);
    strbuf_addf(out, "</h1></div><span class=\"badge %s\">", badge_class(r));
    html_text(out, str_of(run_result_text(r, &a)));
    strbuf_add_cstr(out, "</span></header>\n");
    arena_free(&a);
}

static void trouble(struct strbuf *out, const struct run_view *v)
{
    const struct journal_run *r = &v->story->run;
    if (r->life == JOURNAL_DIED) {
        strbuf_add_cstr(
            out, "<section class=\"card error\"><h2>The process is gone</h2><p>It was killed, or the machine went "
                 "down. What it had done is in the history; migrate up goes on from there.</p></section>\n");
    }
    if (r->error.n == 0) {
        return;
    }
    strbuf_add_cstr(out, "<section class=\"card error\"><h2>");
    html_text(out, r->error);
    strbuf_add_cstr(out, "</h2>");
    if (r->place.n > 0) {
        strbuf_add_cstr(out, "<p><code>");
        html_text(out, r->place);
        strbuf_add_cstr(out, "</code></p>");
    }
    if (r->hint.n > 0) {
        strbuf_add_cstr(out, "<p>");
        html_text(out, r->hint);
        strbuf_add_cstr(out, "</p>");
    }
    strbuf_add_cstr(out, "<p class=over>");
    if (r->sqlstate.n > 0) {
        strbuf_add_cstr(out, "SQLSTATE ");
        html_text(out, r->sqlstate);
        strbuf_add_cstr(out, " · ");
    }
    strbuf_addf(out, "exit code %" PRId64 "</p></section>\n", r->exit_code);
}

/* ---- numbers ---- */

static void tile_begin(struct strbuf *out)
{
    strbuf_add_cstr(out, "<div class=tile><b>");
}

static void tile_end(struct strbuf *out, const char *name)
{
    strbuf_addf(out, "</b><span>%s</span></div>", name);
}

static void tiles(struct strbuf *out, const struct run_view *v)
{
    uint64_t done = 0, gave_way = 0;
    int64_t rows = 0;
    for (size_t i = 0; i < v->steps.n; i++) {
        const struct step_view *s = &v->steps.at[i];
        done += s->outcome == OUTCOME_DONE;
        rows += s->rows;
        for (size_t k = 0; k < s->spans.n; k++) {
            gave_way += s->spans.at[k].kind == SPAN_GAVE_WAY;
        }
    }
    strbuf_add_cstr(out, "<div class=tiles>");
    tile_begin(out);
    clock_duration(v->ms, out);
    tile_end(out, v->story->run.life == JOURNAL_RUNNING ? "so far" : "from start to end");
    tile_begin(out);
    strbuf_addf(out, "%" PRIu64, done);
    tile_end(out, done == 1 ? "step done" : "steps done");
    tile_begin(out);
    clock_duration(v->waited_ms, out);
    tile_end(out, "lost to locks of others");
    tile_begin(out);
    strbuf_addf(out, "%" PRIu64, gave_way);
    tile_end(out, gave_way == 1 ? "try that gave way" : "tries that gave way");
    tile_begin(out);
    html_number(out, (double)rows);
    tile_end(out, rows == 1 ? "row written" : "rows written");
    strbuf_add_cstr(out, "</div>\n");
}

static void fact(struct strbuf *out, const char *name, struct str text)
{
    if (text.n > 0) {
        strbuf_addf(out, "<dt>%s</dt><dd>", name);
        html_text(out, text);
        strbuf_add_cstr(out, "</dd>");
    }
}

static void facts(struct strbuf *out, const struct run_view *v)
{
    const struct journal_run *r = &v->story->run;
    struct arena a;
    struct strbuf when;
    arena_init(&a, SIZE_MAX);
    strbuf_init(&when, 256);
    add_time(&when, r->started_ms);
    if (r->ended_ms >= 0) {
        strbuf_add_cstr(&when, " to ");
        add_time(&when, r->ended_ms);
    }
    strbuf_add_cstr(out, "<section class=card><h2>Run</h2><dl>");
    fact(out, "When", strbuf_str(&when));
    fact(out, "Run", r->id);
    fact(out, "Database", r->database);
    if (r->server_version > 0) {
        fact(out, "Server", arena_printf(&a, "PostgreSQL %d.%d", r->server_version / 10000, r->server_version % 10000));
    }
    fact(out, "By", arena_printf(&a, "%.*s on %.*s, process %d", STR_ARG(r->os_user), STR_ARG(r->host), r->pid));
    fact(out, "With", arena_printf(&a, "migrate %.*s", STR_ARG(r->tool_version)));
    if (r->done >= 0) {
        fact(out, "Migrations", arena_printf(&a, "%" PRId64 " of %" PRId64 " finished", r->done, r->migrations));
    }
    if (r->left_out > 0) {
        fact(out, "Left out", arena_printf(&a, "%" PRId64 " events, for lack of room", r->left_out));
    }
    strbuf_add_cstr(out, "</dl></section>\n");
    strbuf_free(&when);
    arena_free(&a);
}

/* ---- who was in the way ---- */

static const struct journal_step *step_of(const struct run_view *v, int64_t number)
{
    for (size_t i = 0; i < v->steps.n; i++) {
        if (v->steps.at[i].step->number == number) {
            return v->steps.at[i].step;
        }
    }
    return NULL;
}

static void blocker_row(struct strbuf *out, const struct run_view *v, const struct blocker *b)
{
    const struct journal_event *e = b->event;
    const struct journal_step *step = step_of(v, b->step);
    strbuf_addf(out, "<tr><td class=nw data-l=pid>%" PRId64 "</td><td>", e->pid);
    html_text(out, e->user);
    if (e->application.n > 0) {
        strbuf_add_cstr(out, "<br>");
        html_text(out, e->application);
    }
    strbuf_add_cstr(out, "</td><td data-l=state>");
    html_text(out, e->state);
    strbuf_add_cstr(out, "</td><td class=n data-l=\"transaction open for\">");
    clock_duration(b->longest_ms, out);
    strbuf_add_cstr(out, "</td><td class=n data-l=\"seen at\">");
    clock_duration(b->first_ms, out);
    if (b->seen > 1) {
        strbuf_addf(out, " (%" PRId64 "×)", b->seen);
    }
    strbuf_add_cstr(out, "</td><td>");
    if (step) {
        html_step_name(out, step);
    }
    strbuf_add_cstr(out, "<pre>");
    html_text(out, e->query);
    strbuf_add_cstr(out, "</pre></td></tr>\n");
}

static void blockers(struct strbuf *out, const struct run_view *v)
{
    if (v->blockers.n == 0) {
        return;
    }
    strbuf_add_cstr(out,
                    "<section class=card><h2>Who was in the way</h2><div class=wide><table><thead><tr><th>Pid</th>"
                    "<th>User, application</th><th>State</th><th class=n>Transaction open</th><th class=n>Seen at</th>"
                    "<th>Waited for by, and its last query</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < v->blockers.n; i++) {
        blocker_row(out, v, &v->blockers.at[i]);
    }
    strbuf_add_cstr(out, "</tbody></table></div></section>\n");
}

/* ---- steps ---- */

static void step_row(struct strbuf *out, const struct run_view *v, const struct step_view *s)
{
    const char *class = s->outcome == OUTCOME_DONE ? "g" : s->outcome == OUTCOME_FAILED ? "b" : "s";
    strbuf_add_cstr(out, "<tr><td>");
    html_step_name(out, s->step);
    strbuf_addf(out, "%s<pre>", s->step->down ? " (down)" : "");
    html_text(out, s->step->sql);
    strbuf_add_cstr(out, "</pre>");
    if (s->step->locks.n > 0) {
        strbuf_add_cstr(out, "<div class=locks>");
        html_text(out, s->step->locks);
        strbuf_add_cstr(out, "</div>");
    }
    strbuf_add_cstr(out, "</td><td class=nw data-l=as>");
    html_text(out, s->step->kind);
    strbuf_addf(out, "</td><td class=nw><span class=\"tag %s\">%s</span></td><td class=n data-l=tries>", class,
                s->outcome == OUTCOME_FAILED && v->story->run.life == JOURNAL_DIED ? "cut short"
                                                                                   : step_outcome_name(s->outcome));
    if (s->outcome != OUTCOME_EARLIER) {
        strbuf_addf(out, "%" PRId64, s->tries);
    }
    strbuf_add_cstr(out, "</td><td class=n data-l=waited>");
    if (step_waited_ms(s) > 0) {
        clock_duration(step_waited_ms(s), out);
    }
    strbuf_add_cstr(out, "</td><td class=n data-l=took>");
    if (s->outcome != OUTCOME_EARLIER) {
        clock_duration(s->to - s->from, out);
    }
    strbuf_add_cstr(out, "</td><td class=n data-l=estimate>");
    if (s->step->estimate_ms > 0) {
        clock_duration(s->step->estimate_ms, out);
    }
    strbuf_add_cstr(out, "</td><td class=n data-l=rows>");
    if (s->rows > 0) {
        html_number(out, (double)s->rows);
    }
    strbuf_add_cstr(out, "</td></tr>\n");
}

static void steps(struct strbuf *out, const struct run_view *v)
{
    if (v->steps.n == 0) {
        return;
    }
    strbuf_add_cstr(out, "<section class=card><h2>Steps</h2><div class=wide><table><thead><tr><th>Step</th><th>As</th>"
                         "<th>Result</th><th class=n>Tries</th><th class=n>Waited</th><th class=n>Took</th>"
                         "<th class=n>Estimate</th><th class=n>Rows</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < v->steps.n; i++) {
        step_row(out, v, &v->steps.at[i]);
    }
    strbuf_add_cstr(out, "</tbody></table></div></section>\n");
}

static void others(struct strbuf *out, const struct run_view *v)
{
    if (v->other.n == 0) {
        return;
    }
    strbuf_add_cstr(
        out, "<section class=card><h2>Also</h2><div class=wide><table><thead><tr><th class=n>At</th><th>What</th>"
             "<th>Step</th><th></th></tr></thead><tbody>\n");
    for (size_t i = 0; i < v->other.n; i++) {
        const struct journal_event *e = v->other.at[i];
        const struct journal_step *step = step_of(v, e->step);
        strbuf_add_cstr(out, "<tr><td class=n data-l=at>");
        clock_duration(e->at_ms, out);
        strbuf_add_cstr(out, "</td><td class=nw>");
        html_text(out, e->kind);
        strbuf_add_cstr(out, "</td><td>");
        if (step) {
            html_step_name(out, step);
        } else if (e->version.n > 0) {
            html_text(out, e->version);
            strbuf_add_char(out, ' ');
            html_text(out, e->name);
        }
        struct strbuf said;
        strbuf_init(&said, 16384);
        add_event_text(&said, e);
        strbuf_add_cstr(out, "</td><td>");
        html_text(out, strbuf_str(&said));
        strbuf_add_cstr(out, "</td></tr>\n");
        strbuf_free(&said);
    }
    strbuf_add_cstr(out, "</tbody></table></div></section>\n");
}

/* ---- the page ---- */

void run_html(struct strbuf *out, const struct run_view *v)
{
    const struct journal_run *r = &v->story->run;
    strbuf_add_cstr(
        out, "<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8>"
             "<meta name=viewport content=\"width=device-width, initial-scale=1\">"
             "<meta name=color-scheme content=\"light dark\">"
             /* Nothing may be loaded or run, even if a text should ever come in unescaped. */
             "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src 'unsafe-inline'\">"
             "<title>migrate ");
    html_text(out, r->command);
    strbuf_add_char(out, ' ');
    html_text(out, str_slice(r->id, 0, 12));
    strbuf_add_cstr(out, "</title><style>");
    for (size_t i = 0; run_html_style[i]; i++) {
        strbuf_add_cstr(out, run_html_style[i]);
    }
    strbuf_add_cstr(out, "</style></head><body><main>\n");
    head(out, v);
    tiles(out, v);
    trouble(out, v);
    html_timeline(out, v);
    blockers(out, v);
    html_charts(out, v);
    html_metrics(out, v);
    steps(out, v);
    others(out, v);
    facts(out, v);
    strbuf_add_cstr(out,
                    "<footer>Times are UTC, or since the run began. Written by migrate report from the journal of the "
                    "machine that ran it.</footer>\n</main></body></html>\n");
}
