/*
 * split_rules.h - how the splitter reads lines: what begins a statement, what divides a file, where broken text
 * may be left. For src/sql only.
 */
#ifndef MIGRATE_SQL_SPLIT_RULES_H
#define MIGRATE_SQL_SPLIT_RULES_H

#include "sql/lex.h"

/*
 * May a statement begin with this key word? `in_body`: inside a CREATE RULE or a BEGIN ATOMIC body, so only those count
 * that no statement of such a body begins with.
 */
bool split_begins_statement(enum keyword kw, bool in_body);

/* Is there only white space before `at` on its line? */
bool split_begins_line(struct str text, uint32_t at);

/* Line ends in text[from, to), at most 2 of them counted; \r\n is one. */
unsigned split_newlines(struct str text, uint32_t from, uint32_t to);

/* Is this comment a line that divides a file into sections for a runner? */
bool split_section_line(struct str text, struct token comment);

/*
 * Where a token that runs unterminated to the end of the text should be cut: at a semicolon that ends a line, when
 * the line behind it begins a statement; else t.end.
 */
uint32_t split_unterminated(struct str text, struct token t);

/* Is this psql command a \copy … from stdin? */
bool split_copies_stdin(struct str command);

#endif
