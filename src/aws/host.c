#include "aws/host.h"

#include "aws/endpoint.h"

enum { LABELS_MAX = 16 };

const char *host_kind_name(enum host_kind kind)
{
    static const char *const names[] = {
        [HOST_OTHER] = "no endpoint of RDS",
        [HOST_WRITER] = "the cluster's writer endpoint",
        [HOST_READER] = "the cluster's reader endpoint",
        [HOST_CUSTOM] = "a custom endpoint",
        [HOST_INSTANCE] = "an instance's endpoint",
        [HOST_PROXY] = "an RDS Proxy",
        [HOST_PROXY_ENDPOINT] = "an endpoint of an RDS Proxy",
        [HOST_LIMITLESS] = "a shard group",
        [HOST_GLOBAL] = "the writer of a global database",
    };
    return names[kind];
}

static bool is_suffix(struct str s)
{
    static const char *const suffixes[] = {"amazonaws.com", "amazonaws.com.cn", "amazonaws.eu",
                                           "amazonaws.au",  "amazonaws.uk",     "c2s.ic.gov",
                                           "sc2s.sgov.gov", "csp.hci.ic.gov",   "cloud.adc-e.uk"};
    for (size_t i = 0; i < countof(suffixes); i++) {
        if (str_eq(s, str_of(suffixes[i]))) {
            return true;
        }
    }
    return false;
}

static bool is_hash(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9'))) {
            return false;
        }
    }
    return s.n > 0;
}

/* "cluster-ro-c9akciq32rg0" with "cluster-ro-": the hash behind it. */
static bool has_prefix(struct str label, struct str prefix)
{
    return str_starts(label, prefix) && is_hash(str_slice(label, prefix.n, label.n));
}

/* "app-green-x1y2z3" */
static bool is_green(struct str name)
{
    return name.n > 13 && str_eq(str_slice(name, name.n - 13, name.n - 6), STR("-green-")) &&
           is_hash(str_slice(name, name.n - 6, name.n));
}

static enum host_kind kind_of(struct str label)
{
    static const struct {
        struct str prefix;
        enum host_kind kind;
    } kinds[] = {
        {STR_INIT("cluster-ro-"), HOST_READER},  {STR_INIT("cluster-custom-"), HOST_CUSTOM},
        {STR_INIT("cluster-"), HOST_WRITER},     {STR_INIT("proxy-"), HOST_PROXY},
        {STR_INIT("shardgrp-"), HOST_LIMITLESS}, {STR_INIT("global-"), HOST_GLOBAL},
        {STR_INIT(""), HOST_INSTANCE},
    };
    for (size_t i = 0; i < countof(kinds); i++) {
        if (has_prefix(label, kinds[i].prefix)) {
            return kinds[i].kind;
        }
    }
    return HOST_OTHER;
}

void host_parse(const char *host, struct arena *a, struct rds_host *out)
{
    struct str labels[LABELS_MAX], rest, label;
    size_t n = 0;
    char *lower = arena_cstr(a, str_of(host));
    for (char *c = lower; *c; c++) {
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    }
    const size_t length = strlen(lower);
    if (length > 0 && lower[length - 1] == '.') {
        lower[length - 1] = '\0';
    }
    *out = (struct rds_host){.host = lower};
    rest = str_of(lower);
    while (n < LABELS_MAX && str_next(&rest, '.', &label)) {
        labels[n++] = label;
    }
    size_t rds = 0;
    while (rds < n && !str_eq(labels[rds], STR("rds")) && !str_eq(labels[rds], STR("rds-fips"))) {
        rds++;
    }
    if (rds < 2 || rds + 1 >= n || rest.n > 0 || labels[0].n == 0) {
        return;
    }
    /* The region stands before "rds" in most places, behind it in China and where there is no internet. */
    const bool before = region_looks_right(labels[rds - 1]) || str_eq(labels[rds - 1], STR("global"));
    const bool behind = !before && region_looks_right(labels[rds + 1]);
    const size_t suffix = rds + (behind ? 2 : 1);
    const size_t hash = rds - (before ? 2 : 1); /* the label behind the name */
    if ((!before && !behind) || suffix >= n || (before && rds < 3) ||
        !is_suffix((struct str){labels[suffix].p, strlen(labels[suffix].p)})) {
        return;
    }
    const struct str region = before ? labels[rds - 1] : labels[rds + 1];
    enum host_kind kind = kind_of(labels[hash]);
    size_t name = hash - 1;
    if (kind == HOST_PROXY && hash == 2 && str_eq(labels[1], STR("endpoint"))) {
        kind = HOST_PROXY_ENDPOINT;
        name = 0;
    }
    if (kind == HOST_OTHER || name != 0) {
        return;
    }
    out->kind = kind;
    out->name = arena_cstr(a, labels[0]);
    out->region = str_eq(region, STR("global")) ? NULL : arena_cstr(a, region);
    out->green = is_green(labels[0]);
}
