#include "db/pgdump.h"

#include "base/file.h"
#include "base/process.h"
#include "db/libpq.h"
#include "db/pgbin.h"
#include "sql/split.h"

#include <libpq-fe.h>

extern char **environ;

enum { VERSION_MS = 10000, MAX_SCHEMA = 256 << 20 };

VEC_DECLARE(words, const char *);

/* ---- which one ---- */

/* "pg_dump (PostgreSQL) 15.20 (Debian …)": 15; 0 when it does not run or says something else. */
static int major_of(const char *program)
{
    const char *const argv[] = {program, "--version", NULL};
    const struct process p = {.argv = argv, .timeout_ms = VERSION_MS};
    struct process_result result;
    struct error ignored;
    int64_t major = 0;
    if (!process_run(&p, &result, &ignored) && result.exit_code == 0) {
        const struct str said = strbuf_str(&result.out);
        const size_t at = str_find(said, STR(") "));
        const struct str rest = at == SIZE_MAX ? STR_NONE : str_slice(said, at + 2, said.n);
        size_t n = 0;
        while (n < rest.n && rest.p[n] >= '0' && rest.p[n] <= '9') {
            n++;
        }
        if (!str_to_i64(str_slice(rest, 0, n), 1, 999, &major)) {
            major = 0;
        }
    }
    process_result_free(&result);
    return (int)major;
}

static struct str bindir(struct arena *a)
{
    static const char *const argv[] = {"pg_config", "--bindir", NULL};
    const struct process p = {.argv = argv, .timeout_ms = VERSION_MS};
    struct process_result result;
    struct error ignored;
    struct str folder = STR_NONE;
    if (!process_run(&p, &result, &ignored) && result.exit_code == 0) {
        folder = arena_str(a, str_trim(strbuf_str(&result.out)));
    }
    process_result_free(&result);
    return folder;
}

/* The first that is new enough; *found is the newest of the others, for the message. */
static const char *choose(int server, struct arena *a, int *found)
{
    struct words candidates = {0};
    const struct str named = str_of(getenv("MIGRATE_PG_BIN"));
    if (named.n > 0) {
        *vec_push(a, &candidates) = path_join(a, named, STR("pg_dump")).p;
    }
    *vec_push(a, &candidates) = "pg_dump";
    for (size_t i = 0; i < 3; i++) {
        /* What is asked for only when what came before does not do: each costs a process. */
        struct str folder = STR_NONE;
        struct error ignored;
        for (; candidates.n > 0; candidates.n = 0) {
            for (size_t k = 0; k < candidates.n; k++) {
                const int major = major_of(candidates.at[k]);
                if (major >= server) {
                    return candidates.at[k];
                }
                *found = major > *found ? major : *found;
            }
        }
        if (i == 0) {
            folder = bindir(a);
        } else if (i == 1) {
            for (int major = server; major < server + 10 && folder.n == 0; major++) {
                if (pgbin_find(arena_printf(a, "%d", major), a, &folder, &ignored)) {
                    folder = STR_NONE;
                }
            }
        }
        if (folder.n > 0) {
            *vec_push(a, &candidates) = path_join(a, folder, STR("pg_dump")).p;
        }
    }
    return NULL;
}

static enum status find(int server, struct arena *a, const char **program, struct error *err)
{
    int found = 0;
    *program = choose(server, a, &found);
    if (*program) {
        return ST_OK;
    }
    if (found > 0) {
        error_set(err, ST_USAGE, "pg_dump %d is too old for a server of PostgreSQL %d", found, server);
    } else {
        error_set(err, ST_USAGE, "no pg_dump is installed here");
    }
    error_hint(err, "install the package postgresql-client-%d, or set MIGRATE_PG_BIN to the folder of its programs",
               server);
    return ST_USAGE;
}

/* ---- the way into the database ---- */

static void add_quoted(struct strbuf *out, const char *keyword, const char *value)
{
    strbuf_addf(out, "%s%s='", out->n ? " " : "", keyword);
    for (const char *c = value; *c; c++) {
        strbuf_add_cstr(out, *c == '\'' || *c == '\\' ? "\\" : "");
        strbuf_add_char(out, *c);
    }
    strbuf_add_char(out, '\'');
}

