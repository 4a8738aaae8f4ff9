#include "rules/synopsis_program.h"

#include "rules/synopsis_scan.h"

struct writer {
    struct arena *a;
    struct program *program;
};

/* Where a sequence stands: the first item of the whole has no space before it; behind the last the match ends. */
enum place { PLACE_INSIDE = 0, PLACE_FIRST = 1, PLACE_LAST = 2 };

static const struct step *write_sequence(struct writer *w, const struct item *item, unsigned place,
                                         const struct step *next);

static struct step *step_new(struct writer *w, enum step_kind kind, const struct step *next)
{
    struct step *s = arena_new(w->a, struct step);
    s->kind = kind;
    s->capture = NO_CAPTURE;
    s->next = next;
    return s;
}

static const struct step *write_text(struct writer *w, bool space, struct str text, const struct step *next)
{
    struct step *s = step_new(w, STEP_TEXT, next);
    s->text = text;
    if (space) {
        char *p = arena_alloc_raw(w->a, text.n + 1);
        p[0] = ' ';
        memcpy(p + 1, text.p, text.n);
        s->text = (struct str){p, text.n + 1};
    }
    return s;
}

static const struct step *write_not(struct writer *w, const struct item *item, const struct step *next)
{
    struct step *s = step_new(w, STEP_NOT, next);
    s->text = keyword_text(item->keyword);
    return s;
}

static struct step *write_span(struct writer *w, const struct item *item, bool space,
                               size_t (*scan)(struct str, size_t), const struct step *next)
{
    struct step *s = step_new(w, STEP_SPAN, next);
    s->capture = item->capture;
    s->text = space ? STR(" ") : STR("");
    s->scan = scan;
    return s;
}

/* t *: its children, too, as if it were not written. */
static const struct step *write_star(struct writer *w, const struct step *next)
{
    struct step *s = step_new(w, STEP_CHOICE, next);
    s->choices = arena_array(w->a, const struct step *, 1);
    s->n_choices = 1;
    s->choices[0] = write_span(w, &(struct item){.capture = NO_CAPTURE}, true, scan_star, next);
    return s;
}

/*
 * May what follows match nothing, up to an ellipsis or the end? Then an expression would be cut after its first
 * token.
 */
static bool follows_open(const struct item *item)
{
    while (item && (item->kind == ITEM_OPTIONAL || item->kind == ITEM_NOT)) {
        item = item->next;
    }
    return item && item->kind == ITEM_ANY;
}

static const struct step *write_expr(struct writer *w, const struct item *item, const struct step *next)
{
    struct step *s = step_new(w,
                              follows_open(item->next) ? STEP_EXPR_OPEN
                              : item->next             ? STEP_EXPR
                                                       : STEP_EXPR_WHOLE,
                              next);
    s->capture = item->capture;
    return s;
}

/* … goes over balanced parentheses whole; before !WORD it does not go over that key word. */
static const struct step *write_any(struct writer *w, const struct item *item, const struct step *next)
{
    struct step *s = step_new(w, STEP_ANY, next);
    VEC(const struct step *) words = {0};
    for (item = item->next; item && item->kind == ITEM_NOT; item = item->next) {
        *vec_push(w->a, &words) = write_not(w, item, NULL);
    }
    s->choices = words.at;
    s->n_choices = words.n;
    return s;
}

static const struct step *write_group(struct writer *w, const struct item *item, bool space, const struct step *next)
{
    const struct item *inside = item->choices[0];
    if (inside && inside->kind == ITEM_ANY && !inside->next) {
        return write_span(w, &(struct item){.capture = NO_CAPTURE}, space, scan_parenthesis, next);
    }
    next = write_text(w, true, STR(")"), next);
    return write_text(w, space, STR("("), write_sequence(w, inside, PLACE_INSIDE, next));
}

static void write_choices(struct writer *w, struct step *s, const struct item *item, unsigned place,
                          const struct step *next)
{
    s->choices = arena_array(w->a, const struct step *, item->n_choices);
    s->n_choices = item->n_choices;
    for (size_t i = 0; i < item->n_choices; i++) {
        s->choices[i] = write_sequence(w, item->choices[i], place, next);
    }
}

/* A synopsis does not begin with what repeats: there is a space before each round. */
static const struct step *write_loop(struct writer *w, const struct item *item, const struct step *next)
{
    struct step *s = step_new(w, STEP_LOOP, next);
    s->loop = w->program->n_loops++;
    write_choices(w, s, item, PLACE_INSIDE, s);
    if (item->kind == ITEM_CHOICE) { /* once at least */
        struct step *first = step_new(w, STEP_CHOICE, NULL);
        first->choices = s->choices;
        first->n_choices = s->n_choices;
        return first;
    }
    return s;
}

static const struct step *write_brackets(struct writer *w, const struct item *item, unsigned place,
                                         const struct step *next)
{
    if (item->repeat) {
        return write_loop(w, item, next);
    }
    const bool optional = item->kind == ITEM_OPTIONAL;
    struct step *s = step_new(w, STEP_CHOICE, optional ? next : NULL);
    write_choices(w, s, item, optional ? place & PLACE_LAST : place, next);
    return s;
}

static const struct step *write_item(struct writer *w, const struct item *item, unsigned place, const struct step *next)
{
    const bool space = (place & PLACE_FIRST) == 0;
    switch (item->kind) {
    case ITEM_WORD:
        return write_text(w, space, keyword_text(item->keyword), next);
    case ITEM_NOT:
        return write_not(w, item, next);
    case ITEM_LITERAL:
        return write_text(w, true, item->text, next);
    case ITEM_STRING:
        return write_text(w, true, STR("''"), next);
    case ITEM_ANY:
        return write_any(w, item, next);
    case ITEM_NAME:
        return write_span(w, item, true, scan_written_name,
                          str_eq(item->text, STR("table")) ? write_star(w, next) : next);
    case ITEM_NAMES:
        return write_span(w, item, true, scan_names, next);
    case ITEM_TYPE:
        return write_span(w, item, true, scan_type, next);
    case ITEM_EXPR:
        return write_expr(w, item, next);
    case ITEM_PAREN:
        return write_span(w, item, true, scan_parenthesis, next);
    case ITEM_TOKEN:
        return write_span(w, item, true, scan_token, next);
    case ITEM_OPTIONAL:
    case ITEM_CHOICE:
        return write_brackets(w, item, place, next);
    case ITEM_GROUP:
        return write_group(w, item, space, next);
    }
    return next;
}

/* From its end on, as each step knows the next. At the end of the whole an ellipsis ends the match: no need to walk on. */
static const struct step *write_sequence(struct writer *w, const struct item *item, unsigned place,
                                         const struct step *next)
{
    if (!item) {
        return next;
    }
    if (!item->next && (place & PLACE_LAST) && item->kind == ITEM_ANY) {
        return step_new(w, STEP_EDGE, NULL);
    }
    const struct step *behind = write_sequence(w, item->next, place & ~(unsigned)PLACE_FIRST, next);
    return write_item(w, item, item->next ? place & ~(unsigned)PLACE_LAST : place, behind);
}

const struct program *synopsis_program(struct str notation, struct arena *a)
{
    struct program *program = arena_new(a, struct program);
    struct writer w = {a, program};
    const struct item *first = synopsis_read(notation, a);
    program->first = write_sequence(&w, first, PLACE_FIRST | PLACE_LAST, step_new(&w, STEP_END, NULL));
    return program;
}
