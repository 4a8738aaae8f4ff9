#include "db/live_sql.h"

#include <stddef.h>

/*
 * Every name is schema-qualified. Operators are not, so both operands have the very types of an operator in pg_catalog: for any other pair,
 * and for a literal without a type, the server would take one that somebody made in a schema of the search_path (tests/pg/hijack.bats).
 * The system's schemas are left out.
 *
 * Nothing here may wait behind an ALTER TABLE that runs, or stand in the queue of one that waits. So sizes are what the last VACUUM or
 * ANALYZE wrote down (pg_table_size() takes a lock), and an expression is shown with its table, for which the server locks that
 * (ACCESS SHARE, to look up column names), only where it has columns and nobody has or wants the table for himself; otherwise
 * UNSHOWN stands for it. Expressions without columns are shown without a table.
 */
#define BUSY                                                                                                 \
    "WITH busy AS MATERIALIZED (SELECT relation FROM pg_catalog.pg_locks "                                   \
    "  WHERE locktype = 'relation' AND mode = 'AccessExclusiveLock' AND pid <> pg_catalog.pg_backend_pid() " \
    "    AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())) "
#define UNLESS_BUSY(table, shown) \
    "CASE WHEN " table " IN (SELECT relation FROM busy) THEN '" LIVE_UNSHOWN "' ELSE " shown " END"
#define OURS(n) n ".nspname !~ '^pg_'::pg_catalog.text AND " n LIVE_OURS

/* Two equal joins, so that the server may hash: there are tenants by the thousand. */
#define TENANTS                                                                                         \
    " FROM pg_catalog.pg_namespace t JOIN pg_catalog.pg_namespace h ON h.nspname = pg_catalog.replace(" \
    "pg_catalog.current_setting('migrate.histories'), '{}'::pg_catalog.text, "                          \
    "t.nspname::pg_catalog.text)::pg_catalog.name"                                                      \
    " JOIN pg_catalog.pg_class m ON m.relnamespace = h.oid AND m.relname = 'migrations'"                \
    " WHERE t.nspname <> pg_catalog.current_setting('migrate.tenant')"
const char live_tenant_schemas[] =
    "SELECT pg_catalog.set_config('migrate.schemas', coalesce(pg_catalog.array_agg(n.oid)::pg_catalog.text, '{}'), "
    "true)"
    " FROM pg_catalog.pg_namespace n WHERE " OURS("n") " AND n.nspname NOT IN (SELECT t.nspname" TENANTS
                                                       " UNION ALL SELECT h.nspname" TENANTS ")";
const char live_tenant_only[] = LIVE_OURS
    " AND n.oid IN (SELECT pg_catalog.unnest(pg_catalog.current_setting('migrate.schemas')::pg_catalog.oid[]))";

/* A type's element when it is an array as format_type() sees it, else itself. */
#define ELEMENT(t)                                                                                             \
    "CASE WHEN " t ".typelem <> '0'::pg_catalog.oid AND " t ".typlen = -1 AND " t ".typstorage <> 'p' THEN " t \
    ".typelem ELSE " t ".oid END"

static const char session[] = "SELECT pg_catalog.current_setting('TimeZone'), pg_catalog.current_setting('block_size')";

static const char search_path[] = "SELECT pg_catalog.unnest(pg_catalog.current_schemas(false))";

static const char schemas[] = "SELECT n.nspname FROM pg_catalog.pg_namespace n WHERE " OURS("n");

/* Row types of tables and arrays go with what they belong to. */
static const char types[] =
    "SELECT t.oid, n.nspname, t.typname, t.typtype, bn.nspname, b.typname, pg_catalog.format_type(b.oid, t.typtypmod), "
    "  CASE WHEN b.oid = t.typbasetype THEN 0 ELSE GREATEST(t.typndims, 1) END, t.typnotnull, t.typdefault "
    "FROM pg_catalog.pg_type t "
    "JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace "
    "LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid "
    "LEFT JOIN pg_catalog.pg_type d ON d.oid = t.typbasetype "
    "LEFT JOIN pg_catalog.pg_type b ON b.oid = " ELEMENT(
        "d") " "
             "LEFT JOIN pg_catalog.pg_namespace bn ON bn.oid = b.typnamespace "
             "WHERE " OURS("n") " AND (t.typrelid = '0'::pg_catalog.oid OR c.relkind = 'c') "
                                "  AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.typarray = t.oid) "
                                "ORDER BY n.nspname, t.typname";

