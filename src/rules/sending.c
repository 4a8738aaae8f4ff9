/* How a runner sends the statements of a part: see runner.h. */
#include "rules/runner.h"
#include "sql/split.h"

/* ---- comment lines ---------------------------------------------------------------------------------------------- */

/* Is this comment the line that a tool looks for? In either case; more may follow behind a blank. */
static bool is_line(struct str text, struct token t, const char *words)
{
    const struct str comment = token_text(text, t), mark = str_of(words);
    if (!words || !str_starts(comment, STR("--"))) {
        return false;
    }
    const struct str line = str_trim(str_slice(comment, 2, comment.n));
    return str_starts_nocase(line, mark) && (line.n == mark.n || line.p[mark.n] == ' ');
}

static void comments_of(struct lexer *lx, struct str text, uint32_t start, uint32_t end)
{
    lex_init(lx, str_slice(text, 0, end), true);
    lx->comments = true;
    lx->at = start > lx->at ? start : lx->at;
}

struct migration_part runner_part(const struct runner *r, struct str text, const struct migration_part *part)
{
    struct migration_part out = *part;
    struct lexer lx;
    struct token t;
    if (!r || !r->down) {
        return out;
    }
    comments_of(&lx, text, part->start, part->end);
    while ((t = lex_next(&lx)).kind != TOK_END) {
        if (t.kind == TOK_COMMENT && is_line(text, t, r->down)) {
            out.end = t.start;
            break;
        }
    }
    return out;
}

/* The marker may stand anywhere in the file, also above the part. */
static bool is_marked(const struct runner *r, struct str text, const struct migration_part *part)
{
    struct lexer lx;
    struct token t;
    if (part->tx == TX_FALSE || !r->marker) {
        return part->tx == TX_FALSE;
    }
    comments_of(&lx, text, 0, (uint32_t)text.n);
    while ((t = lex_next(&lx)).kind != TOK_END && !(r->marker_first && t.start > 0)) {
        if (t.kind == TOK_COMMENT && is_line(text, t, r->marker)) {
            return true;
        }
    }
    return false;
}

/* ---- strings ---------------------------------------------------------------------------------------------------- */

static void add_string(struct sending *out, struct arena *a, uint32_t start, uint32_t end, unsigned statements)
{
    if (statements > 1) {
        *vec_push(a, &out->strings) = (struct sent_string){start, end};
    }
}

static unsigned count_statements(struct str text, uint32_t start, uint32_t end)
{
    struct splitter sp;
    struct statement st;
    unsigned n = 0;
    splitter_init(&sp, text, start, end);
    while (n < 2 && splitter_next(&sp, &st)) {
        n++;
    }
    splitter_free(&sp);
    return n;
}

static void find_groups(const struct runner *r, struct str text, const struct migration_part *part, struct arena *a,
                        struct sending *out)
{
    struct lexer lx;
    struct token t;
    uint32_t start = UINT32_MAX;
    comments_of(&lx, text, part->start, part->end);
    while ((t = lex_next(&lx)).kind != TOK_END) {
        if (t.kind != TOK_COMMENT) {
            continue;
        }
        if (is_line(text, t, r->grouped)) {
            start = t.end;
        } else if (start != UINT32_MAX && is_line(text, t, r->ungrouped)) {
            add_string(out, a, start, t.start, count_statements(text, start, t.start));
            start = UINT32_MAX;
        }
    }
}

const struct sent_string *sending_string(const struct sending *s, uint32_t start)
{
    size_t first = 0, behind = s->strings.n;
    while (first < behind) {
        const size_t middle = first + (behind - first) / 2;
        const struct sent_string *string = &s->strings.at[middle];
        if (start >= string->start && start < string->end) {
            return string;
        }
        first = start >= string->end ? middle + 1 : first;
        behind = start < string->start ? middle : behind;
    }
    return NULL;
}

/* ---- Flyway ----------------------------------------------------------------------------------------------------- */

static bool starts(const struct statement *st, enum keyword a, enum keyword b, enum keyword c)
{
    return statement_is(st, 0, a) && (b == KW_NONE || statement_is(st, 1, b)) &&
           (c == KW_NONE || statement_is(st, 2, c));
}

/* What Flyway takes for a statement that refuses a transaction; CONCURRENTLY elsewhere it does not know. */
static bool flyway_refuses(const struct statement *st)
{
    static const enum keyword kinds[] = {KW_DATABASE, KW_TABLESPACE, KW_SUBSCRIPTION};
    for (size_t i = 0; i < countof(kinds); i++) {
        if (starts(st, KW_CREATE, kinds[i], KW_NONE) || starts(st, KW_DROP, kinds[i], KW_NONE)) {
            return true;
        }
    }
    return starts(st, KW_ALTER, KW_SYSTEM, KW_NONE) || starts(st, KW_CREATE, KW_INDEX, KW_CONCURRENTLY) ||
           starts(st, KW_DROP, KW_INDEX, KW_CONCURRENTLY) ||
           (starts(st, KW_CREATE, KW_UNIQUE, KW_INDEX) && statement_is(st, 3, KW_CONCURRENTLY)) ||
           starts(st, KW_REINDEX, KW_SCHEMA, KW_NONE) || starts(st, KW_REINDEX, KW_DATABASE, KW_NONE) ||
           starts(st, KW_REINDEX, KW_SYSTEM, KW_NONE) || starts(st, KW_VACUUM, KW_NONE, KW_NONE) ||
           starts(st, KW_DISCARD, KW_ALL, KW_NONE);
}

static void look_as_flyway(struct str text, const struct migration_part *part, struct sending *out)
{
    struct splitter sp;
    struct statement st;
    bool some = false, others = false;
    splitter_init(&sp, text, part->start, part->end);
    while (splitter_next(&sp, &st)) {
        if (!flyway_refuses(&st)) {
            others = true;
        } else if (!some) {
            some = true;
            out->mixed_at = st.start;
        }
    }
    splitter_free(&sp);
    out->mixed = some && others;
    out->wrapped = !some;
}

/* ----------------------------------------------------------------------------------------------------------------- */

void runner_sending(const struct runner *r, struct str text, const struct migration_part *part, struct arena *a,
                    struct sending *out)
{
    *out = (struct sending){.runner = r};
    if (!r) {
        return;
    }
    const bool marked = is_marked(r, text, part);
    out->wrapped = r->wraps && !marked;
    if (r->detects && out->wrapped) {
        look_as_flyway(text, part, out);
    }
    if (r->sends == RUNNER_STRING) {
        add_string(out, a, part->start, part->end, count_statements(text, part->start, part->end));
    } else if (r->grouped) {
        find_groups(r, text, part, a, out);
    }
}
