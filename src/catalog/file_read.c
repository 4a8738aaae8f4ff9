/* The model, read. Nothing in the file is trusted: see file.h. */
#include "base/file.h"
#include "catalog/file.h"
#include "catalog/file_links.h"
#include "catalog/file_rows.h"
#include "catalog/names.h"

/* More is no catalog of a server: PostgreSQL's own tools do not get there. */
enum { RELATIONS_MAX = 1 << 20, COLUMNS_MAX = 2000, KEYS_MAX = 100 };
#define MEMORY_MAX ((size_t)768 << 20)
#define SUM_MAX    (INT64_C(1) << 61) /* of rows, and of bytes */

struct file_reader {
    struct io io;
    struct catalog *c;
    struct catalog_info *info;
    const char *name;
    size_t used; /* memory when it began */
    int64_t rows, bytes;
    struct link_list parents, reads;
};

/* ---- errors ---- */

static enum status refuse(struct error *err, const char *fmt, ...) PRINTF(2, 3);
static enum status refuse(struct error *err, const char *fmt, ...)
{
    char text[sizeof err->primary];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    error_set(err, ST_USAGE, "%s", text);
    error_hint(err, "make it anew from the database: migrate catalog pull -o FILE");
    return ST_USAGE;
}

static enum status broken(const struct file_reader *r, struct error *err)
{
    if (r->io.failed) {
        refuse(err, "the catalog file %s is damaged", r->name);
        error_detail(err, "SQLite: %s", r->io.lib->errstr(r->io.failed));
    } else {
        refuse(err, "the catalog file %s is damaged", r->name);
        error_detail(err, "its table %s holds what migrate never writes", r->io.table);
    }
    return ST_USAGE;
}

/* ---- what it is ---- */

