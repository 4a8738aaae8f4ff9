#include "db/ephemeral.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "base/signals.h"
#include "db/guardian.h"
#include "db/libpq.h"
#include "db/pgbin.h"

#include <libpq-fe.h>
#include <poll.h>
#include <sys/stat.h>

/* initdb takes about a second, a start less; both far more on a machine that is busy with other things. */
enum { START_MS = 120 * 1000 };

struct ephemeral {
    struct arena arena;
    struct guardian guardian;
    char *folder;
    const char *url;
};

/* A path that a unix socket can be bound to ends within 107 bytes (sun_path); the socket is FOLDER/.s.PGSQL.5432. */
enum { MAX_FOLDER = 107 - 14 };

/* Make our private folder as that user, so that its rights on the place and the ownership are settled in one go. */
static bool make_folder(const char *place, const struct process_user *user, struct arena *a, char **folder)
{
    char *path = arena_cstr(a, arena_printf(a, "%s/migrate-XXXXXX", place));
    if (strlen(path) > MAX_FOLDER) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (user && (setegid(user->gid) != 0 || seteuid(user->uid) != 0)) {
        return false;
    }
    const char *made = mkdtemp(path); /* mode 0700 */
    const int why = errno;
    if (user && (seteuid(0) != 0 || setegid(0) != 0)) {
        BUG("no way back to root: %s", strerror(errno));
    }
    errno = why;
    *folder = path;
    return made != NULL;
}

static enum status find_folder(const struct process_user *user, struct arena *a, char **folder, struct error *err)
{
    const char *const wanted = getenv("TMPDIR");
    const char *const places[] = {wanted && wanted[0] == '/' ? wanted : "/tmp", "/tmp", "/var/tmp"};
    for (size_t i = 0; i < countof(places); i++) {
        if (make_folder(places[i], user, a, folder)) {
            return ST_OK;
        }
    }
    error_errno(err, "make a folder in", places[0]);
    error_hint(err, "set TMPDIR to a folder that%s%s may write to, with a path shorter than %d bytes",
               user ? " the user " : "", user ? user->name : " you", MAX_FOLDER - 15);
    return ST_SYSTEM;
}

/* The last lines of what a program said are the ones that say why. */
static void detail_tail(struct error *err, struct str text)
{
    text = str_trim(text);
    const size_t keep = sizeof(err->detail) - 8;
    if (text.n > keep) {
        text = str_slice(text, text.n - keep, text.n);
    }
    error_detail(err, "%.*s", STR_ARG(text));
}

/* Why it ended before it was ready: the end of what initdb and the server said. */
static enum status start_error(const char *log, struct arena *a, struct error *err)
{
    struct str text;
    struct error ignored;
    error_set(err, ST_SYSTEM, "the throw-away server did not start");
    if (file_read(log, 1 << 20, a, &text, &ignored) == ST_OK) {
        detail_tail(err, text);
    }
    error_hint(err, "it was tried as %s, in a folder of its own below TMPDIR (or /tmp)",
               geteuid() == 0 ? "an unprivileged user" : "the user who runs this");
    return ST_SYSTEM;
}

/* Ask again and again, waiting a little longer each time; a server that ends meanwhile wakes us. */
static enum status await_server(const struct ephemeral *e, const char *log, struct arena *a, struct error *err)
{
    const char *const keywords[] = {"dbname", NULL}, *const values[] = {e->url, NULL};
    const char *socket = arena_cstr(a, arena_printf(a, "%s/.s.PGSQL.5432", e->folder));
    const int64_t until = clock_monotonic_ms() + START_MS;
    for (int wait_ms = 2;; wait_ms = wait_ms < 20 ? wait_ms + 2 : wait_ms) {
        struct stat st;
        if (stat(socket, &st) == 0 && PQpingParams(keywords, values, 1) == PQPING_OK) {
            return ST_OK;
        }
        struct pollfd fds[] = {{.fd = e->guardian.server, .events = POLLIN}, {.fd = signals_fd(), .events = POLLIN}};
        const int n = poll(fds, countof(fds), wait_ms);
        if (n > 0 && fds[0].revents) {
            return start_error(log, a, err);
        }
        if (signals_pending()) {
            error_set(err, ST_INTERRUPTED, "interrupted while the throw-away server started");
            err->signal = signals_pending();
            return ST_INTERRUPTED;
        }
        if (clock_monotonic_ms() >= until) {
            start_error(log, a, err);
            error_hint(err, "it did not accept connections within %d s", START_MS / 1000);
            return ST_SYSTEM;
        }
    }
}

