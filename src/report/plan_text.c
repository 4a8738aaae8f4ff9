#include "report/plan.h"

#include "base/clock.h"
#include "base/term.h"
#include "report/explain.h"
#include "report/rollback.h"
#include "report/style.h"
#include "rules/transaction.h"

enum { STATEMENT_CHARS = 100, STATEMENTS_SHOWN = 40 };

void step_title(struct strbuf *out, const struct step *step)
{
    if (step->kind == STEP_BACKFILL) {
        strbuf_add_cstr(out, "in batches: ");
    }
    add_one_line(out, step->statements.at[0].sql, 60);
    if (step->statements.n > 1) {
        strbuf_addf(out, " and %zu more", step->statements.n - 1);
    }
}

static const char *kind_text(const struct step *s)
{
    switch (s->kind) {
    case STEP_TRANSACTION:
        return s->statements.n == 1 ? "one transaction" : "one transaction for all of it";
    case STEP_SINGLE:
        return "outside a transaction";
    case STEP_SHADOW:
        return "by a shadow column, in phases";
    case STEP_BACKFILL:
        return "in batches, a transaction each";
    }
    BUG("step kind %d", (int)s->kind);
}

static void add_line(struct strbuf *out, const char *what, struct str names)
{
    strbuf_addf(out, "    %s: ", what);
    add_one_line(out, names, 300);
    strbuf_add_char(out, '\n');
}

/* What the backfill's WAL and growth meet. */
static void add_headroom(struct strbuf *out, const struct batch_preview *p)
{
    if (p->replicas > 0 || p->lag_ms >= 0) {
        strbuf_add_cstr(out, "    replicas: ");
        if (p->replicas > 0) {
            strbuf_addf(out, "%" PRId64 ", ", p->replicas);
        }
        strbuf_add_cstr(out, "the slowest ");
        if (p->lag_ms >= 0) {
            clock_duration(p->lag_ms, out);
            strbuf_add_cstr(out, " behind");
        } else if (p->lag_bytes >= 0) {
            add_bytes(out, p->lag_bytes);
            strbuf_add_cstr(out, " behind");
        } else {
            strbuf_add_cstr(out, "cannot be seen by this role");
        }
        strbuf_add_char(out, '\n');
    }
    if (p->slot_bytes >= 0) {
        strbuf_addf(out, "    replication slots: %" PRId64 ", ", p->slots);
        term_escape(out, p->slot);
        strbuf_add_cstr(out, " holds back ");
        add_bytes(out, p->slot_bytes);
        strbuf_add_cstr(out, " of WAL");
        if (p->slot_limit >= 0) {
            strbuf_add_cstr(out, ", and is lost beyond ");
            add_bytes(out, p->slot_limit);
            strbuf_add_cstr(out, p->slot_bytes + p->wal_bytes > p->slot_limit ? ": it has to keep up with the backfill"
                                                                              : "");
        }
        strbuf_add_char(out, '\n');
    }
    if (p->disk_free >= 0) {
        strbuf_add_cstr(out, "    disk: ");
        add_bytes(out, p->disk_free);
        strbuf_add_cstr(out, " free");
        strbuf_add_cstr(out, p->grows + p->wal_bytes > p->disk_free ? ", less than it may take\n" : "\n");
    } else if (p->rows > 0) {
        strbuf_add_cstr(out, "    disk: how much is free cannot be seen from here\n");
    }
}

/* What the server said of a backfill. */
static void add_preview(struct strbuf *out, const struct batch_spec *spec)
{
    const struct batch_preview *p = spec->preview;
    if (p && p->refused.n > 0) {
        add_line(out, "would be refused", p->refused);
    }
    if (!p || !p->known) {
        return;
    }
    strbuf_add_cstr(out, "    by ");
    add_one_line(out, p->key, 300);
    if (p->partitions > 1) {
        strbuf_addf(out, ", %" PRId64 " partitions one after the other", p->partitions);
    }
    if (p->rows >= 0) {
        strbuf_add_cstr(out, "; about ");
        add_rows(out, p->rows);
        if (p->keys > 0) {
            strbuf_add_cstr(out, " of ");
            add_rows(out, p->keys);
        }
        if (p->one_batch) {
            strbuf_add_cstr(out, ", in one batch");
        } else {
            strbuf_addf(out, ", in about %" PRId64 " batches, the first of %" PRId64, p->batches, p->first_batch);
        }
        strbuf_add_cstr(out, "; up to ");
        add_bytes(out, p->wal_bytes);
        strbuf_add_cstr(out, " of WAL");
    }
    strbuf_add_char(out, '\n');
    if (spec->verb.p[0] == 'U' && p->rows > 0) {
        strbuf_add_cstr(out, "    the table may grow by ");
        add_bytes(out, p->grows);
        strbuf_add_cstr(out, " until VACUUM has been there\n");
    }
    if (spec->again || p->by_ctid) {
        strbuf_add_cstr(out, "    once more over all keys behind it, until nothing is found\n");
    } else {
        strbuf_add_cstr(out, "    rows that come while it runs are left as they come\n");
    }
    if (p->triggers.n > 0) {
        add_line(out, "fires for each row", p->triggers);
    }
    if (p->not_hot.n > 0) {
        add_line(out, "not HOT because of", p->not_hot);
    }
    add_headroom(out, p);
    struct str rest = p->explain, line;
    while (rest.n > 0 && str_next(&rest, '\n', &line)) {
        strbuf_add_cstr(out, "        ");
        term_escape(out, line);
        strbuf_add_char(out, '\n');
    }
}

