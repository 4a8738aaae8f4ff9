#include "base/digest.h"

#include "base/error.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

struct str digest_hex(enum digest which, struct str bytes, struct arena *a)
{
    static const char digits[] = "0123456789abcdef";
    const EVP_MD *md = which == DIGEST_SHA1 ? EVP_sha1() : which == DIGEST_SHA256 ? EVP_sha256() : EVP_sha384();
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (EVP_Digest(bytes.p ? bytes.p : "", bytes.n, sum, &n, md, NULL) != 1) {
        BUG("OpenSSL does not have a digest");
    }
    char *hex = arena_alloc_raw(a, (size_t)2 * n + 1);
    for (unsigned i = 0; i < n; i++) {
        hex[2 * i] = digits[sum[i] >> 4];
        hex[2 * i + 1] = digits[sum[i] & 15];
    }
    hex[2 * n] = '\0';
    return (struct str){hex, (size_t)2 * n};
}

uint32_t crc32_of(uint32_t crc, struct str bytes)
{
    crc = ~crc;
    for (size_t i = 0; i < bytes.n; i++) {
        crc ^= (unsigned char)bytes.p[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ (crc & 1 ? 0xEDB88320U : 0);
        }
    }
    return ~crc;
}

uint64_t siphash13(struct str bytes)
{
    unsigned char key[16] = {0}, out[8];
    unsigned c = 1, d = 3;
    size_t size = sizeof(out), n = 0;
    uint64_t value = 0;
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
    EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
                                 OSSL_PARAM_construct_uint(OSSL_MAC_PARAM_C_ROUNDS, &c),
                                 OSSL_PARAM_construct_uint(OSSL_MAC_PARAM_D_ROUNDS, &d), OSSL_PARAM_construct_end()};
    if (!ctx || EVP_MAC_init(ctx, key, sizeof(key), params) != 1 ||
        EVP_MAC_update(ctx, (const unsigned char *)bytes.p, bytes.n) != 1 ||
        EVP_MAC_final(ctx, out, &n, sizeof(out)) != 1 || n != sizeof(out)) {
        BUG("OpenSSL does not have SipHash");
    }
    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(mac);
    for (size_t i = sizeof(out); i > 0; i--) {
        value = value << 8 | out[i - 1];
    }
    return value;
}
