#include "rules/facts.h"

#include "catalog/replay.h"

enum tri eval_unknown(struct eval *e, const struct relation *relation)
{
    if (!e->unknown_relation) {
        e->unknown_relation = relation;
    }
    return TRI_UNKNOWN;
}

bool made_in_file(const struct eval *e, struct origin made)
{
    return e->at.file > 0 && made.file == e->at.file && made.statement > 0;
}

bool made_in_transaction(const struct eval *e, struct origin made)
{
    return made_in_file(e, made) && made.transaction == e->at.transaction;
}

/* ---- about relations ----------------------------------------------------------------------------------------------- */

/* Yes when it holds for every relation of the first argument, no when it fails for one or the capture took no part. */
static enum tri all(struct eval *e, struct call call, enum tri (*one)(struct eval *, const struct relation *))
{
    struct relation_list list = {0};
    bool took_part;
    const bool whole = term_relations(e, call.arguments[0], &list, &took_part);
    if (!took_part) {
        return TRI_NO;
    }
    enum tri answer = whole ? TRI_YES : TRI_UNKNOWN;
    for (size_t i = 0; i < list.n && answer != TRI_NO; i++) {
        const enum tri this = one(e, list.at[i]);
        answer = tri_and(answer, this == TRI_UNKNOWN ? eval_unknown(e, list.at[i]) : this);
    }
    return answer;
}

static enum tri one_new(struct eval *e, const struct relation *r)
{
    return tri_of(made_in_file(e, r->made) && !r->maybe_older);
}

static enum tri is_new(struct eval *e, struct call call)
{
    return all(e, call, one_new);
}

static enum tri one_new_in_transaction(struct eval *e, const struct relation *r)
{
    return tri_of(made_in_transaction(e, r->made) && !r->maybe_older);
}

static enum tri is_new_in_transaction(struct eval *e, struct call call)
{
    return all(e, call, one_new_in_transaction);
}

enum tri relation_loaded(const struct eval *e, const struct relation *r)
{
    const bool idle = e->options && e->options->idle;
    const bool ours = r->made.statement > 0 && !r->maybe_older && (idle || made_in_file(e, r->made));
    return r->loaded == TRI_NO && !ours ? TRI_UNKNOWN : r->loaded;
}

static enum tri one_empty(struct eval *e, const struct relation *r)
{
    return tri_not(relation_loaded(e, r));
}

static enum tri is_empty(struct eval *e, struct call call)
{
    return all(e, call, one_empty);
}

static int64_t rows_of(const struct eval *e, const struct relation *r)
{
    return r->rows < 0 && relation_loaded(e, r) == TRI_NO ? 0 : r->rows;
}

static int64_t bytes_of(const struct eval *e, const struct relation *r)
{
    return r->bytes < 0 && relation_loaded(e, r) == TRI_NO ? 0 : r->bytes;
}

/* A partitioned table's rows are those of its partitions. */
static int64_t total(const struct eval *e, const struct relation *r,
                     int64_t (*of)(const struct eval *, const struct relation *))
{
    int64_t sum = of(e, r);
    struct relation_list parts = {0};
    if (r->kind != REL_PARTITIONED) {
        return sum;
    }
    relation_descendants(r, e->a, &parts);
    sum = sum > 0 ? sum : parts.n > 0 ? 0 : sum;
    for (size_t i = 0; i < parts.n && sum >= 0; i++) {
        sum = of(e, parts.at[i]) < 0 ? -1 : sum + of(e, parts.at[i]);
    }
    return sum;
}

static enum tri one_small(struct eval *e, const struct relation *r)
{
    const int64_t rows = total(e, r, rows_of), bytes = total(e, r, bytes_of);
    const int64_t max_rows = e->options ? e->options->small_rows : JUDGE_SMALL_ROWS;
    const int64_t max_bytes = e->options ? e->options->small_bytes : JUDGE_SMALL_BYTES;
    if (rows > max_rows || bytes > max_bytes) {
        return TRI_NO;
    }
    return rows < 0 ? TRI_UNKNOWN : TRI_YES;
}

static enum tri is_small(struct eval *e, struct call call)
{
    return all(e, call, one_small);
}

