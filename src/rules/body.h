/*
 * body.h - the SQL in the body of a DO block, as far as it stands there in full.
 *
 * PL/pgSQL hands statements of SQL to the server as they are written, so they can be read without running anything:
 * INSERT, ALTER and the like wherever a statement may begin, PERFORM, the query of a FOR loop, and EXECUTE of constant
 * text ('…', constants joined by ||, format('…') without arguments). Which of them run is for the data to decide;
 * here all count. What is put together at run time is named as not read.
 * Source: PostgreSQL manual, "PL/pgSQL", and src/pl/plpgsql/src/pl_gram.y for where statements begin and end.
 */
#ifndef MIGRATE_RULES_BODY_H
#define MIGRATE_RULES_BODY_H

#include "base/vec.h"
#include "sql/split.h"

enum body_kind {
    BODY_SQL,      /* statements of SQL, to be split as any others */
    BODY_COMMITS,  /* COMMIT or ROLLBACK of PL/pgSQL: what was locked is free again */
    BODY_EXECUTE,  /* EXECUTE of a text that is made at run time */
    BODY_LANGUAGE, /* a program in another language than PL/pgSQL */
    BODY_BROKEN,   /* what is no PL/pgSQL */
};

struct body_piece {
    enum body_kind kind;
    uint32_t start, end;                   /* in body.text */
    uint32_t comments_start, comments_end; /* what stands right before the statement of PL/pgSQL that it belongs to */
};

struct body {
    /*
     * What the pieces are places in: the text that the DO block stands in, or as long a copy of it in which some bytes are
     * written as the server reads them. Strings are without their doubled quotes (blanks behind them make up for it, line
     * by line), PERFORM is SELECT, and the variables of INTO are gone. Places and lines in the copy are those of the text.
     */
    struct str text;
    VEC(struct body_piece) pieces; /* in order */
};

/* Is it a DO block? */
bool body_is_in(const struct statement *st);
/*
 * Read the body of the DO block. *copy is the changed copy of the text, kept from one block of a text to the next
 * (empty: none was needed so far); memory is the arena's. Time and memory are linear in the block, but for the copy.
 */
void body_read(struct str text, const struct statement *st, struct arena *a, struct str *copy, struct body *out);

#endif
