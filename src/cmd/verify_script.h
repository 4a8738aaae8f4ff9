/*
 * verify_script.h - sqitch's verify scripts: does a change have made what it should?
 */
#ifndef MIGRATE_CMD_VERIFY_SCRIPT_H
#define MIGRATE_CMD_VERIFY_SCRIPT_H

#include "cmd/run.h"

/*
 * Run the change's script in a transaction that is rolled back; its own BEGIN, COMMIT and ROLLBACK are passed over. ST_OK also when it has none.
 * ST_SERVER with the place in the script: it says no. ST_USAGE: psql's own commands, or a placeholder without a value. Connects if need be.
 */
NODISCARD enum status verify_script(struct context *c, const struct migration *m, struct error *err);

/* By --verify, or as sqitch.conf says (deploy.verify). */
bool verify_wanted(const struct context *c, const struct chosen_list *chosen);
/*
 * Going up one by one: each change is run and verified before the next begins. When the script says no, the change is undone by its revert script,
 * and that ends it (ST_SERVER).
 */
NODISCARD enum status verify_up(struct context *c, const struct chosen_list *chosen, struct error *err);

#endif
