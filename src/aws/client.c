#include "aws/client.h"

#include "aws/when.h"
#include "base/clock.h"
#include "base/signals.h"

#include <jansson.h>
#include <poll.h>

enum { ATTEMPTS = 5, BACKOFF_MAX_MS = 20000, ARENA_MAX = 64 << 20, QUOTED = 200 };

/* ---- opening ---- */

static bool is_true(const char *value)
{
    return value && strcasecmp(value, "true") == 0;
}

static const char *variable_or(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value && value[0] ? value : otherwise;
}

enum status aws_open(const struct aws_options *options, struct aws **out, struct error *err)
{
    struct aws *aws = mem_alloc(sizeof(*aws));
    int64_t n = ATTEMPTS;
    *aws = (struct aws){.o = *options};
    arena_init(&aws->arena, ARENA_MAX);
    enum status status = profile_load(options->profile, &aws->arena, &aws->profile, err);
    status = status ? status : http_new(&aws->http, err);
    if (status) {
        aws_close(aws);
        *out = NULL;
        return status;
    }
    const struct profile *p = &aws->profile;
    aws->ca_bundle = variable_or("AWS_CA_BUNDLE", profile_value(p, &aws->arena, "ca_bundle"));
    aws->wishes = (struct endpoint_wishes){
        .fips = is_true(variable_or("AWS_USE_FIPS_ENDPOINT", profile_value(p, &aws->arena, "use_fips_endpoint"))),
        .dual_stack =
            is_true(variable_or("AWS_USE_DUALSTACK_ENDPOINT", profile_value(p, &aws->arena, "use_dualstack_endpoint"))),
    };
    const char *attempts = variable_or("AWS_MAX_ATTEMPTS", profile_value(p, &aws->arena, "max_attempts"));
    aws->attempts = attempts && str_to_i64(str_of(attempts), 1, 100, &n) ? (unsigned)n : ATTEMPTS;
    *out = aws;
    return ST_OK;
}

void aws_close(struct aws *aws)
{
    if (aws) {
        http_free(aws->http);
        credentials_free(&aws->credentials);
        arena_free(&aws->arena);
        free(aws);
    }
}

void aws_ignore_signals(struct aws *aws, bool ignore)
{
    http_ignore_signals(aws->http, ignore);
}

int64_t aws_now(const struct aws *aws)
{
    return (int64_t)time(NULL) + aws->clock_offset;
}

enum status aws_sleep(struct aws *aws, int64_t ms, struct error *err)
{
    const int64_t until = clock_monotonic_ms() + ms;
    if (aws->o.sleep) {
        return aws->o.sleep(aws->o.arg, ms, err);
    }
    for (int64_t left = ms; left > 0; left = until - clock_monotonic_ms()) {
        struct pollfd fd = {.fd = signals_fd(), .events = POLLIN};
        if (signals_pending()) {
            error_set(err, ST_INTERRUPTED, "interrupted while waiting for AWS");
            err->signal = signals_pending();
            return ST_INTERRUPTED;
        }
        poll(&fd, 1, (int)left);
    }
    return ST_OK;
}

/* ---- region ---- */

enum status aws_region(struct aws *aws, const char **region, struct error *err)
{
    const struct {
        const char *value, *from;
    } sources[] = {
        {aws->o.region, "--region"},
        {aws->o.host_region, "the database's host name"},
        {variable_or("AWS_REGION", NULL), "AWS_REGION"},
        {variable_or("AWS_DEFAULT_REGION", NULL), "AWS_DEFAULT_REGION"},
        {profile_value(&aws->profile, &aws->arena, "region"), "the profile"},
    };
    for (size_t i = 0; i < countof(sources) && !aws->region; i++) {
        if (sources[i].value && sources[i].value[0]) {
            aws->region = sources[i].value;
            aws->region_from = sources[i].from;
        }
    }
    if (!aws->region) {
        char room[32];
        const enum status status = instance_region(aws, room, err);
        if (status) {
            return status;
        }
        aws->region = room[0] ? arena_cstr(&aws->arena, str_of(room)) : NULL;
        aws->region_from = "EC2 metadata";
    }
    if (!aws->region) {
        error_set(err, ST_REMOTE, "no AWS region is known");
        error_hint(err, "say --region us-east-1, or set AWS_REGION");
        return ST_REMOTE;
    }
    if (!region_looks_right(str_of(aws->region))) {
        error_set(err, ST_REMOTE, "\"%s\" is no name of an AWS region (%s)", aws->region, aws->region_from);
        error_hint(err, "a region is written us-east-1, without the letter of an availability zone");
        aws->region = NULL;
        return ST_REMOTE;
    }
    *region = aws->region;
    return ST_OK;
}

