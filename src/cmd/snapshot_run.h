/*
 * snapshot_run.h - the snapshot before the first change of a run, and the capacity for it: what the executor's hook is filled with.
 */
#ifndef MIGRATE_CMD_SNAPSHOT_RUN_H
#define MIGRATE_CMD_SNAPSHOT_RUN_H

#include "aws/target.h"
#include "cmd/context.h"
#include "exec/runner.h"
#include "report/json.h"

enum snapshot_means { BY_NOTHING, BY_RDS, BY_COMMAND };

struct snapshot_run {
    struct context *c;
    struct event_sink sink;
    const struct migration_plan *plans;
    size_t n;
    enum snapshot_means means;
    struct str because; /* why one is wanted, or why none is; for people */
    struct target_wish wish;
    struct rds_target target;
    bool found;
    const char *earlier_run; /* whose snapshot is taken up */
    char id[64];
    struct str database;
    bool raised; /* --min-acu */
    bool told;   /* plan says it also when none is taken */
};

/* Tags of every snapshot: tool, version, run, who made it (empty: not told), when it may go, then those of --snapshot-tag. */
void snapshot_tags(struct context *c, const struct rds_target *t, const char *run_id, struct str created_by,
                   struct rds_tags *tags);

/*
 * Decide from settings, target and plans, without asking anybody. ST_REMOTE: one is required and cannot be taken. s->means says what would be
 * done; BY_NOTHING with --min-acu still raises the capacity.
 */
NODISCARD enum status snapshot_run_decide(struct snapshot_run *s, struct context *c, const struct migration_plan *plans,
                                          size_t n, struct error *err);
/* The hook for run_plans(), when there is something to do in it. Events of the wait go to sink. */
struct snapshot_source snapshot_run_source(struct snapshot_run *s, struct event_sink sink);
/* After the run, however it ended: put the capacity back. A failure is told, not returned. */
void snapshot_run_end(struct snapshot_run *s);
/* Nothing is pending: with --min-acu, what a run that was killed had raised is put back. ST_REMOTE: AWS cannot be asked. */
NODISCARD enum status snapshot_run_nothing(struct context *c, struct error *err);
/* What would be done, for plan: "snapshot: …"; nothing when nobody asked for one and there is no place for one. */
void snapshot_run_text(const struct snapshot_run *s, struct strbuf *out);
/* How the snapshot is brought back, for plan; nothing when none is taken. */
void snapshot_run_runbook(const struct snapshot_run *s, struct strbuf *out);
json_t *snapshot_run_json(const struct snapshot_run *s);

#endif
