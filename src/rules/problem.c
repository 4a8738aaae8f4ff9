#include "rules/problem.h"

static const struct problem problems[] = {
    {STR_INIT("unreadable-statement"), STR_INIT("a statement could not be read"),
     STR_INIT("Broken tokens, or another tool's placeholder where it decides what the statement does. The rest of the "
              "file is judged; this statement is not.")},
    {STR_INIT("unknown-form"), STR_INIT("a statement is of no form that the rulebook knows"),
     STR_INIT("Which locks it takes, and whether it rewrites or reads a table, is not known. It is not judged.")},
    {STR_INIT("allow-without-reason"), STR_INIT("an allow comment gives no reason"),
     STR_INIT(
         "Write -- migrate:allow RULE because REASON. Without a reason nobody knows later whether it still holds.")},
    {STR_INIT("unknown-allow"), STR_INIT("an allow comment names a rule that there is not"),
     STR_INIT("migrate rules list shows the names of all rules. The comment allows nothing.")},
    {STR_INIT("mixed-transactions"), STR_INIT("the runner refuses the file"),
     STR_INIT("Flyway runs a file in one transaction or each statement in its own. It refuses a file in which it finds "
              "statements of both kinds, unless it is told mixed=true.")},
    {STR_INIT("unused-allow"), STR_INIT("an allow comment allows nothing"),
     STR_INIT("The rule finds nothing there any more. A comment that stays could hide a later finding.")},
    {STR_INIT("refused-by-up"), STR_INIT("migrate up refuses the file, and with it the folder"),
     STR_INIT(
         "Beside files with -- migrate:up lies one that is no migration: no version in its name, no marker in it, a "
         "version that another file has. migrate up reads all files before it runs the first, and stops here. With "
         "--runner of another tool this is not looked at.")},
    {STR_INIT("stale-baseline"), STR_INIT("an entry of the baseline stands for nothing"),
     STR_INIT("The finding that it names is gone. An entry that stays would hide the same finding when it comes back; "
              "migrate lint --write-baseline takes it out.")},
};

const struct problem *problem_at(size_t i)
{
    return i < countof(problems) ? &problems[i] : NULL;
}

const struct problem *problem_find(struct str id)
{
    for (size_t i = 0; i < countof(problems); i++) {
        if (str_eq(problems[i].id, id)) {
            return &problems[i];
        }
    }
    return NULL;
}
