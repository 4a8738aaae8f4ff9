/*
 * .env files: NAME=value, `export NAME=value`, # comments, 'literal' and "escaped" values. No expansion of other
 * variables: a password may hold a $.
 *
 * The file may be anyone's: lint reads it from the checkout of a pull request. So it says what to connect to, and never
 * how programs run.
 */
#include "base/file.h"
#include "cmd/context.h"

enum { ENV_FILE_MAX = 1 << 20 };

static bool name_valid(struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        const char c = name.p[i];
        if (!(c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (i > 0 && c >= '0' && c <= '9'))) {
            return false;
        }
    }
    return name.n > 0;
}

/*
 * Variables by which a program is made to load code, to take its configuration from elsewhere, or to write its TLS secrets down: ours
 * (libcrypto's OPENSSL_CONF names modules, glibc's GCONV_PATH and LOCPATH files), and our children's.
 */
static bool steers_programs(struct str name)
{
    static const char *const starts[] = {"LD_", "DYLD_", "GIT_", "OPENSSL_", "GLIBC_", "MALLOC_", "XDG_", "PYTHON", "PERL", "RUBY",
                                         "NODE_", "BASH_", "LUA_"};
    static const char *const names[] = {"PATH", "HOME", "SHELL", "IFS", "ENV", "CDPATH", "TMPDIR", "GCONV_PATH", "LOCPATH", "NLSPATH",
                                        "HOSTALIASES", "RES_OPTIONS", "LOCALDOMAIN", "SSLKEYLOGFILE", "KRB5_CONFIG", "PAGER",
                                        "EDITOR", "VISUAL", "BROWSER", "PROMPT_COMMAND"};
    for (size_t i = 0; i < countof(starts); i++) {
        if (str_starts(name, str_of(starts[i]))) {
            return true;
        }
    }
    for (size_t i = 0; i < countof(names); i++) {
        if (str_eq(name, str_of(names[i]))) {
            return true;
        }
    }
    return false;
}

/* The value without its quotes; false when a quote does not close or something follows it. */
static bool value_of(struct str raw, struct arena *a, const char **value)
{
    char *out = arena_alloc(a, raw.n + 1);
    size_t n = 0, i = 1;
    const char quote = raw.n > 0 && (raw.p[0] == '"' || raw.p[0] == '\'') ? raw.p[0] : '\0';
    *value = out;
    if (!quote) {
        size_t end = raw.n; /* a comment begins with # behind white space */
        for (size_t k = 1; k < raw.n; k++) {
            if (raw.p[k] == '#' && (raw.p[k - 1] == ' ' || raw.p[k - 1] == '\t')) {
                end = k;
                break;
            }
        }
        const struct str plain = str_trim(str_slice(raw, 0, raw.n > 0 && raw.p[0] == '#' ? 0 : end));
        memcpy(out, plain.n ? plain.p : "", plain.n);
        return true;
    }
    for (; i < raw.n && raw.p[i] != quote; i++) {
        char c = raw.p[i];
        if (quote == '"' && c == '\\' && i + 1 < raw.n) {
            i++;
            c = (char)(raw.p[i] == 'n' ? '\n' : raw.p[i] == 't' ? '\t' : raw.p[i]);
        }
        out[n++] = c;
    }
    const struct str rest = str_trim(str_slice(raw, i + 1, raw.n));
    return i < raw.n && (rest.n == 0 || rest.p[0] == '#');
}

enum status env_file_load(const char *path, bool must, struct arena *a, struct error *err)
{
    struct str text, line;
    const char *value;
    if (!must && file_kind(path) == FILE_MISSING) {
        return ST_OK;
    }
    enum status status = file_read(path, ENV_FILE_MAX, a, &text, err);
    for (unsigned n = 1; !status && str_next(&text, '\n', &line); n++) {
        line = str_trim(line);
        if (line.n == 0 || line.p[0] == '#') {
            continue;
        }
        if (str_starts(line, STR("export "))) {
            line = str_trim(str_slice(line, 7, line.n));
        }
        const size_t equals = str_find_char(line, '=');
        const struct str name = str_trim(str_slice(line, 0, equals));
        if (equals == SIZE_MAX || !name_valid(name) ||
            !value_of(str_trim(str_slice(line, equals + 1, line.n)), a, &value)) {
            status = error_set(err, ST_USAGE, "not a NAME=value line");
            error_place(err, path, n, 1);
            error_hint(err, "--no-env-file leaves the file alone");
        } else if (!steers_programs(name) && setenv(arena_cstr(a, name), value, 0) != 0) {
            status = error_errno(err, "set a variable of", path);
        }
    }
    return status;
}