/* ---- credentials ---- */

enum { REFRESH_TRY_S = 15 * 60, REFRESH_MUST_S = 10 * 60 };

enum status aws_keys(struct aws *aws, struct sigv4_keys *keys, struct error *err)
{
    const struct credentials *have = &aws->credentials;
    const int64_t left = have->expires ? have->expires - aws_now(aws) : INT64_MAX;
    if (!aws->has_credentials || left < REFRESH_TRY_S) {
        struct credentials fresh = {0};
        const enum status status = credentials_find(aws, &fresh, err);
        if (status && (!aws->has_credentials || left < REFRESH_MUST_S)) {
            return status;
        }
        if (!status) {
            credentials_free(&aws->credentials);
            aws->credentials = fresh;
            aws->has_credentials = true;
        }
    }
    *keys = (struct sigv4_keys){aws->credentials.key_id, aws->credentials.secret, aws->credentials.token};
    return ST_OK;
}

/* ---- what a call says ---- */

void aws_param(struct strbuf *body, const char *key, struct str value)
{
    strbuf_addf(body, "&%s=", key);
    sigv4_encode(body, value);
}

struct wire {
    const struct service *service;
    const char *region;
    const char *url; /* with the path */
    struct str host, path;
    struct str body;
    const char *method, *content_type;
    char target[128]; /* X-Amz-Target */
};

static const char *const targets[] = {
    [AWS_SECRETS_MANAGER] = "secretsmanager.",
    [AWS_PERFORMANCE_INSIGHTS] = "PerformanceInsightsv20180227.",
};

static enum status make_wire(struct aws *aws, const struct aws_call *call, struct arena *a, struct wire *w,
                             struct error *err)
{
    const char *url, *from;
    *w = (struct wire){.service = aws_service(call->service), .region = call->region, .method = "POST"};
    enum status status = w->region ? ST_OK : aws_region(aws, &w->region, err);
    status = status ? status : endpoint_override(call->service, &aws->profile, a, &url, &from, err);
    if (status) {
        return status;
    }
    if (!url) {
        url = endpoint_default(call->service, w->region, aws->wishes, a).p;
    }
    if (w->service->version) {
        struct strbuf body;
        strbuf_init(&body, XML_MAX_BYTES);
        strbuf_addf(&body, "Action=%s&Version=%s", call->action, w->service->version);
        strbuf_add(&body, call->body);
        w->body = arena_str(a, strbuf_str(&body));
        strbuf_free(&body);
        w->content_type = "application/x-www-form-urlencoded; charset=utf-8";
    } else if (call->service == AWS_S3) {
        w->method = "PUT";
        w->body = call->body;
        w->content_type = call->content_type;
        url = arena_printf(a, "%s%s", url, call->path).p;
    } else {
        w->body = call->body;
        w->content_type = "application/x-amz-json-1.1";
        snprintf(w->target, sizeof(w->target), "%s%s", targets[call->service], call->action);
    }
    w->url = url;
    const struct str all = str_of(url);
    const size_t scheme = str_find(all, STR("://")) + 3;
    const struct str rest = str_slice(all, scheme, all.n);
    const size_t slash = str_find_char(rest, '/');
    w->host = str_slice(rest, 0, slash);
    w->path = str_slice(rest, slash, rest.n);
    /* As curl sends it: without the scheme's own port. */
    const struct str usual = str_starts_nocase(all, STR("https")) ? STR(":443") : STR(":80");
    if (str_ends(w->host, usual)) {
        w->host = str_slice(w->host, 0, w->host.n - usual.n);
    }
    return ST_OK;
}

