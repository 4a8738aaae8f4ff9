/* The column of a shadow change: what hangs on it, and what stands in the way. */
#include "exec/shadow_sql.h"

#include <stddef.h>

/* clang-format off */

/* Of this change, or of an earlier one: never something to be carried over. */
#define OURS(name) "(" name " ~ '_migrate_(new|old)$' OR " name " ~ '^~~migrate_shadow_')"

/* Equal is the same, byte for byte: a change of such a value is never missed by IS DISTINCT FROM, as 1.0 to 1.00 or a citext's case would be. */
#define EXACT(x)                                                                                                     \
    "(" x ".atttypid = ANY (ARRAY['bool', 'int2', 'int4', 'int8', 'oid', 'date', 'timestamp', 'timestamptz', 'uuid'" \
    ", 'bytea', 'text', 'varchar']::pg_catalog.regtype[]) AND NOT EXISTS (SELECT FROM pg_catalog.pg_collation l"     \
    " WHERE l.oid = " x ".attcollation AND NOT l.collisdeterministic))"

/*
 * relation, column -> oid, attnum, the table for SQL, type, type of what was kept, if a trigger keeps it fresh; of all its columns, this one first:
 * names, whether they are generated, whether equal is the same
 */
const char *const shadow_column_sql[] = {
    "SELECT c.oid, a.attnum, pg_catalog.format('%I.%I', n.nspname, c.relname),"
    " pg_catalog.format_type(a.atttypid, a.atttypmod), (SELECT"
    " pg_catalog.format_type(o.atttypid, o.atttypmod) FROM pg_catalog.pg_attribute o JOIN pg_catalog.pg_trigger g"
    " ON g.tgrelid = c.oid AND g.tgname = ('~~migrate_shadow_' || o.attnum || '_back')::pg_catalog.name AND"
    " g.tgenabled = 'O' WHERE o.attrelid = c.oid AND o.attname = (a.attname::pg_catalog.text ||"
    " '_migrate_old')::pg_catalog.name), o.* FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid ="
    " c.relnamespace JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid CROSS JOIN LATERAL (SELECT"
    " pg_catalog.array_agg(x.attname ORDER BY x.attnum <> a.attnum, x.attnum),"
    " pg_catalog.array_agg(x.attgenerated <> '' ORDER BY x.attnum <> a.attnum, x.attnum), pg_catalog.array_agg("
    EXACT("x") " ORDER BY x.attnum <> a.attnum, x.attnum) FROM pg_catalog.pg_attribute x WHERE x.attrelid = c.oid"
    " AND x.attnum > 0 AND NOT x.attisdropped) o WHERE c.oid ="
    " pg_catalog.to_regclass($1) AND a.attname = $2 AND a.attnum > 0 AND NOT a.attisdropped",
    NULL,
};

/* A type's parts, as array, domain and row are made of them, all have an equality that means that; else texts are compared. */
const char *const shadow_type_sql[] = {
    "WITH RECURSIVE part(oid) AS (SELECT $1::pg_catalog.oid UNION SELECT x.oid FROM part JOIN pg_catalog.pg_type t"
    " ON t.oid = part.oid CROSS JOIN LATERAL (SELECT t.typbasetype AS oid WHERE t.typtype = 'd' UNION ALL SELECT"
    " t.typelem WHERE t.typcategory = 'A' UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a WHERE"
    " t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) x)",
    " SELECT pg_catalog.format_type($1::pg_catalog.oid, $2::pg_catalog.int4), NOT EXISTS (SELECT FROM part JOIN"
    " pg_catalog.pg_type t ON t.oid = part.oid AND t.typtype = 'b' AND t.typcategory <> 'A' WHERE NOT EXISTS"
    " (SELECT FROM pg_catalog.pg_operator o WHERE o.oprname = '=' AND o.oprleft = o.oprright AND (o.oprcanmerge OR"
    " o.oprcanhash) AND (o.oprleft = t.oid OR EXISTS (SELECT FROM pg_catalog.pg_cast k WHERE k.castsource = t.oid"
    " AND k.casttarget = o.oprleft AND k.castmethod = 'b' AND k.castcontext = 'i'))))",
    NULL,
};

