#include "cmd/tenants.h"

#include "catalog/names.h"
#include "cmd/children.h"

#include <fnmatch.h>
#include <sys/mman.h>

enum { ASK_MS = 60000 };

/* ---- one ---- */

/* "migrate_{}" with the tenant in its place. */
static const char *history_of(struct arena *a, const char *histories, const char *tenant)
{
    const size_t at = str_find(str_of(histories), STR("{}"));
    return arena_printf(a, "%.*s%s%s", (int)at, histories, tenant, histories + at + 2).p;
}

/* Where the histories of tenants are: --schema with {} in it, or with the tenant behind it. */
static const char *histories_of(struct context *c)
{
    const char *said = c->set.schema;
    return str_find(str_of(said), STR("{}")) != SIZE_MAX ? said : arena_printf(&c->arena, "%s_{}", said).p;
}

static enum status settle(struct context *c, const char *tenant, struct error *err)
{
    c->tenant = tenant;
    c->tenant_histories = histories_of(c);
    c->set.schema = history_of(&c->arena, c->tenant_histories, tenant);
    if (strlen(c->set.schema) > NAME_MAX_BYTES) {
        error_set(err, ST_USAGE, "the history of the tenant %s would be in the schema %s, whose name is too long",
                  tenant, c->set.schema);
        error_hint(err, "names of the server have at most %d bytes: --schema 'h_{}', where {} is the tenant",
                   NAME_MAX_BYTES);
        return ST_USAGE;
    }
    setenv("MIGRATE_TENANT", tenant, 1); /* for hooks */
    return ST_OK;
}

enum status tenant_check(struct context *c, struct error *err)
{
    static const char sql[] = "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1::pg_catalog.name),"
                              " coalesce(pg_catalog.current_schema() = $1::pg_catalog.name, false)";
    const struct param tenant = {c->tenant};
    struct rows *rows = NULL;
    enum status status = session_query(c->session, sql, &tenant, 1, ASK_MS, &rows, err);
    if (status) {
        return status;
    }
    if (!rows_bool(rows, 0, 0)) {
        status = error_set(err, ST_USAGE, "there is no schema %s for the tenant", c->tenant);
        error_hint(err, "make it first: CREATE SCHEMA %s", name_quote(&c->arena, str_of(c->tenant)).p);
    } else if (!rows_bool(rows, 0, 1)) {
        status = error_set(err, ST_USAGE, "the schema %s is there, and names are not looked up in it", c->tenant);
        error_hint(err, "this role needs USAGE on it; and a pooler between here and the server must pass on startup "
                        "options: connect to the server itself");
    }
    rows_free(rows);
    return status;
}

/* ---- which ---- */

static enum status ask_names(struct context *c, const char *sql, const struct param *params, size_t n,
                             struct text_list *out, struct error *err)
{
    struct rows *rows = NULL;
    const enum status status = session_query(c->session, sql, params, n, ASK_MS, &rows, err);
    for (size_t i = 0; !status && i < rows_count(rows); i++) {
        *vec_push(&c->arena, out) = arena_cstr(&c->arena, rows_value(rows, i, 0));
    }
    rows_free(rows);
    return status;
}

/* All that may be tenants: not the system's schemas, and not their histories. */
static enum status read_schemas(struct context *c, struct text_list *out, struct error *err)
{
    static const char sql[] =
        "SELECT n.nspname FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^pg_'::pg_catalog.text"
        " AND n.nspname <> 'information_schema' AND n.nspname <> $2::pg_catalog.name AND NOT EXISTS (SELECT FROM "
        "pg_catalog.pg_namespace t WHERE t.nspname <> n.nspname AND n.nspname = pg_catalog.replace("
        "$1::pg_catalog.text, '{}'::pg_catalog.text, t.nspname::pg_catalog.text)::pg_catalog.name) ORDER BY n.nspname";
    const struct param params[] = {{histories_of(c)}, {c->set.schema}};
    return ask_names(c, sql, params, countof(params), out, err);
}

