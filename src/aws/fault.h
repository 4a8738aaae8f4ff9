/*
 * fault.h - the errors of AWS by what is to be done about them.
 *
 * Source: the retry rules of the AWS SDKs ("standard" mode) and the error shapes of the RDS service model.
 */
#ifndef MIGRATE_AWS_FAULT_H
#define MIGRATE_AWS_FAULT_H

#include "base/error.h"

enum fault {
    FAULT_NONE,
    FAULT_THROTTLED,  /* again, later */
    FAULT_TRANSIENT,  /* again */
    FAULT_CLOCK,      /* our clock is wrong: again with theirs */
    FAULT_EXPIRED,    /* fetch the credentials anew, then again */
    FAULT_KEYS,       /* the credentials are wrong */
    FAULT_PERMISSION, /* they may not */
    FAULT_BUSY,       /* the resource is in a state that does not allow it now */
    FAULT_EXISTS,
    FAULT_QUOTA,
    FAULT_NOT_FOUND,
    FAULT_PARAMETER,
    FAULT_OTHER,
};

/* The class of a service's error: its code, what it says, and the HTTP status. */
enum fault fault_of(struct str code, struct str message, long http_status);
/* Is it worth another try as it is? */
bool fault_again(enum fault f);

#endif
