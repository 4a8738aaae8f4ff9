-- What a server (13 or later) says of its schemas, in the words of catalog_dump() with DUMP_FACTS.
SET search_path = '';
WITH rel AS (
    SELECT c.*, CASE WHEN n.nspname LIKE 'pg\_temp%' THEN 'pg_temp' ELSE n.nspname END AS schema
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND n.nspname NOT LIKE 'pg\_toast\_temp%'
),
shown AS (SELECT oid, pg_catalog.quote_ident(schema) || '.' || pg_catalog.quote_ident(relname) AS name FROM rel),
lines(section, schema, name, sub, pos, key, line) AS (
    SELECT 1, nspname::text, '', 0, 0, '', 'schema ' || pg_catalog.quote_ident(nspname)
      FROM pg_catalog.pg_namespace WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'
    UNION ALL
    SELECT 2, n.nspname, t.typname, 0, 0, '',
           'type ' || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(t.typname) ||
           CASE t.typtype
                WHEN 'e' THEN ' enum' || coalesce((SELECT pg_catalog.string_agg(' ''' || e.enumlabel || '''', '' ORDER BY e.enumsortorder)
                                                     FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid), '')
                WHEN 'd' THEN ' domain over ' || pg_catalog.format_type(t.typbasetype, t.typtypmod) ||
                              CASE WHEN t.typnotnull THEN ' not null' ELSE '' END ||
                              CASE WHEN t.typdefault IS NOT NULL THEN ' default' ELSE '' END
                WHEN 'r' THEN ' range'
                ELSE ' other' END
      FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
     WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema' AND t.typtype IN ('e', 'd', 'r', 'b', 'p')
       AND NOT (t.typtype = 'b' AND t.typelem <> 0)
    UNION ALL
    SELECT 2, n.nspname, t.typname, 1, 0, con.conname,
           '  constraint ' || pg_catalog.quote_ident(con.conname) || ' check ()' ||
           CASE WHEN con.convalidated THEN '' ELSE ' not valid' END
      FROM pg_catalog.pg_constraint con JOIN pg_catalog.pg_type t ON t.oid = con.contypid
      JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
     WHERE con.contype = 'c' AND n.nspname <> 'information_schema'
    UNION ALL
    SELECT 3, r.schema, r.relname, 0, 0, '',
           CASE r.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'f' THEN 'foreign table' WHEN 'v' THEN 'view'
                          WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' ELSE 'composite type' END || ' ' || s.name ||
           CASE WHEN r.relkind = 'S' THEN
               coalesce((SELECT ' owned by ' || o.name || '.' || pg_catalog.quote_ident(a.attname)
                           FROM pg_catalog.pg_depend d JOIN shown o ON o.oid = d.refobjid
                           JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                          WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = r.oid
                            AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0), '') ELSE '' END ||
           CASE WHEN r.relpersistence = 'u' AND r.relkind <> 'S' THEN ' unlogged' ELSE '' END ||
           CASE WHEN r.relrowsecurity THEN ' row security' ELSE '' END ||
           coalesce((SELECT CASE WHEN r.relispartition THEN ' partition of ' ELSE ' inherits ' END ||
                            pg_catalog.string_agg(p.name, ', ' ORDER BY p.name COLLATE "C")
                       FROM pg_catalog.pg_inherits i JOIN shown p ON p.oid = i.inhparent WHERE i.inhrelid = r.oid), '') ||
           CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_partitioned_table pt WHERE pt.partdefid = r.oid)
                THEN ' default partition' ELSE '' END
      FROM rel r JOIN shown s ON s.oid = r.oid WHERE r.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'c')
    UNION ALL
    SELECT 3, r.schema, r.relname, 1, a.attnum, '',
           '  column ' || pg_catalog.quote_ident(a.attname) || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod) ||
           CASE WHEN a.attcollation <> t.typcollation
                THEN ' collate ' || (SELECT pg_catalog.quote_ident(co.collname) FROM pg_catalog.pg_collation co WHERE co.oid = a.attcollation)
                ELSE '' END ||
           CASE WHEN a.attnotnull THEN ' not null' ELSE '' END ||
           CASE a.attidentity WHEN 'a' THEN ' identity always' WHEN 'd' THEN ' identity by default' ELSE '' END ||
           CASE a.attgenerated WHEN 's' THEN ' generated stored' WHEN 'v' THEN ' generated virtual' ELSE '' END ||
           CASE WHEN a.atthasdef AND a.attgenerated = '' THEN ' default' ELSE '' END
      FROM rel r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
     WHERE r.relkind IN ('r', 'p', 'f', 'c') AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT 3, r.schema, r.relname, 2, 0, con.conname,
           '  constraint ' || pg_catalog.quote_ident(con.conname) ||
           CASE con.contype WHEN 'c' THEN ' check' WHEN 'n' THEN ' not null' WHEN 'p' THEN ' primary key' WHEN 'u' THEN ' unique'
                            WHEN 'f' THEN ' foreign key' ELSE ' exclude' END ||
           ' (' || coalesce((SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', '
                                      ORDER BY CASE WHEN con.contype IN ('c', 'x') THEN a.attname END COLLATE "C", k.ord)
                               FROM pg_catalog.unnest(con.conkey) WITH ORDINALITY k(attnum, ord)
                               JOIN pg_catalog.pg_attribute a ON a.attrelid = con.conrelid AND a.attnum = k.attnum), '') || ')' ||
           CASE WHEN con.contype = 'f' THEN
               ' references ' || (SELECT o.name FROM shown o WHERE o.oid = con.confrelid) || ' (' ||
               (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY k.ord)
                  FROM pg_catalog.unnest(con.confkey) WITH ORDINALITY k(attnum, ord)
                  JOIN pg_catalog.pg_attribute a ON a.attrelid = con.confrelid AND a.attnum = k.attnum) || ')' ||
               CASE con.confdeltype WHEN 'c' THEN ' on delete cascade' WHEN 'r' THEN ' on delete restrict'
                                    WHEN 'n' THEN ' on delete set null' WHEN 'd' THEN ' on delete set default' ELSE '' END
           ELSE '' END ||
           CASE WHEN con.contype IN ('c', 'n') AND con.connoinherit THEN ' no inherit' ELSE '' END ||
           CASE WHEN con.coninhcount > 0 THEN ' inherited' ELSE '' END ||
           CASE WHEN con.condeferrable THEN ' deferrable' ELSE '' END ||
           CASE WHEN con.convalidated THEN '' ELSE ' not valid' END ||
           CASE WHEN coalesce((pg_catalog.to_jsonb(con) ->> 'conenforced')::boolean, true) THEN '' ELSE ' not enforced' END
      FROM rel r JOIN pg_catalog.pg_constraint con ON con.conrelid = r.oid
     WHERE con.contype IN ('c', 'n', 'p', 'u', 'f', 'x')
       -- A foreign key to a partitioned table has inner rows for its partitions.
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint up WHERE up.oid = con.conparentid AND up.conrelid = con.conrelid)
    UNION ALL
    SELECT 3, r.schema, r.relname, 3, 0, ic.relname,
           '  index ' || pg_catalog.quote_ident(ic.relname) || CASE WHEN i.indisunique THEN ' unique' ELSE '' END ||
           CASE WHEN i.indisprimary THEN ' primary' ELSE '' END || ' ' || am.amname || ' (' ||
           (SELECT pg_catalog.string_agg(CASE WHEN k.attnum = 0 THEN 'expression'
                                              ELSE (SELECT pg_catalog.quote_ident(a.attname) FROM pg_catalog.pg_attribute a
                                                     WHERE a.attrelid = r.oid AND a.attnum = k.attnum) END,
                                         ', ' ORDER BY k.ord)
              FROM pg_catalog.unnest(i.indkey) WITH ORDINALITY k(attnum, ord) WHERE k.ord <= i.indnkeyatts) || ')' ||
           CASE WHEN i.indnatts > i.indnkeyatts THEN
               ' include (' || (SELECT pg_catalog.string_agg((SELECT pg_catalog.quote_ident(a.attname) FROM pg_catalog.pg_attribute a
                                                               WHERE a.attrelid = r.oid AND a.attnum = k.attnum), ', ' ORDER BY k.ord)
                                  FROM pg_catalog.unnest(i.indkey) WITH ORDINALITY k(attnum, ord) WHERE k.ord > i.indnkeyatts) || ')'
           ELSE '' END ||
           CASE WHEN coalesce((pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) THEN ' nulls not distinct' ELSE '' END ||
           CASE WHEN i.indpred IS NOT NULL THEN ' where' ELSE '' END ||
           CASE WHEN i.indisvalid THEN '' ELSE ' invalid' END ||
           coalesce((SELECT ' part of ' || p.name FROM pg_catalog.pg_inherits h JOIN shown p ON p.oid = h.inhparent
                      WHERE h.inhrelid = ic.oid), '')
      FROM rel r JOIN pg_catalog.pg_index i ON i.indrelid = r.oid JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
      JOIN pg_catalog.pg_am am ON am.oid = ic.relam
     WHERE r.relkind IN ('r', 'p', 'm')
    UNION ALL
    SELECT 3, r.schema, r.relname, 4, 0, g.tgname,
           '  trigger ' || pg_catalog.quote_ident(g.tgname) || CASE WHEN g.tgtype & 2 <> 0 THEN ' before' ELSE ' after' END ||
           CASE WHEN g.tgtype & 1 <> 0 THEN ' row' ELSE ' statement' END
      FROM rel r JOIN pg_catalog.pg_trigger g ON g.tgrelid = r.oid
     WHERE NOT g.tgisinternal
       AND coalesce((pg_catalog.to_jsonb(g) ->> 'tgparentid')::pg_catalog.oid, 0) = 0
    UNION ALL
    SELECT 4, n.nspname, p.proname, 0, 0, '',
           'function ' || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(p.proname) || ' ' || max(p.provolatile)
      FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND p.prokind = 'f' AND n.nspname NOT LIKE 'pg\_temp%'
       -- the constructors of a range type
       AND p.prosrc NOT LIKE 'range\_constructor%' AND p.prosrc NOT LIKE 'multirange\_constructor%'
     GROUP BY n.nspname, p.proname
)
SELECT line FROM lines
 ORDER BY section, schema COLLATE "C", name COLLATE "C", sub, pos, key COLLATE "C";
