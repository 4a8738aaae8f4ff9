/*
 * fix.h - the safe form of what was found, as edits of the file.
 *
 * While a statement is judged, each finding whose rule says how (`fix` in its rule file) gets a draft: the statements that
 * stand for the statement or for one action of it, in order. Drafts are made of what is known before the statement, so names
 * that have to be invented are those that the server would have chosen. Later some drafts of a part, all or just one, are turned into
 * edits together: actions of one ALTER are put together again, and what cannot run in the transaction that the file or the
 * tool makes is taken out of it.
 *
 * What an edit writes is not judged here: whoever writes files judges the result before (cmd/fix.h).
 */
#ifndef MIGRATE_RULES_FIX_H
#define MIGRATE_RULES_FIX_H

#include "rules/judge.h"

struct fix_draft {
    uint32_t statement;    /* where it begins in the text */
    uint32_t action;       /* of the statement, from 0 */
    bool whole;            /* the steps stand for the whole statement */
    bool apart;            /* they cannot share a transaction, with each other or with others */
    bool unchanged;        /* the statement stays as it is, apart from others */
    bool unblock;          /* it is a BEGIN, and goes with its COMMIT */
    struct str_list steps; /* statements without their semicolon, with the directive that stands before one */
    struct str title;      /* for an editor's menu */
    struct str left;       /* why there is no fix, as the end of a sentence; empty: there is one */
};

struct fix_edit {
    uint32_t start, end; /* bytes of the migration's text, replaced by */
    struct str text;
};
VEC_DECLARE(fix_edit_list, struct fix_edit);

/* One finding whose fix is asked for, and what became of it. */
struct fix_choice {
    const struct finding *finding;
    bool taken;      /* the edits write it */
    bool divides;    /* and divide the transaction that the file makes around it */
    struct str left; /* why they do not; empty and not taken: another fix of the statement comes first */
};

/* What --fix writes for it, in words; empty: it has no fix. Memory from the arena. */
struct str hazard_fix_text(const struct hazard *h, struct arena *a);

struct eval;

/* The draft for a finding of h; NULL when the rule has no fix. Memory from the arena. */
const struct fix_draft *fix_draft(const struct hazard *h, struct eval *e, const struct judged_statement *s,
                                  const struct judged_action *action, struct arena *a);

/*
 * The edits for these findings of the part, in the order of the text, none overlapping another. `options` are those that the part
 * was judged with. Memory, and what is left, from the arena.
 */
void fix_edits(const struct judged_part *part, const struct judge_options *options, struct fix_choice *choices,
               size_t n, struct arena *a, struct fix_edit_list *out);

/* Put the edits of several parts of a file in order; what two of them add alike is added once. */
void fix_edits_settle(struct fix_edit_list *list);

/* The text with the edits made. */
struct str fix_apply(struct str text, const struct fix_edit_list *edits, struct arena *a);

#endif
