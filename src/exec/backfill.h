/*
 * backfill.h - a backfill under way: what its files share.
 *
 *     backfill.c        its course: begin or resume, part after part, further passes, the end
 *     backfill_table.c  what the server knows of the table: partitions, rules, triggers, volatile functions
 *     backfill_open.c   the rows of history that it begins with, one for each part
 *     backfill_check.c  EXPLAIN: does a batch go by its key
 *     backfill_part.c   claiming a part, dividing one, giving it back
 *     backfill_tree.c   tables and partitions that come and go meanwhile
 *     backfill_batch.c  one batch
 *     backfill_stride.c where a batch of integer keys ends
 *     backfill_bad.c    rows that fail: found by halves, set aside
 *     backfill_help.c   further processes on the same backfill
 *     backfill_tell.c   what is told while it runs: how far, how fast, what it waits for
 *     backfill_left.c   how much is left, by the server's estimates
 *     backfill_bounds.c keys as texts
 */
#ifndef MIGRATE_EXEC_BACKFILL_H
#define MIGRATE_EXEC_BACKFILL_H

#include "exec/backfill_key.h"
#include "exec/backfill_left.h"
#include "exec/batch_size.h"
#include "exec/run.h"
#include "exec/throttle.h"

enum { BATCH_STATEMENT_MS = 15000 }; /* where the plan has no other; half of a lease */
enum { BACKFILL_MAX_PASSES = 4, BACKFILL_WORKERS_MAX = 64 };

/* A key's values as texts. */
struct bounds {
    struct str value[KEY_MAX];
    bool set;
};

/* One table or partition that has rows of its own. */
struct backfill_relation {
    struct str name; /* "schema"."table", quoted */
    int64_t rows;    /* the server's estimate; -1: never analysed */
    int64_t pages;
};

struct backfill_table {
    struct backfill_relation *at;
    size_t n;
    int64_t rows; /* of all; -1: unknown of some */
    bool guard;   /* a BEFORE trigger may change what is written, keys too */
    bool
        counted; /* no trigger of its own nor a foreign key to it changes further rows of it: the server's count is the statement's */
};

/* All parts together, as history has them. */
struct backfill_sum {
    int64_t parts, finished, rows, keys, batches, pass_rows, pass, bad_rows, last_part;
    bool by_ctid;
};

/* Keys a second as the clock on the wall sees them, of the last ten seconds or so: with pauses between batches, without standing still. */
struct pace {
    double keys, ms;
    int64_t from_us; /* end of the last batch; 0: there was none, or it stood still since */
};

struct backfill {
    struct run *r;
    struct item *it;
    const struct step *step;
    const struct batch_spec *spec;
    const char *owner; /* the run's id; for a helper with its number behind it */
    bool helper;       /* it neither begins nor ends the backfill */
    int parent;        /* of a helper that was started by a run: its pid, without which it stops; 0 */
    struct backfill_table table;
    struct throttle *throttle;
    struct backfill_sum sum; /* when the part was claimed; the part's own counters go on from there */
    /* the part */
    struct backfill_key key;
    const char *part, *token;
    struct bounds lo, end, next; /* cursor; frozen last key; where the next batch ends, if it was asked for */
    int64_t next_rows;           /* the size that next was asked for with */
    int64_t next_keys; /* how many keys there are up to it, at the most; pages hold more than a small batch by ctid */
    bool next_is_end, finished;
    bool whole;                                      /* few rows by the server's estimate: one batch for all */
    int64_t part_rows, part_keys, batches;           /* done by this process in this part */
    const char *sql_first, *sql_next, *sql_boundary; /* the part's statements, without and with a cursor */
    const char *sql_before, *sql_moved;              /* of a counted table; see backfill_moved_sql() */
    unsigned strides; /* so many batches of an integer key may end by reckoning; see backfill_stride.c */
    struct batch_size size;
    struct pace pace;
    char place[32];    /* of the row of history after the last batch; empty: not known */
    double owed_ms;    /* of sleep between batches: less than is worth sleeping for, or slept too long (below 0) */
    int64_t done_keys; /* by this process */
    struct backfill_left left; /* of all parts, whoever works on them, when left_keys were done by this process */
    int64_t left_keys, left_ms, left_cost_ms;
    struct retry retry;         /* since the last batch that succeeded */
    int64_t suspect;            /* so many keys behind the cursor hold one that fails; 0: none known */
    struct error bad;           /* how it failed */
    int64_t max_bad_rows, rate; /* as the row of history has them by now */
    const char *ordinal;
    char control[16];
    struct arena *a;    /* for the whole backfill */
    struct arena *keep; /* for the part: a few bytes per batch, given back now and then */
    char old_settings[5][64];
    int64_t deadlock_ms; /* deadlock_timeout */
    bool settings, counted;
    bool aborted; /* a control word ended it */
};

