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

int64_t estimate_work(enum work work, int64_t rows, int64_t bytes)
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

static int64_t work_on(enum work work, const struct relation *r)
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
    int64_t ms;
    bool unknown;
};

static void add(struct sum *sum, int64_t ms)
{
    sum->unknown = sum->unknown || ms < 0;
    sum->ms += ms < 0 ? 0 : ms < INT64_MAX - sum->ms ? ms : INT64_MAX - sum->ms;
}

int64_t estimate_effects(const struct effects *e)
{
    struct sum sum = {0};
    for (size_t i = 0; i < e->rewrite.n; i++) {
        const struct relation *r = e->rewrite.at[i].relation;
        if (!lists_parts(&e->rewrite, r)) {
            add(&sum, work_on(WORK_REWRITE, r));
        }
    }
    for (size_t i = 0; i < e->scan.n; i++) {
        const struct relation *r = e->scan.at[i].relation;
        const bool counted = lists(&e->rewrite, r) || lists_parts(&e->scan, r);
        if (!counted) {
            add(&sum, work_on(WORK_SCAN, r));
        }
    }
    for (size_t i = 0; i < e->build.n; i++) {
        const struct relation *index = e->build.at[i].relation;
        if (!lists_parts(&e->build, index)) {
            add(&sum, work_on(WORK_BUILD, index->table ? index->table : index));
        }
    }
    if (e->builds_new && e->build.n == 0 && e->locks.n > 0) {
        add(&sum, work_on(WORK_BUILD, e->locks.at[0].relation));
    }
    return sum.unknown ? -1 : sum.ms;
}
