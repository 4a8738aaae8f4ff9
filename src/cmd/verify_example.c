#include "cmd/verify_example.h"

enum status example_judge(const struct rulebook *book, const struct example *e, int server_version, struct arena *a,
                          struct judged_part *part, struct error *err)
{
    const struct migration_options options = {.lenient = true};
    const struct judge_options judging = {.server_version = server_version};
    const bool has_setup = str_trim(e->setup).n > 0;
    struct catalog *catalog = arena_new(a, struct catalog);
    struct migration *setup = arena_new(a, struct migration), *m = arena_new(a, struct migration);
    struct judge judge;
    enum status status = migration_parse(STR("example.sql"), e->sql, &options, a, m, err);
    if (!status && has_setup) {
        status = migration_parse(STR("setup.sql"), e->setup, &options, a, setup, err);
    }
    if (status) {
        return status;
    }
    catalog_init(catalog, a);
    judge_init(&judge, book, &judging, catalog);
    if (has_setup) {
        judge_replay(&judge, setup);
    }
    status = judge_part(&judge, m, false, a, part, err);
    judge_free(&judge);
    return status;
}
