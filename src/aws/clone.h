/*
 * clone.h - copy-on-write clones of Aurora clusters, made for a rehearsal and always taken away again.
 *
 * A clone is tagged before it can be forgotten: migrate:tool, migrate:clone-of, migrate:expires-at. clone_left() finds those that a run
 * which was killed could not delete.
 */
#ifndef MIGRATE_AWS_CLONE_H
#define MIGRATE_AWS_CLONE_H

#include "aws/target.h"

struct clone_wait {
    int64_t wait_ms, poll_ms;                               /* for each of its stages */
    void (*tell)(void *arg, const char *text, int percent); /* may be NULL */
    void *arg;
};

/* "migrate-clone-app-prod-3f2a1c" of the source and a run; its instance is the same with "-1" behind. */
void clone_id(const char *source, const char *run_id, char out[64]);

/*
 * Clone t's cluster under this id, with one instance of the class, parameters and security groups that its writer has, and wait until it can be
 * connected to: *out describes it. keep: it is tagged as one that is to stay. On any failure clone_delete() takes away what there is.
 * ST_REMOTE; ST_INTERRUPTED.
 */
NODISCARD enum status clone_make(struct aws *aws, const struct rds_target *t, const char *id, bool keep,
                                 const struct clone_wait *wait, struct arena *a, struct rds_cluster *out,
                                 struct error *err);
/* Delete its instances, then the cluster, and wait until it is gone. One that is gone is fine. Refuses a cluster that is none of our clones. */
NODISCARD enum status clone_delete(struct aws *aws, const char *id, const struct clone_wait *wait, struct arena *a,
                                   struct error *err);
/* Our clones of this cluster that are not to be kept: all, or those whose time is over. */
NODISCARD enum status clone_left(struct aws *aws, const char *source, bool expired_only, struct arena *a,
                                 struct rds_names *out, struct error *err);

#endif
