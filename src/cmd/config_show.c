/* lint --show-config: what holds of every key, and who said so. */
#include "cmd/context.h"

enum { SHOW_MAX = 1 << 20, NAME_COLUMN = 36, VALUE_COLUMN = 66 };

static void add_duration(struct strbuf *out, int64_t ms)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"d", 24 * 3600 * 1000}, {"h", 3600 * 1000}, {"min", 60000}, {"s", 1000}, {"ms", 1}};
    size_t i = 0;
    while (i + 1 < countof(units) && (ms == 0 || ms % units[i].ms != 0)) {
        i++;
    }
    strbuf_addf(out, "%" PRId64 "%s", ms / units[i].ms, units[i].name);
}

/* A value as the file would hold it. */
static void add_value(struct strbuf *out, const struct option *row, const void *base)
{
    const char *const at = (const char *)base + row->target;
    struct str rest = str_of(row->argument), word = STR("");
    struct text_list list;
    const char *text;
    int64_t number;
    int choice;
    bool flag;
    switch (row->kind) {
    case OPTION_TEXT:
        memcpy(&text, at, sizeof text);
        strbuf_add_cstr(out, text ? text : "");
        break;
    case OPTION_LIST:
        memcpy(&list, at, sizeof list);
        for (size_t i = 0; i < list.n; i++) {
            strbuf_addf(out, "%s%s", i ? ", " : "", list.at[i]);
        }
        break;
    case OPTION_NUMBER:
        memcpy(&number, at, sizeof number);
        strbuf_addf(out, "%" PRId64, number);
        break;
    case OPTION_DURATION:
        memcpy(&number, at, sizeof number);
        add_duration(out, number);
        break;
    case OPTION_CHOICE:
        memcpy(&choice, at, sizeof choice);
        for (int i = 0; i <= choice; i++) {
            (void)str_next(&rest, '|', &word);
        }
        strbuf_add(out, word);
        break;
    case OPTION_FLAG:
        memcpy(&flag, at, sizeof flag);
        strbuf_add_cstr(out, flag ? "true" : "false");
        break;
    }
}

/* One line; control characters of values are shown as '?'. */
static void add_line(struct strbuf *out, struct str name, struct str value, struct str from)
{
    const size_t start = out->n;
    strbuf_add(out, name);
    strbuf_add_repeat(out, ' ', name.n < NAME_COLUMN ? NAME_COLUMN - name.n : 1);
    for (size_t i = 0; i < value.n; i++) {
        const unsigned char c = (unsigned char)value.p[i];
        strbuf_add_char(out, c < ' ' || c == 127 ? '?' : (char)c);
    }
    const size_t width = out->n - start;
    strbuf_add_repeat(out, ' ', width + 2 < VALUE_COLUMN ? VALUE_COLUMN - width : 2);
    strbuf_add(out, from);
    strbuf_add_char(out, '\n');
}

static bool on_command_line(const struct context *c, const char *option)
{
    for (size_t i = 0; option && i < c->line->given.n; i++) {
        if (strcmp(c->line->given.at[i], option) == 0) {
            return true;
        }
    }
    return false;
}

static void show_url(struct context *c, struct strbuf *out)
{
    struct strbuf shown;
    struct error err = {0};
    const char *url, *from;
    const char *const variable = getenv("MIGRATE_URL");
    const struct config_place *const place = &c->config.places[CONFIG_KEY_URL];
    strbuf_init(&shown, SHOW_MAX);
    enum status status = ST_OK;
    if (variable) {
        url = variable;
        from = "MIGRATE_URL";
    } else {
        status = context_url(c, &url, &from, &err);
    }
    if (status) {
        strbuf_addf(&shown, "(%s)", err.primary);
        from = config_place_name(&c->config, place, &c->arena);
    } else if (url) {
        target_display(url, &shown);
    }
    add_line(out, STR("url"),
             url      ? strbuf_str(&shown)
             : status ? strbuf_str(&shown)
                      : STR("PG* variables"),
             str_of(from));
    strbuf_free(&shown);
}

static void show_severities(struct context *c, struct strbuf *out)
{
    for (size_t i = 0; i < c->config.n_rules; i++) {
        const struct rule_severity *said = &c->config.rules[i];
        const struct config_place *at = NULL;
        for (size_t k = 0; k < c->config.severities.n; k++) {
            const struct config_severity *s = &c->config.severities.at[k];
            const struct hazard *h = rulebook_hazard(&c->book, s->said.rule);
            if ((!s->environment || s->at.environment) && str_eq(h ? h->id : s->said.rule, said->rule)) {
                at = &s->at;
            }
        }
        add_line(out, arena_printf(&c->arena, "rules.severity.%.*s", STR_ARG(said->rule)),
                 str_of(said->off ? "off" : severity_name(said->severity)),
                 at ? str_of(config_place_name(&c->config, at, &c->arena)) : STR(""));
    }
}

static void show_key(struct context *c, size_t i, const struct config_key *k, struct strbuf *out)
{
    struct strbuf value;
    const char *const variable = k->row.name ? option_variable(&c->arena, k->row.name) : NULL;
    const char *const said = variable ? getenv(variable) : NULL;
    const struct config_place *const place = &c->config.places[i];
    struct str from = STR("default");
    strbuf_init(&value, SHOW_MAX);
    if (on_command_line(c, k->row.name)) {
        add_value(&value, &k->row, &c->set);
        from = arena_printf(&c->arena, "--%s", k->row.name);
    } else if (said) {
        strbuf_add_cstr(&value, said);
        from = str_of(variable);
    } else if (place->line > 0) {
        add_value(&value, &k->row, k->use & CONFIG_OWN ? (const void *)&c->config : (const void *)&c->set);
        from = str_of(config_place_name(&c->config, place, &c->arena));
    } else {
        strbuf_add_cstr(&value, k->preset);
    }
    add_line(out, str_of(k->name), strbuf_str(&value), from);
    strbuf_free(&value);
}

enum status config_show(struct context *c, struct error *err)
{
    const struct config_key *k;
    struct strbuf out;
    strbuf_init(&out, SHOW_MAX);
    strbuf_addf(&out, "file: %s\nenvironment: %s\n\n", c->config.path ? c->config.path : "none",
                c->config.environment ? c->config.environment : "none");
    for (size_t i = 0; (k = config_key_at(i)) != NULL; i++) {
        if (i == CONFIG_KEY_URL) {
            show_url(c, &out);
        } else if (k->use & CONFIG_SEVERITIES) {
            show_severities(c, &out);
        } else {
            show_key(c, i, k, &out);
        }
    }
    context_print(strbuf_str(&out));
    strbuf_free(&out);
    return context_flush(err);
}
