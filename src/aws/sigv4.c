#include "aws/sigv4.h"

#include "base/error.h"
#include "base/sha256.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

enum { DIGEST = 32, TEXT_MAX = 1 << 22, HEADERS_MAX = 16 };

static void hmac(const void *key, size_t n_key, struct str text, unsigned char out[DIGEST])
{
    unsigned n = 0;
    if (!HMAC(EVP_sha256(), key, (int)n_key, (const unsigned char *)(text.p ? text.p : ""), text.n, out, &n) ||
        n != DIGEST) {
        BUG("OpenSSL offers no HMAC with SHA-256");
    }
}

static void to_hex(const unsigned char digest[DIGEST], char hex[65])
{
    for (size_t i = 0; i < DIGEST; i++) {
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }
}

void sigv4_encode(struct strbuf *out, struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        const char c = text.p[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
            c == '_' || c == '~') {
            strbuf_add_char(out, c);
        } else {
            strbuf_addf(out, "%%%02X", (unsigned)(unsigned char)c);
        }
    }
}

void sigv4_body_hash(struct str body, char hex[65])
{
    sha256_of(body, hex);
}

void sigv4_date(int64_t when, char out[17])
{
    struct tm tm;
    const time_t t = (time_t)when;
    if (!gmtime_r(&t, &tm) || strftime(out, 17, "%Y%m%dT%H%M%SZ", &tm) != 16) {
        memcpy(out, "19700101T000000Z", 17); /* a clock beyond the year 9999: the service will say that it is wrong */
    }
}

/* ---- the canonical request ---- */

static int by_bytes(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* The query's pairs, sorted. They are encoded, so that bytes sort as the specification wants. */
static void add_query(struct strbuf *out, struct str query)
{
    struct str parts[64], rest = query, part;
    size_t n = 0;
    while (n < countof(parts) && str_next(&rest, '&', &part)) {
        parts[n] = part;
        n += part.n > 0;
    }
    qsort(parts, n, sizeof(parts[0]), by_bytes);
    for (size_t i = 0; i < n; i++) {
        strbuf_addf(out, "%s%.*s%s", i ? "&" : "", STR_ARG(parts[i]),
                    str_find_char(parts[i], '=') == SIZE_MAX ? "=" : "");
    }
}

/* Without white space around it, and one blank for several inside. */
static void add_header_value(struct strbuf *out, struct str value)
{
    bool blank = false;
    value = str_trim(value);
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] != ' ' || !blank) {
            strbuf_add_char(out, value.p[i]);
        }
        blank = value.p[i] == ' ';
    }
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct sigv4_header *)a)->name, ((const struct sigv4_header *)b)->name);
}

static size_t all_headers(const struct sigv4_request *r, struct sigv4_header out[HEADERS_MAX])
{
    size_t n = 0;
    if (r->n_headers + 3 > HEADERS_MAX) {
        BUG("%zu headers to sign", r->n_headers);
    }
    for (; n < r->n_headers; n++) {
        out[n] = r->headers[n];
    }
    out[n++] = (struct sigv4_header){STR("host"), r->host};
    if (r->date) {
        out[n++] = (struct sigv4_header){STR("x-amz-date"), str_of(r->date)};
    }
    if (r->date && r->keys.token && r->keys.token[0]) {
        out[n++] = (struct sigv4_header){STR("x-amz-security-token"), str_of(r->keys.token)};
    }
    qsort(out, n, sizeof(out[0]), by_name);
    return n;
}

static void add_names(struct strbuf *out, const struct sigv4_header *headers, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        strbuf_addf(out, "%s%.*s", i ? ";" : "", STR_ARG(headers[i].name));
    }
}

static void make_canonical(const struct sigv4_request *r, const struct sigv4_header *headers, size_t n,
                           struct sigv4 *out)
{
    sha256_of(r->body, out->body_sha256);
    strbuf_addf(&out->canonical, "%s\n%.*s\n", r->method, STR_ARG(r->path.n ? r->path : STR("/")));
    add_query(&out->canonical, r->query);
    strbuf_add_char(&out->canonical, '\n');
    for (size_t i = 0; i < n; i++) {
        strbuf_addf(&out->canonical, "%.*s:", STR_ARG(headers[i].name));
        add_header_value(&out->canonical, headers[i].value);
        strbuf_add_char(&out->canonical, '\n');
    }
    strbuf_add_char(&out->canonical, '\n');
    add_names(&out->canonical, headers, n);
    strbuf_addf(&out->canonical, "\n%s", out->body_sha256);
}

/* ---- the signature ---- */

static void add_scope(struct strbuf *out, const char *date, const char *region, const char *service)
{
    strbuf_addf(out, "%.8s/%s/%s/aws4_request", date, region, service);
}