/* ---- backfill_bounds.c ---- */
/* Append the values, or version, direction and ordinal (and part, token, owner), to a list of parameters. */
void backfill_add_bounds(struct param *params, size_t *n, const struct backfill *b, const struct bounds *v);
void backfill_add_identity(struct param *params, size_t *n, const struct backfill *b);
void backfill_add_claim(struct param *params, size_t *n, const struct backfill *b);
/* The values as the text of an array, NULL when they are not set. */
const char *backfill_array(const struct backfill *b, const struct bounds *v, struct arena *a);
/* The values in the first row; not set when there is none. */
void backfill_read_bounds(const struct backfill *b, const struct rows *rows, struct arena *a, struct bounds *out);
/* An array of text. False: not of this many values. */
NODISCARD bool backfill_read_array(const struct rows *rows, size_t row, size_t column, size_t n, struct arena *a,
                                   struct bounds *out);
/* Copy them to memory that stays. */
void backfill_keep_bounds(struct backfill *b, struct bounds *to, const struct bounds *from);
/* "id = 5, day = 2026-01-01" */
struct str backfill_describe(const struct backfill *b, const struct bounds *v, struct arena *a);

/* ---- backfill_table.c ---- */
/* Which tables there are to walk. ST_USAGE without place: what cannot be batched, with the way out. */
NODISCARD enum status backfill_table_find(struct session *s, const struct batch_spec *spec, struct arena *a,
                                          struct backfill_table *out, struct error *err);
/* The key of one of them; refused when the statement sets one of its columns. */
NODISCARD enum status backfill_table_key(struct session *s, const struct batch_spec *spec, struct str relation,
                                         struct arena *a, struct backfill_key *out, struct error *err);

/* ---- backfill_check.c ---- */
struct backfill_explain {
    double rows;    /* that the statement touches, by the server's estimate */
    bool by_key;    /* the target is read by an index or by ctid */
    bool seq_other; /* another relation is read whole */
    double cost, other_cost;
    bool aggregate; /* an aggregate stands above the rows of the target */
};
/* EXPLAIN of `sql` with these parameters; alias: of the table that is walked. */
NODISCARD enum status backfill_explain(struct session *s, const char *sql, const struct param *params, size_t n,
                                       const char *alias, struct arena *a, struct backfill_explain *out,
                                       struct error *err);
/* The same as the server prints it. */
NODISCARD enum status backfill_explain_text(struct session *s, const char *sql, const struct param *params, size_t n,
                                            struct arena *a, struct strbuf *text, struct error *err);
/* Will batches of the part's range go by its key, and is all of it few enough rows for one? ST_USAGE: no, with the way out. */
NODISCARD enum status backfill_check(struct backfill *b, struct error *err);

/* ---- backfill_open.c ---- */
NODISCARD enum status backfill_sum(struct backfill *b, struct backfill_sum *out, struct error *err);
/* Choose keys, freeze ends, write the rows of history, one for each part. */
NODISCARD enum status backfill_begin(struct backfill *b, struct error *err);
/* All rows again from the start, with the end as it is now; those of partitions that came for the first time. */
NODISCARD enum status backfill_again(struct backfill *b, const struct str_list *came, struct error *err);

/* ---- backfill_tree.c ---- */
/* Is it a partition that does not exist any more, while its table does? Then its parts are done, which is said. */
NODISCARD enum status backfill_part_gone(struct backfill *b, struct str relation, bool *gone, struct error *err);
/* ST_CONFLICT when another table has the name by now; the second one just tells so. */
NODISCARD enum status backfill_part_other(struct backfill *b, struct str relation, struct error *err);
NODISCARD enum status backfill_other_error(const struct backfill *b, struct str relation, struct error *err);
/*
 * The part's table has another file than when it began: *known when the rows are the same all the same (VACUUM FULL, CLUSTER), or there are none, with
 * which the part is finished. ST_CONFLICT: they are others, or it cannot be told; with the ways out.
 */
