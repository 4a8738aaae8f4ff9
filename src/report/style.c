#include "report/style.h"

#include "base/term.h"

void paint_begin(struct strbuf *out, enum paint p, bool colour)
{
    static const char *const codes[] = {"", "\x1b[1m", "\x1b[2m", "\x1b[31;1m", "\x1b[33;1m", "\x1b[34;1m", "\x1b[32m"};
    if (colour) {
        strbuf_add_cstr(out, codes[p]);
    }
}

void paint_end(struct strbuf *out, enum paint p, bool colour)
{
    if (colour && p != PAINT_NONE) {
        strbuf_add_cstr(out, "\x1b[0m");
    }
}

void paint(struct strbuf *out, enum paint p, bool colour, struct str text)
{
    paint_begin(out, p, colour);
    term_escape(out, text);
    paint_end(out, p, colour);
}

void add_number(struct strbuf *out, uint64_t n)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    strbuf_add(out, (struct str){digits + at, sizeof digits - at});
}

void add_count(struct strbuf *out, uint64_t n, const char *word)
{
    strbuf_addf(out, "%" PRIu64 " %s%s", n, word, n == 1 ? "" : "s");
}

static void add_scaled(struct strbuf *out, double value, double step, const char *const *units, size_t n)
{
    size_t i = 0;
    while (value >= step && i + 1 < n) {
        value /= step;
        i++;
    }
    strbuf_addf(out, i > 0 && value < 9.95 ? "%.1f%s%s" : "%.0f%s%s", value, units[i][0] ? " " : "", units[i]);
}

void add_bytes(struct strbuf *out, int64_t bytes)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
    add_scaled(out, (double)bytes, 1024, units, countof(units));
}

void add_rows(struct strbuf *out, int64_t rows)
{
    static const char *const units[] = {"", "k", "M", "G"};
    add_scaled(out, (double)rows, rows < 10000 ? 1e12 : 1000, units, countof(units));
    strbuf_add_cstr(out, rows == 1 ? " row" : " rows");
}

void add_bar(struct strbuf *out, double share, int width)
{
    const double bounded = share < 0 ? 0 : share > 1 ? 1 : share;
    const int full = (int)(bounded * width);
    strbuf_add_char(out, '[');
    strbuf_add_repeat(out, '#', (size_t)full);
    strbuf_add_repeat(out, '-', (size_t)(width - full));
    /* All of it is done when it is, not when half a percent is missing. */
    strbuf_addf(out, "] %3d %%", (int)(bounded * 100));
}

/* Is no white space in it but single spaces? */
static bool is_one_line(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        const char c = text.p[i];
        if ((c >= '\t' && c <= '\r') || (c == ' ' && i > 0 && text.p[i - 1] == ' ')) {
            return false;
        }
    }
    return true;
}

void add_one_line(struct strbuf *out, struct str text, size_t max)
{
    struct strbuf line;
    size_t chars = 0;
    bool space = false;
    strbuf_init(&line, max * 4 + 8);
    text = str_trim(text);
    if (text.n <= max && is_one_line(text)) {
        term_escape(out, text);
        return;
    }
    for (size_t i = 0; i < text.n;) {
        uint32_t c;
        const size_t n = utf8_decode(text, i, &c);
        const bool white = c == ' ' || (c >= '\t' && c <= '\r');
        if (!white || !space) {
            if (chars++ == max) {
                strbuf_add_cstr(&line, "…");
                break;
            }
            strbuf_add(&line, white ? STR(" ") : str_slice(text, i, i + n));
        }
        space = white;
        i += n;
    }
    term_escape(out, strbuf_str(&line));
    strbuf_free(&line);
}
