#include "aws/capacity.h"

#include "base/clock.h"

static bool number_of(struct str text, double *out)
{
    char copy[16], *end;
    if (text.n == 0 || text.n >= sizeof(copy) || text.p[0] < '0' || text.p[0] > '9') {
        return false;
    }
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    *out = strtod(copy, &end);
    return *end == '\0';
}

bool capacity_valid(const char *text)
{
    double n;
    return number_of(str_of(text), &n) && n >= 0.5 && n <= 256 && n * 2 - (double)(int)(n * 2) == 0;
}

static bool same(struct str a, struct str b)
{
    double x, y;
    return number_of(a, &x) && number_of(b, &y) && !(x < y) && !(y < x);
}

/* Set both bounds, and wait until the cluster shows them. */
static enum status set(struct aws *aws, struct rds_target *t, const char *min, const char *max,
                       const struct capacity_wait *w, struct arena *a, struct error *err)
{
    const int64_t until = clock_monotonic_ms() + w->wait_ms;
    enum status status = target_await(aws, t, w->wait_ms, w->poll_ms, w->tell, w->arg, a, err);
    status = status ? status : rds_set_capacity(aws, t->cluster.id.p, min, max, err);
    while (!status) {
        status = target_refresh(aws, t, a, err);
        if (!status && status_readiness(t->cluster.status) == READY && same(t->cluster.min_acu, str_of(min)) &&
            same(t->cluster.max_acu, str_of(max))) {
            return ST_OK;
        }
        if (!status && clock_monotonic_ms() >= until) {
            error_set(err, ST_REMOTE, "the capacity of %s did not become %s to %s in time", target_name(t, aws, a).p,
                      min, max);
            error_hint(err, "it is %.*s to %.*s, and the cluster is %.*s", STR_ARG(t->cluster.min_acu),
                       STR_ARG(t->cluster.max_acu), STR_ARG(t->cluster.status));
            return ST_REMOTE;
        }
        if (!status && w->tell) {
            w->tell(w->arg, arena_printf(a, "capacity: waiting for %s to %s ACU", min, max).p, -1);
        }
        status = status ? status : aws_sleep(aws, w->poll_ms, err);
    }
    return status;
}

enum status capacity_raise(struct aws *aws, struct rds_target *t, const char *min, const struct capacity_wait *wait,
                           bool *raised, struct arena *a, struct error *err)
{
    double want = 0, lower = 0, upper = 0;
    *raised = false;
    if (!t->is_cluster || !number_of(t->cluster.min_acu, &lower) || !number_of(t->cluster.max_acu, &upper)) {
        error_set(err, ST_REMOTE, "%s is no Serverless v2 cluster: --min-acu has nothing to raise",
                  target_name(t, aws, a).p);
        return ST_REMOTE;
    }
    if (!number_of(str_of(min), &want) || want > upper) {
        error_set(err, ST_REMOTE, "--min-acu %s: the maximum of %s is %.*s", min, target_name(t, aws, a).p,
                  STR_ARG(t->cluster.max_acu));
        return ST_REMOTE;
    }
    if (lower >= want) {
        /* Of a run that was killed: what it raised is put back behind this one. */
        *raised = rds_tag_value(&t->cluster.tags, CAPACITY_TAG).p != NULL;
        return ST_OK;
    }
    const char *max = arena_cstr(a, t->cluster.max_acu);
    enum status status = ST_OK;
    /* A tag that is there is of a run that was killed: what it says is what was before either of us. */
    if (!rds_tag_value(&t->cluster.tags, CAPACITY_TAG).p) {
        status = rds_add_tag(aws, t->cluster.arn.p, CAPACITY_TAG,
                             arena_printf(a, "%.*s/%s", STR_ARG(t->cluster.min_acu), max).p, err);
    }
    *raised = !status;
    return status ? status : set(aws, t, min, max, wait, a, err);
}

enum status capacity_restore(struct aws *aws, struct rds_target *t, const struct capacity_wait *wait, bool *restored,
                             struct arena *a, struct error *err)
{
    double lower, upper;
    *restored = false;
    enum status status = target_refresh(aws, t, a, err);
    if (status) {
        return status;
    }
    struct str rest = rds_tag_value(&t->cluster.tags, CAPACITY_TAG), min = STR(""), max = STR("");
    if (!rest.p) {
        return ST_OK;
    }
    if (!str_next(&rest, '/', &min) || !str_next(&rest, '/', &max) || !number_of(min, &lower) ||
        !number_of(max, &upper)) {
        return error_set(err, ST_REMOTE, "the tag " CAPACITY_TAG " of %s does not say a minimum and a maximum",
                         target_name(t, aws, a).p);
    }
    const char *arn = arena_cstr(a, t->cluster.arn);
    status = set(aws, t, arena_cstr(a, min), arena_cstr(a, max), wait, a, err);
    status = status ? status : rds_remove_tag(aws, arn, CAPACITY_TAG, err);
    *restored = !status;
    return status;
}
