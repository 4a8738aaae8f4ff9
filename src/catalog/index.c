#include "catalog/index.h"

#include "catalog/expression.h"
#include "catalog/names.h"
#include "catalog/replay_parts.h"

/* The key's part of a made-up name: numbered when an earlier one has it. */
static void add_label(struct catalog *c, struct index_spec *spec, struct str label)
{
    struct str unique = label;
    for (unsigned n = 1; name_list_has(&spec->labels, unique); n++) {
        const struct str number = arena_printf(c->arena, "%u", n);
        unique = arena_printf(c->arena, "%.*s%.*s", STR_ARG(str_slice(label, 0, (size_t)NAME_MAX_BYTES - number.n)),
                              STR_ARG(number));
    }
    *vec_push(&c->scratch, &spec->labels) = unique;
}

void index_spec_add(struct catalog *c, struct index_spec *spec, struct str column, bool included)
{
    *vec_push(&c->scratch, &spec->columns) = (struct index_column){.name = column, .included = included};
    if (!name_list_has(&spec->mentions, column)) {
        *vec_push(c->arena, &spec->mentions) = column;
    }
    add_label(c, spec, column);
}

/* Behind the key: [COLLATE x] [opclass [( … )]] [ASC | DESC] [NULLS FIRST | LAST] [WITH operator]. */
static void read_options(struct reader *rd, struct index_column *col)
{
    struct str schema;
    if (rd_take(rd, KW_COLLATE)) {
        (void)rd_qualified_any(rd, &schema, &col->collation);
    }
    if (!rd_is(rd, KW_ASC) && !rd_is(rd, KW_DESC) && !rd_is(rd, KW_NULLS) && !rd_is(rd, KW_WITH) &&
        !rd_is_self(rd, ',')) {
        (void)rd_qualified_any(rd, &schema, &col->opclass);
    }
}

/* One element in [first, last). */
static bool read_element(struct reader *whole, size_t first, size_t last, const struct relation *r,
                         struct index_spec *spec)
{
    struct catalog *c = whole->c;
    struct reader rd = rd_part(whole, first, last);
    struct index_column col = {0};
    struct str schema, name;
    size_t from, to;
    if (rd_parens(&rd, &from, &to)) {
        struct str lone_schema, lone;
        struct reader inner = rd_part(&rd, from, to);
        while (rd_is_self(&inner, '(') && expression_strip(rd.st, inner.i, inner.end).first > inner.i) {
            const struct span s = expression_strip(rd.st, inner.i, inner.end);
            inner = rd_part(&rd, s.first, s.last);
        }
        if (rd_qualified(&inner, &lone_schema, &lone) && rd_done(&inner)) {
            col.name = lone;
        }
    } else if (rd_qualified_any(&rd, &schema, &name)) {
        if (rd_parens(&rd, &from, &to)) {
            from = first;
            to = rd.i;
        } else {
            col.name = name;
        }
    } else {
        return false;
    }
    if (col.name.n > 0) {
        if (!name_list_has(&spec->mentions, col.name)) {
            *vec_push(c->arena, &spec->mentions) = col.name;
        }
        add_label(c, spec, col.name);
    } else {
        col.expression = expression_canonical(c->arena, rd.text, rd.st, from, to);
        expression_columns(c->arena, rd.text, rd.st, from, to, r, &spec->mentions);
        add_label(c, spec, expression_label(c->arena, rd.text, rd.st, from, to));
    }
    read_options(&rd, &col);
    *vec_push(&c->scratch, &spec->columns) = col;
    return true;
}

bool index_read_elements(struct reader *rd, const struct relation *r, struct index_spec *spec)
{
    size_t first, last;
    if (!rd_parens(rd, &first, &last)) {
        return false;
    }
    while (first < last) {
        const size_t comma = rd_comma(rd, first, last);
        if (spec->columns.n >= INDEX_MAX_KEYS || !read_element(rd, first, comma, r, spec)) {
            return false;
        }
        first = comma + 1;
    }
    return spec->columns.n > 0;
}

