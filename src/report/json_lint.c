/* Findings as one JSON document, written as they come. */
#include "report/json.h"
#include "report/lint.h"

/* A long statement of which much is found is written once; after that this many bytes of it. */
enum { STATEMENT_AGAIN_MAX = 1024 };

static void begin(struct lint_report *r)
{
    strbuf_add_cstr(&r->text, "{\"schema\":1,\"findings\":[");
}

/* The edits of a fix, each with its place in bytes and in lines. */
static json_t *edits_of(const struct lint_report *r)
{
    json_t *fix = json_new_object(), *all = json_new_array();
    for (size_t i = 0; i < r->edits.n; i++) {
        const struct fix_edit *e = &r->edits.at[i];
        json_t *o = json_new_object();
        unsigned line, column, end_line, end_column;
        line_map_find(r->lines, e->start, &line, &column);
        line_map_find(r->lines, e->end, &end_line, &end_column);
        json_put(o, "start", json_integer(e->start));
        json_put(o, "end", json_integer(e->end));
        json_put(o, "line", json_integer(line));
        json_put(o, "column", json_integer(column));
        json_put(o, "end_line", json_integer(end_line));
        json_put(o, "end_column", json_integer(end_column));
        json_put(o, "text", json_text(e->text));
        json_push(all, o);
    }
    json_put(fix, "title", json_text(r->edits_title));
    json_put(fix, "edits", all);
    return fix;
}

static void finding(struct lint_report *r, const struct finding *f, struct str source)
{
    (void)source;
    strbuf_addf(&r->text, "%s\n", r->any ? "," : "");
    json_t *o = json_finding(f);
    if (r->any && f->statement.n > STATEMENT_AGAIN_MAX && f->statement.p == r->statement) {
        json_put(o, "statement", json_text_cut(f->statement, STATEMENT_AGAIN_MAX));
    }
    if (r->edits.n > 0) {
        json_t *fixes = json_new_array();
        json_push(fixes, edits_of(r));
        json_put(o, "fixes", fixes);
    }
    json_add(&r->text, o);
    r->any = true;
    r->statement = f->statement.p;
}

static void failed(struct lint_report *r, struct str file, const struct error *err)
{
    json_t *o = json_new_object();
    json_put(o, "file", json_text(file));
    json_put(o, "message", json_text_c(err->primary));
    r->state = r->state ? r->state : json_new_array();
    json_push(r->state, o);
}

static void end(struct lint_report *r)
{
    const struct lint_counts *c = &r->counts;
    strbuf_add_cstr(&r->text, "\n]");
    if (r->state) {
        strbuf_add_cstr(&r->text, ",\"failed\":");
        json_add(&r->text, r->state);
    }
    strbuf_addf(&r->text,
                ",\"summary\":{\"errors\":%" PRIu64 ",\"warnings\":%" PRIu64 ",\"notes\":%" PRIu64 ",\"files\":%" PRIu64
                ",\"statements\":%" PRIu64 ",\"unreadable\":%" PRIu64 ",\"suppressed\":%" PRIu64
                ",\"baselined\":%" PRIu64 ",\"failed\":%" PRIu64 "}}\n",
                c->errors, c->warnings, c->notes, c->files, c->statements, c->unreadable, c->allowed + c->baselined,
                c->baselined, c->failed);
}

const struct lint_format lint_format_json = {
    .name = "json", .begin = begin, .finding = finding, .failed = failed, .end = end};
