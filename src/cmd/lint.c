/* lint: judge migrations without a database. */
#include "report/lint.h"
#include "base/term.h"
#include "cmd/base.h"
#include "cmd/commands.h"
#include "cmd/lint_baseline.h"
#include "cmd/lint_choose.h"
#include "cmd/lint_read.h"
#include "cmd/lint_refused.h"
#include "cmd/lint_write.h"
#include "migration/layout.h"

/*
 * One arena per file, given back before the next; one for the model of each folder. Neither bound is a working size:
 * they end a run that has gone wrong before it takes the machine with it.
 */
enum { MODEL_ARENA_MAX = 1 << 30 };
/* Fixes need all statements of a file: of one that nobody wrote by hand they are not shown. */
enum { FIXES_MAX = 1 << 20 };
#define FILE_ARENA_MAX ((size_t)4 << 30)

struct lint {
    struct context *c;
    struct judge_options options;
    const struct layout *layout; /* NULL: detect */
    struct lint_report report;
    struct arena file_arena, model_arena; /* of a file; of a folder */
    struct catalog catalog;
    struct catalog_info info;
    const struct lint_file *previous; /* of the folder: the last one that goes forward */
    size_t natives;                   /* of the folder: files with markers */
    bool has_signed;                  /* and files that graphile-migrate signed */
    struct path_texts unmarked;       /* and without; in the model's arena */
    struct lint_passed passed;
    struct baseline baseline;
    bool has_baseline;
    enum status worst; /* of files that could not be read */
};

static void say(const struct error *err)
{
    struct strbuf out;
    strbuf_init(&out, 1 << 16);
    error_format(err, &out);
    context_say(strbuf_str(&out));
    strbuf_free(&out);
}

static void complain(struct lint *l, const struct lint_file *f, const struct error *err)
{
    say(err);
    lint_report_failed(&l->report, f->name, err);
    l->worst = err->status == ST_SYSTEM && l->worst != ST_USAGE ? ST_SYSTEM : ST_USAGE;
}

static enum status read_migration(struct lint *l, const struct lint_file *f, struct migration *m, struct error *err)
{
    const struct migration_options options = {.layout = l->layout, .lenient = true};
    struct str text;
    if (!str_eq(f->path, STR("-"))) {
        return migration_read(f->path.p, &options, &l->file_arena, m, err);
    }
    const enum status status = file_read("-", MIGRATION_MAX_BYTES, &l->file_arena, &text, err);
    return status ? status : migration_parse(f->name, text, &options, &l->file_arena, m, err);
}

/* A file that is only replayed: what it leaves behind is not known to those behind it. */
static void warn_unread(const struct lint *l, const struct lint_file *f)
{
    struct strbuf line;
    if (l->c->set.quiet) {
        return;
    }
    strbuf_init(&line, 8192);
    strbuf_add_cstr(&line, "note: ");
    term_escape(&line, f->name);
    strbuf_add_cstr(&line, " cannot be read, so what it does is not known to the files behind it; migrate lint ");
    term_escape(&line, f->name);
    strbuf_add_cstr(&line, " says why\n");
    context_say(strbuf_str(&line));
    strbuf_free(&line);
}

static void report(struct lint *l, const struct judged_part *part)
{
    if (l->has_baseline) {
        baseline_apply(&l->baseline, part);
    }
    lint_report_part(&l->report, part);
}

/* Returns whether the part could be judged. */
static bool judge_and_report(struct lint *l, struct judge *judge, const struct lint_file *f, const struct migration *m,
                             bool down)
{
    struct judged_part part;
    struct error err = {0};
    judge->options.fixes = l->report.fixes && m->text.n <= FIXES_MAX;
    judge->options.findings_only = !judge->options.fixes;
    if (judge_part(judge, m, down, &l->file_arena, &part, &err)) {
        complain(l, f, &err);
        return false;
    }
    part.finished = down && m->up.present && l->c->set.parts != PARTS_DOWN;
    if (l->has_baseline) {
        baseline_judged(&l->baseline, m->file);
    }
    report(l, &part);
    return true;
}

static void lint_parts(struct lint *l, struct judge *judge, const struct lint_file *f, const struct migration *m)
{
    const int parts = l->c->set.parts;
    bool whole = true;
    if (m->up.present && parts == PARTS_DOWN) {
        judge_replay(judge, m);
    } else if (m->up.present) {
        whole = judge_and_report(l, judge, f, m, false);
    }
    if (whole && m->down.present && parts != PARTS_UP) {
        const bool undoes = m->up.present || lint_is_pair(l->previous, f);
        struct judge_saved *saved = judge_save(judge, undoes);
        (void)judge_and_report(l, judge, f, m, true);
        judge_restore(judge, saved);
    }
}

