#include "migration/place.h"

#include "sql/shape.h"

void place_error(struct error *err, struct str file, struct str text, size_t offset)
{
    struct line_map lines;
    unsigned line, column;
    line_map_init(&lines, text);
    line_map_find(&lines, (uint32_t)offset, &line, &column);
    line_map_free(&lines);
    error_place(err, file.p, line, column);
}

enum status place_refuse(struct error *err, struct str file, struct str text, size_t offset, const char *fmt, ...)
{
    char primary[sizeof(err->primary)];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(primary, sizeof(primary), fmt, ap);
    va_end(ap);
    error_set(err, ST_USAGE, "%s", primary);
    place_error(err, file, text, offset);
    return ST_USAGE;
}