static const char labels[] =
    "SELECT e.enumtypid, e.enumlabel FROM pg_catalog.pg_enum e ORDER BY e.enumtypid, e.enumsortorder";

/*
 * The body of a function whose text the server keeps parsed (14 and later) is shown, which locks the tables in it: only while none
 * of them is locked against everybody.
 */
#define FUNCTIONS(body)                                                                                  \
    BUSY "SELECT n.nspname, p.proname, p.provolatile, l.lanname, " body ", p.pronargs, "                 \
         "  p.prorettype = 'pg_catalog.trigger'::pg_catalog.regtype, p.proisstrict, "                    \
         "  p.proretset OR p.prosecdef OR p.proconfig IS NOT NULL, "                                     \
         "  (SELECT pg_catalog.string_agg(COALESCE(p.proargnames[k.n], ''), E'\\x01' ORDER BY k.n) "     \
         "   FROM pg_catalog.generate_series(1, COALESCE(pg_catalog.array_length(p.proallargtypes, 1), " \
         "p.pronargs::pg_catalog.int4)) k(n) "                                                           \
         "   WHERE p.proargmodes IS NULL OR p.proargmodes[k.n] NOT IN ('o', 't')) "                      \
         "FROM pg_catalog.pg_proc p "                                                                    \
         "JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace "                                     \
         "JOIN pg_catalog.pg_language l ON l.oid = p.prolang "                                           \
         "WHERE " OURS("n") " ORDER BY n.nspname, p.proname, p.oid"
#define TEXT_BODY "CASE WHEN l.lanname IN ('sql', 'plpgsql') THEN p.prosrc END"
#define DEPENDS_ON_BUSY(class, object)                                                   \
    "EXISTS (SELECT FROM pg_catalog.pg_depend d JOIN busy b ON b.relation = d.refobjid " \
    "  WHERE d.classid = '" class "'::pg_catalog.regclass AND d.objid = " object " "     \
                                  "    AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass)"
#define PARSED_BODY                                  \
    "CASE WHEN p.prosqlbody IS NULL THEN " TEXT_BODY \
    " WHEN NOT " DEPENDS_ON_BUSY("pg_catalog.pg_proc", "p.oid") " THEN pg_catalog.pg_get_function_sqlbody(p.oid) END"

/*
 * reltuples is what ANALYZE saw last (-1: never; before 14 also 0 with no pages). n_live_tup is counted from statement to
 * statement and can be double just after an ANALYZE, but when it says much more the table has grown since. Pages with those of TOAST.
 */
static const char relations[] = BUSY
    "SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence, "
    "  CASE WHEN c.relkind NOT IN ('r', 'm') THEN -1 "
    "       WHEN (c.reltuples > '0'::pg_catalog.float4 OR (c.reltuples = '0'::pg_catalog.float4 AND c.relpages > 0)) "
    "         AND pg_catalog.pg_stat_get_live_tuples(c.oid)::pg_catalog.float4 <= '2'::pg_catalog.float4 * c.reltuples "
    "THEN c.reltuples::pg_catalog.int8 "
    "       ELSE COALESCE(NULLIF(pg_catalog.pg_stat_get_live_tuples(c.oid), 0), -1) END, "
    "  CASE WHEN c.relkind NOT IN ('r', 'm', 'i') OR c.relpages <= 0 THEN -1 ELSE c.relpages + COALESCE(t.relpages, 0) "
    "END, "
    "  c.relispartition, c.relrowsecurity, "
    "  CASE WHEN c.relkind = 'p' THEN " UNLESS_BUSY(
        "c.oid",
        "pg_catalog.pg_get_partkeydef(c.oid)") " END, "
                                               "  pg_catalog.pg_get_expr(c.relpartbound, 0), am.amname, s.spcname, "
                                               "pg_catalog.pg_get_userbyid(c.relowner), ot.typrelid "
                                               "FROM pg_catalog.pg_class c "
                                               "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
                                               "LEFT JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid "
                                               "LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam "
                                               "LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace "
                                               "LEFT JOIN pg_catalog.pg_type ot ON ot.oid = c.reloftype AND "
                                               "c.reloftype <> '0'::pg_catalog.oid "
                                               "WHERE " OURS("n") " ORDER BY n.nspname, c.relname";

