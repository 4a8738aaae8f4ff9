-- The user's schema as the catalog has it, one line for each thing, without what a shadow change leaves on purpose (the first column with its
-- trigger, keys and comment) and without the order of columns. For servers of all versions: pg_dump reads none newer than itself.
SET search_path = '';
WITH rel AS (
    SELECT c.*, n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN ('public', 'app')
),
line(x) AS (
    SELECT format('column %s.%s %s notnull=%s default=%s identity=%s generated=%s target=%s options=%s acl=%s comment=%s collation=%s storage=%s', c.oid::regclass, a.attname,
        format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated, nullif(a.attstattarget, -1),
        (SELECT string_agg(o, ' ') FROM unnest(a.attoptions) o WHERE o ~ '^n_distinct'),
        a.attacl, col_description(c.oid, a.attnum), nullif(a.attcollation, 0)::regcollation, a.attstorage)
    FROM rel c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relkind IN ('r', 'p', 'v', 'm')
    UNION ALL SELECT format('constraint %s on %s: %s valid=%s inherited=%s/%s comment=%s',
        CASE WHEN k.contype = 'n' AND k.coninhcount > 0 THEN '(the table''s)' ELSE k.conname END, k.conrelid::regclass, pg_get_constraintdef(k.oid), k.convalidated,
        -- Version 18 gives a partition whose primary key is added NOT NULLs of its own, beside those of the table, and renames them with the table's.
        CASE WHEN k.contype = 'n' AND k.coninhcount > 0 THEN NULL ELSE k.conislocal END, k.coninhcount,
        obj_description(k.oid, 'pg_constraint')) FROM rel c JOIN pg_constraint k ON k.conrelid = c.oid
    UNION ALL SELECT format('index %s valid=%s identity=%s cluster=%s attached=%s comment=%s', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisreplident, i.indisclustered,
        (SELECT h.inhparent::regclass FROM pg_inherits h WHERE h.inhrelid = i.indexrelid), obj_description(i.indexrelid, 'pg_class')) FROM rel c JOIN pg_index i ON i.indrelid = c.oid
    UNION ALL SELECT format('trigger %s %s comment=%s', pg_get_triggerdef(g.oid), g.tgenabled, obj_description(g.oid, 'pg_trigger')) FROM rel c JOIN pg_trigger g ON g.tgrelid = c.oid AND NOT g.tgisinternal
    UNION ALL SELECT format('policy %s on %s %s %s %s %s %s comment=%s', p.polname, p.polrelid::regclass, p.polpermissive, p.polcmd, p.polroles, pg_get_expr(p.polqual, p.polrelid),
        pg_get_expr(p.polwithcheck, p.polrelid), obj_description(p.oid, 'pg_policy')) FROM rel c JOIN pg_policy p ON p.polrelid = c.oid
    UNION ALL SELECT format('statistics %s on %s of %s kinds=%s target=%s comment=%s', s.stxname, (SELECT string_agg(a.attname, ' ' ORDER BY a.attname) FROM pg_attribute a
        WHERE a.attrelid = s.stxrelid AND a.attnum = ANY (s.stxkeys)), s.stxrelid::regclass, s.stxkind, nullif(s.stxstattarget, -1), obj_description(s.oid, 'pg_statistic_ext'))
        FROM rel c JOIN pg_statistic_ext s ON s.stxrelid = c.oid
    UNION ALL SELECT format('view %s %s owner=%s acl=%s options=%s comment=%s: %s', c.relkind, c.oid::regclass, c.relowner::regrole, c.relacl, c.reloptions, obj_description(c.oid, 'pg_class'),
        pg_get_viewdef(c.oid)) FROM rel c WHERE c.relkind IN ('v', 'm')
    UNION ALL SELECT format('table %s identity=%s acl=%s', c.oid::regclass, c.relreplident, c.relacl) FROM rel c WHERE c.relkind IN ('r', 'p')
    UNION ALL SELECT format('sequence %s owned by %s.%s acl=%s comment=%s %s', c.oid::regclass, d.refobjid::regclass, a.attname, c.relacl, obj_description(c.oid, 'pg_class'),
        (SELECT format('%s %s %s %s %s', s.seqstart, s.seqincrement, s.seqmin, s.seqcache, s.seqcycle) FROM pg_sequence s WHERE s.seqrelid = c.oid))
        FROM rel c LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
        LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid WHERE c.relkind = 'S'
)
SELECT x FROM line WHERE x !~ '_migrate_old' AND x !~ '~~migrate_shadow' ORDER BY x;
