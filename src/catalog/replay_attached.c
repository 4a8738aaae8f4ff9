/* What hangs on relations by name and changes nothing but what later statements lock: owners, policies, rules, statistics, publications. */
#include "catalog/expression.h"
#include "catalog/replay.h"
#include "catalog/replay_parts.h"

void name_list_remove(struct name_list *names, struct str name)
{
    for (size_t i = names->n; i-- > 0;) {
        if (str_eq(names->at[i], name)) {
            memmove(&names->at[i], &names->at[i + 1], (names->n - i - 1) * sizeof names->at[0]);
            names->n--;
        }
    }
}

/* name ON t, at the name. */
static struct relation *read_on(struct reader *rd, struct str *name)
{
    struct str schema, table;
    return rd_name(rd, name) && rd_take(rd, KW_ON) && rd_qualified(rd, &schema, &table)
               ? catalog_resolve(rd->c, schema, table)
               : NULL;
}

/* ---- rules -------------------------------------------------------------------------------------------------------------- */

static struct rule *find_rule(const struct relation *r, struct str name)
{
    for (size_t i = 0; i < r->rules.n; i++) {
        if (str_eq(r->rules.at[i].name, name)) {
            return &r->rules.at[i];
        }
    }
    return NULL;
}

static unsigned event_of(const struct reader *rd)
{
    return rd_is(rd, KW_INSERT)   ? TRIGGER_INSERT
           : rd_is(rd, KW_UPDATE) ? TRIGGER_UPDATE
           : rd_is(rd, KW_DELETE) ? TRIGGER_DELETE
                                  : 0;
}

struct relation *rule_read(struct reader *rd, struct rule *rule)
{
    struct str schema, table;
    struct relation *r = NULL;
    *rule = (struct rule){0};
    if (!rd_name(rd, &rule->name) || !rd_take2(rd, KW_AS, KW_ON)) {
        return NULL;
    }
    rule->event = event_of(rd);
    rd->i++;
    if (!rd_take(rd, KW_TO) || !rd_qualified(rd, &schema, &table)) {
        return NULL;
    }
    r = catalog_resolve(rd->c, schema, table);
    for (unsigned depth = 0; !rd_done(rd) && !(depth == 0 && rd_is(rd, KW_DO)); rd->i++) {
        rule->conditional = rule->conditional || rd_is(rd, KW_WHERE);
        depth += expression_is_self(rd->st, rd->i, '(');
        depth -= depth > 0 && expression_is_self(rd->st, rd->i, ')');
    }
    (void)rd_take(rd, KW_DO);
    rule->instead = rd_take(rd, KW_INSTEAD);
    (void)(rule->instead || rd_take(rd, KW_ALSO));
    if (!rd_done(rd) && !rd_is(rd, KW_NOTHING)) {
        rule->actions = arena_str(rd->c->arena, rd_source(rd, rd->i, rd->end));
    }
    return r;
}

void replay_create_rule(struct reader *rd)
{
    struct rule rule;
    struct relation *r = rule_read(rd, &rule);
    if (r) {
        struct rule *same = find_rule(r, rule.name);
        *(same ? same : vec_push(rd->c->arena, &r->rules)) = rule;
    }
}

static void drop_rule(struct relation *r, struct str name)
{
    const struct rule *rule = find_rule(r, name);
    if (rule) {
        const size_t at = (size_t)(rule - r->rules.at);
        memmove(&r->rules.at[at], &r->rules.at[at + 1], (r->rules.n - at - 1) * sizeof r->rules.at[0]);
        r->rules.n--;
    }
}

/* ---- policies and rules ------------------------------------------------------------------------------------------------- */

void replay_create_policy(struct reader *rd)
{
    struct str name;
    struct relation *r = read_on(rd, &name);
    if (r) {
        expression_add_name(rd->c->arena, &r->policies, name);
    }
}

void replay_drop_attached(struct reader *rd, bool policy)
{
    struct str name;
    (void)rd_if_exists(rd);
    struct relation *r = read_on(rd, &name);
    if (r && policy) {
        name_list_remove(&r->policies, name);
    } else if (r) {
        drop_rule(r, name);
    }
}

void replay_rename_attached(struct reader *rd, bool policy)
{
    struct str name, to;
    struct relation *r = read_on(rd, &name);
    if (!r || !rd_take2(rd, KW_RENAME, KW_TO) || !rd_name(rd, &to)) {
        return;
    }
    struct rule *rule = policy ? NULL : find_rule(r, name);
    if (rule) {
        rule->name = to;
    } else if (policy && name_list_has(&r->policies, name)) {
        name_list_remove(&r->policies, name);
        expression_add_name(rd->c->arena, &r->policies, to);
    }
}

