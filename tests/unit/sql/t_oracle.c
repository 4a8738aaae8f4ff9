/*
 * t_oracle.c - tokens and statements are those of PostgreSQL's own scanner and parser (15, by way of libpg_query).
 *
 * The inputs are those of tests/cases/sql (*.case) and, when the environment variable CORPUS names a folder, every
 * .sql file below it, as far as libpg_query's scanner or parser accepts them. The differences that may be, all of them:
 *
 *   later-keyword   a key word that 16, 17 or 18 brought is a plain name in 15 (table below)
 *   national        N'x' is one token here, NCHAR and a string in the server
 *   stray           what no token begins is a TOK_BAD here; the scanner hands on the byte, the parser refuses it
 *   bom             a byte order mark is passed over, as psql does; the server's scanner takes it for an identifier
 *   vertical-tab    white space from 16 on
 *   numbers-16      0x1F, 0b1, 0o7, 1_000: 15 refuses them, or reads 0 and the name x1F
 *   u-end           libpg_query gives U&'x' and U&"x" a wrong length
 *   comment-joins   'a' -- comment, line end, 'b' is one string; libpg_query, which makes comments tokens, reads two
 *   copy-data       (statements) rows behind COPY … FROM STDIN are no SQL
 *   extras          (statements of files that only the scanner accepts) psql commands, placeholders, section lines
 *   atomic          (the same) libpg_query's scanner splits the body of BEGIN ATOMIC … END, its parser does not
 *   parentheses     (the same) one without its partner: libpg_query's scanner never ends the statement
 *   no-keyword      (the same) libpg_query's scanner drops a statement without a key word
 *
 * Each has a case in tests/cases/sql/differences.case, which this test reads too.
 */
#include <pg_query.h>

#include "cases.h"
#include "sql/shape.h"

enum { MAX_FILE = 64 << 20 };

/* Token numbers of pg_query.proto. */
enum {
    PG_IDENT = 258,
    PG_UIDENT = 259,
    PG_FCONST = 260,
    PG_SCONST = 261,
    PG_USCONST = 262,
    PG_BCONST = 263,
    PG_XCONST = 264,
    PG_OP = 265,
    PG_ICONST = 266,
    PG_PARAM = 267,
    PG_TYPECAST = 268,
    PG_DOT_DOT = 269,
    PG_COLON_EQUALS = 270,
    PG_EQUALS_GREATER = 271,
    PG_LESS_EQUALS = 272,
    PG_GREATER_EQUALS = 273,
    PG_NOT_EQUALS = 274,
    PG_SQL_COMMENT = 275,
    PG_C_COMMENT = 276,
};

struct pg_token {
    uint32_t start, end, token, keyword_kind;
};

/* ---- the protobuf message, as far as it matters --------------------------------------------------------------- */

static uint64_t varint(const uint8_t **p, const uint8_t *end)
{
    uint64_t v = 0;
    for (unsigned shift = 0; *p < end && shift < 64; shift += 7) {
        const uint8_t byte = *(*p)++;
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            break;
        }
    }
    return v;
}

static struct pg_token read_token(const uint8_t *p, const uint8_t *end)
{
    struct pg_token t = {0};
    while (p < end) {
        const uint64_t tag = varint(&p, end), value = varint(&p, end);
        uint32_t *fields[] = {NULL, &t.start, &t.end, NULL, &t.token, &t.keyword_kind};
        if (tag >> 3 < countof(fields) && fields[tag >> 3]) {
            *fields[tag >> 3] = (uint32_t)value;
        }
    }
    return t;
}

/* The next ScanToken of a ScanResult (field 2; field 1 is the version). */
static bool next_pg_token(const uint8_t **p, const uint8_t *end, struct pg_token *t)
{
    while (*p < end) {
        const uint64_t tag = varint(p, end), value = varint(p, end);
        if ((tag & 7) == 2) {
            *t = read_token(*p, *p + value);
            *p += value;
            return true;
        }
    }
    return false;
}

/* ---- tokens ---------------------------------------------------------------------------------------------------- */

static bool later_keyword(enum keyword kw)
{
    switch (kw) {
    case KW_ABSENT:
    case KW_CONDITIONAL:
    case KW_EMPTY:
    case KW_ENFORCED:
    case KW_ERROR:
    case KW_FORMAT:
    case KW_INDENT:
    case KW_JSON:
    case KW_JSON_ARRAY:
    case KW_JSON_ARRAYAGG:
    case KW_JSON_EXISTS:
    case KW_JSON_OBJECT:
    case KW_JSON_OBJECTAGG:
    case KW_JSON_QUERY:
    case KW_JSON_SCALAR:
    case KW_JSON_SERIALIZE:
    case KW_JSON_TABLE:
    case KW_JSON_VALUE:
    case KW_KEEP:
    case KW_KEYS:
    case KW_MERGE_ACTION:
    case KW_NESTED:
    case KW_OBJECTS:
    case KW_OMIT:
    case KW_PATH:
    case KW_PERIOD:
    case KW_PLAN:
    case KW_QUOTES:
    case KW_SCALAR:
    case KW_SOURCE:
    case KW_STRING:
    case KW_SYSTEM_USER:
    case KW_TARGET:
    case KW_UNCONDITIONAL:
    case KW_VIRTUAL:
        return true;
    default:
        return false;
    }
}

