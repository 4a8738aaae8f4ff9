#include "aws/rds.h"

#include "aws/rds_impl.h"
#include "aws/when.h"

enum { BODY_MAX = 1 << 20, PAGES_MAX = 500 };

/* ---- calls ---- */

void rds_request_init(struct rds_request *r)
{
    *r = (struct rds_request){0};
    arena_init(&r->arena, REQUEST_ARENA_MAX);
    strbuf_init(&r->body, BODY_MAX);
}

void rds_request_free(struct rds_request *r)
{
    strbuf_free(&r->body);
    arena_free(&r->arena);
}

enum status rds_request_send(struct aws *aws, struct rds_request *r, const char *action, const char *resource,
                             const struct xml **result, struct error *err)
{
    const struct aws_call call = {
        .service = AWS_RDS, .action = action, .body = strbuf_str(&r->body), .resource = resource};
    if (r->body.overflow) {
        return error_set(err, ST_REMOTE, "rds:%s: the request is too long", action);
    }
    const enum status status = aws_call(aws, &call, &r->arena, &r->answer, err);
    *result = NULL;
    if (!status) {
        const struct str name = arena_printf(&r->arena, "%sResult", action);
        *result = xml_get(r->answer.xml, name.p);
    }
    return status;
}

enum status rds_pages(struct aws *aws, struct rds_request *r, const char *action, const char *list,
                      const char *resource, struct arena *a,
                      void (*visit)(void *out, const struct xml *element, struct arena *a), void *out,
                      struct error *err)
{
    const size_t fixed = r->body.n;
    struct str marker = STR("");
    for (unsigned page = 0; page < PAGES_MAX; page++) {
        const struct xml *result;
        strbuf_truncate(&r->body, fixed);
        if (marker.n > 0) {
            aws_param(&r->body, "Marker", marker);
        }
        const enum status status = rds_request_send(aws, r, action, resource, &result, err);
        if (status == ST_REMOTE && r->answer.fault == FAULT_NOT_FOUND) {
            return ST_OK;
        }
        if (status) {
            return status;
        }
        const struct xml *all = xml_get(result, list);
        for (const struct xml *x = all ? all->first : NULL; x; x = x->next) {
            visit(out, x, a);
        }
        const struct str next = xml_text(result, "Marker");
        if (next.n == 0 || str_eq(next, marker)) {
            return ST_OK;
        }
        marker = arena_str(a, next);
        arena_reset(&r->arena);
    }
    return error_set(err, ST_REMOTE, "rds:%s gives more than %d pages", action, (int)PAGES_MAX);
}

struct str rds_text(const struct xml *x, const char *path, struct arena *a)
{
    return arena_str(a, xml_text(x, path));
}

void rds_names_of(const struct xml *list, const char *member, struct arena *a, struct rds_names *out)
{
    for (const struct xml *x = list ? list->first : NULL; x; x = x->next) {
        *vec_push(a, out) = arena_str(a, member ? xml_text(x, member) : x->text);
    }
}

/* ---- tags ---- */

struct str rds_tag_value(const struct rds_tags *tags, const char *key)
{
    for (size_t i = 0; i < tags->n; i++) {
        if (str_eq(tags->at[i].key, str_of(key))) {
            return tags->at[i].value;
        }
    }
    return STR_NONE;
}

static void read_tags(const struct xml *list, struct arena *a, struct rds_tags *out)
{
    for (const struct xml *x = list ? list->first : NULL; x; x = x->next) {
        *vec_push(a, out) = (struct rds_tag){rds_text(x, "Key", a), rds_text(x, "Value", a)};
    }
}

void rds_add_tags(struct strbuf *body, const struct rds_tags *tags)
{
    for (size_t i = 0; tags && i < tags->n; i++) {
        char key[64];
        snprintf(key, sizeof(key), "Tags.Tag.%zu.Key", i + 1);
        aws_param(body, key, tags->at[i].key);
        snprintf(key, sizeof(key), "Tags.Tag.%zu.Value", i + 1);
        aws_param(body, key, tags->at[i].value);
    }
}

