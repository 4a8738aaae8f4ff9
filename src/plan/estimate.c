#include "plan/estimate.h"

/* Bytes per millisecond, and rows per millisecond of a backfill. */
enum { SCAN_SPEED = 200000, REWRITE_SPEED = 40000, BUILD_SPEED = 30000, BACKFILL_SPEED = 5 };

static int64_t bytes_of(const struct relation *r)
{
    return r->loaded == TRI_NO ? 0 : r->bytes;
}

/* Adds; once unknown, unknown. */
static void add(int64_t *total, const struct relation_effect_list *list, int64_t speed, bool of_table)
{
    for (size_t i = 0; i < list->n && *total >= 0; i++) {
        const struct relation *r = list->at[i].relation;
        const int64_t bytes = of_table && r->table ? bytes_of(r->table) : bytes_of(r);
        *total = bytes < 0 ? -1 : *total + bytes / speed;
    }
}

static int64_t backfill(const struct step *step)
{
    const struct relation_lock_list *locks = &step->locks;
    const int64_t rows = locks->n == 0 ? -1 : locks->at[0].relation->loaded == TRI_NO ? 0 : locks->at[0].relation->rows;
    return rows < 0 ? -1 : step->batch->rate ? rows * 1000 / step->batch->rate : rows / BACKFILL_SPEED;
}

int64_t estimate_step(const struct step *step)
{
    int64_t total = 0;
    if (step->kind == STEP_BACKFILL) {
        return backfill(step);
    }
    for (size_t i = 0; i < step->statements.n && total >= 0; i++) {
        const struct effects *e = &step->statements.at[i].judged->effects;
        add(&total, &e->scan, SCAN_SPEED, false);
        add(&total, &e->rewrite, REWRITE_SPEED, false);
        add(&total, &e->build, BUILD_SPEED, true);
        if (e->class == CLASS_DATA) {
            /* How many rows a statement touches is not known here. */
            for (size_t k = 0; k < e->locks.n && total >= 0; k++) {
                total =
                    e->locks.at[k].mode >= LOCK_ROW_EXCLUSIVE && e->locks.at[k].relation->loaded != TRI_NO ? -1 : total;
            }
        }
    }
    return total;
}
