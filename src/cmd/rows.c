/* The option rows that several commands share, and their defaults. */
#include "cmd/options.h"

#include "cmd/rows.h"
#include "exec/throttle.h"
#include "plan/analyze.h"
#include "rules/judge.h"

#define AT(member) offsetof(struct settings, member)

static const struct option common[] = {
    {"help", 'h', OPTION_FLAG, NULL, AT(help), "show this help", 0, 0},
    {"version", 'V', OPTION_FLAG, NULL, AT(version), "show the version of migrate", 0, 0},
    {"quiet", 'q', OPTION_FLAG, NULL, AT(quiet), "only results and errors", 0, 0},
    {"verbose", 'v', OPTION_FLAG, NULL, AT(verbose), "say more of what is done", 0, 0},
    {"color", 0, OPTION_CHOICE, COLOUR_WORDS, AT(colour), "colour (auto: on a terminal, unless NO_COLOR is set)", 0, 0},
    {"env-file", 0, OPTION_TEXT, "FILE", AT(env_file),
     "read variables from FILE (.env), never overriding the environment; --no-env-file: from none", 0, 0},
    {"config", 0, OPTION_TEXT, "FILE", AT(config),
     "read settings from FILE (migrate.yaml, in this folder or one above); --no-config: from none", 0, 0},
    {"env", 'e', OPTION_TEXT, "NAME", AT(env),
     "use environment NAME of migrate.yaml; without one of that name: take the URL from the environment variable NAME",
     0, 0},
};

static const struct option database[] = {
    {"url", 'u', OPTION_TEXT, "URL", AT(url),
     "database: postgres://…, \"host=… dbname=…\", or ephemeral: for a throw-away server (DATABASE_URL, PG*)", 0, 0},
    {"password-file", 0, OPTION_TEXT, "FILE", AT(password_file), "take the password from FILE's first line", 0, 0},
    {"schema", 0, OPTION_TEXT, "NAME", AT(schema), "schema that holds the history (migrate)", 0, 0},
    {"wait", 0, OPTION_FLAG, NULL, AT(wait), "first wait until the server accepts connections", 0, 0},
    {"wait-timeout", 0, OPTION_DURATION, "TIME", AT(wait_timeout_ms), "how long --wait waits (60s)", 0, INT64_MAX},
};

static const struct option tenants[] = {
    {"tenant", 0, OPTION_TEXT, "SCHEMA", AT(tenant),
     "work for the tenant in SCHEMA: names without a schema are its own, and so is the history", 0, 0},
    {"schema-each", 0, OPTION_LIST, "PATTERN", AT(schema_each),
     "for each tenant's schema that PATTERN names (*, ?; !PATTERN leaves out), may be repeated", 0, 0},
    {"schema-each-query", 0, OPTION_TEXT, "SQL", AT(schema_each_query),
     "for each schema in the first column of this query, in its order", 0, 0},
    {"dbname", 0, OPTION_TEXT, "NAME", AT(dbname), "the database, instead of the one that the URL names", 0, 0},
    {"database-each", 0, OPTION_LIST, "PATTERN", AT(database_each),
     "for each database of the server that PATTERN names (*, ?; !PATTERN leaves out), may be repeated", 0, 0},
    {"database-each-query", 0, OPTION_TEXT, "SQL", AT(database_each_query),
     "for each database in the first column of this query, asked in the URL's database", 0, 0},
    {"schema-jobs", 0, OPTION_NUMBER, "N", AT(schema_jobs), "how many tenants at a time, behind the first one (4)", 1,
     100},
    {"schema-failures", 0, OPTION_NUMBER, "N", AT(schema_failures),
     "begin with no other tenant when so many have failed (1)", 1, INT32_MAX},
};

static const struct option files[] = {
    {"dir", 'd', OPTION_LIST, "DIR", AT(dirs), "folder of migrations, may be repeated (./migrations, ./db/migrations)",
     0, 0},
    {"layout", 0, OPTION_TEXT, "NAME", AT(layout), "how files are laid out, when it should not be detected", 0, 0},
    {"set", 0, OPTION_LIST, "NAME=VALUE", AT(sets), "value for the placeholder ${NAME}, may be repeated", 0, 0},
};

static const struct option judging[] = {
    {"server-version", 0, OPTION_NUMBER, "N", AT(server_version),
     "judge for PostgreSQL N, 13 to 18 (15, or the version of the connected server)", JUDGE_MIN_VERSION,
     JUDGE_MAX_VERSION},
    {"all-rules", 0, OPTION_FLAG, NULL, AT(all_rules), "also the rules that are off by default", 0, 0},
    {"platform", 0, OPTION_CHOICE, PLATFORM_WORDS, AT(platform),
     "also what this managed service refuses (as the server or the catalog file tells)", 0, 0},
    {"rules", 0, OPTION_LIST, "DIR", AT(rules), "add the rules of your own in DIR, may be repeated", 0, 0},
    {"gate", 0, OPTION_CHOICE, GATE_WORDS, AT(gate), "the severity from which findings fail the command (error)", 0, 0},
};

static const struct option past[] = {
    {"baseline", 0, OPTION_TEXT, "FILE", AT(baseline),
     "findings listed in FILE do not count; migrate lint --write-baseline writes it", 0, 0},
    {"start-after", 0, OPTION_TEXT, "VERSION", AT(start_after),
     "files up to VERSION do not count: they are read for what they leave behind, and not judged", 0, 0},
};
static const struct option journal[] = {
    {"journal", 0, OPTION_TEXT, "FILE", AT(journal),
     "keep what happens in FILE, for migrate runs and report; --no-journal: nowhere "
     "($XDG_STATE_HOME/migrate/journal.sqlite, "
     "else in ~/.local/state)",
     0, 0},
};

