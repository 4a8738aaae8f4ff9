#include "migration/layout.h"

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
    struct migration_part *part = str_ends(m->file, STR(".down.sql")) ? &m->down : &m->up;
    const uint32_t start = str_starts(m->text, STR("\xEF\xBB\xBF")) ? 3 : 0;
    *part = (struct migration_part){.present = true, .start = start, .end = (uint32_t)m->text.n, .marker = start};
    return ST_OK;
}

const struct layout layout_plain = {
    .name = "plain",
    .form = "*.sql",
    .summary = "any SQL file, whole (*.down.sql: as a down part); for lint only",
    .runnable = false,
    .match = plain_match,
    .parse = plain_parse,
};