static void lint_file(struct lint *l, struct judge *judge, const struct lint_file *f)
{
    struct migration m;
    struct error err = {0};
    arena_reset(&l->file_arena);
    if (base_applied(&l->info, f->version)) {
        l->passed.applied += f->judged;
        return; /* the catalog is as that file left it */
    }
    const enum status status = read_migration(l, f, &m, &err);
    if (!status) {
        l->natives += m.layout == &layout_native;
        l->has_signed = l->has_signed || graphile_signed(m.text);
        if (m.layout != &layout_native && !str_eq(f->path, STR("-"))) {
            *vec_push(&l->c->arena, &l->unmarked) = f->path;
        }
        lint_as_sent(l->options.runner, &m, &l->file_arena);
    }
    if (status) {
        if (f->judged) {
            complain(l, f, &err);
        } else {
            warn_unread(l, f);
        }
    } else if (!f->judged) {
        judge_replay(judge, &m);
    } else {
        lint_parts(l, judge, f, &m);
    }
    l->previous = f->undo ? l->previous : f;
}

/* What `up` would refuse of a folder that it is to run. */
static void report_refused(struct lint *l, const struct lint_folder *folder)
{
    struct judged_part_list parts = {0};
    struct error err = {0};
    enum status status = ST_OK;
    arena_reset(&l->file_arena);
    if (l->has_signed && (!l->layout || l->layout == &layout_graphile_migrate)) {
        status = lint_refused_signed(folder, &l->options, &l->file_arena, &parts, &err);
    } else if (l->natives > 0 && folder->searched && !l->options.runner && !l->layout) {
        status = lint_refused(folder, &l->unmarked, &l->options, &l->file_arena, &parts, &err);
    }
    if (status) {
        say(&err);
        l->worst = err.status;
    }
    for (size_t i = 0; i < parts.n; i++) {
        report(l, &parts.at[i]);
    }
}

static void lint_folder(struct lint *l, const struct lint_folder *folder)
{
    struct judge judge;
    l->previous = NULL;
    l->natives = 0;
    l->has_signed = false;
    l->unmarked = (struct path_texts){0};
    judge_init(&judge, &l->c->book, &l->options, &l->catalog);
    for (size_t i = 0; i < folder->files.n; i++) {
        lint_file(l, &judge, &folder->files.at[i]);
    }
    struct judged_part_list rest;
    arena_reset(&l->file_arena);
    judge_finish(&judge, &l->file_arena, &rest);
    for (size_t i = 0; i < rest.n; i++) {
        report(l, &rest.at[i]);
    }
    judge_free(&judge);
    report_refused(l, folder);
}

/* The catalog that a folder's files are judged on. */
static enum status begin_folder(struct lint *l, struct error *err)
{
    arena_reset(&l->model_arena);
    catalog_init(&l->catalog, &l->model_arena);
    l->info = (struct catalog_info){0};
    const enum status status = base_catalog(l->c, &l->catalog, &l->info, err);
    l->options = base_options(l->c, &l->catalog, &l->info);
    l->options.runner = runner_at((size_t)l->c->set.runner);
    l->options.findings_only = true;
    l->options.no_fingerprints = !l->has_baseline && !lint_format_fingerprints(lint_format_at(l->c->set.format));
    return status;
}

/* ---- the baseline ---- */

static enum status open_baseline(struct lint *l, struct error *err)
{
    struct context *c = l->c;
    l->has_baseline = c->set.baseline && c->set.baseline[0];
    if (c->set.write_baseline && !l->has_baseline) {
        error_set(err, ST_USAGE, "--write-baseline: to which file?");
        error_hint(err, "--baseline lint-baseline.json; or the key baseline of migrate.yaml");
        return ST_USAGE;
    }
    return l->has_baseline ? baseline_open(&l->baseline, c->set.baseline, c->set.write_baseline, &c->arena, err)
                           : ST_OK;
}

static void report_stale(struct lint *l)
{
    struct judged_part part;
    baseline_stale(&l->baseline, &l->c->book, &l->options, &part);
    if (part.findings.n > 0) {
        lint_report_part(&l->report, &part);
    }
}

/* Only when all was read: what could not be judged would be missing. */
static enum status write_baseline(struct lint *l, struct error *err)
{
    struct baseline *b = &l->baseline;
    if (l->worst) {
        return error_set(err, l->worst, "%s is not written: not every file could be read", b->path);
    }
    return baseline_write(b, err);
}

