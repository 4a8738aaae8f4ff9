#include "base/words.h"

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* One word from `at` on; false: its quote is not closed. */
static bool take_word(struct str s, size_t *at, struct strbuf *word)
{
    char quote = '\0';
    for (; *at < s.n && (quote || !is_blank(s.p[*at])); ++*at) {
        const char c = s.p[*at];
        const char next = *at + 1 < s.n ? s.p[*at + 1] : '\0';
        if (c == quote && quote) {
            quote = '\0';
        } else if (!quote && (c == '\'' || c == '"')) {
            quote = c;
        } else if (c == '\\' && next && (!quote || (quote == '"' && strchr("\"\\$`", next)))) {
            strbuf_add_char(word, next);
            ++*at;
        } else {
            strbuf_add_char(word, c);
        }
    }
    return !quote;
}

bool words_split(struct str line, struct arena *a, struct word_list *out)
{
    struct strbuf word;
    bool closed = true;
    size_t at = 0;
    strbuf_init(&word, 1 << 16);
    *out = (struct word_list){0};
    while (closed) {
        while (at < line.n && is_blank(line.p[at])) {
            at++;
        }
        if (at >= line.n) {
            break;
        }
        strbuf_reset(&word);
        closed = take_word(line, &at, &word) && !word.overflow;
        *vec_push(a, out) = arena_cstr(a, strbuf_str(&word));
    }
    strbuf_free(&word);
    *vec_push(a, out) = NULL;
    out->n--;
    return closed && out->n > 0;
}
