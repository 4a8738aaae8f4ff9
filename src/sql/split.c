#include "sql/split.h"

#include "sql/split_rules.h"

/* What is known of the statement being read. */
struct reading {
    uint32_t parens, open_at;  /* how deep, and where the outermost open one is */
    uint32_t atomic, begin_at; /* BEGIN ATOMIC and CASE without their END */
    enum keyword creates;      /* FUNCTION, PROCEDURE or RULE, behind CREATE [OR REPLACE] */
    enum keyword last;         /* the last token, if it is a key word */
    bool from_stdin;
};

void splitter_init(struct splitter *sp, struct str text, uint32_t start, uint32_t end)
{
    *sp = (struct splitter){0};
    lex_init(&sp->lx, str_slice(text, 0, end), true);
    sp->lx.comments = true;
    if (sp->lx.at < start) {
        sp->lx.at = start;
    }
}

void splitter_free(struct splitter *sp)
{
    vec_free(&sp->tokens);
}

/* The next token, behind those that the statement has so far; keep() makes it the statement's. */
static const struct token *next_token(struct splitter *sp)
{
    if (sp->tokens.n == sp->tokens.cap) {
        sp->tokens.at = vec_grow(NULL, sp->tokens.at, sp->tokens.n, &sp->tokens.cap, sizeof sp->tokens.at[0]);
    }
    struct token *t = &sp->tokens.at[sp->tokens.n];
    if (sp->has_ahead) {
        sp->has_ahead = false;
        *t = sp->ahead;
        return t;
    }
    lex_read(&sp->lx, t);
    if (t->kind == TOK_BAD && t->end == sp->lx.text.n && sp->recoveries < SPLIT_MAX_RECOVERIES) {
        const uint32_t cut = split_unterminated(sp->lx.text, *t);
        if (cut < t->end) {
            t->end = sp->lx.at = cut;
            sp->recoveries++;
        }
    }
    return t;
}

static void put_back(struct splitter *sp, const struct token *t)
{
    sp->ahead = *t;
    sp->has_ahead = true;
}

/* The comments right before the statement start here, unless something cuts them off. */
static void note_comment(struct splitter *sp, struct token t, uint32_t *run, uint32_t *run_end)
{
    const struct str text = sp->lx.text;
    if (*run == UINT32_MAX && sp->ended > 0 && split_newlines(text, sp->ended, t.start) == 0) {
        sp->ended = t.end; /* it stands on the line of the statement before */
        return;
    }
    if (*run == UINT32_MAX || split_newlines(text, *run_end, t.start) > 1) {
        *run = t.start;
    }
    *run_end = t.end;
}

/* CREATE [OR REPLACE] FUNCTION, PROCEDURE or RULE: its fourth word at the latest tells. */
static void note_head(struct reading *r, const struct statement *st, enum keyword kw)
{
    const size_t n = st->n_tokens;
    if ((n == 1 || (n == 3 && statement_is(st, 1, KW_OR))) && statement_is(st, 0, KW_CREATE) &&
        (kw == KW_FUNCTION || kw == KW_PROCEDURE || kw == KW_RULE)) {
        r->creates = kw;
    }
}

static void note_word(struct reading *r, const struct statement *st, const struct token *t)
{
    const enum keyword kw = (enum keyword)t->keyword;
    if (st->n_tokens < 4) {
        note_head(r, st, kw);
    }
    if (r->parens == 0 && r->creates != KW_NONE && r->creates != KW_RULE) {
        if (kw == KW_ATOMIC && r->last == KW_BEGIN && r->atomic == 0) {
            r->atomic = 1;
            r->begin_at = st->tokens[st->n_tokens - 1].start;
        } else if (kw == KW_CASE && r->atomic > 0) {
            r->atomic++;
        } else if (kw == KW_END && r->atomic > 0) {
            r->atomic--;
        }
    }
    if (kw == KW_STDIN && r->last == KW_FROM && r->parens == 0 && statement_is(st, 0, KW_COPY)) {
        r->from_stdin = true;
    }
    r->last = kw;
}

