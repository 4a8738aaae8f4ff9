/* Every key of migrate.yaml. */
#include "cmd/config.h"
#include "rules/runner.h"

#define AT(member)  offsetof(struct settings, member)
#define OWN(member) offsetof(struct config, member)

static const struct config_key keys[] = {
    {"url",
     {"url", 0, OPTION_TEXT, "URL", OWN(url),
      "The database, as --url takes it. ${NAME} is replaced by the environment variable NAME, so that no password "
      "stands in the file. At the top it counts only when DATABASE_URL is not set; in the chosen environment it goes "
      "before DATABASE_URL.",
      0, 0},
     "DATABASE_URL, else what libpq finds",
     CONFIG_OWN | CONFIG_EXPANDS},
    {"schema",
     {"schema", 0, OPTION_TEXT, "NAME", AT(schema), "The schema that holds the history.", 0, 0},
     "migrate",
     0},
    {"dir",
     {"dir", 0, OPTION_LIST, "DIR", AT(dirs), "The folder of migrations, or a list of them.", 0, 0},
     "./migrations, else ./db/migrations",
     CONFIG_PATH},
    {"layout",
     {"layout", 0, OPTION_TEXT, "NAME", AT(layout), "How files are laid out, as --layout takes it.", 0, 0},
     "detected",
     0},
    {"server_version",
     {"server-version", 0, OPTION_NUMBER, "N", AT(server_version), "Judge for this major version of PostgreSQL.",
      JUDGE_MIN_VERSION, JUDGE_MAX_VERSION},
     "15, or the version of the connected server",
     0},
    {"platform",
     {"platform", 0, OPTION_CHOICE, PLATFORM_WORDS, AT(platform), "Judge also what this managed service refuses.", 0,
      0},
     "as the server or the catalog file tells",
     0},
    {"runner",
     {"runner", 0, OPTION_CHOICE, RUNNER_WORDS, AT(runner), "Judge transactions, in lint, as this tool sends a file.",
      0, 0},
     "migrate",
     0},
    {"catalog",
     {"catalog", 0, OPTION_TEXT, "FILE", AT(catalog),
      "What exists and how large it is, written by migrate catalog pull, for lint and explain. Commands that connect "
      "ask "
      "the server, unless --catalog is given.",
      0, 0},
     "nothing is known",
     CONFIG_PATH | CONFIG_OFFLINE},
    {"gate",
     {"gate", 0, OPTION_CHOICE, GATE_WORDS, AT(gate), "The severity from which findings fail the command.", 0, 0},
     "error",
     0},
    {"baseline",
     {"baseline", 0, OPTION_TEXT, "FILE", AT(baseline),
      "Findings listed in this file do not count, in lint and at the gate of up and plan. migrate lint --write-baseline "
      "writes it.",
      0, 0},
     "none",
     CONFIG_PATH},
    {"start_after",
     {"start-after", 0, OPTION_TEXT, "VERSION", AT(start_after),
      "Files up to this version are older than the rules here: they are read for what they leave behind, and not judged.",
      0, 0},
     "none",
     0},
    {"rules.severity",
     {NULL, 0, OPTION_CHOICE, GATE_WORDS, 0,
      "For each rule, by its name or an alias, another severity; off: it is not looked for. Naming a rule that is off "
      "by "
      "default turns it on.",
      0, 0},
     "as the rules say",
     CONFIG_SEVERITIES},
    {"rules.folders",
     {"rules", 0, OPTION_LIST, "DIR", AT(rules), "A folder of rules of your own, or a list of them.", 0, 0},
     "none",
     CONFIG_PATH},
    {"rules.small_rows",
     {NULL, 0, OPTION_NUMBER, "N", OWN(small_rows),
      "A table of at most so many rows, and of at most small_bytes, is small: rules about the time that a lock is held "
      "leave it alone.",
      1, INT64_MAX},
     "10000",
     CONFIG_OWN},
    {"rules.small_bytes",
     {NULL, 0, OPTION_NUMBER, "N", OWN(small_bytes), "The other half of what is small.", 1, INT64_MAX},
     "16777216",
     CONFIG_OWN},
    {"timeouts.lock",
     {"ddl-lock-timeout", 0, OPTION_DURATION, "TIME", AT(lock_timeout_ms),
      "PostgreSQL's lock_timeout at the first try of short DDL; later tries wait longer.", 1, INT32_MAX},
     "200ms",
     0},
    {"timeouts.lock_budget",
     {"lock-budget", 0, OPTION_DURATION, "TIME", AT(lock_budget_ms), "Give way when a step's tries took so long.", 0,
      INT64_MAX},
     "10min",
     0},
    {"timeouts.statement",
     {"statement-timeout", 0, OPTION_DURATION, "TIME", AT(statement_timeout_ms),
      "PostgreSQL's statement_timeout of data statements that run whole.", 0, INT32_MAX},
     "none",
     0},
    {"timeouts.run_lock_wait",
     {"run-lock-wait", 0, OPTION_DURATION, "TIME", AT(run_lock_wait_ms), "How long to wait for another run to end.", 0,
      INT64_MAX},
     "30s",
     0},
};
_Static_assert(countof(keys) <= CONFIG_KEYS_MAX, "struct config has a place for each key");

const struct config_key *config_key_at(size_t i)
{
    return i < countof(keys) ? &keys[i] : NULL;
}
