/*
 * secret.h - database logins kept in AWS Secrets Manager.
 */
#ifndef MIGRATE_AWS_SECRET_H
#define MIGRATE_AWS_SECRET_H

#include "aws/client.h"

/* What a secret says; NULL: it does not. Own memory. */
struct secret {
    char *username, *password, *host, *port, *database;
};

/*
 * Fetch the current version of a secret, by name or ARN (then in the ARN's region), and read it: the JSON object that RDS manages (username, password), that of
 * the console (with host, port, dbname), or a bare password. ST_REMOTE. No message holds any of it.
 */
NODISCARD enum status secret_fetch(struct aws *aws, const char *id, struct secret *out, struct error *err);
/* Read a document of that kind. False: it has no password; *why says what is wrong. */
bool secret_read(struct str text, struct secret *out, const char **why);
void secret_free(struct secret *s); /* wipes */

#endif
