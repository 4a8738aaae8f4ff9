/* Which file a row of another tool's history is about, and whether the file is still what that tool ran. */
#include "base/digest.h"
#include "exec/foreign.h"
#include "migration/layout.h"
#include "migration/sqitch_plan.h"

struct str foreign_stem(const struct migration *m)
{
    struct str stem = path_base(m->file);
    if (m->layout != &layout_program) {
        return str_without_end(stem, STR(".sql"));
    }
    while (stem.n > 0 && stem.p[stem.n - 1] != '.') {
        stem.n--;
    }
    return str_slice(stem, 0, stem.n - (stem.n > 0));
}

bool foreign_of_project(const struct foreign_row *row, const struct migration *m)
{
    return row->project.n == 0 || !m->planned || str_eq(row->project, m->planned->project->name);
}

bool foreign_is(const struct foreign_tool *tool, const struct foreign_row *row, const struct migration *m, unsigned nth)
{
    if (row->head) {
        return !m->repeatable && version_cmp(m->version, row->key) <= 0;
    }
    switch (tool->match) {
    case FOREIGN_TEXT:
        return str_eq(m->version, row->key);
    case FOREIGN_NUMBER:
        return m->repeatable ? str_eq(m->version, str_without_end(path_base(row->key), STR(".sql")))
                             : version_valid(row->key) && version_cmp(m->version, row->key) == 0;
    case FOREIGN_HEAD:
        return version_cmp(m->version, row->key) <= 0;
    case FOREIGN_FILE:
        return str_eq(foreign_stem(m), str_without_end(row->key, STR(".sql")));
    case FOREIGN_FOLDER:
        return str_eq(path_base(path_folder(m->file)), row->key);
    case FOREIGN_CHANGE:
        return foreign_of_project(row, m) && (m->planned && m->planned->id.n > 0 && str_eq(row->id, m->planned->id)
                                                  ? true
                                                  : nth == row->nth && str_eq(m->name, row->key));
    }
    return false;
}

/* Flyway: each line without its end; a byte order mark is not part of the first. */
static int32_t crc_of_lines(struct str text)
{
    uint32_t crc = 0;
    struct str line;
    if (str_starts(text, STR("\xEF\xBB\xBF"))) {
        text = str_slice(text, 3, text.n);
    }
    while (text.n > 0) {
        size_t end = 0;
        while (end < text.n && text.p[end] != '\n' && text.p[end] != '\r') {
            end++;
        }
        line = str_slice(text, 0, end);
        crc = crc32_of(crc, line);
        end += end + 1 < text.n && text.p[end] == '\r' && text.p[end + 1] == '\n';
        text = str_slice(text, end + 1, text.n);
    }
    return (int32_t)crc;
}

/* refinery hashes name, version (a 32-bit number, 64 bits in some builds) and text, each string with 0xFF behind it. */
static struct str refinery_sum(const struct migration *m, struct str text, size_t width, struct arena *a)
{
    struct strbuf all;
    int64_t version = 0;
    strbuf_init(&all, (size_t)MIGRATION_MAX_BYTES + 4096);
    strbuf_add(&all, m->name);
    strbuf_add_char(&all, '\xFF');
    if (!str_to_i64(m->version, 0, INT64_MAX, &version)) {
        version = 0;
    }
    for (size_t i = 0; i < width; i++) {
        strbuf_add_char(&all, (char)((uint64_t)version >> (8 * i)));
    }
    strbuf_add(&all, text);
    strbuf_add_char(&all, '\xFF');
    const struct str sum = arena_printf(a, "%" PRIu64, siphash13(strbuf_str(&all)));
    strbuf_free(&all);
    return sum;
}

/* "--! Hash: sha1:…" at the head of a committed file. */
static struct str sum_in_header(struct str text)
{
    struct str line;
    while (str_next(&text, '\n', &line) && str_starts(line, STR("--!"))) {
        const struct str rest = str_trim(str_slice(line, 3, line.n));
        if (str_starts(rest, STR("Hash:"))) {
            return str_trim(str_slice(rest, STR("Hash:").n, rest.n));
        }
    }
    return STR_NONE;
}

struct str foreign_sum_of(const struct foreign_tool *tool, const struct migration *m, struct arena *a)
{
    const struct str text = m->bytes.n > 0 ? m->bytes : m->text;
    switch (tool->sum) {
    case FOREIGN_NO_SUM:
        break;
    case FOREIGN_CRC_OF_LINES:
        return arena_printf(a, "%" PRId32, crc_of_lines(text));
    case FOREIGN_SHA384:
        return digest_hex(DIGEST_SHA384, text, a);
    case FOREIGN_SIPHASH:
        return refinery_sum(m, text, 4, a);
    case FOREIGN_SHA256:
        return digest_hex(DIGEST_SHA256, text, a);
    case FOREIGN_SHA1:
        return digest_hex(DIGEST_SHA1, text, a);
    case FOREIGN_SHA1_NAMED:
        return digest_hex(DIGEST_SHA1, arena_printf(a, "%.*s%.*s", STR_ARG(path_base(m->file)), STR_ARG(text)), a);
    case FOREIGN_SHA1_IN_HEADER:
        return sum_in_header(text);
    }
    return STR_NONE;
}

enum foreign_fit foreign_compare(const struct foreign_tool *tool, const struct foreign_row *row,
                                 const struct migration *m, struct arena *a)
{
    const struct str text = m->bytes.n > 0 ? m->bytes : m->text;
    if (row->sum.n == 0 || row->head || tool->sum == FOREIGN_NO_SUM) {
        return FOREIGN_UNKNOWN;
    }
    const bool fits = str_eq(foreign_sum_of(tool, m, a), row->sum) ||
                      (tool->sum == FOREIGN_SIPHASH && str_eq(refinery_sum(m, text, 8, a), row->sum));
    return fits ? FOREIGN_FITS : FOREIGN_DIFFERS;
}
