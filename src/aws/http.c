#include "aws/http.h"

#include "aws/libcurl.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/signals.h"

enum { CONNECT_MS = 10000, TIMEOUT_MS = 60000, POLL_MS = 1000 };
static const size_t max_answer = 8u << 20;

struct http {
    const struct libcurl *lib;
    CURLM *multi; /* keeps connections from one request to the next */
    CURL *easy;
    bool heedless; /* of signals */
};

enum status http_new(struct http **out, struct error *err)
{
    const struct libcurl *lib;
    *out = NULL;
    const enum status status = libcurl_bind(&lib, err);
    if (status) {
        return status;
    }
    struct http *h = mem_alloc(sizeof(*h));
    *h = (struct http){.lib = lib, .multi = lib->multi_init(), .easy = lib->easy_init()};
    if (!h->multi || !h->easy) {
        mem_out("HTTP");
    }
    *out = h;
    return ST_OK;
}

void http_free(struct http *h)
{
    if (h) {
        h->lib->easy_cleanup(h->easy);
        h->lib->multi_cleanup(h->multi);
        free(h);
    }
}

void http_ignore_signals(struct http *h, bool ignore)
{
    h->heedless = ignore;
}

void http_answer_free(struct http_answer *a)
{
    if (a->body.p) {
        explicit_bzero(a->body.p, a->body.cap);
    }
    strbuf_free(&a->body);
}

void http_display(const char *url, struct strbuf *out)
{
    const struct str all = str_of(url);
    const size_t scheme = str_find(all, STR("://"));
    const size_t start = scheme == SIZE_MAX ? 0 : scheme + 3;
    struct str rest = str_slice(all, start, all.n);
    size_t authority = 0;
    while (authority < rest.n && !strchr("/?#", rest.p[authority])) {
        authority++;
    }
    size_t at = authority;
    while (at > 0 && rest.p[at - 1] != '@') {
        at--;
    }
    rest = str_slice(rest, at, rest.n);
    strbuf_add(out, str_slice(all, 0, start));
    for (size_t i = 0; i < rest.n && rest.p[i] != '?' && rest.p[i] != '#'; i++) {
        strbuf_add_char(out, rest.p[i]);
    }
}

/* ---- what comes ---- */

static size_t take_body(char *p, size_t size, size_t n, void *arg)
{
    struct http_answer *a = arg;
    strbuf_add(&a->body, (struct str){p, size * n});
    return a->body.overflow ? 0 : size * n; /* 0: curl ends it with CURLE_WRITE_ERROR */
}

static size_t take_header(char *p, size_t size, size_t n, void *arg)
{
    struct http_answer *a = arg;
    const struct {
        const char *name;
        char *to;
        size_t room;
    } wanted[] = {
        {"date", a->date, sizeof(a->date)},
        {"x-amzn-requestid", a->request_id, sizeof(a->request_id)},
        {"x-amz-request-id", a->request_id, sizeof(a->request_id)},
        {"x-amzn-errortype", a->error_type, sizeof(a->error_type)},
        {"content-type", a->content_type, sizeof(a->content_type)},
    };
    const struct str line = {p, size * n};
    const size_t colon = str_find_char(line, ':');
    for (size_t i = 0; i < countof(wanted) && colon != SIZE_MAX; i++) {
        if (str_eq_nocase(str_slice(line, 0, colon), str_of(wanted[i].name))) {
            snprintf(wanted[i].to, wanted[i].room, "%.*s", STR_ARG(str_trim(str_slice(line, colon + 1, line.n))));
        }
    }
    return line.n;
}

/* ---- what goes wrong ---- */

static bool is_hopeless(CURLcode code)
{
    switch ((int)code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_WRITE_ERROR:
    case CURLE_BAD_FUNCTION_ARGUMENT:
        return true;
    default:
        return false;
    }
}

/* Had the request gone out before it failed? */
static bool may_be_sent(CURLcode code)
{
    switch ((int)code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_SSL_CONNECT_ERROR:
        return false;
    default:
        return !is_hopeless(code) || code == CURLE_WRITE_ERROR;
    }
}

