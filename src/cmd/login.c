#include "cmd/login.h"

#include "aws/secret.h"
#include "aws/when.h"
#include "base/file.h"
#include "base/process.h"
#include "base/words.h"
#include "cmd/aws_open.h"
#include "db/endpoint.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

enum { PAIRS = 20, COMMAND_MS = 60000, PASSWORD_MAX = 16 * 1024 };

enum way { WAY_NONE, WAY_FILE, WAY_COMMAND, WAY_IAM, WAY_SECRET };

struct login {
    struct context *c;
    enum way way;
    struct endpoint at;
    struct rds_host host; /* of the endpoint itself, behind a tunnel too */
    int port;             /* for the token */
    struct secret secret;
    const char *secret_id;
    struct word_list command;
    const char *defaults[PAIRS], *overrides[PAIRS];
    size_t n_defaults, n_overrides, n_fixed; /* the first n_fixed defaults are not of the secret */
    char hostaddr[INET6_ADDRSTRLEN];         /* of the tunnel */
};

static void put(const char **pairs, size_t *n, const char *keyword, const char *value)
{
    if (*n + 3 > PAIRS) {
        BUG("%zu keywords", *n);
    }
    pairs[(*n)++] = keyword;
    pairs[(*n)++] = value;
    pairs[*n] = NULL;
}

static const char *said(const char *value)
{
    return value && value[0] ? value : NULL;
}

/* ---- file and command ---- */

static enum status password_of_file(struct login *l, struct strbuf *password, struct error *err)
{
    const char *path = l->c->set.password_file;
    char line[PASSWORD_MAX];
    FILE *f = fopen(path, "re");
    if (!f) {
        error_errno(err, "read the password file", path);
        return err->status = ST_USAGE;
    }
    setvbuf(f, NULL, _IONBF, 0);
    if (fgets(line, sizeof(line), f)) {
        line[strcspn(line, "\r\n")] = '\0';
        strbuf_add_cstr(password, line);
    }
    explicit_bzero(line, sizeof(line));
    fclose(f);
    return ST_OK;
}

static enum status password_of_command(struct login *l, struct strbuf *password, struct error *err)
{
    struct process_result result;
    const struct process p = {.argv = l->command.at, .timeout_ms = COMMAND_MS, .max_output = PASSWORD_MAX};
    enum status status = process_run(&p, &result, err);
    if (status && status != ST_INTERRUPTED) {
        error_context(err, "the password command");
    } else if (!status && result.exit_code != 0) {
        status = error_set(err, ST_SERVER, "the password command %s ended with %d", l->command.at[0], result.exit_code);
        error_detail(err, "%.*s", STR_ARG(str_slice(str_trim(strbuf_str(&result.err)), 0, 500)));
    } else if (!status) {
        const struct str all = strbuf_str(&result.out);
        struct str line = str_slice(all, 0, str_find_char(all, '\n'));
        line = str_ends(line, STR("\r")) ? str_slice(line, 0, line.n - 1) : line;
        strbuf_add(password, line);
        if (line.n == 0) {
            status = error_set(err, ST_SERVER, "the password command %s printed nothing", l->command.at[0]);
        }
    }
    if (result.out.p) {
        explicit_bzero(result.out.p, result.out.cap);
    }
    process_result_free(&result);
    return status;
}

/* ---- IAM ---- */

/* The tunnel's address now; the name that is dialled is the endpoint's, for the certificate and the token. */
static enum status resolve_tunnel(struct login *l, struct error *err)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    const char *host = l->at.hostaddr ? l->at.hostaddr : l->at.host;
    const int failed = getaddrinfo(host, NULL, &hints, &list);
    if (failed ||
        getnameinfo(list->ai_addr, list->ai_addrlen, l->hostaddr, sizeof(l->hostaddr), NULL, 0, NI_NUMERICHOST) != 0) {
        if (!failed) {
            freeaddrinfo(list);
        }
        return error_set(err, ST_SERVER, "cannot find the address of %s: %s", host, gai_strerror(failed));
    }
    freeaddrinfo(list);
    return ST_OK;
}

static enum status token(struct login *l, struct strbuf *password, struct error *err)
{
    struct aws *aws;
    struct sigv4_keys keys;
    const char *region;
    char date[17];
    enum status status = l->n_overrides > 0 && l->c->set.aws.iam_host ? resolve_tunnel(l, err) : ST_OK;
    status = status ? status : context_aws(l->c, &aws, err);
    if (!status && l->host.region && !aws->o.region) {
        aws->o.host_region = l->host.region;
    }
    status = status ? status : aws_region(aws, &region, err);
    status = status ? status : aws_keys(aws, &keys, err);
    if (!status) {
        sigv4_date(aws_now(aws), date);
        sigv4_rds_token(l->host.host, l->port, l->at.user, region, date, keys, password);
    }
    return status;
}

