/*
 * sha256.h - SHA-256 by OpenSSL.
 */
#ifndef MIGRATE_BASE_SHA256_H
#define MIGRATE_BASE_SHA256_H

#include "base/str.h"

struct sha256 {
    uint64_t state[16]; /* OpenSSL's SHA256_CTX */
};

void sha256_init(struct sha256 *h);
void sha256_add(struct sha256 *h, struct str bytes);
void sha256_hex(struct sha256 *h, char hex[65]); /* ends it: 64 lower-case digits and a NUL */

/* The digest of one piece. */
void sha256_of(struct str bytes, char hex[65]);
/* The same for a text however its lines end: CR before LF is left out (git may change it on checkout), a BOM too. */
void sha256_of_text(struct str text, char hex[65]);

#endif
