/* From a finding to the statements that stand for its statement. */
#include "rules/fix_name.h"
#include "rules/fix_parts.h"
#include "rules/runtime.h"
#include "rules/template.h"

enum { STEP_MAX = 256 * 1024 };

/* ---- fixers ------------------------------------------------------------------------------------------------------- */

static const struct fixer fixers[] = {
    {STR_INIT("own-transaction"), fix_own_transaction, "the same statement, outside the file's transaction"},
    {STR_INIT("no-block"), fix_no_block, "neither BEGIN nor COMMIT, in a migration of this program's own layout"},
    {STR_INIT("concurrently"), fix_concurrently, "the same statement with CONCURRENTLY"},
    {STR_INIT("add-column"), fix_add_column,
     "the column alone, then its default, rows, NOT NULL and constraints one by one"},
    {STR_INIT("add-key"), fix_add_key, "a unique index built CONCURRENTLY, then the constraint on it"},
    {STR_INIT("backfill"), fix_backfill, "the same statement in batches"},
    {STR_INIT("drop-indexes"), fix_drop_indexes, "DROP INDEX CONCURRENTLY for each index"},
    {STR_INIT("nullable-index"), fix_nullable_index, "a CHECK that proves NOT NULL before"},
    {STR_INIT("timeouts"), fix_timeouts, "the same statement with the timeouts off, and on again behind it"},
    {STR_INIT("shadow"), fix_shadow, "the same statement by a second column that is filled and swapped in"},
    {STR_INIT("short-names"), fix_short_names, "the names as the server cuts them"},
    {STR_INIT("partitioned-index"), fix_partitioned_index,
     "the index on the table alone, on each partition CONCURRENTLY, and attached"},
    {STR_INIT("attach"), fix_attach, "a CHECK of the bound, validated before and dropped behind"},
    {STR_INIT("attach-default"), fix_attach_default, "a CHECK on the default partition that rules the bound out"},
    {STR_INIT("detach"), fix_detach, "DETACH CONCURRENTLY, and the CHECK that it leaves dropped"},
};

const struct fixer *fixer_at(size_t i)
{
    return i < countof(fixers) ? &fixers[i] : NULL;
}

const struct fixer *fixer_find(struct str name)
{
    for (size_t i = 0; i < countof(fixers); i++) {
        if (str_eq(fixers[i].name, name)) {
            return &fixers[i];
        }
    }
    return NULL;
}

struct str hazard_fix_text(const struct hazard *h, struct arena *a)
{
    const struct fixer *by = h->fix.by.n > 0 ? fixer_find(h->fix.by) : NULL;
    const char *what = by                                 ? by->doc
                       : !hazard_fixable(h)               ? ""
                       : str_eq(h->fix.write, h->instead) ? "its safe way"
                                                          : "the statements that stand for it";
    return h->fix.other.n > 0 ? arena_printf(a, "%s; not where %.*s", what, STR_ARG(h->fix.other)) : str_of(what);
}

/* ---- text ----------------------------------------------------------------------------------------------------------- */

static struct str formatted(struct fix_work *w, const char *format, va_list ap)
{
    struct strbuf out;
    strbuf_init(&out, STEP_MAX);
    for (const char *p = format; *p; p++) {
        if (*p == '%') {
            strbuf_add(&out, va_arg(ap, struct str));
        } else {
            strbuf_add_char(&out, w->lower && *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p);
        }
    }
    const struct str text = arena_str(w->a, strbuf_str(&out));
    if (out.overflow) {
        fix_leave(w, "the statement is too long");
    }
    strbuf_free(&out);
    return text;
}

struct str fix_text(struct fix_work *w, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    const struct str text = formatted(w, format, ap);
    va_end(ap);
    return text;
}

void fix_step(struct fix_work *w, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    *vec_push(w->a, &w->draft->steps) = str_trim(formatted(w, format, ap));
    va_end(ap);
}

void fix_leave(struct fix_work *w, const char *format, ...)
{
    struct strbuf out;
    va_list ap;
    if (w->draft->left.n > 0) {
        return; /* the first reason stays */
    }
    strbuf_init(&out, 4096);
    va_start(ap, format);
    strbuf_vaddf(&out, format, ap);
    va_end(ap);
    w->draft->left = arena_str(w->a, strbuf_str(&out));
    strbuf_free(&out);
}

struct str fix_source(const struct fix_work *w, size_t first, size_t last)
{
    const struct statement *st = w->e->what->statement;
    return first < last && last <= st->n_tokens
               ? str_slice(w->e->what->text, st->tokens[first].start, st->tokens[last - 1].end)
               : STR("");
}

struct str fix_capture(const struct fix_work *w, const char *name)
{
    const struct term capture = {.kind = TERM_CAPTURE, .text = str_of(name)};
    size_t first, last;
    return term_tokens(w->e, &capture, &first, &last) ? fix_source(w, first, last) : STR("");
}

