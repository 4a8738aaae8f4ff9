#include "rules/finding.h"

#include "base/clock.h"
#include "base/file.h"
#include "rules/estimate.h"
#include "rules/fix.h"
#include "rules/runtime.h"
#include "rules/severity.h"
#include "rules/template.h"

/* ---- where ------------------------------------------------------------------------------------------------------ */

static bool is_keyword(const struct statement *st, size_t i)
{
    return i < st->n_tokens && st->tokens[i].kind == TOK_WORD && st->tokens[i].keyword != KW_NONE;
}

/* Where the action of an ALTER begins, behind the name; 0: it is no such statement. */
static size_t behind_name(const struct statement *st)
{
    size_t i = 0;
    if (!statement_is(st, 0, KW_ALTER)) {
        return 0;
    }
    while (is_keyword(st, i)) {
        i++;
    }
    for (; i < st->n_tokens; i++) {
        const struct token t = st->tokens[i];
        const bool dot = t.kind == TOK_SELF && (t.keyword == '.' || t.keyword == '*');
        const bool part = i > 0 && st->tokens[i - 1].kind == TOK_SELF && st->tokens[i - 1].keyword == '.';
        if (is_keyword(st, i) && !part) {
            return i;
        }
        if (t.kind == TOK_SELF && !dot) {
            break;
        }
    }
    return 0;
}

void action_range(const struct judged_statement *s, const struct shape *shape, uint32_t *start, uint32_t *end)
{
    const struct statement *st = &s->st;
    *start = st->start;
    *end = st->end;
    if (st->n_tokens == 0) {
        return;
    }
    const size_t first = shape && shape->n_actions > 1 ? shape->first : behind_name(st);
    if (first >= st->n_tokens) {
        return;
    }
    size_t last = first + 1;
    while (is_keyword(st, last) && is_keyword(st, last - 1)) {
        last++;
    }
    *start = st->tokens[first].start;
    *end = st->tokens[last - 1].end;
}

/* ---- fingerprint ------------------------------------------------------------------------------------------------ */

struct hash {
    uint64_t a, b;
};

/*
 * Two FNV-1a walks of 64 bits with different bases, mixed at the end. Not a defence against forgery, which nobody
 * gains by.
 */
static void hash_add(struct hash *h, struct str s)
{
    for (size_t i = 0; i <= s.n; i++) {
        const unsigned char c =
            i < s.n ? (unsigned char)s.p[i] : 0xff; /* a byte that UTF-8 never has, between the parts */
        h->a = (h->a ^ c) * UINT64_C(0x100000001b3);
        h->b = (h->b ^ c) * UINT64_C(0x100000001b3) + UINT64_C(0x9E3779B97F4A7C15);
    }
}

static uint64_t hash_mix(uint64_t x)
{
    x = (x ^ (x >> 32)) * UINT64_C(0xd6e8feb86659fd93);
    return x ^ (x >> 32);
}

static void hex(uint64_t x, char out[17])
{
    for (int i = 0; i < 16; i++) {
        out[i] = "0123456789abcdef"[x >> (60 - 4 * i) & 15];
    }
    out[16] = '\0';
}

/* How often a rule met the same statement, at another place each time. */
struct occurrences {
    unsigned before;
    uint32_t start; /* of the newest */
};

static struct hash hash_finding(const struct finding *f, const struct judged_statement *s, bool down)
{
    struct hash h = {UINT64_C(0xcbf29ce484222325), UINT64_C(0x84222325cbf29ce4)};
    hash_add(&h, f->rule);
    hash_add(&h, path_base(f->file));
    for (size_t i = 0; s && i < s->shapes.n; i++) {
        hash_add(&h, s->shapes.at[i].text);
    }
    /* Strings are not part of a shape; where there is no shape, the text is. */
    hash_add(&h, s && s->shapes.n == 0 ? s->source : STR(""));
    if (down) {
        hash_add(&h, STR("down"));
    }
    return h;
}

/* What hash_finding() said of a rule and a statement. */
struct hashed {
    const struct shape *shapes;
    struct hash hash;
};

