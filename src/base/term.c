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
    if ((len == 3 && c < 0x800) || (len == 4 && c < 0x10000) || c > 0x10FFFF ||
        (c >= 0xD800 && c <= 0xDFFF)) {
        return 1;
    }
    *codepoint = c;
    return len;
}

/* Eight bytes at a time, as far as all of them are ASCII, none below `least` and none DEL. */
static size_t skip_ascii(struct str s, size_t at, unsigned char least)
{
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

/* Ranges of zero width and of double width that occur in practice; from Unicode 15 EastAsianWidth and Mn/Me/Cf. */
static const struct range {
    uint32_t first, last;
    unsigned width;
} ranges[] = {
    {0x0300, 0x036F, 0}, {0x0483, 0x0489, 0}, {0x0591, 0x05BD, 0}, {0x0610, 0x061A, 0},
    {0x064B, 0x065F, 0}, {0x0900, 0x0902, 0}, {0x093C, 0x093C, 0}, {0x0941, 0x0948, 0},
    {0x094D, 0x094D, 0}, {0x0E31, 0x0E31, 0}, {0x0E34, 0x0E3A, 0}, {0x0E47, 0x0E4E, 0},
    {0x1100, 0x115F, 2}, {0x1AB0, 0x1AFF, 0}, {0x1DC0, 0x1DFF, 0}, {0x200B, 0x200F, 0},
    {0x20D0, 0x20FF, 0}, {0x231A, 0x231B, 2}, {0x23E9, 0x23EC, 2}, {0x2614, 0x2615, 2},
    {0x26A1, 0x26A1, 2}, {0x2705, 0x2705, 2}, {0x274C, 0x274C, 2}, {0x2E80, 0x303E, 2},
    {0x3041, 0xA4CF, 2}, {0xA960, 0xA97F, 2}, {0xAC00, 0xD7A3, 2}, {0xF900, 0xFAFF, 2},
    {0xFE00, 0xFE0F, 0}, {0xFE20, 0xFE2F, 0}, {0xFE30, 0xFE6F, 2}, {0xFEFF, 0xFEFF, 0},
    {0xFF00, 0xFF60, 2}, {0xFFE0, 0xFFE6, 2}, {0x1F300, 0x1F64F, 2}, {0x1F680, 0x1F6FF, 2},
    {0x1F900, 0x1F9FF, 2}, {0x20000, 0x3FFFD, 2}, {0xE0100, 0xE01EF, 0},
};

unsigned term_char_width(uint32_t c)
{
    size_t low = 0, high = countof(ranges);
    if (c < 0x0300) {
        return 1;
    }
    while (low < high) {
        const size_t mid = (low + high) / 2;
        if (c > ranges[mid].last) {
            low = mid + 1;
        } else if (c < ranges[mid].first) {
            high = mid;
        } else {
            return ranges[mid].width;
        }
    }
    return 1;
}
