#include "migration/layout.h"

#include "migration/marker.h"
#include "migration/place.h"
#include "migration/walk.h"

/* Why this token runs on to the end of the text: NULL for one that ends where it should. */
static const char *runs_on(struct str text, struct token t)
{
    if (t.kind == TOK_COPY_DATA) {
        const struct str data = str_trim(token_text(text, t));
        const bool ended = str_eq(data, STR("\\.")) || str_ends(data, STR("\n\\."));
        return ended ? NULL : "COPY data without a closing \\. line";
    }
    if (t.kind != TOK_BAD) {
        return NULL;
    }
    switch ((enum lex_bad)t.bad) {
    case LEX_UNTERMINATED_STRING:
    case LEX_UNTERMINATED_QUOTED:
    case LEX_UNTERMINATED_DOLLAR:
    case LEX_UNTERMINATED_COMMENT:
        return lex_bad_reason((enum lex_bad)t.bad);
    default:
        return NULL;
    }
}

static bool is_quoted(struct token t)
{
    return t.kind == TOK_STRING || t.kind == TOK_ESTRING || t.kind == TOK_NSTRING || t.kind == TOK_USTRING ||
           t.kind == TOK_QUOTED || t.kind == TOK_UQUOTED;
}

static const char *marker_text(bool down)
{
    return down ? "-- migrate:down" : "-- migrate:up";
}

static enum status refuse_misspelt(const struct migration *m, const struct marker *k, struct error *err)
{
    const struct str comment = str_trim(str_slice(m->text, k->start, k->end));
    if (k->kind == MARKER_MISPLACED) {
        place_refuse(err, m->file, m->text, k->start, "the marker \"%s\" does not begin its line",
                     marker_text(k->down));
        error_hint(err, "put it on a line of its own, with nothing before it");
    } else {
        place_refuse(err, m->file, m->text, k->start, "misspelt marker \"%.*s\"", STR_ARG(str_slice(comment, 0, 80)));
        error_hint(err, "write \"%s\"", marker_text(k->down));
    }
    return ST_USAGE;
}

static enum status refuse_swallowed(const struct migration *m, struct token t, const char *what, const struct marker *k,
                                    struct error *err)
{
    struct error at;
    place_error(&at, m->file, m->text, k->start);
    place_refuse(err, m->file, m->text, t.start, "%s swallows the marker \"%s\" on line %u", what, marker_text(k->down),
                 at.line);
    error_hint(err, "end it before that line; a quote too many or too few above it has the same effect");
    return ST_USAGE;
}

static enum status refuse_option(const struct migration *m, size_t offset, struct str word, struct error *err)
{
    static const char *const keys[] = {"transaction"}, *const values[] = {"auto", "true", "false"};
    const size_t colon = str_find_char(word, ':');
    const struct str key = str_slice(word, 0, colon), value = str_slice(word, key.n + 1, word.n);
    const char *near_value = str_closest(value, values, countof(values));
    if (!str_eq(key, STR("transaction"))) {
        place_refuse(err, m->file, m->text, offset, "unknown option \"%.*s\" on a marker line", STR_ARG(word));
        error_hint(err, "%s transaction:auto, transaction:true or transaction:false%s",
                   str_closest(key, keys, countof(keys)) ? "did you mean" : "the only option is",
                   str_closest(key, keys, countof(keys)) ? "?" : "");
        return ST_USAGE;
    }
    if (value.n > 0) {
        place_refuse(err, m->file, m->text, offset, "transaction:%.*s is not known", STR_ARG(value));
    } else {
        place_refuse(err, m->file, m->text, offset, "\"%.*s\" without a value on a marker line", STR_ARG(word));
    }
    if (near_value) {
        error_hint(err, "did you mean transaction:%s?", near_value);
    } else {
        error_hint(err, "write transaction:auto, transaction:true or transaction:false, without blanks");
    }
    return ST_USAGE;
}

static enum status parse_options(const struct migration *m, const struct marker *k, enum tx_mode *tx, struct error *err)
{
    bool said = false;
    size_t at = marker_skip_blank(m->text, k->options);
    while (at < k->end) {
        size_t end = at;
        while (end < k->end && marker_skip_blank(m->text, end) == end) {
            end++;
        }
        const struct str word = str_slice(m->text, at, end);
        if (str_eq(word, STR("transaction:auto"))) {
            *tx = TX_AUTO;
        } else if (str_eq(word, STR("transaction:true"))) {
            *tx = TX_TRUE;
        } else if (str_eq(word, STR("transaction:false"))) {
            *tx = TX_FALSE;
        } else {
            return refuse_option(m, at, word, err);
        }
        if (said) {
            place_refuse(err, m->file, m->text, at, "transaction is said twice on one marker line");
            error_hint(err, "leave one of them");
            return ST_USAGE;
        }
        said = true;
        at = marker_skip_blank(m->text, end);
    }
    return ST_OK;
}