const char *const shadow_heads_sql[] = {
    "WITH RECURSIVE arg AS (SELECT $1::oid AS oid, $2::int2 AS attnum, $3::text AS type, $4::text AS row_sql,"
    " $5::text AS in_trigger, $6::text AS fires, $7::text AS back, $8::text AS mode, $9::int8 AS keep_ms,"
    " $10::text AS version, $11::oid AS type_oid, $12::bool AS down, $13::bool AS equal)",
    ", col AS (SELECT arg.*, r.relname, r.relkind, r.relpersistence, r.relispartition, n.nspname, format('%I.%I',"
    " n.nspname, r.relname) AS t, a.attname::text, a.attnotnull, a.attidentity, a.attgenerated, a.atttypid,"
    " quote_ident(a.attname) AS c, quote_ident(a.attname || x.fs) AS n, quote_ident(a.attname || x.ss) AS o,"
    " x.fs, x.ss, format('%I.%I', n.nspname, 'migrate_shadow_' || r.oid || '_' || x.k) AS f, '~~migrate_shadow_'"
    " || x.k AS g FROM arg JOIN pg_class r ON r.oid = arg.oid JOIN pg_namespace n ON n.oid = r.relnamespace JOIN"
    " pg_attribute a ON a.attrelid = r.oid AND a.attnum = arg.attnum CROSS JOIN LATERAL (SELECT CASE mode WHEN"
    " 'back' THEN '_migrate_old' ELSE '_migrate_new' END AS fs, CASE mode WHEN 'back' THEN '_migrate_new' ELSE"
    " '_migrate_old' END AS ss, CASE mode WHEN 'back' THEN (SELECT o.attnum FROM pg_attribute o WHERE o.attrelid"
    " = r.oid AND o.attname = a.attname || '_migrate_old') ELSE a.attnum END AS k) x)",
    /* The table, and all below it when it is partitioned. */
    ", rel AS (SELECT r.oid, r.relkind, n.nspname, format('%I.%I', n.nspname, r.relname) AS t, r.oid = col.oid AS"
    " root, a.attnum, a.attnotnull, a.attacl, a.attstattarget, (SELECT string_agg(u.x, ', ') FROM"
    " unnest(a.attoptions) u(x) WHERE u.x ~ '^n_distinct') AS options FROM col CROSS JOIN LATERAL (SELECT col.oid"
    " UNION SELECT p.relid::oid FROM pg_partition_tree(col.oid::regclass) p) x(oid) JOIN pg_class r ON r.oid ="
    " x.oid JOIN pg_namespace n ON n.oid = r.relnamespace JOIN pg_attribute a ON a.attrelid = r.oid AND a.attname"
    " = col.attname AND NOT a.attisdropped)",
    ", own AS (SELECT rel.oid AS relid, rel.t, d.classid, d.objid, d.objsubid, d.deptype FROM rel JOIN pg_depend"
    " d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = rel.oid AND d.refobjsubid = rel.attnum)",
    /* Generated columns that are computed from it: up to version 14 the column itself depends, and not its expression. */
    ", gen AS (SELECT rel.oid AS relid, rel.t, rel.root, a.attnum, a.attname::text, quote_ident(a.attname) AS name,"
    " a.attgenerated, a.attnotnull, a.attacl, format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attcollation <>"
    " y.typcollation THEN ' COLLATE ' || a.attcollation::regcollation ELSE '' END AS type, pg_get_expr(f.adbin,"
    " f.adrelid) AS sql FROM rel JOIN pg_attribute a ON a.attrelid = rel.oid AND a.attgenerated <> '' AND NOT"
    " a.attisdropped AND a.attnum <> rel.attnum JOIN pg_type y ON y.oid = a.atttypid JOIN pg_attrdef f ON f.adrelid"
    " = rel.oid AND f.adnum = a.attnum WHERE EXISTS (SELECT FROM own WHERE own.relid = rel.oid AND ((own.classid ="
    " 'pg_attrdef'::regclass AND own.objid = f.oid) OR (own.classid = 'pg_class'::regclass AND own.objid = rel.oid"
    " AND own.objsubid = a.attnum))))",
    /* What hangs on a virtual one has to give way with it. */
    ", dep AS (SELECT * FROM own UNION SELECT gen.relid, gen.t, d.classid, d.objid, d.objsubid, d.deptype FROM gen"
    " JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = gen.relid AND d.refobjsubid ="
    " gen.attnum WHERE gen.attgenerated = 'v')",
    /* Views on the column, and on these; the deepest last. */
    ", used AS (SELECT w.ev_class AS oid, 1 AS depth FROM dep JOIN pg_rewrite w ON w.oid = dep.objid WHERE"
    " dep.classid = 'pg_rewrite'::regclass UNION SELECT w.ev_class, u.depth + 1 FROM used u JOIN pg_depend d ON"
    " d.refclassid = 'pg_class'::regclass AND d.refobjid = u.oid AND d.classid = 'pg_rewrite'::regclass JOIN"
    " pg_rewrite w ON w.oid = d.objid WHERE w.ev_class <> u.oid)",
    ", views AS (SELECT u.oid, max(u.depth) AS depth, u.oid::regclass::text AS name, c.relkind, c.relowner,"
    " c.relacl, c.reloptions FROM used u JOIN pg_class c ON c.oid = u.oid GROUP BY u.oid, c.relkind, c.relowner,"
    " c.relacl, c.reloptions)",
    /* Constraints that the column is in; there: what is made beside it is there already. */
    ", con AS (SELECT k.oid, k.conname, k.contype, k.convalidated, k.condeferrable, k.coninhcount, k.conparentid,"
    " k.conindid, rel.oid AS relid, rel.t, rel.relkind, rel.root, quote_ident(k.conname) AS name,"
    BESIDE("k.conname", "col.fs") " AS fresh, pg_get_constraintdef(k.oid) AS def, y.oid IS NOT NULL AS there,"
    " coalesce(y.convalidated, false) AS valid FROM rel CROSS JOIN col JOIN pg_constraint k ON k.conrelid ="
    " rel.oid AND rel.attnum = ANY (k.conkey) AND k.contype IN ('c', 'f', 'p', 'u') LEFT JOIN pg_constraint y ON"
    " y.conrelid = rel.oid AND quote_ident(y.conname) =" BESIDE("k.conname", "col.fs") " WHERE NOT " OURS("k.conname")
    ")",
    /* may_stay: as the first column becomes NULL where it does not fit, no two NULLs may be in the way of each other. */
    ", ind AS (SELECT i.indexrelid, i.indrelid, rel.t, rel.relkind, rel.root, rel.nspname, x.relname,"
    " quote_ident(x.relname) AS name, coalesce(quote_ident(y.relname)," BESIDE("x.relname", "col.fs") ") AS fresh,"
    BESIDE("x.relname", "col.ss") " AS stale, i.indisunique, i.indisreplident, i.indisclustered, NOT i.indisunique"
    " OR (i.indexprs IS NULL AND to_jsonb(i) ->> 'indnullsnotdistinct' IS DISTINCT FROM 'true') AS may_stay,"
    " h.inhparent, substr(z.def, length('CREATE ' || CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END || 'INDEX"
    " ' || quote_ident(x.relname)) + 1) || coalesce(' TABLESPACE ' || quote_ident(s.spcname), '') ||"
    " coalesce(z.pred, '') AS def, k.contype, k.conname, k.def AS condef, k.conparentid, k.condeferrable,"
    " y.indexrelid IS NOT NULL AS there, coalesce(y.indisvalid, false) AS valid, EXISTS (SELECT FROM pg_inherits"
    " e WHERE e.inhrelid = y.indexrelid) AS attached FROM rel CROSS JOIN col JOIN pg_index i ON i.indrelid ="
    " rel.oid JOIN pg_class x ON x.oid = i.indexrelid LEFT JOIN pg_tablespace s ON s.oid = x.reltablespace LEFT"
    " JOIN pg_inherits h ON h.inhrelid = i.indexrelid LEFT JOIN con k ON k.conindid = i.indexrelid AND k.contype"
    " IN ('p', 'u')",
    /* A partition that came later has its own already, by what its parent's is beside. */
    " LEFT JOIN LATERAL (SELECT v.indexrelid, v.indisvalid, vc.relname FROM pg_index v JOIN pg_class vc ON vc.oid"
    " = v.indexrelid LEFT JOIN pg_inherits e ON e.inhrelid = v.indexrelid LEFT JOIN pg_class ep ON ep.oid ="
    " e.inhparent LEFT JOIN pg_class hp ON hp.oid = h.inhparent WHERE v.indrelid = rel.oid AND"
    " (quote_ident(vc.relname) =" BESIDE("x.relname", "col.fs") " OR quote_ident(ep.relname) ="
    BESIDE("hp.relname", "col.fs") ") ORDER BY e.inhparent IS NULL LIMIT 1) y ON true CROSS JOIN LATERAL (SELECT"
    " coalesce(' WHERE ' || pg_get_expr(i.indpred, i.indrelid), '') AS pred) w CROSS JOIN LATERAL (SELECT"
    " left(pg_get_indexdef(i.indexrelid), length(pg_get_indexdef(i.indexrelid)) - length(w.pred)) AS def, w.pred)"
    " z WHERE i.indisvalid AND NOT " OURS("x.relname") " AND (rel.attnum = ANY (i.indkey) OR EXISTS (SELECT FROM"
    " dep WHERE dep.classid = 'pg_class'::regclass AND dep.objid = i.indexrelid AND dep.relid = rel.oid)))",
    /* Foreign keys to the column. */
    ", ref AS (SELECT k.oid, k.conname, k.conrelid, k.confrelid, k.conrelid::regclass::text AS child,"
    " quote_ident(k.conname) AS name," BESIDE("k.conname", "col.fs") " AS fresh, x.def,"
    " regexp_replace(substr(x.def, strpos(x.def, ' REFERENCES ') + 1), '[(][^()]*[)]', '(' || replace(x.keys,"
    " '\', '\\\') || ')') AS target, left(x.def, strpos(x.def, ' REFERENCES ')) AS source, y.oid IS NOT NULL AS"
    " there, coalesce(y.convalidated, false) AS valid FROM rel CROSS JOIN col JOIN pg_constraint k ON k.contype ="
    " 'f' AND k.confrelid = rel.oid AND rel.attnum = ANY (k.confkey) AND k.conparentid = 0 AND NOT " OURS("k.conname")
    " CROSS JOIN LATERAL (SELECT pg_get_constraintdef(k.oid) AS def, (SELECT string_agg(CASE u.x WHEN rel.attnum"
    " THEN col.n ELSE quote_ident(a.attname) END, ', ' ORDER BY u.i) FROM unnest(k.confkey) WITH ORDINALITY u(x,"
    " i) JOIN pg_attribute a ON a.attrelid = rel.oid AND a.attnum = u.x) AS keys) x LEFT JOIN pg_constraint y ON"
    " y.conrelid = k.conrelid AND quote_ident(y.conname) =" BESIDE("k.conname", "col.fs") ")",
    ", def AS (SELECT rel.t, rel.root, pg_get_expr(f.adbin, f.adrelid) AS sql FROM rel JOIN pg_attrdef f ON"
    " f.adrelid = rel.oid AND f.adnum = rel.attnum)",
    ", ser AS (SELECT q.oid::regclass::text AS name FROM dep JOIN pg_class q ON q.oid = dep.objid AND q.relkind ="
    " 'S' WHERE dep.classid = 'pg_class'::regclass AND dep.deptype = 'a')",
    ", idn AS (SELECT q.oid::regclass::text AS name, s.* FROM col JOIN dep ON dep.relid = col.oid JOIN pg_class q"
    " ON q.oid = dep.objid AND q.relkind = 'S' JOIN pg_sequence s ON s.seqrelid = q.oid WHERE dep.classid ="
    " 'pg_class'::regclass AND dep.deptype = 'i' AND col.attidentity <> '')",
    ", pol AS (SELECT p.*, rel.t, quote_ident(p.polname) AS name, pg_get_expr(p.polqual, p.polrelid) AS q,"
    " pg_get_expr(p.polwithcheck, p.polrelid) AS w FROM rel JOIN pg_policy p ON p.polrelid = rel.oid WHERE EXISTS"
    " (SELECT FROM dep WHERE dep.classid = 'pg_policy'::regclass AND dep.objid = p.oid AND dep.relid = rel.oid))",
    ", trg AS (SELECT g.*, rel.t, quote_ident(g.tgname) AS name FROM rel JOIN pg_trigger g ON g.tgrelid = rel.oid"
    " AND NOT g.tgisinternal AND g.tgparentid = 0 AND NOT " OURS("g.tgname") " WHERE EXISTS (SELECT FROM dep WHERE"
    " dep.classid = 'pg_trigger'::regclass AND dep.objid = g.oid AND dep.relid = rel.oid))",
    ", sta AS (SELECT s.oid, format('%I.%I', n.nspname, s.stxname) AS name, s.stxowner, s.stxstattarget FROM"
    " pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE EXISTS (SELECT FROM dep WHERE"
    " dep.classid = 'pg_statistic_ext'::regclass AND dep.objid = s.oid))",
    NULL,
};

