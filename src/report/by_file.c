#include "report/by_file.h"

#include "report/escape.h"

void by_file_begin(struct lint_report *r)
{
    struct by_file *b = arena_new(&r->memory, struct by_file);
    b->memory = &r->memory;
    map_init(&b->index, b->memory);
    r->state = b;
}

struct kept_file *by_file(struct lint_report *r, struct str path)
{
    struct by_file *b = r->state;
    struct strbuf plain;
    strbuf_init(&plain, path.n + 1);
    add_plain_path(&plain, path);
    const struct str name = strbuf_str(&plain);
    const uintptr_t known = (uintptr_t)map_get(&b->index, name);
    struct kept_file *f = known ? &b->files.at[known - 1] : vec_push(b->memory, &b->files);
    if (!known) {
        f->path = arena_str(b->memory, name);
        map_put(&b->index, f->path, (void *)(uintptr_t)b->files.n);
    }
    strbuf_free(&plain);
    return f;
}

void by_file_keep(struct lint_report *r, const struct finding *f, struct str text)
{
    struct by_file *b = r->state;
    struct kept_file *file = by_file(r, f->file);
    const bool fails = lint_report_fails(r, f);
    file->count[f->severity]++;
    file->failing += fails;
    if (text.p) {
        struct kept_finding *kept = vec_push(b->memory, &file->findings);
        *kept = (struct kept_finding){.severity = f->severity, .fails = fails, .text = arena_str(b->memory, text)};
    }
}

void by_file_failed(struct lint_report *r, struct str path, const struct error *err)
{
    struct by_file *b = r->state;
    struct kept_file *file = by_file(r, path);
    file->failure = arena_printf(b->memory, "%s%s%s", err->primary, err->hint[0] ? "; " : "", err->hint);
}
