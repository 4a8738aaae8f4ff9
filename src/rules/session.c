#include "rules/session.h"

#include "migration/directive.h"

void session_init(struct session *s, struct arena *a)
{
    *s = (struct session){.a = a};
}

const struct setting *session_setting(const struct session *s, struct str name)
{
    for (size_t i = s->settings.n; i-- > 0;) {
        if (str_eq(s->settings.at[i].name, name)) {
            return &s->settings.at[i];
        }
    }
    return NULL;
}

bool setting_time(struct str value, int64_t *ms)
{
    return duration_parse(value, ms);
}

/* ---- reading ------------------------------------------------------------------------------------------------------ */

static bool is_string(const struct statement *st, size_t i)
{
    return i < st->n_tokens && st->tokens[i].kind == TOK_STRING;
}

static bool is_self(const struct statement *st, size_t i, char c)
{
    return i < st->n_tokens && st->tokens[i].kind == TOK_SELF && st->tokens[i].keyword == c;
}

static struct str value_of(struct arena *a, struct str text, const struct statement *st, size_t i)
{
    if (i >= st->n_tokens) {
        return STR("");
    }
    const struct token t = st->tokens[i];
    return t.kind == TOK_STRING                         ? token_string(a, text, t)
           : t.kind == TOK_WORD || t.kind == TOK_QUOTED ? token_name(a, text, t)
                                                        : token_text(text, t);
}

/* SELECT [pg_catalog.]set_config('name', 'value', local) */
static bool read_call(struct arena *a, struct str text, const struct statement *st, struct setting *out)
{
    for (size_t i = 1; statement_is(st, 0, KW_SELECT) && i + 5 < st->n_tokens && i < 8; i++) {
        if (str_eq(token_text(text, st->tokens[i]), STR("set_config")) && is_self(st, i + 1, '(') &&
            is_string(st, i + 2) && is_string(st, i + 4)) {
            *out = (struct setting){.name = token_string(a, text, st->tokens[i + 2]),
                                    .value = token_string(a, text, st->tokens[i + 4]),
                                    .local = statement_is(st, i + 6, KW_TRUE)};
            return true;
        }
    }
    return false;
}

static struct str named(struct arena *a, struct str text, const struct statement *st, size_t *i)
{
    if (statement_is(st, *i, KW_SESSION) && statement_is(st, *i + 1, KW_AUTHORIZATION)) {
        *i += 2;
        return STR("session_authorization");
    }
    if (statement_is(st, *i, KW_TIME) && statement_is(st, *i + 1, KW_ZONE)) {
        *i += 2;
        return STR("timezone");
    }
    return value_of(a, text, st, (*i)++);
}

bool session_read(struct arena *a, struct str text, const struct statement *st, struct setting *out)
{
    size_t i = 1;
    *out = (struct setting){.name = STR(""), .value = STR("")};
    if (read_call(a, text, st, out)) {
        return true;
    }
    if (statement_is(st, 0, KW_RESET)) {
        out->name = named(a, text, st, &i);
        return false;
    }
    if (!statement_is(st, 0, KW_SET) || statement_is(st, 1, KW_CONSTRAINTS) || statement_is(st, 1, KW_TRANSACTION)) {
        return false;
    }
    out->local = statement_is(st, i, KW_LOCAL);
    i += out->local || (statement_is(st, i, KW_SESSION) && !statement_is(st, i + 1, KW_AUTHORIZATION)) ? 1 : 0;
    out->name = named(a, text, st, &i);
    i += is_self(st, i, '=') || statement_is(st, i, KW_TO) ? 1 : 0;
    out->value = value_of(a, text, st, i);
    return !statement_is(st, i, KW_DEFAULT) || is_string(st, i);
}

/* ---- keeping ------------------------------------------------------------------------------------------------------ */

static void forget(struct session *s, struct str name, bool local_only)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->settings.n; i++) {
        const struct setting *one = &s->settings.at[i];
        const bool goes = local_only ? one->local : name.n == 0 || str_eq(one->name, name);
        if (!goes) {
            s->settings.at[kept++] = *one;
        }
    }
    s->settings.n = kept;
}

void session_enter(struct session *s, struct str text, const struct statement *st)
{
    struct setting new;
    if (statement_ends_block(st) || statement_is(st, 0, KW_ROLLBACK)) { /* TO a savepoint: what was set behind it */
        forget(s, STR(""), true);
    } else if (statement_is(st, 0, KW_DISCARD) || (statement_is(st, 0, KW_RESET) && statement_is(st, 1, KW_ALL))) {
        forget(s, STR(""), false);
    } else if (session_read(s->a, text, st, &new)) {
        if (!new.local) {
            forget(s, new.name, false);
        }
        *vec_push(s->a, &s->settings) = new;
    } else if (new.name.n > 0) { /* RESET, SET … TO DEFAULT */
        forget(s, new.name, false);
    }
}