/* The variable that names the proxy, as curl looks for it; NULL: none does. */
static const char *proxy_variable(const struct http_request *r)
{
    static const char *const secure[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
    static const char *const plain[] = {"http_proxy", "all_proxy", "ALL_PROXY"};
    const bool https = str_starts_nocase(str_of(r->url), STR("https:"));
    const char *const *names = https ? secure : plain;
    const size_t n = https ? countof(secure) : countof(plain);
    for (size_t i = 0; i < n && !r->direct; i++) {
        const char *value = getenv(names[i]);
        if (value && value[0]) {
            return names[i];
        }
    }
    return NULL;
}

static enum status transfer_error(const struct http *h, const struct http_request *r, CURLcode code,
                                  const char *explained, struct http_answer *out, struct error *err)
{
    struct strbuf url;
    strbuf_init(&url, 512);
    http_display(r->url, &url);
    out->hopeless = is_hopeless(code);
    out->sent = may_be_sent(code);
    if (out->body.overflow) {
        error_set(err, ST_REMOTE, "the answer of %s is larger than %zu bytes", strbuf_cstr(&url), out->body.max);
        error_hint(err, "this is no answer of AWS: is something in between that answers instead?");
    } else {
        error_set(err, ST_REMOTE, "no answer from %s: %s", strbuf_cstr(&url),
                  explained[0] ? explained : h->lib->easy_strerror(code));
    }
    if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE) {
        error_hint(err,
                   "is a proxy in between that shows a certificate of its own? AWS_CA_BUNDLE names a file with the "
                   "certificates to trust");
        if (r->ca_bundle) {
            error_detail(err, "the certificates are those of %s", r->ca_bundle);
        }
    } else if (code == CURLE_COULDNT_RESOLVE_HOST) {
        error_hint(err, "check the region (--region, AWS_REGION) and that this machine can look up names");
    } else if (code == CURLE_COULDNT_RESOLVE_PROXY) {
        error_hint(err, "check HTTPS_PROXY and NO_PROXY");
    } else if (proxy_variable(r) && code != CURLE_WRITE_ERROR) {
        error_hint(err, "%s is set: is that proxy right, and is this host one for NO_PROXY?", proxy_variable(r));
    } else if (code == CURLE_OPERATION_TIMEDOUT || code == CURLE_COULDNT_CONNECT) {
        error_hint(err, "check that this machine can reach it: a private subnet needs a NAT gateway, a VPC endpoint or "
                        "HTTPS_PROXY");
    }
    strbuf_free(&url);
    return ST_REMOTE;
}

/* ---- the transfer ---- */

static enum status check_headers(const struct http_request *r, struct error *err)
{
    for (size_t i = 0; i < r->n_headers; i++) {
        if (strpbrk(r->headers[i].value, "\r\n")) {
            return error_set(err, ST_REMOTE, "the header %s would have a line break in it", r->headers[i].name);
        }
    }
    return ST_OK;
}

static struct curl_slist *header_list(const struct http *h, const struct http_request *r)
{
    /* Without these curl would add headers of its own. */
    struct curl_slist *list = h->lib->slist_append(NULL, "Expect:");
    struct strbuf line;
    strbuf_init(&line, 1 << 16);
    list = h->lib->slist_append(list, "Accept:");
    for (size_t i = 0; i < r->n_headers; i++) {
        strbuf_reset(&line);
        strbuf_addf(&line, "%s: %s", r->headers[i].name, r->headers[i].value);
        list = h->lib->slist_append(list, strbuf_cstr(&line));
    }
    if (line.p) {
        explicit_bzero(line.p, line.cap);
    }
    strbuf_free(&line);
    if (!list) {
        mem_out("HTTP");
    }
    return list;
}