static void make_signature(const char *date, const char *region, const char *service, const char *secret,
                           struct sigv4 *out)
{
    unsigned char key[DIGEST], next[DIGEST];
    char hash[65];
    struct strbuf first;
    sha256_of(strbuf_str(&out->canonical), hash);
    strbuf_addf(&out->to_sign, "AWS4-HMAC-SHA256\n%s\n", date);
    add_scope(&out->to_sign, date, region, service);
    strbuf_addf(&out->to_sign, "\n%s", hash);

    strbuf_init(&first, 4096);
    strbuf_addf(&first, "AWS4%s", secret);
    hmac(first.p, first.n, (struct str){date, 8}, key);
    explicit_bzero(first.p, first.cap);
    strbuf_free(&first);
    hmac(key, DIGEST, str_of(region), next);
    hmac(next, DIGEST, str_of(service), key);
    hmac(key, DIGEST, STR("aws4_request"), next);
    to_hex(next, out->key);
    hmac(next, DIGEST, strbuf_str(&out->to_sign), key);
    to_hex(key, out->signature);
    explicit_bzero(key, sizeof(key));
    explicit_bzero(next, sizeof(next));
}

static void init(struct sigv4 *out)
{
    *out = (struct sigv4){0};
    strbuf_init(&out->canonical, TEXT_MAX);
    strbuf_init(&out->to_sign, TEXT_MAX);
    strbuf_init(&out->authorization, TEXT_MAX);
}

void sigv4_sign(const struct sigv4_request *request, struct sigv4 *out)
{
    struct sigv4_header headers[HEADERS_MAX];
    const size_t n = all_headers(request, headers);
    init(out);
    make_canonical(request, headers, n, out);
    make_signature(request->date, request->region, request->service, request->keys.secret, out);
    strbuf_addf(&out->authorization, "AWS4-HMAC-SHA256 Credential=%s/", request->keys.key_id);
    add_scope(&out->authorization, request->date, request->region, request->service);
    strbuf_add_cstr(&out->authorization, ", SignedHeaders=");
    add_names(&out->authorization, headers, n);
    strbuf_addf(&out->authorization, ", Signature=%s", out->signature);
    strbuf_cstr(&out->authorization);
}

void sigv4_free(struct sigv4 *s)
{
    if (s->canonical.p) {
        explicit_bzero(s->canonical.p, s->canonical.cap); /* may hold a session token */
    }
    explicit_bzero(s->key, sizeof(s->key));
    strbuf_free(&s->canonical);
    strbuf_free(&s->to_sign);
    strbuf_free(&s->authorization);
}

/* ---- the token ---- */

static void lower(struct strbuf *out, const char *text)
{
    for (; *text; text++) {
        strbuf_add_char(out, *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text);
    }
}

void sigv4_rds_token(const char *host, int port, const char *user, const char *region, const char *date,
                     struct sigv4_keys keys, struct strbuf *out)
{
    struct strbuf authority, query, credential;
    struct sigv4 s;
    strbuf_init(&authority, 1024);
    strbuf_init(&query, TEXT_MAX);
    strbuf_init(&credential, 1024);
    lower(&authority, host);
    strbuf_addf(&authority, ":%d", port);

    strbuf_addf(&credential, "%s/", keys.key_id);
    add_scope(&credential, date, region, "rds-db");
    strbuf_add_cstr(&query, "Action=connect&DBUser=");
    sigv4_encode(&query, str_of(user));
    strbuf_add_cstr(&query, "&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=");
    sigv4_encode(&query, strbuf_str(&credential));
    strbuf_addf(&query, "&X-Amz-Date=%s&X-Amz-Expires=900", date);
    if (keys.token && keys.token[0]) {
        strbuf_add_cstr(&query, "&X-Amz-Security-Token=");
        sigv4_encode(&query, str_of(keys.token));
    }
    strbuf_add_cstr(&query, "&X-Amz-SignedHeaders=host");

    const struct sigv4_request request = {
        .method = "GET", .host = strbuf_str(&authority), .path = STR("/"), .query = strbuf_str(&query)};
    struct sigv4_header headers[HEADERS_MAX];
    init(&s);
    make_canonical(&request, headers, all_headers(&request, headers), &s);
    make_signature(date, region, "rds-db", keys.secret, &s);
    strbuf_add(out, strbuf_str(&authority));
    strbuf_add_cstr(out, "/?");
    strbuf_add(out, strbuf_str(&query));
    strbuf_addf(out, "&X-Amz-Signature=%s", s.signature);
    sigv4_free(&s);
    explicit_bzero(query.p, query.cap);
    strbuf_free(&credential);
    strbuf_free(&query);
    strbuf_free(&authority);
}
