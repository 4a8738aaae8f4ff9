/*
 * prelude.h - what every source file sees first (the Makefile force-includes it).
 *
 * Attributes, a few macros, and the ban on C library functions that have cost others their data: an
 * unbounded copy, a locale-dependent parse, or a hidden global. The ban is by `poison`, so using one
 * is a compile error that names it.
 */
#ifndef MIGRATE_BASE_PRELUDE_H
#define MIGRATE_BASE_PRELUDE_H

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define NODISCARD         __attribute__((warn_unused_result))
#define NORETURN          __attribute__((noreturn))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define UNUSED            __attribute__((unused))
#define NOINLINE          __attribute__((noinline)) /* for the rare case, so that the common one stays small */

/* Number of elements of a true array. */
#define countof(array) (sizeof(array) / sizeof((array)[0]))

/* Some C libraries make them macros; a poisoned name must not be one. */
#undef strcpy
#undef strcat
#undef sprintf
#undef vsprintf
#undef strncpy
#undef strncat
#undef strtok
#pragma GCC poison strcpy strcat sprintf vsprintf strncpy strncat strtok gets
#pragma GCC poison atoi atol atof sscanf scanf localtime gmtime ctime asctime
#pragma GCC poison system popen tmpnam mktemp

#endif
