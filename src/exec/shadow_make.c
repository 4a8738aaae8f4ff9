#include "exec/shadow.h"

#include "exec/column_text.h"
#include "exec/preview.h"
#include "exec/shadow_sql.h"
#include "exec/tx.h"
#include "sql/lex.h"

enum { MAKE_MS = 60000, TEXT_MAX = 1 << 20, NAME_BYTES = 50, COLUMNS_MAX = 1600 };

static const char *const names[] = {"tx", "alone", "index", "backfill", "compare", "swap"};
static const char *const modes[] = {"begin", "on", "back"};
enum mode { MODE_BEGIN, MODE_ON, MODE_BACK };

const char *shadow_kind_name(enum shadow_kind kind)
{
    return names[kind];
}

/* ---- texts ---- */

static const char *joined(const char *const *head, const char *middle, const char *const *rest, struct arena *a)
{
    struct strbuf sb;
    strbuf_init(&sb, TEXT_MAX);
    for (size_t i = 0; head[i]; i++) {
        strbuf_add_cstr(&sb, head[i]);
    }
    strbuf_add_cstr(&sb, middle);
    for (size_t i = 0; rest && rest[i]; i++) {
        strbuf_add_cstr(&sb, rest[i]);
    }
    const char *made = arena_cstr(a, strbuf_str(&sb));
    strbuf_free(&sb);
    return made;
}

static const char *quoted(struct session *s, struct str name, struct arena *a)
{
    return session_quoted(s, STR_NONE, name, a);
}

/* The texts that the phases are made of. */
struct texts {
    const char *oid, *attnum, *table;
    const char *row, *in_trigger, *when, *back;
    const char *type_oid;
    struct str type;                    /* the new type as the server writes it */
    bool equal;                         /* it has an equality */
    struct str was, kept;               /* the type; that of a first column that is kept fresh, or empty */
    struct str names, generated, exact; /* of all columns, this one first, as arrays: see shadow_column_sql */
    enum mode mode;
};

static bool is_integer(struct str type, int *bytes)
{
    static const struct {
        const char *name;
        int bytes;
    } known[] = {{"smallint", 2}, {"int2", 2}, {"integer", 4}, {"int", 4}, {"int4", 4}, {"bigint", 8}, {"int8", 8}};
    for (size_t i = 0; i < countof(known); i++) {
        if (str_eq_nocase(type, str_of(known[i].name))) {
            *bytes = known[i].bytes;
            return true;
        }
    }
    return false;
}

/*
 * The old column's value from the new one's. It must never fail, or the application would: only where that is certain. What does not fit any more
 * becomes NULL, by CASE and not by an exception block, which costs each row a subtransaction.
 */
static const char *way_back(struct str was, struct str type, const char *column, struct arena *a)
{
    int from = 0, to = 0;
    if (is_integer(was, &from) && is_integer(type, &to)) {
        const char *range = from == 2 ? "-32768 AND 32767" : "-2147483648 AND 2147483647";
        return from >= to ? arena_printf(a, "NEW.%s", column).p
                          : arena_printf(a, "CASE WHEN NEW.%s BETWEEN %s THEN NEW.%s END", column, range, column).p;
    }
    const bool text = str_eq_nocase(type, STR("text")) || str_starts_nocase(type, STR("varchar")) ||
                      str_starts_nocase(type, STR("character varying"));
    const struct str length = str_starts(was, STR("character varying(")) ? str_slice(was, 18, was.n - 1) : STR_NONE;
    if (text && (str_eq(was, STR("text")) || str_eq(was, STR("character varying")))) {
        return arena_printf(a, "NEW.%s", column).p;
    }
    if (text && length.n > 0) {
        return arena_printf(a, "CASE WHEN pg_catalog.length(NEW.%s::pg_catalog.text) <= %.*s THEN NEW.%s END", column,
                            STR_ARG(length), column)
            .p;
    }
    return NULL;
}