static enum status refuse_twice(const struct migration *m, const struct marker *k, struct error *err)
{
    const struct migration_part *first = k->down ? &m->down : &m->up;
    struct error at;
    place_error(&at, m->file, m->text, first->marker);
    place_refuse(err, m->file, m->text, k->start, "a second \"%s\": the first is on line %u", marker_text(k->down),
                 at.line);
    error_hint(err, "one file has one up and one down part: move the rest into a migration of its own");
    return ST_USAGE;
}

/* Take one marker; first_sql is where the SQL begins that stands before any marker (UINT32_MAX: none does). */
static enum status take_marker(struct migration *m, const struct marker *k, uint32_t first_sql, struct error *err)
{
    struct migration_part *part = k->down ? &m->down : &m->up;
    if (k->kind == MARKER_MISPLACED || k->kind == MARKER_MISSPELT) {
        return refuse_misspelt(m, k, err);
    }
    if (part->present) {
        return refuse_twice(m, k, err);
    }
    if (first_sql != UINT32_MAX && !m->up.present) {
        place_refuse(err, m->file, m->text, first_sql, "SQL before the first marker would never run");
        error_hint(err, "move it below \"%s\"", marker_text(false));
        return ST_USAGE;
    }
    if (k->down && !m->up.present) {
        place_refuse(err, m->file, m->text, k->start, "\"-- migrate:down\" without a \"-- migrate:up\" before it");
        error_hint(err, "the up part comes first; it may be empty");
        return ST_USAGE;
    }
    uint32_t body = k->end;
    body += body < m->text.n && m->text.p[body] == '\r';
    body += body < m->text.n && m->text.p[body] == '\n';
    *part = (struct migration_part){.present = true, .marker = k->start, .start = body, .end = (uint32_t)m->text.n};
    if (k->down) {
        m->up.end = k->start;
    }
    return parse_options(m, k, &part->tx, err);
}

/* Whose layout is it, when there is no marker of ours? */
static const char *other_tool(const struct migration *m)
{
    static const struct {
        const char *sign, *tool;
    } signs[] = {
        {"-- +goose Up", "goose"},
        {"-- Up Migration", "node-pg-migrate"},
        {"---- create above / drop below ----", "tern"},
    };
    for (size_t i = 0; i < countof(signs); i++) {
        if (str_find(m->text, str_of(signs[i].sign)) != SIZE_MAX) {
            return signs[i].tool;
        }
    }
    return str_ends(m->file, STR(".up.sql")) || str_ends(m->file, STR(".down.sql")) ? "golang-migrate" : NULL;
}

static enum status refuse_unmarked(const struct migration *m, struct error *err)
{
    const char *tool = other_tool(m);
    place_refuse(err, m->file, m->text, 0, "no \"-- migrate:up\" marker");
    if (tool) {
        error_hint(err, "this looks like a file of %s: --layout %s", tool, tool);
    } else {
        error_hint(
            err,
            "put \"-- migrate:up\" before the SQL, and \"-- migrate:down\" before what undoes it; for a folder of files"
            " without markers: --layout plain");
    }
    return ST_USAGE;
}

/* Refuse the directives among the comments text[start, end), because of where they stand. */
static enum status refuse_directives(const struct migration *m, uint32_t start, uint32_t end, const char *why,
                                     struct arena *a, struct error *err)
{
    const struct arena_mark mark = arena_mark(a);
    struct directive_list found = {0};
    uint32_t at = start;
    enum status status = directives_parse(m->text, start, end, a, &found, &at, err);
    if (status) {
        place_error(err, m->file, m->text, at);
    }
    for (size_t i = 0; i < found.n && !status; i++) {
        const struct directive *d = &found.at[i];
        if (d->tool.n == 0) {
            status = place_refuse(err, m->file, m->text, d->start, "migrate:%s %s", directive_name(d->kind), why);
            error_hint(err, "put it right before its statement");
        }
    }
    arena_rewind(a, mark);
    return status;
}

/* What the walk over a file has seen so far. */
struct scan {
    struct migration *m;
    struct arena *a;
    struct walk walk;
    uint32_t first_sql;   /* UINT32_MAX: none yet */
    uint32_t loose;       /* the first comment since the last statement; UINT32_MAX: none */
    struct token suspect; /* a quoted token with a marker inside, or one that never ends; kind 0: none */
    struct marker hidden; /* that marker */
    const char *endless;  /* what never ends; NULL: nothing */
};

/*
 * A stray quote pairs with the next one, however far away. So a marker within a string counts as text only when every quote of the
 * file has its partner and the marker stands outside of strings as well; and no marker is passed over for what never ends.
 */
