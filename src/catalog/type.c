/* Type names: every spelling of the grammar to what format_type() prints. See type_ref_parse() in replay.h. */
#include "catalog/read.h"
#include "catalog/replay.h"

/*
 * The types of pg_catalog in servers 13 to 18 without arrays and row types, by the bytes of their names; display where it
 * differs. Made with
 *     SELECT typname, format_type(oid, -1) FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace
 *        AND typtype IN ('b', 'r', 'm', 'p') AND typname !~ '^_' ORDER BY typname COLLATE "C"
 */
static const struct builtin {
    struct str name, display; /* empty: the name itself */
} builtins[] = {
    {STR_INIT("aclitem"), STR_INIT("")},
    {STR_INIT("any"), STR_INIT("\"any\"")},
    {STR_INIT("anyarray"), STR_INIT("")},
    {STR_INIT("anycompatible"), STR_INIT("")},
    {STR_INIT("anycompatiblearray"), STR_INIT("")},
    {STR_INIT("anycompatiblemultirange"), STR_INIT("")},
    {STR_INIT("anycompatiblenonarray"), STR_INIT("")},
    {STR_INIT("anycompatiblerange"), STR_INIT("")},
    {STR_INIT("anyelement"), STR_INIT("")},
    {STR_INIT("anyenum"), STR_INIT("")},
    {STR_INIT("anymultirange"), STR_INIT("")},
    {STR_INIT("anynonarray"), STR_INIT("")},
    {STR_INIT("anyrange"), STR_INIT("")},
    {STR_INIT("bit"), STR_INIT("\"bit\"")},
    {STR_INIT("bool"), STR_INIT("boolean")},
    {STR_INIT("box"), STR_INIT("")},
    {STR_INIT("bpchar"), STR_INIT("")},
    {STR_INIT("bytea"), STR_INIT("")},
    {STR_INIT("char"), STR_INIT("\"char\"")},
    {STR_INIT("cid"), STR_INIT("")},
    {STR_INIT("cidr"), STR_INIT("")},
    {STR_INIT("circle"), STR_INIT("")},
    {STR_INIT("cstring"), STR_INIT("")},
    {STR_INIT("date"), STR_INIT("")},
    {STR_INIT("datemultirange"), STR_INIT("")},
    {STR_INIT("daterange"), STR_INIT("")},
    {STR_INIT("event_trigger"), STR_INIT("")},
    {STR_INIT("fdw_handler"), STR_INIT("")},
    {STR_INIT("float4"), STR_INIT("real")},
    {STR_INIT("float8"), STR_INIT("double precision")},
    {STR_INIT("gtsvector"), STR_INIT("")},
    {STR_INIT("index_am_handler"), STR_INIT("")},
    {STR_INIT("inet"), STR_INIT("")},
    {STR_INIT("int2"), STR_INIT("smallint")},
    {STR_INIT("int2vector"), STR_INIT("")},
    {STR_INIT("int4"), STR_INIT("integer")},
    {STR_INIT("int4multirange"), STR_INIT("")},
    {STR_INIT("int4range"), STR_INIT("")},
    {STR_INIT("int8"), STR_INIT("bigint")},
    {STR_INIT("int8multirange"), STR_INIT("")},
    {STR_INIT("int8range"), STR_INIT("")},
    {STR_INIT("internal"), STR_INIT("")},
    {STR_INIT("interval"), STR_INIT("")},
    {STR_INIT("json"), STR_INIT("")},
    {STR_INIT("jsonb"), STR_INIT("")},
    {STR_INIT("jsonpath"), STR_INIT("")},
    {STR_INIT("language_handler"), STR_INIT("")},
    {STR_INIT("line"), STR_INIT("")},
    {STR_INIT("lseg"), STR_INIT("")},
    {STR_INIT("macaddr"), STR_INIT("")},
    {STR_INIT("macaddr8"), STR_INIT("")},
    {STR_INIT("money"), STR_INIT("")},
    {STR_INIT("name"), STR_INIT("")},
    {STR_INIT("numeric"), STR_INIT("")},
    {STR_INIT("nummultirange"), STR_INIT("")},
    {STR_INIT("numrange"), STR_INIT("")},
    {STR_INIT("oid"), STR_INIT("")},
    {STR_INIT("oidvector"), STR_INIT("")},
    {STR_INIT("path"), STR_INIT("")},
    {STR_INIT("pg_brin_bloom_summary"), STR_INIT("")},
    {STR_INIT("pg_brin_minmax_multi_summary"), STR_INIT("")},
    {STR_INIT("pg_ddl_command"), STR_INIT("")},
    {STR_INIT("pg_dependencies"), STR_INIT("")},
    {STR_INIT("pg_lsn"), STR_INIT("")},
    {STR_INIT("pg_mcv_list"), STR_INIT("")},
    {STR_INIT("pg_ndistinct"), STR_INIT("")},
    {STR_INIT("pg_node_tree"), STR_INIT("")},
    {STR_INIT("pg_snapshot"), STR_INIT("")},
    {STR_INIT("point"), STR_INIT("")},
    {STR_INIT("polygon"), STR_INIT("")},
    {STR_INIT("record"), STR_INIT("")},
    {STR_INIT("refcursor"), STR_INIT("")},
    {STR_INIT("regclass"), STR_INIT("")},
    {STR_INIT("regcollation"), STR_INIT("")},
    {STR_INIT("regconfig"), STR_INIT("")},
    {STR_INIT("regdictionary"), STR_INIT("")},
    {STR_INIT("regnamespace"), STR_INIT("")},
    {STR_INIT("regoper"), STR_INIT("")},
    {STR_INIT("regoperator"), STR_INIT("")},
    {STR_INIT("regproc"), STR_INIT("")},
    {STR_INIT("regprocedure"), STR_INIT("")},
    {STR_INIT("regrole"), STR_INIT("")},
    {STR_INIT("regtype"), STR_INIT("")},
    {STR_INIT("table_am_handler"), STR_INIT("")},
    {STR_INIT("text"), STR_INIT("")},
    {STR_INIT("tid"), STR_INIT("")},
    {STR_INIT("time"), STR_INIT("time without time zone")},
    {STR_INIT("timestamp"), STR_INIT("timestamp without time zone")},
    {STR_INIT("timestamptz"), STR_INIT("timestamp with time zone")},
    {STR_INIT("timetz"), STR_INIT("time with time zone")},
    {STR_INIT("trigger"), STR_INIT("")},
    {STR_INIT("tsm_handler"), STR_INIT("")},
    {STR_INIT("tsmultirange"), STR_INIT("")},
    {STR_INIT("tsquery"), STR_INIT("")},
    {STR_INIT("tsrange"), STR_INIT("")},
    {STR_INIT("tstzmultirange"), STR_INIT("")},
    {STR_INIT("tstzrange"), STR_INIT("")},
    {STR_INIT("tsvector"), STR_INIT("")},
    {STR_INIT("txid_snapshot"), STR_INIT("")},
    {STR_INIT("unknown"), STR_INIT("")},
    {STR_INIT("uuid"), STR_INIT("")},
    {STR_INIT("varbit"), STR_INIT("bit varying")},
    {STR_INIT("varchar"), STR_INIT("character varying")},
    {STR_INIT("void"), STR_INIT("")},
    {STR_INIT("xid"), STR_INIT("")},
    {STR_INIT("xid8"), STR_INIT("")},
    {STR_INIT("xml"), STR_INIT("")},
};

