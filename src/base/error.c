#include "base/error.h"

#include "base/term.h"

enum status error_set(struct error *err, enum status status, const char *fmt, ...)
{
    va_list ap;
    *err = (struct error){.status = status};
    va_start(ap, fmt);
    vsnprintf(err->primary, sizeof(err->primary), fmt, ap);
    va_end(ap);
    return status;
}

void error_detail(struct error *err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(err->detail, sizeof(err->detail), fmt, ap);
    va_end(ap);
}

void error_hint(struct error *err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(err->hint, sizeof(err->hint), fmt, ap);
    va_end(ap);
}

void error_place(struct error *err, const char *file, unsigned line, unsigned column)
{
    snprintf(err->file, sizeof(err->file), "%s", file);
    err->line = line;
    err->column = column;
}

void error_context(struct error *err, const char *fmt, ...)
{
    char was[sizeof(err->primary)];
    va_list ap;
    memcpy(was, err->primary, sizeof(was));
    va_start(ap, fmt);
    const int n = vsnprintf(err->primary, sizeof(err->primary), fmt, ap);
    va_end(ap);
    if (n >= 0 && (size_t)n < sizeof(err->primary)) {
        snprintf(err->primary + n, sizeof(err->primary) - (size_t)n, ": %.*s", (int)(sizeof(err->primary) - (size_t)n),
                 was);
    }
}

enum status error_errno(struct error *err, const char *what, const char *path)
{
    const int saved = errno;
    error_set(err, ST_SYSTEM, "cannot %s %s: %s", what, path, strerror(saved));
    errno = saved;
    return ST_SYSTEM;
}

/* "  detail: " and the text, its further lines indented alike. */
static void add_part(struct strbuf *out, const char *label, const char *text)
{
    struct str rest = str_trim(str_of(text)), line;
    bool first = true;
    if (rest.n == 0) {
        return;
    }
    while (str_next(&rest, '\n', &line)) {
        strbuf_addf(out, "  %s%s", first ? label : "  ", first ? ": " : "");
        term_escape(out, line);
        strbuf_add_char(out, '\n');
        first = false;
    }
}

void error_format(const struct error *err, struct strbuf *out)
{
    if (err->file[0]) {
        term_escape(out, str_of(err->file));
        if (err->line > 0) {
            strbuf_addf(out, ":%u", err->line);
        }
        if (err->line > 0 && err->column > 0) {
            strbuf_addf(out, ":%u", err->column);
        }
        strbuf_add_cstr(out, ": ");
    } else {
        strbuf_add_cstr(out, "migrate: ");
    }
    strbuf_add_cstr(out, "error: ");
    term_escape(out, str_of(err->primary));
    if (err->sqlstate[0]) {
        strbuf_addf(out, " (SQLSTATE %s)", err->sqlstate);
    }
    strbuf_add_char(out, '\n');
    add_part(out, "detail", err->detail);
    add_part(out, "hint", err->hint);
}

void bug_at(const char *file, int line, const char *fmt, ...)
{
    va_list ap;
    fprintf(stderr, "migrate: bug at %s:%d: ", file, line);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fprintf(stderr, "\nPlease report it with the input that led here.\n");
    _exit(70);
}
