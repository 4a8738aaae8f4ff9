/*
 * hosts.h - the addresses that a connection string means, one by one.
 *
 * libpq looks names up itself and waits for that, and goes from one address to the next only when the kernel gives up on it, not when
 * something there takes the connection and stays silent. So names are looked up here, and libpq gets a list of addresses, of which those that were tried
 * can be left out.
 */
#ifndef MIGRATE_DB_HOSTS_H
#define MIGRATE_DB_HOSTS_H

#include "base/arena.h"
#include "base/vec.h"
#include "db/loop.h"

struct host {
    const char *name;    /* as written: TLS and .pgpass go by it */
    const char *address; /* "": name is a socket's folder, or libpq may look it up */
    const char *port;    /* "": the default */
};

VEC_DECLARE(host_list, struct host);

/*
 * The hosts in these values of libpq's keywords (comma-separated lists; NULL: not said); a name with several addresses gives several. Empty: nothing is
 * said, libpq's own default holds. ST_SERVER (08001) when no name can be looked up, or none within timeout_ms; ST_INTERRUPTED.
 */
NODISCARD enum status hosts_find(struct loop *l, const char *hosts, const char *addresses, const char *ports,
                                 int timeout_ms, struct arena *a, struct host_list *out, struct error *err);
/* The keyword values for the hosts from number `from` on, in the arena. */
void hosts_values(const struct host_list *list, size_t from, struct arena *a, const char **hosts,
                  const char **addresses, const char **ports);

#endif
