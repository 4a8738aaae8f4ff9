/*
 * window.h - the hours in which changes may be made: "02:00-04:30@Europe/Berlin".
 *
 * The server is asked, not this machine: its clock is the one that all runners share, and it knows the time zones, with their changes to
 * summer time. A time that the clock skips or has twice is taken as the server takes it (AT TIME ZONE: standard time). An end that is not
 * after the beginning is on the next day. Without a zone it is the session's TimeZone.
 */
#ifndef MIGRATE_EXEC_WINDOW_H
#define MIGRATE_EXEC_WINDOW_H

#include "exec/run.h"

struct window {
    int from, to;     /* minutes; to > from, up to 48 h */
    const char *zone; /* in the text; "": the session's */
};

/* ST_USAGE, with how to write it. */
NODISCARD enum status window_parse(const char *text, struct window *out, struct error *err);
/*
 * May work of estimate_ms (-1, 0: not known, any) begin now? Outside the window, or with too little of it left: ST_GAVE_WAY, and with r->window_waits
 * when the options say to wait: then the caller leaves what it does as it is, and window_wait() comes. Who has no run lock (a worker of a
 * backfill) waits here instead. ST_USAGE: the server does not know the time zone. Without a window at once ST_OK.
 */
NODISCARD enum status window_admit(struct run *r, const struct item *it, int64_t estimate_ms, struct error *err);
/*
 * Wait until it may. Meanwhile the run lock is free, for hours perhaps: others may run what is urgent, also these very migrations. It is taken
 * again afterwards, and the caller reads history anew. Errors: those of the lock and of the connection.
 */
NODISCARD enum status window_wait(struct run *r, const struct item *it, int64_t estimate_ms, struct error *err);

#endif
