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

enum { PLAN_MAX_BYTES = 16 << 20 };

struct change {
    struct str name;
    struct str tag;   /* of the files, when it is reworked later; empty: none */
    uint32_t at;      /* of its line in the plan */
    bool tagged;      /* a tag stood behind it: no further one counts */
    struct str first; /* that tag */
};
VEC_DECLARE(change_list, struct change);

struct folders {
    struct str plan, deploy, revert;
};

/* The value of a key of [core]; empty: it is not said. */
static struct str core_value(struct str text, struct str key)
{
    struct str line, value = STR_NONE;
    bool core = false;
    while (str_next(&text, '\n', &line)) {
        line = str_trim(line);
        if (str_starts(line, STR("["))) {
            core = str_starts_nocase(line, STR("[core]"));
        } else if (core && str_starts_nocase(line, key)) {
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
    return ST_OK;
}

static void take_tag(struct change_list *changes, struct str tag)
{
    for (size_t i = changes->n; i > 0 && !changes->at[i - 1].tagged; i--) {
        changes->at[i - 1].tagged = true;
        changes->at[i - 1].first = tag;
    }
}

/* The earlier state of a change that comes again has the files of its tag. */
static enum status take_rework(struct str plan, struct str text, struct change_list *changes,
                               const struct change *again, struct error *err)
{
    for (size_t i = changes->n; i > 0; i--) {
        struct change *earlier = &changes->at[i - 1];
        if (str_eq(earlier->name, again->name)) {
            if (!earlier->tagged) {
                place_refuse(err, plan, text, again->at, "the change %.*s comes again, and no tag stands between",
                             STR_ARG(again->name));
                error_hint(err, "`sqitch tag` before `sqitch rework`; or give the change another name");
                return ST_USAGE;
            }
            earlier->tag = earlier->first;
            return ST_OK;
        }
    }
    return ST_OK;
}

static bool is_name(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] <= ' ' || strchr("@#:[]\"\\", s.p[i])) {
            return false;
        }
    }
    return s.n > 0;
}

static enum status read_plan(struct str plan, struct str text, struct arena *a, struct change_list *changes,
                             struct error *err)
{
    struct str rest = text, line;
    while (str_next(&rest, '\n', &line)) {
        const uint32_t at = (uint32_t)(line.p - text.p);
        line = str_trim(line);
        if (line.n == 0 || line.p[0] == '#' || line.p[0] == '%') {
            continue;
        }
        size_t end = 0;
        while (end < line.n && line.p[end] != ' ' && line.p[end] != '\t') {
            end++;
        }
        struct str word = str_slice(line, 0, end);
        if (word.p[0] == '@') {
            take_tag(changes, str_slice(word, 1, word.n));
            continue;
        }
        if (!is_name(word) || strstr(arena_cstr(a, word), "..")) {
            place_refuse(err, plan, text, at, "cannot read this line of the plan");
            error_hint(err, "a line is: name [requires] 2026-01-31T12:00:00Z Planner <mail> # note");
            return ST_USAGE;
        }
        const struct change change = {.name = word, .at = at};
        const enum status status = take_rework(plan, text, changes, &change, err);
        if (status) {
            return status;
        }
        *vec_push(a, changes) = change;
    }
    return ST_OK;
}

static enum status add_change(const struct folders *f, struct str text, const struct change *c, size_t number,
                              struct arena *a, struct migration_list *out, struct error *err)
{
    const struct str base = c->tag.n > 0 ? arena_printf(a, "%.*s@%.*s.sql", STR_ARG(c->name), STR_ARG(c->tag))
                                         : arena_printf(a, "%.*s.sql", STR_ARG(c->name));
    const struct str deploy = path_join(a, f->deploy, base), revert = path_join(a, f->revert, base);
    if (file_kind(deploy.p) == FILE_MISSING) {
        place_refuse(err, f->plan, text, c->at, "the change %.*s has no %s", STR_ARG(c->name), deploy.p);
        error_hint(err, "restore the script, or take the change out of the plan");
        return ST_USAGE;
    }
    struct migration *m = layout_add(a, out, &layout_sqitch, deploy, arena_printf(a, "%zu", number), c->name);
    if (file_kind(revert.p) != FILE_MISSING) {
        layout_add_undo(a, m, revert);
    }
    return ST_OK;
}

static enum status sqitch_find(const struct layout_folder *folder, struct arena *a, struct migration_list *out,
                               struct error *err)
{
    struct folders f;
    struct str text;
    struct change_list changes = {0};
    enum status status = read_folders(folder->path, a, &f, err);
    if (!status) {
        status = file_read(f.plan.p, PLAN_MAX_BYTES, a, &text, err);
        if (status) {
            error_hint(err, "--dir is the folder with sqitch.conf and sqitch.plan");
        }
    }
    if (!status) {
        status = read_plan(f.plan, text, a, &changes, err);
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
