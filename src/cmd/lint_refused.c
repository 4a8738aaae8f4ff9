#include "cmd/lint_refused.h"

#include "migration/layout.h"
#include "migration/read.h"
#include "rules/finding.h"
#include "rules/severity.h"

struct refusal {
    const struct judge_options *options;
    struct arena *a;
    struct judged_part_list *out;
};

/* A finding at the error's line of the file, or at its beginning. */
static void refuse(struct refusal *r, struct str file, struct str text, const struct error *why)
{
    struct migration *m = arena_new(r->a, struct migration);
    struct judged_part part = {.migration = m, .finished = true};
    struct line_map lines;
    uint32_t at = 0;
    *m = (struct migration){.file = arena_str(r->a, file), .text = text};
    line_map_init(&lines, text);
    struct finding_context c = {.migration = m, .lines = &lines, .a = r->a, .out = &part.findings};
    map_init(&c.marks, r->a);
    if (why->line > 0 && why->line <= lines.starts.n) {
        at = lines.starts.at[why->line - 1];
    }
    struct finding *f = finding_add(&c, STR("refused-by-up"), SEVERITY_ERROR, at, at, NULL);
    f->message = arena_printf(r->a, "migrate up refuses this: %s", why->primary);
    f->remark = arena_str(r->a, str_of(why->hint));
    line_map_free(&lines);
    severities_settle(r->options, &part.findings);
    if (part.findings.n > 0) {
        *vec_push(r->a, r->out) = part;
    }
}

static bool is_candidate(struct str name)
{
    const struct str ending = str_slice(name, name.n < 4 ? 0 : name.n - 4, name.n);
    return name.n > 4 && name.p[0] != '.' && str_eq_nocase(ending, STR(".sql"));
}

/* What names and kinds of files tell. */
static enum status check_names(struct refusal *r, struct str folder, struct error *err)
{
    const struct migration_options strict = {.layout = &layout_native};
    struct file_list entries = {0};
    const enum status status = file_list(folder.p, r->a, &entries, err);
    for (size_t i = 0; i < entries.n && !status; i++) {
        const struct file_entry *e = &entries.at[i];
        const char *hint = "";
        struct migration m = {.file = path_join(r->a, folder, e->name)};
        struct error why = {0};
        const char *obstacle = is_candidate(e->name) ? layout_obstacle(e, &hint) : NULL;
        if (obstacle) {
            (void)error_set(&why, ST_USAGE, "%s", obstacle);
            error_hint(&why, "%s", hint);
        }
        if (obstacle || (is_candidate(e->name) && migration_name(&m, &strict, &why))) {
            refuse(r, m.file, STR(""), &why);
        }
    }
    return status;
}

static void check_versions(struct refusal *r, const struct lint_file_list *files)
{
    const struct lint_file *last = NULL;
    for (size_t i = 0; i < files->n; i++) {
        const struct lint_file *f = &files->at[i];
        struct error why = {0};
        if (f->version.n == 0 || f->undo) {
            continue;
        }
        if (last && version_cmp(last->version, f->version) == 0) {
            (void)error_set(&why, ST_USAGE, "version %.*s is taken by %.*s", STR_ARG(f->version), STR_ARG(last->name));
            error_hint(&why, "versions are compared as numbers: give one of the two files another one");
            refuse(r, f->name, STR(""), &why);
        }
        last = f;
    }
}

enum status lint_refused(const struct lint_folder *folder, const struct path_texts *unmarked,
                         const struct judge_options *options, struct arena *a, struct judged_part_list *out,
                         struct error *err)
{
    struct refusal r = {.options = options, .a = a, .out = out};
    const struct migration_options strict = {.layout = &layout_native};
    *out = (struct judged_part_list){0};
    const enum status status = check_names(&r, folder->path, err);
    check_versions(&r, &folder->files);
    for (size_t i = 0; i < unmarked->n && !status; i++) {
        struct migration m = {.file = unmarked->at[i]};
        struct error why = {0};
        if (!migration_name(&m, &strict, &why) && migration_fetch(&m, &strict, a, &why)) {
            refuse(&r, m.file, m.text, &why);
        }
    }
    return status;
}

/* The first refusal ends it: behind a broken link of the chain nothing can be said. */
enum status lint_refused_signed(const struct lint_folder *folder, const struct judge_options *options, struct arena *a,
                                struct judged_part_list *out, struct error *err)
{
    struct refusal r = {.options = options, .a = a, .out = out};
    const struct migration_options strict = {.layout = &layout_graphile_migrate};
    struct migration_list list = {0};
    const struct migration *wrong = NULL;
    struct error why = {0};
    enum status status = ST_OK;
    *out = (struct judged_part_list){0};
    for (size_t i = 0; i < folder->files.n && !status; i++) {
        const struct lint_file *f = &folder->files.at[i];
        struct migration *m = vec_push(a, &list);
        *m = (struct migration){.file = f->path};
        if (str_eq(f->path, STR("-")) || migration_name(m, &strict, &why)) {
            list.n--; /* current.sql, fixtures */
            continue;
        }
        status = migration_fetch(m, &strict, a, &why);
        wrong = status ? m : NULL;
    }
    status = status ? status : graphile_check(&list, &wrong, &why);
    if (status == ST_SYSTEM) {
        *err = why;
        return status;
    }
    for (size_t i = 0; i < folder->files.n && status; i++) {
        if (folder->files.at[i].judged && str_eq(folder->files.at[i].path, wrong->file)) {
            refuse(&r, wrong->file, wrong->text, &why);
        }
    }
    return ST_OK;
}
