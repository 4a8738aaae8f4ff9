#include "cmd/lsp_document.h"

#include "base/path.h"
#include "cmd/base.h"
#include "cmd/lint_baseline.h"
#include "report/explain.h"
#include "report/json.h"
#include "rules/severity.h"

enum { TEXT_MAX = 1 << 28, FOUND_MAX = 1 << 30, HOVER_MAX = 1 << 20 };

/* ---- documents ---- */

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

char *lsp_path_of(struct str uri)
{
    const struct str scheme = STR("file://");
    const bool file = str_starts_nocase(uri, scheme);
    char *path = mem_alloc(uri.n + sizeof "untitled.sql");
    size_t n = 0;
    if (!file) {
        memcpy(path, "untitled.sql", sizeof "untitled.sql");
        return path;
    }
    uri = str_slice(uri, scheme.n, uri.n);
    uri = str_slice(uri, str_find_char(uri, '/'), uri.n); /* behind the host, which is this one */
    for (size_t i = 0; i < uri.n; i++) {
        const int high = i + 2 < uri.n ? hex_digit(uri.p[i + 1]) : -1, low = high >= 0 ? hex_digit(uri.p[i + 2]) : -1;
        if (uri.p[i] == '%' && low >= 0 && high * 16 + low > 0) {
            path[n++] = (char)(high * 16 + low);
            i += 2;
        } else {
            path[n++] = uri.p[i];
        }
    }
    path[n] = '\0';
    return path;
}

struct lsp_document *lsp_document_new(struct str uri)
{
    struct lsp_document *d = mem_alloc(sizeof *d);
    struct arena a;
    *d = (struct lsp_document){.dirty = true};
    char *copy = mem_alloc(uri.n + 1), *path = lsp_path_of(uri);
    memcpy(copy, uri.p, uri.n);
    copy[uri.n] = '\0';
    d->uri = (struct str){copy, uri.n};
    arena_init(&a, 1 << 20);
    const struct str whole = path_absolute(&a, str_of(path)); /* as earlier files of a folder are called */
    free(path);
    path = mem_alloc(whole.n + 1);
    memcpy(path, whole.p, whole.n + 1);
    d->path = (struct str){path, whole.n};
    arena_free(&a);
    strbuf_init(&d->text, TEXT_MAX);
    arena_init(&d->arena, FOUND_MAX);
    return d;
}

void lsp_document_free(struct lsp_document *d)
{
    free((void *)(uintptr_t)d->uri.p);
    free((void *)(uintptr_t)d->path.p);
    strbuf_free(&d->text);
    arena_free(&d->arena);
    free(d);
}

/* ---- judging ---- */

struct collecting {
    struct lsp_document *d;
    struct str text; /* as it is judged */
    struct baseline *baseline;
};

static struct str whole_message(struct arena *a, const struct finding *f)
{
    struct strbuf out;
    strbuf_init(&out, SIZE_MAX / 4);
    strbuf_add(&out, f->message);
    if (f->remark.n > 0) {
        strbuf_addf(&out, "\n%.*s", STR_ARG(f->remark));
    }
    if (f->note.n > 0) {
        strbuf_addf(&out, "\n%.*s", STR_ARG(f->note));
    }
    if (f->instead.n > 0) {
        strbuf_addf(&out, "\ndo instead:\n%.*s", STR_ARG(str_trim(f->instead)));
    }
    const struct str text = arena_str(a, strbuf_str(&out));
    strbuf_free(&out);
    return text;
}

static void collect(void *self, const struct judged_part *part)
{
    struct collecting *c = self;
    struct arena *a = &c->d->arena;
    if (c->baseline) {
        baseline_apply(c->baseline, part);
    }
    for (size_t i = 0; i < part->findings.n; i++) {
        const struct finding *f = &part->findings.at[i];
        if (f->suppressed) {
            continue;
        }
        /* The statement's text is a piece of the document, unless a DO block's strings had to be read first. */
        const uintptr_t at = (uintptr_t)f->statement.p - (uintptr_t)c->text.p;
        const bool within = f->statement.n > 0 && at < c->text.n && f->statement.n <= c->text.n - at;
        const struct str source =
            f->hazard ? str_slice(f->hazard->source, 0, str_find_char(f->hazard->source, ' ')) : STR("");
        *vec_push(a, &c->d->found) = (struct lsp_found){
            .start = f->start,
            .end = f->end,
            .first = within ? (uint32_t)at : 0,
            .behind = within ? (uint32_t)(at + f->statement.n) : 0,
            .severity = f->severity,
            .rule = arena_str(a, f->rule),
            .message = whole_message(a, f),
            .source = str_starts(source, STR("http")) ? arena_str(a, source) : STR(""),
        };
    }
}

