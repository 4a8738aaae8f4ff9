/*
 * settings_aws.h - the part of the settings that is about logging in, AWS and snapshots.
 */
#ifndef MIGRATE_CMD_SETTINGS_AWS_H
#define MIGRATE_CMD_SETTINGS_AWS_H

#include "cmd/text_list.h"

enum snapshot_mode { SNAPSHOT_AUTO, SNAPSHOT_ALWAYS, SNAPSHOT_REQUIRE, SNAPSHOT_NEVER };
#define SNAPSHOT_WORDS "auto|always|require|never"

struct aws_settings {
    /* who and where */
    const char *region, *profile;
    const char *cluster, *instance; /* --rds-cluster, --rds-instance */
    int64_t wait_ms;                /* for a cluster that is busy */
    int64_t answer_ms;              /* for one answer of AWS */
    /* logging in */
    bool iam;
    const char *iam_host;
    const char *secret, *secret_tag;
    const char *password_command;
    const char *rds_ca;
    /* snapshot */
    int snapshot; /* enum snapshot_mode */
    const char *when;
    int64_t timeout_ms, poll_ms, reuse_ms;
    struct text_list tags;
    const char *command;
    bool allow_blue_green;
    const char *min_acu;
    bool clone, keep_clone; /* rehearse */
    const char *notify_topic, *notify_s3;
    /* up --fleet */
    bool is_fleet;
    struct text_list fleet; /* environments */
    const char *fleet_tag;
    int64_t fleet_jobs, fleet_failures;
    /* CloudWatch and Performance Insights; 0: no limit */
    int64_t metrics_every_ms; /* 0: only for limits */
    int64_t max_cpu, max_acu; /* % */
    int64_t max_reader_lag_ms, max_capacity, max_load;
    int64_t min_memory; /* bytes */
    /* snapshot prune */
    int64_t keep, keep_ms; /* keep_ms < 0: the source's own backup retention */
};

#define AWS_SETTINGS_DEFAULT                                                                                       \
    {                                                                                                              \
        .wait_ms = 600000, .timeout_ms = 3600000, .poll_ms = 15000, .reuse_ms = 3600000, .keep = 3, .keep_ms = -1, \
        .fleet_jobs = 4, .fleet_failures = 1, .metrics_every_ms = 60000, .answer_ms = 60000                        \
    }

#endif