/* ---- one try ---- */

static enum status send_once(struct aws *aws, const struct wire *w, const struct sigv4_keys *keys,
                             struct http_answer *answer, struct error *err)
{
    char date[17], sha256[65] = "";
    struct sigv4 s = {0};
    struct sigv4_header sign[3];
    struct http_header send[6];
    size_t n_sign = 0, n_send = 0;
    sign[n_sign++] = (struct sigv4_header){STR("content-type"), str_of(w->content_type)};
    send[n_send++] = (struct http_header){"Content-Type", w->content_type};
    if (w->target[0]) {
        sign[n_sign++] = (struct sigv4_header){STR("x-amz-target"), str_of(w->target)};
        send[n_send++] = (struct http_header){"X-Amz-Target", w->target};
    }
    if (strcmp(w->service->signing, "s3") == 0) {
        sigv4_body_hash(w->body, sha256);
        sign[n_sign++] = (struct sigv4_header){STR("x-amz-content-sha256"), str_of(sha256)};
        send[n_send++] = (struct http_header){"X-Amz-Content-Sha256", sha256};
    }
    if (keys) {
        sigv4_date(aws_now(aws), date);
        const struct sigv4_request request = {
            .method = w->method,
            .host = w->host,
            .path = w->path,
            .headers = sign,
            .n_headers = n_sign,
            .body = w->body,
            .date = date,
            .region = w->region,
            .service = w->service->signing,
            .keys = *keys,
        };
        sigv4_sign(&request, &s);
        send[n_send++] = (struct http_header){"X-Amz-Date", date};
        if (keys->token && keys->token[0]) {
            send[n_send++] = (struct http_header){"X-Amz-Security-Token", keys->token};
        }
        send[n_send++] = (struct http_header){"Authorization", strbuf_cstr(&s.authorization)};
    }
    const struct http_request request = {.method = w->method,
                                         .url = w->url,
                                         .headers = send,
                                         .n_headers = n_send,
                                         .body = w->body,
                                         .timeout_ms = aws->o.timeout_ms,
                                         .ca_bundle = aws->ca_bundle};
    const enum status status = http_send(aws->http, &request, answer, err);
    if (keys) {
        sigv4_free(&s);
    }
    return status;
}

/* ---- answers ---- */

static void copy(char *to, size_t room, struct str from)
{
    snprintf(to, room, "%.*s", STR_ARG(from));
}

/* "com.amazonaws…#ResourceNotFoundException:http://…": the name in it. */
static struct str bare_code(struct str code)
{
    const size_t hash = str_find_char(code, '#');
    code = hash == SIZE_MAX ? code : str_slice(code, hash + 1, code.n);
    return str_slice(code, 0, str_find_char(code, ':'));
}

static void read_json_error(const struct http_answer *http, struct aws_answer *out)
{
    json_error_t ignored;
    json_t *root = json_loadb(http->body.p ? http->body.p : "", http->body.n, 0, &ignored);
    const char *type = json_string_value(json_object_get(root, "__type"));
    const char *text = json_string_value(json_object_get(root, "message"));
    text = text ? text : json_string_value(json_object_get(root, "Message"));
    copy(out->code, sizeof(out->code), bare_code(str_of(type ? type : http->error_type)));
    copy(out->message, sizeof(out->message), str_of(text));
    json_decref(root);
}

static const struct xml *find(const struct xml *x, const char *name)
{
    const struct xml *found = x && str_eq(x->name, str_of(name)) ? x : NULL;
    for (const struct xml *child = x ? x->first : NULL; child && !found; child = child->next) {
        found = find(child, name);
    }
    return found;
}

