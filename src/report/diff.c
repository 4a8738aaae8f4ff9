#include "report/diff.h"

#include "base/term.h"
#include "base/vec.h"
#include "report/style.h"

enum { CONTEXT = 3, EDITS_MAX = 2000 }; /* more differing lines than that are shown as one block */

VEC_DECLARE(lines, struct str);

struct diff {
    struct arena a;
    struct lines x, y;
    bool *gone, *added; /* per line of x, of y */
};

static struct lines split(struct arena *a, struct str text)
{
    struct lines list = {0};
    for (size_t at = 0; at < text.n;) {
        const size_t end = str_find_char(str_slice(text, at, text.n), '\n');
        const size_t next = end == SIZE_MAX ? text.n : at + end + 1;
        *vec_push(a, &list) = str_slice(text, at, next);
        at = next;
    }
    return list;
}

/* Mark what Myers' greedy algorithm finds within x[from, x_end) and y[from, y_end): the fewest lines. False: too many. */
static bool walk(struct diff *d, size_t from, size_t x_end, size_t y_end)
{
    const long n = (long)(x_end - from), m = (long)(y_end - from);
    const long most = n + m < EDITS_MAX ? n + m : EDITS_MAX;
    VEC(long *) trace = {0};
    long *v = arena_array(&d->a, long, (size_t)(2 * most + 3));
    long *best = v + most + 1;
    long edits = 0, found = -1;
    for (; edits <= most && found < 0; edits++) {
        long *copy = arena_array(&d->a, long, (size_t)(2 * edits + 3));
        memcpy(copy, best - edits - 1, (size_t)(2 * edits + 3) * sizeof *copy);
        *vec_push(&d->a, &trace) = copy + edits + 1;
        for (long k = -edits; k <= edits && found < 0; k += 2) {
            long i = k == -edits || (k != edits && best[k - 1] < best[k + 1]) ? best[k + 1] : best[k - 1] + 1;
            while (i < n && i - k < m && str_eq(d->x.at[from + (size_t)i], d->y.at[from + (size_t)(i - k)])) {
                i++;
            }
            best[k] = i;
            found = i >= n && i - k >= m ? edits : -1;
        }
    }
    if (found < 0) {
        return false;
    }
    for (long i = n, j = m; found > 0; found--) {
        const long *before = trace.at[found];
        const long k = i - j;
        const long last = k == -found || (k != found && before[k - 1] < before[k + 1]) ? k + 1 : k - 1;
        const long pi = before[last], pj = pi - last;
        if (last == k + 1) {
            d->added[from + (size_t)pj] = true;
        } else {
            d->gone[from + (size_t)pi] = true;
        }
        i = pi;
        j = pj;
    }
    return true;
}

static void compare(struct diff *d)
{
    size_t from = 0, x_end = d->x.n, y_end = d->y.n;
    while (from < x_end && from < y_end && str_eq(d->x.at[from], d->y.at[from])) {
        from++;
    }
    while (x_end > from && y_end > from && str_eq(d->x.at[x_end - 1], d->y.at[y_end - 1])) {
        x_end--;
        y_end--;
    }
    if (!walk(d, from, x_end, y_end)) {
        memset(d->gone + from, true, (x_end - from) * sizeof *d->gone);
        memset(d->added + from, true, (y_end - from) * sizeof *d->added);
    }
}

/* ---- writing ---------------------------------------------------------------------------------------------------------- */

/* As git writes it: quoted where a reader could take it for something else. */
static void add_path(struct strbuf *out, const char *side, struct str path)
{
    bool quote = false, space = false;
    while (str_starts(path, STR("./"))) {
        path = str_slice(path, 2, path.n);
    }
    for (size_t i = 0; i < path.n; i++) {
        const unsigned char c = (unsigned char)path.p[i];
        quote = quote || c < ' ' || c == 127 || c == '"' || c == '\\';
        space = space || c == ' ';
    }
    strbuf_add_cstr(out, quote ? "\"" : "");
    strbuf_add_cstr(out, path.n > 0 && path.p[0] == '/' ? "" : side);
    for (size_t i = 0; i < path.n; i++) {
        const unsigned char c = (unsigned char)path.p[i];
        if (c < ' ' || c == 127) {
            strbuf_addf(out, "\\%03o", c);
        } else if (c == '"' || c == '\\') {
            strbuf_addf(out, "\\%c", c);
        } else {
            strbuf_add_char(out, (char)c);
        }
    }
    strbuf_add_cstr(out, quote ? "\"" : space ? "\t" : "");
    strbuf_add_char(out, '\n');
}