/* Which type the file's text is: a column without a name of it. */
static enum status read_type(struct session *s, const struct shadow_spec *spec, struct arena *a, struct texts *out,
                             struct error *err)
{
    struct rows *rows = NULL;
    uint32_t oid = 0;
    int modifier = -1;
    const char *sql = arena_printf(a, "SELECT NULL::%.*s", STR_ARG(spec->type)).p;
    enum status status = session_query(s, sql, NULL, 0, MAKE_MS, &rows, err);
    if (status) {
        return status;
    }
    rows_column_type(rows, 0, &oid, &modifier);
    rows_free(rows);
    rows = NULL;
    out->type_oid = arena_printf(a, "%" PRIu32, oid).p;
    const struct param params[] = {{out->type_oid}, {arena_printf(a, "%d", modifier).p}};
    status = session_query(s, joined(shadow_type_sql, "", NULL, a), params, 2, MAKE_MS, &rows, err);
    out->type = status ? STR_NONE : arena_str(a, rows_value(rows, 0, 0));
    out->equal = !status && rows_bool(rows, 0, 1);
    rows_free(rows);
    return status;
}

static enum status read_texts(struct session *s, const struct shadow_spec *spec, struct arena *a, struct texts *out,
                              struct error *err)
{
    struct rows *rows = NULL;
    const struct param params[] = {{session_quoted(s, spec->schema, spec->table, a)}, {arena_cstr(a, spec->column)}};
    enum status status = session_query(s, joined(shadow_column_sql, "", NULL, a), params, 2, MAKE_MS, &rows, err);
    if (!status && rows_count(rows) == 0) {
        status = error_set(err, ST_USAGE, "cannot do this with a shadow column: table %.*s has no column %.*s",
                           STR_ARG(spec->table), STR_ARG(spec->column));
    }
    if (!status) {
        out->oid = arena_cstr(a, rows_value(rows, 0, 0));
        out->attnum = arena_cstr(a, rows_value(rows, 0, 1));
        out->table = arena_cstr(a, rows_value(rows, 0, 2));
        out->was = arena_str(a, rows_value(rows, 0, 3));
        out->kept = arena_str(a, rows_value(rows, 0, 4));
        out->names = arena_str(a, rows_value(rows, 0, 5));
        out->generated = arena_str(a, rows_value(rows, 0, 6));
        out->exact = arena_str(a, rows_value(rows, 0, 7));
    }
    rows_free(rows);
    return status ? status : read_type(s, spec, a, out, err);
}

/* The columns as read_texts() found them, and which of them USING reads. */
struct columns {
    struct str name[COLUMNS_MAX], generated[COLUMNS_MAX], exact[COLUMNS_MAX];
    bool read[COLUMNS_MAX]; /* the first one, which changes, counts as read */
    bool whole;             /* USING reads the row as a whole, by the table's name */
    size_t n;
};

static enum status list_columns(const struct shadow_spec *spec, const struct texts *t, struct arena *a,
                                struct columns **out, struct error *err)
{
    struct columns *c = *out = arena_new(a, struct columns);
    size_t n = 0;
    *c = (struct columns){.read = {true}};
    if (!array_values(t->names, a, c->name, COLUMNS_MAX, &c->n) ||
        !array_values(t->generated, a, c->generated, COLUMNS_MAX, &n) ||
        !array_values(t->exact, a, c->exact, COLUMNS_MAX, &n)) {
        return error_set(err, ST_SERVER, "the columns of %.*s cannot be read", STR_ARG(spec->table));
    }
    return ST_OK;
}

/* By its words: a column is read that is not, rather than the other way round. */
static void read_using(const struct shadow_spec *spec, struct arena *a, struct columns *c)
{
    struct lexer lx;
    struct token before = {.kind = TOK_END}, t, next;
    lex_init(&lx, spec->using, false);
    for (t = lex_next(&lx); t.kind != TOK_END; before = t, t = next) {
        bool column = false;
        next = lex_next(&lx);
        if (t.kind != TOK_WORD && t.kind != TOK_QUOTED) {
            c->whole = c->whole ||
                       (t.kind == TOK_SELF && t.keyword == '*' && before.kind == TOK_SELF && before.keyword == '.');
            continue;
        }
        const struct str word = token_name(a, spec->using, t);
        for (size_t i = 0; i < c->n; i++) {
            const bool same = str_eq(word, c->name[i]);
            c->read[i] = c->read[i] || same;
            column = column || same;
        }
        const bool behind = before.kind == TOK_TYPECAST || (before.kind == TOK_SELF && before.keyword == '.') ||
                            (before.kind == TOK_WORD && before.keyword == KW_AS);
        const bool in_front =
            next.kind == TOK_STRING || (next.kind == TOK_SELF && (next.keyword == '.' || next.keyword == '('));
        c->whole = c->whole || (!column && !behind && !in_front && str_eq(word, spec->table));
    }
}

