#include "exec/history.h"

#include "exec/foreign.h"
#include "exec/history_rows.h"
#include "exec/pipe.h"
#include "exec/runlock.h"
#include "exec/tx.h"

enum { READ_MS = 60000, LOCK_WAIT_MS = 30000 };

static bool too_new(struct str comment, int *format)
{
    static const char prefix[] = "migrate history, format ";
    int64_t n = 0;
    if (!str_starts(comment, str_of(prefix)) ||
        !str_to_i64(str_slice(comment, sizeof(prefix) - 1, comment.n), 1, INT32_MAX, &n)) {
        *format = 0;
        return false;
    }
    *format = (int)n;
    return n > HISTORY_FORMAT;
}

/* What HSQL_EXISTS told: is the history there, and can this program read it? */
static enum status judge_format(const struct rows *rows, const char *schema, struct history *out, struct error *err)
{
    out->exists = rows_bool(rows, 0, 0);
    if (!out->exists) {
        return ST_OK;
    }
    if (too_new(rows_value(rows, 0, 1), &out->format)) {
        error_set(err, ST_CONFLICT, "the history in schema %s has format %d; this migrate knows formats up to %d",
                  schema, out->format, HISTORY_FORMAT);
        error_hint(err, "a newer version of migrate wrote it: use that version, or a later one");
        return ST_CONFLICT;
    }
    if (out->format == 0) {
        error_set(err, ST_CONFLICT, "table %s.migrations is there, but it is not the history of this tool", schema);
        error_hint(err, "choose another schema for the history: --schema NAME");
        return ST_CONFLICT;
    }
    return ST_OK;
}

static struct str copy(const struct rows *r, size_t row, size_t column, struct arena *a)
{
    return arena_str(a, rows_value(r, row, column));
}

static void copy_digest(const struct rows *r, size_t row, size_t column, char out[65])
{
    snprintf(out, 65, "%.*s", STR_ARG(rows_value(r, row, column)));
}

/* 2026-11-20 09:30:00.12 (DateStyle ISO, UTC) as 2026-11-20T09:30:00Z; what has that form already stays. */
static struct str iso_time(struct str time, struct arena *a)
{
    char *p = arena_cstr(a, arena_printf(a, "%.*s%s", time.n < 19 ? (int)time.n : 19, time.p, time.n >= 19 ? "Z" : ""));
    if (time.n > 10 && p[10] == ' ') {
        p[10] = 'T';
    }
    return str_of(p);
}

static void read_row(const struct rows *r, size_t i, struct arena *a, struct applied *out)
{
    const struct str state = rows_value(r, i, 4);
    *out = (struct applied){
        .version = copy(r, i, 0, a),
        .name = copy(r, i, 1, a),
        .file = copy(r, i, 2, a),
        .layout = copy(r, i, 3, a),
        .state = str_eq(state, STR("applied")) ? APPLIED_YES : APPLIED_PARTIAL,
        .going_down = str_eq(state, STR("reverting")),
        .n_steps = (unsigned)rows_i64(r, i, 5),
        .steps_done = (unsigned)rows_i64(r, i, 6),
        .down_text = rows_null(r, i, 9) ? STR_NONE : copy(r, i, 9, a),
        .applied_at = iso_time(rows_value(r, i, 10), a),
        .applied_by = copy(r, i, 11, a),
        .order = rows_i64(r, i, 12),
        .statements_done = (unsigned)rows_i64(r, i, 13),
        .shadow = rows_bool(r, i, 14), /* of HSQL_READ; the other has only what is applied */
    };
    copy_digest(r, i, 7, out->sha256);
    copy_digest(r, i, 8, out->sha256_text);
}

static int by_version(const void *a, const void *b)
{
    const struct applied *x = a, *y = b;
    return version_cmp(x->version, y->version);
}

static void read_applied(const struct rows *r, struct arena *a, struct history *out)
{
    for (size_t i = 0; i < rows_count(r); i++) {
        read_row(r, i, a, vec_push(a, &out->applied));
    }
    if (out->applied.n > 1) {
        qsort(out->applied.at, out->applied.n, sizeof(out->applied.at[0]), by_version);
    }
}

