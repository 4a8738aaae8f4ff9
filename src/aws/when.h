/*
 * when.h - points in time as AWS writes them, in seconds since 1970.
 */
#ifndef MIGRATE_AWS_WHEN_H
#define MIGRATE_AWS_WHEN_H

#include "base/str.h"

/* "2024-06-15T10:30:00Z", with a fraction or an offset too; 0: it is no such thing. */
int64_t when_iso(struct str text);
/* "Sat, 15 Jun 2024 10:30:00 GMT" of an HTTP header; 0: it is no such thing. */
int64_t when_http(struct str text);
/* "2024-06-15T10:30:00Z" */
void when_print(int64_t when, char out[21]);

#endif