/* Gives the text that is in the environment now. */
static char *set_variable(struct words *env, struct arena *a, const char *name, const char *value)
{
    const struct str set = arena_printf(a, "%s=%s", name, value);
    const size_t n = strlen(name) + 1;
    for (size_t i = 0; i < env->n; i++) {
        if (strncmp(env->at[i], set.p, n) == 0) {
            env->at[i] = set.p;
            return (char *)(uintptr_t)set.p;
        }
    }
    *vec_push(a, env) = set.p;
    return (char *)(uintptr_t)set.p;
}

/* What a session adds to the connection string (session.h): TLS above all, without which a token would travel in clear. */
static void pass_pairs(const char *const *pairs, struct arena *a, struct words *env)
{
    static const char *const variables[][2] = {
        {"host", "PGHOST"},
        {"hostaddr", "PGHOSTADDR"},
        {"port", "PGPORT"},
        {"user", "PGUSER"},
        {"dbname", "PGDATABASE"},
        {"sslmode", "PGSSLMODE"},
        {"sslrootcert", "PGSSLROOTCERT"},
    };
    for (; pairs && *pairs; pairs += 2) {
        for (size_t i = 0; i < countof(variables); i++) {
            if (strcmp(pairs[0], variables[i][0]) == 0) {
                set_variable(env, a, variables[i][1], pairs[1]);
            }
        }
    }
}

/* Each part of the connection string as libpq's own variable; what has none, and is no secret, as an argument. */
static enum status pass_target(const struct target *t, struct arena *a, struct words *env, const char **rest,
                               char **secret, struct error *err)
{
    enum status status = libpq_bind(err);
    struct strbuf others, password;
    const bool parts =
        str_find_char(str_of(t->url), '=') != SIZE_MAX || str_find(str_of(t->url), STR("://")) != SIZE_MAX;
    PQconninfoOption *options = NULL;
    *rest = NULL;
    if (status) {
        return status;
    }
    pass_pairs(t->defaults, a, env);
    if (t->url && !parts) {
        set_variable(env, a, "PGDATABASE", t->url);
    } else if (t->url && !(options = PQconninfoParse(t->url, NULL))) {
        return error_set(err, ST_USAGE, "the connection string cannot be read");
    }
    strbuf_init(&others, 1 << 16);
    for (const PQconninfoOption *o = options; o && o->keyword && !status; o++) {
        if (!o->val || !o->val[0]) {
            continue;
        }
        if (o->envvar) {
            char *set = set_variable(env, a, o->envvar, o->val);
            *secret = o->dispchar[0] == '*' ? set : *secret;
        } else if (o->dispchar[0] == '*') {
            status = error_set(err, ST_USAGE, "%s of the connection string cannot be passed to pg_dump in secret",
                               o->keyword);
        } else {
            add_quoted(&others, o->keyword, o->val);
        }
        if (o->dispchar[0] == '*') {
            explicit_bzero(o->val, strlen(o->val));
        }
    }
    if (options) {
        PQconninfoFree(options);
    }
    if (!status && others.n > 0) {
        *rest = arena_printf(a, "--dbname=%s", strbuf_cstr(&others)).p;
    }
    strbuf_free(&others);
    if (!status && t->password) {
        strbuf_init(&password, 1 << 16);
        status = t->password(t->password_arg, &password, err);
        if (!status) {
            *secret = set_variable(env, a, "PGPASSWORD", strbuf_cstr(&password));
        }
        if (password.p) {
            explicit_bzero(password.p, password.n);
        }
        strbuf_free(&password);
    }
    pass_pairs(t->overrides, a, env); /* the address of a tunnel is known once the password was asked for */
    return status;
}

/* ---- running it ---- */

static enum status refused(const struct process_result *result, struct error *err)
{
    const struct str said = str_trim(strbuf_str(&result->err));
    const struct str first = str_slice(said, 0, str_find_char(said, '\n'));
    error_set(err, ST_SERVER, "pg_dump ended with %d", result->exit_code);
    error_detail(err, "%.*s", (int)(first.n < 1000 ? first.n : 1000), first.n ? first.p : "");
    return ST_SERVER;
}

