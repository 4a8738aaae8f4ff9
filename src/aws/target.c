#include "aws/target.h"

#include "base/clock.h"

#include <netdb.h>
#include <sys/socket.h>

struct str target_id(const struct rds_target *t)
{
    return t->is_cluster ? t->cluster.id : t->instance.id;
}

struct str target_arn(const struct rds_target *t)
{
    return t->is_cluster ? t->cluster.arn : t->instance.arn;
}

struct str target_login_id(const struct rds_target *t)
{
    return t->host.kind == HOST_PROXY || t->host.kind == HOST_PROXY_ENDPOINT ? STR("prx-*")
           : t->is_cluster                                                   ? t->cluster.resource_id
                                                                             : t->instance.resource_id;
}

struct str target_status(const struct rds_target *t)
{
    return t->is_cluster ? t->cluster.status : t->instance.status;
}

struct str target_name(const struct rds_target *t, const struct aws *aws, struct arena *a)
{
    return arena_printf(a, "%s %.*s in %s", t->is_cluster ? "cluster" : "instance", STR_ARG(target_id(t)),
                        aws->region ? aws->region : "an unknown region");
}

/* ---- finding ---- */

/* The names that there are, for a name that is not. */
static void hint_names(struct aws *aws, bool clusters, struct arena *a, struct error *err)
{
    struct rds_clusters c;
    struct rds_instances i;
    struct strbuf names;
    struct error ignored;
    strbuf_init(&names, 700);
    if (clusters && !rds_find_clusters(aws, NULL, a, &c, &ignored)) {
        for (size_t k = 0; k < c.n; k++) {
            strbuf_addf(&names, "%s%.*s", k ? ", " : "", STR_ARG(c.at[k].id));
        }
    } else if (!clusters && !rds_find_instances(aws, NULL, NULL, a, &i, &ignored)) {
        for (size_t k = 0; k < i.n; k++) {
            strbuf_addf(&names, "%s%.*s", k ? ", " : "", STR_ARG(i.at[k].id));
        }
    }
    if (names.n > 0) {
        error_hint(err, "in %s there are: %s; --region names another region", aws->region, strbuf_cstr(&names));
    } else {
        error_hint(err, "asked in %s (%s); --region names another region", aws->region ? aws->region : "?",
                   aws->region_from ? aws->region_from : "?");
    }
    strbuf_free(&names);
}

static enum status not_there(struct aws *aws, bool cluster, const char *id, const char *by, struct arena *a,
                             struct error *err)
{
    error_set(err, ST_REMOTE, "RDS has no PostgreSQL %s \"%s\" (%s) in %s", cluster ? "cluster" : "instance", id, by,
              aws->region ? aws->region : "its region");
    hint_names(aws, cluster, a, err);
    return ST_REMOTE;
}

static enum status take_cluster(struct aws *aws, const char *id, const char *by, struct arena *a, bool *found,
                                struct rds_target *out, struct error *err)
{
    struct rds_clusters list;
    const enum status status = rds_find_clusters(aws, id, a, &list, err);
    *found = !status && list.n > 0;
    if (*found) {
        out->is_cluster = true;
        out->cluster = list.at[0];
        out->found_by = by;
    }
    return status;
}

/* An instance stands for its cluster, if it is in one: only that can be snapshotted. */
static enum status take_instance(struct aws *aws, const char *id, const char *by, struct arena *a, bool *found,
                                 struct rds_target *out, struct error *err)
{
    struct rds_instances list;
    const enum status status = rds_find_instances(aws, id, NULL, a, &list, err);
    *found = !status && list.n > 0;
    if (!*found) {
        return status;
    }
    out->instance = list.at[0];
    out->has_instance = true;
    out->found_by = by;
    if (out->instance.cluster.n > 0) {
        return take_cluster(aws, out->instance.cluster.p, by, a, found, out, err);
    }
    return ST_OK;
}

static bool is_host(struct str endpoint, const char *host)
{
    return str_eq_nocase(endpoint, str_of(host));
}

