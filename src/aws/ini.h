/*
 * ini.h - ~/.aws/config and ~/.aws/credentials.
 *
 * [section], key = value, lines of # or ; are comments, an indented line below a key that has no value is a key of its own, "rds.endpoint_url".
 * Source: "Configuration and credential file settings", AWS CLI user guide.
 */
#ifndef MIGRATE_AWS_INI_H
#define MIGRATE_AWS_INI_H

#include "base/error.h"
#include "base/vec.h"

struct ini_entry {
    struct str section, key, value; /* section as it stands between the brackets, trimmed, one blank for several */
    unsigned line;
};

struct ini {
    const char *path;
    VEC(struct ini_entry) entries;
    VEC(struct ini_entry) sections; /* each with its line */
};

/*
 * Read the file; one that is missing is empty, unless it must be there. ST_REMOTE, with file and line: it cannot be read, or a line is neither a section nor a setting.
 * No message shows a line, since it may hold a secret.
 */
NODISCARD enum status ini_read(const char *path, bool must, struct arena *a, struct ini *out, struct error *err);
bool ini_has(const struct ini *ini, struct str section);
/* The last value that was given; NULL: none. */
const struct ini_entry *ini_get(const struct ini *ini, struct str section, const char *key);

#endif
