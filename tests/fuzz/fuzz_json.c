/*
 * fuzz_json.c - whatever JSON or what is none comes from a secret, a credentials process or server, an editor, or stands in a baseline: it
 * is refused with a word, or read.
 *
 * The first byte says which.
 */
#include "fuzz.h"

#include "aws/secret.h"
#include "cmd/lint_baseline.h"
#include "cmd/lsp_wire.h"

static void try_credentials(struct str text)
{
    struct credentials c = {0};
    const char *why = NULL;
    HOLD(credentials_json(text, &c, &why) == !why);
    HOLD(why || (c.key_id && c.key_id[0] && c.secret && c.secret[0]));
    credentials_free(&c);
}

static void try_secret(struct str text)
{
    struct secret s;
    const char *why = NULL;
    HOLD(secret_read(text, &s, &why) == !why);
    HOLD(why || s.password);
    secret_free(&s);
}

/* Messages of an editor, to the end of what it sends. */
static void try_editor(struct str text)
{
    struct lsp_wire w;
    char path[32];
    json_t *message;
    enum lsp_read what;
    size_t n = 0;
    FILE *file = nameless_file(text, path);
    lsp_wire_init(&w, fileno(file), -1);
    while ((what = lsp_wire_read(&w, 0, &message)) != LSP_READ_END) {
        HOLD(n++ <= text.n + 1);
        if (what == LSP_READ_MESSAGE) {
            HOLD(message);
            json_decref(message);
        }
    }
    lsp_wire_free(&w);
    fclose(file);
}

static void try_baseline(struct str text, struct arena *a)
{
    struct baseline b;
    struct error err = {0};
    char path[32];
    FILE *file = nameless_file(text, path);
    if (!refused(baseline_open(&b, path, false, a, &err), &err)) {
        for (size_t i = 0; i < b.entries.n; i++) {
            HOLD(b.entries.at[i].at <= b.text.n && b.entries.at[i].fingerprint.n > 0);
        }
    }
    fclose(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    if (size == 0) {
        return 0;
    }
    const struct str text = {(const char *)data + 1, size - 1};
    arena_init(&a, (size_t)1 << 28);
    switch (data[0] % 4) {
    case 0:
        try_credentials(text);
        break;
    case 1:
        try_secret(text);
        break;
    case 2:
        try_editor(text);
        break;
    default:
        try_baseline(text, &a);
    }
    arena_free(&a);
    return 0;
}
