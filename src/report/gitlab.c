/*
 * Findings as GitLab's Code Quality report: an array, one object per finding.
 * Source: GitLab documentation, "Code Quality", "Code Quality report format"; severities are info, minor, major, critical and
 * blocker, fingerprints must differ within a report.
 */
#include "base/sha256.h"
#include "report/escape.h"
#include "report/json.h"
#include "report/lint.h"

static const char *severity_of(enum severity s)
{
    return s == SEVERITY_ERROR ? "critical" : s == SEVERITY_WARNING ? "minor" : "info";
}

/* A finding's own fingerprint knows only the file's last name; several folders may have a file of that name. */
static json_t *fingerprint(struct str path, struct str mark)
{
    struct sha256 h;
    char hex[65];
    sha256_init(&h);
    sha256_add(&h, path);
    sha256_add(&h, (struct str){"\0", 1});
    sha256_add(&h, mark);
    sha256_hex(&h, hex);
    return json_text_c(hex);
}

static json_t *issue(struct str file, struct str rule, const char *severity, struct str mark, unsigned line,
                     unsigned last)
{
    json_t *o = json_new_object(), *location = json_new_object(), *lines = json_new_object();
    struct strbuf path;
    strbuf_init(&path, file.n + 1);
    add_plain_path(&path, file);
    json_put(o, "check_name", json_text(rule));
    json_put(o, "fingerprint", fingerprint(strbuf_str(&path), mark));
    json_put(o, "severity", json_text_c(severity));
    json_put(lines, "begin", json_integer(line));
    json_put(lines, "end", json_integer(last));
    json_put(location, "path", json_text(strbuf_str(&path)));
    json_put(location, "lines", lines);
    json_put(o, "location", location);
    strbuf_free(&path);
    return o;
}

static void add_issue(struct lint_report *r, json_t *o)
{
    strbuf_add_cstr(&r->text, r->any ? ",\n" : "\n");
    json_add(&r->text, o);
    r->any = true;
}

static void begin(struct lint_report *r)
{
    strbuf_add_char(&r->text, '[');
}

static void finding(struct lint_report *r, const struct finding *f, struct str source)
{
    struct strbuf words;
    (void)source;
    if (f->suppressed) {
        return;
    }
    strbuf_init(&words, SIZE_MAX / 4);
    strbuf_add(&words, f->message);
    strbuf_add_cstr(&words, f->remark.n > 0 ? "; " : "");
    strbuf_add(&words, f->remark);
    json_t *o = issue(f->file, f->rule, severity_of(f->severity), str_of(f->fingerprint), f->line, f->end_line);
    json_put(o, "description", json_text(strbuf_str(&words)));
    strbuf_free(&words);
    add_issue(r, o);
}

static void failed(struct lint_report *r, struct str file, const struct error *err)
{
    const unsigned line = err->line > 0 ? err->line : 1;
    json_t *o = issue(file, STR("not-judged"), "blocker", str_of(err->primary), line, line);
    json_put(o, "description", json_text_c(err->primary));
    add_issue(r, o);
}

static void end(struct lint_report *r)
{
    strbuf_add_cstr(&r->text, r->any ? "\n]\n" : "]\n");
}

const struct lint_format lint_format_gitlab = {
    .name = "gitlab", .begin = begin, .finding = finding, .failed = failed, .end = end};
