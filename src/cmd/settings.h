/*
 * settings.h - what the command line and the environment can say, in one struct: the targets of all option rows.
 */
#ifndef MIGRATE_CMD_SETTINGS_H
#define MIGRATE_CMD_SETTINGS_H

#include "cmd/settings_aws.h"

enum gate { GATE_ERROR, GATE_WARNING, GATE_NOTE, GATE_OFF }; /* the words of --gate, in this order */
#define GATE_WORDS "error|warning|note|off"
enum colour { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };
#define COLOUR_WORDS "auto|always|never"
enum parts { PARTS_BOTH, PARTS_UP, PARTS_DOWN }; /* the words of --parts, in this order */
#define PARTS_WORDS     "both|up|down"
#define OUTSIDE_WORDS   "wait|refuse"
#define TERMINATE_WORDS "autovacuum|idle-in-transaction|all|none"
enum doc_format { DOC_MARKDOWN, DOC_MAN };
#define DOC_FORMAT_WORDS "markdown|man"

enum pace { PACE_NORMAL, PACE_GENTLE };
#define PACE_WORDS "normal|gentle"

struct settings {
    /* common */
    bool help, version, quiet, verbose;
    int colour;           /* enum colour */
    const char *env_file; /* ".env"; "": none */
    const char *config;   /* NULL: search migrate.yaml; "": none */
    const char *env;      /* environment of migrate.yaml, or an environment variable that holds the URL */
    /* database */
    const char *url;
    const char *password_file;
    const char *schema;           /* of history */
    const char *tenant;           /* its schema; NULL or "": none */
    struct text_list schema_each; /* names and patterns of tenants' schemas */
    const char *schema_each_query;
    const char *dbname;             /* instead of the URL's; NULL or "": that */
    struct text_list database_each; /* names and patterns of tenants' databases */
    const char *database_each_query;
    int64_t schema_jobs, schema_failures;
    bool wait; /* wait for the server before anything else */
    int64_t wait_timeout_ms;
    /* migrations */
    struct text_list dirs;
    struct text_list sets;    /* NAME=VALUE */
    const char *from, *table; /* adopt */
    bool accept_changed, mirror, end_mirror;
    const char *layout; /* NULL: detect */
    /* judging */
    int64_t server_version; /* 0: not said */
    bool all_rules;
    int platform;           /* enum platform */
    struct text_list rules; /* folders */
    int gate;               /* enum gate */
    /* running */
    const char *to;
    bool all, dry_run, allow_out_of_order, yes;
    bool hooks;
    int analyze;         /* enum analyze_mode */
    const char *journal; /* its file; "": none; NULL: not said */
    int64_t run_lock_wait_ms, lock_timeout_ms, lock_budget_ms, statement_timeout_ms;
    int terminate; /* index of TERMINATE_WORDS */
    int64_t max_blocked_sessions, max_block_ms, reconnect_ms, answer_timeout_ms;
    bool redact;
    /* backfills */
    int64_t backfill_rows, max_lag_bytes, max_lag_ms, max_slot_bytes, max_sessions, max_archive;
    const char *throttle_query; /* NULL: none */
    int pace;                   /* enum pace */
    bool join;
    const char *contract;                         /* new: version whose shadow change is closed; NULL: none */
    const char *rename, *archive;                 /* new: TABLE.COLUMN=NAME, TABLE.COLUMN; NULL: none */
    int64_t tune_rate, tune_batch, tune_bad_rows; /* -1: not said */
    bool preflight_only;
    int64_t max_xact_age_ms;
    const char *window;
    int outside_window; /* index of OUTSIDE_WORDS */
    struct aws_settings aws;
    /* single commands */
    const char *catalog;         /* lint, explain, plan: file that is the base */
    const char *output;          /* catalog pull: file to write */
    int format;                  /* lint: see report/lint.h */
    const char *stdin_filename;  /* lint: what standard input stands for */
    bool allow_empty;            /* lint */
    bool show_config;            /* lint */
    int runner;                  /* lint: index of RUNNER_WORDS */
    const char *baseline;        /* file of findings that do not count; NULL or "": none */
    bool write_baseline;         /* lint */
    bool stdio;                  /* lsp */
    int parts;                   /* lint: enum parts */
    bool fix, diff, fix_applied; /* lint */
    const char *applied_in;      /* lint: URL of a database whose history says which files are applied */
    const char *since;           /* lint: a git revision; NULL: judge all files */
    const char *start_after;     /* a version; NULL or "": none */
    const char *on;              /* rehearse: which throw-away server */
    bool html;                   /* report */
    int64_t limit;               /* runs: how many */
    const char *after;           /* explain: SQL file replayed before */
    bool verify; /* up, validate: run sqitch's verify scripts */
    bool json, exit_code;
    bool applied, pending;
    int doc_format;    /* rules doc: enum doc_format */
    int config_format; /* help config: enum config_format */
    const char *only;  /* rules test, rules verify: part of an id */
};

void settings_default(struct settings *s);

#endif
