#include "catalog/file_io.h"

#include "base/term.h"

/* No value is longer; a function's body of that length is not looked into anyway. */
enum { TEXT_MAX = 16 << 20 };

/* ---- the database ---- */

static const struct {
    int what, value;
} switches[] = {
    {SQLITE_DBCONFIG_DEFENSIVE, 1},
    {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
    {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
    {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
    {SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0},
    {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
};

static const struct {
    int what, value;
} limits[] = {
    {SQLITE_LIMIT_LENGTH, TEXT_MAX},    {SQLITE_LIMIT_SQL_LENGTH, 1 << 16}, {SQLITE_LIMIT_COLUMN, 64},
    {SQLITE_LIMIT_EXPR_DEPTH, 10},      {SQLITE_LIMIT_COMPOUND_SELECT, 2},  {SQLITE_LIMIT_VDBE_OP, 10000},
    {SQLITE_LIMIT_FUNCTION_ARG, 4},     {SQLITE_LIMIT_ATTACHED, 0},         {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100},
    {SQLITE_LIMIT_VARIABLE_NUMBER, 64}, {SQLITE_LIMIT_TRIGGER_DEPTH, 1},    {SQLITE_LIMIT_WORKER_THREADS, 0},
};

/* Reading tables and the check is all that a file may make SQLite do. */
static int authorize(void *arg, int action, const char *a, const char *b, const char *db, const char *trigger)
{
    (void)arg, (void)b, (void)db, (void)trigger;
    const bool check = action == SQLITE_PRAGMA && a && strcmp(a, "quick_check") == 0;
    return action == SQLITE_SELECT || action == SQLITE_READ || check ? SQLITE_OK : SQLITE_DENY;
}

/* Rows that a damaged file links in a circle must end, too. */
enum { STEPS = 10000, STEPS_PER_BYTE = 10 };
static int count_steps(void *arg)
{
    struct io *io = arg;
    return (io->steps_left -= STEPS) < 0;
}

static void distrust(struct io *io, struct str file)
{
    io->steps_left = 1000 * STEPS + (int64_t)file.n * STEPS_PER_BYTE;
    io->lib->progress_handler(io->db, STEPS, count_steps, io);
    for (size_t i = 0; i < countof(switches); i++) {
        (void)io->lib->db_config(io->db, switches[i].what, switches[i].value, NULL);
    }
    for (size_t i = 0; i < countof(limits); i++) {
        (void)io->lib->limit(io->db, limits[i].what, limits[i].value);
    }
    (void)io->lib->set_authorizer(io->db, authorize, NULL);
}

enum status io_open(struct io *io, bool writing, struct str file, struct error *err)
{
    const enum status status = sqlite_bind(&io->lib, err);
    if (status) {
        return status;
    }
    io->writing = writing;
    int rc = io->lib->open_v2(":memory:", &io->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_PRIVATECACHE, NULL);
    if (!rc && !writing) {
        /* The bytes stay ours and are not written to: READONLY. None is looked at before the first statement. */
        rc = io->lib->deserialize(io->db, "main", (unsigned char *)(uintptr_t)file.p, (sqlite3_int64)file.n,
                                  (sqlite3_int64)file.n, SQLITE_DESERIALIZE_READONLY);
        distrust(io, file);
    }
    if (rc) {
        return error_set(err, ST_SYSTEM, "cannot start SQLite: %s", io->lib->errstr(rc));
    }
    return ST_OK;
}

void io_close(struct io *io)
{
    if (io->db) {
        (void)io->lib->finalize(io->stmt);
        (void)io->lib->close(io->db);
        io->stmt = NULL;
        io->db = NULL;
    }
}

bool io_broken(const struct io *io)
{
    return io->bad || io->failed != SQLITE_OK;
}

void io_exec(struct io *io, const char *sql)
{
    if (!io->failed) {
        io->failed = io->lib->exec(io->db, sql, NULL, NULL, NULL);
    }
}

void io_begin(struct io *io, const struct io_table *table)
{
    struct strbuf sql;
    unsigned columns = 1;
    io->table = table->name;
    strbuf_init(&sql, 1024);
    if (io->writing) {
        for (const char *p = table->sql; *p; p++) {
            columns += *p == ',';
        }
        strbuf_addf(&sql, "INSERT INTO %s VALUES (?", table->name);
        for (unsigned i = 1; i < columns; i++) {
            strbuf_add_cstr(&sql, ", ?");
        }
        strbuf_add_char(&sql, ')');
    } else {
        strbuf_addf(&sql, "SELECT * FROM %s ORDER BY rowid", table->name);
    }
    if (!io->failed) {
        io->failed = io->lib->prepare_v2(io->db, strbuf_cstr(&sql), -1, &io->stmt, NULL);
    }
    io->column = 0;
    strbuf_free(&sql);
}

void io_put(struct io *io)
{
    if (!io->failed) {
        const int rc = io->lib->step(io->stmt);
        io->failed = rc == SQLITE_DONE ? SQLITE_OK : rc;
        (void)io->lib->reset(io->stmt);
    }
    io->column = 0;
}

bool io_next(struct io *io)
{
    if (io_broken(io)) {
        return false;
    }
    io->column = 0;
    const int rc = io->lib->step(io->stmt);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
        io->failed = rc;
    }
    return rc == SQLITE_ROW;
}

void io_end(struct io *io)
{
    if (io->stmt) {
        (void)io->lib->finalize(io->stmt);
        io->stmt = NULL;
    }
}

/* ---- values ---- */

static void put(struct io *io, int rc)
{
    io->failed = io->failed ? io->failed : rc;
    io->column++;
}

static void put_text(struct io *io, struct str s)
{
    if (!io->stmt) {
        return;
    }
    put(io, s.n == 0 ? io->lib->bind_null(io->stmt, io->column + 1)
                     : io->lib->bind_text64(io->stmt, io->column + 1, s.p, s.n, SQLITE_TRANSIENT, SQLITE_UTF8));
}

static void put_int(struct io *io, int64_t n)
{
    if (io->stmt) {
        put(io, io->lib->bind_int64(io->stmt, io->column + 1, n));
    }
}

static void put_null(struct io *io)
{
    if (io->stmt) {
        put(io, io->lib->bind_null(io->stmt, io->column + 1));
    }
}

/* The type of the next value; it must be one of these two. */
static int type_at(struct io *io, int this, int or_this)
{
    const int type = io->lib->column_type(io->stmt, io->column);
    io->bad = io->bad || (type != this && type != or_this);
    return type;
}

/* A view, valid until the next row. */
static struct str get_text(struct io *io)
{
    struct str s = STR_NONE;
    if (type_at(io, SQLITE_TEXT, SQLITE_NULL) == SQLITE_TEXT) {
        s.p = (const char *)io->lib->column_text(io->stmt, io->column);
        s.n = (size_t)io->lib->column_bytes(io->stmt, io->column);
        if (!s.p || utf8_invalid_at(s) != SIZE_MAX) {
            io->bad = true;
            s = STR_NONE;
        }
    }
    io->column++;
    return s;
}

static int64_t get_int(struct io *io, int64_t min, int64_t max, int64_t otherwise)
{
    int64_t n = otherwise;
    if (type_at(io, SQLITE_INTEGER, SQLITE_INTEGER) == SQLITE_INTEGER) {
        n = io->lib->column_int64(io->stmt, io->column);
    }
    io->column++;
    if (n < min || n > max) {
        io->bad = true;
        return otherwise;
    }
    return n;
}

static bool get_null(struct io *io)
{
    if (io->lib->column_type(io->stmt, io->column) != SQLITE_NULL) {
        return false;
    }
    io->column++;
    return true;
}

void io_text(struct io *io, struct str *s)
{
    if (io->writing) {
        put_text(io, *s);
        return;
    }
    const struct str got = get_text(io);
    *s = got.n > 0 ? arena_str(io->a, got) : STR_NONE;
}

void io_text_shared(struct io *io, struct str *s)
{
    if (io->writing) {
        put_text(io, *s);
        return;
    }
    const struct str got = get_text(io);
    if (got.n == 0) {
        *s = STR_NONE;
        return;
    }
    struct str *known = map_get(&io->shared, got);
    if (!known) {
        known = arena_new(io->a, struct str);
        *known = arena_str(io->a, got);
        map_put(&io->shared, *known, known);
    }
    *s = *known;
}

void io_bool(struct io *io, bool *b)
{
    if (io->writing) {
        put_int(io, *b);
    } else {
        *b = get_int(io, 0, 1, 0) == 1;
    }
}

void io_int(struct io *io, int64_t *n, int64_t min, int64_t max)
{
    if (io->writing) {
        put_int(io, *n);
    } else {
        *n = get_int(io, min, max, *n);
    }
}

void io_known(struct io *io, int64_t *n, int64_t max)
{
    if (io->writing && *n < 0) {
        put_null(io);
    } else if (io->writing) {
        put_int(io, *n < max ? *n : max);
    } else {
        *n = get_null(io) ? -1 : get_int(io, 0, max, -1);
    }
}

void io_unsigned(struct io *io, unsigned *n, unsigned max)
{
    int64_t wide = *n;
    io_int(io, &wide, 0, max);
    *n = (unsigned)wide;
}

void io_word(struct io *io, const struct io_word *words, size_t n, int *value)
{
    if (io->writing) {
        const char *word = NULL;
        for (size_t i = 0; i < n; i++) {
            word = words[i].value == *value ? words[i].word : word;
        }
        put_text(io, str_of(word));
        return;
    }
    const struct str got = get_text(io);
    for (size_t i = 0; i < n; i++) {
        if (str_eq(got, str_of(words[i].word))) {
            *value = words[i].value;
            return;
        }
    }
    io->bad = true;
}

void io_char(struct io *io, const struct io_word *words, size_t n, char *value)
{
    int wide = *value;
    io_word(io, words, n, &wide);
    *value = (char)wide;
}

void io_tri(struct io *io, enum tri *t)
{
    static const struct io_word words[] = {{TRI_NO, "no"}, {TRI_YES, "yes"}, {TRI_UNKNOWN, "unknown"}};
    int value = (int)*t;
    io_word(io, words, countof(words), &value);
    *t = (enum tri)value;
}

/* ---- lists ---- */

static void put_names(struct io *io, const struct name_list *names)
{
    struct arena a;
    struct strbuf out;
    arena_init(&a, SIZE_MAX);
    strbuf_init(&out, TEXT_MAX);
    for (size_t i = 0; i < names->n; i++) {
        strbuf_add_cstr(&out, i ? ", " : "");
        strbuf_add(&out, name_quote(&a, names->at[i]));
    }
    put_text(io, strbuf_str(&out));
    strbuf_free(&out);
    arena_free(&a);
}

/* The name at the front of *rest, taken off; false: there is none. */
static bool next_name(struct io *io, struct str *rest, struct str *name)
{
    if (rest->n == 0 || rest->p[0] != '"') {
        const size_t comma = str_find_char(*rest, ',');
        *name = arena_str(io->a, str_slice(*rest, 0, comma));
        *rest = str_slice(*rest, name->n, rest->n);
        return name->n > 0;
    }
    size_t end = 1, n = 0;
    while (end < rest->n && (rest->p[end] != '"' || (end + 1 < rest->n && rest->p[end + 1] == '"'))) {
        end += rest->p[end] == '"' ? 2 : 1;
    }
    if (end >= rest->n) {
        return false;
    }
    char *p = arena_alloc(io->a, end);
    for (size_t i = 1; i < end; i++) {
        p[n++] = rest->p[i];
        i += rest->p[i] == '"';
    }
    *name = (struct str){p, n};
    *rest = str_slice(*rest, end + 1, rest->n);
    return true;
}

void io_parse_names(struct io *io, struct str rest, struct name_list *names, size_t max)
{
    struct str name;
    while (rest.n > 0 && !io->bad) {
        io->bad = names->n == max || !next_name(io, &rest, &name) || (rest.n > 0 && !str_starts(rest, STR(", ")));
        if (!io->bad) {
            *vec_push(io->a, names) = name;
            io->bad = rest.n == 2;
            rest = str_slice(rest, 2, rest.n);
        }
    }
}

void io_names(struct io *io, struct name_list *names, size_t max)
{
    if (io->writing) {
        put_names(io, names);
    } else {
        io_parse_names(io, get_text(io), names, max);
    }
}

/* ---- links ---- */

void io_number(struct io *io, void *const *object, int64_t *number)
{
    map_put(&io->ids, (struct str){(const char *)object, sizeof *object}, number);
}

static void put_number(struct io *io, const void *object)
{
    const int64_t *number = object ? map_get(&io->ids, (struct str){(const char *)&object, sizeof object}) : NULL;
    if (number) {
        put_int(io, *number);
    } else {
        put_null(io);
    }
}

void io_relation(struct io *io, struct relation **r)
{
    if (io->writing) {
        put_number(io, *r);
    } else {
        const int64_t n = get_null(io) ? 0 : get_int(io, 1, (int64_t)io->relations.n, 0);
        *r = n > 0 ? io->relations.at[n - 1] : NULL;
    }
}

void io_type(struct io *io, struct type **t)
{
    if (io->writing) {
        put_number(io, *t);
    } else {
        const int64_t n = get_null(io) ? 0 : get_int(io, 1, (int64_t)io->types.n, 0);
        *t = n > 0 ? io->types.at[n - 1] : NULL;
    }
}
