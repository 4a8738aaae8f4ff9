/*
 * config.h - migrate.yaml: what a project says once for all commands.
 *
 * It is looked for from the working directory upward, as far as a folder with a .git in it. Every key is a row of one
 * table: the reader, `migrate help config`, the manual page and the schema for editors are made from it. The command
 * line wins over the environment, the environment over the file; in the file, the environment chosen by --env over the
 * rest.
 */
#ifndef MIGRATE_CMD_CONFIG_H
#define MIGRATE_CMD_CONFIG_H

#include "cmd/options.h"
#include "rules/judge.h"

enum config_use {
    CONFIG_OWN = 1,         /* the target is in struct config, not in struct settings */
    CONFIG_PATH = 2,        /* a path, seen from the folder of the file */
    CONFIG_EXPANDS = 4,     /* ${NAME} in it is an environment variable */
    CONFIG_OFFLINE = 8,     /* not for commands that connect */
    CONFIG_SEVERITIES = 16, /* a map of rules to severities; no target */
    CONFIG_NONE = 32        /* the word none is: there is none */
};

struct config_key {
    const char *name;   /* "timeouts.lock": the key lock of the map timeouts */
    struct option row;  /* its name is that of the option with the same meaning; NULL: there is none */
    const char *preset; /* what holds when nobody says anything, for people */
    unsigned use;       /* enum config_use, or-ed */
};

enum { CONFIG_KEYS_MAX = 96, CONFIG_KEY_URL = 0 };
/* Row i of the table; NULL behind the last. */
const struct config_key *config_key_at(size_t i);
/* The part of the table about logging in, AWS and snapshots (config_keys_aws.c). */
enum { CONFIG_KEYS_AWS = 32 };
extern const struct config_key config_keys_aws[CONFIG_KEYS_AWS];

/* Where a value of the file stands; line 0: it is not there. */
struct config_place {
    unsigned line, column;
    bool environment; /* in the one that was chosen */
};

/* One entry of a map of severities, in any environment. */
struct config_severity {
    struct rule_severity said;
    struct config_place at;
    const char *environment; /* NULL: for all */
};

struct config {
    const char *path;              /* as messages show it; NULL: there is no file */
    const char *environment;       /* the chosen one; NULL: none of the file */
    struct text_list environments; /* the names of all */
    struct config_place places[CONFIG_KEYS_MAX];
    const char *url;                                        /* as written, see config_url() */
    struct text_list placeholders;                          /* NAME=VALUE */
    int64_t small_rows, small_bytes;                        /* 0: not said */
    struct text_list hook_before, hook_after, hook_failure; /* argv of each; empty: none */
    int64_t hook_timeout_ms;                                /* 0: not said */
    VEC(struct config_severity) severities;
    struct rule_severity *rules; /* sorted; made by config_rules() */
    size_t n_rules;
};

/*
 * Find and read the file, and set what neither the command line nor the environment said. s->config: the file, "" for
 * none, NULL: search. Memory from the arena. Errors are ST_USAGE with file:line:column; an s->env that is neither an
 * environment of the file nor an environment variable is one, too.
 */
NODISCARD enum status config_load(struct config *config, const struct command_line *line, struct arena *a,
                                  struct settings *s, struct error *err);
/* The file that config_load() would find from the working directory; NULL: none. */
const char *config_search(struct arena *a);
/* Look up the rules that severities are said of, and make config->rules. Unknown ones are ST_USAGE with their place. */
NODISCARD enum status config_rules(struct config *config, const struct rulebook *book, struct arena *a,
                                   struct error *err);
/* "migrate.yaml:3:6, environment production" for people. */
const char *config_place_name(const struct config *config, const struct config_place *at, struct arena *a);
/* The URL of the file (there must be one), ${NAME} replaced. ST_USAGE when such a variable is not set. */
NODISCARD enum status config_url(const struct config *config, struct arena *a, const char **url, struct error *err);

/* The table for people, as a page of the manual, and as a JSON schema. */
enum config_format { CONFIG_TEXT, CONFIG_MAN, CONFIG_SCHEMA };
#define CONFIG_FORMAT_WORDS "text|man|schema"
void config_document(enum config_format format, struct strbuf *out);

struct context;
/* --show-config: every key, what holds of it, and who said so. */
NODISCARD enum status config_show(struct context *c, struct error *err);

#endif