/* [IF NOT EXISTS] [name] [( … )] ON … FROM t */
void replay_create_statistics(struct reader *rd)
{
    struct str schema, name, table;
    (void)rd_if_not_exists(rd);
    if (rd_is(rd, KW_ON) || !rd_qualified(rd, &schema, &name)) {
        return;
    }
    while (!rd_done(rd) && !rd_take(rd, KW_FROM)) {
        rd->i++;
    }
    struct relation *r = rd_qualified(rd, &schema, &table) ? catalog_resolve(rd->c, schema, table) : NULL;
    if (r) {
        expression_add_name(rd->c->arena, &r->statistics, name);
    }
}

void replay_drop_statistics(struct reader *rd)
{
    struct str schema, name;
    (void)rd_if_exists(rd);
    while (rd_qualified(rd, &schema, &name)) {
        for (size_t i = 0; i < rd->c->all.n; i++) {
            name_list_remove(&rd->c->all.at[i]->statistics, name);
        }
        if (!rd_take_self(rd, ',')) {
            return;
        }
    }
}

/* TABLE [ONLY] a [( … )] [WHERE ( … )], … */
static void publish(struct reader *rd, struct str publication, bool add)
{
    struct str schema, table;
    size_t first, last;
    if (!rd_take(rd, KW_TABLE)) {
        return;
    }
    do {
        (void)rd_take(rd, KW_TABLE);
        (void)rd_take(rd, KW_ONLY);
        if (!rd_qualified(rd, &schema, &table)) {
            return;
        }
        (void)rd_take_self(rd, '*');
        (void)rd_parens(rd, &first, &last);
        if (rd_take(rd, KW_WHERE)) {
            (void)rd_parens(rd, &first, &last);
        }
        struct relation *r = catalog_resolve(rd->c, schema, table);
        if (r && add) {
            expression_add_name(rd->c->arena, &r->publications, publication);
        } else if (r) {
            name_list_remove(&r->publications, publication);
        }
    } while (rd_take_self(rd, ','));
}

static void unpublish_all(struct reader *rd, struct str publication)
{
    for (size_t i = 0; i < rd->c->all.n; i++) {
        name_list_remove(&rd->c->all.at[i]->publications, publication);
    }
}

void replay_publication(struct reader *rd, bool create)
{
    struct str name;
    if (!rd_name(rd, &name)) {
        return;
    }
    if (create) {
        (void)rd_take(rd, KW_FOR);
        publish(rd, name, true);
    } else if (rd_take(rd, KW_ADD)) {
        publish(rd, name, true);
    } else if (rd_take(rd, KW_SET) && rd_is(rd, KW_TABLE)) {
        unpublish_all(rd, name);
        publish(rd, name, true);
    } else if (rd_take(rd, KW_DROP)) {
        publish(rd, name, false);
    }
}

void replay_drop_publication(struct reader *rd)
{
    struct str name;
    (void)rd_if_exists(rd);
    while (rd_name(rd, &name)) {
        unpublish_all(rd, name);
        if (!rd_take_self(rd, ',')) {
            return;
        }
    }
}

/* role, at the name; empty: whoever runs the statements. */
static bool read_role(struct reader *rd, struct str *role)
{
    if (rd_take(rd, KW_CURRENT_USER) || rd_take(rd, KW_SESSION_USER) || rd_take(rd, KW_CURRENT_ROLE)) {
        *role = STR_NONE;
        return true;
    }
    return rd_any_name(rd, role);
}

void replay_owner(struct reader *rd, struct relation *r)
{
    struct str role;
    if (rd_take2(rd, KW_OWNER, KW_TO) && read_role(rd, &role)) {
        r->owner = role;
    }
}

/* OWNED BY a, b TO c */
void replay_reassign(struct reader *rd)
{
    struct name_list from = {0};
    struct str role;
    if (!rd_take2(rd, KW_OWNED, KW_BY)) {
        return;
    }
    do {
        if (!read_role(rd, &role)) {
            return;
        }
        *vec_push(&rd->c->scratch, &from) = role;
    } while (rd_take_self(rd, ','));
    if (!rd_take(rd, KW_TO) || !read_role(rd, &role)) {
        return;
    }
    for (size_t i = 0; i < rd->c->all.n; i++) {
        struct relation *r = rd->c->all.at[i];
        if (r->owner.n > 0 && name_list_has(&from, r->owner)) {
            r->owner = role;
        }
    }
}