/* All that may be tenants, but what RDS keeps for itself. */
static enum status read_databases(struct context *c, struct text_list *out, struct error *err)
{
    static const char sql[] = "SELECT datname FROM pg_catalog.pg_database WHERE datallowconn AND NOT datistemplate"
                              " AND datname <> 'rdsadmin' ORDER BY datname";
    return ask_names(c, sql, NULL, 0, out, err);
}

/* What tenants are: schemas of a database, or databases of a server. */
struct kind {
    const char *what, *option, *query_option, *list_them, *make_it;
    enum status (*read)(struct context *c, struct text_list *out, struct error *err);
};
static const struct kind schemas = {"schema", "--schema-each", "--schema-each-query",
                                    "\\dn",   "CREATE SCHEMA", read_schemas};
static const struct kind databases = {"database", "--database-each", "--database-each-query",
                                      "\\l",      "CREATE DATABASE", read_databases};

/* The project's own query; it is to ask, and nothing else. */
static enum status ask_query(struct context *c, const struct kind *kind, const char *query, struct text_list *out,
                             struct error *err)
{
    enum status status = session_simple(c->session, STR("BEGIN READ ONLY"), ASK_MS, NULL, err);
    status = status ? status : ask_names(c, query, NULL, 0, out, err);
    if (status) {
        error_context(err, "%s", kind->query_option);
        return status;
    }
    return session_simple(c->session, STR("ROLLBACK"), ASK_MS, NULL, err);
}

