/*
 * The questions whose answers are the phases of a shadow change. They run with an empty search path, so that all names that the server puts out
 * have their schema.
 *
 * Names: T the table; c the column, N and O what the second column is called before and the first one behind the swap.
 */
#include "exec/shadow.h"

#define NAMES                                                                                                         \
    " (SELECT c.oid, c.relname, n.nspname, pg_catalog.format('%I.%I', n.nspname, c.relname) AS t, a.attnum, "         \
    "a.attname,"                                                                                                      \
    " pg_catalog.quote_ident(a.attname) AS c, pg_catalog.quote_ident(x.base || '_migrate_new') AS n,"                 \
    " pg_catalog.quote_ident(x.base || '_migrate_old') AS o, a.attnotnull, a.attidentity, a.attacl, a.attstattarget," \
    " pg_catalog.format('%I.%I', n.nspname, 'migrate_shadow_' || c.oid || '_' || a.attnum) AS f,"                     \
    " '~~migrate_shadow_' || a.attnum AS g, pg_catalog.format_type(a.atttypid, a.atttypmod) AS was, a.atttypid"       \
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"                            \
    " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid CROSS JOIN LATERAL (SELECT CASE WHEN"                      \
    " pg_catalog.octet_length(a.attname) <= 50 THEN a.attname::text ELSE pg_catalog.md5(a.attname) END AS base) x"    \
    " WHERE c.oid = $1::pg_catalog.oid AND a.attnum = $2::pg_catalog.int2)"

/* From an integer type to an integer type: a foreign key holds between any two of them. */
#define INTEGERS                                                                                                \
    "(col.atttypid IN ('int2'::pg_catalog.regtype, 'int4'::pg_catalog.regtype, 'int8'::pg_catalog.regtype) AND" \
    " pg_catalog.lower($3) IN ('smallint', 'integer', 'int', 'int2', 'int4', 'int8', 'bigint'))"

/* relation, column -> oid, attnum, the table for SQL, columns that the expression might name, kind, type */
const char *const shadow_column_sql[] = {
    "SELECT c.oid, a.attnum, pg_catalog.format('%I.%I', n.nspname, c.relname),"
    " (SELECT pg_catalog.array_agg(o.attname) FROM pg_catalog.pg_attribute o WHERE o.attrelid = c.oid AND o.attnum > 0"
    " AND NOT o.attisdropped AND o.attnum <> a.attnum), c.relkind, pg_catalog.format_type(a.atttypid, a.atttypmod)"
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid"
    " WHERE c.oid = pg_catalog.to_regclass($1) AND a.attname = $2 AND a.attnum > 0 AND NOT a.attisdropped",
    NULL,
};