const char shadow_publications_sql[] =
    ", pub AS (SELECT rel.t, quote_ident(p.pubname) AS name, pg_has_role(p.pubowner, 'USAGE') AS mine, (SELECT ' (' ||"
    " string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) || ')' FROM pg_attribute a WHERE a.attrelid = rel.oid"
    " AND a.attnum = ANY (r.prattrs)) AS columns, ' WHERE (' || pg_get_expr(r.prqual, r.prrelid) || ')' AS condition"
    " FROM rel JOIN pg_publication_rel r ON r.prrelid = rel.oid JOIN pg_publication p ON p.oid = r.prpubid WHERE"
    " EXISTS (SELECT FROM dep WHERE dep.relid = rel.oid AND dep.classid = 'pg_publication_rel'::regclass AND"
    " dep.objid = r.oid))";
const char shadow_no_publications_sql[] =
    ", pub AS (SELECT ''::text AS t, ''::text AS name, true AS mine, ''::text AS columns, ''::text AS condition WHERE"
    " false)";

/* From an integer type to an integer type: a foreign key holds between any two of them. */
#define INTEGERS \
    "(ARRAY[col.atttypid, col.type_oid] <@ ARRAY['int2'::regtype, 'int4'::regtype, 'int8'::regtype]::oid[])"

