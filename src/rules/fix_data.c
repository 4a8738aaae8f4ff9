/* Rows in batches, statements out of their transaction, names that are too long. */
#include "catalog/names.h"
#include "rules/fix_parts.h"

bool fix_has_no_key(const struct relation *r)
{
    for (size_t i = 0; i < r->constraints.n; i++) {
        const enum constraint_kind kind = r->constraints.at[i]->kind;
        if (kind == CON_PRIMARY || kind == CON_UNIQUE) {
            return false;
        }
    }
    for (size_t i = 0; i < r->indexes.n; i++) {
        if (r->indexes.at[i]->unique) {
            return false;
        }
    }
    return r->complete;
}

void fix_backfill(struct fix_work *w)
{
    const struct relation *table = capture_relation(w->e->what, w->e->catalog, "table");
    if (w->e->options->runner) {
        fix_leave(w, "only migrate up runs a statement in batches");
    } else if (table && fix_has_no_key(table)) {
        fix_leave(w, "the table has no key that batches could go by");
    } else if (table && table->kind == REL_VIEW) {
        fix_leave(w, "it changes a view");
    }
    w->draft->whole = true;
    w->verbatim = true;
    fix_step(w, "-- migrate:backfill\n%", w->s->source);
}

/* What a shadow column cannot do for reasons that only the server shows, the plan refuses by name. */
void fix_shadow(struct fix_work *w)
{
    const struct relation *table = capture_relation(w->e->what, w->e->catalog, "table");
    if (w->e->options->runner) {
        fix_leave(w, "only migrate up changes a type by a second column");
    } else if (w->s->n_actions > 1) {
        fix_leave(w, "a second column is for a statement that changes one type and nothing else");
    } else if (table && table->parents.n > 0) {
        fix_leave(w, "a second column is not for a single partition, or a table that inherits");
    }
    w->draft->whole = true;
    w->verbatim = true;
    fix_step(w, "-- migrate:shadow\n%", w->s->source);
}

void fix_own_transaction(struct fix_work *w)
{
    w->draft->whole = w->draft->unchanged = w->draft->apart = true;
}

void fix_no_block(struct fix_work *w)
{
    w->draft->whole = w->draft->unblock = true;
}

/* What the server keeps of a name is its first 63 bytes, and that is written. */
void fix_short_names(struct fix_work *w)
{
    const struct statement *st = w->e->what->statement;
    struct strbuf out;
    uint32_t at = st->start;
    strbuf_init(&out, LEX_MAX_TEXT);
    for (size_t i = 0; i < st->n_tokens; i++) {
        const struct token t = st->tokens[i];
        if ((t.kind == TOK_WORD || t.kind == TOK_QUOTED) && t.end - t.start > NAME_MAX_BYTES) {
            const struct str name = name_quote(w->a, token_name(w->a, w->e->what->text, t));
            strbuf_add(&out, str_slice(w->e->what->text, at, t.start));
            strbuf_add(&out, name);
            at = t.end;
        }
    }
    strbuf_add(&out, str_slice(w->e->what->text, at, st->end));
    w->draft->whole = w->verbatim = true;
    fix_step(w, "%", strbuf_str(&out));
    strbuf_free(&out);
}
