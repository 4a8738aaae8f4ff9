#include "plan/shadow.h"

#include "catalog/replay.h"
#include "migration/place.h"

static enum status refuse(const struct judged_statement *s, struct str text, const char *file, size_t i,
                          const char *why, struct error *err)
{
    const size_t at = i < s->st.n_tokens ? s->st.tokens[i].start : s->st.start;
    place_refuse(err, str_of(file), text, at, "cannot do this with a shadow column: %s", why);
    error_hint(err,
               "-- migrate:shadow stands before ALTER TABLE table ALTER COLUMN column TYPE type [USING expression]");
    return ST_USAGE;
}

static bool is_comma(const struct statement *st, size_t i)
{
    return st->tokens[i].kind == TOK_SELF && st->tokens[i].keyword == ',';
}

static struct str source(struct str text, const struct statement *st, size_t first, size_t behind)
{
    return first < behind ? str_slice(text, st->tokens[first].start, st->tokens[behind - 1].end) : STR_NONE;
}

enum status shadow_spec_of(const struct judged_statement *s, struct str text, const char *file, struct arena *a,
                           struct shadow_spec *out, struct error *err)
{
    const struct statement *st = &s->st;
    size_t i = 2, using, n = st->n_tokens;
    int depth = 0;
    *out = (struct shadow_spec){.keep_old_ms = -1};
    for (size_t k = 0; k < s->directives.n; k++) {
        const struct directive *d = &s->directives.at[k];
        out->keep_old_ms = d->kind == DIRECTIVE_SHADOW && d->keep_old_ms >= 0 ? d->keep_old_ms : out->keep_old_ms;
    }
    if (!statement_is(st, 0, KW_ALTER) || !statement_is(st, 1, KW_TABLE)) {
        return refuse(s, text, file, 0, "it is no ALTER TABLE", err);
    }
    if (!qualified_name_parse(a, text, st, &i, &out->schema, &out->table)) {
        return refuse(s, text, file, i, "the table's name cannot be read", err);
    }
    if (!statement_is(st, i, KW_ALTER)) {
        return refuse(s, text, file, i, "it changes no column's type", err);
    }
    i += 1 + statement_is(st, i + 1, KW_COLUMN);
    if (i >= n) {
        return refuse(s, text, file, i, "the column is missing", err);
    }
    out->column = token_name(a, text, st->tokens[i++]);
    i += statement_is(st, i, KW_SET) && statement_is(st, i + 1, KW_DATA) ? 2 : 0;
    if (!statement_is(st, i, KW_TYPE) || i + 1 >= n) {
        return refuse(s, text, file, i, "it changes no column's type", err);
    }
    const size_t type = ++i;
    for (using = n; i < n; i++) {
        const struct token *t = &st->tokens[i];
        depth += t->kind == TOK_SELF ? (t->keyword == '(') - (t->keyword == ')') : 0;
        if (depth == 0 && is_comma(st, i)) {
            return refuse(s, text, file, i, "it has several actions", err);
        }
        if (depth == 0 && using == n && statement_is(st, i, KW_USING)) {
            using = i;
        }
    }
    out->type = source(text, st, type, using);
    out->using = source(text, st, using + 1, n);
    return out->type.n > 0 ? ST_OK : refuse(s, text, file, type, "the type is missing", err);
}
