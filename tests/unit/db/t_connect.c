/* Connecting: what goes wrong and what it says; connection strings as they are shown. */
#include "base/arena.h"
#include "base/clock.h"
#include "db/session.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "server.h"

static enum status try_open(const struct target *target, struct error *err)
{
    struct session *s;
    const enum status status = session_open(loop, target, &s, err);
    session_close(s);
    return status;
}

/* ---- display ---- */

static void no_password_is_shown(void **state)
{
    (void)state;
    static const struct {
        const char *url, *shown;
    } cases[] = {
        {"postgres://u:secret@h:5432/db?sslmode=require", "postgres://u@h:5432/db?sslmode=require"},
        {"postgresql://u@h/db", "postgresql://u@h/db"},
        {"postgres://h1,h2:5433/db", "postgres://h1,h2:5433/db"},
        {"postgres://u:se@cret@h/db", "postgres://u@h/db"},
        {"postgres://u:se/cret@h/db", "postgres://u@h/db"},
        {"postgres://u:se?cret@h/db", "postgres://u@h/db"},
        {"postgres://u:se?c=ret@h/db", "postgres://u@h/db"},
        {"postgres://u:@h/db", "postgres://u@h/db"},
        {"postgres://h/db?user=a@b", "postgres://h/db?user=a@b"},
        {"postgres://h/db?password=secret&sslmode=require", "postgres://h/db?password=***&sslmode=require"},
        {"postgres://h/db?sslpassword=secret&passfile=/a", "postgres://h/db?sslpassword=***&passfile=/a"},
        {"postgres://h/db?PASSWORD=secret", "postgres://h/db?PASSWORD=***"},
        {"postgres:///db?host=/run/postgresql", "postgres:///db?host=/run/postgresql"},
        {"mysql://u:secret@h/db", "mysql://u@h/db"},
        {"host=h password=secret dbname=db", "host=h password=*** dbname=db"},
        {"host = h  password = 'a b\\' c' dbname=db", "host=h password=*** dbname=db"},
        {"host=h password='not closed dbname=db", "host=h password=***"},
        {"host=h password=with space dbname=db", "host=h password=*** ***"},
        {"password=secret", "password=***"},
        {"shop", "shop"},
        {NULL, "the server that the PG* variables name"},
    };
    struct strbuf out;
    strbuf_init(&out, 1000);
    for (size_t i = 0; i < countof(cases); i++) {
        strbuf_reset(&out);
        target_display(cases[i].url, &out);
        assert_string_equal(strbuf_cstr(&out), cases[i].shown);
    }
    strbuf_free(&out);
}

static bool mentions(const struct error *err, const char *text)
{
    return strstr(err->primary, text) || strstr(err->detail, text) || strstr(err->hint, text);
}

static void unreadable_strings_are_usage_errors_without_secrets(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "postgres://u:s3cret@h:port/db",       "postgres://u:s3cret%zz@h/db",
        "postgres://u:s3cret@h/db?nonsense=1", "mysql://u:s3cret@h/db",
        "host=h password=a s3cret dbname=b",   "host=h password='s3cret",
        "postgres://u:s3cret@[::1/db",         "postgres://u:s3cret@h/db?password=s3cret&x",
    };
    for (size_t i = 0; i < countof(urls); i++) {
        struct error err;
        const struct target target = {.url = urls[i]};
        assert_int_equal(try_open(&target, &err), ST_USAGE);
        if (mentions(&err, "s3cret")) {
            fail_msg("%s | %s | %s", err.primary, err.detail, err.hint);
        }
        assert_true(err.hint[0] != '\0');
    }
    struct error err;
    const struct target target = {.url = "postgres://h/db?nonsense=1"};
    assert_int_equal(try_open(&target, &err), ST_USAGE);
    assert_true(mentions(&err, "\"nonsense\""));
}

/* ---- failures ---- */

