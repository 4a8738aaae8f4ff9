#include "migration/migration.h"

#include "base/sha256.h"
#include "base/term.h"
#include "migration/fill.h"
#include "migration/layout.h"
#include "migration/place.h"
#include "migration/read.h"
#include "sql/lex.h"

/* ---- the name ------------------------------------------------------------------------------------------------- */

static enum status refuse_name(struct str file, const struct layout *layout, struct error *err)
{
    const struct str base = path_base(file);
    error_set(err, ST_USAGE, "\"%.*s\" is not a migration's name", STR_ARG(base));
    error_place(err, file.p, 0, 0);
    error_hint(err, "call it %s, for example 20260131093000_%s; `migrate new NAME` does", layout->form,
               str_ends(base, STR(".sql")) ? base.p : "create_orders.sql");
    return ST_USAGE;
}

enum status migration_name(struct migration *m, const struct migration_options *options, struct error *err)
{
    const struct str base = path_base(m->file);
    m->layout = options->layout ? options->layout : &layout_native;
    const bool fits = m->layout->match(base, &m->version, &m->name);
    if (!options->lenient && (!fits || m->version.n == 0)) {
        return refuse_name(m->file, m->layout, err);
    }
    if (!fits) {
        m->version = STR_NONE;
        m->name = base;
        (void)layout_plain.match(base, &m->version, &m->name);
    }
    if (m->version.n > MIGRATION_MAX_VERSION) {
        error_set(err, ST_USAGE, "the version has %zu digits, at most %d are allowed", m->version.n,
                  MIGRATION_MAX_VERSION);
        error_place(err, m->file.p, 0, 0);
        error_hint(err, "`migrate new NAME` makes one of 14, from the time");
        return ST_USAGE;
    }
    return ST_OK;
}

/* ---- the text ------------------------------------------------------------------------------------------------- */

static enum status check_text(const struct migration *m, bool lenient, struct error *err)
{
    const struct str file = m->file, text = m->text, head = str_slice(text, 0, 2);
    /* To golang-migrate and sqlx an empty file is a migration that does nothing. */
    const bool may_be_empty = m->undoes || m->layout == &layout_golang_migrate || m->layout == &layout_sqlx;
    if (text.n == 0 && !lenient && !may_be_empty) {
        error_set(err, ST_USAGE, "the file is empty");
        error_place(err, file.p, 0, 0);
        error_hint(err, m->layout == &layout_native ? "write its SQL below a line \"-- migrate:up\", or remove the file"
                                                    : "write its SQL, or a comment that says why there is none");
        return ST_USAGE;
    }
    if (text.n > MIGRATION_MAX_BYTES) {
        error_set(err, ST_USAGE, "the text is larger than %d MB", MIGRATION_MAX_BYTES >> 20);
        error_place(err, file.p, 0, 0);
        return ST_USAGE;
    }
    if (str_eq(head, STR("\xFF\xFE")) || str_eq(head, STR("\xFE\xFF"))) {
        place_refuse(err, file, text, 0, "the file is UTF-16, not UTF-8");
        error_hint(err, "convert it: iconv -f UTF-16 -t UTF-8");
        return ST_USAGE;
    }
    const size_t bad = utf8_invalid_at(text);
    if (bad == SIZE_MAX) {
        return ST_OK;
    }
    if (text.p[bad] == '\0') {
        place_refuse(err, file, text, bad, "a NUL byte, which PostgreSQL refuses");
        error_hint(err, "remove it; if every second byte is one, the file is UTF-16: iconv -f UTF-16LE -t UTF-8");
    } else {
        place_refuse(err, file, text, bad, "the byte 0x%02X is not UTF-8", (unsigned)(unsigned char)text.p[bad]);
        error_hint(err, "convert the file, for example: iconv -f WINDOWS-1252 -t UTF-8");
    }
    return ST_USAGE;
}

static bool is_for_file(const struct directive *d)
{
    return d->kind == DIRECTIVE_ALLOW_FILE || d->kind == DIRECTIVE_FOREIGN_ALLOW_FILE;
}

/* Keep the file directives of the comments text[start, end). `homeless`: no statement follows them, so others are errors. */
static enum status take_file_directives(struct migration *m, uint32_t start, uint32_t end, bool homeless,
                                        struct arena *a, struct error *err)
{
    struct directive_list found = {0};
    uint32_t at = start;
    const enum status status = directives_parse(m->text, start, end, a, &found, &at, err);
    if (status) {
        place_error(err, m->file, m->text, at);
        return status;
    }
    for (size_t i = 0; i < found.n; i++) {
        const struct directive *d = &found.at[i];
        if (is_for_file(d)) {
            *vec_push(a, &m->file_directives) = *d;
        } else if (homeless && d->tool.n == 0) {
            place_refuse(err, m->file, m->text, d->start,
                         "a directive above \"-- migrate:up\" belongs to no statement");
            error_hint(err, "put it right before its statement; only migrate:allow-file stands here");
            return ST_USAGE;
        }
    }
    return ST_OK;
}

