#include "cmd/notify_run.h"

#include "aws/notify.h"
#include "cmd/aws_open.h"
#include "cmd/listen.h"
#include "report/json.h"
#include "report/run_view.h"

enum { PAGE_MAX = 64 << 20 };

static void warn(struct context *c, const char *what, const struct error *err)
{
    context_say(arena_printf(&c->arena, "migrate: warning: %s was not told: %s\n", what, err->primary));
}

static struct str document_of(struct context *c, bool down, enum status status, const struct run_result *result,
                              const struct error *why)
{
    struct strbuf text;
    json_t *o = json_new_object();
    json_put(o, "schema", json_integer(1));
    json_put(o, "run", json_string(result->run_id));
    json_put(o, "direction", json_string(down ? "down" : "up"));
    json_put(o, "exit_code", json_integer(exit_code(status, status ? why->signal : 0)));
    json_put(o, "migrations", json_integer(result->n_done));
    json_put(o, "ms", json_integer(result->ms));
    json_put(o, "host", c->session ? json_text_c(session_host(c->session)) : json_null());
    json_put(o, "error", status ? json_text_c(why->primary) : json_null());
    strbuf_init(&text, 1 << 16);
    json_add(&text, o);
    const struct str document = arena_str(&c->arena, strbuf_str(&text));
    strbuf_free(&text);
    return document;
}

static void put(struct context *c, struct aws *aws, const char *run_id, const char *ending, const char *type,
                struct str document)
{
    const char *bucket = c->set.aws.notify_s3;
    struct error err = {0};
    const bool folder = str_ends(str_of(bucket), STR("/"));
    const char *url = arena_printf(&c->arena, "%s%s%s.%s", bucket, folder ? "" : "/", run_id, ending).p;
    if (notify_bucket(aws, url, type, document, &err)) {
        warn(c, url, &err);
    }
}

/* The page that migrate report --html writes, from the journal; without one there is none. */
static void put_page(struct context *c, struct aws *aws, const char *run_id)
{
    struct journal_story story;
    struct run_view view;
    struct strbuf page;
    struct error err = {0};
    const char *path = journal_path(c);
    if (!path[0]) {
        return;
    }
    if (journal_read(path, str_of(run_id), &c->arena, &story, &err)) {
        warn(c, "S3", &err);
        return;
    }
    run_view_make(&story, &c->arena, &view);
    strbuf_init(&page, PAGE_MAX);
    run_html(&page, &view);
    if (page.overflow) {
        (void)error_set(&err, ST_SYSTEM, "the page of the report is too large");
        warn(c, "S3", &err);
    } else {
        put(c, aws, run_id, "html", "text/html; charset=utf-8", strbuf_str(&page));
    }
    strbuf_free(&page);
}

void notify_run(struct context *c, bool down, enum status status, const struct run_result *result,
                const struct error *err)
{
    const char *topic = c->set.aws.notify_topic, *bucket = c->set.aws.notify_s3;
    struct aws *aws;
    struct error own = {0};
    if ((!topic || !topic[0]) && (!bucket || !bucket[0])) {
        return;
    }
    const struct str document = document_of(c, down, status, result, err);
    if (context_aws(c, &aws, &own)) {
        warn(c, "AWS", &own);
        return;
    }
    aws_ignore_signals(aws, true); /* an interrupted run is worth telling, too */
    const char *subject = arena_printf(&c->arena, "migrate %s: %s", down ? "down" : "up", status ? "failed" : "done").p;
    if (bucket && bucket[0]) {
        put(c, aws, result->run_id, "json", "application/json", document);
        put_page(c, aws, result->run_id);
    }
    /* Behind the report, so that whoever is told finds it. */
    if (topic && topic[0] && notify_topic(aws, topic, subject, document, &own)) {
        warn(c, topic, &own);
    }
    aws_ignore_signals(aws, false);
}
