#include "cmd/lsp_fix.h"

#include "base/map.h"
#include "report/json.h"
#include "rules/fix.h"

enum { FIX_MAX = 1 << 30, FIXES_MAX = 20 };

/* How often each thing is found: rule and message -> one more than the count. */
struct tally {
    struct arena *a;
    struct map counts;
    VEC(struct str) keys;
};

struct offer {
    struct str rule, title, key;
    uint32_t start;
    struct fix_edit_list edits;
};

struct offering {
    const struct lsp_world *world;
    struct arena *a;
    size_t start, end;
    struct tally before;
    VEC(struct offer) offers;
};

static struct str key_of(struct arena *a, const struct finding *f)
{
    return arena_printf(a, "%.*s %.*s", STR_ARG(f->rule), STR_ARG(f->message));
}

static void tally_part(void *self, const struct judged_part *part)
{
    struct tally *t = self;
    for (size_t i = 0; i < part->findings.n; i++) {
        const struct finding *f = &part->findings.at[i];
        if (!f->suppressed) {
            const struct str key = key_of(t->a, f);
            const uintptr_t n = (uintptr_t)map_get(&t->counts, key);
            if (n == 0) {
                *vec_push(t->a, &t->keys) = key;
            }
            map_put(&t->counts, key, (void *)(n + 1));
        }
    }
}

static void offer_part(void *self, const struct judged_part *part)
{
    struct offering *o = self;
    tally_part(&o->before, part);
    for (size_t i = 0; i < part->findings.n && o->offers.n < FIXES_MAX; i++) {
        const struct finding *f = &part->findings.at[i];
        struct fix_choice choice = {.finding = f};
        struct fix_edit_list edits = {0};
        if (f->suppressed || !f->fix || f->fix->left.n > 0 || f->start > o->end || f->end < o->start) {
            continue;
        }
        fix_edits(part, &o->world->options, &choice, 1, o->a, &edits);
        if (choice.taken) {
            *vec_push(o->a, &o->offers) = (struct offer){.rule = arena_str(o->a, f->rule),
                                                         .title = arena_str(o->a, f->fix->title),
                                                         .key = key_of(o->a, f),
                                                         .start = f->start,
                                                         .edits = edits};
        }
    }
}

/* Is the finding gone from the text with the edits made, and nothing there that was not? */
static bool holds(struct lsp_world *w, const struct offering *o, const struct offer *offer, struct str text)
{
    struct error ignored = {0};
    struct tally after = {.a = o->a};
    map_init(&after.counts, o->a);
    if (lsp_world_judge(w, fix_apply(text, &offer->edits, o->a), 0, LSP_FINDINGS, o->a, tally_part, &after, &ignored)) {
        return false;
    }
    for (size_t i = 0; i < after.keys.n; i++) {
        const struct str key = after.keys.at[i];
        const uintptr_t then = (uintptr_t)map_get(&o->before.counts, key), now = (uintptr_t)map_get(&after.counts, key);
        if (now > then) {
            return false;
        }
    }
    return (uintptr_t)map_get(&after.counts, offer->key) < (uintptr_t)map_get(&o->before.counts, offer->key);
}

static json_t *edits_json(const struct lsp_document *d, const struct fix_edit_list *edits, enum lsp_encoding encoding)
{
    json_t *list = json_new_array();
    for (size_t i = 0; i < edits->n; i++) {
        const struct fix_edit *e = &edits->at[i];
        json_push(list,
                  json_pack("{s:o, s:o}", "range", lsp_range_json(strbuf_str(&d->text), e->start, e->end, encoding),
                            "newText", json_text(e->text)));
    }
    return list;
}

void lsp_fixes(const struct lsp_document *d, struct lsp_world *w, const struct lsp_texts *texts, size_t start,
               size_t end, enum lsp_encoding encoding, json_t *actions)
{
    struct arena a;
    struct error ignored = {0};
    struct offering o = {.world = w, .a = &a, .start = start, .end = end};
    arena_init(&a, FIX_MAX);
    o.before.a = &a;
    map_init(&o.before.counts, &a);
    const struct str text = arena_str(&a, strbuf_str(&d->text));
    if (!lsp_world_make(w, d->path, texts, &ignored) &&
        !lsp_world_judge(w, text, 0, LSP_FIXES, &a, offer_part, &o, &ignored)) {
        for (size_t i = 0; i < o.offers.n; i++) {
            const struct offer *offer = &o.offers.at[i];
            const struct lsp_found *f = lsp_document_found(d, offer->rule, offer->start);
            if (f && holds(w, &o, offer, text)) {
                json_t *action =
                    lsp_document_action(d, f, offer->title, edits_json(d, &offer->edits, encoding), encoding);
                json_put(action, "isPreferred", json_true());
                json_push(actions, action);
            }
        }
    }
    arena_free(&a);
}
