/*
 * fuzz_judge.c - whatever a pull request brings: both parts of any file are judged, with all rules and their fixes, on top of what any
 * other file left, and every finding lies in the file.
 *
 * The first byte chooses the server's version, and whether fixes are written. Bytes before a line "----" are an earlier file.
 */
#include "fuzz.h"

#include "rules/judge.h"

static void check(const struct judged_part *part, struct str text)
{
    for (size_t i = 0; i < part->findings.n; i++) {
        const struct finding *f = &part->findings.at[i];
        HOLD(f->start <= f->end && f->end <= text.n && f->line > 0 && f->rule.n > 0 && f->message.n > 0);
    }
    for (size_t i = 0; i < part->statements.n; i++) {
        const struct judged_statement *s = &part->statements.at[i];
        HOLD(s->n_actions == 0 || s->actions);
    }
}

static bool read_file(const char *file, struct str text, struct arena *a, struct migration *m)
{
    const struct migration_options options = {.lenient = true};
    struct error err = {0};
    return !refused(migration_parse(str_of(file), text, &options, a, m, &err), &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct rulebook book; /* compiled patterns are kept from one input to the next: a million compilations would be all that ran */
    static struct catalog catalog;
    struct arena a;
    struct error err = {0};
    if (size == 0) {
        return 0;
    }
    if (!book.forms) {
        HOLD(rulebook_open(&book, &err) == ST_OK);
    }
    struct str text = {(const char *)data + 1, size - 1}, before = STR_NONE;
    const size_t line = str_find(text, STR("----\n"));
    if (line != SIZE_MAX) {
        before = str_slice(text, 0, line);
        text = str_slice(text, line + 5, text.n);
    }
    arena_init(&a, (size_t)1 << 29);
    const struct judge_options how = {.server_version = 13 + data[0] % 6, .all_rules = true, .fixes = data[0] & 64};
    struct judge judge;
    struct migration first, m;
    struct judged_part_list rest = {0};
    catalog_init(&catalog, &a);
    judge_init(&judge, &book, &how, &catalog);
    if (read_file("1_a.sql", before, &a, &first)) {
        judge_replay(&judge, &first);
    }
    if (read_file("2_b.sql", text, &a, &m)) {
        struct judged_part up, down;
        if (!refused(judge_part(&judge, &m, false, &a, &up, &err), &err)) {
            check(&up, m.text);
        }
        struct judge_saved *saved = judge_save(&judge, true);
        if (m.down.present && !refused(judge_part(&judge, &m, true, &a, &down, &err), &err)) {
            check(&down, m.text);
        }
        judge_restore(&judge, saved);
    }
    judge_finish(&judge, &a, &rest);
    for (size_t i = 0; i < rest.n; i++) {
        check(&rest.at[i], rest.at[i].migration->text);
    }
    judge_free(&judge);
    arena_free(&a);
    return 0;
}
