#include "cmd/rollback.h"

static void plan_down(struct judge *j, const struct plan_options *options, const struct migration *m, struct arena *a,
                      struct rollback *out)
{
    struct judged_part *part = arena_new(a, struct judged_part);
    struct migration_plan plan = {0};
    struct error err;
    enum status status = judge_part(j, m, true, a, part, &err);
    status = status ? status : plan_make(part, options, a, &plan, &err);
    if (status) {
        out->refused = arena_printf(a, "%s%s%s", err.primary, err.hint[0] ? "; " : "", err.hint);
        return;
    }
    rollback_add_steps(out, &plan, a);
    plan_losses(&plan, 0, a, &out->down);
}

void rollback_plan(struct judge *j, const struct plan_options *options, const struct migration_plan *plans, size_t n,
                   struct arena *a, struct rollback *out)
{
    const uint32_t from = n > 0 ? plans[0].file : 0;
    struct judge_saved *saved;
    for (size_t i = 0; i < n; i++) {
        out[i] = (struct rollback){0};
        plan_losses(&plans[i], from, a, &out[i].up);
    }
    saved = judge_save(j, false);
    for (size_t i = n; i-- > 0;) {
        const struct migration *m = plans[i].migration->undo ? plans[i].migration->undo : plans[i].migration;
        out[i].repeatable = plans[i].migration->repeatable;
        out[i].present = m->down.present;
        if (m->down.present && !out[i].repeatable) {
            plan_down(j, options, m, a, &out[i]);
        }
    }
    judge_restore(j, saved);
}
