/* Credentials of a profile: keys in a file, a program that prints them, a role taken with those of another profile. */
#include "aws/client.h"
#include "aws/sts.h"
#include "base/process.h"
#include "base/words.h"

#include <jansson.h>

enum { ROLES_MAX = 8, PROCESS_MS = 60000 };

static const char *value_of(struct aws *aws, struct str name, const char *key)
{
    const struct ini_entry *e = profile_get(&aws->profile, &aws->arena, name, key, NULL);
    return e ? e->value.p : NULL;
}

/* ---- keys ---- */

static enum status half_written(struct aws *aws, struct str name, const char *has, const char *lacks, struct error *err)
{
    const struct ini *ini = NULL;
    const struct ini_entry *e = profile_get(&aws->profile, &aws->arena, name, has, &ini);
    error_set(err, ST_REMOTE, "profile %.*s has %s, but no %s", STR_ARG(name), has, lacks);
    error_place(err, ini->path, e ? e->line : 0, 0);
    return ST_REMOTE;
}

static enum status keys_of(struct aws *aws, struct str name, struct credentials *out, struct error *err)
{
    const struct ini *ini = NULL;
    const char *key = value_of(aws, name, "aws_access_key_id"), *secret = value_of(aws, name, "aws_secret_access_key");
    if (!key != !secret) {
        return half_written(aws, name, key ? "aws_access_key_id" : "aws_secret_access_key",
                            key ? "aws_secret_access_key" : "aws_access_key_id", err);
    }
    if (key) {
        profile_get(&aws->profile, &aws->arena, name, "aws_access_key_id", &ini);
        credentials_set(out, str_of(key), str_of(secret), str_of(value_of(aws, name, "aws_session_token")));
        snprintf(out->source, sizeof(out->source), "profile %.*s in %s", STR_ARG(name), ini->path);
    }
    return ST_OK;
}

/* ---- credential_process ---- */

static enum status process_error(const char *program, struct str name, const char *what, struct error *err)
{
    error_set(err, ST_REMOTE, "credential_process of profile %.*s (%s): %s", STR_ARG(name), program, what);
    error_hint(err, "it is to print {\"Version\": 1, \"AccessKeyId\": …, \"SecretAccessKey\": …} and end with 0");
    return ST_REMOTE;
}

static enum status process_of(struct aws *aws, struct str name, struct credentials *out, struct error *err)
{
    const char *line = value_of(aws, name, "credential_process"), *why;
    struct word_list words;
    struct process_result result;
    char said[300];
    if (!line) {
        return ST_OK;
    }
    if (!words_split(str_of(line), &aws->arena, &words)) {
        return process_error("", name, "a quote is not closed", err);
    }
    const struct process p = {.argv = words.at, .timeout_ms = PROCESS_MS};
    enum status status = process_run(&p, &result, err);
    if (status && status != ST_INTERRUPTED) {
        snprintf(said, sizeof(said), "%.200s", err->primary);
        status = process_error(words.at[0], name, said, err);
    } else if (!status && result.exit_code != 0) {
        snprintf(said, sizeof(said), "it ended with %d: %.*s", result.exit_code,
                 STR_ARG(str_slice(str_trim(strbuf_str(&result.err)), 0, 200)));
        status = process_error(words.at[0], name, said, err);
    } else if (!status) {
        json_error_t ignored;
        json_t *root = json_loadb(result.out.p ? result.out.p : "", result.out.n, 0, &ignored);
        const json_int_t version = json_integer_value(json_object_get(root, "Version"));
        if (!credentials_json(strbuf_str(&result.out), out, &why)) {
            status = process_error(words.at[0], name, why, err);
        } else if (version != 1) {
            status = process_error(words.at[0], name, "the Version of what it prints is not 1", err);
        }
        json_decref(root);
        snprintf(out->source, sizeof(out->source), "credential_process of profile %.*s", STR_ARG(name));
    }
    if (result.out.p) {
        explicit_bzero(result.out.p, result.out.cap);
    }
    process_result_free(&result);
    return status;
}

static enum status no_sso(struct aws *aws, struct str name, struct error *err)
{
    const struct ini *ini = NULL;
    const struct ini_entry *e = profile_get(&aws->profile, &aws->arena, name, "sso_session", &ini);
    e = e ? e : profile_get(&aws->profile, &aws->arena, name, "sso_start_url", &ini);
    if (!e) {
        return ST_OK;
    }
    error_set(err, ST_REMOTE, "profile %.*s signs in by SSO, which migrate does not do by itself", STR_ARG(name));
    error_place(err, ini->path, e->line, 0);
    error_hint(err,
               "run: eval \"$(aws configure export-credentials --profile %.*s --format env)\"; or give another profile "
               "credential_process = aws configure export-credentials --profile %.*s",
               STR_ARG(name), STR_ARG(name));
    return ST_REMOTE;
}

enum status credentials_profile_keys(struct aws *aws, struct credentials *out, struct strbuf *tried, struct error *err)
{
    const struct str name = str_of(aws->profile.name);
    enum status status = keys_of(aws, name, out, err);
    if (!status && !out->key_id) {
        status = process_of(aws, name, out, err);
    }
    if (!status && !out->key_id) {
        status = no_sso(aws, name, err);
    }
    if (!status && !out->key_id) {
        strbuf_addf(tried, "profile %.*s: no keys and no credential_process in %s and %s\n", STR_ARG(name),
                    aws->profile.credentials.path, aws->profile.config.path);
    }
    return status;
}

/* ---- roles ---- */

