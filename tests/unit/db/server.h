/*
 * server.h - a throw-away server, and a loop for sessions on it, for a group of tests: start_server and stop_server are
 * the group's setup and teardown.
 */
#ifndef MIGRATE_TESTS_DB_SERVER_H
#define MIGRATE_TESTS_DB_SERVER_H

#include <setjmp.h>
/* cmocka needs setjmp.h before it */
#include <cmocka.h>

#include "db/ephemeral.h"
#include "db/loop.h"

static struct ephemeral *server;
static const char *url;
static struct loop *loop;

static int start_server(void **state UNUSED)
{
    struct error err;
    loop = loop_new();
    if (ephemeral_start(STR_NONE, &server, &url, &err) != ST_OK) {
        print_error("%s\n%s\n", err.primary, err.detail);
        return -1;
    }
    return 0;
}

static int stop_server(void **state UNUSED)
{
    ephemeral_stop(server);
    loop_free(loop);
    return 0;
}

#endif
