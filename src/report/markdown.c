/*
 * Findings as Markdown for a comment on a pull request: a table of the files, then each file's findings folded away. GitHub
 * takes 65,536 characters; what does not fit is left out, notes before warnings before errors, and counted.
 * Source: GitHub Flavored Markdown; <details> and <summary> as GitHub and GitLab show them.
 */
#include "base/term.h"
#include "report/by_file.h"
#include "report/escape.h"
#include "report/style.h"

/* Bytes, of which a character has one or more: all, the table, one finding's parts. */
enum { ALL_MAX = 65000, TABLE_MAX = 12000, HEAD_MAX = 2000, WORDS_MAX = 600, SQL_MAX = 2000, PATH_MAX_SHOWN = 300 };

/* Words that markup, mentions of people and links to issues cannot hide in. */
static void add_words(struct strbuf *out, struct str text)
{
    struct strbuf line;
    strbuf_init(&line, SIZE_MAX / 4);
    add_one_line(&line, text, WORDS_MAX);
    for (size_t i = 0; i < line.n; i++) {
        const char c = line.p[i];
        if (c == '<' || c == '&') {
            strbuf_add_cstr(out, c == '<' ? "&lt;" : "&amp;");
        } else if (c == '@' || c == '#') {
            strbuf_addf(out, "%c<!-- -->", c);
        } else {
            strbuf_add_cstr(out, strchr("\\`*_{}[]()>~|!$", c) || (i == 0 && strchr("-+=", c)) ? "\\" : "");
            strbuf_add_char(out, c);
        }
    }
    strbuf_free(&line);
}

/* A path as HTML code, which holds no markup; "|" would end a cell of the table. */
static void add_path(struct strbuf *out, struct str path)
{
    struct strbuf shown;
    strbuf_init(&shown, SIZE_MAX / 4);
    add_one_line(&shown, path, PATH_MAX_SHOWN);
    strbuf_add_cstr(out, "<code>");
    for (size_t i = 0; i < shown.n; i++) {
        const char c = shown.p[i];
        if (strchr("<>&|\\`*_[]~$@#", c)) {
            strbuf_addf(out, "&#%d;", c);
        } else {
            strbuf_add_char(out, c);
        }
    }
    strbuf_add_cstr(out, "</code>");
    strbuf_free(&shown);
}