static enum status prepare_iam(struct login *l, struct error *err)
{
    struct context *c = l->c;
    const char *named = said(c->set.aws.iam_host);
    int64_t port = 5432;
    const char *weak = l->at.sslmode;
    struct str host = str_of(named ? named : l->at.host);
    const size_t colon = named ? str_find_char(host, ':') : SIZE_MAX;
    /* A tunnel's port is not the endpoint's. */
    const struct str port_text = colon != SIZE_MAX ? str_slice(host, colon + 1, host.n)
                                 : named           ? STR("")
                                                   : str_of(l->at.port);
    if (host.n == 0 || host.p[0] == '/' || host.p[0] == '@') {
        error_set(err, ST_USAGE, "--iam needs the host name of an endpoint: a token is made for one");
        error_hint(err, "name it in the URL, or with --iam-host when the connection goes through a tunnel");
        return ST_USAGE;
    }
    if (str_find_char(host, ',') != SIZE_MAX) {
        error_set(err, ST_USAGE, "--iam takes one host: a token is made for one");
        error_hint(err, "name the cluster's writer endpoint");
        return ST_USAGE;
    }
    if (weak && strcmp(weak, "require") != 0 && strcmp(weak, "verify-ca") != 0 && strcmp(weak, "verify-full") != 0) {
        error_set(err, ST_USAGE, "--iam with sslmode=%s would give the token to whoever listens", weak);
        error_hint(err, "leave sslmode out, or say sslmode=verify-full");
        return ST_USAGE;
    }
    if (l->at.has_password) {
        return error_set(err, ST_USAGE, "the URL has a password, and --iam makes one");
    }
    if (port_text.n > 0 && !str_to_i64(port_text, 1, 65535, &port)) {
        return error_set(err, ST_USAGE, "--iam: \"%.*s\" is no port", STR_ARG(port_text));
    }
    l->port = (int)port;
    host_parse(arena_cstr(&c->arena, str_slice(host, 0, colon)), &c->arena, &l->host);
    if (l->host.kind == HOST_CUSTOM) {
        error_set(err, ST_USAGE, "RDS takes no token for a custom endpoint");
        error_hint(err, "connect to the cluster's writer endpoint");
        return ST_USAGE;
    }
    if (named) {
        put(l->overrides, &l->n_overrides, "host", l->host.host);
        put(l->overrides, &l->n_overrides, "hostaddr", l->hostaddr);
    }
    return ST_OK;
}

/* ---- Secrets Manager ---- */

/* "@master" and --secret-tag: the cluster tells which. */
static enum status find_secret(struct login *l, struct error *err)
{
    struct rds_target t;
    const char *key = said(l->c->set.aws.secret_tag);
    if (!key && strcmp(l->c->set.aws.secret, "@master") != 0) {
        l->secret_id = l->c->set.aws.secret;
        return ST_OK;
    }
    enum status status = aws_must_target(l->c, &t, err);
    if (status) {
        return status;
    }
    const struct str master = t.is_cluster ? t.cluster.secret_arn : t.instance.secret_arn;
    const struct str id = key ? rds_tag_value(t.is_cluster ? &t.cluster.tags : &t.instance.tags, key) : master;
    if (id.n == 0) {
        const char *name = target_name(&t, l->c->aws, &l->c->arena).p;
        status = key ? error_set(err, ST_REMOTE, "%s has no tag \"%s\"", name, key)
                     : error_set(err, ST_REMOTE, "RDS does not manage the master password of %s", name);
        return status;
    }
    l->secret_id = arena_cstr(&l->c->arena, id);
    return ST_OK;
}

static enum status fetch(struct login *l, struct error *err)
{
    struct aws *aws;
    enum status status = l->secret_id ? ST_OK : find_secret(l, err);
    status = status ? status : context_aws(l->c, &aws, err);
    if (!status) {
        struct secret fresh;
        if (l->host.region && !aws->o.region) {
            aws->o.host_region = l->host.region;
        }
        status = secret_fetch(aws, l->secret_id, &fresh, err);
        if (!status) {
            secret_free(&l->secret);
            l->secret = fresh;
        }
    }
    return status;
}

