/*
 * escape.h - text and file names as the formats for machines want them.
 */
#ifndef MIGRATE_REPORT_ESCAPE_H
#define MIGRATE_REPORT_ESCAPE_H

#include "base/str.h"

/* Append text of any number of lines as term_escape() would, but line ends stay; CR before LF is dropped. */
void add_lines_escaped(struct strbuf *out, struct str text);
/* As that, on one line: line ends become a blank. */
void add_line_escaped(struct strbuf *out, struct str text);
/*
 * Append for XML 1.0, as text or in a quoted attribute: markup as entities, line ends and tabs as character references (an
 * attribute would lose them), what XML cannot hold as \xNN, as term_escape() does, U+FFFE and U+FFFF as U+FFFD.
 */
void add_xml(struct strbuf *out, struct str text);
/* Append a path without its empty and "." parts, so that "./a//b" is "a/b": what a repository calls the file. */
void add_plain_path(struct strbuf *out, struct str path);
/* Append a path as a URI reference (RFC 3986): relative as it is, absolute with file://; all but unreserved bytes and "/" as %NN. */
void add_uri(struct strbuf *out, struct str path);

#endif
