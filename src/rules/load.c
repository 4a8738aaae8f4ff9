#include "rules/load.h"

#include "base/file.h"
#include "rules/load_tree.h"

enum { MAX_RULE_FILE = 4 * 1024 * 1024 };

/* ---- places ----------------------------------------------------------------------------------------------------- */

enum status rule_error(const struct rule_file *f, const struct yaml *at, size_t offset, const char *fmt, ...)
{
    char message[768];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    error_set(f->err, ST_USAGE, "%s", message);
    rule_place(f, at, offset);
    return ST_USAGE;
}

void rule_place(const struct rule_file *f, const struct yaml *at, size_t offset)
{
    unsigned column = at->column;
    if (at->kind == YAML_SCALAR && at->exact) {
        for (size_t i = 0; i < offset && i < at->text.n; i++) {
            column += ((unsigned char)at->text.p[i] & 0xc0) != 0x80;
        }
    }
    error_place(f->err, f->name, at->line, column);
}

static enum status key_error(const struct rule_file *f, const struct yaml_pair *pair, const char *what)
{
    error_set(f->err, ST_USAGE, "unknown key \"%.*s\" in %s", STR_ARG(pair->key), what);
    error_place(f->err, f->name, pair->line, pair->column);
    return ST_USAGE;
}

/* ---- what every value goes through ------------------------------------------------------------------------------ */

enum status rule_keys(const struct rule_file *f, const struct yaml *map, const char *const *known, const char *what)
{
    if (map->kind != YAML_MAP) {
        return rule_error(f, map, 0, "%s is to be a map of keys and values", what);
    }
    for (size_t i = 0; i < map->n; i++) {
        unsigned distance = 3;
        const char *near = NULL;
        size_t k = 0;
        while (known[k] && !str_eq(map->pairs[i].key, str_of(known[k]))) {
            const unsigned d = str_distance(map->pairs[i].key, str_of(known[k]));
            near = d < distance ? known[k] : near;
            distance = d < distance ? d : distance;
            k++;
        }
        if (!known[k]) {
            key_error(f, &map->pairs[i], what);
            if (near) {
                error_hint(f->err, "Did you mean \"%s\"?", near);
            }
            return ST_USAGE;
        }
    }
    return ST_OK;
}

enum status rule_text(const struct rule_file *f, const struct yaml *map, const char *key, bool required,
                      struct str *out)
{
    const struct yaml *y = yaml_get(map, key);
    if (!y) {
        *out = STR("");
        return required ? rule_error(f, map, 0, "\"%s\" is missing", key) : ST_OK;
    }
    if (y->kind != YAML_SCALAR) {
        return rule_error(f, y, 0, "\"%s\" is to be a text", key);
    }
    *out = str_trim(y->text);
    return out->n > 0 ? ST_OK : rule_error(f, y, 0, "\"%s\" is empty", key);
}

enum status rule_id(const struct rule_file *f, const struct yaml *map, const char *key, struct str *out)
{
    const enum status st = rule_text(f, map, key, true, out);
    for (size_t i = 0; !st && i < out->n; i++) {
        const char c = out->p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && i > 0))) {
            return rule_error(f, yaml_get(map, key), i, "an id has lower case letters, digits and -");
        }
    }
    return st;
}

struct capture_check {
    const struct rule_file *file;
    const struct yaml *at;
    const struct form *const *forms;
    size_t n_forms;
    bool failed;
};

static bool form_captures(const struct form *form, struct str name)
{
    if (str_eq(name, STR("each"))) { /* of an effect's `when`: the relation that is asked about */
        return true;
    }
    for (unsigned i = 0; i < form->n_patterns; i++) {
        for (unsigned k = 0; k < form->patterns[i].n_captures; k++) {
            if (str_eq(form->patterns[i].captures[k], name)) {
                return true;
            }
        }
    }
    return false;
}

static void check_capture(void *context, struct str name, size_t at)
{
    struct capture_check *c = context;
    if (c->failed || !c->forms) {
        return;
    }
    for (size_t i = 0; i < c->n_forms; i++) {
        if (form_captures(c->forms[i], name)) {
            return;
        }
    }
    c->failed = true;
    rule_error(c->file, c->at, at, "no pattern captures $%.*s", STR_ARG(name));
}

static struct capture_check capture_check(const struct rule_file *f, const struct yaml *at,
                                          const struct form *const *forms, size_t n)
{
    return (struct capture_check){f, at, forms, n, false};
}

enum status rule_expr(const struct rule_file *f, const struct yaml *y, const struct form *const *forms, size_t n)
{
    const struct expr *expr;
    size_t at = 0;
    struct capture_check check = capture_check(f, y, forms, n);
    if (expr_parse(str_trim(y->text), f->loader->a, check_capture, &check, &expr, &at, f->err)) {
        rule_place(f, y, at);
        return ST_USAGE;
    }
    return check.failed ? ST_USAGE : ST_OK;
}

enum status rule_term(const struct rule_file *f, const struct yaml *y, struct str text, const struct form *const *forms,
                      size_t n)
{
    const struct term *term;
    size_t at = 0;
    struct capture_check check = capture_check(f, y, forms, n);
    if (term_parse(text, f->loader->a, check_capture, &check, &term, &at, f->err)) {
        rule_place(f, y, at);
        return ST_USAGE;
    }
    return check.failed ? ST_USAGE : ST_OK;
}

