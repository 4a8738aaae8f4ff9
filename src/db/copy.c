#include "db/session_impl.h"

/* One message of COPY data: large enough to cost little, small enough to notice a signal between two. */
enum { CHUNK = 64 * 1024 };

void copy_send(struct session *s, struct request *rq, const struct str *data)
{
    const char *refusal = data ? NULL : "COPY FROM STDIN without data";
    struct str rest = data ? *data : STR_NONE;
    while (rest.n > 0 && s->conn && !rq->broken && rq->cut == REQUEST_RUNS) {
        const struct str chunk = str_slice(rest, 0, CHUNK);
        if (PQputCopyData(s->conn, chunk.p, (int)chunk.n) < 0) {
            break;
        }
        rest = str_slice(rest, chunk.n, rest.n);
        /* libpq would buffer all of it: wait until this chunk is out. */
        while (s->conn && !rq->broken && rq->cut == REQUEST_RUNS && PQflush(s->conn) > 0) {
            if (!request_pump(s, rq)) {
                return;
            }
        }
    }
    if (s->conn) {
        PQputCopyEnd(s->conn, rest.n > 0 ? "cancelled" : refusal);
    }
}

void copy_skip(struct session *s, struct request *rq)
{
    char *data;
    int n;
    /* 0: nothing yet; -1: the end; -2: broken, and the next result says how. */
    while (s->conn && (n = PQgetCopyData(s->conn, &data, 1)) >= 0) {
        if (n > 0) {
            PQfreemem(data);
        } else if (rq->broken || !request_pump(s, rq)) {
            return;
        }
    }
}
