/*
 * shadowable.h - what the catalog knows to stand in the way of a shadow column.
 */
#ifndef MIGRATE_RULES_SHADOWABLE_H
#define MIGRATE_RULES_SHADOWABLE_H

#include "rules/judge.h"

/*
 * Why ALTER TABLE … ALTER COLUMN … TYPE cannot go by a second column, by the catalog as it is before the statement; empty: it knows nothing against it.
 * The server is asked for all of it when there is one (exec/shadow_facts.c, in the same words); the texts are in the arena.
 */
struct str shadowable(struct catalog *c, const struct judged_statement *s, struct str text, struct arena *a);

#endif
