/* explain: what one statement, or a few, would do. */
#include "report/explain.h"
#include "cmd/base.h"
#include "cmd/commands.h"
#include "migration/layout.h"
#include "report/json.h"

/* --after: SQL that is replayed first. Without a catalog file or a server it makes all that there is. */
static enum status replay_after(struct context *c, struct judge *judge, struct error *err)
{
    const struct migration_options options = {.lenient = true};
    struct migration m;
    if (!c->set.after || !c->set.after[0]) {
        return ST_OK;
    }
    const enum status status = migration_read(c->set.after, &options, &c->arena, &m, err);
    if (!status) {
        if (!base_is_file(c) && !c->session) {
            catalog_schema(judge->catalog, STR("public"))->exists = TRI_YES;
            judge->catalog->complete = true;
        }
        judge_replay(judge, &m);
    }
    return status;
}

static enum status read_sql(struct context *c, struct migration *m, struct error *err)
{
    const struct migration_options options = {.layout = &layout_plain, .lenient = true};
    struct str text = str_of(c->args.at[0]), file = STR("SQL");
    if (str_eq(text, STR("-"))) {
        const enum status status = file_read("-", MIGRATION_MAX_BYTES, &c->arena, &text, err);
        if (status) {
            return status;
        }
        file = STR("stdin");
    }
    return migration_parse(file, text, &options, &c->arena, m, err);
}

static void show(struct context *c, const struct judged_part *part, int server_version)
{
    struct strbuf out;
    if (c->set.json) {
        json_write(json_explain(part, server_version), stdout);
        return;
    }
    strbuf_init(&out, 1 << 28);
    explain_text(&out, part, server_version, context_colour(c, STDOUT_FILENO));
    context_print(strbuf_str(&out));
    strbuf_free(&out);
}

static enum status run(struct context *c, struct error *err)
{
    struct judge_options options;
    struct catalog catalog;
    struct catalog_info info = {0};
    struct judge judge;
    struct migration m;
    struct judged_part part;
    enum status status = context_rulebook(c, err);
    if (status) {
        return status;
    }
    catalog_init(&catalog, &c->arena);
    status = base_catalog(c, &catalog, &info, err);
    if (status) {
        return status;
    }
    options = base_options(c, &catalog, &info);
    options.idle = true; /* what --after made is as --after left it: nobody else writes to it */
    judge_init(&judge, &c->book, &options, &catalog);
    status = replay_after(c, &judge, err);
    if (!status) {
        status = read_sql(c, &m, err);
    }
    if (!status) {
        status = judge_part(&judge, &m, false, &c->arena, &part, err);
    }
    if (!status && part.statements.n == 0) {
        status = error_set(err, ST_USAGE, "there is no statement to explain");
    }
    if (!status) {
        show(c, &part, options.server_version);
    }
    judge_free(&judge);
    return status;
}

static const struct option options[] = {
    CATALOG_ROW("what exists, and how large, is in FILE, written by migrate catalog pull"),
    {"json", 0, OPTION_FLAG, NULL, offsetof(struct settings, json), "one JSON document, see migrate-json(7)", 0, 0},
    {"after", 0, OPTION_TEXT, "FILE", offsetof(struct settings, after),
     "replay this SQL first, so that tables, columns and constraints are known", 0, 0},
};

const struct command cmd_explain = {
    .name = "explain",
    .summary = "what a statement does: locks and what they block, rewrite, scan, index build",
    .usage = "'SQL'|-",
    .about = "For each statement: its form, the lock on each relation and what that lock keeps\n"
             "waiting, whether a table is rewritten or read in full, which indexes are built,\n"
             "whether it may run in a transaction; then the hazards and the safe way. The answer\n"
             "is for one version of PostgreSQL (--server-version).",
    .examples = "migrate explain 'ALTER TABLE orders ADD COLUMN note text'\n"
                "migrate explain --server-version 13 --after schema.sql 'ALTER TABLE orders ALTER note SET NOT NULL'\n"
                "migrate explain --json - <change.sql",
    .exits = "02",
    .options = options,
    .n_options = countof(options),
    .groups = GROUP_JUDGE | GROUP_COMMON,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
