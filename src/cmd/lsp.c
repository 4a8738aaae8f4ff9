/* lsp: a language server on standard input and output. */
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/signals.h"
#include "cmd/base.h"
#include "cmd/commands.h"
#include "cmd/lsp_document.h"
#include "cmd/lsp_fix.h"
#include "cmd/lsp_wire.h"
#include "report/escape.h"
#include "report/json.h"
#include "rules/runner.h"

/* How long nothing is typed before a document is judged. */
enum { QUIET_MS = 100, QUEUE_MAX = 1000 };

enum rpc_error {
    RPC_PARSE = -32700,
    RPC_REQUEST = -32600,
    RPC_METHOD = -32601,
    RPC_PARAMS = -32602,
    RPC_NOT_INITIALIZED = -32002,
    RPC_CANCELLED = -32800,
};

struct server {
    struct context *c;
    struct lsp_wire wire;
    struct lsp_world world;
    struct lsp_texts texts;
    enum lsp_encoding encoding;
    bool initialized, shut_down, ended;
    VEC(struct lsp_document *) documents;
    VEC(json_t *) queue;   /* read and not handled */
    struct settings said;  /* by command line and environment */
    struct stat config;    /* migrate.yaml when it was read; st_ino 0: there was none */
    struct str config_uri; /* of a file that was refused, and is marked in the editor; empty: none */
};

/* ---- messages ---- */

static void respond(struct server *s, const json_t *id, json_t *result)
{
    lsp_wire_write(&s->wire, json_pack("{s:s, s:O, s:o}", "jsonrpc", "2.0", "id", id, "result", result));
}

static void respond_error(struct server *s, const json_t *id, enum rpc_error code, const char *message)
{
    json_t *error = json_pack("{s:i, s:s}", "code", (int)code, "message", message);
    lsp_wire_write(&s->wire, json_pack("{s:s, s:o, s:o}", "jsonrpc", "2.0", "id", id ? json_deep_copy(id) : json_null(),
                                       "error", error));
}

static void notify(struct server *s, const char *method, json_t *params)
{
    lsp_wire_write(&s->wire, json_pack("{s:s, s:s, s:o}", "jsonrpc", "2.0", "method", method, "params", params));
}

static struct str text_of(const json_t *v)
{
    return json_is_string(v) ? (struct str){json_string_value(v), json_string_length(v)} : STR_NONE;
}

/* ---- documents ---- */

static bool unsaved_text(const void *self, struct str path, struct str *text, int64_t *version)
{
    const struct server *s = self;
    for (size_t i = 0; i < s->documents.n; i++) {
        if (str_eq(s->documents.at[i]->path, path)) {
            *text = strbuf_str(&s->documents.at[i]->text);
            *version = s->documents.at[i]->version;
            return true;
        }
    }
    return false;
}

static struct lsp_document *document_of(const struct server *s, const json_t *params)
{
    const struct str uri = text_of(json_object_get(json_object_get(params, "textDocument"), "uri"));
    for (size_t i = 0; i < s->documents.n; i++) {
        if (str_eq(s->documents.at[i]->uri, uri)) {
            return s->documents.at[i];
        }
    }
    return NULL;
}

/* A change of one may be what another stands on. */
static void all_dirty(struct server *s)
{
    for (size_t i = 0; i < s->documents.n; i++) {
        s->documents.at[i]->dirty = true;
    }
}

static bool did_open(struct server *s, const json_t *params)
{
    const json_t *o = json_object_get(params, "textDocument");
    const struct str uri = text_of(json_object_get(o, "uri")), text = text_of(json_object_get(o, "text"));
    struct lsp_document *d = document_of(s, params);
    if (!uri.p || !text.p) {
        return false;
    }
    if (!d) {
        d = lsp_document_new(uri);
        *vec_push(NULL, &s->documents) = d;
    }
    d->version = json_integer_value(json_object_get(o, "version"));
    strbuf_reset(&d->text);
    strbuf_add(&d->text, text);
    all_dirty(s);
    return true;
}

