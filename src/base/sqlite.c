#include "base/sqlite.h"

#include <dlfcn.h>

#ifdef LINKED_IN

#    define LINKED(name) .name = sqlite3_##name,

enum status sqlite_bind(const struct sqlite **out, struct error *err)
{
    static const struct sqlite functions = {SQLITE_FUNCTIONS(LINKED)};
    (void)err;
    *out = &functions;
    return ST_OK;
}

#else

/* Written once, by sqlite_bind(). */
static struct {
    bool bound;
    struct sqlite functions;
} lib;

#    define ENTRY(name) {"sqlite3_" #    name, &lib.functions.name},
static const struct {
    const char *name;
    void *place; /* of the pointer to the function */
} entries[] = {SQLITE_FUNCTIONS(ENTRY)};

enum status sqlite_bind(const struct sqlite **out, struct error *err)
{
    *out = &lib.functions;
    if (lib.bound) {
        return ST_OK;
    }
    void *handle = dlopen("libsqlite3.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        const char *why = dlerror();
        error_set(err, ST_SYSTEM, "cannot load SQLite, which catalog files and the journal are made with: %s",
                  why ? why : "libsqlite3.so.0");
        error_hint(err,
                   "install the package libsqlite3-0 (Debian, Ubuntu), sqlite-libs (Fedora, Alpine) or sqlite (Arch)");
        return ST_SYSTEM;
    }
    for (size_t i = 0; i < countof(entries); i++) {
        void *function = dlsym(handle, entries[i].name);
        if (!function) {
            dlclose(handle);
            error_set(err, ST_SYSTEM, "the installed SQLite is too old: it has no %s", entries[i].name);
            error_hint(err, "SQLite 3.36 or newer is needed");
            return ST_SYSTEM;
        }
        /* ISO C has no conversion from an object pointer to a function pointer; POSIX says they are alike. */
        memcpy(entries[i].place, &function, sizeof(function));
    }
    lib.bound = true;
    return ST_OK;
}

#endif
