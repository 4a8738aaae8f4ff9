/* Predicates about the walk: the session, what stands before and behind the statement, lock order, the platform. */
#include "migration/layout.h"
#include "rules/facts.h"
#include "rules/order.h"
#include "rules/session.h"

/* ---- the session ---------------------------------------------------------------------------------------------------- */

enum tri ask_in_force(struct eval *e, struct call call)
{
    const struct setting *s = e->session ? session_setting(e->session, call.arguments[0]->text) : NULL;
    int64_t ms;
    return s ? tri_of(!setting_time(s->value, &ms) || ms > 0) : e->session ? TRI_NO : TRI_UNKNOWN;
}

/* The statement itself sets it to a time; *ms is that time. */
static bool sets_time(struct eval *e, struct call call, int64_t *ms)
{
    struct setting s;
    return session_read(e->a, e->what->text, e->what->statement, &s) && str_eq(s.name, call.arguments[0]->text) &&
           setting_time(s.value, ms);
}

enum tri ask_sets(struct eval *e, struct call call)
{
    struct setting s;
    return tri_of(session_read(e->a, e->what->text, e->what->statement, &s) && str_eq(s.name, call.arguments[0]->text));
}

enum tri ask_seconds_set(struct eval *e, struct call call, int64_t *n)
{
    const bool set = sets_time(e, call, n);
    *n = set ? *n / 1000 + (*n % 1000 > 0) : 0;
    return tri_of(set);
}

/* ---- before and behind ------------------------------------------------------------------------------------------------ */

enum tri ask_in_block(struct eval *e, struct call call)
{
    (void)call;
    return e->transaction ? tri_of(e->transaction->explicit_block && e->transaction->statements > 0) : TRI_UNKNOWN;
}

enum tri ask_left_to_file(struct eval *e, struct call call)
{
    (void)call;
    const struct sending *sent = e->transaction ? e->transaction->sent : NULL;
    return e->transaction ? tri_of(sent && !sent->runner->wraps) : TRI_UNKNOWN;
}

enum tri ask_file_block(struct eval *e, struct call call)
{
    (void)call;
    return e->transaction ? tri_of(e->transaction->shared && e->transaction->statements > 0) : TRI_UNKNOWN;
}

/* Of a BEGIN, asked at the end of the file. */
enum tri ask_left_open(struct eval *e, struct call call)
{
    (void)call;
    return e->transaction ? tri_of(e->transaction->explicit_block && e->transaction->origin == e->at.transaction &&
                                   !e->transaction->wrapped) /* else the runner's own COMMIT comes */
                          : TRI_UNKNOWN;
}

enum tri ask_unread_body(struct eval *e, struct call call)
{
    (void)call;
    return e->statement ? tri_of(e->statement->unread.n > 0) : TRI_UNKNOWN;
}

enum tri ask_first_statement(struct eval *e, struct call call)
{
    (void)call;
    return e->part ? tri_of(e->part->n_statements == 1 && !(e->statement && e->statement->inner)) : TRI_UNKNOWN;
}

/* Only a file with markers says what undoes it; of other layouts nobody can tell here. */
enum tri ask_undone_by_nothing(struct eval *e, struct call call)
{
    const struct migration *m = e->part ? e->part->migration : NULL;
    (void)call;
    if (!m || e->part->down || m->layout != &layout_native || m->up.marker == m->up.start) {
        return TRI_NO;
    }
    return tri_of(!m->down.present || str_trim(str_slice(m->text, m->down.start, m->down.end)).n == 0);
}

enum tri ask_rollback(struct eval *e, struct call call)
{
    (void)call;
    return tri_of(e->part && e->part->down);
}

static enum tri made_by_up(const struct eval *e, struct origin made)
{
    return tri_of(made.statement > 0 && made.file == e->part->undoes);
}

/* What the up part made is nobody's loss when it goes: the rollback is there to take it away. */
enum tri ask_undone(struct eval *e, struct call call)
{
    struct relation_list list = {0};
    struct name_list columns = {0};
    bool took_part;
    if (!e->part || !e->part->down) {
        return TRI_NO;
    }
    if (e->part->undoes == 0) {
        return TRI_UNKNOWN;
    }
    enum tri answer = tri_of(term_relations(e, call.arguments[0], &list, &took_part) && list.n > 0);
    if (call.n > 1) {
        term_names(e, call.arguments[1], &columns);
    }
    for (size_t i = 0; i < list.n && answer == TRI_YES; i++) {
        const struct relation *r = list.at[i];
        const struct column *c = columns.n > 0 ? relation_column(r, columns.at[0]) : NULL;
        answer = c && made_by_up(e, c->made) == TRI_YES ? TRI_YES : made_by_up(e, r->made);
    }
    return answer;
}

