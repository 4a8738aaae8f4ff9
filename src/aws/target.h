/*
 * target.h - which cluster or instance stands behind the database that is connected to, and whether it may be changed now.
 */
#ifndef MIGRATE_AWS_TARGET_H
#define MIGRATE_AWS_TARGET_H

#include "aws/host.h"
#include "aws/rds.h"

struct target_wish {
    const char *host;     /* as it is dialled; NULL: a socket */
    const char *cluster;  /* --rds-cluster; NULL: not given */
    const char *instance; /* --rds-instance */
};

struct rds_target {
    bool is_cluster;
    struct rds_cluster cluster;   /* is_cluster */
    struct rds_instance instance; /* otherwise; of a cluster: its writer, as far as it is known */
    bool has_instance;
    struct rds_host host;
    const char *found_by; /* for people: "the host name", "--rds-cluster" */
};

/* Is there a reason to ask AWS at all: a name was given, or the host's looks like RDS, itself or what it is an alias of? */
bool target_is_named(const struct target_wish *wish);

/*
 * Find it. By the names given, else by the host: its cluster or instance, a custom endpoint's cluster, what an RDS Proxy leads to, and for a
 * name of one's own (CNAME) what it stands for. *found false: it is not in RDS, as far as can be told from here.
 * ST_REMOTE: refused (a reader endpoint, a shard group), not there, or AWS could not be asked.
 */
NODISCARD enum status target_find(struct aws *aws, const struct target_wish *wish, struct arena *a, bool *found,
                                  struct rds_target *out, struct error *err);

struct str target_id(const struct rds_target *t);
struct str target_arn(const struct rds_target *t);
/*
 * What stands in the ARN for rds-db:connect: "cluster-ABC…", "db-ABC…". A token for a proxy is checked against the proxy's own, which only its ARN
 * tells: "prx-*".
 */
struct str target_login_id(const struct rds_target *t);
struct str target_status(const struct rds_target *t);
/* "cluster app-prod in us-east-1" */
struct str target_name(const struct rds_target *t, const struct aws *aws, struct arena *a);
/* Describe it anew. */
NODISCARD enum status target_refresh(struct aws *aws, struct rds_target *t, struct arena *a, struct error *err);

/* What a status of a cluster, an instance or a snapshot means. */
enum readiness { READY, NOT_YET, NEVER };
enum readiness status_readiness(struct str status);

/*
 * Wait until it is available, at most wait_ms; tell (may be NULL) is called with the status while it is not. ST_REMOTE: it will not be (stopped, deleting …),
 * or not in time.
 */
NODISCARD enum status target_await(struct aws *aws, struct rds_target *t, int64_t wait_ms, int64_t poll_ms,
                                   void (*tell)(void *arg, const char *text, int percent), void *arg, struct arena *a,
                                   struct error *err);

/*
 * Refuse what must not be changed: the blue side of an active blue/green deployment (unless allow_blue_green), either side while it switches over, a secondary of a
 * global database. *note (may be empty) is what a person should know. ST_REMOTE.
 */
NODISCARD enum status target_check_writable(struct aws *aws, const struct rds_target *t, bool allow_blue_green,
                                            struct arena *a, struct str *note, struct error *err);

#endif