static void note_token(struct reading *r, struct statement *st, const struct token *t)
{
    r->last = KW_NONE;
    switch ((enum token_kind)t->kind) {
    case TOK_SELF:
        if (t->keyword == '(') {
            if (r->parens++ == 0) {
                r->open_at = t->start;
            }
        } else if (t->keyword == ')') {
            r->parens -= r->parens > 0;
        }
        break;
    case TOK_PLACEHOLDER:
        st->has_placeholder = true;
        break;
    case TOK_BAD:
        if (st->broken == LEX_FINE) {
            st->broken = (enum lex_bad)t->bad;
            st->broken_at = t->start;
        }
        break;
    default:
        break;
    }
}

static void keep(struct splitter *sp, struct statement *st, const struct token *t)
{
    if (st->n_tokens == 0) {
        st->start = t->start;
    }
    st->end = t->end;
    if (sp->tokens.n == STATEMENT_MAX_TOKENS) {
        st->cut = true;
        return;
    }
    st->n_tokens = ++sp->tokens.n;
}

/* Does this semicolon end the statement? */
static bool semicolon_ends(const struct splitter *sp, const struct reading *r)
{
    if (r->parens == 0 && r->atomic == 0) {
        return true;
    }
    struct lexer probe = sp->lx;
    probe.comments = false;
    const struct token next = lex_next(&probe);
    return split_begins_line(sp->lx.text, next.start) && next.kind == TOK_WORD &&
           split_begins_statement((enum keyword)next.keyword, r->atomic > 0 || r->creates == KW_RULE);
}

/* Does the statement end before this token, which is no semicolon? */
static bool ends_before(const struct splitter *sp, const struct statement *st, const struct token *t)
{
    switch ((enum token_kind)t->kind) {
    case TOK_END:
    case TOK_PSQL:
        return true;
    case TOK_COMMENT:
        return split_section_line(sp->lx.text, *t);
    case TOK_WORD: /* a template tag alone on its line, before a statement or another tag */
    case TOK_PLACEHOLDER:
        return st->n_tokens == 1 && st->tokens[0].kind == TOK_PLACEHOLDER &&
               (t->kind == TOK_PLACEHOLDER || split_begins_statement((enum keyword)t->keyword, false)) &&
               split_begins_line(sp->lx.text, t->start);
    default:
        return false;
    }
}

static void take_copy_data(struct splitter *sp, struct statement *st)
{
    const struct token data = lex_copy_data(&sp->lx);
    st->copy_start = data.start;
    st->copy_end = data.end;
    sp->ended = data.end;
}

static void finish(struct splitter *sp, struct statement *st, const struct reading *r)
{
    if (st->broken == LEX_FINE && (r->parens > 0 || r->atomic > 0)) {
        st->broken = LEX_UNCLOSED;
        st->broken_at = r->parens > 0 ? r->open_at : r->begin_at;
    }
    if (st->psql ? split_copies_stdin(token_text(sp->lx.text, st->tokens[0])) : r->from_stdin && st->terminated) {
        take_copy_data(sp, st);
    }
}

bool splitter_next(struct splitter *sp, struct statement *st)
{
    struct reading r = {0};
    uint32_t run = UINT32_MAX, run_end = 0;
    *st = (struct statement){0};
    sp->tokens.n = 0;
    for (;;) {
        const struct token *t = next_token(sp);
        st->tokens = sp->tokens.at;
        if (st->n_tokens > 0 && ends_before(sp, st, t)) {
            put_back(sp, t);
            break;
        }
        if (t->kind == TOK_WORD) {
            note_word(&r, st, t);
            keep(sp, st, t);
            continue;
        }
        if (t->kind == TOK_END) {
            return false;
        }
        if (t->kind == TOK_COMMENT) {
            if (st->n_tokens == 0) {
                note_comment(sp, *t, &run, &run_end);
            }
            continue;
        }
        if (t->kind == TOK_SELF && t->keyword == ';') {
            sp->ended = t->end;
            if (st->n_tokens == 0) {
                run = UINT32_MAX;
                continue;
            }
            if (semicolon_ends(sp, &r)) {
                st->terminated = true;
                break;
            }
        }
        if (t->kind == TOK_PSQL) {
            keep(sp, st, t);
            st->psql = true;
            break;
        }
        note_token(&r, st, t);
        keep(sp, st, t);
    }
    if (!st->terminated) {
        sp->ended = st->end;
    }
    const bool adjoins = run != UINT32_MAX && split_newlines(sp->lx.text, run_end, st->start) < 2;
    st->comments_start = adjoins ? run : st->start;
    finish(sp, st, &r);
    return true;
}
