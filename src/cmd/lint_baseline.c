#include "cmd/lint_baseline.h"

#include <jansson.h>

#include "base/file.h"
#include "base/path.h"
#include "report/json.h"
#include "rules/finding.h"
#include "rules/problem.h"
#include "rules/severity.h"

enum { BASELINE_MAX_BYTES = 256 << 20 };

/* ---- reading ---- */

static struct str key_of(struct arena *a, struct str file, struct str fingerprint)
{
    return arena_printf(a, "%.*s %.*s", STR_ARG(fingerprint), STR_ARG(file));
}

static enum status refuse(const struct baseline *b, unsigned line, unsigned column, const char *what, struct error *err)
{
    error_set(err, ST_USAGE, "no baseline of migrate lint: %s", what);
    error_place(err, b->path, line, column);
    error_hint(err, "--write-baseline writes a new one over it");
    return ST_USAGE;
}

static struct str text_of(struct arena *a, const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_string(v) ? arena_str(a, (struct str){json_string_value(v), json_string_length(v)}) : STR_NONE;
}

/* The next place of the fingerprint in the text behind *from; entries are found in the order in which they stand. */
static uint32_t place_of(const struct baseline *b, struct str fingerprint, size_t *from)
{
    const size_t found = str_find(str_slice(b->text, *from, b->text.n), fingerprint);
    if (found == SIZE_MAX) {
        return 0;
    }
    *from += found + fingerprint.n;
    return (uint32_t)(*from - fingerprint.n);
}

static void add_key(struct baseline *b, size_t i)
{
    struct baseline_entry *e = &b->entries.at[i];
    const struct str key = key_of(b->a, e->file, e->fingerprint);
    e->next = (size_t)(uintptr_t)map_get(&b->by_key, key);
    map_put(&b->by_key, key, (void *)(uintptr_t)(i + 1));
}

static enum status read_entries(struct baseline *b, const json_t *root, struct error *err)
{
    const json_t *list = json_object_get(root, "findings");
    size_t from = 0;
    if (!json_is_integer(json_object_get(root, "schema")) || !json_is_array(list)) {
        return refuse(b, 1, 1, "it is to be an object of \"schema\" and \"findings\"", err);
    }
    if (json_integer_value(json_object_get(root, "schema")) != 1) {
        return refuse(b, 1, 1, "its schema is newer than this program", err);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *o = json_array_get(list, i);
        struct baseline_entry e = {.file = text_of(b->a, o, "file"),
                                   .rule = text_of(b->a, o, "rule"),
                                   .fingerprint = text_of(b->a, o, "fingerprint"),
                                   .message = text_of(b->a, o, "message")};
        if (e.file.n == 0 || e.rule.n == 0 || e.fingerprint.n == 0) {
            const struct str what =
                arena_printf(b->a, "entry %zu is not of \"file\", \"rule\" and \"fingerprint\"", i + 1);
            return refuse(b, 0, 0, what.p, err);
        }
        e.at = place_of(b, e.fingerprint, &from);
        *vec_push(b->a, &b->entries) = e;
    }
    for (size_t i = b->entries.n; i-- > 0;) {
        add_key(b, i);
    }
    return ST_OK;
}

enum status baseline_open(struct baseline *b, const char *path, bool writing, struct arena *a, struct error *err)
{
    json_error_t bad;
    *b = (struct baseline){.a = a, .path = path, .writing = writing};
    b->folder = path_folder(path_absolute(a, str_of(path)));
    map_init(&b->by_key, a);
    map_init(&b->judged, a);
    map_init(&b->there, a);
    if (file_kind(path) == FILE_MISSING) {
        if (writing) {
            return ST_OK;
        }
        error_set(err, ST_USAGE, "there is no baseline %s", path);
        error_hint(err, "--write-baseline writes it from what is found now");
        return ST_USAGE;
    }
    enum status status = file_read(path, BASELINE_MAX_BYTES, a, &b->text, err);
    if (status) {
        return status;
    }
    json_t *root = json_loadb(b->text.p, b->text.n, JSON_REJECT_DUPLICATES, &bad);
    if (root) {
        status = read_entries(b, root, err);
    } else {
        status =
            refuse(b, bad.line > 0 ? (unsigned)bad.line : 1, bad.column > 0 ? (unsigned)bad.column : 1, bad.text, err);
    }
    json_decref(root);
    return status;
}

/* ---- findings ---- */

static struct str seen_from_here(struct baseline *b, struct str file)
{
    return path_from(b->a, b->folder, path_absolute(b->a, file));
}

void baseline_judged(struct baseline *b, struct str file)
{
    const struct str name = seen_from_here(b, file);
    map_put(&b->judged, name, (void *)1);
}

static struct baseline_entry *take(struct baseline *b, struct str file, struct str fingerprint)
{
    uintptr_t i = (uintptr_t)map_get(&b->by_key, key_of(b->a, file, fingerprint));
    while (i && b->entries.at[i - 1].met) {
        i = b->entries.at[i - 1].next;
    }
    if (!i) {
        return NULL;
    }
    b->entries.at[i - 1].met = true;
    return &b->entries.at[i - 1];
}