/* The same; a statement of many actions, each of which may be found, is walked once for each rule. */
static struct hash hash_of(struct finding_context *c, const struct finding *f, const struct judged_statement *s)
{
    enum { MANY = 16 };
    if (!s || s->shapes.n < MANY) {
        return hash_finding(f, s, c->down);
    }
    if (!c->hashes.arena) {
        map_init(&c->hashes, c->a);
    }
    struct hashed *known = map_get(&c->hashes, f->rule);
    if (!known) {
        known = arena_new(c->a, struct hashed);
        map_put(&c->hashes, f->rule, known);
    }
    if (known->shapes != s->shapes.at) {
        *known = (struct hashed){s->shapes.at, hash_finding(f, s, c->down)};
    }
    return known->hash;
}

static void fingerprint(struct finding_context *c, struct finding *f, const struct judged_statement *s)
{
    if (c->no_fingerprints) {
        return;
    }
    const struct hash h = hash_of(c, f, s);
    char mark[17];
    hex(hash_mix(h.a), mark);
    struct occurrences *same = map_get(&c->marks, (struct str){mark, 16});
    if (!same) {
        same = arena_new(c->a, struct occurrences);
        map_put(&c->marks, arena_str(c->a, (struct str){mark, 16}), same);
    } else if (same->start != f->start) {
        same->before++;
    }
    same->start = f->start;
    memcpy(f->fingerprint, mark, 16);
    hex(hash_mix(h.b + same->before), f->fingerprint + 16);
}

struct finding *finding_add(struct finding_context *c, struct str rule, enum severity severity, uint32_t start,
                            uint32_t end, const struct judged_statement *s)
{
    struct finding *f = vec_push(c->a, c->out);
    *f = (struct finding){
        .rule = rule,
        .severity = severity,
        .file = c->migration->file,
        .start = start,
        .end = end,
        .message = STR(""),
        .remark = STR(""),
        .instead = STR(""),
        .note = STR(""),
        .statement = s ? s->source : STR(""),
        .suppressed_by = STR(""),
        .reason = STR(""),
    };
    line_map_find(c->lines, start, &f->line, &f->column);
    line_map_find(c->lines, end, &f->end_line, &f->end_column);
    fingerprint(c, f, s);
    return f;
}

/* ---- what ------------------------------------------------------------------------------------------------------- */

/* One text of several; printf is too slow for what every finding has. */
static struct str joined(struct arena *a, const struct str *parts, size_t n)
{
    size_t length = 0, at = 0;
    for (size_t i = 0; i < n; i++) {
        length += parts[i].n;
    }
    char *text = arena_alloc(a, length + 1);
    for (size_t i = 0; i < n; i++) {
        if (parts[i].n > 0) {
            memcpy(text + at, parts[i].p, parts[i].n);
            at += parts[i].n;
        }
    }
    return (struct str){text, length};
}

static const char *consequence(enum lock_blocks blocks)
{
    switch (blocks) {
    case BLOCKS_READS:
        return "reads and writes wait";
    case BLOCKS_WRITES:
        return "reads go on, every write waits";
    case BLOCKS_DDL:
        return "reads and writes go on, other DDL waits";
    case BLOCKS_NONE:
        break;
    }
    return "nobody waits";
}

static const struct relation_lock *strongest(const struct effects *e)
{
    const struct relation_lock *best = NULL;
    for (size_t i = 0; i < e->locks.n; i++) {
        if (!best || lock_blocks(e->locks.at[i].mode) > lock_blocks(best->mode)) {
            best = &e->locks.at[i];
        }
    }
    return best;
}

/* ", about 9 min", to two digits; empty when the sizes that decide are unknown. */
static struct str duration(struct arena *a, int64_t ms)
{
    struct strbuf out;
    int64_t unit = 1;
    if (ms <= 0) {
        return STR("");
    }
    while (ms / unit >= 100) {
        unit *= 10;
    }
    strbuf_init(&out, 100);
    strbuf_add_cstr(&out, ", about ");
    clock_duration((ms + unit - 1) / unit * unit, &out);
    const struct str text = arena_str(a, strbuf_str(&out));
    strbuf_free(&out);
    return text;
}

