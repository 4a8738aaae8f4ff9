/*
 * digest.h - the digests that other tools keep of their files.
 *
 * By OpenSSL's EVP, but for CRC-32, which it does not have.
 */
#ifndef MIGRATE_BASE_DIGEST_H
#define MIGRATE_BASE_DIGEST_H

#include "base/arena.h"

enum digest { DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA384 };

/* Lower-case hexadecimal digits, in the arena. */
struct str digest_hex(enum digest which, struct str bytes, struct arena *a);
/* CRC-32 as zlib and Java have it; begin with crc == 0 and give the last result to go on. */
uint32_t crc32_of(uint32_t crc, struct str bytes);
/* SipHash-1-3 with the key 0, as Rust's SipHasher13::new(). */
uint64_t siphash13(struct str bytes);

#endif
