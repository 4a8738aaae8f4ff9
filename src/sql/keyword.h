/*
 * keyword.h - the key words of PostgreSQL 13 to 18, all in one enum.
 *
 * A word is a key word here when any of these versions knows it; its category is that of the newest version that has it
 * (only JSON ever changed: unreserved in 16, a column name's word from 17 on).
 *
 * Source: pg_get_keywords() of servers 13 to 18, kept in keywords.txt; tools/keywords makes keyword_list.h and
 * keyword_hash.h from it.
 */
#ifndef MIGRATE_SQL_KEYWORD_H
#define MIGRATE_SQL_KEYWORD_H

#include "base/str.h"

enum keyword {
    KW_NONE, /* any other word; the key word NONE itself is KW_NONE_WORD */
#define KEYWORD(name, text, category) KW_##name,
#include "sql/keyword_list.h"
#undef KEYWORD
    KW_COUNT
};

enum keyword_category {
    KW_UNRESERVED,     /* may name anything */
    KW_COL_NAME,       /* may name a column, not a function or type */
    KW_TYPE_FUNC_NAME, /* may name a function or type, not a column */
    KW_RESERVED,       /* never a name unless quoted */
};

/*
 * The key word that these bytes spell in any mixture of cases, or KW_NONE. Allocation-free and constant time: one
 * perfect hash and one comparison.
 */
enum keyword keyword_find(struct str word);

/* In upper case; empty for KW_NONE. Static. */
struct str keyword_text(enum keyword kw);

/* KW_UNRESERVED for KW_NONE. */
enum keyword_category keyword_category(enum keyword kw);

#endif
