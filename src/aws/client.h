/*
 * client.h - calls of AWS services: signed, tried again where that helps, their errors told apart.
 *
 * Every failure of AWS is ST_REMOTE (ST_INTERRUPTED after a signal) and names the call, the region, the service's code, what it said and the
 * request id. Nothing here prints; secrets never reach a message.
 */
#ifndef MIGRATE_AWS_CLIENT_H
#define MIGRATE_AWS_CLIENT_H

#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "aws/fault.h"
#include "aws/http.h"
#include "aws/sigv4.h"
#include "aws/xml.h"

struct aws_options {
    const char *profile;     /* --profile; NULL: not given */
    const char *region;      /* --region; NULL: not given */
    int64_t timeout_ms;      /* of one request; 0: 60 s */
    const char *host_region; /* of the database's host name; NULL: it has none */
    /* Wait, serving what else goes on; ST_INTERRUPTED. NULL: only wait. */
    enum status (*sleep)(void *arg, int64_t ms, struct error *err);
    /* Something a person should know (a wrong clock). NULL: nobody listens. */
    void (*warn)(void *arg, const char *message);
    void *arg;
};

struct aws {
    struct aws_options o;
    struct arena arena; /* lives as long as it */
    struct http *http;
    struct profile profile;
    const char *region; /* NULL: not looked for yet */
    const char *region_from;
    const char *ca_bundle;
    struct endpoint_wishes wishes;
    unsigned attempts;
    int64_t clock_offset; /* seconds to add to our clock */
    struct credentials credentials;
    bool has_credentials;
    bool none_found;       /* the chain was asked, and no link has anything */
    enum fault last_fault; /* of the last call; FAULT_NONE when it worked */
};

/* Read files and environment; no request is made. *out is to be closed. */
NODISCARD enum status aws_open(const struct aws_options *options, struct aws **out, struct error *err);
void aws_close(struct aws *aws); /* NULL is fine; wipes the credentials */

/* The region: --region, the host's, AWS_REGION, AWS_DEFAULT_REGION, the profile's, the instance's. ST_REMOTE: nobody says. */
NODISCARD enum status aws_region(struct aws *aws, const char **region, struct error *err);
/* Credentials that hold for some minutes yet. */
NODISCARD enum status aws_keys(struct aws *aws, struct sigv4_keys *keys, struct error *err);
int64_t aws_now(const struct aws *aws); /* AWS's clock, in seconds since 1970 */
NODISCARD enum status aws_sleep(struct aws *aws, int64_t ms, struct error *err);
/* After the first signal: what has to be put right is put right (see http_ignore_signals()). */
void aws_ignore_signals(struct aws *aws, bool ignore);

struct aws_call {
    enum aws_service service;
    const char *action;   /* "DescribeDBClusters" */
    struct str body;      /* Query: what stands behind Action and Version ("&Key=value…"); JSON: the document */
    const char *region;   /* NULL: aws_region() */
    const char *resource; /* what it is about, for messages; NULL: nothing in particular */
    const struct sigv4_keys *keys; /* NULL: aws_keys() */
    bool is_unsigned;
    /* S3 only */
    const char *path; /* "bucket/key", encoded */
    const char *content_type;
};

struct aws_answer {
    const struct xml *xml; /* Query: the root; NULL for JSON */
    struct str body;       /* JSON: the document */
    enum fault fault;      /* FAULT_NONE when it worked */
    char code[128];        /* the service's code; "" when it gave none */
    char message[600];
    char request_id[128];
    bool sent; /* it failed, but may have been carried out all the same */
};

/* Make the call; memory of the answer from the arena. *out says more of a failure. */
NODISCARD enum status aws_call(struct aws *aws, const struct aws_call *call, struct arena *a, struct aws_answer *out,
                               struct error *err);

/* "&Key=value" with the value encoded. */
void aws_param(struct strbuf *body, const char *key, struct str value);

#endif
