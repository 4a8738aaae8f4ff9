/*
 * snapshot.h - snapshots of clusters and instances that this tool takes, finds again, and prunes.
 */
#ifndef MIGRATE_AWS_SNAPSHOT_H
#define MIGRATE_AWS_SNAPSHOT_H

#include "aws/target.h"

enum { SNAPSHOT_ID_MAX = 63 };

/* "migrate-app-prod-20240615t103000z-3f2a1c" of the source, the time and the run; at most 63 characters, valid at AWS. */
void snapshot_id(const char *source, int64_t when, const char *run_id, char out[SNAPSHOT_ID_MAX + 1]);
/* Is it one that snapshot_id() makes? */
bool snapshot_id_is_ours(struct str id);

/* Put key and value into the list as AWS takes them: what it refuses becomes '_', and what is too long is cut. */
void snapshot_tag(struct rds_tags *tags, struct arena *a, const char *key, struct str value);

struct snapshot_spec {
    const char *id;
    const char *run_id, *earlier_run; /* whose snapshot of that id is ours; earlier_run NULL: only this one's */
    const struct rds_tags *tags;
    int64_t wait_ms;                                        /* for the cluster, when it is busy */
    int64_t timeout_ms;                                     /* for the snapshot */
    int64_t poll_ms;                                        /* between questions; the first come sooner */
    void (*tell)(void *arg, const char *text, int percent); /* may be NULL */
    void *arg;
};

/*
 * Take it and wait until it is available. One of that id that is there already and carries the tag of one of the two runs is ours: it is waited for, no
 * second is taken. ST_REMOTE: there is none that could be restored; ST_INTERRUPTED. The snapshot itself is left as it is.
 */
NODISCARD enum status snapshot_take(struct aws *aws, struct rds_target *t, const struct snapshot_spec *spec,
                                    struct arena *a, struct rds_snapshot *out, struct error *err);

/* One by id; found false: none. */
NODISCARD enum status snapshot_find(struct aws *aws, bool of_cluster, const char *id, struct arena *a, bool *found,
                                    struct rds_snapshot *out, struct error *err);
bool snapshot_is_ours(const struct rds_snapshot *s);

struct prune_rules {
    int64_t older_than_s; /* keep what is younger */
    int64_t keep;         /* keep the newest so many */
    struct str protect;   /* an id that is kept whatever its age; empty: none */
    int64_t now;
};

/* Why a snapshot is kept; PRUNE_IT: it is not. */
enum prune { PRUNE_IT, KEEP_FOREIGN, KEEP_UNFINISHED, KEEP_YOUNG, KEEP_NEWEST, KEEP_PROTECTED };
const char *prune_name(enum prune p);
/* Sort the list, newest first, and judge each: verdicts[i] of list->at[i]. */
void snapshot_prune_plan(struct rds_snapshots *list, const struct prune_rules *rules, enum prune *verdicts);

#endif
