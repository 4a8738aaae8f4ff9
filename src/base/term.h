/*
 * term.h - what the terminal can do, and text that is safe to show on it.
 */
#ifndef MIGRATE_BASE_TERM_H
#define MIGRATE_BASE_TERM_H

#include "base/str.h"

/* Colour on this stream: a terminal, NO_COLOR unset or empty (https://no-color.org), TERM not "dumb". */
bool term_colour(int fd);
/* Columns of the terminal, or `fallback` where it is none. */
unsigned term_width(int fd, unsigned fallback);
/*
 * Append text with control characters (C0, DEL, C1, and bytes that are not UTF-8) as \xNN, so that SQL or a server
 * message can never drive the terminal. A tab stays a tab.
 */
void term_escape(struct strbuf *out, struct str text);
/* Columns that one character takes on a terminal: 0 combining, 1, or 2 wide (East Asian, emoji). */
unsigned term_char_width(uint32_t codepoint);
/*
 * Decode the UTF-8 character at s[at]; returns its length in bytes (1 for a byte that is not valid UTF-8, then
 * *codepoint is 0xFFFD).
 */
size_t utf8_decode(struct str s, size_t at, uint32_t *codepoint);
/* Offset of the first byte that is not valid UTF-8, or SIZE_MAX. NUL counts as invalid: PostgreSQL refuses it. */
size_t utf8_invalid_at(struct str s);

#endif
