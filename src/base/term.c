#include "base/term.h"

#include <sys/ioctl.h>

bool term_colour(int fd)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(fd) && !(no_color && no_color[0]) && term && strcmp(term, "dumb") != 0;
}

unsigned term_width(int fd, unsigned fallback)
{
    struct winsize size;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : fallback;
}

size_t utf8_decode(struct str s, size_t at, uint32_t *codepoint)
{
    const unsigned char *p = (const unsigned char *)s.p + at;
    const size_t left = s.n - at;
    const unsigned lead = p[0];
    *codepoint = 0xFFFD;
    if (lead < 0x80) {
        *codepoint = lead;
        return 1;
    }
    const size_t len = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || len > left) {
        return 1;
    }
    uint32_t c = lead & (0xFFu >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            return 1;
        }
        c = c << 6 | (p[i] & 0x3Fu);
    }
    if ((len == 3 && c < 0x800) || (len == 4 && c < 0x10000) || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) {
        return 1;
    }
    *codepoint = c;
    return len;
}

/* As far as all bytes are ASCII, none below `least` and none DEL; to within eight bytes of the first that is not. */
static size_t skip_ascii(struct str s, size_t at, unsigned char least)
{
    enum { BLOCK = 64 };
    for (bool plain = true; plain && at + BLOCK <= s.n; at += plain ? BLOCK : 0) {
        unsigned char odd = 0; /* a loop that compilers make vector instructions of */
        for (size_t i = at; i < at + BLOCK; i++) {
            const unsigned char c = (unsigned char)s.p[i];
            odd |= (unsigned char)(c < least) | (unsigned char)(c >= 0x7f);
        }
        plain = !odd;
    }
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
    for (uint64_t eight; at + sizeof eight <= s.n; at += sizeof eight) {
        memcpy(&eight, s.p + at, sizeof eight);
        if ((eight | (eight + ones) | ((eight - ones * least) & ~eight)) & high) {
            break;
        }
    }
    return at;
}

size_t utf8_invalid_at(struct str s)
{
    for (size_t i = 0; (i = skip_ascii(s, i, 1)) < s.n;) {
        uint32_t c;
        const size_t n = utf8_decode(s, i, &c);
        if (c == 0 || (n == 1 && c == 0xFFFD)) {
            return i;
        }
        i += n;
    }
    return SIZE_MAX;
}

static bool is_hidden(uint32_t c)
{
    return (c < 0x20 && c != '\t') || (c >= 0x7F && c < 0xA0) || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

void term_escape(struct strbuf *out, struct str text)
{
    size_t plain = 0;
    for (size_t i = 0; (i = skip_ascii(text, i, 0x20)) < text.n;) {
        uint32_t c;
        const size_t n = utf8_decode(text, i, &c);
        if ((n == 1 && c == 0xFFFD) || is_hidden(c)) {
            strbuf_add(out, str_slice(text, plain, i));
            for (size_t k = 0; k < n; k++) {
                strbuf_addf(out, "\\x%02X", (unsigned)(unsigned char)text.p[i + k]);
            }
            plain = i + n;
        }
        i += n;
    }
    strbuf_add(out, str_slice(text, plain, text.n));
}
