/* Runs of the journal for the terminal. */
#include "base/clock.h"
#include "base/term.h"
#include "report/run_view.h"
#include "report/style.h"

enum { ID_SHOWN = 12, QUERY_CHARS = 100 };

static enum paint paint_of(const struct journal_run *run)
{
    return run->life == JOURNAL_ENDED     ? (run->exit_code == 0 ? PAINT_GREEN : PAINT_RED)
           : run->life == JOURNAL_RUNNING ? PAINT_BLUE
                                          : PAINT_YELLOW;
}

static void add_result(struct strbuf *out, const struct journal_run *run, int width, bool colour)
{
    struct arena a;
    struct strbuf plain;
    arena_init(&a, SIZE_MAX);
    strbuf_init(&plain, 1024);
    strbuf_addf(&plain, "%-*s", width, run_result_text(run, &a));
    paint(out, paint_of(run), colour, strbuf_str(&plain));
    strbuf_free(&plain);
    arena_free(&a);
}

void run_list_text(struct strbuf *out, const struct journal_run_list *runs, size_t limit, bool colour)
{
    for (size_t i = 0; i < runs->n && i < limit; i++) {
        const struct journal_run *r = &runs->at[i];
        struct strbuf took;
        strbuf_init(&took, 64);
        if (r->duration_ms >= 0) {
            clock_duration(r->duration_ms, &took);
        }
        term_escape(out, str_slice(r->id, 0, ID_SHOWN));
        strbuf_add_cstr(out, "  ");
        add_time(out, r->started_ms);
        strbuf_addf(out, "  %-5.*s ", STR_ARG(r->command));
        add_result(out, r, 16, colour);
        strbuf_addf(out, " %9s  ", strbuf_cstr(&took));
        if (r->done >= 0) {
            strbuf_addf(out, "%" PRId64 " of ", r->done);
        }
        add_count(out, (uint64_t)(r->migrations > 0 ? r->migrations : 0), "migration");
        strbuf_add_cstr(out, "  ");
        term_escape(out, r->database);
        strbuf_add_char(out, '\n');
        strbuf_free(&took);
    }
}

static void fact(struct strbuf *out, const char *name)
{
    strbuf_addf(out, "  %-11s", name);
}

static void add_facts(struct strbuf *out, const struct run_view *v)
{
    const struct journal_run *r = &v->story->run;
    fact(out, "began");
    add_time(out, r->started_ms);
    strbuf_add_cstr(out, r->duration_ms >= 0 ? ", took " : ", seen for ");
    clock_duration(v->ms, out);
    strbuf_add_char(out, '\n');
    fact(out, "database");
    term_escape(out, r->database);
    if (r->server_version > 0) {
        strbuf_addf(out, ", PostgreSQL %d.%d", r->server_version / 10000, r->server_version % 10000);
    }
    strbuf_add_char(out, '\n');
    fact(out, "by");
    term_escape(out, r->os_user);
    strbuf_add_cstr(out, " on ");
    term_escape(out, r->host);
    strbuf_addf(out, ", process %d, migrate %.*s\n", r->pid, STR_ARG(r->tool_version));
    fact(out, "migrations");
    if (r->done >= 0) {
        strbuf_addf(out, "%" PRId64 " of ", r->done);
    }
    strbuf_addf(out, "%" PRId64 "\n", r->migrations);
    if (v->waited_ms > 0) {
        fact(out, "waited");
        clock_duration(v->waited_ms, out);
        strbuf_add_cstr(out, " for locks of others\n");
    }
    if (r->error.n > 0) {
        fact(out, "error");
        if (r->place.n > 0) {
            term_escape(out, r->place);
            strbuf_add_cstr(out, ": ");
        }
        add_one_line(out, r->error, 1000);
        strbuf_addf(out, r->sqlstate.n > 0 ? " (%.*s)\n" : "\n", STR_ARG(r->sqlstate));
    }
    if (r->hint.n > 0) {
        fact(out, "hint");
        add_one_line(out, r->hint, 1000);
        strbuf_add_char(out, '\n');
    }
    if (r->left_out > 0) {
        fact(out, "left out");
        strbuf_addf(out, "%" PRId64 " events, for lack of room\n", r->left_out);
    }
}

