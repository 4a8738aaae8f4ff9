/* seed: data for a database to begin with, from plain SQL files; nothing is recorded of it. */
#include "base/clock.h"
#include "base/file.h"
#include "cmd/commands.h"
#include "cmd/context.h"
#include "exec/pipe.h"
#include "exec/tx.h"
#include "migration/fill.h"
#include "migration/layout.h"
#include "migration/place.h"

enum { FILE_MAX = 1 << 30, ANSWER = 60000 };

/* ---- which files ---- */

static enum status add_folder(struct context *c, const char *folder, struct str_list *files, struct error *err)
{
    struct file_list entries = {0};
    const enum status status = file_list(folder, &c->arena, &entries, err);
    for (size_t i = 0; !status && i < entries.n; i++) {
        const struct str name = entries.at[i].name;
        if (str_ends(name, STR(".sql")) && name.p[0] != '.' && entries.at[i].kind == FILE_REGULAR) {
            *vec_push(&c->arena, files) = path_join(&c->arena, str_of(folder), name);
        }
    }
    return status;
}

/* The operands; without any, the first place that is there. */
static enum status find_files(struct context *c, struct str_list *files, struct error *err)
{
    static const char *const places[] = {"seeds",       "db/seeds",     "seed.sql",
                                         "db/seed.sql", "db/seeds.sql", "supabase/seed.sql"};
    enum status status = ST_OK;
    for (size_t i = 0; c->args.n == 0 && i < countof(places); i++) {
        if (file_kind(places[i]) != FILE_MISSING) {
            *vec_push(&c->arena, &c->args) = places[i];
        }
    }
    if (c->args.n == 0) {
        error_set(err, ST_USAGE,
                  "no seeds: neither ./seeds nor ./db/seeds, ./seed.sql or ./supabase/seed.sql is there");
        error_hint(err, "name files or folders: migrate seed FILE…");
        return ST_USAGE;
    }
    for (size_t i = 0; i < c->args.n && !status; i++) {
        if (file_kind(c->args.at[i]) == FILE_FOLDER) {
            status = add_folder(c, c->args.at[i], files, err);
        } else {
            *vec_push(&c->arena, files) = str_of(c->args.at[i]);
        }
    }
    if (!status && files->n == 0) {
        status = error_set(err, ST_USAGE, "no seeds: %s has no file called *.sql", c->args.at[0]);
    }
    return status;
}

/* ---- one file ---- */

struct seed {
    struct str file, text;
    struct planned_statement_list statements;
};

/* What cannot be sent is refused before anything is; the file's own BEGIN and COMMIT are those that we send. */
static enum status take(struct context *c, struct seed *seed, const struct statement *st, unsigned line,
                        struct error *err)
{
    const bool ends = statement_ends_block(st), commits = statement_is(st, 0, KW_COMMIT) || statement_is(st, 0, KW_END);
    const char *why = st->psql              ? "a backslash command of psql"
                      : st->broken          ? lex_bad_reason(st->broken)
                      : st->has_placeholder ? "a placeholder without a value (--set NAME=VALUE)"
                      : ends && !commits    ? "it would end the transaction in which the file runs"
                                            : NULL;
    if (why) {
        place_refuse(err, seed->file, seed->text, st->start, "cannot run: %s", why);
        return ST_USAGE;
    }
    if (!ends && !statement_begins_block(st)) {
        *vec_push(&c->arena, &seed->statements) = (struct planned_statement){
            .sql = str_slice(seed->text, st->start, st->end),
            .copy_data = st->copy_end > st->copy_start ? str_slice(seed->text, st->copy_start, st->copy_end) : STR_NONE,
            .line = line};
    }
    return ST_OK;
}

static enum status read_seed(struct context *c, struct str file, struct seed *out, struct error *err)
{
    struct migration m = {.file = file, .layout = &layout_plain};
    struct splitter sp;
    struct statement st;
    unsigned line = 1;
    uint32_t at = 0;
    enum status status = file_read(file.p, FILE_MAX, &c->arena, &m.text, err);
    status = status ? status : migration_fill(&m, &c->placeholders, &c->arena, err);
    *out = (struct seed){.file = file, .text = m.text};
    if (status) {
        return status;
    }
    splitter_init(&sp, m.text, 0, (uint32_t)m.text.n);
    while (!status && splitter_next(&sp, &st)) {
        for (; at < st.start; at++) {
            line += m.text.p[at] == '\n';
        }
        status = st.n_tokens > 0 ? take(c, out, &st, line, err) : ST_OK;
    }
    splitter_free(&sp);
    return status;
}

