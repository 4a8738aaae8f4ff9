#include "plan/estimate.h"

#include "rules/estimate.h"

static int64_t backfill(const struct step *step, const struct measured *measured)
{
    const struct relation *r = NULL;
    for (size_t i = 0; i < step->locks.n && !r; i++) {
        r = str_eq(step->locks.at[i].relation->name, step->batch->table) ? step->locks.at[i].relation : NULL;
    }
    const int64_t rows = !r ? -1 : r->rows < 0 && r->loaded == TRI_NO ? 0 : r->rows;
    const int64_t rate = step->batch->rate;
    return rows < 0   ? -1
           : rate > 0 ? rows / rate * 1000 + rows % rate * 1000 / rate
                      : measured_correct(measured, WORK_UPDATE, estimate_work(WORK_UPDATE, rows, 0));
}

/* How many rows a statement that changes data touches is not known here. */
static bool changes_rows(const struct effects *e)
{
    bool changes = false;
    for (size_t i = 0; e->class == CLASS_DATA && i < e->locks.n; i++) {
        changes = changes || (e->locks.at[i].mode >= LOCK_ROW_EXCLUSIVE && e->locks.at[i].relation->loaded != TRI_NO);
    }
    return changes;
}

int64_t estimate_step(const struct step *step, const struct measured *measured)
{
    int64_t total = 0;
    if (step->kind == STEP_BACKFILL) {
        return backfill(step, measured);
    }
    for (size_t i = 0; i < step->statements.n; i++) {
        const struct effects *e = &step->statements.at[i].judged->effects;
        const int64_t ms = changes_rows(e) ? -1 : estimate_effects(e, measured);
        if (ms < 0) {
            return -1;
        }
        total = ms < INT64_MAX - total ? total + ms : INT64_MAX;
    }
    return total;
}
