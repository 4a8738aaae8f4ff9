#include "cmd/exit.h"

static const struct {
    enum status status;
    int code;
    const char *meaning;
} table[] = {
    {ST_OK, 0, "done, or nothing to do"},
    {ST_CHECK, 1, "the check says no"},
    {ST_USAGE, 2, "usage, configuration, migration file or rulebook error"},
    {ST_SERVER, 3, "the server refused; the failing step left nothing behind"},
    {ST_GAVE_WAY, 4, "gave way: lock or time budget spent, nothing half-done, safe to retry"},
    {ST_CONFLICT, 5, "history conflict: edited, missing or out-of-order files"},
    {ST_RUN_LOCKED, 6, "another run holds the lock"},
    {ST_PARTIAL, 7, "stopped part-way through a step that cannot be rolled back; migrate up resumes it"},
    {ST_REMOTE, 8, "the snapshot failed; nothing was changed"},
    {ST_SYSTEM, 71, "the system refused: memory, disk, a file"},
};

int exit_code(enum status status, int signal)
{
    if (status == ST_INTERRUPTED) {
        return 128 + (signal > 0 ? signal : 2);
    }
    for (size_t i = 0; i < countof(table); i++) {
        if (table[i].status == status) {
            return table[i].code;
        }
    }
    BUG("status %d without an exit code", (int)status);
}

const char *exit_code_meaning(int code)
{
    for (size_t i = 0; i < countof(table); i++) {
        if (table[i].code == code) {
            return table[i].meaning;
        }
    }
    BUG("exit code %d without a meaning", code);
}
