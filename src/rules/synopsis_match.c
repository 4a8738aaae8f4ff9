#include "rules/synopsis_match.h"

#include "rules/synopsis_program.h"
#include "rules/synopsis_scan.h"

/*
 * A match may take so many steps, and as many of them within each other. A shape that needs more is adversarial or absurd: what it is
 * cannot be told, and that is said.
 */
enum { MAX_STEPS = 1000 * 1000, MAX_WITHIN = 4 * 1000, BYTES_PER_STEP = 32 };

struct matcher {
    struct str text;
    unsigned steps, within;
    bool limit;
    size_t loop_at[SYNOPSIS_MAX_REPEATS]; /* where the loop's newest round began */
    size_t end;
    struct {
        struct group at[FORM_MAX_CAPTURES];
    } groups;
};

static bool run(struct matcher *m, const struct step *s, size_t at);

/* The next unit with the space before it. */
static size_t take_unit(struct matcher *m, size_t at)
{
    if (at == m->text.n || m->text.p[at] != ' ') {
        return SCAN_NONE;
    }
    const size_t end = scan_unit(m->text, at + 1);
    m->steps += end == SCAN_NONE ? 1 : 1 + (unsigned)(end - at) / BYTES_PER_STEP;
    return end;
}

/* " WORD", ended. */
static bool stands(struct str text, size_t at, struct str word)
{
    return at < text.n && text.p[at] == ' ' && scan_is(text, at + 1, word) && scan_edge(text, at + 1 + word.n);
}

static bool one_stands(struct str text, size_t at, const struct step *s)
{
    for (size_t i = 0; i < s->n_choices; i++) {
        if (stands(text, at, s->choices[i]->text)) {
            return true;
        }
    }
    return false;
}

/* What begins a column's next constraint, or its next item. */
static bool begins_constraint(struct str text, size_t at)
{
    static const struct str words[] = {STR_INIT("NOT"),        STR_INIT("NULL"),       STR_INIT("CHECK"),
                                       STR_INIT("UNIQUE"),     STR_INIT("PRIMARY"),    STR_INIT("REFERENCES"),
                                       STR_INIT("GENERATED"),  STR_INIT("CONSTRAINT"), STR_INIT("COLLATE"),
                                       STR_INIT("DEFERRABLE"), STR_INIT("INITIALLY")};
    for (size_t i = 0; i < countof(words); i++) {
        if (stands(text, at, words[i])) {
            return true;
        }
    }
    return scan_is(text, at, STR(" ,"));
}

static void capture(struct matcher *m, const struct step *s, size_t start, size_t end)
{
    if (s->capture != NO_CAPTURE) {
        m->groups.at[s->capture] = (struct group){(uint32_t)start, (uint32_t)end};
    }
}

/* Can the step be ruled out without running it? */
static bool ruled_out(const struct matcher *m, const struct step *s, size_t at)
{
    return s->kind == STEP_TEXT && !scan_is(m->text, at, s->text);
}

/* One way of several, from which there is a way back. */
static bool try(struct matcher *m, const struct step *s, size_t at)
{
    if (ruled_out(m, s, at)) {
        return false;
    }
    const __typeof__(m->groups) before = m->groups;
    m->within++;
    const bool matched = run(m, s, at);
    m->within--;
    if (!matched) {
        m->groups = before;
    }
    return matched;
}

static bool try_choices(struct matcher *m, const struct step *s, size_t at)
{
    for (size_t i = 0; i < s->n_choices && !m->limit; i++) {
        if (try(m, s->choices[i], at)) {
            return true;
        }
    }
    return false;
}

/* One more round. A round that matched nothing is the last. */
static bool try_round(struct matcher *m, const struct step *s, size_t at)
{
    const size_t before = m->loop_at[s->loop];
    if (before == at) {
        return false;
    }
    m->loop_at[s->loop] = at;
    const bool matched = try_choices(m, s, at);
    m->loop_at[s->loop] = before;
    return matched;
}

/* Behind each unit, as few as needed, does the rest match? `at` is behind those that there are in any case. */
static bool run_lazy(struct matcher *m, const struct step *s, size_t start, size_t at)
{
    while (at != SCAN_NONE && !m->limit) {
        capture(m, s, start, at);
        if (try(m, s->next, at)) {
            return true;
        }
        at = s->kind == STEP_ANY && one_stands(m->text, at, s) ? SCAN_NONE : take_unit(m, at);
        m->limit = m->limit || m->steps > MAX_STEPS;
    }
    return false;
}

/* As many units as there are. */
static size_t take_units(struct matcher *m, const struct step *s, size_t at)
{
    size_t next = take_unit(m, at);
    at = next;
    while (next != SCAN_NONE) {
        at = next;
        next = s->kind == STEP_EXPR_OPEN && begins_constraint(m->text, at) ? SCAN_NONE : take_unit(m, at);
    }
    return at;
}

/* Where the step ends at; SCAN_NONE: it does not match here. Only of those that there is one way to match. */
static size_t take(struct matcher *m, const struct step *s, size_t at)
{
    size_t end = at + s->text.n;
    switch (s->kind) {
    case STEP_TEXT:
        return scan_is(m->text, at, s->text) ? end : SCAN_NONE;
    case STEP_NOT:
        return stands(m->text, at, s->text) ? SCAN_NONE : at;
    case STEP_SPAN:
        end = scan_is(m->text, at, s->text) ? s->scan(m->text, end) : SCAN_NONE;
        if (end != SCAN_NONE) {
            m->steps += (unsigned)(end - at) / BYTES_PER_STEP;
            capture(m, s, at + s->text.n, end);
        }
        return end;
    default:
        end = take_units(m, s, at);
        if (end != SCAN_NONE) {
            capture(m, s, at + 1, end);
        }
        return end;
    }
}

static bool run(struct matcher *m, const struct step *s, size_t at)
{
    while (s && at != SCAN_NONE) {
        if (++m->steps > MAX_STEPS || m->within > MAX_WITHIN) {
            m->limit = true;
        }
        if (m->limit) {
            return false;
        }
        switch (s->kind) {
        case STEP_EDGE:
        case STEP_END:
            m->end = at;
            return s->kind == STEP_EDGE ? scan_edge(m->text, at) : at == m->text.n;
        case STEP_ANY:
            return run_lazy(m, s, at, at);
        case STEP_EXPR:
            return run_lazy(m, s, at + 1, take_unit(m, at));
        case STEP_CHOICE:
        case STEP_LOOP:
            if (s->kind == STEP_LOOP ? try_round(m, s, at) : try_choices(m, s, at)) {
                return true;
            }
            break;
        default:
            at = take(m, s, at);
        }
        s = s->next;
    }
    return false;
}

enum match synopsis_match(const struct program *program, struct str text, struct group groups[FORM_MAX_CAPTURES],
                          size_t *end)
{
    struct matcher m;
    m.text = text;
    m.steps = m.within = 0;
    m.end = 0;
    m.limit = false;
    for (unsigned i = 0; i < program->n_loops; i++) {
        m.loop_at[i] = SCAN_NONE;
    }
    memset(&m.groups, 0, sizeof m.groups);
    const bool matched = run(&m, program->first, 0);
    memcpy(groups, m.groups.at, sizeof m.groups.at);
    *end = m.end;
    return m.limit ? MATCH_LIMIT : matched ? MATCH_YES : MATCH_NO;
}
