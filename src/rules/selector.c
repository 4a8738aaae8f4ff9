#include "catalog/expression.h"
#include "rules/facts.h"

/* Run over the relations of the first argument; false when the catalog may not know all of any of them. */
static bool each(struct eval *e, struct call call, struct relation_list *out,
                 void (*visit)(struct eval *, struct relation *, struct relation_list *))
{
    struct relation_list from = {0};
    bool took_part, all = term_relations(e, call.arguments[0], &from, &took_part);
    for (size_t i = 0; i < from.n; i++) {
        all = relation_whole(e, from.at[i]) && all;
        visit(e, from.at[i], out);
    }
    return all;
}

static void add_list(struct eval *e, const struct relation_list *list, struct relation_list *out)
{
    for (size_t i = 0; i < list->n; i++) {
        relation_list_add(e->a, out, list->at[i]);
    }
}

/* Is the relation that the term captures written as ONLY t? Then its partitions and children are left alone. */
static bool is_only(struct eval *e, const struct term *term, const struct relation *r)
{
    if (term->kind != TERM_CAPTURE || !classified_may_say(e->what, KW_ONLY)) {
        return false;
    }
    const struct str all = e->what->shape->text, text = term_shape(e, term);
    struct str rest = text, name, schema, last;
    bool only =
        text.n > 0 && text.p >= all.p + 5 && str_ends(str_slice(all, 0, (size_t)(text.p - all.p)), STR(" ONLY "));
    if (!only && str_find(text, STR("ONLY ")) == SIZE_MAX) {
        return false;
    }
    while (rest.n > 0) {
        only = only || str_starts(rest, STR("ONLY "));
        if (!term_next_listed(&rest, &name)) {
            break;
        }
        if (term_split_name(e->a, name, &schema, &last) && str_eq(last, r->name)) {
            return only;
        }
        only = false;
    }
    return only;
}

/* The same as each(), but for relations of which ONLY the table itself is meant. */
static bool each_tree(struct eval *e, struct call call, struct relation_list *out,
                      void (*visit)(struct eval *, struct relation *, struct relation_list *))
{
    struct relation_list from = {0};
    bool took_part, all = term_relations(e, call.arguments[0], &from, &took_part);
    for (size_t i = 0; i < from.n; i++) {
        if (!is_only(e, call.arguments[0], from.at[i])) {
            all = relation_whole(e, from.at[i]) && all;
            visit(e, from.at[i], out);
        }
    }
    return all;
}

static void visit_descendants(struct eval *e, struct relation *r, struct relation_list *out)
{
    struct relation_list list = {0};
    relation_descendants(r, e->a, &list);
    add_list(e, &list, out);
}

static bool select_descendants(struct eval *e, struct call call, struct relation_list *out)
{
    return each_tree(e, call, out, visit_descendants);
}

static bool select_all_descendants(struct eval *e, struct call call, struct relation_list *out)
{
    return each(e, call, out, visit_descendants);
}

/* The relations of the first argument, and their descendants unless ONLY says otherwise. */
static bool tree_of(struct eval *e, const struct term *term, struct relation_list *out)
{
    struct relation_list from = {0};
    bool took_part, all = term_relations(e, term, &from, &took_part);
    for (size_t i = 0; i < from.n; i++) {
        relation_list_add(e->a, out, from.at[i]);
        if (!is_only(e, term, from.at[i])) {
            visit_descendants(e, from.at[i], out);
        }
        all = all && relation_whole(e, from.at[i]);
    }
    return all;
}

static bool select_tree_indexes(struct eval *e, struct call call, struct relation_list *out)
{
    struct relation_list tree = {0};
    const bool all = tree_of(e, call.arguments[0], &tree);
    for (size_t i = 0; i < tree.n; i++) {
        add_list(e, &tree.at[i]->indexes, out);
    }
    return all;
}

