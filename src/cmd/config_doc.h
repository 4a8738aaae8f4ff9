/*
 * config_doc.h - what the documents of migrate.yaml share.
 */
#ifndef MIGRATE_CMD_CONFIG_DOC_H
#define MIGRATE_CMD_CONFIG_DOC_H

#include "cmd/config.h"

/* What values a key takes, in words. */
void config_kind(const struct config_key *k, struct strbuf *out);
/* The JSON schema (draft-07, as editors read it). */
void config_schema(struct strbuf *out);

#endif
