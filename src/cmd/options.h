/*
 * options.h - command lines: typed rows, one parser, help printed from the same rows.
 *
 * Understood: --name=value, --name value, --no-name, -x, -xyz, -xvalue; options before and after the command and
 * between operands; `--` ends them; golang-migrate's single-dash spellings and dbmate's names (see the table of other
 * tools' names in options.c). Every row is mirrored by an environment variable: --lock-timeout is MIGRATE_LOCK_TIMEOUT.
 * The command line wins.
 */
#ifndef MIGRATE_CMD_OPTIONS_H
#define MIGRATE_CMD_OPTIONS_H

#include "base/error.h"
#include "cmd/settings.h"

enum option_kind {
    OPTION_FLAG,     /* bool; --no-name unsets */
    OPTION_TEXT,     /* const char *; --no-name gives "" */
    OPTION_LIST,     /* struct text_list: every use adds one; in the environment split at ':' */
    OPTION_NUMBER,   /* int64_t in [min, max] */
    OPTION_DURATION, /* int64_t in milliseconds: "200ms", "2s", "5min" */
    OPTION_CHOICE,   /* int: index of the word in .argument, "a|b|c"; --no-name gives the last word */
};

struct option {
    const char *name; /* long, without dashes */
    char letter;      /* short; 0: none */
    enum option_kind kind;
    const char *argument; /* as help shows it; NULL for flags */
    size_t target;        /* offsetof(struct settings, …) */
    const char *help;
    int64_t min, max;
};

/* Rows that several commands share. */
enum option_group {
    GROUP_COMMON = 1,
    GROUP_DATABASE = 2,
    GROUP_FILES = 4,
    GROUP_JUDGE = 8,
    GROUP_RUN = 16,
    GROUP_PAST = 32,
    GROUP_JOURNAL = 64,
    GROUP_TENANT = 128,
    GROUP_SNAPSHOT = 256,
};

struct context;

struct command {
    const char *name;
    const char *aliases;  /* space separated; NULL: none */
    const char *summary;  /* one line of `migrate help` */
    const char *usage;    /* what stands behind the name */
    const char *about;    /* paragraphs, each line at most 78 columns */
    const char *examples; /* lines */
    const char *exits;    /* the exit codes it can end with, one digit each: "0123" */
    const struct option *options;
    size_t n_options;
    unsigned groups; /* enum option_group, or-ed */
    unsigned min_args, max_args;
    bool own_config; /* it reads migrate.yaml itself, and again when that changes */
    enum status (*run)(struct context *c, struct error *err);
};

/* What the command line says. */
struct command_line {
    const struct command *command; /* NULL: none named */
    struct text_list args;         /* operands behind the command */
    struct text_list given;        /* long names of options that the command line set */
};

/*
 * Parse argv[1 … argc) for these commands into s (defaults first) and *out; memory from the arena, texts point into
 * argv. Errors are ST_USAGE with a hint that says what was probably meant.
 */
NODISCARD enum status options_parse(const struct command *const *commands, size_t n, int argc, char *const *argv,
                                    struct arena *a, struct settings *s, struct command_line *out, struct error *err);
/* Set what the environment says (MIGRATE_*) and the command line did not. Errors name the variable. */
NODISCARD enum status options_environment(const struct command_line *line, struct arena *a, struct settings *s,
                                          struct error *err);

/*
 * Store a value into the row's target in the struct at base; `what` names the option, variable or key in messages. Lists
 * get one more. Texts are kept as they are. ST_USAGE when it is not of the row's kind.
 */
NODISCARD enum status option_store(struct arena *a, void *base, const struct option *o, const char *what,
                                   const char *value, struct error *err);
/* The environment variable that mirrors an option: MIGRATE_LOCK_BUDGET of lock-budget. */
const char *option_variable(struct arena *a, const char *name);
/* Did the command line or that variable say something of the option? */
bool option_said(const struct command_line *line, struct arena *a, const char *name);

/* Row i of a command: its own rows, then those of its groups; NULL behind the last. */
const struct option *command_option(const struct command *c, size_t i);
/* What a word of a command line that begins with a dash says, for completion. */
struct option_word {
    const struct option *row; /* NULL: it is no option */
    bool no;                  /* --no-name */
    bool has_value;           /* --name=VALUE, -xVALUE */
    bool wants_value;         /* the next word is its value */
    struct str value;         /* with has_value: a view into the word */
};
/* As the parser reads it, for the command or (NULL) any of them. */
struct option_word option_of_word(const struct command *const *commands, size_t n, const struct command *c,
                                  const char *word);
/* The command of that name or alias, or NULL. */
const struct command *command_find(const struct command *const *commands, size_t n, struct str name);

/* `migrate help`, and `migrate help COMMAND`. */
void help_overview(const struct command *const *commands, size_t n, struct strbuf *out);
void help_command(const struct command *c, struct strbuf *out);
/* Words of text wrapped as help is, lines after the first indented; the first starts at column `at`. Ends the line. */
void help_wrapped(struct strbuf *out, const char *text, unsigned indent, unsigned at);

#endif
