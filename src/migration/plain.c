#include "migration/layout.h"
#include "migration/section.h"

static bool plain_match(struct str base, struct str *version, struct str *name)
{
    if (!str_ends(base, STR(".sql"))) {
        return false;
    }
    /* A leading version is taken where there is one, so that a folder of them is replayed in order. */
    if (!layout_native.match(base, version, name)) {
        *version = STR_NONE;
        *name = str_slice(base, 0, base.n - STR(".sql").n);
    }
    if (str_ends(*name, STR(".up"))) {
        name->n -= STR(".up").n;
    } else if (str_ends(*name, STR(".down"))) {
        name->n -= STR(".down").n;
    }
    return true;
}

static enum status plain_parse(struct migration *m, const struct migration_options *options UNUSED,
                               struct arena *a UNUSED, struct error *err UNUSED)
{
    struct migration_part *part = migration_is_undo(m->file) ? &m->down : &m->up;
    const uint32_t start = str_starts(m->text, STR("\xEF\xBB\xBF")) ? 3 : 0;
    struct sections s;
    if (part == &m->up && sections_find(m->text, &s)) {
        const uint32_t up = s.up_start > start ? s.up_start : start;
        m->tool = s.tool;
        m->up = (struct migration_part){.present = true, .start = up, .end = s.up_end, .marker = up};
        m->down = (struct migration_part){
            .present = true, .start = s.down_start, .end = s.down_end, .marker = s.down_start};
        return ST_OK;
    }
    *part = (struct migration_part){.present = true, .start = start, .end = (uint32_t)m->text.n, .marker = start};
    return ST_OK;
}

const struct layout layout_plain = {
    .name = "plain",
    .form = "*.sql",
    .summary = "any SQL file, whole, or parted as goose, node-pg-migrate and tern do (*.down.sql: as a down part); for lint only",
    .runnable = false,
    .match = plain_match,
    .parse = plain_parse,
};