enum status pgdump_schema(const struct pgdump *what, struct arena *a, struct str *text, struct error *err)
{
    struct words env = {0}, argv = {0};
    struct arena own;
    char *secret = NULL; /* in it: wiped by hand */
    struct process_result result;
    const char *program, *rest;
    enum status status = find(what->server_version / 10000, a, &program, err);
    if (status) {
        return status;
    }
    arena_init(&own, SIZE_MAX);
    for (char **e = environ; *e; e++) {
        *vec_push(&own, &env) = *e;
    }
    status = pass_target(what->target, &own, &env, &rest, &secret, err);
    const char *const fixed[] = {
        program,          "--schema-only",           "--no-owner",     "--no-privileges", "--no-subscriptions",
        "--format=plain", "--lock-wait-timeout=10s", "--encoding=UTF8"};
    for (size_t i = 0; i < countof(fixed); i++) {
        *vec_push(&own, &argv) = fixed[i];
    }
    if (!status && rest) {
        *vec_push(&own, &argv) = rest;
    }
    for (const char *const *more = what->more; more && *more; more++) {
        *vec_push(&own, &argv) = *more;
    }
    *vec_push(&own, &argv) = NULL;
    set_variable(&env, &own, "LC_ALL", "C");
    *vec_push(&own, &env) = NULL;
    const struct process p = {.argv = argv.at, .env = env.at, .max_output = MAX_SCHEMA};
    result = (struct process_result){0};
    status = status ? status : process_run(&p, &result, err);
    if (!status && result.exit_code != 0) {
        status = refused(&result, err);
    } else if (!status && result.out.overflow) {
        status = error_set(err, ST_SYSTEM, "the schema takes more than %d MB", MAX_SCHEMA >> 20);
    }
    if (!status) {
        *text = pgdump_clean(strbuf_str(&result.out), a);
    }
    process_result_free(&result);
    if (secret) {
        explicit_bzero(secret, strlen(secret));
    }
    arena_free(&own);
    return status;
}

/* ---- the same text every time ---- */

/* Lines that name versions, or are drawn by lot. */
static bool is_noise(struct str line)
{
    static const char *const heads[] = {"-- Dumped from database version ", "-- Dumped by pg_dump version ",
                                        "\\restrict ", "\\unrestrict ", "SET transaction_timeout = "};
    for (size_t i = 0; i < countof(heads); i++) {
        if (str_starts(line, str_of(heads[i]))) {
            return true;
        }
    }
    return false;
}

static bool is_user_mapping(const struct statement *st)
{
    return statement_is(st, 0, KW_CREATE) && statement_is(st, 1, KW_USER) && statement_is(st, 2, KW_MAPPING);
}

struct cleaning {
    struct strbuf out;
    bool blank; /* the last line is empty: no second one behind it */
};

/* What stands between statements: comments and blank lines. Inside of statements no line is touched. */
static void add_between(struct cleaning *c, struct str text)
{
    struct str rest = text, line;
    while (str_next(&rest, '\n', &line)) {
        const bool ends = rest.p != NULL; /* a newline behind it, and not the statement */
        if (is_noise(line) || (line.n == 0 && ends && c->blank)) {
            continue;
        }
        strbuf_add(&c->out, line);
        if (ends) {
            strbuf_add_char(&c->out, '\n');
            c->blank = line.n == 0;
        }
    }
}

struct str pgdump_clean(struct str text, struct arena *a)
{
    struct cleaning c = {.blank = true};
    struct splitter sp;
    struct statement st;
    uint32_t at = 0;
    strbuf_init(&c.out, text.n + 16);
    splitter_init(&sp, text, 0, (uint32_t)text.n);
    while (splitter_next(&sp, &st)) {
        const struct str source = str_slice(text, st.start, st.end);
        const bool dropped = is_user_mapping(&st) || st.psql || is_noise(source);
        add_between(&c, str_slice(text, at, dropped && is_user_mapping(&st) ? st.comments_start : st.start));
        at = st.end;
        if (dropped) {
            at += st.terminated ? 1 : 0;
            at += at < text.n && text.p[at] == '\n' ? 1 : 0; /* with its line */
            continue;
        }
        strbuf_add(&c.out, source);
        c.blank = false;
    }
    splitter_free(&sp);
    add_between(&c, str_slice(text, at, text.n));
    const struct str all = str_trim(strbuf_str(&c.out));
    const struct str made = all.n ? arena_printf(a, "%.*s\n", (int)all.n, all.p) : STR("");
    strbuf_free(&c.out);
    return made;
}
