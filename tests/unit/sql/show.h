/* show.h - tokens and statements as the case files write them. */
#ifndef MIGRATE_TESTS_SQL_SHOW_H
#define MIGRATE_TESTS_SQL_SHOW_H

#include "sql/split.h"

/* Control characters, bytes beyond ASCII and a space at the end as <0d>. */
static inline void show_text(struct strbuf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        const uint8_t c = (uint8_t)s.p[i];
        if (c < 0x20 || c >= 0x7f || (c == ' ' && i + 1 == s.n)) {
            strbuf_addf(out, "<%02x>", c);
        } else {
            strbuf_add_char(out, (char)c);
        }
    }
}

/* "kind text"; key words as "key text", bad tokens as "bad: reason: text". */
static inline void show_token(struct strbuf *out, struct str text, struct token t)
{
    if (t.kind == TOK_BAD) {
        strbuf_addf(out, "bad: %s: ", lex_bad_reason((enum lex_bad)t.bad));
    } else if (t.kind == TOK_WORD && t.keyword != KW_NONE) {
        strbuf_add_cstr(out, "key ");
    } else {
        strbuf_addf(out, "%s ", token_kind_name((enum token_kind)t.kind));
    }
    show_text(out, token_text(text, t));
    strbuf_add_char(out, '\n');
}

#endif