enum tri ask_undone_schema(struct eval *e, struct call call)
{
    struct name_list names = {0};
    if (!e->part || !e->part->down) {
        return TRI_NO;
    }
    term_names(e, call.arguments[0], &names);
    const struct schema *s = names.n > 0 ? map_get(&e->catalog->schemas, names.at[0]) : NULL;
    return e->part->undoes == 0 ? TRI_UNKNOWN : tri_of(s && made_by_up(e, s->made) == TRI_YES);
}

/* A rule writes the form's id with _ for -, as words of expressions have it. */
static bool is_form(const struct form *form, struct str word)
{
    bool same = form && form->id.n == word.n;
    for (size_t i = 0; same && i < word.n; i++) {
        same = form->id.p[i] == (word.p[i] == '_' ? '-' : word.p[i]);
    }
    return same;
}

static bool touches(const struct effects *effects, const struct relation *r)
{
    for (size_t i = 0; i < effects->locks.n; i++) {
        if (effects->locks.at[i].relation == r) {
            return true;
        }
    }
    return false;
}

static bool locked(const struct statement_trace *t, const struct relation *r)
{
    for (size_t i = 0; i < t->locked.n; i++) {
        if (t->locked.at[i] == r) {
            return true;
        }
    }
    return false;
}

/* Is a statement of the part behind `from` of the form that the call names, and on its relation if it names one? */
static enum tri has_form(struct eval *e, struct call call, uint32_t from)
{
    const struct relation *r = call.n > 1 ? term_relation(e, call.arguments[1]) : NULL;
    for (size_t i = e->part->traces.n; i-- > 0 && e->part->traces.at[i].start >= from;) {
        const struct statement_trace *t = &e->part->traces.at[i];
        if (is_form(t->form, call.arguments[0]->text) && (call.n == 1 || (r && locked(t, r)))) {
            return TRI_YES;
        }
    }
    return TRI_NO;
}

bool expr_asks_for(const struct expr *x, const struct form *form)
{
    if (!x) {
        return false;
    }
    const bool asks =
        x->kind == EXPR_CALL && (x->predicate->holds == ask_followed_by || x->predicate->holds == ask_file_has);
    return (asks && is_form(form, x->arguments[0]->text)) || expr_asks_for(x->left, form) ||
           expr_asks_for(x->right, form);
}

enum tri ask_followed_by(struct eval *e, struct call call)
{
    return e->part && e->statement ? has_form(e, call, e->statement->st.end) : TRI_UNKNOWN;
}

enum tri ask_file_has(struct eval *e, struct call call)
{
    return e->part ? has_form(e, call, 0) : TRI_UNKNOWN;
}

/* Is the statement right before an ALTER TABLE of the same table in the same transaction? */
enum tri ask_altered_before(struct eval *e, struct call call)
{
    const struct relation *r = term_relation(e, call.arguments[0]);
    const struct judged_statement *before = e->part ? e->part->before : NULL;
    if (!before || !e->statement) {
        return TRI_NO;
    }
    return tri_of(r && before->transaction == e->statement->transaction && statement_is(&before->st, 0, KW_ALTER) &&
                  statement_is(&before->st, 1, KW_TABLE) && touches(&before->effects, r));
}

/* ---- lock order -------------------------------------------------------------------------------------------------------- */

/* Does the statement itself make it? */
static bool makes(const struct eval *e, const struct relation *r)
{
    return statement_is(e->what->statement, 0, KW_CREATE) && r->exists != TRI_YES && e->effects->locks.n > 0 &&
           e->effects->locks.at[0].relation == r;
}

static bool counts(const struct eval *e, enum lock_mode mode, const struct relation *r, enum lock_blocks blocks)
{
    return lock_blocks(mode) >= blocks && !r->table && r->kind != REL_VIEW && !relation_is_new(r, e->at.file) &&
           !makes(e, r);
}

enum tri ask_reverses_lock_order(struct eval *e, struct call call)
{
    (void)call;
    if (!e->orders || !e->effects || !e->transaction) {
        return TRI_UNKNOWN;
    }
    for (size_t i = 0; i < e->effects->locks.n; i++) {
        const struct relation_lock *l = &e->effects->locks.at[i];
        if (!counts(e, l->mode, l->relation, BLOCKS_WRITES) ||
            transaction_holds(e->transaction, l->relation) != LOCK_NONE) {
            continue;
        }
        for (size_t k = 0; k < e->transaction->held.n; k++) {
            const struct held_lock *h = &e->transaction->held.at[k];
            if (counts(e, h->mode, h->relation, BLOCKS_WRITES) && h->relation != l->relation &&
                lock_orders_has(e->orders, l->relation, h->relation, e->at.transaction)) {
                return TRI_YES;
            }
        }
    }
    return TRI_NO;
}