bool index_read_include(struct reader *rd, struct index_spec *spec)
{
    struct name_list names;
    if (!rd_name_list(rd, &names)) {
        return false;
    }
    if (spec->columns.n + names.n > INDEX_MAX_KEYS) {
        return false;
    }
    for (size_t i = 0; i < names.n; i++) {
        index_spec_add(rd->c, spec, names.at[i], true);
    }
    return true;
}

static struct str choose_name(struct catalog *c, const struct relation *r, const struct index_spec *spec)
{
    const bool primary = spec->primary && strcmp(spec->label, "pkey") == 0;
    const struct str addition = primary ? STR_NONE : name_join(c->arena, &spec->labels);
    const enum name_use use = strcmp(spec->label, "idx") == 0 ? NAME_RELATION : NAME_BOTH;
    return name_choose(c, r->schema, r->name, addition, spec->label, use);
}

static struct relation *make_index(struct reader *rd, struct relation *r, const struct index_spec *spec)
{
    struct catalog *c = rd->c;
    const struct str name = spec->name.n > 0 ? spec->name : choose_name(c, r, spec);
    for (size_t i = 0; r->complete && i < spec->mentions.n; i++) {
        if (!relation_column(r, spec->mentions.at[i])) {
            return NULL;
        }
    }
    struct name_list keys = {0};
    for (size_t i = 0; spec->unique && i < spec->columns.n; i++) {
        if (spec->columns.at[i].name.n > 0 && !spec->columns.at[i].included) {
            *vec_push(&c->scratch, &keys) = spec->columns.at[i].name;
        }
    }
    if (spec->unique && !partition_key_covered(rd, r, &keys)) {
        return NULL;
    }
    const struct relation *same = catalog_relation(c, r->schema, name);
    if (same && same->exists == TRI_YES) {
        return NULL;
    }
    struct relation *index =
        catalog_add(c, r->schema, name, r->kind == REL_PARTITIONED ? REL_PARTITIONED_INDEX : REL_INDEX, rd->at);
    index->table = r;
    index->unique = spec->unique;
    index->primary = spec->primary;
    index->nulls_not_distinct = spec->nulls_not_distinct;
    index->valid = spec->valid;
    index->access_method = spec->access_method.n > 0 ? spec->access_method : STR("btree");
    index->tablespace = spec->tablespace;
    index->temporary = r->temporary;
    index->loaded = r->loaded;
    index->predicate = spec->predicate;
    index->index_columns.n = index->index_columns.cap = spec->columns.n;
    index->index_columns.at = arena_array(c->arena, struct index_column, spec->columns.n);
    memcpy(index->index_columns.at, spec->columns.at, spec->columns.n * sizeof spec->columns.at[0]);
    index->mentions.n = index->mentions.cap = spec->mentions.n;
    index->mentions.at = arena_array(c->arena, struct str, spec->mentions.n);
    for (size_t i = 0; i < spec->mentions.n; i++) {
        index->mentions.at[i] = spec->mentions.at[i];
    }
    *vec_push(c->arena, &r->indexes) = index;
    return index;
}

static bool same_index(const struct relation *a, const struct relation *b)
{
    if (a->unique != b->unique || a->index_columns.n != b->index_columns.n || !str_eq(a->predicate, b->predicate) ||
        !str_eq(a->access_method, b->access_method)) {
        return false;
    }
    for (size_t i = 0; i < a->index_columns.n; i++) {
        const struct index_column *x = &a->index_columns.at[i], *y = &b->index_columns.at[i];
        if (!str_eq(x->name, y->name) || !str_eq(x->expression, y->expression) || x->included != y->included ||
            !str_eq(x->collation, y->collation) || !str_eq(x->opclass, y->opclass)) {
            return false;
        }
    }
    return true;
}

/*
 * The partition's own index that can become a part of the parent's, if there is one. CREATE INDEX on the parent takes an
 * invalid one, too, and is invalid then; ATTACH PARTITION passes it over.
 */
static struct relation *equal_index(const struct relation *parent_index, const struct relation *partition,
                                    bool take_invalid)
{
    for (size_t i = 0; i < partition->indexes.n; i++) {
        struct relation *index = partition->indexes.at[i];
        const bool constrained = parent_index->constraint != NULL;
        if (index->parents.n == 0 && (index->valid || take_invalid) && same_index(parent_index, index) &&
            (!constrained || (index->constraint && index->constraint->kind == parent_index->constraint->kind))) {
            return index;
        }
    }
    return NULL;
}

