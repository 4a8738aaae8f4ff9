/*
 * endpoint.h - services of AWS and where they are.
 */
#ifndef MIGRATE_AWS_ENDPOINT_H
#define MIGRATE_AWS_ENDPOINT_H

#include "aws/profile.h"

enum aws_service {
    AWS_RDS,
    AWS_STS,
    AWS_SECRETS_MANAGER,
    AWS_CLOUDWATCH,
    AWS_PERFORMANCE_INSIGHTS,
    AWS_SNS,
    AWS_S3,
};

struct service {
    const char *name;     /* as permissions and messages call it: "rds", "cloudwatch" */
    const char *signing;  /* in the scope of signatures, and the first label of the host */
    const char *variable; /* AWS_ENDPOINT_URL_… */
    const char *key;      /* in a services section */
    const char *version;  /* of the Query API; NULL: JSON */
};
const struct service *aws_service(enum aws_service which);

struct endpoint_wishes {
    bool fips, dual_stack;
};

/* "https://rds.us-east-1.amazonaws.com/" for a region of any partition. */
struct str endpoint_default(enum aws_service which, const char *region, struct endpoint_wishes wishes, struct arena *a);
/*
 * What stands in its place, by AWS_ENDPOINT_URL_RDS, AWS_ENDPOINT_URL, the profile's services or endpoint_url; NULL: nothing. *from says who.
 * It ends with '/'. ST_REMOTE: it is no http or https URL.
 */
NODISCARD enum status endpoint_override(enum aws_service which, const struct profile *p, struct arena *a,
                                        const char **url, const char **from, struct error *err);

/* Does it look like the name of a region ("us-east-1")? */
bool region_looks_right(struct str region);
/* "aws", "aws-cn", "aws-us-gov": the second part of ARNs there. */
const char *region_partition(const char *region);

#endif
