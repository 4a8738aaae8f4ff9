/*
 * lsp_wire.h - JSON-RPC messages with a Content-Length header, over two descriptors.
 *
 * What a client sends is bounded: LSP_HEADER_MAX bytes of header, LSP_BODY_MAX of body. A message that is too long or no JSON is passed
 * over and reported as bad; behind a broken header the reader looks for the next one. So no client's mistake ends the conversation.
 * Source: Language Server Protocol 3.17, "Base Protocol".
 */
#ifndef MIGRATE_CMD_LSP_WIRE_H
#define MIGRATE_CMD_LSP_WIRE_H

#include <jansson.h>

#include "base/str.h"

enum { LSP_HEADER_MAX = 8192, LSP_BODY_MAX = 64 << 20 };

struct lsp_wire {
    int in, out;
    struct strbuf buffer;
    size_t at;   /* of the buffer: taken so far */
    size_t skip; /* bytes of a message that is too long, still to come */
    bool failed; /* nothing can be written any more */
};

enum lsp_read {
    LSP_READ_MESSAGE,
    LSP_READ_BAD,   /* a message that is no JSON, or too long */
    LSP_READ_QUIET, /* timeout_ms passed, or a signal came */
    LSP_READ_END,   /* the client closed its end */
};

void lsp_wire_init(struct lsp_wire *w, int in, int out);
void lsp_wire_free(struct lsp_wire *w);
/* The next message, a new reference. Waits for timeout_ms at most, for ever when it is below 0. */
enum lsp_read lsp_wire_read(struct lsp_wire *w, int timeout_ms, json_t **message);
/* Write the message and drop the reference. */
void lsp_wire_write(struct lsp_wire *w, json_t *message);

#endif
