/*
 * http.h - one HTTP request and its answer, by libcurl.
 *
 * TLS is always verified (host and chain), no redirect is followed, header values and answers have a maximum, every wait has an end, and a
 * signal ends it. Proxies are those of HTTPS_PROXY, HTTP_PROXY and NO_PROXY.
 */
#ifndef MIGRATE_AWS_HTTP_H
#define MIGRATE_AWS_HTTP_H

#include "base/error.h"

struct http;

struct http_header {
    const char *name;
    const char *value;
};

struct http_request {
    const char *method; /* "POST", "GET", "PUT" */
    const char *url;
    const struct http_header *headers; /* all that are sent, but Host and User-Agent */
    size_t n_headers;
    struct str body;
    int64_t connect_ms, timeout_ms; /* 0: 10 s and 60 s */
    size_t max_body;                /* of the answer; 0: 8 MiB */
    const char *ca_bundle;          /* file; NULL: the system's */
    bool direct;                    /* through no proxy: metadata services are next door */
};

struct http_answer {
    long status; /* 200 … */
    struct strbuf body;
    char date[64]; /* header values; "" when there was none */
    char request_id[128];
    char error_type[128];
    char content_type[128];
    /* When there was no answer: */
    bool hopeless; /* trying again cannot help: a certificate, a URL, an answer that is too large */
    bool sent;     /* the request may have been carried out all the same */
};

/* ST_SYSTEM when there is no libcurl. */
NODISCARD enum status http_new(struct http **out, struct error *err);
void http_free(struct http *h); /* NULL is fine */
/* For what has to be put right after the first signal: requests go on to their end. A second signal still ends the process. */
void http_ignore_signals(struct http *h, bool ignore);

/*
 * ST_OK when an answer came, whatever its status. ST_REMOTE: none came, *err says from where and why; ST_INTERRUPTED. *out is to be freed
 * in every case.
 */
NODISCARD enum status http_send(struct http *h, const struct http_request *request, struct http_answer *out,
                                struct error *err);
void http_answer_free(struct http_answer *a); /* wipes the body */

/* A URL as it may be shown: without user and query. */
void http_display(const char *url, struct strbuf *out);

#endif
