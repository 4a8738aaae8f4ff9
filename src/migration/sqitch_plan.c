#include "migration/sqitch_plan.h"

#include "base/digest.h"
#include "migration/place.h"

struct reading {
    struct str plan, text;
    struct arena *a;
    struct sqitch_project *project;
    struct sqitch_change_list *changes;
    struct error *err;
};

/* ---- words of a line ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct str skip_blanks(struct str s)
{
    while (s.n > 0 && is_blank(s.p[0])) {
        s = str_slice(s, 1, s.n);
    }
    return s;
}

static struct str take_word(struct str *rest)
{
    size_t end = 0;
    while (end < rest->n && !is_blank(rest->p[end])) {
        end++;
    }
    const struct str word = str_slice(*rest, 0, end);
    *rest = skip_blanks(str_slice(*rest, end, rest->n));
    return word;
}

/* A note is written on one line: \n, \r and \\ stand for what they say. */
static struct str unescape(struct arena *a, struct str note)
{
    char *out = arena_array(a, char, note.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < note.n; i++) {
        const char next = note.p[i] == '\\' && i + 1 < note.n ? note.p[i + 1] : '\0';
        if (next == 'n' || next == 'r' || next == '\\') {
            out[n++] = (char)(next == 'n' ? '\n' : next == 'r' ? '\r' : '\\');
            i++;
        } else {
            out[n++] = note.p[i];
        }
    }
    return (struct str){out, n};
}

static bool is_date(struct str s)
{
    static const char form[] = "0000-00-00T00:00:00Z";
    for (size_t i = 0; s.n == strlen(form) && i < s.n; i++) {
        const bool digit = s.p[i] >= '0' && s.p[i] <= '9';
        if (form[i] == '0' ? !digit : s.p[i] != form[i]) {
            return false;
        }
    }
    return s.n == strlen(form);
}

/* "2026-01-31T12:00:00Z Planner <mail>", what is left of a line whose note is gone already. */
static void read_planned(struct str rest, struct sqitch_planned *out)
{
    const struct str date = take_word(&rest);
    size_t open = 0;
    while (open < rest.n && rest.p[open] != '<') {
        open++;
    }
    const size_t close = str_find_char(rest, '>');
    if (is_date(date) && open > 1 && open < rest.n && is_blank(rest.p[open - 1]) && close != SIZE_MAX) {
        out->at = date;
        out->planner = str_slice(rest, 0, open - 1);
        out->email = str_slice(rest, open + 1, close);
    }
}

/* ---- ids ---- */

static struct str hash(struct arena *a, const char *kind, const struct strbuf *text)
{
    struct strbuf all;
    strbuf_init(&all, 1 << 20);
    strbuf_addf(&all, "%s %zu", kind, text->n);
    strbuf_add_char(&all, '\0');
    strbuf_add(&all, strbuf_str(text));
    const struct str id = digest_hex(DIGEST_SHA1, strbuf_str(&all), a);
    strbuf_free(&all);
    return id;
}

static void add_project(struct strbuf *out, const struct sqitch_project *p)
{
    strbuf_addf(out, "project %.*s\n", STR_ARG(p->name));
    if (p->uri.n > 0) {
        strbuf_addf(out, "uri %.*s\n", STR_ARG(p->uri));
    }
}

static void add_planned(struct strbuf *out, const struct sqitch_planned *p)
{
    strbuf_addf(out, "planner %.*s <%.*s>\ndate %.*s", STR_ARG(p->planner), STR_ARG(p->email), STR_ARG(p->at));
}

static void add_note(struct strbuf *out, const struct sqitch_planned *p)
{
    if (p->note.n > 0) {
        strbuf_addf(out, "\n\n%.*s", STR_ARG(p->note));
    }
}

