/* A column as it is written in CREATE TABLE and ALTER TABLE … ADD COLUMN. */
#include "catalog/expression.h"
#include "catalog/names.h"
#include "catalog/replay.h"
#include "catalog/replay_parts.h"

static bool is_serial(struct str name)
{
    static const char *const names[] = {"serial", "serial4", "bigserial", "serial8", "smallserial", "serial2"};
    for (size_t i = 0; i < countof(names); i++) {
        if (str_eq(name, str_of(names[i]))) {
            return true;
        }
    }
    return false;
}

static void use_serial(struct column_read *out)
{
    struct type_ref *t = &out->col.type;
    const struct str name = t->name;
    const bool big = str_eq(name, STR("bigserial")) || str_eq(name, STR("serial8"));
    const bool small = str_eq(name, STR("smallserial")) || str_eq(name, STR("serial2"));
    *t = (struct type_ref){
        .text = big     ? STR("bigint")
                : small ? STR("smallint")
                        : STR("integer"),
        .schema = STR("pg_catalog"),
        .name = big     ? STR("int8")
                : small ? STR("int2")
                        : STR("int4"),
        .mod = {-1, -1},
    };
    out->serial = true;
    out->col.not_null = true;
}

/* Words that begin a column's next constraint; inside an unparenthesised default they cannot stand behind an operand. */
static bool ends_default(const struct reader *rd, size_t i)
{
    const struct token t = rd_token(rd, i);
    if (t.kind != TOK_WORD) {
        return false;
    }
    switch ((enum keyword)t.keyword) {
    case KW_NOT: {
        const struct token next = rd_token(rd, i + 1);
        return next.kind == TOK_WORD &&
               (next.keyword == KW_NULL || next.keyword == KW_DEFERRABLE || next.keyword == KW_ENFORCED);
    }
    case KW_NULL:
    case KW_CONSTRAINT:
    case KW_CHECK:
    case KW_UNIQUE:
    case KW_PRIMARY:
    case KW_REFERENCES:
    case KW_GENERATED:
    case KW_DEFAULT:
    case KW_COLLATE:
    case KW_DEFERRABLE:
    case KW_INITIALLY:
    case KW_ENFORCED:
    case KW_OPTIONS:
        return true;
    default:
        return false;
    }
}

static size_t default_end(const struct reader *rd, size_t i)
{
    const size_t last = rd_comma(rd, i, rd->end);
    unsigned depth = 0;
    bool operand = true; /* the first token always belongs to the default: DEFAULT NULL */
    for (; i < last; i++) {
        const struct token t = rd_token(rd, i);
        if (depth == 0 && !operand && ends_default(rd, i)) {
            return i;
        }
        if (t.kind == TOK_SELF) {
            depth += t.keyword == '(' || t.keyword == '[';
            depth -= t.keyword == ')' || t.keyword == ']';
        }
        operand = t.kind == TOK_OP || t.kind == TOK_TYPECAST ||
                  (t.kind == TOK_SELF && t.keyword != ')' && t.keyword != ']') ||
                  (t.kind == TOK_WORD && (t.keyword == KW_IS || t.keyword == KW_NOT));
    }
    return last;
}

/* DEFAULT NULL, with or without a cast, is no default. */
static bool is_null_constant(const struct reader *rd, size_t first, size_t last)
{
    const struct span s = expression_strip(rd->st, first, last);
    return statement_is(rd->st, s.first, KW_NULL) &&
           (s.last == s.first + 1 || rd->st->tokens[s.first + 1].kind == TOK_TYPECAST);
}

void column_set_default(struct reader *rd, struct column *col, size_t first, size_t last)
{
    col->has_default = !is_null_constant(rd, first, last);
    col->default_sql = col->has_default ? rd_source(rd, first, last) : STR_NONE;
    col->default_volatile = col->has_default ? expression_volatile(rd->c, rd->text, rd->st, first, last) : TRI_NO;
}

/* ( SEQUENCE NAME x START 1 … ), optional. */
static void read_sequence_options(struct reader *rd, struct column_read *out)
{
    size_t first, last;
    if (!rd_parens(rd, &first, &last)) {
        return;
    }
    struct reader part = rd_part(rd, first, last);
    while (!rd_done(&part)) {
        if (rd_take2(&part, KW_SEQUENCE, KW_NAME)) {
            (void)rd_qualified(&part, &out->sequence_schema, &out->sequence);
        } else {
            part.i++;
        }
    }
}

