#include "catalog/read.h"

#include "catalog/replay.h"

static bool is_self(struct token t, char c)
{
    return t.kind == TOK_SELF && t.keyword == (unsigned char)c;
}

bool rd_if_exists(struct reader *rd)
{
    return rd_take2(rd, KW_IF, KW_EXISTS);
}

bool rd_if_not_exists(struct reader *rd)
{
    return rd_take3(rd, KW_IF, KW_NOT, KW_EXISTS);
}

static bool name_at(struct reader *rd, bool any, struct str *name)
{
    const struct token t = rd_token(rd, rd->i);
    switch (t.kind) {
    case TOK_WORD: {
        const enum keyword_category cat = keyword_category((enum keyword)t.keyword);
        if (!any && (cat == KW_RESERVED || cat == KW_TYPE_FUNC_NAME)) {
            return false;
        }
        break;
    }
    case TOK_QUOTED:
    case TOK_UQUOTED:
        break;
    case TOK_PLACEHOLDER: /* of another tool: stands for a name, whichever it will be */
        *name = arena_str(rd->c->arena, token_text(rd->text, t));
        rd->i++;
        return true;
    default:
        return false;
    }
    *name = token_name(rd->c->arena, rd->text, t);
    if (t.kind != TOK_WORD || name->p == rd->text.p + t.start) { /* a folded word is a copy already */
        *name = arena_str(rd->c->arena, *name);
    }
    rd->i++;
    if (t.kind == TOK_UQUOTED && rd_is(rd, KW_UESCAPE)) {
        rd->i += 2;
    }
    return true;
}

bool rd_name(struct reader *rd, struct str *name)
{
    return name_at(rd, false, name);
}

bool rd_any_name(struct reader *rd, struct str *name)
{
    return name_at(rd, true, name);
}

static bool qualified(struct reader *rd, bool any, struct str *schema, struct str *name)
{
    const size_t start = rd->i;
    *schema = STR_NONE;
    if (!name_at(rd, any, name)) {
        return false;
    }
    while (rd_is_self(rd, '.')) {
        rd->i++;
        *schema = *name;
        if (!name_at(rd, true, name)) {
            rd->i = start;
            return false;
        }
    }
    return true;
}

bool rd_qualified(struct reader *rd, struct str *schema, struct str *name)
{
    return qualified(rd, false, schema, name);
}

bool rd_qualified_any(struct reader *rd, struct str *schema, struct str *name)
{
    return qualified(rd, true, schema, name);
}

bool rd_name_list(struct reader *rd, struct name_list *names)
{
    const size_t start = rd->i;
    struct str name;
    *names = (struct name_list){0};
    if (!rd_take_self(rd, '(')) {
        return false;
    }
    do {
        if (!rd_name(rd, &name)) {
            break;
        }
        *vec_push(rd->c->arena, names) = name;
    } while (rd_take_self(rd, ','));
    if (!rd_take_self(rd, ')')) {
        rd->i = start;
        return false;
    }
    return true;
}

bool rd_is_string(const struct reader *rd)
{
    const enum token_kind kind = (enum token_kind)rd_token(rd, rd->i).kind;
    return kind == TOK_STRING || kind == TOK_ESTRING || kind == TOK_USTRING || kind == TOK_NSTRING ||
           kind == TOK_DOLLAR;
}

bool rd_string(struct reader *rd, struct str *value)
{
    if (!rd_is_string(rd)) {
        return false;
    }
    *value = arena_str(rd->c->arena, token_string(rd->c->arena, rd->text, rd_token(rd, rd->i)));
    rd->i++;
    return true;
}

bool rd_parens(struct reader *rd, size_t *first, size_t *last)
{
    if (!rd_is_self(rd, '(')) {
        return false;
    }
    unsigned depth = 0;
    for (size_t i = rd->i; i < rd->end; i++) {
        const struct token t = rd->st->tokens[i];
        depth += is_self(t, '(');
        depth -= is_self(t, ')');
        if (depth == 0) {
            *first = rd->i + 1;
            *last = i;
            rd->i = i + 1;
            return true;
        }
    }
    return false;
}

size_t rd_comma(const struct reader *rd, size_t i, size_t end)
{
    unsigned depth = 0;
    for (; i < end; i++) {
        const struct token t = rd->st->tokens[i];
        if (t.kind != TOK_SELF) {
            continue;
        }
        if (t.keyword == '(' || t.keyword == '[') {
            depth++;
        } else if (t.keyword == ')' || t.keyword == ']') {
            if (depth == 0) {
                return i;
            }
            depth--;
        } else if (t.keyword == ',' && depth == 0) {
            return i;
        }
    }
    return i;
}

struct reader rd_part(const struct reader *rd, size_t first, size_t last)
{
    struct reader part = *rd;
    part.first = part.i = first;
    part.end = last < rd->end ? last : rd->end;
    return part;
}

void rd_skip_to_end(struct reader *rd)
{
    rd->i = rd->end;
}

struct str rd_source(const struct reader *rd, size_t first, size_t last)
{
    if (first >= last || last > rd->end) {
        return STR_NONE;
    }
    return arena_str(rd->c->arena, str_slice(rd->text, rd->st->tokens[first].start, rd->st->tokens[last - 1].end));
}

static bool is_name(const struct statement *st, size_t i)
{
    return i < st->n_tokens && (st->tokens[i].kind == TOK_WORD || st->tokens[i].kind == TOK_QUOTED ||
                                st->tokens[i].kind == TOK_UQUOTED || st->tokens[i].kind == TOK_PLACEHOLDER);
}

bool qualified_name_view(struct arena *a, struct str text, const struct statement *st, size_t *i, struct str *schema,
                         struct str *name)
{
    struct str before = STR_NONE, last = STR_NONE;
    size_t at = *i;
    for (bool more = true; more; at += more) {
        if (!is_name(st, at)) {
            return false;
        }
        before = last;
        last = token_name(a, text, st->tokens[at]);
        at++;
        at += st->tokens[at - 1].kind == TOK_UQUOTED && statement_is(st, at, KW_UESCAPE) ? 2 : 0;
        more = at < st->n_tokens && st->tokens[at].kind == TOK_SELF && st->tokens[at].keyword == '.';
    }
    *schema = before;
    *name = last;
    *i = at;
    return true;
}

bool qualified_name_parse(struct arena *a, struct str text, const struct statement *st, size_t *i, struct str *schema,
                          struct str *name)
{
    if (!qualified_name_view(a, text, st, i, schema, name)) {
        return false;
    }
    *schema = schema->n > 0 ? arena_str(a, *schema) : *schema;
    *name = arena_str(a, *name);
    return true;
}
