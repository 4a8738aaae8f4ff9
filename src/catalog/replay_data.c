/* Statements on rows, and bodies of DO: they change what is known, not the schema. */
#include "catalog/expression.h"
#include "catalog/replay_parts.h"

/* r may hold rows now; rows put into a partitioned table land in its partitions, and those of a partition are its parent's. */
static void mark_loaded(struct catalog *c, struct relation *r, enum tri loaded)
{
    if (r->loaded != TRI_YES) {
        r->loaded = loaded;
    }
    if (r->kind == REL_PARTITIONED) {
        struct relation_list parts = {0};
        relation_descendants(r, c->arena, &parts);
        for (size_t i = 0; i < parts.n; i++) {
            parts.at[i]->loaded = parts.at[i]->loaded == TRI_YES ? TRI_YES : loaded;
        }
    }
    for (struct relation *up = r; up->parents.n > 0;) {
        up = up->parents.at[0];
        up->loaded = up->loaded == TRI_YES ? TRI_YES : loaded;
    }
}

static void load(struct reader *rd)
{
    struct str schema, name;
    (void)rd_take(rd, KW_ONLY);
    if (!rd_qualified(rd, &schema, &name)) {
        return;
    }
    struct relation *r = catalog_resolve(rd->c, schema, name);
    if (r) {
        mark_loaded(rd->c, r, TRI_YES);
    }
}

static void copy(struct reader *rd)
{
    struct reader target = *rd;
    (void)rd_take(rd, KW_BINARY);
    struct str schema, name;
    size_t first, last;
    if (!rd_qualified(rd, &schema, &name)) {
        return;
    }
    (void)rd_parens(rd, &first, &last);
    if (rd_is(rd, KW_FROM)) {
        (void)rd_take(&target, KW_BINARY);
        load(&target);
    }
}

/* UPDATE adds no row, but may move rows between partitions that are there. */
static void update(struct reader *rd)
{
    struct str schema, name;
    (void)rd_take(rd, KW_ONLY);
    struct relation *r = rd_qualified(rd, &schema, &name) ? catalog_resolve(rd->c, schema, name) : NULL;
    if (r && r->loaded != TRI_NO) {
        mark_loaded(rd->c, r, r->loaded);
    }
}

void replay_data(struct reader *rd)
{
    if (rd_take(rd, KW_COPY)) {
        copy(rd);
        return;
    }
    const bool select = rd_is(rd, KW_SELECT);
    unsigned depth = 0;
    for (; !rd_done(rd); rd->i++) {
        const struct token t = rd_token(rd, rd->i);
        depth += t.kind == TOK_SELF && t.keyword == '(';
        depth -= t.kind == TOK_SELF && t.keyword == ')' && depth > 0;
        if (t.kind != TOK_WORD ||
            (t.keyword != KW_INSERT && t.keyword != KW_MERGE && t.keyword != KW_INTO && t.keyword != KW_UPDATE)) {
            continue;
        }
        struct reader at = *rd;
        if (rd_take2(&at, KW_INSERT, KW_INTO) || rd_take2(&at, KW_MERGE, KW_INTO)) {
            load(&at);
            rd->i = at.i - 1;
        } else if (t.keyword == KW_INTO && depth == 0 && select) {
            replay_select_into(&at);
            return;
        } else if (t.keyword == KW_UPDATE && !(rd->i > rd->first && rd->st->tokens[rd->i - 1].kind == TOK_WORD)) {
            at.i++;
            update(&at);
        }
    }
}

/* A statement inside a body may or may not run: the table it names may hold rows, and may have been changed when it is DDL. */
static void doubt(struct reader *rd, bool ddl, bool creates)
{
    struct str schema, name;
    if (!rd_if_exists(rd)) {
        (void)rd_if_not_exists(rd);
    }
    (void)rd_take(rd, KW_ONLY);
    if (!rd_qualified(rd, &schema, &name)) {
        return;
    }
    struct relation *r = catalog_resolve(rd->c, schema, name);
    if (!r && creates) {
        r = catalog_mention(rd->c, schema, name, REL_UNKNOWN);
        r->exists = TRI_UNKNOWN;
    }
    if (r) {
        r->complete = r->complete && !ddl;
        r->loaded = r->loaded == TRI_NO ? TRI_UNKNOWN : r->loaded;
    }
}

enum { MAX_NESTING = 3 };

/* Statements of a procedural body, and strings in it that may be statements for EXECUTE. */
static void read_body(struct reader *rd, unsigned depth)
{
    struct str text;
    bool ddl = false; /* since the last semicolon: CREATE, ALTER or DROP */
    for (; !rd_done(rd); rd->i++) {
        if (depth < MAX_NESTING && rd_is_string(rd)) {
            struct reader at = *rd;
            if (rd_string(&at, &text) && text.n > 8) {
                const struct statement st = expression_lex_all(&rd->c->scratch, text);
                struct reader inner = {.c = rd->c, .text = text, .st = &st, .end = st.n_tokens, .at = rd->at};
                read_body(&inner, depth + 1);
            }
            continue;
        }
        struct reader at = *rd;
        if (rd_is_self(&at, ';')) {
            ddl = false;
        } else if (rd_is(&at, KW_CREATE) || rd_is(&at, KW_ALTER) || rd_is(&at, KW_DROP)) {
            ddl = true;
        } else if (rd_take(&at, KW_INTO) || rd_take(&at, KW_UPDATE) || rd_take(&at, KW_COPY)) {
            doubt(&at, false, false);
        } else if (ddl && rd_take(&at, KW_TABLE)) {
            doubt(&at, true, true);
        } else if (ddl && (rd_take(&at, KW_ON) || rd_take(&at, KW_INDEX) || rd_take(&at, KW_VIEW) ||
                           rd_take(&at, KW_SEQUENCE))) {
            doubt(&at, true, false);
        }
    }
}

void replay_body(struct reader *rd)
{
    read_body(rd, 0);
}
