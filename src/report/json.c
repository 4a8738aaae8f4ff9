#include "report/json.h"

#include "base/term.h"

enum { STATEMENT_MAX = 1 << 16 };

/* jansson returns NULL when memory runs out (its other reasons, such as bad UTF-8, are excluded by json_text). */
static json_t *must(json_t *j)
{
    if (!j) {
        mem_out("JSON");
    }
    return j;
}

static void set(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, must(value)) != 0) {
        mem_out("JSON");
    }
}

static void append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, must(value)) != 0) {
        mem_out("JSON");
    }
}

static json_t *object(void)
{
    return must(json_object());
}

static json_t *array(void)
{
    return must(json_array());
}

json_t *json_text(struct str s)
{
    const size_t bad = utf8_invalid_at(s);
    if (bad == SIZE_MAX) {
        return must(json_stringn(s.p ? s.p : "", s.n));
    }
    struct strbuf fixed;
    strbuf_init(&fixed, SIZE_MAX / 4);
    for (size_t i = 0; i < s.n;) {
        uint32_t c;
        const size_t n = utf8_decode(s, i, &c);
        strbuf_add(&fixed, c == 0xFFFD || c == 0 ? STR("\xEF\xBF\xBD") : str_slice(s, i, i + n));
        i += n;
    }
    json_t *j = must(json_stringn(fixed.p ? fixed.p : "", fixed.n));
    strbuf_free(&fixed);
    return j;
}

static json_t *text_c(const char *s)
{
    return json_text(str_of(s));
}

/* Long statements are cut at a character. */
static json_t *statement_text(struct str s)
{
    size_t n = s.n < STATEMENT_MAX ? s.n : STATEMENT_MAX;
    while (n > 0 && n < s.n && ((unsigned char)s.p[n] & 0xC0) == 0x80) {
        n--;
    }
    return json_text(str_slice(s, 0, n));
}

static json_t *relation_name(struct str schema, struct str name)
{
    struct arena a;
    arena_init(&a, 1 << 16);
    json_t *j = json_text(name_display(&a, schema, name));
    arena_free(&a);
    return j;
}

json_t *json_locks(const struct relation_lock_list *locks)
{
    json_t *all = array();
    for (size_t i = 0; i < locks->n; i++) {
        const struct relation_lock *l = &locks->at[i];
        json_t *o = object();
        set(o, "relation", relation_name(l->schema, l->name));
        set(o, "mode", text_c(lock_mode_name(l->mode)));
        set(o, "blocks", text_c(lock_blocks_name(lock_blocks(l->mode))));
        if (!l->certain) {
            set(o, "certain", json_false());
        }
        append(all, o);
    }
    return all;
}

static json_t *relations(const struct relation_effect_list *list)
{
    json_t *all = array();
    for (size_t i = 0; i < list->n; i++) {
        append(all, relation_name(list->at[i].schema, list->at[i].name));
    }
    return all;
}

json_t *json_finding(const struct finding *f)
{
    json_t *o = object(), *names = array();
    set(o, "rule", json_text(f->rule));
    set(o, "severity", text_c(severity_name(f->severity)));
    set(o, "file", json_text(f->file));
    set(o, "line", json_integer(f->line));
    set(o, "column", json_integer(f->column));
    set(o, "end_line", json_integer(f->end_line));
    set(o, "end_column", json_integer(f->end_column));
    set(o, "message", json_text(f->message));
    if (f->remark.n > 0) {
        set(o, "remark", json_text(f->remark));
    }
    for (size_t i = 0; i < f->locks.n; i++) {
        append(names, relation_name(f->locks.at[i].schema, f->locks.at[i].name));
    }
    set(o, "relations", names);
    set(o, "locks", json_locks(&f->locks));
    set(o, "statement", statement_text(f->statement));
    if (f->instead.n > 0) {
        set(o, "fix", json_text(f->instead));
    }
    if (f->note.n > 0) {
        set(o, "settled_by", json_text(f->note));
    }
    if (f->suppressed) {
        json_t *s = object();
        set(s, "by", json_text(f->suppressed_by));
        set(s, "reason", json_text(f->reason));
        set(o, "suppressed", s);
    }
    set(o, "fingerprint", text_c(f->fingerprint));
    return o;
}

/* ---- explain ---- */

