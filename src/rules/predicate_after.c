/*
 * Predicates about what a statement, or the rest of its file, made of the catalog: of use in an `unless` that is asked
 * after the statement, at the end of the file or of the history.
 */
#include "catalog/replay.h"
#include "rules/facts.h"

/* Made by the statement that is asked about? */
static bool made_here(const struct eval *e, struct origin made)
{
    return made.statement > 0 && made.statement == e->at.statement;
}

static struct relation *target(struct eval *e, struct call call)
{
    return term_relation(e, call.arguments[0]);
}

/* ---- indexes ------------------------------------------------------------------------------------------------------ */

static bool same_column(const struct index_column *a, const struct index_column *b)
{
    return str_eq(a->name, b->name) && str_eq(a->expression, b->expression) && str_eq(a->opclass, b->opclass) &&
           str_eq(a->collation, b->collation) && !a->included && !b->included;
}

static size_t key_length(const struct relation *index)
{
    size_t n = 0;
    while (n < index->index_columns.n && !index->index_columns.at[n].included) {
        n++;
    }
    return n;
}

/* Do the keys of one index begin those of the other? */
static bool begins(const struct relation *index, const struct relation *longer)
{
    const size_t n = key_length(index);
    bool same = n > 0 && n <= key_length(longer);
    for (size_t i = 0; i < n && same; i++) {
        same = same_column(&index->index_columns.at[i], &longer->index_columns.at[i]);
    }
    return same;
}

static bool is_btree(const struct relation *index)
{
    return index->access_method.n == 0 || str_eq(index->access_method, STR("btree"));
}

static bool makes_needless(const struct relation *other, const struct relation *index)
{
    const bool usable = other != index && other->valid && other->exists == TRI_YES && is_btree(other);
    const bool longer = key_length(other) > key_length(index);
    if (!usable || !str_eq(other->predicate, index->predicate) || !begins(index, other)) {
        return false;
    }
    return index->unique ? other->unique && !longer && other->made.statement < index->made.statement
                         : longer || other->made.statement < index->made.statement;
}

enum tri ask_redundant_index(struct eval *e, struct call call)
{
    enum { MAX_COMPARED = 4096 }; /* of one table: as many as nobody has, but each new one is compared with all */
    const struct relation *r = target(e, call);
    for (size_t i = r ? r->indexes.n : 0; i-- > 0;) {
        const struct relation *index = r->indexes.at[i];
        if (index->made.statement > 0 && index->made.statement < e->at.statement) {
            break; /* what the statement made stands last */
        }
        if (!made_here(e, index->made) || !is_btree(index) || index->constraint) {
            continue;
        }
        for (size_t k = 0; k < r->indexes.n && k < MAX_COMPARED; k++) {
            if (makes_needless(r->indexes.at[k], index)) {
                return TRI_YES;
            }
        }
        if (r->indexes.n > MAX_COMPARED) {
            return eval_unknown(e, r);
        }
    }
    return TRI_NO;
}

enum tri ask_wide_index(struct eval *e, struct call call)
{
    enum { MANY = 4 };
    const struct relation *r = target(e, call);
    for (size_t i = 0; r && i < r->indexes.n; i++) {
        const struct relation *index = r->indexes.at[i];
        if (made_here(e, index->made) && !index->unique && is_btree(index) && key_length(index) >= MANY) {
            return TRI_YES;
        }
    }
    return TRI_NO;
}

/* An index with the same first column on the same table, made behind the drop. */
enum tri ask_index_made_again(struct eval *e, struct call call)
{
    const struct relation *old = target(e, call);
    for (size_t i = 0; old && old->table && i < old->table->indexes.n; i++) {
        const struct relation *index = old->table->indexes.at[i];
        const bool later = made_in_file(e, index->made) && index->made.statement > e->at.statement;
        if (later && index != old && old->index_columns.n > 0 && index->index_columns.n > 0 &&
            same_column(&old->index_columns.at[0], &index->index_columns.at[0])) {
            return TRI_YES;
        }
    }
    return TRI_NO;
}

