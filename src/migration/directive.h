/*
 * directive.h - what a comment asks of this tool (see "Directives" in the manual).
 *
 *     -- migrate:allow RULE[, RULE…] because REASON
 *     -- migrate:allow-file RULE because REASON
 *     -- migrate:backfill [key=COL[,COL]] [batch=N|auto] [rate=ROWS/s] [workers=N] [allow=NAME…]
 *     -- migrate:whole because REASON
 *     -- migrate:shadow [keep-old=7d]
 *     -- migrate:timeout lock=2s statement=30s
 *     -- squawk-ignore RULE, -- atlas:nolint, -- pgfence-ignore: RULE, -- eugene: ignore …
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
    uint32_t start, end;    /* its bytes in the text */
    struct str tool;        /* for foreign ones: "squawk", "atlas", "pgfence", "eugene" */
    struct str_list rules;  /* allow */
    struct str reason;      /* allow, whole; empty when missing, which is a finding for allow */
    /* backfill; 0 or empty: not said */
    struct str_list key;
    struct str_list allow;
    int64_t batch; /* rows; 0 = auto */
    int64_t rate;  /* rows per second */
    int64_t workers;
    /* timeout and shadow, in milliseconds; -1: not said */
    int64_t lock_ms, statement_ms, keep_old_ms;
};

VEC_DECLARE(directive_list, struct directive);

/*
 * Collect the directives in text[start, end), a run of comments and white space. A comment that begins with "migrate:" and cannot be
 * read is an error with its place (offset of the directive in *at): a misspelt directive must not be silence.
 */
NODISCARD enum status directives_parse(struct str text, uint32_t start, uint32_t end, struct arena *a,
                                       struct directive_list *out, uint32_t *at, struct error *err);

/* "250ms", "2s", "5min", "1h", "7d" or a bare number of milliseconds. */
NODISCARD bool duration_parse(struct str s, int64_t *ms);

#endif
