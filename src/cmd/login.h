/*
 * login.h - where the password comes from, and how far the server must prove who it is: IAM tokens, Secrets Manager, a command, a file, the
 * certificates of RDS.
 */
#ifndef MIGRATE_CMD_LOGIN_H
#define MIGRATE_CMD_LOGIN_H

#include "cmd/context.h"

struct login;

/*
 * Complete c->target by what the options say. ST_USAGE: they contradict each other or cannot work (IAM without TLS). A secret is fetched at
 * once, for what it says beside the password: ST_REMOTE when it cannot be.
 */
NODISCARD enum status login_prepare(struct context *c, struct error *err);
/* After a connection was refused: add to *err what is most likely wrong with this way of logging in. */
void login_explain(const struct context *c, struct error *err);
/* What a person should know of the way that the connection takes before something is changed; NULL: nothing. */
const char *login_remark(const struct context *c);
void login_free(struct login *l); /* NULL is fine; wipes */

#endif
