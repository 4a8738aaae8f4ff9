#include "plan/plan.h"

#include "base/sha256.h"
#include "migration/layout.h"
#include "migration/place.h"
#include "plan/analyze.h"
#include "plan/batch.h"
#include "plan/estimate.h"
#include "plan/shadow.h"

/*
 * A batch's stays with its run time below deadlock_timeout (1 s): it gives way before anybody's deadlock check fires.
 */
enum { DATA_LOCK_TIMEOUT_MS = 2000, BATCH_LOCK_TIMEOUT_MS = 200 };

struct planner {
    const struct judged_part *judged;
    const struct plan_options *options;
    struct arena *a;
    struct migration_plan *out;
    const struct judged_statement *begun; /* the file's own BEGIN, until its COMMIT */
    struct error *err;
};

const char *step_kind_name(enum step_kind k)
{
    static const char *const names[] = {"transaction", "single", "backfill", "shadow"};
    return names[k];
}

/* ---- what cannot run ---- */

static enum status refuse_program(const struct migration *m, struct error *err)
{
    error_set(err, ST_USAGE, "this migration is a program of another tool, and migrate runs SQL only");
    error_place(err, m->file.p, 0, 0);
    error_hint(
        err, "let that tool run it, or do by hand what it does; then: migrate mark %.*s --applied. Or write it as SQL",
        STR_ARG(m->version));
    return ST_USAGE;
}

static enum status refuse_unreadable(struct planner *p, const struct judged_statement *s)
{
    const struct migration *m = p->judged->migration;
    if (s->st.broken) {
        return place_refuse(p->err, m->file, m->text, s->st.broken_at, "cannot run: %s", lex_bad_reason(s->st.broken));
    }
    for (size_t i = 0; i < s->st.n_tokens; i++) {
        if (s->st.tokens[i].kind == TOK_PLACEHOLDER) {
            const struct str t = token_text(m->text, s->st.tokens[i]);
            place_refuse(p->err, m->file, m->text, s->st.tokens[i].start, "cannot run: the placeholder %.*s is left",
                         STR_ARG(t));
            error_hint(p->err, "%s",
                       str_find(t, STR("${")) != SIZE_MAX || str_find(t, STR("{{")) != SIZE_MAX
                           ? "give it a value: --set NAME=VALUE, or placeholders: in migrate.yaml; ${tenant} has one "
                             "with --tenant or --schema-each"
                           : "placeholders of this kind are understood by lint, but nothing fills them here: write "
                             "the value");
            return ST_USAGE;
        }
    }
    return place_refuse(p->err, m->file, m->text, s->st.start, "cannot run: the statement cannot be read");
}

/* Of these words only; a list that ends with KW_NONE. */
static bool consists_of(const struct statement *st, const uint16_t *words)
{
    for (size_t i = 0; i < st->n_tokens; i++) {
        size_t k = 0;
        while (words[k] != KW_NONE && !statement_is(st, i, words[k])) {
            k++;
        }
        if (words[k] == KW_NONE) {
            return false;
        }
    }
    return true;
}

static enum status refuse_control(struct planner *p, const struct judged_statement *s, const char *why)
{
    const struct migration *m = p->judged->migration;
    place_refuse(p->err, m->file, m->text, s->st.start, "%.*s %s", STR_ARG(token_text(m->text, s->st.tokens[0])), why);
    error_hint(
        p->err,
        "migrate makes the transactions: leave it out, or write a plain BEGIN; … COMMIT; around what belongs together");
    return ST_USAGE;
}

/*
 * Many files written for other tools have transactions of their own. A plain BEGIN and its COMMIT become one step; the two words
 * themselves are not sent, because the step's row in the history has to be in the same transaction.
 */
