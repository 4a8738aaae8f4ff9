/*
 * sqitch's registry: what its deploy and revert write, in the transaction of our own row.
 *
 * Tables by lib/App/Sqitch/Engine/pg.sql of sqitch 1.3; held against sqitch itself in tests/pg/sqitch.bats. Which change a requirement means is
 * looked up in the registry, as sqitch does.
 */
#include "exec/mirror_impl.h"
#include "migration/sqitch_plan.h"

/* `@` is the registry's schema. */
static const char lock[] = "LOCK TABLE @.changes IN EXCLUSIVE MODE";
static const char project[] = "INSERT INTO @.projects (project, uri, creator_name, creator_email)"
                              " VALUES ($1, $2, $3, $4) ON CONFLICT (project) DO NOTHING";
static const char change[] =
    "INSERT INTO @.changes (change_id, script_hash, change, project, note, planned_at, planner_name, planner_email,"
    " committer_name, committer_email) VALUES ($1, $2, $3, $4, $5, $6::pg_catalog.timestamptz, $7, $8, $9, $10)";
static const char conflict[] = "INSERT INTO @.dependencies (change_id, type, dependency) VALUES ($1, 'conflict', $2)";
static const char require_id[] =
    "INSERT INTO @.dependencies (change_id, type, dependency, dependency_id) VALUES ($1, 'require', $2, $2)";
static const char require_tag[] =
    "INSERT INTO @.dependencies (change_id, type, dependency, dependency_id) SELECT $1, 'require', $2,"
    " (SELECT change_id FROM @.tags WHERE project = $3 AND tag = $4)";
static const char require_change[] =
    "INSERT INTO @.dependencies (change_id, type, dependency, dependency_id) SELECT $1, 'require', $2,"
    " (SELECT change_id FROM @.changes WHERE project = $3 AND change = $4 ORDER BY committed_at LIMIT 1)";
static const char require_at_tag[] =
    "INSERT INTO @.dependencies (change_id, type, dependency, dependency_id) SELECT $1, 'require', $2,"
    " (SELECT c.change_id FROM @.changes c JOIN @.tags t ON t.project = c.project AND c.committed_at <= t.committed_at"
    " WHERE c.project = $3 AND c.change = $4 AND t.tag = $5 ORDER BY c.committed_at DESC LIMIT 1)";
static const char tag[] =
    "INSERT INTO @.tags (tag_id, tag, project, change_id, note, planned_at, planner_name, planner_email,"
    " committer_name, committer_email) VALUES ($1, $2, $3, $4, $5, $6::pg_catalog.timestamptz, $7, $8, $9, $10)";
/* From what is in the registry, so that it is the same for deploy and revert: behind the one, before the other. */
static const char event[] =
    "INSERT INTO @.events (event, change_id, change, project, note, requires, conflicts, tags, planned_at,"
    " planner_name, planner_email, committer_name, committer_email) SELECT $2, c.change_id, c.change, c.project,"
    " c.note, ARRAY(SELECT dependency FROM @.dependencies d WHERE d.change_id = c.change_id AND d.type = 'require'),"
    " ARRAY(SELECT dependency FROM @.dependencies d WHERE d.change_id = c.change_id AND d.type = 'conflict'),"
    " ARRAY(SELECT t.tag FROM @.tags t WHERE t.change_id = c.change_id), c.planned_at, c.planner_name,"
    " c.planner_email, $3, $4 FROM @.changes c WHERE c.change_id = $1";
static const char event_by_name[] =
    "INSERT INTO @.events (event, change_id, change, project, note, requires, conflicts, tags, planned_at,"
    " planner_name, planner_email, committer_name, committer_email) SELECT $2, c.change_id, c.change, c.project,"
    " c.note, ARRAY(SELECT dependency FROM @.dependencies d WHERE d.change_id = c.change_id AND d.type = 'require'),"
    " ARRAY(SELECT dependency FROM @.dependencies d WHERE d.change_id = c.change_id AND d.type = 'conflict'),"
    " ARRAY(SELECT t.tag FROM @.tags t WHERE t.change_id = c.change_id), c.planned_at, c.planner_name,"
    " c.planner_email, $3, $4 FROM @.changes c WHERE c.change = $1 ORDER BY c.committed_at DESC LIMIT 1";
/* The file may be gone, and the plan with it: then the change is the last one that was reverted just now. */
#define REVERTED "(SELECT change_id FROM @.events WHERE change = $1 ORDER BY committed_at DESC LIMIT 1)"
static const char *const forget[] = {"DELETE FROM @.tags WHERE change_id = " REVERTED,
                                     "DELETE FROM @.dependencies WHERE change_id = " REVERTED,
                                     "DELETE FROM @.changes WHERE change_id = " REVERTED};

