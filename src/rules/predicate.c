#include "rules/facts.h"

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

/* ---- about relations -------------------------------------------------------------------------------------------- */

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
    /* IF NOT EXISTS of a table that none of the earlier files ever mentioned makes it; of the first file nobody can tell. */
    return tri_of(made_in_file(e, r->made) && (!r->maybe_older || e->at.file > 1));
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

/*
 * CREATE without IF NOT EXISTS succeeds only where nothing of the name is there: what it would do otherwise is of
 * no interest.
 */
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

/* ---- the table -------------------------------------------------------------------------------------------------- */

static const struct predicate predicates[] = {
    {"captured", "w", ask_captured, NULL, "did the capture take part"},
    {"mentions", "cw", ask_mentions, NULL, "does the word stand in the capture"},
    {"says", "w", ask_says, NULL, "does the word stand anywhere in the statement"},
    {"directive", "w", ask_directive, NULL,
     "does this directive stand before the statement (backfill, whole, shadow, timeout), or does it run in batches by "
     "itself"},
    {"server", "", NULL, ask_server, "the server's major version"},
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
    {"in_transaction", "", ask_in_transaction, NULL, "runs in a transaction block with other statements"},
    {"holds", "r", ask_holds, NULL, "the transaction already keeps writers from it (not: tables new in the file)"},
    {"holds_any", "", ask_holds, NULL, "the transaction already keeps writers from some table that is not new"},
    {"holds_exclusive", "?r", ask_holds_exclusive, NULL,
     "it already keeps readers from it, or from any table that is not new"},
    {"adds_used_label", "", ask_adds_used_label, NULL, "uses an enum label that its own transaction added"},
    {"rewrites", "?r", ask_rewrites, NULL, "copies it, or any table, whole"},
    {"scans", "?r", ask_scans, NULL, "reads it, or any table, whole"},
    {"constant", "c", ask_constant, NULL, "nothing but literals, with casts and parentheses"},
    {"always_true", "c", ask_always_true, NULL, "TRUE, or a constant compared with itself: 1 = 1"},
    {"known_type", "c", known_type, NULL, "it is known whether the type is a domain with a constraint"},
    {"type_change_scans", "rcc", type_change_scans, NULL,
     "a type change without a rewrite still reads the table: a CHECK or an index mentions the column"},
    {"new_type", "c", new_type, NULL, "the type was made earlier in this file"},
    {"volatile", "c", ask_is_volatile, NULL, "the expression calls something volatile"},
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
    {"has_constraint", "rc", ask_has_constraint, NULL, "there is a constraint of that name"},
    {"trigger_function", "c", ask_trigger_function, NULL, "a function for triggers, which only the server calls"},
    {"foreign_key", "rc", foreign_key, NULL, "the constraint of that name is a foreign key"},
    {"valid", "rc", valid_constraint, NULL, "the constraint of that name is validated"},
    {"unique_index_on", "rc", unique_index_on, NULL, "a unique index has just these columns"},
    {"uses_access_method", "rc", uses_access_method, NULL, "the table has this access method"},
    {"has_trigger", "rc", ask_has_trigger, NULL, "the table has a trigger of that name"},
    {"has_row_triggers", "r", ask_has_row_triggers, NULL, "the table has a trigger FOR EACH ROW"},
    {"has_policy", "rc", ask_has_policy, NULL, "the table has a policy of that name"},
    {"has_rule", "rc", ask_has_rule, NULL, "the table has a rule of that name"},
    {"identity", "rc", ask_identity, NULL, "the column is an identity column"},
    {"declared_not_null", "rc", ask_declared_not_null, NULL, "the columns are all declared NOT NULL"},
    {"uses_tablespace", "rc", ask_uses_tablespace, NULL, "it is in this tablespace"},
    {"has_owner", "rc", ask_has_owner, NULL, "this role owns it already"},
    {"lacks_indexes", "rr", ask_lacks_indexes, NULL,
     "the partitioned table has an index that the partition has no equal of"},
    {"volatile_domain", "c", ask_volatile_domain, NULL, "the type is a domain with a volatile default"},
    {"domain_not_null", "c", ask_domain_not_null, NULL, "the type is a domain that is NOT NULL"},
    {"bound_proven", "rr", bound_proven, NULL, "a valid CHECK of the partition implies the bound it is attached with"},
    {"phrase", "ww?ww", ask_phrase, NULL, "do these words stand in the statement, one behind the other"},
    {"option", "ww", ask_option, NULL, "WITH ( … ) gives this option this value; off stands for no, false and 0, too"},
    {"long_name", "", ask_long_name, NULL, "writes a name of more than 63 bytes"},
    {"quoted_name", "", ask_quoted_name, NULL, "writes a name that needs its quotes"},
    {"qualified", "c", ask_qualified, NULL, "the name is written with its schema"},
    {"selects_star", "", ask_selects_star, NULL, "a select list has a *"},
    {"leading_wildcard", "", ask_leading_wildcard, NULL, "LIKE or ILIKE with a pattern that begins with %"},
    {"assigns_twice", "", ask_assigns_twice, NULL, "SET names a column twice"},
    {"sets", "w", ask_sets, NULL, "the statement gives this setting a value"},
    {"seconds_set", "w", NULL, ask_seconds_set, "the time that it gives this setting; no answer when it does not"},
    {"in_force", "w", ask_in_force, NULL, "the file set this setting before, and not to 0"},
    {"changes_history", "", ask_changes_history, NULL,
     "changes, locks or drops the tables or the schema where this program keeps the history of migrations (option "
     "schema)"},
    {"in_body", "", ask_in_body, NULL, "stands in the body of a DO block"},
    {"locks_more", "r", ask_locks_more, NULL, "another action of the same statement keeps writers from it"},
    {"ends_transaction", "", ask_ends_transaction, NULL,
     "DO or CALL that commits or rolls back, in a procedure that it calls, too"},
    {"unread_body", "", ask_unread_body, NULL, "part of the DO block's body cannot be judged; {unread} says what"},
    {"in_block", "", ask_in_block, NULL, "behind a BEGIN of the file"},
    {"left_to_file", "", ask_left_to_file, NULL, "--runner is a tool that leaves transactions to the file"},
    {"file_block", "", ask_file_block, NULL,
     "shares a transaction that the file asks for with what came before: BEGIN, transaction:true"},
    {"left_open", "", ask_left_open, NULL, "at the end of the file: nothing ended the transaction of this BEGIN"},
    {"first_statement", "", ask_first_statement, NULL, "the first of its part"},
    {"rollback", "", ask_rollback, NULL, "the statement is of a down part"},
    {"undone", "r?c", ask_undone, NULL,
     "in a down part: the up part of the same file made it; with a column: made that column"},
    {"undone_schema", "c", ask_undone_schema, NULL, "in a down part: the up part of the same file made this schema"},
    {"undone_by_nothing", "", ask_undone_by_nothing, NULL, "the file has markers, and no down part or an empty one"},
    {"file_has", "w?r", ask_file_has, NULL,
     "at the end of the file: a statement of this form, before or behind, locks it"},
    {"followed_by", "w?r", ask_followed_by, NULL,
     "at the end of the file: a later statement is of this form, - written _, and locks it"},
    {"altered_before", "r", ask_altered_before, NULL,
     "the statement before is an ALTER TABLE of it, in the same transaction"},
    {"reverses_lock_order", "", ask_reverses_lock_order, NULL, "an earlier file locked two tables the other way round"},
    {"upgrades_lock", "", ask_upgrades_lock, NULL,
     "asks for ACCESS EXCLUSIVE on a table that it holds a weaker lock on"},
    {"locks_second_table", "", ask_locks_second_table, NULL, "locks a second table against reads in one transaction"},
    {"platform", "w", ask_platform, NULL, "the server is run by this service: rds (Aurora too) or aurora"},
    {"managed_extension", "", ask_managed_extension, NULL, "the extension is among those of RDS and Aurora"},
    {"redundant_index", "r", ask_redundant_index, NULL,
     "asked after: an index that the statement made on it is the beginning of another"},
    {"wide_index", "r", ask_wide_index, NULL,
     "asked after: an index that it made has four columns or more and is not unique"},
    {"index_made_again", "r", ask_index_made_again, NULL,
     "at the end of the file: an index with the same first column was made behind its drop"},
    {"backs_constraint", "r", ask_backs_constraint, NULL, "the index is that of a constraint"},
    {"has_unique_index", "r", ask_has_unique_index, NULL, "has a unique index on plain columns over all rows"},
    {"foreign_key_indexed", "r", ask_foreign_key_indexed, NULL,
     "asked later: indexes begin with the columns of the foreign keys that the statement made"},
    {"key_types_differ", "r", ask_key_types_differ, NULL,
     "asked after: a foreign key that it made has another type than the key"},
    {"misses_partition_key", "r", ask_misses_partition_key, NULL,
     "a unique key that the statement writes lacks the partition key"},
    {"has_primary_key", "r", ask_has_primary_key, NULL, "has a primary key"},
    {"primary", "rc", ask_primary, NULL, "the constraint is a primary key, or called like one"},
    {"new_column", "rc", ask_new_column, NULL, "the column was made earlier in this file"},
    {"declares", "rw?ww", ask_declares, NULL,
     "asked after: it made a column of one of these built-in types (as pg_type names them; serial)"},
    {"padded", "r", ask_padded, NULL, "its columns' order wastes 8 bytes a row or more"},
    {"made_again", "r", ask_made_again, NULL, "asked later: something of that name is there"},
    {"function_made_again", "c", ask_function_made_again, NULL,
     "at the end of the file: a function of that name was made behind it"},
    {"used_before_made", "r", ask_used_before_made, NULL, "earlier statements worked on it, though none made it"},
    {"type_narrows", "rcc", ask_type_narrows, NULL,
     "the new type cannot hold all that the old one can, as far as both are known"},
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
