#include "migration/marker.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

size_t marker_skip_blank(struct str s, size_t at)
{
    while (at < s.n && is_blank(s.p[at])) {
        at++;
    }
    return at;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Is this line comment a marker as dbmate writes it? Sets where the options begin. */
static enum marker_kind exact_marker(struct str comment, size_t *options)
{
    const size_t at = marker_skip_blank(comment, 2);
    const struct str rest = str_slice(comment, at, comment.n);
    const bool up = str_starts(rest, STR("migrate:up")), down = str_starts(rest, STR("migrate:down"));
    if (!str_starts(comment, STR("--")) || (!up && !down)) {
        return MARKER_NONE;
    }
    *options = at + (up ? STR("migrate:up").n : STR("migrate:down").n);
    if (*options < comment.n && !is_blank(comment.p[*options])) {
        return MARKER_NONE;
    }
    return up ? MARKER_UP : MARKER_DOWN;
}

/*
 * Was this comment meant as a marker? With the colon in its place a slip of one letter counts; with blanks around the colon, or none,
 * only a comment that says nothing else, because "migrate: up to here" is prose.
 */
static bool nearly_marker(struct str comment, bool *down)
{
    size_t at = marker_skip_blank(comment, 2), end;
    if (!str_starts_nocase(str_slice(comment, at, comment.n), STR("migrate"))) {
        return false;
    }
    const size_t behind_name = at + STR("migrate").n;
    const size_t colon = marker_skip_blank(comment, behind_name);
    const bool has_colon = colon < comment.n && comment.p[colon] == ':';
    at = marker_skip_blank(comment, colon + has_colon);
    for (end = at; end < comment.n && is_letter(comment.p[end]);) {
        end++;
    }
    const struct str word = str_slice(comment, at, end);
    struct str rest = str_trim(str_slice(comment, end, comment.n));
    if (str_ends(rest, STR("*/"))) {
        rest = str_trim(str_slice(rest, 0, rest.n - 2));
    }
    if (word.n == 0 || (at == behind_name && !has_colon)) {
        return false;
    }
    const unsigned to_up = str_distance(word, STR("up")), to_down = str_distance(word, STR("down"));
    *down = to_down < to_up;
    if (has_colon && colon == behind_name && at == colon + 1) {
        return to_up <= 1 || to_down <= 1;
    }
    return (to_up == 0 || to_down == 0) && (rest.n == 0 || str_starts_nocase(rest, STR("transaction")));
}

static bool at_line_start(struct str text, size_t at)
{
    return at == 0 || text.p[at - 1] == '\n' || text.p[at - 1] == '\r' ||
           (at == 3 && str_starts(text, STR("\xEF\xBB\xBF")));
}

struct marker marker_of(struct str text, uint32_t start, uint32_t end)
{
    const struct str comment = str_slice(text, start, end);
    size_t options = 0;
    struct marker m = {.kind = exact_marker(comment, &options), .start = start, .end = end};
    m.down = m.kind == MARKER_DOWN;
    m.options = start + (uint32_t)options;
    if (m.kind && !at_line_start(text, start)) {
        m.kind = MARKER_MISPLACED;
    } else if (!m.kind && nearly_marker(comment, &m.down)) {
        m.kind = MARKER_MISSPELT;
    }
    return m;
}

bool marker_line_in(struct str text, uint32_t start, uint32_t end, struct marker *found)
{
    for (uint32_t at = start; at < end;) {
        const char *nl = memchr(text.p + at, '\n', end - at);
        const uint32_t line_end = nl ? (uint32_t)(nl - text.p) : end;
        if (at_line_start(text, at)) {
            *found = marker_of(text, at, line_end);
            if (found->kind == MARKER_UP || found->kind == MARKER_DOWN) {
                return true;
            }
        }
        at = line_end + 1;
    }
    return false;
}
