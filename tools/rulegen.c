/*
 * rulegen - the built-in rulebook, from rules/ to a C file of const tables.
 *
 *     rulegen rules/forms/x.yaml … rules/hazards/y/z.yaml … >rulebook_data.c
 *
 * Files are checked as src/rules/load.c checks a team's own. An error is one of file:line:column on standard error,
 * and exit 1.
 */
#include "rules/load.h"

enum { MAX_MEMORY = 256 * 1024 * 1024, MAX_OUTPUT = 64 * 1024 * 1024 };

/* ---- C ---------------------------------------------------------------------------------------------------------- */

static void put_string(struct strbuf *out, struct str s)
{
    enum { WRAP = 100 };
    strbuf_add_char(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        const unsigned char c = (unsigned char)s.p[i];
        if (c == '"' || c == '\\') {
            strbuf_addf(out, "\\%c", c);
        } else if (c < 0x20 || c >= 0x7f || c == '?') {
            strbuf_addf(out, "\\%03o", c); /* '?' too: no trigraphs */
        } else {
            strbuf_add_char(out, (char)c);
        }
        if (i % WRAP == WRAP - 1) {
            strbuf_add_cstr(out, "\"\n        \"");
        }
    }
    strbuf_add_char(out, '"');
}

static void put_str(struct strbuf *out, const char *field, struct str s)
{
    strbuf_addf(out, "    .%s = {", field);
    put_string(out, s);
    strbuf_addf(out, ", %zu},\n", s.n);
}

static void put_list(struct strbuf *out, const char *field, const char *table, size_t id, const char *counter, size_t n)
{
    if (n > 0) {
        strbuf_addf(out, "    .%s = %s_%zu, .%s = %zu,\n", field, table, id, counter, n);
    }
}

/* ---- forms ------------------------------------------------------------------------------------------------------ */

static void put_mask(struct strbuf *out, const char *field, const uint64_t mask[2])
{
    strbuf_addf(out, "    .%s = {UINT64_C(0x%" PRIx64 "), UINT64_C(0x%" PRIx64 ")},\n", field, mask[0], mask[1]);
}

static void put_patterns(struct strbuf *out, const struct form *form, size_t id)
{
    strbuf_addf(out, "static const struct pattern patterns_%zu[] = {\n", id);
    for (unsigned i = 0; i < form->n_patterns; i++) {
        const struct pattern *p = &form->patterns[i];
        strbuf_add_cstr(out, "  {\n");
        put_str(out, "notation", p->notation);
        put_str(out, "regex", p->regex);
        strbuf_add_cstr(out, "    .captures = {");
        for (unsigned k = 0; k < p->n_captures; k++) {
            strbuf_addf(out, "{\"%.*s\", %zu},", STR_ARG(p->captures[k]), p->captures[k].n);
        }
        strbuf_addf(out, "%s},\n    .n_captures = %u, .first = {(enum keyword)%d, (enum keyword)%d}, .slot = %u,\n",
                    p->n_captures == 0 ? "{\"\", 0}" : "", p->n_captures, (int)p->first[0], (int)p->first[1], p->slot);
        put_mask(out, "needs", p->needs);
        put_mask(out, "either", p->either);
        put_mask(out, "begins[0]", p->begins[0]);
        put_mask(out, "begins[1]", p->begins[1]);
        strbuf_add_cstr(out, "  },\n");
    }
    strbuf_add_cstr(out, "};\n");
}

static void put_effects(struct strbuf *out, const struct form *form, size_t id)
{
    if (form->n_effects == 0) {
        return;
    }
    strbuf_addf(out, "static const struct effect effects_%zu[] = {\n", id);
    for (unsigned i = 0; i < form->n_effects; i++) {
        const struct effect *e = &form->effects[i];
        strbuf_addf(out, "  {\n    .kind = (enum effect_kind)%d, .mode = (enum lock_mode)%d,\n", (int)e->kind,
                    (int)e->mode);
        put_str(out, "on", e->on);
        put_str(out, "when", e->when);
        strbuf_add_cstr(out, "  },\n");
    }
    strbuf_add_cstr(out, "};\n");
}

static void put_examples(struct strbuf *out, const char *table, size_t id, const struct example *list, unsigned n)
{
    if (n == 0) {
        return;
    }
    strbuf_addf(out, "static const struct example %s_%zu[] = {\n", table, id);
    for (unsigned i = 0; i < n; i++) {
        strbuf_addf(out, "  {\n    .version = %d, .platform = (enum platform)%d, .line = %u,\n", list[i].version,
                    (int)list[i].platform, list[i].line);
        put_str(out, "sql", list[i].sql);
        put_str(out, "setup", list[i].setup);
        put_str(out, "name", list[i].name);
        strbuf_add_cstr(out, "  },\n");
    }
    strbuf_add_cstr(out, "};\n");
}

static void put_place(struct strbuf *out, const char *file, unsigned line)
{
    strbuf_add_cstr(out, "    .file = ");
    put_string(out, str_of(file));
    strbuf_addf(out, ", .line = %u,\n", line);
}

