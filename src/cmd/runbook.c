#include "cmd/runbook.h"

static void add_groups(struct strbuf *out, const struct rds_names *groups)
{
    if (groups->n > 0) {
        strbuf_add_cstr(out, " \\\n    --vpc-security-group-ids");
    }
    for (size_t i = 0; i < groups->n; i++) {
        strbuf_addf(out, " %.*s", STR_ARG(groups->at[i]));
    }
}

static void add_option(struct strbuf *out, const char *name, struct str value)
{
    if (value.n > 0) {
        strbuf_addf(out, " \\\n    --%s %.*s", name, STR_ARG(value));
    }
}

static void head(struct strbuf *out, const struct rds_snapshot *s)
{
    strbuf_addf(out,
                "# %.*s, made %.*s of %.*s.\n"
                "# Everything written after that moment is not in it.\n#\n"
                "# 1. A snapshot becomes something NEW; nothing is restored in place. Stop the application first.\n",
                STR_ARG(s->id), STR_ARG(s->created), STR_ARG(s->source));
}

static void cluster(const struct rds_cluster *c, const struct rds_instance *member, const struct rds_snapshot *s,
                    const char *region, struct strbuf *out)
{
    const struct str id = str_slice(c->id, 0, 50);
    head(out, s);
    strbuf_addf(out, "aws rds restore-db-cluster-from-snapshot --region %s", region);
    strbuf_addf(out, " \\\n    --db-cluster-identifier %.*s-restored", STR_ARG(id));
    add_option(out, "snapshot-identifier", s->id);
    add_option(out, "engine", c->engine);
    add_option(out, "engine-version", c->engine_version);
    add_option(out, "db-subnet-group-name", c->subnet_group);
    add_option(out, "db-cluster-parameter-group-name", c->parameter_group);
    add_groups(out, &c->security_groups);
    strbuf_add_cstr(out, c->iam ? " \\\n    --enable-iam-database-authentication" : "");
    strbuf_add_cstr(out, c->deletion_protection ? " \\\n    --deletion-protection" : "");
    strbuf_add_cstr(out, " \\\n    --copy-tags-to-snapshot");
    if (c->min_acu.n > 0) {
        strbuf_addf(out, " \\\n    --serverless-v2-scaling-configuration MinCapacity=%.*s,MaxCapacity=%.*s",
                    STR_ARG(c->min_acu), STR_ARG(c->max_acu));
    }
    strbuf_addf(out, "\naws rds wait db-cluster-available --region %s --db-cluster-identifier %.*s-restored\n", region,
                STR_ARG(id));
    strbuf_addf(out, "\n# 2. It has no instance yet.\naws rds create-db-instance --region %s", region);
    strbuf_addf(out, " \\\n    --db-instance-identifier %.*s-restored-1 --db-cluster-identifier %.*s-restored",
                STR_ARG(id), STR_ARG(id));
    add_option(out, "engine", c->engine);
    add_option(out, "db-instance-class", member ? member->class : STR("db.r6g.large"));
    add_option(out, "db-parameter-group-name", member ? member->parameter_group : STR(""));
    strbuf_addf(out, "\naws rds wait db-instance-available --region %s --db-instance-identifier %.*s-restored-1\n",
                region, STR_ARG(id));
    strbuf_addf(out,
                "\n# 3. Look at the data, then swap the names: endpoints follow the identifier.\n"
                "aws rds modify-db-cluster --region %s --db-cluster-identifier %.*s \\\n"
                "    --new-db-cluster-identifier %.*s-before --apply-immediately\n"
                "aws rds modify-db-cluster --region %s --db-cluster-identifier %.*s-restored \\\n"
                "    --new-db-cluster-identifier %.*s --apply-immediately\n",
                region, STR_ARG(c->id), STR_ARG(id), region, STR_ARG(id), STR_ARG(c->id));
    strbuf_addf(
        out,
        "\n# Not in a snapshot: further instances, custom endpoints, targets of an RDS Proxy, alarms, the managed\n"
        "# master password. Instead of the snapshot, a point in time from %.*s to %.*s:\n"
        "#   aws rds restore-db-cluster-to-point-in-time --region %s --source-db-cluster-identifier %.*s \\\n"
        "#       --db-cluster-identifier %.*s-restored --restore-to-time %.*s …\n",
        STR_ARG(c->earliest), STR_ARG(c->latest), region, STR_ARG(c->id), STR_ARG(id), STR_ARG(s->created));
}