static void read_xml_error(const struct xml *root, struct aws_answer *out)
{
    const struct xml *error = find(root, "Error");
    copy(out->code, sizeof(out->code), xml_text(error, "Code"));
    copy(out->message, sizeof(out->message), xml_text(error, "Message"));
}

/* The answer is no answer of this service: a proxy's page, half a document. */
static enum status strange_answer(const struct wire *w, const struct http_answer *http, struct error *err)
{
    struct strbuf url;
    strbuf_init(&url, 512);
    http_display(w->url, &url);
    const struct str start = str_slice(str_trim(strbuf_str(&http->body)), 0, QUOTED);
    error_set(err, ST_REMOTE, "%s answered with HTTP %ld, but not as %s does", strbuf_cstr(&url), http->status,
              w->service->name);
    error_detail(err, "%s%s%.*s%s", http->content_type, http->content_type[0] ? ": " : "", STR_ARG(start),
                 http->body.n > QUOTED ? " …"
                 : start.n == 0        ? "it is empty"
                                       : "");
    error_hint(err, "is a proxy or a captive portal in between? check HTTPS_PROXY, NO_PROXY and AWS_ENDPOINT_URL");
    strbuf_free(&url);
    return ST_REMOTE;
}

static void hint_of(const struct aws *aws, const struct aws_call *call, const struct wire *w, enum fault f,
                    struct error *err)
{
    const struct credentials *c = &aws->credentials;
    const size_t n = c->key_id ? strlen(c->key_id) : 0;
    switch (f) {
    case FAULT_KEYS:
    case FAULT_EXPIRED:
        if (c->key_id) {
            error_hint(err, "the credentials (key …%s) are from: %s", c->key_id + (n > 4 ? n - 4 : 0), c->source);
        }
        break;
    case FAULT_PERMISSION:
        error_hint(err, "allow %s:%s%s%s; migrate aws policy prints what each feature needs", w->service->name,
                   call->action, call->resource ? " on " : "", call->resource ? call->resource : "");
        break;
    case FAULT_NOT_FOUND:
        error_hint(err, "looked in %s (%s); --region names another one", w->region,
                   aws->region_from ? aws->region_from : "as asked");
        break;
    case FAULT_CLOCK:
        error_hint(err, "set the clock of this machine");
        break;
    case FAULT_THROTTLED:
        error_hint(err, "the account makes too many calls: try again later, or set AWS_MAX_ATTEMPTS higher");
        break;
    case FAULT_QUOTA:
    case FAULT_NONE:
    case FAULT_TRANSIENT:
    case FAULT_BUSY:
    case FAULT_EXISTS:
    case FAULT_PARAMETER:
    case FAULT_OTHER:
        break;
    }
}

/* Take the answer apart. ST_OK, or ST_REMOTE with *err and out->fault. */
static enum status read_answer(const struct aws *aws, const struct aws_call *call, const struct wire *w,
                               const struct http_answer *http, struct arena *a, struct aws_answer *out,
                               struct error *err)
{
    const bool good = http->status >= 200 && http->status < 300;
    const bool xml = w->service->version || call->service == AWS_S3;
    struct error not_xml;
    copy(out->request_id, sizeof(out->request_id), str_of(http->request_id));
    if (xml && http->body.n > 0) {
        const enum status status = xml_parse(strbuf_str(&http->body), a, &out->xml, &not_xml);
        if (status == ST_SYSTEM) {
            *err = not_xml;
            return status;
        }
        if (out->xml && !out->request_id[0]) {
            copy(out->request_id, sizeof(out->request_id), xml_any(out->xml, "RequestId"));
        }
    }
    if (good) {
        out->body = arena_str(a, strbuf_str(&http->body));
        if (!w->service->version || out->xml) {
            return ST_OK;
        }
        out->fault = FAULT_TRANSIENT;
        strange_answer(w, http, err);
        if (http->body.n > 0) {
            error_detail(err, "%s", not_xml.primary);
        }
        return ST_REMOTE;
    }
    if (xml) {
        read_xml_error(out->xml, out);
    } else {
        read_json_error(http, out);
    }
    out->fault = fault_of(str_of(out->code), str_of(out->message), http->status);
    if (!out->code[0]) {
        return strange_answer(w, http, err);
    }
    error_set(err, ST_REMOTE, "%s:%s in %s: %s: %s", w->service->name, call->action, w->region, out->code,
              out->message);
    error_detail(err, "HTTP %ld, request id %s", http->status, out->request_id[0] ? out->request_id : "not told");
    hint_of(aws, call, w, out->fault, err);
    return ST_REMOTE;
}

