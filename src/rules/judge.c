#include "rules/judge.h"

#include "catalog/replay.h"
#include "rules/facts.h"
#include "rules/finding.h"
#include "rules/history.h"
#include "rules/order.h"
#include "rules/runtime.h"
#include "rules/session.h"
#include "rules/suppress.h"

enum { SCRATCH_MAX = 256 * 1024 * 1024 };

void judge_init(struct judge *j, const struct rulebook *book, const struct judge_options *options,
                struct catalog *catalog)
{
    *j = (struct judge){.book = book, .options = *options, .catalog = catalog};
    j->options.server_version = options->server_version ? options->server_version : JUDGE_DEFAULT_VERSION;
    j->options.small_rows = options->small_rows ? options->small_rows : JUDGE_SMALL_ROWS;
    j->options.small_bytes = options->small_bytes ? options->small_bytes : JUDGE_SMALL_BYTES;
    j->scratch = mem_alloc(sizeof *j->scratch);
    arena_init(j->scratch, SCRATCH_MAX);
    j->history = history_new();
    j->orders = lock_orders_new();
}

void judge_free(struct judge *j)
{
    if (j->scratch) {
        arena_free(j->scratch);
        free(j->scratch);
    }
    history_free(j->history);
    lock_orders_free(j->orders);
    *j = (struct judge){0};
}

/* ---- one statement ---------------------------------------------------------------------------------------------- */

/* The walk over one part. */
struct walk {
    struct judge *j;
    const struct migration *m;
    const struct migration_part *part;
    struct arena *a;
    struct judged_part *out;
    struct line_map lines;
    struct transaction tx;
    struct session session;
    struct suppression suppression;
    struct finding_context findings;
    struct error *err;
};

static bool is_transaction_control(const struct statement *st)
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
    }
    return st;
}

