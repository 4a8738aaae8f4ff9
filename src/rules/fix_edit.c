/* From drafts to the edits of a file. */
#include "rules/fix_statement.h"

/* ---- groups ----------------------------------------------------------------------------------------------------------- */

static void leave(struct fix_group *g, size_t n_actions, struct str why)
{
    if (g->whole) {
        g->whole->left = why;
        g->whole->taken = false;
    }
    for (size_t i = 0; i < n_actions; i++) {
        if (g->by_action[i]) {
            g->by_action[i]->left = why;
            g->by_action[i]->taken = false;
        }
    }
}

/* How many statements there will be, and whether they need transactions of their own. */
static size_t count_steps(const struct fix_group *g, const struct judged_statement *s, bool *apart)
{
    size_t n = 0;
    *apart = g->whole && g->whole->finding->fix->apart;
    if (g->whole) {
        return g->whole->finding->fix->unchanged ? 1 : g->whole->finding->fix->steps.n;
    }
    size_t fixed = 0;
    for (size_t i = 0; i < s->n_actions; i++) {
        const struct fix_draft *d = g->by_action[i] ? g->by_action[i]->finding->fix : NULL;
        n += d ? d->steps.n : 0;
        fixed += d != NULL;
        *apart = *apart || (d && d->apart);
    }
    return n + (fixed < s->n_actions);
}

static bool any_of(const struct fix_group *g, const struct judged_statement *s)
{
    bool any = g->whole != NULL;
    for (size_t i = 0; i < s->n_actions; i++) {
        any = any || g->by_action[i];
    }
    return any;
}

/* Does the statement itself stay, with others before or behind it? */
static bool stays(const struct fix_group *g, const struct judged_statement *s)
{
    const struct fix_draft *d = g->whole ? g->whole->finding->fix : NULL;
    for (size_t i = 0; d && i < d->steps.n; i++) {
        if (str_eq(d->steps.at[i], s->source)) {
            return true;
        }
    }
    return false;
}

static bool overlaps(const struct fix_edit_list *list, const struct fix_edit *e)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct fix_edit *o = &list->at[i];
        if (e->start < o->end && o->start < e->end) {
            return true;
        }
    }
    return false;
}

static void compose(struct fix_composer *c, struct fix_group *g)
{
    const struct judged_statement *s = &c->part->statements.at[g->statement];
    struct fix_edit_list edits = {0};
    bool apart;
    if (g->whole && g->whole->finding->fix->unblock) {
        const struct str keep = fix_blocks_ask_unblock(&c->blocks, g->statement);
        if (keep.n > 0) {
            leave(g, s->n_actions, keep);
        } else {
            fix_blocks_unblock(&c->blocks, g->statement, c->out);
            g->whole->taken = true;
        }
        return;
    }
    fix_group_leave(c, g, s);
    const size_t steps = count_steps(g, s, &apart);
    if (steps == 0 || !any_of(g, s)) {
        return;
    }
    if (steps > 1 && s->directives.n > 0 && !stays(g, s)) {
        leave(g, s->n_actions, STR("the comment before it speaks of one statement, and there would be several"));
        return;
    }
    const struct str why = apart ? fix_blocks_ask(&c->blocks, g->statement, steps) : STR("");
    if (why.n > 0) {
        leave(g, s->n_actions, why);
        return;
    }
    if (!fix_group_write(c, g, s, &edits)) {
        leave(g, s->n_actions, STR("a comment stands inside of what would be written anew"));
        return;
    }
    for (size_t i = 0; i < edits.n; i++) {
        if (overlaps(c->out, &edits.at[i])) {
            return;
        }
    }
    for (size_t i = 0; i < edits.n; i++) {
        *vec_push(c->a, c->out) = edits.at[i];
    }
    if (apart) {
        fix_blocks_free_it(&c->blocks, g->statement);
    }
    const bool divides = apart && c->blocks.begin[g->statement] != SIZE_MAX;
    if (g->whole) {
        g->whole->taken = true;
        g->whole->divides = divides;
    }
    for (size_t i = 0; !g->whole && i < s->n_actions; i++) {
        if (g->by_action[i]) {
            g->by_action[i]->taken = true;
            g->by_action[i]->divides = divides;
        }
    }
}

