#include "db/libpq.h"

#include <dlfcn.h>

/*
 * Our functions of the same names must never be seen by libpq itself, whose calls to its own functions the dynamic linker would
 * send here when the program exported them (sanitizer builds export much).
 */
#pragma GCC visibility push(hidden)
#include <libpq-fe.h>
#pragma GCC visibility pop

/*
 * The functions in use: V for those that give nothing, F(type, …) for the rest. That each agrees with libpq-fe.h is checked by the
 * compiler: the definitions below follow the header's declarations.
 */
#define LIBPQ_FUNCTIONS(F, V)                                                                                   \
    F(PGconn *, PQconnectStartParams, (const char *const *k, const char *const *v, int expand), (k, v, expand)) \
    F(PostgresPollingStatusType, PQconnectPoll, (PGconn * c), (c))                                              \
    V(PQfinish, (PGconn * c), (c))                                                                              \
    F(PGPing, PQpingParams, (const char *const *k, const char *const *v, int expand), (k, v, expand))           \
    F(PQconninfoOption *, PQconninfoParse, (const char *conninfo, char **message), (conninfo, message))         \
    F(PQconninfoOption *, PQconndefaults, (void), ())                                                           \
    V(PQconninfoFree, (PQconninfoOption * options), (options))                                                  \
    F(PGcancel *, PQgetCancel, (PGconn * c), (c))                                                               \
    V(PQfreeCancel, (PGcancel * cancel), (cancel))                                                              \
    F(int, PQcancel, (PGcancel * cancel, char *message, int size), (cancel, message, size))                     \
    F(char *, PQdb, (const PGconn *c), (c))                                                                     \
    F(char *, PQuser, (const PGconn *c), (c))                                                                   \
    F(char *, PQhost, (const PGconn *c), (c))                                                                   \
    F(char *, PQhostaddr, (const PGconn *c), (c))                                                               \
    F(char *, PQport, (const PGconn *c), (c))                                                                   \
    F(ConnStatusType, PQstatus, (const PGconn *c), (c))                                                         \
    F(PGTransactionStatusType, PQtransactionStatus, (const PGconn *c), (c))                                     \
    F(const char *, PQparameterStatus, (const PGconn *c, const char *name), (c, name))                          \
    F(int, PQserverVersion, (const PGconn *c), (c))                                                             \
    F(char *, PQerrorMessage, (const PGconn *c), (c))                                                           \
    F(int, PQsocket, (const PGconn *c), (c))                                                                    \
    F(int, PQbackendPID, (const PGconn *c), (c))                                                                \
    F(int, PQconnectionNeedsPassword, (const PGconn *c), (c))                                                   \
    F(int, PQlibVersion, (void), ())                                                                            \
    F(PGVerbosity, PQsetErrorVerbosity, (PGconn * c, PGVerbosity verbosity), (c, verbosity))                    \
    F(PQnoticeReceiver, PQsetNoticeReceiver, (PGconn * c, PQnoticeReceiver fn, void *arg), (c, fn, arg))        \
    F(int, PQsetnonblocking, (PGconn * c, int on), (c, on))                                                     \
    F(int, PQflush, (PGconn * c), (c))                                                                          \
    F(int, PQsendQuery, (PGconn * c, const char *sql), (c, sql))                                                \
    F(int, PQsendQueryParams,                                                                                   \
      (PGconn * c, const char *sql, int n, const Oid *types, const char *const *values, const int *lengths,     \
       const int *formats, int binary),                                                                         \
      (c, sql, n, types, values, lengths, formats, binary))                                                     \
    F(int, PQsendPrepare, (PGconn * c, const char *name, const char *sql, int n, const Oid *types),             \
      (c, name, sql, n, types))                                                                                 \
    F(int, PQsendQueryPrepared,                                                                                 \
      (PGconn * c, const char *name, int n, const char *const *values, const int *lengths, const int *formats,  \
       int binary),                                                                                             \
      (c, name, n, values, lengths, formats, binary))                                                           \
    F(int, PQsetSingleRowMode, (PGconn * c), (c))                                                               \
    F(PGresult *, PQgetResult, (PGconn * c), (c))                                                               \
    F(int, PQisBusy, (PGconn * c), (c))                                                                         \
    F(int, PQconsumeInput, (PGconn * c), (c))                                                                   \
    F(int, PQenterPipelineMode, (PGconn * c), (c))                                                              \
    F(int, PQexitPipelineMode, (PGconn * c), (c))                                                               \
    F(int, PQpipelineSync, (PGconn * c), (c))                                                                   \
    F(PGpipelineStatus, PQpipelineStatus, (const PGconn *c), (c))                                               \
    F(int, PQputCopyData, (PGconn * c, const char *data, int n), (c, data, n))                                  \
    F(int, PQputCopyEnd, (PGconn * c, const char *message), (c, message))                                       \
    F(int, PQgetCopyData, (PGconn * c, char **data, int async), (c, data, async))                               \
    F(ExecStatusType, PQresultStatus, (const PGresult *r), (r))                                                 \
    F(char *, PQresultErrorField, (const PGresult *r, int field), (r, field))                                   \
    F(char *, PQresultErrorMessage, (const PGresult *r), (r))                                                   \
    F(int, PQntuples, (const PGresult *r), (r))                                                                 \
    F(int, PQnfields, (const PGresult *r), (r))                                                                 \
    F(char *, PQfname, (const PGresult *r, int column), (r, column))                                            \
    F(Oid, PQftype, (const PGresult *r, int column), (r, column))                                               \
    F(int, PQfmod, (const PGresult *r, int column), (r, column))                                                \
    F(char *, PQgetvalue, (const PGresult *r, int row, int column), (r, row, column))                           \
    F(int, PQgetlength, (const PGresult *r, int row, int column), (r, row, column))                             \
    F(int, PQgetisnull, (const PGresult *r, int row, int column), (r, row, column))                             \
    F(char *, PQcmdStatus, (PGresult * r), (r))                                                                 \
    F(char *, PQcmdTuples, (PGresult * r), (r))                                                                 \
    V(PQclear, (PGresult * r), (r))                                                                             \
    F(char *, PQescapeIdentifier, (PGconn * c, const char *p, size_t n), (c, p, n))                             \
    F(char *, PQescapeLiteral, (PGconn * c, const char *p, size_t n), (c, p, n))                                \
    V(PQfreemem, (void *p), (p))

