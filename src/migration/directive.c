#include "migration/directive_own.h"
#include "sql/lex_class.h"

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/*
 * Other linters' comments, each as its own tool reads it: squawk splits at commas and stops at a second "--"; atlas wants
 * blanks between classes and codes; pgfence and eugene want commas.
 */
static const struct foreign {
    struct str prefix, tool;
    bool file;
    char separator;
} foreigns[] = {
    {STR_INIT("squawk-ignore-file"), STR_INIT("squawk"), true, ','},
    {STR_INIT("squawk-ignore"), STR_INIT("squawk"), false, ','},
    {STR_INIT("atlas:nolint"), STR_INIT("atlas"), false, ' '},
    {STR_INIT("pgfence-ignore:"), STR_INIT("pgfence"), false, ','},
    {STR_INIT("pgfence-ignore"), STR_INIT("pgfence"), false, ','},
    {STR_INIT("eugene: ignore"), STR_INIT("eugene"), false, ','},
};

static const struct foreign *foreign_of(struct str body)
{
    for (size_t i = 0; i < countof(foreigns); i++) {
        const size_t n = foreigns[i].prefix.n;
        if (str_starts(body, foreigns[i].prefix) &&
            (body.n == n || is_space(body.p[n]) || foreigns[i].prefix.p[n - 1] == ':')) {
            return &foreigns[i];
        }
    }
    return NULL;
}

static void read_foreign(struct str body, const struct foreign *f, struct arena *a, struct directive *d)
{
    struct str rest = str_slice(body, f->prefix.n, body.n), part;
    rest = str_trim(str_slice(rest, 0, str_find(rest, STR("--"))));
    d->kind = f->file ? DIRECTIVE_FOREIGN_ALLOW_FILE : DIRECTIVE_FOREIGN_ALLOW;
    d->tool = f->tool;
    while (rest.n > 0 && str_next(&rest, f->separator, &part)) {
        part = str_trim(part);
        if (part.n > 0) {
            *vec_push(a, &d->rules) = part;
        }
    }
}

/* ---- the run of comments -------------------------------------------------------------------------------------- */

/* Refuse what contradicts or repeats itself for one statement. Allow may be said as often as one likes. */
static enum status check_together(const struct directive_list *list, size_t from, uint32_t *at, struct error *err)
{
    bool seen[DIRECTIVE_FOREIGN_ALLOW_FILE + 1] = {false};
    for (size_t i = from; i < list->n; i++) {
        const enum directive_kind kind = list->at[i].kind;
        *at = list->at[i].start;
        if (seen[kind] && kind >= DIRECTIVE_BACKFILL && kind <= DIRECTIVE_TIMEOUT) {
            error_set(err, ST_USAGE, "migrate:%s is said twice for one statement", directive_name(kind));
            error_hint(err, "leave one of them");
            return ST_USAGE;
        }
        seen[kind] = true;
        if (seen[DIRECTIVE_BACKFILL] && seen[DIRECTIVE_WHOLE]) {
            error_set(err, ST_USAGE, "migrate:backfill and migrate:whole for one statement");
            error_hint(err, "it runs in batches or as a whole: leave one of them");
            return ST_USAGE;
        }
    }
    return ST_OK;
}

/* The end of the block comment that begins at `start`; they nest. */
static uint32_t block_end(struct str text, uint32_t start, uint32_t end)
{
    unsigned depth = 0;
    for (uint32_t i = start; i + 1 < end; i++) {
        const char c = text.p[i], next = text.p[i + 1];
        if (c == '/' && next == '*') {
            depth++;
            i++;
        } else if (c == '*' && next == '/') {
            i++;
            if (--depth == 0) {
                return i + 1;
            }
        }
    }
    return end;
}

/* The comment at `at`: where it ends, and in body[0, 1) what it says without its signs and blanks at both ends. */
static uint32_t comment_at(struct str text, uint32_t at, uint32_t end, uint32_t body[2])
{
    uint32_t stop = at;
    if (text.p[at] == '-') {
        stop = lex_line_end(text, at);
        stop = stop > end ? end : stop;
        body[1] = stop;
    } else {
        stop = block_end(text, at, end);
        body[1] = stop >= at + 4 && text.p[stop - 1] == '/' ? stop - 2 : stop;
    }
    body[0] = at + 2;
    while (body[0] < body[1] && is_space(text.p[body[0]])) {
        body[0]++;
    }
    while (body[1] > body[0] && is_space(text.p[body[1] - 1])) {
        body[1]--;
    }
    return stop;
}

/* Is there an empty line in the white space from `at` on? */
static bool empty_line_at(struct str text, uint32_t at)
{
    unsigned lines = 0;
    for (; at < text.n && is_space(text.p[at]); at++) {
        lines += text.p[at] == '\n';
    }
    return lines > 1;
}

/* Does only white space stand before it on its line? */
static bool first_on_line(struct str text, uint32_t at)
{
    while (at > 0 && is_space(text.p[at - 1]) && text.p[at - 1] != '\n') {
        at--;
    }
    return at == 0 || text.p[at - 1] == '\n' || (at == 3 && str_starts(text, STR("\xEF\xBB\xBF")));
}

/* One comment, which says text[d->start, d->end). *skip: nothing for us. */
static enum status read_comment(struct str text, uint32_t comment, struct arena *a, struct directive *d, bool *skip,
                                uint32_t *at, struct error *err)
{
    const struct str body = str_slice(text, d->start, d->end);
    const struct foreign *f = foreign_of(body);
    *skip = !f;
    if (f) {
        read_foreign(body, f, a, d);
        /* Behind a statement it means that one; what follows is not to be let off. */
        *skip = !f->file && !first_on_line(text, comment);
        return ST_OK;
    }
    if (!directive_is_own(body)) {
        return ST_OK;
    }
    const enum status status = directive_read_own(text, a, d, skip, at, err);
    if (!status && !*skip && !first_on_line(text, comment)) {
        *at = d->start;
        error_set(err, ST_USAGE, "migrate:%s stands behind something on its line", directive_name(d->kind));
        error_hint(err, "put it on a line of its own, right before its statement");
        return ST_USAGE;
    }
    return status;
}

enum status directives_parse(struct str text, uint32_t start, uint32_t end, struct arena *a, struct directive_list *out,
                             uint32_t *at, struct error *err)
{
    const uint32_t head = str_starts(text, STR("\xEF\xBB\xBF")) ? 3 : 0;
    const size_t from = out->n;
    bool first_group = start <= head; /* comments from the text's beginning, no empty line yet */
    for (uint32_t i = start; i + 1 < end;) {
        const bool comment = (text.p[i] == '-' && text.p[i + 1] == '-') || (text.p[i] == '/' && text.p[i + 1] == '*');
        uint32_t body[2];
        if (!comment) {
            i++;
            continue;
        }
        const uint32_t start_of_comment = i;
        i = comment_at(text, i, end, body);
        struct directive d = {.start = body[0], .end = body[1], .lock_ms = -1, .statement_ms = -1, .keep_old_ms = -1};
        bool skip;
        const enum status status = read_comment(text, start_of_comment, a, &d, &skip, at, err);
        if (status) {
            return status;
        }
        if (!skip) {
            *vec_push(a, out) = d;
        }
        if (first_group && empty_line_at(text, i)) {
            first_group = false;
            for (size_t k = from; k < out->n; k++) {
                out->at[k].kind =
                    str_eq(out->at[k].tool, STR("atlas")) ? DIRECTIVE_FOREIGN_ALLOW_FILE : out->at[k].kind;
            }
        }
    }
    return check_together(out, from, at, err);
}
