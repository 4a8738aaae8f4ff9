#include "cmd/context.h"

#include "aws/client.h"
#include "base/clock.h"
#include "base/signals.h"
#include "base/term.h"
#include "cmd/login.h"
#include "cmd/tenants.h"
#include "cmd/url.h"
#include "migration/layout.h"

/* ---- rulebook and migrations ---- */

enum status context_rulebook(struct context *c, struct error *err)
{
    enum status status = rulebook_open(&c->book, err);
    c->has_book = !status;
    for (size_t i = 0; i < c->set.rules.n && !status; i++) {
        status = rulebook_add_folder(&c->book, c->set.rules.at[i], err);
    }
    return status ? status : config_rules(&c->config, &c->book, &c->arena, err);
}

struct judge_options context_judge_options(const struct context *c, int server_major)
{
    const int said = (int)c->set.server_version;
    int version = said ? said : server_major ? server_major : JUDGE_DEFAULT_VERSION;
    version = version < JUDGE_MIN_VERSION   ? JUDGE_MIN_VERSION
              : version > JUDGE_MAX_VERSION ? JUDGE_MAX_VERSION
                                            : version;
    return (struct judge_options){
        .server_version = version,
        .small_rows = c->config.small_rows,
        .small_bytes = c->config.small_bytes,
        .batch_rows = c->set.backfill_rows,
        .all_rules = c->set.all_rules,
        .platform = (enum platform)c->set.platform,
        .severities = c->config.rules,
        .n_severities = c->config.n_rules,
        .history_schema = c->set.schema ? str_of(c->set.schema) : STR_NONE,
    };
}

enum status context_folders(struct context *c, struct str_list *folders, struct error *err)
{
    static const char *const usual[] = {"migrations", "db/migrations", "supabase/migrations", "prisma/migrations"};
    for (size_t i = 0; i < c->set.dirs.n; i++) {
        *vec_push(&c->arena, folders) = str_of(c->set.dirs.at[i]);
    }
    for (size_t i = 0; i < countof(usual) && folders->n == 0; i++) {
        if (file_kind(usual[i]) == FILE_FOLDER) {
            *vec_push(&c->arena, folders) = str_of(usual[i]);
        }
    }
    if (folders->n == 0 && file_kind("sqitch.plan") == FILE_REGULAR) {
        *vec_push(&c->arena, folders) = STR(".");
    }
    if (folders->n == 0) {
        error_set(err, ST_USAGE, "no folder of migrations: neither ./migrations nor ./db/migrations is there");
        error_hint(err, "say where they are with --dir DIR; migrate new NAME makes the first one");
        return ST_USAGE;
    }
    return ST_OK;
}

enum status context_layout(const struct context *c, const struct layout **layout, struct error *err)
{
    const struct layout *l;
    struct strbuf names;
    *layout = NULL;
    if (!c->set.layout || !c->set.layout[0] || (*layout = layout_find(str_of(c->set.layout))) != NULL) {
        return ST_OK;
    }
    strbuf_init(&names, 1000);
    for (size_t i = 0; (l = layout_at(i)) != NULL; i++) {
        strbuf_addf(&names, "%s%s (%s)", i ? ", " : "", l->name, l->summary);
    }
    error_set(err, ST_USAGE, "--layout: there is no layout \"%s\"", c->set.layout);
    error_hint(err, "there are: %s", strbuf_cstr(&names));
    strbuf_free(&names);
    return ST_USAGE;
}

enum status context_start_after(const struct context *c, struct str *version, struct error *err)
{
    *version = str_of(c->set.start_after);
    if (version->n > 0 && !version_valid(*version)) {
        error_set(err, ST_USAGE, "start_after: \"%s\" is not a version", c->set.start_after);
        error_hint(err, "it is the number at the beginning of a file's name: 20260131093000");
        return ST_USAGE;
    }
    return ST_OK;
}

