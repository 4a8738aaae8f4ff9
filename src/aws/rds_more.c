/* The RDS API beside looking and snapshots: tags, capacity, clones, blue/green, proxies, global databases. */
#include "aws/rds_impl.h"

/* Send; `gone` that the resource is not there (any more) is as good as done. */
static enum status send_plain(struct aws *aws, struct rds_request *r, const char *action, const char *resource,
                              bool gone, struct error *err)
{
    const struct xml *result;
    const enum status status = rds_request_send(aws, r, action, resource, &result, err);
    return status == ST_REMOTE && gone && r->answer.fault == FAULT_NOT_FOUND ? ST_OK : status;
}

/* ---- tags ---- */

enum status rds_add_tag(struct aws *aws, const char *arn, const char *key, const char *value, struct error *err)
{
    struct rds_request r;
    rds_request_init(&r);
    aws_param(&r.body, "ResourceName", str_of(arn));
    aws_param(&r.body, "Tags.Tag.1.Key", str_of(key));
    aws_param(&r.body, "Tags.Tag.1.Value", str_of(value));
    const enum status status = send_plain(aws, &r, "AddTagsToResource", arn, false, err);
    rds_request_free(&r);
    return status;
}

enum status rds_remove_tag(struct aws *aws, const char *arn, const char *key, struct error *err)
{
    struct rds_request r;
    rds_request_init(&r);
    aws_param(&r.body, "ResourceName", str_of(arn));
    aws_param(&r.body, "TagKeys.member.1", str_of(key));
    const enum status status = send_plain(aws, &r, "RemoveTagsFromResource", arn, false, err);
    rds_request_free(&r);
    return status;
}

/* ---- capacity ---- */

enum status rds_set_capacity(struct aws *aws, const char *cluster, const char *min, const char *max, struct error *err)
{
    struct rds_request r;
    rds_request_init(&r);
    aws_param(&r.body, "DBClusterIdentifier", str_of(cluster));
    aws_param(&r.body, "ServerlessV2ScalingConfiguration.MinCapacity", str_of(min));
    aws_param(&r.body, "ServerlessV2ScalingConfiguration.MaxCapacity", str_of(max));
    strbuf_add_cstr(&r.body, "&ApplyImmediately=true");
    const enum status status = send_plain(aws, &r, "ModifyDBCluster", cluster, false, err);
    rds_request_free(&r);
    return status;
}

/* ---- clones ---- */

enum status rds_clone(struct aws *aws, const struct rds_cluster *source, const char *id, const struct rds_tags *tags,
                      enum fault *fault, struct error *err)
{
    struct rds_request r;
    char key[64];
    rds_request_init(&r);
    aws_param(&r.body, "DBClusterIdentifier", str_of(id));
    aws_param(&r.body, "SourceDBClusterIdentifier", source->id);
    strbuf_add_cstr(&r.body, "&RestoreType=copy-on-write&UseLatestRestorableTime=true&DeletionProtection=false");
    /* Left out, these would be the account's defaults, and the clone out of reach. */
    if (source->subnet_group.n > 0) {
        aws_param(&r.body, "DBSubnetGroupName", source->subnet_group);
    }
    if (source->parameter_group.n > 0) {
        aws_param(&r.body, "DBClusterParameterGroupName", source->parameter_group);
    }
    for (size_t i = 0; i < source->security_groups.n; i++) {
        snprintf(key, sizeof(key), "VpcSecurityGroupIds.VpcSecurityGroupId.%zu", i + 1);
        aws_param(&r.body, key, source->security_groups.at[i]);
    }
    aws_param(&r.body, "EnableIAMDatabaseAuthentication", source->iam ? STR("true") : STR("false"));
    if (source->min_acu.n > 0) {
        aws_param(&r.body, "ServerlessV2ScalingConfiguration.MinCapacity", source->min_acu);
        aws_param(&r.body, "ServerlessV2ScalingConfiguration.MaxCapacity", source->max_acu);
    }
    rds_add_tags(&r.body, tags);
    const enum status status =
        send_plain(aws, &r, "RestoreDBClusterToPointInTime", source->arn.n ? source->arn.p : id, false, err);
    *fault = r.answer.fault;
    rds_request_free(&r);
    return status;
}

enum status rds_create_instance(struct aws *aws, const char *cluster, const char *id, const char *class,
                                const struct rds_instance *like, const struct rds_tags *tags, enum fault *fault,
                                struct error *err)
{
    struct rds_request r;
    rds_request_init(&r);
    aws_param(&r.body, "DBInstanceIdentifier", str_of(id));
    aws_param(&r.body, "DBClusterIdentifier", str_of(cluster));
    aws_param(&r.body, "DBInstanceClass", str_of(class));
    aws_param(&r.body, "Engine", like->engine);
    if (like->parameter_group.n > 0) {
        aws_param(&r.body, "DBParameterGroupName", like->parameter_group);
    }
    strbuf_add_cstr(&r.body, "&PubliclyAccessible=false");
    rds_add_tags(&r.body, tags);
    const enum status status = send_plain(aws, &r, "CreateDBInstance", id, false, err);
    *fault = r.answer.fault;
    rds_request_free(&r);
    return status;
}

