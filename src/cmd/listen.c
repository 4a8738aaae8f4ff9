#include "cmd/listen.h"

#include <pwd.h>

/*
 * Where programs keep what outlives a restart but is no document: https://specifications.freedesktop.org/basedir-spec/ (a relative
 * XDG_STATE_HOME is to be ignored).
 */
const char *journal_path(struct context *c)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (c->set.journal) {
        return c->set.journal;
    }
    if (state && state[0] == '/') {
        return arena_printf(&c->arena, "%s/migrate/journal.sqlite", state).p;
    }
    if (!home || home[0] != '/') {
        const struct passwd *pw = getpwuid(geteuid());
        home = pw ? pw->pw_dir : NULL;
    }
    return home && home[0] == '/' ? arena_printf(&c->arena, "%s/.local/state/migrate/journal.sqlite", home).p : "";
}

static void trouble(void *arg, const struct error *why)
{
    const struct listeners *l = arg;
    struct strbuf out;
    if (l->c->set.quiet) {
        return;
    }
    strbuf_init(&out, 8192);
    strbuf_addf(&out, "migrate: note: %s; the run itself goes on (--no-journal: none is kept)\n", why->primary);
    context_say(strbuf_str(&out));
    strbuf_free(&out);
}

void listen_begin(struct listeners *l, struct context *c, bool down)
{
    struct strbuf database;
    struct error err;
    const char *path = journal_path(c);
    *l = (struct listeners){.c = c};
    progress_init(&l->progress, c->set.json ? stdout : stderr);
    l->progress.json = c->set.json;
    l->progress.quiet = c->set.quiet;
    l->progress.verbose = c->set.verbose;
    l->progress.terminal = !c->set.json && isatty(STDERR_FILENO);
    l->progress.colour = context_colour(c, STDERR_FILENO);
    if (!path[0]) {
        return;
    }
    strbuf_init(&database, 4096);
    if (c->ephemeral) {
        strbuf_add_cstr(&database, "ephemeral:");
    } else {
        target_display(c->target.url, &database);
    }
    const struct journal_about about = {
        .command = c->command->name,
        .database = strbuf_cstr(&database),
        .server_version = session_server_version(c->session),
        .down = down,
        .trouble = trouble,
        .arg = l,
    };
    if (journal_open(path, &about, &l->journal, &err)) {
        trouble(l, &err);
    }
    strbuf_free(&database);
}

void listen_emit(void *arg, const struct event *e)
{
    struct listeners *l = arg;
    progress_emit(&l->progress, e);
    journal_emit(l->journal, e);
    if (l->c->also.emit) {
        l->c->also.emit(l->c->also.arg, e);
    }
}

void listen_end(struct listeners *l, enum status status, const struct error *err)
{
    journal_end(l->journal, status, exit_code(status, err->signal), err);
    journal_close(l->journal);
    progress_free(&l->progress);
}
