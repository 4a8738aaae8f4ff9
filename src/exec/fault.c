#include "exec/fault.h"

#ifdef FAULTS

#    include "base/error.h"

#    include <signal.h>
#    include <sys/wait.h>

static void fault_do(const char *command)
{
    int state;
    const pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    while (pid > 0 && waitpid(pid, &state, 0) < 0 && errno == EINTR) {
    }
}

static void fault_log(const char *name)
{
    const char *const path = getenv("MIGRATE_FAULT_LOG");
    FILE *const f = path ? fopen(path, "ae") : NULL;
    if (f) {
        fprintf(f, "%s\n", name);
        fclose(f);
    }
}

bool fault_wanted(const char *name)
{
    const struct str wanted = str_of(getenv("MIGRATE_FAULT"));
    return getenv("MIGRATE_FAULT_LOG") || str_eq(str_slice(wanted, 0, str_find_char(wanted, ':')), str_of(name));
}

void fault_point(const char *name)
{
    static int64_t passed; /* how often the wanted point was passed */
    const struct str wanted = str_of(getenv("MIGRATE_FAULT"));
    const size_t colon = str_find_char(wanted, ':');
    const char *const command = getenv("MIGRATE_FAULT_DO");
    int64_t n;
    fault_log(name);
    if (colon == SIZE_MAX || !str_eq(str_slice(wanted, 0, colon), str_of(name))) {
        return;
    }
    if (!str_to_i64(str_slice(wanted, colon + 1, wanted.n), 1, INT32_MAX, &n)) {
        BUG("MIGRATE_FAULT is NAME:N, not %.*s", STR_ARG(wanted));
    }
    if (++passed != n) {
        return;
    }
    if (command) {
        fault_do(command);
        return;
    }
    raise(SIGKILL);
}

#else

/* A translation unit needs a declaration. */
struct fault;

#endif
