#include "cmd/lint_read.h"

#include "base/file.h"

void lint_as_sent(const struct runner *r, struct migration *m, struct arena *a)
{
    const char *path = r ? runner_side_path(r, m->file, a) : NULL;
    struct error err = {0};
    struct str text;
    if (path && file_kind(path) == FILE_REGULAR && !file_read(path, MIGRATION_MAX_BYTES, a, &text, &err) &&
        runner_side_says_none(r, text)) {
        m->up.tx = TX_FALSE;
    }
    if (r && m->tool && strcmp(m->tool, r->name) != 0) {
        m->up = (struct migration_part){.present = true, .end = (uint32_t)m->text.n};
        m->down.present = false;
    }
}

bool lint_is_pair(const struct lint_file *up, const struct lint_file *down)
{
    return up && (down->version.n > 0 ? version_cmp(up->version, down->version) == 0 : str_eq(up->stem, down->stem));
}