static bool has(const struct text_list *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++) {
        if (strcmp(list->at[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static enum status take_name(struct context *c, const struct kind *kind, const struct text_list *all, const char *name,
                             struct text_list *out, struct error *err)
{
    if (!has(all, name)) {
        const char *near = str_closest(str_of(name), all->at, all->n);
        error_set(err, ST_USAGE, "there is no %s %s for a tenant", kind->what, name);
        error_hint(err, near ? "did you mean %s%s?" : "make it first: %s %s", near ? near : kind->make_it,
                   near ? "" : name);
        return ST_USAGE;
    }
    if (!has(out, name)) {
        *vec_push(&c->arena, out) = name;
    }
    return ST_OK;
}

static bool is_pattern(const char *text)
{
    return strpbrk(text, "*?[") != NULL;
}

static enum status take_pattern(struct context *c, const struct kind *kind, const struct text_list *all,
                                const char *pattern, struct text_list *out, struct error *err)
{
    enum status status = ST_OK;
    size_t kept = 0;
    if (pattern[0] == '!') {
        for (size_t i = 0; i < out->n; i++) {
            if (fnmatch(pattern + 1, out->at[i], 0) != 0) {
                out->at[kept++] = out->at[i];
            }
        }
        out->n = kept;
        return ST_OK;
    }
    if (!is_pattern(pattern)) {
        return take_name(c, kind, all, pattern, out, err);
    }
    for (size_t i = 0; i < all->n && !status; i++) {
        if (fnmatch(pattern, all->at[i], 0) == 0) {
            status = take_name(c, kind, all, all->at[i], out, err);
        }
    }
    return status;
}

static enum status find_tenants(struct context *c, const struct kind *kind, struct text_list *out, struct error *err)
{
    const bool of_schemas = kind == &schemas;
    const struct text_list *patterns = of_schemas ? &c->set.schema_each : &c->set.database_each;
    const char *query = of_schemas ? c->set.schema_each_query : c->set.database_each_query;
    const bool asks = query && query[0];
    struct text_list all = {0}, asked = {0};
    enum status status = context_connect(c, err);
    status = status ? status : kind->read(c, &all, err);
    if (!status && asks) {
        status = ask_query(c, kind, query, &asked, err);
    }
    for (size_t i = 0; i < asked.n && !status; i++) {
        status = take_name(c, kind, &all, asked.at[i], out, err);
    }
    /* What the patterns take, they take behind that; what they leave out counts for all. */
    for (size_t i = 0; i < patterns->n && !status; i++) {
        status = take_pattern(c, kind, &all, patterns->at[i], out, err);
    }
    session_close(c->session);
    c->session = NULL;
    if (!status && out->n == 0) {
        status =
            error_set(err, ST_USAGE, "no %s is a tenant's by %s", kind->what, asks ? kind->query_option : kind->option);
        error_hint(err, "of %zu %ss that could be; psql lists them with %s", all.n, kind->what, kind->list_them);
    }
    return status;
}

/* ---- each ---- */

static void work(struct children *k, const struct child *one)
{
    struct context *c = k->c;
    struct error err = {0}, flush_err = {0};
    enum status status = ST_OK;
    /* What the parent has open is the parent's. */
    c->session = NULL;
    c->loop = NULL;
    c->aws = NULL;
    if (one->arg == &databases) {
        c->set.database_each.n = 0;
        c->set.database_each_query = NULL;
        c->set.dbname = one->name;
        setenv("MIGRATE_DBNAME", one->name, 1); /* for hooks */
        status = tenants_run(c, &err);
    } else {
        c->set.schema_each.n = 0;
        c->set.schema_each_query = NULL;
        status = settle(c, one->name, &err);
        status = status ? status : c->command->run(c, &err);
    }
    if (context_flush(&flush_err) && (!status || status == ST_CHECK)) {
        status = ST_SYSTEM;
        err = flush_err;
    }
    if (status && err.status == status && err.primary[0]) {
        context_complain(&err);
        fflush(stderr);
    }
    session_close(c->session);
    _exit(status ? exit_code(status, err.signal) : 0);
}

static enum status share(bool **flag, struct error *err)
{
    void *shared = mmap(NULL, sizeof(bool), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        return error_errno(err, "share memory with", "the processes of the tenants");
    }
    *flag = shared;
    return ST_OK;
}

static enum status run_each(struct context *c, const struct kind *kind, struct error *err)
{
    struct text_list tenants = {0};
    /* What changes nothing may go on to the last one. */
    const bool changes = (c->command->groups & GROUP_RUN) && !c->set.dry_run && !c->set.preflight_only;
    struct children k = {.c = c,
                         .jobs = (size_t)c->set.schema_jobs,
                         .enough = changes ? (size_t)c->set.schema_failures : 0,
                         .canary = changes,
                         .apart = c->set.json,
                         .work = work};
    enum status status = find_tenants(c, kind, &tenants, err);
    for (size_t i = 0; i < tenants.n && !status; i++) {
        *vec_push(&c->arena, &k.list) = (struct child){.name = tenants.at[i], .arg = (void *)(uintptr_t)kind};
    }
    /* A snapshot in RDS is of all databases; what a command makes, of one. */
    if (!status && !c->tenants_snapshot) {
        status = share(&c->tenants_snapshot, err);
    }
    if (!status && kind == &schemas) {
        status = share(&c->tenants_dump, err);
    }
    if (status) {
        return status;
    }
    status = children_run(&k, err);
    children_tell(&k);
    return status ? status : children_end(&k, "tenant", err);
}

static bool is_each(const struct text_list *patterns, const char *query)
{
    return patterns->n > 0 || (query && query[0]);
}

enum status tenants_run(struct context *c, struct error *err)
{
    const struct settings *s = &c->set;
    enum status status = ST_OK;
    /* A fleet's processes come here themselves, each for its own tenants. */
    if ((c->command->groups & GROUP_TENANT) && !s->aws.is_fleet) {
        if (s->dbname && s->dbname[0]) {
            c->database = s->dbname;
        } else if (is_each(&s->database_each, s->database_each_query)) {
            return run_each(c, &databases, err);
        }
        if (s->tenant && s->tenant[0]) {
            status = settle(c, s->tenant, err);
        } else if (is_each(&s->schema_each, s->schema_each_query)) {
            return run_each(c, &schemas, err);
        }
    }
    return status ? status : c->command->run(c, err);
}
