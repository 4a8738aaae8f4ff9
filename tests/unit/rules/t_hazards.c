/*
 * Probes of the hazards: tests/cases/hazards/<group>.case, in the format of tests/unit/sql/cases.h. Each case holds what is wrong and, beside it,
 * what only looks like it; expected are all findings of the rules that are on, one a line: "LINE severity rule", behind "FILE:" when
 * there are several files. The input may begin with
 *
 *     version N            judge for that server
 *     platform rds         or aurora
 *     with RULE RULE …     these are on, too
 *
 * What stands before a line "----" is replayed first, as an earlier file; a line "++++" begins the next file that is judged. Every hazard of the
 * rulebook is to be found in some case, and no statement may have two findings with the same remedy.
 */
#include "rules/judge.h"

#include "base/file.h"

#include "../sql/cases.h"

enum { MAX_FILES = 16 };

static struct rulebook book;
static bool *seen; /* by hazard */

struct probe {
    struct judge_options options;
    struct str with, before, files[MAX_FILES];
    size_t n_files;
};

static struct str cut(struct str *rest, struct str mark)
{
    const size_t at = str_find(*rest, mark);
    const struct str part = str_slice(*rest, 0, at == SIZE_MAX ? rest->n : at);
    *rest = at == SIZE_MAX ? STR("") : str_slice(*rest, at + mark.n, rest->n);
    return part;
}

static struct probe read_probe(struct str input)
{
    struct probe p = {.options = {.all_rules = true}, .with = STR(""), .before = STR("")};
    struct str rest = input, line;
    while (str_next(&rest, '\n', &line)) {
        int64_t n = 0;
        if (str_starts(line, STR("version ")) && str_to_i64(str_slice(line, 8, line.n), 13, 18, &n)) {
            p.options.server_version = (int)n;
        } else if (str_starts(line, STR("platform "))) {
            p.options.platform = str_ends(line, STR("aurora")) ? PLATFORM_AURORA : PLATFORM_RDS;
        } else if (str_starts(line, STR("with "))) {
            p.with = str_slice(line, 5, line.n);
        } else {
            break;
        }
        input = rest;
    }
    if (str_find(input, STR("----\n")) != SIZE_MAX) {
        p.before = cut(&input, STR("----\n"));
    }
    while (input.n > 0 && p.n_files < MAX_FILES) {
        p.files[p.n_files++] = cut(&input, STR("++++\n"));
    }
    return p;
}

static bool is_on(const struct probe *p, const struct finding *f)
{
    struct str rest = p->with, word;
    bool on = !f->hazard || !f->hazard->off;
    while (str_next(&rest, ' ', &word)) {
        on = on || str_eq(word, f->rule);
    }
    return on && !f->suppressed;
}

static void mark_seen(const struct finding *f)
{
    for (size_t i = 0; i < book.n_hazards; i++) {
        seen[i] = seen[i] || book.hazards[i] == f->hazard;
    }
}

static void one_per_remedy(const struct finding_list *list)
{
    for (size_t i = 0; i + 1 < list->n; i++) {
        const struct hazard *a = list->at[i].hazard, *b = list->at[i + 1].hazard;
        if (a && b && list->at[i].start == list->at[i + 1].start && a->remedy.n > 0 && str_eq(a->remedy, b->remedy)) {
            fail_msg("line %u: %.*s and %.*s have the same remedy", list->at[i].line, STR_ARG(a->id), STR_ARG(b->id));
        }
    }
}

static void show(const struct probe *p, const struct finding_list *list, const char *file, struct strbuf *out)
{
    one_per_remedy(list);
    for (size_t i = 0; i < list->n; i++) {
        const struct finding *f = &list->at[i];
        if (is_on(p, f)) {
            strbuf_addf(out, "%s%u %s %.*s\n", file, f->line, severity_name(f->severity), STR_ARG(f->rule));
            mark_seen(f);
        }
    }
}

static struct migration *parse(struct str text, size_t number, struct arena *a)
{
    const struct migration_options options = {.lenient = true};
    struct migration *m = arena_new(a, struct migration);
    struct error err;
    if (migration_parse(arena_printf(a, "%zu_probe.sql", number), text, &options, a, m, &err)) {
        fail_msg("%s", err.primary);
    }
    return m;
}

/* The number of a file of judge_finish(), "1_probe.sql". */
static const char *number_of(const struct judged_part *part, struct arena *a)
{
    const struct str file = part->migration->file;
    return arena_printf(a, "%.*s:", (int)str_find_char(file, '_'), file.p).p;
}

static void judge_probe(struct probe p, bool findings_only, struct arena *a, struct strbuf *out)
{
    struct catalog catalog;
    struct judge judge;
    struct judged_part part;
    struct judged_part_list rest;
    struct error err;
    p.options.findings_only = findings_only;
    catalog_init(&catalog, a);
    judge_init(&judge, &book, &p.options, &catalog);
    if (p.before.n > 0) {
        judge_replay(&judge, parse(p.before, 0, a));
    }
    for (size_t i = 0; i < p.n_files; i++) {
        const char *file = p.n_files > 1 ? arena_printf(a, "%zu:", i + 1).p : "";
        if (judge_part(&judge, parse(p.files[i], i + 1, a), false, a, &part, &err)) {
            fail_msg("%s", err.primary);
        }
        show(&p, &part.findings, file, out);
    }
    judge_finish(&judge, a, &rest);
    for (size_t i = 0; i < rest.n; i++) {
        show(&p, &rest.at[i].findings, p.n_files > 1 ? number_of(&rest.at[i], a) : "", out);
    }
    judge_free(&judge);
}

/* The same is found whether the statements are kept or not. */
static void run(struct str input, struct arena *a, struct strbuf *out)
{
    const struct probe p = read_probe(input);
    struct strbuf kept;
    strbuf_init(&kept, 1 << 20);
    judge_probe(p, true, a, out);
    judge_probe(p, false, a, &kept);
    assert_string_equal(strbuf_cstr(&kept), strbuf_cstr(out));
    strbuf_free(&kept);
}

static void probes(void **state)
{
    struct arena a;
    struct file_list files = {0};
    struct error err;
    (void)state;
    arena_init(&a, (size_t)16 << 20);
    assert_int_equal(file_list("tests/cases/hazards", &a, &files, &err), ST_OK);
    for (size_t i = 0; i < files.n; i++) {
        if (str_ends(files.at[i].name, STR(".case"))) {
            check_cases(path_join(&a, STR("tests/cases/hazards"), files.at[i].name).p, run);
        }
    }
    arena_free(&a);
}

static void every_hazard_is_probed(void **state)
{
    unsigned missing = 0;
    (void)state;
    for (size_t i = 0; i < book.n_hazards; i++) {
        if (!seen[i]) {
            print_error("no probe finds %.*s\n", STR_ARG(book.hazards[i]->id));
            missing++;
        }
    }
    assert_int_equal(missing, 0);
}

int main(void)
{
    struct error err;
    if (rulebook_open(&book, &err)) {
        return 1;
    }
    seen = mem_alloc(book.n_hazards * sizeof *seen);
    memset(seen, 0, book.n_hazards * sizeof *seen);
    const struct CMUnitTest tests[] = {cmocka_unit_test(probes), cmocka_unit_test(every_hazard_is_probed)};
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(seen);
    rulebook_free(&book);
    return failed;
}
