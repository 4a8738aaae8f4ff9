/*
 * expr.h - expressions of rules: and, or, not, predicates, comparisons; answers are yes, no or unknown.
 *
 *     new($table) and not holds(partitions($table)) or server >= 12
 *
 * `not` binds closer than `and`, `and` closer than `or`. `surely X` is X, but no where X is unknown; it binds as
 * `not` does. Predicates and selectors come from the tables in
 * predicate.c and selector.c; their
 * arguments are checked when an expression is read, so that a rule that is loaded can be evaluated.
 */
#ifndef MIGRATE_RULES_EXPR_H
#define MIGRATE_RULES_EXPR_H

#include "base/arena.h"
#include "base/error.h"
#include "base/tri.h"

struct predicate;
struct selector;
struct eval;

enum { CALL_MAX_ARGUMENTS = 4 };

/* An argument: a capture, relations chosen by a selector, a word or a number. */
struct term {
    enum term_kind { TERM_CAPTURE, TERM_SELECTOR, TERM_WORD, TERM_NUMBER } kind;
    struct str text; /* the capture's name without $, the word */
    int64_t number;
    const struct selector *selector; /* TERM_SELECTOR, with its own arguments */
    const struct term *arguments[CALL_MAX_ARGUMENTS];
    unsigned n_arguments;
};

enum expr_kind { EXPR_YES, EXPR_NO, EXPR_AND, EXPR_OR, EXPR_NOT, EXPR_SURELY, EXPR_CALL, EXPR_COMPARE };
enum comparison { CMP_LT, CMP_LE, CMP_EQ, CMP_NE, CMP_GE, CMP_GT };

struct expr {
    enum expr_kind kind;
    const struct expr *left, *right;   /* AND, OR; NOT and SURELY have left */
    const struct predicate *predicate; /* CALL, COMPARE */
    const struct term *arguments[CALL_MAX_ARGUMENTS];
    unsigned n_arguments;
    enum comparison comparison;
    int64_t number;
};

/* Called for each capture that is used, with its offset in the text. */
typedef void expr_capture_fn(void *context, struct str name, size_t at);

/*
 * Read an expression. Errors: ST_USAGE with a message, and in *at the byte offset it is about. Memory from the
 * arena; texts are views.
 * on_capture may be NULL.
 */
NODISCARD enum status expr_parse(struct str text, struct arena *a, expr_capture_fn *on_capture, void *context,
                                 const struct expr **out, size_t *at, struct error *err);
/* Read a selector alone: "$table", "partitions($table)". */
NODISCARD enum status term_parse(struct str text, struct arena *a, expr_capture_fn *on_capture, void *context,
                                 const struct term **out, size_t *at, struct error *err);

/* Evaluate; e->unknown_of is set when the answer is unknown (see facts.h). */
enum tri expr_eval(struct eval *e, const struct expr *expr);

#endif
