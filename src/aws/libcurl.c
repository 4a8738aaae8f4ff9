#include "aws/libcurl.h"

#include <dlfcn.h>

/* Where each function is. Written once, by libcurl_bind(). */
static struct libcurl lib;

#define ENTRY(member, function) {#function, &lib.member},
static const struct {
    const char *name;
    void *place; /* of the pointer to the function */
} entries[] = {LIBCURL_FUNCTIONS(ENTRY)};

enum status libcurl_bind(const struct libcurl **out, struct error *err)
{
    static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4", "libcurl-nss.so.4"};
    void *handle = NULL;
    *out = &lib;
    if (lib.bound) {
        return ST_OK;
    }
    for (size_t i = 0; i < countof(names) && !handle; i++) {
        handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    }
    if (!handle) {
        error_set(err, ST_SYSTEM, "cannot load libcurl, which talks to AWS");
        error_hint(err, "install the package libcurl4 (Debian, Ubuntu) or libcurl (Fedora, Alpine)");
        return ST_SYSTEM;
    }
    for (size_t i = 0; i < countof(entries); i++) {
        void *function = dlsym(handle, entries[i].name);
        if (!function) {
            dlclose(handle);
            error_set(err, ST_SYSTEM, "the installed libcurl is too old: it has no %s", entries[i].name);
            error_hint(err, "libcurl 7.66 or newer is needed");
            return ST_SYSTEM;
        }
        /* ISO C has no conversion from an object pointer to a function pointer; POSIX says they are alike. */
        memcpy(entries[i].place, &function, sizeof(function));
    }
    if (lib.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return error_set(err, ST_SYSTEM, "libcurl cannot be initialised");
    }
    lib.bound = true;
    return ST_OK;
}