/* pg_query's KeywordKind of a key word. */
static uint32_t kind_of_keyword(enum keyword kw)
{
    return (uint32_t)keyword_category(kw) + 1;
}

/* The token number that ours has in the server's scanner; key words have many and are judged by their kind. */
static uint32_t pg_number(struct str text, struct token t)
{
    static const uint16_t numbers[] = {
        [TOK_QUOTED] = PG_IDENT,
        [TOK_UQUOTED] = PG_UIDENT,
        [TOK_STRING] = PG_SCONST,
        [TOK_ESTRING] = PG_SCONST,
        [TOK_USTRING] = PG_USCONST,
        [TOK_BITSTRING] = PG_BCONST,
        [TOK_HEXSTRING] = PG_XCONST,
        [TOK_DOLLAR] = PG_SCONST,
        [TOK_INTEGER] = PG_ICONST,
        [TOK_NUMERIC] = PG_FCONST,
        [TOK_PARAM] = PG_PARAM,
        [TOK_OP] = PG_OP,
        [TOK_TYPECAST] = PG_TYPECAST,
        [TOK_DOT_DOT] = PG_DOT_DOT,
        [TOK_COLON_EQUALS] = PG_COLON_EQUALS,
        [TOK_EQUALS_GREATER] = PG_EQUALS_GREATER,
        [TOK_LESS_EQUALS] = PG_LESS_EQUALS,
        [TOK_GREATER_EQUALS] = PG_GREATER_EQUALS,
        [TOK_NOT_EQUALS] = PG_NOT_EQUALS,
        [TOK_WORD] = PG_IDENT,
        [TOK_PLACEHOLDER] = 0,
    };
    if (t.kind == TOK_COMMENT) {
        return text.p[t.start] == '-' ? PG_SQL_COMMENT : PG_C_COMMENT;
    }
    if (t.kind == TOK_SELF || (t.kind == TOK_BAD && t.bad == LEX_STRAY_BYTE)) {
        return (uint8_t)text.p[t.start];
    }
    return t.kind < countof(numbers) ? numbers[t.kind] : 0;
}

/* comment-joins: pass over the further tokens that one string of ours is for libpg_query. */
static void join_strings(struct str text, struct token ours, struct pg_token *theirs, const uint8_t **p,
                         const uint8_t *end)
{
    if (ours.kind < TOK_STRING || ours.kind > TOK_HEXSTRING ||
        str_find(token_text(text, ours), STR("--")) == SIZE_MAX) {
        return;
    }
    const struct pg_token first = *theirs;
    while (first.start == ours.start && theirs->end < ours.end && next_pg_token(p, end, theirs)) {
    }
    theirs->start = first.start;
    theirs->token = first.token;
}

/* An integer beyond 32 bits is a FCONST in the server. */
static bool same_token(struct str text, struct token ours, struct pg_token theirs)
{
    if ((ours.kind == TOK_USTRING && theirs.end == theirs.start) || theirs.token == PG_UIDENT) { /* u-end */
        theirs.end = ours.end;
    }
    if (ours.start != theirs.start || ours.end != theirs.end) {
        return false;
    }
    if (ours.kind == TOK_WORD && ours.keyword != KW_NONE && !later_keyword((enum keyword)ours.keyword)) {
        return theirs.token > PG_C_COMMENT && theirs.keyword_kind == kind_of_keyword((enum keyword)ours.keyword);
    }
    if (ours.kind == TOK_INTEGER && theirs.token == PG_FCONST) {
        return ours.end - ours.start >= 10;
    }
    return theirs.keyword_kind == 0 && theirs.token == pg_number(text, ours);
}

struct tally {
    const char *name;
    unsigned files, scanned, parsed, tokens, statements, skipped_extras, wrong;
};

static void complain(struct tally *tally, const char *what, struct str text, uint32_t at)
{
    if (tally->wrong++ < 20) {
        print_error("%s: %s at byte %u: %.*s\n", tally->name, what, at, STR_ARG(str_slice(text, at, at + 60)));
    }
}

