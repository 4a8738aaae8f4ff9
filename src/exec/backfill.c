#include "exec/run.h"
enum status backfill_run(struct run *r, struct item *it, struct error *err)
{
    (void)r;
    (void)it;
    return error_set(err, ST_USAGE, "later");
}
