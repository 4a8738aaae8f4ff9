/* The phases of a shadow change before its swap: what is there already is left out. */
#include "exec/shadow_sql.h"

#include <stddef.h>

/* clang-format off */

/* Is there a constraint of this name on the table? */
#define HAS_CONSTRAINT(name) \
    "EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = col.oid AND k.conname = (" name ")::name)"
/* A unique index on the first column, for the key that it gets back on a way down. */
#define FOR_WAY_BACK                                                                                                 \
    "col.back IS NOT NULL AND col.keep_ms IS NOT NULL AND col.mode <> 'back' AND i.contype IS NOT NULL AND"          \
    " i.relkind = 'r' AND i.may_stay AND NOT i.condeferrable AND NOT EXISTS (SELECT FROM pg_class k JOIN pg_index v" \
    " ON v.indexrelid = k.oid WHERE v.indrelid = i.indrelid AND v.indisvalid AND quote_ident(k.relname) = i.stale)"

/* Is the row not filled? Texts are compared where the type has no equality. */
#define DIFFER                                                                                                    \
    "CASE WHEN equal THEN format('%s IS DISTINCT FROM %s', n, row_sql) ELSE format('%s::pg_catalog.text IS DISTINCT" \
    " FROM CAST(%s AS %s)::pg_catalog.text', n, row_sql, type) END"