static void compare_tokens(struct tally *tally, struct str text, PgQueryProtobuf pbuf)
{
    const uint8_t *p = (const uint8_t *)pbuf.data, *const end = p + pbuf.len;
    struct lexer lx;
    lex_init(&lx, text, false);
    lx.comments = true;
    for (;; tally->tokens++) {
        const struct token ours = lex_next(&lx);
        struct pg_token theirs = {0};
        const bool more = next_pg_token(&p, end, &theirs);
        if (ours.kind == TOK_END || !more) {
            if (more || ours.kind != TOK_END) {
                complain(tally, "number of tokens", text, ours.start);
            }
            return;
        }
        join_strings(text, ours, &theirs, &p, end);
        if (ours.kind == TOK_NSTRING) { /* national */
            struct pg_token string = {0};
            if (theirs.start != ours.start || !next_pg_token(&p, end, &string) || string.end != ours.end ||
                string.token != PG_SCONST) {
                complain(tally, "N string", text, ours.start);
                return;
            }
            continue;
        }
        if (!same_token(text, ours, theirs)) {
            complain(tally, token_kind_name((enum token_kind)ours.kind), text, ours.start);
            print_error("    ours [%u,%u) theirs [%u,%u) %u\n", ours.start, ours.end, theirs.start, theirs.end,
                        theirs.token);
            return;
        }
    }
}

/* ---- statements ------------------------------------------------------------------------------------------------ */

/* From the first token to the end of the last one in text[start, end), by the server's tokens; false: there is none. */
static bool trim_to_tokens(struct str text, uint32_t *start, uint32_t *end)
{
    struct lexer lx;
    lex_init(&lx, str_slice(text, 0, *end), false);
    lx.at = *start > lx.at ? *start : lx.at;
    uint32_t first = UINT32_MAX, last = 0;
    for (struct token t; (t = lex_next(&lx)).kind != TOK_END;) {
        if (t.kind == TOK_SELF && t.keyword == ';' && (first == UINT32_MAX)) {
            continue;
        }
        first = first == UINT32_MAX ? t.start : first;
        last = t.end;
    }
    *start = first;
    *end = last;
    return first != UINT32_MAX;
}

/*
 * Where the first thing stands that libpg_query's scanner splits otherwise by its nature: what only the lexer with
 * extras knows, a lone backslash, BEGIN ATOMIC, a statement without key word (it drops it), a parenthesis without
 * its partner. UINT32_MAX: nowhere.
 */
static uint32_t first_extra(struct str text)
{
    struct splitter sp;
    struct statement st;
    uint32_t found = UINT32_MAX;
    splitter_init(&sp, text, 0, (uint32_t)text.n);
    while (found == UINT32_MAX && splitter_next(&sp, &st)) {
        bool any_keyword = false;
        int depth = 0;
        found = st.broken == LEX_UNCLOSED ? st.start : found;
        if (st.psql || st.copy_end > st.copy_start) {
            found = st.psql ? st.start : st.copy_start;
        }
        for (size_t i = 0; i < st.n_tokens && found == UINT32_MAX; i++) {
            const struct token t = st.tokens[i];
            any_keyword = any_keyword || (t.kind == TOK_WORD && t.keyword != KW_NONE);
            depth += t.kind == TOK_SELF ? (t.keyword == '(') - (t.keyword == ')') : 0;
            if (depth < 0 || t.kind == TOK_PLACEHOLDER || text.p[t.start] == '\\' || t.keyword == KW_ATOMIC) {
                found = t.start;
            }
        }
        if (found == UINT32_MAX && (!any_keyword || !st.terminated || text.p[st.end] == '\\')) {
            found = any_keyword ? st.end : st.start;
        }
    }
    splitter_free(&sp);
    return found;
}

static void compare_statements(struct tally *tally, struct str text, const PgQuerySplitResult *r, bool parsed)
{
    const uint32_t extra = parsed ? UINT32_MAX : first_extra(text);
    struct splitter sp;
    struct statement st;
    splitter_init(&sp, text, 0, (uint32_t)text.n);
    for (int i = 0; i < r->n_stmts; i++) {
        uint32_t start = (uint32_t)r->stmts[i]->stmt_location;
        uint32_t end = start + (uint32_t)r->stmts[i]->stmt_len;
        if (!trim_to_tokens(text, &start, &end)) {
            continue;
        }
        tally->statements++;
        if (!splitter_next(&sp, &st)) {
            complain(tally, "missing statement", text, start);
            break;
        }
        if (extra < UINT32_MAX && (st.end >= extra || end > extra)) {
            tally->skipped_extras++;
            goto out;
        }
        if (st.start != start || st.end != end) {
            complain(tally, parsed ? "statement (parser)" : "statement (scanner)", text, st.start);
            print_error("    ours [%u,%u) theirs [%u,%u)\n", st.start, st.end, start, end);
            goto out;
        }
        if (parsed && (st.broken != LEX_FINE || st.psql || st.has_placeholder)) {
            complain(tally, "called broken, or no SQL", text, st.start);
        }
    }
    if (splitter_next(&sp, &st) && st.end < extra) {
        complain(tally, "statement too many", text, st.start);
    }
out:
    splitter_free(&sp);
}

