/*
 * migration.h - a versioned file with an up and a down part, and the set of them in a folder.
 */
#ifndef MIGRATE_MIGRATION_MIGRATION_H
#define MIGRATE_MIGRATION_MIGRATION_H

#include "base/error.h"
#include "base/file.h"
#include "migration/directive.h"

enum {
    MIGRATION_MAX_BYTES = 1 << 30,
    MIGRATION_MAX_VERSION = 64, /* digits and separators of a version */
};

/* transaction:… on the marker line. */
enum tx_mode { TX_AUTO, TX_TRUE, TX_FALSE };

struct migration_part {
    bool present;
    uint32_t start, end; /* the byte range of the part's SQL in the migration's text, markers not included */
    uint32_t marker;     /* where its marker line begins; == start in layouts without markers */
    enum tx_mode tx;
};

struct sqitch_change;
struct layout; /* one row of the table in layout.h */

struct migration {
    struct str version; /* digits and dots as written: "20261120093000", "0007", "1.10"; empty: the layout knows none */
    struct str name;    /* the rest of the file name without its ending, for people */
    struct str file;    /* path as given or found; NUL-terminated */
    struct str text;    /* the whole file */
    const struct layout *layout;
    struct migration_part up, down;
    const char *tool; /* plain: whose comment lines part the file; NULL: nobody's */
    struct migration *
        undo; /* the file with the down part, in layouts that have one of its own; NULL: it is in this one, if anywhere */
    bool undoes;                         /* this is such a file */
    const struct sqitch_change *planned; /* sqitch: what its plan says of it (sqitch_plan.h); NULL: another layout */
    struct migration *verify;            /* sqitch: its script that checks what the change made; NULL: none */
    bool
        repeatable; /* it runs again whenever it was changed; `version` is a name then ("R__views"), behind all numbers */
    bool baseline;    /* in a database without a history it stands for all versions up to its own */
    struct str bytes; /* of the file, where placeholders were filled in `text`; empty: text is what the file says */
    struct directive_list
        file_directives;  /* allow-file and other tools' like, from the comments above the first statement */
    char sha256[65];      /* of the bytes; "" until migration_checksum() */
    char sha256_text[65]; /* however its lines end */
};

VEC_DECLARE(migration_list, struct migration);

/* A value for ${name}. */
struct placeholder {
    struct str name, value;
};
VEC_DECLARE(placeholder_list, struct placeholder);

struct migration_options {
    const struct layout
        *layout; /* NULL: detect (per folder; with lenient, native, and plain for files that are not native) */
    const struct placeholder_list
        *placeholders; /* NULL: none. They are filled in before the file is parsed, not under lenient */
    /*
     * For lint: a file without markers is judged whole, as its up part or, called *.down.sql, its down part. It needs no version
     * and may be empty, as halves of pairs often are.
     */
    bool lenient;
};

/*
 * Read one file ("-": standard input) into the arena. Errors (ST_USAGE, with the place where there is one, and the way out): no
 * such file, empty, UTF-16, not UTF-8, NUL bytes, no version in the name, a version longer than MIGRATION_MAX_VERSION, markers missing, in the
 * wrong order, twice, misspelt or swallowed by an unfinished string, unknown marker options, SQL before the first marker, a broken
 * file directive. ST_SYSTEM: unreadable.
 */
NODISCARD enum status migration_read(const char *path, const struct migration_options *options, struct arena *a,
                                     struct migration *out, struct error *err);
/*
 * The same for text that was read already (standard input, history's recorded text). `file` names it in messages; its last part
 * must be a migration's file name unless options->lenient. The text is not copied: it must live as long as *out.
 */
NODISCARD enum status migration_parse(struct str file, struct str text, const struct migration_options *options,
                                      struct arena *a, struct migration *out, struct error *err);

/*
 * Find and read the migrations of these folders (in most layouts not recursive), merged and ordered by version; files without one
 * come last, by name. Passed over: names that do not end in .sql ("2026_x.sql.bak") and hidden ones (".#x.sql"). Errors: no such folder or no
 * right to read it, two files of one version (both are named; under options->lenient only if both have markers), "x.sql"
 * without a version in the native layout, x.SQL, a dangling symbolic link, a device or (not under lenient) a folder
 * called *.sql, and those of migration_read(). The first error ends it. No migrations at all is no error.
 */
NODISCARD enum status migrations_load(const struct str *folders, size_t n, const struct migration_options *options,
                                      struct arena *a, struct migration_list *out, struct error *err);

/* By its name and folder: does the file undo another one (x.down.sql, down.sql, U1__x.sql, revert/x.sql)? */
bool migration_is_undo(struct str path);

/*
 * The text that history recorded of a migration when it was applied: with a file of its own for the down part, both are one text with native
 * markers. Otherwise it has the layout of that name.
 */
NODISCARD enum status migration_parse_recorded(struct str file, struct str layout, struct str text,
                                               const struct placeholder_list *placeholders, struct arena *a,
                                               struct migration *out, struct error *err);
/* That text, or what the file says where there is but one. In the arena if it had to be made. */
struct str migration_recorded_text(const struct migration *m, struct arena *a);

/* Fill both checksums: of the file with the up part, placeholders not filled. */
void migration_checksum(struct migration *m);

/*
 * Compare versions as numbers, part by part: 9 < 10, 1.2 < 1.10, 007 == 7, 1 == 1.0. Never overflows. Names of repeatable migrations
 * come behind all numbers, by their bytes.
 */
int version_cmp(struct str a, struct str b);
/* Is this text a version: digits, perhaps with single dots or underscores between, at most MIGRATION_MAX_VERSION long? */
bool version_valid(struct str s);
/* The migration of this version (compared as numbers), or NULL. The list is ordered as migrations_load() leaves it. */
struct migration *migrations_find(const struct migration_list *list, struct str version);

#endif