/* What the URL and the environment leave open. A rotation may change the user, too. */
static void fill_from_secret(struct login *l)
{
    const struct {
        const char *keyword, *value;
        bool open;
    } rows[] = {
        {"user", l->secret.username, !l->at.user_said},
        {"host", l->secret.host, !l->at.host && !l->at.hostaddr},
        {"port", l->secret.port, !l->at.port && !l->at.host},
        {"dbname", l->secret.database, !l->at.database},
    };
    l->n_defaults = l->n_fixed;
    l->defaults[l->n_fixed] = NULL;
    for (size_t i = 0; i < countof(rows); i++) {
        if (rows[i].open && rows[i].value) {
            put(l->defaults, &l->n_defaults, rows[i].keyword, rows[i].value);
        }
    }
}

static bool refused(void *arg)
{
    struct login *l = arg;
    struct error ignored;
    char *old = l->secret.password;
    bool other = false;
    if (l->way != WAY_SECRET || !old) {
        return l->way == WAY_COMMAND;
    }
    l->secret.password = NULL; /* fetch() frees what it replaces */
    if (!fetch(l, &ignored) && l->secret.password) {
        other = strcmp(old, l->secret.password) != 0;
        fill_from_secret(l);
        explicit_bzero(old, strlen(old));
        free(old);
    } else {
        l->secret.password = old;
    }
    return other;
}

/* ---- one password for one connection ---- */

static enum status give(void *arg, struct strbuf *password, struct error *err)
{
    struct login *l = arg;
    enum status status = ST_OK;
    switch (l->way) {
    case WAY_FILE:
        return password_of_file(l, password, err);
    case WAY_COMMAND:
        return password_of_command(l, password, err);
    case WAY_IAM:
        return token(l, password, err);
    case WAY_SECRET:
        status = l->secret.password ? ST_OK : fetch(l, err);
        if (!status) {
            strbuf_add_cstr(password, l->secret.password);
        }
        return status;
    case WAY_NONE:
        break;
    }
    BUG("a password was asked for that nobody has");
}

/* ---- certificates ---- */

static const char *first_file(const char *const *paths, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (file_kind(paths[i]) == FILE_REGULAR) {
            return paths[i];
        }
    }
    return NULL;
}

/* RDS signs its instances' certificates itself, and has those of proxies signed by a public authority. */
static void add_certificates(struct login *l)
{
    static const char *const own[] = {"/etc/ssl/rds/global-bundle.pem", "/etc/ssl/certs/rds-global-bundle.pem",
                                      "/usr/local/share/ca-certificates/rds-global-bundle.crt"};
    static const char *const public[] = {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                                         "/etc/ssl/cert.pem"};
    const bool proxy = l->host.kind == HOST_PROXY || l->host.kind == HOST_PROXY_ENDPOINT;
    const char *file = said(l->c->set.aws.rds_ca);
    if (l->host.kind == HOST_OTHER && !file && l->way != WAY_IAM) {
        return;
    }
    if (!l->at.sslrootcert) {
        file = file                         ? file
               : proxy                      ? first_file(public, countof(public))
               : l->host.kind != HOST_OTHER ? first_file(own, countof(own))
                                            : NULL;
        if (file) {
            put(l->defaults, &l->n_defaults, "sslrootcert", file);
        }
    }
    if (!l->at.sslmode && (file || l->at.sslrootcert)) {
        put(l->defaults, &l->n_defaults, "sslmode", "verify-full");
    } else if (!l->at.sslmode && l->way == WAY_IAM) {
        put(l->overrides, &l->n_overrides, "sslmode", "require");
    }
}

/* ---- choosing ---- */

static enum status choose(struct login *l, struct error *err)
{
    const struct settings *s = &l->c->set;
    const struct {
        bool wanted;
        enum way way;
        const char *option;
    } ways[] = {
        {said(s->password_file) != NULL, WAY_FILE, "--password-file"},
        {said(s->aws.password_command) != NULL, WAY_COMMAND, "--password-command"},
        {s->aws.iam, WAY_IAM, "--iam"},
        {said(s->aws.secret) != NULL || said(s->aws.secret_tag) != NULL, WAY_SECRET, "--secret"},
    };
    const char *before = NULL;
    for (size_t i = 0; i < countof(ways); i++) {
        if (ways[i].wanted && before) {
            error_set(err, ST_USAGE, "%s and %s: there can be one source of the password", before, ways[i].option);
            error_hint(err, "what migrate.yaml says is put aside by --no-password-file, --no-password-command, "
                            "--no-iam, --no-secret");
            return ST_USAGE;
        }
        if (ways[i].wanted) {
            l->way = ways[i].way;
            before = ways[i].option;
        }
    }
    return ST_OK;
}

