/* aws check, restore-acu. */
#include "cmd/aws_check.h"

#include "aws/capacity.h"
#include "aws/metrics.h"
#include "aws/secret.h"
#include "aws/snapshot.h"
#include "aws/sts.h"
#include "cmd/aws_open.h"
#include "report/json.h"
#include "report/style.h"

enum verdict { MAY, MAY_NOT, NOT_TOLD };
static const char *const verdict_words[] = {"yes", "no", "unknown"};

struct permission {
    const char *action, *needed_for;
    enum verdict verdict;
    const char *why; /* what AWS said when it is not yes; NULL */
};

struct check {
    struct context *c;
    struct aws *aws;
    struct rds_target target;
    struct sts_identity who;
    VEC(struct permission) permissions;
    VEC(struct str) advice;
};

/* Note how a read-only call went. Only a refusal means that the permission is missing. */
static void note(struct check *k, const char *action, const char *needed_for, enum status status,
                 const struct error *err)
{
    const bool denied = status && k->aws->last_fault == FAULT_PERMISSION;
    *vec_push(&k->c->arena, &k->permissions) = (struct permission){
        .action = action,
        .needed_for = needed_for,
        .verdict = !status  ? MAY
                   : denied ? MAY_NOT
                            : NOT_TOLD,
        .why = status ? arena_cstr(&k->c->arena, str_of(err->primary)) : NULL,
    };
}

static void advise(struct check *k, struct str text)
{
    *vec_push(&k->c->arena, &k->advice) = text;
}

/* ---- what to mend ---- */

static void advise_instance(struct check *k, const struct rds_instance *i)
{
    struct arena *a = &k->c->arena;
    if (i->is_public) {
        advise(k, arena_printf(a, "instance %.*s is publicly accessible", STR_ARG(i->id)));
    }
    if (str_starts(i->ca, STR("rds-ca-2015")) || str_starts(i->ca, STR("rds-ca-2019"))) {
        advise(k, arena_printf(a, "the certificate of instance %.*s is by %.*s, which has expired", STR_ARG(i->id),
                               STR_ARG(i->ca)));
    }
}

static void advise_target(struct check *k)
{
    struct arena *a = &k->c->arena;
    const struct rds_target *t = &k->target;
    const struct rds_cluster *c = &t->cluster;
    const struct rds_instance *i = &t->instance;
    const int64_t days = t->is_cluster ? c->retention_days : i->retention_days;
    if (days < 7) {
        advise(k, arena_printf(a, "backups are kept for %" PRId64 " days only: fewer than 7", days));
    }
    if (!(t->is_cluster ? c->deletion_protection : i->deletion_protection)) {
        advise(k, STR("deletion protection is off"));
    }
    if (!(t->is_cluster ? c->encrypted : i->encrypted)) {
        advise(k, STR("the storage is not encrypted"));
    }
    if (t->is_cluster ? c->members.n < 2 || !c->multi_az : !i->multi_az) {
        advise(k, t->is_cluster ? STR("there is no second instance in another zone: a failover takes minutes")
                                : STR("it is in one zone only, and a snapshot holds up its writes for a moment"));
    }
    if (!(t->is_cluster ? c->iam : i->iam)) {
        advise(k, STR("IAM authentication is off"));
    }
    if (t->is_cluster && rds_tag_value(&c->tags, CAPACITY_TAG).p) {
        advise(k, STR("a run with --min-acu did not put the capacity back: migrate aws restore-acu"));
    }
    if (t->host.kind == HOST_INSTANCE && t->is_cluster) {
        advise(k, arena_printf(a, "the URL names one instance: after a failover it may be a reader; name %.*s",
                               STR_ARG(c->endpoint)));
    }
    if (t->host.kind == HOST_PROXY || t->host.kind == HOST_PROXY_ENDPOINT) {
        advise(k, STR("the URL leads through an RDS Proxy, where a statement cannot be cancelled: migrate through the "
                      "writer endpoint"));
    }
}

/* ---- what we may ---- */

