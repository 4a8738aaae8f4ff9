#include "rules/fix_statement.h"

#include "rules/fix_align.h"
#include "rules/fix_parts.h"

/* ---- text ----------------------------------------------------------------------------------------------------------- */

struct str fix_eol_of(struct str text)
{
    const size_t at = str_find_char(text, '\n');
    return at != SIZE_MAX && at > 0 && text.p[at - 1] == '\r' ? STR("\r\n") : STR("\n");
}

/* The blanks before the statement when nothing else stands on its line. */
static struct str indent_of(const struct fix_composer *c, uint32_t at)
{
    uint32_t start = at;
    while (start > 0 && c->text.p[start - 1] != '\n') {
        start--;
    }
    for (uint32_t i = start; i < at; i++) {
        if (c->text.p[i] != ' ' && c->text.p[i] != '\t') {
            return STR("");
        }
    }
    return str_slice(c->text, start, at);
}

static bool begins_line(const struct fix_composer *c, uint32_t at)
{
    while (at > 0 && (c->text.p[at - 1] == ' ' || c->text.p[at - 1] == '\t')) {
        at--;
    }
    return at == 0 || c->text.p[at - 1] == '\n' || (at == 3 && (unsigned char)c->text.p[2] == 0xBF);
}

/* A step as the file has it: the line end behind a directive is the file's. */
static struct str written(const struct fix_composer *c, struct str step, struct str indent)
{
    const size_t line = str_starts(step, STR("-- migrate:")) ? str_find_char(step, '\n') : SIZE_MAX;
    if (line == SIZE_MAX) {
        return step;
    }
    const struct str rest = str_trim(str_slice(step, line, step.n));
    return arena_printf(c->a, "%.*s%.*s%.*s%.*s", STR_ARG(str_slice(step, 0, line)), STR_ARG(c->eol), STR_ARG(indent),
                        STR_ARG(rest));
}

static void add(struct fix_composer *c, struct fix_edit_list *out, uint32_t start, uint32_t end, struct str text)
{
    *vec_push(c->a, out) = (struct fix_edit){start, end, text};
}

/* ";", line end, indent, and the step. */
static struct str following(struct fix_composer *c, struct str step, struct str indent)
{
    const struct str text = written(c, step, indent);
    return arena_printf(c->a, ";%.*s%.*s%.*s", STR_ARG(c->eol), STR_ARG(indent), STR_ARG(text));
}

static struct str preceding(struct fix_composer *c, struct str step, struct str indent)
{
    const struct str text = written(c, step, indent);
    return arena_printf(c->a, "%.*s;%.*s%.*s", STR_ARG(text), STR_ARG(c->eol), STR_ARG(indent));
}

/* ---- one statement ---------------------------------------------------------------------------------------------------- */

/* All of the statement becomes these steps; the one most like it takes its place. */
static bool replace_statement(struct fix_composer *c, const struct judged_statement *s, const struct str_list *steps,
                              struct fix_edit_list *out)
{
    const struct str indent = indent_of(c, s->st.start);
    size_t best = 0, most = 0;
    for (size_t i = 0; i < steps->n; i++) {
        const size_t same = fix_same_tokens(c->text, s->st.start, s->st.end, steps->at[i], c->a);
        if (same > most) {
            best = i;
            most = same;
        }
    }
    if (!begins_line(c, s->st.start) && str_starts(steps->at[0], STR("-- migrate:"))) {
        add(c, out, s->st.start, s->st.start, c->eol); /* a directive has a line of its own */
    }
    /* What the comment before it says, it says of the statement itself, if that stays. */
    const bool stays = str_eq(steps->at[best], s->source) && begins_line(c, s->st.comments_start);
    const uint32_t before = stays ? s->st.comments_start : s->st.start;
    for (size_t i = 0; i < best; i++) {
        add(c, out, before, before, preceding(c, steps->at[i], indent));
    }
    const size_t first = out->n;
    fix_align(c->text, s->st.start, s->st.end, written(c, steps->at[best], indent), c->a, out);
    for (size_t i = first; i < out->n; i++) {
        if (!fix_keeps_comments(c->text, out->at[i].start, out->at[i].end, out->at[i].text)) {
            return false;
        }
    }
    for (size_t i = best + 1; i < steps->n; i++) {
        add(c, out, s->st.end, s->st.end, following(c, steps->at[i], indent));
    }
    return true;
}