static void put_form(struct strbuf *out, const struct form *form, size_t id)
{
    put_patterns(out, form, id);
    put_effects(out, form, id);
    put_examples(out, "examples", id, form->examples, form->n_examples);
    strbuf_addf(out, "static const struct form form_%zu = {\n", id);
    put_str(out, "id", form->id);
    put_str(out, "title", form->title);
    put_str(out, "group", form->group);
    put_str(out, "when", form->when);
    put_str(out, "refused_in_transaction", form->refused_in_transaction);
    put_str(out, "unsupported", form->unsupported);
    put_str(out, "class_when_long", form->class_when_long);
    put_str(out, "source", form->source);
    put_list(out, "patterns", "patterns", id, "n_patterns", form->n_patterns);
    put_list(out, "effects", "effects", id, "n_effects", form->n_effects);
    put_list(out, "examples", "examples", id, "n_examples", form->n_examples);
    put_place(out, form->file, form->line);
    strbuf_addf(out, "    .class = (enum form_class)%d,\n};\n\n", (int)form->class);
}

/* ---- hazards ---------------------------------------------------------------------------------------------------- */

static void put_hazard(struct strbuf *out, const struct hazard *h, size_t id)
{
    strbuf_addf(out, "static const struct str on_%zu[] = {", id);
    for (unsigned i = 0; i < h->n_on; i++) {
        strbuf_addf(out, "{\"%.*s\", %zu},", STR_ARG(h->on[i]), h->on[i].n);
    }
    strbuf_add_cstr(out, "};\n");
    put_examples(out, "fails", id, h->fails, h->n_fails);
    put_examples(out, "passes", id, h->passes, h->n_passes);
    strbuf_addf(out, "static const struct hazard hazard_%zu = {\n", id);
    put_str(out, "id", h->id);
    put_str(out, "group", h->group);
    put_str(out, "aliases", h->aliases);
    put_str(out, "when", h->when);
    put_str(out, "unless", h->unless);
    put_str(out, "title", h->title);
    put_str(out, "remark", h->remark);
    put_str(out, "why", h->why);
    put_str(out, "instead", h->instead);
    put_str(out, "source", h->source);
    put_str(out, "remedy", h->remedy);
    put_str(out, "settles", h->settles);
    put_str(out, "fix.write", h->fix.write);
    put_str(out, "fix.by", h->fix.by);
    put_str(out, "fix.when", h->fix.when);
    put_str(out, "fix.other", h->fix.other);
    put_list(out, "on", "on", id, "n_on", h->n_on);
    put_list(out, "fails", "fails", id, "n_fails", h->n_fails);
    put_list(out, "passes", "passes", id, "n_passes", h->n_passes);
    put_place(out, h->file, h->line);
    strbuf_addf(out, "    .severity = (enum severity)%d, .off = %s, .ask = (enum ask_time)%d,\n};\n\n",
                (int)h->severity, h->off ? "true" : "false", (int)h->ask);
}

static void put_table(struct strbuf *out, const char *type, size_t n)
{
    strbuf_addf(out, "static const struct %s *const %ss[] = {\n", type, type);
    for (size_t i = 0; i < n; i++) {
        strbuf_addf(out, "    &%s_%zu,\n", type, i);
    }
    strbuf_addf(out, "%s};\n\n", n == 0 ? "    NULL,\n" : "");
}

static void put_book(struct strbuf *out, const struct loader *l)
{
    strbuf_add_cstr(out, "/* Made by tools/rulegen from rules/. */\n#include \"rules/rulebook.h\"\n\n"
                         "extern const struct rulebook_data rulebook_builtin;\n\n");
    for (size_t i = 0; i < l->forms.n; i++) {
        put_form(out, l->forms.at[i], i);
    }
    for (size_t i = 0; i < l->hazards.n; i++) {
        put_hazard(out, l->hazards.at[i], i);
    }
    put_table(out, "form", l->forms.n);
    put_table(out, "hazard", l->hazards.n);
    strbuf_addf(out, "const struct rulebook_data rulebook_builtin = {forms, %zu, hazards, %zu, %zu};\n", l->forms.n,
                l->hazards.n, l->n_patterns);
}

int main(int argc, char **argv)
{
    struct arena arena;
    struct strbuf out;
    struct error err;
    arena_init(&arena, MAX_MEMORY);
    strbuf_init(&out, MAX_OUTPUT);
    struct loader l = {.a = &arena};
    enum status st = ST_OK;
    for (int i = 1; i < argc && !st; i++) {
        st = load_file(&l, argv[i], &err);
    }
    if (!st) {
        st = load_finish(&l, &err);
    }
    if (st) {
        error_format(&err, &out);
        fwrite(out.p, 1, out.n, stderr);
    } else {
        put_book(&out, &l);
        st = out.overflow || fwrite(out.p, 1, out.n, stdout) != out.n || fflush(stdout) != 0 ? ST_SYSTEM : ST_OK;
    }
    strbuf_free(&out);
    arena_free(&arena);
    return st ? 1 : 0;
}
