/* The table of migrate.yaml as a JSON schema. */
#include "cmd/config_doc.h"
#include "report/json.h"
#include "rules/problem.h"

static json_t *words_schema(const char *words)
{
    json_t *list = json_new_array();
    struct str rest = str_of(words), word;
    while (str_next(&rest, '|', &word)) {
        json_push(list, json_stringn(word.p, word.n));
    }
    return json_pack("{s:s, s:o}", "type", "string", "enum", list);
}

static void add_rule(json_t *rules, struct str id, struct str title, const char *words)
{
    json_t *o = words_schema(words);
    json_put(o, "description", json_stringn(title.p, title.n));
    json_object_setn_new(rules, id.p, id.n, o);
}

/* The rules that an editor can offer; rules of the project's own are not among them. */
static json_t *rules_schema(const char *words)
{
    struct rulebook book;
    struct error err;
    const struct problem *p;
    json_t *rules = json_new_object();
    if (!rulebook_open(&book, &err)) {
        for (size_t i = 0; i < book.n_hazards; i++) {
            add_rule(rules, book.hazards[i]->id, book.hazards[i]->title, words);
        }
        rulebook_free(&book);
    }
    for (size_t i = 0; (p = problem_at(i)) != NULL; i++) {
        add_rule(rules, p->id, p->title, words);
    }
    return rules;
}

static json_t *value_schema(const struct config_key *k)
{
    json_t *o = NULL;
    if (k->use & CONFIG_SEVERITIES) {
        return json_pack("{s:s, s:o, s:o}", "type", "object", "properties", rules_schema(k->row.argument),
                         "additionalProperties", words_schema(k->row.argument));
    }
    switch (k->row.kind) {
    case OPTION_LIST:
        return json_pack("{s:[s,s], s:i, s:{s:s, s:i}}", "type", "string", "array", "minLength", 1, "items", "type",
                         "string", "minLength", 1);
    case OPTION_NUMBER:
        o = json_pack("{s:s, s:I}", "type", "integer", "minimum", (json_int_t)k->row.min);
        if (k->row.max < INT64_MAX) {
            json_put(o, "maximum", json_integer(k->row.max));
        }
        return o;
    case OPTION_DURATION:
        return json_pack("{s:[s,s], s:I, s:s}", "type", "string", "integer", "minimum", (json_int_t)k->row.min,
                         "pattern", "^[0-9]+(ms|s|min|h|d)?$");
    case OPTION_CHOICE:
        return words_schema(k->row.argument);
    case OPTION_FLAG:
        return json_pack("{s:s}", "type", "boolean");
    case OPTION_TEXT:
        break;
    }
    return json_pack("{s:s, s:i}", "type", "string", "minLength", 1);
}

static json_t *map_schema(json_t *properties)
{
    return json_pack("{s:s, s:b, s:o}", "type", "object", "additionalProperties", 0, "properties", properties);
}

/* The schemas of all keys by their first name; those of a map are its properties. */
static json_t *all_keys(void)
{
    const struct config_key *k;
    json_t *keys = json_new_object();
    for (size_t i = 0; (k = config_key_at(i)) != NULL; i++) {
        json_t *value = value_schema(k);
        const char *const dot = strchr(k->name, '.');
        char group[64];
        json_put(value, "description", json_sprintf("%s Default: %s.", k->row.help, k->preset));
        if (!dot) {
            json_put(keys, k->name, value);
            continue;
        }
        snprintf(group, sizeof group, "%.*s", (int)(dot - k->name), k->name);
        if (!json_object_get(keys, group)) {
            json_put(keys, group, map_schema(json_new_object()));
        }
        json_put(json_object_get(json_object_get(keys, group), "properties"), dot + 1, value);
    }
    return keys;
}

/* A property for each key that refers to its definition. */
static json_t *references(json_t *definitions)
{
    json_t *properties = json_new_object();
    const char *name;
    json_t *value;
    json_object_foreach(definitions, name, value)
    {
        json_put(properties, name, json_pack("{s:o}", "$ref", json_sprintf("#/definitions/%s", name)));
    }
    return properties;
}

void config_schema(struct strbuf *out)
{
    json_t *definitions = all_keys(), *top = references(definitions);
    json_put(top, "environments",
             json_pack("{s:s, s:s, s:o}", "type", "object", "description",
                       "The same keys for each environment; --env NAME chooses one.", "additionalProperties",
                       map_schema(references(definitions))));
    json_t *root =
        json_pack("{s:s, s:s, s:s, s:s, s:b, s:o, s:o}", "$schema", "http://json-schema.org/draft-07/schema#", "title",
                  "migrate.yaml", "description",
                  "Settings of a project for migrate. Made by `migrate help config --format schema`.", "type", "object",
                  "additionalProperties", 0, "properties", top, "definitions", definitions);
    char *text = json_dumps(root, JSON_INDENT(2));
    strbuf_add_cstr(out, text ? text : "");
    strbuf_add_char(out, '\n');
    free(text);
    json_decref(root);
}