/* ---- clusters ---- */

/* Neptune and DocumentDB are in the same lists. */
static bool is_postgres(struct str engine)
{
    return str_eq(engine, STR("aurora-postgresql")) || str_eq(engine, STR("postgres"));
}

static void read_cluster(void *arg, const struct xml *x, struct arena *a)
{
    struct rds_clusters *out = arg;
    if (!is_postgres(xml_text(x, "Engine"))) {
        return;
    }
    struct rds_cluster *c = vec_push(a, out);
    *c = (struct rds_cluster){
        .id = rds_text(x, "DBClusterIdentifier", a),
        .arn = rds_text(x, "DBClusterArn", a),
        .resource_id = rds_text(x, "DbClusterResourceId", a),
        .status = rds_text(x, "Status", a),
        .engine = rds_text(x, "Engine", a),
        .engine_version = rds_text(x, "EngineVersion", a),
        .endpoint = rds_text(x, "Endpoint", a),
        .reader = rds_text(x, "ReaderEndpoint", a),
        .database = rds_text(x, "DatabaseName", a),
        .subnet_group = rds_text(x, "DBSubnetGroup", a),
        .parameter_group = rds_text(x, "DBClusterParameterGroup", a),
        .global_id = rds_text(x, "GlobalClusterIdentifier", a),
        .replication_source = rds_text(x, "ReplicationSourceIdentifier", a),
        .secret_arn = rds_text(x, "MasterUserSecret/SecretArn", a),
        .earliest = rds_text(x, "EarliestRestorableTime", a),
        .latest = rds_text(x, "LatestRestorableTime", a),
        .min_acu = rds_text(x, "ServerlessV2ScalingConfiguration/MinCapacity", a),
        .max_acu = rds_text(x, "ServerlessV2ScalingConfiguration/MaxCapacity", a),
        .port = xml_i64(x, "Port", 5432),
        .retention_days = xml_i64(x, "BackupRetentionPeriod", 0),
        .multi_az = xml_true(x, "MultiAZ"),
        .encrypted = xml_true(x, "StorageEncrypted"),
        .deletion_protection = xml_true(x, "DeletionProtection"),
        .iam = xml_true(x, "IAMDatabaseAuthenticationEnabled"),
        .aurora = str_eq(xml_text(x, "Engine"), STR("aurora-postgresql")),
    };
    rds_names_of(xml_get(x, "CustomEndpoints"), NULL, a, &c->custom_endpoints);
    rds_names_of(xml_get(x, "VpcSecurityGroups"), "VpcSecurityGroupId", a, &c->security_groups);
    read_tags(xml_get(x, "TagList"), a, &c->tags);
    const struct xml *members = xml_get(x, "DBClusterMembers");
    for (const struct xml *m = members ? members->first : NULL; m; m = m->next) {
        *vec_push(a, &c->members) =
            (struct rds_member){rds_text(m, "DBInstanceIdentifier", a), xml_true(m, "IsClusterWriter")};
    }
}

enum status rds_find_clusters(struct aws *aws, const char *id, struct arena *a, struct rds_clusters *out,
                              struct error *err)
{
    struct rds_request r;
    *out = (struct rds_clusters){0};
    rds_request_init(&r);
    if (id) {
        aws_param(&r.body, "DBClusterIdentifier", str_of(id));
    }
    const enum status status = rds_pages(aws, &r, "DescribeDBClusters", "DBClusters", id, a, read_cluster, out, err);
    rds_request_free(&r);
    return status;
}

/* ---- instances ---- */

