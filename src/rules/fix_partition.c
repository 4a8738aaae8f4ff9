/* ATTACH without a scan under its lock, DETACH without one that keeps everybody out. */
#include "catalog/expression.h"
#include "catalog/names.h"
#include "rules/bound.h"
#include "rules/fix_parts.h"

static const struct statement *statement(const struct fix_work *w)
{
    return w->e->what->statement;
}

static const struct relation *captured(struct fix_work *w, const char *name)
{
    const struct term term = {.kind = TERM_CAPTURE, .text = str_of(name)};
    return term_relation(w->e, &term);
}

/* The one column of the partition key, quoted; empty: it is more than a column, or not known. */
static struct str key_of(struct fix_work *w, const struct relation *parent)
{
    struct name_list keys = {0};
    struct str schema, name;
    bound_key(w->a, parent->partition_key, &keys);
    if (keys.n != 1 || !term_split_name(w->a, keys.at[0], &schema, &name) || schema.n > 0 ||
        str_find_char(keys.at[0], '(') != SIZE_MAX) {
        return STR("");
    }
    return name_quote(w->a, name);
}

static size_t closing(const struct fix_work *w, size_t i)
{
    size_t depth = 0;
    for (; i < statement(w)->n_tokens; i++) {
        depth += expression_is_self(statement(w), i, '(');
        depth -= depth > 0 && expression_is_self(statement(w), i, ')');
        if (depth == 0) {
            return i;
        }
    }
    return i;
}

static bool is_open(const struct fix_work *w, size_t i)
{
    return statement_is(statement(w), i, KW_MINVALUE) || statement_is(statement(w), i, KW_MAXVALUE);
}

/* FOR VALUES … as a condition on the key, or as its opposite. Empty: it cannot be said. */
static struct str condition(struct fix_work *w, struct str key, bool opposite)
{
    const struct statement *st = statement(w);
    size_t i = 0;
    while (i < st->n_tokens && !(statement_is(st, i, KW_FOR) && statement_is(st, i + 1, KW_VALUES))) {
        i++;
    }
    i += 3;
    const size_t close = closing(w, i);
    if (close <= i + 1 || close >= st->n_tokens) {
        return STR("");
    }
    const struct str first = fix_source(w, i + 1, close);
    if (statement_is(st, i - 1, KW_IN)) {
        for (size_t k = i; k < close; k++) {
            if (statement_is(st, k, KW_NULL)) {
                return STR("");
            }
        }
        return opposite ? fix_text(w, "% IS NULL OR NOT (% IN (%))", key, key, first)
                        : fix_text(w, "% IS NOT NULL AND % IN (%)", key, key, first);
    }
    const size_t second = close + 2, end = closing(w, second);
    if (!statement_is(st, i - 1, KW_FROM) || !statement_is(st, close + 1, KW_TO) || end >= st->n_tokens) {
        return STR("");
    }
    const struct str upper = fix_source(w, second + 1, end);
    const bool low = !is_open(w, i + 1), high = !is_open(w, second + 1);
    if (!low && !high) {
        return STR("");
    }
    const char *both = opposite ? "% IS NULL OR % < % OR % >= %" : "% IS NOT NULL AND % >= % AND % < %";
    const char *from = opposite ? "% IS NULL OR % < %" : "% IS NOT NULL AND % >= %";
    const char *to = opposite ? "% IS NULL OR % >= %" : "% IS NOT NULL AND % < %";
    return low && high ? fix_text(w, both, key, key, first, key, upper)
           : low       ? fix_text(w, from, key, key, first)
                       : fix_text(w, to, key, key, upper);
}

/* A CHECK on a table, the statement, and the CHECK gone. */
static void with_check(struct fix_work *w, const struct relation *table, struct str written, struct str key,
                       struct str check)
{
    const struct str made = name_choose(w->e->catalog, table->schema, table->name, key, "bound", NAME_CONSTRAINT);
    const struct str name = name_quote(w->a, made);
    fix_step(w, "ALTER TABLE % ADD CONSTRAINT % CHECK (%) NOT VALID", written, name, check);
    fix_step(w, "ALTER TABLE % VALIDATE CONSTRAINT %", written, name);
    fix_step(w, "%", w->s->source);
    fix_step(w, "ALTER TABLE % DROP CONSTRAINT %", written, name);
}

static void attach(struct fix_work *w, bool of_default)
{
    const struct relation *parent = captured(w, "parent"), *partition = captured(w, "partition");
    const struct str key = parent ? key_of(w, parent) : STR("");
    w->draft->whole = w->verbatim = true;
    if (key.n == 0) {
        fix_leave(w, "the partition key is not one column that is known");
        return;
    }
    const struct relation *table = of_default ? parent->default_partition : partition;
    const struct str check = condition(w, key, of_default);
    if (!table || check.n == 0) {
        fix_leave(w, "the bound cannot be written as a CHECK on one column");
        return;
    }
    with_check(w, table, of_default ? name_display(w->a, table->schema, table->name) : fix_capture(w, "partition"), key,
               check);
}

void fix_attach(struct fix_work *w)
{
    attach(w, false);
}

void fix_attach_default(struct fix_work *w)
{
    attach(w, true);
}

/*
 * DETACH CONCURRENTLY leaves a CHECK of the bound on the partition, unless one is there that says as much. Its name is
 * chosen as that of any CHECK. Source: DetachAddConstraintIfNeeded() in the server's tablecmds.c; seen on 14 to 18.
 */
void fix_detach(struct fix_work *w)
{
    const struct relation *parent = captured(w, "parent"), *partition = captured(w, "partition");
    struct name_list keys = {0};
    if (!parent || !partition || parent->partition_key.n == 0 || !partition->complete) {
        fix_leave(w, "the partition key is not known, and so not the CHECK that it leaves behind");
        return;
    }
    bound_key(w->a, parent->partition_key, &keys);
    for (size_t i = 0; i < partition->constraints.n; i++) {
        if (partition->constraints.at[i]->kind == CON_CHECK) {
            fix_leave(w, "the partition has a CHECK, and so it is not known whether another is left behind");
            return;
        }
    }
    for (size_t i = 0; i < keys.n; i++) {
        if (str_find_char(keys.at[i], '(') != SIZE_MAX) {
            fix_leave(w, "the partition key is an expression, and so the name of the CHECK that is left is not known");
            return;
        }
    }
    struct str schema, name = STR("");
    if (keys.n == 1 && !term_split_name(w->a, keys.at[0], &schema, &name)) {
        fix_leave(w, "the partition key cannot be read");
        return;
    }
    const struct str made =
        name_choose(w->e->catalog, partition->schema, partition->name, name, "check", NAME_CONSTRAINT);
    const struct str written = fix_capture(w, "partition");
    w->draft->whole = true;
    fix_step(w, "% CONCURRENTLY", w->s->source);
    fix_step(w, "ALTER TABLE % DROP CONSTRAINT %", written, name_quote(w->a, made));
}