static void read_steps(const struct rows *r, struct arena *a, struct recorded_list *out)
{
    for (size_t i = 0; i < rows_count(r); i++) {
        struct recorded_step *s = vec_push(a, out);
        s->version = copy(r, i, 0, a);
        s->ordinal = (unsigned)rows_i64(r, i, 1);
        copy_digest(r, i, 2, s->sha256);
        s->state = str_eq(rows_value(r, i, 3), STR("done"))      ? RECORDED_DONE
                   : str_eq(rows_value(r, i, 3), STR("started")) ? RECORDED_STARTED
                                                                 : RECORDED_FAILED;
        s->kind = str_eq(rows_value(r, i, 6), STR("backfill")) ? STEP_BACKFILL
                  : str_eq(rows_value(r, i, 6), STR("shadow")) ? STEP_SHADOW
                  : str_eq(rows_value(r, i, 6), STR("single")) ? STEP_SINGLE
                                                               : STEP_TRANSACTION;
        s->statements = (size_t)rows_i64(r, i, 7);
        s->backend_pid = (int)rows_i64(r, i, 4);
        s->backend_start = arena_cstr(a, rows_value(r, i, 5));
    }
}

enum status history_read_all(struct session *s, const struct history_sql *sql, const char *schema, bool with_texts,
                             struct arena *a, struct history *out, struct recorded_list *steps, struct error *err)
{
    const struct param texts = {with_texts ? "t" : "f"};
    const struct pipelined items[] = {
        {sql->at[HSQL_EXISTS], NULL, 0},
        {sql->at[HSQL_READ], &texts, 1},
        {sql->at[HSQL_STEPS], NULL, 0},
    };
    const size_t n = steps ? 3 : 2;
    struct rows *rows[3] = {NULL};
    size_t failed = n;
    enum status status;
    *out = (struct history){0};
    /* Together, so that it is one round trip; where there is no history yet, reading it fails, and that is no error. */
    status = session_pipeline(s, items, n, READ_MS, rows, &failed, err);
    if (status && !(failed == 1 && rows[0])) {
        error_context(err, "cannot read the history");
        if (error_sql_class(err) == SQL_PRIVILEGE) {
            error_hint(err, "its owner has to let this role use it: GRANT USAGE, CREATE ON SCHEMA %s TO …;",
                       sql->identifier);
        }
        goto out;
    }
    const enum status judged = judge_format(rows[0], schema, out, err);
    if (judged || !out->exists) {
        status = judged;
        goto out;
    }
    if (status) {
        error_context(err, "cannot read the history in schema %s", schema);
        goto out;
    }
    read_applied(rows[1], a, out);
    if (steps) {
        read_steps(rows[2], a, steps);
    }
out:
    for (size_t i = 0; i < n; i++) {
        rows_free(rows[i]);
    }
    return status;
}

enum { COLUMN_STATE = 4, COLUMN_COMMENT = 14 }; /* of HSQL_READ_FAST */

/* Are these the rows of a history that this program can read, of which every migration is applied in full? */
static bool all_applied(const struct rows *r)
{
    int format;
    const size_t n = rows_count(r);
    bool plain = n > 0 && !too_new(rows_value(r, 0, COLUMN_COMMENT), &format) && format > 0;
    for (size_t i = 0; i < n && plain; i++) {
        plain = str_eq(rows_value(r, i, COLUMN_STATE), STR("applied"));
    }
    return plain;
}

