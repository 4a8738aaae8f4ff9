#include "db/pgbin.h"

#include "base/file.h"

/* Folders with one subfolder per major version, and what to add to it. */
static const struct {
    const char *root, *prefix, *suffix;
} layouts[] = {
    {"/usr/lib/postgresql", "", "/bin"}, /* Debian, Ubuntu */
    {"/usr", "pgsql-", "/bin"},          /* PostgreSQL's own RPMs */
    {"/usr/libexec", "postgresql", ""},  /* Alpine */
    {"/opt/homebrew/opt", "postgresql@", "/bin"},
    {"/usr/local/opt", "postgresql@", "/bin"},
};

static bool has_server(struct arena *a, struct str folder)
{
    const struct str initdb = path_join(a, folder, STR("initdb")), postgres = path_join(a, folder, STR("postgres"));
    return access(initdb.p, X_OK) == 0 && access(postgres.p, X_OK) == 0;
}

/* The newest version below one root; wanted 0: any. */
static int64_t newest(size_t layout, int64_t wanted, struct arena *a, struct str *folder)
{
    struct file_list entries = {0};
    struct error ignored;
    int64_t best = 0;
    const struct str prefix = str_of(layouts[layout].prefix);
    if (file_list(layouts[layout].root, a, &entries, &ignored) != ST_OK) {
        return 0;
    }
    for (size_t i = 0; i < entries.n; i++) {
        const struct str name = entries.at[i].name;
        int64_t major;
        if (!str_starts(name, prefix) || !str_to_i64(str_slice(name, prefix.n, name.n), 1, 999, &major) ||
            major <= best || (wanted > 0 && major != wanted)) {
            continue;
        }
        const struct str at = arena_printf(a, "%s/%.*s%s", layouts[layout].root, STR_ARG(name), layouts[layout].suffix);
        if (has_server(a, at)) {
            best = major;
            *folder = at;
        }
    }
    return best;
}

/* PATH may hold a link to initdb alone: the folder it points into is the one. */
static bool find_in_path(struct arena *a, struct str *folder)
{
    struct str path = str_of(getenv("PATH")), part;
    char real[PATH_MAX];
    while (str_next(&path, ':', &part)) {
        const struct str initdb = path_join(a, part.n > 0 ? part : STR("."), STR("initdb"));
        if (access(initdb.p, X_OK) == 0 && realpath(initdb.p, real)) {
            *folder = arena_str(a, path_folder(str_of(real)));
            if (has_server(a, *folder)) {
                return true;
            }
        }
    }
    return false;
}

enum status pgbin_find(struct str spec, struct arena *a, struct str *folder, struct error *err)
{
    int64_t wanted = 0, best = 0;
    struct str named = str_of(getenv("MIGRATE_PG_BIN"));
    if (spec.n > 0 && !str_to_i64(spec, 1, 999, &wanted)) {
        named = spec;
    }
    if (named.n > 0 && wanted == 0) {
        char real[PATH_MAX]; /* the server does not run in our working directory */
        *folder = arena_str(a, realpath(arena_cstr(a, named), real) ? str_of(real) : named);
        if (!has_server(a, *folder)) {
            error_set(err, ST_USAGE, "%.*s does not hold initdb and postgres", STR_ARG(named));
            error_hint(err, "name the folder of the server's programs, such as /usr/lib/postgresql/15/bin");
            return ST_USAGE;
        }
        return ST_OK;
    }
    if (wanted == 0 && find_in_path(a, folder)) {
        return ST_OK;
    }
    for (size_t i = 0; i < countof(layouts); i++) {
        struct str at = STR_NONE;
        const int64_t major = newest(i, wanted, a, &at);
        if (major > best) {
            best = major;
            *folder = at;
        }
    }
    if (best > 0) {
        return ST_OK;
    }
    if (wanted > 0) {
        error_set(err, ST_USAGE, "no PostgreSQL %" PRId64 " server is installed here", wanted);
        error_hint(err,
                   "install the package postgresql-%" PRId64
                   ", or write ephemeral:FOLDER with the folder of its programs",
                   wanted);
    } else {
        error_set(err, ST_USAGE, "no PostgreSQL server is installed here, so ephemeral: cannot start one");
        error_hint(
            err, "install it (Debian, Ubuntu: apt install postgresql), or set MIGRATE_PG_BIN to the folder that holds "
                 "initdb and postgres");
    }
    return ST_USAGE;
}
