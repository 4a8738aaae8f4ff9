#include "rules/yaml.h"

#include <yaml.h>

#include "base/vec.h"

enum { MAX_DEPTH = 16 };

struct reader {
    yaml_parser_t parser;
    yaml_event_t event;
    bool has_event;
    const char *file;
    struct str text;
    struct arena *a;
    struct error *err;
};

static enum status refuse(struct reader *r, yaml_mark_t mark, const char *fmt, ...) PRINTF(3, 4);
static enum status refuse(struct reader *r, yaml_mark_t mark, const char *fmt, ...)
{
    char message[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    error_set(r->err, ST_USAGE, "%s", message);
    error_place(r->err, r->file, (unsigned)mark.line + 1, (unsigned)mark.column + 1);
    return ST_USAGE;
}

static size_t characters(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    }
    return n;
}

/* Where the parser stumbled; libyaml's reader knows only an offset. */
static yaml_mark_t problem_mark(const struct reader *r)
{
    yaml_mark_t mark = {0};
    struct str line = STR(""), before = str_slice(r->text, 0, r->parser.problem_offset);
    if (r->parser.error != YAML_READER_ERROR) {
        return r->parser.problem_mark;
    }
    while (str_next(&before, '\n', &line)) {
        mark.line++;
    }
    mark.line -= mark.line > 0;
    mark.column = characters(line);
    return mark;
}

static enum status next(struct reader *r)
{
    if (r->has_event) {
        yaml_event_delete(&r->event);
        r->has_event = false;
    }
    if (!yaml_parser_parse(&r->parser, &r->event)) {
        const yaml_parser_t *p = &r->parser;
        if (p->error == YAML_MEMORY_ERROR) {
            mem_out("YAML");
        }
        return refuse(r, problem_mark(r), "not YAML: %s", p->problem ? p->problem : "cannot be read");
    }
    r->has_event = true;
    return ST_OK;
}

static enum status plain(struct reader *r, const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor) {
        return refuse(r, r->event.start_mark, "anchors are not read here");
    }
    return tag ? refuse(r, r->event.start_mark, "tags are not read here") : ST_OK;
}

static struct str event_text(const struct reader *r)
{
    return (struct str){(const char *)r->event.data.scalar.value, r->event.data.scalar.length};
}

static enum status read_node(struct reader *r, unsigned depth, struct yaml **out);

static enum status read_scalar(struct reader *r, struct yaml *y)
{
    const yaml_event_t *e = &r->event;
    const struct str text = event_text(r);
    enum status st = plain(r, e->data.scalar.anchor, e->data.scalar.tag);
    y->kind = YAML_SCALAR;
    y->text = arena_str(r->a, text);
    /* Offsets hold where the source is the text itself, perhaps within quotes: then it has as many characters. */
    const size_t quotes = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? 0 : 2;
    y->exact = e->start_mark.line == e->end_mark.line &&
               (quotes == 0 || e->end_mark.index - e->start_mark.index == characters(text) + quotes);
    y->column += quotes ? 1 : 0;
    return st;
}

static enum status add_pair(struct reader *r, struct yaml *y, size_t *cap, const struct yaml_pair *pair)
{
    for (size_t i = 0; y->kind == YAML_MAP && i < y->n; i++) {
        if (str_eq(y->pairs[i].key, pair->key)) {
            const yaml_mark_t mark = {.line = pair->line - 1, .column = pair->column - 1};
            return refuse(r, mark, "key \"%.*s\" is there twice", STR_ARG(pair->key));
        }
    }
    if (y->n == *cap) {
        y->pairs = vec_grow(r->a, y->pairs, y->n, cap, sizeof *y->pairs);
    }
    y->pairs[y->n++] = *pair;
    return ST_OK;
}

