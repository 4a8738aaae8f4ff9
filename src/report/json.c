#include "report/json.h"

#include "migration/migration.h"
#include "report/backfill.h"
#include "report/plan.h"
#include "report/rollback.h"

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

void json_put(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, must(value)) != 0) {
        mem_out("JSON");
    }
}

void json_push(json_t *array, json_t *value)
{
    if (json_array_append_new(array, must(value)) != 0) {
        mem_out("JSON");
    }
}

json_t *json_new_object(void)
{
    return must(json_object());
}

json_t *json_new_array(void)
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

json_t *json_text_c(const char *s)
{
    return json_text(str_of(s));
}

json_t *json_text_cut(struct str s, size_t max)
{
    size_t n = s.n < max ? s.n : max;
    while (n > 0 && n < s.n && ((unsigned char)s.p[n] & 0xC0) == 0x80) {
        n--;
    }
    return json_text(str_slice(s, 0, n));
}

static json_t *statement_text(struct str s)
{
    return json_text_cut(s, STATEMENT_MAX);
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
    json_t *all = json_new_array();
    for (size_t i = 0; i < locks->n; i++) {
        const struct relation_lock *l = &locks->at[i];
        json_t *o = json_new_object();
        json_put(o, "relation", relation_name(l->schema, l->name));
        json_put(o, "mode", json_text_c(lock_mode_name(l->mode)));
        json_put(o, "blocks", json_text_c(lock_blocks_name(lock_blocks(l->mode))));
        if (!l->certain) {
            json_put(o, "certain", json_false());
        }
        if (l->relation && l->relation->rows >= 0) {
            json_put(o, "rows", json_integer(l->relation->rows));
        }
        if (l->relation && l->relation->bytes >= 0) {
            json_put(o, "bytes", json_integer(l->relation->bytes));
        }
        json_push(all, o);
    }
    return all;
}

static json_t *relations(const struct relation_effect_list *list)
{
    json_t *all = json_new_array();
    for (size_t i = 0; i < list->n; i++) {
        json_push(all, relation_name(list->at[i].schema, list->at[i].name));
    }
    return all;
}

json_t *json_finding(const struct finding *f)
{
    json_t *o = json_new_object(), *names = json_new_array(), *locks = json_locks(&f->locks);
    json_put(o, "rule", json_text(f->rule));
    json_put(o, "severity", json_text_c(severity_name(f->severity)));
    json_put(o, "file", json_text(f->file));
    json_put(o, "line", json_integer(f->line));
    json_put(o, "column", json_integer(f->column));
    json_put(o, "end_line", json_integer(f->end_line));
    json_put(o, "end_column", json_integer(f->end_column));
    if (f->down) {
        json_put(o, "part", json_text_c("down"));
    }
    json_put(o, "message", json_text(f->message));
    if (f->remark.n > 0) {
        json_put(o, "remark", json_text(f->remark));
    }
    if (f->estimate_ms > 0) {
        json_put(o, "estimate_ms", json_integer(f->estimate_ms));
    }
    for (size_t i = 0; i < f->locks.n; i++) {
        json_push(names, json_incref(json_object_get(json_array_get(locks, i), "relation")));
    }
    json_put(o, "relations", names);
    json_put(o, "locks", locks);
    json_put(o, "statement", statement_text(f->statement));
    if (f->instead.n > 0) {
        json_put(o, "fix", json_text(f->instead));
    }
    if (f->note.n > 0) {
        json_put(o, "settled_by", json_text(f->note));
    }
    if (f->suppressed) {
        json_t *s = json_new_object();
        json_put(s, "by", json_text(f->suppressed_by));
        json_put(s, "reason", json_text(f->reason));
        json_put(o, "suppressed", s);
    }
    json_put(o, "fingerprint", json_text_c(f->fingerprint));
    return o;
}

/* ---- explain ---- */