static int compare(const void *key, const void *element)
{
    const struct builtin *b = element;
    const struct str *name = key;
    return str_cmp(*name, b->name);
}

static const struct builtin *builtin_find(struct str name)
{
    return bsearch(&name, builtins, countof(builtins), sizeof builtins[0], compare);
}

/* ( 10, 2 ): up to two numbers. False: no modifier, or one that is not numbers. */
static bool read_mods(struct reader *rd, int32_t mod[2])
{
    const size_t start = rd->i;
    if (!rd_take_self(rd, '(')) {
        return false;
    }
    for (size_t n = 0; n < 2; n++) {
        const bool minus = rd_take_self(rd, '-');
        int64_t value;
        const struct token t = rd_token(rd, rd->i);
        if (t.kind != TOK_INTEGER || !str_to_i64(token_text(rd->text, t), 0, INT32_MAX - 4, &value)) {
            break;
        }
        mod[n] = (int32_t)(minus ? -value : value);
        rd->i++;
        if (rd_take_self(rd, ')')) {
            return true;
        }
        if (!rd_take_self(rd, ',')) {
            break;
        }
    }
    rd->i = start;
    mod[0] = mod[1] = -1;
    return false;
}

static void use_builtin(struct type_ref *t, const struct builtin *b)
{
    t->schema = STR("pg_catalog");
    t->name = b->name;
    t->text = b->display.n > 0 ? b->display : b->name;
}

static void set_builtin(struct type_ref *t, const char *name)
{
    use_builtin(t, builtin_find(str_of(name)));
}

