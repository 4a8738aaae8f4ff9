/*
 * directive.h - what a comment asks of this tool (see "Directives" in the manual).
 *
 *     -- migrate:allow RULE[, RULE…] because REASON
 *     -- migrate:allow-file RULE[, RULE…] because REASON
 *     -- migrate:backfill [key=COL[,COL]] [batch=N|auto] [rate=ROWS/s] [workers=N] [max_bad_rows=N] [allow=NAME[,NAME]]
 *     -- migrate:whole because REASON
 *     -- migrate:shadow [keep-old=7d]
 *     -- migrate:timeout lock=2s statement=30s
 *     -- squawk-ignore RULE, -- squawk-ignore-file RULE, -- atlas:nolint RULE, -- pgfence-ignore: RULE, -- eugene: ignore RULE
 *
 * A directive fills one comment, -- or block, from its beginning, and stands first on its line. "migrate:" and the name are lower case
 * without blanks. (Whether it stands right before a statement is the layout's to check: layout_native does.)
 */
#ifndef MIGRATE_MIGRATION_DIRECTIVE_H
#define MIGRATE_MIGRATION_DIRECTIVE_H

#include "base/error.h"
#include "base/vec.h"

enum directive_kind {
    DIRECTIVE_ALLOW,
    DIRECTIVE_ALLOW_FILE,
    DIRECTIVE_BACKFILL,
    DIRECTIVE_WHOLE,
    DIRECTIVE_SHADOW,
    DIRECTIVE_TIMEOUT,
    DIRECTIVE_FOREIGN_ALLOW, /* another linter's comment, honoured as allow; no rules named: all of them */
    DIRECTIVE_FOREIGN_ALLOW_FILE,
};

VEC_DECLARE(str_list, struct str);

struct directive {
    enum directive_kind kind;
    uint32_t start, end;   /* its bytes in the text, from its first letter to its last */
    struct str tool;       /* for foreign ones: "squawk", "atlas", "pgfence", "eugene"; else empty */
    struct str_list rules; /* allow: as written; whether they exist is for the rulebook to say */
    struct str reason;     /* allow, whole; empty when missing, which is a finding for allow */
    /* backfill; 0 or empty: not said */
    struct str_list key; /* column names as the server folds them: Id is id, "Id" is Id */
    struct str_list allow;
    int64_t batch; /* rows; 0 = auto */
    int64_t rate;  /* rows per second */
    int64_t workers;
    int64_t max_bad_rows;
    /* timeout and shadow, in milliseconds; -1: not said */
    int64_t lock_ms, statement_ms, keep_old_ms;
};

VEC_DECLARE(directive_list, struct directive);

/*
 * Append the directives in text[start, end), a run of comments and white space, in order. Views point into the text; lists and
 * folded names are the arena's. Markers (migrate:up, migrate:down) are passed over. An atlas:nolint in the first group of comments of
 * the whole text with an empty line behind it is for the file, as atlas has it. Another tool's comment behind a statement on its line
 * is passed over: there it means that statement.
 *
 * A comment that begins with "migrate:" and cannot be read is an error (ST_USAGE; *at is the offset of what is wrong in it, for the caller
 * to turn into line and column): a misspelt directive must not be silence. So is a directive said twice in one run, allow excepted, and
 * backfill together with whole. "migrate: some words" is prose unless the first word is a directive's name.
 */
NODISCARD enum status directives_parse(struct str text, uint32_t start, uint32_t end, struct arena *a,
                                       struct directive_list *out, uint32_t *at, struct error *err);

/* The name as it is written, "allow-file"; "ignore" for another tool's. */
const char *directive_name(enum directive_kind kind);

/* "250ms", "2s", "5min", "1h", "7d" or a bare number of milliseconds. Untouched *ms and false for anything else. */
NODISCARD bool duration_parse(struct str s, int64_t *ms);

#endif
