#include "cmd/state.h"

#include "cmd/base.h"

/*
 * A baseline stands for all versions up to its own where the database has no history, and stays their stand-in where it was applied then.
 * Elsewhere it is no migration at all. Of several the latest that fits.
 */
static void settle_baselines(struct migration_list *list, const struct history *h)
{
    const struct migration *taken = NULL;
    size_t kept = 0;
    for (size_t i = 0; i < list->n; i++) {
        const struct migration *m = &list->at[i];
        const struct applied *a = m->baseline ? history_find(h, m->version) : NULL;
        const bool fits = h->applied.n == 0 || (a && str_eq(path_base(a->file), path_base(m->file)));
        taken = m->baseline && fits ? m : taken;
    }
    const struct str upto = taken ? taken->version : STR_NONE;
    const struct str file = taken ? taken->file : STR_NONE;
    for (size_t i = 0; i < list->n; i++) {
        const struct migration *m = &list->at[i];
        const bool covered = upto.n > 0 && version_cmp(m->version, upto) <= 0;
        if (m->baseline ? str_eq(m->file, file) : !covered) {
            list->at[kept++] = *m;
        }
    }
    list->n = kept;
}

static bool same_text(const struct migration *m, const struct applied *a)
{
    return strcmp(m->sha256, a->sha256) == 0 || strcmp(m->sha256_text, a->sha256_text) == 0;
}

static void compare_one(struct status_row *row, const struct migration *m, const struct applied *a, bool later_applied)
{
    *row = (struct status_row){.version = m ? m->version : a->version, .name = m ? m->name : a->name};
    if (m) {
        row->file = m->file;
    }
    if (!a || a->state == APPLIED_NO) {
        row->state = later_applied ? STATE_OUT_OF_ORDER : STATE_PENDING;
        return;
    }
    row->applied_at = a->applied_at;
    row->steps_done = a->steps_done;
    row->n_steps = a->n_steps;
    row->going_down = a->going_down;
    row->changed = m && !same_text(m, a);
    row->state = a->state == APPLIED_PARTIAL     ? STATE_PARTIAL
                 : !m                            ? STATE_MISSING
                 : row->changed && m->repeatable ? STATE_PENDING
                 : row->changed                  ? STATE_CHANGED
                                                 : STATE_APPLIED;
}

void state_compare(struct state *s, struct arena *a)
{
    const struct applied_list *h = &s->history.applied;
    struct str last = STR_NONE;
    for (size_t i = 0; i < h->n; i++) {
        if (version_valid(h->at[i].version) && h->at[i].state != APPLIED_NO &&
            !(h->at[i].state == APPLIED_PARTIAL && h->at[i].going_down)) {
            last = h->at[i].version;
        }
    }
    for (size_t i = 0, k = 0; i < s->migrations.n || k < h->n;) {
        const int order = i == s->migrations.n ? 1
                          : k == h->n          ? -1
                                               : version_cmp(s->migrations.at[i].version, h->at[k].version);
        const struct migration *m = order <= 0 ? &s->migrations.at[i++] : NULL;
        const struct applied *applied = order >= 0 ? &h->at[k++] : NULL;
        compare_one(vec_push(a, &s->rows), m, applied, m && last.n > 0 && version_cmp(m->version, last) < 0);
    }
}

enum status state_read(struct context *c, bool with_texts, struct state *out, struct error *err)
{
    *out = (struct state){0};
    enum status status = context_migrations(c, &out->migrations, err);
    if (!status && base_is_file(c)) {
        status = base_history(c, &out->history, err);
    } else if (!status) {
        status = context_connect(c, err);
    }
    if (!status && !base_is_file(c)) {
        status = history_read(c->session, c->set.schema, with_texts, &c->arena, &out->history, err);
    }
    if (!status) {
        settle_baselines(&out->migrations, &out->history);
        state_compare(out, &c->arena);
    }
    return status;
}

/* Lists the versions in one state; returns how many. */
static size_t list_state(const struct state *s, enum migration_state state, struct str below, struct strbuf *out)
{
    size_t n = 0;
    for (size_t i = 0; i < s->rows.n; i++) {
        const struct status_row *r = &s->rows.at[i];
        if (r->state == state && (below.n == 0 || version_cmp(r->version, below) < 0)) {
            strbuf_addf(out, "%s%.*s %.*s", n++ ? "\n" : "", STR_ARG(r->version), STR_ARG(r->name));
        }
    }
    return n;
}

static enum status refuse(struct strbuf *list, struct error *err, const char *what, const char *hint)
{
    error_set(err, ST_CONFLICT, "%s", what);
    error_detail(err, "%s", strbuf_cstr(list));
    error_hint(err, "%s", hint);
    strbuf_free(list);
    return ST_CONFLICT;
}

enum status state_check_up(const struct state *s, bool allow_out_of_order, struct error *err)
{
    struct str newest = STR("0");
    struct strbuf list;
    for (size_t i = 0; i < s->migrations.n; i++) {
        newest = s->migrations.at[i].repeatable ? newest : s->migrations.at[i].version;
    }
    strbuf_init(&list, 2000);
    for (size_t i = 0; i < s->rows.n; i++) {
        const struct status_row *r = &s->rows.at[i];
        if (r->state == STATE_PARTIAL && (r->going_down || r->file.n == 0)) {
            /*
             * An edited file is the executor's to judge: the steps done must be as they were, the others may be mended.
             */
            strbuf_addf(&list, "%.*s %.*s, step %u of %u", STR_ARG(r->version), STR_ARG(r->name), r->steps_done,
                        r->n_steps);
            return refuse(&list, err,
                          r->going_down ? "a migration is part-way down"
                                        : "a migration was begun, and its file is gone",
                          r->going_down ? "migrate down finishes it" : "restore the file; migrate up resumes it");
        }
    }
    if (list_state(s, STATE_CHANGED, STR_NONE, &list) > 0) {
        return refuse(&list, err, "files were edited after they were applied",
                      "restore them and write a new migration; or accept an edit that changes nothing: migrate mark "
                      "VERSION --applied");
    }
    if (list_state(s, STATE_MISSING, newest, &list) > 0) {
        return refuse(&list, err, "applied migrations have no file any more",
                      "restore the files; or forget one: migrate mark VERSION --pending");
    }
    if (!allow_out_of_order && list_state(s, STATE_OUT_OF_ORDER, STR_NONE, &list) > 0) {
        return refuse(&list, err, "migrations are older than the newest applied one",
                      "give them a later version, or apply them as they are: --allow-out-of-order");
    }
    strbuf_free(&list);
    return ST_OK;
}

enum status state_version(const struct state *s, const char *word, struct str *version, struct error *err)
{
    if (version_valid(str_of(word)) || str_starts(str_of(word), STR("R__"))) {
        for (size_t i = 0; i < s->rows.n; i++) {
            if (version_cmp(s->rows.at[i].version, str_of(word)) == 0) {
                *version = s->rows.at[i].version;
                return ST_OK;
            }
        }
    }
    error_set(err, ST_USAGE, "there is no migration of version \"%s\"", word);
    error_hint(err, "migrate status lists them");
    return ST_USAGE;
}
