#include "rules/fix_block.h"

#include "migration/layout.h"
#include "rules/runner.h"

static const struct judged_statement *statement_at(const struct fix_blocks *b, size_t i)
{
    return &b->part->statements.at[i];
}

/* Nothing but the words themselves: no isolation level, no AND CHAIN. */
static bool is_plain(const struct statement *st)
{
    const size_t more = statement_is(st, 0, KW_START) ? 2 : 1;
    return st->n_tokens == more ||
           (st->n_tokens == more + 1 && (statement_is(st, more, KW_TRANSACTION) || statement_is(st, more, KW_WORK)));
}

void fix_blocks_init(struct fix_blocks *b, const struct judged_part *part, const struct judge_options *options,
                     struct arena *a)
{
    const size_t n = part->statements.n;
    *b = (struct fix_blocks){.part = part, .options = options, .a = a};
    b->begin = arena_array(a, size_t, n + 1);
    b->end = arena_array(a, size_t, n + 1);
    b->split = arena_array(a, bool, n + 1);
    size_t open = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        const struct judged_statement *s = statement_at(b, i);
        const bool control = s->kind == STATEMENT_TRANSACTION;
        b->begin[i] = open;
        b->end[i] = n;
        if (control && statement_begins_block(&s->st) && open == SIZE_MAX) {
            open = i;
        } else if (control && statement_ends_block(&s->st)) {
            for (size_t k = open == SIZE_MAX ? i : open; k <= i; k++) {
                b->end[k] = i;
            }
            b->begin[i] = SIZE_MAX;
            open = SIZE_MAX;
        }
    }
}

/* What would end with the transaction, were it to end earlier. */
static bool lasts_to_the_end(const struct statement *st)
{
    return (statement_is(st, 0, KW_SET) && (statement_is(st, 1, KW_LOCAL) || statement_is(st, 1, KW_CONSTRAINTS) ||
                                            statement_is(st, 1, KW_TRANSACTION))) ||
           statement_is(st, 0, KW_SAVEPOINT) || statement_is(st, 0, KW_LOCK) || statement_is(st, 0, KW_DECLARE) ||
           statement_is(st, 0, KW_RELEASE) || statement_is(st, 0, KW_ROLLBACK);
}

/* CREATE TEMP TABLE … ON COMMIT DROP */
static bool goes_at_commit(const struct statement *st)
{
    for (size_t i = 0; i + 1 < st->n_tokens; i++) {
        if (statement_is(st, i, KW_ON) && statement_is(st, i + 1, KW_COMMIT)) {
            return true;
        }
    }
    return false;
}

/* Of the statements from `first` on, before `last`: one that the transaction is to last for, as a reason not to divide it. */
static struct str ask_statements(struct fix_blocks *b, size_t first, size_t last)
{
    for (size_t k = first; k < last; k++) {
        if (lasts_to_the_end(&statement_at(b, k)->st) || goes_at_commit(&statement_at(b, k)->st)) {
            return arena_printf(b->a, "the transaction around it cannot be divided: line %u holds to its end",
                                statement_at(b, k)->line);
        }
    }
    return STR("");
}

static struct str ask_division(struct fix_blocks *b, size_t begin)
{
    const size_t end = b->end[begin];
    if (end >= b->part->statements.n) {
        return STR("the BEGIN before it has no COMMIT");
    }
    const struct statement *first = &statement_at(b, begin)->st, *last = &statement_at(b, end)->st;
    if (!is_plain(first) || !is_plain(last) || statement_is(last, 0, KW_ROLLBACK) || statement_is(last, 0, KW_ABORT)) {
        return STR("the transaction around it is more than BEGIN and COMMIT");
    }
    return ask_statements(b, begin + 1, end);
}

static struct str ask_block(struct fix_blocks *b, size_t i)
{
    if (!b->options->runner && b->part->migration->layout == &layout_native) {
        return STR("the BEGIN before it is to be taken out first"); /* up refuses it */
    }
    return ask_division(b, b->begin[i]);
}

