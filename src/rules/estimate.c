#include "rules/estimate.h"

enum { ROW_BYTES = 100 };

/* Per millisecond; 0: costs nothing. */
static const struct {
    int64_t read, write, rows;
} speeds[] = {
    [WORK_SCAN] = {400000, 0, 2000},
    [WORK_REWRITE] = {400000, 100000, 667}, /* 1 / 2,000 for reading a row and 1 / 1,000 for writing it */
    [WORK_BUILD] = {400000, 0, 500},
    [WORK_UPDATE] = {0, 0, 10},
};

int64_t estimate_work(enum work_kind work, int64_t rows, int64_t bytes)
{
    if (rows < 0 && bytes < 0) {
        return -1;
    }
    if (rows < 0) {
        rows = bytes / ROW_BYTES;
    } else if (bytes < 0) {
        bytes = rows < INT64_MAX / ROW_BYTES ? rows * ROW_BYTES : INT64_MAX;
    }
    return (speeds[work].read ? bytes / speeds[work].read : 0) + (speeds[work].write ? bytes / speeds[work].write : 0) +
           rows / speeds[work].rows;
}

/* The model counts a table's bytes with its indexes. */
static int64_t own_bytes(const struct relation *r)
{
    int64_t bytes = r->bytes;
    for (size_t i = 0; i < r->indexes.n && bytes > 0; i++) {
        bytes -= r->indexes.at[i]->bytes > 0 ? r->indexes.at[i]->bytes : 0;
    }
    return r->bytes < 0 ? -1 : bytes > 0 ? bytes : 0;
}

static int64_t work_on(enum work_kind work, const struct relation *r)
{
    if (r->loaded == TRI_NO && r->rows < 0 && r->bytes < 0) {
        return 0;
    }
    return estimate_work(work, r->rows, own_bytes(r));
}

static bool lists(const struct relation_effect_list *list, const struct relation *r)
{
    for (size_t i = 0; i < list->n; i++) {
        if (list->at[i].relation == r) {
            return true;
        }
    }
    return false;
}

/* Are its parts in the list? Then they have been counted: its size is the sum of theirs. */
static bool lists_parts(const struct relation_effect_list *list, const struct relation *r)
{
    for (size_t i = 0; i < r->children.n; i++) {
        if (lists(list, r->children.at[i])) {
            return true;
        }
    }
    return false;
}

struct sum {
    int64_t ms[WORKS];
    bool unknown;
};

static int64_t plus(int64_t a, int64_t b)
{
    return b < INT64_MAX - a ? a + b : INT64_MAX;
}

static void add(struct sum *sum, enum work_kind work, int64_t ms)
{
    sum->unknown = sum->unknown || ms < 0;
    sum->ms[work] = plus(sum->ms[work], ms < 0 ? 0 : ms);
}

static struct sum sum_of(const struct effects *e)
{
    struct sum sum = {0};
    for (size_t i = 0; i < e->rewrite.n; i++) {
        const struct relation *r = e->rewrite.at[i].relation;
        if (!lists_parts(&e->rewrite, r)) {
            add(&sum, WORK_REWRITE, work_on(WORK_REWRITE, r));
        }
    }
    for (size_t i = 0; i < e->scan.n; i++) {
        const struct relation *r = e->scan.at[i].relation;
        const bool counted = lists(&e->rewrite, r) || lists_parts(&e->scan, r);
        if (!counted) {
            add(&sum, WORK_SCAN, work_on(WORK_SCAN, r));
        }
    }
    for (size_t i = 0; i < e->build.n; i++) {
        const struct relation *index = e->build.at[i].relation;
        if (!lists_parts(&e->build, index)) {
            add(&sum, WORK_BUILD, work_on(WORK_BUILD, index->table ? index->table : index));
        }
    }
    if (e->builds_new && e->build.n == 0 && e->locks.n > 0) {
        add(&sum, WORK_BUILD, work_on(WORK_BUILD, e->locks.at[0].relation));
    }
    return sum;
}

int64_t estimate_effects(const struct effects *e, const struct measured *measured)
{
    const struct sum sum = sum_of(e);
    int64_t all = 0;
    for (int work = 0; work < WORKS; work++) {
        all = plus(all, measured_correct(measured, (enum work_kind)work, sum.ms[work]));
    }
    return sum.unknown ? -1 : all;
}

int64_t estimate_single(const struct effects *e, enum work_kind *work)
{
    const struct sum sum = sum_of(e);
    int64_t all = 0;
    *work = WORK_SCAN;
    for (int i = 0; i < WORKS; i++) {
        *work = sum.ms[i] > sum.ms[*work] ? (enum work_kind)i : *work;
        all = plus(all, sum.ms[i]);
    }
    return sum.unknown || all == 0 ? -1 : all;
}

/* ---- what earlier runs took --------------------------------------------------------------------------------------------- */

static const char *const setting_names[] = {
    [WORK_SCAN] = "measured.scan",
    [WORK_REWRITE] = "measured.rewrite",
    [WORK_BUILD] = "measured.build",
    [WORK_UPDATE] = "measured.update",
};

void measured_add(struct measured *m, enum work_kind work, int64_t modelled_ms, int64_t took_ms)
{
    if (modelled_ms > 0 && took_ms > 0) {
        m->modelled_ms[work] = plus(m->modelled_ms[work], modelled_ms);
        m->took_ms[work] = plus(m->took_ms[work], took_ms);
    }
}

int64_t measured_correct(const struct measured *m, enum work_kind work, int64_t ms)
{
    enum { ENOUGH_MS = 1000, MOST = 20 };
    if (!m || ms <= 0 || m->modelled_ms[work] < ENOUGH_MS) {
        return ms;
    }
    double factor = (double)m->took_ms[work] / (double)m->modelled_ms[work];
    factor = factor > MOST ? MOST : factor < 1.0 / MOST ? 1.0 / MOST : factor;
    const double corrected = (double)ms * factor;
    return corrected < 9e18 ? (int64_t)corrected : INT64_MAX;
}

struct str measured_setting(const struct measured *m, enum work_kind work, struct arena *a, const char **name)
{
    *name = setting_names[work];
    return m->modelled_ms[work] > 0 ? arena_printf(a, "%" PRId64 " %" PRId64, m->modelled_ms[work], m->took_ms[work])
                                    : STR_NONE;
}

bool measured_read(struct measured *m, struct str name, struct str value)
{
    for (int work = 0; work < WORKS; work++) {
        int64_t modelled, took;
        const size_t space = str_find_char(value, ' ');
        if (str_eq(name, str_of(setting_names[work])) && space != SIZE_MAX &&
            str_to_i64(str_slice(value, 0, space), 1, INT64_MAX, &modelled) &&
            str_to_i64(str_slice(value, space + 1, value.n), 1, INT64_MAX, &took)) {
            m->modelled_ms[work] = modelled;
            m->took_ms[work] = took;
            return true;
        }
    }
    return false;
}
