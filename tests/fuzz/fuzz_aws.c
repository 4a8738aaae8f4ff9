/*
 * What comes from the network and from the user's AWS files: XML, points in time, host names, regions, command lines. The first byte says which.
 */
#include "fuzz.h"

#include "aws/endpoint.h"
#include "aws/host.h"
#include "aws/when.h"
#include "aws/xml.h"
#include "base/words.h"

/* Every text of the tree is readable and ends with a NUL. */
static size_t walk(const struct xml *x, unsigned depth)
{
    size_t n = 0;
    for (; x; x = x->next) {
        if (depth >= XML_MAX_DEPTH || x->text.p[x->text.n] != '\0') {
            BUG("a tree that cannot be");
        }
        n += 1 + walk(x->first, depth + 1);
    }
    return n;
}

static void try_xml(struct str text, struct arena *a)
{
    const struct xml *root;
    struct error err = {0};
    if (!xml_parse(text, a, &root, &err)) {
        if (walk(root, 0) > XML_MAX_ELEMENTS) {
            BUG("more elements than there may be");
        }
        (void)xml_any(root, "RequestId");
        (void)xml_i64(root, "A/B", 0);
    } else if (!err.primary[0]) {
        BUG("refused without a word");
    }
}

static void try_host(struct str text, struct arena *a)
{
    struct rds_host h;
    host_parse(arena_cstr(a, text), a, &h);
    if (h.kind != HOST_OTHER && (!h.name || !h.name[0] || (h.region && !region_looks_right(str_of(h.region))))) {
        BUG("a host without a name, or with a region that is none");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct word_list words;
    if (size == 0) {
        return 0;
    }
    const struct str text = {(const char *)data + 1, size - 1};
    arena_init(&a, 1 << 28);
    switch (data[0] % 4) {
    case 0:
        try_host(text, &a);
        break;
    case 1:
        (void)when_iso(text);
        (void)when_http(text);
        break;
    case 2:
        if (words_split(text, &a, &words) && words.at[words.n]) {
            BUG("a list without an end");
        }
        break;
    default:
        try_xml(text, &a);
        break;
    }
    arena_free(&a);
    return 0;
}
