#include "cmd/aws_open.h"

#include "db/endpoint.h"

static enum status sleep_in_loop(void *arg, int64_t ms, struct error *err)
{
    const struct context *c = arg;
    return loop_sleep(c->loop, ms, err);
}

static void warn(void *arg, const char *message)
{
    struct context *c = arg;
    if (!c->set.quiet) {
        context_say(arena_printf(&c->arena, "migrate: note: %s\n", message));
    }
}

/* "" of an option (--no-region) is as if it were not given. */
static const char *said(const char *value)
{
    return value && value[0] ? value : NULL;
}

enum status context_aws(struct context *c, struct aws **out, struct error *err)
{
    enum status status = ST_OK;
    if (!c->aws) {
        if (!c->loop) {
            signals_install();
            c->loop = loop_new();
        }
        const struct aws_options options = {
            .profile = said(c->set.aws.profile),
            .region = said(c->set.aws.region),
            .timeout_ms = c->set.aws.answer_ms,
            .sleep = sleep_in_loop,
            .warn = warn,
            .arg = c,
        };
        status = aws_open(&options, &c->aws, err);
    }
    *out = c->aws;
    return status;
}

enum status aws_wish(struct context *c, struct target_wish *wish, struct error *err)
{
    struct endpoint at;
    *wish = (struct target_wish){.cluster = said(c->set.aws.cluster), .instance = said(c->set.aws.instance)};
    const char *iam_host = said(c->set.aws.iam_host);
    if (iam_host) {
        const struct str all = str_of(iam_host);
        wish->host = arena_cstr(&c->arena, str_slice(all, 0, str_find_char(all, ':')));
        return ST_OK;
    }
    const enum status status = endpoint_of(&c->target, &c->arena, &at, err);
    wish->host = !status && at.host && at.host[0] != '/' && at.host[0] != '@' ? at.host : NULL;
    return status;
}

enum status aws_target(struct context *c, bool *found, struct rds_target *target, struct error *err)
{
    struct target_wish wish;
    struct aws *aws;
    *found = false;
    enum status status = aws_wish(c, &wish, err);
    if (!status && !wish.cluster && !wish.instance && !wish.host) {
        return ST_OK;
    }
    status = status ? status : context_aws(c, &aws, err);
    return status ? status : target_find(aws, &wish, &c->arena, found, target, err);
}

enum status aws_must_target(struct context *c, struct rds_target *target, struct error *err)
{
    bool found;
    const enum status status = aws_target(c, &found, target, err);
    if (!status && !found) {
        error_set(err, ST_USAGE, "the database is not in RDS, as far as its host name tells");
        error_hint(err, "name it: --rds-cluster NAME or --rds-instance NAME");
        return ST_USAGE;
    }
    return status;
}

const char *aws_user(struct context *c)
{
    struct endpoint at;
    struct error ignored;
    return !endpoint_of(&c->target, &c->arena, &at, &ignored) && at.user_said ? at.user : "USER";
}
