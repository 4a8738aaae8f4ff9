/*
 * Opening a session.
 *
 * Names are looked up beforehand (hosts.c), everything after is asynchronous. Where a host has several addresses, or the URL several hosts, libpq goes
 * to the next one when the kernel gives up on the last: while connecting, tcp_user_timeout is therefore a little shorter than our own
 * time-out for one address. One that takes the connection and then stays silent is left for the next by ourselves.
 */
#include "db/hosts.h"
#include "db/libpq.h"
#include "db/session_impl.h"

#include "base/clock.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

enum { CONNECT_TIMEOUT_MS = 10000, KEYWORDS_MAX = 32, KEYWORDS_OWN = 10 };

/* What the connection string says, as far as we need to know. */
struct wishes {
    int timeout_ms;
    bool has_password;
    bool has_tcp_timeout;
    bool has_service;                   /* a service file may name the host: libpq's to read */
    const char *host, *hostaddr, *port; /* lists; NULL: not said */
    const char *options;                /* of the connection string; NULL: not said */
};

/* Copy libpq's complaint about a connection string without what it quotes from it, unless that may be shown anyhow. */
static void shown_complaint(const char *message, struct str display, struct strbuf *out)
{
    struct str rest = str_trim(str_of(message));
    while (rest.n > 0) {
        const size_t open = str_find_char(rest, '"');
        strbuf_add(out, str_slice(rest, 0, open));
        if (open == SIZE_MAX) {
            return;
        }
        rest = str_slice(rest, open + 1, rest.n);
        const size_t close = str_find_char(rest, '"');
        const struct str quoted = str_slice(rest, 0, close);
        const bool shown = close != SIZE_MAX && quoted.n > 0 && str_find(display, quoted) != SIZE_MAX;
        strbuf_add_char(out, '"');
        strbuf_add(out, shown ? quoted : STR("***"));
        strbuf_add_char(out, '"');
        rest = str_slice(rest, close == SIZE_MAX ? rest.n : close + 1, rest.n);
    }
}

enum status target_refuse(const char *url, const char *complaint, struct error *err)
{
    struct strbuf display, text;
    strbuf_init(&display, 512);
    strbuf_init(&text, 1024);
    target_display(url, &display);
    error_set(err, ST_USAGE, "cannot read the connection string %s", strbuf_cstr(&display));
    shown_complaint(complaint ? complaint : "", strbuf_str(&display), &text);
    error_detail(err, "%s", strbuf_cstr(&text));
    error_hint(
        err, "write postgres://user@host:5432/database?sslmode=require or host=… dbname=… user=…; in a URL, characters "
             "such as @ / ? # of a password are written %%40 %%2F %%3F %%23");
    strbuf_free(&text);
    strbuf_free(&display);
    return ST_USAGE;
}

/* libpq looks at the ports only when it connects, and then an error is a failed connection like any other. */
static bool ports_are_numbers(const char *ports)
{
    struct str rest = str_of(ports), port;
    int64_t n;
    while (str_next(&rest, ',', &port)) {
        if (port.n > 0 && !str_to_i64(port, 1, 65535, &n)) {
            return false;
        }
    }
    return true;
}

static int timeout_of(const char *seconds)
{
    int64_t n;
    if (!str_to_i64(str_of(seconds), 1, 24 * 3600, &n)) {
        return 0;
    }
    return (int)(n * 1000);
}

static const char *variable(const char *name)
{
    const char *const value = getenv(name);
    return value && value[0] ? value : NULL;
}

static void keep_host(struct wishes *w, const PQconninfoOption *o, struct arena *a)
{
    static const char *const names[] = {"host", "hostaddr", "port"};
    const char **const places[] = {&w->host, &w->hostaddr, &w->port};
    for (size_t i = 0; i < countof(names); i++) {
        if (strcmp(o->keyword, names[i]) == 0) {
            *places[i] = arena_cstr(a, str_of(o->val));
        }
    }
    w->has_service = w->has_service || strcmp(o->keyword, "service") == 0;
}