static void probe(struct check *k)
{
    struct arena *a = &k->c->arena;
    const struct rds_target *t = &k->target;
    struct rds_instances instances = {0};
    struct rds_snapshots snapshots;
    struct rds_blue_greens deployments;
    struct metrics metrics = {0};
    struct error err = {0};
    int64_t used, max;
    const char *id = arena_cstr(a, target_id(t));
    enum status status = t->is_cluster ? rds_find_instances(k->aws, NULL, id, a, &instances, &err)
                                       : rds_find_instances(k->aws, id, NULL, a, &instances, &err);
    note(k, "rds:DescribeDBInstances", "finding the instance", status, &err);
    for (size_t i = 0; i < instances.n; i++) {
        advise_instance(k, &instances.at[i]);
    }
    status = rds_find_snapshots(k->aws, t->is_cluster, NULL, id, a, &snapshots, &err);
    note(k, t->is_cluster ? "rds:DescribeDBClusterSnapshots" : "rds:DescribeDBSnapshots", "snapshots", status, &err);
    status = rds_find_blue_green(k->aws, target_arn(t).p, true, a, &deployments, &err);
    note(k, "rds:DescribeBlueGreenDeployments", "refusing the blue side of a deployment", status, &err);
    status = rds_snapshot_quota(k->aws, t->is_cluster, &used, &max, &err);
    note(k, "rds:DescribeAccountAttributes", "telling how much of the quota is used", status, &err);
    if (!status && max > 0 && used * 10 >= max * 9) {
        advise(k, arena_printf(a, "%" PRId64 " of %" PRId64 " manual snapshots are used: migrate snapshot prune", used,
                               max));
    }
    status = metrics_read(k->aws, t->is_cluster, id, &metrics, &err);
    note(k, "cloudwatch:GetMetricData", "metrics", status, &err);
    for (size_t i = 0; i < instances.n; i++) {
        if (instances.at[i].insights) {
            status = metrics_load(k->aws, instances.at[i].resource_id.p, &metrics, &err);
            note(k, "pi:GetResourceMetrics", "the load as Performance Insights sees it", status, &err);
            break;
        }
    }
    const char *secret = k->c->set.aws.secret;
    if (secret && secret[0] && strcmp(secret, "@master") != 0) {
        struct secret s;
        status = secret_fetch(k->aws, secret, &s, &err);
        note(k, "secretsmanager:GetSecretValue", "--secret", status, &err);
        secret_free(&s);
    }
}

/* ---- what is told ---- */

static bool is_missing(const struct check *k)
{
    for (size_t i = 0; i < k->permissions.n; i++) {
        if (k->permissions.at[i].verdict == MAY_NOT) {
            return true;
        }
    }
    return false;
}

static struct str connect_arn(const struct check *k)
{
    const struct rds_target *t = &k->target;
    return arena_printf(&k->c->arena, "arn:%s:rds-db:%s:%.*s:dbuser:%.*s/%s", region_partition(k->aws->region),
                        k->aws->region, STR_ARG(k->who.account), STR_ARG(target_login_id(t)), aws_user(k->c));
}

static void print_json(const struct check *k)
{
    json_t *o = json_new_object(), *permissions = json_new_array(), *advice = json_new_array();
    const struct rds_target *t = &k->target;
    for (size_t i = 0; i < k->permissions.n; i++) {
        const struct permission *p = &k->permissions.at[i];
        json_t *row = json_new_object();
        json_put(row, "action", json_string(p->action));
        json_put(row, "allowed", json_string(verdict_words[p->verdict]));
        if (p->why) {
            json_put(row, "said", json_text_c(p->why));
        }
        json_push(permissions, row);
    }
    for (size_t i = 0; i < k->advice.n; i++) {
        json_push(advice, json_text(k->advice.at[i]));
    }
    json_put(o, "schema", json_integer(1));
    json_put(o, "caller", json_text(k->who.arn));
    json_put(o, "region", json_text_c(k->aws->region));
    json_put(o, "kind", json_string(t->is_cluster ? "cluster" : "instance"));
    json_put(o, "id", json_text(target_id(t)));
    json_put(o, "arn", json_text(target_arn(t)));
    json_put(o, "status", json_text(target_status(t)));
    json_put(o, "connect_arn", json_text(connect_arn(k)));
    json_put(o, "permissions", permissions);
    json_put(o, "advice", advice);
    json_write(o, stdout);
}