static enum status take_placeholders(struct context *c, const struct text_list *said, const char *where,
                                     struct error *err)
{
    for (size_t i = 0; i < said->n; i++) {
        const struct str all = str_of(said->at[i]);
        const size_t equals = str_find_char(all, '=');
        if (equals == SIZE_MAX || equals == 0) {
            error_set(err, ST_USAGE, "%s: \"%s\" is not NAME=VALUE", where, said->at[i]);
            return ST_USAGE;
        }
        *vec_push(&c->arena, &c->placeholders) =
            (struct placeholder){str_slice(all, 0, equals), str_slice(all, equals + 1, all.n)};
    }
    return ST_OK;
}

enum status context_placeholders(struct context *c, struct error *err)
{
    c->placeholders.n = 0;
    const enum status status = take_placeholders(c, &c->set.sets, "--set", err); /* the first of a name counts */
    if (c->tenant) {
        *vec_push(&c->arena, &c->placeholders) = (struct placeholder){STR("tenant"), str_of(c->tenant)};
        *vec_push(&c->arena, &c->placeholders) = (struct placeholder){STR("flyway:defaultSchema"), str_of(c->tenant)};
    }
    return status ? status : take_placeholders(c, &c->config.placeholders, "placeholders", err);
}

enum status context_migrations(struct context *c, struct migration_list *list, struct error *err)
{
    struct str_list folders = {0};
    struct migration_options options = {.placeholders = &c->placeholders};
    enum status status = context_folders(c, &folders, err);
    if (!status) {
        status = context_placeholders(c, err);
    }
    if (!status) {
        status = context_layout(c, &options.layout, err);
    }
    if (!status) {
        status = migrations_load(folders.at, folders.n, &options, &c->arena, list, err);
    }
    for (size_t i = 0; i < list->n && !status; i++) {
        migration_checksum(&list->at[i]);
    }
    return status;
}

/* ---- database ---- */

enum status context_url(struct context *c, const char **url, const char **from, struct error *err)
{
    const struct config_place *const place = &c->config.places[CONFIG_KEY_URL];
    const char *const variable = getenv("DATABASE_URL");
    enum status status = ST_OK;
    *from = "libpq";
    *url = c->set.url && *c->set.url ? c->set.url : NULL;
    if (c->set.url) {
        *from = "--url";
    } else if (c->set.env && !c->config.environment) {
        *url = getenv(c->set.env); /* config_load() saw that it is there */
        *from = arena_printf(&c->arena, "environment variable %s", c->set.env).p;
    } else if (variable && *variable && !(c->config.url && place->environment)) {
        *url = variable;
        *from = "DATABASE_URL";
    } else if (c->config.url) {
        status = config_url(&c->config, &c->arena, url, err);
        *from = config_place_name(&c->config, place, &c->arena);
    }
    return status;
}

static enum status url_of(struct context *c, const char **url, struct error *err)
{
    const char *from;
    struct str ignored = STR("");
    const enum status status = context_url(c, url, &from, err);
    if (status) {
        return status;
    }
    *url = *url ? url_for_libpq(&c->arena, *url, &ignored) : NULL;
    if (ignored.n > 0 && !c->set.quiet) {
        context_say(arena_printf(&c->arena, "migrate: note: in the URL, %.*s means nothing here\n", STR_ARG(ignored)));
    }
    return ST_OK;
}

enum status context_locate(struct context *c, struct error *err)
{
    const char *url;
    const enum status status = url_of(c, &url, err);
    if (status) {
        return status;
    }
    if (c->database && str_starts(str_of(url), STR("ephemeral:"))) {
        return error_set(err, ST_USAGE, "--dbname %s: a throw-away server has one database only", c->database);
    }
    signals_install();
    c->target = (struct target){.application_name = "migrate",
                                .url = c->database ? url_with_database(url, c->database, &c->arena) : url,
                                .tenant = c->tenant,
                                .histories = c->tenant_histories};
    if (!c->loop) {
        c->loop = loop_new();
    }
    return ST_OK;
}

enum status context_target(struct context *c, struct error *err)
{
    enum status status = context_locate(c, err);
    const struct str url = str_of(c->target.url);
    if (!status && str_starts(url, STR("ephemeral:"))) {
        status = ephemeral_start(str_slice(url, strlen("ephemeral:"), url.n), &c->ephemeral, &c->target.url, err);
    }
    return status ? status : login_prepare(c, err);
}