/* What is added to the URL; hostaddr may be filled in only when the password is asked for, so that it is kept by its place. */
static void keep_extra(struct wishes *w, const char *const *pairs, bool overrides)
{
    const bool host_open = overrides || (!w->host && !w->hostaddr);
    for (; pairs && *pairs; pairs += 2) {
        if (strcmp(pairs[0], "host") == 0 && host_open) {
            w->host = pairs[1];
        } else if (strcmp(pairs[0], "hostaddr") == 0 && host_open) {
            w->hostaddr = pairs[1];
        } else if (strcmp(pairs[0], "port") == 0 && (overrides || !w->port)) {
            w->port = pairs[1];
        }
    }
}

static enum status read_wishes(const struct target *t, struct arena *a, struct wishes *w, struct error *err)
{
    *w = (struct wishes){.timeout_ms = timeout_of(getenv("PGCONNECT_TIMEOUT")),
                         .has_service = variable("PGSERVICE") != NULL};
    const struct str url = str_of(t->url);
    const bool is_url = str_starts(url, STR("postgres://")) || str_starts(url, STR("postgresql://"));
    const size_t scheme = str_find(url, STR("://"));
    if (!is_url && scheme != SIZE_MAX && scheme < str_find_char(url, '=')) {
        return target_refuse(t->url, "its scheme is neither postgres:// nor postgresql://", err);
    }
    if (is_url || str_find_char(url, '=') != SIZE_MAX) { /* else: empty, or the bare name of a database */
        char *complaint = NULL;
        PQconninfoOption *options = PQconninfoParse(t->url, &complaint);
        if (!options) {
            target_refuse(t->url, complaint, err);
            if (complaint) {
                PQfreemem(complaint);
            }
            return ST_USAGE;
        }
        enum status status = ST_OK;
        for (const PQconninfoOption *o = options; o->keyword; o++) {
            if (!o->val || !o->val[0]) {
                continue;
            }
            if (strcmp(o->keyword, "port") == 0 && !ports_are_numbers(o->val)) {
                status = target_refuse(t->url, "the port is not a number from 1 to 65535", err);
            }
            keep_host(w, o, a);
            if (strcmp(o->keyword, "options") == 0) {
                w->options = arena_cstr(a, str_of(o->val));
            } else if (strcmp(o->keyword, "connect_timeout") == 0) {
                w->timeout_ms = timeout_of(o->val);
            } else if (strcmp(o->keyword, "password") == 0) {
                w->has_password = true;
                explicit_bzero(o->val, strlen(o->val));
            } else if (strcmp(o->keyword, "tcp_user_timeout") == 0) {
                w->has_tcp_timeout = true;
            }
        }
        PQconninfoFree(options);
        if (status) {
            return status;
        }
    }
    if (!w->host && !w->hostaddr) {
        w->hostaddr = variable("PGHOSTADDR");
        w->host = variable("PGHOST");
    }
    w->port = w->port ? w->port : variable("PGPORT");
    keep_extra(w, t->defaults, false);
    keep_extra(w, t->overrides, true);
    if (t->connect_timeout_ms > 0) {
        w->timeout_ms = t->connect_timeout_ms;
    } else if (w->timeout_ms == 0) {
        w->timeout_ms = CONNECT_TIMEOUT_MS;
    }
    return ST_OK;
}

/* -c NAME=VALUE, as the server's start takes words apart: a backslash before blanks and itself. */
static void add_option(struct strbuf *out, const char *name, struct str value)
{
    strbuf_addf(out, " -c %s=", name);
    for (size_t i = 0; i < value.n; i++) {
        if (strchr(" \t\n\r\v\f\\", value.p[i])) {
            strbuf_add_char(out, '\\');
        }
        strbuf_add_char(out, value.p[i]);
    }
}

/* "name", public: with every quote doubled. */
static void add_path(struct strbuf *out, const char *schema)
{
    strbuf_add_char(out, '"');
    for (const char *p = schema; *p; p++) {
        strbuf_addf(out, *p == '"' ? "%c\"" : "%c", *p);
    }
    strbuf_add_cstr(out, "\", public");
}

static const char *tenant_options(const struct target *t, const struct wishes *w, struct arena *a)
{
    struct strbuf out, path;
    const char *before = w->options ? w->options : variable("PGOPTIONS");
    strbuf_init(&out, 1 << 16);
    strbuf_init(&path, 1024);
    strbuf_add_cstr(&out, before ? before : "");
    add_path(&path, t->tenant);
    add_option(&out, "search_path", strbuf_str(&path));
    add_option(&out, "migrate.tenant", str_of(t->tenant));
    add_option(&out, "migrate.histories", str_of(t->histories));
    const char *made = arena_cstr(a, strbuf_str(&out));
    strbuf_free(&path);
    strbuf_free(&out);
    return made;
}