/*
 * When the trigger of UPDATE fires. A row as a whole would be no condition: it may not have generated columns in it, nor types without equality. Where
 * equal values may differ, or there is no equality, all bytes count.
 */
static const char *fires_when(struct session *s, const struct columns *c, struct arena *a)
{
    struct strbuf sb;
    strbuf_init(&sb, TEXT_MAX);
    for (size_t i = 0; i < c->n; i++) {
        const char *name = c->read[i] ? quoted(s, c->name[i], a) : "";
        if (c->read[i] && str_eq(c->exact[i], STR("t"))) {
            strbuf_addf(&sb, "%sNEW.%s IS DISTINCT FROM OLD.%s", sb.n > 0 ? " OR " : "", name, name);
        } else if (c->read[i]) {
            strbuf_addf(&sb, "%sROW(NEW.%s)::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(OLD.%s)::pg_catalog.record",
                        sb.n > 0 ? " OR " : "", name, name);
        }
    }
    const char *made = arena_cstr(a, strbuf_str(&sb));
    strbuf_free(&sb);
    return made;
}

/* What USING reads must be there in a trigger, too. */
static enum status check_using(struct session *s, const struct shadow_spec *spec, const struct texts *t,
                               const struct columns *c, struct arena *a, struct error *err)
{
    const char *why = NULL, *way = "write it of plain columns, or leave -- migrate:shadow out";
    struct rows *rows = NULL;
    for (size_t i = 1; i < c->n && !why; i++) {
        if (c->read[i] && str_eq(c->generated[i], STR("t"))) {
            why =
                arena_printf(a, "USING reads generated column %.*s, which triggers do not see", STR_ARG(c->name[i])).p;
            way = "write what it is computed of instead";
        }
    }
    if (!why && c->whole) {
        why = "USING reads the row as a whole, in which the second column will be, too";
    }
    if (!why) {
        const char *sql = arena_printf(a, "SELECT %s FROM (SELECT * FROM ONLY %s LIMIT 0) AS %s LIMIT 0", t->row,
                                       t->table, quoted(s, spec->table, a))
                              .p;
        const enum status status = session_query(s, sql, NULL, 0, MAKE_MS, &rows, err);
        rows_free(rows);
        if (!status || strncmp(err->sqlstate, "42", 2) != 0 || error_sql_class(err) == SQL_PRIVILEGE) {
            return status;
        }
        why = arena_printf(a, "%s", err->primary).p;
    }
    error_set(err, ST_USAGE, "cannot change %.*s.%.*s by a shadow column: %s", STR_ARG(spec->table),
              STR_ARG(spec->column), why);
    error_hint(err, "%s", way);
    return ST_USAGE;
}

static enum status make_texts(struct session *s, const struct shadow_spec *spec, bool begun, struct arena *a,
                              struct texts *t, struct error *err)
{
    const char *c = quoted(s, spec->column, a);
    const bool plain = spec->using.n == 0;
    struct columns *columns;
    enum status status = list_columns(spec, t, a, &columns, err);
    if (status) {
        return status;
    }
    read_using(spec, a, columns);
    t->row = plain ? arena_printf(a, "%s::%.*s", c, STR_ARG(spec->type)).p
                   : arena_printf(a, "(%.*s\n)", STR_ARG(spec->using)).p;
    /* The row as a table of the table's name: whatever the expression says of it means the row that is written. */
    t->in_trigger = plain ? arena_printf(a, "NEW.%s::%.*s", c, STR_ARG(spec->type)).p
                          : arena_printf(a, "(SELECT (%.*s\n) FROM (SELECT NEW.*) AS %s)", STR_ARG(spec->using),
                                         quoted(s, spec->table, a))
                                .p;
    t->when = fires_when(s, columns, a);
    t->mode = begun ? MODE_ON : MODE_BEGIN;
    if (spec->down && !begun && t->kept.n > 0 && str_eq(t->kept, t->type)) {
        t->mode = MODE_BACK;
    } else if (!spec->down) {
        t->back = way_back(t->was, t->type, c, a);
    }
    return check_using(s, spec, t, columns, a, err);
}