enum status rds_delete_instance(struct aws *aws, const char *id, struct error *err)
{
    struct rds_request r;
    rds_request_init(&r);
    aws_param(&r.body, "DBInstanceIdentifier", str_of(id));
    strbuf_add_cstr(&r.body, "&SkipFinalSnapshot=true");
    const enum status status = send_plain(aws, &r, "DeleteDBInstance", id, true, err);
    rds_request_free(&r);
    return status;
}

enum status rds_delete_cluster(struct aws *aws, const char *id, struct error *err)
{
    struct rds_request r;
    rds_request_init(&r);
    aws_param(&r.body, "DBClusterIdentifier", str_of(id));
    strbuf_add_cstr(&r.body, "&SkipFinalSnapshot=true");
    const enum status status = send_plain(aws, &r, "DeleteDBCluster", id, true, err);
    rds_request_free(&r);
    return status;
}

/* ---- blue/green ---- */

static void read_blue_green(void *out, const struct xml *x, struct arena *a)
{
    struct rds_blue_greens *list = out;
    *vec_push(a, list) = (struct rds_blue_green){
        .id = rds_text(x, "BlueGreenDeploymentIdentifier", a),
        .name = rds_text(x, "BlueGreenDeploymentName", a),
        .source = rds_text(x, "Source", a),
        .target = rds_text(x, "Target", a),
        .status = rds_text(x, "Status", a),
    };
}

enum status rds_find_blue_green(struct aws *aws, const char *arn, bool as_source, struct arena *a,
                                struct rds_blue_greens *out, struct error *err)
{
    struct rds_request r;
    *out = (struct rds_blue_greens){0};
    rds_request_init(&r);
    aws_param(&r.body, "Filters.Filter.1.Name", as_source ? STR("source") : STR("target"));
    aws_param(&r.body, "Filters.Filter.1.Values.Value.1", str_of(arn));
    const enum status status =
        rds_pages(aws, &r, "DescribeBlueGreenDeployments", "BlueGreenDeployments", arn, a, read_blue_green, out, err);
    rds_request_free(&r);
    return status;
}

/* ---- proxies ---- */

static void read_proxy_endpoint(void *out, const struct xml *x, struct arena *a)
{
    struct rds_proxy *p = out;
    p->name = rds_text(x, "DBProxyName", a);
    p->read_only = str_eq(xml_text(x, "TargetRole"), STR("READ_ONLY"));
}

static void read_proxy_target(void *out, const struct xml *x, struct arena *a)
{
    struct rds_proxy *p = out;
    const struct str type = xml_text(x, "Type");
    if (str_eq(type, STR("TRACKED_CLUSTER"))) {
        p->cluster = rds_text(x, "RdsResourceId", a);
    } else if (str_eq(type, STR("RDS_INSTANCE")) && p->instance.n == 0) {
        p->instance = rds_text(x, "RdsResourceId", a);
    }
}

enum status rds_find_proxy(struct aws *aws, const char *name, bool is_endpoint, struct arena *a, struct rds_proxy *out,
                           struct error *err)
{
    struct rds_request r;
    enum status status = ST_OK;
    *out = (struct rds_proxy){.name = is_endpoint ? STR("") : str_of(name)};
    if (is_endpoint) {
        rds_request_init(&r);
        aws_param(&r.body, "DBProxyEndpointName", str_of(name));
        status =
            rds_pages(aws, &r, "DescribeDBProxyEndpoints", "DBProxyEndpoints", name, a, read_proxy_endpoint, out, err);
        rds_request_free(&r);
    }
    if (!status && out->name.n > 0) {
        rds_request_init(&r);
        aws_param(&r.body, "DBProxyName", out->name);
        status = rds_pages(aws, &r, "DescribeDBProxyTargets", "Targets", name, a, read_proxy_target, out, err);
        rds_request_free(&r);
    }
    return status;
}

/* ---- global databases ---- */

struct global_search {
    const struct rds_cluster *cluster;
    bool known, writer;
};

static void read_global(void *out, const struct xml *x, struct arena *a)
{
    struct global_search *s = out;
    const struct xml *members = xml_get(x, "GlobalClusterMembers");
    (void)a;
    for (const struct xml *m = members ? members->first : NULL; m; m = m->next) {
        if (str_eq(xml_text(m, "DBClusterArn"), s->cluster->arn)) {
            s->known = true;
            s->writer = xml_true(m, "IsWriter");
        }
    }
}

enum status rds_global_writer(struct aws *aws, const struct rds_cluster *cluster, bool *known, bool *writer,
                              struct error *err)
{
    struct rds_request r;
    struct global_search search = {.cluster = cluster};
    struct arena scratch;
    arena_init(&scratch, REQUEST_ARENA_MAX);
    rds_request_init(&r);
    if (cluster->global_id.n > 0) {
        aws_param(&r.body, "GlobalClusterIdentifier", cluster->global_id);
    }
    const enum status status =
        rds_pages(aws, &r, "DescribeGlobalClusters", "GlobalClusters", NULL, &scratch, read_global, &search, err);
    rds_request_free(&r);
    arena_free(&scratch);
    *known = search.known;
    *writer = search.writer;
    return status;
}
