/* Indexes: CONCURRENTLY, one by one, partition by partition. */
#include "catalog/expression.h"
#include "catalog/index.h"
#include "catalog/names.h"
#include "rules/fix_parts.h"
#include "rules/session.h"

static bool is(const struct fix_work *w, size_t i, enum keyword kw)
{
    return statement_is(w->e->what->statement, i, kw);
}

static bool ends_in(const struct fix_work *w, enum keyword kw)
{
    const size_t n = w->e->what->statement->n_tokens;
    return n > 0 && is(w, n - 1, kw);
}

static bool surely_new_index(const struct fix_work *w)
{
    const struct term name = {.kind = TERM_CAPTURE, .text = STR("index")};
    const struct term *const arguments[] = {&name};
    const struct call call = {arguments, 1};
    return predicate_find(STR("exists"))->holds(w->e, call) == TRI_NO;
}

/* A table that is only mentioned may be partitioned: one that a file makes, or a whole catalog has, says whether it is. */
static enum tri is_of_partitioned(const struct fix_work *w, const struct relation *index)
{
    const struct relation *table = index->table;
    if (index->kind == REL_PARTITIONED_INDEX || (table && table->kind == REL_PARTITIONED)) {
        return TRI_YES;
    }
    if (index->exists == TRI_NO) {
        return TRI_NO; /* gone before: nothing that could be refused */
    }
    const bool told = table && (table->kind == REL_TABLE || table->kind == REL_MATVIEW);
    return told && (w->e->catalog->complete || table->made.statement > 0) ? TRI_NO : TRI_UNKNOWN;
}

/* DROP INDEX: the server refuses CONCURRENTLY for an index of a partitioned table. */
static bool may_drop_concurrently(struct fix_work *w)
{
    const struct term name = {.kind = TERM_CAPTURE, .text = STR("index")};
    struct relation_list indexes = {0};
    bool took_part;
    enum tri partitioned = TRI_NO;
    if (ends_in(w, KW_CASCADE)) {
        fix_leave(w, "DROP INDEX CONCURRENTLY knows no CASCADE");
        return false;
    }
    if (is(w, 2, KW_CONCURRENTLY)) {
        return true; /* it is asked for */
    }
    (void)term_relations(w->e, &name, &indexes, &took_part);
    for (size_t i = 0; i < indexes.n; i++) {
        partitioned = tri_or(partitioned, is_of_partitioned(w, indexes.at[i]));
    }
    if (partitioned == TRI_YES) {
        fix_leave(w, "an index of a partitioned table is not dropped CONCURRENTLY");
    } else if (partitioned == TRI_UNKNOWN || indexes.n == 0) {
        fix_leave(w,
                  "whether its table is partitioned, and CONCURRENTLY refused, only a catalog file tells (--catalog)");
    }
    return w->draft->left.n == 0;
}

/* CREATE INDEX, DROP INDEX, REINDEX, REFRESH MATERIALIZED VIEW: the word stands behind what it is about. */
void fix_concurrently(struct fix_work *w)
{
    const struct statement *st = w->e->what->statement;
    size_t i = 0;
    while (i < st->n_tokens && !is(w, i, KW_INDEX) && !is(w, i, KW_TABLE) && !is(w, i, KW_SCHEMA) &&
           !is(w, i, KW_DATABASE) && !is(w, i, KW_VIEW) && !is(w, i, KW_SYSTEM)) {
        i++;
    }
    if (i >= st->n_tokens || is(w, i, KW_SYSTEM)) {
        fix_leave(w, "system catalogs cannot be reindexed CONCURRENTLY");
    } else if (is(w, 0, KW_DROP) && !may_drop_concurrently(w)) {
        return;
    } else if (is(w, 0, KW_CREATE) && is(w, i + 1, KW_IF) && !surely_new_index(w)) {
        fix_leave(w, "IF NOT EXISTS would pass over an index that an earlier attempt left invalid");
    } else {
        w->draft->whole = true;
        const struct str rest = str_slice(w->e->what->text, st->tokens[i].end, st->end);
        fix_step(w, "% CONCURRENTLY%", fix_source(w, 0, i + 1), rest);
    }
}

