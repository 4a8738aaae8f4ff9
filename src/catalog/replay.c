#include "catalog/replay.h"

#include "catalog/expression.h"
#include "catalog/names.h"
#include "catalog/replay_parts.h"

/* ---- what the statement kinds share --------------------------------------------------------------------------------------- */

struct str rd_creation_schema(struct reader *rd, struct str schema, bool temporary)
{
    const struct catalog *c = rd->c;
    if (schema.n == 0 && temporary) {
        return STR("pg_temp");
    }
    if (schema.n > 0) {
        return str_eq(schema, STR("pg_temp")) || catalog_schema(rd->c, schema)->exists != TRI_NO ? schema : STR_NONE;
    }
    for (size_t i = 0; i < c->search_path.n; i++) {
        const struct str name = c->search_path.at[i];
        if (str_eq(name, STR("pg_temp")) || catalog_schema(rd->c, name)->exists != TRI_NO) {
            return name;
        }
    }
    return STR_NONE;
}

/* Nothing but its name was ever met: by a query perhaps, or by who looked up the statement's own target before. */
static bool only_named(const struct relation *r)
{
    return r->kind == REL_UNKNOWN && r->columns.n == 0 && r->indexes.n == 0 && r->constraints.n == 0 &&
           r->referenced_by.n == 0 && r->read_by.n == 0 && r->triggers.n == 0;
}

struct relation *rd_create_relation(struct reader *rd, const struct new_relation *want)
{
    struct catalog *c = rd->c;
    const struct str schema = rd_creation_schema(rd, want->schema, want->temporary);
    if (schema.n == 0) {
        return NULL;
    }
    struct relation *r = name_map_get(&c->relations, schema, want->name);
    if (r && r->exists == TRI_YES) {
        return NULL;
    }
    if (r && r->exists == TRI_UNKNOWN && want->if_not_exists && !only_named(r)) {
        r->exists = TRI_YES;
        r->kind = r->kind == REL_UNKNOWN ? want->kind : r->kind;
        return NULL;
    }
    const struct schema *s = map_get(&c->schemas, schema);
    const bool known_absent =
        c->complete || (r && r->exists == TRI_NO) || (s && s->made.statement > 0) || str_eq(schema, STR("pg_temp"));
    r = catalog_add(c, schema, want->name, want->kind, rd->at);
    r->temporary = str_eq(schema, STR("pg_temp"));
    if (r->temporary) {
        *vec_push(c->arena, &c->temporary) = r;
    }
    r->maybe_older = want->if_not_exists && !known_absent;
    return r;
}

struct relation *rd_target(struct reader *rd, struct str schema, struct str name, bool if_exists,
                           enum relation_kind kind)
{
    struct relation *r = catalog_mention(rd->c, schema, name, kind);
    if (r->exists == TRI_NO) {
        return NULL;
    }
    if (!if_exists) {
        r->exists = TRI_YES;
    }
    return r;
}

/* ---- dispatch -------------------------------------------------------------------------------------------------------------- */

static void create(struct reader *rd)
{
    struct table_flags flags = {0};
    const bool or_replace = rd_take2(rd, KW_OR, KW_REPLACE);
    (void)(rd_take(rd, KW_LOCAL) || rd_take(rd, KW_GLOBAL));
    flags.temporary = rd_take(rd, KW_TEMPORARY) || rd_take(rd, KW_TEMP);
    flags.unlogged = rd_take(rd, KW_UNLOGGED);
    const bool unique = rd_take(rd, KW_UNIQUE);
    (void)rd_take(rd, KW_RECURSIVE);
    if (rd_take(rd, KW_TABLE)) {
        replay_create_table(rd, flags);
    } else if (rd_take2(rd, KW_FOREIGN, KW_TABLE)) {
        flags.foreign = true;
        replay_create_table(rd, flags);
    } else if (rd_take(rd, KW_INDEX)) {
        replay_create_index(rd, unique);
    } else if (rd_take(rd, KW_TYPE)) {
        replay_create_type(rd);
    } else if (rd_take(rd, KW_DOMAIN)) {
        replay_create_domain(rd);
    } else if (rd_take(rd, KW_SEQUENCE)) {
        replay_create_sequence(rd, flags.temporary);
    } else if (rd_take(rd, KW_VIEW)) {
        replay_create_view(rd, REL_VIEW, or_replace, flags.temporary);
    } else if (rd_take2(rd, KW_MATERIALIZED, KW_VIEW)) {
        replay_create_view(rd, REL_MATVIEW, false, false);
    } else if (rd_take(rd, KW_SCHEMA)) {
        replay_create_schema(rd);
    } else if (rd_take(rd, KW_FUNCTION) || rd_take(rd, KW_PROCEDURE)) {
        replay_create_function(rd, or_replace);
    } else if (rd_take(rd, KW_TRIGGER) || rd_take2(rd, KW_CONSTRAINT, KW_TRIGGER)) {
        replay_create_trigger(rd, or_replace);
    } else if (rd_take(rd, KW_POLICY)) {
        replay_create_policy(rd);
    } else if (rd_take(rd, KW_RULE)) {
        replay_create_rule(rd);
    } else if (rd_take(rd, KW_STATISTICS)) {
        replay_create_statistics(rd);
    } else if (rd_take(rd, KW_PUBLICATION)) {
        replay_publication(rd, true);
    }
}