static uint32_t big_endian(const char *p)
{
    const unsigned char *b = (const unsigned char *)p;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* The header says enough to tell a catalog file of ours before SQLite looks at it: https://www.sqlite.org/fileformat2.html. */
static enum status check_header(struct str file, const char *name, struct error *err)
{
    enum { HEADER = 100, VERSION_AT = 60, ID_AT = 68 };
    const struct str magic = {"SQLite format 3", 16};
    if (file.n == 0) {
        return refuse(err, "the catalog file %s is empty", name);
    }
    if (file.n < HEADER || !str_starts(file, magic) || big_endian(file.p + ID_AT) != CATALOG_FILE_ID) {
        return refuse(err, "%s is not a catalog file", name);
    }
    const uint32_t version = big_endian(file.p + VERSION_AT);
    if (version != CATALOG_FILE_VERSION) {
        refuse(err, "the catalog file %s is of another version of migrate", name);
        error_detail(err, "its format is %" PRIu32 ", this migrate reads %d", version, CATALOG_FILE_VERSION);
        return ST_USAGE;
    }
    return ST_OK;
}

/* The tables are exactly ours: no index, view or trigger that SQLite would follow. */
static void check_tables(struct file_reader *r)
{
    static const struct io_table schema = {"sqlite_master", NULL};
    size_t n = 0;
    io_begin(&r->io, &schema);
    while (io_next(&r->io)) {
        const char *sql = (const char *)r->io.lib->column_text(r->io.stmt, 4);
        if (n == FILE_TABLES || !sql || strcmp(sql, file_tables[n].sql) != 0) {
            r->io.bad = true;
        }
        n++;
    }
    r->io.bad = r->io.bad || n != FILE_TABLES;
    io_end(&r->io);
}

/* Every page is used once and every row is whole. Without it a damaged file could make reading take for ever. */
static void check_pages(struct file_reader *r)
{
    r->io.table = "sqlite_master";
    if (io_broken(&r->io)) {
        return;
    }
    r->io.failed = r->io.lib->prepare_v2(r->io.db, "PRAGMA quick_check(1)", -1, &r->io.stmt, NULL);
    if (io_next(&r->io)) {
        const char *answer = (const char *)r->io.lib->column_text(r->io.stmt, 0);
        r->io.failed = answer && strcmp(answer, "ok") == 0 ? SQLITE_OK : SQLITE_CORRUPT;
    }
    io_end(&r->io);
}

/* ---- rows ---- */

/* Begin a table, and its next row. */
static void begin(struct file_reader *r, enum file_table table)
{
    io_begin(&r->io, &file_tables[table]);
}

static bool next(struct file_reader *r)
{
    r->io.bad = r->io.bad || r->c->arena->used - r->used > MEMORY_MAX;
    return io_next(&r->io);
}

static bool is_index(const struct relation *r)
{
    return r->kind == REL_INDEX || r->kind == REL_PARTITIONED_INDEX;
}

/* May it have columns, constraints, triggers and indexes? */
static bool is_table(const struct relation *r)
{
    return r && !is_index(r) && r->kind != REL_SEQUENCE;
}

static void read_meta(struct file_reader *r)
{
    struct str name, value;
    int64_t version = 0;
    begin(r, FILE_META);
    while (next(r)) {
        row_pair(&r->io, &name, &value);
        if (str_eq(name, STR("server_version"))) {
            r->io.bad = r->io.bad || !str_to_i64(value, 0, 1000, &version);
            r->c->server_version = (int)version;
        } else if (str_eq(name, STR("complete"))) {
            r->c->complete = str_eq(value, STR("yes"));
        } else if (str_eq(name, STR("history"))) {
            r->info->has_history = str_eq(value, STR("yes"));
        } else if (str_eq(name, STR("made"))) {
            r->info->made = value;
        } else if (str_eq(name, STR("tool"))) {
            r->info->tool = value;
        } else if (str_eq(name, STR("database"))) {
            r->info->database = value;
        }
    }
    io_end(&r->io);
}

static void read_settings(struct file_reader *r)
{
    struct catalog *c = r->c;
    struct str name, value;
    c->search_path.n = 0;
    begin(r, FILE_SETTINGS);
    while (next(r)) {
        row_pair(&r->io, &name, &value);
        if (str_eq(name, STR("search_path"))) {
            io_parse_names(&r->io, value, &c->search_path, COLUMNS_MAX);
        } else if (str_eq(name, STR("TimeZone"))) {
            c->time_zone = value;
        } else {
            *vec_push(c->arena, &r->info->settings) = (struct catalog_setting){name, value};
        }
    }
    io_end(&r->io);
}

static void read_migrations(struct file_reader *r)
{
    begin(r, FILE_MIGRATIONS);
    while (next(r)) {
        struct catalog_applied a = {0};
        row_applied(&r->io, &a);
        *vec_push(r->c->arena, &r->info->applied) = a;
    }
    io_end(&r->io);
}

static void read_schemas(struct file_reader *r)
{
    catalog_schema(r->c, STR("public"))->exists =
        tri_of(false); /* unless it is listed: a new catalog takes it for granted */
    begin(r, FILE_SCHEMAS);
    while (next(r)) {
        struct schema s = {0};
        row_schema(&r->io, &s);
        catalog_schema(r->c, s.name)->exists = s.exists;
    }
    io_end(&r->io);
}

static void read_types(struct file_reader *r)
{
    begin(r, FILE_TYPES);
    while (next(r)) {
        struct type *t = arena_new(r->c->arena, struct type);
        int64_t id = 0;
        row_type(&r->io, &id, t);
        *vec_push(r->c->arena, &r->io.types) = t;
        r->io.bad = r->io.bad || id != (int64_t)r->io.types.n || t->name.n == 0;
        catalog_add_type(r->c, t);
    }
    io_end(&r->io);
}

static void read_functions(struct file_reader *r)
{
    begin(r, FILE_FUNCTIONS);
    while (next(r)) {
        struct function *f = arena_new(r->c->arena, struct function);
        row_function(&r->io, f);
        catalog_add_function(r->c, f);
    }
    io_end(&r->io);
}

static void count_sizes(struct file_reader *r, const struct relation *rel)
{
    r->rows += rel->rows > 0 ? rel->rows : 0;
    r->bytes += rel->bytes > 0 ? rel->bytes : 0;
    r->io.bad = r->io.bad || r->rows > SUM_MAX || r->bytes > SUM_MAX;
}

static void read_relations(struct file_reader *r)
{
    struct catalog *c = r->c;
    begin(r, FILE_RELATIONS);
    while (next(r)) {
        struct relation fields = {0};
        int64_t id = 0;
        row_relation(&r->io, &id, &fields);
        if (fields.name.n == 0 || fields.exists == TRI_NO || name_map_get(&c->relations, fields.schema, fields.name) ||
            id != (int64_t)r->io.relations.n + 1 || id > RELATIONS_MAX) {
            r->io.bad = true;
            break;
        }
        struct relation *rel = catalog_add(c, fields.schema, fields.name, fields.kind, (struct origin){.file = 0});
        fields.schema = rel->schema;
        fields.name = rel->name;
        fields.valid = true;
        *rel = fields;
        count_sizes(r, rel);
        *vec_push(c->arena, &r->io.relations) = rel;
        if (rel->temporary) {
            *vec_push(c->arena, &c->temporary) = rel;
        }
    }
    io_end(&r->io);
}

static void read_columns(struct file_reader *r)
{
    begin(r, FILE_COLUMNS);
    while (next(r)) {
        struct column *col = arena_new(r->c->arena, struct column);
        struct relation *owner = NULL;
        row_column(&r->io, &owner, col);
        if (!is_table(owner) || owner->columns.n == COLUMNS_MAX) {
            r->io.bad = true;
            break;
        }
        *vec_push(r->c->arena, &owner->columns) = col;
    }
    io_end(&r->io);
}

static void read_indexes(struct file_reader *r)
{
    begin(r, FILE_INDEXES);
    while (next(r)) {
        struct relation *index = NULL, fields = {0};
        row_index(&r->io, &index, &fields);
        if (!index || !is_index(index) || index->table || (fields.table && !is_table(fields.table))) {
            r->io.bad = true;
            break;
        }
        index->table = fields.table;
        index->unique = fields.unique;
        index->primary = fields.primary;
        index->valid = fields.valid;
        index->nulls_not_distinct = fields.nulls_not_distinct;
        index->mentions = fields.mentions;
        index->predicate = fields.predicate;
        if (index->table) {
            *vec_push(r->c->arena, &index->table->indexes) = index;
        }
    }
    io_end(&r->io);
    begin(r, FILE_INDEX_COLUMNS);
    while (next(r)) {
        struct relation *index = NULL;
        struct index_column col = {0};
        row_index_column(&r->io, &index, &col);
        if (!index || !is_index(index) || index->index_columns.n == KEYS_MAX) {
            r->io.bad = true;
            break;
        }
        *vec_push(r->c->arena, &index->index_columns) = col;
    }
    io_end(&r->io);
}

/* Do the links of a constraint make sense? */
static bool constraint_fits(const struct relation *owner, const struct type *domain, const struct constraint *con)
{
    const bool key = con->kind == CON_PRIMARY || con->kind == CON_UNIQUE || con->kind == CON_EXCLUDE;
    if ((owner && domain) || !(domain || is_table(owner)) || con->name.n == 0) {
        return false;
    }
    if (con->index && !(key && is_index(con->index) && con->index->table == owner && !con->index->constraint)) {
        return false;
    }
    return !con->referenced || (con->kind == CON_FOREIGN && owner && is_table(con->referenced));
}

static void read_constraints(struct file_reader *r)
{
    begin(r, FILE_CONSTRAINTS);
    while (next(r)) {
        struct constraint *con = arena_new(r->c->arena, struct constraint);
        struct relation *owner = NULL;
        struct type *domain = NULL;
        row_constraint(&r->io, &owner, &domain, con);
        if (io_broken(&r->io) || !constraint_fits(owner, domain, con)) {
            r->io.bad = true;
            break;
        }
        if (owner) {
            relation_add_constraint(r->c, owner, con);
        } else {
            *vec_push(r->c->arena, &domain->constraints) = con;
            constraint_name_count(r->c, domain->schema, con->name, 1);
        }
    }
    io_end(&r->io);
}

/* ---- links ---- */

static void read_triggers(struct file_reader *r)
{
    begin(r, FILE_TRIGGERS);
    while (next(r)) {
        struct trigger *t = arena_new(r->c->arena, struct trigger);
        struct relation *owner = NULL;
        row_trigger(&r->io, &owner, t);
        if (!is_table(owner)) {
            r->io.bad = true;
            break;
        }
        relation_add_trigger(r->c, owner, t);
    }
    io_end(&r->io);
}

static void read_rules(struct file_reader *r)
{
    begin(r, FILE_RULES);
    while (next(r)) {
        struct rule rule = {0};
        struct relation *owner = NULL;
        row_rule(&r->io, &owner, &rule);
        if (!is_table(owner)) {
            r->io.bad = true;
            break;
        }
        *vec_push(r->c->arena, &owner->rules) = rule;
    }
    io_end(&r->io);
}

static void read_typed(struct file_reader *r)
{
    if (io_broken(&r->io)) {
        return;
    }
    begin(r, FILE_TYPED);
    while (next(r)) {
        struct relation *table = NULL, *type = NULL;
        row_pair_of_relations(&r->io, &table, &type);
        if (!is_table(table) || !type || type->kind != REL_COMPOSITE) {
            r->io.bad = true;
            break;
        }
        table->row_type = type;
    }
    io_end(&r->io);
}

static void read_inheritance(struct file_reader *r)
{
    struct arena *a = r->c->arena;
    begin(r, FILE_INHERITANCE);
    while (next(r)) {
        int64_t child = 0, parent = 0;
        io_int(&r->io, &child, 1, (int64_t)r->io.relations.n);
        io_int(&r->io, &parent, 1, (int64_t)r->io.relations.n);
        if (io_broken(&r->io)) {
            break;
        }
        struct relation *below = r->io.relations.at[child - 1], *above = r->io.relations.at[parent - 1];
        *vec_push(a, &r->parents) = (struct link){(size_t)child, (size_t)parent};
        *vec_push(a, &above->children) = below;
        *vec_push(a, &below->parents) = above;
        if (below->is_default_partition && !is_index(below)) {
            above->default_partition = below;
        }
    }
    io_end(&r->io);
    r->io.bad = r->io.bad || !links_are_trees(&r->parents, r->io.relations.n, a);
}

static void read_views(struct file_reader *r)
{
    struct arena *a = r->c->arena;
    if (io_broken(&r->io)) {
        return;
    }
    begin(r, FILE_VIEW_READS);
    while (next(r)) {
        int64_t view = 0, read = 0;
        io_int(&r->io, &view, 1, (int64_t)r->io.relations.n);
        io_int(&r->io, &read, 1, (int64_t)r->io.relations.n);
        if (io_broken(&r->io)) {
            break;
        }
        struct relation *reader = r->io.relations.at[view - 1], *from = r->io.relations.at[read - 1];
        *vec_push(a, &r->reads) = (struct link){(size_t)view, (size_t)read};
        *vec_push(a, &reader->reads) = from;
        *vec_push(a, &from->read_by) = reader;
    }
    io_end(&r->io);
    r->io.bad = r->io.bad || !links_are_shallow(&r->reads, r->io.relations.n, a);
}

static void read_sequences(struct file_reader *r)
{
    if (io_broken(&r->io)) {
        return;
    }
    begin(r, FILE_SEQUENCES);
    while (next(r)) {
        struct relation *sequence = NULL, *table = NULL;
        struct str column = STR_NONE;
        row_sequence(&r->io, &sequence, &table, &column);
        if (!sequence || sequence->kind != REL_SEQUENCE || sequence->table || !is_table(table)) {
            r->io.bad = true;
            break;
        }
        sequence->table = table;
        sequence->owner_column = column;
        struct column *col = relation_column(table, column);
        if (col) {
            col->sequence = sequence;
        }
    }
    io_end(&r->io);
}

/* ---- the file ---- */

static enum status read_all(struct file_reader *r, struct error *err)
{
    static void (*const steps[])(struct file_reader *) = {
        check_tables,  check_pages,    read_meta,      read_settings,    read_migrations, read_schemas,
        read_types,    read_functions, read_relations, read_columns,     read_indexes,    read_constraints,
        read_triggers, read_rules,     read_typed,     read_inheritance, read_views,      read_sequences,
    };
    r->io.a = r->c->arena;
    r->used = r->c->arena->used;
    map_init(&r->io.shared, r->c->arena);
    for (size_t i = 0; i < countof(steps); i++) {
        steps[i](r);
        if (io_broken(&r->io)) {
            return broken(r, err);
        }
    }
    return ST_OK;
}

enum status catalog_decode(struct str file, const char *name, struct catalog *c, struct catalog_info *info,
                           struct error *err)
{
    struct catalog_info unwanted = {0};
    struct file_reader r = {.c = c, .info = info ? info : &unwanted, .name = name};
    enum status status = check_header(file, name, err);
    if (!status) {
        status = io_open(&r.io, false, file, err);
    }
    if (!status) {
        status = read_all(&r, err);
    }
    io_close(&r.io);
    return status;
}

enum status catalog_read(const char *path, struct catalog *c, struct catalog_info *info, struct error *err)
{
    struct arena a;
    struct str file;
    arena_init(&a, 4 * CATALOG_FILE_MAX);
    enum status status = file_read(path, CATALOG_FILE_MAX, &a, &file, err);
    if (status) {
        status = err->status = ST_USAGE; /* the user named it */
        error_hint(err, "a catalog file is made by migrate catalog pull -o FILE");
    } else {
        status = catalog_decode(file, path, c, info, err);
    }
    arena_free(&a);
    return status;
}