static enum status take_control(struct planner *p, const struct judged_statement *s)
{
    static const uint16_t begin[] = {KW_BEGIN, KW_START, KW_TRANSACTION, KW_WORK, KW_NONE};
    static const uint16_t commit[] = {KW_COMMIT, KW_END, KW_TRANSACTION, KW_WORK, KW_NONE};
    const struct migration *m = p->judged->migration;
    if ((p->judged->down ? m->down : m->up).tx == TX_TRUE) {
        return refuse_control(p, s, "in a migration that is one transaction already (transaction:true)");
    }
    if (consists_of(&s->st, begin)) {
        if (p->begun) {
            return refuse_control(p, s, "inside a transaction");
        }
        p->begun = s;
        return ST_OK;
    }
    if (consists_of(&s->st, commit)) {
        if (!p->begun) {
            return refuse_control(p, s, "without a BEGIN before it");
        }
        p->begun = NULL;
        return ST_OK;
    }
    return refuse_control(p, s, "cannot be part of a migration's step");
}

static enum status refuse_in_transaction(struct planner *p, const struct judged_statement *s)
{
    const struct migration *m = p->judged->migration;
    if (p->begun) {
        place_refuse(p->err, m->file, m->text, s->st.start, "%s inside BEGIN … COMMIT",
                     s->backfill ? "a backfill" : "PostgreSQL refuses this statement");
        error_hint(p->err, "move it behind the COMMIT");
        return ST_USAGE;
    }
    place_refuse(
        p->err, m->file, m->text, s->st.start,
        "PostgreSQL refuses this statement inside a transaction, and the file asks for one (transaction:true)");
    error_hint(p->err, "write -- migrate:%s transaction:auto, or move the statement to a file of its own",
               p->judged->down ? "down" : "up");
    return ST_USAGE;
}

static enum status refuse_unsupported(struct planner *p, const struct judged_statement *s)
{
    const struct migration *m = p->judged->migration;
    const struct form *form = s->n_actions > 0 ? s->actions[0].what.form : NULL;
    const struct str title = form ? form->title : STR("this statement");
    place_refuse(p->err, m->file, m->text, s->st.start, "this version of PostgreSQL does not have %.*s",
                 STR_ARG(title));
    error_hint(p->err, "migrate explain --server-version N says which versions have it");
    return ST_USAGE;
}

static enum status check(struct planner *p, const struct judged_statement *s)
{
    const struct migration *m = p->judged->migration;
    if (s->st.has_placeholder || s->st.broken) {
        return refuse_unreadable(p, s);
    }
    switch (s->kind) {
    case STATEMENT_PSQL: {
        struct str line = str_trim(token_text(m->text, s->st.tokens[0]));
        place_refuse(p->err, m->file, m->text, s->st.start, "cannot run: %.*s is a command of psql, not SQL",
                     (int)(line.n < 60 ? line.n : 60), line.p);
        error_hint(p->err, "leave it out, or write what it stands for as SQL");
        return ST_USAGE;
    }
    case STATEMENT_TRANSACTION:
        return take_control(p, s);
    case STATEMENT_UNREADABLE:
        return refuse_unreadable(p, s);
    case STATEMENT_SQL:
        break;
    }
    if (s->st.cut) {
        return place_refuse(p->err, m->file, m->text, s->st.start, "cannot run: the statement has more than %d words",
                            STATEMENT_MAX_TOKENS);
    }
    if (s->effects.supported == TRI_NO) {
        return refuse_unsupported(p, s);
    }
    const bool impossible = s->effects.in_transaction == TRI_NO && !s->alone;
    return impossible || (s->backfill && p->begun) ? refuse_in_transaction(p, s) : ST_OK;
}

/* ---- what a step is ---- */

/* The more of a lock's trouble a class means, the higher: the highest of a step decides. */
static unsigned weight(enum form_class class)
{
    switch (class) {
    case CLASS_TRANSACTION:
        return 0;
    case CLASS_ONLINE:
        return 1;
    case CLASS_DATA:
        return 2;
    case CLASS_CATALOG:
        return 3;
    case CLASS_LONG:
        return 4;
    }
    return 4;
}