enum status history_read(struct session *s, const char *schema, bool with_texts, struct arena *a, struct history *out,
                         struct error *err)
{
    struct history_sql sql;
    struct rows *rows = NULL;
    const struct param texts = {with_texts ? "t" : "f"};
    history_sql_for(&sql, s, schema, a);
    /* Whatever is out of the ordinary, a failure too, is looked at closely by the statements that can tell what it is. */
    enum status status = session_in_transaction(s)
                             ? ST_SERVER
                             : session_query(s, sql.at[HSQL_READ_FAST], &texts, 1, READ_MS, &rows, err);
    const bool plain = !status && all_applied(rows);
    if (plain) {
        *out = (struct history){.exists = true};
        (void)too_new(rows_value(rows, 0, COLUMN_COMMENT), &out->format);
        read_applied(rows, a, out);
    }
    rows_free(rows);
    if (plain) {
        return ST_OK;
    }
    if (status && (status != ST_SERVER || !session_usable(s))) {
        error_context(err, "cannot read the history");
        return status;
    }
    *err = (struct error){0};
    return history_read_all(s, &sql, schema, with_texts, a, out, NULL, err);
}

const struct applied *history_find(const struct history *h, struct str version)
{
    size_t low = 0, high = h->applied.n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int cmp = version_cmp(h->applied.at[middle].version, version);
        if (cmp == 0) {
            return &h->applied.at[middle];
        }
        *(cmp < 0 ? &low : &high) = cmp < 0 ? middle + 1 : middle;
    }
    return NULL;
}

/* Begin, make what is missing, commit: one message. The run lock is held. */
static enum status create(struct session *s, const struct history_sql *sql, const char *schema, bool has_schema,
                          const char *const *ddl, struct error *err)
{
    struct arena a;
    struct pipelined items[16] = {{"BEGIN", NULL, 0}};
    struct rows *rows[countof(items)] = {NULL};
    size_t n = 1, failed;
    enum status status;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; ddl[i]; i++) {
        items[n++].sql = history_sql_expand(ddl[i], sql, &a);
    }
    items[n++].sql = "COMMIT";
    status = session_pipeline(s, items, n, READ_MS, rows, &failed, err);
    if (status) {
        error_context(err, "cannot make the history schema %s", schema);
        if (error_sql_class(err) == SQL_PRIVILEGE) {
            error_hint(err, "let somebody who may do so run this once: %s %s %s …;",
                       has_schema ? "GRANT USAGE, CREATE ON SCHEMA" : "CREATE SCHEMA", sql->identifier,
                       has_schema ? "TO" : "AUTHORIZATION");
        }
        tx_rollback(s);
    }
    for (size_t i = 0; i < n; i++) {
        rows_free(rows[i]);
    }
    arena_free(&a);
    return status;
}

enum status history_install_locked(struct session *s, const struct history_sql *sql, const char *schema,
                                   struct error *err)
{
    struct rows *rows = NULL;
    struct history h = {0};
    enum status status = session_query(s, sql->at[HSQL_EXISTS], NULL, 0, READ_MS, &rows, err);
    if (status) {
        error_context(err, "cannot look for the history");
        return status;
    }
    status = judge_format(rows, schema, &h, err);
    const bool has_schema = rows_bool(rows, 0, 2);
    rows_free(rows);
    if (status || (h.exists && h.format == HISTORY_FORMAT)) {
        return status;
    }
    /* CREATE SCHEMA IF NOT EXISTS asks for the right to make one even where it is there: somebody else may have made it for us. */
    return create(s, sql, schema, has_schema,
                  !h.exists       ? history_ddl + has_schema
                  : h.format == 1 ? history_ddl_2
                                  : history_ddl_3,
                  err);
}

/* Run fn under the run lock. */
static enum status locked(struct session *s, const char *schema,
                          enum status (*fn)(struct session *s, const struct history_sql *sql, void *arg,
                                            struct error *err),
                          void *arg, struct error *err)
{
    struct arena a;
    struct history_sql sql;
    struct runlock lock;
    struct loop *loop = loop_new();
    enum status status;
    arena_init(&a, 1 << 20);
    history_sql_for(&sql, s, schema, &a);
    status = runlock_take(loop, s, &sql, NULL, LOCK_WAIT_MS, NULL, &lock, err);
    if (!status) {
        status = history_install_locked(s, &sql, schema, err);
        if (!status && fn) {
            status = fn(s, &sql, arg, err);
        }
        runlock_release(s, &sql);
    }
    arena_free(&a);
    loop_free(loop);
    return status;
}

