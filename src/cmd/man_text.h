/*
 * man_text.h - plain text as lines of mdoc, for the pages of the manual that are made from tables.
 */
#ifndef MIGRATE_CMD_MAN_TEXT_H
#define MIGRATE_CMD_MAN_TEXT_H

#include "base/str.h"

/* Words, filled; a sentence ends its line, as mandoc wants it. */
void man_prose(struct strbuf *out, const char *text);
/* Lines as they are, in a display. */
void man_literal(struct strbuf *out, const char *lines);
/*
 * Paragraphs as help has them: an empty line between them; "name  what it is" an entry of a list, "- " a point, both going on in lines
 * that are indented; other indented lines are shown as they are.
 */
void man_paragraphs(struct strbuf *out, const char *text);
/* The arguments of a usage text as macros behind a command: one line for each way to go on, each begun with `head`. */
void man_usage(struct strbuf *out, const char *head, const char *usage);

#endif
