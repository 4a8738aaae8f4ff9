/*
 * lint.c - how fast migrations are read, judged and replayed, files from disk to findings, in CPU time.
 *
 *     lint [-v] FOLDER [ROUNDS]    every .sql file below FOLDER; `make bench-lint CORPUS=FOLDER`
 *
 * The files of one folder are judged in order on one catalog, as one history. The best round counts. Prints MB/s, statements
 * per second, and what could not be told. -v lists the statements of no form and the unreadable ones.
 */
#include "base/file.h"
#include "rules/judge.h"

enum { MEMORY = 512 << 20 };

struct counts {
    uint64_t bytes, files, statements, findings, unreadable, unknown, refused;
};

struct bench {
    struct rulebook book;
    struct counts n;
    bool verbose;
};

/* CPU time, the kernel's part included: other work on the machine does not count. */
static int64_t cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void judge_one(struct bench *b, struct judge *j, const char *path, struct arena *a)
{
    const struct migration_options options = {.lenient = true};
    struct migration m;
    struct judged_part part;
    struct error err;
    b->n.files++;
    if (migration_read(path, &options, a, &m, &err)) {
        b->n.refused++;
        if (b->verbose) {
            printf("%s:%u: %s\n", path, err.line, err.primary);
        }
        return;
    }
    b->n.bytes += m.text.n;
    for (int down = 0; down < 2; down++) {
        if (judge_part(j, &m, down, a, &part, &err)) {
            b->n.refused++;
            continue;
        }
        b->n.statements += part.n_statements;
        b->n.findings += part.findings.n;
        b->n.unreadable += part.unreadable;
        b->n.unknown += part.unknown_forms;
        for (size_t i = 0; b->verbose && i < part.findings.n; i++) {
            const struct finding *f = &part.findings.at[i];
            if (!f->hazard) {
                printf("%s:%u: %.*s: %.*s: %.80s\n", path, f->line, STR_ARG(f->rule), STR_ARG(f->message),
                       arena_cstr(a, f->statement));
            }
        }
    }
}

static void judge_folder(struct bench *b, struct str folder)
{
    struct arena paths, catalog_memory, file_memory;
    struct file_list list = {0};
    struct catalog catalog;
    struct judge judge;
    struct error err;
    const struct judge_options options = {.server_version = 18, .findings_only = true};
    arena_init(&paths, MEMORY);
    arena_init(&catalog_memory, MEMORY);
    arena_init(&file_memory, MEMORY);
    catalog_init(&catalog, &catalog_memory);
    judge_init(&judge, &b->book, &options, &catalog);
    if (file_list(arena_cstr(&paths, folder), &paths, &list, &err)) {
        fprintf(stderr, "%s\n", err.primary);
        exit(2);
    }
    for (size_t i = 0; i < list.n; i++) {
        const struct str path = path_join(&paths, folder, list.at[i].name);
        if (list.at[i].kind == FILE_FOLDER) {
            judge_folder(b, path);
        } else if (list.at[i].kind == FILE_REGULAR && str_find(list.at[i].name, STR(".sql")) != SIZE_MAX) {
            judge_one(b, &judge, path.p, &file_memory);
            arena_reset(&file_memory);
        }
    }
    judge_free(&judge);
    arena_free(&file_memory);
    arena_free(&catalog_memory);
    arena_free(&paths);
}

int main(int argc, char **argv)
{
    struct bench b = {.verbose = argc > 1 && strcmp(argv[1], "-v") == 0};
    struct error err;
    int64_t rounds = 5, best = INT64_MAX;
    const int at = b.verbose ? 2 : 1;
    if (at >= argc || (at + 1 < argc && !str_to_i64(str_of(argv[at + 1]), 1, 1000, &rounds)) ||
        rulebook_open(&b.book, &err)) {
        fprintf(stderr, "usage: lint [-v] FOLDER [ROUNDS]\n");
        return 2;
    }
    for (int64_t i = 0; i < (b.verbose ? 1 : rounds); i++) {
        b.n = (struct counts){0};
        const int64_t start = cpu_us();
        judge_folder(&b, str_of(argv[at]));
        const int64_t took = cpu_us() - start;
        best = took < best ? took : best;
    }
    const double seconds = (double)best / 1e6;
    printf("%.1f MB/s  %.0f statements/s  (%" PRIu64 " files, %.1f MB, %" PRIu64 " statements, %" PRIu64
           " findings, %" PRIu64 " of no form, %" PRIu64 " unreadable, %" PRIu64 " files refused)\n",
           (double)b.n.bytes / 1e6 / seconds, (double)b.n.statements / seconds, b.n.files, (double)b.n.bytes / 1e6,
           b.n.statements, b.n.findings, b.n.unknown, b.n.unreadable, b.n.refused);
    rulebook_free(&b.book);
    return 0;
}
