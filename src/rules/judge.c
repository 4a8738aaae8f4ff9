#include "rules/judge.h"

#include "catalog/replay.h"
#include "migration/layout.h"
#include "rules/batchable.h"
#include "rules/body.h"
#include "rules/facts.h"
#include "rules/history.h"
#include "rules/judge_walk.h"
#include "rules/order.h"
#include "rules/runtime.h"
#include "rules/severity.h"
#include "rules/shadowable.h"

enum { SCRATCH_MAX = 256 * 1024 * 1024 };
#define STATEMENT_MAX ((size_t)4 << 30)

void judge_init(struct judge *j, const struct rulebook *book, const struct judge_options *options,
                struct catalog *catalog)
{
    *j = (struct judge){.book = book, .options = *options, .catalog = catalog};
    j->options.server_version = options->server_version ? options->server_version : JUDGE_DEFAULT_VERSION;
    j->options.small_rows = options->small_rows ? options->small_rows : JUDGE_SMALL_ROWS;
    j->options.small_bytes = options->small_bytes ? options->small_bytes : JUDGE_SMALL_BYTES;
    j->scratch = mem_alloc(sizeof *j->scratch);
    j->recent = mem_alloc(2 * sizeof *j->recent);
    arena_init(j->scratch, SCRATCH_MAX);
    arena_init(&j->recent[0], STATEMENT_MAX);
    arena_init(&j->recent[1], STATEMENT_MAX);
    j->history = history_new();
    j->orders = lock_orders_new();
}

void judge_free(struct judge *j)
{
    if (j->scratch) {
        arena_free(j->scratch);
        arena_free(&j->recent[0]);
        arena_free(&j->recent[1]);
        free(j->scratch);
        free(j->recent);
    }
    history_free(j->history);
    lock_orders_free(j->orders);
    *j = (struct judge){0};
}

/* ---- one statement ---------------------------------------------------------------------------------------------- */

bool walk_is_control(const struct statement *st)
{
    static const enum keyword words[] = {KW_BEGIN, KW_COMMIT, KW_ROLLBACK, KW_SAVEPOINT, KW_RELEASE, KW_ABORT, KW_END};
    for (size_t i = 0; i < countof(words); i++) {
        if (statement_is(st, 0, words[i])) {
            return true;
        }
    }
    return (statement_is(st, 0, KW_START) || statement_is(st, 0, KW_PREPARE)) && statement_is(st, 1, KW_TRANSACTION);
}

static enum status read_directives(struct walk *w, struct judged_statement *s)
{
    uint32_t at = 0;
    if (s->st.comments_start >= s->st.start) {
        return ST_OK;
    }
    const enum status st =
        directives_parse(w->m->text, s->st.comments_start, s->st.start, w->a, &s->directives, &at, w->err);
    if (st) {
        unsigned line, column;
        line_map_find(&w->lines, at, &line, &column);
        error_place(w->err, w->m->file.p, line, column);
    }
    for (size_t i = 0; i < s->directives.n; i++) {
        s->backfill = s->backfill || s->directives.at[i].kind == DIRECTIVE_BACKFILL;
        s->shadow = s->shadow || s->directives.at[i].kind == DIRECTIVE_SHADOW;
    }
    return st;
}

struct judged_statement *walk_add(struct walk *w, const struct statement *st)
{
    const bool inner = w->depth > 0;
    const bool listed = !inner && !w->j->options.findings_only;
    struct judged_statement *s =
        listed ? vec_push(w->a, &w->out->statements) : arena_new(w->statement, struct judged_statement);
    w->out->n_statements += !inner;
    s->inner = inner;
    s->st = *st;
    s->st.tokens = arena_alloc_raw(w->statement, mem_size(st->n_tokens + 1, sizeof *st->tokens));
    if (st->n_tokens > 0) {
        memcpy(s->st.tokens, st->tokens, st->n_tokens * sizeof *st->tokens);
    }
    s->source = str_slice(w->text, st->start, st->end);
    line_map_find(&w->lines, st->start, &s->line, &s->column);
    return s;
}

