/*
 * xml.h - an XML answer as a tree. By expat, which is bound when the first answer comes.
 *
 * Namespaces, prefixes and attributes are ignored. Document types are refused, so no entity expands; depth, number of
 * elements and size have a maximum.
 */
#ifndef MIGRATE_AWS_XML_H
#define MIGRATE_AWS_XML_H

#include "base/arena.h"
#include "base/error.h"

enum { XML_MAX_DEPTH = 32, XML_MAX_ELEMENTS = 200000, XML_MAX_BYTES = 8 << 20 };

struct xml {
    struct str name; /* without its prefix */
    struct str text; /* of this element alone, trimmed; ends with a NUL */
    struct xml *first, *last, *next;
};

/* Parse a document into the arena. ST_REMOTE, with line and column, when it is none; ST_SYSTEM: there is no expat. */
NODISCARD enum status xml_parse(struct str text, struct arena *a, const struct xml **root, struct error *err);

/* The first element at path ("DBClusters/DBCluster") below x; NULL: there is none. x may be NULL. */
const struct xml *xml_get(const struct xml *x, const char *path);
/* The text there; empty when there is none. */
struct str xml_text(const struct xml *x, const char *path);
/* The text of the first element of that name anywhere in the tree, x itself too, in document order. */
struct str xml_any(const struct xml *x, const char *name);
/* The numbers and words in it; `absent` when there is none, or what it says is no such thing. */
int64_t xml_i64(const struct xml *x, const char *path, int64_t absent);
bool xml_true(const struct xml *x, const char *path); /* "true" in any case */

#endif
