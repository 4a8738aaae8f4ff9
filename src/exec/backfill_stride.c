/*
 * Where a batch of integer keys ends. A range of n integers holds at most n keys, so where there are few gaps between them the end can be reckoned,
 * and the walk over n entries of the index is saved. Now and then it is asked for all the same: gaps may begin.
 */
#include "exec/backfill.h"

enum { STRIDES = 16 };

static bool is_integer(const struct backfill_key *k)
{
    return k->n == 1 && !k->ctid &&
           (str_eq(k->column[0].type, STR("pg_catalog.int8")) || str_eq(k->column[0].type, STR("pg_catalog.int4")) ||
            str_eq(k->column[0].type, STR("pg_catalog.int2")));
}

static bool number(const struct bounds *b, int64_t *out)
{
    /* Half of what there is: no difference of two of them is too large. */
    return b->set && str_to_i64(b->value[0], INT64_MIN / 2, INT64_MAX / 2, out);
}

void backfill_stride_learn(struct backfill *b, const struct bounds *from, const struct bounds *to, int64_t size)
{
    int64_t lo, hi;
    b->strides =
        is_integer(&b->key) && number(from, &lo) && number(to, &hi) && hi - lo <= size + size / 10 ? STRIDES : 0;
}

bool backfill_stride(struct backfill *b, int64_t size)
{
    int64_t lo, end;
    if (b->strides == 0 || b->suspect > 0 || !number(&b->lo, &lo) || !number(&b->end, &end)) {
        return false;
    }
    b->strides--;
    b->next_is_end = end - lo <= size;
    if (b->next_is_end) {
        backfill_keep_bounds(b, &b->next, &b->end);
    } else {
        const struct bounds next = {.value = {arena_printf(&b->r->scratch, "%" PRId64, lo + size)}, .set = true};
        backfill_keep_bounds(b, &b->next, &next);
    }
    b->next_rows = b->next_keys = size;
    return true;
}
