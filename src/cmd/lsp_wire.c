#include "cmd/lsp_wire.h"

#include <poll.h>
#include <unistd.h>

#include "base/clock.h"

void lsp_wire_init(struct lsp_wire *w, int in, int out)
{
    *w = (struct lsp_wire){.in = in, .out = out};
    strbuf_init(&w->buffer, (size_t)LSP_BODY_MAX + 2 * LSP_HEADER_MAX + (1 << 16));
}

void lsp_wire_free(struct lsp_wire *w)
{
    strbuf_free(&w->buffer);
}

static struct str pending(const struct lsp_wire *w)
{
    return str_slice(strbuf_str(&w->buffer), w->at, w->buffer.n);
}

/* Forget what was taken, once that is worth moving the rest. */
static void compact(struct lsp_wire *w)
{
    const size_t rest = w->buffer.n - w->at;
    if (w->at > 0 && (rest == 0 || w->at > (1 << 16))) {
        memmove(w->buffer.p, w->buffer.p + w->at, rest);
        strbuf_truncate(&w->buffer, rest);
        w->at = 0;
    }
}

static void drop(struct lsp_wire *w, size_t n)
{
    const size_t there = w->buffer.n - w->at;
    const size_t now = n < there ? n : there;
    w->at += now;
    w->skip += n - now;
}

/* ---- framing ---- */

/* The length that a header says; -1: none that can be believed. */
static int64_t content_length(struct str header)
{
    const struct str name = STR("Content-Length:");
    struct str line;
    int64_t n = -1;
    while (str_next(&header, '\n', &line)) {
        if (str_starts_nocase(line, name) &&
            !str_to_i64(str_trim(str_slice(line, name.n, line.n)), 0, INT64_MAX / 2, &n)) {
            return -1;
        }
    }
    return n;
}

/* Where the blank line behind a header ends; 0: it is not there yet. */
static size_t header_end(struct str text)
{
    const struct str mark = STR("\r\n\r\n");
    const size_t found = str_find(str_slice(text, 0, LSP_HEADER_MAX + mark.n), mark);
    return found == SIZE_MAX ? 0 : found + mark.n;
}

/* Behind what is no header: to the next line that begins one, or to the end but for what may be the beginning of such a line. */
static void resynchronise(struct lsp_wire *w)
{
    const struct str text = pending(w), name = STR("Content-Length:");
    const size_t found = str_find(str_slice(text, 1, text.n), name);
    const size_t kept = text.n < name.n ? text.n : name.n;
    drop(w, found != SIZE_MAX ? found + 1 : text.n > kept ? text.n - kept : text.n);
}

/* A message of the buffer; false: more bytes are needed. */
static bool take(struct lsp_wire *w, enum lsp_read *what, json_t **message)
{
    const struct str text = pending(w);
    const size_t behind = header_end(text);
    json_error_t error;
    if (behind == 0) {
        if (text.n <= LSP_HEADER_MAX) {
            return false;
        }
        resynchronise(w);
        *what = LSP_READ_BAD;
        return true;
    }
    const int64_t n = content_length(str_slice(text, 0, behind));
    if (n < 0 || n > LSP_BODY_MAX) {
        drop(w, behind + (n < 0 ? 0 : (size_t)n));
        *what = LSP_READ_BAD;
        return true;
    }
    if (text.n - behind < (size_t)n) {
        return false;
    }
    *message = json_loadb(text.p + behind, (size_t)n, JSON_ALLOW_NUL, &error);
    *what = *message ? LSP_READ_MESSAGE : LSP_READ_BAD;
    drop(w, behind + (size_t)n);
    return true;
}

/* ---- descriptors ---- */

/* More bytes into the buffer. */
static enum lsp_read fill(struct lsp_wire *w, int timeout_ms)
{
    struct pollfd p = {.fd = w->in, .events = POLLIN};
    char bytes[1 << 16];
    if (poll(&p, 1, timeout_ms) <= 0) {
        return LSP_READ_QUIET;
    }
    const ssize_t n = read(w->in, bytes, sizeof bytes);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
        return LSP_READ_QUIET;
    }
    if (n <= 0) {
        return LSP_READ_END;
    }
    const size_t skipped = w->skip < (size_t)n ? w->skip : (size_t)n;
    w->skip -= skipped;
    strbuf_add(&w->buffer, (struct str){bytes + skipped, (size_t)n - skipped});
    return LSP_READ_MESSAGE;
}

enum lsp_read lsp_wire_read(struct lsp_wire *w, int timeout_ms, json_t **message)
{
    const int64_t until = timeout_ms < 0 ? 0 : clock_monotonic_ms() + timeout_ms;
    enum lsp_read what = LSP_READ_QUIET;
    *message = NULL;
    for (;;) {
        compact(w);
        if (take(w, &what, message)) {
            return what;
        }
        const int64_t left = timeout_ms < 0 ? -1 : until - clock_monotonic_ms();
        const enum lsp_read more = fill(w, timeout_ms < 0 ? -1 : left > 0 ? (int)left : 0);
        if (more != LSP_READ_MESSAGE) {
            return more;
        }
    }
}

static void write_all(struct lsp_wire *w, struct str text)
{
    while (text.n > 0 && !w->failed) {
        const ssize_t n = write(w->out, text.p, text.n);
        if (n < 0 && errno != EINTR) {
            w->failed = true;
        }
        text = str_slice(text, n > 0 ? (size_t)n : 0, text.n);
    }
}

void lsp_wire_write(struct lsp_wire *w, json_t *message)
{
    char *body = json_dumps(message, JSON_COMPACT);
    struct strbuf header;
    json_decref(message);
    if (!body) {
        return;
    }
    strbuf_init(&header, 100);
    strbuf_addf(&header, "Content-Length: %zu\r\n\r\n", strlen(body));
    write_all(w, strbuf_str(&header));
    write_all(w, str_of(body));
    strbuf_free(&header);
    free(body);
}
