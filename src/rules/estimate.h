/*
 * estimate.h - how long work on a table takes, from its size: an order of magnitude, always told as "about".
 *
 * The model: reading costs by bytes, everything else by rows, and a rewrite writes its bytes, too.
 *
 *     scan, validation     bytes / 400 kB per ms  +  rows / 2,000 per ms
 *     rewrite              scan  +  bytes / 100 kB per ms  +  rows / 1,000 per ms
 *     index build          bytes / 400 kB per ms  +  rows / 500 per ms
 *     batched update       rows / 10 per ms
 *
 * Measured on PostgreSQL 15 with its default settings (two cores, everything in memory, busy with other work), a table of 2 million rows
 * and 391 MB: validating a CHECK 0.2 s, a foreign key 0.9 s; rewriting it 2.1 s (bigint) to 3.2 s (random()); a btree on int
 * 1.3 s, on a text of 32 characters 3.5 s; updating 100,000 rows in ranges of 5,000 with two indexes 1.2 s. The constants
 * are those of the slowest of each kind, rounded down, reading and writing as of a network disk, and batches at an eighth of
 * their speed, for what commits, pauses and replicas cost.
 *
 * Earlier runs correct it: where the history knows how long work of a kind really took (struct measured), what the model says of
 * such work is multiplied by took / modelled, at most by 20 and at least by 1 / 20, once the model's sum of them passes a second.
 */
#ifndef MIGRATE_RULES_ESTIMATE_H
#define MIGRATE_RULES_ESTIMATE_H

#include "rules/effects.h"

enum work_kind { WORK_SCAN, WORK_REWRITE, WORK_BUILD, WORK_UPDATE, WORKS };

/* What earlier runs took, by kind of work, and what the model says of them by the sizes that tables have now. All 0: nothing is known. */
struct measured {
    int64_t modelled_ms[WORKS], took_ms[WORKS];
};
/* One run more. */
void measured_add(struct measured *m, enum work_kind work, int64_t modelled_ms, int64_t took_ms);
/* What the model says, corrected; -1 stays. m may be NULL. */
int64_t measured_correct(const struct measured *m, enum work_kind work, int64_t ms);
/* As settings of a catalog file: "measured.scan" is "MODELLED TOOK". False: it is none of them. */
struct str measured_setting(const struct measured *m, enum work_kind work, struct arena *a, const char **name);
bool measured_read(struct measured *m, struct str name, struct str value);

/*
 * Milliseconds for this work on so many rows and bytes (without indexes). -1 for one of them: unknown, then rows are taken to have 100 bytes;
 * both unknown: -1.
 */
int64_t estimate_work(enum work_kind work, int64_t rows, int64_t bytes);
/*
 * Milliseconds for the scans, rewrites and index builds of a statement, once it has its locks. 0: it does none of these, or on
 * empty tables; -1: the size of a table that matters is unknown.
 */
int64_t estimate_effects(const struct effects *effects, const struct measured *measured);
/* What the model says of a statement, and the kind of most of its work. -1: it does none, or sizes are unknown. */
int64_t estimate_single(const struct effects *effects, enum work_kind *work);

#endif