/* ---- phases ---- */

static enum status refuse(const struct shadow_spec *spec, const struct rows *rows, struct error *err)
{
    struct strbuf sb;
    strbuf_init(&sb, sizeof(err->detail) - 1);
    for (size_t i = 0; i < rows_count(rows); i++) {
        const struct str why = rows_value(rows, i, 0);
        if (sb.n + why.n + 2 < sizeof(err->detail)) {
            strbuf_addf(&sb, "%s%.*s", i > 0 ? "; " : "", STR_ARG(why));
        }
    }
    error_set(err, ST_USAGE, "cannot change %.*s.%.*s by a shadow column: %.*s", STR_ARG(spec->table),
              STR_ARG(spec->column), STR_ARG(rows_value(rows, 0, 0)));
    error_detail(err, "%s", strbuf_cstr(&sb));
    const struct str way = rows_value(rows, 0, 1);
    if (way.n > 0) {
        error_hint(err, "%.*s", STR_ARG(way));
    } else {
        error_hint(err, "take that away first and put it back behind, or change the type in a maintenance window: "
                        "leave -- migrate:shadow out");
    }
    strbuf_free(&sb);
    return ST_USAGE;
}

static void read_phases(const struct rows *rows, const struct shadow_spec *spec, const char *fresh, struct arena *a,
                        struct shadow_phase_list *out)
{
    int64_t phase = -1;
    struct shadow_phase *p = NULL;
    for (size_t i = 0; i < rows_count(rows); i++) {
        const struct str title = rows_value(rows, i, 3);
        if (rows_i64(rows, i, 0) != phase) {
            phase = rows_i64(rows, i, 0);
            p = vec_push(a, out);
            for (size_t k = 0; k < countof(names); k++) {
                if (str_eq(rows_value(rows, i, 2), str_of(names[k]))) {
                    p->kind = (enum shadow_kind)k;
                }
            }
        }
        p->title = title.n > 0 ? arena_str(a, title) : p->title;
        const struct str sql = arena_str(a, rows_value(rows, i, 4));
        *vec_push(a, &p->statements) = rows_bool(rows, i, 5) ? str_of(column_text(sql, spec->column, fresh, a)) : sql;
    }
}

/* A question of shadow_sql.h. */
static enum status ask(struct session *s, const char *const *question, const struct shadow_spec *spec,
                       const struct texts *t, struct arena *a, struct rows **out, struct error *err)
{
    struct param params[SHADOW_PARAMS] = {
        [SHADOW_TABLE] = {t->oid},
        [SHADOW_COLUMN] = {t->attnum},
        [SHADOW_TYPE] = {arena_cstr(a, spec->type)},
        [SHADOW_ROW] = {t->row},
        [SHADOW_IN_TRIGGER] = {t->in_trigger},
        [SHADOW_WHEN] = {t->when},
        [SHADOW_BACK] = {t->back},
        [SHADOW_MODE] = {modes[t->mode]},
        [SHADOW_KEEP_MS] = {spec->down || spec->keep_old_ms == 0 ? NULL : param_i64(a, spec->keep_old_ms)},
        [SHADOW_VERSION] = {arena_cstr(a, spec->version)},
        [SHADOW_TYPE_OID] = {t->type_oid},
        [SHADOW_DOWN] = {spec->down ? "t" : "f"},
        [SHADOW_EQUAL] = {t->equal ? "t" : "f"},
    };
    const bool lists = session_server_version(s) >= 150000;
    const char *publications = lists ? shadow_publications_sql : shadow_no_publications_sql;
    return session_query(s, joined(shadow_heads_sql, publications, question, a), params, SHADOW_PARAMS, MAKE_MS, out,
                         err);
}