static void add_head(struct strbuf *out, const struct step *s, unsigned n_steps, bool done, bool colour)
{
    strbuf_add_cstr(out, "  ");
    paint_begin(out, PAINT_BOLD, colour);
    strbuf_addf(out, "step %u of %u", s->ordinal, n_steps);
    paint_end(out, PAINT_BOLD, colour);
    strbuf_addf(out, ": %s%s", kind_text(s), done ? " (done in an earlier run)\n" : "");
    if (done) {
        return;
    }
    if (s->lock_timeout_ms > 0) {
        strbuf_add_cstr(out, "; waits for locks ");
        clock_duration(s->lock_timeout_ms, out);
        strbuf_add_cstr(
            out, s->class == CLASS_DATA || s->kind == STEP_BACKFILL ? "" : " at first, then gives way and retries");
    } else {
        strbuf_add_cstr(out, "; no lock_timeout, blockers are shown");
    }
    if (s->statement_timeout_ms > 0) {
        strbuf_add_cstr(out, "; a statement may take ");
        clock_duration(s->statement_timeout_ms, out);
    }
    if (s->estimate_ms > 0) {
        strbuf_add_cstr(out, "; about ");
        clock_duration(s->estimate_ms, out);
    }
    strbuf_add_char(out, '\n');
}

/* The first n_done of its statements are done: all of them, or those of an earlier plan's shorter step. */
static void add_step(struct strbuf *out, const struct migration_plan *p, const struct step *s, size_t n_done,
                     bool colour)
{
    const bool done = n_done >= s->statements.n;
    add_head(out, s, (unsigned)p->steps.n, done, colour);
    for (size_t i = 0; i < s->statements.n && i < STATEMENTS_SHOWN; i++) {
        const enum paint p_line = i < n_done ? PAINT_DIM : PAINT_NONE;
        strbuf_add_cstr(out, i < n_done && !done ? "      (done) " : "      ");
        paint_begin(out, p_line, colour);
        add_one_line(out, s->statements.at[i].sql, STATEMENT_CHARS);
        paint_end(out, p_line, colour);
        strbuf_add_char(out, '\n');
    }
    if (s->statements.n > STATEMENTS_SHOWN) {
        strbuf_addf(out, "      … and %zu more\n", s->statements.n - STATEMENTS_SHOWN);
    }
    for (size_t i = 0; s->shadow && i < s->shadow->phases.n && !done; i++) {
        strbuf_addf(out, "    %zu. ", i + 1);
        add_one_line(out, s->shadow->phases.at[i], 400);
        strbuf_add_char(out, '\n');
    }
    if (s->shadow && s->shadow->refused.n > 0 && !done) {
        add_line(out, "would be refused", s->shadow->refused);
        if (s->shadow->way_out.n > 0) {
            add_line(out, "way out", s->shadow->way_out);
        }
    }
    if (s->batch && !done) {
        add_preview(out, s->batch);
    }
    for (size_t i = 0; i < s->locks.n && !done; i++) {
        /* On what this file makes nobody else is there to wait. */
        if (!p->file || !relation_is_new(s->locks.at[i].relation, p->file)) {
            strbuf_add_cstr(out, "    - ");
            lock_text(out, &s->locks.at[i]);
            strbuf_add_char(out, '\n');
        }
    }
}

static void add_analyze(struct strbuf *out, const struct migration_plan *p, enum analyze_mode mode)
{
    for (size_t i = 0; i < p->analyze.n; i++) {
        const struct analyze_target *t = &p->analyze.at[i];
        struct arena a;
        arena_init(&a, SIZE_MAX);
        const bool runs = analyze_runs(mode, t->reason);
        strbuf_add_cstr(out, runs ? "  afterwards: ANALYZE " : "  not afterwards: ANALYZE ");
        term_escape(out, name_display(&a, t->schema, t->name));
        strbuf_addf(out, " (%s)%s\n", analyze_reason_name(t->reason),
                    runs || mode == ANALYZE_NEVER ? "" : ", with --analyze always it is run");
        arena_free(&a);
    }
}

void plan_text(struct strbuf *out, const struct migration_plan *plans, const unsigned *done,
               const struct rollback *back, size_t n, enum analyze_mode mode, bool colour)
{
    uint64_t steps = 0;
    for (size_t i = 0; i < n; i++) {
        const struct migration_plan *p = &plans[i];
        size_t left = done ? done[i] : 0;
        paint_begin(out, PAINT_BOLD, colour);
        term_escape(out, p->migration->version);
        strbuf_add_char(out, ' ');
        term_escape(out, p->migration->name);
        paint_end(out, PAINT_BOLD, colour);
        strbuf_add_cstr(out, p->down ? "  down\n" : "\n");
        for (size_t k = 0; k < p->steps.n; k++) {
            const struct step *s = &p->steps.at[k];
            add_step(out, p, s, left, colour);
            steps += left < s->statements.n;
            left -= left < s->statements.n ? left : s->statements.n;
        }
        if (p->steps.n == 0) {
            strbuf_add_cstr(out, "  no statements: only recorded\n");
        }
        add_analyze(out, p, mode);
        if (back) {
            rollback_text(out, &back[i], colour);
        }
        strbuf_add_char(out, '\n');
    }
    if (n == 0) {
        strbuf_add_cstr(out, "nothing to do\n");
        return;
    }
    add_count(out, n, "migration");
    strbuf_add_cstr(out, ", ");
    add_count(out, steps, "step");
    strbuf_add_char(out, '\n');
}
