/* Credentials of the machine we run on: a container's agent, EC2's metadata service. */
#include "aws/client.h"
#include "base/file.h"

enum {
    CONTAINER_MS = 2000,
    CONTAINER_TRIES = 3,
    METADATA_MS = 1000,
    ANSWER_MAX = 1 << 16,
    TOKEN_MAX = 1 << 14,
};

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && value[0] ? value : NULL;
}

static enum status get(struct aws *aws, const char *method, const char *url, const struct http_header *header,
                       int64_t ms, int64_t tries, struct http_answer *out, struct error *err)
{
    const struct http_request request = {.method = method,
                                         .url = url,
                                         .headers = header,
                                         .n_headers = header ? 1 : 0,
                                         .connect_ms = ms,
                                         .timeout_ms = ms,
                                         .max_body = ANSWER_MAX,
                                         .ca_bundle = aws->ca_bundle,
                                         .direct = true};
    enum status status = ST_OK;
    for (int64_t i = 0; i < tries; i++) {
        if (i > 0) {
            http_answer_free(out);
        }
        status = http_send(aws->http, &request, out, err);
        if (status == ST_INTERRUPTED || (!status && out->status < 500)) {
            break;
        }
    }
    return status;
}

/* ---- container ---- */

/* Plain http carries credentials only to this machine and to the two agents' addresses. */
static bool may_be_plain(struct str host)
{
    static const char *const allowed[] = {"localhost", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", "[::1]"};
    for (size_t i = 0; i < countof(allowed); i++) {
        if (str_eq_nocase(host, str_of(allowed[i]))) {
            return true;
        }
    }
    bool digits = str_starts(host, STR("127."));
    for (size_t i = 0; i < host.n; i++) {
        digits = digits && ((host.p[i] >= '0' && host.p[i] <= '9') || host.p[i] == '.');
    }
    return digits;
}

static enum status check_full_uri(const char *url, struct error *err)
{
    const struct str all = str_of(url);
    if (str_starts_nocase(all, STR("https://"))) {
        return ST_OK;
    }
    if (str_starts_nocase(all, STR("http://"))) {
        struct str host = str_slice(all, 7, all.n);
        host = str_slice(host, 0, strcspn(host.p, "/?#"));
        const size_t close = str_find_char(host, ']');
        host = close != SIZE_MAX ? str_slice(host, 0, close + 1) : str_slice(host, 0, str_find_char(host, ':'));
        if (may_be_plain(host)) {
            return ST_OK;
        }
    }
    error_set(err, ST_REMOTE, "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor on this machine");
    error_hint(err, "plain http is only for localhost, 127.0.0.0/8, 169.254.170.2, 169.254.170.23 and fd00:ec2::23");
    return ST_REMOTE;
}

static enum status container_token(struct arena *a, const char **token, struct error *err)
{
    const char *file = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    struct str text = str_of(variable("AWS_CONTAINER_AUTHORIZATION_TOKEN"));
    if (file) {
        const enum status status = file_read(file, TOKEN_MAX, a, &text, err);
        if (status) {
            error_context(err, "the token of the container (AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE)");
            return err->status = ST_REMOTE;
        }
        text = str_trim(text);
    }
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\r' || text.p[i] == '\n' || text.p[i] == '\0') {
            return error_set(err, ST_REMOTE, "the container's authorization token has a line break in it%s%s",
                             file ? ": " : "", file ? file : "");
        }
    }
    *token = text.n > 0 ? arena_cstr(a, text) : NULL;
    return ST_OK;
}