static struct eval eval_of(const struct walk *w, const struct judged_statement *s, struct judged_action *action,
                           struct origin at, struct arena *a)
{
    return (struct eval){
        .book = w->j->book,
        .what = &action->what,
        .catalog = w->j->catalog,
        .server_version = w->j->options.server_version,
        .a = a,
        .options = &w->j->options,
        .statement = s,
        .at = at,
    };
}

/* Forms and effects of each action, and of all together. */
static void classify_actions(struct walk *w, struct judged_statement *s)
{
    struct judge *j = w->j;
    const struct origin at = {.file = j->files, .statement = j->statements + 1};
    shape_of(w->text, &s->st, w->statement, &s->shapes);
    s->n_actions = s->shapes.n;
    s->actions = arena_array(w->statement, struct judged_action, s->n_actions);
    for (size_t i = 0; i < s->n_actions; i++) {
        struct judged_action *action = &s->actions[i];
        classify(j->book, j->catalog, j->options.server_version, w->text, &s->st, &s->shapes.at[i], &action->what);
        struct eval e = eval_of(w, s, action, at, j->scratch);
        e.keep = w->statement;
        effects_work_out(&e, &action->effects);
        if (s->n_actions == 1 && !body_is_in(&s->st)) {
            w->memo = e.memo; /* nothing changes the catalog until its hazards are looked for */
        } else {
            arena_reset(j->scratch);
        }
        if (i == 0) {
            s->effects = action->effects;
            s->effects.locks = (struct relation_lock_list){0};
            s->effects.rewrite = s->effects.scan = s->effects.build = (struct relation_effect_list){0};
        }
        if (s->n_actions > 1 || i > 0) {
            effects_merge(&s->effects, &action->effects, w->statement);
        } else {
            s->effects = action->effects;
        }
    }
}

/* Why a statement cannot be read; NULL: it can. */
static const char *unreadable(const struct judged_statement *s)
{
    if (s->st.broken) {
        return lex_bad_reason(s->st.broken);
    }
    if (s->kind == STATEMENT_PSQL) {
        return NULL;
    }
    for (size_t i = 0; i < s->n_actions; i++) {
        const struct classified *c = &s->actions[i].what;
        if (c->form) {
            continue;
        }
        if (c->limit_hit) {
            return s->shapes.at[i].cut ? "it is too long to be read to its end"
                                       : "it is too involved to be matched within bounds";
        }
        if (s->st.has_placeholder) {
            return "a placeholder stands where it decides what the statement is";
        }
    }
    return NULL;
}

/*
 * psql commands that bring in SQL from elsewhere, or send what a query returns. The others change nothing that is
 * judged.
 */
static bool brings_sql(struct str command)
{
    static const char *const names[] = {"i", "ir", "include", "include_relative", "gexec", "c", "connect"};
    size_t n = 1;
    while (n < command.n && command.p[n] > ' ') {
        n++;
    }
    for (size_t i = 0; i < countof(names); i++) {
        if (str_eq(str_slice(command, 1, n), str_of(names[i]))) {
            return true;
        }
    }
    return false;
}

static void tell_unread(struct walk *w, const struct judged_statement *s, const char *why)
{
    uint32_t start, end;
    action_range(s, NULL, &start, &end);
    if (s->st.broken) {
        start = s->st.broken_at;
        end = start + 1;
    }
    /* What `up` refuses must not pass here; in files of other tools a placeholder is theirs to fill in. */
    const bool refused =
        w->m->layout == &layout_native && (s->st.broken || s->st.has_placeholder || s->kind == STATEMENT_PSQL);
    struct finding *f =
        finding_add(&w->findings, STR("unreadable-statement"), refused ? SEVERITY_ERROR : SEVERITY_NOTE, start, end, s);
    f->message = arena_printf(w->a, "this statement cannot be read: %s", why);
    f->remark = STR("what it does was not judged");
    w->out->unreadable++;
}