/* A later keyword overrides an earlier one: what the URL may change stands before it, what we rely on behind. */
static PGconn *start(const struct target *t, const struct wishes *w, const char *password,
                     const struct host_list *hosts, size_t from, struct arena *a)
{
    const char *keywords[KEYWORDS_MAX], *values[KEYWORDS_MAX];
    size_t n = 0;
#define ADD(keyword, value) (keywords[n] = (keyword), values[n++] = (value))
    ADD("application_name", t->application_name ? t->application_name : "migrate");
    /* A dead network is noticed: at once while something is sent, after 90 s while a long statement runs. Bounds PQcancel() too. */
    ADD("tcp_user_timeout", "15000");
    ADD("keepalives_idle", "60");
    ADD("keepalives_interval", "10");
    for (const char *const *k = t->defaults; k && *k; k += 2) {
        ADD(k[0], k[1]);
    }
    if (t->url) {
        ADD("dbname", t->url);
    }
    for (const char *const *k = t->overrides; k && *k; k += 2) {
        ADD(k[0], k[1]);
    }
    if (n > KEYWORDS_MAX - KEYWORDS_OWN) {
        BUG("%zu keywords for a connection", n);
    }
    if (password) {
        ADD("password", password);
    }
    if (hosts->n > 0) {
        hosts_values(hosts, from, a, &values[n], &values[n + 1], &values[n + 2]);
        keywords[n++] = "host";
        keywords[n++] = "hostaddr";
        keywords[n++] = "port";
    }
    if (t->tenant) {
        ADD("options", tenant_options(t, w, a));
    }
    if (t->read_write) {
        ADD("target_session_attrs", "read-write");
    }
    ADD("client_encoding", "UTF8");
    ADD(NULL, NULL);
#undef ADD
    return PQconnectStartParams(keywords, values, 1);
}

static void describe_host(const PGconn *conn, struct strbuf *out)
{
    const char *host = PQhost(conn), *port = PQport(conn);
    if (!host || !host[0]) {
        strbuf_add_cstr(out, "the server");
    } else if (host[0] == '/' || host[0] == '@') {
        strbuf_addf(out, "%s (socket, port %s)", host, port && port[0] ? port : "5432");
    } else {
        strbuf_addf(out, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port && port[0] ? port : "5432");
    }
}

/*
 * While a connection is made libpq keeps a refusal's SQLSTATE to itself. With PQERRORS_VERBOSE it writes "FATAL:  28P01: …": the code
 * stands behind the severity, in every language.
 */
static struct str find_sqlstate(struct str text, char state[6])
{
    for (size_t at = 0; at + 10 <= text.n; at++) {
        bool code = memcmp(text.p + at, ":  ", 3) == 0 && memcmp(text.p + at + 8, ": ", 2) == 0;
        for (size_t i = 3; code && i < 8; i++) {
            const char c = text.p[at + i];
            code = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
        }
        if (code) {
            memcpy(state, text.p + at + 3, 5);
            state[5] = '\0';
            const struct str rest = str_slice(text, at + 10, text.n);
            return str_slice(rest, 0, str_find_char(rest, '\n'));
        }
    }
    return STR_NONE;
}

static const struct {
    const char *state;
    const char *hint;
} refusals[] = {
    {"28P01", "check the user and the password: the URL, --password-file, PGPASSWORD or ~/.pgpass"},
    {"28000", "check the user, and that a line of the server's pg_hba.conf lets it in from here"},
    {"3D000", "create the database first (createdb NAME), or check the name in the URL"},
    {"53300", "all connections of the server, the database or the role are in use: try again when some are free"},
    {"57P03", "the server is starting, stopping or recovering: `migrate wait` waits until it accepts connections"},
    {"42501", "the role may not connect to this database: GRANT CONNECT ON DATABASE … TO …"},
};

