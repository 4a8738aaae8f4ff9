/*
 * libpq.h - libpq, bound when the first connection is wanted.
 *
 * The program does not name libpq as a library it needs: loading libpq and the twenty libraries behind it (TLS, Kerberos, LDAP) takes
 * the dynamic linker longer than linting a file. After libpq_bind() every function of libpq-fe.h listed in libpq.c can
 * be called by its own name.
 */
#ifndef MIGRATE_DB_LIBPQ_H
#define MIGRATE_DB_LIBPQ_H

#include "base/error.h"

/*
 * Load libpq (version 14 or newer: pipeline mode). Cheap when it is bound already. ST_SYSTEM, with the package to install, when it is not there or
 * too old.
 */
NODISCARD enum status libpq_bind(struct error *err);

#endif
