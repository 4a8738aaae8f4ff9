/* The swap of a shadow change, and what takes one back that was not swapped yet. */
#include "exec/shadow_sql.h"

#include <stddef.h>

/* clang-format off */

/* One statement of the swap; the first carries the title. */
#define SWAP(place, sql) " UNION ALL SELECT 8000000, " place ", 'swap', '', " sql ", false FROM "
#define KEEPS            "(col.mode <> 'back' AND col.keep_ms IS NOT NULL)"
#define WAY_BACK         "(" KEEPS " AND col.back IS NOT NULL)"
/* NOT NULL has a name from version 18 on. */
#define NOT_NULL_NAME                                                                                       \
    "(SELECT k.conname FROM pg_constraint k WHERE k.conrelid = col.oid AND k.contype = 'n' AND k.conkey = " \
    "ARRAY[col.attnum])"
#define GRANTEE(x)                                                                                                 \
    "CASE " x ".grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(" x ".grantee)) END || CASE WHEN " x \
    ".is_grantable THEN ' WITH GRANT OPTION' ELSE '' END"

const char *const shadow_swap_sql[] = {
    ", made(phase, place, kind, title, sql, fresh) AS (",
    " SELECT 8000000, 1, 'swap', CASE WHEN mode = 'back' THEN 'swap back: ' || n || ' becomes ' || c || ', and"
    " what was ' || c || ' goes' ELSE 'swap: ' || n || ' becomes ' || c || ', which is ' || CASE WHEN keep_ms IS"
    " NULL THEN 'dropped; there is no way back from here' WHEN back IS NULL THEN 'kept as ' || o || '; there is"
    " no way back from here, as nothing keeps that' ELSE 'kept as ' || o || ' by triggers of its own: until the"
    " contract, and while all values fit it, down swaps back' END END || ' (one short transaction)', format('LOCK"
    " TABLE %s IN ACCESS EXCLUSIVE MODE', t || coalesce((SELECT ', ' || string_agg(DISTINCT r.child, ', ') FROM"
    " ref r WHERE r.child <> t), '')), false FROM col",
    SWAP("2", "format('DROP TRIGGER %I ON %s', g || x.e, t)") "col, (VALUES ('_insert'), ('_update'), ('_back'))"
    " x(e) WHERE (x.e = '_back') = (mode = 'back')",
    SWAP("3", "format('DROP FUNCTION %s()', f || CASE mode WHEN 'back' THEN '_back' ELSE '' END)") "col",
    SWAP("1000 - v.depth", "format('DROP VIEW %s', v.name)") "views v",
    SWAP("1001", "format('DROP POLICY %s ON %s', p.name, p.t)") "pol p",
    SWAP("1001", "format('DROP TRIGGER %s ON %s', g.name, g.t)") "trg g",
    SWAP("1001", "format('DROP STATISTICS %s', s.name)") "sta s",
    SWAP("1001", "format('ALTER PUBLICATION %s DROP TABLE %s', p.name, p.t)") "pub p",
    SWAP("1002", "format('ALTER TABLE %s DROP COLUMN %s', gen.t, gen.name)") "gen WHERE gen.root",
    /* What was proved is not looked for again. */
    SWAP("1010", "CASE WHEN " NOT_NULL_NAME " IS NULL THEN format('ALTER TABLE %s ALTER COLUMN %s SET NOT NULL', t, n)"
         " ELSE format('ALTER TABLE %s ADD CONSTRAINT %I NOT NULL %s', t, g || '_n', n) END") "col WHERE attnotnull",
    SWAP("1011", "format('ALTER TABLE %s DROP CONSTRAINT %I', t, g || '_not_null')")
    "col WHERE attnotnull AND mode <> 'back'",
    SWAP("1011", "format('ALTER TABLE %s DROP CONSTRAINT %I', t, g || '_agree')") "col WHERE mode = 'back'",
    SWAP("1011", "format('ALTER TABLE %s DROP CONSTRAINT %s', r.child, r.name)") "ref r",
    SWAP("1012", "format('ALTER TABLE %s DROP CONSTRAINT %s', k.t, k.name)") "con k WHERE k.conparentid = 0 AND"
    " k.coninhcount = 0",
    SWAP("1012", "format('DROP INDEX %I.%s', i.nspname, i.name)") "ind i WHERE i.contype IS NULL AND NOT"
    " i.may_stay AND i.inhparent IS NULL",
    SWAP("1013", "format('CREATE TEMPORARY TABLE migrate_shadow_sequence ON COMMIT DROP AS SELECT last_value, is_called"
         " FROM %s', i.name)") "idn i",
    SWAP("1014", "format('ALTER TABLE %s ALTER COLUMN %s DROP IDENTITY', t, c)") "col WHERE attidentity <> ''",
    SWAP("1020", "format('ALTER TABLE %s RENAME COLUMN %s TO %s', t, c, o)") "col",
    SWAP("1021", "format('ALTER TABLE %s RENAME COLUMN %s TO %s', t, n, c)") "col",
    SWAP("1030", "format('ALTER INDEX %I.%s RENAME TO %s', i.nspname, i.name, i.stale)")
    "ind i WHERE i.contype IS NULL AND i.may_stay",
    SWAP("1031", "format('ALTER INDEX %I.%s RENAME TO %s', i.nspname, i.fresh, i.name)")
    "ind i WHERE i.contype IS NULL",
    SWAP("1032",
         "format('ALTER TABLE %s ADD CONSTRAINT %I %s USING INDEX %s%s', i.t, i.conname, CASE i.contype WHEN 'p'"
         " THEN 'PRIMARY KEY' ELSE 'UNIQUE' END, i.fresh, CASE WHEN i.condef LIKE '% DEFERRABLE INITIALLY"
         " DEFERRED' THEN ' DEFERRABLE INITIALLY DEFERRED' WHEN i.condeferrable THEN ' DEFERRABLE' ELSE '' END)")
    "ind i WHERE i.contype IS NOT NULL AND i.relkind = 'r'",
    /* Takes over the partitions' ones: none is built. */
    SWAP("1033", "format('ALTER TABLE %s ADD CONSTRAINT %I %s', i.t, i.conname, i.condef)")
    "ind i WHERE i.contype IS NOT NULL AND i.relkind = 'p' AND i.conparentid = 0",
    SWAP("1034", "format('ALTER TABLE %s RENAME CONSTRAINT %s TO %s', k.t, k.fresh, k.name)")
    "con k WHERE (k.contype = 'c' AND k.coninhcount = 0) OR (k.contype = 'f' AND (k.relkind = 'r' OR"
    " k.conparentid = 0))",
    /* Between the table and its partitions it was made with the table's name for it. */
    SWAP("1034",
         "format('ALTER TABLE %s RENAME CONSTRAINT %s TO %s', k.t, (WITH RECURSIVE up AS (SELECT k.conparentid AS"
         " parent, k.conname UNION ALL SELECT p.conparentid, p.conname FROM up JOIN pg_constraint p ON p.oid ="
         " up.parent) SELECT" BESIDE("up.conname", "col.fs") " FROM up WHERE up.parent = 0), k.name)")
    "con k, col WHERE k.contype = 'f' AND k.relkind = 'p' AND k.conparentid <> 0",
    SWAP("1034", "format('ALTER TABLE %s RENAME CONSTRAINT %s TO %s', r.child, r.fresh, r.name)") "ref r",
    SWAP("1035", "format('ALTER TABLE %s REPLICA IDENTITY USING INDEX %s', i.t, i.name)")
    "ind i WHERE i.indisreplident",
    SWAP("1035", "format('ALTER TABLE %s CLUSTER ON %s', i.t, i.name)") "ind i WHERE i.indisclustered",
    /* Not before another one is the replica identity. */
    SWAP("1036", "format('ALTER TABLE %s ALTER COLUMN %s DROP NOT NULL', t, o)") "col WHERE attnotnull",
    /* From version 18 on a partition may have a NOT NULL of its own, which stays. */
    SWAP("1037", "format('ALTER TABLE %s ALTER COLUMN %s DROP NOT NULL', rel.t, col.o)")
    "rel, col WHERE col.attnotnull AND NOT rel.root",
    SWAP("1038", "format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', t, g || '_n', " NOT_NULL_NAME ")")
    "col WHERE attnotnull AND " NOT_NULL_NAME " IS NOT NULL",
    SWAP("1040", "format('ALTER TABLE ONLY %s ALTER COLUMN %s SET DEFAULT %s', d.t, col.c, d.sql)") "def d, col",
    SWAP("1041", "format('ALTER TABLE ONLY %s ALTER COLUMN %s DROP DEFAULT', d.t, col.o)") "def d, col",
    SWAP("1042", "format('ALTER SEQUENCE %s%s OWNED BY %s.%s', s.name, CASE WHEN col.type_oid IN ('int2'::regtype,"
         " 'int4'::regtype, 'int8'::regtype) THEN ' AS ' || format_type(col.type_oid, NULL) ELSE '' END, col.t,"
         " col.c)") "ser s, col",
    SWAP("1043", "format('ALTER TABLE %s ALTER COLUMN %s ADD GENERATED %s AS IDENTITY (SEQUENCE NAME %s INCREMENT BY %s"
         " MINVALUE %s %s START WITH %s CACHE %s %s)', col.t, col.c, CASE col.attidentity WHEN 'a' THEN 'ALWAYS'"
         " ELSE 'BY DEFAULT' END, i.name, i.seqincrement, i.seqmin, CASE WHEN i.seqmax IN (32767, 2147483647,"
         " 9223372036854775807) THEN '' ELSE 'MAXVALUE ' || i.seqmax END, i.seqstart, i.seqcache, CASE WHEN"
         " i.seqcycle THEN 'CYCLE' ELSE '' END)") "idn i, col",
    SWAP("1044", "format('SELECT pg_catalog.setval(%L::pg_catalog.regclass, last_value, is_called) FROM"
         " pg_temp.migrate_shadow_sequence', i.name)") "idn i",
    SWAP("1045", "format('GRANT %s ON SEQUENCE %s TO %s', x.privilege_type, i.name, " GRANTEE("x") ")")
    "idn i JOIN pg_class q ON q.oid = i.seqrelid CROSS JOIN LATERAL aclexplode(q.relacl) x WHERE x.grantee <>"
    " q.relowner",
    SWAP("1045", "format('COMMENT ON SEQUENCE %s IS %L', i.name, obj_description(i.seqrelid, 'pg_class'))")
    "idn i WHERE obj_description(i.seqrelid, 'pg_class') IS NOT NULL",
    /* Virtual: nothing is written. */
    SWAP("1046", "format('ALTER TABLE %s ADD COLUMN %s %s GENERATED ALWAYS AS (%s) VIRTUAL', gen.t, gen.name, gen.type,"
         " gen.sql)") "gen WHERE gen.root",
    SWAP("1050", "format('GRANT %s (%s) ON %s TO %s', x.privilege_type, gen.name, gen.t, " GRANTEE("x") ")")
    "gen CROSS JOIN LATERAL aclexplode(gen.attacl) x",
    SWAP("1051", "format('COMMENT ON COLUMN %s.%s IS %L', gen.t, gen.name, col_description(gen.relid, gen.attnum))")
    "gen WHERE col_description(gen.relid, gen.attnum) IS NOT NULL",
    SWAP("1050", "format('GRANT %s (%s) ON %s TO %s', x.privilege_type, col.c, rel.t, " GRANTEE("x") ")")
    "col CROSS JOIN rel CROSS JOIN LATERAL aclexplode(rel.attacl) x",
    SWAP("1051", "format('COMMENT ON COLUMN %s.%s IS %L', rel.t, c, col_description(rel.oid, rel.attnum))")
    "col, rel WHERE col_description(rel.oid, rel.attnum) IS NOT NULL OR (rel.root AND col.mode = 'back')",
    SWAP("1052", "format('COMMENT ON INDEX %I.%s IS %L', i.nspname, i.name, obj_description(i.indexrelid, 'pg_class'))")
    "ind i WHERE obj_description(i.indexrelid, 'pg_class') IS NOT NULL",
    SWAP("1053", "format('COMMENT ON CONSTRAINT %s ON %s IS %L', k.name, k.t, obj_description(k.oid, 'pg_constraint'))")
    "con k WHERE obj_description(k.oid, 'pg_constraint') IS NOT NULL",
    SWAP("1053",
         "format('COMMENT ON CONSTRAINT %s ON %s IS %L', r.name, r.child, obj_description(r.oid, 'pg_constraint'))")
    "ref r WHERE obj_description(r.oid, 'pg_constraint') IS NOT NULL",
    SWAP("1060", "pg_get_statisticsobjdef(s.oid)") "sta s",
    SWAP("1061", "format('ALTER STATISTICS %s OWNER TO %I', s.name, pg_get_userbyid(s.stxowner))") "sta s",
    SWAP("1061", "format('ALTER STATISTICS %s SET STATISTICS %s', s.name, s.stxstattarget)")
    "sta s WHERE s.stxstattarget >= 0",
    SWAP("1061", "format('COMMENT ON STATISTICS %s IS %L', s.name, obj_description(s.oid, 'pg_statistic_ext'))")
    "sta s WHERE obj_description(s.oid, 'pg_statistic_ext') IS NOT NULL",
    SWAP("1062", "pg_get_triggerdef(g.oid)") "trg g",
    SWAP("1063", "format('ALTER TABLE %s %s TRIGGER %s', g.t, CASE g.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN"
         " 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, g.name)") "trg g WHERE g.tgenabled <> 'O'",
    SWAP("1063", "format('COMMENT ON TRIGGER %s ON %s IS %L', g.name, g.t, obj_description(g.oid, 'pg_trigger'))")
    "trg g WHERE obj_description(g.oid, 'pg_trigger') IS NOT NULL",
    SWAP("1064", "format('CREATE POLICY %s ON %s AS %s FOR %s TO %s%s%s', p.name, p.t, CASE WHEN p.polpermissive THEN"
         " 'PERMISSIVE' ELSE 'RESTRICTIVE' END, CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN"
         " 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END, (SELECT string_agg(CASE x.role WHEN 0 THEN"
         " 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.role)) END, ', ') FROM unnest(p.polroles) x(role)),"
         " coalesce(' USING (' || p.q || ')', ''), coalesce(' WITH CHECK (' || p.w || ')', ''))") "pol p",
    SWAP("1065", "format('COMMENT ON POLICY %s ON %s IS %L', p.name, p.t, obj_description(p.oid, 'pg_policy'))")
    "pol p WHERE obj_description(p.oid, 'pg_policy') IS NOT NULL",
    SWAP("1066", "format('ALTER PUBLICATION %s ADD TABLE %s%s%s', p.name, p.t, p.columns, p.condition)") "pub p",
    SWAP("2000 + 10 * v.depth",
         "format('CREATE VIEW %s%s AS %s', v.name, coalesce(' WITH (' || array_to_string(v.reloptions, ', ') ||"
         " ')', ''), rtrim(pg_get_viewdef(v.oid), '; '))") "views v",
    SWAP("2001 + 10 * v.depth", "format('ALTER VIEW %s OWNER TO %I', v.name, pg_get_userbyid(v.relowner))")
    "views v",
    SWAP("2002 + 10 * v.depth",
         "format('ALTER VIEW %s ALTER COLUMN %I SET DEFAULT %s', v.name, a.attname, pg_get_expr(f.adbin,"
         " f.adrelid))") "views v JOIN pg_attrdef f ON f.adrelid = v.oid JOIN pg_attribute a ON a.attrelid = v.oid"
    " AND a.attnum = f.adnum",
    SWAP("2002 + 10 * v.depth", "format('GRANT %s ON %s TO %s', x.privilege_type, v.name, " GRANTEE("x") ")")
    "views v CROSS JOIN LATERAL aclexplode(v.relacl) x",
    SWAP("2002 + 10 * v.depth",
         "format('GRANT %s (%I) ON %s TO %s', x.privilege_type, a.attname, v.name, " GRANTEE("x") ")")
    "views v JOIN pg_attribute a ON a.attrelid = v.oid CROSS JOIN LATERAL aclexplode(a.attacl) x",
    SWAP("2003 + 10 * v.depth", "format('COMMENT ON VIEW %s IS %L', v.name, obj_description(v.oid, 'pg_class'))")
    "views v WHERE obj_description(v.oid, 'pg_class') IS NOT NULL",
    SWAP("2003 + 10 * v.depth",
         "format('COMMENT ON COLUMN %s.%I IS %L', v.name, a.attname, col_description(v.oid, a.attnum))")
    "views v JOIN pg_attribute a ON a.attrelid = v.oid AND a.attnum > 0 WHERE col_description(v.oid, a.attnum) IS"
    " NOT NULL",
    /* The way back: the first column stays fresh, and says what it is. */
    SWAP("3000000", "format('CREATE FUNCTION %s_back() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS"
         " $migrate$BEGIN NEW.%s := %s; RETURN NEW; END$migrate$', f, o, back)") "col WHERE " WAY_BACK,
    SWAP("3000001",
         "format('CREATE TRIGGER %I BEFORE INSERT OR UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION %s_back()', g ||"
         " '_back', t, f)") "col WHERE " WAY_BACK,
    SWAP("3000002", "format('DO $migrate$BEGIN EXECUTE pg_catalog.format(%L, pg_catalog.concat(%L,"
         " pg_catalog.to_char(pg_catalog.timezone(''UTC'', pg_catalog.timestamptz_pl_interval(pg_catalog.now(),"
         " %L)), ''YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"''))); END$migrate$', 'COMMENT ON COLUMN ' || replace(t || '.'"
         " || o, '%', '%%') || ' IS %L', 'kept by migrate ' || version || CASE WHEN keep_ms < 0 THEN ' since '"
         " ELSE ' until ' END, greatest(keep_ms, 0) || ' ms')") "col WHERE " KEEPS,
    /*
     * A session that ran a PL/pgSQL trigger before goes by NEW and OLD as they were, and would fail on the other type until it ends; any change of
     * the function, to what it is, has it look again.
     */
    SWAP("3500000", "format('ALTER FUNCTION %I.%I() COST %s', x.nspname, x.proname, x.procost)")
    "(SELECT DISTINCT n.nspname, p.proname, p.procost FROM rel JOIN pg_trigger g ON g.tgrelid = rel.oid AND NOT"
    " g.tgisinternal AND g.tgname !~ '^~~migrate_shadow_' JOIN pg_proc p ON p.oid = g.tgfoid AND"
    " pg_has_role(p.proowner, 'USAGE') JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid ="
    " p.prolang AND l.lanname = 'plpgsql') x",
    SWAP("4000000", "format('ALTER TABLE %s DROP COLUMN %s', t, o)") "col WHERE NOT " KEEPS,
    ") SELECT phase, place, kind, title, sql, fresh FROM made ORDER BY phase, place, sql",
    NULL,
};