/* Write the modifiers into the text where format_type() does. */
static void show_mods(struct arena *a, struct type_ref *t)
{
    if (t->mod[0] == -1 && t->mod[1] == -1) {
        return;
    }
    if (str_eq(t->name, STR("numeric"))) {
        t->mod[1] = t->mod[1] == -1 ? 0 : t->mod[1];
        t->text = arena_printf(a, "numeric(%" PRId32 ",%" PRId32 ")", t->mod[0], t->mod[1]);
    } else if (str_starts(t->name, STR("time"))) {
        const int32_t precision = t->mod[0] > 6 ? 6 : t->mod[0]; /* the server reduces it with a warning */
        const size_t space = str_find_char(t->text, ' ');
        t->text = arena_printf(a, "%.*s(%" PRId32 ")%.*s", STR_ARG(str_slice(t->text, 0, space)), precision,
                               STR_ARG(str_slice(t->text, space, t->text.n)));
        t->mod[0] = precision;
    } else if (str_eq(t->name, STR("bpchar"))) {
        t->text = arena_printf(a, "character(%" PRId32 ")", t->mod[0]);
    } else if (t->mod[1] == -1) {
        t->text = arena_printf(a, "%.*s(%" PRId32 ")", STR_ARG(t->text), t->mod[0]);
    } else {
        t->text = arena_printf(a, "%.*s(%" PRId32 ",%" PRId32 ")", STR_ARG(t->text), t->mod[0], t->mod[1]);
    }
}

static bool take_varying(struct reader *rd)
{
    return rd_take(rd, KW_VARYING);
}

static void read_float(struct reader *rd, struct type_ref *t)
{
    int32_t mod[2] = {-1, -1};
    (void)read_mods(rd, mod);
    set_builtin(t, mod[0] >= 1 && mod[0] <= 24 ? "float4" : "float8");
}

/* character, char, nchar, bit with or without VARYING: without a length char(1) and bit(1) are meant. */
static void read_sized(struct reader *rd, struct type_ref *t, const char *fixed, const char *varying)
{
    const bool var = take_varying(rd);
    set_builtin(t, var ? varying : fixed);
    if (str_eq(t->name, STR("bit"))) {
        t->text = t->name; /* without a length the server shows it in quotes */
    }
    if (!read_mods(rd, t->mod) && !var) {
        t->mod[0] = 1;
    }
}

static void read_time(struct reader *rd, struct type_ref *t, const char *without, const char *with)
{
    (void)read_mods(rd, t->mod);
    const bool zone = rd_take3(rd, KW_WITH, KW_TIME, KW_ZONE);
    if (!zone) {
        (void)rd_take3(rd, KW_WITHOUT, KW_TIME, KW_ZONE);
    }
    set_builtin(t, zone ? with : without);
}

static void read_interval(struct reader *rd, struct type_ref *t)
{
    static const enum keyword fields[] = {KW_YEAR, KW_MONTH, KW_DAY, KW_HOUR, KW_MINUTE, KW_SECOND};
    struct arena *a = rd->c->arena;
    set_builtin(t, "interval");
    (void)read_mods(rd, t->mod);
    for (unsigned to = 0; to < 2; to++) {
        for (size_t i = 0; i < countof(fields); i++) {
            if (rd_take(rd, fields[i])) {
                static const char *const names[] = {"year", "month", "day", "hour", "minute", "second"};
                t->text = arena_printf(a, "%.*s%s %s", STR_ARG(t->text), to ? " to" : "", names[i]);
                break;
            }
        }
        if (to == 0 && !rd_take(rd, KW_TO)) {
            break;
        }
    }
    (void)read_mods(rd, t->mod);
}

/* The types that are words of the grammar. False: the next word is none of them. */
static bool read_grammar_type(struct reader *rd, struct type_ref *t)
{
    const struct token first = rd_token(rd, rd->i);
    if (first.kind != TOK_WORD) {
        return false;
    }
    const size_t start = rd->i++;
    switch ((enum keyword)first.keyword) {
    case KW_INT:
    case KW_INTEGER:
        set_builtin(t, "int4");
        return true;
    case KW_SMALLINT:
        set_builtin(t, "int2");
        return true;
    case KW_BIGINT:
        set_builtin(t, "int8");
        return true;
    case KW_REAL:
        set_builtin(t, "float4");
        return true;
    case KW_BOOLEAN:
        set_builtin(t, "bool");
        return true;
    case KW_FLOAT:
        read_float(rd, t);
        return true;
    case KW_DEC:
    case KW_DECIMAL:
    case KW_NUMERIC:
        set_builtin(t, "numeric");
        (void)read_mods(rd, t->mod);
        return true;
    case KW_BIT:
        read_sized(rd, t, "bit", "varbit");
        return true;
    case KW_NATIONAL:
        if (!rd_take(rd, KW_CHARACTER) && !rd_take(rd, KW_CHAR)) {
            break;
        }
        read_sized(rd, t, "bpchar", "varchar");
        return true;
    case KW_CHARACTER:
    case KW_CHAR:
    case KW_NCHAR:
        read_sized(rd, t, "bpchar", "varchar");
        return true;
    case KW_VARCHAR:
        set_builtin(t, "varchar");
        (void)read_mods(rd, t->mod);
        return true;
    case KW_TIMESTAMP:
        read_time(rd, t, "timestamp", "timestamptz");
        return true;
    case KW_TIME:
        read_time(rd, t, "time", "timetz");
        return true;
    case KW_INTERVAL:
        read_interval(rd, t);
        return true;
    case KW_DOUBLE:
        if (rd_take(rd, KW_PRECISION)) {
            set_builtin(t, "float8");
            return true;
        }
        break;
    default:
        break;
    }
    rd->i = start;
    return false;
}