/* The profiles that were gone through, each named by the one before. */
struct chain {
    struct str names[ROLES_MAX];
    size_t n;
};

static enum status profile_error(struct aws *aws, struct str name, const char *key, const char *what, struct error *err)
{
    const struct ini *ini = NULL;
    const struct ini_entry *e = profile_get(&aws->profile, &aws->arena, name, key, &ini);
    error_set(err, ST_REMOTE, "profile %.*s: %s", STR_ARG(name), what);
    if (e) {
        error_place(err, ini->path, e->line, 0);
    }
    return ST_REMOTE;
}

static enum status source_credentials(struct aws *aws, struct str name, const char *source, struct credentials *out,
                                      struct error *err)
{
    struct strbuf tried;
    enum status status;
    strbuf_init(&tried, 1000);
    if (strcmp(source, "Environment") == 0) {
        status = credentials_environment(out, err);
    } else if (strcmp(source, "EcsContainer") == 0) {
        status = credentials_container(aws, out, &tried, err);
    } else if (strcmp(source, "Ec2InstanceMetadata") == 0) {
        status = credentials_instance(aws, out, &tried, err);
    } else {
        status = profile_error(aws, name, "credential_source",
                               "credential_source is none of Environment, EcsContainer and Ec2InstanceMetadata", err);
    }
    if (!status && !out->key_id) {
        status = profile_error(aws, name, "credential_source", "its credential_source has no credentials", err);
        error_detail(err, "%s: %.*s", source, STR_ARG(str_trim(strbuf_str(&tried))));
    }
    strbuf_free(&tried);
    return status;
}

static enum status role_of(struct aws *aws, struct chain *chain, struct str name, struct credentials *out,
                           struct error *err);

/* What a profile has that is the source of another's role: a role of its own, or keys. */
static enum status from_profile(struct aws *aws, struct chain *chain, struct str by, struct str name,
                                struct credentials *out, struct error *err)
{
    const bool itself = str_eq(by, name);
    enum status status = ST_OK;
    if (!profile_exists(&aws->profile, &aws->arena, name)) {
        status = profile_error(aws, by, "source_profile", "its source_profile does not exist", err);
        error_detail(err, "source_profile = %.*s", STR_ARG(name));
        return status;
    }
    if (!itself && value_of(aws, name, "role_arn")) {
        return role_of(aws, chain, name, out, err);
    }
    status = keys_of(aws, name, out, err);
    if (!status && !out->key_id) {
        status = process_of(aws, name, out, err);
    }
    if (!status && !out->key_id) {
        status = no_sso(aws, name, err);
    }
    if (!status && !out->key_id) {
        status = profile_error(aws, by, "source_profile", "its source_profile has no credentials", err);
        error_detail(err, "source_profile = %.*s has neither keys nor a role nor credential_process", STR_ARG(name));
    }
    return status;
}

static enum status role_of(struct aws *aws, struct chain *chain, struct str name, struct credentials *out,
                           struct error *err)
{
    struct credentials base = {0};
    enum status status;
    int64_t duration = 0;
    const char *arn = value_of(aws, name, "role_arn"), *source = value_of(aws, name, "source_profile");
    const char *credential_source = value_of(aws, name, "credential_source");
    const char *seconds = value_of(aws, name, "duration_seconds");
    for (size_t i = 0; i < chain->n; i++) {
        if (str_eq(chain->names[i], name)) {
            status = profile_error(aws, name, "source_profile", "its roles lead back to itself", err);
            error_hint(err, "at the end of source_profile there is to be a profile with keys");
            return status;
        }
    }
    if (chain->n == ROLES_MAX) {
        return profile_error(aws, name, "source_profile", "too many roles, one taken with the other", err);
    }
    chain->names[chain->n++] = name;
    if (value_of(aws, name, "mfa_serial")) {
        status = profile_error(aws, name, "mfa_serial", "its role wants a code from an MFA device, and nobody is asked",
                               err);
        error_hint(err, "sign in beforehand and pass on the credentials: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, "
                        "AWS_SESSION_TOKEN");
        return status;
    }
    if (!source == !credential_source) {
        return profile_error(aws, name, "role_arn",
                             source ? "it has both source_profile and credential_source"
                                    : "role_arn needs source_profile or credential_source",
                             err);
    }
    if (seconds && !str_to_i64(str_of(seconds), 900, 43200, &duration)) {
        return profile_error(aws, name, "duration_seconds", "duration_seconds is no number from 900 to 43200", err);
    }
    status = source ? from_profile(aws, chain, name, str_of(source), &base, err)
                    : source_credentials(aws, name, credential_source, &base, err);
    if (!status) {
        const struct sts_role role = {.arn = arn,
                                      .session_name = value_of(aws, name, "role_session_name"),
                                      .external_id = value_of(aws, name, "external_id"),
                                      .duration_s = duration};
        const struct sigv4_keys keys = {base.key_id, base.secret, base.token};
        status = sts_assume_role(aws, &role, &keys, out, err);
        snprintf(out->source, sizeof(out->source), "role %.100s of profile %.*s, by %.90s", arn, STR_ARG(name),
                 base.source);
    }
    credentials_free(&base);
    return status;
}

enum status credentials_profile_role(struct aws *aws, struct credentials *out, struct error *err)
{
    struct chain chain = {.n = 0};
    const struct str name = str_of(aws->profile.name);
    if (!value_of(aws, name, "role_arn") || value_of(aws, name, "web_identity_token_file")) {
        return ST_OK;
    }
    return role_of(aws, &chain, name, out, err);
}
