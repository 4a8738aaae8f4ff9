#include "aws/profile.h"

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && value[0] ? value : NULL;
}

/* The section of the config file: "default", or "profile NAME". */
static struct str config_section(const struct profile *p, struct arena *a, struct str name)
{
    const struct str prefixed = arena_printf(a, "profile %.*s", STR_ARG(name));
    return str_eq(name, STR("default")) && !ini_has(&p->config, prefixed) ? name : prefixed;
}

bool profile_exists(const struct profile *p, struct arena *a, struct str name)
{
    return ini_has(&p->credentials, name) || ini_has(&p->config, config_section(p, a, name));
}

const struct ini_entry *profile_get(const struct profile *p, struct arena *a, struct str name, const char *key,
                                    const struct ini **ini)
{
    const struct ini_entry *e = ini_get(&p->credentials, name, key);
    const struct ini *where = &p->credentials;
    if (!e) {
        e = ini_get(&p->config, config_section(p, a, name), key);
        where = &p->config;
    }
    if (ini) {
        *ini = where;
    }
    return e && e->value.n > 0 ? e : NULL;
}

const char *profile_value(const struct profile *p, struct arena *a, const char *key)
{
    const struct ini_entry *e = profile_get(p, a, str_of(p->name), key, NULL);
    return e ? e->value.p : NULL;
}

const char *profile_service_value(const struct profile *p, struct arena *a, const char *key)
{
    const char *services = profile_value(p, a, "services");
    if (!services) {
        return NULL;
    }
    const struct ini_entry *e = ini_get(&p->config, arena_printf(a, "services %s", services), key);
    return e && e->value.n > 0 ? e->value.p : NULL;
}

static void list_names(const struct profile *p, struct strbuf *out)
{
    for (size_t i = 0; i < p->credentials.sections.n; i++) {
        strbuf_addf(out, "%s%.*s", out->n ? ", " : "", STR_ARG(p->credentials.sections.at[i].section));
    }
    for (size_t i = 0; i < p->config.sections.n; i++) {
        struct str name = p->config.sections.at[i].section;
        if (str_starts(name, STR("profile "))) {
            name = str_slice(name, 8, name.n);
        } else if (!str_eq(name, STR("default"))) {
            continue;
        }
        if (!ini_has(&p->credentials, name)) {
            strbuf_addf(out, "%s%.*s", out->n ? ", " : "", STR_ARG(name));
        }
    }
}

static enum status no_such_profile(const struct profile *p, struct error *err)
{
    struct strbuf names;
    strbuf_init(&names, 900);
    list_names(p, &names);
    error_set(err, ST_REMOTE, "there is no AWS profile \"%s\" (%s)", p->name, p->named_by);
    error_detail(err, "looked in %s and %s", p->credentials.path, p->config.path);
    if (names.n > 0) {
        error_hint(err, "there are: %s", strbuf_cstr(&names));
    } else {
        error_hint(err, "neither file has any profile");
    }
    strbuf_free(&names);
    return ST_REMOTE;
}

enum status profile_load(const char *flag, struct arena *a, struct profile *out, struct error *err)
{
    const char *const home = variable("HOME"), *const credentials = variable("AWS_SHARED_CREDENTIALS_FILE"),
                      *const config = variable("AWS_CONFIG_FILE");
    const char *const said = variable("AWS_PROFILE"), *const older = variable("AWS_DEFAULT_PROFILE");
    *out = (struct profile){
        .name = flag    ? flag
                : said  ? said
                : older ? older
                        : "default",
        .named_by = flag    ? "--profile"
                    : said  ? "AWS_PROFILE"
                    : older ? "AWS_DEFAULT_PROFILE"
                            : NULL,
    };
    enum status status =
        ini_read(credentials ? credentials : arena_printf(a, "%s/.aws/credentials", home ? home : "").p, false, a,
                 &out->credentials, err);
    if (!status) {
        status = ini_read(config ? config : arena_printf(a, "%s/.aws/config", home ? home : "").p, false, a,
                          &out->config, err);
    }
    if (!status && out->named_by && !profile_exists(out, a, str_of(out->name))) {
        status = no_such_profile(out, err);
    }
    return status;
}