/* Those with entries: the index of a partitioned table has none of its own. */
static bool select_stored_indexes(struct eval *e, struct call call, struct relation_list *out)
{
    struct relation_list tree = {0};
    const bool all = tree_of(e, call.arguments[0], &tree);
    for (size_t i = 0; i < tree.n; i++) {
        for (size_t k = 0; tree.at[i]->kind != REL_PARTITIONED && k < tree.at[i]->indexes.n; k++) {
            relation_list_add(e->a, out, tree.at[i]->indexes.at[k]);
        }
    }
    return all;
}

static void visit_partitions(struct eval *e, struct relation *r, struct relation_list *out)
{
    struct relation_list list = {0};
    relation_descendants(r, e->a, &list);
    for (size_t i = 0; i < list.n; i++) {
        if (list.at[i]->is_partition || list.at[i]->kind == REL_INDEX || list.at[i]->kind == REL_PARTITIONED_INDEX) {
            relation_list_add(e->a, out, list.at[i]);
        }
    }
}

static bool select_partitions(struct eval *e, struct call call, struct relation_list *out)
{
    return each_tree(e, call, out, visit_partitions);
}

static void visit_parent(struct eval *e, struct relation *r, struct relation_list *out)
{
    add_list(e, &r->parents, out);
}

static bool select_parent(struct eval *e, struct call call, struct relation_list *out)
{
    return each(e, call, out, visit_parent);
}

static void visit_partition_parent(struct eval *e, struct relation *r, struct relation_list *out)
{
    if (r->is_partition) {
        add_list(e, &r->parents, out);
    }
}

static bool select_partition_parent(struct eval *e, struct call call, struct relation_list *out)
{
    return each(e, call, out, visit_partition_parent);
}

static void visit_default(struct eval *e, struct relation *r, struct relation_list *out)
{
    if (r->default_partition) {
        relation_list_add(e->a, out, r->default_partition);
    }
}

static bool select_default(struct eval *e, struct call call, struct relation_list *out)
{
    return each(e, call, out, visit_default);
}

static void visit_indexes(struct eval *e, struct relation *r, struct relation_list *out)
{
    add_list(e, &r->indexes, out);
}

static bool select_indexes(struct eval *e, struct call call, struct relation_list *out)
{
    return each(e, call, out, visit_indexes);
}

static void visit_sequences(struct eval *e, struct relation *r, struct relation_list *out)
{
    for (size_t i = 0; i < r->columns.n; i++) {
        if (r->columns.at[i]->sequence) {
            relation_list_add(e->a, out, r->columns.at[i]->sequence);
        }
    }
}

static bool select_sequences(struct eval *e, struct call call, struct relation_list *out)
{
    return each(e, call, out, visit_sequences);
}

static void visit_table(struct eval *e, struct relation *r, struct relation_list *out)
{
    if (r->table) {
        relation_list_add(e->a, out, r->table);
    }
}

/* Which table an index or a sequence belongs to: known as soon as the index is. */
static bool select_table(struct eval *e, struct call call, struct relation_list *out)
{
    struct relation_list from = {0};
    bool took_part, all = term_relations(e, call.arguments[0], &from, &took_part);
    for (size_t i = 0; i < from.n; i++) {
        all = all && (from.at[i]->table || relation_whole(e, from.at[i]));
        visit_table(e, from.at[i], out);
    }
    return all;
}

/* ---- foreign keys ----------------------------------------------------------------------------------------------- */

static void visit_referenced(struct eval *e, struct relation *r, struct relation_list *out)
{
    for (size_t i = 0; i < r->constraints.n; i++) {
        const struct constraint *con = r->constraints.at[i];
        if (con->kind == CON_FOREIGN && con->referenced) {
            relation_list_add(e->a, out, con->referenced);
        }
    }
}

static bool select_referenced(struct eval *e, struct call call, struct relation_list *out)
{
    return each(e, call, out, visit_referenced);
}

static void visit_referencing(struct eval *e, struct relation *r, struct relation_list *out)
{
    struct constraint_list list = {0};
    relation_referencing(e->catalog, r, e->a, &list);
    for (size_t i = 0; i < list.n; i++) {
        relation_list_add(e->a, out, list.at[i]->table);
    }
}

