/* snapshot: those of RDS that this tool takes: create, list, prune, restore-help. */
#include "aws/snapshot.h"
#include "aws/sts.h"
#include "base/clock.h"
#include "cmd/aws_open.h"
#include "cmd/commands.h"
#include "cmd/runbook.h"
#include "cmd/snapshot_run.h"
#include "cmd/subcommand.h"
#include "report/json.h"
#include "report/style.h"

enum { DAY_S = 24 * 3600, HISTORY_MS = 10000 };

struct work {
    struct context *c;
    struct aws *aws;
    struct rds_target target;
};

static enum status open_target(struct context *c, struct work *w, struct error *err)
{
    *w = (struct work){.c = c};
    enum status status = context_locate(c, err);
    status = status ? status : aws_must_target(c, &w->target, err);
    return status ? status : context_aws(c, &w->aws, err);
}

static void tell(void *arg, const char *text, int percent)
{
    const struct context *c = arg;
    (void)percent;
    if (!c->set.quiet) {
        fprintf(stderr, "%s\n", text);
    }
}

static json_t *snapshot_json(const struct rds_snapshot *s)
{
    json_t *o = json_new_object();
    json_put(o, "id", json_text(s->id));
    json_put(o, "arn", json_text(s->arn));
    json_put(o, "source", json_text(s->source));
    json_put(o, "status", json_text(s->status));
    json_put(o, "percent", json_integer(s->percent));
    json_put(o, "created", s->created.n ? json_text(s->created) : json_null());
    json_put(o, "ours", json_boolean(snapshot_is_ours(s)));
    json_t *tags = json_new_object();
    for (size_t i = 0; i < s->tags.n; i++) {
        json_put(tags, s->tags.at[i].key.p, json_text(s->tags.at[i].value));
    }
    json_put(o, "tags", tags);
    return o;
}

/* ---- create ---- */

static enum status create(struct context *c, struct error *err)
{
    struct work w;
    struct rds_tags tags = {0};
    struct rds_snapshot made;
    struct sts_identity who;
    char id[SNAPSHOT_ID_MAX + 1], run[33];
    enum status status = open_target(c, &w, err);
    status = status ? status : sts_caller(w.aws, &c->arena, &who, err);
    if (status) {
        return status;
    }
    random_token(run);
    snapshot_id(target_id(&w.target).p, aws_now(w.aws), run, id);
    snapshot_tags(c, &w.target, run, who.arn, &tags);
    const struct snapshot_spec spec = {.id = id,
                                       .run_id = run,
                                       .tags = &tags,
                                       .wait_ms = c->set.aws.wait_ms,
                                       .timeout_ms = c->set.aws.timeout_ms,
                                       .poll_ms = c->set.aws.poll_ms,
                                       .tell = tell,
                                       .arg = c};
    status = snapshot_take(w.aws, &w.target, &spec, &c->arena, &made, err);
    if (!status && c->set.json) {
        json_write(snapshot_json(&made), stdout);
    } else if (!status) {
        context_print(arena_printf(&c->arena, "%s\n", id));
    }
    return status;
}

/* ---- list ---- */

static void add_age(struct strbuf *out, int64_t seconds)
{
    if (seconds >= 2 * DAY_S) {
        strbuf_addf(out, "%" PRId64 " d", seconds / DAY_S);
    } else {
        clock_duration(seconds * 1000, out);
    }
}

static int newest_first(const void *a, const void *b)
{
    const struct rds_snapshot *x = a, *y = b;
    return (x->created_at < y->created_at) - (x->created_at > y->created_at);
}

/* The database's snapshots. */
static enum status find_all(struct context *c, struct work *w, struct rds_snapshots *all, struct error *err)
{
    const enum status status = open_target(c, w, err);
    return status
               ? status
               : rds_find_snapshots(w->aws, w->target.is_cluster, NULL, target_id(&w->target).p, &c->arena, all, err);
}

