/* Findings as one JSON document, written as they come. */
#include "report/json.h"
#include "report/lint.h"

static void begin(struct lint_report *r)
{
    strbuf_add_cstr(&r->text, "{\"schema\":1,\"findings\":[");
}

static void finding(struct lint_report *r, const struct finding *f, struct str source)
{
    (void)source;
    json_t *j = json_finding(f);
    char *text = json_dumps(j, JSON_COMPACT);
    if (!text) {
        mem_out("JSON");
    }
    strbuf_addf(&r->text, "%s\n", r->any ? "," : "");
    strbuf_add_cstr(&r->text, text);
    r->any = true;
    free(text);
    json_decref(j);
}

static void end(struct lint_report *r)
{
    const struct lint_counts *c = &r->counts;
    strbuf_addf(&r->text,
                "\n],\"summary\":{\"errors\":%" PRIu64 ",\"warnings\":%" PRIu64 ",\"notes\":%" PRIu64
                ",\"files\":%" PRIu64 ",\"statements\":%" PRIu64 ",\"unreadable\":%" PRIu64 ",\"suppressed\":%" PRIu64
                "}}\n",
                c->errors, c->warnings, c->notes, c->files, c->statements, c->unreadable, c->allowed);
}

const struct lint_format lint_format_json = {"json", begin, finding, end};
