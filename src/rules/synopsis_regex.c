#include "rules/synopsis_tree.h"
#include "sql/lex_class.h"

/*
 * The subroutines. Each matches whole tokens of a shape without the space before them, and gives nothing back once
 * it matched.
 *
 *   P  a balanced parenthesis        U  one unit: a token, with balanced parentheses in it or alone
 *   Q  a quoted name                 N  a name, perhaps qualified: bare, quoted, or a key word that may be a name
 *   L  names with commas between     T  a type with its modifiers and array bounds
 *
 * (?C1) asks synopsis_allows(): a list of a hundred key words would be three quarters of what PCRE2 compiles.
 */
#define WORD_END "(?![A-Za-z0-9_$.\"])"

static const struct {
    char name;
    const char *body;
} routines[] = {
    {'P', "\\((?>[^()\"]++|(?&Q)|(?&P))*+\\)"},
    {'Q', "\"(?>[^\"]++|\"\")*+\""},
    {'N', "(?>[a-z_\\x80-\\xff][a-z0-9_$\\x80-\\xff]*+|(?&Q)|[A-Z][A-Z0-9_]*+(?C1))"
          "(?>\\.(?>[A-Za-z_\\x80-\\xff][A-Za-z0-9_$\\x80-\\xff]*+|(?&Q)))*+"},
    {'L', "(?>(?>ONLY )?(?&N)(?> \\*)?)(?> , (?>ONLY )?(?&N)(?> \\*)?)*+"},
    {'T',
     "(?>(?>SETOF )?(?>DOUBLE PRECISION" WORD_END "|(?>NATIONAL )?CHAR(?>ACTER)?" WORD_END "(?> VARYING)?(?> (?&P))?"
     "|BIT" WORD_END "(?> VARYING)?(?> (?&P))?"
     "|TIME(?>STAMP)?" WORD_END "(?> (?&P))?(?> WITH(?>OUT)? TIME ZONE)?"
     "|INTERVAL" WORD_END "(?> (?>YEAR|MONTH|DAY|HOUR|MINUTE|SECOND)(?> TO (?>MONTH|HOUR|MINUTE|SECOND))?)?(?> (?&P))?"
     "|(?&N)(?> ?% ?TYPE)?(?> (?&P))?)"
     "(?>(?> ?\\[[^]]*\\])++| ARRAY" WORD_END "(?> ?\\[[^]]*\\])?)?)"},
};

#define UNIT "(?>[^ ()\"]++|(?&Q)|(?&P))++"

static void write_text(struct strbuf *out, struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        const char c = text.p[i];
        if (strchr("\\^$.[]|()?*+{}", c)) {
            strbuf_add_char(out, '\\');
        }
        strbuf_add_char(out, c);
    }
}

/*
 * May what follows match nothing, up to an ellipsis or the end? Then an expression would be cut after its first
 * token.
 */
static bool follows_open(const struct item *item)
{
    while (item && (item->kind == ITEM_OPTIONAL || item->kind == ITEM_NOT)) {
        item = item->next;
    }
    return item && item->kind == ITEM_ANY;
}

static void write_expr(struct strbuf *out, const struct item *item)
{
    if (follows_open(item->next)) {
        /* A column's DEFAULT among other constraints: it ends where the next one begins. */
        strbuf_add_cstr(out, " (" UNIT "(?> (?!(?>NOT|NULL|CHECK|UNIQUE|PRIMARY|REFERENCES|GENERATED|CONSTRAINT|"
                             "COLLATE|DEFERRABLE|INITIALLY)(?: |\\z)|,)" UNIT ")*+)");
    } else {
        strbuf_add_cstr(out, item->next ? " (" UNIT "(?> " UNIT ")*?)" : " (" UNIT "(?> " UNIT ")*+)");
    }
}

/*
 * Where a sequence stands: its first item has no space before it; the last item of the whole writes the end of
 * the match.
 */
enum place { PLACE_INSIDE = 0, PLACE_FIRST = 1, PLACE_LAST = 2 };

static void write_sequence(struct strbuf *out, const struct item *item, unsigned place);

static void write_choices(struct strbuf *out, const struct item *item, unsigned place)
{
    for (size_t i = 0; i < item->n_choices; i++) {
        strbuf_add_cstr(out, i == 0 ? "(?:" : "|");
        write_sequence(out, item->choices[i], place);
    }
    strbuf_add_cstr(out, item->kind == ITEM_OPTIONAL && (place & PLACE_LAST) ? "|\\z)" : ")");
}

static void write_group(struct strbuf *out, const struct item *item, const char *space)
{
    const struct item *inside = item->choices[0];
    if (inside && inside->kind == ITEM_ANY && !inside->next) {
        strbuf_addf(out, "%s(?&P)", space);
    } else {
        strbuf_addf(out, "%s\\(", space);
        write_sequence(out, inside, PLACE_INSIDE);
        strbuf_add_cstr(out, " \\)");
    }
}

