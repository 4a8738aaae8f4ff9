#include "migration/layout.h"
#include "migration/place.h"
#include "migration/section.h"

static bool plain_match(struct str base, struct str *version, struct str *name)
{
    if (!str_ends(base, STR(".sql"))) {
        return false;
    }
    /* A leading version is taken where there is one, so that a folder of them is replayed in order. */
    base.n -= STR(".sql").n;
    if (!layout_numbered(base, version, name)) {
        *version = STR_NONE;
        *name = base;
    }
    if (str_ends(*name, STR(".up"))) {
        name->n -= STR(".up").n;
    } else if (str_ends(*name, STR(".down"))) {
        name->n -= STR(".down").n;
    }
    return true;
}

static enum status plain_parse(struct migration *m, const struct migration_options *options, struct arena *a UNUSED,
                               struct error *err)
{
    const bool down = migration_is_undo(m->file);
    struct sections s;
    layout_whole(m, down, TX_AUTO);
    if (down || !sections_find(m->text, &s)) {
        return ST_OK;
    }
    if (!options->lenient) {
        place_refuse(err, m->file, m->text, s.down_start, "a file of %s: run whole, it would undo itself", s.tool);
        const struct layout *layout = layout_find(str_of(s.tool));
        error_hint(err, "%s%s", layout ? "--layout " : "only lint knows files of ", s.tool);
        return ST_USAGE;
    }
    m->tool = s.tool;
    m->up.start = m->up.marker = s.up_start > m->up.start ? s.up_start : m->up.start;
    m->up.end = s.up_end;
    m->down =
        (struct migration_part){.present = true, .start = s.down_start, .end = s.down_end, .marker = s.down_start};
    return ST_OK;
}

const struct layout layout_plain = {
    .name = "plain",
    .form = "<version>_<name>.sql",
    .summary = "SQL files with a number, each whole; there is no way down",
    .match = plain_match,
    .parse = plain_parse,
};

const struct layout layout_supabase = {
    .name = "supabase",
    .form = "<timestamp>_<name>.sql",
    .summary = "supabase/migrations: SQL files with a timestamp, each whole",
    .match = plain_match,
    .parse = plain_parse,
};