NODISCARD enum status backfill_part_rows(struct backfill *b, bool *known, struct error *err);
/* Partitions that came since the backfill began, and are to be gone over or not (again); they are said, and so are those that left. */
NODISCARD enum status backfill_tree(struct backfill *b, bool again, struct str_list *came, struct error *err);

/* ---- backfill_part.c ---- */
/* Take a part that nobody works on. *got is false when there is none. */
NODISCARD enum status backfill_claim(struct backfill *b, bool *got, struct error *err);
/* Divide the largest part of somebody else. *divided is false when none is large enough. */
NODISCARD enum status backfill_divide(struct backfill *b, bool *divided, struct error *err);
/* The fence failed, or the answer to a COMMIT was lost: read the row again. *mine is false when another worker has the part by now. */
NODISCARD enum status backfill_look(struct backfill *b, bool *mine, struct error *err);
void backfill_release(struct backfill *b, const char *reason);
/* Up to n - 1 keys that divide (lo, end] evenly, from a sample of the table's pages; *estimate gets the rows in it (may be NULL). */
NODISCARD enum status backfill_sample(struct backfill *b, const struct bounds *lo, const struct bounds *end, size_t n,
                                      struct bounds *out, size_t *found, int64_t *estimate, struct error *err);

/* ---- backfill_batch.c ---- */
/* One batch, or one attempt at it and what follows from its failure. *mine as in backfill_look(). */
NODISCARD enum status backfill_batch(struct backfill *b, bool *mine, struct error *err);
/* The session's settings for the time of the backfill, and back. */
NODISCARD enum status backfill_settings(struct backfill *b, struct error *err);
void backfill_settings_back(struct backfill *b);

/* ---- backfill_tell.c ---- */
/* The event of progress; reason: what slows it down or holds it, NULL: nothing. Now and then it asks the server how much is left. */
NODISCARD enum status backfill_tell(struct backfill *b, const char *reason, struct error *err);
/* A batch of so many keys has ended just now; it stands still from now on. */
void pace_batch(struct pace *p, int64_t keys);
void pace_stop(struct pace *p);
double pace_rate(const struct pace *p); /* keys a second; 0: not known, or it stands still */
/* Why it makes no headway, into history, which keeps the lease; what the row says by now is heeded. *mine as in backfill_look(). */
NODISCARD enum status backfill_wait(struct backfill *b, const char *reason, bool *mine, struct error *err);

/* ---- backfill_stride.c ---- */
/* The server has found the end of `size` keys behind `from` at `to`: are the keys integers with few gaps between them? */
void backfill_stride_learn(struct backfill *b, const struct bounds *from, const struct bounds *to, int64_t size);
/* Set where the next batch of `size` ends, without asking. False: it has to be asked for. */
bool backfill_stride(struct backfill *b, int64_t size);

/* ---- backfill_bad.c ---- */
/* Is this failure the data's (class 22 or 23)? */
bool backfill_is_bad_data(const struct error *err);
/* A batch of `keys` keys failed so: the next one is smaller, or a single key and set aside. ST_OK: go on. */
NODISCARD enum status backfill_bad(struct backfill *b, int64_t keys, struct error *err);

/* ---- backfill.c ---- */
/* Work on parts until none is left that nobody else has; a helper's share. */
NODISCARD enum status backfill_work(struct backfill *b, struct error *err);
void backfill_init(struct backfill *b, struct run *r, struct item *it, const struct step *step, struct arena *a,
                   struct arena *keep);
/* A backfill that is a phase of another step: begun or taken up, run to its end; *rows are those of all runs; *aborted: its control word ended
 * it. */
NODISCARD enum status backfill_inner(struct run *r, struct item *it, const struct step *step, int64_t *rows,
                                     bool *aborted, struct error *err);

/* ---- backfill_help.c ---- */
struct helpers {
    int pid[BACKFILL_WORKERS_MAX];
    size_t n;
};
/* Start n further processes. Fewer, or none, is no failure: the work is done all the same. */
void backfill_help(struct backfill *b, size_t n, struct helpers *h);
void backfill_help_end(struct helpers *h);

#endif
