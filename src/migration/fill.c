#include "migration/fill.h"

#include "migration/layout.h"
#include "migration/place.h"
#include "sql/lex.h"

struct filling {
    struct migration *m;
    const struct placeholder_list *values;
    struct strbuf out;
    uint32_t kept; /* the text up to here is in out */
    struct error *err;
};

static const struct str *value_of(const struct filling *f, struct str name)
{
    for (size_t i = 0; f->values && i < f->values->n; i++) {
        if (str_eq(f->values->at[i].name, name)) {
            return &f->values->at[i].value;
        }
    }
    return NULL;
}

/* Put `value` in the place of text[start, end). */
static void put(struct filling *f, uint32_t start, uint32_t end, struct str value)
{
    strbuf_add(&f->out, str_slice(f->m->text, f->kept, start));
    strbuf_add(&f->out, value);
    f->kept = end;
}

static void put_quoted(struct filling *f, uint32_t start, uint32_t end, struct str value, char quote)
{
    strbuf_add(&f->out, str_slice(f->m->text, f->kept, start));
    strbuf_add_char(&f->out, quote);
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] == quote) {
            strbuf_add_char(&f->out, quote);
        }
        strbuf_add_char(&f->out, value.p[i]);
    }
    strbuf_add_char(&f->out, quote);
    f->kept = end;
}

/* ${name}, {{name}}, {{ .name }}: the name; empty: another kind of placeholder. */
static struct str braced_name(struct str t)
{
    struct str name = STR_NONE;
    if (str_starts(t, STR("${")) && str_ends(t, STR("}"))) {
        name = str_slice(t, 2, t.n - 1);
    } else if (str_starts(t, STR("{{")) && str_ends(t, STR("}}"))) {
        name = str_trim(str_slice(t, 2, t.n - 2));
        name = str_starts(name, STR(".")) ? str_slice(name, 1, name.n) : name;
    }
    return str_trim(name);
}

/* ${name} and {{name}} within text[start, end): word characters that touch one, as in ${tenant}_orders, are of the same token. */
static void fill_braced(struct filling *f, uint32_t start, uint32_t end)
{
    const struct str text = f->m->text;
    for (uint32_t at = start; at < end;) {
        const struct str rest = str_slice(text, at, end);
        const struct str close = str_starts(rest, STR("${"))   ? STR("}")
                                 : str_starts(rest, STR("{{")) ? STR("}}")
                                                               : STR_NONE;
        const size_t length = close.n > 0 ? str_find(rest, close) : SIZE_MAX;
        if (length == SIZE_MAX) {
            at++;
            continue;
        }
        const uint32_t behind = at + (uint32_t)(length + close.n);
        const struct str *value = value_of(f, braced_name(str_slice(text, at, behind)));
        if (value) {
            put(f, at, behind, *value);
        }
        at = behind;
    }
}

/* :name, :'name' or :"name" at text[start, end). */
static void fill_variable(struct filling *f, uint32_t start, uint32_t end)
{
    const struct str text = str_slice(f->m->text, start, end);
    struct str name = str_starts(text, STR(":")) ? str_slice(text, 1, text.n) : STR_NONE;
    char quote = '\0';
    if (name.n > 1 && (name.p[0] == '\'' || name.p[0] == '"')) {
        quote = name.p[0];
        name = str_slice(name, 1, name.n - 1);
    }
    const struct str *value = value_of(f, name);
    if (value && quote) {
        put_quoted(f, start, end, *value, quote);
    } else if (value) {
        put(f, start, end, *value);
    }
}

/* Those that the lexer sees: outside of strings and comments. */
static void fill_tokens(struct filling *f, bool psql)
{
    struct lexer lx;
    struct token t;
    lex_init(&lx, f->m->text, true);
    while ((t = lex_next(&lx)).kind != TOK_END) {
        if (t.kind == TOK_PLACEHOLDER && psql) {
            fill_variable(f, t.start, t.end);
        } else if (t.kind == TOK_PLACEHOLDER) {
            fill_braced(f, t.start, t.end);
        }
    }
}