/* It holds a lock under which others work on the table, and asks for one that waits for them. */
enum tri ask_upgrades_lock(struct eval *e, struct call call)
{
    (void)call;
    if (!e->effects || !e->transaction) {
        return TRI_UNKNOWN;
    }
    for (size_t i = 0; i < e->effects->locks.n; i++) {
        const struct relation_lock *l = &e->effects->locks.at[i];
        const enum lock_mode held = transaction_holds(e->transaction, l->relation);
        if (counts(e, l->mode, l->relation, BLOCKS_READS) && held >= LOCK_ROW_EXCLUSIVE && held < l->mode) {
            return TRI_YES;
        }
    }
    return TRI_NO;
}

/* Of the statement that makes it two tables, and of no later one. */
enum tri ask_locks_second_table(struct eval *e, struct call call)
{
    const struct relation *one = NULL;
    (void)call;
    if (!e->effects || !e->transaction) {
        return TRI_UNKNOWN;
    }
    for (size_t i = 0; i < e->transaction->held.n; i++) {
        const struct held_lock *h = &e->transaction->held.at[i];
        if (counts(e, h->mode, h->relation, BLOCKS_READS)) {
            if (one) {
                return TRI_NO;
            }
            one = h->relation;
        }
    }
    for (size_t i = 0; one && i < e->effects->locks.n; i++) {
        const struct relation_lock *l = &e->effects->locks.at[i];
        if (counts(e, l->mode, l->relation, BLOCKS_READS) && l->relation != one) {
            return TRI_YES;
        }
    }
    return TRI_NO;
}

/* ---- the platform -------------------------------------------------------------------------------------------------------- */

enum tri ask_platform(struct eval *e, struct call call)
{
    const enum platform p = e->options ? e->options->platform : PLATFORM_NONE;
    const struct str word = call.arguments[0]->text;
    return tri_of(str_eq(word, STR("rds")) ? p != PLATFORM_NONE : str_eq(word, STR("aurora")) && p == PLATFORM_AURORA);
}

/*
 * Extensions of RDS and Aurora for PostgreSQL 13 to 17, of any of their versions. Source: Amazon's "Extension versions
 * for Amazon RDS for PostgreSQL" and the same for Aurora.
 */
static const char *const managed_extensions[] = {
    "address_standardizer",
    "address_standardizer_data_us",
    "amcheck",
    "apg_plan_mgmt",
    "autoinc",
    "aws_commons",
    "aws_lambda",
    "aws_ml",
    "aws_s3",
    "bloom",
    "bool_plperl",
    "btree_gin",
    "btree_gist",
    "citext",
    "cube",
    "dblink",
    "dict_int",
    "dict_xsyn",
    "earthdistance",
    "flow_control",
    "fuzzystrmatch",
    "h3",
    "h3_postgis",
    "hll",
    "hstore",
    "hstore_plperl",
    "hypopg",
    "insert_username",
    "intagg",
    "intarray",
    "ip4r",
    "isn",
    "jsonb_plperl",
    "lo",
    "log_fdw",
    "ltree",
    "moddatetime",
    "mysql_fdw",
    "old_snapshot",
    "oracle_fdw",
    "orafce",
    "pageinspect",
    "pg_bigm",
    "pg_buffercache",
    "pg_cron",
    "pg_freespacemap",
    "pg_hint_plan",
    "pg_logicalinspect",
    "pg_partman",
    "pg_prewarm",
    "pg_proctab",
    "pg_repack",
    "pg_similarity",
    "pg_stat_statements",
    "pg_tle",
    "pg_transport",
    "pg_trgm",
    "pg_visibility",
    "pg_walinspect",
    "pgactive",
    "pgaudit",
    "pgcollection",
    "pgcrypto",
    "pglogical",
    "pgrouting",
    "pgrowlocks",
    "pgstattuple",
    "pgtap",
    "plcoffee",
    "plls",
    "plperl",
    "plpgsql",
    "plprofiler",
    "plrust",
    "pltcl",
    "plv8",
    "postgis",
    "postgis_raster",
    "postgis_sfcgal",
    "postgis_tiger_geocoder",
    "postgis_topology",
    "postgres_fdw",
    "prefix",
    "rdkit",
    "rds_activity_stream",
    "rds_tools",
    "refint",
    "seg",
    "sslinfo",
    "tablefunc",
    "tcn",
    "tds_fdw",
    "test_decoding",
    "test_parser",
    "tsm_system_rows",
    "tsm_system_time",
    "unaccent",
    "uuid-ossp",
    "vector",
    "wal2json",
    "xml2",
};

enum tri ask_managed_extension(struct eval *e, struct call call)
{
    const struct statement *st = e->what->statement;
    size_t i = 2;
    (void)call;
    i += statement_is(st, i, KW_IF) ? 3 : 0;
    if (i >= st->n_tokens) {
        return TRI_UNKNOWN;
    }
    const struct str name = token_name(e->a, e->what->text, st->tokens[i]);
    for (size_t k = 0; k < countof(managed_extensions); k++) {
        if (str_eq(name, str_of(managed_extensions[k]))) {
            return TRI_YES;
        }
    }
    return TRI_NO;
}