static enum status ask_obstacles(struct session *s, const struct shadow_spec *spec, const struct texts *t,
                                 struct arena *a, struct error *err)
{
    struct rows *rows = NULL;
    if (spec->column.n > NAME_BYTES) {
        return error_set(err, ST_USAGE, "cannot change %.*s by a shadow column: its name is too long",
                         STR_ARG(spec->column));
    }
    enum status status = ask(s, shadow_obstacles_sql, spec, t, a, &rows, err);
    if (!status && rows_count(rows) > 0) {
        status = refuse(spec, rows, err);
    }
    rows_free(rows);
    return status;
}

static enum status ask_phases(struct session *s, const struct shadow_spec *spec, const struct texts *t, struct arena *a,
                              struct shadow_phase_list *out, struct error *err)
{
    const char *const *const questions[] = {shadow_build_sql, shadow_swap_sql};
    const char *beside = t->mode == MODE_BACK ? "_migrate_old" : "_migrate_new";
    const char *fresh = quoted(s, arena_printf(a, "%.*s%s", STR_ARG(spec->column), beside), a);
    enum status status = ask_obstacles(s, spec, t, a, err);
    for (size_t i = 0; i < countof(questions) && !status; i++) {
        struct rows *rows = NULL;
        status = ask(s, questions[i], spec, t, a, &rows, err);
        if (!status) {
            read_phases(rows, spec, fresh, a, out);
        }
        rows_free(rows);
    }
    return status;
}

/* A transaction that only looks, with an empty search path; the caller rolls it back. */
static enum status look(struct session *s, const struct shadow_spec *spec, bool begun, struct arena *a,
                        struct texts *out, struct error *err)
{
    *out = (struct texts){0};
    enum status status = session_query(s, "BEGIN", NULL, 0, MAKE_MS, NULL, err);
    status = status ? status : read_texts(s, spec, a, out, err);
    if (!status) {
        status = make_texts(s, spec, begun, a, out, err);
    }
    if (!status) {
        status = session_query(s, "SET LOCAL search_path = ''", NULL, 0, MAKE_MS, NULL, err);
    }
    return status;
}

enum status shadow_make(struct session *s, const struct shadow_spec *spec, bool begun, struct arena *a,
                        struct shadow_phase_list *out, struct error *err)
{
    struct texts t;
    *out = (struct shadow_phase_list){0};
    enum status status = look(s, spec, begun, a, &t, err);
    status = status ? status : ask_phases(s, spec, &t, a, out, err);
    if (session_usable(s)) {
        tx_rollback(s);
    }
    return status;
}

enum status shadow_unmake(struct session *s, const struct shadow_spec *spec, struct arena *a, struct str_list *out,
                          struct error *err)
{
    struct texts t;
    struct rows *rows = NULL;
    *out = (struct str_list){0};
    enum status status = look(s, spec, false, a, &t, err);
    status = status ? status : ask(s, shadow_undo_sql, spec, &t, a, &rows, err);
    for (size_t i = 0; !status && i < rows_count(rows); i++) {
        *vec_push(a, out) = arena_str(a, rows_value(rows, i, 0));
    }
    rows_free(rows);
    if (session_usable(s)) {
        tx_rollback(s);
    }
    return status;
}

bool shadow_goes_back(const struct shadow_phase_list *phases)
{
    return phases->n > 0 && phases->at[0].kind == SHADOW_COMPARE;
}

enum status shadow_preview(struct session *s, struct shadow_spec *spec, struct arena *a, struct error *err)
{
    struct shadow_phase_list list;
    const enum status status = shadow_make(s, spec, false, a, &list, err);
    spec->refused = spec->way_out = STR_NONE; /* the server knows better than the catalog */
    for (size_t i = 0; !status && i < list.n; i++) {
        *vec_push(a, &spec->phases) = list.at[i].title;
    }
    if (status == ST_USAGE) {
        spec->refused = arena_str(a, str_of(err->primary));
        spec->way_out = arena_str(a, str_of(err->hint));
    }
    return status && (!session_usable(s) || status == ST_INTERRUPTED) ? status : ST_OK;
}
