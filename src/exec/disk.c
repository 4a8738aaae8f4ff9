#include "exec/disk.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

enum status disk_folder(struct session *s, const char *tablespace, int64_t deadline_ms, struct arena *a,
                        const char **folder, struct error *err)
{
    static const char sql[] =
        "SELECT coalesce(nullif(pg_catalog.pg_tablespace_location(t.oid), ''),"
        " CASE WHEN pg_catalog.pg_has_role('pg_read_all_settings', 'usage')"
        " THEN pg_catalog.current_setting('data_directory') END, '') FROM pg_catalog.pg_tablespace t"
        " WHERE CASE WHEN $1 = '' THEN t.oid = (SELECT dattablespace FROM pg_catalog.pg_database"
        " WHERE datname = pg_catalog.current_database()) ELSE t.spcname = $1 END";
    const struct param name = {tablespace};
    struct rows *rows = NULL;
    *folder = "";
    if (session_host(s)[0] != '/') {
        return ST_OK;
    }
    const enum status status = session_query(s, sql, &name, 1, deadline_ms, &rows, err);
    if (!status && rows_count(rows) > 0) {
        *folder = arena_cstr(a, rows_value(rows, 0, 0));
    }
    rows_free(rows);
    return status;
}

bool disk_space_of(const char *folder, struct disk_space *out)
{
    struct stat at;
    struct statvfs fs;
    if (!folder[0] || stat(folder, &at) != 0 || statvfs(folder, &fs) != 0) {
        return false;
    }
    *out = (struct disk_space){at.st_dev, (int64_t)fs.f_bavail * (int64_t)fs.f_frsize};
    return true;
}