/* A port on which nothing listens, or something that never answers. */
static int listening_socket(int *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(fd, 5), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static void refused(void **state)
{
    (void)state;
    struct error err;
    char text[100];
    int port;
    close(listening_socket(&port));
    snprintf(text, sizeof(text), "postgres://u:s3cret@127.0.0.1:%d/db", port);
    const struct target target = {.url = text};
    assert_int_equal(try_open(&target, &err), ST_SERVER);
    assert_int_equal(error_sql_class(&err), SQL_CONNECTION_LOST);
    snprintf(text, sizeof(text), "cannot connect to 127.0.0.1:%d", port);
    assert_string_equal(err.primary, text);
    assert_non_null(strstr(err.detail, "refused"));
    assert_true(err.hint[0] != '\0');
    assert_false(mentions(&err, "s3cret"));
}

static void no_such_host(void **state)
{
    (void)state;
    struct error err;
    const struct target target = {.url = "postgres://nowhere.invalid/db"};
    assert_int_equal(try_open(&target, &err), ST_SERVER);
    assert_string_equal(err.primary, "cannot connect to nowhere.invalid:5432");
    assert_true(err.detail[0] != '\0');
    const struct target socket = {.url = "postgres:///db?host=/nowhere"};
    assert_int_equal(try_open(&socket, &err), ST_SERVER);
    assert_string_equal(err.primary, "cannot connect to /nowhere (socket, port 5432)");
}

static void silence_ends_at_the_timeout(void **state)
{
    (void)state;
    struct error err;
    char text[120];
    int port;
    const int fd = listening_socket(&port);
    snprintf(text, sizeof(text), "postgres://u@127.0.0.1:%d/db", port);
    const struct target target = {.url = text, .connect_timeout_ms = 150};
    const int64_t begun = clock_monotonic_ms();
    assert_int_equal(try_open(&target, &err), ST_SERVER);
    const int64_t took = clock_monotonic_ms() - begun;
    assert_true(took >= 150 && took < 3000);
    assert_int_equal(error_sql_class(&err), SQL_CONNECTION_LOST);
    snprintf(text, sizeof(text), "no answer from 127.0.0.1:%d within 150 ms", port);
    assert_string_equal(err.primary, text);
    /* from the URL, in seconds */
    snprintf(text, sizeof(text), "postgres://u@127.0.0.1:%d/db?connect_timeout=1", port);
    const struct target by_url = {.url = text};
    assert_int_equal(try_open(&by_url, &err), ST_SERVER);
    assert_non_null(strstr(err.primary, "within 1.0 s"));
    close(fd);
}

/* A socket whose queue is full: the kernel drops what comes, as a firewall does. Fills fds with what fills it. */
static int black_hole(int *port, int fds[8])
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = listening_socket(port);
    assert_int_equal(listen(fd, 0), 0);
    at.sin_port = htons((uint16_t)*port);
    for (int i = 0; i < 8; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        (void)!connect(fds[i], (struct sockaddr *)&at, sizeof(at));
    }
    return fd;
}

static void a_black_hole_is_left_for_the_next_host(void **state)
{
    (void)state;
    struct session *s;
    struct error err;
    char text[400];
    int port, fds[8];
    const int fd = black_hole(&port, fds);
    snprintf(text, sizeof(text), "host=127.0.0.1 port=%d user=postgres dbname=postgres", port);
    const struct target alone = {.url = text, .connect_timeout_ms = 1200};
    const int64_t begun = clock_monotonic_ms();
    assert_int_equal(try_open(&alone, &err), ST_SERVER);
    assert_int_equal(error_sql_class(&err), SQL_CONNECTION_LOST);
    assert_true(clock_monotonic_ms() - begun < 5000);
    snprintf(text, sizeof(text), "host=127.0.0.1,%s port=%d,5432 user=postgres dbname=postgres",
             strstr(url, "host=") + 5, port);
    const struct target both = {.url = text, .connect_timeout_ms = 1200};
    if (session_open(loop, &both, &s, &err) != ST_OK) {
        fail_msg("%s: %s", err.primary, err.detail);
    }
    session_close(s);
    for (int i = 0; i < 8; i++) {
        close(fds[i]);
    }
    close(fd);
}

