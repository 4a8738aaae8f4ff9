/*
 * fuzz_layouts.c - whatever a file is called and holds: every layout refuses it, or finds parts that lie in it, and what history records
 * of it reads back as the same.
 *
 * The first byte says which layout (0: the one that fits) and whether files are judged without markers; then comes a line with the file's
 * name, then its text.
 */
#include "fuzz.h"

#include "migration/layout.h"
#include "migration/section.h"

static void check_part(const struct migration *m, const struct migration_part *part)
{
    HOLD(!part->present || (part->start <= part->end && part->end <= m->text.n));
    HOLD(!part->present || part->marker <= part->start);
}

static void check_directives(const struct migration *m)
{
    for (size_t i = 0; i < m->file_directives.n; i++) {
        const struct directive *d = &m->file_directives.at[i];
        HOLD(d->start <= d->end && d->end <= m->text.n);
    }
}

static struct str part_text(const struct migration *m, const struct migration_part *part)
{
    return part->present ? str_slice(m->text, part->start, part->end) : STR_NONE;
}

/* History's text of it has the same parts. */
static void check_recorded(const struct migration *m, const struct migration_options *options, struct arena *a)
{
    struct migration again;
    struct error err = {0};
    const struct str recorded = migration_recorded_text(m, a);
    const enum status status = migration_parse_recorded(m->file, str_of(m->layout->name), recorded,
                                                        options->placeholders, a, &again, &err);
    HOLD(!refused(status, &err));
    HOLD(again.up.present == m->up.present && again.down.present == m->down.present);
    HOLD(str_eq(part_text(&again, &again.up), part_text(m, &m->up)));
    HOLD(str_eq(part_text(&again, &again.down), part_text(m, &m->down)));
}

static const struct layout *pick(unsigned n)
{
    const struct layout *found = NULL;
    for (size_t i = 0; i < n && layout_at(i); i++) {
        found = layout_at(i);
    }
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct str text = {(const char *)data + 1, size - 1}, file;
    if (size == 0 || !str_next(&text, '\n', &file) || memchr(file.p, '\0', file.n)) {
        return 0;
    }
    arena_init(&a, (size_t)1 << 28);
    struct placeholder known[] = {{STR("name"), STR("value")}, {STR("quote"), STR("it's \"one\"; -- migrate:down\n")}};
    const struct placeholder_list values = {known, 2, 2};
    const bool lenient = data[0] & 1;
    const struct migration_options options = {
        .layout = pick(data[0] >> 2), .placeholders = lenient ? NULL : &values, .lenient = lenient};
    struct migration m;
    struct error err = {0};
    struct sections sections;
    const struct str path = str_of(arena_cstr(&a, file));
    if (!refused(migration_parse(path, text, &options, &a, &m, &err), &err)) {
        HOLD(m.layout && m.version.n <= MIGRATION_MAX_VERSION + m.repeatable * path.n);
        check_part(&m, &m.up);
        check_part(&m, &m.down);
        check_directives(&m);
        migration_checksum(&m);
        if (!lenient && (data[0] & 2)) {
            check_recorded(&m, &options, &a);
        }
    }
    if (sections_find(text, &sections)) {
        HOLD(sections.up_start <= sections.up_end && sections.up_end <= text.n);
        HOLD(sections.down_start <= sections.down_end && sections.down_end <= text.n);
    }
    arena_free(&a);
    return 0;
}
