/* Up, down and up again by the executor, and the schema each time. */
#include "cmd/rehearse.h"
#include "db/pgdump.h"
#include "report/plan.h"

enum { DIFF_LINES = 60 };

/* ---- the steps of the first time ---- */

static void hear(void *arg, const struct event *e)
{
    struct rehearsal *r = arg;
    struct strbuf title;
    if (e->kind != EVENT_STEP_END) {
        return;
    }
    strbuf_init(&title, 1024);
    step_title(&title, e->step);
    *vec_push(r->a, &r->steps) = (struct rehearsed_step){
        .version = arena_str(r->a, e->migration->version),
        .ordinal = e->step->ordinal,
        .kind = step_kind_name(e->step->kind),
        .title = arena_str(r->a, strbuf_str(&title)),
        .ms = e->ms,
    };
    strbuf_free(&title);
}

static enum status go_up(struct rehearsal *r, size_t limit, bool listen, struct error *err)
{
    struct context inner;
    struct state s;
    struct chosen_list chosen = {0};
    rehearsal_enter(r, "rehearsed", &inner);
    if (listen) {
        inner.also = (struct event_sink){hear, r};
    }
    enum status status = state_read(&inner, false, &s, err);
    if (!status) {
        choose_up(&s, limit, STR_NONE, &inner.arena, &chosen);
        status = run_chosen(&inner, &chosen, false, err);
    }
    rehearsal_leave(&inner);
    return status;
}

static enum status go_down(struct rehearsal *r, size_t limit, struct error *err)
{
    struct context inner;
    struct state s;
    struct chosen_list chosen = {0};
    rehearsal_enter(r, "rehearsed", &inner);
    enum status status = state_read(&inner, true, &s, err);
    status = status ? status : choose_down(&inner, &s, limit, STR_NONE, &chosen, err);
    status = status ? status : run_chosen(&inner, &chosen, true, err);
    rehearsal_leave(&inner);
    return status;
}

/* ---- schemas ---- */

/* Without the history, which is not the same behind a second time. */
static enum status dump(struct rehearsal *r, struct str *text, struct error *err)
{
    struct context inner;
    rehearsal_enter(r, "rehearsed", &inner);
    enum status status = context_connect(&inner, err);
    if (!status) {
        struct strbuf quoted;
        strbuf_init(&quoted, 1024);
        session_quote_identifier(inner.session, str_of(r->c->set.schema), &quoted);
        const char *const more[] = {arena_printf(r->a, "--exclude-schema=%s", strbuf_cstr(&quoted)).p, NULL};
        const struct pgdump what = {
            .target = &inner.target, .server_version = session_server_version(inner.session), .more = more};
        status = pgdump_schema(&what, r->a, text, err);
        strbuf_free(&quoted);
    }
    rehearsal_leave(&inner);
    return status;
}

static void lines_of(struct str text, struct arena *a, struct str_list *out)
{
    struct str line;
    while (str_next(&text, '\n', &line)) {
        *vec_push(a, out) = line;
    }
}

/* The lines between what both begin and end with: enough to see what is left over. */
static struct str difference(struct str before, struct str after, struct arena *a)
{
    struct str_list x = {0}, y = {0};
    struct strbuf out;
    size_t head = 0, tail = 0, shown = 0;
    lines_of(before, a, &x);
    lines_of(after, a, &y);
    while (head < x.n && head < y.n && str_eq(x.at[head], y.at[head])) {
        head++;
    }
    while (tail + head < x.n && tail + head < y.n && str_eq(x.at[x.n - 1 - tail], y.at[y.n - 1 - tail])) {
        tail++;
    }
    strbuf_init(&out, 1 << 20);
    for (int side = 0; side < 2; side++) {
        const struct str_list *list = side ? &y : &x;
        for (size_t i = head; i + tail < list->n; i++) {
            if (list->at[i].n > 0 && shown++ < DIFF_LINES) {
                strbuf_addf(&out, "%c %.*s\n", side ? '+' : '-', STR_ARG(list->at[i]));
            }
        }
    }
    if (shown > DIFF_LINES) {
        strbuf_addf(&out, "and %zu lines more\n", shown - DIFF_LINES);
    }
    const struct str text = arena_str(a, strbuf_str(&out));
    strbuf_free(&out);
    return text;
}

static enum round_trip compare(struct str want, struct str got, struct arena *a, struct str *diff)
{
    if (str_eq(want, got)) {
        return ROUND_TRIP_SAME;
    }
    *diff = difference(want, got, a);
    return ROUND_TRIP_OTHER;
}

/* ---- all ---- */

/* Only the last ones can go down together: those behind the last without a down part. */
static size_t irreversible(struct rehearsal *r)
{
    size_t first = r->chosen.n;
    while (first > 0 && r->chosen.at[first - 1].migration->down.present &&
           !r->chosen.at[first - 1].migration->repeatable) {
        first--;
    }
    for (size_t i = 0; i < r->chosen.n; i++) {
        *vec_push(r->a, i < first ? &r->left_out : &r->round) = r->chosen.at[i].migration->version;
    }
    return first;
}

enum status rehearse_run(struct rehearsal *r, struct error *err)
{
    struct str before = STR_NONE, first = STR_NONE, again = STR_NONE;
    const size_t stay = irreversible(r);
    enum status status = stay > 0 ? go_up(r, stay, true, err) : ST_OK;
    status = status ? status : dump(r, &before, err);
    if (status || r->round.n == 0) {
        return status;
    }
    status = go_up(r, r->round.n, true, err);
    status = status ? status : dump(r, &first, err);
    status = status ? status : go_down(r, r->round.n, err);
    status = status ? status : dump(r, &again, err);
    if (!status) {
        r->down = compare(before, again, r->a, &r->down_diff);
        status = go_up(r, r->round.n, false, err);
    }
    if (status == ST_SERVER && r->down == ROUND_TRIP_OTHER) {
        /* What down left behind is in the way: that is the finding, and no failure of the rehearsal. */
        r->up = ROUND_TRIP_OTHER;
        r->up_diff = arena_printf(r->a, "it fails: %s\n", err->primary);
        return ST_OK;
    }
    status = status ? status : dump(r, &again, err);
    if (!status) {
        r->up = compare(first, again, r->a, &r->up_diff);
    }
    return status;
}
