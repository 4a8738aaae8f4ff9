/*
 * Findings as a SARIF log, which GitHub code scanning, Azure DevOps and editors read. Results are written as they come; rules,
 * files and how the run ended follow them.
 * Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
 */
#include "report/sarif.h"
#include "base/map.h"
#include "report/escape.h"
#include "report/lint.h"

enum { SNIPPET_MAX = 1024 };
#define SCHEMA_URI "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
/* Relative names begin where migrate was started; which folder that was is left out, so that the same input gives the same bytes. */
#define ROOT_ID "%SRCROOT%"

struct used_rule {
    struct str id;
    const struct hazard *hazard;
    enum severity seen;
};

struct log {
    struct map rule_index, file_index; /* -> 1 + index */
    VEC(struct used_rule) rules;
    VEC(struct str) files;
    json_t *notifications;
};

static void begin(struct lint_report *r)
{
    struct log *l = arena_new(&r->memory, struct log);
    map_init(&l->rule_index, &r->memory);
    map_init(&l->file_index, &r->memory);
    l->notifications = json_new_array();
    r->state = l;
    strbuf_add_cstr(&r->text,
                    "{\"$schema\":\"" SCHEMA_URI "\",\"version\":\"2.1.0\",\"runs\":[{\n"
                    "\"columnKind\":\"unicodeCodePoints\",\"newlineSequences\":[\"\\r\\n\",\"\\n\",\"\\r\"],\n"
                    "\"originalUriBaseIds\":{\"" ROOT_ID
                    "\":{\"description\":{\"text\":\"The folder in which migrate was started.\"}}},\n"
                    "\"results\":[");
}

static size_t rule_at(struct lint_report *r, const struct finding *f)
{
    struct log *l = r->state;
    const uintptr_t known = (uintptr_t)map_get(&l->rule_index, f->rule);
    if (known) {
        return known - 1;
    }
    struct used_rule *rule = vec_push(&r->memory, &l->rules);
    *rule = (struct used_rule){arena_str(&r->memory, f->rule), f->hazard, f->severity};
    map_put(&l->rule_index, rule->id, (void *)(uintptr_t)l->rules.n);
    return l->rules.n - 1;
}

static size_t file_at(struct lint_report *r, struct str path)
{
    struct log *l = r->state;
    const uintptr_t known = (uintptr_t)map_get(&l->file_index, path);
    if (known) {
        return known - 1;
    }
    struct str *file = vec_push(&r->memory, &l->files);
    *file = arena_str(&r->memory, path);
    map_put(&l->file_index, *file, (void *)(uintptr_t)l->files.n);
    return l->files.n - 1;
}

static void file(struct lint_report *r, struct str path)
{
    (void)file_at(r, path);
}

static json_t *artifact_location(struct str path, size_t index)
{
    json_t *o = json_new_object();
    struct strbuf uri;
    strbuf_init(&uri, SIZE_MAX / 4);
    add_uri(&uri, path);
    json_put(o, "uri", json_text(strbuf_str(&uri)));
    if (!str_starts(path, STR("/"))) {
        json_put(o, "uriBaseId", json_text_c(ROOT_ID));
    }
    json_put(o, "index", json_integer((json_int_t)index));
    strbuf_free(&uri);
    return o;
}

static json_t *locations_of(struct str path, size_t index, json_t *region)
{
    json_t *all = json_new_array(), *location = json_new_object(), *physical = json_new_object();
    json_put(physical, "artifactLocation", artifact_location(path, index));
    if (region) {
        json_put(physical, "region", region);
    }
    json_put(location, "physicalLocation", physical);
    json_push(all, location);
    return all;
}

static json_t *region_of(const struct finding *f, struct str source)
{
    json_t *o = json_new_object(), *snippet = json_new_object();
    json_put(o, "startLine", json_integer(f->line));
    json_put(o, "startColumn", json_integer(f->column));
    json_put(o, "endLine", json_integer(f->end_line));
    json_put(o, "endColumn", json_integer(f->end_column));
    json_put(snippet, "text", json_text_cut(str_slice(source, f->start, f->end), SNIPPET_MAX));
    json_put(o, "snippet", snippet);
    return o;
}

static void add_paragraph(struct strbuf *out, struct str text)
{
    if (text.n > 0) {
        strbuf_addf(out, "%s%.*s.", out->n > 0 ? "\n" : "", STR_ARG(text));
    }
}

static json_t *message_of(const struct finding *f)
{
    struct strbuf words;
    strbuf_init(&words, SIZE_MAX / 4);
    add_paragraph(&words, f->message);
    add_paragraph(&words, f->remark);
    add_paragraph(&words, f->note);
    if (f->instead.n > 0) {
        strbuf_add_cstr(&words, "\nDo instead:\n");
        strbuf_add(&words, str_trim(f->instead));
    }
    json_t *message = sarif_message(strbuf_str(&words));
    strbuf_free(&words);
    return message;
}

/* An array for every result, as 3.27.23 wants it: empty says that nothing suppresses it. */
static json_t *suppressions_of(const struct finding *f)
{
    json_t *all = json_new_array();
    if (f->suppressed) {
        json_t *o = json_new_object();
        json_put(o, "kind", json_text_c(f->baselined ? "external" : "inSource"));
        if (f->reason.n > 0 || f->baselined) {
            json_put(o, "justification", f->baselined ? json_text_c("in the baseline") : json_text(f->reason));
        }
        json_push(all, o);
    }
    return all;
}