/* DROP INDEX a, b */
void fix_drop_indexes(struct fix_work *w)
{
    const struct statement *st = w->e->what->statement;
    size_t i = is(w, 2, KW_CONCURRENTLY) ? 3 : 2;
    const bool exists = is(w, i, KW_IF);
    const size_t end = st->n_tokens - ends_in(w, KW_RESTRICT);
    if (!may_drop_concurrently(w)) {
        return;
    }
    w->draft->whole = true;
    for (i += exists ? 2 : 0; i < end;) {
        size_t last = i + 1;
        while (last < end && !expression_is_self(st, last, ',')) {
            last++;
        }
        fix_step(w, exists ? "DROP INDEX CONCURRENTLY IF EXISTS %" : "DROP INDEX CONCURRENTLY %",
                 fix_source(w, i, last));
        i = last + 1;
    }
}

/* ADD PRIMARY KEY USING INDEX: its columns are proven not to be null before. */
void fix_nullable_index(struct fix_work *w)
{
    const struct term name = {.kind = TERM_CAPTURE, .text = STR("index")};
    const struct relation *index = term_relation(w->e, &name);
    const struct relation *table = capture_relation(w->e->what, w->e->catalog, "table");
    size_t first, last;
    if (index && table && catalog_relation(w->e->catalog, table->schema, index->name)) {
        index = catalog_relation(w->e->catalog, table->schema, index->name); /* the server looks beside the table */
    }
    if (!index || !table || index->index_columns.n == 0) {
        fix_leave(w, "the columns of the index are not known");
        return;
    }
    for (size_t i = 0; i < index->index_columns.n; i++) {
        const struct index_column *column = &index->index_columns.at[i];
        if (!column->included && relation_proves_not_null(table, column->name) != TRI_YES) {
            fix_add_not_null(w, table, column->name, name_quote(w->a, column->name));
        }
    }
    fix_action_tokens(w->e->what->statement, w->shape, &first, &last);
    fix_step(w, "ALTER TABLE % %", fix_table(w), fix_source(w, first, last));
}

/* ---- timeouts ----------------------------------------------------------------------------------------------------------- */

static const char *const timeouts[] = {"lock_timeout", "statement_timeout"};

bool fix_timeout_in_force(const struct fix_work *w)
{
    bool any = false;
    for (size_t i = 0; i < countof(timeouts); i++) {
        const struct setting *s = w->e->session ? session_setting(w->e->session, str_of(timeouts[i])) : NULL;
        int64_t ms;
        any = any || (s && (!setting_time(s->value, &ms) || ms > 0));
    }
    return any;
}

void fix_timeouts_around(struct fix_work *w, struct str_list *steps, bool off)
{
    for (size_t i = 0; i < countof(timeouts); i++) {
        const struct setting *s = w->e->session ? session_setting(w->e->session, str_of(timeouts[i])) : NULL;
        int64_t ms;
        if (!s || (setting_time(s->value, &ms) && ms == 0)) {
            continue;
        }
        if (s->local || !setting_time(s->value, &ms) || str_find_char(s->value, '\'') != SIZE_MAX) {
            fix_leave(w, "a %s is in force that cannot be set again behind it", timeouts[i]);
        }
        const struct str name = str_of(timeouts[i]);
        *vec_push(w->a, steps) = off ? fix_text(w, "SET % = 0", name) : fix_text(w, "SET % = '%'", name, s->value);
    }
}

/* The statement itself; make() puts the timeouts around what is CONCURRENT. */
void fix_timeouts(struct fix_work *w)
{
    w->draft->whole = true;
    fix_step(w, "%", w->s->source);
}