static void a_silent_host_is_left_for_the_next(void **state)
{
    (void)state;
    struct session *s;
    struct error err;
    char text[400];
    int port;
    const int fd = listening_socket(&port);
    const int64_t begun = clock_monotonic_ms();
    snprintf(text, sizeof(text), "host=localhost,%s port=%d,5432 user=postgres dbname=postgres",
             strstr(url, "host=") + 5, port);
    const struct target both = {.url = text, .connect_timeout_ms = 400};
    if (session_open(loop, &both, &s, &err) != ST_OK) {
        fail_msg("%s: %s", err.primary, err.detail);
    }
    assert_true(clock_monotonic_ms() - begun >= 400);
    session_close(s);
    snprintf(text, sizeof(text), "host=127.0.0.1,127.0.0.1 port=%d user=postgres", port);
    assert_int_equal(try_open(&both, &err), ST_SERVER);
    assert_non_null(strstr(err.primary, "no answer from 127.0.0.1"));
    close(fd);
}

static void a_name_is_looked_up_and_all_its_addresses_are_tried(void **state)
{
    (void)state;
    struct error err;
    char text[400], name[256];
    int port;
    close(listening_socket(&port));
    assert_int_equal(gethostname(name, sizeof(name)), 0);
    snprintf(text, sizeof(text), "host=nowhere.invalid,%s port=%d user=postgres", name, port);
    const struct target target = {.url = text};
    assert_int_equal(try_open(&target, &err), ST_SERVER);
    assert_string_equal(err.sqlstate, "08001");
    assert_non_null(strstr(err.detail, "refused"));
}

static void a_standby_is_not_what_read_write_asks_for(void **state)
{
    (void)state;
    struct error err;
    char text[400];
    const struct target writable = {.url = url, .read_write = true};
    assert_int_equal(try_open(&writable, &err), ST_OK);
    snprintf(text, sizeof(text), "%s&options=-cdefault_transaction_read_only%%3Don", url);
    const struct target readable = {.url = text, .read_write = true};
    assert_int_equal(try_open(&readable, &err), ST_SERVER);
    assert_int_equal(error_sql_class(&err), SQL_CONNECTION_LOST);
}

static void something_else_listens(void **state)
{
    (void)state;
    struct error err;
    char text[100];
    int port;
    const int fd = listening_socket(&port);
    const pid_t child = fork();
    if (child == 0) {
        const int client = accept(fd, NULL, NULL);
        char buffer[100];
        if (read(client, buffer, sizeof(buffer)) > 0 && write(client, "SSH-2.0-x\r\n", 11) < 0) {
            _exit(1);
        }
        close(client);
        _exit(0);
    }
    snprintf(text, sizeof(text), "postgres://u@127.0.0.1:%d/db?sslmode=disable", port);
    const struct target target = {.url = text, .connect_timeout_ms = 5000};
    assert_int_equal(try_open(&target, &err), ST_SERVER);
    assert_non_null(strstr(err.hint, "did not answer as PostgreSQL does"));
    close(fd);
    waitpid(child, NULL, 0);
}

static void run(const char *sql)
{
    struct session *s;
    struct error err;
    const struct target target = {.url = url};
    assert_int_equal(session_open(loop, &target, &s, &err), ST_OK);
    if (session_simple(s, str_of(sql), 0, NULL, &err) != ST_OK) {
        fail_msg("%s: %s", sql, err.primary);
    }
    session_close(s);
}

/* The server's URL with another database or user. */
static const char *other(char out[300], const char *user, const char *database)
{
    const char *host = strstr(url, "host=");
    snprintf(out, 300, "postgres://%s@/%s?%s&port=5432", user, database, host);
    return out;
}

static void refusals_of_the_server(void **state)
{
    (void)state;
    struct error err;
    char text[300];
    const struct target no_database = {.url = other(text, "postgres", "nowhere")};
    assert_int_equal(try_open(&no_database, &err), ST_SERVER);
    assert_string_equal(err.sqlstate, "3D000");
    assert_non_null(strstr(err.primary, "database \"nowhere\" does not exist"));
    assert_non_null(strstr(err.hint, "createdb"));

    run("CREATE ROLE few LOGIN CONNECTION LIMIT 0");
    const struct target too_many = {.url = other(text, "few", "postgres")};
    assert_int_equal(try_open(&too_many, &err), ST_SERVER);
    assert_int_equal(error_sql_class(&err), SQL_TOO_MANY);
    assert_true(err.hint[0] != '\0');

    const struct target no_role = {.url = other(text, "nobody_here", "postgres")};
    assert_int_equal(try_open(&no_role, &err), ST_SERVER);
    assert_string_equal(err.sqlstate, "28000");
}