static json_t *explain_statement(const struct judged_part *part, const struct judged_statement *st)
{
    static const char *const known[] = {"no", "partly", "yes"};
    const struct effects *e = &st->effects;
    json_t *o = object(), *findings = array();
    struct strbuf forms;
    strbuf_init(&forms, 1 << 20);
    for (size_t i = 0; i < st->n_actions; i++) {
        const struct form *form = st->actions[i].what.form;
        strbuf_addf(&forms, "%s%.*s", forms.n ? ", " : "", STR_ARG(form ? form->id : STR("unknown")));
    }
    set(o, "form", json_text(forms.n ? strbuf_str(&forms) : STR("unknown")));
    strbuf_free(&forms);
    set(o, "text", statement_text(st->source));
    set(o, "supported", text_c(e->supported == TRI_NO ? "no" : e->supported == TRI_YES ? "yes" : "unknown"));
    set(o, "in_transaction",
        text_c(e->in_transaction == TRI_NO    ? "refused"
               : e->in_transaction == TRI_YES ? "allowed"
                                              : "unknown"));
    set(o, "locks", json_locks(&e->locks));
    set(o, "rewrite", relations(&e->rewrite));
    set(o, "scan", relations(&e->scan));
    set(o, "index_build", relations(&e->build));
    set(o, "known", text_c(known[e->known]));
    for (size_t i = 0; i < part->findings.n; i++) {
        if (part->findings.at[i].start >= st->st.comments_start && part->findings.at[i].start < st->st.end) {
            append(findings, json_finding(&part->findings.at[i]));
        }
    }
    set(o, "findings", findings);
    return o;
}

json_t *json_explain(const struct judged_part *part, int server_version)
{
    json_t *o = object(), *all = array();
    set(o, "schema", json_integer(1));
    set(o, "server_version", json_integer(server_version));
    for (size_t i = 0; i < part->statements.n; i++) {
        append(all, explain_statement(part, &part->statements.at[i]));
    }
    set(o, "statements", all);
    return o;
}

/* ---- plan ---- */

static json_t *plan_step(const struct step *s, size_t n_done)
{
    json_t *o = object(), *statements = array();
    set(o, "ordinal", json_integer(s->ordinal));
    set(o, "kind", text_c(step_kind_name(s->kind)));
    for (size_t i = 0; i < s->statements.n; i++) {
        append(statements, statement_text(s->statements.at[i].sql));
    }
    set(o, "statements", statements);
    set(o, "locks", json_locks(&s->locks));
    set(o, "lock_timeout_ms", json_integer(s->lock_timeout_ms));
    set(o, "statement_timeout_ms", json_integer(s->statement_timeout_ms));
    set(o, "estimate_ms", s->estimate_ms < 0 ? json_null() : json_integer(s->estimate_ms));
    if (s->batch) {
        set(o, "batch_rows", s->batch->batch ? json_integer(s->batch->batch) : json_null());
    }
    if (n_done > 0) {
        set(o, "done", json_integer((json_int_t)(n_done < s->statements.n ? n_done : s->statements.n)));
    }
    set(o, "sha256", text_c(s->sha256));
    return o;
}

json_t *json_plan(const struct migration_plan *plans, const unsigned *done, size_t n)
{
    json_t *o = object(), *all = array();
    set(o, "schema", json_integer(1));
    for (size_t i = 0; i < n; i++) {
        json_t *m = object(), *steps = array();
        size_t left = done ? done[i] : 0;
        set(m, "version", json_text(plans[i].migration->version));
        set(m, "name", json_text(plans[i].migration->name));
        set(m, "direction", text_c(plans[i].down ? "down" : "up"));
        for (size_t k = 0; k < plans[i].steps.n; k++) {
            const struct step *s = &plans[i].steps.at[k];
            append(steps, plan_step(s, left));
            left -= left < s->statements.n ? left : s->statements.n;
        }
        set(m, "steps", steps);
        append(all, m);
    }
    set(o, "migrations", all);
    return o;
}

/* ---- status ---- */

json_t *json_status(const struct status_list *rows)
{
    json_t *o = object(), *all = array();
    set(o, "schema", json_integer(1));
    for (size_t i = 0; i < rows->n; i++) {
        const struct status_row *r = &rows->at[i];
        const bool recorded = r->state != STATE_PENDING && r->state != STATE_OUT_OF_ORDER;
        json_t *m = object();
        set(m, "version", json_text(r->version));
        set(m, "name", json_text(r->name));
        set(m, "state", text_c(migration_state_name(r->state)));
        set(m, "steps_done", json_integer(r->steps_done));
        set(m, "steps", recorded ? json_integer(r->n_steps) : json_null());
        set(m, "applied_at", r->applied_at.n ? json_text(r->applied_at) : json_null());
        set(m, "checksum",
            !recorded                   ? json_null()
            : r->state == STATE_MISSING ? text_c("missing")
            : r->changed                ? text_c("changed")
                                        : text_c("ok"));
        append(all, m);
    }
    set(o, "migrations", all);
    return o;
}

void json_write(json_t *document, FILE *stream)
{
    if (json_dumpf(document, stream, JSON_COMPACT) != 0 && !ferror(stream)) {
        mem_out("JSON");
    }
    fputc('\n', stream);
    json_decref(document);
}
