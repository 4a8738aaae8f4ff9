#include "base/arena.h"

#include "base/error.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

enum { FIRST_CHUNK = 16 * 1024, MAX_CHUNK = 1024 * 1024, ALIGN = 16 };
/*
 * Of an arena that is saved: smaller chunks are copied, larger ones are mapped. What is made between save and restore comes from
 * chunks of its own, which the next save finds warm in malloc.
 */
enum { MAPPED_CHUNK = 256 * 1024, MAX_MAPPED_CHUNK = 32 * 1024 * 1024, PASSING_CHUNK = 64 * 1024 };

struct arena_chunk {
    struct arena_chunk *older;
    size_t size; /* bytes behind this header */
    int fd;      /* of the memory that is mapped here; -1: it is from malloc */
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

void arena_init(struct arena *a, size_t max_bytes)
{
    *a = (struct arena){.max = max_bytes};
}

void arena_init_saved(struct arena *a, size_t max_bytes)
{
    *a = (struct arena){.max = max_bytes, .saved = true};
}

/* NULL: not here, and malloc has to do. A limit on the size of files counts for this memory, too. */
static struct arena_chunk *map_chunk(size_t size)
{
    struct rlimit limit;
    const bool allowed = getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur >= size;
    const int fd = allowed ? (int)syscall(SYS_memfd_create, "arena", 1 /* MFD_CLOEXEC */) : -1;
    if (fd < 0) {
        return NULL;
    }
    void *p =
        ftruncate(fd, (off_t)size) == 0 ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
    if (p == MAP_FAILED) {
        close(fd);
        return NULL;
    }
    struct arena_chunk *c = p;
    c->fd = fd;
    return c;
}

static struct arena_chunk *new_chunk(const struct arena *a, size_t size)
{
    const bool mapped = a->saved && !a->in_doubt && size >= MAPPED_CHUNK;
    struct arena_chunk *c = mapped ? map_chunk(sizeof *c + size) : NULL;
    if (!c) {
        c = mem_alloc(sizeof *c + size);
        c->fd = -1;
    }
    c->older = a->chunk;
    c->size = size;
    return c;
}

static void free_chunk(struct arena_chunk *c)
{
    const int fd = c->fd;
    if (fd < 0) {
        free(c);
    } else {
        munmap(c, sizeof *c + c->size);
        close(fd);
    }
}

static void free_until(struct arena *a, const struct arena_chunk *last)
{
    while (a->chunk != last) {
        struct arena_chunk *older = a->chunk->older;
        a->used -= a->chunk->size;
        free_chunk(a->chunk);
        a->chunk = older;
    }
}

void arena_free(struct arena *a)
{
    free_until(a, NULL);
    *a = (struct arena){.max = a->max, .saved = a->saved};
}

void arena_reset(struct arena *a)
{
    struct arena_chunk *kept =
        NULL; /* the newest is large enough for most units of work, unless it was made for one thing */
    while (a->chunk) {
        struct arena_chunk *c = a->chunk;
        a->chunk = c->older;
        if (!kept && c->size <= MAX_CHUNK) {
            kept = c;
        } else {
            free_chunk(c);
        }
    }
    *a = (struct arena){.max = a->max, .saved = a->saved};
    if (kept) {
        kept->older = NULL;
        *a = (struct arena){kept, kept->data, kept->data + kept->size, kept->size, a->max, a->saved, false};
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

/*
 * What is mapped is not copied: from the save on its pages are private, which the kernel copies as they are written to, and
 * the restore maps the shared ones again. So a file costs what it changes, not what all files before it left.
 */
static void remap(const struct arena_chunk *c, int how)
{
    const int fd = c->fd;
    void *at = (void *)(uintptr_t)c;
    if (mmap(at, sizeof *c + c->size, PROT_READ | PROT_WRITE, how | MAP_FIXED, fd, 0) == MAP_FAILED) {
        mem_out("memory cannot be mapped again");
    }
}

struct arena_copy *arena_save(struct arena *a)
{
    size_t n = 0;
    if (a->in_doubt && a->saved) { /* copies may lie within each other, pages cannot */
        BUG("an arena is saved twice");
    }
    a->in_doubt = true;
    for (const struct arena_chunk *c = a->chunk; c; c = c->older) {
        n += c->fd < 0 ? used_of(a, c) : 0;
    }
    struct arena_copy *copy = mem_alloc(sizeof *copy + n);
    copy->mark = arena_mark(a);
    n = 0;
    for (const struct arena_chunk *c = a->chunk, *older; c; c = older) {
        older = c->older; /* read now: behind the remap it costs a page fault */
        if (c->fd >= 0) {
            remap(c, MAP_PRIVATE);
        } else {
            memcpy(copy->bytes + n, c->data, used_of(a, c));
            n += used_of(a, c);
        }
    }
    if (a->saved) {
        a->at = a->end; /* full until the restore */
    }
    return copy;
}

void arena_restore(struct arena *a, struct arena_copy *copy)
{
    size_t n = 0;
    a->in_doubt = false;
    arena_rewind(a, copy->mark);
    for (struct arena_chunk *c = a->chunk, *older; c; c = older) {
        older = c->older;
        if (c->fd >= 0) {
            remap(c, MAP_SHARED);
        } else {
            memcpy(c->data, copy->bytes + n, used_of(a, c));
            n += used_of(a, c);
        }
    }
    free(copy);
}

void *arena_alloc_chunk(struct arena *a, size_t size)
{
    if (size > SIZE_MAX - ALIGN) {
        mem_out("size overflow");
    }
    size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    const bool passing = a->saved && a->in_doubt;
    size_t chunk_size = passing ? PASSING_CHUNK : a->chunk ? a->chunk->size * 2 : FIRST_CHUNK;
    const size_t most = a->saved ? MAX_MAPPED_CHUNK : MAX_CHUNK;
    chunk_size = chunk_size > most ? most : chunk_size;
    if (a->saved && !passing && chunk_size >= MAPPED_CHUNK) { /* few mappings are changed sooner than many */
        chunk_size = chunk_size <= MAX_CHUNK ? MAX_CHUNK : most;
    }
    chunk_size = chunk_size < size ? size : chunk_size;
    if (chunk_size > a->max || a->used > a->max - chunk_size) {
        mem_out("this unit of work passed its limit");
    }
    struct arena_chunk *c = new_chunk(a, chunk_size);
    a->chunk = c;
    a->used += chunk_size;
    a->at = c->data + size;
    a->end = c->data + chunk_size;
    return c->data;
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