/* What keeps the document from being judged, at its line. */
static void collect_error(struct lsp_document *d, struct str text, const struct error *err)
{
    const struct lsp_place place = {err->line > 0 ? err->line - 1 : 0, err->column > 0 ? err->column - 1 : 0};
    const size_t at = lsp_offset(text, place, LSP_UTF32);
    *vec_push(&d->arena, &d->found) = (struct lsp_found){
        .start = (uint32_t)at,
        .end = (uint32_t)(at + (at < text.n)),
        .severity = SEVERITY_ERROR,
        .rule = STR("not-judged"),
        .message = arena_printf(&d->arena, "%s%s%s", err->primary, err->hint[0] ? "\n" : "", err->hint),
        .source = STR(""),
    };
}

static bool is_passed_over(const struct lsp_world *w)
{
    const struct str last = str_of(w->c->set.start_after), version = w->document.version;
    return (last.n > 0 && version.n > 0 && version_cmp(version, last) <= 0) || base_applied(&w->info, version);
}

void lsp_document_judge(struct lsp_document *d, struct lsp_world *w, const struct lsp_texts *texts)
{
    struct baseline baseline;
    struct error err = {0};
    const char *const known = w->c->set.baseline;
    arena_reset(&d->arena);
    d->found.n = d->found.cap = 0;
    d->found.at = NULL;
    d->dirty = false;
    const struct str text = arena_str(&d->arena, strbuf_str(&d->text));
    struct collecting c = {.d = d, .text = text};
    enum status status = lsp_world_make(w, d->path, texts, &err);
    if (!status && known && known[0]) {
        status = baseline_open(&baseline, known, false, &d->arena, &err);
        c.baseline = &baseline;
    }
    if (!status && !is_passed_over(w)) {
        status = lsp_world_judge(w, text, 0, LSP_FINDINGS, &d->arena, collect, &c, &err);
    }
    if (status) {
        collect_error(d, text, &err);
    }
}

/* ---- diagnostics ---- */

static int severity_of(enum severity s)
{
    return s == SEVERITY_ERROR ? 1 : s == SEVERITY_WARNING ? 2 : 3;
}

static json_t *diagnostic(const struct lsp_document *d, const struct lsp_found *f, enum lsp_encoding encoding)
{
    json_t *o = json_pack("{s:o, s:i, s:s, s:o, s:o}", "range",
                          lsp_range_json(strbuf_str(&d->text), f->start, f->end, encoding), "severity",
                          severity_of(f->severity), "source", "migrate", "code", json_text(f->rule), "message",
                          json_text(f->message));
    if (f->source.n > 0) {
        json_put(o, "codeDescription", json_pack("{s:o}", "href", json_text(f->source)));
    }
    return o;
}

json_t *lsp_document_diagnostics(const struct lsp_document *d, enum lsp_encoding encoding)
{
    json_t *list = json_new_array();
    for (size_t i = 0; i < d->found.n; i++) {
        json_push(list, diagnostic(d, &d->found.at[i], encoding));
    }
    return json_pack("{s:o, s:I, s:o}", "uri", json_text(d->uri), "version", (json_int_t)d->version, "diagnostics",
                     list);
}

/* ---- hover ---- */

struct hovering {
    size_t offset;
    int version;
    bool found;
    uint32_t start, end;
    struct strbuf *out;
};

static void hover_part(void *self, const struct judged_part *part)
{
    struct hovering *h = self;
    for (size_t i = 0; i < part->statements.n && !h->found; i++) {
        const struct judged_statement *s = &part->statements.at[i];
        if (s->st.start <= h->offset && h->offset <= s->st.end) {
            h->found = true;
            h->start = s->st.start;
            h->end = s->st.end;
            explain_statement(h->out, s, h->version, false);
        }
    }
}

/* Without the line of source, which the reader points at. */
static struct str behind_first_line(struct str text)
{
    const size_t end = str_find_char(text, '\n');
    return end == SIZE_MAX ? STR("") : str_slice(text, end + 1, text.n);
}

static void add_versions(struct strbuf *out, int first, int last, struct str text)
{
    struct str line;
    if (first == last) {
        strbuf_addf(out, "%sPostgreSQL %d\n```text\n", out->n > 0 ? "\n" : "", first);
    } else {
        strbuf_addf(out, "%sPostgreSQL %d to %d\n```text\n", out->n > 0 ? "\n" : "", first, last);
    }
    while (str_next(&text, '\n', &line)) {
        if (line.n > 0) {
            strbuf_addf(out, "%.*s\n", STR_ARG(str_slice(line, 2, line.n)));
        }
    }
    strbuf_add_cstr(out, "```\n");
}

