#include "base/term.h"
#include "report/explain.h"
#include "report/lint.h"
#include "report/style.h"

static const char *what_waits(enum lock_mode mode)
{
    switch (lock_blocks(mode)) {
    case BLOCKS_READS:
        return "reads and writes wait";
    case BLOCKS_WRITES:
        return "writes wait, reads go on";
    case BLOCKS_DDL:
        return "reads and writes go on, other DDL waits";
    case BLOCKS_NONE:
        break;
    }
    return "reads and writes go on";
}

static void add_relation(struct strbuf *out, const struct relation *r, struct str schema, struct str name)
{
    struct arena a;
    arena_init(&a, 1 << 16);
    term_escape(out, name_display(&a, schema, name));
    arena_free(&a);
    if (r->bytes >= 0 || r->rows >= 0) {
        strbuf_add_cstr(out, " (");
        if (r->bytes >= 0) {
            add_bytes(out, r->bytes);
        }
        if (r->rows >= 0) {
            strbuf_add_cstr(out, r->bytes >= 0 ? ", " : "");
            add_rows(out, r->rows);
        }
        strbuf_add_char(out, ')');
    }
}

void lock_text(struct strbuf *out, const struct relation_lock *lock)
{
    strbuf_addf(out, "%s on ", lock_mode_name(lock->mode));
    add_relation(out, lock->relation, lock->schema, lock->name);
    strbuf_addf(out, ": %s%s", what_waits(lock->mode), lock->certain ? "" : " (at worst)");
}

static void add_relations(struct strbuf *out, const char *what, const struct relation_effect_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        strbuf_addf(out, "  %s ", what);
        add_relation(out, list->at[i].relation, list->at[i].schema, list->at[i].name);
        strbuf_addf(out, "%s\n", list->at[i].certain ? "" : " (at worst)");
    }
}

void explain_statement(struct strbuf *out, const struct judged_statement *st, int server_version, bool colour)
{
    static const char *const known[] = {
        "  unknown: no form of the rulebook covers it, so nothing is promised\n",
        "  known in part: what depends on the schema is shown at its worst\n",
        "",
    };
    const struct effects *e = &st->effects;
    paint_begin(out, PAINT_BOLD, colour);
    add_one_line(out, st->source, 200);
    paint_end(out, PAINT_BOLD, colour);
    strbuf_add_cstr(out, "\n");
    for (size_t i = 0; i < st->n_actions; i++) {
        const struct form *f = st->actions[i].what.form;
        if (f) {
            strbuf_addf(out, "  %.*s (%.*s)\n", STR_ARG(f->title), STR_ARG(f->id));
        }
    }
    strbuf_add_cstr(out, known[e->known]);
    if (e->supported == TRI_NO) {
        strbuf_addf(out, "  PostgreSQL %d refuses it\n", server_version);
    }
    if (e->known != KNOWN_NO) {
        strbuf_addf(out, "  inside a transaction: %s\n",
                    e->in_transaction == TRI_NO    ? "refused"
                    : e->in_transaction == TRI_YES ? "allowed"
                                                   : "it depends");
    }
    for (size_t i = 0; i < e->locks.n; i++) {
        strbuf_add_cstr(out, "  ");
        lock_text(out, &e->locks.at[i]);
        strbuf_add_char(out, '\n');
    }
    add_relations(out, "rewrites", &e->rewrite);
    add_relations(out, "reads all of", &e->scan);
    add_relations(out, "builds index", &e->build);
}

void explain_text(struct strbuf *out, const struct judged_part *part, int server_version, bool colour)
{
    for (size_t i = 0; i < part->statements.n; i++) {
        if (i > 0) {
            strbuf_add_char(out, '\n');
        }
        explain_statement(out, &part->statements.at[i], server_version, colour);
    }
    for (size_t i = 0; i < part->findings.n; i++) {
        if (!part->findings.at[i].suppressed) {
            strbuf_add_char(out, '\n');
            finding_text(out, &part->findings.at[i], part->migration->text, colour);
        }
    }
}
