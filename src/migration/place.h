/*
 * place.h - an error at a byte of a text, told as line and column.
 */
#ifndef MIGRATE_MIGRATION_PLACE_H
#define MIGRATE_MIGRATION_PLACE_H

#include "base/error.h"

/* Put file:line:column of the byte at `offset` of `text` into *err (columns in characters). `file` ends in a NUL. */
void place_error(struct error *err, struct str file, struct str text, size_t offset);

/* ST_USAGE with the message, at that byte. Returns the status; add detail and hint behind it. */
enum status place_refuse(struct error *err, struct str file, struct str text, size_t offset, const char *fmt, ...)
    PRINTF(5, 6);

#endif