/* The offset of the first token of the part that is no comment, or its end. */
static uint32_t first_token(struct str text, const struct migration_part *part)
{
    struct lexer lx;
    lex_init(&lx, str_slice(text, 0, part->end), true);
    lx.at = part->start;
    return lex_next(&lx).start;
}

static enum status read_file_directives(struct migration *m, struct arena *a, struct error *err)
{
    const struct migration_part *part = m->up.present ? &m->up : &m->down;
    const uint32_t head = str_starts(m->text, STR("\xEF\xBB\xBF")) ? 3 : 0;
    enum status status = ST_OK;
    if (part->marker > head) {
        status = take_file_directives(m, head, part->marker, true, a, err);
    }
    return status ? status : take_file_directives(m, part->start, first_token(m->text, part), false, a, err);
}

/* Everything but the name. */
static enum status parse_text(struct migration *m, const struct migration_options *options, struct arena *a,
                              struct error *err)
{
    enum status status = check_text(m, options->lenient, err);
    if (!status && !options->lenient && m->layout != &layout_program) {
        status = migration_fill(m, options->placeholders, a, err);
    }
    if (!status) {
        status = m->layout->parse(m, options, a, err);
    }
    return status ? status : read_file_directives(m, a, err);
}

enum status migration_parse(struct str file, struct str text, const struct migration_options *options, struct arena *a,
                            struct migration *out, struct error *err)
{
    *out = (struct migration){.file = arena_str(a, file), .text = text};
    const enum status status = migration_name(out, options, err);
    return status ? status : parse_text(out, options, a, err);
}

enum status migration_fetch(struct migration *m, const struct migration_options *options, struct arena *a,
                            struct error *err)
{
    errno = 0;
    const enum status status = file_read(m->file.p, MIGRATION_MAX_BYTES, a, &m->text, err);
    if (status && errno == EACCES) {
        error_hint(err, "give this user the right to read it, and to enter every folder above");
    }
    return status ? status : parse_text(m, options, a, err);
}

enum status migration_read(const char *path, const struct migration_options *options, struct arena *a,
                           struct migration *out, struct error *err)
{
    *out = (struct migration){.file = arena_str(a, str_of(path))};
    const enum status status = migration_name(out, options, err);
    return status ? status : migration_fetch(out, options, a, err);
}

static struct str file_bytes(const struct migration *m)
{
    return m->bytes.n > 0 ? m->bytes : m->text;
}

struct str migration_recorded_text(const struct migration *m, struct arena *a)
{
    static const char *const modes[] = {"auto", "true", "false"};
    if (!m->undo) {
        return file_bytes(m);
    }
    const struct str up = m->layout == &layout_program ? STR("") : file_bytes(m);
    return arena_printf(a, "-- migrate:up transaction:%s\n%.*s\n-- migrate:down transaction:%s\n%.*s\n",
                        modes[m->up.tx], STR_ARG(up), modes[m->undo->down.tx], STR_ARG(file_bytes(m->undo)));
}

enum status migration_parse_recorded(struct str file, struct str layout, struct str text,
                                     const struct placeholder_list *placeholders, struct arena *a,
                                     struct migration *out, struct error *err)
{
    const struct migration_options options = {.placeholders = placeholders};
    const struct layout *own = str_eq(layout, str_of(layout_program.name)) ? &layout_program : layout_find(layout);
    struct error ignored;
    if (own && own != &layout_native && str_starts(text, STR("-- migrate:up transaction:"))) {
        /* Two files in one, or one of that layout that happens to begin so: only the first have both parts. */
        *out = (struct migration){.file = arena_str(a, file), .text = text, .layout = &layout_native};
        if (!parse_text(out, &options, a, &ignored) && out->down.present) {
            return ST_OK;
        }
    }
    *out = (struct migration){.file = arena_str(a, file), .text = text, .layout = own ? own : &layout_native};
    return parse_text(out, &options, a, err);
}

void migration_checksum(struct migration *m)
{
    const struct str bytes = file_bytes(m);
    sha256_of(bytes, m->sha256);
    if (bytes.n > 0 && (bytes.p[0] == '\xEF' || memchr(bytes.p, '\r', bytes.n))) {
        sha256_of_text(bytes, m->sha256_text);
    } else {
        memcpy(m->sha256_text, m->sha256, sizeof(m->sha256));
    }
}