/* ---- trying again ---- */

static void adjust_clock(struct aws *aws, const char *date)
{
    const int64_t theirs = when_http(str_of(date));
    char text[160];
    if (theirs == 0) {
        return;
    }
    aws->clock_offset = theirs - (int64_t)time(NULL);
    snprintf(text, sizeof(text), "the clock of this machine is %" PRId64 " s %s AWS's: requests are dated by AWS's",
             aws->clock_offset < 0 ? -aws->clock_offset : aws->clock_offset,
             aws->clock_offset < 0 ? "ahead of" : "behind");
    if (aws->o.warn) {
        aws->o.warn(aws->o.arg, text);
    }
}

/* Full jitter, as the SDKs' standard mode has it. */
static enum status back_off(struct aws *aws, unsigned attempt, struct error *err)
{
    int64_t limit = attempt < 15 ? (int64_t)1000 << (attempt - 1) : BACKOFF_MAX_MS;
    limit = limit < BACKOFF_MAX_MS ? limit : BACKOFF_MAX_MS;
    struct error interrupted;
    const enum status status = aws_sleep(aws, (int64_t)random_below((uint64_t)limit) + 1, &interrupted);
    if (status) {
        *err = interrupted;
    }
    return status;
}

enum status aws_call(struct aws *aws, const struct aws_call *call, struct arena *a, struct aws_answer *out,
                     struct error *err)
{
    struct wire w;
    bool refreshed = false, clock_set = false, maybe_done = false;
    *out = (struct aws_answer){0};
    enum status status = make_wire(aws, call, a, &w, err);
    if (status) {
        return status;
    }
    for (unsigned attempt = 1;; attempt++) {
        struct sigv4_keys own;
        const struct sigv4_keys *keys = call->is_unsigned ? NULL : call->keys ? call->keys : &own;
        struct http_answer http = {0};
        *out = (struct aws_answer){.sent = maybe_done};
        status = keys == &own ? aws_keys(aws, &own, err) : ST_OK;
        if (status) {
            return status;
        }
        status = send_once(aws, &w, keys, &http, err);
        bool again = false;
        if (status == ST_REMOTE) {
            error_context(err, "%s:%s", w.service->name, call->action);
            maybe_done = maybe_done || http.sent;
            again = !http.hopeless;
            out->fault = FAULT_TRANSIENT;
        } else if (!status) {
            status = read_answer(aws, call, &w, &http, a, out, err);
            again = fault_again(out->fault);
            maybe_done = maybe_done || out->fault == FAULT_TRANSIENT;
        }
        if (status == ST_REMOTE && out->fault == FAULT_CLOCK && !clock_set) {
            adjust_clock(aws, http.date);
            clock_set = true;
            http_answer_free(&http);
            continue;
        }
        http_answer_free(&http);
        if (status == ST_REMOTE && out->fault == FAULT_EXPIRED && !refreshed && keys == &own) {
            aws->has_credentials = false; /* aws_keys() asks the chain again */
            refreshed = true;
            continue;
        }
        out->sent = maybe_done;
        aws->last_fault = status ? out->fault : FAULT_NONE;
        if (status != ST_REMOTE || !again || attempt >= aws->attempts) {
            if (status == ST_REMOTE && attempt > 1) {
                const size_t n = strlen(err->detail);
                snprintf(err->detail + n, sizeof(err->detail) - n, "%stried %u times", n ? "; " : "", attempt);
            }
            return status;
        }
        status = back_off(aws, attempt, err);
        if (status) {
            return status;
        }
    }
}