static void merge_locks(struct planner *p, struct step *step, const struct relation_lock_list *locks)
{
    for (size_t i = 0; i < locks->n; i++) {
        const struct relation_lock *l = &locks->at[i];
        struct relation_lock *mine = NULL;
        for (size_t k = 0; k < step->locks.n && !mine; k++) {
            mine = step->locks.at[k].relation == l->relation ? &step->locks.at[k] : NULL;
        }
        if (!mine) {
            *vec_push(p->a, &step->locks) = *l;
        } else if (l->mode > mine->mode) {
            *mine = *l;
        }
    }
}

/* The block behind COPY … FROM STDIN without its end mark. */
static struct str copy_data(struct str text, const struct statement *st)
{
    struct str data = str_slice(text, st->copy_start, st->copy_end), trimmed = data;
    while (trimmed.n > 0 && (trimmed.p[trimmed.n - 1] == '\n' || trimmed.p[trimmed.n - 1] == '\r')) {
        trimmed.n--;
    }
    const bool alone = trimmed.n == 2 || (trimmed.n > 2 && trimmed.p[trimmed.n - 3] == '\n');
    if (alone && str_ends(trimmed, STR("\\."))) {
        data = str_slice(trimmed, 0, trimmed.n - 2);
    }
    return data;
}

static void add_statement(struct planner *p, struct step *step, const struct judged_statement *s)
{
    struct planned_statement *planned = vec_push(p->a, &step->statements);
    planned->sql = s->source;
    planned->judged = s;
    planned->line = s->line;
    if (s->st.copy_end > s->st.copy_start) {
        planned->copy_data = copy_data(p->judged->migration->text, &s->st);
    }
    if (step->statements.n == 1 || weight(s->effects.class) > weight(step->class)) {
        step->class = s->effects.class;
    }
    merge_locks(p, step, &s->effects.locks);
}

static void set_timeouts(struct planner *p, struct step *step)
{
    const bool data = step->class == CLASS_DATA || step->kind == STEP_BACKFILL;
    step->lock_timeout_ms = step->kind == STEP_BACKFILL   ? BATCH_LOCK_TIMEOUT_MS
                            : data                        ? DATA_LOCK_TIMEOUT_MS
                            : step->class == CLASS_ONLINE ? 0
                                                          : p->options->lock_timeout_ms;
    step->statement_timeout_ms = data ? p->options->data_statement_timeout_ms : 0;
    for (size_t i = 0; i < step->statements.n; i++) {
        const struct directive_list *said = &step->statements.at[i].judged->directives;
        for (size_t k = 0; k < said->n; k++) {
            const struct directive *d = &said->at[k];
            if (d->kind == DIRECTIVE_TIMEOUT && d->lock_ms >= 0) {
                step->lock_timeout_ms = d->lock_ms;
            }
            if (d->kind == DIRECTIVE_TIMEOUT && d->statement_ms >= 0) {
                step->statement_timeout_ms = d->statement_ms;
            }
        }
    }
}

/* What CREATE INDEX CONCURRENTLY or REINDEX INDEX leaves behind invalid when it fails. */
static void set_built_index(struct step *step)
{
    const struct relation_effect_list *build = &step->statements.at[0].judged->effects.build;
    if (step->kind == STEP_SINGLE && step->class == CLASS_ONLINE && build->n == 1) {
        step->built_index_schema = build->at[0].relation->schema;
        step->built_index = build->at[0].relation->name;
    }
}

/* A checkout may turn LF into CRLF: that is no other statement. */
static void hash_text(struct sha256 *h, struct str s)
{
    size_t from = 0;
    for (size_t i = 0; i + 1 < s.n; i++) {
        if (s.p[i] == '\r' && s.p[i + 1] == '\n') {
            sha256_add(h, str_slice(s, from, i));
            from = i + 1;
        }
    }
    sha256_add(h, str_slice(s, from, s.n));
    sha256_add(h, (struct str){"", 1});
}

