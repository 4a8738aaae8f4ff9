#include "aws/secret.h"

#include <jansson.h>

enum { PORT_TEXT = 24, REGION_PART = 3 };

static void wipe(char **p)
{
    if (*p) {
        explicit_bzero(*p, strlen(*p));
        free(*p);
        *p = NULL;
    }
}

void secret_free(struct secret *s)
{
    wipe(&s->username);
    wipe(&s->password);
    wipe(&s->host);
    wipe(&s->port);
    wipe(&s->database);
}

static char *own(const char *text, size_t n)
{
    char *p = mem_alloc(n + 1);
    memcpy(p, text, n);
    p[n] = '\0';
    return p;
}

/* A text or a whole number, in memory of our own; NULL: neither. */
static char *member(const json_t *o, const char *key)
{
    const json_t *value = json_object_get(o, key);
    char number[PORT_TEXT];
    if (json_is_string(value) && json_string_length(value) > 0) {
        return own(json_string_value(value), json_string_length(value));
    }
    if (json_is_integer(value)) {
        snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return own(number, strlen(number));
    }
    return NULL;
}

bool secret_read(struct str text, struct secret *out, const char **why)
{
    json_error_t ignored;
    json_t *root = json_loadb(text.p ? text.p : "", text.n, 0, &ignored);
    *out = (struct secret){0};
    *why = NULL;
    if (json_is_object(root)) {
        out->username = member(root, "username");
        out->password = member(root, "password");
        out->host = member(root, "host");
        out->port = member(root, "port");
        out->database = member(root, "dbname");
        *why = out->password ? NULL : "its JSON object has no \"password\"";
    } else if (text.n == 0) {
        *why = "it is empty";
    } else if (text.p[0] == '{') {
        *why = "it is a JSON object that is not closed or not well-formed";
    } else if (memchr(text.p, '\0', text.n)) {
        *why = "it has a NUL character in it";
    } else {
        out->password = own(text.p, text.n);
    }
    json_decref(root);
    if (*why) {
        secret_free(out);
    }
    return !*why;
}

/* "arn:aws:secretsmanager:us-east-1:…": the region; NULL: it is no ARN. */
static const char *region_of(const char *id, struct arena *a)
{
    struct str rest = str_of(id), part = STR("");
    if (!str_starts(rest, STR("arn:"))) {
        return NULL;
    }
    for (int i = 0; i <= REGION_PART; i++) {
        if (!str_next(&rest, ':', &part)) {
            return NULL;
        }
    }
    return region_looks_right(part) ? arena_cstr(a, part) : NULL;
}

enum status secret_fetch(struct aws *aws, const char *id, struct secret *out, struct error *err)
{
    struct arena scratch;
    struct aws_answer answer;
    const char *why = NULL;
    *out = (struct secret){0};
    arena_init(&scratch, 64 << 20);
    json_t *request = json_pack("{s:s}", "SecretId", id);
    char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
    json_decref(request);
    if (!text) {
        arena_free(&scratch);
        return error_set(err, ST_REMOTE, "the name of a secret is no UTF-8 text");
    }
    const struct aws_call call = {.service = AWS_SECRETS_MANAGER,
                                  .action = "GetSecretValue",
                                  .body = str_of(text),
                                  .region = region_of(id, &scratch),
                                  .resource = id};
    enum status status = aws_call(aws, &call, &scratch, &answer, err);
    free(text);
    if (!status) {
        json_error_t ignored;
        json_t *root = json_loadb(answer.body.p, answer.body.n, 0, &ignored);
        const json_t *value = json_object_get(root, "SecretString");
        const struct str secret = {json_string_value(value), json_string_length(value)};
        if (!json_is_string(value)) {
            why = json_object_get(root, "SecretBinary") ? "it is binary: store it as text" : "the answer holds none";
        } else {
            secret_read(secret, out, &why);
        }
        if (why) {
            status = error_set(err, ST_REMOTE, "the secret %s cannot be used: %s", id, why);
            error_hint(err, "it is to be {\"username\": …, \"password\": …}, or the password alone");
        }
        json_decref(root);
        explicit_bzero((char *)(uintptr_t)answer.body.p, answer.body.n);
    }
    arena_free(&scratch);
    return status;
}