static enum status read_key(struct reader *r, struct yaml_pair *pair)
{
    if (r->event.type != YAML_SCALAR_EVENT) {
        return refuse(r, r->event.start_mark, "a key is to be a word");
    }
    enum status st = plain(r, r->event.data.scalar.anchor, r->event.data.scalar.tag);
    if (!st && str_eq(event_text(r), STR("<<"))) {
        return refuse(r, r->event.start_mark, "merge keys are not read here");
    }
    *pair = (struct yaml_pair){arena_str(r->a, event_text(r)), (unsigned)r->event.start_mark.line + 1,
                               (unsigned)r->event.start_mark.column + 1, NULL};
    return st ? st : next(r);
}

/* The rest of a list or map whose opening event is the current one. */
static enum status read_collection(struct reader *r, unsigned depth, struct yaml *y, yaml_event_type_t end)
{
    size_t cap = 0;
    enum status st = next(r);
    while (!st && r->event.type != end) {
        struct yaml_pair pair = {.line = 0};
        if (y->kind == YAML_MAP && (st = read_key(r, &pair))) {
            break;
        }
        st = read_node(r, depth + 1, &pair.value);
        if (!st) {
            st = add_pair(r, y, &cap, &pair);
        }
        if (!st) {
            st = next(r);
        }
    }
    return st;
}

/* The node that the current event begins; the event that ends it is then the current one. */
static enum status read_node(struct reader *r, unsigned depth, struct yaml **out)
{
    const yaml_event_t *e = &r->event;
    enum status st;
    struct yaml *y = *out = arena_new(r->a, struct yaml);
    y->line = (unsigned)e->start_mark.line + 1;
    y->column = (unsigned)e->start_mark.column + 1;
    if (depth > MAX_DEPTH) {
        return refuse(r, e->start_mark, "nested more than %d deep", MAX_DEPTH);
    }
    switch (e->type) {
    case YAML_SCALAR_EVENT:
        return read_scalar(r, y);
    case YAML_SEQUENCE_START_EVENT:
        y->kind = YAML_LIST;
        st = plain(r, e->data.sequence_start.anchor, e->data.sequence_start.tag);
        return st ? st : read_collection(r, depth, y, YAML_SEQUENCE_END_EVENT);
    case YAML_MAPPING_START_EVENT:
        y->kind = YAML_MAP;
        st = plain(r, e->data.mapping_start.anchor, e->data.mapping_start.tag);
        return st ? st : read_collection(r, depth, y, YAML_MAPPING_END_EVENT);
    case YAML_ALIAS_EVENT:
        return refuse(r, e->start_mark, "aliases are not read here");
    default:
        return refuse(r, e->start_mark, "nothing is here");
    }
}

static enum status read_stream(struct reader *r, struct yaml **out)
{
    enum status st = next(r); /* stream start */
    if (!st) {
        st = next(r);
    }
    if (st || r->event.type == YAML_STREAM_END_EVENT) {
        return st;
    }
    if ((st = next(r)) || (st = read_node(r, 0, out)) || (st = next(r)) || (st = next(r))) {
        return st;
    }
    return r->event.type == YAML_STREAM_END_EVENT ? ST_OK : refuse(r, r->event.start_mark, "a second document");
}

enum status yaml_read(const char *file, struct str text, struct arena *a, struct yaml **out, struct error *err)
{
    struct reader r = {.file = file, .text = text, .a = a, .err = err};
    *out = NULL;
    if (!yaml_parser_initialize(&r.parser)) {
        mem_out("YAML");
    }
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)(text.p ? text.p : ""), text.n);
    const enum status st = read_stream(&r, out);
    if (r.has_event) {
        yaml_event_delete(&r.event);
    }
    yaml_parser_delete(&r.parser);
    return st;
}

struct yaml *yaml_get(const struct yaml *map, const char *key)
{
    for (size_t i = 0; i < map->n; i++) {
        if (str_eq(map->pairs[i].key, str_of(key))) {
            return map->pairs[i].value;
        }
    }
    return NULL;
}