static void read_instance(void *arg, const struct xml *x, struct arena *a)
{
    struct rds_instances *out = arg;
    if (!is_postgres(xml_text(x, "Engine"))) {
        return;
    }
    struct rds_instance *i = vec_push(a, out);
    const struct str replica_of = xml_text(x, "ReadReplicaSourceDBInstanceIdentifier");
    const struct xml *groups = xml_get(x, "DBParameterGroups");
    *i = (struct rds_instance){
        .id = rds_text(x, "DBInstanceIdentifier", a),
        .arn = rds_text(x, "DBInstanceArn", a),
        .resource_id = rds_text(x, "DbiResourceId", a),
        .status = rds_text(x, "DBInstanceStatus", a),
        .class = rds_text(x, "DBInstanceClass", a),
        .engine = rds_text(x, "Engine", a),
        .engine_version = rds_text(x, "EngineVersion", a),
        .address = rds_text(x, "Endpoint/Address", a),
        .cluster = rds_text(x, "DBClusterIdentifier", a),
        .replica_of = arena_str(a, replica_of.n ? replica_of : xml_text(x, "ReadReplicaSourceDBClusterIdentifier")),
        .parameter_group = rds_text(groups ? groups->first : NULL, "DBParameterGroupName", a),
        .subnet_group = rds_text(x, "DBSubnetGroup/DBSubnetGroupName", a),
        .ca = rds_text(x, "CACertificateIdentifier", a),
        .secret_arn = rds_text(x, "MasterUserSecret/SecretArn", a),
        .latest = rds_text(x, "LatestRestorableTime", a),
        .port = xml_i64(x, "Endpoint/Port", 5432),
        .retention_days = xml_i64(x, "BackupRetentionPeriod", 0),
        .multi_az = xml_true(x, "MultiAZ"),
        .encrypted = xml_true(x, "StorageEncrypted"),
        .deletion_protection = xml_true(x, "DeletionProtection"),
        .iam = xml_true(x, "IAMDatabaseAuthenticationEnabled"),
        .is_public = xml_true(x, "PubliclyAccessible"),
        .insights = xml_true(x, "PerformanceInsightsEnabled"),
    };
    rds_names_of(xml_get(x, "VpcSecurityGroups"), "VpcSecurityGroupId", a, &i->security_groups);
    read_tags(xml_get(x, "TagList"), a, &i->tags);
}

enum status rds_find_instances(struct aws *aws, const char *id, const char *cluster, struct arena *a,
                               struct rds_instances *out, struct error *err)
{
    struct rds_request r;
    *out = (struct rds_instances){0};
    rds_request_init(&r);
    if (id) {
        aws_param(&r.body, "DBInstanceIdentifier", str_of(id));
    }
    if (cluster) {
        strbuf_add_cstr(&r.body, "&Filters.Filter.1.Name=db-cluster-id");
        aws_param(&r.body, "Filters.Filter.1.Values.Value.1", str_of(cluster));
    }
    const enum status status =
        rds_pages(aws, &r, "DescribeDBInstances", "DBInstances", id ? id : cluster, a, read_instance, out, err);
    rds_request_free(&r);
    return status;
}

/* ---- snapshots ---- */

static void read_snapshot(struct rds_snapshots *out, bool of_cluster, const struct xml *x, struct arena *a)
{
    struct rds_snapshot *s = vec_push(a, out);
    *s = (struct rds_snapshot){
        .of_cluster = of_cluster,
        .id = rds_text(x, of_cluster ? "DBClusterSnapshotIdentifier" : "DBSnapshotIdentifier", a),
        .arn = rds_text(x, of_cluster ? "DBClusterSnapshotArn" : "DBSnapshotArn", a),
        .source = rds_text(x, of_cluster ? "DBClusterIdentifier" : "DBInstanceIdentifier", a),
        .status = rds_text(x, "Status", a),
        .type = rds_text(x, "SnapshotType", a),
        .created = rds_text(x, "SnapshotCreateTime", a),
        .engine_version = rds_text(x, "EngineVersion", a),
        .percent = xml_i64(x, "PercentProgress", 0),
        .encrypted = xml_true(x, of_cluster ? "StorageEncrypted" : "Encrypted"),
    };
    s->created_at = when_iso(s->created);
    read_tags(xml_get(x, "TagList"), a, &s->tags);
}

