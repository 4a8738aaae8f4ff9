#include "aws/sts.h"

#include "aws/when.h"

enum { BODY_MAX = 1 << 20 };

static enum status read_credentials(const struct aws_answer *answer, const char *arn, struct credentials *out,
                                    struct error *err)
{
    const struct xml *result = answer->xml->first; /* …Result stands before ResponseMetadata, but look by name */
    for (const struct xml *x = result; x; x = x->next) {
        result = xml_get(x, "Credentials") ? x : result;
    }
    const struct xml *c = xml_get(result, "Credentials");
    const struct str key = xml_text(c, "AccessKeyId"), secret = xml_text(c, "SecretAccessKey"),
                     token = xml_text(c, "SessionToken");
    if (key.n == 0 || secret.n == 0 || token.n == 0) {
        return error_set(err, ST_REMOTE, "STS answered for the role %s, but without credentials", arn);
    }
    credentials_set(out, key, secret, token);
    out->expires = when_iso(xml_text(c, "Expiration"));
    return ST_OK;
}

static enum status assume(struct aws *aws, const struct sts_role *role, const char *action, struct str token,
                          const struct sigv4_keys *keys, struct credentials *out, struct error *err)
{
    struct arena scratch;
    struct strbuf body;
    struct aws_answer answer;
    char made[64];
    snprintf(made, sizeof(made), "migrate-%d", (int)getpid());
    arena_init(&scratch, XML_MAX_BYTES * 4);
    strbuf_init(&body, BODY_MAX);
    aws_param(&body, "RoleArn", str_of(role->arn));
    aws_param(&body, "RoleSessionName", str_of(role->session_name ? role->session_name : made));
    if (role->external_id) {
        aws_param(&body, "ExternalId", str_of(role->external_id));
    }
    if (role->duration_s > 0) {
        strbuf_addf(&body, "&DurationSeconds=%" PRId64, role->duration_s);
    }
    if (token.n > 0) {
        aws_param(&body, "WebIdentityToken", token);
    }
    const struct aws_call call = {.service = AWS_STS,
                                  .action = action,
                                  .body = strbuf_str(&body),
                                  .resource = role->arn,
                                  .keys = keys,
                                  .is_unsigned = keys == NULL};
    enum status status = aws_call(aws, &call, &scratch, &answer, err);
    if (!status) {
        status = read_credentials(&answer, role->arn, out, err);
    } else if (status == ST_REMOTE) {
        error_context(err, "cannot take the role %s", role->arn);
    }
    explicit_bzero(body.p, body.cap);
    strbuf_free(&body);
    arena_free(&scratch);
    return status;
}

enum status sts_assume_role(struct aws *aws, const struct sts_role *role, const struct sigv4_keys *keys,
                            struct credentials *out, struct error *err)
{
    return assume(aws, role, "AssumeRole", STR_NONE, keys, out, err);
}

enum status sts_assume_role_with_web_identity(struct aws *aws, const struct sts_role *role, struct str token,
                                              struct credentials *out, struct error *err)
{
    return assume(aws, role, "AssumeRoleWithWebIdentity", token, NULL, out, err);
}

enum status sts_caller(struct aws *aws, struct arena *a, struct sts_identity *out, struct error *err)
{
    struct aws_answer answer;
    const struct aws_call call = {.service = AWS_STS, .action = "GetCallerIdentity"};
    const enum status status = aws_call(aws, &call, a, &answer, err);
    if (status) {
        return status;
    }
    *out = (struct sts_identity){
        .account = xml_any(answer.xml, "Account"),
        .arn = xml_any(answer.xml, "Arn"),
        .user_id = xml_any(answer.xml, "UserId"),
    };
    return out->arn.n > 0 ? ST_OK : error_set(err, ST_REMOTE, "STS answered, but not who we are");
}
