#include "cmd/snapshot_run.h"

#include "aws/capacity.h"
#include "aws/snapshot.h"
#include "aws/sts.h"
#include "aws/when.h"
#include "base/process.h"
#include "base/words.h"
#include "cmd/aws_open.h"
#include "cmd/runbook.h"
#include "cmd/snapshot_when.h"

enum { ASK_MS = 30000, OUTPUT_MAX = 64 * 1024, DAY_S = 24 * 3600 };

static const char *said(const char *value)
{
    return value && value[0] ? value : NULL;
}

/* ---- deciding ---- */

static enum status impossible(const struct context *c, struct error *err)
{
    error_set(err, ST_REMOTE, "--snapshot %s: there is no way to take one of this database, and nothing was changed",
              c->set.aws.snapshot == SNAPSHOT_ALWAYS ? "always" : "require");
    error_hint(err, "name its cluster (--rds-cluster, --rds-instance), or a command that makes a backup "
                    "(--snapshot-command)");
    return ST_REMOTE;
}

enum status snapshot_run_decide(struct snapshot_run *s, struct context *c, const struct migration_plan *plans, size_t n,
                                struct error *err)
{
    struct snapshot_when when;
    const enum snapshot_mode mode = (enum snapshot_mode)c->set.aws.snapshot;
    *s = (struct snapshot_run){.c = c, .plans = plans, .n = n, .because = STR("--snapshot never")};
    s->told = mode != SNAPSHOT_AUTO || said(c->set.aws.command) || said(c->set.aws.when) || said(c->set.aws.cluster) ||
              said(c->set.aws.instance);
    enum status status = snapshot_when_parse(c->set.aws.when, &when, err);
    if (!status && said(c->set.aws.min_acu) && !capacity_valid(c->set.aws.min_acu)) {
        status = error_set(err, ST_USAGE, "--min-acu %s: capacity is 0.5 to 256, in steps of 0.5", c->set.aws.min_acu);
    }
    if (status || c->ephemeral) {
        s->because = STR("a throw-away server");
        return status;
    }
    const bool *taken = said(c->set.aws.command) ? c->tenants_dump : c->tenants_snapshot;
    if (taken && *taken) {
        s->because = STR("one was taken for another tenant of this command");
        return ST_OK;
    }
    const bool wanted =
        mode != SNAPSHOT_NEVER && (snapshot_wanted(&when, plans, n, &c->arena, &s->because) || mode == SNAPSHOT_ALWAYS);
    if (mode != SNAPSHOT_NEVER && !wanted) {
        s->because = arena_printf(&c->arena, "not worth one, by --snapshot-when %s", c->set.aws.when);
    }
    if (!wanted && !said(c->set.aws.min_acu)) {
        return ST_OK;
    }
    if (wanted && said(c->set.aws.command)) {
        s->means = BY_COMMAND;
        if (!said(c->set.aws.min_acu)) {
            return ST_OK;
        }
    }
    if (c->session) {
        status = aws_wish(c, &s->wish, err);
    } else { /* plan from a catalog file: there is no host */
        s->wish = (struct target_wish){.cluster = said(c->set.aws.cluster), .instance = said(c->set.aws.instance)};
    }
    if (!status && s->means == BY_NOTHING && wanted && target_is_named(&s->wish)) {
        s->means = BY_RDS;
    } else if (!status && s->means == BY_NOTHING && wanted) {
        s->because = STR("the database is not in RDS, and there is no --snapshot-command");
        status = mode == SNAPSHOT_AUTO ? ST_OK : impossible(c, err);
    }
    return status;
}

void snapshot_run_text(const struct snapshot_run *s, struct strbuf *out)
{
    static const char *const modes[] = {"auto", "always", "require", "never"};
    const char *mode = modes[s->c->set.aws.snapshot];
    switch (s->means) {
    case BY_NOTHING:
        /* Those who have nothing to do with RDS need not read of it. */
        if (s->told) {
            strbuf_addf(out, "snapshot: none (%.*s)\n", STR_ARG(s->because));
        }
        break;
    case BY_RDS:
        strbuf_addf(out, "snapshot: before the first step, of %s in RDS (--snapshot %s; %.*s)\n",
                    s->wish.cluster    ? s->wish.cluster
                    : s->wish.instance ? s->wish.instance
                                       : s->wish.host,
                    mode, STR_ARG(s->because));
        break;
    case BY_COMMAND:
        strbuf_addf(out, "snapshot: before the first step, by snapshot.command (--snapshot %s; %.*s)\n", mode,
                    STR_ARG(s->because));
        break;
    }
    if (said(s->c->set.aws.min_acu)) {
        strbuf_addf(out, "capacity: at least %s ACU while it runs\n", s->c->set.aws.min_acu);
    }
}