static void tell_written(const struct lint *l)
{
    const struct baseline *b = &l->baseline;
    struct strbuf line;
    strbuf_init(&line, 8192);
    term_escape(&line, str_of(b->path));
    strbuf_addf(&line, ": %zu finding%s, %" PRIu64 " new, %" PRIu64 " gone", b->found.n, b->found.n == 1 ? "" : "s",
                b->n_added, b->n_gone);
    if (b->n_kept > 0) {
        strbuf_addf(&line, ", %" PRIu64 " of files not judged now kept", b->n_kept);
    }
    strbuf_add_char(&line, '\n');
    context_say(strbuf_str(&line));
    strbuf_free(&line);
}

/* ---- all of it ---- */

static enum status find_files(struct context *c, struct lint_folder_list *folders, struct error *err)
{
    struct str_list operands = {0};
    enum status status = ST_OK;
    for (size_t i = 0; i < c->args.n; i++) {
        *vec_push(&c->arena, &operands) = str_of(c->args.at[i]);
    }
    const struct lint_files_options how = {.stdin_name = c->set.stdin_filename, .allow_empty = c->set.allow_empty};
    if (operands.n == 0 && how.stdin_name) {
        *vec_push(&c->arena, &operands) = STR("-");
    } else if (operands.n == 0) {
        status = context_folders(c, &operands, err);
    }
    if (!status && c->set.write_baseline && operands.n == 1 && str_eq(operands.at[0], STR("-")) && !how.stdin_name) {
        status = error_set(err, ST_USAGE, "--write-baseline: standard input has no name to be found by later");
    }
    return status ? status : lint_files_find(operands.at, operands.n, &how, &c->arena, folders, err);
}

/* ---- --fix and --diff ---- */

static enum status write_fixes(struct lint *l, const struct lint_folder_list *folders, struct error *err)
{
    const struct context *c = l->c;
    struct lint_fix_options how = {.layout = l->layout, .runner = runner_at((size_t)c->set.runner)};
    if (c->set.diff && (c->set.format != 0 || c->set.fix)) {
        error_set(err, ST_USAGE, "--diff shows what --fix would write, and nothing else");
        error_hint(err, "leave out --format, or --fix");
        return ST_USAGE;
    }
    if (c->set.write_baseline) {
        return error_set(err, ST_USAGE, "--write-baseline is for what nobody fixes: leave out --fix and --diff");
    }
    return lint_write(l->c, folders, &how, err);
}

static enum status run(struct context *c, struct error *err)
{
    struct lint l = {.c = c};
    struct lint_folder_list folders;
    enum status status = context_rulebook(c, err);
    if (!status && c->set.show_config) {
        return config_show(c, err);
    }
    if (!status) {
        status = find_files(c, &folders, err);
    }
    if (!status) {
        status = lint_choose(c, &folders, &l.passed, err);
    }
    if (!status) {
        status = context_layout(c, &l.layout, err);
    }
    if (!status) {
        status = open_baseline(&l, err);
    }
    if (!status && (c->set.fix || c->set.diff)) {
        status = write_fixes(&l, &folders, err);
    }
    arena_init_saved(&l.model_arena, MODEL_ARENA_MAX); /* at each down part */
    arena_init(&l.file_arena, FILE_ARENA_MAX);
    if (!status) {
        status = begin_folder(&l, err);
    }
    if (status) {
        arena_free(&l.model_arena);
        return status;
    }
    static const enum severity from[] = {SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE};
    lint_report_begin(&l.report, c->set.diff ? &lint_format_none : lint_format_at(c->set.format), stdout);
    l.report.fixes = lint_format_fixes(l.report.format) ? &l.options : NULL;
    l.report.gated = c->set.gate != GATE_OFF;
    l.report.gate = l.report.gated ? from[c->set.gate] : SEVERITY_ERROR;
    l.report.colour = context_colour(c, STDOUT_FILENO);
    l.report.quiet = c->set.quiet;
    l.report.verbose = c->set.verbose;
    for (size_t i = 0; i < folders.n && !status; i++) {
        status = i > 0 ? begin_folder(&l, err) : ST_OK;
        if (!status) {
            lint_folder(&l, &folders.at[i]);
        }
    }
    if (!status && l.has_baseline) {
        report_stale(&l);
    }
    if (!status && c->set.write_baseline) {
        status = write_baseline(&l, err);
    }
    if (!status) {
        const bool no = l.report.gated && lint_counts_from(&l.report.counts, l.report.gate) > 0;
        status = l.worst ? l.worst : no ? ST_CHECK : ST_OK;
    }
    l.report.exit_code = exit_code(status, 0);
    lint_report_end(&l.report);
    lint_passed_tell(c, &l.passed);
    if (c->set.write_baseline && !c->set.quiet && !status) {
        tell_written(&l);
    }
    arena_free(&l.file_arena);
    arena_free(&l.model_arena);
    return status;
}

