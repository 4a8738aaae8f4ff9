/*
 * effects.h - which form a statement is, and what it does on a server of one version, given what is known of the
 * catalog.
 */
#ifndef MIGRATE_RULES_EFFECTS_H
#define MIGRATE_RULES_EFFECTS_H

#include "base/tri.h"
#include "catalog/model.h"
#include "rules/rulebook.h"
#include "sql/shape.h"

struct capture {
    struct str name;           /* of the pattern: "table" */
    uint32_t start, end;       /* in the shape's text; start == end: did not take part */
    struct relation *relation; /* what it names, once that was asked for while the statement was judged */
};

/* A statement's action as one form. */
struct classified {
    const struct form *form; /* NULL: a statement that no form covers ("unknown form") */
    const struct shape *shape;
    const struct statement *statement;
    struct str text; /* what the statement was split from */
    struct capture captures[FORM_MAX_CAPTURES];
    unsigned n_captures;
    uint64_t words[2]; /* key words of the shape, as bits; see keyword_bit_set() */
    bool limit_hit;    /* a match limit was reached: could not tell */
};

struct relation_lock {
    struct relation *relation;
    enum lock_mode mode;
    bool certain;            /* false: its condition was unknown */
    struct str schema, name; /* what it was called before the statement, which may rename it */
};

struct relation_effect {
    struct relation *relation;
    bool certain;
    struct str schema, name;
};

VEC_DECLARE(relation_lock_list, struct relation_lock);
VEC_DECLARE(relation_effect_list, struct relation_effect);

enum known { KNOWN_NO, KNOWN_PARTLY, KNOWN_YES };

struct effects {
    enum tri supported;              /* by that server version */
    enum tri in_transaction;         /* may run in a transaction block */
    struct relation_lock_list locks; /* one per relation, the strongest; the statement's own target first */
    struct relation_effect_list rewrite, scan, build;
    bool builds_new; /* it builds indexes that it makes itself: effects_complete() adds them to build */
    bool builds_new_certain;
    enum form_class class;
    enum known known; /* NO: unknown form; PARTLY: a condition was unknown (the worst is assumed, certain == false) */
};

/*
 * The first form of the book that matches and whose `when` does not say no. Never fails: see form == NULL and
 * limit_hit. With limit_hit a form
 * before the one found might have matched too.
 */
void classify(const struct rulebook *book, struct catalog *catalog, int server_version, struct str text,
              const struct statement *st, const struct shape *shape, struct classified *out);

/* May the statement have this key word? No is certain. Of one with several actions it always may. */
bool classified_may_say(const struct classified *c, enum keyword kw);

/* The effects before the statement is applied to the catalog; memory from the arena. */
void effects_of(const struct rulebook *book, const struct classified *c, struct catalog *catalog, int server_version,
                struct arena *a, struct effects *out);

/*
 * Once the statement was applied to the catalog: add the indexes that it made and built to effects->build. `at` is
 * where it stands in the
 * replay.
 */
void effects_complete(struct effects *effects, const struct catalog *catalog, struct origin at, struct arena *a);

/*
 * Join the effects of one action into those of the whole statement: the strongest lock per relation, the worst of
 * the rest.
 */
void effects_merge(struct effects *into, const struct effects *action, struct arena *a);

/*
 * Does it scan, rewrite or build on a table for certain or perhaps, but for tables made in this file of the
 * replay (0: no exception)?
 */
bool effects_long(const struct effects *e, uint32_t file);

/* The relation a capture names (entered as mentioned if new), or NULL when the capture took no part. */
struct relation *capture_relation(const struct classified *c, struct catalog *catalog, const char *name);
/* The source text a capture stands for ("" when it took no part). */
struct str capture_text(const struct classified *c, const char *name);

#endif
