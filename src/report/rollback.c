#include "report/rollback.h"

#include "base/term.h"
#include "report/json.h"
#include "report/style.h"

enum { STATEMENT_CHARS = 100, STATEMENTS_SHOWN = 6 };

static void warn(struct strbuf *out, const char *text, bool colour)
{
    strbuf_add_cstr(out, "  ");
    paint_begin(out, PAINT_YELLOW, colour);
    strbuf_add_cstr(out, text);
    paint_end(out, PAINT_YELLOW, colour);
}

static void add_losses(struct strbuf *out, const char *sure, const char *unsure, const struct loss_list *losses,
                       bool colour)
{
    for (size_t i = 0; i < losses->n; i++) {
        const struct loss *l = &losses->at[i];
        warn(out, l->certain ? sure : unsure, colour);
        strbuf_addf(out, ", step %u: ", l->ordinal);
        add_one_line(out, l->statement, STATEMENT_CHARS);
        if (!l->certain) {
            strbuf_add_cstr(out, " (");
            term_escape(out, l->what);
            strbuf_add_char(out, ')');
        }
        strbuf_add_char(out, '\n');
    }
}

static const char *how(enum step_kind kind)
{
    switch (kind) {
    case STEP_TRANSACTION:
        return "in one transaction";
    case STEP_SINGLE:
        return "outside a transaction";
    case STEP_BACKFILL:
        return "in batches";
    case STEP_SHADOW:
        return "by a shadow column";
    }
    BUG("step kind %d", (int)kind);
}

static void add_steps(struct strbuf *out, const struct rollback *r)
{
    unsigned shown = 0;
    for (size_t i = 0; i < r->steps.n && shown < STATEMENTS_SHOWN; i++) {
        const struct rollback_step *s = &r->steps.at[i];
        strbuf_addf(out, "    step %u of %zu, %s:\n", s->ordinal, r->steps.n, how(s->kind));
        for (size_t k = 0; k < s->statements.n && shown < STATEMENTS_SHOWN; k++, shown++) {
            strbuf_add_cstr(out, "      ");
            add_one_line(out, s->statements.at[k], STATEMENT_CHARS);
            strbuf_add_char(out, '\n');
        }
    }
    uint64_t all = 0;
    for (size_t i = 0; i < r->steps.n; i++) {
        all += r->steps.at[i].statements.n;
    }
    if (all > shown) {
        strbuf_addf(out, "      … and %" PRIu64 " more\n", all - shown);
    }
}

void rollback_text(struct strbuf *out, const struct rollback *r, bool colour)
{
    if (r->repeatable) {
        strbuf_add_cstr(out, "  way back: it is repeatable; its earlier text, applied again\n");
    } else if (!r->present) {
        warn(out, "no way back: it has no part that undoes it\n", colour);
    } else if (r->refused.n > 0) {
        warn(out, "no way back: migrate down would be refused: ", colour);
        add_one_line(out, r->refused, 400);
        strbuf_add_char(out, '\n');
    } else if (r->steps.n == 0) {
        strbuf_add_cstr(out, "  way back: only its record is taken away\n");
    } else {
        strbuf_add_cstr(out, "  way back, by migrate down:\n");
        add_steps(out, r);
    }
    add_losses(out, "takes data away for good", "may take data away for good", &r->up, colour);
    add_losses(out, "down takes away what was written since", "down may take more away", &r->down, colour);
}

static bool leads_back(const struct rollback *r)
{
    return r->repeatable || (r->present && r->refused.n == 0);
}

void rollback_summary(struct strbuf *out, const struct rollback *all, size_t n, bool snapshot, bool colour)
{
    size_t back = 0, losing = 0;
    bool broken = false;
    for (size_t i = n; i-- > 0;) {
        broken = broken || !leads_back(&all[i]);
        back += !broken;
        losing += all[i].up.n > 0;
    }
    if (n == 0 || (back == n && losing == 0)) {
        strbuf_add_cstr(out, n ? "rollback: by migrate down, all of it\n" : "");
        return;
    }
    strbuf_addf(out, "rollback: migrate down undoes %zu of %zu", back, n);
    if (losing > 0) {
        strbuf_addf(out, ", and %zu take%s data away that it cannot give back", losing, losing == 1 ? "s" : "");
    }
    strbuf_add_char(out, '\n');
    if (snapshot) {
        strbuf_add_cstr(out, "  for the rest there is the snapshot\n");
    } else {
        warn(out, "for the rest nothing is prepared: no snapshot is taken; see that there is a backup\n", colour);
    }
}

static json_t *losses_json(const struct loss_list *losses)
{
    json_t *all = json_new_array();
    for (size_t i = 0; i < losses->n; i++) {
        const struct loss *l = &losses->at[i];
        json_t *o = json_new_object();
        json_put(o, "step", json_integer(l->ordinal));
        json_put(o, "statement", json_text(l->statement));
        json_put(o, "what", json_text(l->what));
        json_put(o, "certain", json_boolean(l->certain));
        json_push(all, o);
    }
    return all;
}

json_t *rollback_json(const struct rollback *r)
{
    json_t *o = json_new_object(), *steps = json_new_array();
    json_put(o, "by",
             json_text_c(r->repeatable      ? "repeatable"
                         : !r->present      ? "none"
                         : r->refused.n > 0 ? "refused"
                                            : "down"));
    if (r->refused.n > 0) {
        json_put(o, "refused", json_text(r->refused));
    }
    for (size_t i = 0; i < r->steps.n; i++) {
        const struct rollback_step *s = &r->steps.at[i];
        json_t *step = json_new_object(), *statements = json_new_array();
        json_put(step, "ordinal", json_integer(s->ordinal));
        json_put(step, "kind", json_text_c(step_kind_name(s->kind)));
        for (size_t k = 0; k < s->statements.n; k++) {
            json_push(statements, json_text(s->statements.at[k]));
        }
        json_put(step, "statements", statements);
        json_push(steps, step);
    }
    json_put(o, "steps", steps);
    json_put(o, "lost_by_up", losses_json(&r->up));
    json_put(o, "lost_by_down", losses_json(&r->down));
    return o;
}