/* 3.55: what to delete and what to write in its place. */
static json_t *replacements_of(const struct lint_report *r)
{
    json_t *all = json_new_array();
    for (size_t i = 0; i < r->edits.n; i++) {
        const struct fix_edit *e = &r->edits.at[i];
        json_t *o = json_new_object(), *region = json_new_object(), *content = json_new_object();
        unsigned line, column, end_line, end_column;
        line_map_find(r->lines, e->start, &line, &column);
        line_map_find(r->lines, e->end, &end_line, &end_column);
        json_put(region, "startLine", json_integer(line));
        json_put(region, "startColumn", json_integer(column));
        json_put(region, "endLine", json_integer(end_line));
        json_put(region, "endColumn", json_integer(end_column));
        json_put(content, "text", json_text(e->text));
        json_put(o, "deletedRegion", region);
        json_put(o, "insertedContent", content);
        json_push(all, o);
    }
    return all;
}

static json_t *fixes_of(struct lint_report *r, const struct finding *f)
{
    json_t *all = json_new_array(), *fix = json_new_object(), *changes = json_new_array(), *change = json_new_object();
    json_put(change, "artifactLocation", artifact_location(f->file, file_at(r, f->file)));
    json_put(change, "replacements", replacements_of(r));
    json_push(changes, change);
    json_put(fix, "description", sarif_message(r->edits_title));
    json_put(fix, "artifactChanges", changes);
    json_push(all, fix);
    return all;
}

static void finding(struct lint_report *r, const struct finding *f, struct str source)
{
    json_t *o = json_new_object(), *marks = json_new_object();
    json_put(o, "ruleId", json_text(f->rule));
    json_put(o, "ruleIndex", json_integer((json_int_t)rule_at(r, f)));
    json_put(o, "level", json_text_c(severity_name(f->severity)));
    json_put(o, "message", message_of(f));
    json_put(o, "locations", locations_of(f->file, file_at(r, f->file), region_of(f, source)));
    json_put(marks, "migrate/v1", json_text_c(f->fingerprint));
    json_put(o, "partialFingerprints", marks);
    json_put(o, "suppressions", suppressions_of(f));
    if (r->edits.n > 0) {
        json_put(o, "fixes", fixes_of(r, f));
    }
    if (f->instead.n > 0) {
        json_t *properties = json_new_object();
        json_put(properties, "instead", json_text(f->instead));
        json_put(o, "properties", properties);
    }
    strbuf_add_cstr(&r->text, r->any ? ",\n" : "\n");
    json_add(&r->text, o);
    r->any = true;
}

static void failed(struct lint_report *r, struct str path, const struct error *err)
{
    const struct log *l = r->state;
    json_t *o = json_new_object(), *region = NULL;
    if (err->line > 0) {
        region = json_new_object();
        json_put(region, "startLine", json_integer(err->line));
    }
    json_put(o, "level", json_text_c("error"));
    json_put(o, "message", sarif_message(str_of(err->primary)));
    json_put(o, "locations", locations_of(path, file_at(r, path), region));
    json_push(l->notifications, o);
}

static void add_artifacts(struct lint_report *r, const struct log *l)
{
    struct strbuf *out = &r->text;
    strbuf_add_cstr(out, "\"artifacts\":[");
    for (size_t i = 0; i < l->files.n; i++) {
        json_t *o = json_new_object(), *roles = json_new_array();
        json_put(o, "location", artifact_location(l->files.at[i], i));
        json_push(roles, json_text_c("analysisTarget"));
        json_put(o, "roles", roles);
        json_put(o, "sourceLanguage", json_text_c("sql"));
        strbuf_add_cstr(out, i > 0 ? ",\n" : "\n");
        json_add(out, o);
        lint_report_flush(r);
    }
    strbuf_add_cstr(out, "\n],\n");
}

static void add_tool(struct strbuf *out, const struct log *l)
{
    strbuf_add_cstr(out, "\"tool\":{\"driver\":{\"name\":\"migrate\",\"version\":\"" MIGRATE_VERSION
                         "\",\"semanticVersion\":\"" MIGRATE_VERSION "\",\"rules\":[");
    for (size_t i = 0; i < l->rules.n; i++) {
        const struct used_rule *rule = &l->rules.at[i];
        strbuf_add_cstr(out, i > 0 ? ",\n" : "\n");
        json_add(out, sarif_rule(rule->id, rule->hazard, rule->seen));
    }
    strbuf_add_cstr(out, "\n]}},\n");
}

static void end(struct lint_report *r)
{
    const struct log *l = r->state;
    json_t *invocation = json_new_object();
    strbuf_add_cstr(&r->text, "\n],\n");
    add_artifacts(r, l);
    add_tool(&r->text, l);
    json_put(invocation, "executionSuccessful", json_boolean(r->exit_code == 0 || r->exit_code == 1));
    json_put(invocation, "exitCode", json_integer(r->exit_code));
    if (json_array_size(l->notifications) > 0) {
        json_put(invocation, "toolExecutionNotifications", l->notifications);
    } else {
        json_decref(l->notifications);
    }
    strbuf_add_cstr(&r->text, "\"invocations\":[");
    json_add(&r->text, invocation);
    strbuf_add_cstr(&r->text, "]\n}]}\n");
}

const struct lint_format lint_format_sarif = {
    .name = "sarif", .begin = begin, .file = file, .finding = finding, .failed = failed, .end = end};