/* ---- inputs ---------------------------------------------------------------------------------------------------- */

static void check_text(struct tally *tally, struct str text)
{
    tally->files++;
    if (memchr(text.p, '\0', text.n) || str_starts(text, STR("\xef\xbb\xbf")) || memchr(text.p, '\v', text.n)) {
        return; /* bom, vertical-tab; the scanner reads up to a NUL */
    }
    PgQueryScanResult scan = pg_query_scan(text.p);
    if (!scan.error) {
        tally->scanned++;
        compare_tokens(tally, text, scan.pbuf);
        PgQuerySplitResult split = pg_query_split_with_parser(text.p);
        const bool parsed = !split.error;
        tally->parsed += parsed;
        if (!parsed) {
            pg_query_free_split_result(split);
            split = pg_query_split_with_scanner(text.p);
        }
        if (!split.error) {
            compare_statements(tally, text, &split, parsed);
        }
        pg_query_free_split_result(split);
    }
    pg_query_free_scan_result(scan);
}

static void check_folder(struct tally *tally, struct str folder, struct arena *a)
{
    struct file_list list = {0};
    struct error err;
    if (file_list(arena_cstr(a, folder), a, &list, &err) != ST_OK) {
        fail_msg("%s", err.primary);
    }
    for (size_t i = 0; i < list.n; i++) {
        const struct str path = path_join(a, folder, list.at[i].name);
        if (list.at[i].kind == FILE_FOLDER) {
            check_folder(tally, path, a);
        } else if (list.at[i].kind == FILE_REGULAR && str_find(list.at[i].name, STR(".sql")) != SIZE_MAX) {
            struct arena one;
            struct str text;
            arena_init(&one, (size_t)2 * MAX_FILE);
            tally->name = path.p;
            if (file_read(path.p, MAX_FILE, &one, &text, &err) == ST_OK) {
                check_text(tally, text);
            }
            arena_free(&one);
        }
    }
}

static void report(const struct tally *t, const char *what)
{
    print_message(
        "# %s: %u files, %u scanned, %u parsed, %u tokens, %u statements compared; %u files only up to an extra\n",
        what, t->files, t->scanned, t->parsed, t->tokens, t->statements, t->skipped_extras);
}

static void test_cases(void **state)
{
    (void)state;
    struct tally tally = {0};
    struct arena a;
    struct file_list list = {0};
    struct error err;
    arena_init(&a, (size_t)64 << 20);
    assert_int_equal(file_list("tests/cases/sql", &a, &list, &err), ST_OK);
    for (size_t i = 0; i < list.n; i++) {
        struct str rest;
        struct test_case c;
        const struct str path = path_join(&a, STR("tests/cases/sql"), list.at[i].name);
        if (!str_ends(path, STR(".case")) || file_read(path.p, 1 << 20, &a, &rest, &err) != ST_OK) {
            continue;
        }
        while (next_case(&rest, &a, &c)) {
            tally.name = arena_printf(&a, "%.*s: %.*s", STR_ARG(path), STR_ARG(c.title)).p;
            check_text(&tally, arena_str(&a, c.input));
        }
    }
    arena_free(&a);
    report(&tally, "cases");
    assert_true(tally.parsed > 20);
    assert_int_equal(tally.wrong, 0);
}

static void test_corpus(void **state)
{
    (void)state;
    const char *folder = getenv("CORPUS");
    if (!folder) {
        print_message("# corpus left out: the environment variable CORPUS names no folder of SQL files\n");
        return;
    }
    struct tally tally = {0};
    struct arena a;
    arena_init(&a, (size_t)64 << 20);
    check_folder(&tally, str_of(folder), &a);
    arena_free(&a);
    report(&tally, "corpus");
    assert_int_equal(tally.wrong, 0);
}

/* Every key word of ours is one in 15, of the same kind, or on the list of later ones. */
static void test_keywords(void **state)
{
    (void)state;
    for (unsigned i = 1; i < KW_COUNT; i++) {
        const struct str word = keyword_text((enum keyword)i);
        PgQueryScanResult r = pg_query_scan(word.p);
        const uint8_t *p = (const uint8_t *)r.pbuf.data;
        struct pg_token t = {0};
        assert_true(next_pg_token(&p, p + r.pbuf.len, &t));
        if (later_keyword((enum keyword)i)) {
            assert_int_equal(t.token, PG_IDENT);
        } else if (t.token == PG_IDENT || t.keyword_kind != kind_of_keyword((enum keyword)i)) {
            fail_msg("%.*s", STR_ARG(word));
        }
        pg_query_free_scan_result(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keywords),
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_corpus),
    };
    return cmocka_run_group_tests_name("oracle", tests, NULL, NULL);
}