/* The socket's folder in a URL: what is not plain is written %XX. */
static const char *socket_url(const char *folder, struct arena *a)
{
    struct strbuf url;
    strbuf_init(&url, 4096);
    strbuf_add_cstr(&url, "postgresql://postgres@/postgres?port=5432&host=");
    for (const char *p = folder; *p; p++) {
        const bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
                           strchr("/_.-", *p) != NULL;
        strbuf_addf(&url, plain ? "%c" : "%%%02X", (unsigned char)*p);
    }
    const char *text = arena_cstr(a, strbuf_str(&url));
    strbuf_free(&url);
    return text;
}

static enum status start(struct ephemeral *e, struct str bin, const struct process_user *user, struct error *err)
{
    struct arena *a = &e->arena;
    const char *data = path_join(a, str_of(e->folder), STR("data")).p;
    const char *log = path_join(a, str_of(e->folder), STR("log")).p;
    const char *sockets = arena_printf(a, "\"%s\"", e->folder).p; /* a list: quoted it is one entry */
    /* clang-format off */
    const char *const initdb[] = {path_join(a, bin, STR("initdb")).p, "-D", data, "-U", "postgres", "-A", "trust",
                                  "-E", "UTF8", "--locale=C", "--no-sync", NULL};
    const char *const postgres[] = {path_join(a, bin, STR("postgres")).p, "-D", data, "-k", sockets, "-p", "5432",
                                    "-c", "listen_addresses=", "-c", "fsync=off", "-c", "synchronous_commit=off",
                                    "-c", "full_page_writes=off", "-c", "max_connections=40", "-c", "shared_buffers=64MB",
                                    "-c", "wal_level=logical", "-c", "timezone=UTC", "-c", "log_timezone=UTC", NULL};
    /* clang-format on */
    const struct guarded what = {.prepare = initdb, .serve = postgres, .log = log, .folder = e->folder, .user = user};
    enum status status = guardian_start(&what, &e->guardian, err);
    e->url = socket_url(e->folder, a);
    if (!status) {
        status = libpq_bind(err);
    }
    return status ? status : await_server(e, log, a, err);
}

enum status ephemeral_start(struct str spec, struct ephemeral **out, const char **url, struct error *err)
{
    static const char *const names[] = {"postgres", "nobody", NULL};
    struct process_user user;
    const bool root = geteuid() == 0;
    struct str bin;
    struct ephemeral *e = mem_alloc(sizeof(*e));
    *e = (struct ephemeral){.guardian = {.life = -1, .server = -1}};
    *out = NULL;
    arena_init(&e->arena, 16 << 20);
    enum status status = pgbin_find(spec, &e->arena, &bin, err);
    if (!status && root && !process_find_user(names, &user)) {
        status = error_set(err, ST_SYSTEM, "PostgreSQL does not run as root, and there is no user postgres or nobody");
    }
    if (!status) {
        status = find_folder(root ? &user : NULL, &e->arena, &e->folder, err);
    }
    if (!status) {
        status = start(e, bin, root ? &user : NULL, err);
    } else {
        e->folder = NULL;
    }
    if (status) {
        ephemeral_stop(e);
        return status;
    }
    *out = e;
    *url = e->url;
    return ST_OK;
}

void ephemeral_stop(struct ephemeral *e)
{
    if (!e) {
        return;
    }
    if (e->guardian.pid > 0) {
        guardian_end(&e->guardian);
    } else if (e->folder) {
        remove_tree(e->folder); /* no guardian came to be: it is empty */
    }
    arena_free(&e->arena);
    free(e);
}
