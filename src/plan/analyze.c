#include "plan/analyze.h"

const char *analyze_reason_name(enum analyze_reason reason)
{
    static const char *const names[] = {"backfilled", "rewritten", "index on an expression"};
    return names[reason];
}

bool analyze_runs(enum analyze_mode mode, enum analyze_reason reason)
{
    return mode == ANALYZE_ALWAYS || (mode == ANALYZE_AUTO && reason == ANALYZE_BACKFILLED);
}

/* Does the file do it itself, in this statement or one behind it? */
static bool is_analyzed_later(const struct migration_plan *plan, size_t from, const struct relation *table)
{
    for (size_t i = from; i < plan->judged.statements.n; i++) {
        const struct judged_statement *s = &plan->judged.statements.at[i];
        const uint16_t first = s->st.n_tokens > 0 ? s->st.tokens[0].keyword : KW_NONE;
        if (first != KW_ANALYZE && first != KW_ANALYSE) {
            continue;
        }
        if (s->effects.locks.n == 0) {
            return true; /* of all tables */
        }
        for (size_t k = 0; k < s->effects.locks.n; k++) {
            if (s->effects.locks.at[k].relation == table) {
                return true;
            }
        }
    }
    return false;
}

static void add(struct migration_plan *plan, size_t at, struct relation *table, enum analyze_reason reason,
                struct arena *a)
{
    if (!table || table->temporary || table->exists == TRI_NO || is_analyzed_later(plan, at, table)) {
        return;
    }
    for (size_t i = 0; i < plan->analyze.n; i++) {
        struct analyze_target *t = &plan->analyze.at[i];
        if (str_eq(t->schema, table->schema) && str_eq(t->name, table->name)) {
            t->reason = reason < t->reason ? reason : t->reason; /* a backfill is the strongest */
            return;
        }
    }
    *vec_push(a, &plan->analyze) = (struct analyze_target){table->schema, table->name, reason};
}

static bool has_expression(const struct relation *index)
{
    for (size_t i = 0; i < index->index_columns.n; i++) {
        if (index->index_columns.at[i].expression.n > 0) {
            return true;
        }
    }
    return false;
}

/*
 * A shadow change analyzes its column before it swaps, and the others keep what is known of them. ANALYZE of a column leaves out
 * indexes on expressions, and those that mention it are new (PostgreSQL's commands/analyze.c).
 */
static void add_shadow(struct migration_plan *plan, size_t at, struct arena *a)
{
    const struct judged_statement *s = &plan->judged.statements.at[at];
    for (size_t i = 0; i < plan->steps.n; i++) {
        const struct step *step = &plan->steps.at[i];
        if (!step->shadow || step->statements.at[0].judged != s) {
            continue;
        }
        for (size_t k = 0; k < s->effects.rewrite.n; k++) {
            struct relation *table = s->effects.rewrite.at[k].relation;
            for (size_t x = 0; x < table->indexes.n; x++) {
                const struct relation *index = table->indexes.at[x];
                if (has_expression(index) && name_list_has(&index->mentions, step->shadow->column)) {
                    add(plan, at, table, ANALYZE_EXPRESSION, a);
                }
            }
        }
    }
}

void plan_analyze(struct migration_plan *plan, struct arena *a)
{
    for (size_t i = 0; i < plan->judged.statements.n; i++) {
        const struct judged_statement *s = &plan->judged.statements.at[i];
        if (s->inner) {
            continue;
        }
        if (s->shadow) {
            add_shadow(plan, i, a);
            continue;
        }
        if (s->backfill && s->effects.locks.n > 0) {
            add(plan, i, s->effects.locks.at[0].relation, ANALYZE_BACKFILLED, a);
        }
        for (size_t k = 0; k < s->effects.rewrite.n; k++) {
            const struct relation_effect *e = &s->effects.rewrite.at[k];
            if (e->certain && e->relation->kind != REL_INDEX) {
                add(plan, i, e->relation, ANALYZE_REWRITTEN, a);
            }
        }
        /* REINDEX keeps what is known. */
        const bool creates = s->st.n_tokens > 0 && s->st.tokens[0].keyword == KW_CREATE;
        for (size_t k = 0; k < s->effects.build.n && creates; k++) {
            struct relation *index = s->effects.build.at[k].relation;
            if (index && has_expression(index)) {
                add(plan, i, index->table, ANALYZE_EXPRESSION, a);
            }
        }
    }
}
