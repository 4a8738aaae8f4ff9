/*
 * yaml.h - a YAML document as a tree that remembers places. Strict: every scalar is text; doubled keys, anchors,
 * aliases, tags, merge keys,
 * keys that are no scalars, a second document and nesting beyond any need are errors.
 */
#ifndef MIGRATE_RULES_YAML_H
#define MIGRATE_RULES_YAML_H

#include "base/arena.h"
#include "base/error.h"

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml {
    enum yaml_kind kind;
    unsigned line, column;   /* from 1, columns in characters */
    bool exact;              /* a scalar on one line as it stands in the file: an offset in text is one in the line */
    struct str text;         /* scalar */
    struct yaml_pair *pairs; /* map: keys and values; list: values, without keys */
    size_t n;
};

struct yaml_pair {
    struct str key;
    unsigned line, column; /* of the key */
    struct yaml *value;
};

/* Read a document into the arena. An empty one gives *out == NULL. Errors: ST_USAGE with file:line:column. */
NODISCARD enum status yaml_read(const char *file, struct str text, struct arena *a, struct yaml **out,
                                struct error *err);

/* The value of a key of a map, or NULL. */
struct yaml *yaml_get(const struct yaml *map, const char *key);

#endif
