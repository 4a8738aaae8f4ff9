/*
 * graphile-migrate's layout: committed/<number>[-<message>].sql, each signed by a hash of its text and of the hash before it.
 *
 * The folder is the project's migrations/, or committed/ in it. A file begins with lines "--! Key: value"; "Previous: sha1:…" (or -) and "Hash: sha1:…"
 * chain the files. A file whose text is not what its hash says is refused, as the tool refuses it, unless it says AllowInvalidHash; so is one that
 * does not come behind the file that it names. A first line "--! no-transaction" of the text is for one statement outside a transaction. There is no way down. current.sql, work in progress, is
 * passed over as the tool's own migrate does.
 * Source: graphile-migrate 1.4 (README, src/migration.ts, src/hash.ts); held against the tool in tests/pg/adopt.bats.
 */
#include "base/digest.h"
#include "migration/layout.h"
#include "migration/place.h"

struct header {
    struct str hash, previous; /* "sha1:…"; previous "-": there is none before it */
    bool allow_invalid;
    size_t previous_at; /* the line that says it */
    size_t body;        /* where the text begins */
};

static void read_header(struct str text, struct header *out)
{
    struct str rest = text, line;
    *out = (struct header){0};
    while (str_next(&rest, '\n', &line) && str_starts(line, STR("--! ")) && line.n > 4 && line.p[4] >= 'A' &&
           line.p[4] <= 'Z') {
        const struct str said = str_slice(line, 4, line.n);
        const size_t colon = str_find_char(said, ':');
        const struct str key = str_trim(str_slice(said, 0, colon));
        const struct str value = colon == SIZE_MAX ? STR_NONE : str_trim(str_slice(said, colon + 1, said.n));
        if (str_eq(key, STR("Hash"))) {
            out->hash = value;
        } else if (str_eq(key, STR("Previous"))) {
            out->previous = value;
            out->previous_at = (size_t)(line.p - text.p);
        }
        out->allow_invalid = out->allow_invalid || str_eq(key, STR("AllowInvalidHash"));
        out->body = (size_t)(line.p + line.n - text.p);
    }
}

struct str graphile_previous(struct str text)
{
    struct header h;
    read_header(text, &h);
    return h.previous;
}

bool graphile_signed(struct str text)
{
    struct header h;
    read_header(text, &h);
    return h.hash.n > 0 && h.previous.n > 0;
}

static bool graphile_match(struct str base, struct str *version, struct str *name)
{
    if (!layout_numbered_sql(base, version, name)) {
        return false;
    }
    const struct str behind = str_slice(base, version->n, base.n);
    return str_find_char(*version, '.') == SIZE_MAX && (str_eq(behind, STR(".sql")) || str_starts(behind, STR("-")));
}

static enum status refuse_hash(const struct migration *m, struct error *err)
{
    place_refuse(err, m->file, m->text, 0,
                 "the file's text is not what its hash says: it was edited since it was committed");
    error_hint(err, "restore it; graphile-migrate refuses it, too, unless it has a line --! AllowInvalidHash");
    return ST_USAGE;
}

static enum status graphile_parse(struct migration *m, const struct migration_options *options, struct arena *a,
                                  struct error *err)
{
    const struct str text = m->bytes.n > 0 ? m->bytes : m->text; /* the hash is of what the file says */
    struct header h;
    read_header(text, &h);
    const struct str body = str_trim(str_slice(text, h.body, text.n));
    if (!options->lenient && (h.hash.n == 0 || h.previous.n == 0)) {
        place_refuse(err, m->file, m->text, 0, "no line \"--! %s: sha1:…\"", h.hash.n == 0 ? "Hash" : "Previous");
        error_hint(err, "graphile-migrate commit writes both");
        return ST_USAGE;
    }
    if (!options->lenient && !h.allow_invalid) {
        const bool first = str_eq(h.previous, STR("-"));
        const struct str signed_text = arena_printf(a, "%.*s%s%.*s\n", STR_ARG(first ? STR("") : h.previous),
                                                    first || body.n == 0 ? "" : "\n", STR_ARG(body));
        const struct str sum = arena_printf(a, "sha1:%s", digest_hex(DIGEST_SHA1, signed_text, a).p);
        if (!str_eq(sum, h.hash)) {
            return refuse_hash(m, err);
        }
    }
    layout_whole(m, false, TX_AUTO);
    struct str rest = body, line;
    if (str_next(&rest, '\n', &line) && str_starts(line, STR("--!")) &&
        str_starts(str_trim(str_slice(line, 3, line.n)), STR("no-transaction"))) {
        m->up.tx = TX_FALSE;
    }
    return ST_OK;
}

