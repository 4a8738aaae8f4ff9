#include "db/session_impl.h"

#include "base/clock.h"
#include "base/term.h"

#include <sys/socket.h>

void session_lose(struct session *s, const char *fmt, ...)
{
    va_list ap;
    if (!s->conn) {
        return;
    }
    va_start(ap, fmt);
    vsnprintf(s->lost, sizeof(s->lost), fmt, ap);
    va_end(ap);
    PQfinish(s->conn);
    s->conn = NULL;
}

void session_close(struct session *s)
{
    if (s) {
        if (s->conn) {
            PQfinish(s->conn);
        }
        strbuf_free(&s->host);
        free(s);
    }
}

bool session_usable(const struct session *s)
{
    return s->conn && !s->busy && PQstatus(s->conn) == CONNECTION_OK;
}

int64_t session_silent_ms(const struct session *s)
{
    return s->conn && s->busy ? clock_monotonic_ms() - s->heard_ms : -1;
}

void session_abandon(struct session *s, const char *why)
{
    if (s->conn && s->busy && !s->abandoned) {
        s->abandoned = true;
        snprintf(s->lost, sizeof(s->lost), "%s", why);
        /* The request that waits for the socket finds its end there. */
        (void)shutdown(PQsocket(s->conn), SHUT_RDWR);
    }
}

bool session_in_transaction(const struct session *s)
{
    const PGTransactionStatusType t = s->conn ? PQtransactionStatus(s->conn) : PQTRANS_UNKNOWN;
    return t == PQTRANS_INTRANS || t == PQTRANS_INERROR || t == PQTRANS_ACTIVE;
}

int session_server_version(const struct session *s)
{
    return s->server_version;
}

bool session_tenant(const struct session *s)
{
    return s->tenant;
}

int session_pid(const struct session *s)
{
    return s->pid;
}

const char *session_host(const struct session *s)
{
    return s->host.n > 0 ? s->host.p : "";
}

int session_error_position(const struct session *s)
{
    return s->position;
}

const char *session_parameter(const struct session *s, const char *name)
{
    return s->conn ? PQparameterStatus(s->conn, name) : NULL;
}

/* ---- notices ---- */

static void on_notice(void *arg, const PGresult *result)
{
    struct session *s = arg;
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (!s->on_notice || !message) {
        return;
    }
    struct strbuf text;
    strbuf_init(&text, 8192);
    term_escape(&text, str_slice(str_of(message), 0, 2048)); /* at most four times as long when escaped */
    s->on_notice(s->notice_arg, severity ? severity : "NOTICE", strbuf_cstr(&text));
    strbuf_free(&text);
}

void session_notices(struct session *s)
{
    PQsetNoticeReceiver(s->conn, on_notice, s);
}

void session_on_notice(struct session *s, void (*hook)(void *arg, const char *severity, const char *message), void *arg)
{
    s->on_notice = hook;
    s->notice_arg = arg;
}

/* ---- quoting ---- */

/* By doubling the quote: all there is to it for an identifier, and for a literal without backslashes. */
static void quote_plain(char quote, struct str s, struct strbuf *out)
{
    strbuf_add_char(out, quote);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == quote) {
            strbuf_add_char(out, quote);
        }
        strbuf_add_char(out, s.p[i]);
    }
    strbuf_add_char(out, quote);
}

void session_quote_identifier(struct session *s, struct str name, struct strbuf *out)
{
    char *quoted = s->conn ? PQescapeIdentifier(s->conn, name.p ? name.p : "", name.n) : NULL;
    if (quoted) {
        strbuf_add_cstr(out, quoted);
        PQfreemem(quoted);
    } else {
        quote_plain('"', name, out);
    }
}

void session_quote_literal(struct session *s, struct str value, struct strbuf *out)
{
    char *quoted = s->conn ? PQescapeLiteral(s->conn, value.p ? value.p : "", value.n) : NULL;
    if (quoted) {
        strbuf_add_cstr(out, quoted);
        PQfreemem(quoted);
    } else {
        quote_plain('\'', value, out);
    }
}

const char *session_quoted(struct session *s, struct str schema, struct str name, struct arena *a)
{
    struct strbuf sb;
    strbuf_init(&sb, 1024);
    if (schema.n > 0) {
        session_quote_identifier(s, schema, &sb);
        strbuf_add_char(&sb, '.');
    }
    session_quote_identifier(s, name, &sb);
    const char *made = arena_cstr(a, strbuf_str(&sb));
    strbuf_free(&sb);
    return made;
}

/* ---- rows ---- */

struct rows *rows_new(PGresult *result)
{
    struct rows *r = mem_alloc(sizeof(*r));
    r->result = result;
    return r;
}

size_t rows_count(const struct rows *r)
{
    return (size_t)PQntuples(r->result);
}

size_t rows_columns(const struct rows *r)
{
    return (size_t)PQnfields(r->result);
}

const char *rows_column_name(const struct rows *r, size_t column)
{
    return PQfname(r->result, (int)column);
}

void rows_column_type(const struct rows *r, size_t column, uint32_t *oid, int *modifier)
{
    *oid = PQftype(r->result, (int)column);
    *modifier = PQfmod(r->result, (int)column);
}

static void check_cell(const struct rows *r, size_t row, size_t column)
{
    if (row >= rows_count(r) || column >= rows_columns(r)) {
        BUG("row %zu, column %zu of a result with %zu rows and %zu columns", row, column, rows_count(r),
            rows_columns(r));
    }
}

bool rows_null(const struct rows *r, size_t row, size_t column)
{
    check_cell(r, row, column);
    return PQgetisnull(r->result, (int)row, (int)column) != 0;
}

struct str rows_value(const struct rows *r, size_t row, size_t column)
{
    check_cell(r, row, column);
    return (struct str){PQgetvalue(r->result, (int)row, (int)column),
                        (size_t)PQgetlength(r->result, (int)row, (int)column)};
}

int64_t rows_i64(const struct rows *r, size_t row, size_t column)
{
    int64_t n = 0;
    return str_to_i64(rows_value(r, row, column), INT64_MIN, INT64_MAX, &n) ? n : 0;
}

bool rows_bool(const struct rows *r, size_t row, size_t column)
{
    return str_eq(rows_value(r, row, column), STR("t"));
}

int64_t rows_affected(const struct rows *r)
{
    int64_t n = 0;
    return str_to_i64(str_of(PQcmdTuples(r->result)), 0, INT64_MAX, &n) ? n : 0;
}

void rows_free(struct rows *r)
{
    if (r) {
        PQclear(r->result);
        free(r);
    }
}
