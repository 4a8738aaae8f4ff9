/* rules doc: the rulebook written as its manual. */
#include "cmd/rules_doc.h"

#include "report/rulebook_doc.h"

enum { DOC_MAX = 1 << 26 };

enum status rules_doc(struct context *c, struct error *err)
{
    struct strbuf out;
    strbuf_init(&out, DOC_MAX);
    if (c->set.doc_format == DOC_MAN) {
        rulebook_man(&c->book, &out);
    } else {
        rulebook_markdown(&c->book, &out);
    }
    const bool whole = !out.overflow;
    if (whole) {
        context_print(strbuf_str(&out));
    }
    strbuf_free(&out);
    return whole ? ST_OK : error_set(err, ST_USAGE, "the manual of this rulebook is longer than %d bytes", DOC_MAX);
}