/* What the dynamic linker would keep for us: where each function is. Written once, by libpq_bind(). */
#define MEMBER_F(type, name, params, args) __typeof__(name) *name;
#define MEMBER_V(name, params, args)       __typeof__(name) *name;
static struct {
    bool bound;
    LIBPQ_FUNCTIONS(MEMBER_F, MEMBER_V)
} lib;

#define ENTRY_F(type, name, params, args) {#name, &lib.name},
#define ENTRY_V(name, params, args)       {#name, &lib.name},
static const struct {
    const char *name;
    void *place; /* of the pointer to the function */
} entries[] = {LIBPQ_FUNCTIONS(ENTRY_F, ENTRY_V)};

static void check_bound(const char *name)
{
    if (!lib.bound) {
        BUG("%s is called before libpq_bind()", name);
    }
}

#define DEFINE_F(type, name, params, args) \
    type name params                       \
    {                                      \
        check_bound(#name);                \
        return lib.name args;              \
    }
#define DEFINE_V(name, params, args) \
    void name params                 \
    {                                \
        check_bound(#name);          \
        lib.name args;               \
    }
LIBPQ_FUNCTIONS(DEFINE_F, DEFINE_V)

enum status libpq_bind(struct error *err)
{
    if (lib.bound) {
        return ST_OK;
    }
    void *handle = dlopen("libpq.so.5", RTLD_LAZY | RTLD_LOCAL);
    if (!handle) {
        const char *why = dlerror();
        error_set(err, ST_SYSTEM, "cannot load PostgreSQL's client library: %s", why ? why : "libpq.so.5");
        error_hint(err,
                   "install the package libpq5 (Debian, Ubuntu), libpq (Fedora, Alpine) or postgresql-libs (Arch)");
        return ST_SYSTEM;
    }
    for (size_t i = 0; i < countof(entries); i++) {
        void *function = dlsym(handle, entries[i].name);
        if (!function) {
            dlclose(handle);
            error_set(err, ST_SYSTEM, "PostgreSQL's client library is too old: it has no %s", entries[i].name);
            error_hint(err, "libpq 14 or newer is needed; it talks to older servers too");
            return ST_SYSTEM;
        }
        /* ISO C has no conversion from an object pointer to a function pointer; POSIX says they are alike. */
        memcpy(entries[i].place, &function, sizeof(function));
    }
    lib.bound = true;
    return ST_OK;
}
