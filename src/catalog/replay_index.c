/* CREATE INDEX. */
#include "catalog/expression.h"
#include "catalog/index.h"
#include "catalog/replay_parts.h"

/* Behind the elements: INCLUDE, NULLS, WITH, TABLESPACE, WHERE. */
static bool read_tail(struct reader *rd, const struct relation *r, struct index_spec *spec)
{
    size_t first, last;
    if (rd_take(rd, KW_INCLUDE) && !index_read_include(rd, spec)) {
        return false;
    }
    if (rd_take3(rd, KW_NULLS, KW_NOT, KW_DISTINCT)) {
        spec->nulls_not_distinct = true;
    } else {
        (void)rd_take2(rd, KW_NULLS, KW_DISTINCT);
    }
    if (rd_take(rd, KW_WITH) && !rd_parens(rd, &first, &last)) {
        return false;
    }
    if (rd_take(rd, KW_TABLESPACE) && !rd_name(rd, &spec->tablespace)) {
        return false;
    }
    if (rd_take(rd, KW_WHERE)) {
        spec->predicate = expression_canonical(rd->c->arena, rd->text, rd->st, rd->i, rd->end);
        expression_columns(rd->c->arena, rd->text, rd->st, rd->i, rd->end, r, &spec->mentions);
        rd_skip_to_end(rd);
    }
    return rd_done(rd);
}

struct relation *index_read_create(struct reader *rd, struct index_spec *spec, bool *if_not_exists)
{
    struct str schema, table;
    (void)rd_take(rd, KW_CONCURRENTLY);
    *if_not_exists = rd_if_not_exists(rd);
    if (!rd_is(rd, KW_ON) && !rd_name(rd, &spec->name)) {
        return NULL;
    }
    if (!rd_take(rd, KW_ON)) {
        return NULL;
    }
    spec->only = rd_take(rd, KW_ONLY);
    if (!rd_qualified(rd, &schema, &table)) {
        return NULL;
    }
    struct relation *r = rd_target(rd, schema, table, false, REL_UNKNOWN);
    if (!r) {
        return NULL;
    }
    (void)rd_take_self(rd, '*');
    if ((rd_take(rd, KW_USING) && !rd_name(rd, &spec->access_method)) || !index_read_elements(rd, r, spec) ||
        !read_tail(rd, r, spec)) {
        spec->columns.n = 0; /* not to be read */
    }
    return r;
}

void replay_create_index(struct reader *rd, bool unique)
{
    struct index_spec spec = {.label = "idx", .unique = unique, .valid = true};
    bool if_not_exists;
    struct relation *r = index_read_create(rd, &spec, &if_not_exists);
    if (!r) {
        return;
    }
    /* A name that was only mentioned, as by whoever judges this very statement before, is still to be made. */
    const struct relation *same = catalog_relation(rd->c, r->schema, spec.name);
    if (same && same->exists == TRI_YES && spec.name.n > 0 && if_not_exists) {
        return;
    }
    if (spec.columns.n == 0) {
        r->complete = false;
        return;
    }
    struct relation *index = index_apply(rd, r, &spec);
    if (index) {
        index->maybe_older = if_not_exists && !r->complete;
    }
}
