/* Rules as SARIF's reportingDescriptor objects: what a code scanning page shows beside a finding. */
#include "report/sarif.h"
#include "rules/problem.h"

json_t *sarif_message(struct str text)
{
    struct strbuf out;
    json_t *message = json_new_object();
    strbuf_init(&out, SIZE_MAX / 4);
    for (size_t i = 0; i < text.n; i++) {
        const char c = text.p[i];
        strbuf_add_char(&out, c);
        if (c == '{' || c == '}') {
            strbuf_add_char(&out, c);
        } else if (c == ']' && i + 1 < text.n && text.p[i + 1] == '(') {
            strbuf_add_char(&out, ' ');
        }
    }
    json_put(message, "text", json_text(strbuf_str(&out)));
    strbuf_free(&out);
    return message;
}

/* A title without a statement: "blocks every write to {table}" becomes "blocks every write to TABLE". */
static void add_general(struct strbuf *out, struct str title)
{
    for (size_t i = 0; i < title.n; i++) {
        const char c = title.p[i];
        const bool twice = i + 1 < title.n && title.p[i + 1] == c;
        if ((c == '{' || c == '}') && twice) {
            strbuf_add_char(out, title.p[i++]);
        } else if (c == '{') {
            for (i++; i < title.n && title.p[i] != '}' && !strchr(":|?", title.p[i]); i++) {
                strbuf_add_char(out,
                                title.p[i] >= 'a' && title.p[i] <= 'z' ? (char)(title.p[i] - 'a' + 'A') : title.p[i]);
            }
            for (; i < title.n && title.p[i] != '}'; i++) {
            }
        } else {
            strbuf_add_char(out, c);
        }
    }
}

/* SARIF's levels have our names. */
static json_t *level(enum severity s)
{
    json_t *configuration = json_new_object();
    json_put(configuration, "level", json_text_c(severity_name(s)));
    return configuration;
}

static json_t *hazard_rule(struct str id, const struct hazard *h)
{
    json_t *o = json_new_object(), *tags = json_new_array(), *properties = json_new_object();
    struct strbuf title;
    const struct str source = str_slice(h->source, 0, str_find_char(h->source, ' '));
    strbuf_init(&title, SIZE_MAX / 4);
    add_general(&title, h->title);
    json_put(o, "id", json_text(id));
    json_put(o, "shortDescription", sarif_message(strbuf_str(&title)));
    if (str_trim(h->why).n > 0) {
        json_put(o, "fullDescription", sarif_message(str_trim(h->why)));
        json_put(o, "help", sarif_message(str_trim(h->why)));
    }
    if (str_starts(source, STR("https://")) || str_starts(source, STR("http://"))) {
        json_put(o, "helpUri", json_text(source));
    }
    json_put(o, "defaultConfiguration", level(h->severity));
    json_push(tags, json_text_c("postgresql"));
    if (h->group.n > 0) {
        json_push(tags, json_text(h->group));
    }
    json_put(properties, "tags", tags);
    json_put(o, "properties", properties);
    strbuf_free(&title);
    return o;
}

json_t *sarif_rule(struct str id, const struct hazard *hazard, enum severity seen)
{
    if (hazard) {
        return hazard_rule(id, hazard);
    }
    json_t *o = json_new_object();
    json_put(o, "id", json_text(id));
    const struct problem *p = problem_find(id);
    if (p) {
        json_put(o, "shortDescription", sarif_message(p->title));
        json_put(o, "fullDescription", sarif_message(p->why));
        json_put(o, "help", sarif_message(p->why));
    }
    json_put(o, "defaultConfiguration", level(seen));
    return o;
}
