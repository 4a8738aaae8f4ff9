/* Writing what another tool would have written, in the transaction of our own row. */
#include "exec/history_sql.h"
#include "exec/mirror_impl.h"
#include "migration/layout.h"

#include <pwd.h>

enum { ANSWER_MS = 60000 };

static const char create[] =
    "CREATE TABLE IF NOT EXISTS @.mirror (only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),"
    " tool text NOT NULL, relation text NOT NULL,"
    " since timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp())";

/* Tools that record who did it take it from here first. */
static void name_user(struct mirror *out, struct arena *a)
{
    const char *name = getenv("SQITCH_FULLNAME"), *email = getenv("SQITCH_EMAIL");
    const struct passwd *pw = getpwuid(geteuid());
    const char *user = pw ? pw->pw_name : "unknown";
    char host[256] = "localhost";
    (void)gethostname(host, sizeof(host) - 1);
    out->user = arena_cstr(a, str_of(name && *name ? name : user));
    out->email = email && *email ? arena_cstr(a, str_of(email)) : arena_printf(a, "%s@%s", user, host).p;
}

enum status mirror_read(struct session *s, const char *schema, struct arena *a, struct mirror *out, struct error *err)
{
    struct history_sql sql;
    struct rows *rows = NULL;
    *out = (struct mirror){0};
    history_sql_for(&sql, s, schema, a);
    const char *there = history_sql_expand("SELECT pg_catalog.to_regclass(pg_catalog.concat(pg_catalog.quote_ident(~),"
                                           " '.mirror')) IS NOT NULL",
                                           &sql, a);
    enum status status = session_query(s, there, NULL, 0, ANSWER_MS, &rows, err);
    const bool exists = !status && rows_bool(rows, 0, 0);
    rows_free(rows);
    if (!exists) {
        return status;
    }
    status = session_query(s, history_sql_expand("SELECT tool, relation FROM @.mirror", &sql, a), NULL, 0, ANSWER_MS,
                           &rows, err);
    if (status) {
        error_context(err, "cannot read which tool is mirrored");
        return status;
    }
    if (rows_count(rows) > 0) {
        out->tool = foreign_find(rows_value(rows, 0, 0));
        out->relation = arena_str(a, rows_value(rows, 0, 1));
        name_user(out, a);
        if (!out->tool || !out->tool->written) {
            status = error_set(err, ST_CONFLICT, "the history says that %.*s is mirrored, which this migrate cannot",
                               STR_ARG(rows_value(rows, 0, 0)));
            error_hint(err, "use the version that began it, or end it: migrate adopt --end-mirror");
        }
    }
    rows_free(rows);
    return status;
}

enum status mirror_set(struct session *s, const char *schema, const struct mirror *m, struct error *err)
{
    struct arena a;
    struct history_sql sql;
    arena_init(&a, 1 << 20);
    history_sql_for(&sql, s, schema, &a);
    enum status status = session_query(s, history_sql_expand(create, &sql, &a), NULL, 0, ANSWER_MS, NULL, err);
    if (!status && m->tool) {
        const struct param params[] = {{m->tool->name}, {arena_cstr(&a, m->relation)}};
        status = session_query(s,
                               history_sql_expand("INSERT INTO @.mirror (tool, relation) VALUES ($1, $2) ON CONFLICT"
                                                  " (only_one) DO UPDATE SET tool = excluded.tool, relation ="
                                                  " excluded.relation",
                                                  &sql, &a),
                               params, countof(params), ANSWER_MS, NULL, err);
    } else if (!status) {
        status = session_query(s, history_sql_expand("DELETE FROM @.mirror", &sql, &a), NULL, 0, ANSWER_MS, NULL, err);
    }
    if (status) {
        error_context(err, "cannot record which tool is mirrored");
    }
    arena_free(&a);
    return status;
}

const char *mirror_expand(const char *text, struct str relation, const char *identifier, struct arena *a)
{
    struct strbuf sb;
    strbuf_init(&sb, 65536);
    for (const char *p = text; *p; p++) {
        *p == '@' ? strbuf_add(&sb, relation) : *p == '#' ? strbuf_add_cstr(&sb, identifier) : strbuf_add_char(&sb, *p);
    }
    const char *made = arena_cstr(a, strbuf_str(&sb));
    strbuf_free(&sb);
    return made;
}

static const char *value_of(char letter, const struct mirror *mirror, const struct migration *m, struct arena *a)
{
    switch (letter) {
    case 'V':
        return m->repeatable ? NULL : arena_cstr(a, m->version);
    case 'n':
        return arena_cstr(a, m->name);
    case 'f':
        return arena_cstr(a, foreign_stem(m));
    case 'd':
        return arena_cstr(a, path_base(path_folder(m->file)));
    case 'p':
        return arena_cstr(a, graphile_previous(m->bytes.n > 0 ? m->bytes : m->text));
    case 's':
        return arena_cstr(a, foreign_sum_of(mirror->tool, m, a));
    default:
        return arena_cstr(a, m->version);
    }
}

void mirror_add(const struct mirror *mirror, const struct migration *m, bool undone, const char *identifier,
                struct pipe *p)
{
    const struct foreign_tool *tool = mirror->tool;
    const char *const *texts = undone ? tool->undone : tool->done;
    struct param params[8];
    if (tool->match == FOREIGN_CHANGE) {
        mirror_add_sqitch(mirror, m, undone, p);
        return;
    }
    const size_t n = strlen(tool->written);
    for (size_t i = 0; i < n; i++) {
        params[i].text = value_of(tool->written[i], mirror, m, p->arena);
    }
    for (size_t i = 0; i < countof(tool->done) && texts[i]; i++) {
        size_t used = 0; /* those that the statement names: the server refuses more */
        for (size_t k = 0; k < n; k++) {
            const char number[] = {'$', (char)('1' + k), '\0'};
            used = strstr(texts[i], number) ? k + 1 : used;
        }
        pipe_add_params(p, mirror_expand(texts[i], mirror->relation, identifier, p->arena), params, used);
    }
}