static bool did_change(struct server *s, const json_t *params)
{
    struct lsp_document *d = document_of(s, params);
    if (!d) {
        return false;
    }
    d->version = json_integer_value(json_object_get(json_object_get(params, "textDocument"), "version"));
    all_dirty(s);
    return lsp_text_change(&d->text, json_object_get(params, "contentChanges"), s->encoding);
}

static bool did_close(struct server *s, const json_t *params)
{
    struct lsp_document *d = document_of(s, params);
    if (!d) {
        return false;
    }
    notify(s, "textDocument/publishDiagnostics", json_pack("{s:o, s:[]}", "uri", json_text(d->uri), "diagnostics"));
    for (size_t i = 0; i < s->documents.n; i++) {
        if (s->documents.at[i] == d) {
            s->documents.at[i] = s->documents.at[--s->documents.n];
        }
    }
    lsp_document_free(d);
    all_dirty(s);
    return true;
}

static bool marks_dirty(struct server *s, const json_t *params)
{
    (void)params;
    all_dirty(s);
    return true;
}

/* ---- settings ---- */

/* What keeps migrate.yaml from being read, as a message and as a mark in it. */
static void tell_config(struct server *s, const struct error *err)
{
    struct arena a;
    struct strbuf words;
    arena_init(&a, 1 << 20);
    strbuf_init(&words, 8192);
    error_format(err, &words);
    notify(s, "window/showMessage",
           json_pack("{s:i, s:o}", "type", 1, "message", json_text(str_trim(strbuf_str(&words)))));
    if (err->file[0]) {
        const struct str path = path_absolute(&a, str_of(err->file));
        const json_int_t line = err->line > 0 ? err->line - 1 : 0, column = err->column > 0 ? err->column - 1 : 0;
        struct strbuf uri;
        strbuf_init(&uri, 1 << 16);
        add_uri(&uri, path);
        s->config_uri = arena_str(&s->c->arena, strbuf_str(&uri));
        strbuf_free(&uri);
        notify(s, "textDocument/publishDiagnostics",
               json_pack("{s:o, s:[{s:{s:{s:I, s:I}, s:{s:I, s:I}}, s:i, s:s, s:s}]}", "uri", json_text(s->config_uri),
                         "diagnostics", "range", "start", "line", line, "character", column, "end", "line", line,
                         "character", column + 1, "severity", 1, "source", "migrate", "message", err->primary));
    }
    strbuf_free(&words);
    arena_free(&a);
}

static void untell_config(struct server *s)
{
    if (s->config_uri.n > 0) {
        notify(s, "textDocument/publishDiagnostics",
               json_pack("{s:o, s:[]}", "uri", json_text(s->config_uri), "diagnostics"));
        s->config_uri = STR("");
    }
}

/* Read migrate.yaml and the rules; where that fails, what held before still holds. */
static void read_settings(struct server *s)
{
    struct context *c = s->c;
    struct error err = {0};
    struct settings set = s->said;
    struct config config;
    struct rulebook before = c->book;
    const struct settings set_before = c->set;
    const struct config config_before = c->config;
    lsp_world_forget(&s->world);
    enum status status = config_load(&config, c->line, &c->arena, &set, &err);
    if (!status) {
        c->set = set;
        c->config = config;
        c->book = (struct rulebook){0};
        status = context_rulebook(c, &err);
        rulebook_free(status ? &c->book : &before);
        if (status) {
            c->book = before;
            c->set = set_before;
            c->config = config_before;
        }
    }
    if (status) {
        tell_config(s, &err);
    } else {
        untell_config(s);
    }
    all_dirty(s);
}

