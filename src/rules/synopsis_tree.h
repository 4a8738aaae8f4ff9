/*
 * synopsis_tree.h - a synopsis as it was read; shared by its reader (synopsis.c) and what makes a program of it (synopsis_program.c).
 */
#ifndef MIGRATE_RULES_SYNOPSIS_TREE_H
#define MIGRATE_RULES_SYNOPSIS_TREE_H

#include "rules/synopsis.h"

enum { SYNOPSIS_MAX_REPEATS = 16 };

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
    uint8_t capture;       /* NAME to TOKEN: which one it is */
    enum keyword keyword;  /* WORD, NOT */
    struct str text;       /* LITERAL; the capture's name */
    struct item *next;     /* in its sequence */
    struct item **choices; /* sequences inside OPTIONAL, CHOICE, GROUP; NULL: an empty one */
    size_t n_choices;
    size_t at; /* offset in the notation */
};

/* The first item of a synopsis that synopsis_translate() took. Memory from the arena. */
const struct item *synopsis_read(struct str notation, struct arena *a);

#endif