static void index_to_partition(struct reader *rd, struct relation *parent_index, struct relation *partition,
                               bool take_invalid)
{
    for (size_t i = 0; i < partition->indexes.n; i++) {
        const struct relation_list *parents = &partition->indexes.at[i]->parents;
        if (parents->n > 0 && parents->at[0] == parent_index) {
            return;
        }
    }
    struct relation *index = equal_index(parent_index, partition, take_invalid);
    const bool had = index != NULL;
    if (!had) {
        struct index_spec spec = index_spec_of(rd->c, parent_index);
        spec.only = true;
        index = make_index(rd, partition, &spec);
        if (!index) {
            return;
        }
        if (parent_index->constraint) {
            const struct constraint *from = parent_index->constraint;
            struct constraint *con = arena_new(rd->c->arena, struct constraint);
            *con = *from;
            con->name = index->name;
            con->index = index;
            con->inherited = true;
            con->made = rd->at;
            relation_add_constraint(rd->c, partition, con);
        }
    } else if (index->constraint) {
        index->constraint->inherited = true;
    }
    relation_add_child(rd->c, parent_index, index);
    parent_index->valid = parent_index->valid && index->valid;
    /* An index that was there stands as it is, with or without parts of its own. */
    for (size_t i = 0; !had && i < partition->children.n; i++) {
        index_to_partition(rd, index, partition->children.at[i], take_invalid);
    }
}

void index_clone_to_partition(struct reader *rd, struct relation *parent, struct relation *partition)
{
    for (size_t i = 0; i < parent->indexes.n; i++) {
        index_to_partition(rd, parent->indexes.at[i], partition, false);
    }
}

struct relation *index_apply(struct reader *rd, struct relation *r, const struct index_spec *spec)
{
    struct relation *index = make_index(rd, r, spec);
    if (!index || spec->only || r->kind != REL_PARTITIONED) {
        if (index && spec->only && r->kind == REL_PARTITIONED && r->children.n > 0) {
            index->valid = false; /* until every partition's index is attached */
        }
        return index;
    }
    for (size_t i = 0; i < r->children.n; i++) {
        index_to_partition(rd, index, r->children.at[i], true);
    }
    return index;
}

struct index_spec index_spec_of(struct catalog *c, const struct relation *index)
{
    const struct constraint *con = index->constraint;
    struct index_spec spec = {
        .label = !con                       ? "idx"
                 : con->kind == CON_PRIMARY ? "pkey"
                 : con->kind == CON_EXCLUDE ? "excl"
                                            : "key",
        .unique = index->unique,
        .primary = index->primary,
        .nulls_not_distinct = index->nulls_not_distinct,
        .valid = true,
        .access_method = index->access_method,
        .predicate = index->predicate,
        .mentions = index->mentions,
    };
    for (size_t i = 0; i < index->index_columns.n; i++) {
        const struct index_column *col = &index->index_columns.at[i];
        *vec_push(&c->scratch, &spec.columns) = *col;
        if (col->name.n > 0) {
            add_label(c, &spec, col->name);
        } else {
            const struct statement st = expression_lex(c->arena, col->expression);
            add_label(c, &spec, expression_label(c->arena, col->expression, &st, 0, st.n_tokens));
        }
    }
    return spec;
}

struct relation *index_equal(struct reader *rd, const struct relation *r, const struct index_spec *spec)
{
    struct relation *like = arena_new(rd->c->arena, struct relation);
    like->unique = spec->unique;
    like->nulls_not_distinct = spec->nulls_not_distinct;
    like->access_method = spec->access_method.n > 0 ? spec->access_method : STR("btree");
    like->predicate = spec->predicate;
    like->index_columns.at = spec->columns.at;
    like->index_columns.n = spec->columns.n;
    return equal_index(like, r, true);
}

bool index_has_part(const struct relation *parent_index, const struct relation *partition)
{
    return equal_index(parent_index, partition, false) != NULL;
}
