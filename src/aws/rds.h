/*
 * rds.h - the RDS API (2014-10-31): clusters, instances, snapshots and what stands around them, as plain data.
 *
 * Memory comes from the caller's arena. What is not there is an empty list, not an error. All failures are ST_REMOTE with aws_call()'s messages;
 * where the caller can do something about one, *fault says what it was.
 */
#ifndef MIGRATE_AWS_RDS_H
#define MIGRATE_AWS_RDS_H

#include "aws/client.h"

VEC_DECLARE(rds_names, struct str);

struct rds_tag {
    struct str key, value;
};
VEC_DECLARE(rds_tags, struct rds_tag);
/* The value of a tag; p == NULL: it has none of that key. */
struct str rds_tag_value(const struct rds_tags *tags, const char *key);

struct rds_member {
    struct str instance;
    bool writer;
};
VEC_DECLARE(rds_members, struct rds_member);

struct rds_cluster {
    struct str id, arn, resource_id, status, engine, engine_version;
    struct str endpoint, reader, database, subnet_group, parameter_group, global_id, replication_source;
    struct str secret_arn;       /* of the managed master password; empty: none */
    struct str earliest, latest; /* window of point-in-time recovery */
    struct str min_acu, max_acu; /* of Serverless v2; empty: not configured */
    struct rds_names custom_endpoints, security_groups;
    struct rds_members members;
    struct rds_tags tags;
    int64_t port, retention_days;
    bool multi_az, encrypted, deletion_protection, iam, aurora;
};
VEC_DECLARE(rds_clusters, struct rds_cluster);

struct rds_instance {
    struct str id, arn, resource_id, status, class, engine, engine_version, address;
    struct str cluster; /* empty: it is in none */
    struct str replica_of;
    struct str parameter_group, subnet_group, ca, secret_arn, latest;
    struct rds_names security_groups;
    struct rds_tags tags;
    int64_t port, retention_days;
    bool multi_az, encrypted, deletion_protection, iam, is_public, insights;
};
VEC_DECLARE(rds_instances, struct rds_instance);

struct rds_snapshot {
    bool of_cluster;
    struct str id, arn, source, status, type, created, engine_version;
    int64_t created_at; /* seconds since 1970; 0: not told yet */
    int64_t percent;
    bool encrypted;
    struct rds_tags tags;
};
VEC_DECLARE(rds_snapshots, struct rds_snapshot);

/* One by id or ARN, or all (id NULL), of PostgreSQL's engines only. */
NODISCARD enum status rds_find_clusters(struct aws *aws, const char *id, struct arena *a, struct rds_clusters *out,
                                        struct error *err);
/* One by id, those of a cluster, or all. */
NODISCARD enum status rds_find_instances(struct aws *aws, const char *id, const char *cluster, struct arena *a,
                                         struct rds_instances *out, struct error *err);
/* One by id, or the manual ones of a cluster or an instance. */
NODISCARD enum status rds_find_snapshots(struct aws *aws, bool of_cluster, const char *id, const char *source,
                                         struct arena *a, struct rds_snapshots *out, struct error *err);
NODISCARD enum status rds_create_snapshot(struct aws *aws, bool of_cluster, const char *id, const char *source,
                                          const struct rds_tags *tags, enum fault *fault, struct error *err);
NODISCARD enum status rds_delete_snapshot(struct aws *aws, bool of_cluster, const char *id, struct error *err);
/* Manual snapshots of the account and region: how many there are and may be. -1: not told. */
NODISCARD enum status rds_snapshot_quota(struct aws *aws, bool of_cluster, int64_t *used, int64_t *max,
                                         struct error *err);

NODISCARD enum status rds_add_tag(struct aws *aws, const char *arn, const char *key, const char *value,
                                  struct error *err);
NODISCARD enum status rds_remove_tag(struct aws *aws, const char *arn, const char *key, struct error *err);

/* Both bounds are given always, "0.5" and "16". */
NODISCARD enum status rds_set_capacity(struct aws *aws, const char *cluster, const char *min, const char *max,
                                       struct error *err);

/* A copy-on-write clone of a cluster with its subnets, security groups and parameters; without deletion protection. */
NODISCARD enum status rds_clone(struct aws *aws, const struct rds_cluster *source, const char *id,
                                const struct rds_tags *tags, enum fault *fault, struct error *err);
/* An instance in a cluster, like that one, not public. */
NODISCARD enum status rds_create_instance(struct aws *aws, const char *cluster, const char *id, const char *class,
                                          const struct rds_instance *like, const struct rds_tags *tags,
                                          enum fault *fault, struct error *err);
/* Without a final snapshot. One that is gone is fine. */
NODISCARD enum status rds_delete_instance(struct aws *aws, const char *id, struct error *err);
NODISCARD enum status rds_delete_cluster(struct aws *aws, const char *id, struct error *err);

struct rds_blue_green {
    struct str id, name, source, target, status;
};
VEC_DECLARE(rds_blue_greens, struct rds_blue_green);
/* Blue/green deployments that have this ARN as their source (blue), or as their target (green). */
NODISCARD enum status rds_find_blue_green(struct aws *aws, const char *arn, bool as_source, struct arena *a,
                                          struct rds_blue_greens *out, struct error *err);

/* Behind an RDS Proxy: the cluster, or else the instance. Both empty: there is none. read_only: the endpoint leads to readers. */
struct rds_proxy {
    struct str name, cluster, instance;
    bool read_only;
};
NODISCARD enum status rds_find_proxy(struct aws *aws, const char *name, bool is_endpoint, struct arena *a,
                                     struct rds_proxy *out, struct error *err);
/* Is the cluster the one of its global database that writes? *known false: the answer does not say. */
NODISCARD enum status rds_global_writer(struct aws *aws, const struct rds_cluster *cluster, bool *known, bool *writer,
                                        struct error *err);

#endif
