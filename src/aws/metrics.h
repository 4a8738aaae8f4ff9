/*
 * metrics.h - how busy a cluster or instance is, by CloudWatch and Performance Insights.
 */
#ifndef MIGRATE_AWS_METRICS_H
#define MIGRATE_AWS_METRICS_H

#include "aws/client.h"

enum metric {
    METRIC_CPU,                      /* CPUUtilization, % */
    METRIC_LAG,                      /* AuroraReplicaLag, ms */
    METRIC_CAPACITY,                 /* ServerlessDatabaseCapacity, ACU */
    METRIC_UTILISATION,              /* ACUUtilization, % */
    METRIC_MEMORY,                   /* FreeableMemory, bytes */
    METRIC_CLOUDWATCH,               /* so many are CloudWatch's */
    METRIC_LOAD = METRIC_CLOUDWATCH, /* db.load.avg of Performance Insights: sessions that are busy */
    METRIC_COUNT,
};
const char *metric_name(enum metric m); /* as the service calls it */

struct metrics {
    bool known[METRIC_COUNT]; /* there is a value of the last five minutes */
    double value[METRIC_COUNT];
    int64_t at[METRIC_COUNT]; /* the minute that the value is of, in seconds since 1970; 0: not told */
};

/*
 * Set CloudWatch's latest values in *out. ST_REMOTE: it could not be asked (that is not the same as "not busy").
 * Permission: cloudwatch:GetMetricData. Source: "Amazon CloudWatch metrics for Amazon Aurora".
 */
NODISCARD enum status metrics_read(struct aws *aws, bool is_cluster, const char *id, struct metrics *out,
                                   struct error *err);
/* The same for METRIC_LOAD of an instance, by its resource id "db-…". Permission: pi:GetResourceMetrics. */
NODISCARD enum status metrics_load(struct aws *aws, const char *resource_id, struct metrics *out, struct error *err);

#endif