static enum status list(struct context *c, struct error *err)
{
    struct work w;
    struct rds_snapshots all;
    struct strbuf out;
    size_t ours = 0;
    enum status status = find_all(c, &w, &all, err);
    if (status) {
        return status;
    }
    if (all.n > 1) {
        qsort(all.at, all.n, sizeof(all.at[0]), newest_first);
    }
    if (c->set.json) {
        json_t *o = json_new_object(), *rows = json_new_array();
        for (size_t i = 0; i < all.n; i++) {
            json_push(rows, snapshot_json(&all.at[i]));
        }
        json_put(o, "schema", json_integer(1));
        json_put(o, "snapshots", rows);
        json_write(o, stdout);
        return ST_OK;
    }
    strbuf_init(&out, 1 << 20);
    for (size_t i = 0; i < all.n; i++) {
        const struct rds_snapshot *s = &all.at[i];
        if (!snapshot_is_ours(s) && !c->set.all) {
            continue;
        }
        ours += snapshot_is_ours(s);
        strbuf_addf(&out, "%-63.*s  %-9.*s  ", STR_ARG(s->id), STR_ARG(s->status));
        if (s->created_at > 0) {
            add_age(&out, aws_now(w.aws) - s->created_at);
        }
        const struct str to = rds_tag_value(&s->tags, "migrate:to");
        strbuf_addf(&out, "%s%.*s\n", to.n ? "  before " : "", STR_ARG(to));
    }
    add_count(&out, ours, "snapshot");
    strbuf_addf(&out, " by migrate of %s\n", target_name(&w.target, w.aws, &c->arena).p);
    context_print(strbuf_str(&out));
    strbuf_free(&out);
    return ST_OK;
}

/* ---- prune ---- */

/* The snapshot of the last run that did not end well: it may be wanted yet. Without a database at hand: none. */
static struct str protected_id(struct context *c)
{
    struct rows *rows = NULL;
    struct error ignored;
    struct str id = STR("");
    struct history h;
    const char *url, *from;
    if (context_url(c, &url, &from, &ignored) || !url || context_connect(c, &ignored) ||
        history_read(c->session, c->set.schema, false, &c->arena, &h, &ignored) || !h.exists) {
        return id;
    }
    struct strbuf sql;
    strbuf_init(&sql, 4096);
    strbuf_add_cstr(&sql, "SELECT snapshot FROM ");
    session_quote_identifier(c->session, str_of(c->set.schema), &sql);
    strbuf_add_cstr(&sql, ".runs WHERE result <> 'done' AND snapshot IS NOT NULL ORDER BY started_at DESC LIMIT 1");
    if (!session_query(c->session, strbuf_cstr(&sql), NULL, 0, HISTORY_MS, &rows, &ignored) && rows_count(rows) > 0) {
        id = arena_str(&c->arena, rows_value(rows, 0, 0));
    }
    rows_free(rows);
    strbuf_free(&sql);
    return id;
}

static enum status delete_all(struct work *w, const struct rds_snapshots *all, const enum prune *verdicts,
                              struct error *err)
{
    size_t failed = 0;
    for (size_t i = 0; i < all->n; i++) {
        if (verdicts[i] != PRUNE_IT) {
            continue;
        }
        const enum status status = rds_delete_snapshot(w->aws, w->target.is_cluster, all->at[i].id.p, err);
        if (status == ST_INTERRUPTED) {
            return status;
        }
        if (status) {
            failed++;
            context_say(
                arena_printf(&w->c->arena, "migrate: warning: %.*s stays: %s\n", STR_ARG(all->at[i].id), err->primary));
        } else if (!w->c->set.quiet) {
            context_print(arena_printf(&w->c->arena, "deleted %.*s\n", STR_ARG(all->at[i].id)));
        }
    }
    return failed ? error_set(err, ST_REMOTE, "%zu snapshot%s could not be deleted", failed, failed == 1 ? "" : "s")
                  : ST_OK;
}

static enum status prune(struct context *c, struct error *err)
{
    struct work w;
    struct rds_snapshots all;
    size_t n = 0;
    enum status status = find_all(c, &w, &all, err);
    if (status) {
        return status;
    }
    const int64_t days = w.target.is_cluster ? w.target.cluster.retention_days : w.target.instance.retention_days;
    const struct prune_rules rules = {
        .older_than_s = c->set.aws.keep_ms >= 0 ? c->set.aws.keep_ms / 1000 : days * DAY_S,
        .keep = c->set.aws.keep,
        .protect = protected_id(c),
        .now = aws_now(w.aws),
    };
    enum prune *verdicts = arena_array(&c->arena, enum prune, all.n + 1);
    snapshot_prune_plan(&all, &rules, verdicts);
    for (size_t i = 0; i < all.n; i++) {
        n += verdicts[i] == PRUNE_IT;
        if (!c->set.quiet && (verdicts[i] != KEEP_FOREIGN || c->set.verbose)) {
            context_print(arena_printf(&c->arena, "%-63.*s  %s\n", STR_ARG(all.at[i].id), prune_name(verdicts[i])));
        }
    }
    if (n == 0 || c->set.dry_run) {
        context_print(n ? arena_printf(&c->arena, "%zu to delete; without --dry-run they are\n", n)
                        : STR("nothing to delete\n"));
        return ST_OK;
    }
    context_print(STR(""));
    fflush(stdout);
    status = context_ask(c, arena_printf(&c->arena, "delete %zu snapshots", n).p, err);
    return status ? status : delete_all(&w, &all, verdicts, err);
}

