/*
 * subcommand.h - the word behind a command's name: `migrate catalog pull`.
 */
#ifndef MIGRATE_CMD_SUBCOMMAND_H
#define MIGRATE_CMD_SUBCOMMAND_H

#include "cmd/context.h"

struct subcommand {
    const char *name;
    const char *usage;  /* what stands behind it: "RULE", "[FILE [NAME]]"; "": nothing */
    size_t least, most; /* operands */
    enum status (*run)(struct context *c, struct error *err);
};

/*
 * The one that the first operand names, with as many operands behind it as it takes; without operands the first of all.
 * NULL: there is none, and *err says which there are, or how it is used; the status is ST_USAGE.
 */
const struct subcommand *subcommand_find(const struct context *c, const struct subcommand *all, size_t n,
                                         struct error *err);

#endif
