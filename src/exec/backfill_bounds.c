/* How keys travel: as texts, between batches, between runs and between processes. */
#include "exec/backfill.h"

#include "exec/tx.h"

void backfill_add_bounds(struct param *params, size_t *n, const struct backfill *b, const struct bounds *v)
{
    for (size_t i = 0; i < b->key.n; i++) {
        params[(*n)++].text = v->value[i].p;
    }
}

void backfill_add_identity(struct param *params, size_t *n, const struct backfill *b)
{
    params[(*n)++].text = b->it->params.version;
    params[(*n)++].text = b->it->down ? "down" : "up";
    params[(*n)++].text = b->ordinal;
}

void backfill_add_claim(struct param *params, size_t *n, const struct backfill *b)
{
    backfill_add_identity(params, n, b);
    params[(*n)++].text = b->part;
    params[(*n)++].text = b->token;
    params[(*n)++].text = b->owner;
}

const char *backfill_array(const struct backfill *b, const struct bounds *v, struct arena *a)
{
    return v->set ? param_array(a, v->value, b->key.n) : NULL;
}

void backfill_read_bounds(const struct backfill *b, const struct rows *rows, struct arena *a, struct bounds *out)
{
    out->set = rows_count(rows) > 0;
    for (size_t i = 0; out->set && i < b->key.n; i++) {
        out->value[i] = arena_str(a, rows_value(rows, 0, i));
    }
}

bool backfill_read_array(const struct rows *rows, size_t row, size_t column, size_t n, struct arena *a,
                         struct bounds *out)
{
    size_t found = 0;
    out->set = !rows_null(rows, row, column);
    if (!out->set) {
        return true;
    }
    if (!array_values(rows_value(rows, row, column), a, out->value, KEY_MAX, &found) || found != n) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        out->value[i] = arena_str(a, out->value[i]);
    }
    return true;
}

/* A few bytes per batch, in memory that is cleared when it has become much: only cursor, end and the next boundary live in it. */
void backfill_keep_bounds(struct backfill *b, struct bounds *to, const struct bounds *from)
{
    struct bounds *const all[] = {&b->lo, &b->end, &b->next};
    if (b->keep->used > 256 * 1024) {
        struct arena fresh;
        struct bounds copy = *from;
        arena_init(&fresh, SIZE_MAX);
        for (size_t i = 0; copy.set && i < b->key.n; i++) {
            copy.value[i] = arena_str(&fresh, copy.value[i]);
        }
        for (size_t k = 0; k < countof(all); k++) {
            for (size_t i = 0; all[k] != to && all[k]->set && i < b->key.n; i++) {
                all[k]->value[i] = arena_str(&fresh, all[k]->value[i]);
            }
        }
        *to = copy;
        arena_free(b->keep);
        *b->keep = fresh;
        return;
    }
    to->set = from->set;
    for (size_t i = 0; from->set && i < b->key.n; i++) {
        to->value[i] = arena_str(b->keep, from->value[i]);
    }
}

struct str backfill_describe(const struct backfill *b, const struct bounds *v, struct arena *a)
{
    struct strbuf sb;
    strbuf_init(&sb, 900);
    for (size_t i = 0; i < b->key.n && v->set; i++) {
        strbuf_addf(&sb, "%s%.*s = %.*s", i > 0 ? ", " : "", STR_ARG(b->key.column[i].name),
                    STR_ARG(str_slice(v->value[i], 0, 200)));
    }
    const struct str made = arena_str(a, strbuf_str(&sb));
    strbuf_free(&sb);
    return made;
}