static void add_line(struct strbuf *out, char sign, struct str line, bool colour)
{
    const bool whole = line.n > 0 && line.p[line.n - 1] == '\n';
    const struct str text = str_slice(line, 0, line.n - whole);
    if (colour) {
        const bool cr = text.n > 0 && text.p[text.n - 1] == '\r';
        paint_begin(out, sign == '+' ? PAINT_GREEN : sign == '-' ? PAINT_RED : PAINT_NONE, true);
        strbuf_add_char(out, sign);
        term_escape(out, str_slice(text, 0, text.n - cr));
        paint_end(out, sign == '+' ? PAINT_GREEN : sign == '-' ? PAINT_RED : PAINT_NONE, true);
    } else {
        strbuf_add_char(out, sign);
        strbuf_add(out, text);
    }
    strbuf_add_cstr(out, whole ? "\n" : "\n\\ No newline at end of file\n");
}

/* "12,3"; an empty range is named by the line before it. */
static void add_range(struct strbuf *out, char sign, size_t start, size_t n)
{
    strbuf_addf(out, "%c%zu", sign, n == 0 ? start : start + 1);
    if (n != 1) {
        strbuf_addf(out, ",%zu", n);
    }
}

/* The lines x[i, i_end) and y[j, j_end): changes with their context. */
static void add_hunk(struct strbuf *out, const struct diff *d, size_t i, size_t i_end, size_t j, size_t j_end,
                     bool colour)
{
    paint_begin(out, PAINT_BLUE, colour);
    strbuf_add_cstr(out, "@@ ");
    add_range(out, '-', i, i_end - i);
    strbuf_add_char(out, ' ');
    add_range(out, '+', j, j_end - j);
    strbuf_add_cstr(out, " @@");
    paint_end(out, PAINT_BLUE, colour);
    strbuf_add_char(out, '\n');
    while (i < i_end || j < j_end) {
        if (i < i_end && d->gone[i]) {
            add_line(out, '-', d->x.at[i++], colour);
        } else if (j < j_end && d->added[j]) {
            add_line(out, '+', d->y.at[j++], colour);
        } else {
            add_line(out, ' ', d->x.at[i++], colour);
            j++;
        }
    }
}

static void add_hunks(struct strbuf *out, const struct diff *d, bool colour)
{
    size_t i = 0, j = 0;
    while (i < d->x.n || j < d->y.n) {
        if (!(i < d->x.n && d->gone[i]) && !(j < d->y.n && d->added[j])) {
            i++;
            j++;
            continue;
        }
        const size_t lead = i < CONTEXT ? i : CONTEXT;
        const size_t first_i = i - lead, first_j = j - lead;
        size_t same = 0, end_i = i, end_j = j; /* behind the last change */
        while ((i < d->x.n || j < d->y.n) && same <= (size_t)2 * CONTEXT) {
            if (i < d->x.n && d->gone[i]) {
                i++;
            } else if (j < d->y.n && d->added[j]) {
                j++;
            } else {
                i++;
                j++;
                same++;
                continue;
            }
            same = 0;
            end_i = i;
            end_j = j;
        }
        const size_t left = d->x.n - end_i, tail = left < CONTEXT ? left : CONTEXT;
        add_hunk(out, d, first_i, end_i + tail, first_j, end_j + tail, colour);
        i = end_i + tail;
        j = end_j + tail;
    }
}

void diff_unified(struct strbuf *out, struct str path, struct str before, struct str after, bool colour)
{
    struct diff d = {0};
    if (str_eq(before, after)) {
        return;
    }
    arena_init(&d.a, (size_t)4 << 30);
    d.x = split(&d.a, before);
    d.y = split(&d.a, after);
    d.gone = arena_array(&d.a, bool, d.x.n + 1);
    d.added = arena_array(&d.a, bool, d.y.n + 1);
    compare(&d);
    paint_begin(out, PAINT_BOLD, colour);
    strbuf_add_cstr(out, "--- ");
    add_path(out, "a/", path);
    strbuf_add_cstr(out, "+++ ");
    add_path(out, "b/", path);
    paint_end(out, PAINT_BOLD, colour);
    add_hunks(out, &d, colour);
    arena_free(&d.a);
}