static const struct option options[] = {
    CATALOG_ROW("what exists, how large it is and which files are applied is in FILE, written by migrate catalog pull"),
    {"format", 'f', OPTION_CHOICE, LINT_FORMAT_WORDS, offsetof(struct settings, format),
     "text for people, json for programs, github for annotations on a pull request, sarif for code scanning, gitlab "
     "for "
     "code quality, junit for test reports, checkstyle for Jenkins and reviewdog, markdown for a comment; "
     "migrate-json(7) "
     "says what each gives",
     0, 0},
    {"stdin-filename", 0, OPTION_TEXT, "FILE", offsetof(struct settings, stdin_filename),
     "judge standard input as what FILE will be: its name, its version, the earlier files of its folder", 0, 0},
    {"runner", 0, OPTION_CHOICE, RUNNER_WORDS, offsetof(struct settings, runner),
     "judge transactions as that tool sends the file: what it runs in one transaction, what in one string, what alone; "
     "migrate is this program",
     0, 0},
    {"since", 0, OPTION_TEXT, "REV", offsetof(struct settings, since),
     "judge only files that were added or changed since REV, as git knows it (origin/main): from where this branch "
     "left "
     "it to the files as they are now; earlier files are replayed",
     0, 0},
    {"write-baseline", 0, OPTION_FLAG, NULL, offsetof(struct settings, write_baseline),
     "write what is found now to the file of --baseline, so that it does not count from now on", 0, 0},
    {"parts", 0, OPTION_CHOICE, PARTS_WORDS, offsetof(struct settings, parts),
     "judge what goes forward, what undoes it (on top of what it undoes), or both (both)", 0, 0},
    {"fix", 0, OPTION_FLAG, NULL, offsetof(struct settings, fix),
     "write each file anew with the safe form of what is found in it, as far as there is one that changes nothing "
     "else, "
     "and judge the result",
     0, 0},
    {"diff", 0, OPTION_FLAG, NULL, offsetof(struct settings, diff),
     "show as a patch what --fix would write, instead of the findings; nothing is changed", 0, 0},
    {"fix-applied", 0, OPTION_FLAG, NULL, offsetof(struct settings, fix_applied),
     "also write files that are applied: those that the revision of --since has, and those of --applied-in", 0, 0},
    {"applied-in", 0, OPTION_TEXT, "URL", offsetof(struct settings, applied_in),
     "--fix and --diff leave alone what is applied in this database, as its history says; no other option of lint "
     "connects to one",
     0, 0},
    {"allow-empty", 0, OPTION_FLAG, NULL, offsetof(struct settings, allow_empty),
     "no file to lint is fine, also where a pattern matches none", 0, 0},
    {"show-config", 0, OPTION_FLAG, NULL, offsetof(struct settings, show_config),
     "judge nothing: show the settings of migrate.yaml as they hold here, and who said each", 0, 0},
};

const struct command cmd_lint = {
    .name = "lint",
    .summary = "judge migrations: what blocks, rewrites, breaks; no database needed",
    .usage = "[FILE|FOLDER|-]...",
    .about = "Reads SQL as PostgreSQL would, classifies every statement, and says what is\n"
             "dangerous on a database in use, why, and what to do instead. Any SQL file can be\n"
             "judged; a file with -- migrate:up is judged by that part.\n\n"
             "Earlier versions in a file's folder are replayed first, so that it is known what\n"
             "exists, what is new and what proves what. Without operands the folders of migrations\n"
             "are judged. A pattern in quotes ('migrations/**/*.sql') is expanded here.\n\n"
             "A finding is allowed by a comment right before the statement:\n"
             "    -- migrate:allow RULE because REASON\n"
             "squawk's, atlas', pgfence's and eugene's comments are honoured too.\n\n"
             "A project with a past: --write-baseline lists what is found today in a file; with\n"
             "--baseline only what is new counts, and an entry that stands for nothing any more is a\n"
             "finding. --since judges only what a branch changes, --start-after only newer versions.",
    .examples = "migrate lint\nmigrate lint db/migrations/20261120093000_index.sql --gate warning\n"
                "git diff --name-only main -- '*.sql' | xargs migrate lint --format github\n"
                "migrate lint --format sarif >lint.sarif\necho 'DROP TABLE t' | migrate lint -\n"
                "migrate lint --stdin-filename migrations/12_x.sql <buffer\n"
                "migrate lint --baseline lint-baseline.json --write-baseline\n"
                "migrate lint --baseline lint-baseline.json --since origin/main",
    .exits = "012",
    .options = options,
    .n_options = countof(options),
    .groups = GROUP_JUDGE | GROUP_PAST | GROUP_FILES | GROUP_COMMON,
    .max_args = 1 << 20,
    .run = run,
};