/* … goes over balanced parentheses whole; before !WORD it does not go over that key word. */
static void write_any(struct strbuf *out, const struct item *item)
{
    strbuf_add_cstr(out, "(?>");
    for (item = item->next; item && item->kind == ITEM_NOT; item = item->next) {
        strbuf_addf(out, "(?! %.*s(?: |\\z))", STR_ARG(keyword_text(item->keyword)));
    }
    strbuf_add_cstr(out, " " UNIT ")*?");
}

static void write_item(struct strbuf *out, const struct item *item, unsigned place)
{
    const char *space = place & PLACE_FIRST ? "" : " ";
    switch (item->kind) {
    case ITEM_WORD:
        strbuf_addf(out, "%s%.*s", space, STR_ARG(keyword_text(item->keyword)));
        break;
    case ITEM_NOT:
        strbuf_addf(out, "(?! %.*s(?: |\\z))", STR_ARG(keyword_text(item->keyword)));
        break;
    case ITEM_LITERAL:
        strbuf_add_char(out, ' ');
        write_text(out, item->text);
        break;
    case ITEM_STRING:
        strbuf_add_cstr(out, " ''");
        break;
    case ITEM_ANY:
        write_any(out, item);
        break;
    case ITEM_NAME: /* the common case is told inline: a subroutine call costs more than the name */
        strbuf_add_cstr(out, " ((?>[a-z_][a-z0-9_.]*+(?= |\\z)|(?&N)))");
        if (str_eq(item->text, STR("table"))) { /* t *: its children, too, as if it were not written */
            strbuf_add_cstr(out, "(?> \\*(?= |\\z))?");
        }
        break;
    case ITEM_NAMES:
        strbuf_add_cstr(out, " ((?&L))");
        break;
    case ITEM_TYPE:
        strbuf_add_cstr(out, " ((?&T))");
        break;
    case ITEM_EXPR:
        write_expr(out, item);
        break;
    case ITEM_PAREN:
        strbuf_add_cstr(out, " ((?&P))");
        break;
    case ITEM_TOKEN:
        strbuf_add_cstr(out, " ((?>[^ \"]++|(?&Q))++)");
        break;
    case ITEM_OPTIONAL:
        write_choices(out, item, place & PLACE_LAST);
        strbuf_add_cstr(out, item->repeat ? "*" : place & PLACE_LAST ? "" : "?");
        break;
    case ITEM_CHOICE:
        write_choices(out, item, place);
        strbuf_add_cstr(out, item->repeat ? "+" : "");
        break;
    case ITEM_GROUP:
        write_group(out, item, space);
        break;
    }
}

static void write_sequence(struct strbuf *out, const struct item *item, unsigned place)
{
    for (; item; item = item->next) {
        const bool last = (place & PLACE_LAST) && !item->next;
        const bool brackets = (item->kind == ITEM_OPTIONAL || item->kind == ITEM_CHOICE) && !item->repeat;
        if (last && item->kind == ITEM_ANY) {
            strbuf_add_cstr(out, "(?= |\\z)"); /* whatever follows, follows: no need to walk to the end */
        } else if (last && brackets) {
            write_item(out, item, place); /* each choice ends in its own way */
        } else {
            write_item(out, item, place & PLACE_FIRST);
            strbuf_add_cstr(out, last ? "\\z" : "");
        }
        place &= ~(unsigned)PLACE_FIRST;
    }
}

void synopsis_write(const struct item *first, struct strbuf *out)
{
    write_sequence(out, first, PLACE_FIRST | PLACE_LAST);
}

bool synopsis_allows(struct str subject, size_t at)
{
    size_t start = at;
    while (start > 0 && lex_is(subject.p[start - 1], PART_WORD)) {
        start--;
    }
    const enum keyword_category category = keyword_category(keyword_find(str_slice(subject, start, at)));
    return category != KW_RESERVED && category != KW_TYPE_FUNC_NAME;
}

static bool calls(struct str text, char name)
{
    const char call[] = {'(', '?', '&', name, ')'};
    return str_find(text, (struct str){call, sizeof call}) != SIZE_MAX;
}

void synopsis_complete(struct str regex, struct strbuf *out)
{
    bool used[countof(routines)] = {0}, more = true;
    strbuf_add(out, regex);
    while (more) {
        more = false;
        for (size_t i = 0; i < countof(routines); i++) {
            if (!used[i] && calls(strbuf_str(out), routines[i].name)) {
                used[i] = more = true;
                strbuf_addf(out, "(?(DEFINE)(?<%c>%s))", routines[i].name, routines[i].body);
            }
        }
    }
}