static const char columns[] = BUSY
    "SELECT a.attrelid, a.attname, bn.nspname, b.typname, pg_catalog.format_type(b.oid, a.atttypmod), "
    "  CASE WHEN b.oid = t.oid THEN 0 ELSE GREATEST(a.attndims, 1) END, a.attnotnull, a.atthasdef, "
    "  CASE WHEN a.attgenerated = '' THEN pg_catalog.pg_get_expr(d.adbin, 0) "
    "       ELSE " UNLESS_BUSY(
        "a.attrelid",
        "pg_catalog.pg_get_expr(d.adbin, d.adrelid)") " END, a.attidentity, a.attgenerated, a.attislocal, co.collname "
                                                      "FROM pg_catalog.pg_attribute a "
                                                      "JOIN pg_catalog.pg_class c ON c.oid = a.attrelid "
                                                      "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
                                                      "JOIN pg_catalog.pg_type t ON t.oid = a.atttypid "
                                                      "JOIN pg_catalog.pg_type b ON b.oid = " ELEMENT(
                                                          "t") " "
                                                               "JOIN pg_catalog.pg_namespace bn ON bn.oid = "
                                                               "b.typnamespace "
                                                               "LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = "
                                                               "a.attrelid AND d.adnum = a.attnum "
                                                               "LEFT JOIN pg_catalog.pg_collation co ON co.oid = "
                                                               "a.attcollation AND a.attcollation <> t.typcollation "
                                                               "WHERE " OURS(
                                                                   "n") " AND c.relkind IN ('r', 'p', 'f', 'v', 'm', "
                                                                        "'c') AND a.attnum > 0 AND NOT a.attisdropped "
                                                                        "ORDER BY a.attrelid, a.attnum";

#define INDEXES(nulls_not_distinct)                                                                                 \
    BUSY "SELECT i.indexrelid, i.indrelid, i.indisunique, i.indisprimary, i.indisvalid, " nulls_not_distinct ", "   \
         "  CASE WHEN i.indpred IS NOT NULL "                                                                       \
         "       THEN " UNLESS_BUSY(                                                                                \
             "i.indrelid",                                                                                          \
             "pg_catalog.pg_get_expr(i.indpred, i.indrelid)") " END "                                               \
                                                              "FROM pg_catalog.pg_index i "                         \
                                                              "JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid " \
                                                              "JOIN pg_catalog.pg_namespace n ON n.oid = "          \
                                                              "c.relnamespace "                                     \
                                                              "WHERE " OURS("n") " ORDER BY n.nspname, c.relname"

static const char keys[] = BUSY
    "SELECT i.indexrelid, a.attname, "
    "  CASE WHEN i.indkey[k - 1] = 0 THEN " UNLESS_BUSY(
        "i.indrelid",
        "pg_catalog.pg_get_indexdef(i.indexrelid, k, true)") " END, "
                                                             "  co.collname, o.opcname, k > i.indnkeyatts "
                                                             "FROM pg_catalog.pg_index i "
                                                             "JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid "
                                                             "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
                                                             "CROSS JOIN LATERAL pg_catalog.generate_series(1, "
                                                             "i.indnatts) k "
                                                             "LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = "
                                                             "i.indrelid AND a.attnum = i.indkey[k - 1] AND a.attnum "
                                                             "<> 0 "
                                                             "LEFT JOIN pg_catalog.pg_collation co ON k <= "
                                                             "i.indnkeyatts AND co.oid = i.indcollation[k - 1] "
                                                             "  AND co.oid IS DISTINCT FROM a.attcollation "
                                                             "LEFT JOIN pg_catalog.pg_opclass o ON k <= i.indnkeyatts "
                                                             "AND o.oid = i.indclass[k - 1] AND NOT o.opcdefault "
                                                             "WHERE " OURS("n") " ORDER BY i.indexrelid, k";