static void tell_unknown_form(struct walk *w, const struct judged_statement *s, const struct judged_action *action)
{
    uint32_t start, end;
    action_range(s, action->what.shape, &start, &end);
    struct finding *f = finding_add(&w->findings, STR("unknown-form"), SEVERITY_NOTE, start, end, s);
    f->message = STR("no form of the rulebook covers this statement");
    f->remark = STR("what it locks is not known");
    w->out->unknown_forms++;
    w->out->unreadable++;
}

static void look_for_hazards(struct walk *w, struct judged_statement *s, struct origin at)
{
    struct judge *j = w->j;
    const size_t first = w->findings.out->n;
    const char *why = unreadable(s);
    if (s->kind == STATEMENT_PSQL && brings_sql(s->source)) {
        why = "a psql command, and the SQL it brings in is not here";
    }
    if (why) {
        tell_unread(w, s, why);
    }
    bool told = why != NULL || s->kind == STATEMENT_PSQL || s->kind == STATEMENT_TRANSACTION;
    for (size_t i = 0; i < s->n_actions; i++) {
        struct judged_action *action = &s->actions[i];
        struct eval e = eval_of(w, s, action, at, j->scratch);
        e.transaction = &w->tx;
        e.session = &w->session;
        e.part = w->out;
        e.orders = j->orders;
        e.effects = &action->effects;
        e.memo = w->memo;
        findings_of_action(&w->findings, s, action, &e, first);
        if (!action->what.form && !told) {
            tell_unknown_form(w, s, action);
            told = true;
        }
    }
    if (w->tx.sent) {
        runner_remarks(&w->tx, s, j->files, w->a, w->findings.out, first);
    }
    w->memo = NULL;
    arena_reset(j->scratch);
}

void walk_read(struct walk *w, struct judged_statement *s)
{
    if (s->st.psql) {
        s->kind = STATEMENT_PSQL;
        s->effects = (struct effects){.supported = TRI_UNKNOWN, .in_transaction = TRI_UNKNOWN, .known = KNOWN_NO};
    } else {
        classify_actions(w, s);
        s->kind = walk_is_control(&s->st) ? STATEMENT_TRANSACTION
                  : unreadable(s)         ? STATEMENT_UNREADABLE
                                          : STATEMENT_SQL;
    }
    if (s->kind == STATEMENT_TRANSACTION) {
        s->effects.in_transaction = TRI_YES; /* it is what makes the block */
        s->effects.class = CLASS_TRANSACTION;
        s->effects.known = KNOWN_YES;
    }
}

/* For the rules that ask whether the file has a statement of a form. */
static void leave_traces(struct walk *w, const struct judged_statement *s)
{
    for (size_t i = 0; i < s->n_actions && !s->inner; i++) {
        const struct form *form = s->actions[i].what.form;
        if (form && runtime_asks_for(w->j->book, form)) {
            *vec_push(w->a, &w->out->traces) = (struct statement_trace){.form = form, .start = s->st.start};
        }
    }
}

/* What the statement locks, the statements of its body included. */
static void complete_traces(struct walk *w, const struct judged_statement *s)
{
    struct judged_part *out = w->out;
    for (size_t i = out->traces.n; !s->inner && i > 0 && out->traces.at[i - 1].start == s->st.start; i--) {
        for (size_t k = 0; k < s->effects.locks.n; k++) {
            *vec_push(w->a, &out->traces.at[i - 1].locked) = s->effects.locks.at[k].relation;
        }
    }
}

/*
 * What was put off to the end of the file or later needs the statement until then, and so do its directives: a copy of
 * it, for the entries from `deferred` on.
 */