void snapshot_run_runbook(const struct snapshot_run *s, struct strbuf *out)
{
    const char *cluster = s->wish.cluster, *instance = s->wish.instance, *region = said(s->c->set.aws.region);
    if (s->means == BY_COMMAND) {
        strbuf_add_cstr(
            out, "runbook: back to before the run, when down is not enough\n"
                 "# Everything written since is lost. Stop the application first, then restore what snapshot.command\n"
                 "# made, the way its tool restores. Its name is what up prints and migrate runs shows.\n");
    } else if (s->means == BY_RDS) {
        struct rds_host host = {.kind = HOST_OTHER};
        if (s->wish.host) {
            host_parse(s->wish.host, &s->c->arena, &host);
            region = region ? region : host.region;
        }
        if (!cluster && !instance) {
            cluster = host.kind == HOST_WRITER ? host.name : NULL;
            instance = host.kind == HOST_INSTANCE ? host.name : NULL;
        }
        runbook_outline(cluster, instance, region, out);
    }
}

json_t *snapshot_run_json(const struct snapshot_run *s)
{
    static const char *const means[] = {"none", "rds", "command"};
    json_t *o = json_new_object();
    struct strbuf text;
    json_put(o, "by", json_string(means[s->means]));
    json_put(o, "because", json_text(s->because));
    strbuf_init(&text, 1 << 16);
    snapshot_run_runbook(s, &text);
    if (text.n > 0) {
        json_put(o, "runbook", json_text(strbuf_str(&text)));
    }
    strbuf_free(&text);
    return o;
}

/* ---- telling ---- */

static void tell(void *arg, const char *text, int percent)
{
    const struct snapshot_run *s = arg;
    const struct event e = {.kind = EVENT_SNAPSHOT_WAIT, .detail = text, .done = percent, .total = -1};
    if (s->sink.emit) {
        s->sink.emit(s->sink.arg, &e);
    }
}

static void say(const struct snapshot_run *s, struct str text)
{
    if (!s->c->set.quiet) {
        context_say(arena_printf(&s->c->arena, "migrate: note: %.*s\n", STR_ARG(text)));
    }
}

/* ---- which cluster ---- */

static void ask_database(struct snapshot_run *s)
{
    struct rows *rows = NULL;
    struct error ignored;
    if (s->c->session && session_usable(s->c->session) &&
        !session_query(s->c->session, "SELECT pg_catalog.current_database()", NULL, 0, ASK_MS, &rows, &ignored)) {
        s->database = arena_str(&s->c->arena, rows_value(rows, 0, 0));
    }
    rows_free(rows);
}

/*
 * The session's own word for where it is: the snapshot of another cluster would be no snapshot at all. Only Aurora tells.
 */
static enum status cross_check(const struct snapshot_run *s, struct error *err)
{
    static const char exists[] = "SELECT pg_catalog.to_regproc('pg_catalog.aurora_db_instance_identifier') IS NOT NULL";
    struct rows *rows = NULL;
    struct session *session = s->c->session;
    if (!s->target.is_cluster || !s->target.cluster.aurora || !session || !session_usable(session)) {
        return ST_OK;
    }
    enum status status = session_query(session, exists, NULL, 0, ASK_MS, &rows, err);
    const bool tells = !status && rows_bool(rows, 0, 0);
    rows_free(rows);
    rows = NULL;
    if (status || !tells) {
        return status;
    }
    status = session_query(session, "SELECT pg_catalog.aurora_db_instance_identifier()", NULL, 0, ASK_MS, &rows, err);
    bool member = status != ST_OK;
    for (size_t i = 0; !status && i < s->target.cluster.members.n; i++) {
        member = member || str_eq(s->target.cluster.members.at[i].instance, rows_value(rows, 0, 0));
    }
    if (!status && !member) {
        error_set(err, ST_REMOTE, "the connection leads to the instance %.*s, which is not in the cluster %.*s",
                  STR_ARG(rows_value(rows, 0, 0)), STR_ARG(s->target.cluster.id));
        error_hint(err, "nothing was changed; name the right one: --rds-cluster NAME");
        status = ST_REMOTE;
    }
    rows_free(rows);
    return status;
}

