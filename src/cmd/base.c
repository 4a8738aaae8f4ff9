#include "cmd/base.h"

#include "db/live.h"

enum { PLATFORM_MS = 30 * 1000 };

bool base_is_file(const struct context *c)
{
    return c->set.catalog && c->set.catalog[0];
}

enum status base_catalog(const struct context *c, struct catalog *catalog, struct catalog_info *info, struct error *err)
{
    if (base_is_file(c)) {
        return catalog_read(c->set.catalog, catalog, info, err);
    }
    enum platform platform;
    enum status status = c->session ? base_platform(c->session, &platform, err) : ST_OK;
    if (!status && c->session) {
        *vec_push(catalog->arena, &info->settings) =
            (struct catalog_setting){STR("platform"), base_platform_name(platform)};
        status = live_catalog(c->session, catalog, err);
    }
    return status;
}

/* ---- the platform ---- */

struct str base_platform_name(enum platform platform)
{
    return platform == PLATFORM_AURORA ? STR("aurora") : platform == PLATFORM_RDS ? STR("rds") : STR("");
}

static enum platform platform_of(struct str name)
{
    return str_eq(name, STR("aurora")) ? PLATFORM_AURORA : str_eq(name, STR("rds")) ? PLATFORM_RDS : PLATFORM_NONE;
}

/* RDS gives its customers the role rds_superuser in place of a superuser; Aurora has that, too, and tells its own version. */
enum status base_platform(struct session *s, enum platform *platform, struct error *err)
{
    static const char sql[] =
        "SELECT CASE WHEN NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = 'rds_superuser') THEN '' "
        "WHEN EXISTS (SELECT FROM pg_catalog.pg_proc p WHERE p.proname = 'aurora_version') THEN 'aurora' ELSE 'rds' "
        "END";
    struct rows *rows = NULL;
    const enum status status = session_query(s, sql, NULL, 0, PLATFORM_MS, &rows, err);
    *platform = status ? PLATFORM_NONE : platform_of(rows_value(rows, 0, 0));
    rows_free(rows);
    return status;
}

struct judge_options base_options(const struct context *c, const struct catalog *catalog,
                                  const struct catalog_info *info)
{
    struct judge_options options = context_judge_options(c, catalog->server_version);
    for (size_t i = 0; i < info->settings.n; i++) {
        if (!measured_read(&options.measured, info->settings.at[i].name, info->settings.at[i].value) &&
            options.platform == PLATFORM_NONE && str_eq(info->settings.at[i].name, STR("platform"))) {
            options.platform = platform_of(info->settings.at[i].value);
        }
    }
    return options;
}

/* ---- history ---- */

static void copy_sha(char to[65], struct str from)
{
    const size_t n = from.n < 64 ? from.n : 64;
    if (n > 0) {
        memcpy(to, from.p, n);
    }
    to[n] = '\0';
}

static void copy_applied(struct arena *a, const struct catalog_applied *from, int64_t order, struct applied *to)
{
    *to = (struct applied){
        .version = arena_str(a, from->version),
        .name = arena_str(a, from->name),
        .file = STR(""),
        .layout = STR(""),
        .state = from->partial ? APPLIED_PARTIAL : APPLIED_YES,
        .going_down = from->going_down,
        .steps_done = from->steps_done,
        .n_steps = from->steps,
        .statements_done = from->statements_done,
        .applied_at = arena_str(a, from->applied_at),
        .applied_by = STR(""),
        .order = order,
    };
    copy_sha(to->sha256, from->sha256);
    copy_sha(to->sha256_text, from->sha256_text);
}

enum status base_history(struct context *c, struct history *out, struct error *err)
{
    struct arena scratch;
    struct catalog catalog;
    struct catalog_info info = {0};
    arena_init(&scratch, RUN_ARENA_MAX);
    catalog_init(&catalog, &scratch);
    const enum status status = catalog_read(c->set.catalog, &catalog, &info, err);
    if (!status) {
        *out = (struct history){.exists = info.has_history, .format = HISTORY_FORMAT};
        for (size_t i = 0; i < info.applied.n; i++) {
            copy_applied(&c->arena, &info.applied.at[i], (int64_t)i, vec_push(&c->arena, &out->applied));
        }
    }
    arena_free(&scratch);
    return status;
}

bool base_applied(const struct catalog_info *info, struct str version)
{
    size_t first = 0, behind = version.n > 0 ? info->applied.n : 0;
    while (first < behind) {
        const size_t middle = first + (behind - first) / 2;
        const struct catalog_applied *a = &info->applied.at[middle];
        const int order = version_cmp(a->version, version);
        if (order == 0) {
            return !a->partial;
        }
        first = order < 0 ? middle + 1 : first;
        behind = order < 0 ? behind : middle;
    }
    return false;
}