static void add_blocker(struct strbuf *out, const struct blocker *b)
{
    const struct journal_event *e = b->event;
    strbuf_addf(out, "    blocked by pid %" PRId64, e->pid);
    if (e->user.n > 0) {
        strbuf_add_cstr(out, ", user ");
        add_one_line(out, e->user, 63);
    }
    if (e->application.n > 0) {
        strbuf_add_cstr(out, ", ");
        add_one_line(out, e->application, 63);
    }
    if (e->state.n > 0) {
        strbuf_add_cstr(out, ", ");
        add_one_line(out, e->state, 40);
    }
    if (b->longest_ms > 0) {
        strbuf_add_cstr(out, " for ");
        clock_duration(b->longest_ms, out);
    }
    if (e->query.n > 0) {
        strbuf_add_cstr(out, ": ");
        add_one_line(out, e->query, QUERY_CHARS);
    }
    strbuf_add_char(out, '\n');
}

static void add_step(struct strbuf *out, const struct run_view *v, const struct step_view *s, bool colour)
{
    strbuf_addf(out, "  step %u of %u  ", s->step->ordinal, s->step->of);
    add_one_line(out, s->step->sql, 70);
    strbuf_add_cstr(out, "\n    ");
    paint_begin(out, s->outcome == OUTCOME_FAILED ? PAINT_RED : PAINT_GREEN, colour);
    strbuf_add_cstr(out, step_outcome_name(s->outcome));
    if (s->outcome != OUTCOME_EARLIER) {
        strbuf_add_cstr(out, s->outcome == OUTCOME_DONE ? " in " : " after ");
        clock_duration(s->to - s->from, out);
    }
    paint_end(out, s->outcome == OUTCOME_FAILED ? PAINT_RED : PAINT_GREEN, colour);
    if (s->rows > 0) {
        strbuf_add_cstr(out, ", ");
        add_rows(out, s->rows);
    }
    if (s->tries > 1) {
        strbuf_addf(out, ", %" PRId64 " tries", s->tries);
    }
    if (step_waited_ms(s) > 0) {
        strbuf_add_cstr(out, ", ");
        clock_duration(step_waited_ms(s), out);
        strbuf_add_cstr(out, " of it waiting");
    }
    strbuf_add_char(out, '\n');
    for (size_t i = 0; i < v->blockers.n; i++) {
        if (v->blockers.at[i].step == s->step->number) {
            add_blocker(out, &v->blockers.at[i]);
        }
    }
}

static void add_metrics(struct strbuf *out, const struct run_view *v)
{
    strbuf_add_cstr(out, v->metrics.n ? "\nmeasured by AWS\n" : "");
    for (size_t i = 0; i < v->metrics.n; i++) {
        const struct metric_view *m = &v->metrics.at[i];
        strbuf_add_cstr(out, "  ");
        add_one_line(out, m->name, 63);
        strbuf_add_cstr(out, "  ");
        add_metric_value(out, m->name, m->least);
        strbuf_add_cstr(out, " to ");
        add_metric_value(out, m->name, m->most);
        strbuf_add_cstr(out, ", last ");
        add_metric_value(out, m->name, m->points.at[m->points.n - 1].value);
        strbuf_addf(out, m->points.n == 1 ? " (1 value)\n" : " (%zu values)\n", m->points.n);
    }
}

void run_text(struct strbuf *out, const struct run_view *v, bool colour)
{
    const struct journal_run *r = &v->story->run;
    struct str version = STR_NONE;
    paint(out, PAINT_BOLD, colour, r->command);
    strbuf_addf(out, " %.*s: ", STR_ARG(r->id));
    add_result(out, r, 0, colour);
    strbuf_add_char(out, '\n');
    add_facts(out, v);
    for (size_t i = 0; i < v->steps.n; i++) {
        const struct step_view *s = &v->steps.at[i];
        if (!str_eq(s->step->version, version)) {
            version = s->step->version;
            strbuf_add_cstr(out, s->step->down ? "\ndown " : "\n");
            paint(out, PAINT_BOLD, colour, version);
            strbuf_add_char(out, ' ');
            paint(out, PAINT_BOLD, colour, s->step->name);
            strbuf_add_char(out, '\n');
        }
        add_step(out, v, s, colour);
    }
    add_metrics(out, v);
    for (size_t i = 0; i < v->other.n; i++) {
        const struct journal_event *e = v->other.at[i];
        strbuf_add_cstr(out, i ? "  " : "\n  ");
        clock_duration(e->at_ms, out);
        strbuf_add_cstr(out, ": ");
        term_escape(out, e->kind);
        struct strbuf said;
        strbuf_init(&said, 16384);
        add_event_text(&said, e);
        strbuf_add_cstr(out, said.n ? ": " : "");
        add_one_line(out, strbuf_str(&said), 500);
        strbuf_free(&said);
        strbuf_add_char(out, '\n');
    }
}