static void add_depends(struct strbuf *out, const struct sqitch_change *c, bool conflict)
{
    bool first = true;
    for (size_t i = 0; i < c->depends.n; i++) {
        const struct sqitch_depend *d = &c->depends.at[i];
        if (d->conflict == conflict) {
            strbuf_addf(out, "%s\n  %c %.*s",
                        !first     ? ""
                        : conflict ? "\nconflicts"
                                   : "\nrequires",
                        conflict ? '-' : '+', STR_ARG(d->text));
            first = false;
        }
    }
}

static struct str change_id(struct arena *a, const struct sqitch_change *c, const struct sqitch_change *parent)
{
    struct strbuf text;
    strbuf_init(&text, 1 << 20);
    add_project(&text, c->project);
    strbuf_addf(&text, "change %.*s\n", STR_ARG(c->name));
    if (parent) {
        strbuf_addf(&text, "parent %.*s\n", STR_ARG(parent->id));
    }
    add_planned(&text, &c->planned);
    add_depends(&text, c, false);
    add_depends(&text, c, true);
    add_note(&text, &c->planned);
    const struct str id = hash(a, "change", &text);
    strbuf_free(&text);
    return id;
}

static struct str tag_id(struct arena *a, const struct sqitch_change *c, const struct sqitch_tag *t)
{
    struct strbuf text;
    strbuf_init(&text, 1 << 20);
    add_project(&text, c->project);
    strbuf_addf(&text, "tag %.*s\nchange %.*s\n", STR_ARG(t->name), STR_ARG(c->id));
    add_planned(&text, &t->planned);
    add_note(&text, &t->planned);
    const struct str id = hash(a, "tag", &text);
    strbuf_free(&text);
    return id;
}

/* ---- lines ---- */

/* Scheme and host do not tell upper from lower case, and a host alone stands for its root. */
static struct str canonical_uri(struct arena *a, struct str uri)
{
    char *out = arena_cstr(a, uri);
    const size_t scheme = str_find(uri, STR("://"));
    size_t host_end = scheme == SIZE_MAX ? 0 : scheme + 3;
    while (scheme != SIZE_MAX && host_end < uri.n && !strchr("/?#", uri.p[host_end])) {
        host_end++;
    }
    for (size_t i = 0; i < host_end; i++) {
        out[i] = (char)(out[i] >= 'A' && out[i] <= 'Z' ? out[i] - 'A' + 'a' : out[i]);
    }
    return scheme != SIZE_MAX && host_end == uri.n ? arena_printf(a, "%s/", out) : str_of(out);
}

static void read_pragma(struct reading *r, struct str line)
{
    struct str key = str_trim(str_slice(line, 1, line.n)), value = STR_NONE;
    const size_t equals = str_find_char(key, '=');
    if (equals != SIZE_MAX) {
        value = str_trim(str_slice(key, equals + 1, key.n));
        key = str_trim(str_slice(key, 0, equals));
    }
    if (str_eq(key, STR("project"))) {
        r->project->name = arena_str(r->a, value);
    } else if (str_eq(key, STR("uri"))) {
        r->project->uri = canonical_uri(r->a, value);
    }
}

static void read_tag(struct reading *r, struct str name, struct str rest, struct str note)
{
    struct sqitch_change_list *changes = r->changes;
    for (size_t i = changes->n; i > 0 && !changes->at[i - 1].tagged; i--) {
        changes->at[i - 1].tagged = true;
        changes->at[i - 1].first_tag = str_slice(name, 1, name.n);
    }
    if (changes->n == 0) {
        return;
    }
    struct sqitch_change *last = &changes->at[changes->n - 1];
    struct sqitch_tag tag = {.name = name, .planned = {.note = note}};
    read_planned(rest, &tag.planned);
    if (tag.planned.at.n > 0 && last->id.n > 0) {
        tag.id = tag_id(r->a, last, &tag);
    }
    *vec_push(r->a, &last->tags) = tag;
}