static enum tri sum_of(struct eval *e, struct call call, int64_t *n,
                       int64_t (*of)(const struct eval *, const struct relation *))
{
    struct relation_list list = {0};
    bool took_part;
    const bool whole = term_relations(e, call.arguments[0], &list, &took_part);
    *n = 0;
    for (size_t i = 0; i < list.n; i++) {
        const int64_t one = total(e, list.at[i], of);
        if (one < 0) {
            return eval_unknown(e, list.at[i]);
        }
        *n += one;
    }
    return took_part && !whole ? TRI_UNKNOWN : tri_of(took_part);
}

static enum tri rows(struct eval *e, struct call call, int64_t *n)
{
    return sum_of(e, call, n, rows_of);
}

static enum tri bytes(struct eval *e, struct call call, int64_t *n)
{
    return sum_of(e, call, n, bytes_of);
}

/* CREATE without IF NOT EXISTS succeeds only where nothing of the name is there: what it would do otherwise is of no interest. */
static bool creates_plainly(const struct eval *e)
{
    const struct statement *st = e->what->statement;
    if (!statement_is(st, 0, KW_CREATE)) {
        return false;
    }
    for (size_t i = 0; i + 2 < st->n_tokens && i < 8; i++) {
        if (statement_is(st, i, KW_IF) && statement_is(st, i + 1, KW_NOT) && statement_is(st, i + 2, KW_EXISTS)) {
            return false;
        }
    }
    return true;
}

static enum tri one_exists(struct eval *e, const struct relation *r)
{
    return r->exists == TRI_UNKNOWN && creates_plainly(e) ? TRI_NO : r->exists;
}

static enum tri exists(struct eval *e, struct call call)
{
    return all(e, call, one_exists);
}

static enum tri one_temporary(struct eval *e, const struct relation *r)
{
    (void)e;
    return tri_of(r->temporary);
}

static enum tri is_temporary(struct eval *e, struct call call)
{
    return all(e, call, one_temporary);
}

/* A flag that is certain when it is set, or when the relation is known whole. */
static enum tri flag(const struct eval *e, const struct relation *r, bool set)
{
    return set ? TRI_YES : relation_whole(e, r) || r->complete ? TRI_NO : TRI_UNKNOWN;
}

static enum tri one_unlogged(struct eval *e, const struct relation *r)
{
    return flag(e, r, r->unlogged);
}

static enum tri is_unlogged(struct eval *e, struct call call)
{
    return all(e, call, one_unlogged);
}

/* Hardly any table is: one that nothing shows to be partitioned, or a partition, counts as neither. */
static enum tri one_partitioned(struct eval *e, const struct relation *r)
{
    (void)e;
    return tri_of(r->kind == REL_PARTITIONED || r->kind == REL_PARTITIONED_INDEX);
}

static enum tri is_partitioned(struct eval *e, struct call call)
{
    return all(e, call, one_partitioned);
}

static enum tri one_partition(struct eval *e, const struct relation *r)
{
    (void)e;
    return tri_of(r->is_partition);
}

static enum tri is_partition(struct eval *e, struct call call)
{
    return all(e, call, one_partition);
}

static enum tri one_has_default(struct eval *e, const struct relation *r)
{
    return flag(e, r, r->default_partition != NULL);
}

static enum tri has_default_partition(struct eval *e, struct call call)
{
    return all(e, call, one_has_default);
}

static enum tri one_has_children(struct eval *e, const struct relation *r)
{
    return flag(e, r, r->children.n > 0);
}

static enum tri has_children(struct eval *e, struct call call)
{
    return all(e, call, one_has_children);
}

static enum tri one_view(struct eval *e, const struct relation *r)
{
    (void)e;
    return r->kind == REL_UNKNOWN ? TRI_UNKNOWN : tri_of(r->kind == REL_VIEW);
}

static enum tri is_view(struct eval *e, struct call call)
{
    return all(e, call, one_view);
}

static enum tri one_matview(struct eval *e, const struct relation *r)
{
    (void)e;
    return r->kind == REL_UNKNOWN ? TRI_UNKNOWN : tri_of(r->kind == REL_MATVIEW);
}

