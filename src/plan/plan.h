/*
 * plan.h - the exact steps that `up` and `down` run.
 *
 * A step is one transaction, one statement outside a transaction, or one batched backfill. Steps come from the judged
 * statements (rules/judge.h), so what lint says, plan shows and up does can never disagree.
 */
#ifndef MIGRATE_PLAN_PLAN_H
#define MIGRATE_PLAN_PLAN_H

#include "rules/judge.h"

enum step_kind { STEP_TRANSACTION, STEP_SINGLE, STEP_BACKFILL, STEP_SHADOW };
const char *step_kind_name(enum step_kind k); /* "transaction", "single", "backfill", "shadow" */

/* What the server says of a backfill before it runs; see exec/preview.h. */
struct batch_preview {
    bool known;                   /* the table is there */
    struct str refused;           /* why it would not begin; empty: it would */
    struct str key;               /* "tenant, id (index orders_pkey)", "ctid" */
    struct str triggers, not_hot; /* names: that fire for each row; indexes for which an UPDATE is not HOT */
    struct str explain;           /* plan of one batch, lines; empty: not asked for */
    bool one_batch, by_ctid;
    int64_t partitions, keys, rows; /* tables with rows; rows of them; rows that the statement changes; -1: unknown */
    int64_t first_batch, batches, wal_bytes, row_bytes, pages, indexes;
    int64_t grows; /* bytes that tables may grow by until VACUUM has been there */
    /* Headroom as in exec/headroom.h; -1: unknown, or none. */
    int64_t replicas, lag_bytes, lag_ms, slots, slot_bytes, slot_limit, disk_free;
    struct str slot;
};

/*
 * What a backfill runs; filled for STEP_BACKFILL. The statement for a range of keys of one table or partition is
 *
 *     before ONLY relation AS alias after WHERE (key range) AND (where) tail
 */
struct batch_spec {
    struct str verb;          /* "UPDATE", "DELETE" or "INSERT" */
    struct str schema, table; /* of the table that is walked, folded, unquoted; schema empty: by the search path */
    struct str alias;         /* of it in the statement; the table's name when none was given */
    struct str before, after, where, tail; /* of the file's text; where empty: no condition */
    struct name_list set;                  /* columns that UPDATE sets */
    struct name_list
        functions;        /* called in WHERE, folded, without schema: the server knows whether they are volatile */
    struct name_list key; /* asked for by the directive; empty: the executor chooses */
    bool only;            /* ONLY was said: children of the table stay as they are */
    bool again;           /* rows that are done do not match any more: it may run twice */
    bool joins;           /* it reads other relations, too */
    bool automatic;       /* no directive asked for it: the table is large */
    bool allow_volatile;  /* the directive vouches for it */
    int64_t batch, rate;  /* rows; 0 = automatic, 0 = unlimited */
    int64_t workers;      /* 0, 1: this run alone */
    int64_t max_bad_rows; /* rows that may fail and are set aside; 0: the first one stops it */
    struct batch_preview *preview; /* NULL: the server was not asked */
};

/* A change of a column's type by a shadow column; filled for STEP_SHADOW. Texts without schema go by the search path. */
struct shadow_spec {
    struct str schema, table, column; /* folded, unquoted */
    struct str type, using;           /* the file's text; using empty: a cast */
    struct str version;               /* of the migration */
    int64_t keep_old_ms;         /* how long the first column is to stay at least; 0: the swap drops it; -1: not said */
    bool down;                   /* what the way up kept fresh is swapped back */
    struct str_list phases;      /* what `up` would do, in words; from exec/shadow.h, when the server was asked */
    struct str refused, way_out; /* why it would not begin, and what to do */
};

struct planned_statement {
    struct str sql;       /* as it is sent, without the semicolon */
    struct str copy_data; /* of COPY … FROM STDIN; p == NULL: none */
    const struct judged_statement *judged;
    unsigned line;
};

VEC_DECLARE(planned_statement_list, struct planned_statement);

struct step {
    unsigned ordinal; /* from 1 within its migration and direction */
    enum step_kind kind;
    enum form_class class; /* the heaviest of its statements: decides timeouts and retries */
    struct planned_statement_list statements;
    struct batch_spec *batch;        /* STEP_BACKFILL */
    struct shadow_spec *shadow;      /* STEP_SHADOW */
    struct relation_lock_list locks; /* strongest per relation over the step */
    int64_t lock_timeout_ms;         /* first rung of the ladder; 0: none (the watcher shows who is waited for) */
    int64_t statement_timeout_ms;    /* 0: none */
    int64_t estimate_ms;             /* -1: unknown */
    struct str built_index_schema,
        built_index; /* CREATE INDEX CONCURRENTLY, REINDEX …: to be checked valid afterwards */
    char sha256[65]; /* of kind and statements: a rerun compares it with what history recorded */
};

VEC_DECLARE(step_list, struct step);

enum analyze_reason { ANALYZE_BACKFILLED, ANALYZE_REWRITTEN, ANALYZE_EXPRESSION };
struct analyze_target {
    struct str schema, name; /* unquoted; schema empty: by the search path */
    enum analyze_reason reason;
};
VEC_DECLARE(analyze_list, struct analyze_target);

struct migration_plan {
    const struct migration *migration;
    bool down;
    uint32_t file; /* its number in the judge's replay, to tell what it made itself; 0: not known. Set by who plans */
    struct judged_part judged;
    struct step_list steps;
    struct analyze_list analyze; /* tables whose statistics are worth less behind it: see analyze.h */
};

/* Fill sha256 from kind and statements (however their lines end). plan_make() does it for its steps. */
void step_hash(struct step *step);

struct plan_options {
    int64_t lock_timeout_ms;           /* first rung for short DDL (200) */
    int64_t data_statement_timeout_ms; /* for statements of CLASS_DATA run whole; 0: none */
    const struct measured *measured;   /* what earlier runs took; NULL: not known */
};

/*
 * Make the steps of a judged part. Errors (ST_USAGE with the place): what cannot run, such as psql commands,
 * transaction control in the file other than a plain BEGIN with its COMMIT, a statement that the server's version does not have, or refuses in a transaction
 * under transaction:true, a backfill that cannot be batched (with the reason and what to write).
 */
NODISCARD enum status plan_make(const struct judged_part *judged, const struct plan_options *options, struct arena *a,
                                struct migration_plan *out, struct error *err);

#endif
