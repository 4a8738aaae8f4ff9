/*
 * cost.c - what a program costs: the least CPU time of several runs, user and system together, and the most memory.
 *
 *     cost ROUNDS PROGRAM [ARGUMENT…]
 *
 * Prints "MICROSECONDS KILOBYTES". What the program writes and its exit code do not count, but it must exit: a signal is an error.
 */
#include "base/str.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>

static int64_t microseconds(struct timeval t)
{
    return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

NORETURN static void run(char **argv)
{
    const int null = open("/dev/null", O_RDWR);
    if (null >= 0 && dup2(null, 0) >= 0 && dup2(null, 1) >= 0 && dup2(null, 2) >= 0) {
        execvp(argv[0], argv);
    }
    _exit(127);
}

int main(int argc, char **argv)
{
    int64_t rounds, best = INT64_MAX;
    long memory = 0;
    if (argc < 3 || !str_to_i64(str_of(argv[1]), 1, 1000, &rounds)) {
        fprintf(stderr, "usage: cost ROUNDS PROGRAM [ARGUMENT…]\n");
        return 2;
    }
    for (int64_t i = 0; i < rounds; i++) {
        struct rusage used;
        int status;
        const pid_t child = fork();
        if (child == 0) {
            run(argv + 2);
        }
        if (child < 0 || wait4(child, &status, 0, &used) != child || !WIFEXITED(status) || WEXITSTATUS(status) == 127) {
            fprintf(stderr, "cost: %s did not run to its end\n", argv[2]);
            return 2;
        }
        const int64_t took = microseconds(used.ru_utime) + microseconds(used.ru_stime);
        best = took < best ? took : best;
        memory = used.ru_maxrss > memory ? used.ru_maxrss : memory;
    }
    printf("%" PRId64 " %ld\n", best, memory);
    return 0;
}
