#include "report/escape.h"

#include "base/term.h"

static void add_with_ends(struct strbuf *out, struct str text, const char *end)
{
    struct str rest = text, line;
    for (bool first = true; str_next(&rest, '\n', &line); first = false) {
        line.n -= rest.p && str_ends(line, STR("\r")) ? 1 : 0;
        strbuf_add_cstr(out, first ? "" : end);
        term_escape(out, line);
    }
}

void add_lines_escaped(struct strbuf *out, struct str text)
{
    add_with_ends(out, text, "\n");
}

void add_line_escaped(struct strbuf *out, struct str text)
{
    add_with_ends(out, str_trim(text), " ");
}

static const char *xml_entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&apos;";
    case '\n':
        return "&#10;";
    case '\t':
        return "&#9;";
    default:
        return NULL;
    }
}

void add_xml(struct strbuf *out, struct str text)
{
    struct strbuf clean;
    size_t plain = 0;
    strbuf_init(&clean, 4 * text.n + 1);
    add_lines_escaped(&clean, text);
    const struct str s = strbuf_str(&clean);
    for (size_t i = 0; i < s.n; i++) {
        const bool no_character =
            i + 2 < s.n && memcmp(s.p + i, "\xEF\xBF", 2) == 0 && (unsigned char)s.p[i + 2] >= 0xBE;
        const char *entity = no_character ? "\xEF\xBF\xBD" : xml_entity(s.p[i]);
        if (entity) {
            strbuf_add(out, str_slice(s, plain, i));
            strbuf_add_cstr(out, entity);
            i += no_character ? 2 : 0;
            plain = i + 1;
        }
    }
    strbuf_add(out, str_slice(s, plain, s.n));
    strbuf_free(&clean);
}

void add_plain_path(struct strbuf *out, struct str path)
{
    struct str rest = path, part;
    const size_t start = out->n;
    const bool absolute = str_starts(path, STR("/"));
    while (str_next(&rest, '/', &part)) {
        if (part.n > 0 && !str_eq(part, STR("."))) {
            strbuf_add_cstr(out, out->n > start || absolute ? "/" : "");
            strbuf_add(out, part);
        }
    }
}

void add_uri(struct strbuf *out, struct str path)
{
    struct strbuf plain;
    strbuf_init(&plain, path.n + 1);
    add_plain_path(&plain, path);
    strbuf_add_cstr(out, str_starts(path, STR("/")) ? "file://" : "");
    for (size_t i = 0; i < plain.n; i++) {
        const char c = plain.p[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (letter || (c != '\0' && strchr("-._~/", c))) {
            strbuf_add_char(out, c);
        } else {
            strbuf_addf(out, "%%%02X", (unsigned)(unsigned char)c);
        }
    }
    strbuf_free(&plain);
}