enum status context_wait(struct context *c, int64_t timeout_ms, struct error *err)
{
    const int64_t until = clock_monotonic_ms() + timeout_ms;
    int64_t pause = 50;
    for (;;) {
        enum status status = session_open(c->loop, &c->target, &c->session, err);
        const int64_t left = until - clock_monotonic_ms();
        /* Only a server that is not there yet or still starts is worth waiting for; a wrong password is not. */
        if (status != ST_SERVER || error_sql_class(err) != SQL_CONNECTION_LOST || left <= 0) {
            if (status) {
                login_explain(c, err);
            }
            return status;
        }
        struct error interrupted = {0};
        status = loop_sleep(c->loop, pause < left ? pause : left, &interrupted);
        if (status) {
            *err = interrupted;
            return status;
        }
        pause = pause < 1000 ? pause * 2 : pause;
    }
}

enum status context_connect(struct context *c, struct error *err)
{
    if (c->session && session_usable(c->session)) {
        return ST_OK; /* what the session holds, such as another tool's lock, would stay behind */
    }
    session_close(c->session);
    c->session = NULL;
    enum status status = context_target(c, err);
    status = status ? status : context_wait(c, c->set.wait ? c->set.wait_timeout_ms : 0, err);
    return status || !c->tenant ? status : tenant_check(c, err);
}

/* ---- the user ---- */

void context_print(struct str text)
{
    fwrite(text.p ? text.p : "", 1, text.n, stdout);
}

void context_say(struct str text)
{
    fflush(stdout);
    fwrite(text.p ? text.p : "", 1, text.n, stderr);
}

void context_complain(const struct error *err)
{
    struct strbuf out;
    strbuf_init(&out, 1 << 16);
    error_format(err, &out);
    context_say(strbuf_str(&out));
    strbuf_free(&out);
}

enum status context_flush(struct error *err)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        return error_errno(err, "write to", "standard output");
    }
    return ST_OK;
}

enum status context_ask(const struct context *c, const char *question, struct error *err)
{
    char line[16];
    if (c->set.yes) {
        return ST_OK;
    }
    if (!isatty(STDIN_FILENO)) {
        error_set(err, ST_USAGE, "%s", question);
        error_hint(err, "there is no terminal to ask on: --yes says yes");
        return ST_USAGE;
    }
    fflush(stdout);
    fprintf(stderr, "%s? [y/N] ", question);
    if (fgets(line, sizeof(line), stdin) && (line[0] == 'y' || line[0] == 'Y')) {
        return ST_OK;
    }
    return error_set(err, ST_USAGE, "not done: the answer was no");
}

/* Whoever writes it in capitals means it no less. */
static bool names_production(struct str where)
{
    for (size_t i = 0; i < where.n; i++) {
        if (str_starts_nocase(str_slice(where, i, where.n), STR("prod"))) {
            return true;
        }
    }
    return false;
}

enum status context_ask_about(const struct context *c, bool always, const char *what, struct error *err)
{
    struct strbuf where, question;
    enum status status = ST_OK;
    if (c->ephemeral) {
        return ST_OK;
    }
    strbuf_init(&where, 4096);
    strbuf_init(&question, 8192);
    target_display(c->target.url, &where);
    if (always || names_production(strbuf_str(&where))) {
        strbuf_addf(&question, "%s on %s", what, strbuf_cstr(&where));
        status = context_ask(c, strbuf_cstr(&question), err);
    }
    strbuf_free(&question);
    strbuf_free(&where);
    return status;
}

bool context_colour(const struct context *c, int fd)
{
    return c->set.colour == COLOUR_ALWAYS || (c->set.colour == COLOUR_AUTO && term_colour(fd));
}

void context_close(struct context *c)
{
    session_close(c->session);
    if (c->loop) {
        loop_free(c->loop);
    }
    login_free(c->login);
    aws_close(c->aws);
    if (c->ephemeral) {
        ephemeral_stop(c->ephemeral);
    }
    if (c->has_book) {
        rulebook_free(&c->book);
    }
    arena_free(&c->arena);
}