enum status login_prepare(struct context *c, struct error *err)
{
    struct login *l = mem_alloc(sizeof(*l));
    *l = (struct login){.c = c};
    login_free(c->login);
    c->login = l;
    enum status status = choose(l, err);
    status = status ? status : endpoint_of(&c->target, &c->arena, &l->at, err);
    if (status) {
        return status;
    }
    if (c->dial_host && l->at.hostaddr) {
        return error_set(err, ST_USAGE, "the URL has a hostaddr, and a clone has another: leave it out");
    }
    if (c->dial_host) {
        l->at.host = c->dial_host;
        l->at.port = c->dial_port;
        put(l->overrides, &l->n_overrides, "host", c->dial_host);
        put(l->overrides, &l->n_overrides, "port", c->dial_port);
    }
    if (l->at.host) {
        host_parse(l->at.host, &c->arena, &l->host);
    }
    if (l->way == WAY_COMMAND && !words_split(str_of(c->set.aws.password_command), &c->arena, &l->command)) {
        return error_set(err, ST_USAGE, "--password-command: a quote is not closed");
    }
    if (l->way == WAY_IAM) {
        status = prepare_iam(l, err);
    }
    if (!status && c->set.aws.rds_ca && c->set.aws.rds_ca[0] && file_kind(c->set.aws.rds_ca) != FILE_REGULAR) {
        status = error_set(err, ST_USAGE, "--rds-ca: there is no file %s", c->set.aws.rds_ca);
    }
    if (status) {
        return status;
    }
    add_certificates(l);
    if (l->way == WAY_SECRET) {
        l->n_fixed = l->n_defaults;
        status = fetch(l, err);
        fill_from_secret(l);
    }
    c->target.defaults = l->defaults;
    c->target.overrides = l->overrides;
    if (l->way != WAY_NONE) {
        c->target.password = give;
        c->target.password_refused = refused;
        c->target.password_arg = l;
    }
    return status;
}

static bool is_proxy(const struct login *l)
{
    return l && (l->host.kind == HOST_PROXY || l->host.kind == HOST_PROXY_ENDPOINT);
}

const char *login_remark(const struct context *c)
{
    return is_proxy(c->login) ? "the URL leads through an RDS Proxy: what has been sent there cannot be cancelled, and "
                                "a session that is "
                                "idle for long is cut; the cluster's writer endpoint has neither"
                              : NULL;
}

/* Its words differ from a server's; its codes are few. */
static void explain_proxy(const struct context *c, struct error *err)
{
    const char *options = getenv("PGOPTIONS");
    if (strcmp(err->sqlstate, "0A000") == 0) {
        error_hint(err, "an RDS Proxy takes no startup options: %s",
                   c->tenant               ? "work for tenants by schema through the cluster's writer endpoint"
                   : options && options[0] ? "unset PGOPTIONS"
                                           : "take options= out of the URL");
    } else if (strcmp(err->sqlstate, "28000") == 0 || strcmp(err->sqlstate, "28P01") == 0) {
        error_hint(
            err,
            "check that the proxy has a secret for this user and its role may read it, and how its auth is set "
            "(IAM required, or not); with --iam TLS is a must, and the policy needs rds-db:connect on dbuser:prx-…, "
            "the proxy's resource id");
    }
}

void login_explain(const struct context *c, struct error *err)
{
    const struct login *l = c->login;
    if (is_proxy(l)) {
        explain_proxy(c, err);
        return;
    }
    if (!l || l->way != WAY_IAM || (strcmp(err->sqlstate, "28000") != 0 && strcmp(err->sqlstate, "28P01") != 0)) {
        return;
    }
    error_detail(err, "the token was for %s:%d, user %s, region %s, by %s", l->host.host, l->port,
                 l->at.user ? l->at.user : "?", c->aws && c->aws->region ? c->aws->region : "?",
                 c->aws && c->aws->has_credentials ? c->aws->credentials.source : "no credentials");
    error_hint(err, "check that IAM authentication is on for the cluster, that the user has the role rds_iam (GRANT "
                    "rds_iam TO …), and that the policy allows rds-db:connect on the cluster's resource id and this "
                    "user: migrate aws check tells what it can");
}

void login_free(struct login *l)
{
    if (l) {
        secret_free(&l->secret);
        free(l);
    }
}