static void instance(const struct rds_instance *i, const struct rds_snapshot *s, const char *region, struct strbuf *out)
{
    const struct str id = str_slice(i->id, 0, 50);
    head(out, s);
    strbuf_addf(out, "aws rds restore-db-instance-from-db-snapshot --region %s", region);
    strbuf_addf(out, " \\\n    --db-instance-identifier %.*s-restored", STR_ARG(id));
    add_option(out, "db-snapshot-identifier", s->id);
    add_option(out, "db-instance-class", i->class);
    add_option(out, "db-subnet-group-name", i->subnet_group);
    add_option(out, "db-parameter-group-name", i->parameter_group);
    add_groups(out, &i->security_groups);
    strbuf_add_cstr(out, i->multi_az ? " \\\n    --multi-az" : "");
    strbuf_add_cstr(out, i->iam ? " \\\n    --enable-iam-database-authentication" : "");
    strbuf_add_cstr(out, i->deletion_protection ? " \\\n    --deletion-protection" : "");
    strbuf_add_cstr(out, i->is_public ? "" : " \\\n    --no-publicly-accessible");
    strbuf_addf(out, "\naws rds wait db-instance-available --region %s --db-instance-identifier %.*s-restored\n",
                region, STR_ARG(id));
    strbuf_addf(out,
                "\n# 2. Look at the data, then swap the names: endpoints follow the identifier.\n"
                "aws rds modify-db-instance --region %s --db-instance-identifier %.*s \\\n"
                "    --new-db-instance-identifier %.*s-before --apply-immediately\n"
                "aws rds modify-db-instance --region %s --db-instance-identifier %.*s-restored \\\n"
                "    --new-db-instance-identifier %.*s --apply-immediately\n",
                region, STR_ARG(i->id), STR_ARG(id), region, STR_ARG(id), STR_ARG(i->id));
}

void runbook(const struct rds_target *t, const struct rds_instance *member, const struct rds_snapshot *s,
             const char *region, struct strbuf *out)
{
    if (t->is_cluster) {
        cluster(&t->cluster, member, s, region, out);
    } else {
        instance(&t->instance, s, region, out);
    }
}

static void outline_swap(const char *what, const char *name, const char *region, struct strbuf *out)
{
    strbuf_addf(
        out,
        "aws rds modify-db-%s%s --db-%s-identifier %s --new-db-%s-identifier %s-before --apply-immediately\n"
        "aws rds modify-db-%s%s --db-%s-identifier %.50s-restored --new-db-%s-identifier %s --apply-immediately\n",
        what, region, what, name, what, name, what, region, what, name, what, name);
}

void runbook_outline(const char *cluster, const char *instance, const char *region, struct strbuf *out)
{
    const char *const name = cluster ? cluster : instance;
    struct strbuf at;
    strbuf_init(&at, 256);
    if (region) {
        strbuf_addf(&at, " --region %s", region);
    }
    strbuf_add_cstr(
        out,
        "runbook: back to before the run, when down is not enough\n"
        "# Everything written since is lost. Stop the application first.\n"
        "# SNAPSHOT is the name that up prints and migrate runs shows. With subnets, groups and classes filled in:\n"
        "migrate snapshot restore-help SNAPSHOT\n");
    if (!name) {
        strbuf_add_cstr(out, "# It restores into something new beside the source, then swaps the names.\n");
    } else if (cluster) {
        strbuf_addf(out,
                    "# It does this:\n"
                    "aws rds restore-db-cluster-from-snapshot%s --db-cluster-identifier %.50s-restored"
                    " --snapshot-identifier SNAPSHOT …\n"
                    "aws rds create-db-instance%s --db-instance-identifier %.50s-restored-1"
                    " --db-cluster-identifier %.50s-restored …\n"
                    "# Look at the data, then swap the names: endpoints follow the identifier.\n",
                    strbuf_cstr(&at), name, strbuf_cstr(&at), name, name);
        outline_swap("cluster", name, strbuf_cstr(&at), out);
    } else {
        strbuf_addf(out,
                    "# It does this:\n"
                    "aws rds restore-db-instance-from-db-snapshot%s --db-instance-identifier %.50s-restored"
                    " --db-snapshot-identifier SNAPSHOT …\n"
                    "# Look at the data, then swap the names: endpoints follow the identifier.\n",
                    strbuf_cstr(&at), name);
        outline_swap("instance", name, strbuf_cstr(&at), out);
    }
    strbuf_free(&at);
}
