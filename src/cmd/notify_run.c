#include "cmd/notify_run.h"

#include "aws/notify.h"
#include "cmd/aws_open.h"
#include "report/json.h"

static void warn(struct context *c, const char *what, const struct error *err)
{
    context_say(arena_printf(&c->arena, "migrate: warning: %s was not told: %s\n", what, err->primary));
}

static struct str document_of(struct context *c, bool down, enum status status, const struct run_result *result,
                              const struct error *why)
{
    struct strbuf text;
    json_t *o = json_object();
    json_object_set_new(o, "schema", json_integer(1));
    json_object_set_new(o, "run", json_string(result->run_id));
    json_object_set_new(o, "direction", json_string(down ? "down" : "up"));
    json_object_set_new(o, "exit_code", json_integer(exit_code(status, status ? why->signal : 0)));
    json_object_set_new(o, "migrations", json_integer(result->n_done));
    json_object_set_new(o, "ms", json_integer(result->ms));
    json_object_set_new(o, "host", c->session ? json_text(str_of(session_host(c->session))) : json_null());
    json_object_set_new(o, "error", status ? json_text(str_of(why->primary)) : json_null());
    strbuf_init(&text, 1 << 16);
    json_add(&text, o);
    const struct str document = arena_str(&c->arena, strbuf_str(&text));
    strbuf_free(&text);
    return document;
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
    if (topic && topic[0] && notify_topic(aws, topic, subject, document, &own)) {
        warn(c, topic, &own);
    }
    if (bucket && bucket[0]) {
        const char *url = arena_printf(&c->arena, "%s%s%s.json", bucket, str_ends(str_of(bucket), STR("/")) ? "" : "/",
                                       result->run_id)
                              .p;
        if (notify_bucket(aws, url, "application/json", document, &own)) {
            warn(c, url, &own);
        }
    }
    aws_ignore_signals(aws, false);
}