struct range {
    uint32_t start, end;
};

static struct range action_range_of(const struct judged_statement *s, size_t i)
{
    const struct shape *shape = &s->shapes.at[i];
    return (struct range){s->st.tokens[shape->first].start, s->st.tokens[shape->last - 1].end};
}

/* "ALTER TABLE t ACTION" for the statement's own t: ACTION. Empty: it is something else. */
static struct str action_of_step(struct fix_composer *c, struct str step)
{
    struct splitter sp;
    struct statement st;
    struct str action = STR("");
    splitter_init(&sp, step, 0, (uint32_t)step.n);
    if (splitter_next(&sp, &st) && fix_head_end(&st) > 0 && fix_head_end(&st) < st.n_tokens && st.start == 0) {
        const size_t at = fix_head_end(&st);
        action = arena_str(c->a, str_slice(step, st.tokens[at].start, st.end));
    }
    splitter_free(&sp);
    return action;
}

/* IF EXISTS and ONLY of the statement's head go to every ALTER TABLE of the same table. */
static struct str with_head(struct fix_composer *c, const struct judged_statement *s, struct str step)
{
    const size_t head = fix_head_end(&s->st);
    const struct str action = head > 0 ? action_of_step(c, step) : STR("");
    if (action.n == 0 || !(statement_is(&s->st, 2, KW_IF) || statement_is(&s->st, 2, KW_ONLY))) {
        return step;
    }
    return arena_printf(c->a, "%.*s %.*s", STR_ARG(str_slice(c->text, s->st.start, s->st.tokens[head - 1].end)),
                        STR_ARG(action));
}

/* Some actions of the ALTER are written anew in their place, some are taken out; further steps stand behind it. */
static bool replace_actions(struct fix_composer *c, const struct fix_group *g, const struct judged_statement *s,
                            struct fix_edit_list *out)
{
    const struct str indent = indent_of(c, s->st.start);
    bool *gone = arena_array(c->a, bool, s->n_actions);
    struct str_list behind = {0};
    size_t kept = 0;
    for (size_t i = 0; i < s->n_actions; i++) {
        const struct fix_draft *d = g->by_action[i] ? g->by_action[i]->finding->fix : NULL;
        const struct str first = d ? action_of_step(c, d->steps.at[0]) : STR("");
        gone[i] = d && first.n == 0;
        kept += !gone[i];
        for (size_t k = first.n > 0 ? 1 : 0; d && k < d->steps.n; k++) {
            *vec_push(c->a, &behind) = with_head(c, s, d->steps.at[k]);
        }
        if (first.n > 0) {
            const struct range r = action_range_of(s, i);
            fix_align(c->text, r.start, r.end, first, c->a, out);
        }
    }
    if (kept == 0) {
        out->n = 0;
        return replace_statement(c, s, &behind, out);
    }
    for (size_t i = 0; i < s->n_actions; i++) {
        size_t last = i;
        if (!gone[i]) {
            continue;
        }
        while (last + 1 < s->n_actions && gone[last + 1]) {
            last++;
        }
        const bool more = last + 1 < s->n_actions;
        const uint32_t start = more ? action_range_of(s, i).start : action_range_of(s, i - 1).end;
        const uint32_t end = more ? action_range_of(s, last + 1).start : action_range_of(s, last).end;
        add(c, out, start, end, STR(""));
        i = last;
    }
    for (size_t i = 0; i < out->n; i++) {
        if (!fix_keeps_comments(c->text, out->at[i].start, out->at[i].end, out->at[i].text)) {
            return false;
        }
    }
    for (size_t i = 0; i < behind.n; i++) {
        add(c, out, s->st.end, s->st.end, following(c, behind.at[i], indent));
    }
    return true;
}

