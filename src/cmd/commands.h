/*
 * commands.h - every command, one file each; main.c lists them.
 */
#ifndef MIGRATE_CMD_COMMANDS_H
#define MIGRATE_CMD_COMMANDS_H

#include "cmd/options.h"

extern const struct command cmd_new, cmd_lint, cmd_explain, cmd_plan, cmd_up, cmd_down, cmd_redo, cmd_goto, cmd_status,
    cmd_validate, cmd_baseline, cmd_mark, cmd_adopt, cmd_wait, cmd_ephemeral, cmd_catalog, cmd_rules, cmd_rehearse,
    cmd_dump, cmd_load, cmd_runs, cmd_report, cmd_lsp, cmd_version, cmd_help;
extern const struct command cmd_backfill, cmd_completion, cmd_seed;
extern const struct command cmd_aws, cmd_snapshot;

#endif
