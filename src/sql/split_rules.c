#include "sql/split_rules.h"

#include "sql/lex_class.h"

bool split_begins_statement(enum keyword kw, bool in_body)
{
    switch (kw) {
    case KW_SELECT:
    case KW_INSERT:
    case KW_UPDATE:
    case KW_DELETE:
    case KW_MERGE:
    case KW_WITH:
    case KW_VALUES:
    case KW_NOTIFY:
        return !in_body;
    case KW_ALTER:
    case KW_ANALYZE:
    case KW_BEGIN:
    case KW_CALL:
    case KW_CLUSTER:
    case KW_COMMENT:
    case KW_COMMIT:
    case KW_COPY:
    case KW_CREATE:
    case KW_DO:
    case KW_DROP:
    case KW_EXPLAIN:
    case KW_GRANT:
    case KW_IMPORT:
    case KW_LOCK:
    case KW_REASSIGN:
    case KW_REFRESH:
    case KW_REINDEX:
    case KW_RELEASE:
    case KW_RESET:
    case KW_REVOKE:
    case KW_ROLLBACK:
    case KW_SAVEPOINT:
    case KW_SECURITY:
    case KW_SET:
    case KW_SHOW:
    case KW_START:
    case KW_TRUNCATE:
    case KW_VACUUM:
        return true;
    default:
        return false;
    }
}

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

bool split_begins_line(struct str text, uint32_t at)
{
    while (at > 0 && blank(lex_peek(text, at - 1))) {
        at--;
    }
    return at == 0 || text.p[at - 1] == '\n' || text.p[at - 1] == '\r';
}

unsigned split_newlines(struct str text, uint32_t from, uint32_t to)
{
    unsigned n = 0;
    for (uint32_t i = from; i < to && n < 2; i++) {
        const char c = lex_peek(text, i);
        n += c == '\n' || (c == '\r' && lex_peek(text, i + 1) != '\n');
    }
    return n;
}

bool split_section_line(struct str text, struct token comment)
{
    static const struct str marks[] = {
        STR_INIT("migrate:up"),
        STR_INIT("migrate:down"),
        STR_INIT("+goose up"),
        STR_INIT("+goose down"),
        STR_INIT("+migrate up"),
        STR_INIT("+goose statementbegin"),
        STR_INIT("+goose statementend"),
        STR_INIT("+migrate down"),
        STR_INIT("+migrate statementbegin"),
        STR_INIT("+migrate statementend"),
        STR_INIT("-- create above / drop below"),
    };
    struct str line = token_text(text, comment);
    if (!str_starts(line, STR("--")) || !split_begins_line(text, comment.start)) {
        return false;
    }
    line = str_trim(str_slice(line, 2, line.n));
    for (size_t i = 0; i < countof(marks); i++) {
        if (str_starts_nocase(line, marks[i]) && (line.n == marks[i].n || !lex_is(line.p[marks[i].n], PART_WORD))) {
            return true;
        }
    }
    return false;
}

/*
 * Behind a semicolon at `at` - 1: the place of the next word, when that begins a line of its own and empty lines and
 * line comments are all that lies between. *reached tells how far the look went: no semicolon before it can do better.
 */
static bool statement_follows(struct str text, uint32_t at, uint32_t *reached)
{
    bool new_line = false;
    for (;; at++) {
        const char c = lex_peek(text, at);
        if (c == '-' && lex_peek(text, at + 1) == '-') {
            at = lex_line_end(text, at) - 1;
        } else if (c == '\n' || c == '\r') {
            new_line = true;
        } else if (!blank(c)) {
            break;
        }
    }
    *reached = at;
    uint32_t end = at;
    while (end < text.n && lex_is(text.p[end], PART_WORD)) {
        end++;
    }
    return new_line && split_begins_statement(keyword_find(str_slice(text, at, end)), false);
}

uint32_t split_unterminated(struct str text, struct token t)
{
    if (t.bad != LEX_UNTERMINATED_STRING && t.bad != LEX_UNTERMINATED_QUOTED && t.bad != LEX_UNTERMINATED_DOLLAR &&
        t.bad != LEX_UNTERMINATED_COMMENT) {
        return t.end;
    }
    for (uint32_t at = t.start + 1; at < t.end;) {
        const char *semicolon = memchr(text.p + at, ';', t.end - at);
        if (!semicolon) {
            break;
        }
        const uint32_t found = (uint32_t)(semicolon - text.p);
        if (statement_follows(text, found + 1, &at)) {
            return found;
        }
    }
    return t.end;
}

bool split_copies_stdin(struct str command)
{
    if (!str_starts_nocase(command, STR("\\copy")) || command.n < 6 || lex_is(command.p[5], PART_WORD)) {
        return false;
    }
    struct lexer lx;
    lex_init(&lx, str_slice(command, 1, command.n), false);
    for (enum keyword last = KW_NONE;;) {
        const struct token t = lex_next(&lx);
        if (t.kind == TOK_END || (last == KW_FROM && t.keyword == KW_STDIN)) {
            return t.kind != TOK_END;
        }
        last = t.kind == TOK_WORD ? (enum keyword)t.keyword : KW_NONE;
    }
}
