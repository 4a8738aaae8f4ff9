#include "cmd/fleet.h"

#include "base/file.h"
#include "cmd/aws_open.h"
#include "cmd/children.h"

enum { COMMAND_LINE_MAX = 1 << 20 };

struct unit {
    const char *environment; /* of migrate.yaml; NULL: */
    const char *host, *port; /* … a cluster's endpoint */
};

struct fleet {
    struct children k;
    VEC(const char *) argv; /* of a child, without the target */
};

/* ---- the children's command line: ours, without what makes it a fleet ---- */

static bool takes_value(struct str word)
{
    return str_find_char(word, '=') == SIZE_MAX;
}

static enum status copy_command_line(struct fleet *f, struct error *err)
{
    static const char *const dropped[] = {"--fleet-tag", "--fleet-jobs", "--fleet-failures"};
    struct str all, word;
    enum status status = file_read("/proc/self/cmdline", COMMAND_LINE_MAX, &f->k.c->arena, &all, err);
    bool skip = false, first = true;
    *vec_push(&f->k.c->arena, &f->argv) = "/proc/self/exe";
    while (!status && str_next(&all, '\0', &word)) {
        bool drop = skip || first || str_eq(word, STR("--fleet")) || str_eq(word, STR("--json"));
        first = skip = false;
        for (size_t i = 0; i < countof(dropped) && !drop; i++) {
            const struct str name = str_of(dropped[i]);
            drop = str_starts(word, name) && (word.n == name.n || word.p[name.n] == '=');
            skip = drop && takes_value(word);
        }
        if (!drop && word.n > 0) {
            *vec_push(&f->k.c->arena, &f->argv) = arena_cstr(&f->k.c->arena, word);
        }
    }
    return status;
}

/* ---- targets ---- */

static void add(struct fleet *f, const char *name, const struct unit *unit)
{
    struct unit *own = arena_new(&f->k.c->arena, struct unit);
    *own = *unit;
    *vec_push(&f->k.c->arena, &f->k.list) = (struct child){.name = name, .arg = own};
}

static enum status find_by_tag(struct fleet *f, const char *tag, struct error *err)
{
    struct aws *aws;
    struct rds_clusters clusters;
    struct arena *a = &f->k.c->arena;
    const struct str pair = str_of(tag);
    const size_t equals = str_find_char(pair, '=');
    const char *key = arena_cstr(a, str_slice(pair, 0, equals));
    enum status status = context_aws(f->k.c, &aws, err);
    status = status ? status : rds_find_clusters(aws, NULL, a, &clusters, err);
    for (size_t i = 0; !status && i < clusters.n; i++) {
        const struct str value = rds_tag_value(&clusters.at[i].tags, key);
        if (value.p && (equals == SIZE_MAX || str_eq(value, str_slice(pair, equals + 1, pair.n)))) {
            add(f, clusters.at[i].id.p,
                &(struct unit){.host = clusters.at[i].endpoint.p,
                               .port = arena_printf(a, "%" PRId64, clusters.at[i].port).p});
        }
    }
    return status;
}

static enum status find_targets(struct fleet *f, struct error *err)
{
    struct context *c = f->k.c;
    const char *tag = c->set.aws.fleet_tag;
    enum status status = ST_OK;
    if (c->set.url || c->set.env) {
        return error_set(err, ST_USAGE, "--fleet has targets of its own: leave %s out", c->set.url ? "--url" : "--env");
    }
    if (tag && tag[0]) {
        status = find_by_tag(f, tag, err);
    } else {
        for (size_t i = 0; i < c->set.aws.fleet.n; i++) {
            const char *name = c->set.aws.fleet.at[i];
            add(f, name, &(struct unit){.environment = name});
        }
    }
    if (!status && f->k.list.n == 0) {
        error_set(err, ST_USAGE, "the fleet has no targets");
        error_hint(err, "list environments of migrate.yaml under fleet.environments, or name a tag of clusters: "
                        "--fleet-tag KEY=VALUE");
        return ST_USAGE;
    }
    return status;
}

static void work(struct children *k, const struct child *one)
{
    const struct fleet *f = (const struct fleet *)k;
    const struct unit *u = one->arg;
    /* What of the fleet stands in the environment would make fleets of the children. */
    unsetenv("MIGRATE_FLEET");
    unsetenv("MIGRATE_JSON");
    if (u->environment) {
        setenv("MIGRATE_ENV", u->environment, 1);
    } else {
        setenv("PGHOST", u->host, 1);
        setenv("PGPORT", u->port, 1);
        setenv("MIGRATE_RDS_CLUSTER", one->name, 1);
    }
    execv(f->argv.at[0], (char *const *)(uintptr_t)f->argv.at);
}

enum status fleet_run(struct context *c, struct error *err)
{
    struct fleet f = {.k = {.c = c,
                            .jobs = (size_t)c->set.aws.fleet_jobs,
                            .enough = (size_t)c->set.aws.fleet_failures,
                            .canary = true,
                            .work = work}};
    enum status status = copy_command_line(&f, err);
    status = status ? status : find_targets(&f, err);
    if (status) {
        return status;
    }
    *vec_push(&c->arena, &f.argv) = NULL;
    status = children_run(&f.k, err);
    children_tell(&f.k);
    return status ? status : children_end(&f.k, "target", err);
}