/* Versions in which the statement does the same are told of together. */
static bool explain_versions(struct lsp_world *w, struct str text, size_t offset, struct strbuf *out,
                             struct hovering *h)
{
    struct strbuf now, before;
    struct error err = {0};
    int since = JUDGE_MIN_VERSION;
    bool found = true;
    strbuf_init(&now, HOVER_MAX);
    strbuf_init(&before, HOVER_MAX);
    for (int v = JUDGE_MIN_VERSION; v <= JUDGE_MAX_VERSION && found; v++) {
        struct arena a;
        arena_init(&a, FOUND_MAX);
        strbuf_reset(&now);
        *h = (struct hovering){.offset = offset, .version = v, .out = &now};
        found = !lsp_world_judge(w, text, v, LSP_STATEMENTS, &a, hover_part, h, &err) && h->found;
        arena_free(&a);
        if (v > since && !str_eq(strbuf_str(&now), strbuf_str(&before))) {
            add_versions(out, since, v - 1, behind_first_line(strbuf_str(&before)));
            since = v;
        }
        strbuf_reset(&before);
        strbuf_add(&before, strbuf_str(&now));
    }
    if (found) {
        add_versions(out, since, JUDGE_MAX_VERSION, behind_first_line(strbuf_str(&before)));
    }
    strbuf_free(&now);
    strbuf_free(&before);
    return found;
}

static json_t *markdown(const struct lsp_document *d, const struct hovering *h, struct str text,
                        enum lsp_encoding encoding)
{
    return json_pack("{s:{s:s, s:o}, s:o}", "contents", "kind", "markdown", "value", json_text(text), "range",
                     lsp_range_json(strbuf_str(&d->text), h->start, h->end, encoding));
}

json_t *lsp_document_hover(struct lsp_document *d, struct lsp_world *w, const struct lsp_texts *texts, size_t offset,
                           enum lsp_encoding encoding)
{
    struct strbuf out;
    struct hovering h = {0};
    struct error err = {0};
    json_t *answer = NULL;
    strbuf_init(&out, 16 * HOVER_MAX);
    if (!lsp_world_make(w, d->path, texts, &err) && explain_versions(w, strbuf_str(&d->text), offset, &out, &h)) {
        for (size_t i = 0; i < d->found.n; i++) {
            const struct lsp_found *f = &d->found.at[i];
            if (f->start >= h.start && f->start <= h.end) {
                strbuf_addf(&out, "\n%s: %.*s (`%.*s`)\n", severity_name(f->severity),
                            STR_ARG(str_slice(f->message, 0, str_find_char(f->message, '\n'))), STR_ARG(f->rule));
            }
        }
        answer = markdown(d, &h, strbuf_str(&out), encoding);
    }
    strbuf_free(&out);
    return answer ? answer : json_null();
}

/* ---- actions ---- */

/* A comment right before the statement, on a line of its own. The reason is left to be written: lint insists on one. */
static json_t *allow_edit(const struct lsp_document *d, const struct lsp_found *f, enum lsp_encoding encoding)
{
    const struct str text = strbuf_str(&d->text);
    struct strbuf put;
    size_t line = f->first;
    while (line > 0 && text.p[line - 1] != '\n' && text.p[line - 1] != '\r') {
        line--;
    }
    const struct str before = str_slice(text, line, f->first);
    const bool alone = str_trim(before).n == 0;
    strbuf_init(&put, SIZE_MAX / 4);
    strbuf_addf(&put, "%s-- migrate:allow %.*s because \n", alone ? "" : "\n", STR_ARG(f->rule));
    strbuf_add(&put, alone ? before : STR(""));
    json_t *edit = json_pack("{s:o, s:o}", "range", lsp_range_json(text, f->first, f->first, encoding), "newText",
                             json_text(strbuf_str(&put)));
    strbuf_free(&put);
    return edit;
}

const struct lsp_found *lsp_document_found(const struct lsp_document *d, struct str rule, uint32_t start)
{
    for (size_t i = 0; i < d->found.n; i++) {
        if (d->found.at[i].start == start && str_eq(d->found.at[i].rule, rule)) {
            return &d->found.at[i];
        }
    }
    return NULL;
}

json_t *lsp_document_action(const struct lsp_document *d, const struct lsp_found *f, struct str title, json_t *edits,
                            enum lsp_encoding encoding)
{
    json_t *changes = json_new_object();
    json_object_setn_new(changes, d->uri.p, d->uri.n, edits);
    return json_pack("{s:o, s:s, s:[o], s:{s:o}}", "title", json_text(title), "kind", "quickfix", "diagnostics",
                     diagnostic(d, f, encoding), "edit", "changes", changes);
}

void lsp_allows(const struct lsp_document *d, size_t start, size_t end, enum lsp_encoding encoding, json_t *actions)
{
    struct arena a;
    arena_init(&a, 1 << 24);
    for (size_t i = 0; i < d->found.n; i++) {
        const struct lsp_found *f = &d->found.at[i];
        if (f->start > end || f->end < start || f->first == f->behind) {
            continue;
        }
        const struct str title = arena_printf(&a, "Allow %.*s here, with a reason", STR_ARG(f->rule));
        json_t *edits = json_new_array();
        json_push(edits, allow_edit(d, f, encoding));
        json_push(actions, lsp_document_action(d, f, title, edits, encoding));
    }
    arena_free(&a);
}