struct writing {
    const struct mirror *mirror;
    struct pipe *p;
    struct str registry; /* its quoted name */
};

static void add(const struct writing *w, const char *text, const char *const *values, size_t n)
{
    struct param params[16];
    for (size_t i = 0; i < n; i++) {
        params[i].text = values[i];
    }
    pipe_add_params(w->p, mirror_expand(text, w->registry, "", w->p->arena), params, n);
}

static const char *text_of(const struct writing *w, struct str s)
{
    return arena_cstr(w->p->arena, s);
}

static bool is_id(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!strchr("0123456789abcdef", s.p[i])) {
            return false;
        }
    }
    return s.n == 40;
}

/* "users", "users@v1", "@v1", "other:users", an id. */
static void add_require(const struct writing *w, const struct sqitch_change *c, struct str text)
{
    const size_t colon = str_find_char(text, ':');
    const struct str key = colon == SIZE_MAX ? text : str_slice(text, colon + 1, text.n);
    const struct str of = colon == SIZE_MAX ? c->project->name : str_slice(text, 0, colon);
    const size_t at = str_find_char(key, '@');
    const char *values[] = {text_of(w, c->id), text_of(w, text), text_of(w, of),
                            text_of(w, at == 0 ? key : str_slice(key, 0, at)),
                            text_of(w, at == SIZE_MAX ? STR("") : str_slice(key, at, key.n))};
    if (is_id(text)) {
        add(w, require_id, values, 2);
    } else if (at == 0) {
        add(w, require_tag, values, 4);
    } else {
        add(w, at == SIZE_MAX ? require_change : require_at_tag, values, at == SIZE_MAX ? 4 : 5);
    }
}

static void add_tag(const struct writing *w, const struct sqitch_change *c, const struct sqitch_tag *t)
{
    const struct sqitch_planned *p = &t->planned;
    const char *values[] = {
        text_of(w, t->id), text_of(w, t->name),    text_of(w, c->project->name), text_of(w, c->id), text_of(w, p->note),
        text_of(w, p->at), text_of(w, p->planner), text_of(w, p->email),         w->mirror->user,   w->mirror->email};
    add(w, tag, values, countof(values));
}

static void add_deployed(const struct writing *w, const struct migration *m)
{
    const struct sqitch_change *c = m->planned;
    const struct sqitch_planned *p = &c->planned;
    const char *name = text_of(w, c->project->name), *id = text_of(w, c->id);
    const char *of_project[] = {name, c->project->uri.n > 0 ? text_of(w, c->project->uri) : NULL, w->mirror->user,
                                w->mirror->email};
    const char *of_change[] = {id,
                               text_of(w, foreign_sum_of(w->mirror->tool, m, w->p->arena)),
                               text_of(w, c->name),
                               name,
                               text_of(w, p->note),
                               text_of(w, p->at),
                               text_of(w, p->planner),
                               text_of(w, p->email),
                               w->mirror->user,
                               w->mirror->email};
    const char *of_event[] = {id, "deploy", w->mirror->user, w->mirror->email};
    add(w, project, of_project, countof(of_project));
    add(w, change, of_change, countof(of_change));
    for (size_t i = 0; i < c->depends.n; i++) {
        const struct sqitch_depend *d = &c->depends.at[i];
        const char *of_conflict[] = {id, text_of(w, d->text)};
        if (d->conflict) {
            add(w, conflict, of_conflict, countof(of_conflict));
        } else {
            add_require(w, c, d->text);
        }
    }
    for (size_t i = 0; i < c->tags.n; i++) {
        if (c->tags.at[i].id.n > 0) {
            add_tag(w, c, &c->tags.at[i]);
        }
    }
    add(w, event, of_event, countof(of_event));
}

static void add_reverted(const struct writing *w, const struct migration *m)
{
    const char *name = text_of(w, m->name);
    const bool known = m->planned && m->planned->id.n > 0;
    const char *of_event[] = {known ? text_of(w, m->planned->id) : name, "revert", w->mirror->user, w->mirror->email};
    add(w, known ? event : event_by_name, of_event, countof(of_event));
    for (size_t i = 0; i < countof(forget); i++) {
        add(w, forget[i], &name, 1);
    }
}

void mirror_add_sqitch(const struct mirror *mirror, const struct migration *m, bool undone, struct pipe *p)
{
    const struct writing w = {mirror, p, str_without_end(mirror->relation, STR(".changes"))};
    add(&w, lock, NULL, 0);
    if (undone) {
        add_reverted(&w, m);
    } else {
        add_deployed(&w, m);
    }
}
