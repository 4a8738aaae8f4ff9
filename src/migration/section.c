#include "migration/section.h"

#include "sql/lex.h"

static const struct {
    const char *tool, *up, *down; /* up NULL: the file begins with it */
} tools[] = {
    {"goose", "+goose up", "+goose down"},       {"sql-migrate", "+migrate up", "+migrate down"},
    {"micrate", "+micrate up", "+micrate down"}, {"node-pg-migrate", "up migration", "down migration"},
    {"tern", NULL, "create above / drop below"},
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

static bool says(struct str words, const char *mark)
{
    const struct str m = mark ? str_of(mark) : STR("-");
    return str_starts_nocase(words, m) && (words.n == m.n || words.p[m.n] == ' ');
}

/* Is there a line that might be a mark? Most files have none, and are not read twice. */
static bool may_have(struct str text)
{
    struct str line;
    while (str_next(&text, '\n', &line)) {
        const struct str words = str_starts(line, STR("--")) ? words_of(line) : STR("");
        for (size_t i = 0; words.n > 0 && i < countof(tools); i++) {
            if (says(words, tools[i].down)) {
                return true;
            }
        }
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