enum status rule_template(const struct rule_file *f, const struct yaml *y, const struct form *const *forms, size_t n)
{
    size_t at = 0;
    struct capture_check check = capture_check(f, y, forms, n);
    if (template_check(str_trim(y->text), check_capture, &check, &at, f->err)) {
        rule_place(f, y, at);
        return ST_USAGE;
    }
    return check.failed ? ST_USAGE : ST_OK;
}

/* ---- examples --------------------------------------------------------------------------------------------------- */

static enum status read_example(const struct rule_file *f, const struct yaml *y, struct example *e)
{
    static const char *const keys[] = {"sql", "setup", "version", "platform", "name", NULL};
    struct str version, platform;
    enum status st;
    *e = (struct example){.sql = STR(""), .setup = STR(""), .name = STR(""), .line = y->line};
    if (y->kind == YAML_SCALAR) {
        e->sql = str_trim(y->text);
        return e->sql.n > 0 ? ST_OK : rule_error(f, y, 0, "an empty example");
    }
    if ((st = rule_keys(f, y, keys, "an example")) || (st = rule_text(f, y, "sql", true, &e->sql)) ||
        (st = rule_text(f, y, "setup", false, &e->setup)) || (st = rule_text(f, y, "name", false, &e->name)) ||
        (st = rule_text(f, y, "version", false, &version)) || (st = rule_text(f, y, "platform", false, &platform))) {
        return st;
    }
    e->platform = str_eq(platform, STR("rds"))      ? PLATFORM_RDS
                  : str_eq(platform, STR("aurora")) ? PLATFORM_AURORA
                                                    : PLATFORM_NONE;
    if (platform.n > 0 && e->platform == PLATFORM_NONE) {
        return rule_error(f, yaml_get(y, "platform"), 0, "\"platform\" is to be rds or aurora");
    }
    int64_t n = 0;
    if (version.n > 0 && !str_to_i64(version, 13, 99, &n)) {
        return rule_error(f, yaml_get(y, "version"), 0, "\"version\" is to be a major version such as 15");
    }
    e->version = (int)n;
    return ST_OK;
}

enum status rule_examples(const struct rule_file *f, const struct yaml *map, const char *key, bool required,
                          const struct example **out, unsigned *n)
{
    const struct yaml *y = yaml_get(map, key);
    *n = 0;
    if (!y) {
        return required ? rule_error(f, map, 0, "\"%s\" is missing: a rule needs an example of each kind", key) : ST_OK;
    }
    if (y->kind != YAML_LIST || y->n == 0) {
        return rule_error(f, y, 0, "\"%s\" is to be a list of examples", key);
    }
    struct example *list = arena_array(f->loader->a, struct example, y->n);
    for (size_t i = 0; i < y->n; i++) {
        const enum status st = read_example(f, y->pairs[i].value, &list[i]);
        if (st) {
            return st;
        }
    }
    *out = list;
    *n = (unsigned)y->n;
    return ST_OK;
}

/* ---- files ------------------------------------------------------------------------------------------------------ */

static enum status load_rule(const struct rule_file *f, const struct yaml *y)
{
    if (y->kind == YAML_MAP && yaml_get(y, "form")) {
        return load_form(f, y);
    }
    if (y->kind == YAML_MAP && yaml_get(y, "rule")) {
        return load_hazard(f, y);
    }
    return rule_error(f, y, 0, "neither a form nor a hazard: it is to begin with \"form\" or \"rule\"");
}

/* rules/hazards/index/x.yaml belongs to group index, rules/forms/index.yaml too. */
static struct str group_of(struct arena *a, struct str file, bool hazard)
{
    struct str base = path_base(hazard ? path_folder(file) : file);
    if (str_ends(base, STR(".yaml"))) {
        base.n -= 5;
    }
    return arena_str(a, base);
}

enum status load_text(struct loader *l, const char *file, struct str text, struct error *err)
{
    struct rule_file f = {.loader = l, .name = arena_cstr(l->a, str_of(file)), .err = err};
    struct yaml *root;
    enum status st = yaml_read(f.name, text, l->a, &root, err);
    if (st) {
        return st;
    }
    if (!root) {
        error_set(err, ST_USAGE, "no rule in it");
        error_place(err, f.name, 1, 1);
        return ST_USAGE;
    }
    f.form_group = group_of(l->a, str_of(f.name), false);
    f.hazard_group = group_of(l->a, str_of(f.name), true);
    if (root->kind != YAML_LIST) {
        return load_rule(&f, root);
    }
    for (size_t i = 0; !st && i < root->n; i++) {
        st = load_rule(&f, root->pairs[i].value);
    }
    return st;
}

enum status load_file(struct loader *l, const char *file, struct error *err)
{
    struct str text;
    const enum status st = file_read(file, MAX_RULE_FILE, l->a, &text, err);
    return st ? st : load_text(l, file, text, err);
}

enum status load_finish(struct loader *l, struct error *err)
{
    for (size_t i = 0; i < l->pending.n; i++) {
        struct rule_file f = {.loader = l, .name = l->pending.at[i].hazard->file, .err = err};
        const enum status st = check_hazard(&f, l->pending.at[i].hazard, l->pending.at[i].source);
        if (st) {
            return st;
        }
    }
    l->pending.n = 0;
    return ST_OK;
}