const char *const shadow_build_sql[] = {
    ", built AS (SELECT i.*, row_number() OVER (ORDER BY i.t, i.relname)::int4 AS nth FROM ind i WHERE i.relkind"
    " = 'r' AND NOT i.valid)",
    ", added AS (SELECT k.*, 2 * row_number() OVER (ORDER BY k.t, k.conname)::int4 AS nth FROM con k WHERE NOT"
    " k.valid AND ((k.contype = 'c' AND k.coninhcount = 0) OR (k.contype = 'f' AND k.relkind = 'r')))",
    ", pointed AS (SELECT r.*, 2 * row_number() OVER (ORDER BY r.child, r.conname)::int4 AS nth FROM ref r WHERE"
    " NOT r.valid)",
    ", made(phase, place, kind, title, sql, fresh) AS (",
    /* 10: expand. Down, what the way up left and nothing kept fresh is in the way. */
    " SELECT 10, 0, 'tx', '', format('ALTER TABLE %s DROP COLUMN %s', col.t, col.o), false FROM col JOIN"
    " pg_attribute a ON a.attrelid = col.oid AND quote_ident(a.attname) = col.o AND NOT a.attisdropped WHERE mode"
    " = 'begin' AND down",
    " UNION ALL SELECT 10, 1, 'tx', 'add column ' || n || ', and triggers that keep it (one short transaction)',"
    " format('ALTER TABLE %s ADD COLUMN %s %s', t, n, type), false FROM col WHERE mode = 'begin'",
    " UNION ALL SELECT 10, 2, 'tx', '', format('ALTER TABLE ONLY %s ALTER COLUMN %s SET STATISTICS %s', rel.t, n,"
    " rel.attstattarget), false FROM rel, col WHERE rel.attstattarget >= 0 AND mode = 'begin'",
    " UNION ALL SELECT 10, 2, 'tx', '', format('ALTER TABLE ONLY %s ALTER COLUMN %s SET (%s)', rel.t, n,"
    " rel.options), false FROM rel, col WHERE rel.options IS NOT NULL AND mode = 'begin'",
    " UNION ALL SELECT 10, 3, 'tx', '', format('CREATE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql SET"
    " search_path FROM CURRENT AS $migrate$BEGIN NEW.%s := %s; RETURN NEW; END$migrate$', f, n, in_trigger),"
    " false FROM col WHERE mode = 'begin'",
    " UNION ALL SELECT 10, 4, 'tx', '', format('CREATE TRIGGER %I BEFORE INSERT ON %s FOR EACH ROW EXECUTE"
    " FUNCTION %s()', g || '_insert', t, f), false FROM col WHERE mode = 'begin'",
    " UNION ALL SELECT 10, 5, 'tx', '', format('CREATE TRIGGER %I BEFORE UPDATE ON %s FOR EACH ROW WHEN (%s)"
    " EXECUTE FUNCTION %s()', g || '_update', t, fires, f), false FROM col WHERE mode = 'begin'",
    /* Virtual columns that are computed from it: can they be of the new type? */
    " UNION ALL SELECT 10, 6, 'tx', '', format('ALTER TABLE %s ADD COLUMN %s %s GENERATED ALWAYS AS (%s) VIRTUAL',"
    " gen.t, " BESIDE("gen.attname", "col.fs") ", gen.type, gen.sql), true FROM gen, col WHERE gen.root AND mode ="
    " 'begin'",
    " UNION ALL SELECT 10, 7, 'tx', '', format('ALTER TABLE %s DROP COLUMN %s', gen.t, "
    BESIDE("gen.attname", "col.fs") "), false FROM gen, col WHERE gen.root AND mode = 'begin'",
    /* 20: backfill; back: does everything still fit */
    " UNION ALL SELECT 20, 1, 'backfill', 'fill it in batches', format('UPDATE %s SET %s = %s WHERE %s', t, n,"
    " row_sql, " DIFFER "), false FROM col WHERE mode = 'begin'",
    " UNION ALL SELECT 20, x.place, 'compare', CASE x.place WHEN 1 THEN 'see whether every ' || c || ' is in ' ||"
    " n || ', which triggers kept' ELSE '' END, CASE x.place WHEN 1 THEN format('%s IS DISTINCT FROM %s', n, c)"
    " ELSE format('UPDATE %s SET %s = %s', t, n, c) END, false FROM col, (VALUES (1), (2)) x(place) WHERE mode ="
    " 'back'",
    /* 30: indexes: those of partitioned tables without partitions, then each partition's, then attach */
    " UNION ALL SELECT 2900, row_number() OVER (ORDER BY i.root DESC, i.t, i.relname)::int4, 'tx', CASE WHEN"
    " row_number() OVER (ORDER BY i.root DESC, i.t, i.relname) = 1 THEN 'declare the indexes of the partitioned"
    " table' ELSE '' END, format('CREATE %sINDEX %s%s', CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END,"
    " i.fresh, i.def), true FROM ind i WHERE i.relkind = 'p' AND i.contype IS NULL AND NOT i.there",
    " UNION ALL SELECT 3000 + i.nth, x.place, 'index', CASE x.place WHEN 1 THEN 'build index ' || i.fresh || '"
    " CONCURRENTLY' ELSE '' END, CASE x.place WHEN 1 THEN format('DROP INDEX CONCURRENTLY IF EXISTS %I.%s',"
    " i.nspname, i.fresh) ELSE format('CREATE %sINDEX CONCURRENTLY %s%s', CASE WHEN i.indisunique THEN 'UNIQUE '"
    " ELSE '' END, i.fresh, i.def) END, x.place = 2 FROM built i, (VALUES (1), (2)) x(place)",
    " UNION ALL SELECT 300000, row_number() OVER (ORDER BY i.t, i.relname)::int4, 'tx', CASE WHEN row_number()"
    " OVER (ORDER BY i.t, i.relname) = 1 THEN 'attach the partitions'' indexes' ELSE '' END, format('ALTER INDEX"
    " %I.%s ATTACH PARTITION %I.%s', p.nspname, p.fresh, i.nspname, i.fresh), false FROM ind i JOIN ind p ON"
    " p.indexrelid = i.inhparent WHERE i.contype IS NULL AND NOT i.attached",
    " UNION ALL SELECT 310000 + dense_rank() OVER (ORDER BY i.t, i.relname)::int4, x.place, 'index', CASE x.place"
    " WHEN 1 THEN 'build index ' || i.stale || ' CONCURRENTLY, for the way back' ELSE '' END, CASE x.place WHEN 1"
    " THEN format('DROP INDEX CONCURRENTLY IF EXISTS %I.%s', i.nspname, i.stale) ELSE format('CREATE UNIQUE INDEX"
    " CONCURRENTLY %s%s', i.stale, i.def) END, false FROM ind i CROSS JOIN col CROSS JOIN (VALUES (1), (2))"
    " x(place) WHERE " FOR_WAY_BACK,
    /* 40, 50: CHECK, NOT NULL and foreign keys: NOT VALID, then VALIDATE */
    " UNION ALL SELECT 400000, 1, 'tx', 'add CHECK (' || n || ' IS NOT NULL) NOT VALID', format('ALTER TABLE %s"
    " ADD CONSTRAINT %I CHECK (%s IS NOT NULL) NOT VALID', t, g || '_not_null', n), false FROM col WHERE"
    " attnotnull AND mode <> 'back' AND NOT " HAS_CONSTRAINT("col.g || '_not_null'"),
    " UNION ALL SELECT 400001, 1, 'alone', 'validate it', format('ALTER TABLE %s VALIDATE CONSTRAINT %I', t, g ||"
    " '_not_null'), false FROM col WHERE attnotnull AND mode <> 'back' AND NOT "
    HAS_CONSTRAINT("col.g || '_not_null'"),
    /* What does not fit cannot come any more, and the swap need not look for NULLs. */
    " UNION ALL SELECT 400000, 1, 'tx', 'from here on every ' || c || ' must be in ' || n || ': add CHECK NOT"
    " VALID', format('ALTER TABLE %s ADD CONSTRAINT %I CHECK (%s IS NOT DISTINCT FROM %s%s) NOT VALID', t, g ||"
    " '_agree', n, c, CASE WHEN attnotnull THEN format(' AND %s IS NOT NULL', n) ELSE '' END), false FROM col"
    " WHERE mode = 'back'",
    " UNION ALL SELECT 400001, 1, 'alone', 'validate it', format('ALTER TABLE %s VALIDATE CONSTRAINT %I', t, g ||"
    " '_agree'), false FROM col WHERE mode = 'back'",
    " UNION ALL SELECT 500000 + k.nth, 1, 'tx', 'add constraint ' || k.fresh || CASE WHEN k.root THEN '' ELSE '"
    " of ' || k.t END || ' NOT VALID', format('ALTER TABLE %s ADD CONSTRAINT %s %s%s', k.t, k.fresh, k.def, CASE"
    " WHEN k.convalidated THEN ' NOT VALID' ELSE '' END), true FROM added k WHERE NOT k.there",
    " UNION ALL SELECT 500001 + k.nth, 1, 'alone', 'validate it', format('ALTER TABLE %s VALIDATE CONSTRAINT %s',"
    " k.t, k.fresh), false FROM added k WHERE k.convalidated",
    /* A partitioned table takes over its partitions' valid ones. */
    " UNION ALL SELECT 540000, row_number() OVER (ORDER BY k.t, k.conname)::int4, 'tx', 'add constraint ' ||"
    " k.fresh || ' to the partitioned table', format('ALTER TABLE %s ADD CONSTRAINT %s %s', k.t, k.fresh, k.def),"
    " true FROM con k WHERE k.contype = 'f' AND k.relkind = 'p' AND k.conparentid = 0 AND NOT k.there",
    /* 55: foreign keys to it, which from here on hold to both columns */
    " UNION ALL SELECT 550000 + r.nth, 1, 'tx', 'add foreign key ' || r.fresh || ' of ' || r.child || ' NOT"
    " VALID', format('ALTER TABLE %s ADD CONSTRAINT %s %s%s NOT VALID', r.child, r.fresh, r.source, r.target),"
    " false FROM pointed r WHERE NOT r.there",
    " UNION ALL SELECT 550001 + r.nth, 1, 'alone', 'validate it', format('ALTER TABLE %s VALIDATE CONSTRAINT %s',"
    " r.child, r.fresh), false FROM pointed r",
    /* 60: what the planner knows of it; 70: compare */
    " UNION ALL SELECT 600000, 1, 'alone', 'ANALYZE it', format('ANALYZE %s (%s)', t, n), false FROM col WHERE"
    " mode <> 'back'",
    " UNION ALL SELECT 700000, x.place, 'compare', CASE x.place WHEN 1 THEN 'compare both columns over all keys'"
    " ELSE '' END, CASE x.place WHEN 1 THEN " DIFFER " ELSE format('UPDATE %s"
    " SET %s = %s', t, n, row_sql) END, false FROM col, (VALUES (1), (2)) x(place) WHERE mode <> 'back') SELECT"
    " phase, place, kind, title, sql, fresh FROM made ORDER BY phase, place, sql",
    NULL,
};