static bool select_referencing(struct eval *e, struct call call, struct relation_list *out)
{
    return each(e, call, out, visit_referencing);
}

static bool any_of(const struct name_list *names, const struct name_list *of)
{
    for (size_t i = 0; i < names->n; i++) {
        if (name_list_has(of, names->at[i])) {
            return true;
        }
    }
    return false;
}

static bool linked(struct eval *e, struct call call, bool valid_only, struct relation_list *out)
{
    struct name_list columns = {0};
    struct constraint_list from_others = {0};
    struct relation *r = term_relation(e, call.arguments[0]);
    term_names(e, call.arguments[1], &columns);
    if (!r) {
        return true;
    }
    for (size_t i = 0; i < r->constraints.n; i++) {
        const struct constraint *con = r->constraints.at[i];
        if (con->kind == CON_FOREIGN && con->referenced && (con->valid || !valid_only) &&
            any_of(&columns, &con->columns)) {
            relation_list_add(e->a, out, con->referenced);
        }
    }
    relation_referencing(e->catalog, r, e->a, &from_others);
    for (size_t i = 0; i < from_others.n; i++) {
        if ((from_others.at[i]->valid || !valid_only) && any_of(&columns, &from_others.at[i]->referenced_columns)) {
            relation_list_add(e->a, out, from_others.at[i]->table);
        }
    }
    return relation_whole(e, r);
}

static bool select_linked(struct eval *e, struct call call, struct relation_list *out)
{
    return linked(e, call, false, out);
}

static bool select_linked_valid(struct eval *e, struct call call, struct relation_list *out)
{
    return linked(e, call, true, out);
}

/*
 * The constraint that the second argument names; *known is false when there may be one that the catalog does not
 * know.
 */
static struct constraint *constraint_of(struct eval *e, struct call call, bool *known)
{
    struct name_list names = {0};
    struct relation *r = term_relation(e, call.arguments[0]);
    term_names(e, call.arguments[1], &names);
    *known = true;
    if (!r || names.n == 0) {
        return NULL;
    }
    struct constraint *con = relation_constraint(r, names.at[0]);
    *known = con || relation_whole(e, r);
    return con;
}

static bool select_constraint_referenced(struct eval *e, struct call call, struct relation_list *out)
{
    bool known;
    const struct constraint *con = constraint_of(e, call, &known);
    struct relation *added = con ? NULL : added_foreign_key(e, call.arguments[1]);
    if (added || (con && con->referenced)) {
        relation_list_add(e->a, out, added ? added : con->referenced);
    }
    return known || added;
}

static bool select_constraint_index(struct eval *e, struct call call, struct relation_list *out)
{
    bool known;
    const struct constraint *con = constraint_of(e, call, &known);
    if (con && con->index) {
        relation_list_add(e->a, out, con->index);
    }
    return known;
}

static bool same_names(const struct name_list *a, const struct name_list *b)
{
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++) {
        same = name_list_has(b, a->at[i]);
    }
    return same;
}

static bool select_constraint_referencing(struct eval *e, struct call call, struct relation_list *out)
{
    bool known;
    struct constraint_list keys = {0};
    const struct constraint *con = constraint_of(e, call, &known);
    if (!con || (con->kind != CON_PRIMARY && con->kind != CON_UNIQUE)) {
        return known;
    }
    relation_referencing(e->catalog, con->table, e->a, &keys);
    for (size_t i = 0; i < keys.n; i++) {
        if (same_names(&keys.at[i]->referenced_columns, &con->columns)) {
            relation_list_add(e->a, out, keys.at[i]->table);
        }
    }
    return known && relation_whole(e, con->table);
}

/* ---- columns ---------------------------------------------------------------------------------------------------- */

/* And the generated columns that rest on them: CASCADE takes those too. */
static void with_generated(struct eval *e, const struct relation *r, struct name_list *columns)
{
    for (size_t i = 0; i < r->columns.n; i++) {
        const struct column *c = r->columns.at[i];
        for (size_t k = 0; c->generated && k < columns->n; k++) {
            if (!str_eq(c->name, columns->at[k]) && expression_names(e->a, c->default_sql, columns->at[k])) {
                expression_add_name(e->a, columns, c->name);
            }
        }
    }
}