static void alter(struct reader *rd)
{
    if (rd_take(rd, KW_TABLE)) {
        replay_alter_table(rd, REL_UNKNOWN);
    } else if (rd_take2(rd, KW_FOREIGN, KW_TABLE)) {
        replay_alter_table(rd, REL_FOREIGN);
    } else if (rd_take(rd, KW_INDEX)) {
        replay_alter_table(rd, REL_INDEX);
    } else if (rd_take(rd, KW_VIEW)) {
        replay_alter_table(rd, REL_VIEW);
    } else if (rd_take2(rd, KW_MATERIALIZED, KW_VIEW)) {
        replay_alter_table(rd, REL_MATVIEW);
    } else if (rd_take(rd, KW_SEQUENCE)) {
        replay_alter_sequence(rd);
    } else if (rd_take(rd, KW_TYPE)) {
        replay_alter_type(rd);
    } else if (rd_take(rd, KW_DOMAIN)) {
        replay_alter_domain(rd);
    } else if (rd_take(rd, KW_SCHEMA)) {
        replay_alter_schema(rd);
    } else if (rd_take(rd, KW_FUNCTION) || rd_take(rd, KW_PROCEDURE) || rd_take(rd, KW_ROUTINE)) {
        replay_alter_function(rd);
    } else if (rd_take(rd, KW_TRIGGER)) {
        replay_alter_trigger(rd);
    } else if (rd_take(rd, KW_POLICY)) {
        replay_rename_attached(rd, true);
    } else if (rd_take(rd, KW_RULE)) {
        replay_rename_attached(rd, false);
    } else if (rd_take(rd, KW_PUBLICATION)) {
        replay_publication(rd, false);
    }
}

/* SELECT set_config( … ) or SELECT pg_catalog.set_config( … ), which pg_dump writes. */
static bool is_set_config(const struct reader *rd)
{
    for (size_t i = 1; i < 4; i++) {
        const struct token t = rd_token(rd, rd->i + i);
        if (t.kind == TOK_WORD && str_eq_nocase(token_text(rd->text, t), STR("set_config"))) {
            return true;
        }
    }
    return false;
}

void replay_statement(struct reader *rd)
{
    if (rd_take(rd, KW_CREATE)) {
        create(rd);
    } else if (rd_take(rd, KW_ALTER)) {
        alter(rd);
    } else if (rd_take(rd, KW_DROP)) {
        replay_drop(rd);
    } else if (rd_take(rd, KW_SET)) {
        replay_set(rd);
    } else if (rd_take(rd, KW_RESET)) {
        replay_reset(rd);
    } else if (rd_take2(rd, KW_DISCARD, KW_ALL)) {
        catalog_reset_session(rd->c);
    } else if (rd_take(rd, KW_REFRESH)) {
        replay_refresh(rd);
    } else if (rd_take(rd, KW_REASSIGN)) {
        replay_reassign(rd);
    } else if (rd_take(rd, KW_DO)) {
        replay_body(rd);
    } else if (rd_is(rd, KW_SELECT) && is_set_config(rd)) {
        replay_set_config(rd);
    } else if (rd_is(rd, KW_INSERT) || rd_is(rd, KW_UPDATE) || rd_is(rd, KW_MERGE) || rd_is(rd, KW_COPY) ||
               rd_is(rd, KW_WITH) || rd_is(rd, KW_SELECT)) {
        replay_data(rd);
    }
}

void catalog_replay(struct catalog *c, struct str text, const struct statement *st, struct origin at)
{
    if (st->psql || st->n_tokens == 0) {
        return;
    }
    if (c->on_commit_drop.n > 0 && c->commit_transaction != at.transaction) {
        for (size_t i = 0; i < c->on_commit_drop.n; i++) {
            catalog_drop(c, c->on_commit_drop.at[i]);
        }
        c->on_commit_drop.n = 0;
    }
    if (c->before_local.saved && c->local_transaction != at.transaction) { /* SET LOCAL ended with its transaction */
        c->search_path = c->before_local.search_path;
        c->time_zone = c->before_local.time_zone;
        c->before_local.saved = false;
    }
    struct reader rd = {.c = c, .text = text, .st = st, .end = st->n_tokens, .at = at};
    replay_statement(&rd);
    arena_free(&c->scratch);
}