struct str fix_table(const struct fix_work *w)
{
    return fix_capture(w, "table");
}

size_t fix_head_end(const struct statement *st)
{
    size_t i = 2;
    if (!statement_is(st, 0, KW_ALTER) || !statement_is(st, 1, KW_TABLE)) {
        return 0;
    }
    i += statement_is(st, i, KW_IF) && statement_is(st, i + 1, KW_EXISTS) ? 2 : 0;
    i += statement_is(st, i, KW_ONLY);
    for (i++; i + 1 < st->n_tokens && st->tokens[i].kind == TOK_SELF && st->tokens[i].keyword == '.'; i += 2) {
    }
    return i + (i < st->n_tokens && st->tokens[i].kind == TOK_SELF && st->tokens[i].keyword == '*');
}

void fix_action_tokens(const struct statement *st, const struct shape *shape, size_t *first, size_t *last)
{
    *first = shape->n_actions > 1 ? shape->first : fix_head_end(st);
    *last = shape->n_actions > 1 ? shape->last : st->n_tokens;
}

void fix_add_not_null(struct fix_work *w, const struct relation *table, struct str column, struct str quoted)
{
    const struct str t = fix_table(w);
    const struct str name = name_quote(w->a, fix_name_of(w->e, table, column, STR("not_null_check")));
    fix_step(w, "ALTER TABLE % ADD CONSTRAINT % CHECK (% IS NOT NULL) NOT VALID", t, name, quoted);
    fix_step(w, "ALTER TABLE % VALIDATE CONSTRAINT %", t, name);
    fix_step(w, "ALTER TABLE % ALTER COLUMN % SET NOT NULL", t, quoted);
    fix_step(w, "ALTER TABLE % DROP CONSTRAINT %", t, name);
}

/* ---- the draft ------------------------------------------------------------------------------------------------------ */

/* The statements of what a template gave, each with the comments before it. */
static void take_steps(struct fix_work *w, struct str text)
{
    struct splitter sp;
    struct statement st;
    splitter_init(&sp, text, 0, (uint32_t)text.n);
    while (splitter_next(&sp, &st)) {
        *vec_push(w->a, &w->draft->steps) = str_slice(text, st.comments_start, st.end);
    }
    splitter_free(&sp);
}

static bool is_lower(struct str text)
{
    return text.n > 0 && text.p[0] >= 'a' && text.p[0] <= 'z';
}

/* Words that come and go as a statement changes its form. All other tokens of it must be in what is written. */
static bool is_noise(enum keyword kw)
{
    static const enum keyword words[] = {KW_ADD,          KW_ALTER,    KW_TABLE, KW_COLUMN, KW_CONSTRAINT, KW_IF,
                                         KW_EXISTS,       KW_ONLY,     KW_NULL,  KW_NOT,    KW_FOREIGN,    KW_KEY,
                                         KW_UNIQUE,       KW_SET,      KW_INDEX, KW_FOR,    KW_PRIMARY,    KW_CREATE,
                                         KW_CONCURRENTLY, KW_RESTRICT, KW_AS,    KW_OF};
    for (size_t i = 0; i < countof(words); i++) {
        if (words[i] == kw) {
            return true;
        }
    }
    return false;
}

static bool is_said(const struct fix_draft *d, struct arena *a, struct str text, struct token t)
{
    const struct str word = token_text(text, t);
    for (size_t i = 0; i < d->steps.n; i++) {
        struct lexer lx;
        struct token other;
        lex_init(&lx, d->steps.at[i], true);
        while ((other = lex_next(&lx)).kind != TOK_END) {
            if (str_eq_nocase(word, token_text(d->steps.at[i], other)) ||
                (t.kind == TOK_WORD && other.kind == TOK_QUOTED &&
                 str_eq(token_name(a, text, t), token_name(a, d->steps.at[i], other)))) {
                return true;
            }
        }
    }
    return false;
}

/* A safety net under all that is written: nothing that the action says may be gone from it. */
static void check_nothing_lost(struct fix_work *w)
{
    const struct statement *st = w->e->what->statement;
    enum { TOKENS_MAX = 400 };
    size_t first, last;
    fix_action_tokens(st, w->shape, &first, &last);
    if (last - first > TOKENS_MAX) {
        fix_leave(w, "the statement is too long to be written anew");
    }
    for (size_t i = first; i < last && w->draft->left.n == 0; i++) {
        const struct token t = st->tokens[i];
        const bool punctuation = t.kind == TOK_SELF && strchr("(),.", t.keyword) != NULL;
        if (!punctuation && !(t.kind == TOK_WORD && is_noise((enum keyword)t.keyword)) &&
            !is_said(w->draft, w->e->a, w->e->what->text, t)) {
            const struct str word = token_text(w->e->what->text, t);
            fix_leave(w, "\"%.*s\" would be lost", STR_ARG(word));
        }
    }
}

