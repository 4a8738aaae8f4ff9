/* CREATE TABLE in all its forms. */
#include "catalog/expression.h"
#include "catalog/index.h"
#include "catalog/names.h"
#include "catalog/replay.h"
#include "catalog/replay_parts.h"

enum { MAX_COLUMNS = 1600 }; /* the server's */

/* LIKE source INCLUDING … */
struct like {
    struct relation *source;
    bool defaults, generated, identity, constraints, indexes;
};

struct build {
    struct relation *r;
    struct constraint_spec_list constraints;
    VEC(struct like) likes;
    VEC(struct column_read) columns; /* those that need a sequence */
    bool refused, unreadable;
};

static void add_column(struct reader *rd, struct build *b, struct column *col)
{
    if (b->r->columns.n >= MAX_COLUMNS) {
        b->refused = true;
    } else {
        *vec_push(rd->c->arena, &b->r->columns) = col;
    }
}

/* A column that a parent has too: what is said here is added to it. */
static void merge_column(struct column *into, const struct column_read *cr)
{
    into->local = into->local || cr->typed;
    into->not_null = into->not_null || cr->col.not_null;
    if (cr->col.has_default || cr->col.generated) {
        into->has_default = cr->col.has_default;
        into->default_sql = cr->col.default_sql;
        into->default_volatile = cr->col.default_volatile;
        into->generated = cr->col.generated;
    }
    if (cr->col.identity) {
        into->identity = cr->col.identity;
    }
}

static void build_column(struct reader *rd, struct build *b, struct column_read *cr)
{
    struct catalog *c = rd->c;
    struct column *col = relation_column(b->r, cr->col.name);
    if (col && (b->r->parents.n > 0 || !cr->typed) && !col->local) {
        merge_column(col, cr);
    } else if (col) {
        b->refused = true;
        return;
    } else if (cr->typed || !b->r->complete) {
        col = arena_new(c->arena, struct column);
        *col = cr->col;
        add_column(rd, b, col);
    } else {
        b->refused = true;
        return;
    }
    if (cr->serial || cr->col.identity) {
        *vec_push(&c->scratch, &b->columns) = *cr;
    }
    for (size_t i = 0; i < cr->constraints.n; i++) {
        *vec_push(&c->scratch, &b->constraints) = cr->constraints.at[i];
    }
}

/* Behind LIKE. */
static bool build_like(struct reader *rd, struct build *b)
{
    static const struct {
        enum keyword kw;
        size_t member;
    } options[] = {
        {KW_DEFAULTS, offsetof(struct like, defaults)}, {KW_GENERATED, offsetof(struct like, generated)},
        {KW_IDENTITY, offsetof(struct like, identity)}, {KW_CONSTRAINTS, offsetof(struct like, constraints)},
        {KW_INDEXES, offsetof(struct like, indexes)},
    };
    struct str schema, name;
    struct like like = {0};
    if (!rd_qualified(rd, &schema, &name)) {
        return false;
    }
    for (;;) {
        const bool including = rd_take(rd, KW_INCLUDING);
        if (!including && !rd_take(rd, KW_EXCLUDING)) {
            break;
        }
        for (size_t i = 0; i < countof(options); i++) {
            if (rd_is(rd, options[i].kw) || rd_is(rd, KW_ALL)) {
                *(bool *)((char *)&like + options[i].member) = including;
            }
        }
        rd->i++;
    }
    struct relation *source = catalog_mention(rd->c, schema, name, REL_UNKNOWN);
    if (source->exists == TRI_NO) {
        b->refused = true;
        return true;
    }
    source->exists = TRI_YES;
    like.source = source;
    b->unreadable = b->unreadable || !source->complete;
    for (size_t i = 0; i < source->columns.n; i++) {
        const struct column *from = source->columns.at[i];
        struct column *col = column_copy(rd->c, from);
        col->local = true;
        col->made = rd->at;
        const bool keep = from->generated ? like.generated : like.defaults;
        if (!keep) {
            col->has_default = false;
            col->default_sql = STR_NONE;
            col->default_volatile = TRI_NO;
        }
        col->generated = like.generated ? from->generated : 0;
        col->identity = like.identity ? from->identity : 0;
        if (col->identity) {
            *vec_push(&rd->c->scratch, &b->columns) = (struct column_read){.col = *col};
        }
        b->refused = b->refused || relation_column(b->r, col->name);
        add_column(rd, b, col);
    }
    *vec_push(&rd->c->scratch, &b->likes) = like;
    return rd_done(rd);
}

