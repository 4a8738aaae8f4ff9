#include "rules/load_tree.h"
#include "rules/synopsis.h"

VEC_DECLARE(effect_list, struct effect);

static enum status add_pattern(const struct rule_file *f, const struct yaml *y, struct pattern *p)
{
    size_t at = 0;
    if (y->kind != YAML_SCALAR) {
        return rule_error(f, y, 0, "a synopsis is to be a text");
    }
    if (synopsis_translate(str_trim(y->text), f->loader->a, p, &at, f->err)) {
        rule_place(f, y, at);
        return ST_USAGE;
    }
    p->slot = (unsigned)f->loader->n_patterns++;
    return ST_OK;
}

static enum status read_patterns(const struct rule_file *f, const struct yaml *map, struct form *form)
{
    const struct yaml *y = yaml_get(map, "match");
    enum status st = ST_OK;
    if (!y) {
        return rule_error(f, map, 0, "\"match\" is missing");
    }
    const size_t n = y->kind == YAML_LIST ? y->n : 1;
    if (n == 0) {
        return rule_error(f, y, 0, "\"match\" is empty");
    }
    struct pattern *patterns = arena_array(f->loader->a, struct pattern, n);
    for (size_t i = 0; !st && i < n; i++) {
        st = add_pattern(f, y->kind == YAML_LIST ? y->pairs[i].value : y, &patterns[i]);
    }
    form->patterns = patterns;
    form->n_patterns = (unsigned)n;
    return st;
}

/* A key whose value is an expression. */
static enum status read_expr(const struct rule_file *f, const struct yaml *map, const char *key,
                             const struct form *form, struct str *out)
{
    const enum status st = rule_text(f, map, key, false, out);
    return st || out->n == 0 ? st : rule_expr(f, yaml_get(map, key), &form, 1);
}

static enum status add_effect(const struct rule_file *f, const struct yaml *at, const struct effect *effect,
                              const struct form *form, struct effect_list *out)
{
    const enum status st = rule_term(f, at, effect->on, &form, 1);
    if (!st) {
        *vec_push(f->loader->a, out) = *effect;
    }
    return st;
}

static enum status read_mode(const struct rule_file *f, const struct yaml *y, enum lock_mode *mode)
{
    if (y->kind == YAML_SCALAR && lock_mode_parse(str_trim(y->text), mode)) {
        return ST_OK;
    }
    return rule_error(f, y, 0, "not a lock mode; they are called as in \"SHARE ROW EXCLUSIVE\"");
}

/* What stands behind a relation under locks: a mode, { mode, when } or a list of these. */
static enum status read_lock(const struct rule_file *f, const struct yaml_pair *pair, const struct yaml *y,
                             const struct form *form, struct effect_list *out)
{
    static const char *const keys[] = {"mode", "when", NULL};
    struct effect effect = {.kind = EFFECT_LOCK, .on = pair->key, .when = STR("")};
    enum status st = ST_OK;
    if (y->kind == YAML_LIST) {
        for (size_t i = 0; !st && i < y->n; i++) {
            st = read_lock(f, pair, y->pairs[i].value, form, out);
        }
        return st;
    }
    const struct yaml *mode = y;
    if (y->kind == YAML_MAP) {
        if ((st = rule_keys(f, y, keys, "a lock")) || (st = read_expr(f, y, "when", form, &effect.when))) {
            return st;
        }
        mode = yaml_get(y, "mode");
        if (!mode) {
            return rule_error(f, y, 0, "\"mode\" is missing");
        }
    }
    const struct yaml key = {.line = pair->line, .column = pair->column, .exact = true, .text = pair->key};
    st = read_mode(f, mode, &effect.mode);
    return st ? st : add_effect(f, &key, &effect, form, out);
}

static enum status read_locks(const struct rule_file *f, const struct yaml *map, const struct form *form,
                              struct effect_list *out)
{
    const struct yaml *y = yaml_get(map, "locks");
    enum status st = ST_OK;
    if (y && y->kind != YAML_MAP) {
        return rule_error(f, y, 0, "\"locks\" is to be a map from relations to modes");
    }
    for (size_t i = 0; y && !st && i < y->n; i++) {
        st = read_lock(f, &y->pairs[i], y->pairs[i].value, form, out);
    }
    return st;
}

/* Under rewrites, scans, builds-index: a relation, { on, when }, or a list of these. */
static enum status read_targets(const struct rule_file *f, const struct yaml *y, struct effect effect,
                                const struct form *form, struct effect_list *out)
{
    static const char *const keys[] = {"on", "when", NULL};
    enum status st = ST_OK;
    if (y->kind == YAML_LIST) {
        for (size_t i = 0; !st && i < y->n; i++) {
            st = read_targets(f, y->pairs[i].value, effect, form, out);
        }
        return st;
    }
    if (y->kind == YAML_SCALAR) {
        effect.on = str_trim(y->text);
        return add_effect(f, y, &effect, form, out);
    }
    if ((st = rule_keys(f, y, keys, "an effect")) || (st = read_expr(f, y, "when", form, &effect.when))) {
        return st;
    }
    const struct yaml *on = yaml_get(y, "on");
    if (!on || on->kind == YAML_MAP) {
        return rule_error(f, on ? on : y, 0, "\"on\" is to be a relation or a list of them");
    }
    return read_targets(f, on, effect, form, out);
}

