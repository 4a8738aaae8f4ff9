#include "rules/fix_key.h"

#include "catalog/expression.h"
#include "rules/fix_name.h"

static bool is_self(const struct fix_work *w, size_t i, char c)
{
    return expression_is_self(w->e->what->statement, i, c);
}

static bool is(const struct fix_work *w, size_t i, enum keyword kw)
{
    return statement_is(w->e->what->statement, i, kw);
}

/* Behind the parenthesis that closes the one at token i; i when none opens there. */
static size_t behind_parens(const struct fix_work *w, size_t i, size_t last)
{
    size_t depth = 0;
    for (size_t k = i; k < last; k++) {
        depth += is_self(w, k, '(');
        depth -= depth > 0 && is_self(w, k, ')');
        if (depth == 0) {
            return k > i ? k + 1 : i;
        }
    }
    return i;
}

/* [NOT] DEFERRABLE, INITIALLY … : how many tokens. */
static size_t attribute(const struct fix_work *w, size_t i)
{
    return is(w, i, KW_DEFERRABLE)                                                               ? 1
           : is(w, i, KW_NOT) && is(w, i + 1, KW_DEFERRABLE)                                     ? 2
           : is(w, i, KW_INITIALLY) && (is(w, i + 1, KW_DEFERRED) || is(w, i + 1, KW_IMMEDIATE)) ? 2
                                                                                                 : 0;
}

void fix_key_options(struct fix_work *w, size_t *i, size_t last, struct fix_key *key)
{
    size_t n;
    if (is(w, *i, KW_INCLUDE) && (n = behind_parens(w, *i + 1, last)) > *i + 1) {
        key->include = fix_source(w, *i + 1, n);
        *i = n;
    }
    if (is(w, *i, KW_WITH) && (n = behind_parens(w, *i + 1, last)) > *i + 1) {
        key->with = fix_source(w, *i + 1, n);
        *i = n;
    }
    if (is(w, *i, KW_USING) && is(w, *i + 1, KW_INDEX) && is(w, *i + 2, KW_TABLESPACE) && *i + 3 < last) {
        key->tablespace = fix_source(w, *i + 3, *i + 4);
        *i += 4;
    }
    const size_t first = *i;
    while (*i < last && (n = attribute(w, *i)) > 0) {
        *i += n;
    }
    key->attributes = fix_source(w, first, *i);
}

void fix_key_steps(struct fix_work *w, const struct relation *table, struct fix_key *key)
{
    const struct str none = STR("");
    const struct str t = fix_table(w);
    if (table->kind == REL_PARTITIONED) {
        fix_leave(w, "a partitioned table takes no constraint USING INDEX");
        return;
    }
    for (size_t i = 0; key->primary && i < key->names.n; i++) {
        /* A CHECK is as good as NOT NULL here: the server looks at it when it makes the primary key. */
        if (relation_proves_not_null(table, key->names.at[i]) != TRI_YES) {
            fix_add_not_null(w, table, key->names.at[i], name_quote(w->a, key->names.at[i]));
        }
    }
    if (key->name.n == 0) {
        const struct str addition = key->primary ? STR_NONE : name_join(w->a, &key->names);
        key->name = name_quote(w->a, fix_name_of(w->e, table, addition, key->primary ? STR("pkey") : STR("key")));
    }
    const struct str include = key->include.n > 0 ? fix_text(w, " INCLUDE %", key->include) : none;
    const struct str nulls = key->nulls.n > 0 ? fix_text(w, " %", key->nulls) : none;
    const struct str with = key->with.n > 0 ? fix_text(w, " WITH %", key->with) : none;
    const struct str space = key->tablespace.n > 0 ? fix_text(w, " TABLESPACE %", key->tablespace) : none;
    const struct str attributes = key->attributes.n > 0 ? fix_text(w, " %", key->attributes) : none;
    fix_step(w, "CREATE UNIQUE INDEX CONCURRENTLY % ON % (%)%%%%", key->name, t, key->columns, include, nulls, with,
             space);
    fix_step(w,
             key->primary ? "ALTER TABLE % ADD CONSTRAINT % PRIMARY KEY USING INDEX %%"
                          : "ALTER TABLE % ADD CONSTRAINT % UNIQUE USING INDEX %%",
             t, key->name, key->name, attributes);
}

void fix_add_key(struct fix_work *w)
{
    struct fix_key key = {.name = fix_capture(w, "constraint")};
    const struct relation *table = capture_relation(w->e->what, w->e->catalog, "table");
    size_t i, last;
    fix_action_tokens(w->e->what->statement, w->shape, &i, &last);
    while (i < last && !is(w, i, KW_UNIQUE) && !is(w, i, KW_PRIMARY)) {
        i++;
    }
    key.primary = is(w, i, KW_PRIMARY);
    i += key.primary ? 2 : 1;
    if (is(w, i, KW_NULLS)) {
        const size_t n = is(w, i + 1, KW_NOT) ? 3 : 2;
        key.nulls = fix_source(w, i, i + n);
        i += n;
    }
    const size_t open = i;
    i = behind_parens(w, i, last);
    if (i == open || !table) {
        fix_leave(w, "its columns cannot be read");
        return;
    }
    for (size_t k = open + 1; k + 1 < i; k += 2) {
        if (!is_self(w, k + 1, ',') && k + 2 < i) {
            fix_leave(w, "a key WITHOUT OVERLAPS is built with its constraint");
            return;
        }
        *vec_push(w->a, &key.names) = token_name(w->a, w->e->what->text, w->e->what->statement->tokens[k]);
    }
    key.columns = str_trim(fix_source(w, open + 1, i - 1));
    fix_key_options(w, &i, last, &key);
    if (i != last) {
        fix_leave(w, "what stands behind the columns cannot be read");
        return;
    }
    fix_key_steps(w, table, &key);
}
