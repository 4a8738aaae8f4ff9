/* Preflight: is there room for what the steps write? */
#include "exec/disk.h"
#include "exec/preflight.h"
#include "exec/tx.h"

enum { MUCH_ROOM_MB = 1024, DISKS_MAX = 16 };

/* Tablespaces may share a disk. */
struct disk {
    struct disk_space space;
    const char *folder; /* the first that was met on it */
    int64_t wanted;
};

const char *preflight_megabytes(struct preflight *p, int64_t bytes)
{
    return arena_printf(p->a, "%" PRId64 " MB", (bytes + (1 << 20) - 1) >> 20).p;
}

/*
 * The catalog's sizes are those of the last VACUUM or ANALYZE, and a table that has seen neither has none: ask for those of now. One that somebody
 * has locked, or wants to lock, so that the question would wait is left out.
 */
static enum status measure(struct preflight *p, struct error *err)
{
    static const char sql[] =
        "SELECT x.at - 1, pg_catalog.pg_total_relation_size(c.oid)"
        " FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[]))"
        " WITH ORDINALITY AS x(schema, name, at)"
        " JOIN pg_catalog.pg_namespace n ON n.nspname = x.schema"
        " JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = x.name"
        " WHERE c.relkind IN ('r', 'm', 'i') AND NOT EXISTS (SELECT FROM pg_catalog.pg_locks l"
        " WHERE l.mode = 'AccessExclusiveLock' AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()"
        " AND (l.relation IN (c.oid, c.reltoastrelid)"
        " OR l.relation IN (SELECT i.indexrelid FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid)))";
    struct str *const values = arena_array(p->a, struct str, p->rooms.n + 1);
    struct param params[2];
    struct rows *rows = NULL;
    struct error why;
    for (size_t k = 0; k < countof(params); k++) {
        for (size_t i = 0; i < p->rooms.n; i++) {
            values[i] = str_of(k == 0 ? p->rooms.at[i].schema : p->rooms.at[i].name);
        }
        params[k] = (struct param){param_array(p->a, values, p->rooms.n)};
    }
    const enum status status = session_query(p->r->s, sql, params, countof(params), ANSWER_MS, &rows, &why);
    for (size_t i = 0; !status && i < rows_count(rows); i++) {
        if (!rows_null(rows, i, 1)) {
            p->rooms.at[rows_i64(rows, i, 0)].bytes = rows_i64(rows, i, 1);
        }
    }
    rows_free(rows);
    return status ? preflight_unknown(p, status, "disk", &why, err) : ST_OK;
}

/* The folder of the room's tablespace, asked for once. */
static enum status find_folder(struct preflight *p, size_t at, struct error *err)
{
    struct preflight_room *room = &p->rooms.at[at];
    struct error why;
    for (size_t i = 0; i < at; i++) {
        if (strcmp(p->rooms.at[i].tablespace, room->tablespace) == 0) {
            room->folder = p->rooms.at[i].folder;
            return ST_OK;
        }
    }
    const enum status status = disk_folder(p->r->s, room->tablespace, ANSWER_MS, p->a, &room->folder, &why);
    return status ? preflight_unknown(p, status, "disk", &why, err) : ST_OK;
}

static bool add_to_disk(struct disk *disks, size_t *n, const char *folder, int64_t wanted)
{
    struct disk_space space;
    if (!disk_space_of(folder, &space)) {
        return false;
    }
    for (size_t i = 0; i < *n; i++) {
        if (disks[i].space.device == space.device) {
            disks[i].wanted += wanted;
            return true;
        }
    }
    if (*n == DISKS_MAX) {
        return false;
    }
    disks[(*n)++] = (struct disk){space, folder, wanted};
    return true;
}

static void judge(struct preflight *p, const struct disk *d)
{
    const bool too_little = d->space.free < d->wanted;
    if (d->space.free >= d->wanted * 2) {
        return;
    }
    preflight_tell(p, too_little ? PREFLIGHT_STOP : PREFLIGHT_WARNING, ST_CHECK, "disk",
                   arena_printf(p->a, "the steps need about %s of disk for a time, and %s are free in %s",
                                preflight_megabytes(p, d->wanted), preflight_megabytes(p, d->space.free), d->folder)
                       .p,
                   too_little ? "the disk would run full, for everybody"
                              : "with the WAL that goes with it, that is little",
                   "make room, or take the large steps one at a time: migrate up 1");
}

/* A table that is there, and whose size neither the catalog nor the question told. */
static void tell_unknown(struct preflight *p)
{
    for (size_t i = 0; i < p->rooms.n; i++) {
        const struct preflight_room *room = &p->rooms.at[i];
        if (room->bytes < 0 && room->name[0]) {
            preflight_tell(
                p, PREFLIGHT_NOTE, ST_OK, "disk",
                arena_printf(p->a, "how large %s.%s is could not be told", room->schema, room->name).p,
                "somebody has it locked, and it was never analyzed; what its step needs of disk is not counted",
                "ANALYZE it, or look again when the lock is gone");
            return;
        }
    }
}

enum status preflight_disk(struct preflight *p, struct error *err)
{
    struct disk disks[DISKS_MAX];
    int64_t unseen = 0;
    size_t n = 0;
    enum status status = p->rooms.n > 0 ? measure(p, err) : ST_OK;
    for (size_t i = 0; i < p->rooms.n && !status; i++) {
        const struct preflight_room *room = &p->rooms.at[i];
        const int64_t wanted = room->bytes / room->share;
        if (wanted > 0 && !(status = find_folder(p, i, err))) {
            unseen += add_to_disk(disks, &n, room->folder, wanted) ? 0 : wanted;
        }
    }
    if (!status) {
        tell_unknown(p);
    }
    for (size_t i = 0; i < n && !status; i++) {
        judge(p, &disks[i]);
    }
    if (!status && unseen >= (int64_t)MUCH_ROOM_MB << 20) {
        preflight_tell(
            p, PREFLIGHT_NOTE, ST_OK, "disk",
            arena_printf(p->a, "the steps need about %s of disk for a time", preflight_megabytes(p, unseen)).p,
            "how much is free on the server cannot be seen from here", "look there");
    }
    return status;
}