/* ---- partitioned tables -------------------------------------------------------------------------------------------------- */

enum { MAX_STEPS = 1000 };

struct spread {
    struct fix_work *w;
    struct reader rd;
    struct index_spec spec;
    struct str unique, rest; /* "UNIQUE ", from behind the table's name on */
};

static struct str index_name(struct spread *s, const struct relation *table)
{
    struct fix_work *w = s->w;
    return name_choose(w->e->catalog, table->schema, table->name, name_join(w->a, &s->spec.labels), "idx",
                       NAME_RELATION);
}

/* The index of each partition of `table`, attached to `index`, which is theirs. */
static void spread(struct spread *s, const struct relation *table, struct str index)
{
    struct fix_work *w = s->w;
    for (size_t i = 0; i < table->children.n && w->draft->left.n == 0; i++) {
        const struct relation *part = table->children.at[i];
        const struct relation *same = index_equal(&s->rd, part, &s->spec);
        const struct str own = same ? same->name : index_name(s, part);
        const struct str shown = name_display(w->a, part->schema, part->name);
        if (w->draft->steps.n > MAX_STEPS) {
            fix_leave(w, "the table has too many partitions");
        } else if (!relation_whole(w->e, part) && !part->complete) {
            fix_leave(w, "not all is known of partition %.*s", STR_ARG(shown));
        } else if (part->kind == REL_FOREIGN) {
            fix_leave(w, "partition %.*s is a foreign table", STR_ARG(shown));
        } else if (!same && part->kind == REL_PARTITIONED) {
            fix_step(w, "CREATE %INDEX % ON ONLY %%", s->unique, name_quote(w->a, own), shown, s->rest);
            spread(s, part, name_display(w->a, part->schema, own));
        } else if (!same) {
            fix_step(w, "CREATE %INDEX CONCURRENTLY % ON %%", s->unique, name_quote(w->a, own), shown, s->rest);
        }
        fix_step(w, "ALTER INDEX % ATTACH PARTITION %", index, name_display(w->a, part->schema, own));
    }
}

void fix_partitioned_index(struct fix_work *w)
{
    const struct statement *st = w->e->what->statement;
    struct spread s = {.w = w, .spec = {.label = "idx", .valid = true}};
    const bool unique = is(w, 1, KW_UNIQUE);
    const struct term name = {.kind = TERM_CAPTURE, .text = STR("table")};
    size_t first, last;
    bool if_not_exists;
    s.spec.unique = unique;
    s.unique = unique ? fix_text(w, "UNIQUE ") : STR("");
    s.rd = (struct reader){.c = w->e->catalog, .text = w->e->what->text, .st = st, .end = st->n_tokens};
    s.rd.first = s.rd.i = unique ? 3 : 2;
    const struct relation *table = index_read_create(&s.rd, &s.spec, &if_not_exists);
    if (!table || s.spec.columns.n == 0 || !term_tokens(w->e, &name, &first, &last)) {
        fix_leave(w, "the index cannot be read");
    } else if (if_not_exists) {
        fix_leave(w, "IF NOT EXISTS cannot be said of all that would be written");
    } else if (table->kind != REL_PARTITIONED || !w->e->catalog->complete) {
        /* Partitions are made by programs, too: the files alone never tell of all. */
        fix_leave(w, "which partitions there are only a catalog file tells (--catalog)");
    }
    if (w->draft->left.n > 0) {
        return;
    }
    s.rest = str_slice(w->e->what->text, st->tokens[last - 1].end, st->end);
    w->draft->whole = true;
    const struct str own = s.spec.name.n > 0 ? s.spec.name : index_name(&s, table);
    fix_step(w, "CREATE %INDEX % ON ONLY %%", s.unique, name_quote(w->a, own), fix_table(w), s.rest);
    spread(&s, table, name_display(w->a, table->schema, own));
}
