/* aws: who we are for AWS, what it knows of the database, what we may. */
#include "aws/sts.h"
#include "cmd/aws_check.h"
#include "cmd/aws_open.h"
#include "cmd/clone_run.h"
#include "cmd/commands.h"
#include "cmd/subcommand.h"
#include "report/json.h"

static void put(json_t *o, const char *key, struct str value)
{
    json_put(o, key, value.n > 0 ? json_text(value) : json_null());
}

static enum status whoami(struct context *c, struct error *err)
{
    struct aws *aws;
    struct sts_identity who;
    const char *region;
    enum status status = context_aws(c, &aws, err);
    status = status ? status : aws_region(aws, &region, err);
    status = status ? status : sts_caller(aws, &c->arena, &who, err);
    if (status) {
        return status;
    }
    const struct credentials *own = &aws->credentials;
    if (c->set.json) {
        json_t *o = json_new_object();
        json_put(o, "schema", json_integer(1));
        put(o, "arn", who.arn);
        put(o, "account", who.account);
        put(o, "region", str_of(region));
        put(o, "region_from", str_of(aws->region_from));
        put(o, "credentials", str_of(own->source));
        json_put(o, "expires_in_s", own->expires ? json_integer(own->expires - aws_now(aws)) : json_null());
        json_write(o, stdout);
        return ST_OK;
    }
    context_print(arena_printf(&c->arena, "%.*s\n", STR_ARG(who.arn)));
    context_print(arena_printf(&c->arena, "account      %.*s\nregion       %s, from %s\ncredentials  %s\n",
                               STR_ARG(who.account), region, aws->region_from, own->source));
    if (own->expires) {
        context_print(arena_printf(&c->arena, "             for %" PRId64 " min yet, and fetched anew before that\n",
                                   (own->expires - aws_now(aws)) / 60));
    }
    return ST_OK;
}

static const struct subcommand subcommands[] = {
    {"whoami", "", 0, 0, whoami},     {"check", "", 0, 0, aws_check},
    {"policy", "", 0, 0, aws_policy}, {"restore-acu", "", 0, 0, aws_restore_acu},
    {"sweep", "", 0, 0, clone_sweep},
};

static enum status run(struct context *c, struct error *err)
{
    const struct subcommand *s = subcommand_find(c, subcommands, countof(subcommands), err);
    return s ? s->run(c, err) : ST_USAGE;
}

static const struct option options[] = {
    {"json", 0, OPTION_FLAG, NULL, offsetof(struct settings, json), "one JSON document, see migrate-json(7)", 0, 0},
    {"yes", 'y', OPTION_FLAG, NULL, offsetof(struct settings, yes), "sweep: do not ask", 0, 0},
};

const struct command cmd_aws = {
    .name = "aws",
    .summary = "what AWS says of us and of the database: identity, cluster, permissions, advice",
    .usage = "whoami|check|policy|restore-acu|sweep",
    .about = "whoami       whose credentials are used, which link of the chain gave them, and the region\n"
             "check        the cluster or instance behind the database: state, what a careful operator\n"
             "             would mend first, and which of the permissions that migrate needs are missing.\n"
             "             Changes nothing. Exit code 1: something is missing\n"
             "policy       the least IAM policy for this database, with its names filled in\n"
             "restore-acu  put back the capacity of Serverless v2 that a run with --min-acu was killed\n"
             "             before it could put back\n"
             "sweep        delete the clones that rehearse --clone was killed before it could delete\n\n"
             "Credentials are looked for in the environment, the AWS profile (keys, role_arn,\n"
             "credential_process), web identity, the container's agent and EC2 metadata, in this order.",
    .examples = "migrate aws whoami\nmigrate aws check --url \"$DATABASE_URL\"\n"
                "migrate aws policy --rds-cluster app-prod >policy.json",
    .exits = "01238",
    .options = options,
    .n_options = countof(options),
    .groups = GROUP_DATABASE | GROUP_COMMON,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
