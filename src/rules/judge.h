/*
 * judge.h - the walk over migrations: statements, forms, effects, transactions, findings, and the model they leave
 * behind.
 *
 * Lint, explain, plan and up all use this one walk, so that they can never disagree. A judge is fed migrations in
 * order; each is
 * judged (or only replayed, for the state it leaves) on top of the catalog as the earlier ones left it.
 */
#ifndef MIGRATE_RULES_JUDGE_H
#define MIGRATE_RULES_JUDGE_H

#include "migration/migration.h"
#include "rules/effects.h"
#include "rules/estimate.h"

/* What a project says of a rule. */
struct rule_severity {
    struct str rule; /* the id of a hazard, or of a rule of the program itself */
    bool off;        /* it is not looked for, also not with all_rules */
    enum severity severity;
};

struct judge_options {
    int server_version;          /* major: 13 … 18; the default is JUDGE_DEFAULT_VERSION */
    int64_t small_rows;          /* a table of at most so many rows is small */
    int64_t small_bytes;         /* and of at most so many bytes */
    int64_t batch_rows;          /* plain DML on a table of more rows runs in batches by itself; 0: never */
    bool all_rules;              /* also those off by default */
    enum platform platform;      /* rules about what that service refuses */
    const struct runner *runner; /* transactions as this tool sends the file; NULL: as this program does */
    bool idle; /* nobody but the replayed statements writes rows: a table of an earlier file is empty unless they
                                loaded it (explain --after). Otherwise only a table of the same file is. */
    const struct rule_severity *severities; /* sorted by the bytes of .rule, each at most once; outlives the judge */
    size_t n_severities;
    struct measured measured;  /* what earlier runs took; all 0: not known */
    struct str history_schema; /* where the history of migrations is kept; empty: migrate */
    bool no_fingerprints;      /* nobody will print them: findings have none */
    bool findings_only; /* nobody will look at the statements: a part keeps no more of them than its findings need */
    bool fixes;         /* findings get their fix; it is put together from the statements, so not with findings_only */
};
enum { JUDGE_DEFAULT_VERSION = 15, JUDGE_MIN_VERSION = 13, JUDGE_MAX_VERSION = 18 };
enum { JUDGE_BATCH_ROWS = 100000 }; /* what commands set .batch_rows to, unless told otherwise */
enum { JUDGE_SMALL_ROWS = 10000, JUDGE_SMALL_BYTES = 16 * 1024 * 1024 }; /* defaults; options that are 0 take them */

/* One action of a statement, judged. */
struct judged_action {
    struct classified what;
    struct effects effects;
};

/* How a statement runs, as this tool runs it. */
enum statement_kind {
    STATEMENT_SQL,
    STATEMENT_PSQL,        /* a backslash command: cannot run */
    STATEMENT_TRANSACTION, /* BEGIN, COMMIT …: the file's own transaction control */
    STATEMENT_UNREADABLE,  /* broken tokens or a placeholder at a place that decides */
};

struct judged_statement {
    struct statement st; /* tokens live in the judged part's arena */
    struct str source;   /* its text, without the semicolon */
    enum statement_kind kind;
    struct shape_list shapes;
    struct judged_action *actions; /* one per shape */
    size_t n_actions;
    struct effects effects;           /* of all actions together: strongest lock per relation, unions of the rest */
    uint32_t transaction;             /* statements of one part with the same number share a transaction; from 1 */
    bool alone;                       /* runs outside a transaction block */
    bool backfill;                    /* it runs in batches: the directive asks for it, or the table is large */
    bool shadow;                      /* a column's type is to be changed by a shadow column (directive) */
    struct str shadow_refused;        /* why that cannot be, as far as the catalog knows; empty: nothing is known */
    struct directive_list directives; /* from the comments right before it */
    unsigned line, column;            /* of its first token */
    bool inner;                       /* it stands in the body of a DO block: judged, and no statement of the part */
    struct str unread;                /* of a DO block: what of its body is not judged; empty: all of it is */
};

