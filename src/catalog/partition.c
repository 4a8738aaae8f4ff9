/* PARTITION BY and the bounds of partitions. */
#include "catalog/expression.h"
#include "catalog/replay_parts.h"

/* FOR VALUES … or DEFAULT. */
static bool read_bound(struct reader *rd, struct relation *partition)
{
    const size_t start = rd->i;
    if (rd_take(rd, KW_DEFAULT)) {
        partition->is_default_partition = true;
        partition->partition_bound = STR("DEFAULT");
        return true;
    }
    if (!rd_take2(rd, KW_FOR, KW_VALUES)) {
        return false;
    }
    size_t first, last;
    if (!rd_take(rd, KW_IN) && !rd_take(rd, KW_FROM) && !rd_take(rd, KW_WITH)) {
        return false;
    }
    if (!rd_parens(rd, &first, &last) || (rd_take(rd, KW_TO) && !rd_parens(rd, &first, &last))) {
        return false;
    }
    partition->partition_bound = expression_canonical(rd->c->arena, rd->text, rd->st, start, rd->i);
    return true;
}

bool partition_attach(struct reader *rd, struct relation *parent, struct relation *partition)
{
    if (!read_bound(rd, partition) || (partition->is_default_partition && parent->default_partition)) {
        partition->is_default_partition = false;
        partition->partition_bound = STR_NONE;
        return false;
    }
    relation_add_child(rd->c, parent, partition);
    partition->is_partition = partition->parents.n > 0;
    if (partition->is_default_partition && partition->is_partition) {
        parent->default_partition = partition;
    }
    return partition->is_partition;
}

bool partition_key_read(struct reader *rd, struct relation *r)
{
    static const char *const strategies[] = {"RANGE", "LIST", "HASH"};
    struct str strategy;
    size_t first, last;
    if (!rd_any_name(rd, &strategy) || !rd_parens(rd, &first, &last)) {
        return false;
    }
    const struct str key = expression_canonical(rd->c->arena, rd->text, rd->st, first, last);
    for (size_t i = 0; i < countof(strategies); i++) {
        if (str_eq_nocase(strategy, str_of(strategies[i]))) {
            r->kind = REL_PARTITIONED;
            r->partition_key = arena_printf(rd->c->arena, "%s ( %.*s )", strategies[i], STR_ARG(key));
            return true;
        }
    }
    return false;
}

bool partition_key_covered(struct reader *rd, const struct relation *r, const struct name_list *columns)
{
    struct name_list key = {0};
    if (r->kind != REL_PARTITIONED) {
        return true;
    }
    const struct statement st = expression_lex(rd->c->arena, r->partition_key);
    for (size_t i = 2; i < st.n_tokens; i++) { /* RANGE ( a, lower ( b ) ): no key can hold an expression */
        if (st.tokens[i].kind == TOK_SELF && st.tokens[i].keyword == '(') {
            return false;
        }
    }
    expression_columns(rd->c->arena, r->partition_key, &st, 1, st.n_tokens, r, &key);
    for (size_t i = 0; i < key.n; i++) {
        if (!name_list_has(columns, key.at[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < r->children.n; i++) {
        if (!partition_key_covered(rd, r->children.at[i], columns)) {
            return false;
        }
    }
    return true;
}
