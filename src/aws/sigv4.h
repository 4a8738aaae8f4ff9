/*
 * sigv4.h - AWS Signature Version 4: requests by header, and the token that stands for a password at RDS.
 *
 * Source: "Signature Version 4 signing process" of the IAM user guide. The vectors in tests/cases/aws are the proof.
 */
#ifndef MIGRATE_AWS_SIGV4_H
#define MIGRATE_AWS_SIGV4_H

#include "base/str.h"

struct sigv4_keys {
    const char *key_id, *secret;
    const char *token; /* of temporary credentials; NULL: none */
};

struct sigv4_header {
    struct str name, value; /* name in lower case */
};

struct sigv4_request {
    const char *method;
    struct str host;                    /* the authority: with :port where it is not the scheme's own */
    struct str path;                    /* as it is sent */
    struct str query;                   /* as it is sent, without '?'; percent-encoded already */
    const struct sigv4_header *headers; /* all that are signed but host, x-amz-date and x-amz-security-token */
    size_t n_headers;
    struct str body;
    const char *date; /* "20240615T103000Z" */
    const char *region, *service;
    struct sigv4_keys keys;
};

/* What was signed, step by step. */
struct sigv4 {
    char body_sha256[65];
    struct strbuf canonical;
    struct strbuf to_sign;
    char key[65]; /* the signing key in hex: a secret */
    char signature[65];
    struct strbuf authorization; /* the header's value */
};

/* Sign. *out is to be freed with sigv4_free(), which wipes it. */
void sigv4_sign(const struct sigv4_request *request, struct sigv4 *out);
void sigv4_free(struct sigv4 *s);

/* Percent-encode as AWS wants it: all bytes but A-Z a-z 0-9 - . _ ~ become %XX. */
void sigv4_encode(struct strbuf *out, struct str text);

/* The hash that S3 wants as a header. */
void sigv4_body_hash(struct str body, char hex[65]);

/* "20240615T103000Z" of a time in seconds since 1970. */
void sigv4_date(int64_t when, char out[17]);

/*
 * The IAM token for host:port and user, valid for 900 s from `date`, which is given as password. The host is signed in lower case.
 * Source: "IAM database authentication", Amazon RDS user guide; the order of the parameters is free.
 */
void sigv4_rds_token(const char *host, int port, const char *user, const char *region, const char *date,
                     struct sigv4_keys keys, struct strbuf *out);

#endif