/* Which cluster has this endpoint, of whatever kind? */
static enum status search_endpoint(struct aws *aws, const char *host, const char *by, struct arena *a, bool *found,
                                   struct rds_target *out, struct error *err)
{
    struct rds_clusters clusters;
    struct rds_instances instances;
    enum status status = rds_find_clusters(aws, NULL, a, &clusters, err);
    *found = false;
    for (size_t i = 0; !status && i < clusters.n; i++) {
        const struct rds_cluster *c = &clusters.at[i];
        bool same = is_host(c->endpoint, host) || is_host(c->reader, host);
        for (size_t k = 0; k < c->custom_endpoints.n; k++) {
            same = same || is_host(c->custom_endpoints.at[k], host);
        }
        if (same) {
            *found = true;
            out->is_cluster = true;
            out->cluster = *c;
            out->found_by = by;
            return ST_OK;
        }
    }
    status = status ? status : rds_find_instances(aws, NULL, NULL, a, &instances, err);
    for (size_t i = 0; !status && i < instances.n; i++) {
        if (is_host(instances.at[i].address, host)) {
            return take_instance(aws, instances.at[i].id.p, by, a, found, out, err);
        }
    }
    return status;
}

static enum status through_proxy(struct aws *aws, const struct rds_host *host, struct arena *a, bool *found,
                                 struct rds_target *out, struct error *err)
{
    struct rds_proxy proxy;
    enum status status = rds_find_proxy(aws, host->name, host->kind == HOST_PROXY_ENDPOINT, a, &proxy, err);
    if (!status && proxy.read_only) {
        status = error_set(err, ST_REMOTE, "%s is a read-only endpoint of an RDS Proxy", host->host);
        error_hint(err, "connect to the cluster's writer endpoint");
        return status;
    }
    if (!status && proxy.cluster.n > 0) {
        status = take_cluster(aws, proxy.cluster.p, "the proxy's target", a, found, out, err);
    } else if (!status && proxy.instance.n > 0) {
        status = take_instance(aws, proxy.instance.p, "the proxy's target", a, found, out, err);
    }
    if (!status && !*found) {
        status = error_set(err, ST_REMOTE, "what stands behind the RDS Proxy \"%s\" is not told in %s", host->name,
                           aws->region);
        error_hint(err, "say it: --rds-cluster NAME or --rds-instance NAME");
    }
    return status;
}