static void prepare(struct http *h, const struct http_request *r, struct curl_slist *headers, char *explained,
                    struct http_answer *out)
{
    const struct libcurl *l = h->lib;
    l->easy_reset(h->easy);
    l->easy_setopt(h->easy, CURLOPT_URL, r->url);
    l->easy_setopt(h->easy, CURLOPT_HTTPHEADER, headers);
    l->easy_setopt(h->easy, CURLOPT_USERAGENT, "migrate/" MIGRATE_VERSION);
    l->easy_setopt(h->easy, CURLOPT_NOSIGNAL, 1L);
    l->easy_setopt(h->easy, CURLOPT_FOLLOWLOCATION, 0L);
#if LIBCURL_VERSION_NUM >= 0x075500
    l->easy_setopt(h->easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    l->easy_setopt(h->easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    l->easy_setopt(h->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(r->connect_ms ? r->connect_ms : CONNECT_MS));
    l->easy_setopt(h->easy, CURLOPT_TIMEOUT_MS, (long)(r->timeout_ms ? r->timeout_ms : TIMEOUT_MS));
    l->easy_setopt(h->easy, CURLOPT_SSL_VERIFYPEER, 1L);
    l->easy_setopt(h->easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (r->ca_bundle) {
        l->easy_setopt(h->easy, CURLOPT_CAINFO, r->ca_bundle);
    }
    if (r->direct) {
        l->easy_setopt(h->easy, CURLOPT_PROXY, "");
    }
    l->easy_setopt(h->easy, CURLOPT_ERRORBUFFER, explained);
    l->easy_setopt(h->easy, CURLOPT_WRITEFUNCTION, take_body);
    l->easy_setopt(h->easy, CURLOPT_WRITEDATA, (void *)out);
    l->easy_setopt(h->easy, CURLOPT_HEADERFUNCTION, take_header);
    l->easy_setopt(h->easy, CURLOPT_HEADERDATA, (void *)out);
    if (strcmp(r->method, "GET") != 0) {
        l->easy_setopt(h->easy, CURLOPT_POST, 1L);
        l->easy_setopt(h->easy, CURLOPT_POSTFIELDS, r->body.p ? r->body.p : "");
        l->easy_setopt(h->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n);
        l->easy_setopt(h->easy, CURLOPT_CUSTOMREQUEST, r->method);
    }
}

/* Drive it to its end; false: a signal came. */
static bool drive(struct http *h, CURLcode *code)
{
    const CURLMsg *m;
    int running = 1, left;
    *code = CURLE_OK;
    while (running > 0) {
        struct curl_waitfd signal = {.fd = h->heedless ? -1 : signals_fd(), .events = CURL_WAIT_POLLIN};
        if (signals_pending() && !h->heedless) {
            return false;
        }
        if (h->lib->multi_perform(h->multi, &running) != CURLM_OK) {
            *code = CURLE_FAILED_INIT;
            return true;
        }
        if (running > 0) {
            h->lib->multi_poll(h->multi, &signal, signal.fd >= 0 ? 1 : 0, POLL_MS, NULL);
        }
    }
    while ((m = h->lib->multi_info_read(h->multi, &left)) != NULL) {
        if (m->msg == CURLMSG_DONE) {
            *code = m->data.result;
        }
    }
    return true;
}

enum status http_send(struct http *h, const struct http_request *request, struct http_answer *out, struct error *err)
{
    char explained[CURL_ERROR_SIZE] = "";
    CURLcode code = CURLE_FAILED_INIT;
    *out = (struct http_answer){0};
    strbuf_init(&out->body, request->max_body ? request->max_body : max_answer);
    if (signals_pending() && !h->heedless) {
        error_set(err, ST_INTERRUPTED, "interrupted before a request");
        err->signal = signals_pending();
        return ST_INTERRUPTED;
    }
    if (check_headers(request, err)) {
        out->hopeless = true;
        return ST_REMOTE;
    }
    struct curl_slist *headers = header_list(h, request);
    prepare(h, request, headers, explained, out);
    h->lib->multi_add_handle(h->multi, h->easy);
    const bool ended = drive(h, &code);
    h->lib->easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &out->status);
    h->lib->multi_remove_handle(h->multi, h->easy);
    h->lib->easy_reset(h->easy); /* it points into this function's memory */
    h->lib->slist_free_all(headers);
    if (!ended) {
        out->sent = true;
        error_set(err, ST_INTERRUPTED, "interrupted while waiting for an answer");
        err->signal = signals_pending();
        return ST_INTERRUPTED;
    }
    return code == CURLE_OK ? ST_OK : transfer_error(h, request, code, explained, out, err);
}
