/*
 * judge_walk.h - the judge's walk over one part: what the files judge.c (statements and parts), judge_body.c and
 * judge_replay.c share. Nobody else needs it.
 */
#ifndef MIGRATE_RULES_JUDGE_WALK_H
#define MIGRATE_RULES_JUDGE_WALK_H

#include "migration/place.h"
#include "rules/finding.h"
#include "rules/judge.h"
#include "rules/runner.h"
#include "rules/session.h"
#include "rules/suppress.h"
#include "rules/transaction.h"

enum { MAX_BODY_DEPTH = 4 }; /* DO within DO: as far as that it is read */

struct walk {
    struct judge *j;
    const struct migration *m;
    struct str text; /* m->text; in a body, what body_read() made of it */
    struct str copy; /* of body_read() */
    unsigned depth;  /* of bodies in bodies */
    const struct migration_part *part;
    struct arena *a;         /* of the part: findings, and what they need */
    struct arena *statement; /* of the statement in hand; with findings_only one of the judge's two */
    struct judged_part *out;
    struct line_map lines;
    struct sending sending;
    struct transaction tx;
    struct session session;
    struct suppression suppression;
    struct judged_statement_list inner; /* those in bodies that have directives: place, source and directives only */
    enum status status;                 /* of the directives in bodies */
    struct finding_context findings;
    struct eval_memo *memo; /* of the statement's only action, in the scratch arena; NULL: none */
    struct error *err;
};

/* BEGIN, COMMIT, SAVEPOINT and their like, PREPARE TRANSACTION included. */
bool walk_is_control(const struct statement *st);
/*
 * Keep the statement in the part, or only in w->statement when it stands in a body or nobody looks at statements: its
 * tokens are the splitter's only until the next.
 */
struct judged_statement *walk_add(struct walk *w, const struct statement *st);
/* Fill in what it is: kind, actions, effects. Where it runs is not known yet. */
void walk_read(struct walk *w, struct judged_statement *s);
/* Judge it in the transaction where it was placed, with the body it has, and apply it to the catalog. */
void walk_judge(struct walk *w, struct judged_statement *s);

/*
 * Judge the statements in the body of a DO block, one after the other as they stand there. What they lock is entered in
 * the block's effects, and what cannot be read in block->unread. Errors of directives among them are left in w->status
 * and w->err.
 */
void walk_body(struct walk *w, struct judged_statement *block);

#endif
