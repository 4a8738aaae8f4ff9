/* The model, written. */
#include "base/file.h"
#include "catalog/file.h"
#include "catalog/file_rows.h"
#include "catalog/order.h"

struct writer {
    struct io io;
    const struct catalog *c;
    struct arena *a;
    struct value_list types;
    struct relation_list relations; /* those that exist or may */
};

static void put_pair(struct writer *w, const char *name, struct str value)
{
    struct str key = str_of(name);
    row_pair(&w->io, &key, &value);
    io_put(&w->io);
}

static void put_meta(struct writer *w, const struct catalog_info *info)
{
    io_begin(&w->io, &file_tables[FILE_META]);
    put_pair(w, "made", info->made);
    put_pair(w, "tool", info->tool);
    put_pair(w, "database", info->database);
    put_pair(w, "server_version", arena_printf(w->a, "%d", w->c->server_version));
    put_pair(w, "complete", w->c->complete ? STR("yes") : STR("no"));
    put_pair(w, "history", info->has_history ? STR("yes") : STR("no"));
    io_end(&w->io);
    io_begin(&w->io, &file_tables[FILE_MIGRATIONS]);
    for (size_t i = 0; i < info->applied.n; i++) {
        struct catalog_applied a = info->applied.at[i];
        row_applied(&w->io, &a);
        io_put(&w->io);
    }
    io_end(&w->io);
}

static void put_settings(struct writer *w, const struct catalog_info *info)
{
    io_begin(&w->io, &file_tables[FILE_SETTINGS]);
    struct strbuf path;
    strbuf_init(&path, 1 << 20);
    for (size_t i = 0; i < w->c->search_path.n; i++) {
        strbuf_add_cstr(&path, i ? ", " : "");
        strbuf_add(&path, name_quote(w->a, w->c->search_path.at[i]));
    }
    put_pair(w, "search_path", strbuf_str(&path));
    strbuf_free(&path);
    put_pair(w, "TimeZone", w->c->time_zone);
    for (size_t i = 0; i < info->settings.n; i++) {
        struct catalog_setting s = info->settings.at[i];
        row_pair(&w->io, &s.name, &s.value);
        io_put(&w->io);
    }
    io_end(&w->io);
}

static void put_names(struct writer *w)
{
    io_begin(&w->io, &file_tables[FILE_SCHEMAS]);
    const struct value_list schemas = catalog_schemas(w->c, w->a);
    for (size_t i = 0; i < schemas.n; i++) {
        struct schema s = *(struct schema *)schemas.at[i];
        row_schema(&w->io, &s);
        io_put(&w->io);
    }
    io_end(&w->io);
    io_begin(&w->io, &file_tables[FILE_TYPES]);
    for (size_t i = 0; i < w->types.n; i++) {
        struct type t = *(struct type *)w->types.at[i];
        int64_t id = (int64_t)i + 1;
        row_type(&w->io, &id, &t);
        io_put(&w->io);
    }
    io_end(&w->io);
    io_begin(&w->io, &file_tables[FILE_FUNCTIONS]);
    const struct value_list functions = catalog_functions(w->c, w->a);
    for (size_t i = 0; i < functions.n; i++) {
        struct function f = *(struct function *)functions.at[i];
        row_function(&w->io, &f);
        io_put(&w->io);
    }
    io_end(&w->io);
}

static void put_relations(struct writer *w)
{
    io_begin(&w->io, &file_tables[FILE_RELATIONS]);
    for (size_t i = 0; i < w->relations.n; i++) {
        struct relation r = *w->relations.at[i];
        int64_t id = (int64_t)i + 1;
        row_relation(&w->io, &id, &r);
        io_put(&w->io);
    }
    io_end(&w->io);
    io_begin(&w->io, &file_tables[FILE_COLUMNS]);
    for (size_t i = 0; i < w->relations.n; i++) {
        struct relation *r = w->relations.at[i];
        for (size_t k = 0; k < r->columns.n; k++) {
            struct column col = *r->columns.at[k];
            row_column(&w->io, &r, &col);
            io_put(&w->io);
        }
    }
    io_end(&w->io);
}

static bool is_index(const struct relation *r)
{
    return r->kind == REL_INDEX || r->kind == REL_PARTITIONED_INDEX;
}

