#include "exec/preflight.h"

#include "exec/tx.h"

enum { OLDEST = 130000, NEWEST = 190000, MAX_LIST = 1800 };

/* ---- telling ---- */

static const char *level_name(enum preflight_level level)
{
    static const char *const names[] = {"note", "warning", "stop"};
    return names[level];
}

/* A missing right is worse than somebody in the way, who goes by himself. */
static enum status graver(enum status a, enum status b)
{
    static const enum status order[] = {ST_CHECK, ST_RUN_LOCKED, ST_GAVE_WAY};
    for (size_t i = 0; i < countof(order); i++) {
        if (a == order[i] || b == order[i]) {
            return order[i];
        }
    }
    return a ? a : b;
}

void preflight_tell(struct preflight *p, enum preflight_level level, enum status stop, const char *check,
                    const char *what, const char *meaning, const char *way_out)
{
    struct event e = run_event(NULL, NULL, EVENT_PREFLIGHT);
    e.check = check;
    e.level = level_name(level);
    e.detail = what;
    e.meaning = meaning;
    e.way_out = way_out;
    run_emit(p->r, &e);
    p->findings++;
    if (level == PREFLIGHT_STOP) {
        p->stopping++;
        p->stop = graver(p->stop, stop);
        strbuf_addf(&p->list, "%s%s", p->list.n > 0 ? "\n" : "", what);
    }
}

enum status preflight_unknown(struct preflight *p, enum status status, const char *check, const struct error *why,
                              struct error *err)
{
    if (status == ST_INTERRUPTED || !session_usable(p->r->s)) {
        *err = *why;
        return status;
    }
    preflight_tell(p, PREFLIGHT_NOTE, ST_OK, check, arena_printf(p->a, "could not be told: %s", why->primary).p, "",
                   "");
    return ST_OK;
}

/* ---- what the steps touch ---- */

static void add_target(struct preflight *p, const struct relation *r, struct str schema, struct str name,
                       enum lock_mode mode, bool online)
{
    if (!relation_was_there(r) || schema.n == 0) {
        return;
    }
    const char *const s = arena_cstr(p->a, schema), *const n = arena_cstr(p->a, name);
    for (size_t i = 0; i < p->targets.n; i++) {
        struct preflight_target *t = &p->targets.at[i];
        if (strcmp(t->schema, s) == 0 && strcmp(t->name, n) == 0) {
            t->mode = mode > t->mode ? mode : t->mode;
            t->online = t->online || online;
            return;
        }
    }
    *vec_push(p->a, &p->targets) = (struct preflight_target){s, n, mode, online};
}

static void add_need(struct preflight *p, struct str schema, struct str name, const char *right)
{
    for (size_t i = 0; i < p->needs.n; i++) {
        const struct preflight_need *n = &p->needs.at[i];
        if (str_eq(str_of(n->schema), schema) && str_eq(str_of(n->name), name) && strcmp(n->right, right) == 0) {
            return;
        }
    }
    *vec_push(p->a, &p->needs) = (struct preflight_need){arena_cstr(p->a, schema), arena_cstr(p->a, name), right};
}

static bool has_word(const struct judged_statement *s, size_t words, enum keyword kw)
{
    for (size_t i = 1; i < s->st.n_tokens && i < words; i++) {
        if (s->st.tokens[i].kind == TOK_WORD && s->st.tokens[i].keyword == kw) {
            return true;
        }
    }
    return false;
}

/* The rights that are sure to be asked for, by the statement's first words; its own target stands first among its locks. */
static void add_needs(struct preflight *p, const struct judged_statement *s)
{
    const struct relation_lock *target = s->effects.locks.n > 0 ? &s->effects.locks.at[0] : NULL;
    const bool there = target && relation_was_there(target->relation);
    switch (s->st.n_tokens > 0 ? (int)s->st.tokens[0].keyword : 0) {
    case KW_ALTER:
    case KW_DROP:
    case KW_CLUSTER:
        if (there && (has_word(s, 3, KW_TABLE) || has_word(s, 4, KW_INDEX) || has_word(s, 3, KW_VIEW))) {
            add_need(p, target->schema, target->name, "OWNER");
        }
        break;
    case KW_CREATE:
        if (has_word(s, 4, KW_INDEX) && there) {
            add_need(p, target->schema, target->name, "OWNER");
            add_need(p, target->schema, STR(""), "CREATE");
        } else if (has_word(s, 4, KW_TABLE) && target && !there && !target->relation->temporary) {
            add_need(p, target->schema, STR(""), "CREATE");
        } else if (has_word(s, 2, KW_SCHEMA)) {
            add_need(p, STR(""), STR(""), "CREATE");
        }
        break;
    case KW_TRUNCATE:
    case KW_UPDATE:
    case KW_DELETE:
    case KW_INSERT:
        if (there) {
            const int kw = (int)s->st.tokens[0].keyword;
            add_need(p, target->schema, target->name,
                     kw == KW_TRUNCATE ? "TRUNCATE"
                     : kw == KW_UPDATE ? "UPDATE"
                     : kw == KW_DELETE ? "DELETE"
                                       : "INSERT");
        }
        break;
    default:
        break;
    }
}

