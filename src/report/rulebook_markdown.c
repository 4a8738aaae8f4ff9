/* The rulebook as Markdown: a table of all hazards, a section for each, and the forms. */
#include "report/rulebook_doc.h"
#include "report/style.h"
#include "rules/fix.h"
#include "rules/selftest.h"

enum { WORK_MAX = 1 << 26 };

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

void add_markdown_prose(struct strbuf *out, struct str text, bool template)
{
    for (size_t i = 0; i < text.n; i++) {
        const char c = text.p[i];
        const bool starts = i == 0 || text.p[i - 1] == '\n';
        const bool inside = i > 0 && is_word(text.p[i - 1]) && i + 1 < text.n && is_word(text.p[i + 1]);
        if (template && (c == '{' || c == '}')) {
            strbuf_add_char(out, '*');
            continue;
        }
        if (strchr("\\`*<>[]|~$", c) || (c == '_' && !inside) || (starts && strchr("-+#=", c))) {
            strbuf_add_char(out, '\\');
        }
        strbuf_add_char(out, c);
    }
}

static void add_sql(struct strbuf *out, struct str sql)
{
    strbuf_addf(out, "%.*s\n", STR_ARG(str_trim(sql)));
}

/* ---- one hazard ---- */

static void add_example(struct strbuf *out, const struct example *e)
{
    if (e->name.n > 0) {
        strbuf_addf(out, "-- %.*s\n", STR_ARG(e->name));
    }
    if (e->version > 0 || e->platform != PLATFORM_NONE) {
        static const char *const platforms[] = {"", "RDS", "Aurora"};
        strbuf_add_cstr(out, "-- on ");
        strbuf_add_cstr(out, e->version > 0 ? "PostgreSQL " : "");
        if (e->version > 0) {
            strbuf_addf(out, "%d%s", e->version, e->platform ? ", " : "");
        }
        strbuf_addf(out, "%s\n", platforms[e->platform]);
    }
    if (e->setup.n > 0) {
        strbuf_add_cstr(out, "-- an earlier file:\n");
        add_sql(out, e->setup);
        strbuf_add_cstr(out, "-- this file:\n");
    }
    add_sql(out, e->sql);
}

static void add_examples(struct strbuf *out, const char *title, const struct example *e, unsigned n)
{
    if (n == 0) {
        return;
    }
    strbuf_addf(out, "\n%s\n\n```sql\n", title);
    for (unsigned i = 0; i < n; i++) {
        strbuf_add_cstr(out, i > 0 ? "\n" : "");
        add_example(out, &e[i]);
    }
    strbuf_add_cstr(out, "```\n");
}

static void add_code_line(struct strbuf *out, const char *title, struct str text)
{
    if (text.n > 0) {
        strbuf_addf(out, "\n%s `", title);
        add_one_line(out, text, SIZE_MAX / 8);
        strbuf_add_cstr(out, "`\n");
    }
}

static void add_hazard(const struct rulebook *book, const struct hazard *h, struct arena *a, struct strbuf *out)
{
    const struct str instead = hazard_instead(book, h, a);
    strbuf_addf(out, "\n### %.*s\n\n**%s**%s: ", STR_ARG(h->id), severity_name(h->severity),
                h->off ? ", off by default" : "");
    add_markdown_prose(out, h->title, true);
    strbuf_add_cstr(out, "\n\n");
    add_markdown_prose(out, str_trim(h->why), false);
    strbuf_add_cstr(out, "\n\nLooks at");
    for (unsigned i = 0; i < h->n_on; i++) {
        if (str_eq(h->on[i], STR("*"))) {
            strbuf_add_cstr(out, " every statement");
        } else {
            strbuf_addf(out, "%s [%.*s](#form-%.*s)", i > 0 ? "," : "", STR_ARG(h->on[i]), STR_ARG(h->on[i]));
        }
    }
    strbuf_add_cstr(out, ".\n");
    add_code_line(out, "Applies when", h->when);
    add_code_line(out, "Not when", h->unless);
    add_code_line(out, "An unknown is settled by", h->settles);
    add_examples(out, "Is found in:", h->fails, h->n_fails);
    if (instead.n > 0) {
        strbuf_add_cstr(out, "\nInstead:\n\n```sql\n");
        add_sql(out, instead);
        strbuf_add_cstr(out, "```\n");
    }
    if (hazard_fixable(h)) {
        strbuf_add_cstr(out, "\n`migrate lint --fix` writes ");
        add_markdown_prose(out, hazard_fix_text(h, a), false);
        strbuf_add_cstr(out, ".\n");
    }
    add_examples(out, "Is not found in:", h->passes, h->n_passes);
    add_code_line(out, "Also known as", h->aliases);
    strbuf_addf(out, "\nSource: <%.*s>\n", STR_ARG(h->source));
}

/* ---- all of them ---- */

static void add_overview(const struct rulebook *book, struct strbuf *out)
{
    struct str group = STR_NONE;
    for (size_t i = 0; i < book->n_hazards; i++) {
        const struct hazard *h = book->hazards[i];
        if (!str_eq(h->group, group)) {
            group = h->group;
            strbuf_addf(out, "\n**%.*s**\n\n| rule | severity | finds |\n| --- | --- | --- |\n", STR_ARG(group));
        }
        strbuf_addf(out, "| [%.*s](#%.*s) | %s%s | ", STR_ARG(h->id), STR_ARG(h->id), severity_name(h->severity),
                    hazard_fixable(h) && h->off ? ", off, fixable"
                    : hazard_fixable(h)         ? ", fixable"
                    : h->off                    ? ", off"
                                                : "");
        add_markdown_prose(out, h->title, true);
        strbuf_add_cstr(out, " |\n");
    }
}

void rulebook_markdown(const struct rulebook *book, struct strbuf *out)
{
    struct arena work;
    struct str group = STR_NONE;
    arena_init(&work, WORK_MAX);
    strbuf_addf(
        out,
        "# The rules of migrate\n\n"
        "<!-- Written by `make docs` from rules/; changes belong there. -->\n\n"
        "%zu hazards, each with its reason, a safe way and examples, and the %zu forms of statements that they\n"
        "look at, with what each does to a server. `migrate rules show RULE` says the same on a terminal;\n"
        "[rules/README.md](../rules/README.md) explains the notation and how to add rules of your own.\n\n"
        "To allow one finding, write right before the statement\n\n"
        "```sql\n-- migrate:allow RULE because REASON\n```\n\n"
        "Rules that are off by default are turned on by `--all-rules`.\n\n## Hazards\n",
        book->n_hazards, book->n_forms);
    add_overview(book, out);
    for (size_t i = 0; i < book->n_hazards; i++) {
        if (!str_eq(book->hazards[i]->group, group)) {
            group = book->hazards[i]->group;
            strbuf_addf(out, "\n## Hazards: %.*s\n", STR_ARG(group));
        }
        const struct arena_mark mark = arena_mark(&work);
        add_hazard(book, book->hazards[i], &work, out);
        arena_rewind(&work, mark);
    }
    strbuf_addf(
        out,
        "\n## Forms\n\n"
        "What each kind of statement does on PostgreSQL %d to %d, measured on those servers. A condition is in the\n"
        "notation of the rule files; where it asks for the version it is worked out. Locks without a condition\n"
        "are taken always, work without one is always done. The first form that matches a statement is its form.\n",
        JUDGE_MIN_VERSION, JUDGE_MAX_VERSION);
    rulebook_forms_markdown(book, out);
    arena_free(&work);
}
