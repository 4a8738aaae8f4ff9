/*
 * vec.h - typed growing arrays, in an arena or in malloc memory.
 *
 *     VEC(struct token) tokens = {0};            // or a named struct with the same members
 *     *vec_push(arena, &tokens) = t;             // arena may be NULL: malloc memory, then vec_free()
 *     for (size_t i = 0; i < tokens.n; i++) use(&tokens.at[i]);
 *
 * A pointer to an element lives until the next push. An arena-backed array leaves its older, smaller copy in
 * the arena when it grows (at most as much again).
 */
#ifndef MIGRATE_BASE_VEC_H
#define MIGRATE_BASE_VEC_H

#include "base/arena.h"

#define VEC(type)      \
    struct {           \
        type *at;      \
        size_t n, cap; \
    }

/* The same with a name: VEC_DECLARE(token_list, struct token) declares struct token_list. */
#define VEC_DECLARE(name, type) \
    struct name {               \
        type *at;               \
        size_t n, cap;          \
    }

/* Room for one more; gives a pointer to the new, zeroed element. */
#define vec_push(arena, v)                                                                                    \
    ((v)->n == (v)->cap ? (void)((v)->at = vec_grow((arena), (v)->at, (v)->n, &(v)->cap, sizeof((v)->at[0]))) \
                        : (void)0,                                                                            \
     memset(&(v)->at[(v)->n], 0, sizeof((v)->at[0])), &(v)->at[(v)->n++])

#define vec_free(v) (free((v)->at), (v)->at = NULL, (v)->n = 0, (v)->cap = 0)

void *vec_grow(struct arena *arena, void *old, size_t n, size_t *cap, size_t size) __attribute__((returns_nonnull));

#endif