/* Was migrate.yaml written, made or taken away since it was read? */
static void look_at_settings(struct server *s)
{
    struct stat now = {0};
    struct arena a;
    arena_init(&a, 1 << 20);
    const char *path = s->said.config ? s->said.config : config_search(&a);
    if (!path || !path[0] || stat(path, &now) != 0) {
        now = (struct stat){0};
    }
    arena_free(&a);
    if (now.st_ino != s->config.st_ino || now.st_size != s->config.st_size ||
        now.st_mtim.tv_sec != s->config.st_mtim.tv_sec || now.st_mtim.tv_nsec != s->config.st_mtim.tv_nsec) {
        s->config = now;
        read_settings(s);
    }
}

/* ---- requests ---- */

static bool has_encoding(const json_t *params, const char *name)
{
    const json_t *general = json_object_get(json_object_get(params, "capabilities"), "general");
    const json_t *list = json_object_get(general, "positionEncodings");
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (str_eq(text_of(json_array_get(list, i)), str_of(name))) {
            return true;
        }
    }
    return false;
}

/* The workspace's folder becomes the working directory: paths of the settings are seen from there. */
static void enter_workspace(const json_t *params)
{
    const json_t *folders = json_object_get(params, "workspaceFolders");
    struct str uri = text_of(json_object_get(json_array_get(folders, 0), "uri"));
    uri = uri.p ? uri : text_of(json_object_get(params, "rootUri"));
    if (uri.p) {
        char *path = lsp_path_of(uri);
        if (chdir(path) != 0) {
            fprintf(stderr, "migrate: cannot enter %s\n", path);
        }
        free(path);
    }
}

static json_t *initialize(struct server *s, const json_t *params)
{
    static const char *const names[] = {"utf-16", "utf-8", "utf-32"};
    s->encoding = has_encoding(params, "utf-8") ? LSP_UTF8 : LSP_UTF16;
    s->initialized = true;
    enter_workspace(params);
    return json_pack("{s:{s:s, s:{s:b, s:i, s:{s:b}}, s:b, s:{s:[s]}}, s:{s:s, s:s}}", "capabilities",
                     "positionEncoding", names[s->encoding], "textDocumentSync", "openClose", 1, "change", 2, "save",
                     "includeText", 0, "hoverProvider", 1, "codeActionProvider", "codeActionKinds", "quickfix",
                     "serverInfo", "name", "migrate", "version", MIGRATE_VERSION);
}

static void judge(struct server *s, struct lsp_document *d)
{
    lsp_document_judge(d, &s->world, &s->texts);
    notify(s, "textDocument/publishDiagnostics", lsp_document_diagnostics(d, s->encoding));
}

static json_t *hover(struct server *s, const json_t *params)
{
    struct lsp_document *d = document_of(s, params);
    struct lsp_place place;
    if (!d || !lsp_position_read(json_object_get(params, "position"), &place)) {
        return NULL;
    }
    if (d->dirty) {
        judge(s, d);
    }
    const size_t at = lsp_offset(strbuf_str(&d->text), place, s->encoding);
    return lsp_document_hover(d, &s->world, &s->texts, at, s->encoding);
}

static json_t *code_action(struct server *s, const json_t *params)
{
    struct lsp_document *d = document_of(s, params);
    const json_t *range = json_object_get(params, "range");
    struct lsp_place from, to;
    if (!d || !lsp_position_read(json_object_get(range, "start"), &from) ||
        !lsp_position_read(json_object_get(range, "end"), &to)) {
        return NULL;
    }
    if (d->dirty) {
        judge(s, d);
    }
    const struct str text = strbuf_str(&d->text);
    const size_t start = lsp_offset(text, from, s->encoding), end = lsp_offset(text, to, s->encoding);
    json_t *actions = json_new_array();
    lsp_fixes(d, &s->world, &s->texts, start, end, s->encoding, actions);
    lsp_allows(d, start, end, s->encoding, actions);
    return actions;
}

static json_t *shut_down(struct server *s, const json_t *params)
{
    (void)params;
    s->shut_down = true;
    return json_null();
}

static const struct {
    const char *name;
    json_t *(*answer)(struct server *s, const json_t *params); /* NULL: the parameters are wrong */
} requests[] = {{"initialize", initialize},
                {"shutdown", shut_down},
                {"textDocument/hover", hover},
                {"textDocument/codeAction", code_action}};

