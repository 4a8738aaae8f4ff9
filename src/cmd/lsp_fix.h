/*
 * lsp_fix.h - the safe form of what was found in a document, as actions of an editor.
 */
#ifndef MIGRATE_CMD_LSP_FIX_H
#define MIGRATE_CMD_LSP_FIX_H

#include "cmd/lsp_document.h"

/*
 * Append an action for each finding that touches the bytes [start, end] and has a safe form. As lint --fix does, the document is judged with it
 * first: it is offered when the finding is gone and nothing else is found anew.
 */
void lsp_fixes(const struct lsp_document *d, struct lsp_world *w, const struct lsp_texts *texts, size_t start,
               size_t end, enum lsp_encoding encoding, json_t *actions);

#endif
