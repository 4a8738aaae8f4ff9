/*
 * metrics.h - how busy a cluster or instance is, by CloudWatch and Performance Insights.
 */
#ifndef MIGRATE_AWS_METRICS_H
#define MIGRATE_AWS_METRICS_H

#include "aws/client.h"

enum metric {
    METRIC_CPU,         /* CPUUtilization, % */
    METRIC_LAG,         /* AuroraReplicaLag, ms */
    METRIC_CAPACITY,    /* ServerlessDatabaseCapacity, ACU */
    METRIC_UTILISATION, /* ACUUtilization, % */
    METRIC_MEMORY,      /* FreeableMemory, bytes */
    METRIC_COUNT,
};
const char *metric_name(enum metric m); /* as CloudWatch calls it */

struct metrics {
    bool known[METRIC_COUNT]; /* CloudWatch has a value of the last minutes */
    double value[METRIC_COUNT];
};

/*
 * The latest values of the last five minutes. ST_REMOTE: CloudWatch could not be asked (that is not the same as "not busy").
 * Permission: cloudwatch:GetMetricData. Source: "Amazon CloudWatch metrics for Amazon Aurora".
 */
NODISCARD enum status metrics_read(struct aws *aws, bool is_cluster, const char *id, struct metrics *out,
                                   struct error *err);
/* Performance Insights' db.load.avg (sessions that are busy) of an instance, by its resource id "db-…"; *known false: no value. */
NODISCARD enum status metrics_load(struct aws *aws, const char *resource_id, bool *known, double *load,
                                   struct error *err);

#endif
