#include "migration/migration.h"
#include "report/backfill.h"
#include "report/status.h"
#include "report/style.h"

#include "base/term.h"

const char *migration_state_name(enum migration_state s)
{
    static const char *const names[] = {"applied", "pending", "partial", "changed", "missing", "out-of-order"};
    return names[s];
}

static enum paint paint_of(enum migration_state s)
{
    return s == STATE_APPLIED   ? PAINT_GREEN
           : s == STATE_PENDING ? PAINT_BLUE
           : s == STATE_PARTIAL ? PAINT_YELLOW
                                : PAINT_RED;
}

static void add_backfills(struct strbuf *out, const struct status_row *r, const struct backfill_row_list *list,
                          bool colour)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct backfill_row *b = &list->at[i];
        if (!b->finished && version_cmp(b->version, r->version) == 0) {
            strbuf_add_cstr(out, "  backfill ");
            backfill_state_text(out, b, colour);
            strbuf_add_cstr(out, ", ");
            backfill_where_text(out, b);
            backfill_text(out, b);
        }
    }
}

void status_text(struct strbuf *out, const struct status_list *rows, const struct backfill_row_list *backfills,
                 bool colour, bool quiet)
{
    uint64_t count[STATE_OUT_OF_ORDER + 1] = {0};
    size_t width = 0;
    for (size_t i = 0; i < rows->n; i++) {
        count[rows->at[i].state]++;
        width = rows->at[i].version.n > width ? rows->at[i].version.n : width;
    }
    for (size_t i = 0; i < rows->n && !quiet; i++) {
        const struct status_row *r = &rows->at[i];
        paint_begin(out, paint_of(r->state), colour);
        strbuf_addf(out, "%-12s", migration_state_name(r->state));
        paint_end(out, paint_of(r->state), colour);
        strbuf_addf(out, "  %-*.*s  ", (int)width, STR_ARG(r->version));
        term_escape(out, r->name);
        if (r->state == STATE_PARTIAL) {
            strbuf_addf(out, "  (%sstep %u of %u)", r->going_down ? "down: " : "", r->steps_done, r->n_steps);
        }
        if (r->applied_at.n > 0) {
            strbuf_add_cstr(out, "  ");
            term_escape(out, r->applied_at);
        }
        strbuf_add_char(out, '\n');
        add_backfills(out, r, backfills, colour);
    }
    if (rows->n == 0) {
        strbuf_add_cstr(out, "no migrations\n");
        return;
    }
    strbuf_addf(out, "%s", quiet ? "" : "\n");
    for (size_t s = 0, shown = 0; s < countof(count); s++) {
        if (count[s] > 0) {
            strbuf_addf(out, "%s%" PRIu64 " %s", shown++ ? ", " : "", count[s],
                        migration_state_name((enum migration_state)s));
        }
    }
    strbuf_add_char(out, '\n');
}