static enum status read_effects(const struct rule_file *f, const struct yaml *map, struct form *form)
{
    static const struct {
        const char *key;
        enum effect_kind kind;
    } kinds[] = {{"rewrites", EFFECT_REWRITE}, {"scans", EFFECT_SCAN}, {"builds-index", EFFECT_BUILD}};
    struct effect_list list = {0};
    enum status st = read_locks(f, map, form, &list);
    for (size_t i = 0; !st && i < countof(kinds); i++) {
        const struct yaml *y = yaml_get(map, kinds[i].key);
        const struct effect effect = {.kind = kinds[i].kind, .on = STR(""), .when = STR("")};
        if (y) {
            st = read_targets(f, y, effect, form, &list);
        }
    }
    form->effects = list.at;
    form->n_effects = (unsigned)list.n;
    return st;
}

static enum status read_transaction(const struct rule_file *f, const struct yaml *map, struct form *form)
{
    static const char *const keys[] = {"refused", NULL};
    const struct yaml *y = yaml_get(map, "transaction");
    if (!y) {
        return ST_OK;
    }
    if (y->kind == YAML_MAP) {
        const enum status st = rule_keys(f, y, keys, "transaction");
        return st ? st : read_expr(f, y, "refused", form, &form->refused_in_transaction);
    }
    if (y->kind == YAML_SCALAR && str_eq(y->text, STR("refused"))) {
        form->refused_in_transaction = STR("yes");
        return ST_OK;
    }
    if (y->kind == YAML_SCALAR && str_eq(y->text, STR("allowed"))) {
        return ST_OK;
    }
    return rule_error(f, y, 0, "\"transaction\" is to be allowed, refused or { refused: EXPRESSION }");
}

static enum status read_class(const struct rule_file *f, const struct yaml *map, struct form *form)
{
    static const char *const names[] = {"catalog", "long", "online", "data", "transaction"};
    static const char *const keys[] = {"long", NULL};
    const struct yaml *y = yaml_get(map, "class");
    form->class = CLASS_CATALOG;
    if (y && y->kind == YAML_MAP) {
        const enum status st = rule_keys(f, y, keys, "class");
        return st ? st : read_expr(f, y, "long", form, &form->class_when_long);
    }
    for (size_t i = 0; y && i < countof(names); i++) {
        if (y->kind == YAML_SCALAR && str_eq(y->text, str_of(names[i]))) {
            form->class = (enum form_class)i;
            return ST_OK;
        }
    }
    return y ? rule_error(f, y, 0,
                          "\"class\" is to be catalog, long, online, data, transaction or { long: EXPRESSION }")
             : ST_OK;
}

static bool known_form(const struct loader *l, struct str id)
{
    for (size_t i = 0; i < l->forms.n; i++) {
        if (str_eq(l->forms.at[i]->id, id)) {
            return true;
        }
    }
    return false;
}

enum status load_form(const struct rule_file *f, const struct yaml *y)
{
    static const char *const keys[] = {"form",     "title",  "match",        "when",        "locks",
                                       "rewrites", "scans",  "builds-index", "transaction", "class",
                                       "examples", "source", "unsupported",  NULL};
    struct form *form = arena_new(f->loader->a, struct form);
    enum status st;
    form->file = f->name;
    form->line = y->line;
    form->group = f->form_group;
    form->refused_in_transaction = form->class_when_long = STR("");
    if ((st = rule_keys(f, y, keys, "a form")) || (st = rule_id(f, y, "form", &form->id)) ||
        (st = rule_text(f, y, "title", true, &form->title)) || (st = rule_text(f, y, "source", false, &form->source)) ||
        (st = read_patterns(f, y, form)) || (st = read_expr(f, y, "when", form, &form->when)) ||
        (st = read_expr(f, y, "unsupported", form, &form->unsupported)) || (st = read_effects(f, y, form)) ||
        (st = read_transaction(f, y, form)) || (st = read_class(f, y, form)) ||
        (st = rule_examples(f, y, "examples", false, &form->examples, &form->n_examples))) {
        return st;
    }
    if (known_form(f->loader, form->id)) {
        return rule_error(f, yaml_get(y, "form"), 0, "form \"%.*s\" is there twice", STR_ARG(form->id));
    }
    *vec_push(f->loader->a, &f->loader->forms) = form;
    return ST_OK;
}
