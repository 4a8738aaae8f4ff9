/*
 * lsp_text.h - a document as an editor holds it: its text, and places in it as the protocol counts them.
 *
 * A place is a line and a character of that line, both from 0. Characters are bytes of UTF-8, or units of UTF-16 unless the client
 * can do better. Lines end at \n, \r\n or \r. Places behind the end of a line or of the text stand for that end.
 * Source: Language Server Protocol 3.17, "Position", "TextDocumentContentChangeEvent".
 */
#ifndef MIGRATE_CMD_LSP_TEXT_H
#define MIGRATE_CMD_LSP_TEXT_H

#include <jansson.h>

#include "base/str.h"

enum lsp_encoding { LSP_UTF16, LSP_UTF8, LSP_UTF32 };

struct lsp_place {
    uint32_t line, character;
};

size_t lsp_offset(struct str text, struct lsp_place place, enum lsp_encoding encoding);
struct lsp_place lsp_place_of(struct str text, size_t offset, enum lsp_encoding encoding);

/* {"line", "character"}, {"start", "end"}: new references. */
json_t *lsp_position_json(struct lsp_place place);
json_t *lsp_range_json(struct str text, size_t start, size_t end, enum lsp_encoding encoding);
/* False: it is no position. */
bool lsp_position_read(const json_t *o, struct lsp_place *out);

/* Make the changes of textDocument/didChange, in order. False: one cannot be read, the text is then as far as it got. */
bool lsp_text_change(struct strbuf *text, const json_t *changes, enum lsp_encoding encoding);

#endif