static bool select_column_indexes(struct eval *e, struct call call, struct relation_list *out)
{
    struct name_list columns = {0};
    struct relation_list tree = {0};
    const bool whole = tree_of(e, call.arguments[0], &tree);
    term_names(e, call.arguments[1], &columns);
    for (size_t k = 0; k < tree.n; k++) {
        const struct relation *r = tree.at[k];
        with_generated(e, r, &columns);
        for (size_t i = 0; i < r->indexes.n; i++) {
            if (any_of(&columns, &r->indexes.at[i]->mentions)) {
                relation_list_add(e->a, out, r->indexes.at[i]);
            }
        }
    }
    return whole;
}

static bool select_column_sequence(struct eval *e, struct call call, struct relation_list *out)
{
    struct name_list columns = {0};
    struct relation *r = term_relation(e, call.arguments[0]);
    term_names(e, call.arguments[1], &columns);
    const struct column *column = r && columns.n > 0 ? relation_column(r, columns.at[0]) : NULL;
    if (column && column->sequence) {
        relation_list_add(e->a, out, column->sequence);
    }
    return !r || column || relation_whole(e, r);
}

/* t of t.c, s.t of s.t.c */
static bool select_column_table(struct eval *e, struct call call, struct relation_list *out)
{
    const struct str text = term_shape(e, call.arguments[0]);
    struct str rest = text, part, before = STR("");
    while (term_name_part(e->a, &rest, &part)) {
        if (rest.n > 0) {
            before = str_slice(text, 0, (size_t)(rest.p - text.p) - 1);
        }
    }
    struct relation *r = before.n > 0 ? term_mention(e, before, REL_UNKNOWN) : NULL;
    if (r) {
        relation_list_add(e->a, out, r);
    }
    return true;
}

/* ---- schemas and views ------------------------------------------------------------------------------------------ */

static bool holds_rows(const struct relation *r)
{
    return r->kind == REL_TABLE || r->kind == REL_PARTITIONED || r->kind == REL_MATVIEW;
}

static bool select_tables_in(struct eval *e, struct call call, struct relation_list *out)
{
    struct str rest = term_shape(e, call.arguments[0]), text, schema, name;
    while (term_next_listed(&rest, &text)) {
        if (!term_split_name(e->a, text, &schema, &name)) {
            continue;
        }
        const size_t before = out->n; /* none of what follows comes twice */
        for (size_t i = 0; i < e->catalog->all.n; i++) {
            struct relation *r = e->catalog->all.at[i];
            if (r->exists != TRI_NO && str_eq(r->schema, name) && (holds_rows(r) || r->kind == REL_UNKNOWN)) {
                relation_list_add_new(e->a, out, before, r);
            }
        }
    }
    return e->catalog->complete;
}

static bool select_sequences_in(struct eval *e, struct call call, struct relation_list *out)
{
    struct str rest = term_shape(e, call.arguments[0]), text, schema, name;
    while (term_next_listed(&rest, &text)) {
        if (!term_split_name(e->a, text, &schema, &name)) {
            continue;
        }
        const size_t before = out->n;
        for (size_t i = 0; i < e->catalog->all.n; i++) {
            struct relation *r = e->catalog->all.at[i];
            if (r->exists != TRI_NO && str_eq(r->schema, name) && r->kind == REL_SEQUENCE) {
                relation_list_add_new(e->a, out, before, r);
            }
        }
    }
    return e->catalog->complete;
}

static bool select_all_tables(struct eval *e, struct call call, struct relation_list *out)
{
    const struct term named = {.kind = TERM_CAPTURE, .text = call.n > 0 ? call.arguments[0]->text : STR("")};
    if (term_shape(e, &named).n > 0) {
        return true;
    }
    const size_t before = out->n;
    for (size_t i = 0; i < e->catalog->all.n; i++) {
        struct relation *r = e->catalog->all.at[i];
        if (r->exists != TRI_NO && holds_rows(r)) {
            relation_list_add_new(e->a, out, before, r);
        }
    }
    return e->catalog->complete;
}