#define NAMES(key, relation)                                           \
    "(SELECT pg_catalog.string_agg(a.attname, E'\\x01' ORDER BY k.n) " \
    "   FROM pg_catalog.unnest(" key ") WITH ORDINALITY k(attnum, n) " \
    "   JOIN pg_catalog.pg_attribute a ON a.attrelid = " relation " AND a.attnum = k.attnum)"

/*
 * A foreign key to a partitioned table has a row for each partition, too, below the one that was written: they are left out. So are
 * the NOT NULL constraints of domains, which typnotnull tells.
 */
#define CONSTRAINTS(enforced)                                                                                   \
    BUSY "SELECT c.conrelid, c.contypid, c.conname, c.contype, c.convalidated, " enforced ", c.connoinherit, "  \
         "  c.condeferrable, c.coninhcount > 0, c.conindid, c.confrelid, c.confdeltype, " NAMES(                \
             "c.conkey",                                                                                        \
             "c.conrelid") ", " NAMES("c.confkey",                                                              \
                                      "c.confrelid") ", CASE WHEN c.conbin IS NOT NULL "                        \
                                                     "  THEN " UNLESS_BUSY(                                     \
                                                         "c.conrelid",                                          \
                                                         "pg_catalog.pg_get_expr(c.conbin, "                    \
                                                         "c.conrelid)") " END, "                                \
                                                                        "  c.condeferred, "                     \
                                                                        "c.confupdtype "                        \
                                                                        "FROM "                                 \
                                                                        "pg_catalog.pg_constraint c "           \
                                                                        "JOIN "                                 \
                                                                        "pg_catalog.pg_namespace n "            \
                                                                        "ON n.oid = c.connamespace "            \
                                                                        "LEFT JOIN "                            \
                                                                        "pg_catalog.pg_constraint p "           \
                                                                        "ON p.oid = c.conparentid "             \
                                                                        "WHERE " OURS("n") " AND c.contype IN " \
                                                                                           "('c', 'n', 'p', "   \
                                                                                           "'u', 'f', 'x') "    \
                                                                                           "  AND NOT "         \
                                                                                           "(c.contype = 'n' "  \
                                                                                           "AND c.contypid <> " \
                                                                                           "'0'::pg_catalog."   \
                                                                                           "oid) AND "          \
                                                                                           "p.conrelid IS "     \
                                                                                           "DISTINCT FROM "     \
                                                                                           "c.conrelid "        \
                                                                                           "ORDER BY "          \
                                                                                           "c.conrelid, "       \
                                                                                           "c.contypid, "       \
                                                                                           "c.conname"

/*
 * tgtype: 1 is FOR EACH ROW, 2 is BEFORE, then INSERT, DELETE, UPDATE, TRUNCATE (src/include/catalog/pg_trigger.h). What partitions
 * have from the table above is left out: it is told there.
 */
static const char triggers[] =
    "SELECT t.tgrelid, t.tgname, (t.tgtype & '2'::pg_catalog.int2) <> 0, (t.tgtype & '1'::pg_catalog.int2) <> 0, "
    "pn.nspname, p.proname, t.tgtype "
    "FROM pg_catalog.pg_trigger t "
    "JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid "
    "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
    "JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid "
    "JOIN pg_catalog.pg_namespace pn ON pn.oid = p.pronamespace "
    "WHERE " OURS("n") " AND NOT t.tgisinternal AND t.tgparentid = '0'::pg_catalog.oid ORDER BY t.tgrelid, t.tgname";

static const char inheritance[] =
    "SELECT i.inhrelid, i.inhparent FROM pg_catalog.pg_inherits i ORDER BY i.inhparent, i.inhrelid, i.inhseqno";

