/* Preflight: is there room for what the steps write? */
#include "exec/preflight.h"

#include "exec/tx.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

enum { MUCH_ROOM_MB = 1024, DISKS_MAX = 16 };

/* Tablespaces may share a disk. */
struct disk {
    dev_t device;
    const char *folder; /* the first that was met on it */
    int64_t wanted, free;
};

const char *preflight_megabytes(struct preflight *p, int64_t bytes)
{
    return arena_printf(p->a, "%" PRId64 " MB", (bytes + (1 << 20) - 1) >> 20).p;
}

/* Where a tablespace lies; "": the server does not tell this role. */
static enum status folder_of(struct preflight *p, const char *tablespace, const char **folder, struct error *err)
{
    static const char sql[] =
        "SELECT coalesce(nullif(pg_catalog.pg_tablespace_location(t.oid), ''),"
        " CASE WHEN pg_catalog.pg_has_role('pg_read_all_settings', 'usage')"
        " THEN pg_catalog.current_setting('data_directory') END, '') FROM pg_catalog.pg_tablespace t"
        " WHERE CASE WHEN $1 = '' THEN t.oid = (SELECT dattablespace FROM pg_catalog.pg_database"
        " WHERE datname = pg_catalog.current_database()) ELSE t.spcname = $1 END";
    const struct param name = {tablespace};
    struct rows *rows = NULL;
    struct error why;
    const enum status status = session_query(p->r->s, sql, &name, 1, ANSWER_MS, &rows, &why);
    *folder = !status && rows_count(rows) > 0 ? arena_cstr(p->a, rows_value(rows, 0, 0)) : "";
    rows_free(rows);
    return status ? preflight_unknown(p, status, "disk", &why, err) : ST_OK;
}

static bool add_to_disk(struct disk *disks, size_t *n, const char *folder, int64_t wanted)
{
    struct stat at;
    struct statvfs fs;
    if (!folder[0] || stat(folder, &at) != 0 || statvfs(folder, &fs) != 0) {
        return false;
    }
    for (size_t i = 0; i < *n; i++) {
        if (disks[i].device == at.st_dev) {
            disks[i].wanted += wanted;
            return true;
        }
    }
    if (*n == DISKS_MAX) {
        return false;
    }
    disks[(*n)++] = (struct disk){at.st_dev, folder, wanted, (int64_t)fs.f_bavail * (int64_t)fs.f_frsize};
    return true;
}

static void judge(struct preflight *p, const struct disk *d)
{
    const bool too_little = d->free < d->wanted;
    if (d->free >= d->wanted * 2) {
        return;
    }
    preflight_tell(p, too_little ? PREFLIGHT_STOP : PREFLIGHT_WARNING, ST_CHECK, "disk",
                   arena_printf(p->a, "the steps need about %s of disk for a time, and %s are free in %s",
                                preflight_megabytes(p, d->wanted), preflight_megabytes(p, d->free), d->folder)
                       .p,
                   too_little ? "the disk would run full, for everybody"
                              : "with the WAL that goes with it, that is little",
                   "make room, or take the large steps one at a time: migrate up 1");
}

/*
 * The server tells nobody how full its disks are. Where it is reached by a socket it is on this machine, and its folders can be asked about.
 */
enum status preflight_disk(struct preflight *p, struct error *err)
{
    struct disk disks[DISKS_MAX];
    const bool local = session_host(p->r->s)[0] == '/';
    int64_t unseen = 0;
    size_t n = 0;
    for (size_t i = 0; i < p->rooms.n; i++) {
        const char *folder = "";
        const enum status status = local ? folder_of(p, p->rooms.at[i].tablespace, &folder, err) : ST_OK;
        if (status) {
            return status;
        }
        unseen += add_to_disk(disks, &n, folder, p->rooms.at[i].bytes) ? 0 : p->rooms.at[i].bytes;
    }
    for (size_t i = 0; i < n; i++) {
        judge(p, &disks[i]);
    }
    if (unseen >= (int64_t)MUCH_ROOM_MB << 20) {
        preflight_tell(
            p, PREFLIGHT_NOTE, ST_OK, "disk",
            arena_printf(p->a, "the steps need about %s of disk for a time", preflight_megabytes(p, unseen)).p,
            "how much is free on the server cannot be seen from here", "look there");
    }
    return ST_OK;
}