enum tri ask_backs_constraint(struct eval *e, struct call call)
{
    const struct relation *index = target(e, call);
    return index && index->constraint ? TRI_YES : index && (index->table || index->complete) ? TRI_NO : TRI_UNKNOWN;
}

enum tri ask_has_unique_index(struct eval *e, struct call call)
{
    const struct relation *r = target(e, call);
    for (size_t i = 0; r && i < r->indexes.n; i++) {
        const struct relation *index = r->indexes.at[i];
        bool plain = index->unique && index->valid && index->predicate.n == 0;
        for (size_t k = 0; k < key_length(index); k++) {
            plain = plain && index->index_columns.at[k].name.n > 0;
        }
        if (plain) {
            return TRI_YES;
        }
    }
    return r && (relation_whole(e, r) || r->made.statement > 0) ? TRI_NO : TRI_UNKNOWN;
}

/* ---- keys --------------------------------------------------------------------------------------------------------- */

static bool leads(const struct relation *index, const struct name_list *columns)
{
    bool all = index->exists != TRI_NO && index->valid && key_length(index) >= columns->n;
    for (size_t i = 0; i < columns->n && all; i++) {
        all = name_list_has(columns, index->index_columns.at[i].name);
    }
    return all;
}

enum tri ask_foreign_key_indexed(struct eval *e, struct call call)
{
    const struct relation *r = target(e, call);
    enum tri answer = TRI_YES;
    for (size_t i = 0; r && r->exists != TRI_NO && i < r->constraints.n; i++) {
        const struct constraint *con = r->constraints.at[i];
        bool indexed = con->kind != CON_FOREIGN || !made_here(e, con->made);
        for (size_t k = 0; k < r->indexes.n && !indexed; k++) {
            indexed = leads(r->indexes.at[k], &con->columns);
        }
        if (!indexed) {
            answer = tri_and(answer, relation_whole(e, r) || r->made.statement > 0 ? TRI_NO : TRI_UNKNOWN);
        }
    }
    return answer == TRI_UNKNOWN ? eval_unknown(e, r) : answer;
}

static bool is_text(struct str name)
{
    static const char *const texts[] = {"text", "varchar", "bpchar", "citext"};
    for (size_t i = 0; i < countof(texts); i++) {
        if (str_eq(name, str_of(texts[i]))) {
            return true;
        }
    }
    return false;
}

/* The built-in type under domains; empty where the files do not say. */
static struct str base_type(const struct catalog *c, const struct type_ref *t)
{
    enum { DOMAIN_DEPTH = 16 };
    for (unsigned depth = 0; depth < DOMAIN_DEPTH && t->dimensions == 0; depth++) {
        const struct type *type = catalog_type(c, t->schema, t->name);
        if (str_eq(t->schema, STR("pg_catalog"))) {
            return is_text(t->name) ? STR("text") : t->name;
        }
        if (!type || type->kind != TYPE_DOMAIN) {
            break;
        }
        t = &type->base;
    }
    return STR("");
}

static int int_rank(struct str name)
{
    static const char *const ints[] = {"int2", "int4", "int8", "numeric"};
    for (int i = 0; i < (int)countof(ints); i++) {
        if (str_eq(name, str_of(ints[i]))) {
            return i + 1;
        }
    }
    return 0;
}

static const struct name_list *key_of(const struct constraint *con)
{
    const struct relation *r = con->referenced;
    for (size_t i = 0; con->referenced_columns.n == 0 && i < r->constraints.n; i++) {
        if (r->constraints.at[i]->kind == CON_PRIMARY) {
            return &r->constraints.at[i]->columns;
        }
    }
    return &con->referenced_columns;
}

static bool types_differ(const struct catalog *c, const struct constraint *con)
{
    const struct name_list *key = key_of(con);
    for (size_t i = 0; i < con->columns.n && i < key->n; i++) {
        const struct column *from = relation_column(con->table, con->columns.at[i]);
        const struct column *to = relation_column(con->referenced, key->at[i]);
        const struct str a = from ? base_type(c, &from->type) : STR(""), b = to ? base_type(c, &to->type) : STR("");
        const bool wider = int_rank(a) > int_rank(b) && int_rank(b) > 0;
        if (a.n > 0 && b.n > 0 && !str_eq(a, b) && !wider) {
            return true;
        }
    }
    return false;
}