static size_t statement_of(const struct judged_part *part, uint32_t start)
{
    size_t low = 0, high = part->statements.n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (part->statements.at[middle].st.start < start) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static int by_start(const void *x, const void *y)
{
    const struct fix_edit *a = x, *b = y;
    return a->start != b->start ? (a->start < b->start ? -1 : 1) : a->end != b->end ? (a->end < b->end ? -1 : 1) : 0;
}

/* Keeps the order of edits at the same place, as they are few. */
static void sort_edits(struct fix_edit_list *list)
{
    for (size_t i = 1; i < list->n; i++) {
        const struct fix_edit e = list->at[i];
        size_t k = i;
        for (; k > 0 && by_start(&list->at[k - 1], &e) > 0; k--) {
            list->at[k] = list->at[k - 1];
        }
        list->at[k] = e;
    }
}

void fix_edits(const struct judged_part *part, const struct judge_options *options, struct fix_choice *choices,
               size_t n, struct arena *a, struct fix_edit_list *out)
{
    struct fix_composer c = {.part = part, .text = part->migration->text, .a = a, .out = out};
    struct fix_edit_list blocks = {0};
    struct fix_group *groups = arena_array(a, struct fix_group, part->statements.n + 1);
    *out = (struct fix_edit_list){0};
    c.eol = fix_eol_of(c.text);
    fix_blocks_init(&c.blocks, part, options, a);
    for (size_t i = 0; i < n; i++) {
        const struct fix_draft *d = choices[i].finding->fix;
        choices[i].taken = false;
        choices[i].left = d ? d->left : STR("");
        const size_t at = d && d->left.n == 0 ? statement_of(part, d->statement) : part->statements.n;
        if (at >= part->statements.n) {
            continue;
        }
        struct fix_group *g = &groups[at];
        const struct judged_statement *s = &part->statements.at[at];
        if (!g->by_action) {
            *g = (struct fix_group){at, arena_array(a, struct fix_choice *, s->n_actions + 1), NULL};
        }
        if (d->whole && !g->whole) {
            g->whole = &choices[i];
        } else if (!d->whole && d->action < s->n_actions && !g->by_action[d->action]) {
            g->by_action[d->action] = &choices[i];
        }
    }
    for (size_t i = 0; i < part->statements.n; i++) {
        struct fix_group *g = &groups[i];
        const struct judged_statement *s = &part->statements.at[i];
        struct fix_choice *const whole = g->whole;
        g->whole = NULL;
        if (g->by_action && (!any_of(g, s) || s->n_actions == 1) && whole) {
            g->whole = whole; /* else it waits until the actions are done */
            memset(g->by_action, 0, s->n_actions * sizeof(struct fix_choice *));
        }
        if (g->by_action) {
            compose(&c, g);
        }
    }
    /* At the same place a COMMIT or BEGIN comes first. */
    fix_blocks_edits(&c.blocks, c.eol, &blocks);
    for (size_t i = 0; i < out->n; i++) {
        *vec_push(a, &blocks) = out->at[i];
    }
    sort_edits(&blocks);
    *out = blocks;
}

void fix_edits_settle(struct fix_edit_list *list)
{
    size_t kept = 0;
    sort_edits(list);
    for (size_t i = 0; i < list->n; i++) {
        const struct fix_edit *e = &list->at[i], *last = kept > 0 ? &list->at[kept - 1] : NULL;
        const bool again = last && last->start == e->start && last->end == e->end && e->start == e->end &&
                           e->start <= 3 && str_eq(last->text, e->text); /* a marker at the beginning */
        if (!again) {
            list->at[kept++] = *e;
        }
    }
    list->n = kept;
}

struct str fix_apply(struct str text, const struct fix_edit_list *edits, struct arena *a)
{
    struct strbuf out;
    size_t at = 0;
    strbuf_init(&out, LEX_MAX_TEXT);
    for (size_t i = 0; i < edits->n; i++) {
        strbuf_add(&out, str_slice(text, at, edits->at[i].start));
        strbuf_add(&out, edits->at[i].text);
        at = edits->at[i].end;
    }
    strbuf_add(&out, str_slice(text, at, text.n));
    const struct str result = arena_str(a, strbuf_str(&out));
    strbuf_free(&out);
    return result;
}
