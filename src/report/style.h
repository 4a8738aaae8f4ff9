/*
 * style.h - small things that all text reports share: colours, counted words, sizes, numbers.
 */
#ifndef MIGRATE_REPORT_STYLE_H
#define MIGRATE_REPORT_STYLE_H

#include "base/str.h"

enum paint { PAINT_NONE, PAINT_BOLD, PAINT_DIM, PAINT_RED, PAINT_YELLOW, PAINT_BLUE, PAINT_GREEN };

/* Begin and end a colour; nothing without `colour`. */
void paint_begin(struct strbuf *out, enum paint p, bool colour);
void paint_end(struct strbuf *out, enum paint p, bool colour);
/* Text in a colour, control characters escaped. */
void paint(struct strbuf *out, enum paint p, bool colour, struct str text);

/* "1 error", "2 errors", "0 errors". */
void add_number(struct strbuf *out, uint64_t n); /* in decimal, as findings have many: printf is slower by ten times */
void add_count(struct strbuf *out, uint64_t n, const char *word);
/* "16 MB", "41 GB"; rows as "212 M rows". */
void add_bytes(struct strbuf *out, int64_t bytes);
void add_rows(struct strbuf *out, int64_t rows);
/* "[#####---------------]  25 %" of so many characters between the brackets; share 0 to 1. */
void add_bar(struct strbuf *out, double share, int width);
/* The text on one line, white space runs as one space, at most max characters with "…" behind a cut; escaped. */
void add_one_line(struct strbuf *out, struct str text, size_t max);

#endif