static enum status find_target(struct snapshot_run *s, struct error *err)
{
    struct aws *aws;
    enum status status = context_aws(s->c, &aws, err);
    status = status ? status : target_find(aws, &s->wish, &s->c->arena, &s->found, &s->target, err);
    if (!status && !s->found) {
        error_set(err, ST_REMOTE, "what stands behind the database in RDS is not told");
        error_hint(err, "name it: --rds-cluster NAME or --rds-instance NAME; or --snapshot never");
        return ST_REMOTE;
    }
    return status;
}

/* A run with --min-acu that is under way, or was killed. */
static bool is_raised(const struct snapshot_run *s)
{
    return s->target.is_cluster && rds_tag_value(&s->target.cluster.tags, CAPACITY_TAG).p;
}

static enum status find(struct snapshot_run *s, struct error *err)
{
    struct str note = STR("");
    enum status status = find_target(s, err);
    struct aws *aws = s->c->aws;
    if (!status && is_raised(s) && !said(s->c->set.aws.min_acu)) {
        s->raised = true;
        say(s, STR("a run with --min-acu did not put the capacity back: it is, at the end of this one"));
    }
    status = status ? status
                    : target_check_writable(aws, &s->target, s->c->set.aws.allow_blue_green, &s->c->arena, &note, err);
    status = status ? status : cross_check(s, err);
    ask_database(s);
    if (!status && note.n > 0) {
        say(s, note);
    }
    if (!status && !s->target.is_cluster && !s->target.instance.multi_az) {
        say(s, STR("the instance is in one zone only: the snapshot holds up its writes for a moment"));
    }
    return status;
}

/* ---- the name ---- */

/* May the snapshot of the run before be taken up? *id stays empty when not. */
static enum status take_up(struct snapshot_run *s, const struct snapshot_left *left, struct error *err)
{
    struct rds_snapshot snapshot;
    struct aws *aws = s->c->aws;
    bool found = false;
    const int64_t reuse_s = s->c->set.aws.reuse_ms / 1000;
    if (!left->id || !snapshot_id_is_ours(str_of(left->id))) {
        return ST_OK;
    }
    const enum status status = snapshot_find(aws, s->target.is_cluster, left->id, &s->c->arena, &found, &snapshot, err);
    if (status) {
        return status;
    }
    if (!found && left->age_s < reuse_s) {
        /* Named and not made: under this name, whoever gets to it. */
        s->earlier_run = left->run_id;
        snprintf(s->id, sizeof(s->id), "%s", left->id);
    }
    const bool young = found && aws_now(aws) - snapshot.created_at < reuse_s;
    if (found && snapshot_is_ours(&snapshot) && str_eq(snapshot.source, target_id(&s->target)) &&
        status_readiness(snapshot.status) != NEVER && (young || status_readiness(snapshot.status) == NOT_YET)) {
        s->earlier_run = arena_cstr(&s->c->arena, rds_tag_value(&snapshot.tags, "migrate:run-id"));
        snprintf(s->id, sizeof(s->id), "%s", left->id);
        say(s, arena_printf(&s->c->arena, "the snapshot of the run before, %s, is taken up", left->id));
    }
    return ST_OK;
}

static enum status choose_rds(struct snapshot_run *s, const char *run_id, const struct snapshot_left *left,
                              struct error *err)
{
    enum status status = find(s, err);
    if (status == ST_REMOTE && s->c->aws && s->c->aws->none_found && s->c->set.aws.snapshot == SNAPSHOT_AUTO &&
        !said(s->c->set.aws.min_acu)) {
        say(s, STR("no snapshot is taken: no AWS credentials were found (--snapshot require makes that an error)"));
        s->means = BY_NOTHING;
        return ST_OK;
    }
    status = status || s->means != BY_RDS ? status : take_up(s, left, err);
    if (!status && s->means == BY_RDS && !s->id[0]) {
        snapshot_id(target_id(&s->target).p, aws_now(s->c->aws), run_id, s->id);
    }
    return status;
}

