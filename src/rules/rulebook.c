#include "rules/rulebook.h"

#include "base/file.h"
#include "rules/load.h"
#include "rules/runtime.h"

const char *severity_name(enum severity s)
{
    static const char *const names[] = {"note", "warning", "error"};
    return names[s];
}

const char *form_class_name(enum form_class c)
{
    static const char *const names[] = {"catalog", "long", "online", "data", "transaction"};
    return names[c];
}

void rulebook_init(struct rulebook *book, const struct rulebook_data *data)
{
    *book = (struct rulebook){
        .forms = data->forms,
        .n_forms = data->n_forms,
        .hazards = data->hazards,
        .n_hazards = data->n_hazards,
        .n_patterns = data->n_patterns,
        .runtime = runtime_new(),
    };
}

void rulebook_free(struct rulebook *book)
{
    runtime_free(book->runtime);
    *book = (struct rulebook){0};
}

/* ---- a team's own rules ----------------------------------------------------------------------------------------- */

static size_t position(const void *const *list, size_t n, struct str id, struct str (*id_of)(const void *))
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(id_of(list[i]), id)) {
            return i;
        }
    }
    return n;
}

static struct str form_id(const void *form)
{
    return ((const struct form *)form)->id;
}

static struct str hazard_id(const void *hazard)
{
    return ((const struct hazard *)hazard)->id;
}

/*
 * Old and added in one list: an added one takes the place of the old one of its id. New forms come first, since the
 * first match wins and
 * a team's form is there to tell apart what the book does not; new hazards come last.
 */
static const void *const *merge(struct arena *a, const void *const *old, size_t *n, const void *const *added,
                                size_t n_added, struct str (*id_of)(const void *), bool new_first)
{
    const void **list = arena_alloc(a, mem_size(*n + n_added + 1, sizeof *list));
    size_t fresh = 0, count = 0;
    for (size_t i = 0; i < n_added; i++) {
        fresh += position(old, *n, id_of(added[i]), id_of) == *n;
    }
    count = new_first ? fresh : 0;
    for (size_t i = 0; i < *n; i++) {
        const size_t at = position(added, n_added, id_of(old[i]), id_of);
        list[count + i] = at < n_added ? added[at] : old[i];
    }
    count = new_first ? 0 : *n;
    for (size_t i = 0; i < n_added; i++) {
        if (position(old, *n, id_of(added[i]), id_of) == *n) {
            list[count++] = added[i];
        }
    }
    *n += fresh;
    return list;
}

static enum status adopt(struct rulebook *book, struct loader *l, struct error *err)
{
    const enum status st = load_finish(l, err);
    if (!st) {
        book->forms = (const struct form *const *)merge(l->a, (const void *const *)book->forms, &book->n_forms,
                                                        (const void *const *)l->forms.at, l->forms.n, form_id, true);
        book->hazards =
            (const struct hazard *const *)merge(l->a, (const void *const *)book->hazards, &book->n_hazards,
                                                (const void *const *)l->hazards.at, l->hazards.n, hazard_id, false);
        book->n_patterns = l->n_patterns;
        runtime_forget(book->runtime);
    }
    return st;
}

static struct loader loader_for(const struct rulebook *book)
{
    return (struct loader){.a = runtime_arena(book->runtime), .n_patterns = book->n_patterns, .base = book};
}

enum status rulebook_add_file(struct rulebook *book, const char *file, struct error *err)
{
    struct loader l = loader_for(book);
    const enum status st = load_file(&l, file, err);
    return st ? st : adopt(book, &l, err);
}

enum status rulebook_add_text(struct rulebook *book, const char *file, struct str text, struct error *err)
{
    struct loader l = loader_for(book);
    const enum status st = load_text(&l, file, arena_str(l.a, text), err);
    return st ? st : adopt(book, &l, err);
}

static enum status load_folder(struct loader *l, struct str folder, unsigned depth, struct error *err)
{
    enum { MAX_FOLDERS = 4 };
    struct file_list entries = {0};
    enum status st = file_list(arena_cstr(l->a, folder), l->a, &entries, err);
    for (size_t i = 0; !st && i < entries.n; i++) {
        if (entries.at[i].kind == FILE_REGULAR && str_ends(entries.at[i].name, STR(".yaml"))) {
            st = load_file(l, path_join(l->a, folder, entries.at[i].name).p, err);
        }
    }
    for (size_t i = 0; !st && i < entries.n && depth < MAX_FOLDERS; i++) {
        if (entries.at[i].kind == FILE_FOLDER && entries.at[i].name.p[0] != '.') {
            st = load_folder(l, path_join(l->a, folder, entries.at[i].name), depth + 1, err);
        }
    }
    return st;
}

enum status rulebook_add_folder(struct rulebook *book, const char *folder, struct error *err)
{
    struct loader l = loader_for(book);
    const enum status st = load_folder(&l, str_of(folder), 0, err);
    return st ? st : adopt(book, &l, err);
}

/* ---- looking up ------------------------------------------------------------------------------------------------- */

const struct form *rulebook_form(const struct rulebook *book, struct str id)
{
    const size_t i = position((const void *const *)book->forms, book->n_forms, id, form_id);
    return i < book->n_forms ? book->forms[i] : NULL;
}

const struct hazard *rulebook_hazard(const struct rulebook *book, struct str id)
{
    for (size_t i = 0; i < book->n_hazards; i++) {
        const struct hazard *h = book->hazards[i];
        struct str aliases = h->aliases, alias;
        if (str_eq(h->id, id)) {
            return h;
        }
        while (str_next(&aliases, ' ', &alias)) {
            if (alias.n > 0 && str_eq_nocase(alias, id)) {
                return h;
            }
        }
    }
    return NULL;
}

struct str rulebook_suggest(const struct rulebook *book, struct str id)
{
    struct str best = STR("");
    unsigned distance = id.n < 8 ? 2 : 5;
    for (size_t i = 0; i < book->n_hazards; i++) {
        const unsigned d = str_distance(book->hazards[i]->id, id);
        if (d < distance) {
            distance = d;
            best = book->hazards[i]->id;
        }
    }
    return best;
}