void step_hash(struct step *step)
{
    struct sha256 h;
    sha256_init(&h);
    hash_text(&h, str_of(step_kind_name(step->kind)));
    for (size_t i = 0; i < step->statements.n; i++) {
        hash_text(&h, step->statements.at[i].sql);
        hash_text(&h, step->statements.at[i].copy_data);
    }
    sha256_hex(&h, step->sha256);
}

static enum status make_batch(struct planner *p, struct step *step)
{
    const struct judged_statement *s = step->statements.at[0].judged;
    const struct migration *m = p->judged->migration;
    const struct directive *said = NULL;
    for (size_t i = 0; i < s->directives.n; i++) {
        said = s->directives.at[i].kind == DIRECTIVE_BACKFILL ? &s->directives.at[i] : said;
    }
    step->batch = arena_new(p->a, struct batch_spec);
    const enum status status = batch_spec_of(s, m->text, m->file.p, said, p->a, step->batch, p->err);
    if (status && !said) {
        error_detail(p->err,
                     "its table is large (backfill.rows in migrate.yaml), so it is not run as one statement unasked");
    }
    return status;
}

static enum status finish_step(struct planner *p, struct step *step)
{
    enum status status = ST_OK;
    step->ordinal = (unsigned)p->out->steps.n;
    if (step->kind == STEP_BACKFILL) {
        status = make_batch(p, step);
    } else if (step->kind == STEP_SHADOW) {
        const struct migration *m = p->judged->migration;
        step->shadow = arena_new(p->a, struct shadow_spec);
        status = shadow_spec_of(step->statements.at[0].judged, m->text, m->file.p, p->a, step->shadow, p->err);
        step->shadow->version = m->version;
        step->shadow->refused = step->statements.at[0].judged->shadow_refused;
        step->shadow->down = p->judged->down;
    }
    set_timeouts(p, step);
    set_built_index(step);
    step_hash(step);
    step->estimate_ms = estimate_step(step, p->options->measured);
    return status;
}

static bool joins(const struct judged_statement *first, const struct judged_statement *s)
{
    return s->transaction == first->transaction && !s->alone && !s->backfill && !s->shadow &&
           s->kind != STATEMENT_TRANSACTION;
}

enum status plan_make(const struct judged_part *judged, const struct plan_options *options, struct arena *a,
                      struct migration_plan *out, struct error *err)
{
    struct planner p = {.judged = judged, .options = options, .a = a, .out = out, .err = err};
    enum status status = ST_OK;
    *out = (struct migration_plan){.migration = judged->migration, .down = judged->down, .judged = *judged};
    if (judged->migration->layout == &layout_program && !judged->down) {
        return refuse_program(judged->migration, err);
    }
    for (size_t i = 0; i < judged->statements.n && !status; i++) {
        status = check(&p, &judged->statements.at[i]);
    }
    if (!status && p.begun) {
        status = refuse_control(&p, p.begun, "without a COMMIT behind it");
    }
    for (size_t i = 0; i < judged->statements.n && !status;) {
        const struct judged_statement *first = &judged->statements.at[i];
        const bool lone = first->alone || first->backfill || first->shadow;
        if (first->kind == STATEMENT_TRANSACTION) {
            i++;
            continue;
        }
        struct step *step = vec_push(a, &out->steps);
        step->kind = first->shadow     ? STEP_SHADOW
                     : first->backfill ? STEP_BACKFILL
                     : first->alone    ? STEP_SINGLE
                                       : STEP_TRANSACTION;
        do {
            add_statement(&p, step, &judged->statements.at[i++]);
        } while (!lone && i < judged->statements.n && joins(first, &judged->statements.at[i]));
        status = finish_step(&p, step);
    }
    if (!status) {
        plan_analyze(out, a);
    }
    return status;
}