static enum status choose(void *arg, const char *run_id, const struct snapshot_left *left, struct strbuf *id,
                          struct error *err)
{
    struct snapshot_run *s = arg;
    enum status status = ST_OK;
    s->id[0] = '\0';
    if (s->means == BY_RDS || said(s->c->set.aws.min_acu)) {
        status = choose_rds(s, run_id, left, err);
    }
    if (!status && s->means == BY_COMMAND) {
        snapshot_id("", (int64_t)time(NULL), run_id, s->id);
    }
    if (!status && s->means == BY_NOTHING && said(s->c->set.aws.min_acu)) {
        strbuf_add_cstr(id, "none");
    }
    strbuf_add_cstr(id, s->id);
    return status;
}

/* ---- taking it ---- */

void snapshot_tags(struct context *c, const struct rds_target *t, const char *run_id, struct str created_by,
                   struct rds_tags *tags)
{
    struct arena *a = &c->arena;
    char date[21];
    const int64_t days = t->is_cluster ? t->cluster.retention_days : t->instance.retention_days;
    snapshot_tag(tags, a, "migrate:tool", STR("migrate"));
    snapshot_tag(tags, a, "migrate:version", STR(MIGRATE_VERSION));
    snapshot_tag(tags, a, "migrate:run-id", str_of(run_id));
    if (created_by.n > 0) {
        snapshot_tag(tags, a, "migrate:created-by", created_by);
    }
    when_print(aws_now(c->aws) + (days > 1 ? days : 1) * DAY_S, date);
    snapshot_tag(tags, a, "migrate:expires-at", str_of(date));
    for (size_t i = 0; i < c->set.aws.tags.n; i++) {
        const struct str pair = str_of(c->set.aws.tags.at[i]);
        const size_t equals = str_find_char(pair, '=');
        snapshot_tag(tags, a, arena_cstr(a, str_slice(pair, 0, equals)),
                     equals == SIZE_MAX ? STR("") : str_slice(pair, equals + 1, pair.n));
    }
}

static void make_tags(struct snapshot_run *s, const char *run_id, struct rds_tags *tags)
{
    struct arena *a = &s->c->arena;
    struct sts_identity who = {0};
    struct error ignored;
    if (sts_caller(s->c->aws, a, &who, &ignored)) {
        who.arn = STR(""); /* not worth failing for */
    }
    if (s->n > 0) {
        snapshot_tag(tags, a, "migrate:from", s->plans[0].migration->version);
        snapshot_tag(tags, a, "migrate:to", s->plans[s->n - 1].migration->version);
    }
    if (s->database.n > 0) {
        snapshot_tag(tags, a, "migrate:database", s->database);
    }
    snapshot_tags(s->c, &s->target, run_id, who.arn, tags);
}

static enum status take_rds(struct snapshot_run *s, const char *run_id, struct error *err)
{
    struct rds_tags tags = {0};
    struct rds_snapshot made;
    make_tags(s, run_id, &tags);
    const struct snapshot_spec spec = {.id = s->id,
                                       .run_id = run_id,
                                       .earlier_run = s->earlier_run,
                                       .tags = &tags,
                                       .wait_ms = s->c->set.aws.wait_ms,
                                       .timeout_ms = s->c->set.aws.timeout_ms,
                                       .poll_ms = s->c->set.aws.poll_ms,
                                       .tell = tell,
                                       .arg = s};
    return snapshot_take(s->c->aws, &s->target, &spec, &s->c->arena, &made, err);
}

/* "{id}" in a word becomes the snapshot's name. */
static const char *with_id(struct arena *a, const char *word, const char *id)
{
    const struct str s = str_of(word);
    const size_t at = str_find(s, STR("{id}"));
    return at == SIZE_MAX ? word : arena_printf(a, "%.*s%s%s", STR_ARG(str_slice(s, 0, at)), id, word + at + 4).p;
}

static struct str last_line(struct str text)
{
    text = str_trim(text);
    size_t at = text.n;
    while (at > 0 && text.p[at - 1] != '\n') {
        at--;
    }
    return str_trim(str_slice(text, at, text.n));
}