/* Turn a failed connection attempt into *err. stage: how far it had come. */
static enum status connect_error(PGconn *conn, ConnStatusType stage, bool asked_password, struct error *err)
{
    struct strbuf host;
    char state[6] = "";
    const struct str text = str_trim(str_of(PQerrorMessage(conn)));
    strbuf_init(&host, 512);
    describe_host(conn, &host);
    const struct str refusal = find_sqlstate(text, state);
    if (state[0]) {
        error_set(err, ST_SERVER, "%s does not let us in: %.*s", strbuf_cstr(&host), STR_ARG(refusal));
        for (size_t i = 0; i < countof(refusals); i++) {
            if (strcmp(refusals[i].state, state) == 0) {
                error_hint(err, "%s", refusals[i].hint);
            }
        }
    } else {
        const struct str first = str_slice(text, 0, str_find_char(text, '\n'));
        memcpy(state, "08001", sizeof(state));
        error_set(err, ST_SERVER, "cannot connect to %s", strbuf_cstr(&host));
        error_detail(err, "%.*s", STR_ARG(text));
        if (PQconnectionNeedsPassword(conn) && !asked_password) {
            memcpy(state, "28P01", sizeof(state));
            error_set(err, ST_SERVER, "%s wants a password and none is known", strbuf_cstr(&host));
            error_hint(err, "give it by --password-file, PGPASSWORD or ~/.pgpass");
        } else if (stage == CONNECTION_SSL_STARTUP) {
            error_set(err, ST_SERVER, "no TLS connection to %s: %.*s", strbuf_cstr(&host), STR_ARG(first));
            error_hint(err, "check sslmode, sslrootcert and the server's certificate");
        } else if (stage == CONNECTION_AWAITING_RESPONSE || stage == CONNECTION_AUTH_OK) {
            error_hint(err, "something listens there but did not answer as PostgreSQL does: check host and port");
        } else {
            error_hint(err,
                       "check host and port, that the server runs, and that no firewall is in between; `migrate wait` "
                       "waits until it accepts connections");
        }
    }
    memcpy(err->sqlstate, state, sizeof(state));
    strbuf_free(&host);
    return ST_SERVER;
}

static enum status timeout_error(const PGconn *conn, int timeout_ms, struct error *err)
{
    struct strbuf host, budget;
    strbuf_init(&host, 512);
    strbuf_init(&budget, 64);
    describe_host(conn, &host);
    clock_duration(timeout_ms, &budget);
    error_set(err, ST_SERVER, "no answer from %s within %s", strbuf_cstr(&host), strbuf_cstr(&budget));
    error_hint(
        err, "check host and port, and that no firewall drops the packets; connect_timeout in the URL gives more time");
    memcpy(err->sqlstate, "08001", sizeof("08001"));
    strbuf_free(&budget);
    strbuf_free(&host);
    return ST_SERVER;
}

