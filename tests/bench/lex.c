/*
 * lex.c - how fast the lexer, the splitter and the shapes are, against PostgreSQL's own scanner (through
 * libpg_query), in one run.
 *
 *     lex FOLDER [ROUNDS]    every .sql file below FOLDER; `make bench-lex CORPUS=FOLDER`
 *
 * Each contender reads all files ROUNDS times; the best round counts, by CPU time. Prints MB/s of one core and the ratio.
 */
#include <pg_query.h>

#include "base/file.h"
#include "sql/shape.h"

VEC_DECLARE(texts, struct str);

enum { MAX_FILE = 256 << 20 };

/* All .sql files below the folder, their bytes in the arena. */
static void gather(struct str folder, struct arena *a, struct texts *out)
{
    struct file_list list = {0};
    struct error err;
    if (file_list(arena_cstr(a, folder), a, &list, &err) != ST_OK) {
        fprintf(stderr, "%s\n", err.primary);
        exit(2);
    }
    for (size_t i = 0; i < list.n; i++) {
        const struct str path = path_join(a, folder, list.at[i].name);
        if (list.at[i].kind == FILE_FOLDER) {
            gather(path, a, out);
        } else if (list.at[i].kind == FILE_REGULAR && str_find(list.at[i].name, STR(".sql")) != SIZE_MAX) {
            struct str text;
            if (file_read(path.p, MAX_FILE, a, &text, &err) == ST_OK) {
                *vec_push(a, out) = text;
            }
        }
    }
}

static uint64_t run_lexer(struct str text)
{
    struct lexer lx;
    lex_init(&lx, text, false);
    uint64_t sum = 0;
    for (struct token t; (t = lex_next(&lx)).kind != TOK_END;) {
        sum += t.kind;
    }
    return sum;
}

static uint64_t run_lexer_extras(struct str text)
{
    struct lexer lx;
    lex_init(&lx, text, true);
    uint64_t sum = 0;
    for (struct token t; (t = lex_next(&lx)).kind != TOK_END;) {
        sum += t.kind;
    }
    return sum;
}

static uint64_t run_split(struct str text)
{
    struct splitter sp;
    splitter_init(&sp, text, 0, (uint32_t)text.n);
    uint64_t sum = 0;
    for (struct statement st; splitter_next(&sp, &st);) {
        sum += st.n_tokens;
    }
    splitter_free(&sp);
    return sum;
}

static uint64_t run_shape(struct str text)
{
    struct splitter sp;
    struct arena a;
    arena_init(&a, (size_t)1 << 30);
    splitter_init(&sp, text, 0, (uint32_t)text.n);
    uint64_t sum = 0;
    for (struct statement st; splitter_next(&sp, &st); arena_reset(&a)) {
        struct shape_list shapes = {0};
        shape_of(text, &st, &a, &shapes);
        sum += shapes.n;
    }
    splitter_free(&sp);
    arena_free(&a);
    return sum;
}

static uint64_t run_pg_query(struct str text)
{
    const PgQueryScanResult r = pg_query_scan(text.p);
    const uint64_t sum = r.pbuf.len;
    pg_query_free_scan_result(r);
    return sum;
}

/* CPU time, so that what else runs on the machine counts little. */
static int64_t cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static double best_rate(const struct texts *texts, size_t bytes, unsigned rounds, uint64_t (*run)(struct str))
{
    double best = 0;
    for (unsigned i = 0; i < rounds; i++) {
        const int64_t start = cpu_us();
        uint64_t sum = 0;
        for (size_t k = 0; k < texts->n; k++) {
            sum += run(texts->at[k]);
        }
        const int64_t us = cpu_us() - start;
        const double rate = (double)bytes / (double)(us > 0 && sum > 0 ? us : 1);
        best = rate > best ? rate : best;
    }
    return best;
}

int main(int argc, char **argv)
{
    int64_t rounds = 5;
    if (argc < 2 || (argc > 2 && !str_to_i64(str_of(argv[2]), 1, 1000, &rounds))) {
        fprintf(stderr, "usage: lex FOLDER [ROUNDS]\n");
        return 2;
    }
    struct arena a;
    struct texts texts = {0};
    arena_init(&a, (size_t)2 << 30);
    gather(str_of(argv[1]), &a, &texts);
    size_t bytes = 0;
    for (size_t i = 0; i < texts.n; i++) {
        bytes += texts.at[i].n;
    }
    const unsigned n = (unsigned)rounds;
    const double peer = best_rate(&texts, bytes, n, run_pg_query);
    printf("%zu files, %.1f MB\n", texts.n, (double)bytes / 1e6);
    printf("pg_query_scan        %7.1f MB/s\n", peer);
    static const struct {
        const char *name;
        uint64_t (*run)(struct str);
    } contenders[] = {
        {"lexer", run_lexer},
        {"lexer with extras", run_lexer_extras},
        {"lexer, splitter", run_split},
        {"... and shapes", run_shape},
    };
    for (size_t i = 0; i < countof(contenders); i++) {
        const double rate = best_rate(&texts, bytes, n, contenders[i].run);
        printf("%-20s %7.1f MB/s  %5.1f x pg_query_scan\n", contenders[i].name, rate, rate / peer);
    }
    arena_free(&a);
    return 0;
}