struct finding {
    const struct hazard *hazard; /* NULL: a problem of the file itself; then rule holds its id */
    struct str rule;
    enum severity severity;
    struct str file;
    uint32_t start, end; /* bytes to underline */
    unsigned line, column, end_line, end_column;
    struct str message;  /* the title with its captures filled in */
    struct str remark;   /* what stands behind the caret */
    int64_t estimate_ms; /* of the work once the locks are there; 0: there is none, or it is not known */
    struct str instead;  /* empty: none */
    struct str note;     /* what would settle an unknown; empty: nothing is unknown */
    struct relation_lock_list locks;
    struct str statement;     /* source */
    unsigned more;            /* further actions of the statement that the same was found of */
    bool down;                /* of the down part; the message says so */
    bool suppressed;          /* by an allow directive */
    bool baselined;           /* it is suppressed, by the baseline file */
    struct str suppressed_by; /* "migrate", "baseline" or another tool's name */
    struct str reason;
    const struct fix_draft *fix; /* its safe form (fix.h); NULL: its rule has none, or nobody asked */
    char fingerprint[33];        /* stable: rule, file's base name, canonical statement, occurrence */
};

VEC_DECLARE(judged_statement_list, struct judged_statement);
VEC_DECLARE(finding_list, struct finding);

/* That a statement of a form that some rule asks the rest of the file for was there, and what it was about. */
struct statement_trace {
    const struct form *form;
    uint32_t start;
    struct relation_list locked;
};

struct judged_part {
    const struct migration *migration;
    bool down;
    uint32_t undoes; /* of a down part: the number of the file with the up part, if that was the last; 0: not known */
    bool finished;   /* the file was told of before: its second part, or what judge_finish() adds */
    struct judged_statement_list statements; /* with findings_only those that have directives */
    size_t n_statements;
    const struct judged_statement *before; /* while it is judged: the statement before the one in hand; NULL: none */
    VEC(struct statement_trace) traces;
    struct finding_list findings; /* ordered by place, then severity (worst first), then rule */
    unsigned unreadable;          /* statements that could not be read, unknown forms included */
    unsigned unknown_forms;
};

VEC_DECLARE(judged_part_list, struct judged_part);

struct judge {
    const struct rulebook *book;
    struct judge_options options;
    struct catalog *catalog;
    struct arena *scratch;
    struct arena *recent;                     /* two: of the statement in hand, and of the one before it */
    uint32_t files, transactions, statements; /* counted so far: origins in the catalog */
    struct history *history;                  /* what only the end of all files settles */
    uint32_t undoes;                          /* see judge_save() */
    struct lock_orders *orders;               /* in which order transactions locked their tables */
};

void judge_init(struct judge *j, const struct rulebook *book, const struct judge_options *options,
                struct catalog *catalog);
void judge_free(struct judge *j);

/*
 * Judge the up (or down) part of m and apply it to the catalog. Memory of *out from the arena; m and its text
 * must outlive it.
 */
NODISCARD enum status judge_part(struct judge *j, const struct migration *m, bool down, struct arena *a,
                                 struct judged_part *out, struct error *err);
/* Only apply the up part to the catalog: for migrations that are not judged themselves. */
void judge_replay(struct judge *j, const struct migration *m);
/*
 * A down part is judged on what the up part leaves, and leaves nothing to the next file: judge_save(), judge_part(), tell of it, judge_restore(),
 * which takes the catalog back to what it was. All the catalog's memory is to be its arena's. `undoes`: the file judged or replayed last is the one
 * that the part undoes.
 */
struct judge_saved;
struct judge_saved *judge_save(struct judge *j, bool undoes);
void judge_restore(struct judge *j, struct judge_saved *saved);

/*
 * After the last migration: the findings that only the whole history settles, as parts with no statements, one for each
 * file that has any, in order. Memory is the judge's, but for the list itself.
 */
void judge_finish(struct judge *j, struct arena *a, struct judged_part_list *out);

#endif
