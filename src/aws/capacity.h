/*
 * capacity.h - the capacity of Aurora Serverless v2: raised for a run, put back afterwards, also after a crash.
 *
 * What it was is written into the cluster's tag migrate:acu-restore before anything is changed, and the tag is taken away after it was put back:
 * whoever finds the tag knows that somebody did not come to it.
 */
#ifndef MIGRATE_AWS_CAPACITY_H
#define MIGRATE_AWS_CAPACITY_H

#include "aws/target.h"

#define CAPACITY_TAG "migrate:acu-restore"

struct capacity_wait {
    int64_t wait_ms, poll_ms;
    void (*tell)(void *arg, const char *text, int percent); /* may be NULL */
    void *arg;
};

/* Is it a number of capacity units: 0.5 to 256 in halves? */
bool capacity_valid(const char *text);

/*
 * Raise the minimum of the cluster to min and wait until it holds. *raised false: it is that high already, and nothing was changed. ST_REMOTE: it is not
 * serverless, its maximum is lower, or it could not be changed.
 */
NODISCARD enum status capacity_raise(struct aws *aws, struct rds_target *t, const char *min,
                                     const struct capacity_wait *wait, bool *raised, struct arena *a,
                                     struct error *err);
/* Put back what the tag says. *restored false: there is no tag. Reads the cluster anew. */
NODISCARD enum status capacity_restore(struct aws *aws, struct rds_target *t, const struct capacity_wait *wait,
                                       bool *restored, struct arena *a, struct error *err);

#endif
