#include "aws/xml.h"

#include <dlfcn.h>
#include <expat.h>

#define EXPAT_FUNCTIONS(F)                     \
    F(create, XML_ParserCreate)                \
    F(release, XML_ParserFree)                 \
    F(user_data, XML_SetUserData)              \
    F(elements, XML_SetElementHandler)         \
    F(characters, XML_SetCharacterDataHandler) \
    F(doctype, XML_SetStartDoctypeDeclHandler) \
    F(parse, XML_Parse)                        \
    F(stop, XML_StopParser)                    \
    F(error_code, XML_GetErrorCode)            \
    F(error_text, XML_ErrorString)             \
    F(line, XML_GetCurrentLineNumber)          \
    F(column, XML_GetCurrentColumnNumber)

#define MEMBER(member, function) __typeof__(function) *member;
static struct {
    bool bound;
    EXPAT_FUNCTIONS(MEMBER)
} lib;

#define ENTRY(member, function) {#function, &lib.member},
static const struct {
    const char *name;
    void *place; /* of the pointer to the function */
} entries[] = {EXPAT_FUNCTIONS(ENTRY)};

static enum status expat_bind(struct error *err)
{
    if (lib.bound) {
        return ST_OK;
    }
    void *handle = dlopen("libexpat.so.1", RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; handle && i < countof(entries); i++) {
        void *function = dlsym(handle, entries[i].name);
        if (!function) {
            dlclose(handle);
            handle = NULL;
        }
        /* ISO C has no conversion from an object pointer to a function pointer; POSIX says they are alike. */
        memcpy(entries[i].place, &function, sizeof(function));
    }
    if (!handle) {
        error_set(err, ST_SYSTEM, "cannot load libexpat, which reads the answers of AWS");
        error_hint(err, "install the package libexpat1 (Debian, Ubuntu) or expat (Fedora, Alpine)");
        return ST_SYSTEM;
    }
    lib.bound = true;
    return ST_OK;
}

struct parse {
    XML_Parser parser;
    struct arena *a;
    struct xml *root;
    struct xml *open[XML_MAX_DEPTH];
    struct strbuf text[XML_MAX_DEPTH]; /* of each open element */
    size_t depth, elements;
    const char *refused; /* why it was stopped; NULL: it was not */
};

static void refuse(struct parse *p, const char *why)
{
    p->refused = why;
    lib.stop(p->parser, XML_FALSE);
}

static void XMLCALL element_begins(void *arg, const XML_Char *name, const XML_Char **attributes)
{
    struct parse *p = arg;
    (void)attributes;
    if (p->refused) {
        return;
    }
    if (p->depth == XML_MAX_DEPTH || ++p->elements > XML_MAX_ELEMENTS) {
        refuse(p, p->depth == XML_MAX_DEPTH ? "its elements are nested too deep" : "it has too many elements");
        return;
    }
    const char *colon = strrchr(name, ':');
    struct xml *x = arena_new(p->a, struct xml);
    x->name = arena_str(p->a, str_of(colon ? colon + 1 : name));
    if (p->depth == 0) {
        p->root = x;
    } else {
        struct xml *parent = p->open[p->depth - 1];
        *(parent->last ? &parent->last->next : &parent->first) = x;
        parent->last = x;
    }
    strbuf_reset(&p->text[p->depth]);
    p->open[p->depth++] = x;
}

static void XMLCALL element_ends(void *arg, const XML_Char *name)
{
    struct parse *p = arg;
    (void)name;
    if (!p->refused && p->depth > 0) {
        p->depth--;
        p->open[p->depth]->text = arena_str(p->a, str_trim(strbuf_str(&p->text[p->depth])));
    }
}

static void XMLCALL characters(void *arg, const XML_Char *text, int n)
{
    struct parse *p = arg;
    if (!p->refused && p->depth > 0) {
        strbuf_add(&p->text[p->depth - 1], (struct str){text, (size_t)n});
    }
}

static void XMLCALL doctype(void *arg, const XML_Char *name, const XML_Char *system_id, const XML_Char *public_id,
                            int internal)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)internal;
    refuse(arg, "it has a document type");
}

static enum status parse_error(const struct parse *p, struct error *err)
{
    const char *why = p->refused ? p->refused : lib.error_text(lib.error_code(p->parser));
    return error_set(err, ST_REMOTE, "the answer is not the XML that it should be: %s, at line %lu, column %lu",
                     why ? why : "unknown", (unsigned long)lib.line(p->parser),
                     (unsigned long)lib.column(p->parser) + 1);
}

enum status xml_parse(struct str text, struct arena *a, const struct xml **root, struct error *err)
{
    struct parse p = {.a = a};
    *root = NULL;
    enum status status = expat_bind(err);
    if (status) {
        return status;
    }
    if (text.n > XML_MAX_BYTES) {
        return error_set(err, ST_REMOTE, "the answer has %zu bytes: more than any answer of AWS", text.n);
    }
    p.parser = lib.create(NULL);
    if (!p.parser) {
        mem_out("XML");
    }
    for (size_t i = 0; i < XML_MAX_DEPTH; i++) {
        strbuf_init(&p.text[i], XML_MAX_BYTES);
    }
    lib.user_data(p.parser, &p);
    lib.elements(p.parser, element_begins, element_ends);
    lib.characters(p.parser, characters);
    lib.doctype(p.parser, doctype);
    if (lib.parse(p.parser, text.p ? text.p : "", (int)text.n, XML_TRUE) != XML_STATUS_OK || p.refused) {
        status = parse_error(&p, err);
    } else {
        *root = p.root;
    }
    for (size_t i = 0; i < XML_MAX_DEPTH; i++) {
        if (p.text[i].p) {
            explicit_bzero(p.text[i].p, p.text[i].cap); /* an answer of STS holds a secret */
        }
        strbuf_free(&p.text[i]);
    }
    lib.release(p.parser);
    return status;
}

const struct xml *xml_get(const struct xml *x, const char *path)
{
    struct str rest = str_of(path), name;
    while (x && str_next(&rest, '/', &name)) {
        for (x = x->first; x && !str_eq(x->name, name);) {
            x = x->next;
        }
    }
    return x;
}

struct str xml_text(const struct xml *x, const char *path)
{
    const struct xml *found = xml_get(x, path);
    return found ? found->text : STR("");
}

struct str xml_any(const struct xml *x, const char *name)
{
    if (!x || str_eq(x->name, str_of(name))) {
        return x ? x->text : STR_NONE;
    }
    struct str found = STR_NONE;
    for (const struct xml *child = x->first; child && !found.p; child = child->next) {
        found = xml_any(child, name);
    }
    return found;
}

int64_t xml_i64(const struct xml *x, const char *path, int64_t absent)
{
    int64_t n = absent;
    return str_to_i64(xml_text(x, path), INT64_MIN, INT64_MAX, &n) ? n : absent;
}

bool xml_true(const struct xml *x, const char *path)
{
    return str_eq_nocase(xml_text(x, path), STR("true"));
}
