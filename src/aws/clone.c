#include "aws/clone.h"

#include "aws/snapshot.h"
#include "aws/when.h"
#include "base/clock.h"

enum { SOURCE_MAX = 31, LIFETIME_S = 6 * 3600 };

void clone_id(const char *source, const char *run_id, char out[64])
{
    struct str s = str_slice(str_of(source), 0, SOURCE_MAX);
    while (s.n > 0 && s.p[s.n - 1] == '-') {
        s.n--;
    }
    snprintf(out, 64, "migrate-clone-%.*s-%.6s", STR_ARG(s), run_id);
}

static bool is_ours(const struct rds_cluster *c)
{
    return str_starts(c->id, STR("migrate-clone-")) &&
           str_eq(rds_tag_value(&c->tags, "migrate:tool"), STR("migrate")) &&
           rds_tag_value(&c->tags, "migrate:clone-of").n > 0;
}

static void say(const struct clone_wait *w, struct arena *a, const char *what, const char *id)
{
    if (w->tell) {
        w->tell(w->arg, arena_printf(a, "%s %s", what, id).p, -1);
    }
}

/* ---- making one ---- */

/* The instance that the clone's is to be like: the writer, else any. */
static enum status find_writer(struct aws *aws, const struct rds_cluster *c, struct arena *a, struct rds_instance *out,
                               struct error *err)
{
    struct rds_instances list;
    const enum status status = rds_find_instances(aws, NULL, c->id.p, a, &list, err);
    if (!status && list.n == 0) {
        return error_set(err, ST_REMOTE, "the cluster %.*s has no instance: nothing to be like", STR_ARG(c->id));
    }
    for (size_t i = 0; !status && i < list.n; i++) {
        bool writer = i == 0;
        for (size_t k = 0; k < c->members.n; k++) {
            writer = writer || (c->members.at[k].writer && str_eq(c->members.at[k].instance, list.at[i].id));
        }
        if (writer) {
            *out = list.at[i];
        }
    }
    return status;
}

static enum status make_cluster(struct aws *aws, const struct rds_target *t, const char *id,
                                const struct rds_tags *tags, struct rds_target *made, const struct clone_wait *w,
                                struct arena *a, struct error *err)
{
    enum fault fault = FAULT_NONE;
    enum status status = rds_clone(aws, &t->cluster, id, tags, &fault, err);
    if (status == ST_REMOTE && fault == FAULT_EXISTS) {
        status = ST_OK; /* the answer to an earlier try was lost: the id is of this run */
    }
    *made = (struct rds_target){.is_cluster = true, .cluster = {.id = str_of(id)}, .found_by = "its id"};
    status = status ? status : target_refresh(aws, made, a, err);
    return status ? status : target_await(aws, made, w->wait_ms, w->poll_ms, w->tell, w->arg, a, err);
}

static enum status make_instance(struct aws *aws, const struct rds_instance *like, const char *id, const char *instance,
                                 const struct rds_tags *tags, const struct clone_wait *w, struct arena *a,
                                 struct error *err)
{
    const int64_t until = clock_monotonic_ms() + w->wait_ms;
    enum fault fault = FAULT_NONE;
    enum status status = rds_create_instance(aws, id, instance, like->class.p, like, tags, &fault, err);
    if (status == ST_REMOTE && fault == FAULT_EXISTS) {
        status = ST_OK;
    }
    while (!status) {
        struct rds_instances list;
        status = rds_find_instances(aws, instance, NULL, a, &list, err);
        const struct str state = !status && list.n > 0 ? list.at[0].status : STR("creating");
        if (status || status_readiness(state) == READY) {
            return status;
        }
        if (status_readiness(state) == NEVER || clock_monotonic_ms() >= until) {
            return error_set(err, ST_REMOTE, "the clone's instance %s is %.*s", instance, STR_ARG(state));
        }
        say(w, a, "clone: waiting for the instance", instance);
        status = aws_sleep(aws, w->poll_ms, err);
    }
    return status;
}