/* Foreign keys to the second column, the triggers, the column with its indexes and constraints; keys built for a way back. */
const char *const shadow_undo_sql[] = {
    ", made(place, sql) AS (SELECT 1, format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', t) FROM col",
    " UNION ALL SELECT 2, format('ALTER TABLE %s DROP CONSTRAINT %s', r.child, r.fresh) FROM ref r WHERE r.there",
    " UNION ALL SELECT 3, format('DROP TRIGGER %I ON %s', g.tgname, col.t) FROM col JOIN pg_trigger g ON"
    " g.tgrelid = col.oid AND g.tgname IN ((col.g || '_insert')::name, (col.g || '_update')::name)",
    " UNION ALL SELECT 4, format('DROP FUNCTION %s()', col.f) FROM col WHERE to_regprocedure(col.f || '()') IS"
    " NOT NULL",
    " UNION ALL SELECT 5, format('ALTER TABLE %s DROP COLUMN %s', col.t, col.n) FROM col JOIN pg_attribute a ON"
    " a.attrelid = col.oid AND quote_ident(a.attname) = col.n AND NOT a.attisdropped WHERE col.mode <> 'back'",
    " UNION ALL SELECT 5, format('ALTER TABLE %s DROP CONSTRAINT %I', k.conrelid::regclass, k.conname) FROM col"
    " JOIN pg_constraint k ON k.conrelid = col.oid AND k.conname = (col.g || '_agree')::name WHERE col.mode ="
    " 'back'",
    " UNION ALL SELECT 5, format('ALTER TABLE %s DROP CONSTRAINT %s', k.t, k.fresh) FROM con k, col WHERE k.there"
    " AND k.contype IN ('c', 'f') AND k.conparentid = 0 AND k.coninhcount = 0 AND col.mode = 'back'",
    " UNION ALL SELECT 6, format('DROP INDEX %I.%s', i.nspname, i.stale) FROM ind i JOIN pg_class k ON"
    " quote_ident(k.relname) = i.stale JOIN pg_index v ON v.indexrelid = k.oid AND v.indrelid = i.indrelid, col"
    " WHERE i.contype IS NOT NULL AND col.mode <> 'back') SELECT sql FROM made ORDER BY place, sql",
    NULL,
};
