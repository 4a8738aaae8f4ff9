/*
 * synopsis_program.h - a synopsis made ready for matching; shared by its writer (synopsis_program.c) and what runs it
 * (synopsis_match.c).
 *
 * A program is a graph of steps: each says what is to stand at a place in the shape, and which step goes on behind it. What is one of
 * several goes on behind each of them at the same step, and what repeats goes on at itself.
 */
#ifndef MIGRATE_RULES_SYNOPSIS_PROGRAM_H
#define MIGRATE_RULES_SYNOPSIS_PROGRAM_H

#include "rules/synopsis_tree.h"

enum step_kind {
    STEP_TEXT,       /* these bytes */
    STEP_NOT,        /* not this word, behind a space */
    STEP_SPAN,       /* what the scanner takes: a name, a type … */
    STEP_EXPR,       /* units, as few as needed */
    STEP_EXPR_WHOLE, /* units, as many as there are */
    STEP_EXPR_OPEN,  /* the same, up to where a column's next constraint begins */
    STEP_ANY,    /* any number of units, as few as needed, none of which begins with one of the words of the choices */
    STEP_CHOICE, /* the first of the choices that leads to the end, or what is next */
    STEP_LOOP,   /* the same, again and again */
    STEP_EDGE,   /* a token ends here, whatever follows: the end of the match */
    STEP_END,    /* the shape ends here */
};

enum { NO_CAPTURE = UINT8_MAX };

struct step {
    enum step_kind kind;
    uint8_t capture;                            /* SPAN, EXPR…: which one it is, or NO_CAPTURE */
    unsigned loop;                              /* LOOP: its number */
    struct str text;                            /* TEXT, NOT; SPAN: what stands before it */
    size_t (*scan)(struct str text, size_t at); /* SPAN */
    const struct step **choices;                /* CHOICE, LOOP; ANY: of kind NOT */
    size_t n_choices;
    const struct step *next; /* NULL, of CHOICE: one of the choices it must be */
};

struct program {
    const struct step *first;
    unsigned n_loops;
};

/* Of a synopsis that synopsis_translate() has read before. Memory from the arena; texts are views of the notation. */
const struct program *synopsis_program(struct str notation, struct arena *a);

#endif
