/*
 * marker.h - the lines "-- migrate:up" and "-- migrate:down", and what was meant to be one.
 */
#ifndef MIGRATE_MIGRATION_MARKER_H
#define MIGRATE_MIGRATION_MARKER_H

#include "base/str.h"

enum marker_kind {
    MARKER_NONE,
    MARKER_UP,
    MARKER_DOWN,
    MARKER_MISPLACED, /* well written, but not at the start of its line */
    MARKER_MISSPELT,
};

struct marker {
    enum marker_kind kind;
    bool down;        /* the direction, also of a misplaced or misspelt one */
    uint32_t start;   /* of the comment */
    uint32_t options; /* behind "up" or "down" */
    uint32_t end;     /* of the comment */
};

/* What the comment text[start, end) is. */
struct marker marker_of(struct str text, uint32_t start, uint32_t end);

/*
 * The first line of text[start, end) that reads as a marker, whatever is around it: for where a quote that never ends has
 * swallowed it. False when there is none.
 */
bool marker_line_in(struct str text, uint32_t start, uint32_t end, struct marker *found);

/* The offset of the first byte at or behind `at` that is no blank (space, tab, CR, form feed, vertical tab). */
size_t marker_skip_blank(struct str s, size_t at);

#endif
