/*
 * fuzz.h - what the fuzz targets share: a promise, and a file made of bytes.
 *
 * Each target is one LLVMFuzzerTestOneInput(). `make fuzz` builds them with libFuzzer and lets them run; tests/unit/fuzz/ runs the
 * same functions over the seeds and bytes drawn at random.
 */
#ifndef MIGRATE_TESTS_FUZZ_H
#define MIGRATE_TESTS_FUZZ_H

#include "base/arena.h"
#include "base/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(claim)                                                                     \
    do {                                                                                \
        if (!(claim)) {                                                                 \
            fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #claim); \
            abort();                                                                    \
        }                                                                               \
    } while (0)

/* What fails says why. */
static inline bool refused(enum status status, const struct error *err)
{
    HOLD(!status || err->primary[0]);
    return status != ST_OK;
}

/* These bytes as a file without a name, for code that takes a path; fclose() ends it. `path` has room for 32 bytes. */
static inline FILE *nameless_file(struct str text, char *path)
{
    FILE *file = tmpfile();
    HOLD(file && fwrite(text.p, 1, text.n, file) == text.n && fflush(file) == 0);
    rewind(file);
    snprintf(path, 32, "/proc/self/fd/%d", fileno(file));
    return file;
}

#endif
