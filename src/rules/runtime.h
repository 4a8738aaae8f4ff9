/*
 * runtime.h - what a rulebook makes while it is used: compiled patterns, read expressions, candidates by first key
 * words.
 *
 * All of it is made when first needed and kept for the life of the book.
 */
#ifndef MIGRATE_RULES_RUNTIME_H
#define MIGRATE_RULES_RUNTIME_H

#include "rules/expr.h"
#include "rules/rulebook.h"

enum match { MATCH_NO, MATCH_YES, MATCH_LIMIT };

struct group {
    uint32_t start, end; /* equal: took no part */
};

/* One pattern that a statement with certain first key words may match. */
struct candidate {
    uint64_t needs[2], either[2]; /* the pattern's */
    const struct form *form;
    const struct pattern *pattern;
};

struct candidates {
    const struct candidate *at;
    size_t n;
};

/* A hazard with its texts read. */
struct ready_hazard {
    const struct hazard *hazard;
    const struct expr *when, *unless; /* NULL: it has none */
};

VEC_DECLARE(hazard_list, struct ready_hazard);

/* An effect of a form with its texts read. */
struct ready_effect {
    const struct term *on;
    const struct expr *when; /* NULL: always */
    bool each;               /* `when` is about $each */
    unsigned needs;          /* what `on` needs to find something: of enum fact */
};

struct rulebook_runtime *runtime_new(void);
void runtime_free(struct rulebook_runtime *rt);
/* Forget candidates and hazards by form: forms or hazards were added. */
void runtime_forget(struct rulebook_runtime *rt);
/* Memory that lives as long as the book. */
struct arena *runtime_arena(struct rulebook_runtime *rt);

/*
 * Match the whole subject. groups[i] are the captures' places, as many as the pattern has. cut: the subject is only
 * the beginning of a longer
 * text. Bounded in steps, heap and stack: when a bound is reached, the pattern cannot be compiled, or the match of a
 * cut subject
 * rests on its end, the answer is MATCH_LIMIT.
 */
enum match runtime_match(struct rulebook_runtime *rt, const struct pattern *pattern, struct str subject, bool cut,
                         struct group groups[FORM_MAX_CAPTURES]);

/* The patterns, in the order of the book, whose first key words are these (KW_NONE: none). */
struct candidates runtime_candidates(const struct rulebook *book, enum keyword first, enum keyword second);

/* The hazards that watch a form (NULL: a statement of no form), in the order of the book. */
const struct hazard_list *runtime_hazards(const struct rulebook *book, const struct form *form);

/* Does some rule ask whether the file has statements of this form? */
bool runtime_asks_for(const struct rulebook *book, const struct form *form);

/* The effects of a form, as many as it has and in its order. */
const struct ready_effect *runtime_effects(struct rulebook_runtime *rt, const struct form *form);

/*
 * The expression in a rule's text, or the terms of a selector; text comes from the book and was checked when it
 * was loaded.
 */
const struct expr *runtime_expr(struct rulebook_runtime *rt, struct str text);
const struct term *runtime_term(struct rulebook_runtime *rt, struct str text);

#endif