static enum tri is_matview(struct eval *e, struct call call)
{
    return all(e, call, one_matview);
}

static enum tri one_on_partitioned(struct eval *e, const struct relation *r)
{
    if (r->kind == REL_PARTITIONED_INDEX) {
        return TRI_YES;
    }
    return r->table ? one_partitioned(e, r->table) : TRI_NO;
}

static enum tri on_partitioned(struct eval *e, struct call call)
{
    return all(e, call, one_on_partitioned);
}

static enum tri any(struct eval *e, struct call call)
{
    struct relation_list list = {0};
    bool took_part;
    const bool whole = term_relations(e, call.arguments[0], &list, &took_part);
    return list.n > 0 ? TRI_YES : whole ? TRI_NO : TRI_UNKNOWN;
}

/* ---- about the transaction ------------------------------------------------------------------------------------------- */

static enum tri in_transaction(struct eval *e, struct call call)
{
    (void)call;
    if (!e->transaction || !e->statement) {
        return TRI_UNKNOWN;
    }
    return tri_of(!e->statement->alone && (e->transaction->shared || e->transaction->statements > 0));
}

/* An earlier statement of the transaction locked a table that is not new, as strongly as to block what `blocks` says. */
static enum tri held(struct eval *e, struct call call, enum lock_blocks blocks)
{
    struct relation_list list = {0};
    bool took_part = true;
    if (!e->transaction) {
        return TRI_UNKNOWN;
    }
    if (call.n > 0) {
        (void)term_relations(e, call.arguments[0], &list, &took_part);
    }
    for (size_t i = 0; i < e->transaction->held.n; i++) {
        const struct held_lock *h = &e->transaction->held.at[i];
        if (lock_blocks(h->mode) < blocks || relation_is_new(h->relation, e->at.file)) {
            continue;
        }
        for (size_t k = 0; k < list.n; k++) {
            if (list.at[k] == h->relation) {
                return TRI_YES;
            }
        }
        if (call.n == 0) {
            return TRI_YES;
        }
    }
    return TRI_NO;
}

static enum tri holds(struct eval *e, struct call call)
{
    return held(e, call, BLOCKS_WRITES);
}

static enum tri holds_exclusive(struct eval *e, struct call call)
{
    return held(e, call, BLOCKS_READS);
}

static enum tri adds_used_label(struct eval *e, struct call call)
{
    const struct statement *st = e->what->statement;
    (void)call;
    if (!e->transaction) {
        return TRI_UNKNOWN;
    }
    for (size_t k = 0; k < e->transaction->labels.n; k++) {
        for (size_t i = 0; i < st->n_tokens; i++) {
            if (st->tokens[i].kind == TOK_STRING &&
                str_eq(token_text(e->what->text, st->tokens[i]), e->transaction->labels.at[k])) {
                return TRI_YES;
            }
        }
    }
    return TRI_NO;
}

/* ---- about the statement ----------------------------------------------------------------------------------------------- */

static enum tri server(struct eval *e, struct call call, int64_t *n)
{
    (void)call;
    *n = e->server_version;
    return TRI_YES;
}

static enum tri captured(struct eval *e, struct call call)
{
    const struct term capture = {.kind = TERM_CAPTURE, .text = call.arguments[0]->text};
    return tri_of(term_shape(e, &capture).n > 0);
}

/* Is it one of the tokens, in either case? */
static bool word_in(struct str text, struct str word)
{
    for (size_t i = 0; i + word.n <= text.n; i++) {
        const bool starts = (i == 0 || text.p[i - 1] == ' ') && (i + word.n == text.n || text.p[i + word.n] == ' ');
        if (starts && str_starts_nocase(str_slice(text, i, text.n), word)) {
            return true;
        }
    }
    return false;
}

static enum tri mentions(struct eval *e, struct call call)
{
    return tri_of(word_in(term_shape(e, call.arguments[0]), call.arguments[1]->text));
}

static enum tri says(struct eval *e, struct call call)
{
    return tri_of(word_in(e->what->shape->text, call.arguments[0]->text));
}