static void put_index(struct writer *w, struct relation *index)
{
    struct relation fields = *index;
    row_index(&w->io, &index, &fields);
    io_put(&w->io);
}

static void put_indexes(struct writer *w)
{
    io_begin(&w->io, &file_tables[FILE_INDEXES]);
    for (size_t i = 0; i < w->relations.n; i++) {
        const struct relation *r = w->relations.at[i];
        for (size_t k = 0; k < r->indexes.n; k++) {
            put_index(w, r->indexes.at[k]);
        }
    }
    for (size_t i = 0; i < w->relations.n; i++) {
        struct relation *r = w->relations.at[i];
        if (is_index(r) && !r->table) { /* a statement named it, nothing tells of which table it is */
            put_index(w, r);
        }
    }
    io_end(&w->io);
    io_begin(&w->io, &file_tables[FILE_INDEX_COLUMNS]);
    for (size_t i = 0; i < w->relations.n; i++) {
        struct relation *r = w->relations.at[i];
        for (size_t k = 0; k < r->index_columns.n; k++) {
            struct index_column col = r->index_columns.at[k];
            row_index_column(&w->io, &r, &col);
            io_put(&w->io);
        }
    }
    io_end(&w->io);
}

static void put_constraints(struct writer *w)
{
    io_begin(&w->io, &file_tables[FILE_CONSTRAINTS]);
    for (size_t i = 0; i < w->relations.n; i++) {
        struct relation *r = w->relations.at[i];
        struct type *none = NULL;
        for (size_t k = 0; k < r->constraints.n; k++) {
            struct constraint con = *r->constraints.at[k];
            row_constraint(&w->io, &r, &none, &con);
            io_put(&w->io);
        }
    }
    for (size_t i = 0; i < w->types.n; i++) {
        struct type *t = w->types.at[i];
        struct relation *none = NULL;
        for (size_t k = 0; k < t->constraints.n; k++) {
            struct constraint con = *t->constraints.at[k];
            row_constraint(&w->io, &none, &t, &con);
            io_put(&w->io);
        }
    }
    io_end(&w->io);
}

static void put_pair_of_relations(struct writer *w, struct relation *a, struct relation *b)
{
    if (a->exists != TRI_NO && b->exists != TRI_NO) {
        row_pair_of_relations(&w->io, &a, &b);
        io_put(&w->io);
    }
}

static void put_links(struct writer *w)
{
    io_begin(&w->io, &file_tables[FILE_TRIGGERS]);
    for (size_t i = 0; i < w->relations.n; i++) {
        struct relation *r = w->relations.at[i];
        for (size_t k = 0; k < r->triggers.n; k++) {
            struct trigger t = *r->triggers.at[k];
            row_trigger(&w->io, &r, &t);
            io_put(&w->io);
        }
    }
    io_end(&w->io);
    io_begin(&w->io, &file_tables[FILE_RULES]);
    for (size_t i = 0; i < w->relations.n; i++) {
        struct relation *r = w->relations.at[i];
        for (size_t k = 0; k < r->rules.n; k++) {
            struct rule rule = r->rules.at[k];
            row_rule(&w->io, &r, &rule);
            io_put(&w->io);
        }
    }
    io_end(&w->io);
    io_begin(&w->io, &file_tables[FILE_TYPED]);
    for (size_t i = 0; i < w->relations.n; i++) {
        if (w->relations.at[i]->row_type) {
            put_pair_of_relations(w, w->relations.at[i], w->relations.at[i]->row_type);
        }
    }
    io_end(&w->io);
    io_begin(&w->io, &file_tables[FILE_INHERITANCE]);
    for (size_t i = 0; i < w->relations.n; i++) {
        struct relation *parent = w->relations.at[i];
        for (size_t k = 0; k < parent->children.n; k++) {
            put_pair_of_relations(w, parent->children.at[k], parent);
        }
    }
    io_end(&w->io);
    io_begin(&w->io, &file_tables[FILE_VIEW_READS]);
    for (size_t i = 0; i < w->relations.n; i++) {
        struct relation *view = w->relations.at[i];
        for (size_t k = 0; k < view->reads.n; k++) {
            put_pair_of_relations(w, view, view->reads.at[k]);
        }
    }
    io_end(&w->io);
    io_begin(&w->io, &file_tables[FILE_SEQUENCES]);
    for (size_t i = 0; i < w->relations.n; i++) {
        struct relation *r = w->relations.at[i];
        struct str column = r->owner_column;
        if (r->kind == REL_SEQUENCE && r->table) {
            row_sequence(&w->io, &r, &r->table, &column);
            io_put(&w->io);
        }
    }
    io_end(&w->io);
}

