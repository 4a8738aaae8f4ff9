#include "report/backfill.h"

#include "base/clock.h"
#include "base/term.h"
#include "report/json.h"
#include "report/style.h"

enum { BAR = 20 };

const char *backfill_state(const struct backfill_row *b)
{
    return b->finished                        ? "done"
           : b->workers == 0                  ? "stopped"
           : str_eq(b->control, STR("pause")) ? "paused"
           : b->reason.n > 0 && b->rate <= 0  ? "waiting"
                                              : "running";
}

static int64_t left_ms(const struct backfill_row *b)
{
    return b->finished || b->rate <= 0 || b->left < 0 ? -1 : (int64_t)((double)b->left / b->rate * 1000);
}

static void add_numbers(struct strbuf *out, const struct backfill_row *b)
{
    strbuf_add_cstr(out, "    ");
    if (b->finished || b->share >= 0) {
        add_bar(out, b->finished ? 1 : b->share, BAR);
        strbuf_add_cstr(out, ", ");
    }
    add_rows(out, b->rows);
    strbuf_addf(out, " changed, %" PRId64 " keys", b->keys);
    if (!b->finished && b->total > 0 && b->pass == 1) {
        strbuf_add_cstr(out, " of about ");
        add_rows(out, b->total);
    }
    strbuf_addf(out, " in %" PRId64 " batch%s", b->batches, b->batches == 1 ? "" : "es");
    if (b->bad_rows > 0) {
        strbuf_addf(out, ", %" PRId64 " bad rows set aside", b->bad_rows);
    }
    if (b->pass > 1) {
        strbuf_addf(out, ", pass %" PRId64, b->pass);
    }
    if (b->parts > 1) {
        strbuf_addf(out, ", %" PRId64 " of %" PRId64 " parts done", b->finished_parts, b->parts);
    }
    strbuf_add_char(out, '\n');
}

static void add_lag(struct strbuf *out, const struct backfill_row *b)
{
    if (b->lag_ms >= 0 || b->lag_bytes >= 0) {
        strbuf_add_cstr(out, ", the slowest replica ");
        if (b->lag_ms >= 0) {
            clock_duration(b->lag_ms, out);
        } else {
            add_bytes(out, b->lag_bytes);
        }
        strbuf_add_cstr(out, " behind");
    }
}

/* How fast it is just now. */
static void add_pace(struct strbuf *out, const struct backfill_row *b)
{
    strbuf_addf(out, "    %.0f rows/s in batches of %" PRId64, b->rate, b->batch_rows);
    if (left_ms(b) >= 0) {
        strbuf_add_cstr(out, ", about ");
        clock_duration(left_ms(b), out);
        strbuf_add_cstr(out, " left");
    }
    if (b->workers > 1) {
        strbuf_addf(out, ", %" PRId64 " workers", b->workers);
    }
    add_lag(out, b);
    strbuf_add_char(out, '\n');
}

void backfill_text(struct strbuf *out, const struct backfill_row *b)
{
    add_numbers(out, b);
    if (b->finished) {
        return;
    }
    if (b->workers > 0) {
        add_pace(out, b);
    }
    if (b->cursor.n > 0) {
        strbuf_add_cstr(out, "    behind ");
        add_one_line(out, b->cursor, 100);
        strbuf_add_cstr(out, ", ");
        term_escape(out, b->updated_at);
        strbuf_add_char(out, '\n');
    }
    if (b->reason.n > 0) {
        strbuf_add_cstr(out, b->workers > 0 && b->rate > 0 ? "    slowed down: " : "    ");
        add_one_line(out, b->reason, 300);
        strbuf_add_char(out, '\n');
    }
}

void backfill_state_text(struct strbuf *out, const struct backfill_row *b, bool colour)
{
    paint(out,
          b->finished      ? PAINT_GREEN
          : b->workers > 0 ? PAINT_BLUE
                           : PAINT_YELLOW,
          colour, str_of(backfill_state(b)));
}

void backfill_where_text(struct strbuf *out, const struct backfill_row *b)
{
    strbuf_addf(out, "%sstep %u: ", b->down ? "down " : "", b->ordinal);
    term_escape(out, b->relation);
    strbuf_add_cstr(out, " by ");
    term_escape(out, b->key);
    strbuf_add_char(out, '\n');
}

void backfill_list_text(struct strbuf *out, const struct backfill_row_list *list, bool colour)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct backfill_row *b = &list->at[i];
        backfill_state_text(out, b, colour);
        strbuf_add_cstr(out, "  ");
        term_escape(out, b->version);
        strbuf_add_char(out, ' ');
        term_escape(out, b->name);
        strbuf_add_char(out, ' ');
        backfill_where_text(out, b);
        backfill_text(out, b);
    }
    if (list->n == 0) {
        strbuf_add_cstr(out, "no backfills\n");
    }
}

json_t *backfill_json(const struct backfill_row *b)
{
    json_t *j = json_new_object();
    json_put(j, "version", json_text(b->version));
    json_put(j, "name", json_text(b->name));
    json_put(j, "direction", json_text_c(b->down ? "down" : "up"));
    json_put(j, "step", json_integer(b->ordinal));
    json_put(j, "state", json_text_c(backfill_state(b)));
    json_put(j, "relation", json_text(b->relation));
    json_put(j, "key", json_text(b->key));
    json_put(j, "cursor", b->cursor.n > 0 ? json_text(b->cursor) : json_null());
    json_put(j, "parts", json_integer(b->parts));
    json_put(j, "parts_done", json_integer(b->finished_parts));
    json_put(j, "workers", json_integer(b->workers));
    json_put(j, "pass", json_integer(b->pass));
    json_put(j, "rows", json_integer(b->rows));
    json_put(j, "keys", json_integer(b->keys));
    json_put(j, "total", b->total >= 0 ? json_integer(b->total) : json_null());
    json_put(j, "left", b->left >= 0 ? json_integer(b->left) : json_null());
    json_put(j, "percent", b->share >= 0 || b->finished ? json_real(b->finished ? 100 : b->share * 100) : json_null());
    json_put(j, "batches", json_integer(b->batches));
    json_put(j, "batch_rows", json_integer(b->batch_rows));
    json_put(j, "bad_rows", json_integer(b->bad_rows));
    json_put(j, "rate", json_real(b->rate));
    json_put(j, "left_ms", left_ms(b) >= 0 ? json_integer(left_ms(b)) : json_null());
    json_put(j, "lag_bytes", b->lag_bytes >= 0 ? json_integer(b->lag_bytes) : json_null());
    json_put(j, "lag_ms", b->lag_ms >= 0 ? json_integer(b->lag_ms) : json_null());
    json_put(j, "control", b->control.n > 0 ? json_text(b->control) : json_null());
    json_put(j, "reason", b->reason.n > 0 ? json_text(b->reason) : json_null());
    json_put(j, "updated_at", json_text(b->updated_at));
    return j;
}

json_t *backfill_list_json(const struct backfill_row_list *list)
{
    json_t *o = json_new_object(), *all = json_new_array();
    json_put(o, "schema", json_integer(1));
    for (size_t i = 0; i < list->n; i++) {
        json_push(all, backfill_json(&list->at[i]));
    }
    json_put(o, "backfills", all);
    return o;
}
