#include "exec/history_rows.h"

#include "migration/layout.h"

struct migration_params migration_params_of(const struct migration *m, struct arena *a)
{
    struct migration summed = *m;
    if (summed.sha256[0] == '\0') {
        migration_checksum(&summed);
    }
    const struct str text = migration_recorded_text(m, a);
    return (struct migration_params){
        .version = arena_cstr(a, m->version),
        .name = arena_cstr(a, m->name),
        .file = arena_cstr(a, m->file),
        .layout = m->layout ? m->layout->name : "native",
        .sha256 = arena_cstr(a, str_of(summed.sha256)),
        .sha256_text = arena_cstr(a, str_of(summed.sha256_text)),
        .file_text = text.n <= HISTORY_TEXT_MAX ? arena_cstr(a, text) : NULL,
    };
}