/* table.column%TYPE */
static bool read_type_of_column(struct reader *rd, struct str table, struct str column, struct type_ref *t)
{
    if (!rd_is_self(rd, '%') || !rd_is_at(rd, 1, KW_TYPE) || table.n == 0) {
        return false;
    }
    rd->i += 2;
    const struct relation *r = catalog_resolve(rd->c, STR_NONE, table);
    const struct column *col = r ? relation_column(r, column) : NULL;
    if (col) {
        const bool setof = t->setof;
        *t = col->type;
        t->setof = setof;
    } else {
        t->text = arena_printf(rd->c->arena, "%.*s.%.*s%%TYPE", STR_ARG(table), STR_ARG(column));
    }
    return true;
}

/* Modifiers of a type we do not know: geometry(Point, 4326). */
static void read_foreign_mods(struct reader *rd, struct type_ref *t)
{
    size_t first, last;
    if (read_mods(rd, t->mod)) {
        show_mods(rd->c->arena, t);
        return;
    }
    if (!rd_parens(rd, &first, &last)) {
        return;
    }
    for (size_t i = first; i < last; i++) {
        const struct str token = token_text(rd->text, rd_token(rd, i));
        t->text = arena_printf(rd->c->arena, "%.*s%s%.*s", STR_ARG(t->text), i == first ? "(" : "", STR_ARG(token));
    }
    t->text = arena_printf(rd->c->arena, "%.*s)", STR_ARG(t->text));
}

static bool read_named_type(struct reader *rd, struct type_ref *t)
{
    struct arena *a = rd->c->arena;
    const size_t start = rd->i;
    struct str schema, name;
    const struct token first = rd_token(rd, rd->i);
    if (first.kind == TOK_WORD && keyword_category((enum keyword)first.keyword) == KW_RESERVED) {
        return false;
    }
    if (!rd_qualified_any(rd, &schema, &name)) {
        return false;
    }
    if (read_type_of_column(rd, schema, name, t)) {
        return true;
    }
    struct str base = name;
    const bool array = name.n > 1 && name.p[0] == '_' && builtin_find(str_slice(name, 1, name.n));
    if (array) {
        base = str_slice(name, 1, name.n);
    }
    const struct builtin *b = schema.n == 0 || str_eq(schema, STR("pg_catalog")) ? builtin_find(base) : NULL;
    if (b) {
        use_builtin(t, b);
        t->dimensions = array ? 1 : 0;
        if (read_mods(rd, t->mod)) {
            if (str_starts(t->name, STR("time"))) {
                use_builtin(t, b);
            }
            show_mods(a, t);
        }
        return true;
    }
    const struct type *user = catalog_type(rd->c, schema, name);
    const struct relation *row = user ? NULL : catalog_resolve(rd->c, schema, name);
    t->name = name;
    t->schema = user ? user->schema : row ? row->schema : schema;
    t->text = name_display(a, t->schema, name);
    read_foreign_mods(rd, t);
    return rd->i > start;
}

static void read_array(struct reader *rd, struct type_ref *t)
{
    if (rd_take(rd, KW_ARRAY)) {
        t->dimensions++;
        if (rd_take_self(rd, '[')) {
            rd->i += rd_token(rd, rd->i).kind == TOK_INTEGER;
            (void)rd_take_self(rd, ']');
        }
        return;
    }
    for (;;) {
        const size_t start = rd->i;
        if (!rd_take_self(rd, '[')) {
            return;
        }
        rd->i += rd_token(rd, rd->i).kind == TOK_INTEGER;
        if (!rd_take_self(rd, ']')) {
            rd->i = start;
            return;
        }
        t->dimensions++;
    }
}

bool type_ref_parse(struct catalog *c, struct str text, const struct statement *st, size_t *i, struct type_ref *out)
{
    struct reader rd = {.c = c, .text = text, .st = st, .first = *i, .i = *i, .end = st->n_tokens};
    *out = (struct type_ref){.mod = {-1, -1}};
    out->setof = rd_take(&rd, KW_SETOF);
    if (read_grammar_type(&rd, out)) {
        show_mods(c->arena, out);
    } else if (!read_named_type(&rd, out)) {
        return false;
    }
    read_array(&rd, out);
    if (out->dimensions > 0) {
        out->text = arena_printf(c->arena, "%.*s[]", STR_ARG(out->text));
    }
    *i = rd.i;
    return true;
}
