/*
 * Layouts with one file and markers of their own: goose, sql-migrate, node-pg-migrate and tern.
 *
 * goose: "-- +goose Up", "-- +goose Down", "-- +goose NO TRANSACTION" for both, in any case; StatementBegin and StatementEnd are not needed here,
 * because statements are split by PostgreSQL's own rules. sql-migrate: the same words behind "-- +migrate ", in this case, and "notransaction"
 * behind Up or Down for that part. node-pg-migrate: "-- Up Migration" and "-- Down Migration", and a file
 * without them is all up. tern: one line "---- create above / drop below ----", and "---- tern: disable-tx ----"; its files are numbered
 * from 1 without a gap.
 */
#include "migration/layout.h"
#include "migration/place.h"
#include "migration/walk.h"

enum mark {
    MARK_NONE,
    MARK_UP,
    MARK_DOWN,
    MARK_ALONE,
    MARK_UP_ALONE,
    MARK_DOWN_ALONE
}; /* alone: outside a transaction */

struct marks {
    enum mark (*of)(struct str comment);
    const char *up, *down;
    bool up_is_optional; /* what stands before the first marker is up */
};

static enum mark goose_mark(struct str comment)
{
    if (!str_starts(comment, STR("-- +goose "))) {
        return MARK_NONE;
    }
    const struct str word = str_trim(str_slice(comment, STR("-- +goose ").n, comment.n));
    return str_eq_nocase(word, STR("Up"))               ? MARK_UP
           : str_eq_nocase(word, STR("Down"))           ? MARK_DOWN
           : str_eq_nocase(word, STR("NO TRANSACTION")) ? MARK_ALONE
                                                        : MARK_NONE;
}

/* As sql-migrate reads it: "-- +migrate Up", in this case, and behind it perhaps notransaction, for that part. */
static enum mark sql_migrate_mark(struct str comment)
{
    struct str rest, word;
    if (!str_starts(comment, STR("-- +migrate "))) {
        return MARK_NONE;
    }
    rest = str_trim(str_slice(comment, STR("-- +migrate ").n, comment.n));
    (void)str_next(&rest, ' ', &word);
    const bool alone = str_eq(str_trim(rest), STR("notransaction"));
    return str_eq(word, STR("Up"))     ? (alone ? MARK_UP_ALONE : MARK_UP)
           : str_eq(word, STR("Down")) ? (alone ? MARK_DOWN_ALONE : MARK_DOWN)
                                       : MARK_NONE;
}

/* The regular expression ^\s*--[\s-]*up\s+migration, case ignored. */
static enum mark node_mark(struct str comment)
{
    size_t at = 2, end;
    while (at < comment.n && strchr(" \t-", comment.p[at])) {
        at++;
    }
    const struct str rest = str_slice(comment, at, comment.n);
    const bool up = str_starts_nocase(rest, STR("up"));
    end = up ? 2 : 4;
    if (!str_starts(comment, STR("--")) || (!up && !str_starts_nocase(rest, STR("down"))) || end >= rest.n ||
        !strchr(" \t", rest.p[end])) {
        return MARK_NONE;
    }
    while (end < rest.n && strchr(" \t", rest.p[end])) {
        end++;
    }
    const bool fits = str_starts_nocase(str_slice(rest, end, rest.n), STR("migration"));
    return !fits ? MARK_NONE : up ? MARK_UP : MARK_DOWN;
}

static enum mark tern_mark(struct str comment)
{
    const struct str line = str_trim(comment);
    return str_eq(line, STR("---- create above / drop below ----")) ? MARK_DOWN
           : str_eq(line, STR("---- tern: disable-tx ----"))        ? MARK_ALONE
                                                                    : MARK_NONE;
}

static uint32_t behind_line(struct str text, uint32_t at)
{
    at += at < text.n && text.p[at] == '\r';
    return at + (at < text.n && text.p[at] == '\n');
}

static enum status take_mark(struct migration *m, const struct marks *marks, enum mark mark, struct token t,
                             uint32_t first_sql, struct error *err)
{
    struct migration_part *part = mark == MARK_UP ? &m->up : &m->down;
    const char *name = mark == MARK_UP ? marks->up : marks->down;
    if (part->present && part->marker != UINT32_MAX) {
        place_refuse(err, m->file, m->text, t.start, "a second \"%s\"", name);
        error_hint(err, "one file has one up and one down part: move the rest into a migration of its own");
        return ST_USAGE;
    }
    if (mark == MARK_UP && m->down.present) {
        place_refuse(err, m->file, m->text, t.start, "\"%s\" behind \"%s\"", name, marks->down);
        error_hint(err, "the up part comes first");
        return ST_USAGE;
    }
    if (mark == MARK_UP && first_sql != UINT32_MAX) {
        place_refuse(err, m->file, m->text, first_sql, "SQL before \"%s\" would never run", name);
        error_hint(err, "move it below that line");
        return ST_USAGE;
    }
    if (mark == MARK_DOWN && !m->up.present) {
        place_refuse(err, m->file, m->text, t.start, "\"%s\" without a \"%s\" before it", name, marks->up);
        error_hint(err, "the up part comes first; it may be empty");
        return ST_USAGE;
    }
    *part = (struct migration_part){
        .present = true, .marker = t.start, .start = behind_line(m->text, t.end), .end = (uint32_t)m->text.n};
    if (mark == MARK_DOWN) {
        m->up.end = t.start;
    }
    return ST_OK;
}