/* "SHARE lock on app.orders (41 GB, 212 M rows) while an index is built, about 9 min: reads go on, every write waits" */
static struct str default_remark(struct arena *a, const struct effects *e, const struct measured *measured)
{
    const struct relation_lock *lock = strongest(e);
    if (!lock || lock_blocks(lock->mode) == BLOCKS_NONE) {
        return STR("");
    }
    const struct str size = relation_size(lock->relation, a);
    const char *work = e->rewrite.n > 0                  ? " while the table is rewritten"
                       : e->build.n > 0 || e->builds_new ? " while an index is built"
                       : e->scan.n > 0                   ? " while the table is read"
                                                         : "";
    const struct str parts[] = {str_of(lock_mode_name(lock->mode)),
                                STR(" lock on "),
                                relation_display(lock->relation, a),
                                size.n > 0 ? STR(" (") : STR(""),
                                size,
                                size.n > 0 ? STR(")") : STR(""),
                                str_of(work),
                                work[0] ? duration(a, estimate_effects(e, measured)) : STR(""),
                                STR(": "),
                                str_of(consequence(lock_blocks(lock->mode)))};
    return joined(a, parts, countof(parts));
}

/* What an answer that is unknown was about, and what would settle it. */
static struct str unknown_note(struct arena *a, const struct eval *e, const struct hazard *h)
{
    static const struct {
        const char *predicate, *before, *after;
        bool size; /* no file of the folder tells it, whatever else the rule's `settles` does */
    } questions[] = {{"small", "how large ", " is", true},
                     {"rows", "how many rows ", " has", true},
                     {"bytes", "how large ", " is", true},
                     {"empty", "whether ", " is empty", false},
                     {"exists", "whether ", " is there", false},
                     {"proven_not_null", "whether a constraint of ", " rules out NULL", false},
                     {"type_change_free", "which type the column of ", " has", false}};
    const struct str sizes = e->catalog->complete ? STR("ANALYZE on the server") /* it has not counted yet */
                                                  : STR("a catalog file");
    const struct str settles = h->settles.n > 0 ? h->settles : sizes;
    const struct str about = e->unknown_relation ? relation_display(e->unknown_relation, a) : STR("");
    for (size_t i = 0; about.n > 0 && i < countof(questions); i++) {
        if (str_eq(e->unknown_of, str_of(questions[i].predicate))) {
            const struct str parts[] = {
                STR("not known: "), str_of(questions[i].before), about, str_of(questions[i].after), STR("; "),
                questions[i].size ? sizes : settles, STR(" would tell")};
            return joined(a, parts, countof(parts));
        }
    }
    const struct str parts[] = {
        STR("not known: "), e->unknown_of, about.n > 0 ? STR(" of ") : STR(""), about, STR("; "), settles,
        STR(" would tell")};
    return joined(a, parts, countof(parts));
}

static void forget_unknown(struct eval *e)
{
    e->unknown_of = STR("");
    e->unknown_relation = NULL;
}

static enum tri ask_when(struct eval *e, const struct expr *expr)
{
    forget_unknown(e);
    const enum tri when = expr ? expr_eval(e, expr) : TRI_YES;
    if (when == TRI_YES) {
        forget_unknown(e);
    }
    return when;
}

bool deferred_applies(struct deferred *d, struct arena *scratch, bool *unknown)
{
    d->eval.a = scratch;
    d->eval.memo = NULL; /* the catalog has moved on */
    if (!d->when_unknown) {
        forget_unknown(&d->eval);
    }
    const enum tri unless = d->unless ? expr_eval(&d->eval, d->unless) : TRI_NO;
    *unknown = d->when_unknown || unless == TRI_UNKNOWN;
    return unless != TRI_YES;
}

static struct str remedy_of(const struct hazard *h)
{
    return h->remedy.n > 0 ? h->remedy : h->id;
}

static bool same_cause(const struct finding *f, const struct hazard *h, uint32_t start)
{
    return f->hazard && f->start == start && str_eq(remedy_of(f->hazard), remedy_of(h));
}

/*
 * A finding of this statement with the same remedy; index, or the list's length. Its findings stand together from
 * `first` on; those of the end of the file stand last, in the statements' order.
 */
static size_t same_remedy(const struct finding_list *list, size_t first, const struct hazard *h,
                          const struct judged_statement *s, uint32_t start)
{
    size_t i;
    for (i = first; i < list->n && list->at[i].start >= s->st.start && list->at[i].start <= s->st.end; i++) {
        if (same_cause(&list->at[i], h, start)) {
            return i;
        }
    }
    for (size_t k = list->n; k > i && list->at[k - 1].start >= s->st.start && list->at[k - 1].start <= s->st.end; k--) {
        if (same_cause(&list->at[k - 1], h, start)) {
            return k - 1;
        }
    }
    return list->n;
}

