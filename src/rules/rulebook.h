/*
 * rulebook.h - forms with their effects, hazards with their advice: the data that rules/ holds, ready to use.
 *
 * The built-in rulebook is checked and translated to const tables when the program is built (tools/rulegen); a
 * team's own
 * rule files are read when the program runs (load.h). Patterns are compiled to PCRE2 when first needed: most runs
 * need few of them.
 */
#ifndef MIGRATE_RULES_RULEBOOK_H
#define MIGRATE_RULES_RULEBOOK_H

#include "base/error.h"
#include "base/vec.h"
#include "catalog/lockmode.h"
#include "sql/keyword.h"

enum { FORM_MAX_CAPTURES = 12 };

enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };
const char *severity_name(enum severity s); /* "note", "warning", "error" */

/* A compiled-on-demand pattern. */
struct pattern {
    struct str notation;                    /* the synopsis as written in the rule file */
    struct str regex;                       /* what it translates to; see synopsis.h */
    struct str captures[FORM_MAX_CAPTURES]; /* names without the $, in the order of the regex's groups */
    unsigned n_captures;
    enum keyword first[2]; /* the first two key words every match has; KW_NONE: not fixed */
    uint64_t needs[2];     /* key words that every match has, as bits; see keyword_bit_set() */
    uint64_t either[2];    /* of these it has at least one */
    uint64_t begins[2][2]; /* its first and its second token are among these (KW_NONE: no key word) */
    unsigned slot;         /* index among all patterns of the book: where its compiled code is kept */
};

enum effect_kind { EFFECT_LOCK, EFFECT_REWRITE, EFFECT_SCAN, EFFECT_BUILD };

/* One line under locks:, rewrites:, scans: or builds-index:. */
struct effect {
    enum effect_kind kind;
    struct str on;       /* selector: "$table", "partitions($table)", "referenced($table)" …; see selector.h */
    enum lock_mode mode; /* EFFECT_LOCK */
    struct str when;     /* expression (expr.h); empty: always */
};

/* Who runs the server: a managed service refuses some of what a server of one's own does. */
enum platform { PLATFORM_NONE, PLATFORM_RDS, PLATFORM_AURORA };
#define PLATFORM_WORDS "none|rds|aurora" /* in the order of the enum */

struct example {
    struct str sql;
    struct str setup; /* SQL replayed before */
    struct str name;
    int version; /* server major to judge for; 0: the default */
    enum platform platform;
    unsigned line; /* in the rule file */
};

/* How long work of this kind lasts, which decides transaction grouping, timeouts and retries. */
enum form_class {
    CLASS_CATALOG,     /* catalog change: short once it has its locks */
    CLASS_LONG,        /* scans, rewrites or builds while it holds its locks, or waits for other transactions */
    CLASS_ONLINE,      /* long, but application work goes on: CONCURRENTLY, VALIDATE */
    CLASS_DATA,        /* INSERT, UPDATE, DELETE, MERGE, COPY, SELECT */
    CLASS_TRANSACTION, /* BEGIN, COMMIT, SET and the like */
};
const char *form_class_name(enum form_class c); /* "catalog", "long", "online", "data", "transaction" */

struct form {
    struct str id;    /* "create-index" */
    struct str title; /* "CREATE INDEX", as the manual names it */
    struct str group; /* the file's name: index, constraint, column … */
    const struct pattern *patterns;
    unsigned n_patterns;
    const struct effect *effects;
    unsigned n_effects;
    struct str when;                   /* the form applies only then (told apart by more than syntax); empty: always */
    struct str refused_in_transaction; /* expression; empty: allowed; "yes": always refused */
    struct str unsupported;            /* expression: this server version refuses it; empty: supported everywhere */
    enum form_class class;
    struct str
        class_when_long; /* expression: then CLASS_LONG instead of CLASS_CATALOG (besides any scan, rewrite or build); "no": never */
    const struct example *examples; /* setup and statement for `rules verify` */
    unsigned n_examples;
    struct str source;
    const char *file; /* the rule file, and where the form begins in it */
    unsigned line;
};

/* When the `unless` of a hazard is asked; its `when` always is before the statement. */
enum ask_time { ASK_BEFORE, ASK_AFTER, ASK_END_OF_FILE, ASK_END_OF_HISTORY };

struct hazard {
    struct str id; /* squawk's name where squawk has the rule */
    struct str group;
    struct str aliases; /* other names it answers to in allow directives, space separated */
    enum severity severity;
    bool off;             /* off by default */
    const struct str *on; /* ids of forms, or "*" */
    unsigned n_on;
    struct str when, unless; /* expressions; empty: true / false */
    enum ask_time ask;
    struct str title;  /* template: {table}, {lock}, {name} … from captures */
    struct str remark; /* template of the line under the caret; empty: the lock and what it blocks */
    struct str why;
    struct str instead; /* template, runnable; empty: there is none, why says so */
    struct str source;
    struct str remedy;  /* findings of one statement with the same remedy are one finding; empty: the id */
    struct str settles; /* what would settle an unknown: "a catalog file" */
    struct hazard_fix {
        struct str write; /* template of the statements that `lint --fix` writes; empty: none */
        struct str by;    /* or the program's own fixer of that name (fix_parts.h); both empty: nothing is written */
        struct str when;  /* expression: only then; empty: always */
        struct str other; /* what is said where it is not written */
    } fix;
    const struct example *fails, *passes;
    unsigned n_fails, n_passes;
    const char *file;
    unsigned line;
};

/* The tables that tools/rulegen writes. */
struct rulebook_data {
    const struct form *const *forms;
    size_t n_forms;
    const struct hazard *const *hazards;
    size_t n_hazards;
    size_t n_patterns;
};

struct rulebook {
    const struct form *const *forms; /* in the order of the files: the first match wins */
    size_t n_forms;
    const struct hazard *const *hazards;
    size_t n_hazards;
    size_t n_patterns;                /* slots */
    struct rulebook_runtime *runtime; /* compiled patterns and expressions, dispatch by key word */
};

/* The built-in rulebook, ready to use. Free with rulebook_free(). */
NODISCARD enum status rulebook_open(struct rulebook *book, struct error *err);
/* A rulebook of these tables, which must outlive it. */
void rulebook_init(struct rulebook *book, const struct rulebook_data *data);
/* Add one rule file or the text of one. A broken file is ST_USAGE with file:line:column. Same id replaces. */
NODISCARD enum status rulebook_add_file(struct rulebook *book, const char *file, struct error *err);
NODISCARD enum status rulebook_add_text(struct rulebook *book, const char *file, struct str text, struct error *err);
/*
 * Add the rule files of a folder (*.yaml, sorted; folders in it likewise, after its files). A broken file is
 * ST_USAGE with file:line:column. Same id replaces.
 */
NODISCARD enum status rulebook_add_folder(struct rulebook *book, const char *folder, struct error *err);
void rulebook_free(struct rulebook *book);

/* Can --fix write it safely, at least at times? */
static inline bool hazard_fixable(const struct hazard *h)
{
    return h->fix.write.n > 0 || h->fix.by.n > 0;
}

const struct form *rulebook_form(const struct rulebook *book, struct str id);
const struct hazard *rulebook_hazard(const struct rulebook *book, struct str id_or_alias);
/* The hazard id nearest to a misspelt one, or empty. */
struct str rulebook_suggest(const struct rulebook *book, struct str id);

#endif
