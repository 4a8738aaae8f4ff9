#include "exec/lone.h"

#include "exec/touch.h"

#include "sql/lex.h"

enum { MAX_TOKENS = 48 }; /* everything looked at stands at the beginning */

struct cursor {
    struct str sql;
    struct arena *a;
    struct token tokens[MAX_TOKENS];
    size_t n, at;
};

static bool accept(struct cursor *c, enum keyword kw)
{
    if (c->at < c->n && c->tokens[c->at].kind == TOK_WORD && c->tokens[c->at].keyword == kw) {
        c->at++;
        return true;
    }
    return false;
}

static bool accept_self(struct cursor *c, char ch)
{
    if (c->at < c->n && c->tokens[c->at].kind == TOK_SELF && c->tokens[c->at].keyword == (unsigned char)ch) {
        c->at++;
        return true;
    }
    return false;
}

static bool is_name(const struct cursor *c)
{
    return c->at < c->n && (c->tokens[c->at].kind == TOK_WORD || c->tokens[c->at].kind == TOK_QUOTED ||
                            c->tokens[c->at].kind == TOK_UQUOTED);
}

/* A name with its qualification; *last gets the last part as the server folds it. */
static bool accept_name(struct cursor *c, struct str *written, struct str *last)
{
    if (!is_name(c)) {
        return false;
    }
    const uint32_t start = c->tokens[c->at].start;
    struct token t;
    do {
        if (!is_name(c)) {
            return false;
        }
        t = c->tokens[c->at++];
    } while (accept_self(c, '.'));
    *written = str_slice(c->sql, start, t.end);
    if (last) {
        *last = arena_str(c->a, token_name(c->a, c->sql, t));
    }
    return true;
}

static bool if_not_exists(struct cursor *c)
{
    return accept(c, KW_IF) && accept(c, KW_NOT) && accept(c, KW_EXISTS);
}

static bool if_exists(struct cursor *c)
{
    return accept(c, KW_IF) && accept(c, KW_EXISTS);
}

static void read_create_index(struct cursor *c, struct lone *out)
{
    struct str written;
    out->unique = accept(c, KW_UNIQUE);
    if (!accept(c, KW_INDEX) || !accept(c, KW_CONCURRENTLY)) {
        return;
    }
    out->if_not_exists = if_not_exists(c);
    if (!accept(c, KW_ON) && !(accept_name(c, &written, &out->name) && accept(c, KW_ON))) {
        return;
    }
    (void)accept(c, KW_ONLY);
    if (accept_name(c, &out->table, NULL)) {
        out->rest = str_slice(c->sql, c->tokens[c->at - 1].end, c->sql.n);
        out->kind = LONE_CREATE_INDEX;
    }
}

static void read_drop_index(struct cursor *c, struct lone *out)
{
    if (accept(c, KW_INDEX) && accept(c, KW_CONCURRENTLY)) {
        out->if_exists = if_exists(c);
        out->kind = accept_name(c, &out->name, NULL) ? LONE_DROP_INDEX : LONE_OTHER;
    }
}

static void read_reindex(struct cursor *c, struct lone *out)
{
    bool concurrently = false;
    if (accept_self(c, '(')) {
        while (c->at < c->n && !accept_self(c, ')')) {
            concurrently = accept(c, KW_CONCURRENTLY) || concurrently;
            c->at += c->at < c->n && !(c->tokens[c->at].kind == TOK_SELF && c->tokens[c->at].keyword == ')');
        }
    }
    const bool one = accept(c, KW_INDEX) || accept(c, KW_TABLE);
    concurrently = accept(c, KW_CONCURRENTLY) || concurrently;
    if (one && concurrently && accept_name(c, &out->name, NULL)) {
        out->kind = LONE_REINDEX;
    }
}

static void read_alter_table(struct cursor *c, struct lone *out)
{
    out->if_exists = if_exists(c);
    (void)accept(c, KW_ONLY);
    if (!accept_name(c, &out->table, NULL)) {
        return;
    }
    if (accept(c, KW_VALIDATE) && accept(c, KW_CONSTRAINT)) {
        struct str written;
        out->kind = accept_name(c, &written, &out->name) ? LONE_VALIDATE : LONE_OTHER;
    } else if (accept(c, KW_DETACH) && accept(c, KW_PARTITION) && accept_name(c, &out->name, NULL) &&
               accept(c, KW_CONCURRENTLY)) {
        out->kind = LONE_DETACH;
    }
}

static void read_alter_type(struct cursor *c, struct lone *out)
{
    if (accept_name(c, &out->table, NULL) && accept(c, KW_ADD) && accept(c, KW_VALUE)) {
        out->if_not_exists = if_not_exists(c);
        if (c->at < c->n) {
            out->value = token_string(c->a, c->sql, c->tokens[c->at]);
            out->kind = LONE_ADD_VALUE;
        }
    }
}

void lone_read(struct str sql, struct arena *a, struct lone *out)
{
    struct cursor c = {.sql = sql, .a = a};
    struct lexer lx;
    *out = (struct lone){.kind = LONE_OTHER};
    lex_init(&lx, sql, false);
    while (c.n < MAX_TOKENS) {
        const struct token t = lex_next(&lx);
        if (t.kind == TOK_END) {
            break;
        }
        c.tokens[c.n++] = t;
    }
    if (accept(&c, KW_CREATE)) {
        read_create_index(&c, out);
    } else if (accept(&c, KW_DROP)) {
        read_drop_index(&c, out);
    } else if (accept(&c, KW_REINDEX)) {
        read_reindex(&c, out);
    } else if (accept(&c, KW_CALL)) {
        out->kind = LONE_MAYBE_PARTLY;
    } else if (accept(&c, KW_DO)) {
        const bool commits =
            touch_mentions(sql, "commit") || touch_mentions(sql, "call") || touch_mentions(sql, "execute");
        out->kind = commits ? LONE_MAYBE_PARTLY : LONE_OTHER;
    } else if (accept(&c, KW_ALTER)) {
        if (accept(&c, KW_TABLE)) {
            read_alter_table(&c, out);
        } else if (accept(&c, KW_TYPE)) {
            read_alter_type(&c, out);
        }
    }
}