/* GENERATED … */
static bool read_generated(struct reader *rd, struct column_read *out)
{
    struct column *col = &out->col;
    const bool by_default = rd_take2(rd, KW_BY, KW_DEFAULT);
    size_t first, last;
    if ((!by_default && !rd_take(rd, KW_ALWAYS)) || !rd_take(rd, KW_AS)) {
        return false;
    }
    if (rd_take(rd, KW_IDENTITY)) {
        col->identity = by_default ? 'd' : 'a';
        col->not_null = true;
        read_sequence_options(rd, out);
        return true;
    }
    if (!rd_parens(rd, &first, &last)) {
        return false;
    }
    col->generated =
        rd_take(rd, KW_STORED) ? 's' : 'v'; /* VIRTUAL is the default of 18; before, STORED must be written */
    (void)rd_take(rd, KW_VIRTUAL);
    col->default_sql = rd_source(rd, first, last);
    col->default_volatile = expression_volatile(rd->c, rd->text, rd->st, first, last);
    return true;
}

/* One thing behind the type. False: unreadable. */
static bool read_option(struct reader *rd, const struct relation *r, struct column_read *out)
{
    struct column *col = &out->col;
    struct str schema;
    size_t first, last;
    if (rd_take(rd, KW_COLLATE)) {
        return rd_qualified_any(rd, &schema, &col->collation);
    }
    if (rd_take(rd, KW_STORAGE) || rd_take(rd, KW_COMPRESSION)) {
        rd->i++;
        return true;
    }
    if (rd_take(rd, KW_OPTIONS)) {
        return rd_parens(rd, &first, &last);
    }
    /* CONSTRAINT name before what has no name in the catalog. */
    const size_t ahead = rd_is(rd, KW_CONSTRAINT) ? 2 : 0;
    if (rd_is_at(rd, ahead, KW_NULL)) {
        rd->i += ahead + 1;
        return true;
    }
    if (rd_is_at(rd, ahead, KW_DEFAULT)) {
        rd->i += ahead + 1;
        last = default_end(rd, rd->i);
        column_set_default(rd, col, rd->i, last);
        rd->i = last;
        return true;
    }
    if (rd_is_at(rd, ahead, KW_GENERATED)) {
        rd->i += ahead + 1;
        return read_generated(rd, out);
    }
    struct constraint_spec spec = {0};
    if (!constraint_read_column(rd, r, col->name, &spec)) {
        return false;
    }
    if (spec.kind == CON_NOT_NULL || spec.kind == CON_PRIMARY) {
        col->not_null = true;
    }
    *vec_push(&rd->c->scratch, &out->constraints) = spec;
    return true;
}

bool column_read(struct reader *rd, const struct relation *r, bool with_type, struct column_read *out)
{
    *out = (struct column_read){.col = {.made = rd->at, .local = true, .type = {.mod = {-1, -1}}}};
    if (!rd_name(rd, &out->col.name)) {
        return false;
    }
    if (with_type) {
        if (!type_ref_parse(rd->c, rd->text, rd->st, &rd->i, &out->col.type) || rd->i > rd->end) {
            return false;
        }
        out->typed = true;
        if (out->col.type.schema.n == 0 && is_serial(out->col.type.name)) {
            use_serial(out);
        }
    } else {
        (void)rd_take2(rd, KW_WITH, KW_OPTIONS);
    }
    while (!rd_done(rd)) {
        const size_t before = rd->i;
        if (!read_option(rd, r, out) || rd->i == before || rd->i > rd->end) {
            return false;
        }
    }
    return true;
}

void column_make_sequence(struct reader *rd, struct relation *r, struct column *col, struct str schema, struct str name)
{
    struct catalog *c = rd->c;
    if (name.n == 0) {
        name = name_choose(c, r->schema, r->name, col->name, "seq", NAME_RELATION);
    }
    struct relation *seq = catalog_add(c, schema.n > 0 ? schema : r->schema, name, REL_SEQUENCE, rd->at);
    seq->table = r;
    seq->owner_column = col->name;
    seq->temporary = r->temporary;
    col->sequence = seq;
    if (col->identity == 0) {
        const struct str shown = name_display(c->arena, seq->schema, seq->name);
        col->has_default = true;
        col->default_volatile = TRI_YES;
        col->default_sql = arena_printf(c->arena, "nextval('%.*s'::regclass)", STR_ARG(shown));
    }
}

struct column *column_copy(struct catalog *c, const struct column *from)
{
    struct column *col = arena_new(c->arena, struct column);
    *col = *from;
    col->sequence = NULL;
    col->local = false;
    return col;
}

static void keep_known(struct catalog *c, const struct relation *r, struct name_list *names)
{
    struct name_list kept = {0};
    for (size_t i = 0; i < names->n; i++) {
        if (relation_column(r, names->at[i])) {
            *vec_push(c->arena, &kept) = names->at[i];
        }
    }
    *names = kept;
}

void constraint_spec_settle(struct catalog *c, const struct relation *r, struct constraint_spec *spec)
{
    if (!r->complete) {
        return;
    }
    if (spec->kind == CON_CHECK) {
        keep_known(c, r, &spec->columns);
        keep_known(c, r, &spec->proves);
    } else if (spec->kind == CON_EXCLUDE) {
        keep_known(c, r, &spec->mentions);
    }
}