static const struct {
    const char *name;
    bool (*take)(struct server *s, const json_t *params); /* false: the parameters are wrong */
} notifications[] = {{"textDocument/didOpen", did_open},
                     {"textDocument/didChange", did_change},
                     {"textDocument/didClose", did_close},
                     {"textDocument/didSave", marks_dirty},
                     {"workspace/didChangeConfiguration", marks_dirty},
                     {"workspace/didChangeWatchedFiles", marks_dirty}};

static void handle_request(struct server *s, struct str method, const json_t *id, const json_t *params)
{
    const bool first = str_eq(method, STR("initialize"));
    if (s->shut_down || (first && s->initialized)) {
        respond_error(s, id, RPC_REQUEST, s->shut_down ? "the server is shut down" : "initialized already");
        return;
    }
    if (!first && !s->initialized) {
        respond_error(s, id, RPC_NOT_INITIALIZED, "initialize comes first");
        return;
    }
    for (size_t i = 0; i < countof(requests); i++) {
        if (str_eq(method, str_of(requests[i].name))) {
            if (!first) {
                look_at_settings(s);
            }
            json_t *answer = requests[i].answer(s, params);
            if (answer) {
                respond(s, id, answer);
            } else {
                respond_error(s, id, RPC_PARAMS, "no such document, or no such place");
            }
            return;
        }
    }
    respond_error(s, id, RPC_METHOD, "no such method");
}

static void handle_notification(struct server *s, struct str method, const json_t *params)
{
    if (str_eq(method, STR("exit"))) {
        s->ended = true;
    }
    for (size_t i = 0; i < countof(notifications) && s->initialized && !s->shut_down; i++) {
        if (str_eq(method, str_of(notifications[i].name)) && !notifications[i].take(s, params)) {
            notify(s, "window/logMessage",
                   json_pack("{s:i, s:o}", "type", 2, "message",
                             json_sprintf("%s cannot be read, and was passed over", notifications[i].name)));
        }
    }
}

static void handle(struct server *s, const json_t *message)
{
    const struct str method = text_of(json_object_get(message, "method"));
    const json_t *id = json_object_get(message, "id"), *params = json_object_get(message, "params");
    if (!method.p) {
        if (!json_object_get(message, "result") &&
            !json_object_get(message, "error")) { /* an answer: none is awaited */
            respond_error(s, id, RPC_REQUEST, "a request has a method");
        }
    } else if (id) {
        handle_request(s, method, id, params);
    } else {
        handle_notification(s, method, params);
    }
}

/* ---- the loop ---- */

/* A request that still waits is taken out and answered as cancelled. */
static void cancel(struct server *s, const json_t *message)
{
    const json_t *id = json_object_get(json_object_get(message, "params"), "id");
    for (size_t i = 0; i < s->queue.n; i++) {
        const json_t *waiting = json_object_get(s->queue.at[i], "id");
        if (waiting && id && json_equal(waiting, id)) {
            respond_error(s, id, RPC_CANCELLED, "cancelled");
            json_decref(s->queue.at[i]);
            memmove(&s->queue.at[i], &s->queue.at[i + 1], (s->queue.n - i - 1) * sizeof s->queue.at[0]);
            s->queue.n--;
            return;
        }
    }
}

static bool any_dirty(const struct server *s)
{
    for (size_t i = 0; i < s->documents.n; i++) {
        if (s->documents.at[i]->dirty) {
            return true;
        }
    }
    return false;
}

