#include "cmd/lsp_text.h"

#include "base/term.h"

/* The units of a character of n bytes. */
static uint32_t units(size_t n, uint32_t codepoint, enum lsp_encoding encoding)
{
    return encoding == LSP_UTF8 ? (uint32_t)n : encoding == LSP_UTF16 && codepoint > 0xFFFF ? 2 : 1;
}

/* Behind the line's end, which begins at `at`. */
static size_t behind_line_end(struct str text, size_t at)
{
    return at + (text.p[at] == '\r' && at + 1 < text.n && text.p[at + 1] == '\n' ? 2 : 1);
}

static bool is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

size_t lsp_offset(struct str text, struct lsp_place place, enum lsp_encoding encoding)
{
    size_t at = 0;
    uint32_t c;
    for (uint32_t line = 0; line < place.line && at < text.n;) {
        if (is_line_end(text.p[at])) {
            at = behind_line_end(text, at);
            line++;
        } else {
            at++;
        }
        if (at == text.n && line < place.line) {
            return text.n;
        }
    }
    for (uint32_t left = place.character; left > 0 && at < text.n && !is_line_end(text.p[at]);) {
        const size_t n = utf8_decode(text, at, &c);
        const uint32_t width = units(n, c, encoding);
        if (width > left) {
            break; /* within a character: its beginning */
        }
        left -= width;
        at += n;
    }
    return at;
}

struct lsp_place lsp_place_of(struct str text, size_t offset, enum lsp_encoding encoding)
{
    struct lsp_place place = {0};
    size_t at = 0, start = 0;
    uint32_t c;
    offset = offset < text.n ? offset : text.n;
    while (at < offset) {
        if (is_line_end(text.p[at])) {
            at = behind_line_end(text, at);
            if (at <= offset) {
                place.line++;
                start = at;
            }
        } else {
            at++;
        }
    }
    for (at = start; at < offset && !is_line_end(text.p[at]);) {
        const size_t n = utf8_decode(text, at, &c);
        place.character += units(n, c, encoding);
        at += n;
    }
    return place;
}

json_t *lsp_position_json(struct lsp_place place)
{
    return json_pack("{s:I, s:I}", "line", (json_int_t)place.line, "character", (json_int_t)place.character);
}

json_t *lsp_range_json(struct str text, size_t start, size_t end, enum lsp_encoding encoding)
{
    return json_pack("{s:o, s:o}", "start", lsp_position_json(lsp_place_of(text, start, encoding)), "end",
                     lsp_position_json(lsp_place_of(text, end, encoding)));
}

static bool unsigned_of(const json_t *o, const char *key, uint32_t *out)
{
    const json_t *v = json_object_get(o, key);
    if (!json_is_integer(v) || json_integer_value(v) < 0) {
        return false;
    }
    *out = json_integer_value(v) > UINT32_MAX ? UINT32_MAX : (uint32_t)json_integer_value(v);
    return true;
}

bool lsp_position_read(const json_t *o, struct lsp_place *out)
{
    return unsigned_of(o, "line", &out->line) && unsigned_of(o, "character", &out->character);
}

static bool change_one(struct strbuf *text, const json_t *change, enum lsp_encoding encoding)
{
    const json_t *value = json_object_get(change, "text"), *range = json_object_get(change, "range");
    struct lsp_place from, to;
    if (!json_is_string(value)) {
        return false;
    }
    const struct str put = {json_string_value(value), json_string_length(value)};
    if (!range || json_is_null(range)) {
        strbuf_reset(text);
        strbuf_add(text, put);
        return !text->overflow;
    }
    if (!lsp_position_read(json_object_get(range, "start"), &from) ||
        !lsp_position_read(json_object_get(range, "end"), &to)) {
        return false;
    }
    const struct str old = strbuf_str(text);
    size_t start = lsp_offset(old, from, encoding), end = lsp_offset(old, to, encoding);
    if (start > end) {
        const size_t swap = start;
        start = end;
        end = swap;
    }
    struct strbuf tail;
    strbuf_init(&tail, text->max);
    strbuf_add(&tail, str_slice(old, end, old.n));
    strbuf_truncate(text, start);
    strbuf_add(text, put);
    strbuf_add(text, strbuf_str(&tail));
    strbuf_free(&tail);
    return !text->overflow;
}

bool lsp_text_change(struct strbuf *text, const json_t *changes, enum lsp_encoding encoding)
{
    if (!json_is_array(changes)) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(changes); i++) {
        if (!change_one(text, json_array_get(changes, i), encoding)) {
            return false;
        }
    }
    return true;
}