static enum tri directive(struct eval *e, struct call call)
{
    for (size_t i = 0; e->statement && i < e->statement->directives.n; i++) {
        if (str_eq(str_of(directive_name(e->statement->directives.at[i].kind)), call.arguments[0]->text)) {
            return TRI_YES;
        }
    }
    return TRI_NO;
}

/* What is worked out of the form's effects, for hazards that rest on them. */
static enum tri has_effect(struct eval *e, struct call call, const struct relation_effect_list *effects)
{
    struct relation_list list = {0};
    bool took_part = true;
    enum tri answer = TRI_NO;
    if (call.n > 0) {
        (void)term_relations(e, call.arguments[0], &list, &took_part);
    }
    for (size_t i = 0; effects && i < effects->n; i++) {
        bool meant = call.n == 0;
        for (size_t k = 0; k < list.n; k++) {
            meant = meant || list.at[k] == effects->at[i].relation;
        }
        if (meant) {
            answer = tri_or(answer, effects->at[i].certain ? TRI_YES : eval_unknown(e, effects->at[i].relation));
        }
    }
    return answer;
}

static enum tri rewrites(struct eval *e, struct call call)
{
    return has_effect(e, call, e->effects ? &e->effects->rewrite : NULL);
}

static enum tri scans(struct eval *e, struct call call)
{
    return has_effect(e, call, e->effects ? &e->effects->scan : NULL);
}

static enum tri is_volatile(struct eval *e, struct call call)
{
    size_t first, last;
    if (!term_tokens(e, call.arguments[0], &first, &last)) {
        return TRI_NO;
    }
    return expression_volatile(e->catalog, e->what->text, e->what->statement, first, last);
}

/* Literals, and what only dresses them: casts, parentheses, signs, commas, TRUE and NULL. */
static bool is_literal(const struct statement *st, size_t i)
{
    const struct token t = st->tokens[i];
    switch ((enum token_kind)t.kind) {
    case TOK_STRING:
    case TOK_ESTRING:
    case TOK_USTRING:
    case TOK_NSTRING:
    case TOK_BITSTRING:
    case TOK_HEXSTRING:
    case TOK_DOLLAR:
    case TOK_INTEGER:
    case TOK_NUMERIC:
    case TOK_PARAM:
    case TOK_TYPECAST:
        return true;
    case TOK_SELF:
        return strchr("(),+-[]", t.keyword) != NULL;
    case TOK_WORD:
        return statement_is(st, i, KW_TRUE) || statement_is(st, i, KW_FALSE) || statement_is(st, i, KW_NULL) ||
               (i + 1 < st->n_tokens && st->tokens[i + 1].kind == TOK_STRING) || /* DATE '2026-01-01' */
               (i > 0 && st->tokens[i - 1].kind == TOK_TYPECAST);
    default:
        return false;
    }
}

static enum tri constant(struct eval *e, struct call call)
{
    size_t first, last;
    if (!term_tokens(e, call.arguments[0], &first, &last)) {
        return TRI_NO;
    }
    for (size_t i = first; i < last; i++) {
        if (!is_literal(e->what->statement, i)) {
            return TRI_NO;
        }
    }
    return TRI_YES;
}

/* ---- the table ----------------------------------------------------------------------------------------------------------- */