/* The body [first, last): columns, table constraints, LIKE. */
static void build_body(struct reader *rd, struct build *b, size_t first, size_t last, bool with_types)
{
    while (first < last && !b->refused) {
        const size_t comma = rd_comma(rd, first, last);
        struct reader part = rd_part(rd, first, comma);
        struct column_read cr;
        bool ok;
        if (rd_take(&part, KW_LIKE)) {
            ok = build_like(&part, b);
        } else if (constraint_starts(&part)) {
            struct constraint_spec spec = {0};
            ok = constraint_read_table(&part, b->r, &spec);
            if (ok) {
                *vec_push(&rd->c->scratch, &b->constraints) = spec;
            }
        } else {
            ok = column_read(&part, b->r, with_types, &cr);
            if (ok) {
                build_column(rd, b, &cr);
            }
        }
        b->unreadable = b->unreadable || !ok;
        first = comma + 1;
    }
}

static void inherit_constraints(struct reader *rd, struct relation *parent, struct relation *child)
{
    for (size_t i = 0; i < parent->constraints.n; i++) {
        const struct constraint *con = parent->constraints.at[i];
        struct constraint *same = relation_constraint(child, con->name);
        if (con->no_inherit || (con->kind != CON_CHECK && con->kind != CON_NOT_NULL)) {
            continue;
        }
        if (same) {
            same->inherited = true;
            continue;
        }
        struct constraint *copy = arena_new(rd->c->arena, struct constraint);
        *copy = *con;
        copy->inherited = true;
        copy->made = rd->at;
        relation_add_constraint(rd->c, child, copy);
    }
}

/* Columns of a parent, merged with what other parents gave. */
static void inherit_columns(struct reader *rd, struct build *b, struct relation *parent)
{
    for (size_t i = 0; i < parent->columns.n; i++) {
        const struct column *from = parent->columns.at[i];
        struct column *have = relation_column(b->r, from->name);
        if (have) {
            have->not_null = have->not_null || from->not_null;
            continue;
        }
        struct column *col = column_copy(rd->c, from);
        col->made = rd->at;
        if (!parent->partition_key.n) {
            col->identity = 0; /* only partitions share the parent's identity, since 17 */
        }
        if (col->identity && rd->c->server_version > 0 && rd->c->server_version < 17) {
            col->identity = 0;
        }
        add_column(rd, b, col);
    }
    b->unreadable = b->unreadable || !parent->complete;
}

/* INHERITS ( a, b ), behind the word. */
static bool build_inherits(struct reader *rd, struct build *b)
{
    struct str schema, name;
    if (!rd_take_self(rd, '(')) {
        return false;
    }
    do {
        if (!rd_qualified(rd, &schema, &name)) {
            return false;
        }
        struct relation *parent = catalog_mention(rd->c, schema, name, REL_TABLE);
        if (parent->exists == TRI_NO || parent == b->r) {
            b->refused = true;
            return true;
        }
        parent->exists = TRI_YES;
        inherit_columns(rd, b, parent);
        relation_add_child(rd->c, parent, b->r);
    } while (rd_take_self(rd, ','));
    return rd_take_self(rd, ')');
}

/* WITH ( … ), TABLESPACE x, PARTITION BY …: any order, up to the end or AS. */
static void build_options(struct reader *rd, struct build *b)
{
    struct relation *r = b->r;
    size_t first, last;
    struct str name;
    while (!rd_done(rd)) {
        if (rd_take2(rd, KW_PARTITION, KW_BY)) {
            if (!partition_key_read(rd, r)) {
                b->unreadable = true;
                return;
            }
        } else if (rd_take(rd, KW_USING)) {
            (void)rd_name(rd, &r->access_method);
        } else if (rd_take(rd, KW_TABLESPACE)) {
            (void)rd_name(rd, &r->tablespace);
        } else if (rd_take2(rd, KW_WITHOUT, KW_OIDS)) {
            continue;
        } else if (rd_take3(rd, KW_ON, KW_COMMIT, KW_DROP)) {
            *vec_push(rd->c->arena, &rd->c->on_commit_drop) = r;
            rd->c->commit_transaction = rd->at.transaction;
        } else if (rd_take2(rd, KW_ON, KW_COMMIT)) {
            rd->i += 2; /* DELETE ROWS, PRESERVE ROWS */
        } else if (rd_take(rd, KW_SERVER)) {
            (void)rd_name(rd, &name);
        } else if (!(rd_take(rd, KW_WITH) || rd_take(rd, KW_OPTIONS)) || !rd_parens(rd, &first, &last)) {
            b->unreadable = true;
            return;
        }
    }
}

