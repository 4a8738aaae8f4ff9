#include "base/sha256.h"

#include "base/error.h"

#include <openssl/evp.h>

void sha256_init(struct sha256 *h)
{
    h->ctx = EVP_MD_CTX_new();
    if (!h->ctx || EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL) != 1) {
        BUG("OpenSSL offers no SHA-256");
    }
}

void sha256_add(struct sha256 *h, struct str bytes)
{
    if (bytes.n > 0 && EVP_DigestUpdate(h->ctx, bytes.p, bytes.n) != 1) {
        BUG("SHA-256 failed");
    }
}

void sha256_hex(struct sha256 *h, char hex[65])
{
    unsigned char digest[32];
    if (EVP_DigestFinal_ex(h->ctx, digest, NULL) != 1) {
        BUG("SHA-256 failed");
    }
    EVP_MD_CTX_free(h->ctx);
    h->ctx = NULL;
    for (size_t i = 0; i < sizeof(digest); i++) {
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }
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
