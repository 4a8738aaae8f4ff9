#include "aws/credentials.h"

#include "aws/client.h"
#include "aws/sts.h"
#include "aws/when.h"
#include "base/file.h"

#include <jansson.h>

enum { TOKEN_MAX = 1 << 16 };

/* ---- memory ---- */

static char *own(struct str s)
{
    char *p = mem_alloc(s.n + 1);
    if (s.n > 0) {
        memcpy(p, s.p, s.n);
    }
    p[s.n] = '\0';
    return p;
}

static void wipe(char **p)
{
    if (*p) {
        explicit_bzero(*p, strlen(*p));
        free(*p);
        *p = NULL;
    }
}

void credentials_set(struct credentials *c, struct str key_id, struct str secret, struct str token)
{
    credentials_free(c);
    c->key_id = own(key_id);
    c->secret = own(secret);
    c->token = token.n > 0 ? own(token) : NULL;
}

void credentials_free(struct credentials *c)
{
    wipe(&c->key_id);
    wipe(&c->secret);
    wipe(&c->token);
}

/* ---- one JSON form for three links ---- */

static struct str member(const json_t *root, const char *name)
{
    const json_t *value = json_object_get(root, name);
    return json_is_string(value) ? (struct str){json_string_value(value), json_string_length(value)} : STR("");
}

bool credentials_json(struct str text, struct credentials *out, const char **why)
{
    json_error_t ignored;
    json_t *root = json_loadb(text.p ? text.p : "", text.n, 0, &ignored);
    const struct str key = member(root, "AccessKeyId"), secret = member(root, "SecretAccessKey");
    struct str token = member(root, "Token");
    token = token.n ? token : member(root, "SessionToken");
    const struct str expires = member(root, "Expiration");
    *why = !json_is_object(root)                     ? "it is no JSON object"
           : key.n == 0                              ? "it has no AccessKeyId"
           : secret.n == 0                           ? "it has no SecretAccessKey"
           : expires.n > 0 && when_iso(expires) == 0 ? "its Expiration is no point in time"
                                                     : NULL;
    if (!*why) {
        credentials_set(out, key, secret, token);
        out->expires = when_iso(expires);
    }
    json_decref(root);
    return !*why;
}

/* ---- environment ---- */

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && value[0] ? value : NULL;
}

enum status credentials_environment(struct credentials *out, struct error *err)
{
    const char *key = variable("AWS_ACCESS_KEY_ID"), *secret = variable("AWS_SECRET_ACCESS_KEY");
    const char *token = variable("AWS_SESSION_TOKEN");
    token = token ? token : variable("AWS_SECURITY_TOKEN");
    if (!key != !secret) {
        error_set(err, ST_REMOTE, "%s is set, but %s is not", key ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                  key ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
        error_hint(err, "set both, or neither");
        return ST_REMOTE;
    }
    if (key) {
        credentials_set(out, str_of(key), str_of(secret), str_of(token));
        snprintf(out->source, sizeof(out->source), "environment (AWS_ACCESS_KEY_ID)");
    }
    return ST_OK;
}

/* ---- web identity ---- */

enum status credentials_web_identity(struct aws *aws, const char *token_file, const char *role,
                                     const char *session_name, struct credentials *out, struct error *err)
{
    struct arena scratch;
    struct str token;
    const struct sts_role r = {.arn = role, .session_name = session_name};
    arena_init(&scratch, 1 << 20);
    /* Read anew each time: the file's token is replaced long before the credentials expire. */
    enum status status = file_read(token_file, TOKEN_MAX, &scratch, &token, err);
    if (status) {
        error_context(err, "the token of the web identity (AWS_WEB_IDENTITY_TOKEN_FILE)");
        status = err->status = ST_REMOTE;
    } else if (str_trim(token).n == 0) {
        status = error_set(err, ST_REMOTE, "the token file %s of the web identity is empty", token_file);
    } else {
        status = sts_assume_role_with_web_identity(aws, &r, str_trim(token), out, err);
        explicit_bzero((char *)(uintptr_t)token.p, token.n);
        snprintf(out->source, sizeof(out->source), "web identity, role %s", role);
    }
    arena_free(&scratch);
    return status;
}

static enum status web_identity(struct aws *aws, struct credentials *out, struct strbuf *tried, struct error *err)
{
    const char *file = variable("AWS_WEB_IDENTITY_TOKEN_FILE"), *role = variable("AWS_ROLE_ARN");
    const char *name = variable("AWS_ROLE_SESSION_NAME");
    if (file && !role) {
        return error_set(err, ST_REMOTE, "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not");
    }
    if (!file) {
        file = profile_value(&aws->profile, &aws->arena, "web_identity_token_file");
        role = profile_value(&aws->profile, &aws->arena, "role_arn");
        name = profile_value(&aws->profile, &aws->arena, "role_session_name");
    }
    if (!file || !role) {
        strbuf_add_cstr(tried, "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set\n");
        return ST_OK;
    }
    return credentials_web_identity(aws, file, role, name, out, err);
}

/* ---- the chain ---- */

/* Files edited elsewhere leave a carriage return behind; in a header it would begin another one. */
static bool is_clean(const char *text)
{
    for (; text && *text; text++) {
        if ((unsigned char)*text <= ' ' || *text == 0x7f) {
            return false;
        }
    }
    return true;
}

static enum status check_clean(const struct credentials *c, struct error *err)
{
    const struct {
        const char *text, *what;
    } parts[] = {{c->key_id, "access key id"}, {c->secret, "secret access key"}, {c->token, "session token"}};
    for (size_t i = 0; i < countof(parts); i++) {
        if (!is_clean(parts[i].text)) {
            error_set(err, ST_REMOTE, "the %s has a blank, a line break or a control character in it", parts[i].what);
            error_detail(err, "it is from: %s", c->source);
            error_hint(err, "was it copied with the end of its line, or by a file with the line ends of Windows?");
            return ST_REMOTE;
        }
    }
    return ST_OK;
}

enum status credentials_find(struct aws *aws, struct credentials *out, struct error *err)
{
    struct strbuf tried;
    enum status status = ST_OK;
    strbuf_init(&tried, 1500);
    if (aws->o.profile) {
        strbuf_add_cstr(&tried, "environment: passed over, since --profile is given\n");
    } else {
        status = credentials_environment(out, err);
        strbuf_add_cstr(&tried, "environment: AWS_ACCESS_KEY_ID is not set\n");
    }
    if (!status && !out->key_id) {
        status = credentials_profile_role(aws, out, err);
    }
    if (!status && !out->key_id) {
        status = web_identity(aws, out, &tried, err);
    }
    if (!status && !out->key_id) {
        status = credentials_profile_keys(aws, out, &tried, err);
    }
    if (!status && !out->key_id) {
        status = credentials_container(aws, out, &tried, err);
    }
    if (!status && !out->key_id) {
        status = credentials_instance(aws, out, &tried, err);
    }
    if (!status && !out->key_id) {
        aws->none_found = true;
        status = error_set(err, ST_REMOTE, "no AWS credentials found");
        error_detail(err, "%.*s", STR_ARG(str_trim(strbuf_str(&tried))));
        error_hint(err,
                   "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; migrate aws whoami tries them");
    }
    strbuf_free(&tried);
    status = status ? status : check_clean(out, err);
    if (status) {
        credentials_free(out);
    }
    return status;
}
