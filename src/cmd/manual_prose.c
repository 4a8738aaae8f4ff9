/*
 * What the pages of the manual say beyond `migrate help COMMAND`. Help is read while a command line is being typed, and is short; here is what one
 * wants to know before relying on a command. Options are not told of again: they come from the rows.
 */
#include "cmd/command_man.h"

static const struct manual_prose pages[] = {
    {"new",
     "The timestamp has seconds, so that two people rarely make the same version. The name\n"
     "becomes lower case, and what is neither letter nor digit becomes an underscore.\n\n"
     "A file begins with the two markers; one that cannot be undone has no -- migrate:down.\n"
     "Behind -- migrate:up may stand transaction:auto (the default: as atomic as safety\n"
     "allows), transaction:true or transaction:false.",
     "migrate-lint 1, migrate-up 1, migrate-backfill 7"},
    {"lint",
     "One cause gives one finding, ordered by place; the same input gives the same output,\n"
     "byte for byte. Lines and columns count from 1, columns in characters. What cannot be\n"
     "read is said to be so and counted in the last line: it never passes for safe.\n\n"
     "How long a lock would be held depends on how large the table is, which only a catalog\n"
     "file tells (migrate catalog pull). Without one, tables that earlier files did not make\n"
     "count as large and in use.\n\n"
     "--fix writes a file whole or not at all, and only what was judged again and has the\n"
     "finding no longer. Findings have fingerprints that stay when lines move; --baseline\n"
     "compares those.",
     "migrate-catalog 1, migrate-explain 1, migrate-plan 1, migrate-rules 1, migrate-rules 5, migrate-json 7"},
    {"lsp",
     "Diagnostics, hover, code actions; positions in UTF-16, or in UTF-8 where the client\n"
     "offers it. No database is asked. The client starts the program and ends it.\n\n"
     "In Neovim:\n"
     "    vim.lsp.start_client({cmd = {'migrate', 'lsp'}, root_dir = vim.fn.getcwd()})",
     "migrate-explain 1, migrate-lint 1"},
    {"explain",
     "Relations are shown with their schema. What depends on the schema, such as whether a\n"
     "column's new type needs the table to be written anew, is shown at its worst where the\n"
     "schema is not known, and \"known in part\" says so; --after and --catalog make it known.",
     "migrate-lint 1, migrate-plan 1, migrate-rules 1, migrate-json 7"},
    {"plan",
     "Lint, plan and up use the same steps, so they cannot disagree; but time goes by between\n"
     "them, and up asks the database again. With --catalog the database is not needed, and\n"
     "sizes and times are those of when the file was written.",
     "migrate-catalog 1, migrate-lint 1, migrate-up 1, migrate-json 7"},
    {"rehearse",
     "The throw-away server is started by this command and goes with it, whatever ends it;\n"
     "initdb and postgres of the database's version are looked for, --on names others.\n\n"
     "Exit code 1: the schema did not come back, or the rulebook differs from what was seen.",
     "migrate-ephemeral 1, migrate-plan 1, migrate-rules 1, migrate-json 7"},
    {"up",
     "A step is one transaction, one statement outside a transaction, or a backfill in\n"
     "batches. After a crash, up compares the steps that are done with the file, checks on the\n"
     "server that what they built is there, and goes on with the first that is not done. A\n"
     "file whose steps were edited meanwhile is refused.\n\n"
     "Two runs exclude each other by an advisory lock; the second waits --run-lock-wait and\n"
     "then ends with 6, and says who holds it. Before the first change the server is asked\n"
     "what can be known to go wrong (see PREFLIGHT in migrate(1)), and on RDS a snapshot is\n"
     "taken when --snapshot says so.\n\n"
     "SIGINT and SIGTERM cancel the statement that runs, record where it stands and end; a\n"
     "second one ends at once. Both leave what up resumes from.",
     "migrate-backfill 1, migrate-down 1, migrate-plan 1, migrate-report 1, migrate-snapshot 1, migrate-status 1, "
     "migrate-backfill 7, migrate-history 7, migrate-json 7"},
    {"down",
     "Down parts run as up parts do: by steps, with locks, retries and records. What cannot be\n"
     "undone because it has no down part is refused before anything is changed.",
     "migrate-goto 1, migrate-redo 1, migrate-up 1, migrate-history 7"},
    {"redo",
     "The file is judged as up judges it. On a shared database write a new migration instead:\n"
     "others have applied the old one.",
     "migrate-down 1, migrate-up 1"},
    {"goto", "--dry-run shows which way it would go, and the steps.", "migrate-down 1, migrate-status 1, migrate-up 1"},
    {"status",
     "One line for each migration: state, version, name, when it was applied. A partial one\n"
     "says at which of its steps it stands. It needs no right but to read\n"
     "the history.",
     "migrate-up 1, migrate-validate 1, migrate-history 7, migrate-json 7"},
    {"runs",
     "Ids are those of the table runs of the history. A run that was killed is listed as died,\n"
     "with all it did until then: every event is written when it happens.",
     "migrate-report 1, migrate-history 7, migrate-json 7"},
    {"report",
     "Passwords of connection strings are never in the journal, nor is the DETAIL of an error,\n"
     "which may show a row.",
     "migrate-runs 1, migrate-history 7, migrate-json 7"},
    {"validate",
     "Exit code 1 when it found something. It is made for the end of a deploy and for a timer:\n"
     "an index that a killed CREATE INDEX CONCURRENTLY left behind costs every write, and no\n"
     "query shows it.",
     "migrate-status 1, migrate-up 1, migrate-history 7"},
    {"backfill",
     "Pausing does not lose anything: rows and position of each batch are committed together.\n"
     "What tune says is kept with the backfill, in its row of the history.",
     "migrate-up 1, migrate-backfill 7, migrate-history 7, migrate-json 7"},
    {"baseline",
     "Nothing of the files is run or compared with the database. Those that are recorded\n"
     "already are left as they are.",
     "migrate-adopt 1, migrate-mark 1, migrate-status 1, migrate-history 7"},
    {"mark",
     "It is for what happened outside: a migration that was run by hand, or undone by a\n"
     "restore. What was interrupted needs no mark: up resumes it.",
     "migrate-baseline 1, migrate-status 1, migrate-history 7"},
    {"adopt",
     "A file that is not what was applied (unless --accept-changed), or a migration that that\n"
     "tool itself calls half done, keeps everything from being recorded. A row without a file\n"
     "is shown and not recorded. What is known already stays as it is: adopting again\n"
     "records what is new.\n\n"
     "schema_migrations is the name of several tools' tables: which tool's it is, is told by\n"
     "its columns, and a table of another tool is refused by name.",
     "migrate-baseline 1, migrate-status 1, migrate-up 1, migrate-history 7"},
    {"dump",
     "Without -o the text goes to standard output; with it the file is replaced whole, or not\n"
     "at all. pg_dump is looked for in MIGRATE_PG_BIN, in PATH, and where PostgreSQL's\n"
     "packages put it; it connects as every session here does, without a password in its arguments.",
     "migrate-load 1, migrate-rehearse 1"},
    {"load",
     "The history is in the file, so that up goes on behind the last migration that the dump\n"
     "has.",
     "migrate-dump 1, migrate-up 1"},
    {"seed",
     "A file's own BEGIN and COMMIT are those of its transaction. Waiting for a lock ends after\n"
     "10 seconds. Rules judge migrations, not seeds: a seed changes rows, and no schema.",
     "migrate-ephemeral 1, migrate-load 1, migrate-up 1"},
    {"catalog",
     "The file is replaced as a whole, or not at all. It holds definitions as pg_dump\n"
     "--schema-only shows them (defaults, checks, bodies of SQL functions), and no rows,\n"
     "statistics of columns, passwords or privileges. One of another version of migrate is\n"
     "refused: pull it again. CATALOG FILE in migrate(1) has its tables, for sqlite3(1).",
     "migrate-lint 1, migrate-plan 1, migrate-json 7"},
    {"rules",
     "Conditions answer yes, no or unknown; unknown is never taken for safe, and a finding\n"
     "says what would settle it. A rule file that is broken is an error with its line.",
     "migrate-explain 1, migrate-lint 1, migrate-rules 5"},
    {"wait", "It tries again after 50 ms, then at longer intervals of up to some 2 s.", "migrate-up 1"},
    {"snapshot",
     "Nothing of this was ever run against AWS itself; it was tested against a stand-in. A\n"
     "run that was cut short leaves at most one snapshot, whose name is in the history before\n"
     "it is made, and the next run finds it.",
     "migrate-aws 1, migrate-up 1, migrate-history 7, migrate-json 7"},
    {"aws",
     "Nothing of this was ever run against AWS itself; it was tested against a stand-in.\n"
     "Secrets and tokens are shown by none of these.",
     "migrate-rehearse 1, migrate-snapshot 1, migrate-json 7"},
    {"ephemeral",
     "initdb and postgres are looked for in MIGRATE_PG_BIN, in PATH and where distributions\n"
     "put them, the newest first. The server listens on no network address. Called as root it runs as\n"
     "another user, because PostgreSQL refuses root.",
     "migrate-rehearse 1"},
    {"completion", NULL, NULL},
    {"version", NULL, "migrate-history 7"},
    {"help",
     "What is shown is made from the rows that the command line is read with, and so are the\n"
     "pages of the manual.",
     "migrate.yaml 5"},
};

const struct manual_prose *manual_prose(const char *command)
{
    for (size_t i = 0; i < countof(pages); i++) {
        if (strcmp(pages[i].command, command) == 0) {
            return &pages[i];
        }
    }
    return NULL;
}
