/* aws policy: the least permissions for each feature, with the names of this database. */
#include "aws/sts.h"
#include "cmd/aws_check.h"
#include "cmd/aws_open.h"
#include "report/json.h"

struct names {
    struct arena *a;
    const char *partition, *region, *account;
    const char *kind, *snapshot_kind; /* of ARNs: "cluster", "cluster-snapshot" */
    const char *id, *resource_id, *user;
};

static const char *arn(const struct names *n, const char *service, const char *rest)
{
    return arena_printf(n->a, "arn:%s:%s:%s:%s:%s", n->partition, service, n->region, n->account, rest).p;
}

/* actions: words divided by blanks; resources ends with a NULL. */
static json_t *statement(const char *sid, const char *actions, const char *const *resources)
{
    json_t *o = json_new_object(), *list = json_new_array(), *where = json_new_array();
    struct str rest = str_of(actions), word;
    while (str_next(&rest, ' ', &word)) {
        json_push(list, json_text(word));
    }
    for (; *resources; resources++) {
        json_push(where, json_text_c(*resources));
    }
    json_put(o, "Sid", json_string(sid));
    json_put(o, "Effect", json_string("Allow"));
    json_put(o, "Action", list);
    json_put(o, "Resource", where);
    return o;
}

static json_t *policy(const struct names *n, bool cluster, const char *secret)
{
    const char *const all[] = {"*", NULL};
    const char *own = arn(n, "rds", arena_printf(n->a, "%s:%s", n->kind, n->id).p);
    const char *snapshots = arn(n, "rds", arena_printf(n->a, "%s:migrate-*", n->snapshot_kind).p);
    json_t *list = json_new_array();
    json_push(list, statement("Look",
                              "rds:DescribeDBClusters rds:DescribeDBInstances rds:DescribeDBClusterSnapshots "
                              "rds:DescribeDBSnapshots rds:DescribeBlueGreenDeployments rds:DescribeGlobalClusters "
                              "rds:DescribeDBProxyEndpoints rds:DescribeDBProxyTargets rds:DescribeAccountAttributes "
                              "rds:ListTagsForResource",
                              all));
    json_push(list, statement("Snapshot", cluster ? "rds:CreateDBClusterSnapshot" : "rds:CreateDBSnapshot",
                              (const char *const[]){own, snapshots, NULL}));
    json_push(list, statement("TagOurs", "rds:AddTagsToResource", (const char *const[]){snapshots, NULL}));
    json_t *prune = statement("PruneOurs", cluster ? "rds:DeleteDBClusterSnapshot" : "rds:DeleteDBSnapshot",
                              (const char *const[]){snapshots, NULL});
    json_put(prune, "Condition", json_pack("{s:{s:s}}", "StringEquals", "aws:ResourceTag/migrate:tool", "migrate"));
    json_push(list, prune);
    const char *login = arn(n, "rds-db", arena_printf(n->a, "dbuser:%s/%s", n->resource_id, n->user).p);
    json_push(list, statement("IamLogin", "rds-db:connect", (const char *const[]){login, NULL}));
    if (secret) {
        json_push(list, statement("Secret", "secretsmanager:GetSecretValue", (const char *const[]){secret, NULL}));
    }
    if (cluster) {
        json_push(list, statement("Capacity", "rds:ModifyDBCluster rds:AddTagsToResource rds:RemoveTagsFromResource",
                                  (const char *const[]){own, NULL}));
        const char *clone = arn(n, "rds", arena_printf(n->a, "cluster:migrate-clone-*").p);
        const char *instance = arn(n, "rds", "db:migrate-clone-*");
        const char *const clones[] = {
            own, clone, instance, arn(n, "rds", "subgrp:*"), arn(n, "rds", "cluster-pg:*"), arn(n, "rds", "pg:*"),
            NULL};
        json_push(list, statement("Clone", "rds:RestoreDBClusterToPointInTime rds:CreateDBInstance", clones));
        json_push(list, statement("CloneEnd", "rds:AddTagsToResource rds:DeleteDBInstance rds:DeleteDBCluster",
                                  (const char *const[]){clone, instance, NULL}));
    }
    json_push(list, statement("Metrics", "cloudwatch:GetMetricData pi:GetResourceMetrics", all));
    return json_pack("{s:s, s:o}", "Version", "2012-10-17", "Statement", list);
}

/* "NAME" or an ARN: Secrets Manager puts six characters behind the name in its ARN. */
static const char *secret_arn(const struct names *n, const struct rds_target *t, const char *secret)
{
    const struct str master = t->is_cluster ? t->cluster.secret_arn : t->instance.secret_arn;
    if (!secret || !secret[0]) {
        return NULL;
    }
    if (strcmp(secret, "@master") == 0) {
        return master.n > 0 ? master.p : NULL;
    }
    return str_starts(str_of(secret), STR("arn:"))
               ? secret
               : arn(n, "secretsmanager", arena_printf(n->a, "secret:%s-?\?\?\?\?\?", secret).p);
}

enum status aws_policy(struct context *c, struct error *err)
{
    struct rds_target t;
    struct aws *aws;
    struct sts_identity who;
    enum status status = context_locate(c, err);
    status = status ? status : aws_must_target(c, &t, err);
    status = status ? status : context_aws(c, &aws, err);
    status = status ? status : sts_caller(aws, &c->arena, &who, err);
    if (status) {
        return status;
    }
    const struct names n = {
        .a = &c->arena,
        .partition = region_partition(aws->region),
        .region = aws->region,
        .account = arena_cstr(&c->arena, who.account),
        .kind = t.is_cluster ? "cluster" : "db",
        .snapshot_kind = t.is_cluster ? "cluster-snapshot" : "snapshot",
        .id = arena_cstr(&c->arena, target_id(&t)),
        .resource_id = arena_cstr(&c->arena, target_login_id(&t)),
        .user = aws_user(c),
    };
    json_t *o = policy(&n, t.is_cluster, secret_arn(&n, &t, c->set.aws.secret));
    json_dumpf(o, stdout, JSON_INDENT(2));
    json_decref(o);
    context_print(STR("\n"));
    return ST_OK;
}
