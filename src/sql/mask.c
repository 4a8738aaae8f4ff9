#include "sql/mask.h"

#include "sql/lex.h"

static bool is_string(const struct token *t)
{
    switch ((enum token_kind)t->kind) {
    case TOK_STRING:
    case TOK_ESTRING:
    case TOK_USTRING:
    case TOK_NSTRING:
    case TOK_BITSTRING:
    case TOK_HEXSTRING:
    case TOK_DOLLAR:
    case TOK_COPY_DATA:
        return true;
    case TOK_BAD:
        return t->bad == LEX_UNTERMINATED_STRING || t->bad == LEX_UNTERMINATED_DOLLAR || t->bad == LEX_BAD_ESCAPE ||
               t->bad == LEX_UNTERMINATED_COMMENT || t->bad == LEX_UNTERMINATED_QUOTED;
    default:
        return false;
    }
}

void mask_strings(struct strbuf *out, struct str sql)
{
    struct lexer lx;
    uint32_t plain = 0;
    lex_init(&lx, str_slice(sql, 0, LEX_MAX_TEXT), false);
    for (;;) {
        const struct token t = lex_next(&lx);
        if (t.kind == TOK_END) {
            strbuf_add(out, str_slice(sql, plain, t.end));
            return;
        }
        if (is_string(&t)) {
            strbuf_add(out, str_slice(sql, plain, t.start));
            strbuf_add_cstr(out, "'***'");
            plain = t.end;
        }
    }
}

static bool mentions_secret(struct str sql)
{
    static const char *const marks[] = {"pass", "secret", "token", "credential", "conn", "api_key", "apikey", "://"};
    for (size_t i = 0; i < countof(marks); i++) {
        const struct str mark = str_of(marks[i]);
        for (size_t at = 0; at + mark.n <= sql.n; at++) {
            if (str_eq_nocase(str_slice(sql, at, at + mark.n), mark)) {
                return true;
            }
        }
    }
    return false;
}

void mask_secrets(struct strbuf *out, struct str sql)
{
    if (mentions_secret(sql)) {
        mask_strings(out, sql);
    } else {
        strbuf_add(out, sql);
    }
}
