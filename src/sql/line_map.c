#include "sql/shape.h"

static bool begins_character(char c)
{
    return ((uint8_t)c & 0xc0) != 0x80;
}

static uint32_t count_characters(const char *p, size_t n)
{
    uint32_t characters = 0;
    size_t i = 0;
    for (; n - i >= 8;
         i += 8) { /* eight bytes at once: a byte that continues a character has bit 7 set and bit 6 clear */
        uint64_t eight;
        memcpy(&eight, p + i, 8);
        const uint64_t ones = UINT64_C(0x0101010101010101), continued = (eight >> 7) & ~(eight >> 6) & ones;
        characters += 8 - (uint32_t)(continued * ones >> 56);
    }
    for (; i < n; i++) {
        characters += begins_character(p[i]);
    }
    return characters;
}

/* The next \n or \r at or behind `at`, or the end. */
static size_t next_line_end(struct str text, size_t at, bool returns)
{
    const char *newline = memchr(text.p + at, '\n', text.n - at);
    const size_t end = newline ? (size_t)(newline - text.p) : text.n;
    const char *lone = returns ? memchr(text.p + at, '\r', end - at) : NULL;
    return lone ? (size_t)(lone - text.p) : end;
}

/* Characters by block: only long lines need them. */
static void count_blocks(struct line_map *m)
{
    uint32_t characters = 0;
    for (size_t block = 0; block < m->text.n; block += LINE_MAP_BLOCK) {
        const size_t end = m->text.n - block < LINE_MAP_BLOCK ? m->text.n : block + LINE_MAP_BLOCK;
        *vec_push(NULL, &m->chars) = characters;
        characters += count_characters(m->text.p + block, end - block);
    }
}

static void add_line(struct line_map *m, size_t start)
{
    *vec_push(NULL, &m->starts) = (uint32_t)start;
}

enum { BYTES_PER_LINE = 24 }; /* a guess on the low side, so that the list seldom grows */

void line_map_init(struct line_map *m, struct str text)
{
    text.n = text.n > LEX_MAX_TEXT ? LEX_MAX_TEXT : text.n;
    *m = (struct line_map){.text = text};
    m->starts.cap = text.n / BYTES_PER_LINE + 2;
    m->starts.at = mem_alloc(mem_size(m->starts.cap, sizeof m->starts.at[0]));
    add_line(m, str_starts(text, STR("\xef\xbb\xbf")) ? 3 : 0);
    const bool returns = text.n > 0 && memchr(text.p, '\r', text.n) != NULL;
    bool any_long = false;
    for (size_t i = 0, start = 0; i < text.n; start = ++i) {
        i = next_line_end(text, i, returns);
        any_long = any_long || i - start > LINE_MAP_BLOCK;
        if (i == text.n) {
            break;
        }
        if (text.p[i] == '\n' || !(i + 1 < text.n && text.p[i + 1] == '\n')) {
            add_line(m, i + 1);
        }
    }
    if (any_long) {
        count_blocks(m);
    }
}

void line_map_free(struct line_map *m)
{
    vec_free(&m->starts);
    vec_free(&m->chars);
}

/* Characters that begin before `offset`. */
static uint32_t characters_before(const struct line_map *m, size_t offset)
{
    if (m->chars.n == 0) {
        return 0;
    }
    size_t block = offset / LINE_MAP_BLOCK;
    block -= block == m->chars.n; /* the text's end on a block's end */
    const size_t from = block * LINE_MAP_BLOCK;
    return m->chars.at[block] + count_characters(m->text.p + from, offset - from);
}

void line_map_find(const struct line_map *m, uint32_t offset, unsigned *line, unsigned *column)
{
    const size_t at = offset > m->text.n ? m->text.n : offset;
    size_t low = 0, high = m->starts.n; /* the last line that starts at or before `at` */
    while (high - low > 1) {
        const size_t mid = low + (high - low) / 2;
        if (m->starts.at[mid] <= at) {
            low = mid;
        } else {
            high = mid;
        }
    }
    const size_t start = m->starts.at[low];
    *line = (unsigned)low + 1;
    if (at <= start) {
        *column = 1;
    } else if (at - start <= LINE_MAP_BLOCK) {
        *column = count_characters(m->text.p + start, at - start) + 1;
    } else {
        *column = characters_before(m, at) - characters_before(m, start) + 1;
    }
}

struct str line_map_line(const struct line_map *m, unsigned line)
{
    if (line == 0 || line > m->starts.n) {
        return STR_NONE;
    }
    const size_t start = m->starts.at[line - 1];
    size_t end = line < m->starts.n ? m->starts.at[line] : m->text.n;
    while (end > start && (m->text.p[end - 1] == '\n' || m->text.p[end - 1] == '\r')) {
        end--;
    }
    return str_slice(m->text, start, end);
}
