/*
 * formula.h - conditions as the server's prover of partition bounds takes them apart: AND, OR, comparisons with
 * constants, IS NULL.
 *
 * Source: predtest.c of the server (predicate_implied_by() in its weak sense: a CHECK holds where its condition is
 * not false) and canonicalize_qual(); measured: ATTACH PARTITION on servers 13 to 18.
 */
#ifndef MIGRATE_RULES_FORMULA_H
#define MIGRATE_RULES_FORMULA_H

#include "base/tri.h"
#include "base/vec.h"
#include "catalog/expression.h"

enum comparing { IS_LESS, IS_AT_MOST, IS_EQUAL, IS_AT_LEAST, IS_GREATER, IS_OTHER };

struct formula {
    enum { FORMULA_AND, FORMULA_OR, FORMULA_COMPARE, FORMULA_NULL, FORMULA_NOT_NULL, FORMULA_TEXT } kind;
    VEC(struct formula *) parts; /* AND, OR; without any: true, false */
    struct str operand;          /* COMPARE, NULL, NOT_NULL: the column or expression, canonical */
    enum comparing op;
    struct str value; /* COMPARE: a constant without its casts */
    struct str text;  /* TEXT: what is not understood */
};

/* A canonical expression (expression.h); NOT is pushed down to comparisons. `negated` gives its negation. */
struct formula *formula_read(struct arena *a, struct str canonical, bool negated);
struct formula *formula_join(struct arena *a, bool all, struct formula *x, struct formula *y); /* AND or OR */
struct formula *formula_compare(struct arena *a, struct str operand, enum comparing op, struct str value);
struct formula *formula_null(struct arena *a, struct str operand, bool is_null);
struct formula *formula_not(struct arena *a, const struct formula *f);

/* Wherever x is not false, y is not false either. UNKNOWN: constants that cannot be compared here stand in the way. */
enum tri formula_implies(const struct formula *x, const struct formula *y);

/* The constant without casts and type names: DATE '2026-01-01', '2026-01-01'::date, - 5. Empty: it is none. */
struct str constant_read(struct arena *a, struct str text, const struct statement *st, size_t first, size_t last);
/* Less than 0, 0, more than 0 as a is to b; false: nobody can tell without knowing the type. */
bool constants_compare(struct str a, struct str b, int *order);

#endif