static void print_text(const struct check *k)
{
    struct strbuf out;
    const struct rds_target *t = &k->target;
    strbuf_init(&out, 1 << 20);
    strbuf_addf(&out, "%s, found by %s\n", target_name(t, k->aws, &k->c->arena).p, t->found_by);
    strbuf_addf(&out, "  state      %.*s\n", STR_ARG(target_status(t)));
    strbuf_addf(&out, "  engine     %.*s %.*s\n", STR_ARG(t->is_cluster ? t->cluster.engine : t->instance.engine),
                STR_ARG(t->is_cluster ? t->cluster.engine_version : t->instance.engine_version));
    strbuf_addf(&out, "  asked by   %.*s\n", STR_ARG(k->who.arn));
    strbuf_addf(&out, "  IAM login  needs rds-db:connect on %.*s\n\n", STR_ARG(connect_arn(k)));
    strbuf_add_cstr(&out, "permissions\n");
    for (size_t i = 0; i < k->permissions.n; i++) {
        const struct permission *p = &k->permissions.at[i];
        strbuf_addf(&out, "  %-8s %s, for %s\n",
                    p->verdict == MAY       ? "allowed"
                    : p->verdict == MAY_NOT ? "DENIED"
                                            : "?",
                    p->action, p->needed_for);
        if (p->verdict == NOT_TOLD) {
            strbuf_addf(&out, "           %s\n", p->why);
        }
    }
    strbuf_add_cstr(&out, "  What changes something cannot be tried: migrate aws policy lists it.\n\n");
    strbuf_add_cstr(&out, k->advice.n ? "worth mending\n" : "nothing to mend was found\n");
    for (size_t i = 0; i < k->advice.n; i++) {
        strbuf_addf(&out, "  - %.*s\n", STR_ARG(k->advice.at[i]));
    }
    context_print(strbuf_str(&out));
    strbuf_free(&out);
}

enum status aws_check(struct context *c, struct error *err)
{
    struct check k = {.c = c};
    enum status status = context_locate(c, err);
    status = status ? status : aws_must_target(c, &k.target, err);
    status = status ? status : context_aws(c, &k.aws, err);
    status = status ? status : sts_caller(k.aws, &c->arena, &k.who, err);
    if (status) {
        return status;
    }
    note(&k, k.target.is_cluster ? "rds:DescribeDBClusters" : "rds:DescribeDBInstances", "finding the database", ST_OK,
         err);
    advise_target(&k);
    probe(&k);
    if (c->set.json) {
        print_json(&k);
    } else {
        print_text(&k);
    }
    if (is_missing(&k)) {
        error_set(err, ST_CHECK, "permissions are missing");
        error_hint(err, "migrate aws policy prints what to allow");
        return ST_CHECK;
    }
    return ST_OK;
}

/* ---- restore-acu ---- */

static void tell(void *arg, const char *text, int percent)
{
    const struct context *c = arg;
    (void)percent;
    if (!c->set.quiet) {
        fprintf(stderr, "%s\n", text);
    }
}

enum status aws_restore_acu(struct context *c, struct error *err)
{
    struct rds_target target;
    struct aws *aws;
    bool restored = false;
    const struct capacity_wait wait = {c->set.aws.wait_ms, c->set.aws.poll_ms, tell, c};
    enum status status = context_locate(c, err);
    status = status ? status : aws_must_target(c, &target, err);
    status = status ? status : context_aws(c, &aws, err);
    if (!status && !target.is_cluster) {
        return error_set(err, ST_USAGE, "an instance has no capacity to put back: only clusters of Serverless v2 have");
    }
    status = status ? status : capacity_restore(aws, &target, &wait, &restored, &c->arena, err);
    if (!status && !c->set.quiet) {
        context_print(restored ? arena_printf(&c->arena, "put back to %.*s to %.*s ACU\n",
                                              STR_ARG(target.cluster.min_acu), STR_ARG(target.cluster.max_acu))
                               : STR("nothing to put back\n"));
    }
    return status;
}
