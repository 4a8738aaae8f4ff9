#include "rules/runner.h"

#include "base/file.h"
#include "migration/layout.h"

static const struct runner runners[] = {
    {.name = "dbmate",
     .wraps = true,
     .sends = RUNNER_STRING, /* its marker line is read by the native layout */
     .alone = "give it a file of its own with -- migrate:up transaction:false"},
    {.name = "golang-migrate", .sends = RUNNER_STRING, .alone = "give it a file of its own"},
    {.name = "goose",
     .wraps = true,
     .sends = RUNNER_STATEMENTS,
     .marker = "+goose no transaction",
     .grouped = "+goose statementbegin",
     .ungrouped = "+goose statementend",
     .down = "+goose down",
     .alone = "give it a file of its own with -- +goose NO TRANSACTION"},
    {.name = "flyway",
     .wraps = true,
     .sends = RUNNER_STATEMENTS,
     .detects = true,
     .side_file = ".conf",
     .side_key = "executeInTransaction",
     .alone = "give it a file of its own, with executeInTransaction=false in FILE.conf"},
    {.name = "sqlx",
     .wraps = true,
     .sends = RUNNER_STRING,
     .marker = "no-transaction",
     .marker_first = true,
     .alone = "give it a file of its own that begins with -- no-transaction"},
    {.name = "refinery", .wraps = true, .sends = RUNNER_STRING, .alone = "refinery cannot run it"},
    {.name = "prisma", .sends = RUNNER_STRING, .alone = "give it a migration of its own"},
    {.name = "diesel",
     .wraps = true,
     .sends = RUNNER_STRING,
     .side_file = "metadata.toml",
     .side_key = "run_in_transaction",
     .alone = "give it a migration of its own, with run_in_transaction = false in metadata.toml"},
    {.name = "node-pg-migrate",
     .wraps = true,
     .sends = RUNNER_STRING,
     .down = "down migration",
     .alone = "run it from a JavaScript migration with pgm.noTransaction()"},
    {.name = "psql", .sends = RUNNER_STATEMENTS, .alone = "take it out of BEGIN and COMMIT"},
    {.name = "psql-1", .wraps = true, .sends = RUNNER_STATEMENTS, .alone = "run it without --single-transaction"},
    {.name = "rails-sql",
     .wraps = true,
     .sends = RUNNER_STRING,
     .alone = "execute it alone in a migration with disable_ddl_transaction!"},
};

const struct runner *runner_at(size_t i)
{
    return i > 0 && i <= countof(runners) ? &runners[i - 1] : NULL;
}

const char *runner_side_path(const struct runner *r, struct str file, struct arena *a)
{
    if (!r->side_file) {
        return NULL;
    }
    if (r->side_file[0] == '.') {
        return arena_cstr(a, arena_printf(a, "%.*s%s", STR_ARG(file), r->side_file));
    }
    return arena_cstr(a, path_join(a, path_folder(file), str_of(r->side_file)));
}

bool runner_side_says_none(const struct runner *r, struct str text)
{
    return settings_say_false(text, str_of(r->side_key));
}
