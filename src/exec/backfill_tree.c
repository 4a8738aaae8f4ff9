/*
 * Tables that come and go while a backfill runs. That another one has the name by now is an error. A partition that was detached stays a part: its
 * rows were the table's when it began. One that was dropped is done. One that came has rows that were not there at the start: a statement that may
 * meet a row twice takes them along with its next pass, of any other it is said that they are as they were.
 */
#include "exec/backfill.h"

#include "exec/tx.h"

enum { TREE_MS = 10000 };

static const char *root_of(const struct backfill *b, struct arena *a)
{
    return session_quoted(b->r->s, b->spec->schema, b->spec->table, a);
}

enum status backfill_part_gone(struct backfill *b, struct str relation, bool *gone, struct error *err)
{
    struct param params[5];
    struct rows *rows = NULL;
    size_t n = 0;
    *gone = false;
    backfill_add_identity(params, &n, b);
    params[n++].text = arena_cstr(&b->r->scratch, relation);
    params[n++].text = root_of(b, &b->r->scratch);
    const enum status status = session_query(b->r->s, b->r->sql.at[HSQL_BACKFILL_GONE], params, n, TREE_MS, &rows, err);
    *gone = !status && rows_count(rows) > 0;
    rows_free(rows);
    if (*gone) {
        run_repair(b->r, b->it, "partition %.*s is gone: nothing of it is left to do", STR_ARG(relation));
    }
    return status;
}

enum status backfill_other_error(const struct backfill *b, struct str relation, struct error *err)
{
    error_set(err, ST_CONFLICT, "another table is called %.*s by now than when the backfill began", STR_ARG(relation));
    error_hint(err,
               "give the first one its name back, then run the same command again; if it is the same, restored from "
               "a dump: UPDATE %s.backfills SET relation_oid = NULL",
               b->r->sql.identifier);
    return ST_CONFLICT;
}

enum status backfill_part_other(struct backfill *b, struct str relation, struct error *err)
{
    struct param params[4];
    struct rows *rows = NULL;
    size_t n = 0;
    backfill_add_identity(params, &n, b);
    params[n++].text = arena_cstr(&b->r->scratch, relation);
    const enum status status =
        session_query(b->r->s, b->r->sql.at[HSQL_BACKFILL_OTHER], params, n, TREE_MS, &rows, err);
    const bool other = !status && rows_bool(rows, 0, 0);
    rows_free(rows);
    return other ? backfill_other_error(b, relation, err) : status;
}

/*
 * A table's file is another one behind TRUNCATE, but also behind VACUUM FULL and CLUSTER, which keep of each row which transaction made it. One that
 * was over when the last batch saw the table cannot have made a row behind a TRUNCATE. The first rows of the file tell: those of a TRUNCATE that was
 * filled again are all new, and looking at more of them would take as long as the table is large. A row comes back when the file was taken for the
 * part's own: there are rows of before in it; or none at all, and the part is finished.
 */
static const char *same_rows_sql(const struct backfill *b, struct arena *a)
{
    const char *history = b->r->sql.identifier;
    return arena_printf(
               a,
               "WITH found AS (SELECT count(*) > 0 AS filled, coalesce(pg_catalog.bool_or(pg_catalog.age(r.xmin) >"
               " (SELECT pg_catalog.age(relation_seen::pg_catalog.xid) FROM %s.backfills WHERE version = $1 AND"
               " direction = $2 AND ordinal = $3::pg_catalog.int4 AND part = $4::pg_catalog.int4)), false) AS same"
               " FROM (SELECT a.xmin FROM ONLY %.*s a LIMIT 100000) r)"
               " UPDATE %s.backfills SET relation_file ="
               " pg_catalog.pg_relation_filenode(pg_catalog.to_regclass(relation)), finished = NOT filled, updated_at ="
               " pg_catalog.clock_timestamp() FROM found WHERE version = $1 AND direction = $2 AND ordinal ="
               " $3::pg_catalog.int4 AND part = $4::pg_catalog.int4 AND token = $5::pg_catalog.int8 AND owner = $6"
               " AND (same OR NOT filled) RETURNING finished",
               history, STR_ARG(b->key.relation), history)
        .p;
}

static enum status refuse_rows(const struct backfill *b, struct error *err)
{
    const char *history = b->r->sql.identifier, *version = b->it->params.version;
    error_set(err, ST_CONFLICT,
              "the rows of %.*s are others than when the backfill began: it was emptied (TRUNCATE), or ALTER TABLE "
              "wrote them anew",
              STR_ARG(b->key.relation));
    error_hint(err,
               "then run the same command again, behind one of these. They are the same rows: UPDATE %s.backfills SET "
               "relation_file = NULL WHERE version = '%s'. They are new, and to stay as they are: UPDATE %s.backfills "
               "SET finished = true WHERE version = '%s'. They are new, and all of them are to be changed: DELETE FROM "
               "%s.backfills WHERE version = '%s'",
               history, version, history, version, history, version);
    return ST_CONFLICT;
}

enum status backfill_part_rows(struct backfill *b, bool *known, struct error *err)
{
    struct param params[6];
    struct rows *rows = NULL;
    size_t n = 0;
    *known = false;
    backfill_add_claim(params, &n, b);
    enum status status = session_query(b->r->s, b->r->sql.at[HSQL_BACKFILL_FILE], params, 4, TREE_MS, &rows, err);
    const bool other = !status && rows_bool(rows, 0, 0);
    rows_free(rows);
    rows = NULL;
    if (status || !other) {
        return status;
    }
    status = session_query(b->r->s, same_rows_sql(b, &b->r->scratch), params, n, TREE_MS, &rows, err);
    *known = !status && rows_count(rows) > 0;
    b->finished = *known && rows_bool(rows, 0, 0);
    rows_free(rows);
    if (b->finished) {
        run_repair(b->r, b->it, "%.*s was emptied meanwhile: nothing of it is left to do", STR_ARG(b->key.relation));
    }
    return status || *known ? status : refuse_rows(b, err);
}

enum status backfill_tree(struct backfill *b, bool again, struct str_list *came, struct error *err)
{
    struct param params[4];
    struct rows *rows = NULL;
    size_t n = 0;
    *came = (struct str_list){0};
    backfill_add_identity(params, &n, b);
    params[n++].text = root_of(b, &b->r->scratch);
    const enum status status = session_query(b->r->s, b->r->sql.at[HSQL_BACKFILL_TREE], params, n, TREE_MS, &rows, err);
    for (size_t i = 0; !status && i < rows_count(rows); i++) {
        const struct str relation = arena_str(b->a, rows_value(rows, i, 0));
        if (rows_bool(rows, i, 1)) {
            *vec_push(b->a, came) = relation;
            run_repair(b->r, b->it, "partition %.*s came meanwhile: its rows %s", STR_ARG(relation),
                       again ? "are gone over, too" : "are as they were");
        } else if (!again || b->sum.pass == 1) {
            run_repair(b->r, b->it, "%.*s is no partition any more: its rows were gone over all the same",
                       STR_ARG(relation));
        }
    }
    rows_free(rows);
    return status;
}