static void keep_statement(struct walk *w, const struct judged_statement *s, size_t deferred)
{
    struct deferred_list *list = &w->findings.deferred;
    if (!w->j->options.findings_only || (list->n == deferred && s->directives.n == 0)) {
        return;
    }
    struct judged_statement *kept = judged_statement_copy(s, w->a);
    for (size_t i = deferred; i < list->n; i++) {
        deferred_move(&list->at[i], s, kept);
    }
    if (s->directives.n > 0 && !s->inner) {
        *vec_push(w->a, &w->out->statements) = *kept;
    }
}

void walk_judge(struct walk *w, struct judged_statement *s)
{
    struct judge *j = w->j;
    const struct origin at = {.file = j->files, .transaction = w->tx.origin, .statement = ++j->statements};
    leave_traces(w, s);
    if (body_is_in(&s->st)) {
        walk_body(w, s);
    }
    complete_traces(w, s);
    const size_t deferred = w->findings.deferred.n;
    look_for_hazards(w, s, at);
    if (s->kind != STATEMENT_PSQL && !s->st.broken) {
        catalog_replay(j->catalog, w->text, &s->st, at);
        effects_complete(&s->effects, j->catalog, at, w->statement);
        for (size_t i = 0; i < s->n_actions; i++) {
            effects_complete(&s->actions[i].effects, j->catalog, at, w->statement);
        }
    }
    findings_ask(&w->findings, ASK_AFTER, deferred, j->scratch);
    arena_reset(j->scratch);
    session_enter(&w->session, w->text, &s->st);
    if (!w->out->down) {
        lock_orders_enter(j->orders, &w->tx, s, j->files);
    }
    transaction_enter(&w->tx, s, w->text, j->files, at.statement);
    keep_statement(w, s, deferred);
}

static enum status judge_statement(struct walk *w, const struct statement *st)
{
    if (w->j->options.findings_only) {
        w->statement = &w->j->recent[w->out->n_statements % 2];
        arena_reset(w->statement);
    }
    struct judged_statement *s = walk_add(w, st);
    const enum status status = read_directives(w, s);
    if (status) {
        return status;
    }
    walk_read(w, s);
    if (!w->tx.sent && w->tx.mode != TX_TRUE && !w->tx.explicit_block && s->kind == STATEMENT_SQL) {
        s->backfill = s->backfill || batchable(w->j, s, w->text);
    }
    if (s->shadow && s->kind == STATEMENT_SQL) {
        s->shadow_refused = shadowable(w->j->catalog, s, w->text, w->a);
    }
    transaction_place(&w->tx, s, w->j->files, &w->j->transactions);
    walk_judge(w, s);
    w->out->before = s;
    return w->status;
}

/* ---- parts ------------------------------------------------------------------------------------------------------ */

/* Room for as many statements as there are semicolons, within reason: growing the list copies it again and again. */
static void reserve_statements(struct judged_part *out, struct str text, struct arena *a)
{
    enum { BYTES_PER_STATEMENT = 48, MAX_RESERVED = 4096 };
    size_t n = 1, at = 0;
    for (size_t found; (found = str_find_char(str_slice(text, at, text.n), ';')) != SIZE_MAX && n < MAX_RESERVED; n++) {
        at += found + 1;
    }
    n = n > text.n / BYTES_PER_STATEMENT + 1 ? text.n / BYTES_PER_STATEMENT + 1 : n;
    out->statements.at = arena_alloc_raw(a, mem_size(n, sizeof out->statements.at[0]));
    out->statements.cap = n;
}

/* Flyway's own refusal, before the server is asked. */
static void tell_mixed(struct walk *w)
{
    const uint32_t at = w->sending.mixed_at;
    if (w->sending.mixed) {
        struct finding *f = finding_add(&w->findings, STR("mixed-transactions"), SEVERITY_ERROR, at, at, NULL);
        f->message = arena_printf(w->a, "%s refuses a file of which only a part can run in a transaction",
                                  w->sending.runner->name);
        f->remark = arena_printf(w->a, "this statement cannot: %s", w->sending.runner->alone);
    }
}