/* SQL in a fence longer than any run of backticks in it. */
static void add_sql(struct strbuf *out, struct str sql)
{
    struct strbuf shown;
    size_t run = 0, longest = 2, end = sql.n < SQL_MAX ? sql.n : SQL_MAX;
    while (end > 0 && end < sql.n && ((unsigned char)sql.p[end] & 0xC0) == 0x80) {
        end--;
    }
    strbuf_init(&shown, SIZE_MAX / 4);
    add_lines_escaped(&shown, str_trim(str_slice(sql, 0, end)));
    for (size_t i = 0; i < shown.n; i++) {
        run = shown.p[i] == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    strbuf_add_repeat(out, '`', longest + 1);
    strbuf_add_cstr(out, "sql\n");
    struct str rest = strbuf_str(&shown), line;
    while (str_next(&rest, '\n', &line)) {
        while (line.n > 0 && (line.p[line.n - 1] == ' ' || line.p[line.n - 1] == '\t')) {
            line.n--;
        }
        strbuf_add(out, line);
        strbuf_add_char(out, '\n');
    }
    strbuf_add_cstr(out, end < sql.n ? "-- … and more\n" : "");
    strbuf_add_repeat(out, '`', longest + 1);
    strbuf_add_char(out, '\n');
    strbuf_free(&shown);
}

static void finding(struct lint_report *r, const struct finding *f, struct str source)
{
    (void)source;
    struct strbuf *out = &r->text;
    if (f->suppressed) {
        return;
    }
    strbuf_addf(out, "\n**%s**, line %u: ", severity_name(f->severity), f->line);
    add_words(out, f->message);
    strbuf_add_cstr(out, "\n\n");
    if (f->statement.n > 0) {
        add_sql(out, f->statement);
        strbuf_add_char(out, '\n');
    }
    if (f->remark.n > 0) {
        add_words(out, f->remark);
        strbuf_add_cstr(out, "\n\n");
    }
    if (f->note.n > 0) {
        add_words(out, f->note);
        strbuf_add_cstr(out, "\n\n");
    }
    if (f->instead.n > 0) {
        strbuf_addf(out, "Do instead%s:\n\n",
                    str_find(f->instead, STR("CONCURRENTLY")) != SIZE_MAX ? ", outside a transaction" : "");
        add_sql(out, f->instead);
        strbuf_add_char(out, '\n');
    }
    strbuf_add_cstr(out, "Rule ");
    add_path(out, f->rule);
    strbuf_add_char(out, '\n');
    by_file_keep(r, f, strbuf_str(out));
    strbuf_reset(out);
}

/* ---- the whole ---------------------------------------------------------------------------------------------------- */

static void add_file_head(struct strbuf *out, const struct kept_file *f)
{
    const char *before = ": ";
    strbuf_add_cstr(out, "\n<details>\n<summary>");
    add_path(out, f->path);
    for (int s = SEVERITY_ERROR; s >= SEVERITY_NOTE; s--) {
        if (f->count[s] > 0) {
            strbuf_add_cstr(out, before);
            add_count(out, f->count[s], severity_name((enum severity)s));
            before = ", ";
        }
    }
    strbuf_add_cstr(out, "</summary>\n");
}

#define FILE_END "\n</details>\n"

/* Choose what is shown: errors of all files first, then warnings, then notes, until `room` bytes are used. */
static uint64_t choose(const struct by_file *b, bool **shown, size_t room)
{
    uint64_t left_out = 0;
    struct strbuf head;
    bool full = false;
    strbuf_init(&head, SIZE_MAX / 4);
    bool *any = arena_array(b->memory, bool, b->files.n + 1);
    for (int s = SEVERITY_ERROR; s >= SEVERITY_NOTE; s--) {
        for (size_t i = 0; i < b->files.n; i++) {
            const struct kept_file *f = &b->files.at[i];
            for (size_t k = 0; f->count[s] > 0 && k < f->findings.n; k++) {
                size_t need = f->findings.at[k].text.n;
                if ((int)f->findings.at[k].severity != s) {
                    continue;
                }
                if (!full && !any[i]) {
                    strbuf_reset(&head);
                    add_file_head(&head, f);
                    need += head.n + sizeof FILE_END;
                }
                full = full || need > room;
                left_out += full;
                if (!full) {
                    room -= need;
                    any[i] = true;
                    shown[i][k] = true;
                }
            }
        }
    }
    strbuf_free(&head);
    return left_out;
}

static void add_files(struct strbuf *out, const struct by_file *b, bool *const *shown)
{
    for (size_t i = 0; i < b->files.n; i++) {
        const struct kept_file *f = &b->files.at[i];
        bool open = false;
        for (size_t k = 0; k < f->findings.n; k++) {
            if (!shown[i][k]) {
                continue;
            }
            if (!open) {
                add_file_head(out, f);
                open = true;
            }
            strbuf_add(out, f->findings.at[k].text);
        }
        strbuf_add_cstr(out, open ? FILE_END : "");
    }
}

/* One row per file with findings or that could not be judged, as many as fit. */
static void add_table(struct strbuf *out, const struct by_file *b)
{
    struct strbuf row;
    const size_t start = out->n;
    uint64_t left_out = 0, rows = 0;
    strbuf_init(&row, SIZE_MAX / 4);
    for (size_t i = 0; i < b->files.n; i++) {
        const struct kept_file *f = &b->files.at[i];
        if (f->count[0] + f->count[1] + f->count[2] == 0 && f->failure.n == 0) {
            continue;
        }
        strbuf_reset(&row);
        strbuf_add_cstr(&row, rows++ == 0 ? "\n| File | Errors | Warnings | Notes |\n|---|--:|--:|--:|\n" : "");
        strbuf_add_cstr(&row, "| ");
        add_path(&row, f->path);
        if (f->failure.n > 0) {
            strbuf_add_cstr(&row, " could not be judged: ");
            add_words(&row, f->failure);
        }
        strbuf_addf(&row, " | %" PRIu64 " | %" PRIu64 " | %" PRIu64 " |\n", f->count[SEVERITY_ERROR],
                    f->count[SEVERITY_WARNING], f->count[SEVERITY_NOTE]);
        if (left_out == 0 && out->n - start + row.n <= TABLE_MAX) {
            strbuf_add(out, strbuf_str(&row));
        } else {
            left_out++;
        }
    }
    if (left_out > 0) {
        strbuf_add_cstr(out, "\nNot in this table: ");
        add_count(out, left_out, "more file");
        strbuf_add_cstr(out, ".\n");
    }
    strbuf_free(&row);
}

static void end(struct lint_report *r)
{
    const struct by_file *b = r->state;
    const struct lint_counts *c = &r->counts;
    struct strbuf *out = &r->text;
    bool **shown = arena_array(&r->memory, bool *, b->files.n + 1);
    for (size_t i = 0; i < b->files.n; i++) {
        shown[i] = arena_array(&r->memory, bool, b->files.at[i].findings.n + 1);
    }
    strbuf_add_cstr(out, "<!-- migrate lint -->\n### migrate lint: ");
    if (c->errors + c->warnings + c->notes == 0) {
        strbuf_add_cstr(out, c->allowed + c->baselined > 0 ? "nothing but what is allowed" : "nothing found");
    } else {
        lint_counts_findings(out, c);
    }
    if (c->failed > 0) {
        strbuf_add_cstr(out, "; ");
        add_count(out, c->failed, "file");
        strbuf_add_cstr(out, " not judged");
    }
    strbuf_add_cstr(out, "\n\n");
    lint_counts_input(out, c);
    strbuf_add_char(out, '\n');
    add_table(out, b);
    const uint64_t left_out = choose(b, shown, ALL_MAX - HEAD_MAX - out->n);
    add_files(out, b, shown);
    if (left_out > 0) {
        strbuf_add_cstr(out, "\n**");
        add_count(out, left_out, "finding");
        strbuf_add_cstr(out, left_out == 1 ? " is" : " are");
        strbuf_add_cstr(out, " not shown here**, because a comment has an end; errors come first. "
                             "`migrate lint` on the command line shows all.\n");
    }
}

const struct lint_format lint_format_markdown = {
    .name = "markdown", .begin = by_file_begin, .finding = finding, .failed = by_file_failed, .end = end};