/* What the socket is given for unanswered packets; fails on a unix socket, which needs none. */
static void set_tcp_timeout(const PGconn *conn, int ms)
{
    (void)setsockopt(PQsocket(conn), IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
}

/* Which of the hosts libpq is at, given that it began with number `from`. */
static size_t host_at(const PGconn *conn, const struct host_list *hosts, size_t from)
{
    const char *const host = PQhost(conn), *const address = PQhostaddr(conn), *const port = PQport(conn);
    for (size_t i = from; i < hosts->n; i++) {
        const struct host *h = &hosts->at[i];
        const bool same =
            h->address[0] ? strcmp(h->address, address ? address : "") == 0 : strcmp(h->name, host ? host : "") == 0;
        if (same && strcmp(h->port[0] ? h->port : "5432", port && port[0] ? port : "5432") == 0) {
            return i;
        }
    }
    return hosts->n;
}

/* Drive the attempt to its end. *silent: nothing came from where libpq is now, and there may be others to try. */
static enum status await_connection(struct loop *loop, PGconn *conn, const struct wishes *w, bool asked_password,
                                    bool *silent, struct error *err)
{
    PostgresPollingStatusType wish = PGRES_POLLING_WRITING;
    ConnStatusType stage = PQstatus(conn);
    char address[128] = "";
    int64_t deadline = 0;
    *silent = false;
    while (wish != PGRES_POLLING_OK) {
        if (wish == PGRES_POLLING_FAILED || PQstatus(conn) == CONNECTION_BAD || PQsocket(conn) < 0) {
            return connect_error(conn, stage, asked_password, err);
        }
        const char *now_at = PQhostaddr(conn);
        if (deadline == 0 || strcmp(address, now_at ? now_at : "") != 0) {
            snprintf(address, sizeof(address), "%s", now_at ? now_at : "");
            deadline = clock_monotonic_ms() + w->timeout_ms;
            if (!w->has_tcp_timeout) {
                set_tcp_timeout(conn, w->timeout_ms > 1000 ? w->timeout_ms - 200 : w->timeout_ms);
            }
        }
        const short events = wish == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        switch (loop_wait(loop, PQsocket(conn), events, deadline, true)) {
        case LOOP_SIGNAL:
            return loop_interrupt_error(err);
        case LOOP_TIMEOUT:
            *silent = true;
            return timeout_error(conn, w->timeout_ms, err);
        case LOOP_READY:
            break;
        }
        stage = PQstatus(conn);
        wish = PQconnectPoll(conn);
    }
    if (!w->has_tcp_timeout) {
        set_tcp_timeout(conn, 15000);
    }
    return ST_OK;
}

/* One host after the other, until one answers. *out: the connection, NULL on failure. */
static enum status open_any(struct loop *loop, const struct target *target, const struct wishes *w,
                            const char *password, struct arena *a, PGconn **out, struct error *err)
{
    struct host_list hosts = {0};
    enum status status =
        w->has_service ? ST_OK : hosts_find(loop, w->host, w->hostaddr, w->port, w->timeout_ms, a, &hosts, err);
    size_t from = 0;
    bool silent;
    if (status) {
        return status;
    }
    for (;;) {
        PGconn *const conn = start(target, w, password, &hosts, from, a);
        if (!conn) {
            mem_out("connection");
        }
        PQsetErrorVerbosity(conn, PQERRORS_VERBOSE);
        status = await_connection(loop, conn, w, password != NULL, &silent, err);
        if (!status) {
            *out = conn;
            return ST_OK;
        }
        from = host_at(conn, &hosts, from) + 1;
        PQfinish(conn);
        if (!silent || from >= hosts.n) {
            return status;
        }
    }
}

static enum status open_once(struct loop *loop, const struct target *target, struct session **out, struct error *err)
{
    struct arena arena;
    struct wishes w;
    struct strbuf password;
    PGconn *conn = NULL;
    *out = NULL;
    strbuf_init(&password, 64 * 1024); /* an IAM token takes a few kB */
    arena_init(&arena, 4 << 20);
    enum status status = libpq_bind(err);
    if (!status) {
        status = read_wishes(target, &arena, &w, err);
    }
    const bool ask = !status && target->password && !w.has_password;
    if (ask) {
        /* Room for all of it at once: growing would leave copies behind in freed memory. */
        strbuf_add_repeat(&password, ' ', 16 * 1024);
        strbuf_reset(&password);
        status = target->password(target->password_arg, &password, err);
    }
    if (!status && loop_interrupted(loop)) {
        status = loop_interrupt_error(err);
    }
    if (!status) {
        status = open_any(loop, target, &w, ask ? strbuf_cstr(&password) : NULL, &arena, &conn, err);
    }
    arena_free(&arena);
    if (password.p) {
        explicit_bzero(password.p, password.cap);
    }
    strbuf_free(&password);
    if (status) {
        return status;
    }
    PQsetErrorVerbosity(conn, PQERRORS_DEFAULT);
    PQsetnonblocking(conn, 1);
    struct session *s = mem_alloc(sizeof(*s));
    *s = (struct session){.loop = loop,
                          .conn = conn,
                          .settings_due = true,
                          .server_version = PQserverVersion(conn),
                          .tenant = target->tenant != NULL,
                          .pid = PQbackendPID(conn)};
    strbuf_init(&s->host, 512);
    describe_host(conn, &s->host);
    strbuf_cstr(&s->host);
    session_notices(s);
    *out = s;
    return ST_OK;
}

enum status session_open(struct loop *loop, const struct target *target, struct session **out, struct error *err)
{
    const enum status status = open_once(loop, target, out, err);
    /* A password that is rotated between fetching and using it. */
    if (status == ST_SERVER && strcmp(err->sqlstate, "28P01") == 0 && target->password_refused &&
        target->password_refused(target->password_arg)) {
        return open_once(loop, target, out, err);
    }
    return status;
}