/* oid, attnum, new type -> one row for each thing that stands in the way */
const char *const shadow_obstacles_sql[] = {
    "WITH col AS" NAMES " SELECT 'it is not a plain table' FROM pg_catalog.pg_class c, col WHERE c.oid = col.oid AND "
                        "(c.relkind <> 'r' OR c.relpersistence = 't')",
    " UNION ALL SELECT 'it is a partition: changing the type is up to the partitioned table' FROM pg_catalog.pg_class "
    "c, col"
    " WHERE c.oid = col.oid AND c.relispartition",
    " UNION ALL SELECT 'it has children by inheritance' FROM col WHERE EXISTS (SELECT FROM pg_catalog.pg_inherits i"
    " WHERE i.inhparent = col.oid OR i.inhrelid = col.oid)",
    " UNION ALL SELECT 'the column is generated' FROM pg_catalog.pg_attribute a, col WHERE a.attrelid = col.oid AND "
    "a.attnum = col.attnum"
    " AND a.attgenerated <> ''",
    " UNION ALL SELECT 'generated column ' || a.attname || ' is computed from it' FROM pg_catalog.pg_depend d"
    " JOIN pg_catalog.pg_attrdef f ON f.oid = d.objid JOIN pg_catalog.pg_attribute a ON a.attrelid = f.adrelid AND "
    "a.attnum = f.adnum, col"
    " WHERE d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.refclassid = "
    "'pg_catalog.pg_class'::pg_catalog.regclass"
    " AND d.refobjid = col.oid AND d.refobjsubid = col.attnum AND a.attgenerated <> '' AND a.attnum <> col.attnum",
    " UNION ALL SELECT 'its default, ' || pg_catalog.pg_get_expr(f.adbin, f.adrelid) || ', has no automatic cast to ' "
    "|| $3::pg_catalog.text"
    " FROM col JOIN pg_catalog.pg_attrdef f ON f.adrelid = col.oid AND f.adnum = col.attnum,"
    " (SELECT pg_catalog.to_regtype($3)::pg_catalog.oid AS oid) y WHERE y.oid <> col.atttypid AND NOT EXISTS (SELECT "
    "FROM pg_catalog.pg_cast k"
    " WHERE k.castsource = col.atttypid AND k.casttarget = y.oid AND k.castcontext IN ('a', 'i')) AND NOT EXISTS "
    "(SELECT FROM pg_catalog.pg_type z"
    " WHERE z.oid = y.oid AND z.typcategory = 'S')",
    " UNION ALL SELECT 'foreign key ' || k.conname || ' of ' || k.conrelid::pg_catalog.regclass || ' references it'"
    " FROM pg_catalog.pg_constraint k, col WHERE k.contype = 'f' AND k.confrelid = col.oid AND col.attnum = ANY "
    "(k.confkey) AND NOT"
    " (pg_catalog.cardinality(k.confkey) = 1 AND k.conparentid = 0 AND k.convalidated AND " INTEGERS
    " AND col.attnum <> ALL (CASE WHEN k.conrelid = col.oid THEN k.conkey ELSE '{}' END))",
    " UNION ALL SELECT 'exclusion constraint ' || k.conname FROM pg_catalog.pg_constraint k, col WHERE k.contype = 'x'"
    " AND k.conrelid = col.oid AND col.attnum = ANY (k.conkey)",
    " UNION ALL SELECT 'index ' || x.relname || ' is the replica identity' FROM pg_catalog.pg_index i"
    " JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid, col WHERE i.indrelid = col.oid AND i.indisreplident"
    " AND col.attnum = ANY (i.indkey)",
    " UNION ALL SELECT 'trigger ' || g.tgname || ' fires behind all others' FROM pg_catalog.pg_trigger g, col"
    " WHERE g.tgrelid = col.oid AND NOT g.tgisinternal AND g.tgname COLLATE \"C\" >= '~~migrate' COLLATE \"C\"",
    " UNION ALL SELECT 'a column ' || a.attname || ' is there already, from an earlier shadow change (migrate new "
    "--contract VERSION)'"
    " FROM pg_catalog.pg_attribute a, col WHERE a.attrelid = col.oid AND NOT a.attisdropped"
    " AND pg_catalog.quote_ident(a.attname) IN (col.n, col.o)",
    " UNION ALL SELECT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) || ' depends on it'"
    " FROM col JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid "
    "= col.oid"
    " AND d.refobjsubid = col.attnum WHERE d.classid NOT IN ('pg_catalog.pg_constraint'::pg_catalog.regclass,"
    " 'pg_catalog.pg_attrdef'::pg_catalog.regclass, 'pg_catalog.pg_rewrite'::pg_catalog.regclass, "
    "'pg_catalog.pg_policy'::pg_catalog.regclass,"
    " 'pg_catalog.pg_trigger'::pg_catalog.regclass, 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass)"
    " AND NOT (d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND EXISTS (SELECT FROM pg_catalog.pg_class k"
    " WHERE k.oid = d.objid AND k.relkind IN ('i', 'S')))",
    " UNION ALL SELECT 'view ' || v.oid::pg_catalog.regclass || ' is materialized, or has triggers or rules' FROM "
    "(WITH RECURSIVE used AS"
    " (SELECT w.ev_class AS oid FROM col JOIN pg_catalog.pg_depend d ON d.refclassid = "
    "'pg_catalog.pg_class'::pg_catalog.regclass"
    " AND d.refobjid = col.oid AND d.refobjsubid = col.attnum AND d.classid = "
    "'pg_catalog.pg_rewrite'::pg_catalog.regclass"
    " JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid UNION SELECT w.ev_class FROM used u JOIN pg_catalog.pg_depend d"
    " ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = u.oid AND d.classid ="
    " 'pg_catalog.pg_rewrite'::pg_catalog.regclass JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid) SELECT oid FROM "
    "used) v"
    " JOIN pg_catalog.pg_class c ON c.oid = v.oid WHERE c.relkind <> 'v' OR EXISTS (SELECT FROM pg_catalog.pg_trigger g"
    " WHERE g.tgrelid = v.oid) OR EXISTS (SELECT FROM pg_catalog.pg_rewrite w WHERE w.ev_class = v.oid AND w.rulename "
    "<> '_RETURN')",
    NULL,
};

