/*
 * synopsis_tree.h - a synopsis as it was read; shared by its reader (synopsis.c) and its writer (synopsis_regex.c).
 */
#ifndef MIGRATE_RULES_SYNOPSIS_TREE_H
#define MIGRATE_RULES_SYNOPSIS_TREE_H

#include "rules/synopsis.h"

enum item_kind {
    ITEM_WORD,     /* UPPER: that key word */
    ITEM_NOT,      /* !UPPER */
    ITEM_LITERAL,  /* a token that stands for itself: , = ; lower_case 42 */
    ITEM_STRING,   /* ' */
    ITEM_ANY,      /* … */
    ITEM_NAME,     /* $x */
    ITEM_NAMES,    /* $x:names */
    ITEM_TYPE,     /* $x:type */
    ITEM_EXPR,     /* $x:expr */
    ITEM_PAREN,    /* $x:paren */
    ITEM_TOKEN,    /* $x:token */
    ITEM_OPTIONAL, /* [ … ] */
    ITEM_CHOICE,   /* { … | … } */
    ITEM_GROUP,    /* ( … ) with what stands in it */
};

struct item {
    enum item_kind kind;
    bool repeat;           /* OPTIONAL: any number of times; CHOICE: likewise, at least once */
    enum keyword keyword;  /* WORD, NOT */
    struct str text;       /* LITERAL; the capture's name */
    struct item *next;     /* in its sequence */
    struct item **choices; /* sequences inside OPTIONAL, CHOICE, GROUP; NULL: an empty one */
    size_t n_choices;
    size_t at; /* offset in the notation */
};

/* Write the regex of a whole synopsis. Captures are numbered in the order they are written. */
void synopsis_write(const struct item *first, struct strbuf *out);

#endif