void baseline_apply(struct baseline *b, const struct judged_part *part)
{
    struct str file = STR_NONE;
    for (size_t i = 0; i < part->findings.n; i++) {
        struct finding *f = &part->findings.at[i];
        if (f->suppressed) {
            continue;
        }
        file = file.p ? file : seen_from_here(b, f->file);
        const struct str fingerprint = arena_str(b->a, str_of(f->fingerprint));
        const bool known = take(b, file, fingerprint) != NULL;
        if (b->writing) {
            *vec_push(b->a, &b->found) = (struct baseline_entry){
                .file = file,
                .rule = arena_str(b->a, f->rule),
                .fingerprint = fingerprint,
                .message = arena_str(b->a, f->message),
            };
            b->n_added += !known;
        }
        if (known || b->writing) {
            f->suppressed = f->baselined = true;
            f->suppressed_by = STR("baseline");
        }
    }
}

static bool is_there(struct baseline *b, struct str file)
{
    uintptr_t known = (uintptr_t)map_get(&b->there, file);
    if (!known) {
        known = file_kind(path_join(b->a, b->folder, file).p) == FILE_MISSING ? 1 : 2;
        map_put(&b->there, file, (void *)known);
    }
    return known == 2;
}

/* Is it known of this entry whether it still stands for something? */
static bool is_settled(struct baseline *b, const struct baseline_entry *e)
{
    return map_get(&b->judged, e->file) || !is_there(b, e->file);
}

static bool was_looked_for(const struct rulebook *book, const struct judge_options *options, struct str rule)
{
    const struct hazard *h = rulebook_hazard(book, rule);
    enum severity severity;
    return !h || hazard_severity(options, h, &severity);
}

void baseline_stale(struct baseline *b, const struct rulebook *book, const struct judge_options *options,
                    struct judged_part *out)
{
    struct migration *m = arena_new(b->a, struct migration);
    struct line_map lines;
    *m = (struct migration){.file = arena_str(b->a, str_of(b->path)), .text = b->text};
    *out = (struct judged_part){.migration = m, .finished = true};
    struct finding_context c = {.migration = m, .lines = &lines, .a = b->a, .out = &out->findings};
    map_init(&c.marks, b->a);
    line_map_init(&lines, b->text);
    for (size_t i = 0; i < b->entries.n && !b->writing; i++) {
        const struct baseline_entry *e = &b->entries.at[i];
        if (e->met || !is_settled(b, e) || !was_looked_for(book, options, e->rule)) {
            continue;
        }
        struct finding *f =
            finding_add(&c, STR("stale-baseline"), SEVERITY_WARNING, e->at, e->at + (uint32_t)e->fingerprint.n, NULL);
        f->message = arena_printf(b->a, "%.*s of %.*s is not found any more", STR_ARG(e->rule), STR_ARG(e->file));
        f->remark = STR("--write-baseline takes it out, or it may hide what comes later");
    }
    line_map_free(&lines);
    findings_sort(&out->findings);
    severities_settle(options, &out->findings);
}

/* ---- writing ---- */

static int by_place(const void *a, const void *b)
{
    const struct baseline_entry *x = a, *y = b;
    int order = str_cmp(x->file, y->file);
    order = order ? order : str_cmp(x->rule, y->rule);
    return order ? order : str_cmp(x->fingerprint, y->fingerprint);
}

static void add_entry(struct strbuf *out, const struct baseline_entry *e)
{
    json_t *o = json_new_object();
    json_put(o, "file", json_text(e->file));
    json_put(o, "rule", json_text(e->rule));
    json_put(o, "fingerprint", json_text(e->fingerprint));
    json_put(o, "message", json_text(e->message));
    json_add(out, o);
}

enum status baseline_write(struct baseline *b, struct error *err)
{
    struct strbuf out;
    for (size_t i = 0; i < b->entries.n; i++) {
        const struct baseline_entry *e = &b->entries.at[i];
        if (e->met) {
            continue;
        }
        if (is_settled(b, e)) {
            b->n_gone++;
        } else {
            *vec_push(b->a, &b->found) = *e;
            b->n_kept++;
        }
    }
    if (b->found.n > 1) {
        qsort(b->found.at, b->found.n, sizeof b->found.at[0], by_place);
    }
    strbuf_init(&out, BASELINE_MAX_BYTES);
    strbuf_add_cstr(&out, "{\"schema\":1,\"findings\":[");
    for (size_t i = 0; i < b->found.n; i++) {
        strbuf_add_cstr(&out, i > 0 ? ",\n" : "\n");
        add_entry(&out, &b->found.at[i]);
    }
    strbuf_add_cstr(&out, b->found.n > 0 ? "\n]}\n" : "]}\n");
    const enum status status =
        out.overflow ? error_set(err, ST_USAGE, "the baseline would be larger than %d MB", BASELINE_MAX_BYTES >> 20)
                     : file_write_atomic(b->path, strbuf_str(&out), err);
    strbuf_free(&out);
    return status;
}
