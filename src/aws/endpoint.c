#include "aws/endpoint.h"

static const struct service services[] = {
    [AWS_RDS] = {"rds", "rds", "AWS_ENDPOINT_URL_RDS", "rds.endpoint_url", "2014-10-31"},
    [AWS_STS] = {"sts", "sts", "AWS_ENDPOINT_URL_STS", "sts.endpoint_url", "2011-06-15"},
    [AWS_SECRETS_MANAGER] = {"secretsmanager", "secretsmanager", "AWS_ENDPOINT_URL_SECRETS_MANAGER",
                             "secrets_manager.endpoint_url", NULL},
    [AWS_CLOUDWATCH] = {"cloudwatch", "monitoring", "AWS_ENDPOINT_URL_CLOUDWATCH", "cloudwatch.endpoint_url",
                        "2010-08-01"},
    [AWS_PERFORMANCE_INSIGHTS] = {"pi", "pi", "AWS_ENDPOINT_URL_PI", "pi.endpoint_url", NULL},
    [AWS_SNS] = {"sns", "sns", "AWS_ENDPOINT_URL_SNS", "sns.endpoint_url", "2010-03-31"},
    [AWS_S3] = {"s3", "s3", "AWS_ENDPOINT_URL_S3", "s3.endpoint_url", NULL},
};

const struct service *aws_service(enum aws_service which)
{
    return &services[which];
}

/* Source: partitions.json of the AWS SDKs. */
static const struct partition {
    const char *prefix; /* of its regions' names */
    const char *name;
    const char *suffix, *dual_stack;
} partitions[] = {
    {"cn-", "aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
    {"us-gov-", "aws-us-gov", "amazonaws.com", "api.aws"},
    {"us-isob-", "aws-iso-b", "sc2s.sgov.gov", NULL},
    {"us-isof-", "aws-iso-f", "csp.hci.ic.gov", NULL},
    {"us-iso-", "aws-iso", "c2s.ic.gov", NULL},
    {"eu-isoe-", "aws-iso-e", "cloud.adc-e.uk", NULL},
    {"eusc-", "aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu"},
    {"", "aws", "amazonaws.com", "api.aws"},
};

static const struct partition *partition_of(const char *region)
{
    size_t i = 0;
    while (!str_starts(str_of(region), str_of(partitions[i].prefix))) {
        i++; /* the last one's prefix is empty */
    }
    return &partitions[i];
}

const char *region_partition(const char *region)
{
    return partition_of(region)->name;
}

bool region_looks_right(struct str region)
{
    struct str rest = region, part;
    size_t parts = 0;
    bool number = false;
    while (str_next(&rest, '-', &part)) {
        number = part.n > 0 && part.n <= 2;
        for (size_t i = 0; i < part.n; i++) {
            const char c = part.p[i];
            const bool digit = c >= '0' && c <= '9';
            number = number && digit;
            if (!digit && (c < 'a' || c > 'z')) {
                return false;
            }
        }
        if (part.n == 0 || (parts == 0 && (part.n < 2 || part.n > 4))) {
            return false;
        }
        parts++;
    }
    return parts >= 3 && number && region.n < 32;
}

/* GovCloud's plain names are the FIPS ones of these services, which is where --fips leads to. */
static bool fips_is_plain(enum aws_service which, const char *region)
{
    return str_starts(str_of(region), STR("us-gov-")) &&
           (which == AWS_RDS || which == AWS_STS || which == AWS_CLOUDWATCH || which == AWS_SNS);
}

struct str endpoint_default(enum aws_service which, const char *region, struct endpoint_wishes wishes, struct arena *a)
{
    const struct partition *p = partition_of(region);
    const bool dual = wishes.dual_stack && p->dual_stack;
    const bool fips = wishes.fips && (dual || !fips_is_plain(which, region));
    if (which == AWS_S3 && dual) {
        return arena_printf(a, "https://s3%s.dualstack.%s.%s/", fips ? "-fips" : "", region, p->suffix);
    }
    return arena_printf(a, "https://%s%s.%s.%s/", services[which].signing, fips ? "-fips" : "", region,
                        dual ? p->dual_stack : p->suffix);
}

static bool is_true(const char *value)
{
    return value && strcasecmp(value, "true") == 0;
}

enum status endpoint_override(enum aws_service which, const struct profile *p, struct arena *a, const char **url,
                              const char **from, struct error *err)
{
    const char *value = NULL;
    *url = NULL;
    const char *ignored = getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    if (is_true(ignored) || is_true(profile_value(p, a, "ignore_configured_endpoint_urls"))) {
        return ST_OK;
    }
    const struct {
        const char *value, *from;
    } sources[] = {
        {getenv(services[which].variable), services[which].variable},
        {getenv("AWS_ENDPOINT_URL"), "AWS_ENDPOINT_URL"},
        {profile_service_value(p, a, services[which].key), "the profile's services"},
        {profile_value(p, a, "endpoint_url"), "endpoint_url of the profile"},
    };
    for (size_t i = 0; i < countof(sources) && !value; i++) {
        value = sources[i].value && sources[i].value[0] ? sources[i].value : NULL;
        *from = sources[i].from;
    }
    if (!value) {
        return ST_OK;
    }
    const struct str s = str_of(value);
    if (!(str_starts_nocase(s, STR("https://")) && s.n > 8) && !(str_starts_nocase(s, STR("http://")) && s.n > 7)) {
        error_set(err, ST_REMOTE, "%s is no URL of an endpoint: \"%s\"", *from, value);
        error_hint(err, "write https://HOST[:PORT]");
        return ST_REMOTE;
    }
    *url = arena_printf(a, "%s%s", value, str_ends(s, STR("/")) ? "" : "/").p;
    return ST_OK;
}