struct str fix_blocks_ask_unblock(struct fix_blocks *b, size_t i)
{
    if (b->options->runner || b->part->migration->layout != &layout_native) {
        return STR("whoever runs the file may need it");
    }
    return b->begin[i] == SIZE_MAX && statement_begins_block(&statement_at(b, i)->st) ? ask_division(b, i)
                                                                                      : STR("it begins no transaction");
}

static struct str alone(struct fix_blocks *b)
{
    const struct runner *r = b->options->runner;
    return arena_printf(b->a, "%s runs the file in one transaction: %s", r->name, r->alone);
}

/* The tool's way of sending the file, and whether its own sign for "no transaction" is enough. */
static struct str ask_runner(struct fix_blocks *b, size_t i, size_t steps)
{
    const struct runner *r = b->options->runner;
    const struct migration *m = b->part->migration;
    const struct migration_part part = runner_part(r, m->text, b->part->down ? &m->down : &m->up);
    struct sending sending = {0};
    runner_sending(r, m->text, &part, b->a, &sending);
    const bool grouped = sending_string(&sending, statement_at(b, i)->st.start) != NULL;
    const size_t after = b->part->statements.n - 1 + steps;
    if (b->begin[i] != SIZE_MAX) {
        return sending.wrapped || grouped ? alone(b) : ask_block(b, i);
    }
    if (!sending.wrapped && !grouped) {
        return r->sends == RUNNER_STRING && after > 1 ? alone(b) : STR("");
    }
    const bool says_so = r->marker || r->detects || strcmp(r->name, "dbmate") == 0;
    const bool fits = b->part->statements.n == 1 && (r->sends == RUNNER_STATEMENTS || after == 1);
    return says_so && fits && !grouped && strcmp(r->name, "psql-1") != 0 ? STR("") : alone(b);
}

struct str fix_blocks_ask(struct fix_blocks *b, size_t i, size_t steps)
{
    if (b->options->runner) {
        return ask_runner(b, i, steps);
    }
    const struct migration *m = b->part->migration;
    const bool whole = (b->part->down ? m->down : m->up).tx == TX_TRUE;
    return b->begin[i] != SIZE_MAX ? ask_block(b, i) : whole ? ask_statements(b, 0, b->part->statements.n) : STR("");
}

void fix_blocks_free_it(struct fix_blocks *b, size_t i)
{
    b->split[i] = true;
}

/* ---- edits ---------------------------------------------------------------------------------------------------------- */

static void add(struct fix_blocks *b, struct fix_edit_list *out, uint32_t start, uint32_t end, struct str text)
{
    for (size_t i = 0; i < out->n; i++) {
        if (out->at[i].start == start && out->at[i].end == end && str_eq(out->at[i].text, text)) {
            return;
        }
    }
    *vec_push(b->a, out) = (struct fix_edit){start, end, text};
}

/* Take out a BEGIN or COMMIT, with its semicolon, and its line when nothing else stands there. */
static void take_out(struct fix_blocks *b, size_t i, struct fix_edit_list *out)
{
    const struct str text = b->part->migration->text;
    uint32_t start = statement_at(b, i)->st.start, end = statement_at(b, i)->st.end;
    while (end < text.n && text.p[end] != ';') {
        end++;
    }
    end += end < text.n;
    uint32_t from = start, to = end;
    while (from > 0 && (text.p[from - 1] == ' ' || text.p[from - 1] == '\t')) {
        from--;
    }
    while (to < text.n && (text.p[to] == ' ' || text.p[to] == '\t' || text.p[to] == '\r')) {
        to++;
    }
    const bool line_before = from == 0 || text.p[from - 1] == '\n';
    if (line_before && (to == text.n || text.p[to] == '\n')) {
        start = from;
        end = to + (to < text.n);
    }
    add(b, out, start, end, STR(""));
}

/* The blanks that begin the line on which `at` is. */
static struct str indent_at(const struct fix_blocks *b, uint32_t at)
{
    const struct str text = b->part->migration->text;
    uint32_t start = at, end;
    while (start > 0 && text.p[start - 1] != '\n') {
        start--;
    }
    for (end = start; end < at && (text.p[end] == ' ' || text.p[end] == '\t'); end++) {
    }
    return str_slice(text, start, end);
}

