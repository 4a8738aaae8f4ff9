/*
 * The digest's plain functions, not EVP: making OpenSSL's library context and fetching the provider's implementation costs more than a
 * millisecond per process, a fifth of a whole `up` that has nothing to do.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/sha256.h"

#include "base/error.h"

#include <openssl/sha.h>

_Static_assert(sizeof(SHA256_CTX) <= sizeof(((struct sha256 *)0)->state), "room for OpenSSL's state");

static SHA256_CTX *context(struct sha256 *h)
{
    return (SHA256_CTX *)(void *)h->state;
}

void sha256_init(struct sha256 *h)
{
    if (SHA256_Init(context(h)) != 1) {
        BUG("OpenSSL offers no SHA-256");
    }
}

void sha256_add(struct sha256 *h, struct str bytes)
{
    if (bytes.n > 0 && SHA256_Update(context(h), bytes.p, bytes.n) != 1) {
        BUG("SHA-256 failed");
    }
}

void sha256_hex(struct sha256 *h, char hex[65])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[SHA256_DIGEST_LENGTH];
    if (SHA256_Final(digest, context(h)) != 1) {
        BUG("SHA-256 failed");
    }
    for (size_t i = 0; i < sizeof(digest); i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    hex[64] = '\0';
}

void sha256_of(struct str bytes, char hex[65])
{
    struct sha256 h;
    sha256_init(&h);
    sha256_add(&h, bytes);
    sha256_hex(&h, hex);
}

void sha256_of_text(struct str text, char hex[65])
{
    struct sha256 h;
    size_t start = str_starts(text, STR("\xEF\xBB\xBF")) ? 3 : 0;
    sha256_init(&h);
    for (size_t i = start; i + 1 < text.n; i++) {
        if (text.p[i] == '\r' && text.p[i + 1] == '\n') {
            sha256_add(&h, str_slice(text, start, i));
            start = i + 1;
        }
    }
    sha256_add(&h, str_slice(text, start, text.n));
    sha256_hex(&h, hex);
}