enum status credentials_container(struct aws *aws, struct credentials *out, struct strbuf *tried, struct error *err)
{
    const char *relative = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *full = variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    const char *token = NULL, *why;
    struct arena scratch;
    struct http_answer answer = {0};
    if (!relative && !full) {
        strbuf_add_cstr(tried, "container: AWS_CONTAINER_CREDENTIALS_FULL_URI is not set\n");
        return ST_OK;
    }
    arena_init(&scratch, 1 << 20);
    const char *url = relative ? arena_printf(&scratch, "http://169.254.170.2%s", relative).p : full;
    enum status status = relative ? ST_OK : check_full_uri(full, err);
    status = status ? status : container_token(&scratch, &token, err);
    if (!status) {
        const struct http_header header = {"Authorization", token ? token : ""};
        status = get(aws, "GET", url, token ? &header : NULL, CONTAINER_MS, CONTAINER_TRIES, &answer, err);
        if (status == ST_REMOTE) {
            error_context(err, "the container's credentials");
        }
    }
    if (!status && answer.status != 200) {
        struct strbuf shown;
        strbuf_init(&shown, 512);
        http_display(url, &shown);
        status = error_set(err, ST_REMOTE, "the container's credentials: %s answered with HTTP %ld",
                           strbuf_cstr(&shown), answer.status);
        strbuf_free(&shown);
    } else if (!status && !credentials_json(strbuf_str(&answer.body), out, &why)) {
        status = error_set(err, ST_REMOTE, "the container's credentials cannot be read: %s", why);
    }
    snprintf(out->source, sizeof(out->source), "container (%s)",
             relative ? "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" : "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    http_answer_free(&answer);
    arena_free(&scratch);
    return status;
}

/* ---- EC2 metadata, version 2 only: version 1 answers whoever can make this machine send a GET ---- */

struct metadata {
    struct aws *aws;
    struct arena *a;
    const char *base; /* "http://169.254.169.254/" */
    const char *token;
    int64_t ms, tries;
};

/* Get a path; *text empty: not there. ST_OK even when nobody answers, then *why says so. */
static enum status metadata_get(struct metadata *m, const char *path, struct str *text, const char **why,
                                struct error *err)
{
    struct http_answer answer = {0};
    const struct http_header header = {"x-aws-ec2-metadata-token", m->token};
    *text = STR("");
    const enum status status = get(m->aws, "GET", arena_printf(m->a, "%slatest/meta-data/%s", m->base, path).p, &header,
                                   m->ms, m->tries, &answer, err);
    if (!status && answer.status == 200) {
        *text = arena_str(m->a, str_trim(strbuf_str(&answer.body)));
    } else if (!status) {
        *why = arena_printf(m->a, "HTTP %ld for %s", answer.status, path).p;
    } else {
        *why = arena_cstr(m->a, str_of(err->primary));
    }
    http_answer_free(&answer);
    return status == ST_INTERRUPTED ? status : ST_OK;
}

static enum status metadata_open(struct aws *aws, struct arena *a, struct metadata *m, const char **why,
                                 struct error *err)
{
    const char *disabled = variable("AWS_EC2_METADATA_DISABLED"),
               *mode = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
    const char *endpoint = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT"),
               *ms = variable("AWS_METADATA_SERVICE_TIMEOUT");
    const char *tries = variable("AWS_METADATA_SERVICE_NUM_ATTEMPTS");
    struct http_answer answer = {0};
    int64_t seconds = 1, n = 1;
    *m = (struct metadata){.aws = aws, .a = a, .ms = METADATA_MS, .tries = 1};
    if (disabled && strcasecmp(disabled, "true") == 0) {
        *why = "AWS_EC2_METADATA_DISABLED is true";
        return ST_OK;
    }
    m->ms = ms && str_to_i64(str_of(ms), 1, 60, &seconds) ? seconds * 1000 : METADATA_MS;
    m->tries = tries && str_to_i64(str_of(tries), 1, 10, &n) ? n : 1;
    m->base = endpoint ? arena_printf(a, "%s%s", endpoint, str_ends(str_of(endpoint), STR("/")) ? "" : "/").p
              : mode && strcasecmp(mode, "ipv6") == 0 ? "http://[fd00:ec2::254]/"
                                                      : "http://169.254.169.254/";
    const struct http_header header = {"x-aws-ec2-metadata-token-ttl-seconds", "21600"};
    const enum status status =
        get(aws, "PUT", arena_printf(a, "%slatest/api/token", m->base).p, &header, m->ms, m->tries, &answer, err);
    if (!status && answer.status == 200 && answer.body.n > 0) {
        m->token = arena_cstr(a, str_trim(strbuf_str(&answer.body)));
    } else if (!status) {
        *why = arena_printf(a, "it answered with HTTP %ld when asked for a token", answer.status).p;
    } else {
        *why = "no answer (not on EC2; or in a container there, and the instance's hop limit is 1)";
    }
    http_answer_free(&answer);
    return status == ST_INTERRUPTED ? status : ST_OK;
}

enum status credentials_instance(struct aws *aws, struct credentials *out, struct strbuf *tried, struct error *err)
{
    struct arena scratch;
    struct metadata m;
    struct str role = STR(""), text = STR("");
    const char *why = NULL;
    arena_init(&scratch, 1 << 20);
    enum status status = metadata_open(aws, &scratch, &m, &why, err);
    if (!status && m.token) {
        status = metadata_get(&m, "iam/security-credentials/", &role, &why, err);
        role = str_slice(role, 0, str_find_char(role, '\n'));
    }
    if (!status && role.n > 0) {
        status = metadata_get(&m, arena_printf(&scratch, "iam/security-credentials/%.*s", STR_ARG(role)).p, &text, &why,
                              err);
    }
    if (!status && text.n > 0 && credentials_json(text, out, &why)) {
        snprintf(out->source, sizeof(out->source), "EC2 metadata, role %.*s", STR_ARG(role));
        why = NULL;
    }
    if (!status && !out->key_id) {
        strbuf_addf(tried, "EC2 metadata: %s\n", why ? why : "this instance has no role");
    }
    arena_free(&scratch);
    return status;
}

enum status instance_region(struct aws *aws, char room[32], struct error *err)
{
    struct arena scratch;
    struct metadata m;
    struct str text = STR("");
    const char *why = NULL;
    room[0] = '\0';
    arena_init(&scratch, 1 << 20);
    enum status status = metadata_open(aws, &scratch, &m, &why, err);
    if (!status && m.token) {
        status = metadata_get(&m, "placement/region", &text, &why, err);
    }
    if (text.n < 32) {
        snprintf(room, 32, "%.*s", STR_ARG(text));
    }
    arena_free(&scratch);
    return status;
}
