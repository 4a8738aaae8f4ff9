#include "exec/pipe.h"

void pipe_begin(struct pipe *p, struct arena *a)
{
    *p = (struct pipe){.arena = a, .failed_at = SIZE_MAX};
}

static void add(struct pipe *p, const char *sql, const struct param *params, size_t n,
                const struct planned_statement *own)
{
    *vec_push(p->arena, &p->items) = (struct pipelined){.sql = sql, .params = params, .n_params = n};
    *vec_push(p->arena, &p->own) = own;
    p->bytes += strlen(sql);
}

void pipe_add(struct pipe *p, const char *sql)
{
    add(p, sql, NULL, 0, NULL);
}

void pipe_add_params(struct pipe *p, const char *sql, const struct param *params, size_t n)
{
    struct param *const copy = arena_array(p->arena, struct param, n);
    for (size_t i = 0; i < n; i++) {
        copy[i] = params[i];
    }
    add(p, sql, copy, n, NULL);
}

void pipe_add_statement(struct pipe *p, const struct planned_statement *st)
{
    add(p, arena_cstr(p->arena, st->sql), NULL, 0, st);
}

bool pipe_full(const struct pipe *p)
{
    return p->items.n >= PIPE_MAX_ITEMS || p->bytes >= PIPE_MAX_BYTES;
}

enum status pipe_run(struct pipe *p, struct session *s, int64_t deadline_ms, struct rows **last, struct error *err)
{
    const size_t n = p->items.n;
    struct rows **const rows = arena_array(p->arena, struct rows *, n + 1);
    size_t failed = n;
    if (last) {
        *last = NULL;
    }
    p->failed = NULL;
    const enum status status = session_pipeline(s, p->items.at, n, deadline_ms, rows, &failed, err);
    p->failed_at = status && failed < n ? failed : SIZE_MAX;
    if (p->failed_at != SIZE_MAX) {
        p->failed = p->own.at[failed];
    }
    for (size_t i = 0; i < n; i++) {
        if (rows[i] && p->own.at[i]) {
            p->rows += rows_affected(rows[i]);
        }
        if (last && !status && i + 1 == n) {
            *last = rows[i];
        } else {
            rows_free(rows[i]);
        }
    }
    p->items.n = 0;
    p->own.n = 0;
    p->bytes = 0;
    return status;
}
