#include "aws/notify.h"

enum { BODY_MAX = 1 << 20, SUBJECT_MAX = 100, ARN_REGION = 3 };

enum status notify_topic(struct aws *aws, const char *topic, const char *subject, struct str message, struct error *err)
{
    struct arena scratch;
    struct strbuf body;
    struct aws_answer answer;
    struct str rest = str_of(topic), part = STR("");
    for (int i = 0; i <= ARN_REGION && str_next(&rest, ':', &part); i++) {
    }
    arena_init(&scratch, BODY_MAX * 8);
    strbuf_init(&body, BODY_MAX);
    aws_param(&body, "TopicArn", str_of(topic));
    aws_param(&body, "Subject", str_slice(str_of(subject), 0, SUBJECT_MAX));
    aws_param(&body, "Message", message);
    const struct aws_call call = {.service = AWS_SNS,
                                  .action = "Publish",
                                  .body = strbuf_str(&body),
                                  .region = region_looks_right(part) ? arena_cstr(&scratch, part) : NULL,
                                  .resource = topic};
    const enum status status = aws_call(aws, &call, &scratch, &answer, err);
    strbuf_free(&body);
    arena_free(&scratch);
    return status;
}

enum status notify_bucket(struct aws *aws, const char *url, const char *content_type, struct str document,
                          struct error *err)
{
    struct arena scratch;
    struct strbuf path;
    struct aws_answer answer;
    const struct str all = str_of(url);
    struct str rest = str_slice(all, 5, all.n), part;
    if (!str_starts(all, STR("s3://")) || str_find_char(rest, '/') == SIZE_MAX) {
        return error_set(err, ST_USAGE, "\"%s\" is not s3://BUCKET/KEY", url);
    }
    arena_init(&scratch, BODY_MAX * 8);
    strbuf_init(&path, 4096);
    while (str_next(&rest, '/', &part)) {
        strbuf_add_cstr(&path, path.n ? "/" : "");
        sigv4_encode(&path, part);
    }
    const struct aws_call call = {.service = AWS_S3,
                                  .action = "PutObject",
                                  .body = document,
                                  .resource = url,
                                  .path = strbuf_cstr(&path),
                                  .content_type = content_type};
    const enum status status = aws_call(aws, &call, &scratch, &answer, err);
    strbuf_free(&path);
    arena_free(&scratch);
    return status;
}