/* ---- running it ---- */

static enum status send(struct context *c, const struct seed *seed, struct pipe *p, int64_t *rows, struct error *err)
{
    struct rows *answer = NULL;
    enum status status = ST_OK;
    for (size_t i = 0; i < seed->statements.n && !status; i++) {
        const struct planned_statement *st = &seed->statements.at[i];
        if (!st->copy_data.p) {
            pipe_add_statement(p, st);
        }
        if (pipe_full(p) || st->copy_data.p) {
            status = pipe_run(p, c->session, 0, NULL, err);
        }
        if (!status && st->copy_data.p) {
            status = session_copy_in(c->session, st->sql, st->copy_data, 0, &answer, err);
            p->failed = status ? st : NULL;
            *rows += answer ? rows_affected(answer) : 0;
            rows_free(answer);
            answer = NULL;
        }
    }
    if (!status) {
        pipe_add(p, "COMMIT");
        status = pipe_run(p, c->session, 0, NULL, err);
    }
    *rows += p->rows;
    return status;
}

static enum status run_seed_file(struct context *c, const struct seed *seed, struct error *err)
{
    const int64_t begun = clock_monotonic_ms();
    struct arena own;
    struct pipe p;
    int64_t rows = 0;
    arena_init(&own, SIZE_MAX);
    pipe_begin(&p, &own);
    pipe_add(&p, "BEGIN");
    pipe_add(&p, "SET LOCAL lock_timeout = '10s'");
    enum status status = send(c, seed, &p, &rows, err);
    if (status) {
        if (p.failed && err->line == 0) {
            error_place(err, seed->file.p, p.failed->line, 1);
        }
        if (status == ST_SERVER) {
            error_hint(err, "nothing of this file was kept; the files before it were");
        }
        if (session_usable(c->session)) {
            tx_rollback(c->session);
        }
    } else if (!c->set.quiet) {
        struct strbuf out;
        strbuf_init(&out, 1 << 16);
        strbuf_addf(&out, "%.*s  %" PRId64 " row%s, ", STR_ARG(seed->file), rows, rows == 1 ? "" : "s");
        clock_duration(clock_monotonic_ms() - begun, &out);
        strbuf_add_char(&out, '\n');
        context_print(strbuf_str(&out));
        strbuf_free(&out);
    }
    arena_free(&own);
    return status;
}

static enum status run(struct context *c, struct error *err)
{
    struct str_list files = {0};
    enum status status = find_files(c, &files, err);
    status = status ? status : context_placeholders(c, err);
    struct seed *seeds = arena_array(&c->arena, struct seed, files.n + 1);
    for (size_t i = 0; i < files.n && !status; i++) {
        status = read_seed(c, files.at[i], &seeds[i], err);
    }
    status = status ? status : context_connect(c, err);
    status = status ? status : context_ask_about(c, false, "fill tables with seeds", err);
    for (size_t i = 0; i < files.n && !status; i++) {
        status = run_seed_file(c, &seeds[i], err);
        session_settings_again(c->session);
        status = status ? status : session_simple(c->session, STR("RESET ALL"), ANSWER, NULL, err);
    }
    return status;
}

static const struct option options[] = {
    {"set", 0, OPTION_LIST, "NAME=VALUE", offsetof(struct settings, sets),
     "value for the placeholder ${NAME}, may be repeated", 0, 0},
    {"yes", 'y', OPTION_FLAG, NULL, offsetof(struct settings, yes), "do not ask", 0, 0},
};

const struct command cmd_seed = {
    .name = "seed",
    .summary = "fill tables from SQL files, for development and tests",
    .usage = "[FILE|FOLDER]…",
    .about = "Runs plain SQL files, a folder's in the order of their names, each in one\n"
             "transaction: all of a file, or nothing of it. COPY … FROM STDIN with its data is\n"
             "understood; placeholders are filled. Without operands: ./seeds, ./db/seeds,\n"
             "./seed.sql, ./db/seed.sql and ./supabase/seed.sql, as far as they are there.\n\n"
             "Nothing is recorded, and every call runs them again: write them so that they may,\n"
             "with ON CONFLICT DO NOTHING. All files are read before the first one runs. A\n"
             "database whose name or host has \"prod\" in it is asked about first.",
    .examples = "migrate up && migrate seed\nmigrate seed seeds/customers.sql --set country=de",
    .exits = "0238",
    .options = options,
    .n_options = countof(options),
    .groups = GROUP_DATABASE | GROUP_COMMON,
    .max_args = 1000,
    .run = run,
};
