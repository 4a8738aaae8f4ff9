/*
 * Where a batch by the rows' places ends: with the page that has its last row, and never more pages further than it is to have rows, as pages that are
 * empty by now are read, too. Small batches cannot be cut smaller than a page.
 */
#include "exec/backfill_key.h"

/* The page of a place. A text "(5,65535)" reads as a point, too. */
#define PAGE_OF(place) "(" place "::pg_catalog.text::pg_catalog.point)[0]::pg_catalog.int8"
#define LAST_OF(page)  "pg_catalog.format('(%%s,65535)', " page ")"

const char *backfill_ctid_sql(const struct backfill_key *k, bool has_lo, struct arena *a)
{
    const char *behind = has_lo ? "a.ctid OPERATOR(pg_catalog.>) $1::pg_catalog.tid AND" : "";
    const char *from = has_lo ? PAGE_OF("$1") : "-1", *end = has_lo ? PAGE_OF("$2") : PAGE_OF("$1");
    const char *skip = has_lo ? "$3" : "$2";
    return arena_printf(
               a,
               "SELECT " LAST_OF(
                   "b.page") ", (SELECT count(*) FROM ONLY %.*s a WHERE %s a.ctid"
                             " OPERATOR(pg_catalog.<=) " LAST_OF(
                                 "b.page") "::pg_catalog.tid)"
                                           " FROM (SELECT coalesce((SELECT " PAGE_OF(
                                               "a.ctid") " FROM ONLY %.*s a WHERE %s a.ctid"
                                                         " OPERATOR(pg_catalog.<=) " LAST_OF(
                                                             "most.page") "::pg_catalog.tid"
                                                                          " OFFSET %s::pg_catalog.int8 LIMIT 1), "
                                                                          "most.page) AS page, most.last"
                                                                          " FROM (SELECT LEAST(%s, %s + "
                                                                          "%s::pg_catalog.int8 + 1) AS page, %s AS "
                                                                          "last) most) b"
                                                                          " WHERE b.page OPERATOR(pg_catalog.<) b.last",
               STR_ARG(k->relation), behind, STR_ARG(k->relation), behind, skip, end, from, skip, end)
        .p;
}