/* ---- restore-help ---- */

static enum status restore_help(struct context *c, struct error *err)
{
    struct work w;
    struct rds_snapshot s;
    struct rds_instances instances = {0};
    bool found = false;
    enum status status = open_target(c, &w, err);
    status = status ? status : snapshot_find(w.aws, w.target.is_cluster, c->args.at[1], &c->arena, &found, &s, err);
    if (!status && !found) {
        error_set(err, ST_REMOTE, "there is no snapshot %s of %s", c->args.at[1],
                  target_name(&w.target, w.aws, &c->arena).p);
        error_hint(err, "migrate snapshot list shows them");
        return ST_REMOTE;
    }
    if (!status && w.target.is_cluster) {
        status = rds_find_instances(w.aws, NULL, w.target.cluster.id.p, &c->arena, &instances, err);
    }
    if (!status) {
        struct strbuf out;
        strbuf_init(&out, 1 << 20);
        runbook(&w.target, instances.n ? &instances.at[0] : NULL, &s, w.aws->region, &out);
        context_print(strbuf_str(&out));
        strbuf_free(&out);
    }
    return status;
}

/* ---- the command ---- */

static const struct subcommand subcommands[] = {
    {"create", "", 0, 0, create},
    {"list", "", 0, 0, list},
    {"prune", "", 0, 0, prune},
    {"restore-help", "ID", 1, 1, restore_help},
};

static enum status run(struct context *c, struct error *err)
{
    const struct subcommand *s = subcommand_find(c, subcommands, countof(subcommands), err);
    return s ? s->run(c, err) : ST_USAGE;
}

static const struct option options[] = {
    {"json", 0, OPTION_FLAG, NULL, offsetof(struct settings, json),
     "create, list: one JSON document, see migrate-json(7)", 0, 0},
    {"all", 'a', OPTION_FLAG, NULL, offsetof(struct settings, all), "list: those of others, too", 0, 0},
    {"dry-run", 0, OPTION_FLAG, NULL, offsetof(struct settings, dry_run), "prune: show, delete nothing", 0, 0},
    {"yes", 'y', OPTION_FLAG, NULL, offsetof(struct settings, yes), "do not ask", 0, 0},
    {"older-than", 0, OPTION_DURATION, "TIME", offsetof(struct settings, aws.keep_ms),
     "prune: those that are older (the cluster's own backup retention)", 0, INT64_MAX},
};

const struct command cmd_snapshot = {
    .name = "snapshot",
    .summary = "snapshots of RDS and Aurora that migrate takes: create, list, prune, how to restore",
    .usage = "create|list|prune|restore-help ID",
    .about = "create        take one now and wait until it is available; prints its name\n"
             "list          those of this cluster or instance\n"
             "prune         delete those that are older than the cluster's backup retention (until\n"
             "              then Aurora does not charge for them), but never the newest three, never\n"
             "              that of a run that did not end well, and never one that migrate did not\n"
             "              take (tag migrate:tool). Asks first; --dry-run only shows\n"
             "restore-help  the commands that bring this very snapshot back, with every name filled in\n\n"
             "migrate up takes one by itself before its first change; see --snapshot in migrate help up.",
    .examples = "migrate snapshot list\nmigrate snapshot prune --older-than 14d --keep-snapshots 5 --dry-run\n"
                "migrate snapshot restore-help migrate-app-prod-20261120t103000z-3f2a1c",
    .exits = "0128",
    .options = options,
    .n_options = countof(options),
    .groups = GROUP_SNAPSHOT | GROUP_DATABASE | GROUP_COMMON,
    .min_args = 1,
    .max_args = 2,
    .run = run,
};