/* What a name of one's own stands for: the last name of its chain of CNAMEs, into the arena; NULL: itself. */
static const char *canonical(const char *host, struct arena *a)
{
    const struct addrinfo hints = {.ai_flags = AI_CANONNAME, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    const char *name = NULL;
    if (getaddrinfo(host, NULL, &hints, &list) == 0) {
        if (list->ai_canonname && strcasecmp(list->ai_canonname, host) != 0) {
            name = arena_cstr(a, str_of(list->ai_canonname));
        }
        freeaddrinfo(list);
    }
    return name;
}

bool target_is_named(const struct target_wish *wish)
{
    struct arena scratch;
    struct rds_host host = {.kind = HOST_OTHER};
    if (wish->cluster || wish->instance) {
        return true;
    }
    if (wish->host) {
        arena_init(&scratch, 1 << 16);
        host_parse(wish->host, &scratch, &host);
        const char *name = host.kind == HOST_OTHER ? canonical(wish->host, &scratch) : NULL;
        if (name) {
            host_parse(name, &scratch, &host);
        }
        arena_free(&scratch);
    }
    return host.kind != HOST_OTHER;
}

static enum status by_host(struct aws *aws, const struct rds_host *host, struct arena *a, bool *found,
                           struct rds_target *out, struct error *err)
{
    enum status status = ST_OK;
    switch (host->kind) {
    case HOST_OTHER:
        return ST_OK;
    case HOST_READER:
        status = error_set(err, ST_REMOTE, "%s is a reader endpoint: nothing can be changed through it", host->host);
        error_hint(err, "connect to the cluster's writer endpoint, %s.cluster-…", host->name);
        return status;
    case HOST_LIMITLESS:
        status =
            error_set(err, ST_REMOTE, "%s is a shard group of Aurora Limitless, which is not supported", host->host);
        return status;
    case HOST_PROXY:
    case HOST_PROXY_ENDPOINT:
        return through_proxy(aws, host, a, found, out, err);
    case HOST_WRITER:
        status = take_cluster(aws, host->name, "the host name", a, found, out, err);
        break;
    case HOST_INSTANCE:
        status = take_instance(aws, host->name, "the host name", a, found, out, err);
        break;
    case HOST_CUSTOM:
    case HOST_GLOBAL:
        status = search_endpoint(aws, host->host, "its endpoints", a, found, out, err);
        break;
    }
    /* The name is as it should be; but is it that endpoint? Two accounts may have clusters of one name. */
    const bool same = !*found || (host->kind != HOST_WRITER && host->kind != HOST_INSTANCE) ||
                      (out->is_cluster && is_host(out->cluster.endpoint, host->host)) ||
                      (out->has_instance && is_host(out->instance.address, host->host));
    if (!status && !same) {
        const struct str endpoint = out->is_cluster ? out->cluster.endpoint : out->instance.address;
        status = error_set(err, ST_REMOTE, "%s of the name %s has another endpoint than the one connected to",
                           out->is_cluster ? "the cluster" : "the instance", host->name);
        error_detail(err, "connected to %s; RDS in this account says %.*s", host->host, STR_ARG(endpoint));
        error_hint(err, "are these credentials of another account? migrate aws whoami tells");
        return status;
    }
    if (!status && !*found) {
        status = not_there(aws, host->kind != HOST_INSTANCE, host->name, host_kind_name(host->kind), a, err);
    }
    return status;
}

enum status target_find(struct aws *aws, const struct target_wish *wish, struct arena *a, bool *found,
                        struct rds_target *out, struct error *err)
{
    enum status status = ST_OK;
    const char *region;
    *found = false;
    *out = (struct rds_target){.host = {.kind = HOST_OTHER}};
    if (wish->host) {
        host_parse(wish->host, a, &out->host);
    }
    if (wish->cluster) {
        status = take_cluster(aws, wish->cluster, "--rds-cluster", a, found, out, err);
        return status || *found ? status : not_there(aws, true, wish->cluster, "--rds-cluster", a, err);
    }
    if (wish->instance) {
        status = take_instance(aws, wish->instance, "--rds-instance", a, found, out, err);
        return status || *found ? status : not_there(aws, false, wish->instance, "--rds-instance", a, err);
    }
    if (wish->host && out->host.kind == HOST_OTHER) {
        const char *name = canonical(wish->host, a);
        if (name) {
            host_parse(name, a, &out->host);
        }
    }
    if (out->host.kind == HOST_OTHER) {
        return ST_OK;
    }
    if (out->host.region && !aws->o.region && !aws->o.host_region) {
        aws->o.host_region = arena_cstr(&aws->arena, str_of(out->host.region));
        aws->region = NULL;
    }
    status = aws_region(aws, &region, err);
    return status ? status : by_host(aws, &out->host, a, found, out, err);
}

enum status target_refresh(struct aws *aws, struct rds_target *t, struct arena *a, struct error *err)
{
    bool found = false;
    const char *id = arena_cstr(a, target_id(t));
    const bool is_cluster = t->is_cluster;
    const enum status status = is_cluster ? take_cluster(aws, id, t->found_by, a, &found, t, err)
                                          : take_instance(aws, id, t->found_by, a, &found, t, err);
    return status || found ? status : not_there(aws, is_cluster, id, "it was there before", a, err);
}

/* ---- states ---- */

enum readiness status_readiness(struct str status)
{
    static const char *const ready[] = {"available", "storage-optimization"};
    static const char *const never[] = {
        "deleting",       "deleted",       "failed",           "stopped",      "stopping",
        "cloning-failed", "restore-error", "migration-failed", "storage-full", "insufficient-capacity"};
    for (size_t i = 0; i < countof(ready); i++) {
        if (str_eq(status, str_of(ready[i]))) {
            return READY;
        }
    }
    for (size_t i = 0; i < countof(never); i++) {
        if (str_eq(status, str_of(never[i]))) {
            return NEVER;
        }
    }
    /* The list of states is open: what is not known passes, most likely. */
    return str_starts(status, STR("inaccessible-encryption-credentials")) || str_starts(status, STR("incompatible-"))
               ? NEVER
               : NOT_YET;
}

enum status target_await(struct aws *aws, struct rds_target *t, int64_t wait_ms, int64_t poll_ms,
                         void (*tell)(void *arg, const char *text, int percent), void *arg, struct arena *a,
                         struct error *err)
{
    const int64_t until = clock_monotonic_ms() + wait_ms;
    for (;;) {
        const struct str state = target_status(t);
        const enum readiness r = status_readiness(state);
        const int64_t left = until - clock_monotonic_ms();
        if (r == READY) {
            return ST_OK;
        }
        if (r == NEVER || left <= 0) {
            const char *name = target_name(t, aws, a).p;
            if (r == NEVER) {
                error_set(err, ST_REMOTE, "%s is %.*s", name, STR_ARG(state));
                error_hint(err, str_eq(state, STR("stopped")) ? "start it first" : "nothing was changed");
            } else {
                error_set(err, ST_REMOTE, "%s is still %.*s", name, STR_ARG(state));
                error_hint(err, "nothing was changed; try again later, or wait longer with --aws-wait");
            }
            return ST_REMOTE;
        }
        if (tell) {
            tell(arg, arena_printf(a, "waiting for %s, which is %.*s", target_name(t, aws, a).p, STR_ARG(state)).p, -1);
        }
        enum status status = aws_sleep(aws, poll_ms < left ? poll_ms : left, err);
        status = status ? status : target_refresh(aws, t, a, err);
        if (status) {
            return status;
        }
    }
}

/* ---- what must not be changed ---- */

static bool is_over(struct str status)
{
    return str_eq(status, STR("SWITCHOVER_COMPLETED")) || str_eq(status, STR("DELETING")) ||
           str_eq(status, STR("INVALID_CONFIGURATION")) || str_eq(status, STR("PROVISIONING_FAILED"));
}

static enum status check_blue_green(struct aws *aws, const struct rds_target *t, bool allow, struct arena *a,
                                    struct str *note, struct error *err)
{
    for (int as_source = 1; as_source >= 0; as_source--) {
        struct rds_blue_greens list;
        const enum status status = rds_find_blue_green(aws, target_arn(t).p, as_source, a, &list, err);
        if (status) {
            return status;
        }
        for (size_t i = 0; i < list.n; i++) {
            const struct rds_blue_green *b = &list.at[i];
            if (str_eq(b->status, STR("SWITCHOVER_IN_PROGRESS"))) {
                error_set(err, ST_REMOTE, "%s is switching over in the blue/green deployment %.*s",
                          target_name(t, aws, a).p, STR_ARG(b->name));
                error_hint(err, "nothing was changed; try again when it is done");
                return ST_REMOTE;
            }
            if (is_over(b->status)) {
                continue;
            }
            if (as_source && !allow) {
                error_set(err, ST_REMOTE, "%s is the blue side of the blue/green deployment %.*s (%.*s)",
                          target_name(t, aws, a).p, STR_ARG(b->name), STR_ARG(b->status));
                error_detail(err, "the green side follows by logical replication, which carries no DDL and may break "
                                  "on it");
                error_hint(err, "migrate the green side, or after the switchover; --allow-blue-green does it all the "
                                "same");
                return ST_REMOTE;
            }
            if (!as_source) {
                *note = arena_printf(a,
                                     "this is the green side of the blue/green deployment %.*s: replication from blue "
                                     "stops on renamed columns and changed types",
                                     STR_ARG(b->name));
            }
        }
    }
    return ST_OK;
}

enum status target_check_writable(struct aws *aws, const struct rds_target *t, bool allow_blue_green, struct arena *a,
                                  struct str *note, struct error *err)
{
    bool known = false, writer = false;
    *note = STR("");
    enum status status = check_blue_green(aws, t, allow_blue_green, a, note, err);
    if (!status && t->is_cluster && t->cluster.global_id.n > 0) {
        status = rds_global_writer(aws, &t->cluster, &known, &writer, err);
        if (!status && known && !writer) {
            status = error_set(err, ST_REMOTE, "%s is a secondary of the global database %.*s",
                               target_name(t, aws, a).p, STR_ARG(t->cluster.global_id));
            error_hint(err, "migrate its primary: the others follow");
        }
    }
    return status;
}