static const struct predicate predicates[] = {
    {"captured", "w", captured, NULL, "did the capture take part"},
    {"mentions", "cw", mentions, NULL, "does the word stand in the capture"},
    {"says", "w", says, NULL, "does the word stand anywhere in the statement"},
    {"directive", "w", directive, NULL,
     "does this directive stand before the statement: backfill, whole, shadow, timeout"},
    {"server", "", NULL, server, "the server's major version"},
    {"new", "r", is_new, NULL, "made earlier in this file"},
    {"new_in_transaction", "r", is_new_in_transaction, NULL, "made earlier in this transaction"},
    {"empty", "r", is_empty, NULL, "holds no row"},
    {"small", "r", is_small, NULL, "has few rows and bytes (options small_rows, small_bytes)"},
    {"rows", "r", NULL, rows, "how many rows it has, with its partitions"},
    {"bytes", "r", NULL, bytes, "how many bytes it has, with indexes and partitions"},
    {"exists", "r", exists, NULL, "is there"},
    {"any", "r", any, NULL, "does the selector yield anything"},
    {"temporary", "r", is_temporary, NULL, "is a temporary table"},
    {"unlogged", "r", is_unlogged, NULL, "is an unlogged table"},
    {"is_partitioned", "r", is_partitioned, NULL,
     "is a partitioned table or index (a table that nothing shows to be one is none)"},
    {"is_partition", "r", is_partition, NULL, "is a partition (likewise)"},
    {"has_default_partition", "r", has_default_partition, NULL, "has a default partition"},
    {"has_children", "r", has_children, NULL, "has partitions or inheritance children"},
    {"on_partitioned", "r", on_partitioned, NULL, "is an index of a partitioned table (likewise)"},
    {"is_view", "r", is_view, NULL, "is a view"},
    {"is_matview", "r", is_matview, NULL, "is a materialized view"},
    {"in_transaction", "", in_transaction, NULL, "runs in a transaction block with other statements"},
    {"holds", "r", holds, NULL, "the transaction already keeps writers from it (not: tables new in the file)"},
    {"holds_any", "", holds, NULL, "the transaction already keeps writers from some table that is not new"},
    {"holds_exclusive", "?r", holds_exclusive, NULL,
     "it already keeps readers from it, or from any table that is not new"},
    {"adds_used_label", "", adds_used_label, NULL, "uses an enum label that its own transaction added"},
    {"rewrites", "?r", rewrites, NULL, "copies it, or any table, whole"},
    {"scans", "?r", scans, NULL, "reads it, or any table, whole"},
    {"constant", "c", constant, NULL, "nothing but literals, with casts and parentheses"},
    {"known_type", "c", known_type, NULL, "it is known whether the type is a domain with a constraint"},
    {"type_change_scans", "rcc", type_change_scans, NULL,
     "a type change without a rewrite still reads the table: a CHECK or an index mentions the column"},
    {"new_type", "c", new_type, NULL, "the type was made earlier in this file"},
    {"volatile", "c", is_volatile, NULL, "the expression calls something volatile"},
    {"serial", "c", serial_type, NULL, "the type is serial, bigserial or smallserial"},
    {"constrained_domain", "c", constrained_domain, NULL, "the type is a domain with a constraint"},
    {"type_change_free", "rcc", type_change_free, NULL, "the column can take this type without a rewrite"},
    {"plain_cast", "cc", plain_cast, NULL, "USING is the column itself or a plain cast of it"},
    {"virtual", "rc", virtual_column, NULL, "the column is generated and virtual"},
    {"proven_not_null", "rc", proven_not_null, NULL,
     "NOT NULL, a key or a valid CHECK shows that the columns hold no null"},
    {"proven_not_null_index", "rr", proven_not_null_index, NULL, "the same of the columns of an index"},
    {"in_key", "rc", in_key, NULL, "one of the columns is part of a primary key or unique index"},
    {"referenced_key", "rc", referenced_key, NULL, "foreign keys point to one of the columns"},
    {"foreign_key", "rc", foreign_key, NULL, "the constraint of that name is a foreign key"},
    {"valid", "rc", valid_constraint, NULL, "the constraint of that name is validated"},
    {"unique_index_on", "rc", unique_index_on, NULL, "a unique index has just these columns"},
    {"uses_access_method", "rc", uses_access_method, NULL, "the table has this access method"},
    {"bound_proven", "rr", bound_proven, NULL, "a valid CHECK of the partition implies the bound it is attached with"},
    {"default_bound_proven", "rr", default_bound_proven, NULL,
     "a valid CHECK keeps rows of the bound out of the default partition"},
};

const struct predicate *predicate_find(struct str name)
{
    for (size_t i = 0; i < countof(predicates); i++) {
        if (str_eq(name, str_of(predicates[i].name))) {
            return &predicates[i];
        }
    }
    return NULL;
}

const struct predicate *predicate_at(size_t i)
{
    return i < countof(predicates) ? &predicates[i] : NULL;
}
