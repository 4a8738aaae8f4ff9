#include "cmd/clone_run.h"

#include "aws/clone.h"
#include "base/clock.h"
#include "cmd/aws_open.h"
#include "cmd/clone_locks.h"
#include "cmd/commands.h"

static void tell(void *arg, const char *text, int percent)
{
    const struct context *c = arg;
    (void)percent;
    if (!c->set.quiet) {
        fprintf(stderr, "%s\n", text);
    }
}

static struct clone_wait wait_of(struct context *c)
{
    /* A clone takes minutes even when nothing is in its way. */
    return (struct clone_wait){.wait_ms = c->set.aws.wait_ms > 3600000 ? c->set.aws.wait_ms : 3600000,
                               .poll_ms = c->set.aws.poll_ms,
                               .tell = tell,
                               .arg = c};
}

static enum status open_target(struct context *c, struct aws **aws, struct rds_target *t, struct error *err)
{
    enum status status = context_locate(c, err);
    status = status ? status : aws_must_target(c, t, err);
    return status ? status : context_aws(c, aws, err);
}

static enum status delete_left(struct context *c, struct aws *aws, const struct rds_names *left, struct error *err)
{
    const struct clone_wait wait = wait_of(c);
    enum status status = ST_OK;
    for (size_t i = 0; i < left->n && !status; i++) {
        status = clone_delete(aws, left->at[i].p, &wait, &c->arena, err);
        if (!status && !c->set.quiet) {
            context_say(arena_printf(&c->arena, "deleted the clone %.*s\n", STR_ARG(left->at[i])));
        }
    }
    return status;
}

/* The run's own error counts; that the clone stays is told beside it. */
static enum status take_away(struct context *c, struct aws *aws, const char *id, enum status status, struct error *err)
{
    struct error own = {0};
    const struct clone_wait wait = wait_of(c);
    aws_ignore_signals(aws, true);
    loop_acknowledge_signal(c->loop);
    const enum status deleted = clone_delete(aws, id, &wait, &c->arena, &own);
    aws_ignore_signals(aws, false);
    if (deleted) {
        context_say(
            arena_printf(&c->arena, "migrate: warning: the clone %s is still there, and costs: %s\n", id, own.primary));
        if (!status) {
            *err = own;
        }
    }
    return status ? status : deleted;
}

enum status clone_run(struct context *c, struct error *err)
{
    struct aws *aws;
    struct rds_target t;
    struct rds_names left;
    struct rds_cluster made;
    char id[64], run[33];
    const struct clone_wait wait = wait_of(c);
    enum status status = open_target(c, &aws, &t, err);
    status = status ? status : clone_left(aws, target_id(&t).p, true, &c->arena, &left, err);
    status = status ? status : delete_left(c, aws, &left, err);
    if (status) {
        return status;
    }
    random_token(run);
    clone_id(target_id(&t).p, run, id);
    const int64_t begun = clock_monotonic_ms();
    status = clone_make(aws, &t, id, c->set.aws.keep_clone, &wait, &c->arena, &made, err);
    if (!status) {
        struct strbuf line;
        strbuf_init(&line, 256);
        strbuf_addf(&line, "clone: %s is ready after ", id);
        clock_duration(clock_monotonic_ms() - begun, &line);
        strbuf_add_char(&line, '\n');
        context_say(strbuf_str(&line));
        strbuf_free(&line);
        c->dial_host = arena_cstr(&c->arena, made.endpoint);
        c->dial_port = arena_printf(&c->arena, "%" PRId64, made.port).p;
        c->set.aws.snapshot = SNAPSHOT_NEVER;
        c->set.aws.min_acu = NULL;
        c->set.aws.iam_host = NULL;
        c->set.aws.cluster = arena_cstr(&c->arena, str_of(id)); /* whose metrics count */
        c->set.aws.instance = NULL;
        c->set.hooks = false;
        c->set.gate = GATE_OFF; /* a rehearsal is to see what it does */
        struct clone_locks seen;
        clone_locks_begin(&seen, c);
        status = cmd_up.run(c, err);
        clone_locks_end(&seen);
    }
    if (c->set.aws.keep_clone && !status) {
        context_say(arena_printf(&c->arena, "clone: %s stays, as --keep says\n", id));
        return ST_OK;
    }
    return take_away(c, aws, id, status, err);
}

enum status clone_sweep(struct context *c, struct error *err)
{
    struct aws *aws;
    struct rds_target t;
    struct rds_names left;
    enum status status = open_target(c, &aws, &t, err);
    status = status ? status : clone_left(aws, target_id(&t).p, false, &c->arena, &left, err);
    if (!status && left.n == 0 && !c->set.quiet) {
        context_print(STR("no clone is left\n"));
    }
    if (!status && left.n > 0) {
        status =
            context_ask(c, arena_printf(&c->arena, "delete %zu clones of %.*s", left.n, STR_ARG(target_id(&t))).p, err);
    }
    return status ? status : delete_left(c, aws, &left, err);
}
