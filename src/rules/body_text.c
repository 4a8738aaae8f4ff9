#include "rules/body_text.h"

#include "base/arena.h"

/* The bytes of the copy, made when first needed. */
static char *bytes_of(struct body_text *t)
{
    if (t->copy->n != t->text.n) {
        *t->copy = arena_str(t->a, t->text);
    }
    t->text = *t->copy;
    return (char *)(uintptr_t)t->copy->p;
}

void body_text_write(struct body_text *t, uint32_t start, uint32_t end, struct str words)
{
    char *p = bytes_of(t);
    memcpy(p + start, words.p, words.n);
    memset(p + start + words.n, ' ', end - start - words.n);
}

void body_text_blank(struct body_text *t, uint32_t start, uint32_t end)
{
    char *p = bytes_of(t);
    for (uint32_t i = start; i < end; i++) {
        p[i] = p[i] == '\n' || p[i] == '\r' ? p[i] : ' ';
    }
}

static size_t count_lines(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        n += s.p[i] == '\n';
    }
    return n;
}

void body_text_put(struct body_text *t, struct token first, struct token last, struct str value, uint32_t *start,
                   uint32_t *end)
{
    const uintptr_t base = (uintptr_t)t->text.p, there = (uintptr_t)value.p;
    if (there >= base + first.start && there + value.n <= base + last.end) {
        *start = (uint32_t)(there - base);
        *end = *start + (uint32_t)value.n;
        return;
    }
    /* A value is shorter than its source, which has quotes around it. */
    const struct str source = arena_str(t->a, str_slice(t->text, first.start, last.end));
    char *p = bytes_of(t) + first.start;
    const bool lines = count_lines(source) == count_lines(value);
    size_t at = 1;
    p[0] = ' ';
    for (size_t i = 0; i < value.n; i++) {
        if (lines && value.p[i] == '\n') {
            while (source.p[at] != '\n' && at + value.n - i < source.n) { /* E'\n' is a line of the value only */
                p[at++] = ' ';
            }
        }
        p[at++] = value.p[i];
    }
    memset(p + at, ' ', source.n - at);
    *start = first.start + 1;
    *end = last.end;
}
