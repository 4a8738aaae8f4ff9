/* ANALYZE behind a migration: see plan/analyze.h. Whatever becomes of it, the migration is done. */
#include "base/clock.h"
#include "exec/run.h"

/* It waits for autovacuum on the table at most, which gives way by itself within a second or so (deadlock_timeout). */
enum { ANALYZE_LOCK_MS = 5000, MAINTAIN_SINCE = 170000 };

/*
 * The table as the server quotes it, and whether this role may: otherwise ANALYZE warns and succeeds. Empty when it is gone. Source:
 * PostgreSQL manual, ANALYZE, "Notes"; MAINTAIN came with 17.
 */
static const char table_sql[] =
    "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), pg_catalog.pg_has_role(c.relowner, 'USAGE')"
    " OR (SELECT pg_catalog.pg_has_role(d.datdba, 'USAGE') FROM pg_catalog.pg_database d"
    " WHERE d.datname = pg_catalog.current_database())";
static const char maintain_sql[] = " OR pg_catalog.has_table_privilege(c.oid, 'MAINTAIN')";
static const char from_sql[] = " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                               " WHERE c.oid = pg_catalog.to_regclass(CASE WHEN $1 = '' THEN pg_catalog.quote_ident($2)"
                               " ELSE pg_catalog.format('%I.%I', $1, $2) END) AND c.relkind IN ('r', 'p', 'm', 'f')";

static void tell(struct run *r, const struct item *it, const char *table, int64_t ms, const struct error *why)
{
    struct event e = run_event(it, NULL, EVENT_ANALYZED);
    struct str text = why ? arena_printf(&r->scratch, "%s: %s", table, why->primary) : str_of(table);
    e.n_steps = 0;
    e.ms = ms;
    e.detail = arena_cstr(&r->scratch, text);
    if (why) {
        memcpy(e.sqlstate, why->sqlstate[0] ? why->sqlstate : "XX000", sizeof(e.sqlstate));
    }
    run_emit(r, &e);
}

static enum status analyze(struct run *r, struct item *it, const struct analyze_target *target, struct error *err)
{
    struct rows *rows = NULL;
    struct pipe p;
    const int64_t begun = clock_monotonic_ms();
    arena_reset(&r->scratch);
    const struct param params[] = {{arena_cstr(&r->scratch, target->schema)}, {arena_cstr(&r->scratch, target->name)}};
    const bool maintain = session_server_version(r->s) >= MAINTAIN_SINCE;
    const char *sql = arena_printf(&r->scratch, "%s%s%s", table_sql, maintain ? maintain_sql : "", from_sql).p;
    pipe_begin(&p, &r->scratch);
    step_settings(r, &p, ANALYZE_LOCK_MS, 0, true);
    pipe_add_params(&p, sql, params, 2);
    enum status status = pipe_run(&p, r->s, ANSWER_MS, &rows, err);
    if (!status && rows_count(rows) > 0) {
        const char *table = arena_cstr(&r->scratch, rows_value(rows, 0, 0));
        if (!rows_bool(rows, 0, 1)) {
            error_set(err, ST_SERVER, "this role may not analyze it");
            memcpy(err->sqlstate, "42501", sizeof("42501"));
            tell(r, it, table, 0, err);
        } else {
            status = session_simple(r->s, arena_printf(&r->scratch, "ANALYZE %s", table), 0, NULL, err);
            tell(r, it, table, clock_monotonic_ms() - begun, status ? err : NULL);
        }
    }
    rows_free(rows);
    if (status) {
        step_settings_unknown(r);
    }
    return status;
}

enum status item_analyze(struct run *r, struct item *it, struct error *err)
{
    struct error own;
    for (size_t i = 0; i < it->plan->analyze.n; i++) {
        const struct analyze_target *target = &it->plan->analyze.at[i];
        enum status status = analyze_runs(r->o->analyze, target->reason) ? analyze(r, it, target, &own) : ST_OK;
        if (status == ST_INTERRUPTED) {
            *err = own;
            return status;
        }
        if (!session_usable(r->s)) {
            /* The next migration needs a session; and what the server forgot is run again. */
            status = run_recover(r, err);
            status = status ? status : run_place(r, err);
            for (const struct item *done = r->list; done <= it && !status; done++) {
                r->again = r->again || !done->finished;
            }
            return status;
        }
    }
    return ST_OK;
}
