/*
 * transaction.h - which statements share a transaction, and what a transaction holds.
 *
 * Grouping under transaction:auto, kept as atomic as safety allows: short catalog changes go together, and with rows
 * written to tables that the
 * same file makes; rows written to older tables go together with each other, but not under a lock that keeps readers
 * or writers of an
 * older table waiting; whatever is long, online, refused in a transaction, run in batches or not understood stands
 * alone.
 */
#ifndef MIGRATE_RULES_TRANSACTION_H
#define MIGRATE_RULES_TRANSACTION_H

#include "rules/judge.h"
#include "rules/runner.h"

struct held_lock {
    struct relation *relation;
    enum lock_mode mode;
    uint32_t statement; /* the statement (of the whole replay) that took it in that mode */
    uint32_t first;     /* the one that took it at all */
    unsigned line;      /* where the former stands */
};

struct savepoint {
    struct str name;
    uint32_t statement;
};

struct transaction {
    enum tx_mode mode;
    bool explicit_block; /* between the file's own BEGIN and COMMIT */
    bool shared;         /* in a block: an explicit one, or that of transaction:true */
    uint32_t number;     /* of the part; 0: none yet */
    uint32_t origin;     /* number of the whole replay */
    unsigned statements; /* so far in it */
    bool data;           /* rows of a table that the file did not make were written */
    bool strong;         /* readers or writers of such a table wait for it */
    bool closed;         /* nothing may join */
    VEC(struct held_lock) held;
    VEC(struct savepoint) savepoints;
    VEC(struct str) labels;           /* enum labels added in it, as written in quotes */
    const struct sending *sent;       /* as another tool sends the part; NULL: as this one does */
    const struct sent_string *string; /* the string of several statements that the last one was part of */
    bool wrapped;                     /* the tool's own BEGIN is in force */
    struct arena *a;
};

void transaction_init(struct transaction *tx, enum tx_mode mode, struct arena *a);
/* The same for a part that another tool sends; *sent must live as long. */
void transaction_init_sent(struct transaction *tx, const struct sending *sent, struct arena *a);

/*
 * Give the statement its transaction number and `alone`, opening a new transaction where it cannot join. `file` is
 * the number of the file in
 * the replay; *replay_transactions counts the transactions of the whole replay.
 */
void transaction_place(struct transaction *tx, struct judged_statement *s, uint32_t file,
                       uint32_t *replay_transactions);
/* Enter what the statement leaves behind in its transaction, after it was judged. */
void transaction_enter(struct transaction *tx, const struct judged_statement *s, struct str text, uint32_t file,
                       uint32_t statement);

/*
 * Say in the findings of a statement, from the list's `first` on, what the other tool's way of sending it adds: since which
 * line which lock is held while it works, and how it is run outside a transaction.
 */
void runner_remarks(const struct transaction *tx, const struct judged_statement *s, uint32_t file, struct arena *a,
                    struct finding_list *list, size_t first);

/* The strongest mode this transaction holds on the relation; LOCK_NONE: none. */
enum lock_mode transaction_holds(const struct transaction *tx, const struct relation *r);
/* Is the table new enough for nobody to wait for it: made in this file of the replay? */
bool relation_is_new(const struct relation *r, uint32_t file);

#endif