/*
 * oid, attnum, new type, expression over the row (in SQL), the same in a trigger, condition of the UPDATE trigger, expression of the way back in a
 * trigger or NULL -> phase, place in it, kind, title, statement, whether c in it (behind the table's name) stands for N
 */
const char *const shadow_phases_sql[] = {
    "WITH RECURSIVE col AS" NAMES,
    /* Views on the column, and on these; the deepest last. */
    ", used AS (SELECT w.ev_class AS oid, 1 AS depth FROM col JOIN pg_catalog.pg_depend d"
    " ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = col.oid AND d.refobjsubid = "
    "col.attnum"
    " AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid"
    " UNION SELECT w.ev_class, u.depth + 1 FROM used u JOIN pg_catalog.pg_depend d"
    " ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = u.oid"
    " AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid"
    " WHERE w.ev_class <> u.oid)",
    ", views AS (SELECT u.oid, max(u.depth) AS depth, u.oid::pg_catalog.regclass::pg_catalog.text AS name FROM used u "
    "GROUP BY u.oid)",
    /* Constraints and indexes that the column is in; b.index is what backs a constraint. */
    ", con AS (SELECT k.*, pg_catalog.quote_ident(k.conname) AS name, "
    "pg_catalog.quote_ident(pg_catalog.left(k.conname, 40) || '_migrate_new')"
    " AS fresh, pg_catalog.pg_get_constraintdef(k.oid) AS def FROM pg_catalog.pg_constraint k, col"
    " WHERE k.conrelid = col.oid AND col.attnum = ANY (k.conkey) AND k.contype IN ('c', 'f', 'p', 'u'))",
    ", ind AS (SELECT i.indexrelid, x.relname, pg_catalog.quote_ident(x.relname) AS name, n.nspname,"
    " pg_catalog.quote_ident(pg_catalog.left(x.relname, 40) || '_migrate_new') AS fresh,"
    " pg_catalog.quote_ident(pg_catalog.left(x.relname, 40) || '_migrate_old') AS stale, i.indisunique,"
    " pg_catalog.pg_get_indexdef(i.indexrelid) AS def, k.contype, k.conname, k.def AS condef"
    " FROM col JOIN pg_catalog.pg_index i ON i.indrelid = col.oid JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = x.relnamespace LEFT JOIN con k ON k.conindid = i.indexrelid AND "
    "k.contype IN ('p', 'u')"
    " WHERE i.indisvalid AND (col.attnum = ANY (i.indkey) OR EXISTS (SELECT FROM pg_catalog.pg_depend d"
    " WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = i.indexrelid"
    " AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = col.oid AND d.refobjsubid = "
    "col.attnum)))",
    ", ref AS (SELECT k.conname, k.oid, x.child, pg_catalog.quote_ident(k.conname) AS name, x.def,"
    " pg_catalog.quote_ident(pg_catalog.left(k.conname, 40) || '_migrate_new') AS fresh FROM col JOIN "
    "pg_catalog.pg_constraint k"
    " ON k.contype = 'f' AND k.confrelid = col.oid AND col.attnum = ANY (k.confkey) CROSS JOIN LATERAL"
    " (SELECT k.conrelid::pg_catalog.regclass::pg_catalog.text AS child, pg_catalog.pg_get_constraintdef(k.oid) AS "
    "def) x)",
    ", def AS (SELECT pg_catalog.pg_get_expr(f.adbin, f.adrelid) AS sql, (SELECT q.oid FROM pg_catalog.pg_depend d"
    " JOIN pg_catalog.pg_class q ON q.oid = d.objid AND q.relkind = 'S' WHERE d.classid = "
    "'pg_catalog.pg_class'::pg_catalog.regclass"
    " AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = col.oid AND d.refobjsubid = "
    "col.attnum"
    " AND d.deptype = 'a') AS serial FROM col JOIN pg_catalog.pg_attrdef f ON f.adrelid = col.oid AND f.adnum = "
    "col.attnum)",
    ", idn AS (SELECT q.oid::pg_catalog.regclass::pg_catalog.text AS name, s.* FROM col JOIN pg_catalog.pg_depend d"
    " ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refclassid = "
    "'pg_catalog.pg_class'::pg_catalog.regclass"
    " AND d.refobjid = col.oid AND d.refobjsubid = col.attnum AND d.deptype = 'i' JOIN pg_catalog.pg_class q ON q.oid "
    "= d.objid"
    " AND q.relkind = 'S' JOIN pg_catalog.pg_sequence s ON s.seqrelid = q.oid WHERE col.attidentity <> '')",
    ", pol AS (SELECT p.*, pg_catalog.quote_ident(p.polname) AS name, pg_catalog.pg_get_expr(p.polqual, p.polrelid) AS "
    "q,"
    " pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) AS w FROM col JOIN pg_catalog.pg_policy p ON p.polrelid = "
    "col.oid"
    " WHERE EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass "
    "AND d.objid = p.oid"
    " AND d.refobjid = col.oid AND d.refobjsubid = col.attnum))",
    ", trg AS (SELECT g.*, pg_catalog.quote_ident(g.tgname) AS name FROM col JOIN pg_catalog.pg_trigger g ON g.tgrelid "
    "= col.oid"
    " AND NOT g.tgisinternal WHERE EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = "
    "'pg_catalog.pg_trigger'::pg_catalog.regclass"
    " AND d.objid = g.oid AND d.refobjid = col.oid AND d.refobjsubid = col.attnum))",
    ", sta AS (SELECT s.oid, pg_catalog.format('%I.%I', n.nspname, s.stxname) AS name FROM col JOIN "
    "pg_catalog.pg_statistic_ext s"
    " ON s.stxrelid = col.oid AND col.attnum = ANY (s.stxkeys) JOIN pg_catalog.pg_namespace n ON n.oid = "
    "s.stxnamespace)",
    ", made(phase, place, kind, title, sql, fresh) AS ("
    /* 10: expand */
    " SELECT 10, 1, 'tx', 'add column ' || n || ', and triggers that keep it (one short transaction)',"
    " pg_catalog.format('ALTER TABLE %s ADD COLUMN %s %s', t, n, $3::pg_catalog.text), false FROM col",
    " UNION ALL SELECT 10, 2, 'tx', '', pg_catalog.format('ALTER TABLE %s ALTER COLUMN %s SET STATISTICS %s', t, n, "
    "attstattarget), false"
    " FROM col WHERE attstattarget >= 0",
    " UNION ALL SELECT 10, 3, 'tx', '', pg_catalog.format('CREATE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql SET "
    "search_path FROM CURRENT"
    " AS $migrate$BEGIN NEW.%s := %s; RETURN NEW; END$migrate$', f, n, $5::pg_catalog.text), false FROM col",
    " UNION ALL SELECT 10, 4, 'tx', '', pg_catalog.format('CREATE TRIGGER %I BEFORE INSERT ON %s FOR EACH ROW EXECUTE "
    "FUNCTION %s()',"
    " g || '_insert', t, f), false FROM col",
    " UNION ALL SELECT 10, 5, 'tx', '', pg_catalog.format('CREATE TRIGGER %I BEFORE UPDATE ON %s FOR EACH ROW WHEN "
    "(%s) EXECUTE FUNCTION %s()',"
    " g || '_update', t, $6::pg_catalog.text, f), false FROM col",
    /* 20: backfill */
    " UNION ALL SELECT 20, 1, 'backfill', 'fill it in batches', pg_catalog.format('UPDATE %s SET %s = %s WHERE %s IS "
    "DISTINCT FROM %s',"
    " t, n, $4::pg_catalog.text, n, $4::pg_catalog.text), false FROM col",
    /* 30: indexes, each a phase */
    " UNION ALL SELECT 3000 + pg_catalog.row_number() OVER (ORDER BY i.relname)::pg_catalog.int4, 1, 'index',"
    " 'build index ' || i.fresh || ' CONCURRENTLY', pg_catalog.format('DROP INDEX CONCURRENTLY IF EXISTS %I.%s', "
    "i.nspname, i.fresh), false"
    " FROM ind i",
    " UNION ALL SELECT 3000 + pg_catalog.row_number() OVER (ORDER BY i.relname)::pg_catalog.int4, 2, 'index', '',"
    " pg_catalog.format('CREATE %s INDEX CONCURRENTLY %s%s', CASE WHEN i.indisunique THEN 'UNIQUE' ELSE '' END, "
    "i.fresh,"
    " pg_catalog.substr(i.def, pg_catalog.strpos(i.def, ' ON '))), true FROM ind i",
    /* 40, 50: CHECK, NOT NULL and foreign keys: NOT VALID, then VALIDATE */
    " UNION ALL SELECT 4000, 1, 'tx', 'add CHECK (' || n || ' IS NOT NULL) NOT VALID', pg_catalog.format('ALTER TABLE "
    "%s ADD CONSTRAINT %I"
    " CHECK (%s IS NOT NULL) NOT VALID', t, g || '_not_null', n), false FROM col WHERE attnotnull",
    " UNION ALL SELECT 4001, 1, 'alone', 'validate it', pg_catalog.format('ALTER TABLE %s VALIDATE CONSTRAINT %I', t, "
    "g || '_not_null'), false"
    " FROM col WHERE attnotnull",
    " UNION ALL SELECT 5000 + 2 * pg_catalog.row_number() OVER (ORDER BY k.conname)::pg_catalog.int4, 1, 'tx',"
    " 'add constraint ' || k.fresh || ' NOT VALID', pg_catalog.format('ALTER TABLE %s ADD CONSTRAINT %s %s%s', col.t, "
    "k.fresh, k.def,"
    " CASE WHEN k.def LIKE '% NOT VALID' THEN '' ELSE ' NOT VALID' END), true FROM con k, col WHERE k.contype IN ('c', "
    "'f')",
    " UNION ALL SELECT 5001 + 2 * pg_catalog.row_number() OVER (ORDER BY k.conname)::pg_catalog.int4, 1, 'alone', "
    "'validate it',"
    " CASE WHEN k.convalidated THEN pg_catalog.format('ALTER TABLE %s VALIDATE CONSTRAINT %s', col.t, k.fresh) ELSE "
    "'SELECT' END, false"
    " FROM con k, col WHERE k.contype IN ('c', 'f')",
    /* 55: foreign keys to it, which from here on hold to both columns */
    " UNION ALL SELECT 5500 + 2 * pg_catalog.row_number() OVER (ORDER BY r.child, r.conname)::pg_catalog.int4, 1, 'tx',"
    " 'add foreign key ' || r.fresh || ' of ' || r.child || ' NOT VALID', pg_catalog.format('ALTER TABLE %s ADD "
    "CONSTRAINT %s %s%s NOT VALID',"
    " r.child, r.fresh, pg_catalog.substr(r.def, 1, pg_catalog.strpos(r.def, ' REFERENCES ')), "
    "pg_catalog.regexp_replace("
    "pg_catalog.substr(r.def, pg_catalog.strpos(r.def, ' REFERENCES ') + 1), '[(][^()]*[)]', '(' || col.n || ')')), "
    "false FROM ref r, col",
    " UNION ALL SELECT 5501 + 2 * pg_catalog.row_number() OVER (ORDER BY r.child, r.conname)::pg_catalog.int4, 1, "
    "'alone', 'validate it',"
    " pg_catalog.format('ALTER TABLE %s VALIDATE CONSTRAINT %s', r.child, r.fresh), false FROM ref r",
    /* 60: what the planner knows of it; 70: compare */
    " UNION ALL SELECT 6000, 1, 'alone', 'ANALYZE it', pg_catalog.format('ANALYZE %s (%s)', t, n), false FROM col",
    " UNION ALL SELECT 7000, 1, 'compare', 'compare both columns over all keys', pg_catalog.format('%s IS DISTINCT "
    "FROM %s', n, $4::pg_catalog.text),"
    " false FROM col",
    /* 80: swap */
    " UNION ALL SELECT 8000, 1, 'swap', 'swap: ' || n || ' becomes ' || c || ', which is kept as ' || o || CASE WHEN "
    "$7::pg_catalog.text IS NULL"
    " THEN '; there is no way back from here, as nothing keeps that' ELSE ' by triggers of its own' END || ' (one "
    "short transaction)',"
    " pg_catalog.format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', t || coalesce((SELECT ', ' || "
    "pg_catalog.string_agg(DISTINCT r.child, ', ')"
    " FROM ref r WHERE r.child <> t), '')), false FROM col",
    " UNION ALL SELECT 8000, 2, 'swap', '', pg_catalog.format('DROP TRIGGER %I ON %s', g || '_insert', t), false FROM "
    "col",
    " UNION ALL SELECT 8000, 3, 'swap', '', pg_catalog.format('DROP TRIGGER %I ON %s', g || '_update', t), false FROM "
    "col",
    " UNION ALL SELECT 8000, 4, 'swap', '', pg_catalog.format('DROP FUNCTION %s()', f), false FROM col",
    " UNION ALL SELECT 8000, 100000 - v.depth, 'swap', '', pg_catalog.format('DROP VIEW %s', v.name), false FROM views "
    "v",
    " UNION ALL SELECT 8000, 100001, 'swap', '', pg_catalog.format('DROP POLICY %s ON %s', p.name, col.t), false FROM "
    "pol p, col",
    " UNION ALL SELECT 8000, 100002, 'swap', '', pg_catalog.format('DROP TRIGGER %s ON %s', g.name, col.t), false FROM "
    "trg g, col",
    " UNION ALL SELECT 8000, 100003, 'swap', '', pg_catalog.format('DROP STATISTICS %s', s.name), false FROM sta s",
    " UNION ALL SELECT 8000, 100010, 'swap', '', pg_catalog.format('ALTER TABLE %s ALTER COLUMN %s SET NOT NULL', t, "
    "n), false FROM col WHERE attnotnull",
    " UNION ALL SELECT 8000, 100011, 'swap', '', pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I', t, g || "
    "'_not_null'), false FROM col"
    " WHERE attnotnull",
    " UNION ALL SELECT 8000, 100011, 'swap', '', pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %s', r.child, "
    "r.name), false FROM ref r",
    " UNION ALL SELECT 8000, 100034, 'swap', '', pg_catalog.format('ALTER TABLE %s RENAME CONSTRAINT %s TO %s', "
    "r.child, r.fresh, r.name), false"
    " FROM ref r",
    " UNION ALL SELECT 8000, 100012, 'swap', '', pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %s', col.t, "
    "k.name), false FROM con k, col",
    " UNION ALL SELECT 8000, 100013, 'swap', '', pg_catalog.format('CREATE TEMPORARY TABLE migrate_shadow_sequence ON "
    "COMMIT DROP AS"
    " SELECT last_value, is_called FROM %s', i.name), false FROM idn i",
    " UNION ALL SELECT 8000, 100014, 'swap', '', pg_catalog.format('ALTER TABLE %s ALTER COLUMN %s DROP IDENTITY', t, "
    "c), false FROM col"
    " WHERE attidentity <> ''",
    " UNION ALL SELECT 8000, 100015, 'swap', '', pg_catalog.format('ALTER TABLE %s ALTER COLUMN %s DROP NOT NULL', t, "
    "c), false FROM col WHERE attnotnull",
    " UNION ALL SELECT 8000, 100020, 'swap', '', pg_catalog.format('ALTER TABLE %s RENAME COLUMN %s TO %s', t, c, o), "
    "false FROM col",
    " UNION ALL SELECT 8000, 100021, 'swap', '', pg_catalog.format('ALTER TABLE %s RENAME COLUMN %s TO %s', t, n, c), "
    "false FROM col",
    " UNION ALL SELECT 8000, 100030, 'swap', '', pg_catalog.format('ALTER INDEX %I.%s RENAME TO %s', i.nspname, "
    "i.name, i.stale), false FROM ind i"
    " WHERE i.contype IS NULL",
    " UNION ALL SELECT 8000, 100031, 'swap', '', pg_catalog.format('ALTER INDEX %I.%s RENAME TO %s', i.nspname, "
    "i.fresh, i.name), false FROM ind i"
    " WHERE i.contype IS NULL",
    " UNION ALL SELECT 8000, 100032, 'swap', '', pg_catalog.format('ALTER TABLE %s ADD CONSTRAINT %I %s USING INDEX "
    "%s%s', col.t, i.conname,"
    " CASE i.contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END, i.fresh, CASE WHEN i.condef LIKE '% DEFERRABLE "
    "INITIALLY DEFERRED' THEN"
    " ' DEFERRABLE INITIALLY DEFERRED' WHEN i.condef LIKE '% DEFERRABLE' THEN ' DEFERRABLE' ELSE '' END), false FROM "
    "ind i, col"
    " WHERE i.contype IS NOT NULL",
    " UNION ALL SELECT 8000, 100033, 'swap', '', pg_catalog.format('ALTER TABLE %s RENAME CONSTRAINT %s TO %s', col.t, "
    "k.fresh, k.name), false"
    " FROM con k, col WHERE k.contype IN ('c', 'f')",
    " UNION ALL SELECT 8000, 100040, 'swap', '', pg_catalog.format('ALTER TABLE %s ALTER COLUMN %s SET DEFAULT %s', "
    "col.t, col.c, d.sql), false"
    " FROM def d, col",
    " UNION ALL SELECT 8000, 100041, 'swap', '', pg_catalog.format('ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT', "
    "col.t, col.o), false FROM def d, col",
    " UNION ALL SELECT 8000, 100042, 'swap', '', pg_catalog.format('ALTER SEQUENCE %s%s OWNED BY %s.%s', "
    "d.serial::pg_catalog.regclass,"
    " CASE WHEN pg_catalog.lower($3) IN ('smallint', 'integer', 'int', 'int2', 'int4', 'int8', 'bigint') THEN ' AS ' "
    "|| $3 ELSE '' END,"
    " col.t, col.c), false FROM def d, col WHERE d.serial IS NOT NULL",
    " UNION ALL SELECT 8000, 100043, 'swap', '', pg_catalog.format('ALTER TABLE %s ALTER COLUMN %s ADD GENERATED %s AS "
    "IDENTITY (SEQUENCE NAME %s"
    " INCREMENT BY %s MINVALUE %s %s START WITH %s CACHE %s %s)', col.t, col.c, CASE col.attidentity WHEN 'a' THEN "
    "'ALWAYS' ELSE 'BY DEFAULT' END,"
    " i.name, i.seqincrement, i.seqmin, CASE WHEN i.seqmax IN (32767, 2147483647, 9223372036854775807) THEN '' ELSE "
    "'MAXVALUE ' || i.seqmax END,"
    " i.seqstart, i.seqcache, CASE WHEN i.seqcycle THEN 'CYCLE' ELSE '' END), false FROM idn i, col",
    " UNION ALL SELECT 8000, 100044, 'swap', '', pg_catalog.format('SELECT pg_catalog.setval(%L::pg_catalog.regclass, "
    "last_value, is_called)"
    " FROM pg_temp.migrate_shadow_sequence', i.name), false FROM idn i",
    " UNION ALL SELECT 8000, 100050, 'swap', '', pg_catalog.format('GRANT %s (%s) ON %s TO %s%s', x.privilege_type, "
    "col.c, col.t,"
    " CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(r.rolname) END, CASE WHEN x.is_grantable THEN ' "
    "WITH GRANT OPTION' ELSE '' END),"
    " false FROM col CROSS JOIN LATERAL pg_catalog.aclexplode(col.attacl) x LEFT JOIN pg_catalog.pg_roles r ON r.oid = "
    "x.grantee",
    " UNION ALL SELECT 8000, 100051, 'swap', '', pg_catalog.format('COMMENT ON COLUMN %s.%s IS %L', t, c, "
    "pg_catalog.col_description(oid, attnum)),"
    " false FROM col WHERE pg_catalog.col_description(oid, attnum) IS NOT NULL",
    " UNION ALL SELECT 8000, 100052, 'swap', '', pg_catalog.format('COMMENT ON INDEX %I.%s IS %L', i.nspname, i.name,"
    " pg_catalog.obj_description(i.indexrelid, 'pg_class')), false FROM ind i WHERE "
    "pg_catalog.obj_description(i.indexrelid, 'pg_class') IS NOT NULL",
    " UNION ALL SELECT 8000, 100053, 'swap', '', pg_catalog.format('COMMENT ON CONSTRAINT %s ON %s IS %L', k.name, "
    "col.t,"
    " pg_catalog.obj_description(k.oid, 'pg_constraint')), false FROM con k, col WHERE "
    "pg_catalog.obj_description(k.oid, 'pg_constraint') IS NOT NULL",
    " UNION ALL SELECT 8000, 100060, 'swap', '', pg_catalog.pg_get_statisticsobjdef(s.oid), false FROM sta s",
    " UNION ALL SELECT 8000, 100061, 'swap', '', pg_catalog.pg_get_triggerdef(g.oid), false FROM trg g",
    " UNION ALL SELECT 8000, 100062, 'swap', '', pg_catalog.format('ALTER TABLE %s %s TRIGGER %s', col.t, CASE "
    "g.tgenabled WHEN 'D' THEN 'DISABLE'"
    " WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, g.name), false FROM trg g, col WHERE g.tgenabled <> 'O'",
    " UNION ALL SELECT 8000, 100063, 'swap', '', pg_catalog.format('CREATE POLICY %s ON %s AS %s FOR %s TO %s%s%s', "
    "p.name, col.t,"
    " CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END, CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN "
    "'a' THEN 'INSERT'"
    " WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END, (SELECT pg_catalog.string_agg(CASE x.role WHEN 0 "
    "THEN 'PUBLIC'"
    " ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(x.role)) END, ', ') FROM pg_catalog.unnest(p.polroles) "
    "x(role)),"
    " coalesce(' USING (' || p.q || ')', ''), coalesce(' WITH CHECK (' || p.w || ')', '')), false FROM pol p, col",
    " UNION ALL SELECT 8000, 200000 + 10 * v.depth, 'swap', '', pg_catalog.format('CREATE VIEW %s%s AS %s', v.name,"
    " coalesce(' WITH (' || pg_catalog.array_to_string(c.reloptions, ', ') || ')', ''), "
    "pg_catalog.rtrim(pg_catalog.pg_get_viewdef(v.oid), '; ')), false"
    " FROM views v JOIN pg_catalog.pg_class c ON c.oid = v.oid",
    " UNION ALL SELECT 8000, 200001 + 10 * v.depth, 'swap', '', pg_catalog.format('ALTER VIEW %s OWNER TO %I', v.name,"
    " pg_catalog.pg_get_userbyid(c.relowner)), false FROM views v JOIN pg_catalog.pg_class c ON c.oid = v.oid",
    " UNION ALL SELECT 8000, 200002 + 10 * v.depth, 'swap', '', pg_catalog.format('GRANT %s ON %s TO %s%s', "
    "x.privilege_type, v.name,"
    " CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(r.rolname) END, CASE WHEN x.is_grantable THEN ' "
    "WITH GRANT OPTION' ELSE '' END),"
    " false FROM views v JOIN pg_catalog.pg_class c ON c.oid = v.oid CROSS JOIN LATERAL "
    "pg_catalog.aclexplode(c.relacl) x"
    " LEFT JOIN pg_catalog.pg_roles r ON r.oid = x.grantee",
    " UNION ALL SELECT 8000, 200003 + 10 * v.depth, 'swap', '', pg_catalog.format('COMMENT ON VIEW %s IS %L', v.name,"
    " pg_catalog.obj_description(v.oid, 'pg_class')), false FROM views v WHERE pg_catalog.obj_description(v.oid, "
    "'pg_class') IS NOT NULL",
    /* The way back: the first column stays fresh. */
    " UNION ALL SELECT 8000, 300000, 'swap', '', pg_catalog.format('CREATE FUNCTION %s_back() RETURNS trigger LANGUAGE "
    "plpgsql"
    " SET search_path FROM CURRENT AS $migrate$BEGIN NEW.%s := %s; RETURN NEW; END$migrate$', f, o, "
    "$7::pg_catalog.text), false FROM col WHERE $7::pg_catalog.text IS NOT NULL",
    " UNION ALL SELECT 8000, 300001, 'swap', '', pg_catalog.format('CREATE TRIGGER %I BEFORE INSERT OR UPDATE ON %s "
    "FOR EACH ROW"
    " EXECUTE FUNCTION %s_back()', g || '_back', t, f), false FROM col WHERE $7::pg_catalog.text IS NOT NULL"
    ") SELECT phase, place, kind, title, sql, fresh FROM made ORDER BY phase, place, sql",
    NULL,
};
