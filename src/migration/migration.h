/*
 * migration.h - a versioned file with an up and a down part, and the set of them in a folder.
 */
#ifndef MIGRATE_MIGRATION_MIGRATION_H
#define MIGRATE_MIGRATION_MIGRATION_H

#include "base/error.h"
#include "base/file.h"
#include "migration/directive.h"

enum { MIGRATION_MAX_BYTES = 1 << 30 };

/* transaction:… on the marker line. */
enum tx_mode { TX_AUTO, TX_TRUE, TX_FALSE };

struct migration_part {
    bool present;
    uint32_t start, end;  /* the byte range of the part's SQL in the migration's text, markers not included */
    uint32_t marker;      /* where its marker line begins */
    enum tx_mode tx;
};

struct layout; /* one row of the table in layout.h */

struct migration {
    struct str version; /* digits and dots as written: "20261120093000", "0007", "1.10" */
    struct str name;    /* the rest of the file name without its ending, for people */
    struct str file;    /* path as given or found; NUL-terminated */
    struct str text;    /* the whole file */
    const struct layout *layout;
    struct migration_part up, down;
    struct directive_list file_directives; /* allow-file and the like at the top of the file */
    char sha256[65];      /* of the bytes; "" until migration_checksum() */
    char sha256_text[65]; /* however its lines end */
};

VEC_DECLARE(migration_list, struct migration);

struct migration_options {
    const struct layout *layout; /* NULL: detect for each folder */
    bool lenient;                /* lint: a file without markers is judged whole as its up part */
};

/*
 * Read one file. Errors (ST_USAGE with the place): not UTF-8, NUL bytes, no version in the name, markers missing, in the wrong order
 * or twice, unknown marker options, SQL before the first marker. ST_SYSTEM: unreadable.
 */
NODISCARD enum status migration_read(const char *path, const struct migration_options *options, struct arena *a,
                                     struct migration *out, struct error *err);
/* The same for text that was read already (standard input, history's recorded text). `file` names it in messages. */
NODISCARD enum status migration_parse(struct str file, struct str text, const struct migration_options *options,
                                      struct arena *a, struct migration *out, struct error *err);

/*
 * Find and read the migrations of these folders (not recursive unless the layout says so), ordered by version. Errors: no such folder,
 * two files of one version (both are named), a name that is nearly a migration ("2026_x.sql.bak" is passed over; "x.sql" without a
 * version is an error in the native layout), and those of migration_read(). The first error ends it.
 */
NODISCARD enum status migrations_load(const struct str *folders, size_t n, const struct migration_options *options,
                                      struct arena *a, struct migration_list *out, struct error *err);

/* Fill both checksums. */
void migration_checksum(struct migration *m);

/* Compare versions as numbers, part by part: 9 < 10, 1.2 < 1.10, 007 == 7. */
int version_cmp(struct str a, struct str b);
/* Is this text a version: digits, perhaps with dots or underscores between? */
bool version_valid(struct str s);
/* The migration of this version (compared as numbers), or NULL. */
struct migration *migrations_find(const struct migration_list *list, struct str version);

#endif
