#include "base/arena.h"

enum { FIRST_CHUNK = 16 * 1024, MAX_CHUNK = 1024 * 1024, ALIGN = 16 };

struct arena_chunk {
    struct arena_chunk *older;
    size_t size; /* bytes behind this header */
    _Alignas(ALIGN) char data[];
};

void mem_out(const char *what)
{
    fprintf(stderr, "migrate: out of memory: %s\n", what);
    _exit(71);
}

void *mem_alloc(size_t size)
{
    void *p = malloc(size ? size : 1);
    if (!p) {
        mem_out("allocation refused");
    }
    return p;
}

void *mem_realloc(void *old, size_t size)
{
    void *p = realloc(old, size ? size : 1);
    if (!p) {
        mem_out("allocation refused");
    }
    return p;
}

size_t mem_size(size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) {
        mem_out("size overflow");
    }
    return count * size;
}

void arena_init(struct arena *a, size_t max_bytes)
{
    *a = (struct arena){.max = max_bytes};
}

static void free_until(struct arena *a, const struct arena_chunk *last)
{
    while (a->chunk != last) {
        struct arena_chunk *older = a->chunk->older;
        a->used -= a->chunk->size;
        free(a->chunk);
        a->chunk = older;
    }
}

void arena_free(struct arena *a)
{
    free_until(a, NULL);
    arena_init(a, a->max);
}

void arena_reset(struct arena *a)
{
    struct arena_chunk *kept = NULL; /* the newest is large enough for most units of work, unless it was made for one thing */
    while (a->chunk) {
        struct arena_chunk *c = a->chunk;
        a->chunk = c->older;
        if (!kept && c->size <= MAX_CHUNK) {
            kept = c;
        } else {
            free(c);
        }
    }
    arena_init(a, a->max);
    if (kept) {
        kept->older = NULL;
        *a = (struct arena){kept, kept->data, kept->data + kept->size, kept->size, a->max};
    }
}

struct arena_mark arena_mark(const struct arena *a)
{
    return (struct arena_mark){a->chunk, a->at};
}

void arena_rewind(struct arena *a, struct arena_mark mark)
{
    free_until(a, mark.chunk);
    a->at = mark.at;
    a->end = a->chunk ? a->chunk->data + a->chunk->size : NULL;
}

struct arena_copy {
    struct arena_mark mark;
    char bytes[];
};

/* How much of a chunk is used: nothing more is handed out of an older one than the newest. */
static size_t used_of(const struct arena *a, const struct arena_chunk *c)
{
    return c == a->chunk ? (size_t)(a->at - c->data) : c->size;
}

struct arena_copy *arena_save(const struct arena *a)
{
    size_t n = 0;
    for (const struct arena_chunk *c = a->chunk; c; c = c->older) {
        n += used_of(a, c);
    }
    struct arena_copy *copy = mem_alloc(sizeof *copy + n);
    copy->mark = arena_mark(a);
    n = 0;
    for (const struct arena_chunk *c = a->chunk; c; c = c->older) {
        memcpy(copy->bytes + n, c->data, used_of(a, c));
        n += used_of(a, c);
    }
    return copy;
}

void arena_restore(struct arena *a, struct arena_copy *copy)
{
    size_t n = 0;
    arena_rewind(a, copy->mark);
    for (struct arena_chunk *c = a->chunk; c; c = c->older) {
        memcpy(c->data, copy->bytes + n, used_of(a, c));
        n += used_of(a, c);
    }
    free(copy);
}

void *arena_alloc_raw(struct arena *a, size_t size)
{
    if (size > SIZE_MAX - ALIGN) {
        mem_out("size overflow");
    }
    size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (!a->at || size > (size_t)(a->end - a->at)) {
        size_t chunk_size = a->chunk ? a->chunk->size * 2 : FIRST_CHUNK;
        chunk_size = chunk_size > MAX_CHUNK ? MAX_CHUNK : chunk_size;
        chunk_size = chunk_size < size ? size : chunk_size;
        if (chunk_size > a->max || a->used > a->max - chunk_size) {
            mem_out("this unit of work passed its limit");
        }
        struct arena_chunk *c = mem_alloc(sizeof(*c) + chunk_size);
        c->older = a->chunk;
        c->size = chunk_size;
        a->chunk = c;
        a->used += chunk_size;
        a->at = c->data;
        a->end = c->data + chunk_size;
    }
    void *p = a->at;
    a->at += size;
    return p;
}

void *arena_alloc(struct arena *a, size_t size)
{
    return memset(arena_alloc_raw(a, size), 0, size);
}

char *arena_cstr(struct arena *a, struct str s)
{
    char *p = arena_alloc_raw(a, s.n + 1);
    if (s.n > 0) {
        memcpy(p, s.p, s.n);
    }
    p[s.n] = '\0';
    return p;
}

struct str arena_str(struct arena *a, struct str s)
{
    return (struct str){arena_cstr(a, s), s.n};
}

struct str arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    char here[256]; /* most results fit: formatted once */
    const int n = vsnprintf(here, sizeof here, fmt, ap);
    char *p = arena_alloc_raw(a, n < 0 ? 1 : (size_t)n + 1);
    if (n < (int)sizeof here) {
        memcpy(p, n < 0 ? "" : here, n < 0 ? 1 : (size_t)n + 1);
    } else {
        vsnprintf(p, (size_t)n + 1, fmt, again);
    }
    va_end(again);
    va_end(ap);
    return (struct str){p, n < 0 ? 0 : (size_t)n};
}