/* Keep the statement: its tokens are the splitter's only until the next. */
static struct judged_statement *add_statement(struct walk *w, const struct statement *st)
{
    struct judged_statement *s = vec_push(w->a, &w->out->statements);
    s->st = *st;
    s->st.tokens = arena_alloc_raw(w->a, mem_size(st->n_tokens + 1, sizeof *st->tokens));
    if (st->n_tokens > 0) {
        memcpy(s->st.tokens, st->tokens, st->n_tokens * sizeof *st->tokens);
    }
    s->source = str_slice(w->m->text, st->start, st->end);
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
    shape_of(w->m->text, &s->st, w->a, &s->shapes);
    s->n_actions = s->shapes.n;
    s->actions = arena_array(w->a, struct judged_action, s->n_actions);
    for (size_t i = 0; i < s->n_actions; i++) {
        struct judged_action *action = &s->actions[i];
        classify(j->book, j->catalog, j->options.server_version, w->m->text, &s->st, &s->shapes.at[i], &action->what);
        struct eval e = eval_of(w, s, action, at, w->a);
        effects_work_out(&e, &action->effects);
        if (i == 0) {
            s->effects = action->effects;
            s->effects.locks = (struct relation_lock_list){0};
            s->effects.rewrite = s->effects.scan = s->effects.build = (struct relation_effect_list){0};
        }
        if (s->n_actions > 1 || i > 0) {
            effects_merge(&s->effects, &action->effects, w->a);
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
    struct finding *f = finding_add(&w->findings, STR("unreadable-statement"), SEVERITY_NOTE, start, end, s);
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
        findings_of_action(&w->findings, s, action, &e, first);
        if (!action->what.form && !told) {
            tell_unknown_form(w, s, action);
            told = true;
        }
    }
    arena_reset(j->scratch);
}

static enum status judge_statement(struct walk *w, const struct statement *st)
{
    struct judge *j = w->j;
    struct judged_statement *s = add_statement(w, st);
    const enum status status = read_directives(w, s);
    if (status) {
        return status;
    }
    if (st->psql) {
        s->kind = STATEMENT_PSQL;
        s->effects = (struct effects){.supported = TRI_UNKNOWN, .in_transaction = TRI_UNKNOWN, .known = KNOWN_NO};
    } else {
        classify_actions(w, s);
        s->kind = is_transaction_control(st) ? STATEMENT_TRANSACTION
                  : unreadable(s)            ? STATEMENT_UNREADABLE
                                             : STATEMENT_SQL;
    }
    if (s->kind == STATEMENT_TRANSACTION) {
        s->effects.in_transaction = TRI_YES; /* it is what makes the block */
        s->effects.class = CLASS_TRANSACTION;
        s->effects.known = KNOWN_YES;
    }
    transaction_place(&w->tx, s, j->files, &j->transactions);
    const struct origin at = {.file = j->files, .transaction = w->tx.origin, .statement = ++j->statements};
    const size_t deferred = w->findings.deferred.n;
    look_for_hazards(w, s, at);
    if (s->kind != STATEMENT_PSQL && !st->broken) {
        catalog_replay(j->catalog, w->m->text, &s->st, at);
        effects_complete(&s->effects, j->catalog, at, w->a);
        for (size_t i = 0; i < s->n_actions; i++) {
            effects_complete(&s->actions[i].effects, j->catalog, at, w->a);
        }
    }
    findings_ask(&w->findings, ASK_AFTER, deferred, j->scratch);
    arena_reset(j->scratch);
    session_enter(&w->session, w->m->text, &s->st);
    lock_orders_enter(j->orders, &w->tx, s, j->files);
    transaction_enter(&w->tx, s, w->m->text, j->files, j->statements);
    return ST_OK;
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
    history_findings(&w->findings, &later);
    suppress_statements(&w->suppression, &w->findings, &w->out->statements, &later);
    suppress_finish(&w->suppression, &w->findings, !m->up.present || !m->down.present);
    findings_sort(w->findings.out);
    history_keep(j->history, &w->findings, &later);
}

void judge_finish(struct judge *j, struct arena *a, struct judged_part_list *out)
{
    history_finish(j->history, a, out);
}

enum status judge_part(struct judge *j, const struct migration *m, bool down, struct arena *a, struct judged_part *out,
                       struct error *err)
{
    const struct migration_part *part = down ? &m->down : &m->up;
    struct splitter sp;
    struct statement st;
    enum status status = ST_OK;
    *out = (struct judged_part){.migration = m, .down = down};
    if (!part->present) {
        return ST_OK;
    }
    struct walk w = {.j = j, .m = m, .part = part, .a = a, .out = out, .err = err};
    line_map_init(&w.lines, m->text);
    reserve_statements(out, str_slice(m->text, part->start, part->end), a);
    w.findings = (struct finding_context){.migration = m, .lines = &w.lines, .a = a, .out = &out->findings};
    map_init(&w.findings.marks, a);
    j->files++;
    j->catalog->server_version = j->options.server_version;
    transaction_init(&w.tx, part->tx, a);
    session_init(&w.session, a);
    suppression_init(&w.suppression, j->book, j->options.all_rules, m, a);
    splitter_init(&sp, m->text, part->start, part->end);
    while (!status && splitter_next(&sp, &st)) {
        status = judge_statement(&w, &st);
    }
    splitter_free(&sp);
    settle(&w);
    line_map_free(&w.lines);
    return status;
}

void judge_replay(struct judge *j, const struct migration *m)
{
    struct splitter sp;
    struct statement st;
    if (!m->up.present) {
        return;
    }
    j->files++;
    j->catalog->server_version = j->options.server_version;
    splitter_init(&sp, m->text, m->up.start, m->up.end);
    while (splitter_next(&sp, &st)) {
        const struct origin at = {.file = j->files, .transaction = ++j->transactions, .statement = ++j->statements};
        if (!st.psql && !st.broken) {
            catalog_replay(j->catalog, m->text, &st, at);
        }
    }
    splitter_free(&sp);
}
