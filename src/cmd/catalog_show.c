#include "cmd/catalog_show.h"

#include "base/term.h"
#include "catalog/dump.h"
#include "report/json.h"
#include "report/style.h"

static const char *kind_of(const struct relation *r)
{
    switch (r->kind) {
    case REL_TABLE:
        return r->is_partition ? "partition" : "table";
    case REL_PARTITIONED:
        return "partitioned table";
    case REL_FOREIGN:
        return "foreign table";
    case REL_VIEW:
        return "view";
    case REL_MATVIEW:
        return "materialized view";
    case REL_SEQUENCE:
        return "sequence";
    case REL_INDEX:
        return "index";
    case REL_PARTITIONED_INDEX:
        return "partitioned index";
    case REL_COMPOSITE:
        return "composite type";
    case REL_UNKNOWN:
        break;
    }
    return "relation";
}

static bool is_listed(const struct relation *r)
{
    return r->exists == TRI_YES && r->kind != REL_INDEX && r->kind != REL_PARTITIONED_INDEX;
}

static int by_name(const void *a, const void *b)
{
    const struct relation *const *x = a, *const *y = b;
    const int schema = str_cmp((*x)->schema, (*y)->schema);
    return schema != 0 ? schema : str_cmp((*x)->name, (*y)->name);
}

static struct relation_list listed(const struct catalog *c, struct arena *a)
{
    struct relation_list list = {0};
    for (size_t i = 0; i < c->all.n; i++) {
        if (is_listed(c->all.at[i])) {
            *vec_push(a, &list) = c->all.at[i];
        }
    }
    if (list.n > 1) {
        qsort(list.at, list.n, sizeof list.at[0], by_name);
    }
    return list;
}

/* ---- text ---- */

static void add_padded(struct strbuf *out, struct strbuf *cell, size_t width, bool right)
{
    const size_t pad = cell->n < width ? width - cell->n : 0;
    strbuf_add_repeat(out, ' ', right ? pad : 0);
    strbuf_add(out, strbuf_str(cell));
    strbuf_add_repeat(out, ' ', right ? 0 : pad);
    strbuf_add_cstr(out, "  ");
    strbuf_reset(cell);
}

static void add_line(struct strbuf *out, const char *what, struct str value)
{
    if (value.n > 0) {
        strbuf_addf(out, "%-14s  ", what);
        term_escape(out, value);
        strbuf_add_char(out, '\n');
    }
}

static void add_head(const struct catalog *c, const struct catalog_info *info, struct strbuf *out)
{
    struct arena a;
    struct strbuf path;
    struct str version = STR_NONE;
    arena_init(&a, SIZE_MAX);
    strbuf_init(&path, 1 << 20);
    for (size_t i = 0; i < c->search_path.n; i++) {
        strbuf_add_cstr(&path, i ? ", " : "");
        strbuf_add(&path, name_quote(&a, c->search_path.at[i]));
    }
    for (size_t i = 0; i < info->settings.n; i++) {
        if (str_eq(info->settings.at[i].name, STR("server_version"))) {
            version = info->settings.at[i].value;
        }
    }
    add_line(out, "database", info->database);
    add_line(out, "PostgreSQL", version.n > 0 ? version : arena_printf(&a, "%d", c->server_version));
    add_line(out, "made", info->made);
    add_line(out, "by", info->tool);
    add_line(out, "search_path", strbuf_str(&path));
    add_line(out, "TimeZone", c->time_zone);
    add_line(out, "migrations", info->has_history ? arena_printf(&a, "%zu in its history", info->applied.n) : STR_NONE);
    strbuf_add_char(out, '\n');
    strbuf_free(&path);
    arena_free(&a);
}

void catalog_text(const struct catalog *c, const struct catalog_info *info, bool quiet, struct strbuf *out)
{
    enum { KIND = 17, ROWS = 12, SIZE = 8 };
    struct arena a;
    struct strbuf cell;
    arena_init(&a, SIZE_MAX);
    strbuf_init(&cell, 256);
    if (!quiet) {
        add_head(c, info, out);
    }
    const struct relation_list list = listed(c, &a);
    for (size_t i = 0; i < list.n; i++) {
        const struct relation *r = list.at[i];
        strbuf_add_cstr(&cell, kind_of(r));
        add_padded(out, &cell, KIND, false);
        if (r->rows >= 0) {
            add_rows(&cell, r->rows);
        }
        add_padded(out, &cell, ROWS, true);
        if (r->bytes >= 0) {
            add_bytes(&cell, r->bytes);
        }
        add_padded(out, &cell, SIZE, true);
        term_escape(out, relation_display(r, &a));
        strbuf_add_char(out, '\n');
    }
    if (list.n == 0) {
        strbuf_add_cstr(out, "no relations\n");
    }
    strbuf_free(&cell);
    arena_free(&a);
}

