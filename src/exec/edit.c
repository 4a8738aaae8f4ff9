#include "exec/edit.h"

/* The line at *at, without its end; advances. False: there is none. */
static bool next_line(struct str text, size_t *at, struct str *line)
{
    if (*at >= text.n) {
        return false;
    }
    const struct str rest = str_slice(text, *at, text.n);
    const size_t end = str_find_char(rest, '\n');
    *line = str_slice(rest, 0, end);
    *at += end == SIZE_MAX ? rest.n : end + 1;
    if (line->n > 0 && line->p[line->n - 1] == '\r') {
        line->n--;
    }
    return true;
}

static size_t count_lines(struct str text)
{
    struct str line;
    size_t n = 0;
    for (size_t at = 0; next_line(text, &at, &line);) {
        n++;
    }
    return n;
}

/* How many lines the texts have in common from their beginning on. */
static size_t common_head(struct str a, struct str b)
{
    struct str x, y;
    size_t n = 0, i = 0, k = 0;
    while (next_line(a, &i, &x) && next_line(b, &k, &y) && str_eq(x, y)) {
        n++;
    }
    return n;
}

/* The line before *end, which moves to its beginning. */
static bool last_line(struct str text, size_t *end, struct str *line)
{
    if (*end == 0) {
        return false;
    }
    size_t stop = *end, from;
    stop -= text.p[stop - 1] == '\n';
    for (from = stop; from > 0 && text.p[from - 1] != '\n'; from--) {
    }
    *line = str_slice(text, from, stop);
    line->n -= line->n > 0 && line->p[line->n - 1] == '\r';
    *end = from;
    return true;
}

static size_t common_tail(struct str a, struct str b, size_t most)
{
    struct str x, y;
    size_t n = 0, i = a.n, k = b.n;
    while (n < most && last_line(a, &i, &x) && last_line(b, &k, &y) && str_eq(x, y)) {
        n++;
    }
    return n;
}

static void add_lines(struct str text, char mark, size_t from, size_t to, unsigned max, struct strbuf *out)
{
    struct str line;
    size_t n = 0;
    for (size_t at = 0; next_line(text, &at, &line) && n < to; n++) {
        if (n >= from && n < from + max) {
            strbuf_addf(out, "%s%c %.*s", out->n > 0 ? "\n" : "", mark, STR_ARG(line));
        }
    }
    if (to > from + max) {
        strbuf_addf(out, "\n%c … and %zu more lines", mark, to - from - max);
    }
}

void edit_show(struct str was, struct str now, unsigned max_lines, struct strbuf *out)
{
    const size_t n_was = count_lines(was), n_now = count_lines(now), head = common_head(was, now);
    const size_t shorter = n_was < n_now ? n_was : n_now;
    const size_t tail = common_tail(was, now, shorter - head);
    add_lines(was, '-', head, n_was - tail, max_lines, out);
    add_lines(now, '+', head, n_now - tail, max_lines, out);
}