/* Everything that has come goes to the queue first, so that a cancelled request and an older text cost nothing. */
static void read_all(struct server *s)
{
    int wait = any_dirty(s) ? QUIET_MS : -1;
    while (s->queue.n < QUEUE_MAX && !s->ended) {
        json_t *message;
        const enum lsp_read what = lsp_wire_read(&s->wire, s->queue.n > 0 ? 0 : wait, &message);
        if (what == LSP_READ_QUIET) {
            return;
        }
        if (what == LSP_READ_END) {
            s->ended = s->queue.n == 0;
            return;
        }
        if (what == LSP_READ_BAD) {
            respond_error(s, NULL, RPC_PARSE, "no message that can be read");
            continue;
        }
        if (str_eq(text_of(json_object_get(message, "method")), STR("$/cancelRequest"))) {
            cancel(s, message);
            json_decref(message);
        } else if (json_is_array(message)) {
            respond_error(s, NULL, RPC_REQUEST, "batches are not part of the protocol");
            json_decref(message);
        } else {
            *vec_push(NULL, &s->queue) = message;
        }
    }
}

static void judge_dirty(struct server *s)
{
    look_at_settings(s);
    for (size_t i = 0; i < s->documents.n; i++) {
        if (s->documents.at[i]->dirty) {
            judge(s, s->documents.at[i]);
        }
    }
}

static void serve(struct server *s)
{
    while (!s->ended && !s->wire.failed && !signals_pending()) {
        read_all(s);
        for (size_t i = 0; i < s->queue.n && !s->ended; i++) {
            handle(s, s->queue.at[i]);
        }
        const bool quiet = s->queue.n == 0;
        for (size_t i = 0; i < s->queue.n; i++) {
            json_decref(s->queue.at[i]);
        }
        s->queue.n = 0;
        if (quiet && !s->ended && any_dirty(s)) {
            judge_dirty(s);
        }
    }
}

static enum status run(struct context *c, struct error *err)
{
    struct server s = {.c = c, .said = c->set, .config_uri = STR("")};
    const enum status status = context_rulebook(c, err); /* what holds until a migrate.yaml can be read */
    if (status) {
        return status;
    }
    signals_install();
    lsp_wire_init(&s.wire, STDIN_FILENO, STDOUT_FILENO);
    lsp_world_init(&s.world, c);
    s.texts = (struct lsp_texts){unsaved_text, &s};
    s.config = (struct stat){.st_size = -1}; /* not looked for yet: the workspace is not known */
    serve(&s);
    for (size_t i = 0; i < s.documents.n; i++) {
        lsp_document_free(s.documents.at[i]);
    }
    vec_free(&s.documents);
    vec_free(&s.queue);
    lsp_world_free(&s.world);
    lsp_wire_free(&s.wire);
    return s.shut_down ? ST_OK : ST_CHECK;
}

static const struct option options[] = {
    CATALOG_ROW("what exists and how large it is is in FILE, written by migrate catalog pull"),
    {"runner", 0, OPTION_CHOICE, RUNNER_WORDS, offsetof(struct settings, runner),
     "judge transactions as that tool sends the file", 0, 0},
    {"parts", 0, OPTION_CHOICE, PARTS_WORDS, offsetof(struct settings, parts),
     "judge what goes forward, what undoes it, or both (both)", 0, 0},
    {"stdio", 0, OPTION_FLAG, NULL, offsetof(struct settings, stdio), "the only way there is; clients like to say it",
     0, 0},
};

const struct command cmd_lsp = {
    .name = "lsp",
    .summary = "a language server: findings while you type, explanations, ways out",
    .usage = "",
    .about = "Speaks the Language Server Protocol on standard input and output, for editors. Open\n"
             "migrations are judged as they are typed, on top of the earlier files of their folder\n"
             "(as they are in the editor, where those are open, too). Hovering over a statement\n"
             "explains its locks by server version; code actions write the safe form, as lint --fix\n"
             "does, or allow a finding by a comment.\n"
             "migrate.yaml counts as for lint, and is read again when it changes.",
    .examples = "migrate lsp\nmigrate lsp --server-version 16",
    .exits = "012",
    .options = options,
    .n_options = countof(options),
    .groups = GROUP_JUDGE | GROUP_PAST | GROUP_FILES | GROUP_COMMON,
    .own_config = true,
    .run = run,
};
