/*
 * host.h - what the name of an RDS endpoint says.
 *
 * Source: the names that AWS gives, as its own JDBC driver takes them apart.
 */
#ifndef MIGRATE_AWS_HOST_H
#define MIGRATE_AWS_HOST_H

#include "base/arena.h"

enum host_kind {
    HOST_OTHER,          /* no name that AWS gives */
    HOST_WRITER,         /* a cluster's own endpoint */
    HOST_READER,         /* its reader endpoint */
    HOST_CUSTOM,         /* a custom endpoint: the name is not the cluster's */
    HOST_INSTANCE,       /* one instance */
    HOST_PROXY,          /* RDS Proxy */
    HOST_PROXY_ENDPOINT, /* another endpoint of an RDS Proxy */
    HOST_LIMITLESS,      /* a shard group of Aurora Limitless */
    HOST_GLOBAL,         /* the writer of a global database: no region in it */
};

struct rds_host {
    enum host_kind kind;
    const char *host;   /* lower case, without the dot at its end */
    const char *name;   /* of the cluster, instance, endpoint or proxy */
    const char *region; /* NULL: not in the name */
    bool green;         /* the green side of a blue/green deployment */
};

void host_parse(const char *host, struct arena *a, struct rds_host *out);
const char *host_kind_name(enum host_kind kind); /* "the cluster's writer endpoint" */

#endif
