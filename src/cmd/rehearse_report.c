/* What a rehearsal saw, for people and as JSON. */
#include "base/clock.h"
#include "base/term.h"
#include "cmd/rehearse.h"
#include "report/escape.h"
#include "report/json.h"
#include "report/style.h"

enum { SQL_CHARS = 90 };

static bool matters(const struct seen_relation *s)
{
    const bool index = s->kind == 'i' || s->kind == 'I';
    return index ? s->built : s->was_there && (s->lock != LOCK_NONE || s->rewritten || s->scanned);
}

/* ---- text ---- */

static void add_seen(struct strbuf *out, const struct seen_relation *s, bool in_transaction)
{
    const char *what = s->built ? "builds " : s->rewritten ? "rewrites " : "reads in full ";
    strbuf_add_cstr(out, "      ");
    if (!s->built && in_transaction) {
        strbuf_addf(out, "%s on ", s->lock == LOCK_NONE ? "no lock" : lock_mode_name(s->lock));
    } else {
        strbuf_add_cstr(out, what);
    }
    term_escape(out, s->name);
    if (!s->built && in_transaction) {
        strbuf_add_cstr(out, s->rewritten ? ", rewritten" : s->scanned ? ", read in full" : "");
    }
    strbuf_add_char(out, '\n');
}

static void add_statement(struct strbuf *out, const struct rehearsed_statement *s)
{
    strbuf_add_cstr(out, "    ");
    add_one_line(out, s->text, SQL_CHARS);
    strbuf_add_char(out, '\n');
    if (!s->traced) {
        strbuf_add_cstr(out, "      not traced: ");
        add_one_line(out, str_of(s->why), 200);
        strbuf_add_char(out, '\n');
    }
    if (s->traced && !s->trace.in_transaction) {
        strbuf_add_cstr(out, "      outside a transaction: its locks come and go unseen\n");
    }
    for (size_t i = 0; i < s->trace.seen.n && s->traced; i++) {
        if (matters(&s->trace.seen.at[i])) {
            add_seen(out, &s->trace.seen.at[i], s->trace.in_transaction);
        }
    }
}

static void add_migration(struct strbuf *out, const struct rehearsal *r, const struct migration *m, bool colour)
{
    paint_begin(out, PAINT_BOLD, colour);
    term_escape(out, m->version);
    strbuf_add_char(out, ' ');
    term_escape(out, m->name);
    paint_end(out, PAINT_BOLD, colour);
    strbuf_add_char(out, '\n');
    for (size_t i = 0; i < r->steps.n; i++) {
        const struct rehearsed_step *s = &r->steps.at[i];
        if (str_eq(s->version, m->version)) {
            strbuf_addf(out, "  step %u: %.*s  done in ", s->ordinal, STR_ARG(s->title));
            clock_duration(s->ms, out);
            strbuf_add_char(out, '\n');
        }
    }
    strbuf_add_cstr(out, "  seen:\n");
    for (size_t i = 0; i < r->statements.n; i++) {
        if (str_eq(r->statements.at[i].version, m->version)) {
            add_statement(out, &r->statements.at[i]);
        }
    }
    strbuf_add_char(out, '\n');
}

static void add_difference(struct strbuf *out, const struct rehearsal *r, const struct rehearsed_difference *d,
                           bool colour)
{
    paint(out, PAINT_RED, colour, STR("the rulebook differs: "));
    strbuf_addf(out, "%.*s: %s ", STR_ARG(d->form), d->what);
    term_escape(out, d->relation);
    strbuf_addf(out, ": it says %s, PostgreSQL %d %s: ", d->claimed, r->major, d->seen);
    add_one_line(out, d->text, SQL_CHARS);
    strbuf_add_char(out, '\n');
}

static void add_trip(struct strbuf *out, enum round_trip trip, const char *what, struct str diff, bool colour)
{
    if (trip == ROUND_TRIP_OTHER) {
        paint(out, PAINT_RED, colour, str_of(what));
        strbuf_add_cstr(out, " (- wanted, + there):\n");
        add_lines_escaped(out, diff);
    }
}

static void add_versions(struct strbuf *out, const struct str_list *versions)
{
    for (size_t i = 0; i < versions->n; i++) {
        strbuf_add_cstr(out, i ? ", " : "");
        term_escape(out, versions->at[i]);
    }
}

static void add_round_trip(struct strbuf *out, const struct rehearsal *r, bool colour)
{
    add_trip(out, r->down, "up and down leaves another schema than before", r->down_diff, colour);
    add_trip(out, r->up, "up, down and up makes another schema than up", r->up_diff, colour);
    if (r->down == ROUND_TRIP_SAME && r->up == ROUND_TRIP_SAME) {
        strbuf_add_cstr(out, "up, down, up of ");
        add_versions(out, &r->round);
        strbuf_add_cstr(out, ": the schema is the same each time\n");
    }
    if (r->left_out.n > 0) {
        strbuf_add_cstr(out, "not taken down again: ");
        add_versions(out, &r->left_out);
        strbuf_add_cstr(out, r->left_out.n == 1 && r->round.n == 0 ? " (it has no down part)\n"
                                                                   : " (without a down part, or before one)\n");
    }
}