/* Give everything that is linked to a number. */
static void number(struct writer *w)
{
    map_init(&w->io.ids, w->a);
    for (size_t i = 0; i < w->c->all.n; i++) {
        if (w->c->all.at[i]->exists != TRI_NO) {
            *vec_push(w->a, &w->relations) = w->c->all.at[i];
        }
    }
    w->types = catalog_types(w->c, w->a);
    int64_t *numbers = arena_array(w->a, int64_t, w->relations.n + w->types.n);
    for (size_t i = 0; i < w->relations.n; i++) {
        numbers[i] = (int64_t)i + 1;
        io_number(&w->io, (void *const *)&w->relations.at[i], &numbers[i]);
    }
    for (size_t i = 0; i < w->types.n; i++) {
        numbers[w->relations.n + i] = (int64_t)i + 1;
        io_number(&w->io, &w->types.at[i], &numbers[w->relations.n + i]);
    }
}

/* The finished database as bytes. */
static enum status take_bytes(struct writer *w, struct arena *a, struct str *file, struct error *err)
{
    sqlite3_int64 n = 0;
    if (w->io.failed) {
        return error_set(err, ST_SYSTEM, "cannot write the catalog: SQLite says %s", w->io.lib->errstr(w->io.failed));
    }
    unsigned char *bytes = w->io.lib->serialize(w->io.db, "main", &n, 0);
    if (!bytes) {
        mem_out("the catalog file");
    }
    enum status status = ST_OK;
    if ((uint64_t)n > CATALOG_FILE_MAX) {
        status = error_set(err, ST_SYSTEM, "the catalog takes %" PRId64 " MB, and a file of it may have %zu",
                           (int64_t)n >> 20, CATALOG_FILE_MAX >> 20);
    } else {
        *file = arena_str(a, (struct str){(const char *)bytes, (size_t)n});
    }
    w->io.lib->free(bytes);
    return status;
}

enum status catalog_encode(const struct catalog *c, const struct catalog_info *info, struct arena *a, struct str *file,
                           struct error *err)
{
    struct arena scratch;
    arena_init(&scratch, SIZE_MAX);
    struct writer w = {.c = c, .a = &scratch};
    enum status status = io_open(&w.io, true, STR_NONE, err);
    if (!status) {
        struct strbuf head;
        strbuf_init(&head, 1024);
        /* Small pages: the many short tables of a small catalog would mostly be empty otherwise. */
        strbuf_addf(&head, "PRAGMA page_size = 1024; PRAGMA application_id = %d; PRAGMA user_version = %d; BEGIN",
                    CATALOG_FILE_ID, CATALOG_FILE_VERSION);
        io_exec(&w.io, strbuf_cstr(&head));
        strbuf_free(&head);
        for (size_t i = 0; i < FILE_TABLES; i++) {
            io_exec(&w.io, file_tables[i].sql);
        }
        number(&w);
        put_meta(&w, info);
        put_settings(&w, info);
        put_names(&w);
        put_relations(&w);
        put_indexes(&w);
        put_constraints(&w);
        put_links(&w);
        io_exec(&w.io, "COMMIT");
        status = take_bytes(&w, a, file, err);
    }
    io_close(&w.io);
    arena_free(&scratch);
    return status;
}

enum status catalog_write(const char *path, const struct catalog *c, const struct catalog_info *info, struct error *err)
{
    struct arena a;
    struct str file = STR_NONE;
    arena_init(&a, SIZE_MAX);
    enum status status = catalog_encode(c, info, &a, &file, err);
    if (!status) {
        status = file_write_atomic(path, file, err);
    }
    arena_free(&a);
    return status;
}