void catalog_text_of(const struct relation *r, struct arena *a, struct strbuf *out)
{
    struct strbuf dump;
    struct str rest, line;
    strbuf_init(&dump, 1 << 26);
    relation_dump(r, a, DUMP_ALL, &dump);
    rest = str_trim(strbuf_str(&dump));
    while (str_next(&rest, '\n', &line)) {
        term_escape(out, line);
        strbuf_add_char(out, '\n');
    }
    for (size_t i = 0; i < r->referenced_by.n; i++) {
        const struct constraint *con = r->referenced_by.at[i];
        strbuf_add_cstr(out, "  referenced by ");
        term_escape(out, relation_display(con->table, a));
        strbuf_add_cstr(out, " constraint ");
        term_escape(out, name_quote(a, con->name));
        strbuf_add_char(out, '\n');
    }
    if (r->rows >= 0 || r->bytes >= 0) {
        strbuf_add_cstr(out, "  size ");
        if (r->bytes >= 0) {
            add_bytes(out, r->bytes);
        }
        strbuf_add_cstr(out, r->rows >= 0 && r->bytes >= 0 ? ", " : "");
        if (r->rows >= 0) {
            add_rows(out, r->rows);
        }
        strbuf_add_char(out, '\n');
    }
    strbuf_free(&dump);
}

/* ---- JSON ---- */

static json_t *names(const struct name_list *list)
{
    json_t *all = json_new_array();
    for (size_t i = 0; i < list->n; i++) {
        json_push(all, json_text(list->at[i]));
    }
    return all;
}

static json_t *number(int64_t n)
{
    return n < 0 ? json_null() : json_integer(n);
}

static json_t *relation_brief(const struct relation *r, struct arena *a)
{
    json_t *o = json_new_object();
    json_put(o, "name", json_text(relation_display(r, a)));
    json_put(o, "kind", json_string(kind_of(r)));
    json_put(o, "rows", number(r->rows));
    json_put(o, "bytes", number(r->bytes));
    return o;
}

static json_t *column_json(const struct column *col)
{
    json_t *o = json_new_object();
    json_put(o, "name", json_text(col->name));
    json_put(o, "type", json_text(col->type.text));
    json_put(o, "not_null", json_boolean(col->not_null));
    if (col->has_default || col->generated) {
        json_put(o, col->generated ? "generated" : "default", json_text(col->default_sql));
    }
    return o;
}

static json_t *constraint_json(const struct constraint *con, struct arena *a)
{
    static const char *const kinds[] = {"check", "not null", "primary key", "unique", "foreign key", "exclude"};
    json_t *o = json_new_object();
    json_put(o, "name", json_text(con->name));
    json_put(o, "kind", json_string(kinds[con->kind]));
    json_put(o, "table", json_text(relation_display(con->table, a)));
    json_put(o, "columns", names(&con->columns));
    json_put(o, "valid", json_boolean(con->valid));
    if (con->expression.n > 0) {
        json_put(o, "expression", json_text(con->expression));
    }
    if (con->referenced) {
        json_put(o, "references", json_text(relation_display(con->referenced, a)));
        json_put(o, "referenced_columns", names(&con->referenced_columns));
    }
    return o;
}

static json_t *index_json(const struct relation *index, struct arena *a)
{
    json_t *o = relation_brief(index, a), *keys = json_new_array();
    json_put(o, "unique", json_boolean(index->unique));
    json_put(o, "valid", json_boolean(index->valid));
    for (size_t i = 0; i < index->index_columns.n; i++) {
        const struct index_column *col = &index->index_columns.at[i];
        json_push(keys, json_text(col->name.n > 0 ? col->name : col->expression));
    }
    json_put(o, "keys", keys);
    return o;
}

static json_t *relation_whole_json(const struct relation *r, struct arena *a)
{
    json_t *o = relation_brief(r, a), *columns = json_new_array(), *constraints = json_new_array(),
           *indexes = json_new_array(), *referenced_by = json_new_array(), *partitions = json_new_array();
    for (size_t i = 0; i < r->columns.n; i++) {
        json_push(columns, column_json(r->columns.at[i]));
    }
    for (size_t i = 0; i < r->constraints.n; i++) {
        json_push(constraints, constraint_json(r->constraints.at[i], a));
    }
    for (size_t i = 0; i < r->indexes.n; i++) {
        json_push(indexes, index_json(r->indexes.at[i], a));
    }
    for (size_t i = 0; i < r->referenced_by.n; i++) {
        json_push(referenced_by, constraint_json(r->referenced_by.at[i], a));
    }
    for (size_t i = 0; i < r->children.n; i++) {
        json_push(partitions, json_text(relation_display(r->children.at[i], a)));
    }
    json_put(o, "columns", columns);
    json_put(o, "constraints", constraints);
    json_put(o, "indexes", indexes);
    json_put(o, "referenced_by", referenced_by);
    json_put(o, "children", partitions);
    return o;
}

json_t *catalog_json(const struct catalog *c, const struct catalog_info *info, const struct relation *relation,
                     struct arena *a)
{
    json_t *doc = json_new_object(), *settings = json_new_object(), *all = json_new_array();
    json_put(doc, "schema", json_integer(1));
    json_put(doc, "database", json_text(info->database));
    json_put(doc, "server_version", json_integer(c->server_version));
    json_put(doc, "made", json_text(info->made));
    json_put(doc, "search_path", names(&c->search_path));
    json_put(settings, "TimeZone", json_text(c->time_zone));
    for (size_t i = 0; i < info->settings.n; i++) {
        json_put(settings, arena_cstr(a, info->settings.at[i].name), json_text(info->settings.at[i].value));
    }
    json_put(doc, "settings", settings);
    const struct relation_list list = listed(c, a);
    for (size_t i = 0; !relation && i < list.n; i++) {
        json_push(all, relation_brief(list.at[i], a));
    }
    if (relation) {
        json_push(all, relation_whole_json(relation, a));
    }
    json_put(doc, "relations", all);
    return doc;
}