/* What depends on a view's query: relations, their columns by name, functions by name. */
#define VIEW_DEPENDS                                                                \
    "FROM pg_catalog.pg_rewrite r "                                                 \
    "JOIN pg_catalog.pg_class c ON c.oid = r.ev_class AND c.relkind IN ('v', 'm') " \
    "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "                     \
    "JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid "

static const char views[] =
    "SELECT DISTINCT r.ev_class, d.refobjid " VIEW_DEPENDS
    "  AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid <> r.ev_class "
    "WHERE " OURS("n") " ORDER BY r.ev_class, d.refobjid";

static const char view_words[] =
    "SELECT DISTINCT r.ev_class, COALESCE(a.attname, p.proname) " VIEW_DEPENDS
    "LEFT JOIN pg_catalog.pg_attribute a ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass "
    "  AND a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND d.refobjsubid > 0 AND d.refobjid <> r.ev_class "
    "LEFT JOIN pg_catalog.pg_proc p ON d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND p.oid = d.refobjid "
    "WHERE " OURS("n") " AND COALESCE(a.attname, p.proname) IS NOT NULL ORDER BY 1, 2";

static const char policies[] =
    "SELECT p.polrelid, p.polname FROM pg_catalog.pg_policy p ORDER BY p.polrelid, p.polname";

static const char rules[] = BUSY
    "SELECT r.ev_class, CASE WHEN r.ev_class IN (SELECT relation FROM busy) "
    "    OR " DEPENDS_ON_BUSY(
        "pg_catalog.pg_rewrite",
        "r.oid") " THEN '" LIVE_UNSHOWN "' ELSE pg_catalog.pg_get_ruledef(r.oid) END, "
                 "  r.rulename "
                 "FROM pg_catalog.pg_rewrite r "
                 "JOIN pg_catalog.pg_class c ON c.oid = r.ev_class "
                 "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
                 "WHERE " OURS("n") " AND r.rulename <> '_RETURN'::pg_catalog.name ORDER BY r.ev_class, r.rulename";

static const char statistics[] =
    "SELECT s.stxrelid, s.stxname FROM pg_catalog.pg_statistic_ext s ORDER BY s.stxrelid, s.stxname";

static const char publications[] =
    "SELECT r.prrelid, p.pubname FROM pg_catalog.pg_publication_rel r "
    "JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid ORDER BY r.prrelid, p.pubname";

static const char sequences[] =
    "SELECT d.objid, d.refobjid, a.attname "
    "FROM pg_catalog.pg_depend d "
    "JOIN pg_catalog.pg_class c ON c.oid = d.objid AND c.relkind = 'S' "
    "JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid "
    "WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass "
    "  AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype IN ('a', 'i')";

const char *live_sql(enum live_query query, int server_version)
{
    switch (query) {
    case LIVE_SESSION:
        return session;
    case LIVE_SEARCH_PATH:
        return search_path;
    case LIVE_SCHEMAS:
        return schemas;
    case LIVE_TYPES:
        return types;
    case LIVE_LABELS:
        return labels;
    case LIVE_FUNCTIONS:
        return server_version >= 140000 ? FUNCTIONS(PARSED_BODY) : FUNCTIONS(TEXT_BODY);
    case LIVE_RELATIONS:
        return relations;
    case LIVE_COLUMNS:
        return columns;
    case LIVE_INDEXES:
        return server_version >= 150000 ? INDEXES("i.indnullsnotdistinct") : INDEXES("false");
    case LIVE_KEYS:
        return keys;
    case LIVE_CONSTRAINTS:
        return server_version >= 180000 ? CONSTRAINTS("c.conenforced") : CONSTRAINTS("true");
    case LIVE_TRIGGERS:
        return triggers;
    case LIVE_INHERITANCE:
        return inheritance;
    case LIVE_VIEWS:
        return views;
    case LIVE_SEQUENCES:
        return sequences;
    case LIVE_VIEW_WORDS:
        return view_words;
    case LIVE_POLICIES:
        return policies;
    case LIVE_RULES:
        return rules;
    case LIVE_STATISTICS:
        return statistics;
    case LIVE_PUBLICATIONS:
        return publications;
    case LIVE_N:
        break;
    }
    return NULL;
}
