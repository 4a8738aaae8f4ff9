#include "db/endpoint.h"

#include "db/libpq.h"

#include <libpq-fe.h>

/* A value that is not libpq's built-in default. */
static const char *said(const PQconninfoOption *o, struct arena *a)
{
    const bool preset = o->compiled && o->val && strcmp(o->compiled, o->val) == 0;
    return o->val && o->val[0] && !preset ? arena_cstr(a, str_of(o->val)) : NULL;
}

static void take(PQconninfoOption *list, struct arena *a, struct endpoint *out)
{
    struct {
        const char *keyword, **to;
    } wanted[] = {
        {"host", &out->host},
        {"hostaddr", &out->hostaddr},
        {"port", &out->port},
        {"dbname", &out->database},
        {"user", &out->user},
        {"sslmode", &out->sslmode},
        {"sslrootcert", &out->sslrootcert},
    };
    for (PQconninfoOption *o = list; o && o->keyword; o++) {
        if (strcmp(o->keyword, "password") == 0 && o->val) {
            out->has_password = out->has_password || o->val[0];
            explicit_bzero(o->val, strlen(o->val));
        }
        for (size_t i = 0; i < countof(wanted); i++) {
            if (strcmp(o->keyword, wanted[i].keyword) == 0 && !*wanted[i].to) {
                *wanted[i].to = said(o, a);
            }
        }
    }
}

enum status endpoint_of(const struct target *target, struct arena *a, struct endpoint *out, struct error *err)
{
    const struct str url = str_of(target->url);
    *out = (struct endpoint){0};
    const enum status status = libpq_bind(err);
    if (status) {
        return status;
    }
    const size_t scheme = str_find(url, STR("://"));
    if (scheme != SIZE_MAX && scheme < str_find_char(url, '=') && !str_starts(url, STR("postgres://")) &&
        !str_starts(url, STR("postgresql://"))) {
        return target_refuse(target->url, "a URL of PostgreSQL begins with postgres://", err);
    }
    if (str_find_char(url, '=') != SIZE_MAX || scheme != SIZE_MAX) {
        char *complaint = NULL;
        PQconninfoOption *list = PQconninfoParse(target->url, &complaint);
        if (!list) {
            (void)target_refuse(target->url, complaint, err);
            PQfreemem(complaint);
            return ST_USAGE;
        }
        take(list, a, out);
        PQconninfoFree(list);
    } else if (str_find_char(url, '/') != SIZE_MAX || str_find_char(url, ':') != SIZE_MAX) {
        /* libpq would take HOST:PORT/DATABASE for the name of a database of this machine's server. */
        return target_refuse(target->url, "postgres:// is missing in front of it", err);
    } else if (url.n > 0) {
        out->database = arena_cstr(a, url);
    }
    out->user_said = out->user != NULL || getenv("PGUSER");
    PQconninfoOption *defaults = PQconndefaults();
    if (defaults) {
        const bool has_password = out->has_password;
        take(defaults, a, out);
        out->has_password = has_password; /* PGPASSWORD gives way to a password that is asked for */
        PQconninfoFree(defaults);
    }
    return ST_OK;
}