/* The earlier state of a change that comes again has the files of its tag. */
static enum status take_rework(struct reading *r, const struct sqitch_change *again)
{
    for (size_t i = r->changes->n; i > 0; i--) {
        struct sqitch_change *earlier = &r->changes->at[i - 1];
        if (str_eq(earlier->name, again->name)) {
            if (!earlier->tagged) {
                place_refuse(r->err, r->plan, r->text, again->line_at,
                             "the change %.*s comes again, and no tag stands between", STR_ARG(again->name));
                error_hint(r->err, "`sqitch tag` before `sqitch rework`; or give the change another name");
                return ST_USAGE;
            }
            earlier->file_tag = earlier->first_tag;
            return ST_OK;
        }
    }
    return ST_OK;
}

/* [users !other project:thing] */
static struct str read_depends(struct reading *r, struct str rest, struct sqitch_change *c)
{
    const size_t close = str_starts(rest, STR("[")) ? str_find_char(rest, ']') : SIZE_MAX;
    if (close == SIZE_MAX) {
        return rest;
    }
    struct str list = skip_blanks(str_slice(rest, 1, close));
    while (list.n > 0) {
        struct str text = take_word(&list);
        const bool conflict = str_starts(text, STR("!"));
        text = conflict ? str_slice(text, 1, text.n) : text;
        const struct str own = arena_printf(r->a, "%.*s:", STR_ARG(r->project->name));
        text = str_starts(text, own) ? str_slice(text, own.n, text.n) : text;
        *vec_push(r->a, &c->depends) = (struct sqitch_depend){text, conflict};
    }
    return skip_blanks(str_slice(rest, close + 1, rest.n));
}

static bool is_name(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] <= ' ' || strchr("@#:[]\"\\", s.p[i])) {
            return false;
        }
    }
    return s.n > 0 && str_find(s, STR("..")) == SIZE_MAX;
}

static enum status read_change(struct reading *r, struct str name, struct str rest, struct str note, uint32_t at)
{
    if (!is_name(name)) {
        place_refuse(r->err, r->plan, r->text, at, "cannot read this line of the plan");
        error_hint(r->err, "a line is: name [requires] 2026-01-31T12:00:00Z Planner <mail> # note");
        return ST_USAGE;
    }
    struct sqitch_change c = {.project = r->project, .name = name, .line_at = at, .planned = {.note = note}};
    const struct sqitch_change *parent = r->changes->n > 0 ? &r->changes->at[r->changes->n - 1] : NULL;
    const enum status status = take_rework(r, &c);
    if (status) {
        return status;
    }
    rest = read_depends(r, rest, &c);
    read_planned(rest, &c.planned);
    if (c.planned.at.n > 0 && r->project->name.n > 0 && (!parent || parent->id.n > 0)) {
        c.id = change_id(r->a, &c, parent);
    }
    *vec_push(r->a, r->changes) = c;
    return ST_OK;
}

enum status sqitch_plan_read(struct str plan, struct str text, struct sqitch_project *project, struct arena *a,
                             struct sqitch_change_list *out, struct error *err)
{
    struct reading r = {plan, text, a, project, out, err};
    struct str rest = text, line;
    enum status status = ST_OK;
    while (!status && str_next(&rest, '\n', &line)) {
        const uint32_t at = (uint32_t)(line.p - text.p);
        const size_t hash_at = str_find_char(line, '#');
        struct str note = hash_at == SIZE_MAX ? STR_NONE : str_trim(str_slice(line, hash_at + 1, line.n));
        note = note.n > 0 ? unescape(a, note) : note;
        line = str_trim(str_slice(line, 0, hash_at));
        if (line.n == 0) {
            continue;
        }
        if (line.p[0] == '%') {
            read_pragma(&r, line);
            continue;
        }
        if (line.p[0] == '+') {
            line = skip_blanks(str_slice(line, 1, line.n)); /* what plans of long ago put before each change */
        }
        const struct str name = take_word(&line);
        if (name.p[0] == '@') {
            read_tag(&r, name, line, note);
        } else {
            status = read_change(&r, name, line, note, at);
        }
    }
    return status;
}