static void put_control(struct fix_blocks *b, uint32_t at, const char *word, struct str eol, struct fix_edit_list *out)
{
    add(b, out, at, at, arena_printf(b->a, "%s%.*s%.*s", word, STR_ARG(eol), STR_ARG(indent_at(b, at))));
}

void fix_blocks_unblock(struct fix_blocks *b, size_t i, struct fix_edit_list *out)
{
    take_out(b, i, out);
    take_out(b, b->end[i], out);
}

static void split_block(struct fix_blocks *b, size_t i, struct str eol, struct fix_edit_list *out)
{
    const bool lower = statement_at(b, b->begin[i])->source.p[0] >= 'a';
    const size_t begin = b->begin[i], end = b->end[begin];
    if (i - 1 == begin) {
        take_out(b, begin, out);
    } else if (!b->split[i - 1]) {
        put_control(b, statement_at(b, i)->st.comments_start, lower ? "commit;" : "COMMIT;", eol, out);
    }
    if (i + 1 == end) {
        take_out(b, end, out);
    } else if (!b->split[i + 1]) {
        put_control(b, statement_at(b, i + 1)->st.comments_start, lower ? "begin;" : "BEGIN;", eol, out);
    }
}

/* The marker line says transaction:true, or nothing where transaction:false is needed. */
static void mark(struct fix_blocks *b, const struct migration_part *part, struct str option, struct fix_edit_list *out)
{
    const struct str text = b->part->migration->text;
    uint32_t end = part->marker;
    while (end < text.n && text.p[end] != '\n' && text.p[end] != '\r') {
        end++;
    }
    const struct str line = str_slice(text, part->marker, end);
    const size_t at = str_find(line, STR("transaction:"));
    if (at == SIZE_MAX) {
        while (end > part->marker && (text.p[end - 1] == ' ' || text.p[end - 1] == '\t')) {
            end--;
        }
        add(b, out, end, end, arena_printf(b->a, " transaction:%.*s", STR_ARG(option)));
        return;
    }
    const uint32_t from = part->marker + (uint32_t)at + 12;
    uint32_t to = from;
    while (to < text.n && text.p[to] >= 'a' && text.p[to] <= 'z') {
        to++;
    }
    add(b, out, from, to, option);
}

static void mark_runner(struct fix_blocks *b, struct str eol, struct fix_edit_list *out)
{
    const struct runner *r = b->options->runner;
    const struct migration *m = b->part->migration;
    const struct migration_part *part = b->part->down ? &m->down : &m->up;
    const uint32_t bom = str_starts(m->text, STR("\xEF\xBB\xBF")) ? 3 : 0;
    struct sending sending = {0};
    const struct migration_part cut = runner_part(r, m->text, part);
    runner_sending(r, m->text, &cut, b->a, &sending);
    if (!sending.wrapped) {
        return;
    }
    if (strcmp(r->name, "dbmate") == 0 && part->marker < part->start) {
        mark(b, part, STR("false"), out);
    } else if (r->marker && r->marker_first) {
        add(b, out, 0, 0, arena_printf(b->a, "-- %s%.*s", r->marker, STR_ARG(eol)));
    } else if (r->marker) {
        add(b, out, bom, bom, arena_printf(b->a, "-- +goose NO TRANSACTION%.*s", STR_ARG(eol)));
    }
}

void fix_blocks_edits(struct fix_blocks *b, struct str eol, struct fix_edit_list *out)
{
    const struct migration *m = b->part->migration;
    const struct migration_part *part = b->part->down ? &m->down : &m->up;
    for (size_t i = 0; i < b->part->statements.n; i++) {
        if (b->split[i] && b->begin[i] != SIZE_MAX) {
            split_block(b, i, eol, out);
        } else if (b->split[i] && b->options->runner) {
            mark_runner(b, eol, out);
        }
        if (b->split[i] && !b->options->runner && part->tx == TX_TRUE) {
            mark(b, part, STR("auto"), out);
        }
    }
}