static void take_quoted(struct scan *s, struct token t)
{
    struct marker k;
    const char *what = runs_on(s->m->text, t);
    if (!s->suspect.kind && (what || is_quoted(t)) && marker_line_in(s->m->text, t.start, t.end, &k)) {
        s->suspect = t;
        s->hidden = k;
    }
    s->endless = what ? what : s->endless;
}

static bool swallowed(const struct scan *s)
{
    const bool seen = s->hidden.down ? s->m->down.present : s->m->up.present;
    return s->suspect.kind && (!seen || s->endless);
}

/* Go on behind the marker that was swallowed, as if the quote had ended before: lint says what is broken. */
static void walk_again(struct scan *s)
{
    walk_from(&s->walk, s->m->text, s->hidden.start);
    s->suspect = (struct token){0};
    s->endless = NULL;
}

/* The end of a part: comments behind its last statement are nobody's. */
static enum status end_part(struct scan *s, uint32_t end, struct error *err)
{
    const bool any = s->m->up.present && s->loose != UINT32_MAX;
    return any ? refuse_directives(s->m, s->loose, end, "is followed by no statement", s->a, err) : ST_OK;
}

static enum status take_comment(struct scan *s, struct token t, struct error *err)
{
    const struct marker k = marker_of(s->m->text, t.start, t.end);
    enum status status = ST_OK;
    if (k.kind) {
        status = end_part(s, t.start, err);
        s->loose = UINT32_MAX;
        walk_break(&s->walk);
        return status ? status : take_marker(s->m, &k, s->first_sql, err);
    }
    if (s->walk.inside && !s->suspect.kind) { /* behind a stray quote, what is inside is not known */
        return refuse_directives(s->m, t.start, t.end, "stands inside a statement", s->a, err);
    }
    s->loose = s->loose == UINT32_MAX ? t.start : s->loose;
    return ST_OK;
}

/* Walk to the end of the text. */
static enum status walk_on(struct scan *s, struct error *err)
{
    struct token t;
    enum status status = ST_OK;
    while (!status && (t = walk_next(&s->walk)).kind != TOK_END) {
        if (t.kind == TOK_COMMENT) {
            status = take_comment(s, t, err);
            continue;
        }
        s->first_sql = s->first_sql == UINT32_MAX ? t.start : s->first_sql;
        s->loose = UINT32_MAX;
        take_quoted(s, t);
    }
    return status;
}

static enum status find_parts(struct migration *m, bool lenient, struct arena *a, struct error *err)
{
    struct scan s = {.m = m, .a = a, .first_sql = UINT32_MAX, .loose = UINT32_MAX};
    walk_from(&s.walk, m->text, 0);
    enum status status = walk_on(&s, err);
    while (!status && lenient && swallowed(&s)) {
        walk_again(&s);
        status = walk_on(&s, err);
    }
    if (!lenient && swallowed(&s)) { /* which is the cause of any other complaint */
        const char *what = runs_on(m->text, s.suspect);
        return refuse_swallowed(m, s.suspect, what ? what : "a string", &s.hidden, err);
    }
    return status ? status : end_part(&s, (uint32_t)m->text.n, err);
}

/* Markers and directives all have this word. A file of another tool hardly ever has, and is not read twice then. */
static bool names_migrate(struct str text)
{
    const struct str word = STR("migrate");
    for (const char *letter = "gG"; *letter; letter++) { /* its rarest */
        for (size_t i = 2, at; (at = str_find_char(str_slice(text, i, text.n), *letter)) != SIZE_MAX; i += at + 1) {
            const size_t g = i + at; /* most letters of this kind have other neighbours */
            if ((text.p[g - 1] | 0x20) == 'i' && str_starts_nocase(str_slice(text, g - 2, text.n), word)) {
                return true;
            }
        }
    }
    return false;
}

static enum status native_parse(struct migration *m, const struct migration_options *options, struct arena *a,
                                struct error *err)
{
    const bool read = !options->lenient || names_migrate(m->text);
    const enum status status = read ? find_parts(m, options->lenient, a, err) : ST_OK;
    if (!status && !m->up.present && options->lenient) {
        m->layout = &layout_plain;
        (void)layout_plain.match(path_base(m->file), &m->version, &m->name);
        return layout_plain.parse(m, options, a, err);
    }
    return !status && !m->up.present ? refuse_unmarked(m, err) : status;
}

const struct layout layout_native = {
    .name = "native",
    .form = "<version>_<name>.sql",
    .summary = "dbmate's: one file with \"-- migrate:up\" and \"-- migrate:down\" parts",
    .match = layout_numbered_sql,
    .parse = native_parse,
};
