/*
 * disk.h - how full the disk below a tablespace is. The server tells nobody; where it is reached by a socket it is on this
 * machine, and its folders can be asked about.
 */
#ifndef MIGRATE_EXEC_DISK_H
#define MIGRATE_EXEC_DISK_H

#include <sys/types.h>

#include "base/arena.h"
#include "db/session.h"

struct disk_space {
    dev_t device;
    int64_t free; /* bytes, for who is not root */
};

/*
 * The folder of a tablespace ("": the database's own), in the arena; "" when it is on another machine, or the server does
 * not tell this role. ST_SERVER: the server does not answer.
 */
NODISCARD enum status disk_folder(struct session *s, const char *tablespace, int64_t deadline_ms, struct arena *a,
                                  const char **folder, struct error *err);
/* False: it cannot be seen from here. */
bool disk_space_of(const char *folder, struct disk_space *out);

#endif