/* The finding of this rule for an earlier action of the statement, when it stands among those of `first`. */
static size_t same_rule(const struct finding_list *list, size_t first, const struct hazard *h,
                        const struct judged_statement *s)
{
    for (size_t i = first; i < list->n && list->at[i].start >= s->st.start && list->at[i].start <= s->st.end; i++) {
        if (list->at[i].hazard == h) {
            return i;
        }
    }
    return list->n;
}

void findings_tell_more(struct finding_list *list, struct arena *a)
{
    for (size_t i = 0; i < list->n; i++) {
        struct finding *f = &list->at[i];
        if (f->more > 0) {
            f->remark = arena_printf(a, "%.*s%s%u more action%s of this statement likewise", STR_ARG(f->remark),
                                     f->remark.n > 0 ? "; " : "", f->more, f->more == 1 ? "" : "s");
        }
    }
}

static void describe(struct finding_context *c, struct finding *f, const struct hazard *h, struct eval *e,
                     const struct judged_statement *s, const struct judged_action *action, bool unknown)
{
    const struct measured *measured = e->options ? &e->options->measured : NULL;
    f->hazard = h;
    f->message = template_fill(h->title, e, &action->effects, true, c->a);
    f->remark = h->remark.n > 0 ? template_fill(h->remark, e, &action->effects, true, c->a)
                                : default_remark(c->a, &action->effects, measured);
    f->instead = h->instead.n > 0 ? template_fill(h->instead, e, &action->effects, false, c->a) : STR("");
    f->note = unknown ? unknown_note(c->a, e, h) : STR("");
    f->locks = (struct relation_lock_list){0};
    for (size_t i = 0; i < action->effects.locks.n; i++) { /* the statement may be gone when they are told of */
        *vec_push(c->a, &f->locks) = action->effects.locks.at[i];
    }
    const int64_t ms = estimate_effects(&action->effects, measured);
    f->estimate_ms = ms > 0 ? ms : 0;
    f->fix = c->fixes ? fix_draft(h, e, s, action, c->a) : NULL;
}

static void add(struct finding_context *c, const struct hazard *h, struct eval *e, const struct judged_statement *s,
                const struct judged_action *action, size_t first, bool unknown)
{
    uint32_t start, end;
    enum severity severity;
    (void)hazard_severity(e->options, h, &severity);
    action_range(s, action->what.shape, &start, &end);
    const size_t same = same_remedy(c->out, first, h, s, start);
    const size_t action_before = h->instead.n == 0 ? same_rule(c->out, first, h, s) : c->out->n;
    if (same == c->out->n && action_before < c->out->n) {
        c->out->at[action_before].more++;
        return;
    }
    if (same < c->out->n && c->out->at[same].severity >= severity) {
        return;
    }
    struct finding *f;
    if (same < c->out->n) {
        f = &c->out->at[same];
        f->rule = h->id;
        f->severity = severity;
        fingerprint(c, f, s);
    } else {
        f = finding_add(c, h->id, severity, start, end, s);
    }
    describe(c, f, h, e, s, action, unknown);
}

void findings_of_action(struct finding_context *c, const struct judged_statement *s, const struct judged_action *action,
                        struct eval *e, size_t first_of_statement)
{
    const struct hazard_list *hazards = runtime_hazards(e->book, action->what.form);
    for (size_t i = 0; i < hazards->n; i++) {
        const struct ready_hazard *ready = &hazards->at[i];
        const struct hazard *h = ready->hazard;
        enum severity severity;
        if (!hazard_severity(e->options, h, &severity) || (c->down && str_eq(h->group, STR("style")))) {
            continue; /* a rollback goes back to what was there, whatever its style */
        }
        const enum tri when = ask_when(e, ready->when);
        if (when == TRI_NO) {
            continue;
        }
        if (h->ask != ASK_BEFORE) {
            *vec_push(c->a, &c->deferred) =
                (struct deferred){h, ready->unless, s, action, *e, when == TRI_UNKNOWN, first_of_statement};
            c->deferred.at[c->deferred.n - 1].eval.memo = NULL;
            continue;
        }
        const enum tri unless = ready->unless ? expr_eval(e, ready->unless) : TRI_NO;
        if (unless != TRI_YES) {
            add(c, h, e, s, action, first_of_statement, when == TRI_UNKNOWN || unless == TRI_UNKNOWN);
        }
    }
}