/* Say of each finding in which part it is: the same statement may stand in both. */
static void mark_down(struct walk *w)
{
    for (size_t i = 0; i < w->findings.out->n; i++) {
        struct finding *f = &w->findings.out->at[i];
        f->down = true;
        f->message = arena_printf(w->a, "rollback: %.*s", STR_ARG(f->message));
    }
}

/* When the part has ended: what was put off to now, then what the directives silence of all of it. */
static void settle(struct walk *w)
{
    struct judge *j = w->j;
    struct finding_list later = {0};
    const struct migration *m = w->m;
    findings_ask(&w->findings, ASK_END_OF_FILE, 0, j->scratch);
    findings_tell_more(w->findings.out, w->a);
    arena_reset(j->scratch);
    findings_sort(w->findings.out);
    if (w->out->down) {
        findings_ask(&w->findings, ASK_END_OF_HISTORY, 0, j->scratch); /* nothing comes behind a rollback */
    } else {
        history_findings(&w->findings, &later);
    }
    const size_t found = w->findings.out->n;
    suppress_statements(&w->suppression, &w->findings, &w->inner, &later);
    if (w->findings.out->n > found) {
        findings_sort(w->findings.out); /* for the next walk along it */
    }
    suppress_statements(&w->suppression, &w->findings, &w->out->statements, &later);
    if (!w->out->down || !m->up.present) { /* or it was said of the up part */
        suppress_finish(&w->suppression, &w->findings, !m->up.present || !m->down.present);
    }
    if (!w->out->down) {
        history_keep(j->history, &w->findings, &later, j->scratch);
    }
    severities_settle(&j->options, w->findings.out);
    if (w->out->down) {
        mark_down(w);
    }
    findings_sort(w->findings.out);
}

void judge_finish(struct judge *j, struct arena *a, struct judged_part_list *out)
{
    history_finish(j->history, a, out);
    for (size_t i = 0; i < out->n; i++) {
        severities_settle(&j->options, &out->at[i].findings);
    }
}

enum status judge_part(struct judge *j, const struct migration *m, bool down, struct arena *a, struct judged_part *out,
                       struct error *err)
{
    const struct migration_part whole = down ? m->down : m->up;
    const struct migration_part cut = down ? whole : runner_part(j->options.runner, m->text, &whole);
    const struct migration_part *part = &cut;
    struct splitter sp;
    struct statement st;
    enum status status = ST_OK;
    *out = (struct judged_part){.migration = m, .down = down, .undoes = down ? j->undoes : 0};
    if (!part->present) {
        return ST_OK;
    }
    struct walk w = {.j = j, .m = m, .text = m->text, .part = part, .a = a, .statement = a, .out = out, .err = err};
    line_map_init(&w.lines, m->text);
    if (!j->options.findings_only) {
        reserve_statements(out, str_slice(m->text, part->start, part->end), a);
    }
    w.findings =
        (struct finding_context){.migration = m, .lines = &w.lines, .a = a, .out = &out->findings, .down = down};
    w.findings.no_fingerprints = j->options.no_fingerprints;
    w.findings.fixes = j->options.fixes;
    map_init(&w.findings.marks, a);
    j->files++;
    j->catalog->server_version = j->options.server_version;
    if (j->options.runner) {
        runner_sending(j->options.runner, m->text, part, a, &w.sending);
        transaction_init_sent(&w.tx, &w.sending, a);
        tell_mixed(&w);
    } else {
        transaction_init(&w.tx, part->tx, a);
    }
    session_init(&w.session, a);
    suppression_init(&w.suppression, j->book, &j->options, m, a);
    splitter_init(&sp, m->text, part->start, part->end);
    while (!status && splitter_next(&sp, &st)) {
        status = judge_statement(&w, &st);
    }
    splitter_free(&sp);
    settle(&w);
    out->before = NULL;
    line_map_free(&w.lines);
    return status;
}