void rehearse_text(const struct rehearsal *r, bool colour, struct strbuf *out)
{
    size_t traced = 0;
    if (r->chosen.n == 0) {
        strbuf_add_cstr(out, "nothing to do\n");
        return;
    }
    for (size_t i = 0; i < r->chosen.n && !r->c->set.quiet; i++) {
        add_migration(out, r, r->chosen.at[i].migration, colour);
    }
    for (size_t i = 0; i < r->differences.n; i++) {
        add_difference(out, r, &r->differences.at[i], colour);
    }
    add_round_trip(out, r, colour);
    for (size_t i = 0; i < r->statements.n; i++) {
        traced += r->statements.at[i].traced;
    }
    add_count(out, r->chosen.n, "migration");
    strbuf_add_cstr(out, " on the schema of ");
    term_escape(out, r->database);
    strbuf_addf(out, ", PostgreSQL %d, no rows: %zu of ", r->major, traced);
    add_count(out, r->statements.n, "statement");
    strbuf_add_cstr(out, " traced, ");
    add_count(out, r->differences.n, "difference");
    strbuf_add_cstr(out, " from the rulebook\n");
}

/* ---- JSON ---- */

static json_t *names(const struct trace *t, bool (*is)(const struct seen_relation *))
{
    json_t *list = json_new_array();
    for (size_t i = 0; i < t->seen.n; i++) {
        if (is(&t->seen.at[i])) {
            json_push(list, json_text(t->seen.at[i].name));
        }
    }
    return list;
}

static bool is_rewritten(const struct seen_relation *s)
{
    return s->was_there && s->rewritten;
}

static bool is_scanned(const struct seen_relation *s)
{
    return s->was_there && s->scanned;
}

static bool is_built(const struct seen_relation *s)
{
    return s->built;
}

static json_t *statement_object(const struct rehearsed_statement *s)
{
    json_t *o = json_new_object(), *locks = json_new_array();
    json_put(o, "line", json_integer(s->line));
    json_put(o, "text", json_text(s->text));
    json_put(o, "form", json_text(s->form));
    json_put(o, "traced", json_boolean(s->traced));
    json_put(o, "ms", json_integer(s->ms));
    if (!s->traced) {
        json_put(o, "why", json_text_c(s->why));
        return o;
    }
    json_put(o, "in_transaction", json_string(s->trace.in_transaction ? "allowed" : "refused"));
    for (size_t i = 0; i < s->trace.seen.n; i++) {
        const struct seen_relation *seen = &s->trace.seen.at[i];
        if (seen->was_there && seen->lock != LOCK_NONE) {
            json_t *lock = json_new_object();
            json_put(lock, "relation", json_text(seen->name));
            json_put(lock, "mode", json_string(lock_mode_name(seen->lock)));
            json_push(locks, lock);
        }
    }
    json_put(o, "locks", locks);
    json_put(o, "rewrite", names(&s->trace, is_rewritten));
    json_put(o, "scan", names(&s->trace, is_scanned));
    json_put(o, "index_build", names(&s->trace, is_built));
    return o;
}

static json_t *migration_object(const struct rehearsal *r, const struct migration *m)
{
    json_t *o = json_new_object(), *steps = json_new_array(), *statements = json_new_array();
    json_put(o, "version", json_text(m->version));
    json_put(o, "name", json_text(m->name));
    for (size_t i = 0; i < r->steps.n; i++) {
        const struct rehearsed_step *s = &r->steps.at[i];
        if (str_eq(s->version, m->version)) {
            json_t *step = json_new_object();
            json_put(step, "ordinal", json_integer(s->ordinal));
            json_put(step, "kind", json_string(s->kind));
            json_put(step, "ms", json_integer(s->ms));
            json_push(steps, step);
        }
    }
    for (size_t i = 0; i < r->statements.n; i++) {
        if (str_eq(r->statements.at[i].version, m->version)) {
            json_push(statements, statement_object(&r->statements.at[i]));
        }
    }
    json_put(o, "steps", steps);
    json_put(o, "statements", statements);
    return o;
}

static json_t *versions(const struct str_list *list)
{
    json_t *array = json_new_array();
    for (size_t i = 0; i < list->n; i++) {
        json_push(array, json_text(list->at[i]));
    }
    return array;
}

static json_t *round_trip(const struct rehearsal *r)
{
    static const char *const words[] = {"not checked", "same", "different"};
    json_t *o = json_new_object();
    json_put(o, "versions", versions(&r->round));
    json_put(o, "left_out", versions(&r->left_out));
    json_put(o, "after_down", json_string(words[r->down]));
    json_put(o, "after_up", json_string(words[r->up]));
    if (r->down == ROUND_TRIP_OTHER) {
        json_put(o, "down_diff", json_text(r->down_diff));
    }
    if (r->up == ROUND_TRIP_OTHER) {
        json_put(o, "up_diff", json_text(r->up_diff));
    }
    return o;
}

void rehearse_json(const struct rehearsal *r)
{
    json_t *o = json_new_object(), *migrations = json_new_array(), *differences = json_new_array();
    json_put(o, "schema", json_integer(1));
    json_put(o, "server_version", json_integer(r->major));
    json_put(o, "database", json_text(r->database));
    for (size_t i = 0; i < r->chosen.n; i++) {
        json_push(migrations, migration_object(r, r->chosen.at[i].migration));
    }
    for (size_t i = 0; i < r->differences.n; i++) {
        const struct rehearsed_difference *d = &r->differences.at[i];
        json_t *one = json_new_object();
        json_put(one, "version", json_text(d->version));
        json_put(one, "statement", json_text(d->text));
        json_put(one, "form", json_text(d->form));
        json_put(one, "what", json_string(d->what));
        json_put(one, "relation", json_text(d->relation));
        json_put(one, "rulebook", json_string(d->claimed));
        json_put(one, "server", json_string(d->seen));
        json_push(differences, one);
    }
    json_put(o, "migrations", migrations);
    json_put(o, "differences", differences);
    json_put(o, "round_trip", round_trip(r));
    json_write(o, stdout);
}
