/*
 * credentials.h - who we are for AWS: the chain of places where credentials may be.
 *
 * In this order: environment (unless --profile was given), the profile's role, web identity, the profile's keys, credential_process,
 * container, EC2 metadata. The first link that has something answers for all: one that is there but broken is an error, not a reason to look further.
 * Source: "Standardized credential providers", AWS SDKs and Tools reference guide.
 */
#ifndef MIGRATE_AWS_CREDENTIALS_H
#define MIGRATE_AWS_CREDENTIALS_H

#include "base/error.h"

struct aws;

struct credentials {
    char *key_id, *secret, *token; /* own memory; token NULL: not temporary */
    int64_t expires;               /* seconds since 1970; 0: never */
    char source[256];              /* which link: "environment", "profile dev of ~/.aws/credentials" */
};

void credentials_set(struct credentials *c, struct str key_id, struct str secret, struct str token);
void credentials_free(struct credentials *c); /* wipes */

/* Ask the chain. ST_REMOTE: none has any (detail: what each said), or the one that has cannot be used. */
NODISCARD enum status credentials_find(struct aws *aws, struct credentials *out, struct error *err);

/* ---- the links, for credentials.c ---- */

/* A link that has nothing gives ST_OK and leaves *out as it is; why goes to *tried. */
NODISCARD enum status credentials_web_identity(struct aws *aws, const char *token_file, const char *role,
                                               const char *session_name, struct credentials *out, struct error *err);
NODISCARD enum status credentials_container(struct aws *aws, struct credentials *out, struct strbuf *tried,
                                            struct error *err);
NODISCARD enum status credentials_instance(struct aws *aws, struct credentials *out, struct strbuf *tried,
                                           struct error *err);
/* The chosen profile: role, keys, process. */
NODISCARD enum status credentials_profile_role(struct aws *aws, struct credentials *out, struct error *err);
NODISCARD enum status credentials_profile_keys(struct aws *aws, struct credentials *out, struct strbuf *tried,
                                               struct error *err);
NODISCARD enum status credentials_environment(struct credentials *out, struct error *err);

/* The region that this EC2 instance is in, into room[32]; "" when there is no metadata service. */
NODISCARD enum status instance_region(struct aws *aws, char room[32], struct error *err);
/* Take AccessKeyId, SecretAccessKey, Token or SessionToken and Expiration from a JSON object. False: it lacks one, *why says which. */
bool credentials_json(struct str text, struct credentials *out, const char **why);

#endif