/* The first finding at or behind a byte: they are ordered by place. */
static size_t first_finding(const struct finding_list *findings, uint32_t at)
{
    size_t low = 0, high = findings->n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (findings->at[middle].start < at) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static json_t *explain_statement(const struct judged_part *part, const struct judged_statement *st)
{
    static const char *const known[] = {"no", "partly", "yes"};
    const struct effects *e = &st->effects;
    json_t *o = json_new_object(), *findings = json_new_array();
    struct strbuf forms;
    strbuf_init(&forms, 1 << 20);
    for (size_t i = 0; i < st->n_actions; i++) {
        const struct form *form = st->actions[i].what.form;
        strbuf_addf(&forms, "%s%.*s", forms.n ? ", " : "", STR_ARG(form ? form->id : STR("unknown")));
    }
    json_put(o, "form", json_text(forms.n ? strbuf_str(&forms) : STR("unknown")));
    strbuf_free(&forms);
    json_put(o, "text", statement_text(st->source));
    json_put(o, "supported", json_text_c(e->supported == TRI_NO ? "no" : e->supported == TRI_YES ? "yes" : "unknown"));
    json_put(o, "in_transaction",
             json_text_c(e->in_transaction == TRI_NO    ? "refused"
                         : e->in_transaction == TRI_YES ? "allowed"
                                                        : "unknown"));
    json_put(o, "locks", json_locks(&e->locks));
    json_put(o, "rewrite", relations(&e->rewrite));
    json_put(o, "scan", relations(&e->scan));
    json_put(o, "index_build", relations(&e->build));
    json_put(o, "known", json_text_c(known[e->known]));
    for (size_t i = first_finding(&part->findings, st->st.comments_start);
         i < part->findings.n && part->findings.at[i].start < st->st.end; i++) {
        json_push(findings, json_finding(&part->findings.at[i]));
    }
    json_put(o, "findings", findings);
    return o;
}

json_t *json_explain(const struct judged_part *part, int server_version)
{
    json_t *o = json_new_object(), *all = json_new_array();
    json_put(o, "schema", json_integer(1));
    json_put(o, "server_version", json_integer(server_version));
    for (size_t i = 0; i < part->statements.n; i++) {
        json_push(all, explain_statement(part, &part->statements.at[i]));
    }
    json_put(o, "statements", all);
    return o;
}

/* ---- plan ---- */

static json_t *known_number(int64_t n)
{
    return n >= 0 ? json_integer(n) : json_null();
}

/* What the server said of a backfill, as far as it could. */
static void put_preview(json_t *o, const struct batch_preview *p)
{
    if (p && p->refused.n > 0) {
        json_put(o, "refused", json_text(p->refused));
    }
    if (!p || !p->known) {
        return;
    }
    json_put(o, "key", json_text(p->key));
    json_put(o, "partitions", json_integer(p->partitions));
    json_put(o, "rows", p->rows >= 0 ? json_integer(p->rows) : json_null());
    json_put(o, "batches", p->rows >= 0 ? json_integer(p->batches) : json_null());
    json_put(o, "wal_bytes", p->rows >= 0 ? json_integer(p->wal_bytes) : json_null());
    json_put(o, "triggers", p->triggers.n > 0 ? json_text(p->triggers) : json_null());
    json_put(o, "not_hot", p->not_hot.n > 0 ? json_text(p->not_hot) : json_null());
    json_put(o, "grows_bytes", p->rows >= 0 ? json_integer(p->grows) : json_null());
    json_put(o, "replicas", known_number(p->replicas));
    json_put(o, "lag_bytes", known_number(p->lag_bytes));
    json_put(o, "lag_ms", known_number(p->lag_ms));
    json_put(o, "slots", json_integer(p->slots));
    json_put(o, "slot", p->slot.n > 0 ? json_text(p->slot) : json_null());
    json_put(o, "slot_bytes", known_number(p->slot_bytes));
    json_put(o, "slot_limit_bytes", known_number(p->slot_limit));
    json_put(o, "disk_free_bytes", known_number(p->disk_free));
    if (p->explain.n > 0) {
        json_put(o, "explain", json_text(p->explain));
    }
}

static void put_shadow(json_t *o, const struct shadow_spec *spec)
{
    json_t *phases = json_new_array();
    for (size_t i = 0; i < spec->phases.n; i++) {
        json_push(phases, json_text(spec->phases.at[i]));
    }
    json_put(o, "phases", phases);
    if (spec->refused.n > 0) {
        json_put(o, "refused", json_text(spec->refused));
        json_put(o, "way_out", spec->way_out.n > 0 ? json_text(spec->way_out) : json_null());
    }
}

static json_t *plan_step(const struct step *s, size_t n_done)
{
    json_t *o = json_new_object(), *statements = json_new_array();
    json_put(o, "ordinal", json_integer(s->ordinal));
    json_put(o, "kind", json_text_c(step_kind_name(s->kind)));
    for (size_t i = 0; i < s->statements.n; i++) {
        json_push(statements, statement_text(s->statements.at[i].sql));
    }
    json_put(o, "statements", statements);
    json_put(o, "locks", json_locks(&s->locks));
    json_put(o, "lock_timeout_ms", json_integer(s->lock_timeout_ms));
    json_put(o, "statement_timeout_ms", json_integer(s->statement_timeout_ms));
    json_put(o, "estimate_ms", s->estimate_ms < 0 ? json_null() : json_integer(s->estimate_ms));
    if (s->batch) {
        json_put(o, "batch_rows", s->batch->batch ? json_integer(s->batch->batch) : json_null());
        put_preview(o, s->batch->preview);
    }
    if (s->shadow) {
        put_shadow(o, s->shadow);
    }
    if (n_done > 0) {
        json_put(o, "done", json_integer((json_int_t)(n_done < s->statements.n ? n_done : s->statements.n)));
    }
    json_put(o, "sha256", json_text_c(s->sha256));
    return o;
}

static json_t *analyze_objects(const struct migration_plan *p, enum analyze_mode mode)
{
    json_t *all = json_new_array();
    for (size_t i = 0; i < p->analyze.n; i++) {
        const struct analyze_target *t = &p->analyze.at[i];
        json_t *o = json_new_object();
        struct arena a;
        arena_init(&a, SIZE_MAX);
        json_put(o, "relation", json_text(name_display(&a, t->schema, t->name)));
        json_put(o, "reason", json_string(analyze_reason_name(t->reason)));
        json_put(o, "runs", json_boolean(analyze_runs(mode, t->reason)));
        json_push(all, o);
        arena_free(&a);
    }
    return all;
}

json_t *json_plan(const struct migration_plan *plans, const unsigned *done, const struct rollback *back, size_t n,
                  enum analyze_mode mode)
{
    json_t *o = json_new_object(), *all = json_new_array();
    json_put(o, "schema", json_integer(1));
    for (size_t i = 0; i < n; i++) {
        json_t *m = json_new_object(), *steps = json_new_array();
        size_t left = done ? done[i] : 0;
        json_put(m, "version", json_text(plans[i].migration->version));
        json_put(m, "name", json_text(plans[i].migration->name));
        json_put(m, "direction", json_text_c(plans[i].down ? "down" : "up"));
        for (size_t k = 0; k < plans[i].steps.n; k++) {
            const struct step *s = &plans[i].steps.at[k];
            json_push(steps, plan_step(s, left));
            left -= left < s->statements.n ? left : s->statements.n;
        }
        json_put(m, "steps", steps);
        json_put(m, "analyze", analyze_objects(&plans[i], mode));
        if (back) {
            json_put(m, "rollback", rollback_json(&back[i]));
        }
        json_push(all, m);
    }
    json_put(o, "migrations", all);
    return o;
}

/* ---- status ---- */

/* Those of one migration that are not done. */
static json_t *open_backfills(struct str version, const struct backfill_row_list *list)
{
    json_t *all = json_new_array();
    for (size_t i = 0; i < list->n; i++) {
        if (!list->at[i].finished && version_cmp(list->at[i].version, version) == 0) {
            json_push(all, backfill_json(&list->at[i]));
        }
    }
    return all;
}

json_t *json_status(const struct status_list *rows, const struct backfill_row_list *backfills)
{
    json_t *o = json_new_object(), *all = json_new_array();
    json_put(o, "schema", json_integer(1));
    for (size_t i = 0; i < rows->n; i++) {
        const struct status_row *r = &rows->at[i];
        const bool recorded = r->state != STATE_PENDING && r->state != STATE_OUT_OF_ORDER;
        json_t *m = json_new_object();
        json_put(m, "version", json_text(r->version));
        json_put(m, "name", json_text(r->name));
        json_put(m, "state", json_text_c(migration_state_name(r->state)));
        json_put(m, "steps_done", json_integer(r->steps_done));
        json_put(m, "steps", recorded ? json_integer(r->n_steps) : json_null());
        json_put(m, "applied_at", r->applied_at.n ? json_text(r->applied_at) : json_null());
        json_put(m, "checksum",
                 !recorded                   ? json_null()
                 : r->state == STATE_MISSING ? json_text_c("missing")
                 : r->changed                ? json_text_c("changed")
                                             : json_text_c("ok"));
        if (r->state == STATE_PARTIAL) {
            json_put(m, "backfills", open_backfills(r->version, backfills));
        }
        json_push(all, m);
    }
    json_put(o, "migrations", all);
    return o;
}

static int add_piece(const char *text, size_t n, void *out)
{
    strbuf_add(out, (struct str){text, n});
    return 0;
}

void json_add(struct strbuf *out, json_t *value)
{
    if (json_dump_callback(value, add_piece, out, JSON_COMPACT | JSON_ENCODE_ANY) != 0) {
        mem_out("JSON");
    }
    json_decref(value);
}

void json_write(json_t *document, FILE *stream)
{
    if (json_dumpf(document, stream, JSON_COMPACT) != 0 && !ferror(stream)) {
        mem_out("JSON");
    }
    fputc('\n', stream);
    json_decref(document);
}