static void visit_reads(struct eval *e, struct relation *r, struct relation_list *out)
{
    add_list(e, &r->reads, out);
}

static bool select_reads(struct eval *e, struct call call, struct relation_list *out)
{
    return each(e, call, out, visit_reads);
}

static void visit_read_by(struct eval *e, struct relation *r, struct relation_list *out)
{
    add_list(e, &r->read_by, out);
    for (size_t i = 0; i < out->n; i++) { /* views on views */
        add_list(e, &out->at[i]->read_by, out);
    }
}

static bool select_read_by(struct eval *e, struct call call, struct relation_list *out)
{
    return each(e, call, out, visit_read_by);
}

/* ---- the table -------------------------------------------------------------------------------------------------- */

static const struct selector selectors[] = {
    {"partitions", "r", select_partitions,
     "partitions at any depth, none of ONLY t; of a partitioned index the partitions' indexes"},
    {"descendants", "r", select_descendants, "partitions and inheritance children at any depth, none of ONLY t"},
    {"all_descendants", "r", select_all_descendants, "the same, also where ONLY is written"},
    {"tree_indexes", "r", select_tree_indexes, "its indexes and those of its descendants"},
    {"stored_indexes", "r", select_stored_indexes,
     "the same without those of partitioned tables, which have no entries"},
    {"partition_parent", "r", select_partition_parent, "the table that it is a partition of"},
    {"parent", "r", select_parent, "the tables that it is a partition or child of"},
    {"default_partition", "r", select_default, "its default partition"},
    {"indexes", "r", select_indexes, "its indexes"},
    {"sequences", "r", select_sequences, "sequences that its columns own"},
    {"index_table", "r", select_table, "the table of an index"},
    {"sequence_table", "r", select_table, "the table whose column owns a sequence"},
    {"referenced", "r", select_referenced, "tables that its foreign keys point to"},
    {"referencing", "r", select_referencing, "tables whose foreign keys point to it"},
    {"linked", "rc", select_linked, "both, for foreign keys that these columns take part in"},
    {"linked_valid", "rc", select_linked_valid, "the same without foreign keys that are NOT VALID"},
    {"constraint_referenced", "rc", select_constraint_referenced, "the table that this foreign key points to"},
    {"constraint_referencing", "rc", select_constraint_referencing, "tables whose foreign keys rest on this key"},
    {"constraint_index", "rc", select_constraint_index, "the index behind this constraint"},
    {"column_indexes", "rc", select_column_indexes, "indexes that mention one of these columns"},
    {"type_change_indexes", "rcc", select_type_change_indexes,
     "indexes that are built anew for the column's new type even without a rewrite"},
    {"column_sequence", "rc", select_column_sequence, "the sequence that this column owns"},
    {"column_table", "c", select_column_table, "the table in table.column"},
    {"tables_in", "c", select_tables_in, "tables and materialized views of these schemas"},
    {"sequences_in", "c", select_sequences_in, "sequences of these schemas"},
    {"all_tables", "?w", select_all_tables,
     "every table and materialized view; none when the capture of this name took part"},
    {"reads", "r", select_reads, "what a view reads"},
    {"read_by", "r", select_read_by, "views that read it, and views on those"},
    {"domain_users", "c", select_type_users, "tables with a column of this domain"},
    {"type_users", "c", select_type_users, "tables with a column of this type"},
    {"tables_of", "c", select_tables_of, "typed tables of this composite type"},
    {"type_view_users", "c", select_type_view_users, "views whose query mentions a column of this type or domain"},
    {"type_indexes", "c", select_type_indexes, "indexes on columns of this type or domain"},
    {"row_type", "c", select_row_type, "the relation that a composite type is"},
    {"inherited", "", select_inherited, "the tables that INHERITS ( … ) names"},
    {"view_users", "rc", select_view_users, "views whose query mentions one of these columns, and views on those"},
    {"function_users", "c", select_function_users,
     "tables and views with a trigger, default, CHECK, index or query that calls this function"},
    {"function_indexes", "c", select_function_indexes, "indexes whose expression or condition calls this function"},
    {"sequence_users", "r", select_sequence_users, "tables with a default that calls nextval() of it"},
    {"extension_users", "c", select_extension_users, "tables that use a type or operator class of these extensions"},
    {"extension_indexes", "c", select_extension_indexes, "indexes that do"},
    {"owned_by", "c", select_owned_by, "relations that these roles own"},
    {"granted_to", "c", select_granted_to,
     "relations that may have been granted to them (nothing tells: none, and said so)"},
    {"in_tablespace", "c", select_in_tablespace, "tables and materialized views in this tablespace"},
    {"indexes_in_tablespace", "c", select_indexes_in_tablespace, "indexes in this tablespace"},
    {"published", "", select_published, "tables that the statement names for a publication, and their children"},
    {"publication_tables", "c", select_publication_tables, "tables that this publication has now"},
    {"statistics_table", "c", select_statistics_table, "the tables of these statistics objects"},
    {"index_table_tree", "r", select_index_table_tree,
     "the tables of these indexes; of a partitioned index the partitions, too"},
    {"index_referencing", "r", select_index_referencing, "tables whose foreign keys rest on these indexes"},
    {"referencing_all", "r", select_referencing_all,
     "tables whose foreign keys point to it, those that point to these, and so on"},
    {"body_read", "", select_body_read, "relations that the body of a SQL function names to read"},
    {"body_changed", "", select_body_changed, "relations that it names to change"},
    {"behind_changed", "", select_behind_changed,
     "what the triggers, rules, functions and procedures that it runs change, with indexes and sequences"},
    {"behind_checked", "", select_behind_checked, "what they lock rows of, or look up for foreign keys"},
    {"behind_read", "", select_behind_read, "what they read"},
    {"functions_read", "c", select_functions_read, "relations that the SQL functions in this expression name to read"},
    {"index_targets", "r", select_index_targets, "the table and those partitions that the new index is to be built on"},
    {"index_matches", "r", select_index_matches, "indexes of partitions that the new index takes as they are"},
    {"named", "w", select_named, "every relation whose name the statement writes right behind this key word"},
    {"queried", "", select_queried, "relations that the statement's queries name to read (FROM, JOIN, USING)"},
    {"targets", "", select_targets, "relations that it names to change (INSERT INTO, UPDATE, DELETE FROM, MERGE INTO)"},
    {"opened", "?r", select_opened,
     "what running its queries opens to read, or these relations: the tables of views, partitions and children that "
     "the condition leaves"},
    {"row_locked", "", select_row_locked, "the same of relations whose rows are locked (FOR UPDATE and its kind)"},
    {"changed", "", select_changed, "the same of relations that it changes; partitions that constants in INSERT go to"},
    {"planned_indexes", "r", select_planned_indexes, "indexes that planning a query on them opens"},
    {"changed_indexes", "", select_changed_indexes, "indexes that planning its changes opens"},
    {"read_whole", "", select_read_whole,
     "relations that its queries read from end to end: no index serves the condition"},
    {"sequences_used", "?c", select_sequences_used,
     "sequences that it calls nextval() or setval() for, also by a default"},
    {"checked", "", select_checked, "tables that its new rows' foreign keys are looked up in"},
    {"referencing_looked_at", "", select_referencing_looked_at, "tables searched for rows that point to what goes"},
    {"referencing_changed", "", select_referencing_changed, "tables that ON DELETE and ON UPDATE actions change"},
    {"referencing_read", "", select_referencing_read, "those of them that no index helps to search"},
    {"ancestors", "r", select_ancestors, "the partitioned tables above a partition"},
};

const struct selector *selector_find(struct str name)
{
    for (size_t i = 0; i < countof(selectors); i++) {
        if (str_eq(name, str_of(selectors[i].name))) {
            return &selectors[i];
        }
    }
    return NULL;
}

const struct selector *selector_at(size_t i)
{
    return i < countof(selectors) ? &selectors[i] : NULL;
}
