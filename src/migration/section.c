#include "migration/section.h"

#include "sql/lex.h"

static const struct {
    const char *tool;
    struct str up, down; /* up "-": the file begins with it */
} tools[] = {
    {"goose", STR_INIT("+goose up"), STR_INIT("+goose down")},
    {"sql-migrate", STR_INIT("+migrate up"), STR_INIT("+migrate down")},
    {"micrate", STR_INIT("+micrate up"), STR_INIT("+micrate down")},
    {"node-pg-migrate", STR_INIT("up migration"), STR_INIT("down migration")},
    {"tern", STR_INIT("-"), STR_INIT("create above / drop below")},
};

/* What a comment line says, without its dashes and blanks; empty: it is no line comment. */
static struct str words_of(struct str comment)
{
    if (!str_starts(comment, STR("--"))) {
        return STR("");
    }
    while (comment.n > 0 && (comment.p[0] == '-' || comment.p[0] == ' ' || comment.p[0] == '\t')) {
        comment = str_slice(comment, 1, comment.n);
    }
    return str_trim(comment);
}

static bool says(struct str words, struct str mark)
{
    return str_starts_nocase(words, mark) && (words.n == mark.n || words.p[mark.n] == ' ');
}

/* Is there a line that might be a mark? Most files have none, and are not read twice. */
static bool may_have(struct str text)
{
    for (size_t at = 0; at < text.n;) {
        const struct str rest = str_slice(text, at, text.n);
        const size_t end = str_find_char(rest, '\n');
        const struct str words = str_starts(rest, STR("--")) ? words_of(str_slice(rest, 0, end)) : STR("");
        for (size_t i = 0; words.n > 0 && i < countof(tools); i++) {
            if (says(words, tools[i].down)) {
                return true;
            }
        }
        at = end == SIZE_MAX ? text.n : at + end + 1;
    }
    return false;
}

bool sections_find(struct str text, struct sections *out)
{
    struct lexer lx;
    struct token t;
    size_t tool = countof(tools);
    uint32_t up = 0, up_line = 0;
    *out = (struct sections){0};
    if (!may_have(text)) {
        return false;
    }
    lex_init(&lx, text, true);
    lx.comments = true;
    while ((t = lex_next(&lx)).kind != TOK_END) {
        const struct str words = t.kind == TOK_COMMENT ? words_of(token_text(text, t)) : STR("");
        for (size_t i = 0; words.n > 0 && i < countof(tools); i++) {
            if (says(words, tools[i].up) && up == 0) {
                up = t.end;
                up_line = t.start;
            } else if (says(words, tools[i].down) && tool == countof(tools)) {
                tool = i;
                out->tool = tools[i].tool;
                out->down_start = t.end;
                out->up_end = t.start;
            }
        }
    }
    if (tool == countof(tools)) {
        return false;
    }
    const bool turned = up_line > out->up_end; /* the undoing half stands first */
    out->up_start = up;
    out->up_end = turned ? (uint32_t)text.n : out->up_end;
    out->down_end = turned ? up_line : (uint32_t)text.n;
    return true;
}