static enum status take_command(struct snapshot_run *s, struct strbuf *id, struct error *err)
{
    struct word_list words;
    struct process_result result;
    struct context *c = s->c;
    if (!words_split(str_of(c->set.aws.command), &c->arena, &words)) {
        return error_set(err, ST_USAGE, "--snapshot-command: a quote is not closed");
    }
    for (size_t i = 0; i < words.n; i++) {
        words.at[i] = with_id(&c->arena, words.at[i], s->id);
    }
    tell(s, arena_printf(&c->arena, "snapshot %s: %s runs", s->id, words.at[0]).p, -1);
    const struct process p = {.argv = words.at, .timeout_ms = c->set.aws.timeout_ms, .max_output = OUTPUT_MAX};
    enum status status = process_run(&p, &result, err);
    if (status && status != ST_INTERRUPTED) {
        error_context(err, "the snapshot command");
        status = err->status = ST_REMOTE;
    } else if (!status && result.exit_code != 0) {
        status = error_set(err, ST_REMOTE, "the snapshot command %s ended with %d, and nothing was changed",
                           words.at[0], result.exit_code);
        const struct str text = str_trim(strbuf_str(&result.err));
        error_detail(err, "%.*s", STR_ARG(str_slice(text, text.n > 1500 ? text.n - 1500 : 0, text.n)));
    } else if (!status) {
        const struct str line = last_line(strbuf_str(&result.out));
        strbuf_addf(id, "%s%.*s", line.n ? ": " : "", STR_ARG(str_slice(line, 0, 500)));
    }
    process_result_free(&result);
    return status;
}

static enum status raise_capacity(struct snapshot_run *s, struct error *err)
{
    const struct capacity_wait wait = {s->c->set.aws.wait_ms, s->c->set.aws.poll_ms, tell, s};
    return capacity_raise(s->c->aws, &s->target, s->c->set.aws.min_acu, &wait, &s->raised, &s->c->arena, err);
}

static enum status take(void *arg, const char *run_id, struct strbuf *id, struct error *err)
{
    struct snapshot_run *s = arg;
    enum status status = s->means == BY_RDS       ? take_rds(s, run_id, err)
                         : s->means == BY_COMMAND ? take_command(s, id, err)
                                                  : ST_OK;
    bool *taken = s->means == BY_RDS ? s->c->tenants_snapshot : s->means == BY_COMMAND ? s->c->tenants_dump : NULL;
    if (!status && taken) {
        *taken = true;
    }
    return status || !said(s->c->set.aws.min_acu) ? status : raise_capacity(s, err);
}

struct snapshot_source snapshot_run_source(struct snapshot_run *s, struct event_sink sink)
{
    s->sink = sink;
    if (s->means == BY_NOTHING && !said(s->c->set.aws.min_acu)) {
        return (struct snapshot_source){0};
    }
    return (struct snapshot_source){.choose = choose, .take = take, .arg = s};
}

static bool put_back(const struct snapshot_run *s)
{
    struct error err = {0};
    bool restored;
    struct rds_target target = s->target;
    const struct capacity_wait wait = {s->c->set.aws.wait_ms, s->c->set.aws.poll_ms, NULL, NULL};
    if (!capacity_restore(s->c->aws, &target, &wait, &restored, &s->c->arena, &err)) {
        return restored;
    }
    struct strbuf out;
    strbuf_init(&out, 1 << 14);
    error_context(&err, "the capacity was not put back; migrate aws restore-acu does it");
    error_format(&err, &out);
    context_say(strbuf_str(&out));
    strbuf_free(&out);
    return false;
}

void snapshot_run_end(struct snapshot_run *s)
{
    if (!s->raised) {
        return;
    }
    aws_ignore_signals(s->c->aws, true);
    loop_acknowledge_signal(s->c->loop);
    (void)put_back(s);
    aws_ignore_signals(s->c->aws, false);
}

enum status snapshot_run_nothing(struct context *c, struct error *err)
{
    struct snapshot_run s = {.c = c};
    if (!said(c->set.aws.min_acu)) {
        return ST_OK;
    }
    enum status status = aws_wish(c, &s.wish, err);
    status = status ? status : find_target(&s, err);
    if (!status && is_raised(&s) && put_back(&s)) {
        say(&s, STR("the capacity that a run before had raised was put back"));
    }
    return status;
}
