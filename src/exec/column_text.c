#include "exec/column_text.h"

#include "sql/lex.h"

enum { TEXT_MAX = 1 << 20 };

const char *column_text(struct str sql, struct str column, const char *fresh, struct arena *a)
{
    struct strbuf out;
    struct lexer lx;
    uint32_t at = 0;
    bool inside = false, over = false;
    struct token before = {.kind = TOK_END}, t, next;
    strbuf_init(&out, TEXT_MAX);
    lex_init(&lx, sql, false);
    for (t = lex_next(&lx); t.kind != TOK_END; before = t, t = next) {
        next = lex_next(&lx);
        const bool opens = next.kind == TOK_SELF && next.keyword == '(';
        const bool other = before.kind == TOK_TYPECAST || (before.kind == TOK_SELF && before.keyword == '.') || opens;
        over = (over || (t.kind == TOK_WORD && t.keyword == KW_REFERENCES)) &&
               !(t.kind == TOK_WORD && t.keyword == KW_SET); /* ON DELETE SET NULL (column): ours again */
        if (inside && !over && !other && (t.kind == TOK_WORD || t.kind == TOK_QUOTED) &&
            str_eq(token_name(a, sql, t), column)) {
            strbuf_add(&out, str_slice(sql, at, t.start));
            strbuf_add_cstr(&out, fresh);
            at = t.end;
        }
        inside = inside || (t.kind == TOK_SELF && t.keyword == '(');
    }
    strbuf_add(&out, str_slice(sql, at, sql.n));
    const char *made = arena_cstr(a, strbuf_str(&out));
    strbuf_free(&out);
    return made;
}