/* As LIKE does: valid, whatever the source's is. */
static void copy_constraint(struct reader *rd, struct relation *r, const struct constraint *con)
{
    struct constraint *copy = arena_new(rd->c->arena, struct constraint);
    *copy = *con;
    copy->inherited = false;
    copy->valid = con->enforced;
    copy->made = rd->at;
    relation_add_constraint(rd->c, r, copy);
}

/* NOT NULL constraints come with any LIKE, by their own names. */
static void like_not_null(struct reader *rd, struct relation *r, const struct relation *source)
{
    for (size_t i = 0; names_not_null(rd->c) && i < source->constraints.n; i++) {
        const struct constraint *con = source->constraints.at[i];
        if (con->kind == CON_NOT_NULL) {
            struct column *col = relation_column(r, con->columns.at[0]);
            col->not_null = true;
            copy_constraint(rd, r, con);
        }
    }
}

static void copy_like(struct reader *rd, struct build *b, const struct like *like)
{
    for (size_t i = 0; i < like->source->constraints.n; i++) {
        const struct constraint *con = like->source->constraints.at[i];
        if (con->kind == CON_CHECK && like->constraints) {
            copy_constraint(rd, b->r, con);
        }
    }
    for (size_t i = 0; like->indexes && i < like->source->indexes.n; i++) {
        const struct relation *from = like->source->indexes.at[i];
        struct index_spec spec = index_spec_of(rd->c, from);
        struct relation *index = index_apply(rd, b->r, &spec);
        if (index && from->constraint) {
            struct constraint *con = arena_new(rd->c->arena, struct constraint);
            *con = *from->constraint;
            con->name = index->name;
            con->index = index;
            con->inherited = false;
            con->made = rd->at;
            relation_add_constraint(rd->c, b->r, con);
        }
    }
}

/* Of the constraints in the order written, those of some kinds; the order over all is the server's. */
static void apply_kinds(struct reader *rd, struct build *b, unsigned kinds)
{
    for (size_t i = 0; i < b->constraints.n && !b->refused; i++) {
        struct constraint_spec spec = b->constraints.at[i];
        if ((kinds >> spec.kind & 1) == 0) {
            continue;
        }
        constraint_spec_settle(rd->c, b->r, &spec);
        spec.not_valid = false; /* a new table is empty: the server takes it as valid */
        b->refused = constraint_apply(rd, b->r, &spec) == REFUSED;
    }
}

static void finish(struct reader *rd, struct build *b)
{
    struct relation *r = b->r;
    struct catalog *c = rd->c;
    r->complete = !b->unreadable;
    for (size_t i = 0; i < b->columns.n; i++) {
        const struct column_read *cr = &b->columns.at[i];
        struct column *col = relation_column(r, cr->col.name);
        column_make_sequence(rd, r, col, cr->sequence_schema, cr->sequence);
    }
    constraint_specs_unite(&b->constraints);
    apply_kinds(rd, b, 1u << CON_CHECK);
    apply_kinds(rd, b, 1u << CON_NOT_NULL);
    for (size_t i = 0; i < r->parents.n; i++) {
        inherit_constraints(rd, r->parents.at[i], r);
    }
    for (size_t i = 0; i < b->likes.n; i++) {
        like_not_null(rd, r, b->likes.at[i].source);
    }
    for (size_t i = 0; names_not_null(c) && i < r->columns.n; i++) {
        if (r->columns.at[i]->not_null) {
            column_set_not_null(rd, r, r->columns.at[i], STR_NONE);
        }
    }
    for (size_t i = 0; i < b->likes.n; i++) {
        copy_like(rd, b, &b->likes.at[i]);
    }
    if (r->is_partition) {
        index_clone_to_partition(rd, r->parents.at[0], r);
    }
    apply_kinds(rd, b, 1u << CON_PRIMARY);
    apply_kinds(rd, b, 1u << CON_UNIQUE | 1u << CON_EXCLUDE);
    const struct relation *parent = r->is_partition ? r->parents.at[0] : NULL;
    for (size_t i = 0; parent && i < parent->constraints.n; i++) {
        if (parent->constraints.at[i]->kind == CON_FOREIGN) {
            foreign_to_partition(rd, parent->constraints.at[i], r);
        }
    }
    apply_kinds(rd, b, 1u << CON_FOREIGN);
    if (b->refused) {
        catalog_drop(c, r);
    }
}

