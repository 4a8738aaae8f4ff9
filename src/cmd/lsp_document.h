/*
 * lsp_document.h - an open document, what was found in it, and what an editor asks of that.
 */
#ifndef MIGRATE_CMD_LSP_DOCUMENT_H
#define MIGRATE_CMD_LSP_DOCUMENT_H

#include "cmd/lsp_text.h"
#include "cmd/lsp_world.h"

struct lsp_found {
    uint32_t start, end;    /* of what is underlined */
    uint32_t first, behind; /* of its statement; first == behind: of none */
    enum severity severity;
    struct str rule, message, source; /* source: a link, or empty */
};

struct lsp_document {
    struct str uri, path; /* path: from the root, or a made up name for what is not saved yet */
    int64_t version;
    struct strbuf text;
    bool dirty;         /* changed since it was judged */
    struct arena arena; /* of what was found */
    VEC(struct lsp_found) found;
};

struct lsp_document *lsp_document_new(struct str uri);
void lsp_document_free(struct lsp_document *d);

/* Judge it on the world that is made for it; an error becomes what was found. */
void lsp_document_judge(struct lsp_document *d, struct lsp_world *w, const struct lsp_texts *texts);
/* The parameters of textDocument/publishDiagnostics. */
json_t *lsp_document_diagnostics(const struct lsp_document *d, enum lsp_encoding encoding);
/* The answer to textDocument/hover: the statement, by server version; null where there is none. */
json_t *lsp_document_hover(struct lsp_document *d, struct lsp_world *w, const struct lsp_texts *texts, size_t offset,
                           enum lsp_encoding encoding);
/* Append the actions that allow what touches the bytes [start, end]. */
void lsp_allows(const struct lsp_document *d, size_t start, size_t end, enum lsp_encoding encoding, json_t *actions);

/* What this rule found at that place; NULL: nothing. */
const struct lsp_found *lsp_document_found(const struct lsp_document *d, struct str rule, uint32_t start);
/* A CodeAction for it; the reference to the edits is taken. */
json_t *lsp_document_action(const struct lsp_document *d, const struct lsp_found *f, struct str title, json_t *edits,
                            enum lsp_encoding encoding);

/* The path of a file: URI; one of another kind gives a name in the working directory. From malloc. */
char *lsp_path_of(struct str uri);

#endif