static void read_cluster_snapshot(void *out, const struct xml *x, struct arena *a)
{
    read_snapshot(out, true, x, a);
}

static void read_instance_snapshot(void *out, const struct xml *x, struct arena *a)
{
    read_snapshot(out, false, x, a);
}

enum status rds_find_snapshots(struct aws *aws, bool of_cluster, const char *id, const char *source, struct arena *a,
                               struct rds_snapshots *out, struct error *err)
{
    struct rds_request r;
    *out = (struct rds_snapshots){0};
    rds_request_init(&r);
    if (id) {
        aws_param(&r.body, of_cluster ? "DBClusterSnapshotIdentifier" : "DBSnapshotIdentifier", str_of(id));
    } else {
        aws_param(&r.body, "SnapshotType", STR("manual"));
    }
    if (source) {
        aws_param(&r.body, of_cluster ? "DBClusterIdentifier" : "DBInstanceIdentifier", str_of(source));
    }
    const enum status status = of_cluster ? rds_pages(aws, &r, "DescribeDBClusterSnapshots", "DBClusterSnapshots",
                                                      id ? id : source, a, read_cluster_snapshot, out, err)
                                          : rds_pages(aws, &r, "DescribeDBSnapshots", "DBSnapshots", id ? id : source,
                                                      a, read_instance_snapshot, out, err);
    rds_request_free(&r);
    return status;
}

enum status rds_create_snapshot(struct aws *aws, bool of_cluster, const char *id, const char *source,
                                const struct rds_tags *tags, enum fault *fault, struct error *err)
{
    struct rds_request r;
    const struct xml *result;
    rds_request_init(&r);
    aws_param(&r.body, of_cluster ? "DBClusterSnapshotIdentifier" : "DBSnapshotIdentifier", str_of(id));
    aws_param(&r.body, of_cluster ? "DBClusterIdentifier" : "DBInstanceIdentifier", str_of(source));
    rds_add_tags(&r.body, tags);
    const enum status status =
        rds_request_send(aws, &r, of_cluster ? "CreateDBClusterSnapshot" : "CreateDBSnapshot", source, &result, err);
    *fault = r.answer.fault;
    rds_request_free(&r);
    return status;
}

enum status rds_delete_snapshot(struct aws *aws, bool of_cluster, const char *id, struct error *err)
{
    struct rds_request r;
    const struct xml *result;
    rds_request_init(&r);
    aws_param(&r.body, of_cluster ? "DBClusterSnapshotIdentifier" : "DBSnapshotIdentifier", str_of(id));
    enum status status =
        rds_request_send(aws, &r, of_cluster ? "DeleteDBClusterSnapshot" : "DeleteDBSnapshot", id, &result, err);
    if (status == ST_REMOTE && r.answer.fault == FAULT_NOT_FOUND) {
        status = ST_OK; /* the answer to an earlier try was lost */
    }
    rds_request_free(&r);
    return status;
}

enum status rds_snapshot_quota(struct aws *aws, bool of_cluster, int64_t *used, int64_t *max, struct error *err)
{
    struct rds_request r;
    const struct xml *result;
    *used = *max = -1;
    rds_request_init(&r);
    const enum status status = rds_request_send(aws, &r, "DescribeAccountAttributes", NULL, &result, err);
    const struct xml *all = status ? NULL : xml_get(result, "AccountQuotas");
    for (const struct xml *x = all ? all->first : NULL; x; x = x->next) {
        if (str_eq(xml_text(x, "AccountQuotaName"),
                   of_cluster ? STR("ManualClusterSnapshots") : STR("ManualSnapshots"))) {
            *used = xml_i64(x, "Used", -1);
            *max = xml_i64(x, "Max", -1);
        }
    }
    rds_request_free(&r);
    return status;
}