/* ---- the chain ---- */

static void header_of(const struct migration *m, struct header *out)
{
    read_header(m->bytes.n > 0 ? m->bytes : m->text, out);
}

/* The file with this hash, or NULL. */
static const struct migration *with_hash(const struct migration_list *list, struct str hash)
{
    struct header h;
    for (size_t i = 0; i < list->n; i++) {
        header_of(&list->at[i], &h);
        if (str_eq(h.hash, hash)) {
            return &list->at[i];
        }
    }
    return NULL;
}

static enum status refuse_place(const struct migration_list *list, const struct migration *before,
                                const struct migration *m, const struct header *h, struct error *err)
{
    const struct str stands_behind = before ? path_base(before->file) : STR_NONE;
    const struct migration *wanted = with_hash(list, h->previous);
    if (!before) {
        place_refuse(err, m->file, m->text, h->previous_at,
                     "it was committed behind another migration, and no file comes before it");
        error_hint(err, "the files before it are missing: restore them, or name the folder that has them (--dir)");
    } else if (wanted) {
        const struct str name = path_base(wanted->file);
        place_refuse(err, m->file, m->text, h->previous_at, "it was committed behind %.*s, and stands behind %.*s",
                     STR_ARG(name), STR_ARG(stands_behind));
        error_hint(err, "two branches committed at once? take the one that is not applied anywhere back "
                        "(graphile-migrate uncommit), and commit it behind the other");
    } else {
        place_refuse(err, m->file, m->text, h->previous_at,
                     str_eq(h->previous, STR("-")) ? "it was committed as the first one, and stands behind %.*s"
                                                   : "it was committed behind a file that is not here, not behind %.*s",
                     STR_ARG(stands_behind));
        error_hint(err, "restore the file that is missing or was committed anew, as version control has it; "
                        "graphile-migrate refuses the folder, too");
    }
    return ST_USAGE;
}

enum status graphile_check(const struct migration_list *list, const struct migration **wrong, struct error *err)
{
    const struct migration *before = NULL;
    struct header h, last = {0};
    for (size_t i = 0; i < list->n; i++) {
        const struct migration *m = &list->at[i];
        if (m->layout != &layout_graphile_migrate) {
            continue;
        }
        header_of(m, &h);
        if (before && !str_eq(path_folder(before->file), path_folder(m->file))) {
            return ST_OK; /* of several folders each would have a chain of its own, which the order of versions mixes */
        }
        if (!str_eq(h.previous, before ? last.hash : STR("-"))) {
            *wrong = m;
            return refuse_place(list, before, m, &h, err);
        }
        before = m;
        last = h;
    }
    return ST_OK;
}

/* The folder itself, or committed/ in it. */
static enum status graphile_find(const struct layout_folder *f, struct arena *a, struct migration_list *out,
                                 struct error *err)
{
    const struct str inside = path_join(a, f->path, STR("committed"));
    const struct str folder = file_kind(inside.p) == FILE_FOLDER ? inside : arena_str(a, f->path);
    struct file_list entries = {0};
    enum status status = file_list(folder.p, a, &entries, err);
    for (size_t i = 0; i < entries.n && !status; i++) {
        const struct file_entry *e = &entries.at[i];
        struct str version, name;
        const char *hint = NULL;
        if (e->name.p[0] == '.' || !graphile_match(e->name, &version, &name)) {
            continue;
        }
        const struct str file = path_join(a, folder, e->name);
        const char *why = layout_obstacle(e, &hint);
        if (why) {
            return layout_refuse(file, why, hint, err);
        }
        (void)layout_add(a, out, &layout_graphile_migrate, file, version, name);
    }
    return status;
}

const struct layout layout_graphile_migrate = {
    .name = "graphile-migrate",
    .form = "committed/<number>-<message>.sql",
    .summary = "graphile-migrate's committed migrations, each signed by a hash",
    .match = graphile_match,
    .parse = graphile_parse,
    .find = graphile_find,
    .fill = FILL_PSQL,
};