void finding_of_deferred(struct finding_context *c, struct deferred *d)
{
    uint32_t start, end;
    enum severity severity;
    d->eval.a = c->a;
    d->eval.memo = NULL;
    (void)hazard_severity(d->eval.options, d->hazard, &severity);
    action_range(d->statement, d->action->what.shape, &start, &end);
    struct finding *f = finding_add(c, d->hazard->id, severity, start, end, d->statement);
    describe(c, f, d->hazard, &d->eval, d->statement, d->action, false);
}

void findings_ask(struct finding_context *c, enum ask_time time, size_t from, struct arena *scratch)
{
    size_t kept = from;
    for (size_t i = from; i < c->deferred.n; i++) {
        struct deferred *d = &c->deferred.at[i];
        bool unknown;
        if (d->hazard->ask != time) {
            c->deferred.at[kept++] = *d;
        } else if (deferred_applies(d, scratch, &unknown)) {
            add(c, d->hazard, &d->eval, d->statement, d->action, d->first, unknown);
        }
    }
    c->deferred.n = kept;
}

/* ---- statements that outlive their turn --------------------------------------------------------------------------- */

static void *copied(struct arena *a, const void *from, size_t n, size_t size)
{
    void *to = arena_alloc_raw(a, mem_size(n, size));
    if (n > 0) {
        memcpy(to, from, n * size);
    }
    return to;
}

#define COPY_LIST(a, list) ((list).at = copied((a), (list).at, (list).n, sizeof(list).at[0]), (list).cap = (list).n)

static void copy_effects(struct arena *a, struct effects *e)
{
    COPY_LIST(a, e->locks);
    COPY_LIST(a, e->rewrite);
    COPY_LIST(a, e->scan);
    COPY_LIST(a, e->build);
}

struct judged_statement *judged_statement_copy(const struct judged_statement *from, struct arena *a)
{
    struct judged_statement *s = copied(a, from, 1, sizeof *from);
    s->st.tokens = copied(a, from->st.tokens, from->st.n_tokens, sizeof from->st.tokens[0]);
    COPY_LIST(a, s->shapes);
    for (size_t i = 0; i < s->shapes.n; i++) {
        struct shape *shape = &s->shapes.at[i];
        shape->text = arena_str(a, shape->text);
        shape->tokens = copied(a, shape->tokens, shape->n_tokens, sizeof shape->tokens[0]);
    }
    s->actions = copied(a, from->actions, from->n_actions, sizeof from->actions[0]);
    for (size_t i = 0; i < s->n_actions; i++) {
        struct classified *what = &s->actions[i].what;
        copy_effects(a, &s->actions[i].effects);
        what->statement = &s->st;
        what->shape = &s->shapes.at[what->shape - from->shapes.at];
    }
    if (s->n_actions == 1 && from->effects.locks.at == from->actions[0].effects.locks.at) {
        s->effects = s->actions[0].effects;
    } else {
        copy_effects(a, &s->effects);
    }
    return s;
}

void deferred_move(struct deferred *d, const struct judged_statement *from, const struct judged_statement *to)
{
    struct judged_action *action = &to->actions[d->action - from->actions];
    d->statement = d->eval.statement = to;
    d->action = action;
    d->eval.what = &action->what;
    d->eval.effects = &action->effects;
}

static int by_place(const void *x, const void *y)
{
    const struct finding *a = x, *b = y;
    if (a->start != b->start) {
        return a->start < b->start ? -1 : 1;
    }
    if (a->severity != b->severity) {
        return a->severity > b->severity ? -1 : 1;
    }
    const int rule = str_cmp(a->rule, b->rule);
    return rule != 0 ? rule : strcmp(a->fingerprint, b->fingerprint);
}

void findings_sort(struct finding_list *list)
{
    if (list->n > 1) {
        qsort(list->at, list->n, sizeof list->at[0], by_place);
    }
}