static void add_room(struct preflight *p, const struct relation *table, struct str tablespace, int64_t share)
{
    const bool there = relation_was_there(table);
    *vec_push(p->a, &p->rooms) = (struct preflight_room){
        .schema = there ? arena_cstr(p->a, table->schema) : "",
        .name = there ? arena_cstr(p->a, table->name) : "",
        .bytes = table->bytes,
        .share = share,
        .tablespace = arena_cstr(p->a, tablespace),
        .folder = "",
    };
}

/* What work leaves on disk before the old can go: a copy of what is rewritten, half a table for an index. */
static void add_work(struct preflight *p, const struct effects *e)
{
    for (size_t i = 0; i < e->rewrite.n; i++) {
        const struct relation *r = e->rewrite.at[i].relation;
        add_room(p, r, r->tablespace, 1);
        p->much_wal = true;
    }
    for (size_t i = 0; i < e->build.n; i++) {
        const struct relation *index = e->build.at[i].relation;
        if (index->table) {
            add_room(p, index->table, index->tablespace, 2);
        }
        p->much_wal = true;
    }
}

static void add_step(struct preflight *p, const struct item *it, const struct step *step)
{
    const bool online = step->kind == STEP_SINGLE && step->class == CLASS_ONLINE;
    p->much_wal = p->much_wal || step->kind == STEP_BACKFILL;
    p->waits_for_snapshots = p->waits_for_snapshots || online;
    for (size_t i = 0; i < step->statements.n; i++) {
        const struct judged_statement *s = step->statements.at[i].judged;
        if (!s) {
            continue;
        }
        for (size_t k = 0; k < s->effects.locks.n; k++) {
            const struct relation_lock *l = &s->effects.locks.at[k];
            add_target(p, l->relation, l->schema, l->name, l->mode, online);
        }
        add_work(p, &s->effects);
        /* Under a role of its own the file has other rights than ours. */
        if (!it->touch.role) {
            add_needs(p, s);
        }
    }
}

void preflight_params(const struct preflight_targets *targets, struct arena *a, struct param params[3])
{
    struct str *const values = arena_array(a, struct str, targets->n + 1);
    for (size_t i = 0; i < targets->n; i++) {
        values[i] = str_of(targets->at[i].schema);
    }
    params[0].text = param_array(a, values, targets->n);
    for (size_t i = 0; i < targets->n; i++) {
        values[i] = str_of(targets->at[i].name);
    }
    params[1].text = param_array(a, values, targets->n);
    for (size_t i = 0; i < targets->n; i++) {
        struct strbuf modes;
        strbuf_init(&modes, 512);
        lock_add_conflicting(targets->at[i].mode, &modes);
        values[i] = arena_str(a, strbuf_str(&modes));
        strbuf_free(&modes);
    }
    params[2].text = param_array(a, values, targets->n);
}

/* ---- the course ---- */

static void check_version(struct preflight *p)
{
    const int version = session_server_version(p->r->s);
    if (version < OLDEST) {
        preflight_tell(p, PREFLIGHT_STOP, ST_CHECK, "version",
                       arena_printf(p->a, "the server is PostgreSQL %d", version / 10000).p,
                       "what is known of locks and of what runs in a transaction holds from 13 on",
                       "upgrade the server");
    } else if (version >= NEWEST) {
        preflight_tell(p, PREFLIGHT_WARNING, ST_OK, "version",
                       arena_printf(p->a, "the server is PostgreSQL %d", version / 10000).p,
                       "its statements are judged as those of 18", "look whether there is a newer migrate");
    }
}

enum status preflight_run(struct run *r, struct error *err)
{
    static enum status (*const checks[])(struct preflight * p, struct error * err) = {
        preflight_rights, preflight_tools,   preflight_prepared, preflight_blockers,
        preflight_vacuum, preflight_indexes, preflight_disk,     preflight_replication,
    };
    struct arena own;
    struct preflight p = {.r = r, .a = &own};
    enum status status = ST_OK;
    arena_init(&own, 64 << 20);
    strbuf_init(&p.list, MAX_LIST);
    for (size_t i = 0; i < r->n_items; i++) {
        const struct item *it = &r->list[i];
        for (size_t k = it->next; k < it->steps.n && !it->finished; k++) {
            add_step(&p, it, &it->steps.at[k]);
        }
    }
    check_version(&p);
    for (size_t i = 0; i < countof(checks) && !status; i++) {
        status = checks[i](&p, err);
    }
    if (!status && p.stopping > 0) {
        status = error_set(err, p.stop, "%u thing%s in the way before the first step: nothing was run", p.stopping,
                           p.stopping == 1 ? "" : "s");
        error_detail(err, "%s", strbuf_cstr(&p.list));
        error_hint(err, "each is told above with its way out; migrate up --preflight-only looks again");
    }
    strbuf_free(&p.list);
    arena_free(&own);
    return status;
}