enum tri ask_key_types_differ(struct eval *e, struct call call)
{
    const struct relation *r = target(e, call);
    for (size_t i = 0; r && i < r->constraints.n; i++) {
        const struct constraint *con = r->constraints.at[i];
        if (con->kind == CON_FOREIGN && made_here(e, con->made) && con->referenced && types_differ(e->catalog, con)) {
            return TRI_YES;
        }
    }
    return TRI_NO;
}

enum tri ask_has_primary_key(struct eval *e, struct call call)
{
    const struct relation *r = target(e, call);
    for (size_t i = 0; r && i < r->constraints.n; i++) {
        if (r->constraints.at[i]->kind == CON_PRIMARY) {
            return TRI_YES;
        }
    }
    return r && (r->complete || r->exists == TRI_NO) ? tri_of(r->exists == TRI_NO) : TRI_UNKNOWN;
}

/* By its name where the files do not say: PostgreSQL calls it so unless told otherwise. */
enum tri ask_primary(struct eval *e, struct call call)
{
    struct name_list names = {0};
    const struct relation *r = target(e, call);
    term_names(e, call.arguments[1], &names);
    if (!r || names.n == 0) {
        return TRI_NO;
    }
    const struct constraint *con = relation_constraint(r, names.at[0]);
    return tri_of(con ? con->kind == CON_PRIMARY : !r->complete && str_ends(names.at[0], STR("_pkey")));
}

/* ---- columns ------------------------------------------------------------------------------------------------------- */

enum tri ask_new_column(struct eval *e, struct call call)
{
    struct name_list names = {0};
    const struct relation *r = target(e, call);
    term_names(e, call.arguments[1], &names);
    const struct column *column = r && names.n > 0 ? relation_column(r, names.at[0]) : NULL;
    return tri_of(column && made_in_file(e, column->made));
}

enum tri ask_declares(struct eval *e, struct call call)
{
    const struct relation *r = target(e, call);
    for (size_t i = 0; r && i < r->columns.n; i++) {
        const struct column *column = r->columns.at[i];
        for (unsigned k = 1; made_here(e, column->made) && k < call.n; k++) {
            const struct str type = call.arguments[k]->text;
            const bool serial = str_eq(type, STR("serial"));
            if (serial ? column->sequence && !column->identity
                       : str_eq(column->type.name, type) && str_eq(column->type.schema, STR("pg_catalog"))) {
                return TRI_YES;
            }
        }
    }
    return TRI_NO;
}

/* Bytes of a type of fixed width and its alignment; 0: of no fixed width. */
static unsigned width_of(const struct type_ref *t, unsigned *align)
{
    static const struct {
        const char *name;
        unsigned width, align;
    } widths[] = {{"bool", 1, 1}, {"int2", 2, 2},        {"int4", 4, 4},  {"float4", 4, 4},   {"date", 4, 4},
                  {"oid", 4, 4},  {"int8", 8, 8},        {"money", 8, 8}, {"float8", 8, 8},   {"timestamp", 8, 8},
                  {"time", 8, 8}, {"timestamptz", 8, 8}, {"uuid", 16, 1}, {"interval", 16, 8}};
    for (size_t i = 0; i < countof(widths) && t->dimensions == 0; i++) {
        if (str_eq(t->name, str_of(widths[i].name))) {
            *align = widths[i].align;
            return widths[i].width;
        }
    }
    return 0;
}

/* Bytes lost between the columns of fixed width that come first; another order loses at most 7, behind them. */
enum tri ask_padded(struct eval *e, struct call call)
{
    enum { WORTH_SAYING = 8 };
    const struct relation *r = target(e, call);
    unsigned at = 0, lost = 0;
    for (size_t i = 0; r && i < r->columns.n; i++) {
        unsigned align = 1;
        const unsigned width = width_of(&r->columns.at[i]->type, &align);
        if (width == 0) {
            break;
        }
        const unsigned gap = (align - at % align) % align;
        lost += gap;
        at += gap + width;
    }
    return tri_of(lost >= WORTH_SAYING);
}

