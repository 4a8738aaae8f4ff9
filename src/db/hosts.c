#include "db/hosts.h"

#include "base/clock.h"
#include "db/child.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

enum { MAX_HOSTS = 256, MAX_ANSWER = 64 * 1024 };

/* In the child: an address per line, or "!" and why there is none. */
static void look_up(int fd, void *arg)
{
    const struct addrinfo wish = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    const int failed = getaddrinfo(arg, NULL, &wish, &found);
    if (failed) {
        dprintf(fd, "!%s\n", gai_strerror(failed));
        return;
    }
    for (const struct addrinfo *i = found; i; i = i->ai_next) {
        char text[NI_MAXHOST];
        if (getnameinfo(i->ai_addr, i->ai_addrlen, text, sizeof(text), NULL, 0, NI_NUMERICHOST) == 0) {
            dprintf(fd, "%s\n", text);
        }
    }
    freeaddrinfo(found);
}

static bool is_address(const char *name)
{
    struct in6_addr bytes;
    return inet_pton(AF_INET, name, &bytes) == 1 || inet_pton(AF_INET6, name, &bytes) == 1;
}

static enum status cannot_look_up(const struct host *h, const char *why, struct error *err)
{
    error_set(err, ST_SERVER, "cannot connect to %s:%s", h->name, h->port[0] ? h->port : "5432");
    error_detail(err, "the name \"%s\" cannot be looked up: %s", h->name, why);
    error_hint(err, "check the host's name in the URL, and this machine's name servers");
    memcpy(err->sqlstate, "08001", sizeof("08001"));
    return ST_SERVER;
}

/* One host of which only the name is known: its addresses, each once, in the order of the system's preference. */
static enum status add_name(struct loop *l, const struct host *h, int timeout_ms, struct arena *a,
                            struct host_list *out, struct error *err)
{
    struct strbuf answer;
    enum status status = ST_OK;
    strbuf_init(&answer, MAX_ANSWER);
    char *const name = arena_cstr(a, str_of(h->name));
    switch (child_run(l, look_up, name, clock_monotonic_ms() + timeout_ms, true, &answer)) {
    case CHILD_SIGNAL:
        status = loop_interrupt_error(err);
        break;
    case CHILD_TIMEOUT:
        status = cannot_look_up(h, "the name servers do not answer", err);
        break;
    case CHILD_FAILED:
        *vec_push(a, out) = *h; /* libpq does it then */
        break;
    case CHILD_DONE: {
        struct str rest = strbuf_str(&answer), line;
        const size_t before = out->n;
        if (str_starts(rest, STR("!"))) {
            status = cannot_look_up(h, arena_cstr(a, str_trim(str_slice(rest, 1, rest.n))), err);
            break;
        }
        while (str_next(&rest, '\n', &line) && out->n < MAX_HOSTS) {
            bool known = line.n == 0;
            for (size_t i = before; i < out->n && !known; i++) {
                known = str_eq(str_of(out->at[i].address), line);
            }
            if (!known) {
                *vec_push(a, out) = (struct host){h->name, arena_cstr(a, line), h->port};
            }
        }
        if (out->n == before) {
            status = cannot_look_up(h, "it has no address", err);
        }
        break;
    }
    }
    strbuf_free(&answer);
    return status;
}

/* The next of a comma-separated list; the list's only one stands for all. */
static const char *next_of(struct str *rest, size_t i, const char *first, struct arena *a)
{
    struct str part;
    if (str_next(rest, ',', &part)) {
        return arena_cstr(a, str_trim(part));
    }
    return i > 0 && first ? first : "";
}

enum status hosts_find(struct loop *l, const char *hosts, const char *addresses, const char *ports, int timeout_ms,
                       struct arena *a, struct host_list *out, struct error *err)
{
    const char *const longer = addresses && addresses[0] ? addresses : hosts ? hosts : "";
    struct str each = str_of(longer), part;
    struct str host_rest = str_of(hosts), address_rest = str_of(addresses), port_rest = str_of(ports);
    const char *first_port = NULL;
    enum status failure = ST_OK;
    *out = (struct host_list){0};
    for (size_t i = 0; str_next(&each, ',', &part); i++) {
        struct host h = {next_of(&host_rest, i, NULL, a), next_of(&address_rest, i, NULL, a),
                         next_of(&port_rest, i, first_port, a)};
        first_port = i == 0 && str_find_char(str_of(ports), ',') == SIZE_MAX ? h.port : first_port;
        const bool plain = h.address[0] || !h.name[0] || h.name[0] == '/' || h.name[0] == '@' || is_address(h.name) ||
                           strcmp(h.name, "localhost") == 0;
        if (plain) {
            *vec_push(a, out) = h;
            continue;
        }
        const enum status status = add_name(l, &h, timeout_ms, a, out, err);
        if (status == ST_INTERRUPTED) {
            return status;
        }
        failure = status ? status : failure;
    }
    return out->n > 0 ? ST_OK : failure;
}

void hosts_values(const struct host_list *list, size_t from, struct arena *a, const char **hosts,
                  const char **addresses, const char **ports)
{
    struct strbuf text[3];
    const char **const out[3] = {hosts, addresses, ports};
    for (size_t k = 0; k < 3; k++) {
        strbuf_init(&text[k], MAX_ANSWER);
        for (size_t i = from; i < list->n; i++) {
            const char *const part[3] = {list->at[i].name, list->at[i].address, list->at[i].port};
            strbuf_addf(&text[k], "%s%s", i > from ? "," : "", part[k]);
        }
        *out[k] = arena_cstr(a, strbuf_str(&text[k]));
        strbuf_free(&text[k]);
    }
}
