/* What of migrate.yaml is settled only when it is used: rules, once the rulebook is open, and the URL. */
#include "cmd/config.h"
#include "rules/problem.h"

/* ---- severities ---- */

/* The id of a rule by id or alias, or empty. */
static struct str rule_id(const struct rulebook *book, struct str name)
{
    const struct hazard *h = rulebook_hazard(book, name);
    return h ? h->id : problem_find(name) ? name : STR("");
}

static bool same_environment(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static enum status unknown_rule(const struct rulebook *book, struct str name, struct error *err)
{
    const struct str near = rulebook_suggest(book, name);
    error_set(err, ST_USAGE, "no rule is called \"%.*s\"", STR_ARG(name));
    if (near.n > 0) {
        error_hint(err, "did you mean %.*s? migrate rules list shows them all", STR_ARG(near));
    } else {
        error_hint(err, "migrate rules list shows them all");
    }
    return ST_USAGE;
}

static enum status check_rule(const struct config *config, const struct rulebook *book, size_t at, struct error *err)
{
    const struct config_severity *s = &config->severities.at[at];
    const struct str id = rule_id(book, s->said.rule);
    enum status status = id.n == 0 ? unknown_rule(book, s->said.rule, err) : ST_OK;
    for (size_t i = 0; i < at && !status; i++) {
        const struct config_severity *before = &config->severities.at[i];
        if (same_environment(before->environment, s->environment) && str_eq(rule_id(book, before->said.rule), id)) {
            status = error_set(err, ST_USAGE, "rule %.*s is there twice, first as \"%.*s\" on line %u", STR_ARG(id),
                               STR_ARG(before->said.rule), before->at.line);
        }
    }
    if (status) {
        error_place(err, config->path, s->at.line, s->at.column);
    }
    return status;
}

/* Into the sorted list, in place of what was said of the rule before. */
static void put(struct config *config, const struct rule_severity *said)
{
    size_t i = 0;
    while (i < config->n_rules && str_cmp(config->rules[i].rule, said->rule) < 0) {
        i++;
    }
    if (i == config->n_rules || !str_eq(config->rules[i].rule, said->rule)) {
        memmove(&config->rules[i + 1], &config->rules[i], (config->n_rules - i) * sizeof config->rules[0]);
        config->n_rules++;
    }
    config->rules[i] = *said;
}

enum status config_rules(struct config *config, const struct rulebook *book, struct arena *a, struct error *err)
{
    config->n_rules = 0;
    config->rules = arena_array(a, struct rule_severity, config->severities.n + 1);
    for (size_t i = 0; i < config->severities.n; i++) {
        const struct config_severity *s = &config->severities.at[i];
        const enum status status = check_rule(config, book, i, err);
        if (status) {
            return status;
        }
        /* Those of environments stand behind those for all: the chosen one's go before. */
        if (!s->environment || same_environment(s->environment, config->environment)) {
            struct rule_severity said = s->said;
            said.rule = rule_id(book, said.rule);
            put(config, &said);
        }
    }
    return ST_OK;
}

/* ---- the URL ---- */

const char *config_place_name(const struct config *config, const struct config_place *at, struct arena *a)
{
    return arena_cstr(a, arena_printf(a, "%s:%u:%u%s%s", config->path, at->line, at->column,
                                      at->environment ? ", environment " : "",
                                      at->environment ? config->environment : ""));
}

enum status config_url(const struct config *config, struct arena *a, const char **url, struct error *err)
{
    struct str rest = str_of(config->url);
    struct strbuf out;
    size_t at;
    enum status status = ST_OK;
    strbuf_init(&out, 1 << 16);
    while (!status && (at = str_find(rest, STR("${"))) != SIZE_MAX) {
        const struct str behind = str_slice(rest, at + 2, rest.n);
        const size_t end = str_find_char(behind, '}');
        const char *name = arena_cstr(a, str_slice(behind, 0, end)), *value = getenv(name);
        if (end == SIZE_MAX) {
            status = error_set(err, ST_USAGE, "\"url\": ${ without a }");
        } else if (!value) {
            status = error_set(err, ST_USAGE, "\"url\": the environment variable %s is not set", name);
        } else {
            strbuf_add(&out, str_slice(rest, 0, at));
            strbuf_add_cstr(&out, value);
            rest = str_slice(behind, end + 1, behind.n);
        }
    }
    strbuf_add(&out, rest);
    if (status) {
        error_place(err, config->path, config->places[CONFIG_KEY_URL].line, config->places[CONFIG_KEY_URL].column);
    } else if (out.overflow) {
        status = error_set(err, ST_USAGE, "\"url\" is too long");
    }
    *url = status ? NULL : arena_cstr(a, strbuf_str(&out));
    strbuf_free(&out);
    return status;
}
