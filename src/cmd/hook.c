#include "cmd/hook.h"

#include <pwd.h>

#include "base/file.h"
#include "base/process.h"
#include "base/term.h"
#include "report/escape.h"
#include "report/json.h"

extern char **environ;

enum { HOOK_TIMEOUT_MS = 30000, ERROR_SHOWN = 400 };

enum when { WHEN_BEFORE, WHEN_AFTER, WHEN_FAILURE };
static const char *const when_names[] = {"before", "after", "failure"};

/* One call of a hook. */
struct call {
    struct context *c;
    const struct hook_facts *facts;
    enum when when;
    const char *database, *host;
    /* Behind a run */
    enum status status;
    const struct run_result *result;
    const struct error *why;
};

static const struct text_list *argv_of(const struct context *c, enum when when)
{
    return when == WHEN_BEFORE  ? &c->config.hook_before
           : when == WHEN_AFTER ? &c->config.hook_after
                                : &c->config.hook_failure;
}

/* ---- what it is told ---- */

static const char *database_of(struct context *c)
{
    struct strbuf out;
    strbuf_init(&out, 4096);
    if (c->ephemeral) {
        strbuf_add_cstr(&out, "ephemeral:");
    } else {
        target_display(c->target.url, &out);
    }
    const char *text = arena_cstr(&c->arena, strbuf_str(&out));
    strbuf_free(&out);
    return text;
}

static struct str document(const struct call *call)
{
    json_t *o = json_new_object(), *list = json_new_array();
    const struct passwd *pw = getpwuid(geteuid());
    struct strbuf out;
    json_put(o, "schema", json_integer(1));
    json_put(o, "hook", json_string(when_names[call->when]));
    json_put(o, "run", json_string(call->facts->run_id));
    json_put(o, "command", json_string(call->c->command->name));
    json_put(o, "direction", json_string(call->facts->down ? "down" : "up"));
    json_put(o, "database", json_text_c(call->database));
    json_put(o, "host", json_text_c(call->host));
    json_put(o, "os_user", json_text_c(pw ? pw->pw_name : ""));
    json_put(o, "tool_version", json_string(MIGRATE_VERSION));
    for (size_t i = 0; i < call->facts->n; i++) {
        const struct migration_plan *p = &call->facts->plans[i];
        json_t *m = json_new_object();
        json_put(m, "version", json_text(p->migration->version));
        json_put(m, "name", json_text(p->migration->name));
        json_put(m, "file", json_text(p->migration->file));
        json_put(m, "steps", json_integer((json_int_t)p->steps.n));
        json_push(list, m);
    }
    json_put(o, "migrations", list);
    if (call->result) {
        json_put(o, "result", json_string(run_result_name(call->status)));
        json_put(o, "exit_code", json_integer(exit_code(call->status, call->why->signal)));
        json_put(o, "done", json_integer(call->result->n_done));
        json_put(o, "ms", json_integer(call->result->ms));
    }
    if (call->status) {
        json_put(o, "error", json_text_c(call->why->primary));
        json_put(o, "sqlstate", json_text_c(call->why->sqlstate));
        json_put(o, "hint", json_text_c(call->why->hint));
    }
    strbuf_init(&out, 16 << 20);
    json_add(&out, o);
    strbuf_add_char(&out, '\n');
    const struct str text = arena_str(&call->c->arena, strbuf_str(&out));
    strbuf_free(&out);
    return text;
}

/* Does this variable hold a way into the database? */
static bool is_secret(struct context *c, struct str name)
{
    static const char *const names[] = {"DATABASE_URL",  "MIGRATE_URL", "PGPASSWORD",
                                        "PGSSLPASSWORD", "PGPASSFILE",  "MIGRATE_PASSWORD_FILE"};
    for (size_t i = 0; i < countof(names); i++) {
        if (str_eq(name, str_of(names[i]))) {
            return true;
        }
    }
    if (c->set.env && str_eq(name, str_of(c->set.env))) {
        return true;
    }
    /* url: postgres://app:${DB_PASSWORD}@… */
    const struct str written = arena_printf(&c->arena, "${%.*s}", STR_ARG(name));
    return c->config.url && str_find(str_of(c->config.url), written) != SIZE_MAX;
}

VEC_DECLARE(environment, const char *);

static void add_variable(struct arena *a, struct environment *env, const char *name, const char *value)
{
    *vec_push(a, env) = arena_printf(a, "MIGRATE_HOOK%s=%s", name, value).p;
}