/* ---- what is there again, or was used before ------------------------------------------------------------------------- */

enum tri ask_made_again(struct eval *e, struct call call)
{
    struct relation_list list = {0};
    bool took_part;
    (void)term_relations(e, call.arguments[0], &list, &took_part);
    for (size_t i = 0; i < list.n; i++) {
        const struct relation *now = catalog_relation(e->catalog, list.at[i]->schema, list.at[i]->name);
        if (!now || now->exists == TRI_NO) {
            return TRI_NO;
        }
    }
    return tri_of(list.n > 0);
}

enum tri ask_function_made_again(struct eval *e, struct call call)
{
    struct str schema, name;
    if (!term_split_name(e->a, term_shape(e, call.arguments[0]), &schema, &name)) {
        return TRI_NO;
    }
    const struct function *f = catalog_function(e->catalog, schema, name);
    return tri_of(f && made_in_file(e, f->made) && f->made.statement > e->at.statement);
}

enum tri ask_trigger_function(struct eval *e, struct call call)
{
    struct str schema, name;
    if (!term_split_name(e->a, term_shape(e, call.arguments[0]), &schema, &name)) {
        return TRI_NO;
    }
    const struct function *f = catalog_function(e->catalog, schema, name);
    return f ? tri_of(f->returns_trigger) : TRI_UNKNOWN;
}

enum tri ask_has_constraint(struct eval *e, struct call call)
{
    struct name_list names = {0};
    const struct relation *r = target(e, call);
    term_names(e, call.arguments[1], &names);
    if (!r || names.n == 0) {
        return TRI_NO;
    }
    return relation_constraint(r, names.at[0]) ? TRI_YES : r->complete ? TRI_NO : TRI_UNKNOWN;
}

/* Before its CREATE: something hangs on a table that no file has made yet. */
enum tri ask_used_before_made(struct eval *e, struct call call)
{
    const struct relation *r = target(e, call);
    /* The order of files without a version is not known. */
    const bool ordered = e->part && e->part->migration->version.n > 0;
    bool used = false;
    for (size_t i = 0; r && i < r->columns.n && !used; i++) {
        used = ordered || made_in_file(e, r->columns.at[i]->made);
    }
    for (size_t i = 0; r && i < r->indexes.n && !used; i++) {
        used = ordered || made_in_file(e, r->indexes.at[i]->made);
    }
    for (size_t i = 0; r && i < r->constraints.n && !used; i++) {
        used = ordered || made_in_file(e, r->constraints.at[i]->made);
    }
    return tri_of(used && r && r->exists != TRI_NO && r->made.statement == 0 && !e->catalog->complete);
}

/* ---- type changes ----------------------------------------------------------------------------------------------------- */

enum tri ask_type_narrows(struct eval *e, struct call call)
{
    struct name_list names = {0};
    struct type_ref new;
    size_t first, last;
    const struct relation *r = target(e, call);
    term_names(e, call.arguments[1], &names);
    const struct column *column = r && names.n > 0 ? relation_column(r, names.at[0]) : NULL;
    if (!column || !term_tokens(e, call.arguments[2], &first, &last) ||
        !type_ref_parse(e->catalog, e->what->text, e->what->statement, &first, &new)) {
        return TRI_NO;
    }
    const struct type_ref *old = &column->type;
    const bool time_lost = str_eq(new.name, STR("date")) && str_starts(old->name, STR("timestamp"));
    const bool shorter = new.mod[0] >= 0 && (old->mod[0] < 0 || new.mod[0] < old->mod[0]);
    if (is_text(old->name) && is_text(new.name)) {
        return tri_of(shorter);
    }
    if (int_rank(old->name) > 0 && int_rank(new.name) > 0 && !str_eq(old->name, new.name)) {
        return tri_of(int_rank(new.name) < int_rank(old->name));
    }
    return tri_of(time_lost || (str_eq(old->name, new.name) && shorter) ||
                  (str_eq(old->name, STR("float8")) && str_eq(new.name, STR("float4"))));
}