static bool has_word(struct str step, enum keyword kw)
{
    struct lexer lx;
    struct token t;
    lex_init(&lx, step, true);
    while ((t = lex_next(&lx)).kind != TOK_END) {
        if (t.kind == TOK_WORD && t.keyword == kw) {
            return true;
        }
    }
    return false;
}

static bool needs_its_own(struct str step)
{
    return has_word(step, KW_CONCURRENTLY) || has_word(step, KW_VALIDATE) || str_starts(step, STR("-- migrate:"));
}

/* ALTER TABLE IF EXISTS spares a table that is not there; a CREATE INDEX among the steps would not. */
static void check_if_exists(struct fix_work *w)
{
    const struct statement *st = w->e->what->statement;
    for (size_t i = 0; statement_is(st, 2, KW_IF) && fix_head_end(st) > 0 && i < w->draft->steps.n; i++) {
        struct lexer lx;
        lex_init(&lx, w->draft->steps.at[i], true);
        const struct token first = lex_next(&lx), second = lex_next(&lx);
        if (!(first.keyword == KW_ALTER && second.keyword == KW_TABLE)) {
            fix_leave(w, "IF EXISTS cannot be said of all that would be written");
        }
    }
}

/* A build CONCURRENTLY waits for others as long as it takes: a timeout would leave it half done. */
static void set_timeouts(struct fix_work *w)
{
    struct str_list steps = {0};
    bool off = false;
    for (size_t i = 0; i < w->draft->steps.n; i++) {
        const bool builds = has_word(w->draft->steps.at[i], KW_CONCURRENTLY);
        if (builds != off) {
            fix_timeouts_around(w, &steps, builds);
        }
        off = builds;
        *vec_push(w->a, &steps) = w->draft->steps.at[i];
    }
    if (off) {
        fix_timeouts_around(w, &steps, false);
    }
    w->draft->steps = steps;
}

static void title(struct fix_work *w, const struct hazard *h)
{
    const size_t n = w->draft->steps.n;
    w->draft->title = w->draft->unblock     ? arena_printf(w->a, "%.*s: take out BEGIN and COMMIT", STR_ARG(h->id))
                      : w->draft->unchanged ? arena_printf(w->a, "%.*s: take it out of the transaction", STR_ARG(h->id))
                                            : arena_printf(w->a, "%.*s: write the safe form%s", STR_ARG(h->id),
                                                           n > 1 ? ", in several statements" : "");
}

static void make(struct fix_work *w, const struct hazard *h)
{
    struct fix_draft *d = w->draft;
    if (h->fix.by.n > 0) {
        fixer_find(h->fix.by)->make(w);
    } else {
        const struct str text = template_write(h->fix.write, w->e, w->lower, w->a);
        d->whole = str_find(h->fix.write, STR("{statement}")) != SIZE_MAX || w->shape->n_actions == 1;
        take_steps(w, text);
    }
    for (size_t i = 0; i < d->steps.n; i++) {
        d->apart = d->apart || d->steps.n > 1 || needs_its_own(d->steps.at[i]);
    }
    if (d->steps.n > 0 && fix_timeout_in_force(w)) {
        set_timeouts(w);
    }
    const bool replaces =
        w->verbatim || d->unblock || statement_is(w->e->what->statement, 0, KW_SET); /* a SET sets another value */
    if (d->left.n == 0 && !d->unchanged && !replaces) {
        check_if_exists(w);
        check_nothing_lost(w);
    }
    if (d->left.n == 0 && d->steps.n == 0 && !d->unchanged && !d->unblock) {
        fix_leave(w, "there is nothing to write");
    }
}

const struct fix_draft *fix_draft(const struct hazard *h, struct eval *e, const struct judged_statement *s,
                                  const struct judged_action *action, struct arena *a)
{
    if (!hazard_fixable(h)) {
        return NULL;
    }
    struct fix_draft *d = arena_new(a, struct fix_draft);
    const struct shape *shape = action->what.shape;
    struct fix_work w = {e, s, shape, a, is_lower(s->source), d, false};
    *d = (struct fix_draft){.statement = s->st.start, .action = shape->action, .title = STR(""), .left = STR("")};
    /* What an unknown answer was about belongs to the finding. */
    const struct str unknown_of = e->unknown_of;
    const struct relation *unknown_relation = e->unknown_relation;
    if (s->inner) {
        fix_leave(&w, "it stands in a body of code");
    } else if (s->st.has_placeholder || s->st.cut || shape->cut) {
        fix_leave(&w, s->st.has_placeholder ? "a placeholder stands in it" : "the statement is too long");
    } else if (h->fix.when.n > 0 && expr_eval(e, runtime_expr(e->book->runtime, h->fix.when)) != TRI_YES) {
        fix_leave(&w, "%.*s", STR_ARG(h->fix.other.n > 0 ? h->fix.other : STR("what it needs is not known")));
    } else {
        make(&w, h);
    }
    title(&w, h);
    e->unknown_of = unknown_of;
    e->unknown_relation = unknown_relation;
    return d;
}
