/*
 * arena.h - memory by unit of work, and what happens when there is none left.
 *
 * An arena hands out zeroed memory and gives all of it back at once: one for a linted file, one for an
 * executed step. Allocation never returns NULL: out of memory, or past the arena's maximum, the process prints one
 * line and exits with 71. That is safe for a run, because a run must survive kill -9 anyway.
 */
#ifndef MIGRATE_BASE_ARENA_H
#define MIGRATE_BASE_ARENA_H

#include "base/str.h"

struct arena_chunk;

struct arena {
    struct arena_chunk *chunk; /* newest first */
    char *at, *end;            /* free part of the newest chunk */
    size_t used;               /* bytes in all chunks */
    size_t max;
    bool saved;    /* made by arena_init_saved() */
    bool in_doubt; /* between arena_save() and arena_restore() */
};

/* Where an arena stood; see arena_rewind(). */
struct arena_mark {
    struct arena_chunk *chunk;
    char *at;
};

void arena_init(struct arena *a, size_t max_bytes);
/* The same, for an arena that is often saved: what a save costs does not grow with what the arena holds. */
void arena_init_saved(struct arena *a, size_t max_bytes);
void arena_free(struct arena *a); /* gives everything back; the arena may be used again */
void arena_reset(
    struct arena *a); /* as arena_free(), but keeps one chunk, of 1 MB at most, for the next unit of work */
struct arena_mark arena_mark(const struct arena *a);
void arena_rewind(struct arena *a, struct arena_mark mark); /* frees what came after the mark */

/*
 * A copy of all that an arena holds, and back to it: what was changed in place since is undone, what was made since is freed. Marks that
 * are older than the copy stay good. Saves may lie within each other, but one at a time of an arena made by arena_init_saved().
 */
struct arena_copy;
struct arena_copy *arena_save(struct arena *a);
void arena_restore(struct arena *a, struct arena_copy *copy); /* frees the copy */

NORETURN void mem_out(const char *what); /* "out of memory: what", exit 71 */

/* count * size; ends the process on overflow. */
static inline size_t mem_size(size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) {
        mem_out("size overflow");
    }
    return count * size;
}

/* What arena_alloc_raw() does when the newest chunk has no room. */
void *arena_alloc_chunk(struct arena *a, size_t size) __attribute__((returns_nonnull));

/* Aligned to 16, not zeroed: for what is written whole. Here in full, as everything is made with it. */
static inline void *arena_alloc_raw(struct arena *a, size_t size)
{
    if (!a->at || size > (size_t)(a->end - a->at)) { /* the room is a multiple of 16: what fits, fits rounded up */
        return arena_alloc_chunk(a, size);
    }
    void *p = a->at;
    a->at += (size + 15) & ~(size_t)15;
    return p;
}

/* What was handed out last ends at `end`, and is not needed from `from` on. Nothing happens when it was not the last. */
static inline void arena_give_back(struct arena *a, const void *from, const void *end)
{
    const size_t unused = (size_t)((const char *)end - (const char *)from) & ~(size_t)15;
    const size_t rounded = -(size_t)(uintptr_t)end & 15; /* see arena_alloc_raw() */
    if (a->at == (const char *)end + rounded) {
        a->at -= unused;
    }
}

/* Zeroed. */
static inline void *arena_alloc(struct arena *a, size_t size)
{
    return memset(arena_alloc_raw(a, size), 0, size);
}

struct str arena_str(struct arena *a, struct str s); /* a copy, NUL-terminated behind its end */
char *arena_cstr(struct arena *a, struct str s);     /* a NUL-terminated copy */
struct str arena_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3);

#define arena_new(a, type)          ((type *)arena_alloc((a), sizeof(type)))
#define arena_array(a, type, count) ((type *)arena_alloc((a), mem_size((count), sizeof(type))))

/* malloc and realloc that end the process instead of failing. */
void *mem_alloc(size_t size) __attribute__((returns_nonnull, malloc));
void *mem_realloc(void *old, size_t size) __attribute__((returns_nonnull));

#endif
