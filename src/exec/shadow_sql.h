/*
 * shadow_sql.h - the questions to the catalog that a shadow change is made of.
 *
 *     shadow_facts.c       the column; what hangs on it; what stands in the way
 *     shadow_build.c       the phases before the swap
 *     shadow_swap.c        the swap, and what takes a change back that was not swapped
 *
 * They run with an empty search path: names without a schema are the server's own, and all names that it puts out have theirs.
 *
 * Names in them: T the table (R one of it and its partitions); c the column, N and O what the second column is called before the swap and the
 * first one behind it. In a way back N is the column that was kept, and O what goes.
 */
#ifndef MIGRATE_EXEC_SHADOW_SQL_H
#define MIGRATE_EXEC_SHADOW_SQL_H

/*
 * Parameters of all but shadow_column_sql. The expressions are SQL: of a row, of a row in a trigger (NEW), when the trigger of UPDATE fires, what
 * keeps the first column behind the swap (NULL: nothing does).
 */
enum shadow_param {
    SHADOW_TABLE,  /* oid */
    SHADOW_COLUMN, /* its number */
    SHADOW_TYPE,   /* as the file has it, with COLLATE */
    SHADOW_ROW,
    SHADOW_IN_TRIGGER,
    SHADOW_WHEN,
    SHADOW_BACK,
    SHADOW_MODE, /* "begin"; "on": the second column is there; "back": the first one of an earlier change is, and fresh */
    SHADOW_KEEP_MS,  /* how long the first column is to stay at least; -1: not said; NULL: the swap drops it */
    SHADOW_VERSION,  /* of the migration */
    SHADOW_TYPE_OID, /* of the new type */
    SHADOW_DOWN,     /* bool: what an earlier change of this migration left may go */
    SHADOW_EQUAL,    /* bool: the new type has an equality */
    SHADOW_PARAMS
};

/* What is made beside a thing of this name; a long one must keep its end apart from others'. */
#define BESIDE(name, end) \
    " quote_ident(CASE WHEN octet_length(" name ") <= 50 THEN " name "::text ELSE 'm' || md5(" name ") END || " end ")"

/* What the questions begin with: WITH RECURSIVE …; then what follows. Each in pieces (C99 wants strings short), NULL behind the last. */
extern const char *const shadow_heads_sql[];
/* What the heads end with: publications with a list of columns or a condition, which there are from version 15 on. */
extern const char shadow_publications_sql[], shadow_no_publications_sql[];
/* $1 relation, $2 column -> see read_texts() */
extern const char *const shadow_column_sql[];
/* $1 type, $2 modifier -> its text, whether it has an equality */
extern const char *const shadow_type_sql[];
/* -> one row for each thing that stands in the way, and its way out (NULL: the usual one) */
extern const char *const shadow_obstacles_sql[];
/* -> phase, place in it, kind, title, statement, whether c in it (behind its first parenthesis) stands for N */
extern const char *const shadow_build_sql[], *const shadow_swap_sql[];
/* -> statements that take the second column away, in order */
extern const char *const shadow_undo_sql[];

#endif
