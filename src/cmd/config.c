/* migrate.yaml: finding it, reading it by the table, choosing an environment. */
#include "cmd/config.h"

#include <sys/stat.h>

#include "base/file.h"
#include "migration/layout.h"
#include "rules/yaml.h"

enum { CONFIG_MAX_BYTES = 1 << 20, SEARCH_MAX = 128 };

struct reading {
    struct config *config;
    struct settings *s;
    const struct command_line *line;
    struct arena *a;
    struct error *err;
    const char *environment; /* NULL: the top of the file */
    bool taken;              /* not an environment that was not chosen: that is only checked */
};

static enum status refuse(const struct reading *r, unsigned line, unsigned column)
{
    error_place(r->err, r->config->path, line, column);
    return ST_USAGE;
}

/* ---- search ---- */

/* Is the folder (a path that ends with '/') its own parent? */
static bool is_root(struct arena *a, struct str folder)
{
    struct stat here, above;
    return stat(arena_printf(a, "%.*s.", STR_ARG(folder)).p, &here) != 0 ||
           stat(arena_printf(a, "%.*s..", STR_ARG(folder)).p, &above) != 0 ||
           (here.st_dev == above.st_dev && here.st_ino == above.st_ino);
}

const char *config_search(struct arena *a)
{
    struct str folder = STR("");
    for (unsigned depth = 0; depth < SEARCH_MAX; depth++) {
        const char *path = arena_printf(a, "%.*smigrate.yaml", STR_ARG(folder)).p;
        if (file_kind(path) == FILE_REGULAR) {
            return path;
        }
        if (file_kind(arena_printf(a, "%.*s.git", STR_ARG(folder)).p) != FILE_MISSING ||
            is_root(a, depth ? folder : STR("./"))) {
            return NULL;
        }
        folder = arena_printf(a, "../%.*s", STR_ARG(folder));
    }
    return NULL;
}

/* ---- keys ---- */

static const struct config_key *find_key(struct str name, size_t *at)
{
    const struct config_key *k;
    for (*at = 0; (k = config_key_at(*at)) != NULL; (*at)++) {
        if (str_eq(str_of(k->name), name)) {
            return k;
        }
    }
    return NULL;
}

/* Is it the name of a map, "timeouts"? */
static bool is_group(struct arena *a, struct str name)
{
    const struct config_key *k;
    const struct str prefix = arena_printf(a, "%.*s.", STR_ARG(name));
    for (size_t i = 0; (k = config_key_at(i)) != NULL; i++) {
        if (str_starts(str_of(k->name), prefix)) {
            return true;
        }
    }
    return false;
}

/* The names that may stand in the map `group` ("" or "timeouts."), each once. */
static void names_in(const struct reading *r, struct str group, struct text_list *names)
{
    const struct config_key *k;
    for (size_t i = 0; (k = config_key_at(i)) != NULL; i++) {
        struct str name = str_of(k->name);
        if (!str_starts(name, group)) {
            continue;
        }
        name = str_slice(name, group.n, name.n);
        name = str_slice(name, 0, str_find_char(name, '.'));
        if (names->n == 0 || !str_eq(str_of(names->at[names->n - 1]), name)) {
            *vec_push(r->a, names) = arena_cstr(r->a, name);
        }
    }
    if (group.n == 0 && !r->environment) {
        *vec_push(r->a, names) = "environments";
    }
}

static enum status unknown_key(const struct reading *r, struct str group, const struct yaml_pair *pair)
{
    const struct config_key *k;
    struct text_list names = {0};
    struct strbuf all;
    names_in(r, group, &names);
    const char *near = str_closest(pair->key, names.at, names.n);
    error_set(r->err, ST_USAGE, "\"%.*s\" is not a key%s%.*s", STR_ARG(pair->key), group.n ? " of " : "",
              STR_ARG(str_slice(group, 0, group.n ? group.n - 1 : 0)));
    for (size_t i = 0; !near && (k = config_key_at(i)) != NULL; i++) {
        if (str_ends(str_of(k->name), arena_printf(r->a, ".%.*s", STR_ARG(pair->key)))) {
            near = k->name;
        }
    }
    strbuf_init(&all, 1000);
    for (size_t i = 0; i < names.n; i++) {
        strbuf_addf(&all, "%s%s", i ? ", " : "", names.at[i]);
    }
    if (near) {
        error_hint(r->err, "did you mean %s? migrate help config explains every key", near);
    } else {
        error_hint(r->err, "there are: %s", strbuf_cstr(&all));
    }
    strbuf_free(&all);
    return refuse(r, pair->line, pair->column);
}

/* ---- values ---- */

static const char *kind_name(const struct yaml *y)
{
    return y->kind == YAML_MAP ? "a map" : y->kind == YAML_LIST ? "a list" : y->text.n > 0 ? "text" : "empty";
}