bool fix_group_write(struct fix_composer *c, const struct fix_group *g, const struct judged_statement *s,
                     struct fix_edit_list *out)
{
    if (g->whole && g->whole->finding->fix->unchanged) {
        return true;
    }
    if (!g->whole && s->n_actions > 1) {
        return replace_actions(c, g, s, out);
    }
    const struct fix_draft *d = (g->whole ? g->whole : g->by_action[0])->finding->fix;
    struct str_list steps = {0};
    for (size_t i = 0; i < d->steps.n; i++) {
        *vec_push(c->a, &steps) = with_head(c, s, d->steps.at[i]);
    }
    return replace_statement(c, s, &steps, out);
}

/* ---- what cannot be written ------------------------------------------------------------------------------------------- */

/* The name behind the n-th ADD CONSTRAINT of the text; empty: there are fewer. */
static struct str added_name(struct fix_composer *c, struct str text, size_t n)
{
    struct lexer lx;
    struct token t, before = {0}, add = {0};
    lex_init(&lx, text, true);
    while ((t = lex_next(&lx)).kind != TOK_END) {
        if (before.kind == TOK_WORD && before.keyword == KW_CONSTRAINT && add.keyword == KW_ADD && n-- == 0) {
            return token_name(c->a, text, t);
        }
        add = before;
        before = t;
    }
    return STR("");
}

static bool adds_name(struct fix_composer *c, struct str text, struct str name)
{
    struct str other;
    for (size_t i = 0; (other = added_name(c, text, i)).n > 0; i++) {
        if (str_eq(other, name)) {
            return true;
        }
    }
    return false;
}

/* Would action i get a constraint whose name another action of the statement has, or gets? The model does not see that. */
static bool shares_name(struct fix_composer *c, const struct fix_group *g, const struct judged_statement *s, size_t i)
{
    const struct fix_draft *d = g->by_action[i]->finding->fix;
    for (size_t k = 0; k < d->steps.n; k++) {
        const struct str name = added_name(c, d->steps.at[k], 0);
        for (size_t j = 0; name.n > 0 && j < s->n_actions; j++) {
            const struct range r = action_range_of(s, j);
            const struct fix_draft *other = g->by_action[j] ? g->by_action[j]->finding->fix : NULL;
            bool same = j != i && adds_name(c, str_slice(c->text, r.start, r.end), name);
            for (size_t m = 0; j < i && other && m < other->steps.n; m++) {
                same = same || adds_name(c, other->steps.at[m], name);
            }
            if (same) {
                return true;
            }
        }
    }
    return false;
}

/* Another action of the statement takes something away, so that this one may take its place and name at once. */
static bool replaces_something(struct fix_composer *c, const struct fix_group *g, const struct judged_statement *s,
                               size_t i)
{
    const struct fix_draft *d = g->by_action[i]->finding->fix;
    const struct range r = action_range_of(s, i);
    const bool named = added_name(c, str_slice(c->text, r.start, r.end), 0).n > 0;
    const bool out = action_of_step(c, d->steps.at[0]).n == 0;
    bool drops = false;
    for (size_t k = 0; k < s->n_actions; k++) {
        drops = drops || (k != i && statement_is(&s->st, s->shapes.at[k].first, KW_DROP));
    }
    return drops && (out || (!named && added_name(c, d->steps.at[0], 0).n > 0));
}

void fix_group_leave(struct fix_composer *c, struct fix_group *g, const struct judged_statement *s)
{
    for (size_t i = s->n_actions; i > 0 && s->n_actions > 1 && !g->whole; i--) {
        struct fix_choice *const choice = g->by_action[i - 1];
        const bool replaces = choice && replaces_something(c, g, s, i - 1);
        if (replaces || (choice && shares_name(c, g, s, i - 1))) {
            choice->left = replaces ? STR("the statement also drops something, and this may take its place and name")
                                    : STR("two constraints of the statement would get the same name");
            g->by_action[i - 1] = NULL;
        }
    }
}