static const char *const *environment_of(const struct call *call)
{
    struct arena *a = &call->c->arena;
    struct environment env = {0};
    for (char **e = environ; *e; e++) {
        const struct str all = str_of(*e);
        if (!is_secret(call->c, str_slice(all, 0, str_find_char(all, '='))) && !str_starts(all, STR("MIGRATE_HOOK"))) {
            *vec_push(a, &env) = *e;
        }
    }
    add_variable(a, &env, "", when_names[call->when]);
    add_variable(a, &env, "_RUN", call->facts->run_id);
    add_variable(a, &env, "_COMMAND", call->c->command->name);
    add_variable(a, &env, "_DATABASE", call->database);
    add_variable(a, &env, "_MIGRATIONS", arena_printf(a, "%zu", call->facts->n).p);
    if (call->result) {
        add_variable(a, &env, "_RESULT", run_result_name(call->status));
        add_variable(a, &env, "_EXIT_CODE", arena_printf(a, "%d", exit_code(call->status, call->why->signal)).p);
        add_variable(a, &env, "_DONE", arena_printf(a, "%u", call->result->n_done).p);
    }
    if (call->status) {
        add_variable(a, &env, "_ERROR", call->why->primary);
    }
    *vec_push(a, &env) = NULL;
    return env.at;
}

/* ---- running it ---- */

static void tell_output(const struct context *c, enum when when, const struct strbuf *said)
{
    struct str rest = strbuf_str(said), line;
    struct strbuf out;
    if (c->set.quiet) {
        return;
    }
    strbuf_init(&out, 1 << 20);
    while (str_next(&rest, '\n', &line)) {
        if (line.n > 0) {
            strbuf_addf(&out, "hook %s: ", when_names[when]);
            add_line_escaped(&out, line);
            strbuf_add_char(&out, '\n');
        }
    }
    if (said->overflow) {
        strbuf_addf(&out, "hook %s: (it said more)\n", when_names[when]);
    }
    context_say(strbuf_str(&out));
    strbuf_free(&out);
}

static enum status start_error(struct context *c, enum when when, enum status status, struct error *err)
{
    char key[32];
    const struct config_key *k;
    snprintf(key, sizeof(key), "hooks.%s", when_names[when]);
    error_context(err, "%s", key);
    for (size_t i = 0; (k = config_key_at(i)) != NULL; i++) {
        if (strcmp(k->name, key) == 0 && c->config.path) {
            error_place(err, c->config.path, c->config.places[i].line, c->config.places[i].column);
        }
    }
    if (status == ST_GAVE_WAY) {
        error_hint(err, "hooks.timeout in migrate.yaml gives it more time");
    } else if (status == ST_USAGE) {
        error_hint(err, "a program found on PATH, or a path from the folder of migrate.yaml; no shell reads the line");
    }
    return status;
}

static enum status run_hook(struct call *call, struct error *err)
{
    struct context *c = call->c;
    const struct text_list *words = argv_of(c, call->when);
    char host[256] = "unknown";
    if (words->n == 0 || !c->set.hooks) {
        return ST_OK;
    }
    if (gethostname(host, sizeof(host) - 1) != 0) {
        snprintf(host, sizeof(host), "unknown");
    }
    call->host = host;
    call->database = database_of(c);
    const char **argv = arena_array(&c->arena, const char *, words->n + 1);
    for (size_t i = 0; i < words->n; i++) {
        argv[i] = words->at[i];
    }
    const struct process p = {
        .argv = argv,
        .env = environment_of(call),
        .folder = arena_cstr(&c->arena, path_folder(str_of(c->config.path))),
        .input = document(call),
        .timeout_ms = c->config.hook_timeout_ms ? c->config.hook_timeout_ms : HOOK_TIMEOUT_MS,
        .after_signal = call->status == ST_INTERRUPTED,
    };
    struct process_result result;
    fflush(NULL); /* what was told before it is read before it */
    enum status status = process_run(&p, &result, err);
    tell_output(c, call->when, &result.out);
    tell_output(c, call->when, &result.err);
    if (status) {
        status = start_error(c, call->when, status, err);
    } else if (result.exit_code != 0) {
        status =
            error_set(err, ST_CHECK, "hooks.%s: %s ended with %d", when_names[call->when], argv[0], result.exit_code);
        const struct str why = str_trim(strbuf_str(&result.err));
        if (c->set.quiet && why.n > 0) {
            error_detail(err, "%.*s", (int)(why.n < ERROR_SHOWN ? why.n : ERROR_SHOWN), why.p);
        }
    }
    process_result_free(&result);
    return status;
}

enum status hook_before(struct context *c, const struct hook_facts *facts, struct error *err)
{
    struct call call = {.c = c, .facts = facts, .when = WHEN_BEFORE};
    const enum status status = run_hook(&call, err);
    if (status == ST_CHECK) {
        error_hint(err, "nothing was run; --no-hooks leaves the hooks out");
    }
    return status;
}

void hook_behind(struct context *c, const struct hook_facts *facts, enum status status, const struct run_result *result,
                 const struct error *err)
{
    struct call call = {
        .c = c,
        .facts = facts,
        .when = status ? WHEN_FAILURE : WHEN_AFTER,
        .status = status,
        .result = result,
        .why = err,
    };
    struct error own;
    if (run_hook(&call, &own)) {
        struct strbuf out;
        strbuf_init(&out, 8192);
        strbuf_add_cstr(&out, "migrate: warning: ");
        term_escape(&out, str_of(own.primary));
        strbuf_add_cstr(&out, status ? "\n" : "; the run itself succeeded\n");
        context_say(strbuf_str(&out));
        strbuf_free(&out);
    }
}