static enum status parse_marked(struct migration *m, const struct marks *marks, struct error *err)
{
    struct walk w;
    struct token t;
    uint32_t first_sql = UINT32_MAX;
    bool alone = false, up_alone = false, down_alone = false;
    enum status status = ST_OK;
    walk_from(&w, m->text, 0);
    if (marks->up_is_optional) {
        m->up = (struct migration_part){
            .present = true, .start = w.lx.at, .end = (uint32_t)m->text.n, .marker = UINT32_MAX};
    }
    while (!status && (t = walk_next(&w)).kind != TOK_END) {
        if (t.kind != TOK_COMMENT) {
            first_sql = first_sql == UINT32_MAX ? t.start : first_sql;
            continue;
        }
        const enum mark said = marks->of(token_text(m->text, t));
        const enum mark mark = said == MARK_UP_ALONE ? MARK_UP : said == MARK_DOWN_ALONE ? MARK_DOWN : said;
        alone = alone || mark == MARK_ALONE;
        up_alone = up_alone || said == MARK_UP_ALONE;
        down_alone = down_alone || said == MARK_DOWN_ALONE;
        if (mark == MARK_UP || mark == MARK_DOWN) {
            walk_break(&w);
            status = take_mark(m, marks, mark, t, first_sql, err);
        }
    }
    if (!status && !m->up.present) {
        place_refuse(err, m->file, m->text, 0, "no \"%s\" marker", marks->up);
        error_hint(err, "put it before the SQL, and \"%s\" before what undoes it", marks->down);
        return ST_USAGE;
    }
    m->up.marker = m->up.marker == UINT32_MAX ? m->up.start : m->up.marker;
    m->up.tx = alone || up_alone ? TX_FALSE : TX_AUTO;
    m->down.tx = alone || down_alone ? TX_FALSE : TX_AUTO;
    return status;
}

static enum status goose_parse(struct migration *m, const struct migration_options *options UNUSED,
                               struct arena *a UNUSED, struct error *err)
{
    static const struct marks marks = {goose_mark, "-- +goose Up", "-- +goose Down", false};
    return parse_marked(m, &marks, err);
}

static enum status sql_migrate_parse(struct migration *m, const struct migration_options *options UNUSED,
                                     struct arena *a UNUSED, struct error *err)
{
    static const struct marks marks = {sql_migrate_mark, "-- +migrate Up", "-- +migrate Down", false};
    return parse_marked(m, &marks, err);
}

static enum status node_parse(struct migration *m, const struct migration_options *options UNUSED,
                              struct arena *a UNUSED, struct error *err)
{
    static const struct marks marks = {node_mark, "-- Up Migration", "-- Down Migration", true};
    return parse_marked(m, &marks, err);
}

static enum status tern_parse(struct migration *m, const struct migration_options *options UNUSED,
                              struct arena *a UNUSED, struct error *err)
{
    static const struct marks marks = {tern_mark, "", "---- create above / drop below ----", true};
    return parse_marked(m, &marks, err);
}

const struct layout layout_goose = {
    .name = "goose",
    .form = "<version>_<name>.sql",
    .summary = "goose's files with \"-- +goose Up\" and \"-- +goose Down\" parts",
    .match = layout_numbered_sql,
    .parse = goose_parse,
    .programs = ".go",
    .fill = FILL_GOOSE,
};

const struct layout layout_sql_migrate = {
    .name = "sql-migrate",
    .form = "<version>_<name>.sql",
    .summary = "sql-migrate's files with \"-- +migrate Up\" and \"-- +migrate Down\" parts",
    .match = layout_numbered_sql,
    .parse = sql_migrate_parse,
};

const struct layout layout_node_pg_migrate = {
    .name = "node-pg-migrate",
    .form = "<version>_<name>.sql",
    .summary = "node-pg-migrate's SQL files with \"-- Up Migration\" and \"-- Down Migration\" parts",
    .match = layout_numbered_sql,
    .parse = node_parse,
    .programs = ".js .ts .cjs .mjs .cts .mts",
};

const struct layout layout_tern = {
    .name = "tern",
    .form = "<number>_<name>.sql",
    .summary = "tern's files with one \"---- create above / drop below ----\" line",
    .match = layout_numbered_sql,
    .parse = tern_parse,
    .fill = FILL_TEMPLATE,
};