static const struct option running[] = {
    {"dry-run", 0, OPTION_FLAG, NULL, AT(dry_run), "show the steps, change nothing", 0, 0},
    {"yes", 'y', OPTION_FLAG, NULL, AT(yes), "do not ask", 0, 0},
    {"json", 0, OPTION_FLAG, NULL, AT(json), "one event per line on standard output (with --dry-run: the plan)", 0, 0},
    {"run-lock-wait", 0, OPTION_DURATION, "TIME", AT(run_lock_wait_ms), "how long to wait for another run to end (30s)",
     0, INT64_MAX},
    {"reconnect", 0, OPTION_DURATION, "TIME", AT(reconnect_ms),
     "how long to try for another connection when one is lost, as in a failover (2min)", 0, INT32_MAX},
    {"answer-timeout", 0, OPTION_DURATION, "TIME", AT(answer_timeout_ms),
     "a server from which nothing comes for so long, on a second connection either, counts as lost (60s)", 1000,
     INT32_MAX},
    {"ddl-lock-timeout", 0, OPTION_DURATION, "TIME", AT(lock_timeout_ms),
     "lock_timeout of the first try of short DDL; later tries wait longer (200ms)", 1, INT32_MAX},
    {"lock-budget", 0, OPTION_DURATION, "TIME", AT(lock_budget_ms), "give way when a step's tries took so long (10min)",
     0, INT64_MAX},
    {"analyze", 0, OPTION_CHOICE, ANALYZE_WORDS, AT(analyze),
     "ANALYZE behind a migration: tables it backfilled (auto); those it rewrote or gave an index on an expression, too "
     "(always)",
     0, 0},
    {"hooks", 0, OPTION_FLAG, NULL, AT(hooks), "run the hooks of migrate.yaml (--no-hooks: none)", 0, 0},
    {"statement-timeout", 0, OPTION_DURATION, "TIME", AT(statement_timeout_ms),
     "statement_timeout of data statements that run whole (none)", 0, INT32_MAX},
    {"max-blocked-sessions", 0, OPTION_NUMBER, "N", AT(max_blocked_sessions),
     "cancel a step, and try it later, when more sessions wait behind it (20; 0: however many)", 0, INT32_MAX},
    {"max-block", 0, OPTION_DURATION, "TIME", AT(max_block_ms),
     "… or when one has waited behind it for longer (1s; 0: however long)", 0, INT32_MAX},
    {"terminate-blockers", 0, OPTION_CHOICE, TERMINATE_WORDS, AT(terminate),
     "end sessions of this kind that keep a step from its locks (none)", 0, 0},
    {"preflight-only", 0, OPTION_FLAG, NULL, AT(preflight_only), "look what may be in the way, change nothing", 0, 0},
    {"max-xact-age", 0, OPTION_DURATION, "TIME", AT(max_xact_age_ms),
     "stop before the first change when a transaction older than that is in the way (5min; 0: try all the same)", 0,
     INT32_MAX},
    {"window", 0, OPTION_TEXT, "HH:MM-HH:MM@ZONE", AT(window), "change something only in these hours of each day", 0,
     0},
    {"outside-window", 0, OPTION_CHOICE, OUTSIDE_WORDS, AT(outside_window),
     "outside those hours: wait for them, or end with exit code 4 (refuse)", 0, 0},
    {"redact", 0, OPTION_FLAG, NULL, AT(redact), "do not show or record the statements of other sessions", 0, 0},
    {"pace", 0, OPTION_CHOICE, PACE_WORDS, AT(pace),
     "gentle: batches that sleep between their rows, and index builds without parallel workers (normal)", 0, 0},
};

const struct option_rows *option_group_rows(size_t i)
{
    static const struct option_rows groups[] = {
        {GROUP_RUN, "Running", running, countof(running)},
        {GROUP_JUDGE, "Judging", judging, countof(judging)},
        {GROUP_PAST, "A project with a past", past, countof(past)},
        {GROUP_JOURNAL, "Journal", journal, countof(journal)},
        {GROUP_FILES, "Migrations", files, countof(files)},
        {GROUP_TENANT, "Tenants by schema or database", tenants, countof(tenants)},
        {GROUP_SNAPSHOT, "Snapshot", rows_snapshot, ROWS_SNAPSHOT},
        {GROUP_DATABASE, "Database", database, countof(database)},
        {GROUP_DATABASE, "Logging in, and AWS", rows_login, ROWS_LOGIN},
        {GROUP_COMMON, "Common", common, countof(common)},
    };
    return i < countof(groups) ? &groups[i] : NULL;
}

void settings_default(struct settings *s)
{
    *s = (struct settings){
        .env_file = ".env",
        .schema = "migrate",
        .schema_jobs = 4,
        .schema_failures = 1,
        .hooks = true,
        .wait_timeout_ms = 60000,
        .run_lock_wait_ms = 30000,
        .lock_timeout_ms = 200,
        .lock_budget_ms = 600000,
        .max_blocked_sessions = 20,
        .max_block_ms = 1000,
        .reconnect_ms = 120000,
        .answer_timeout_ms = 60000,
        .max_xact_age_ms = 300000,
        .outside_window = 1,
        .terminate = 3,
        .tune_rate = -1,
        .tune_batch = -1,
        .tune_bad_rows = -1,
        .backfill_rows = JUDGE_BATCH_ROWS,
        .max_lag_bytes = THROTTLE_LAG_BYTES,
        .max_lag_ms = THROTTLE_LAG_MS,
        .aws = AWS_SETTINGS_DEFAULT,
    };
}