/* Where AS of CREATE TABLE … AS stands, or end. */
static size_t find_as(const struct reader *rd)
{
    struct reader ahead = *rd;
    size_t first, last;
    while (!rd_done(&ahead) && !rd_is(&ahead, KW_AS)) {
        if (!rd_parens(&ahead, &first, &last)) {
            ahead.i++;
        }
    }
    return ahead.i;
}

/* The columns of a query nobody evaluates: only the names that are written. */
static void build_as(struct reader *rd, struct relation *r)
{
    r->complete = false;
    r->loaded = rd->end >= 3 && statement_is(rd->st, rd->end - 2, KW_NO) && statement_is(rd->st, rd->end - 1, KW_DATA)
                    ? TRI_NO
                    : TRI_YES;
}

static struct relation *begin(struct reader *rd, struct table_flags flags, bool if_not_exists)
{
    struct str schema, name;
    if (!rd_qualified(rd, &schema, &name)) {
        return NULL;
    }
    const struct new_relation want = {schema, name, flags.foreign ? REL_FOREIGN : REL_TABLE, if_not_exists,
                                      flags.temporary};
    struct relation *r = rd_create_relation(rd, &want);
    if (r) {
        r->unlogged = flags.unlogged;
    }
    return r;
}

/* Behind PARTITION OF or OF: the parent or type. NULL: refused. */
static struct relation *read_origin(struct reader *rd)
{
    struct str schema, name;
    if (!rd_qualified(rd, &schema, &name)) {
        return NULL;
    }
    struct relation *from = catalog_mention(rd->c, schema, name, REL_UNKNOWN);
    if (from->exists == TRI_NO) {
        return NULL;
    }
    from->exists = TRI_YES;
    return from;
}

void replay_create_table(struct reader *rd, struct table_flags flags)
{
    struct build b = {.r = begin(rd, flags, rd_if_not_exists(rd))};
    size_t first, last;
    if (!b.r) {
        return;
    }
    const size_t as = find_as(rd);
    if (as < rd->end) {
        for (; rd->i < as; rd->i++) {
            if (rd_take3(rd, KW_ON, KW_COMMIT, KW_DROP)) {
                *vec_push(rd->c->arena, &rd->c->on_commit_drop) = b.r;
                rd->c->commit_transaction = rd->at.transaction;
            }
        }
        build_as(rd, b.r);
        return;
    }
    b.r->complete = false; /* while it is being read, any name may be a column's */
    const bool partition = rd_take2(rd, KW_PARTITION, KW_OF);
    const bool typed = !partition && rd_take(rd, KW_OF);
    struct relation *from = partition || typed ? read_origin(rd) : NULL;
    if (partition || typed) {
        from = from == b.r ? NULL : from;
        b.refused = !from;
        if (from) {
            b.r->row_type = typed ? from : NULL;
            inherit_columns(rd, &b, from);
            b.r->complete = from->complete;
        }
    }
    for (size_t i = 0; typed && from && i < b.r->columns.n; i++) {
        b.r->columns.at[i]->local = false;
    }
    const bool body = rd_parens(rd, &first, &last);
    if (body && rd_take(rd, KW_INHERITS)) { /* the parents' columns come first */
        b.unreadable = !build_inherits(rd, &b);
    }
    if (body && !b.refused) {
        build_body(rd, &b, first, last, !partition && !typed);
    }
    if (partition && from && !b.refused && !partition_attach(rd, from, b.r)) {
        b.unreadable = true;
    }
    b.unreadable = b.unreadable || !(body || partition || typed);
    build_options(rd, &b);
    for (size_t i = 0; typed && i < b.r->columns.n; i++) {
        b.r->columns.at[i]->local = true;
    }
    finish(rd, &b);
}

void replay_select_into(struct reader *rd)
{
    struct table_flags flags = {0};
    rd->i++;
    (void)(rd_take(rd, KW_LOCAL) || rd_take(rd, KW_GLOBAL));
    flags.temporary = rd_take(rd, KW_TEMPORARY) || rd_take(rd, KW_TEMP);
    flags.unlogged = rd_take(rd, KW_UNLOGGED);
    (void)rd_take(rd, KW_TABLE);
    struct relation *r = begin(rd, flags, false);
    if (r) {
        r->complete = false;
        r->loaded = TRI_YES;
    }
}
