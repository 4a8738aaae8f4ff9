/*
 * sts.h - AWS Security Token Service: roles, and who we are.
 */
#ifndef MIGRATE_AWS_STS_H
#define MIGRATE_AWS_STS_H

#include "aws/client.h"

struct sts_role {
    const char *arn;
    const char *session_name; /* NULL: one is made */
    const char *external_id;  /* NULL: none */
    int64_t duration_s;       /* 0: what the role allows by default */
};

/* Take a role with these keys. ST_REMOTE. out->source is the caller's to set. */
NODISCARD enum status sts_assume_role(struct aws *aws, const struct sts_role *role, const struct sigv4_keys *keys,
                                      struct credentials *out, struct error *err);
/* Take a role with a token of an identity provider; unsigned. */
NODISCARD enum status sts_assume_role_with_web_identity(struct aws *aws, const struct sts_role *role, struct str token,
                                                        struct credentials *out, struct error *err);

struct sts_identity {
    struct str account, arn, user_id;
};
/* Whose credentials these are. Needs no permission. */
NODISCARD enum status sts_caller(struct aws *aws, struct arena *a, struct sts_identity *out, struct error *err);

#endif