/* Every OPEN name CLOSE of the text, whatever is around it. */
static enum status fill_anywhere(struct filling *f, struct str open, struct str close, bool all)
{
    const struct str text = f->m->text;
    for (uint32_t at = 0; at < text.n;) {
        const size_t begin = str_find(str_slice(text, at, text.n), open);
        if (begin == SIZE_MAX) {
            break;
        }
        const uint32_t start = at + (uint32_t)begin;
        const size_t length = str_find(str_slice(text, start, text.n), close);
        if (length == SIZE_MAX) {
            break;
        }
        const uint32_t end = start + (uint32_t)(length + close.n);
        const struct str whole = str_slice(text, start, end), name = braced_name(whole);
        const struct str *value = value_of(f, name);
        if (value) {
            put(f, start, end, *value);
        } else if (all && str_find_char(name, '\n') == SIZE_MAX) {
            place_refuse(f->err, f->m->file, text, start, "the placeholder %.*s has no value", STR_ARG(whole));
            error_hint(f->err, "give it one: --set %.*s=VALUE, or placeholders: in migrate.yaml", STR_ARG(name));
            return ST_USAGE;
        }
        at = value ? end : start + (uint32_t)open.n;
    }
    return ST_OK;
}

static bool is_word(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The variable at text[at], which is a dollar sign: its end, or 0. Sets name and, for ${NAME:-standard}, what stands for an unset one. */
static uint32_t variable_at(struct str text, uint32_t at, struct str *name, struct str *standard)
{
    const bool braces = at + 1 < text.n && text.p[at + 1] == '{';
    uint32_t start = at + 1 + braces, end = start;
    while (end < text.n && is_word(text.p[end])) {
        end++;
    }
    *name = str_slice(text, start, end);
    *standard = STR_NONE;
    if (end == start || (text.p[start] >= '0' && text.p[start] <= '9')) {
        return 0;
    }
    if (!braces) {
        return end;
    }
    if (str_starts(str_slice(text, end, text.n), STR(":-"))) {
        const size_t length = str_find_char(str_slice(text, end, text.n), '}');
        if (length == SIZE_MAX) {
            return 0;
        }
        *standard = str_slice(text, end + 2, end + length);
        end += (uint32_t)length;
    }
    return end < text.n && text.p[end] == '}' ? end + 1 : 0;
}

/* The lines between ENVSUB ON and OFF, as goose does: an unset variable without a standard is nothing. */
static void fill_goose(struct filling *f, struct arena *a)
{
    const struct str text = f->m->text;
    struct str rest = text, line;
    bool on = false;
    while (str_next(&rest, '\n', &line)) {
        const struct str word = str_trim(line);
        if (str_starts(word, STR("-- +goose "))) {
            const struct str said = str_trim(str_slice(word, STR("-- +goose ").n, word.n));
            on = str_eq_nocase(said, STR("ENVSUB ON")) || (on && !str_eq_nocase(said, STR("ENVSUB OFF")));
            continue;
        }
        const uint32_t base = (uint32_t)(line.p - text.p);
        for (uint32_t i = 0; on && i < line.n;) {
            struct str name, standard;
            const uint32_t end = line.p[i] == '$' ? variable_at(line, i, &name, &standard) : 0;
            if (end == 0) {
                i++;
                continue;
            }
            const char *value = getenv(arena_cstr(a, name));
            put(f, base + i, base + end, value && *value ? str_of(value) : standard);
            i = end;
        }
    }
}

enum status migration_fill(struct migration *m, const struct placeholder_list *values, struct arena *a,
                           struct error *err)
{
    struct filling f = {.m = m, .values = values, .err = err};
    const enum fill_syntax syntax = m->layout->fill;
    enum status status = ST_OK;
    if ((!values || values->n == 0) && syntax != FILL_ANYWHERE && syntax != FILL_GOOSE) {
        return ST_OK;
    }
    strbuf_init(&f.out, MIGRATION_MAX_BYTES);
    switch (syntax) {
    case FILL_TOKENS:
    case FILL_PSQL:
        fill_tokens(&f, syntax == FILL_PSQL);
        break;
    case FILL_ANYWHERE:
        status = fill_anywhere(&f, STR("${"), STR("}"), true);
        break;
    case FILL_TEMPLATE:
        status = fill_anywhere(&f, STR("{{"), STR("}}"), false);
        break;
    case FILL_GOOSE:
        fill_goose(&f, a);
        break;
    }
    if (!status && f.kept > 0) {
        strbuf_add(&f.out, str_slice(m->text, f.kept, m->text.n));
        if (f.out.overflow) {
            place_refuse(err, m->file, m->text, 0, "with its placeholders filled the text is larger than %d MB",
                         MIGRATION_MAX_BYTES >> 20);
            status = ST_USAGE;
        } else {
            m->bytes = m->text;
            m->text = arena_str(a, strbuf_str(&f.out));
        }
    }
    strbuf_free(&f.out);
    return status;
}