const char *const shadow_obstacles_sql[] = {
    " SELECT 'it is not a plain or partitioned table', NULL FROM col WHERE relkind NOT IN ('r', 'p') OR relpersistence"
    " = 't'",
    " UNION ALL SELECT 'it is a partition: changing the type is up to the partitioned table', NULL FROM col WHERE"
    " relispartition",
    " UNION ALL SELECT 'it has to do with inheritance', NULL FROM col WHERE NOT relispartition AND EXISTS (SELECT FROM"
    " pg_inherits i WHERE (i.inhparent = col.oid AND col.relkind <> 'p') OR i.inhrelid = col.oid)",
    " UNION ALL SELECT 'partition ' || rel.t || ' is a foreign table', NULL FROM rel WHERE rel.relkind = 'f'",
    /* Of an expression in the key a column depends by the key, not the key by the column. */
    " UNION ALL SELECT 'it is in the partition key of ' || rel.t, NULL FROM rel JOIN pg_partitioned_table p ON"
    " p.partrelid = rel.oid WHERE rel.attnum = ANY (p.partattrs) OR EXISTS (SELECT FROM pg_depend d WHERE"
    " d.classid = 'pg_class'::regclass AND d.objid = rel.oid AND d.objsubid = rel.attnum AND d.refclassid ="
    " 'pg_class'::regclass AND d.refobjid = rel.oid AND d.refobjsubid = 0 AND d.deptype = 'i')",
    " UNION ALL SELECT 'it is NOT NULL in ' || rel.t || ', and not in the table', NULL FROM rel, col WHERE"
    " rel.attnotnull AND NOT col.attnotnull",
    /* A stored column is filled by a rewrite only. */
    " UNION ALL SELECT 'the column is generated', format('in one transaction before: ALTER TABLE %s ALTER COLUMN %s"
    " DROP EXPRESSION, which keeps its values, and a trigger BEFORE INSERT OR UPDATE that sets it', t, c) FROM col"
    " WHERE attgenerated = 's'",
    " UNION ALL SELECT 'the column is virtual, and none of it is stored', 'leave -- migrate:shadow out: there is"
    " nothing to rewrite' FROM col WHERE attgenerated = 'v'",
    " UNION ALL SELECT 'generated column ' || gen.attname || ' is computed from it', format('in one transaction"
    " before: ALTER TABLE %s ALTER COLUMN %s DROP EXPRESSION, which keeps its values, and a trigger BEFORE INSERT OR"
    " UPDATE that sets it; or drop the column and add it again behind, which rewrites the table', gen.t, gen.name)"
    " FROM gen WHERE gen.root AND gen.attgenerated = 's'",
    " UNION ALL SELECT 'virtual column ' || gen.attname || ' is computed from it, and is NOT NULL', format('before:"
    " ALTER TABLE %s ALTER COLUMN %s DROP NOT NULL', gen.t, gen.name) FROM gen WHERE gen.attgenerated = 'v' AND"
    " gen.attnotnull",
    " UNION ALL SELECT 'constraint ' || k.conname || ' reads virtual column ' || gen.attname || ', which is computed"
    " from it', 'drop the constraint before, and add it again behind: NOT VALID, then VALIDATE' FROM gen JOIN"
    " pg_constraint k ON k.conrelid = gen.relid AND k.contype = 'c' AND gen.attnum = ANY (k.conkey) WHERE gen.attgenerated = 'v'",
    " UNION ALL SELECT 'virtual column ' || gen.attname || ' is computed otherwise in ' || gen.t, NULL FROM gen WHERE"
    " gen.attgenerated = 'v' AND NOT gen.root AND NOT EXISTS (SELECT FROM gen r WHERE r.root AND r.attname ="
    " gen.attname AND r.sql = gen.sql)",
    " UNION ALL SELECT 'publication ' || pub.name || ' names it, and belongs to another role', format('GRANT its owner"
    " to %s, or have the publication name all columns meanwhile', current_user) FROM pub WHERE NOT mine",
    " UNION ALL SELECT rel.t || ' has no key to walk by', 'it takes a primary key, or a valid unique btree index over"
    " NOT NULL columns, without WHERE or expressions' FROM rel WHERE rel.relkind = 'r' AND NOT EXISTS (SELECT FROM"
    " pg_index i JOIN pg_class x ON x.oid = i.indexrelid AND x.relam = 403 WHERE i.indrelid = rel.oid AND"
    " i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL AND NOT EXISTS"
    " (SELECT FROM unnest(i.indkey) WITH ORDINALITY u(x, i) JOIN pg_attribute a ON a.attrelid = rel.oid AND a.attnum"
    " = u.x WHERE u.i <= indnkeyatts AND NOT a.attnotnull))",
    " UNION ALL SELECT 'its default, ' || def.sql || ', has no automatic cast to ' || format_type(col.type_oid,"
    " NULL), format('before: ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT; behind: SET DEFAULT', col.t, col.c) FROM"
    " def, col WHERE col.type_oid <> col.atttypid AND NOT EXISTS (SELECT FROM pg_cast k WHERE"
    " k.castsource = col.atttypid AND k.casttarget = col.type_oid AND k.castcontext IN ('a', 'i')) AND NOT EXISTS"
    " (SELECT FROM pg_type z WHERE z.oid = col.type_oid AND z.typcategory = 'S')",
    " UNION ALL SELECT 'foreign key ' || ref.conname || ' of ' || ref.child || ' references it, and ' || x.why,"
    " NULL FROM ref JOIN pg_constraint k ON k.oid = ref.oid CROSS JOIN col CROSS JOIN LATERAL (SELECT CASE WHEN NOT "
    INTEGERS " THEN 'holds through the change between integer types only' WHEN NOT k.convalidated THEN 'is not"
    " validated' WHEN ref.conrelid = ref.confrelid AND col.attnum = ANY (k.conkey) THEN 'is made of it, too' WHEN"
    " (SELECT c.relkind FROM pg_class c WHERE c.oid = ref.conrelid) = 'p' THEN ref.child || ' is partitioned'"
    " WHEN col.relkind = 'p' AND ref.confrelid = col.oid THEN 'the table is partitioned' END AS why) x WHERE"
    " x.why IS NOT NULL",
    /* btree's equality is what PostgreSQL looks for, else a cast of its own accord. */
    " UNION ALL SELECT 'foreign key ' || k.conname || ' to ' || k.confrelid::regclass || ' cannot compare ' ||"
    " format_type(col.type_oid, NULL) || ' with ' || format_type(p.atttypid, NULL), NULL FROM col JOIN con ON"
    " con.contype = 'f' AND con.conparentid = 0 JOIN pg_constraint k ON k.oid = con.oid CROSS JOIN LATERAL"
    " unnest(k.conkey, k.confkey) u(mine, theirs) JOIN pg_attribute m ON m.attrelid = k.conrelid AND m.attnum ="
    " u.mine AND m.attname = col.attname JOIN pg_attribute p ON p.attrelid = k.confrelid AND p.attnum = u.theirs"
    " WHERE p.atttypid <> col.type_oid AND NOT EXISTS (SELECT FROM pg_amop o WHERE o.amopmethod = 403 AND"
    " o.amopstrategy = 3 AND o.amoplefttype = p.atttypid AND o.amoprighttype = col.type_oid) AND NOT EXISTS"
    " (SELECT FROM pg_cast x WHERE x.castsource = col.type_oid AND x.casttarget = p.atttypid AND x.castcontext ="
    " 'i')",
    " UNION ALL SELECT 'exclusion constraint ' || k.conname || ' cannot be built beside the one that is there',"
    " format('drop it before, and add it again behind, which builds its index while reads and writes wait: ALTER TABLE"
    " %s DROP CONSTRAINT %I', rel.t, k.conname) FROM rel JOIN pg_constraint k ON k.contype = 'x' AND k.conrelid = rel.oid WHERE rel.attnum = ANY (k.conkey)"
    " OR EXISTS (SELECT FROM dep WHERE dep.relid = rel.oid AND dep.classid = 'pg_class'::regclass AND dep.objid ="
    " k.conindid) OR EXISTS (SELECT FROM dep WHERE dep.relid = rel.oid AND dep.classid ="
    " 'pg_constraint'::regclass AND dep.objid = k.oid)",
    " UNION ALL SELECT 'trigger ' || g.tgname || ' fires behind all others', format('before: ALTER"
    " TRIGGER %I ON %s RENAME TO another name', g.tgname, rel.t) FROM rel JOIN pg_trigger g ON"
    " g.tgrelid = rel.oid WHERE NOT g.tgisinternal AND g.tgname::text COLLATE \"C\" >= '~~migrate' AND g.tgname"
    " !~ '^~~migrate_shadow_'",
    " UNION ALL SELECT 'a column ' || a.attname || ' is there already' || CASE WHEN a.attname ~ '_old$' THEN ',"
    " from an earlier shadow change (migrate new --contract VERSION takes it away)' ELSE '' END, NULL FROM col JOIN"
    " pg_attribute a ON a.attrelid = col.oid AND NOT a.attisdropped WHERE (quote_ident(a.attname) = col.n AND"
    " col.mode = 'begin') OR (quote_ident(a.attname) = col.o AND NOT (col.down AND"
    " coalesce(col_description(col.oid, a.attnum), '') LIKE 'kept by migrate %'))",
    " UNION ALL SELECT 'an index ' || k.relname || ' is there already, from an earlier shadow change (migrate new"
    " --contract VERSION takes it away)', NULL FROM col, ind i JOIN pg_class k ON quote_ident(k.relname) = i.stale JOIN"
    " pg_namespace n ON n.oid = k.relnamespace AND n.nspname = i.nspname WHERE col.mode = 'begin' AND NOT col.down",
    " UNION ALL SELECT pg_describe_object(d.classid, d.objid, d.objsubid) || ' depends on it', NULL FROM dep d WHERE"
    " d.classid NOT IN ('pg_constraint'::regclass, 'pg_attrdef'::regclass, 'pg_rewrite'::regclass,"
    " 'pg_policy'::regclass, 'pg_trigger'::regclass, 'pg_statistic_ext'::regclass, 'pg_publication_rel'::regclass)"
    " AND NOT (d.classid = 'pg_class'::regclass AND (d.objid = d.relid OR EXISTS (SELECT FROM pg_class k WHERE k.oid = d.objid AND"
    " k.relkind IN ('i', 'I', 'S'))))",
    " UNION ALL SELECT CASE WHEN v.relkind = 'm' THEN 'view ' || v.name || ' is materialized' WHEN v.relkind <>"
    " 'v' THEN 'a rule of ' || v.name || ' names it' ELSE 'view ' || v.name || ' has triggers or rules' END,"
    " CASE WHEN v.relkind = 'm' THEN format('before: DROP MATERIALIZED VIEW %s; behind: CREATE it again, which fills it',"
    " v.name) END FROM views v WHERE v.relkind <> 'v' OR EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = v.oid) OR EXISTS"
    " (SELECT FROM pg_rewrite w WHERE w.ev_class = v.oid AND w.rulename <> '_RETURN')",
    " UNION ALL SELECT pg_describe_object(d.classid, d.objid, d.objsubid) || ' depends on view ' || v.name, NULL FROM"
    " views v JOIN pg_type y ON y.typrelid = v.oid JOIN pg_depend d ON d.deptype = 'n' AND ((d.refclassid ="
    " 'pg_class'::regclass AND d.refobjid = v.oid) OR (d.refclassid = 'pg_type'::regclass AND d.refobjid ="
    " y.oid)) WHERE d.classid <> 'pg_rewrite'::regclass",
    NULL,
};