static enum status wrong_kind(const struct reading *r, const struct yaml *y, const char *name, const char *want)
{
    error_set(r->err, ST_USAGE, "\"%s\" is to be %s, and is %s", name, want, kind_name(y));
    return refuse(r, y->line, y->column);
}

static void suggest_word(const struct reading *r, const char *words, struct str value)
{
    struct text_list list = {0};
    struct str rest = str_of(words), word;
    while (str_next(&rest, '|', &word)) {
        *vec_push(r->a, &list) = arena_cstr(r->a, word);
    }
    const char *near = str_closest(value, list.at, list.n);
    if (near) {
        error_hint(r->err, "did you mean %s?", near);
    }
}

static enum status check_layout(const struct reading *r, struct str value)
{
    const struct layout *l;
    struct text_list names = {0};
    struct strbuf all;
    if (layout_find(value)) {
        return ST_OK;
    }
    strbuf_init(&all, 1000);
    for (size_t i = 0; (l = layout_at(i)) != NULL; i++) {
        *vec_push(r->a, &names) = l->name;
        strbuf_addf(&all, "%s%s", i ? ", " : "", l->name);
    }
    const char *near = str_closest(value, names.at, names.n);
    error_set(r->err, ST_USAGE, "there is no layout \"%.*s\"", STR_ARG(value));
    error_hint(r->err, "%s%s%s", near ? "did you mean " : "there are: ", near ? near : strbuf_cstr(&all),
               near ? "?" : "");
    strbuf_free(&all);
    return ST_USAGE;
}

/* One word of a value into the target at base. */
static enum status read_scalar(const struct reading *r, const struct config_key *k, const struct yaml *y, void *base)
{
    struct str text = y->text;
    if (y->kind != YAML_SCALAR || text.n == 0) {
        return wrong_kind(r, y, k->name, k->row.kind == OPTION_LIST ? "text or a list of texts" : "one word or text");
    }
    if (memchr(text.p, '\0', text.n)) {
        error_set(r->err, ST_USAGE, "\"%s\" has a NUL character in it", k->name);
        return refuse(r, y->line, y->column);
    }
    enum status status = strcmp(k->name, "layout") == 0 ? check_layout(r, text) : ST_OK;
    if ((k->use & CONFIG_NONE) && str_eq(text, STR("none"))) {
        text = STR("");
    } else if ((k->use & CONFIG_PATH) && text.p[0] != '/') {
        text = path_join(r->a, path_folder(str_of(r->config->path)), text);
    }
    if (!status) {
        status = option_store(r->a, base, &k->row, k->name, arena_cstr(r->a, text), r->err);
        if (status && k->row.kind == OPTION_CHOICE) {
            suggest_word(r, k->row.argument, text);
        }
    }
    return status ? refuse(r, y->line, y->column) : ST_OK;
}

static enum status read_severities(const struct reading *r, const struct config_key *k, const struct yaml *y)
{
    if (y->kind != YAML_MAP) {
        error_set(r->err, ST_USAGE, "\"%s\" is to be a map of rules to severities", k->name);
        return refuse(r, y->line, y->column);
    }
    for (size_t i = 0; i < y->n; i++) {
        static const enum severity from[] = {SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE, SEVERITY_NOTE};
        const struct yaml_pair *pair = &y->pairs[i];
        int word = 0;
        struct config_key row = *k;
        row.name = arena_cstr(r->a, pair->key);
        row.row.target = 0;
        const enum status status = read_scalar(r, &row, pair->value, &word);
        if (status) {
            return status;
        }
        *vec_push(r->a, &r->config->severities) = (struct config_severity){
            .said = {.rule = pair->key, .off = word == GATE_OFF, .severity = from[word]},
            .at = {pair->line, pair->column, r->taken && r->environment},
            .environment = r->environment,
        };
    }
    return ST_OK;
}

static enum status read_value(const struct reading *r, const struct config_key *k, size_t at, const struct yaml *y)
{
    struct settings ignored_settings = {0};
    struct config ignored_config = {0};
    enum status status = ST_OK;
    const bool kept = r->taken && (k->use & CONFIG_OWN || !k->row.name || !option_said(r->line, r->a, k->row.name)) &&
                      !((k->use & CONFIG_OFFLINE) && (r->line->command->groups & GROUP_DATABASE));
    void *base = k->use & CONFIG_OWN ? (kept ? (void *)r->config : (void *)&ignored_config)
                                     : (kept ? (void *)r->s : (void *)&ignored_settings);
    if (kept) {
        r->config->places[at] = (struct config_place){y->line, y->column, r->environment != NULL};
    }
    if (k->use & CONFIG_SEVERITIES) {
        return read_severities(r, k, y);
    }
    if (k->row.kind == OPTION_LIST) {
        memset((char *)base + k->row.target, 0,
               sizeof(struct text_list)); /* an environment's list replaces the other */
    }
    if (k->row.kind != OPTION_LIST || y->kind != YAML_LIST) {
        return read_scalar(r, k, y, base);
    }
    for (size_t i = 0; i < y->n && !status; i++) {
        status = read_scalar(r, k, y->pairs[i].value, base);
    }
    return status;
}

