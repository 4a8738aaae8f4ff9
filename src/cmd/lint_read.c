#include "cmd/lint_read.h"

#include "base/file.h"

void lint_read_side(const struct runner *r, struct migration *m, struct arena *a)
{
    const char *path = r ? runner_side_path(r, m->file, a) : NULL;
    struct error err = {0};
    struct str text;
    if (path && file_kind(path) == FILE_REGULAR && !file_read(path, MIGRATION_MAX_BYTES, a, &text, &err) &&
        runner_side_says_none(r, text)) {
        m->up.tx = TX_FALSE;
    }
}
