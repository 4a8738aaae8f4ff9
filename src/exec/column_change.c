#include "exec/column_change.h"

#include "exec/column_change_sql.h"
#include "exec/column_text.h"
#include "exec/tx.h"

enum { ASK_MS = 60000, TEXT_MAX = 4 << 20 };

/* What is known before the question is asked. */
struct change {
    struct session *s;
    struct arena *a;
    const char *said; /* "orders.note", as it was given */
    const char *oid, *attnum;
    struct str column; /* its name */
    const char *fresh; /* the other name, without quotes */
    const char *fresh_quoted;
};

static enum status find(struct change *c, struct error *err)
{
    struct rows *rows = NULL;
    const struct param param = {c->said};
    enum status status = session_query(c->s, column_find_sql, &param, 1, ASK_MS, &rows, err);
    if (status == ST_SERVER || (!status && rows_count(rows) == 0)) {
        status = error_set(err, ST_USAGE, "there is no column %s", c->said);
        error_hint(err, "name it as TABLE.COLUMN or SCHEMA.TABLE.COLUMN, quoted as in SQL");
    }
    if (!status) {
        c->oid = arena_cstr(c->a, rows_value(rows, 0, 0));
        c->attnum = arena_cstr(c->a, rows_value(rows, 0, 1));
    }
    rows_free(rows);
    return status;
}

static enum status read_name(struct change *c, const char *said, struct error *err)
{
    struct rows *rows = NULL;
    const struct param param = {said};
    enum status status = session_query(c->s, column_name_sql, &param, 1, ASK_MS, &rows, err);
    if (status == ST_SERVER || (!status && rows_count(rows) == 0)) {
        status = error_set(err, ST_USAGE, "%s is no name of a column", said);
        error_hint(err, "write one name, quoted as in SQL");
    }
    c->fresh = status ? NULL : arena_cstr(c->a, rows_value(rows, 0, 0));
    rows_free(rows);
    return status;
}

/* The column's name without quotes; from here on the search path is empty. */
static enum status enter(struct change *c, struct error *err)
{
    struct rows *rows = NULL;
    struct strbuf sb;
    const struct param params[] = {{c->oid}, {c->attnum}};
    enum status status = session_query(c->s, "SET LOCAL search_path = ''", NULL, 0, ASK_MS, NULL, err);
    status = status
                 ? status
                 : session_query(c->s,
                                 "SELECT attname FROM pg_catalog.pg_attribute WHERE attrelid = $1::pg_catalog.oid AND"
                                 " attnum = $2::pg_catalog.int2",
                                 params, 2, ASK_MS, &rows, err);
    if (!status) {
        c->column = arena_str(c->a, rows_value(rows, 0, 0));
        c->fresh = c->fresh ? c->fresh : arena_cstr(c->a, c->column);
        strbuf_init(&sb, 1024);
        session_quote_identifier(c->s, str_of(c->fresh), &sb);
        c->fresh_quoted = arena_cstr(c->a, strbuf_str(&sb));
        strbuf_free(&sb);
    }
    rows_free(rows);
    return status;
}

static enum status ask(struct change *c, const char *version, const char *mode, struct rows **rows, struct error *err)
{
    struct strbuf sql;
    const struct param params[] = {{c->oid}, {c->attnum}, {c->fresh}, {version}, {mode}, {c->said}};
    strbuf_init(&sql, TEXT_MAX);
    for (size_t i = 0; column_change_sql[i]; i++) {
        strbuf_add_cstr(&sql, column_change_sql[i]);
    }
    const enum status status = session_query(c->s, strbuf_cstr(&sql), params, countof(params), ASK_MS, rows, err);
    strbuf_free(&sql);
    return status;
}

/* ---- text ---- */

static struct str taken(struct strbuf *sb, struct arena *a)
{
    const struct str text = arena_str(a, strbuf_str(sb));
    strbuf_free(sb);
    return text;
}

/* The rows of one kind, in the order in which they come. */
static struct str text_of(const struct change *c, const struct rows *rows, const char *kind)
{
    struct strbuf out;
    strbuf_init(&out, TEXT_MAX);
    for (size_t i = 0; i < rows_count(rows); i++) {
        if (str_eq(rows_value(rows, i, 0), str_of(kind))) {
            const struct str sql = rows_value(rows, i, 1);
            strbuf_add_cstr(&out, rows_bool(rows, i, 2) ? column_text(sql, c->column, c->fresh_quoted, c->a)
                                                        : arena_cstr(c->a, sql));
            strbuf_add_char(&out, '\n');
        }
    }
    return taken(&out, c->a);
}

static enum status refuse(const struct change *c, const struct rows *rows, const char *what, struct error *err)
{
    struct strbuf sb;
    strbuf_init(&sb, sizeof(err->detail) - 1);
    for (size_t i = 0; i < rows_count(rows); i++) {
        if (str_eq(rows_value(rows, i, 0), STR("refuse"))) {
            strbuf_addf(&sb, "%s%.*s", sb.n > 0 ? "; " : "", STR_ARG(rows_value(rows, i, 1)));
        }
    }
    const enum status status =
        sb.n > 0 ? error_set(err, ST_USAGE, "%s cannot be %s: %s", c->said, what, strbuf_cstr(&sb)) : ST_OK;
    strbuf_free(&sb);
    return status;
}

/* ---- the two changes ---- */

static enum status open_change(struct change *c, const char *fresh, const char *version, const char *mode,
                               struct rows **rows, struct error *err)
{
    enum status status = session_query(c->s, "BEGIN READ ONLY", NULL, 0, ASK_MS, NULL, err);
    status = status ? status : find(c, err);
    status = status || !fresh ? status : read_name(c, fresh, err);
    status = status ? status : enter(c, err);
    status = status ? status : ask(c, version, mode, rows, err);
    if (session_usable(c->s)) {
        tx_rollback(c->s);
    }
    return status;
}

static enum status write_change(struct change *c, const char *fresh, const char *version, const char *mode,
                                const char *refused, struct column_change *out, struct error *err)
{
    struct rows *rows = NULL;
    enum status status = open_change(c, fresh, version, mode, &rows, err);
    status = status ? status : refuse(c, rows, refused, err);
    if (!status) {
        *out = (struct column_change){.up = text_of(c, rows, "up"), .down = text_of(c, rows, "down")};
    }
    rows_free(rows);
    return status;
}

enum status column_rename(struct session *s, const char *column, const char *fresh, const char *version,
                          struct arena *a, struct column_change *out, struct error *err)
{
    struct change c = {.s = s, .a = a, .said = column};
    return write_change(&c, fresh, version, "rename", "renamed with dual write", out, err);
}

enum status column_archive(struct session *s, const char *column, struct arena *a, struct column_change *out,
                           struct error *err)
{
    struct change c = {.s = s, .a = a, .said = column};
    return write_change(&c, NULL, "", "archive", "dropped with an archive", out, err);
}

enum status column_rename_contract(struct session *s, const char *version, struct arena *a, struct str *out,
                                   struct error *err)
{
    struct rows *rows = NULL;
    struct strbuf text;
    const struct param param = {version};
    const enum status status = session_query(s, column_contract_sql, &param, 1, ASK_MS, &rows, err);
    strbuf_init(&text, TEXT_MAX);
    for (size_t i = 0; !status && i < rows_count(rows); i++) {
        strbuf_addf(&text, "%.*s\n", STR_ARG(rows_value(rows, i, 0)));
    }
    *out = taken(&text, a);
    rows_free(rows);
    return status;
}
