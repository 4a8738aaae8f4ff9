/* SET, RESET and set_config() of what the model depends on: search_path and TimeZone. */
#include "catalog/expression.h"
#include "catalog/replay_parts.h"

static void save(const struct catalog *c, struct session_names *s)
{
    if (!s->saved) {
        *s = (struct session_names){true, c->search_path, c->time_zone};
    }
}

/* Names separated by commas, as words, quoted names or strings. A string is one name. */
static void set_search_path(struct reader *rd)
{
    struct name_list path = {0};
    struct str name;
    do {
        if (!rd_string(rd, &name) && !rd_any_name(rd, &name)) {
            break;
        }
        if (!str_eq(name, STR("$user")) && name.n > 0) {
            *vec_push(rd->c->arena, &path) = name;
        }
    } while (rd_take_self(rd, ','));
    rd->c->search_path = path;
}

static bool is_setting(struct str name, const char *setting)
{
    return str_eq_nocase(name, str_of(setting));
}

static void set_time_zone(struct reader *rd)
{
    struct str zone;
    if (!rd_string(rd, &zone) && !rd_any_name(rd, &zone)) {
        zone = STR_NONE;
    }
    rd->c->time_zone = rd_done(rd) ? zone : STR_NONE;
}

static void set_default(struct catalog *c, bool path)
{
    if (path) {
        c->search_path = c->start.search_path;
    } else {
        c->time_zone = c->start.time_zone;
    }
}

/* SET LOCAL lasts as long as its transaction; see replay_statement_begins(). */
static void prepare(struct reader *rd, bool local)
{
    save(rd->c, &rd->c->start);
    if (local) {
        save(rd->c, &rd->c->before_local);
        rd->c->local_transaction = rd->at.transaction;
    } else {
        rd->c->before_local.saved = false;
    }
}

void replay_set(struct reader *rd)
{
    struct str name;
    const bool local = rd_take(rd, KW_LOCAL);
    if (!local) {
        (void)rd_take(rd, KW_SESSION);
    }
    const bool zone = rd_take2(rd, KW_TIME, KW_ZONE);
    if (!zone && !rd_any_name(rd, &name)) {
        return;
    }
    const bool path = !zone && is_setting(name, "search_path");
    if (!zone && !path && !is_setting(name, "timezone")) {
        return;
    }
    if (!zone && !rd_take(rd, KW_TO) && !rd_take_self(rd, '=')) {
        return;
    }
    prepare(rd, local);
    if (rd_is(rd, KW_DEFAULT) || (zone && rd_is(rd, KW_LOCAL))) {
        set_default(rd->c, path);
    } else if (path) {
        set_search_path(rd);
    } else {
        set_time_zone(rd);
    }
}

void replay_reset(struct reader *rd)
{
    struct str name;
    if (!rd->c->start.saved) {
        return;
    }
    if (rd_is(rd, KW_ALL)) {
        catalog_reset_settings(rd->c);
    } else if (rd_take2(rd, KW_TIME, KW_ZONE)) {
        set_default(rd->c, false);
    } else if (rd_any_name(rd, &name) && (is_setting(name, "search_path") || is_setting(name, "timezone"))) {
        set_default(rd->c, is_setting(name, "search_path"));
    }
}

void replay_set_config(struct reader *rd)
{
    struct str schema, name, setting, value;
    rd->i++;
    if (!rd_qualified_any(rd, &schema, &name) || !str_eq(name, STR("set_config")) || !rd_take_self(rd, '(') ||
        !rd_string(rd, &setting) || !rd_take_self(rd, ',') || !rd_string(rd, &value) || !rd_take_self(rd, ',')) {
        return;
    }
    const bool local = rd_is(rd, KW_TRUE);
    if (is_setting(setting, "search_path")) {
        const struct statement st = expression_lex(rd->c->arena, value);
        struct reader list = {.c = rd->c, .text = value, .st = &st, .end = st.n_tokens};
        prepare(rd, local);
        set_search_path(&list);
    } else if (is_setting(setting, "timezone")) {
        prepare(rd, local);
        rd->c->time_zone = value;
    }
}