/* The keys of a map; group: "" or "timeouts.". */
static enum status read_map(const struct reading *r, struct str group, const struct yaml *map)
{
    enum status status = ST_OK;
    for (size_t i = 0; i < map->n && !status; i++) {
        const struct yaml_pair *pair = &map->pairs[i];
        const struct str name = arena_printf(r->a, "%.*s%.*s", STR_ARG(group), STR_ARG(pair->key));
        const bool dotted = str_find_char(pair->key, '.') != SIZE_MAX;
        size_t at;
        const struct config_key *k = dotted ? NULL : find_key(name, &at);
        if (k) {
            status = read_value(r, k, at, pair->value);
        } else if (!dotted && is_group(r->a, name)) {
            status = pair->value->kind == YAML_MAP
                         ? read_map(r, arena_printf(r->a, "%.*s.", STR_ARG(name)), pair->value)
                         : wrong_kind(r, pair->value, name.p, "a map of keys");
        } else if (group.n > 0 || r->environment || !str_eq(name, STR("environments"))) {
            status = unknown_key(r, group, pair);
        }
    }
    return status;
}

/* ---- environments ---- */

static enum status read_environments(struct reading *r, const struct yaml *all)
{
    enum status status = ST_OK;
    if (all->kind != YAML_MAP) {
        return wrong_kind(r, all, "environments", "a map of names");
    }
    for (size_t i = 0; i < all->n && !status; i++) {
        const struct yaml_pair *pair = &all->pairs[i];
        r->environment = arena_cstr(r->a, pair->key);
        *vec_push(r->a, &r->config->environments) = r->environment;
        r->taken = r->s->env && str_eq(str_of(r->s->env), pair->key);
        if (r->taken) {
            r->config->environment = r->environment;
        }
        status = pair->value->kind == YAML_MAP ? read_map(r, STR(""), pair->value)
                                               : wrong_kind(r, pair->value, r->environment, "a map of keys");
    }
    return status;
}

/* --env that names nothing in the file is the name of an environment variable with the URL, as dbmate has it. */
static enum status check_environment(const struct reading *r, const struct yaml *all)
{
    struct text_list names = {0};
    const char *const name = r->s->env, *value = name ? getenv(name) : NULL;
    if (!name || r->config->environment || (value && *value)) {
        return ST_OK;
    }
    for (size_t i = 0; all && i < all->n; i++) {
        *vec_push(r->a, &names) = arena_cstr(r->a, all->pairs[i].key);
    }
    const char *near = str_closest(str_of(name), names.at, names.n);
    if (all) {
        error_set(r->err, ST_USAGE, "--env %s: neither an environment of %s nor an environment variable", name,
                  r->config->path);
    } else {
        error_set(r->err, ST_USAGE, "--env %s: there is no such environment variable", name);
    }
    if (near) {
        error_hint(r->err, "did you mean --env %s?", near);
    } else {
        error_hint(r->err, "it is the name of an environment in migrate.yaml, or of a variable that holds the "
                           "database's URL");
    }
    return ST_USAGE;
}

enum status config_load(struct config *config, const struct command_line *line, struct arena *a, struct settings *s,
                        struct error *err)
{
    struct reading r = {.config = config, .s = s, .line = line, .a = a, .err = err, .taken = true};
    struct str text;
    struct yaml *root = NULL, *environments = NULL;
    enum status status = ST_OK;
    *config = (struct config){0};
    config->path = s->config ? (s->config[0] ? s->config : NULL) : config_search(a);
    if (config->path && file_kind(config->path) == FILE_MISSING) {
        return error_set(err, ST_USAGE, "--config %s: there is no such file", config->path);
    }
    if (config->path) {
        status = file_read(config->path, CONFIG_MAX_BYTES, a, &text, err);
        status = status ? status : yaml_read(config->path, text, a, &root, err);
    }
    if (!status && root && root->kind != YAML_MAP) {
        error_set(err, ST_USAGE, "the file is to be a map of keys");
        status = refuse(&r, root->line, root->column);
    }
    if (!status && root) {
        status = read_map(&r, STR(""), root);
        environments = status ? NULL : yaml_get(root, "environments");
    }
    if (environments) {
        status = read_environments(&r, environments);
    }
    if (status && config->path && !s->config) {
        error_detail(err, "--no-config leaves the file alone");
    }
    return status ? status : check_environment(&r, environments);
}
