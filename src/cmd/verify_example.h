/*
 * verify_example.h - what the rulebook says of an example.
 */
#ifndef MIGRATE_CMD_VERIFY_EXAMPLE_H
#define MIGRATE_CMD_VERIFY_EXAMPLE_H

#include "rules/judge.h"

/*
 * Judge an example for this server version as a migration of its own, its setup replayed before as an earlier file. Memory
 * from the arena.
 */
NODISCARD enum status example_judge(const struct rulebook *book, const struct example *e, int server_version,
                                    struct arena *a, struct judged_part *part, struct error *err);

#endif
