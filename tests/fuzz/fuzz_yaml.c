/*
 * fuzz_yaml.c - whatever a YAML file holds: the reader refuses it with its place or gives a tree that lies in it, and so do the readers of
 * rule files and of migrate.yaml. A rule file that is taken can be asked.
 *
 * The first byte says what the file is: 0 a rule file, 1 migrate.yaml, else any.
 */
#include "fuzz.h"

#include "cmd/config.h"
#include "rules/judge.h"
#include "rules/rulebook.h"
#include "rules/yaml.h"

static size_t walk(const struct yaml *y, unsigned depth)
{
    size_t n = 1;
    HOLD(depth < 200 && y->line > 0 && y->column > 0);
    HOLD(y->kind != YAML_SCALAR || y->n == 0);
    for (size_t i = 0; i < y->n; i++) {
        HOLD(y->pairs[i].value);
        n += walk(y->pairs[i].value, depth + 1);
    }
    return n;
}

static void try_any(struct str text, struct arena *a)
{
    struct yaml *root = NULL;
    struct error err = {0};
    if (!refused(yaml_read("any.yaml", text, a, &root, &err), &err) && root) {
        HOLD(walk(root, 0) <= text.n + 1);
    }
}

/* Judge a file with the rules of the text among the others. */
static void try_rules(struct str text, struct arena *a)
{
    struct rulebook book;
    struct error err = {0};
    HOLD(rulebook_open(&book, &err) == ST_OK);
    if (!refused(rulebook_add_text(&book, "house.yaml", text, &err), &err)) {
        static const char sql[] = "CREATE TABLE t (a int, b text); ALTER TABLE t ADD c int NOT NULL DEFAULT 1, ALTER a TYPE bigint;"
                                  "CREATE INDEX i ON t (a); DROP TABLE t; UPDATE t SET a = 1; GRANT ALL ON t TO PUBLIC;";
        const struct migration_options options = {.lenient = true};
        const struct judge_options how = {.server_version = 15, .all_rules = true};
        struct catalog catalog;
        struct judge judge;
        struct migration m;
        struct judged_part part;
        catalog_init(&catalog, a);
        judge_init(&judge, &book, &how, &catalog);
        HOLD(migration_parse(STR("1_a.sql"), str_of(sql), &options, a, &m, &err) == ST_OK);
        (void)refused(judge_part(&judge, &m, false, a, &part, &err), &err);
        judge_free(&judge);
    } else {
        HOLD(err.line > 0);
    }
    rulebook_free(&book);
}

static void try_config(struct str text, struct arena *a)
{
    struct config config;
    struct settings set = {0};
    struct command_line line = {0};
    struct error err = {0};
    char path[32];
    FILE *file = nameless_file(text, path);
    set.config = path;
    (void)refused(config_load(&config, &line, a, &set, &err), &err);
    fclose(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    if (size == 0) {
        return 0;
    }
    const struct str text = {(const char *)data + 1, size - 1};
    arena_init(&a, (size_t)1 << 28);
    if (data[0] == '0') {
        try_rules(text, &a);
    } else if (data[0] == '1') {
        try_config(text, &a);
    } else {
        try_any(text, &a);
    }
    arena_free(&a);
    return 0;
}