static enum status give_password(void *arg, struct strbuf *password, struct error *err)
{
    (void)err;
    ++*(int *)arg;
    strbuf_add_cstr(password, "w0rd of it");
    return ST_OK;
}

static enum status give_error(void *arg, struct strbuf *password, struct error *err)
{
    (void)arg;
    (void)password;
    return error_set(err, ST_REMOTE, "no token to be had");
}

static void passwords_are_asked_for_per_connection(void **state)
{
    (void)state;
    struct error err;
    char text[300], with[400];
    int calls = 0;
    run("CREATE ROLE pw LOGIN PASSWORD 'w0rd of it'");
    run("CREATE ROLE nopw LOGIN PASSWORD 'other'");
    run("COPY (VALUES ('local all pw,nopw md5'), ('local all all trust')) TO PROGRAM 'cat > pg_hba.conf'");
    run("SELECT pg_reload_conf()");
    const struct target asks = {
        .url = other(text, "pw", "postgres"), .password = give_password, .password_arg = &calls};
    /* the reload takes its time to reach the postmaster */
    const struct target none = {.url = text};
    const int64_t until = clock_monotonic_ms() + 10000;
    while (try_open(&none, &err) == ST_OK && clock_monotonic_ms() < until) {
        assert_int_equal(loop_sleep(loop, 10, &err), ST_OK);
    }
    assert_string_equal(err.sqlstate, "28P01");
    assert_non_null(strstr(err.hint, "--password-file"));
    assert_int_equal(try_open(&asks, &err), ST_OK);
    assert_int_equal(try_open(&asks, &err), ST_OK);
    assert_int_equal(calls, 2);
    const struct target wrong = {
        .url = other(text, "nopw", "postgres"), .password = give_password, .password_arg = &calls};
    assert_int_equal(try_open(&wrong, &err), ST_SERVER);
    assert_string_equal(err.sqlstate, "28P01");
    assert_non_null(strstr(err.primary, "password authentication failed for user \"nopw\""));
    assert_false(mentions(&err, "w0rd"));
    /* the URL's own password goes first */
    calls = 0;
    snprintf(with, sizeof(with), "%s&password=other", text);
    const struct target own = {.url = with, .password = give_password, .password_arg = &calls};
    assert_int_equal(try_open(&own, &err), ST_OK);
    assert_int_equal(calls, 0);
    const struct target fails = {.url = text, .password = give_error};
    assert_int_equal(try_open(&fails, &err), ST_REMOTE);
}

static void the_next_host_is_tried(void **state)
{
    (void)state;
    struct session *s;
    struct error err;
    char text[400];
    const char *host = strstr(url, "host=") + 5;
    snprintf(text, sizeof(text), "host=/nowhere,%s user=postgres dbname=postgres port=5432", host);
    const struct target target = {.url = text};
    if (session_open(loop, &target, &s, &err) != ST_OK) {
        fail_msg("%s: %s", err.primary, err.detail);
    }
    assert_non_null(strstr(session_host(s), host));
    assert_true(session_server_version(s) >= 130000);
    session_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_password_is_shown),
        cmocka_unit_test(unreadable_strings_are_usage_errors_without_secrets),
        cmocka_unit_test(refused),
        cmocka_unit_test(no_such_host),
        cmocka_unit_test(silence_ends_at_the_timeout),
        cmocka_unit_test(a_black_hole_is_left_for_the_next_host),
        cmocka_unit_test(a_silent_host_is_left_for_the_next),
        cmocka_unit_test(a_name_is_looked_up_and_all_its_addresses_are_tried),
        cmocka_unit_test(a_standby_is_not_what_read_write_asks_for),
        cmocka_unit_test(something_else_listens),
        cmocka_unit_test(refusals_of_the_server),
        cmocka_unit_test(passwords_are_asked_for_per_connection),
        cmocka_unit_test(the_next_host_is_tried),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