enum status clone_make(struct aws *aws, const struct rds_target *t, const char *id, bool keep,
                       const struct clone_wait *wait, struct arena *a, struct rds_cluster *out, struct error *err)
{
    struct rds_instance like = {0};
    struct rds_target made;
    struct rds_tags tags = {0};
    char date[21];
    if (!t->is_cluster || !t->cluster.aurora) {
        error_set(err, ST_REMOTE, "%s is not Aurora: only its clusters can be cloned", target_name(t, aws, a).p);
        return ST_REMOTE;
    }
    when_print(aws_now(aws) + LIFETIME_S, date);
    snapshot_tag(&tags, a, "migrate:tool", STR("migrate"));
    snapshot_tag(&tags, a, "migrate:clone-of", t->cluster.id);
    snapshot_tag(&tags, a, "migrate:expires-at", str_of(date));
    if (keep) {
        snapshot_tag(&tags, a, "migrate:keep", STR("true"));
    }
    say(wait, a, "clone: making", id);
    enum status status = find_writer(aws, &t->cluster, a, &like, err);
    status = status ? status : make_cluster(aws, t, id, &tags, &made, wait, a, err);
    status = status ? status : make_instance(aws, &like, id, arena_printf(a, "%s-1", id).p, &tags, wait, a, err);
    status = status ? status : target_refresh(aws, &made, a, err);
    if (!status) {
        *out = made.cluster;
    }
    return status;
}

/* ---- taking it away ---- */

enum status clone_delete(struct aws *aws, const char *id, const struct clone_wait *wait, struct arena *a,
                         struct error *err)
{
    const int64_t until = clock_monotonic_ms() + wait->wait_ms;
    bool asked = false;
    for (;;) {
        struct rds_clusters clusters;
        struct rds_instances instances;
        enum status status = rds_find_clusters(aws, id, a, &clusters, err);
        if (status || clusters.n == 0) {
            return status;
        }
        if (!is_ours(&clusters.at[0])) {
            return error_set(err, ST_REMOTE, "%s is no clone that migrate made: it stays", id);
        }
        status = rds_find_instances(aws, NULL, id, a, &instances, err);
        for (size_t i = 0; !status && i < instances.n; i++) {
            if (!str_eq(instances.at[i].status, STR("deleting"))) {
                status = rds_delete_instance(aws, instances.at[i].id.p, err);
            }
        }
        if (!status && !asked && instances.n == 0) {
            status = rds_delete_cluster(aws, id, err);
            asked = !status;
        }
        /* What is still being made cannot be deleted yet. */
        if (status == ST_REMOTE && aws->last_fault == FAULT_BUSY) {
            status = ST_OK;
        }
        if (!status && clock_monotonic_ms() >= until) {
            status =
                error_set(err, ST_REMOTE, "the clone %s is not gone yet (%.*s)", id, STR_ARG(clusters.at[0].status));
            error_hint(err, "migrate aws sweep deletes what is left");
        }
        say(wait, a, "clone: deleting", id);
        status = status ? status : aws_sleep(aws, wait->poll_ms, err);
        if (status) {
            return status;
        }
    }
}

enum status clone_left(struct aws *aws, const char *source, bool expired_only, struct arena *a, struct rds_names *out,
                       struct error *err)
{
    struct rds_clusters all;
    const enum status status = rds_find_clusters(aws, NULL, a, &all, err);
    *out = (struct rds_names){0};
    for (size_t i = 0; !status && i < all.n; i++) {
        const struct rds_cluster *c = &all.at[i];
        const int64_t expires = when_iso(rds_tag_value(&c->tags, "migrate:expires-at"));
        if (is_ours(c) && str_eq(rds_tag_value(&c->tags, "migrate:clone-of"), str_of(source)) &&
            !rds_tag_value(&c->tags, "migrate:keep").p && (!expired_only || (expires > 0 && expires < aws_now(aws)))) {
            *vec_push(a, out) = c->id;
        }
    }
    return status;
}
