/*
 * sqitch's layout: sqitch.plan names the changes in order, deploy/<change>.sql makes one and revert/<change>.sql undoes it.
 *
 * A plan line is `name [requires !conflicts] 2026-01-31T12:00:00Z Planner <mail> # note`; `@tag …` marks the changes so far, `%key=value` is a
 * pragma. A change whose name comes again later is reworked: the files of its earlier state are name@tag.sql, of the first tag behind
 * it. Folders may be said in sqitch.conf ([core] top_dir, plan_file, deploy_dir, revert_dir). Changes have no numbers: the version
 * is the place in the plan, from 1, which never changes because plans only grow. Dependencies hold by the order.
 * Source: sqitchchanges(7), sqitchtutorial, sqitch-configuration.
 */
#include "migration/layout.h"
#include "migration/place.h"
#include "migration/sqitch_plan.h"

enum { PLAN_MAX_BYTES = 16 << 20 };

struct folders {
    struct str plan, deploy, revert, verify;
    bool verifies;
};

/* The value of a key of a section ("[core]"); empty: it is not said. */
static struct str value_of(struct str text, struct str section, struct str key)
{
    struct str line, value = STR_NONE;
    bool inside = false;
    while (str_next(&text, '\n', &line)) {
        line = str_trim(line);
        if (str_starts(line, STR("["))) {
            inside = str_starts_nocase(line, section);
        } else if (inside && str_starts_nocase(line, key)) {
            const struct str rest = str_trim(str_slice(line, key.n, line.n));
            if (str_starts(rest, STR("="))) {
                value = str_trim(str_slice(rest, 1, rest.n));
            }
        }
    }
    if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"') {
        value = str_slice(value, 1, value.n - 1);
    }
    return value;
}

static struct str core_value(struct str text, struct str key)
{
    return value_of(text, STR("[core]"), key);
}

static struct str or_below(struct arena *a, struct str top, struct str said, struct str root, const char *standard)
{
    return said.n == 0        ? path_join(a, top, str_of(standard))
           : said.p[0] == '/' ? arena_str(a, said)
                              : path_join(a, root, said);
}

static enum status read_folders(struct str root, struct arena *a, struct folders *out, struct error *err)
{
    const struct str conf = path_join(a, root, STR("sqitch.conf"));
    struct str text = STR_NONE;
    if (file_kind(conf.p) == FILE_REGULAR) {
        const enum status status = file_read(conf.p, 1 << 20, a, &text, err);
        if (status) {
            return status;
        }
    }
    const struct str top_dir = core_value(text, STR("top_dir"));
    const struct str top = top_dir.n == 0 ? root : or_below(a, root, top_dir, root, "");
    out->plan = or_below(a, top, core_value(text, STR("plan_file")), root, "sqitch.plan");
    out->deploy = or_below(a, top, core_value(text, STR("deploy_dir")), root, "deploy");
    out->revert = or_below(a, top, core_value(text, STR("revert_dir")), root, "revert");
    out->verify = or_below(a, top, core_value(text, STR("verify_dir")), root, "verify");
    out->verifies = str_eq_nocase(value_of(text, STR("[deploy]"), STR("verify")), STR("true"));
    return ST_OK;
}

static enum status add_change(const struct folders *f, struct str text, const struct sqitch_change *c, size_t number,
                              struct arena *a, struct migration_list *out, struct error *err)
{
    const struct str base = c->file_tag.n > 0 ? arena_printf(a, "%.*s@%.*s.sql", STR_ARG(c->name), STR_ARG(c->file_tag))
                                              : arena_printf(a, "%.*s.sql", STR_ARG(c->name));
    const struct str deploy = path_join(a, f->deploy, base), revert = path_join(a, f->revert, base);
    const struct str verify = path_join(a, f->verify, base);
    if (file_kind(deploy.p) == FILE_MISSING) {
        place_refuse(err, f->plan, text, c->line_at, "the change %.*s has no %s", STR_ARG(c->name), deploy.p);
        error_hint(err, "restore the script, or take the change out of the plan");
        return ST_USAGE;
    }
    struct migration *m = layout_add(a, out, &layout_sqitch, deploy, arena_printf(a, "%zu", number), c->name);
    if (file_kind(revert.p) != FILE_MISSING) {
        layout_add_undo(a, m, revert);
    }
    m->planned = c;
    if (m->undo) {
        m->undo->planned = c;
    }
    if (file_kind(verify.p) != FILE_MISSING) {
        m->verify = arena_new(a, struct migration);
        *m->verify = (struct migration){.layout = m->layout, .file = verify, .version = m->version, .name = m->name};
    }
    return ST_OK;
}

static enum status sqitch_find(const struct layout_folder *folder, struct arena *a, struct migration_list *out,
                               struct error *err)
{
    struct folders f;
    struct str text;
    struct sqitch_change_list changes = {0};
    struct sqitch_project *project = arena_new(a, struct sqitch_project);
    enum status status = read_folders(folder->path, a, &f, err);
    if (!status) {
        status = file_read(f.plan.p, PLAN_MAX_BYTES, a, &text, err);
        if (status) {
            error_hint(err, "--dir is the folder with sqitch.conf and sqitch.plan");
        }
    }
    if (!status) {
        *project = (struct sqitch_project){.verifies = f.verifies};
        status = sqitch_plan_read(f.plan, text, project, a, &changes, err);
    }
    for (size_t i = 0; i < changes.n && !status; i++) {
        status = add_change(&f, text, &changes.at[i], i + 1, a, out, err);
    }
    return status;
}

static bool sqitch_match(struct str base, struct str *version, struct str *name)
{
    if (!str_ends(base, STR(".sql"))) {
        return false;
    }
    *version = STR_NONE; /* the plan has it */
    *name = str_slice(base, 0, base.n - STR(".sql").n);
    return true;
}

static enum status sqitch_parse(struct migration *m, const struct migration_options *options UNUSED,
                                struct arena *a UNUSED, struct error *err UNUSED)
{
    layout_whole(m, m->undoes, TX_AUTO);
    return ST_OK;
}

const struct layout layout_sqitch = {
    .name = "sqitch",
    .form = "deploy/<change>.sql and revert/<change>.sql, in the order of sqitch.plan",
    .summary = "the changes of a sqitch.plan",
    .match = sqitch_match,
    .parse = sqitch_parse,
    .find = sqitch_find,
    .fill = FILL_PSQL,
};