enum status history_install(struct session *s, const char *schema, struct error *err)
{
    return locked(s, schema, NULL, NULL, err);
}

/* What `mark`, `baseline` and `adopt` record, together with the other tool's rows where one is mirrored. */
struct marking {
    const struct migration *const *list;
    size_t n;
    const struct mirror *mirror; /* NULL: none */
};

enum { MARK_TOGETHER = 64 }; /* migrations in one round trip; their texts are in memory as often */

static void add_applied(const struct history_sql *sql, const struct marking *all, const struct migration *m,
                        struct pipe *p)
{
    const struct migration_params row = migration_params_of(m, p->arena);
    const struct param params[] = {{row.version}, {row.name},        {row.file},      {row.layout},
                                   {row.sha256},  {row.sha256_text}, {row.file_text}, {"0"}};
    pipe_add_params(p, sql->at[HSQL_MARK], params, countof(params));
    if (all->mirror) {
        mirror_add(all->mirror, m, false, sql->identifier, p);
    }
}

static enum status mark_applied(struct session *s, const struct history_sql *sql, void *arg, struct error *err)
{
    const struct marking *all = arg;
    enum status status = ST_OK;
    for (size_t from = 0; from < all->n && !status; from += MARK_TOGETHER) {
        struct arena a;
        struct pipe p;
        arena_init(&a, (size_t)MARK_TOGETHER * 2 * MIGRATION_MAX_BYTES);
        pipe_begin(&p, &a);
        if (from == 0) {
            pipe_add(&p, "BEGIN");
        }
        for (size_t i = from; i < all->n && i < from + MARK_TOGETHER; i++) {
            add_applied(sql, all, all->list[i], &p);
        }
        if (from + MARK_TOGETHER >= all->n) {
            pipe_add(&p, "COMMIT");
        }
        status = pipe_run(&p, s, READ_MS, NULL, err);
        arena_free(&a);
    }
    if (status) {
        error_context(err, "cannot record %s as applied", all->n == 1 ? "the migration" : "the migrations");
        tx_rollback(s);
    }
    return status;
}

static enum status mark_pending(struct session *s, const struct history_sql *sql, void *arg, struct error *err)
{
    const struct marking *one = arg;
    struct arena a;
    struct pipe p;
    arena_init(&a, 1 << 20);
    pipe_begin(&p, &a);
    const struct param version = {arena_cstr(&a, one->list[0]->version)};
    pipe_add(&p, "BEGIN");
    pipe_add_params(&p, sql->at[HSQL_WRITE_DOWN_LAST], &version, 1);
    if (one->mirror) {
        mirror_add(one->mirror, one->list[0], true, sql->identifier, &p);
    }
    pipe_add(&p, "COMMIT");
    const enum status status = pipe_run(&p, s, READ_MS, NULL, err);
    if (status) {
        error_context(err, "cannot mark %s as pending", version.text);
        tx_rollback(s);
    }
    arena_free(&a);
    return status;
}

enum status history_mark(struct session *s, const char *schema, const struct migration *m, bool applied,
                         const struct mirror *mirror, struct error *err)
{
    struct arena a;
    struct history h;
    enum status status;
    arena_init(&a, 1 << 28);
    /* Recorded under another spelling (007 and 7 are one version)? Then it is that row. */
    status = history_read(s, schema, false, &a, &h, err);
    if (!status) {
        const struct applied *known = history_find(&h, m->version);
        struct migration same = *m;
        const struct migration *list[] = {&same};
        struct marking one = {list, 1, mirror};
        if (known) {
            same.version = known->version;
            same.name = same.name.n > 0 ? same.name : known->name;
            same.file = same.file.n > 0 ? same.file : known->file;
        }
        status = locked(s, schema, applied ? mark_applied : mark_pending, &one, err);
    }
    arena_free(&a);
    return status;
}

enum status history_adopt(struct session *s, const char *schema, const struct migration *const *list, size_t n,
                          const struct mirror *mirror, struct error *err)
{
    struct marking all = {list, n, mirror};
    return n == 0 ? ST_OK : locked(s, schema, mark_applied, &all, err);
}
