#include "rules/fix_name.h"

#include "catalog/expression.h"
#include "rules/facts.h"

struct kind {
    struct str name;
    const char *label;
    enum name_use use;
    const char *of[2]; /* captures that give the columns; "check": an expression */
};

static const struct kind kinds[] = {
    {STR_INIT("fkey"), "fkey", NAME_CONSTRAINT, {"columns", "column"}},
    {STR_INIT("check"), "check", NAME_CONSTRAINT, {"check", NULL}},
    {STR_INIT("key"), "key", NAME_BOTH, {"columns", "column"}},
    {STR_INIT("pkey"), "pkey", NAME_BOTH, {NULL, NULL}},
    {STR_INIT("not_null"), "not_null", NAME_CONSTRAINT, {"column", NULL}},
    {STR_INIT("not_null_check"), "not_null_check", NAME_CONSTRAINT, {"column", NULL}},
};

static const struct kind *find(struct str name)
{
    for (size_t i = 0; i < countof(kinds); i++) {
        if (str_eq(kinds[i].name, name)) {
            return &kinds[i];
        }
    }
    return NULL;
}

bool fix_name_known(struct str kind)
{
    return find(kind) != NULL;
}

struct str fix_name_of(struct eval *e, const struct relation *table, struct str addition, struct str kind)
{
    const struct kind *k = find(kind);
    return name_choose(e->catalog, table->schema, table->name, addition, k->label, k->use);
}

struct str fix_name_check_column(struct eval *e, const struct relation *table, size_t first, size_t last)
{
    struct name_list columns = {0};
    struct relation open = *table; /* the statement may add columns: any name at the place of an operand counts */
    open.complete = false;
    expression_columns(e->a, e->what->text, e->what->statement, first, last, &open, &columns);
    return columns.n == 1 ? columns.at[0] : STR_NONE;
}

struct str fix_name(struct eval *e, struct str kind)
{
    const struct kind *k = find(kind);
    const struct relation *table = capture_relation(e->what, e->catalog, "table");
    struct name_list columns = {0};
    struct str addition = STR_NONE;
    if (!k || !table) {
        return STR("");
    }
    for (size_t i = 0; i < countof(k->of) && k->of[i] && columns.n == 0; i++) {
        const struct term capture = {.kind = TERM_CAPTURE, .text = str_of(k->of[i])};
        size_t first, last;
        if (strcmp(k->of[i], "check") != 0) {
            term_names(e, &capture, &columns);
            addition = name_join(e->a, &columns);
        } else if (term_tokens(e, &capture, &first, &last)) {
            addition = fix_name_check_column(e, table, first, last);
        }
    }
    return fix_name_of(e, table, addition, kind);
}
