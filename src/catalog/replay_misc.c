/* Sequences, views, schemas, functions, triggers. */
#include "catalog/expression.h"
#include "catalog/names.h"
#include "catalog/replay.h"
#include "catalog/replay_parts.h"
#include "catalog/routine.h"

/* ---- sequences --------------------------------------------------------------------------------------------------------- */

static void disown(struct relation *seq)
{
    struct column *col = seq->table ? relation_column(seq->table, seq->owner_column) : NULL;
    if (col && col->sequence == seq) {
        col->sequence = NULL;
    }
    seq->table = NULL;
    seq->owner_column = STR_NONE;
}

/* OWNED BY [schema.]table.column | NONE, anywhere among the options. */
static void read_owned_by(struct reader *rd, struct relation *seq)
{
    while (!rd_done(rd) && !rd_take2(rd, KW_OWNED, KW_BY)) {
        rd->i++;
    }
    if (rd_done(rd)) {
        return;
    }
    if (rd_is(rd, KW_NONE_WORD)) {
        disown(seq);
        return;
    }
    struct str part, schema = STR_NONE, table = STR_NONE, column = STR_NONE;
    while (rd_any_name(rd, &part)) {
        schema = table;
        table = column;
        column = part;
        if (!rd_take_self(rd, '.')) {
            break;
        }
    }
    struct relation *owner = table.n > 0 ? catalog_resolve(rd->c, schema, table) : NULL;
    struct column *col = owner ? relation_column(owner, column) : NULL;
    if (owner) {
        disown(seq);
        seq->table = owner;
        seq->owner_column = column;
    }
    if (col) {
        col->sequence = seq;
    }
}

void replay_create_sequence(struct reader *rd, bool temporary)
{
    struct str schema, name;
    const bool if_not_exists = rd_if_not_exists(rd);
    if (!rd_qualified(rd, &schema, &name)) {
        return;
    }
    const struct new_relation want = {schema, name, REL_SEQUENCE, if_not_exists, temporary};
    struct relation *seq = rd_create_relation(rd, &want);
    if (seq) {
        read_owned_by(rd, seq);
    }
}

void replay_alter_sequence(struct reader *rd)
{
    struct reader again = *rd;
    struct str schema, name;
    const bool if_exists = rd_if_exists(rd);
    if (!rd_qualified(rd, &schema, &name)) {
        return;
    }
    if (rd_is(rd, KW_RENAME) || (rd_is(rd, KW_SET) && rd_is_at(rd, 1, KW_SCHEMA))) {
        replay_alter_table(&again, REL_SEQUENCE);
        return;
    }
    struct relation *seq = rd_target(rd, schema, name, if_exists, REL_SEQUENCE);
    if (seq) {
        replay_owner(rd, seq);
        read_owned_by(rd, seq);
    }
}

/* ---- views ------------------------------------------------------------------------------------------------------------- */

/* A name at the place of a table in a query. */
static void read_source(struct reader *rd, struct relation *view)
{
    struct str schema, name;
    while (rd_take(rd, KW_ONLY) || rd_take(rd, KW_LATERAL)) {
    }
    if (rd_qualified(rd, &schema, &name) && !rd_is_self(rd, '(')) {
        struct relation *r = catalog_resolve(rd->c, schema, name);
        if (r && r != view) {
            relation_add_read(rd->c, view, r);
        }
    }
}

/* Is this parenthesis behind FROM, JOIN, a comma or another one, so that a join stands in it? */
static bool opens_sources(const struct reader *rd)
{
    const struct token before = rd->i > 0 ? rd->st->tokens[rd->i - 1] : (struct token){0};
    const bool place = before.kind == TOK_WORD ? before.keyword == KW_FROM || before.keyword == KW_JOIN
                                               : before.keyword == ',' || before.keyword == '(';
    return place && !rd_is_at(rd, 1, KW_SELECT) && !rd_is_at(rd, 1, KW_WITH) && !rd_is_at(rd, 1, KW_VALUES);
}

/* Every name in the query: which columns it may rest on. */
static void read_words(const struct reader *rd, struct relation *view)
{
    struct catalog *c = rd->c;
    view->words.n = 0;
    for (size_t i = rd->i; i < rd->end; i++) {
        const struct token t = rd_token(rd, i);
        if (t.kind == TOK_SELF && t.keyword == '*') {
            expression_add_name(c->arena, &view->words, STR("*"));
        } else if (t.kind == TOK_QUOTED ||
                   (t.kind == TOK_WORD &&
                    (t.keyword == KW_NONE || keyword_category((enum keyword)t.keyword) == KW_UNRESERVED))) {
            const struct str name = token_name(c->arena, rd->text, t);
            if (!name_list_has(&view->words, name)) {
                expression_add_name(c->arena, &view->words, arena_str(c->arena, name));
            }
        }
    }
}

/* What the query reads: the names behind FROM and JOIN, and behind the commas of a FROM list. */
static void read_query(struct reader *rd, struct relation *view)
{
    read_words(rd, view);
    enum { LEVELS = 64 };
    bool in_from[LEVELS] = {false};
    size_t depth = 0;
    while (!rd_done(rd)) {
        const struct token t = rd_token(rd, rd->i);
        const size_t level = depth < LEVELS ? depth : LEVELS - 1;
        if (t.kind == TOK_SELF && (t.keyword == '(' || t.keyword == ')')) {
            if (t.keyword == '(') {
                depth++;
                in_from[depth < LEVELS ? depth : LEVELS - 1] = in_from[level] && opens_sources(rd);
            } else if (depth > 0) {
                depth--;
            }
            rd->i++;
            if (t.keyword == '(' && in_from[depth < LEVELS ? depth : LEVELS - 1]) {
                read_source(rd, view);
            }
        } else if (t.kind == TOK_WORD && (t.keyword == KW_FROM || t.keyword == KW_JOIN)) {
            in_from[level] = true;
            rd->i++;
            if (!rd_is_self(rd, '(')) {
                read_source(rd, view);
            }
        } else if (t.kind == TOK_SELF && t.keyword == ',' && in_from[level]) {
            rd->i++;
            if (!rd_is_self(rd, '(')) {
                read_source(rd, view);
            }
        } else {
            const bool ends = t.kind == TOK_WORD && (t.keyword == KW_WHERE || t.keyword == KW_GROUP ||
                                                     t.keyword == KW_ORDER || t.keyword == KW_SELECT);
            in_from[level] = in_from[level] && !ends;
            rd->i++;
        }
    }
}

void replay_create_view(struct reader *rd, enum relation_kind kind, bool or_replace, bool temporary)
{
    struct str schema, name;
    const bool if_not_exists = rd_if_not_exists(rd);
    if (!rd_qualified(rd, &schema, &name)) {
        return;
    }
    struct relation *view = or_replace ? catalog_resolve(rd->c, schema, name) : NULL;
    if (view && (view->kind == kind || view->kind == REL_UNKNOWN)) {
        view->exists = TRI_YES;
        view->kind = kind;
        while (view->reads.n > 0) {
            struct relation *r = view->reads.at[--view->reads.n];
            relation_remove(&r->read_by, view);
        }
    } else {
        const struct new_relation want = {schema, name, kind, if_not_exists, temporary};
        view = rd_create_relation(rd, &want);
        if (!view) {
            return;
        }
    }
    view->complete = false; /* the columns of a query are not worked out */
    view->loaded = kind == REL_MATVIEW && !(rd->end >= 2 && statement_is(rd->st, rd->end - 2, KW_NO) &&
                                            statement_is(rd->st, rd->end - 1, KW_DATA))
                       ? TRI_YES
                       : TRI_NO;
    read_query(rd, view);
    bool empty = view->reads.n > 0; /* of tables that hold nothing */
    for (size_t i = 0; i < view->reads.n; i++) {
        empty = empty && view->reads.at[i]->kind != REL_VIEW && view->reads.at[i]->loaded == TRI_NO;
    }
    view->loaded = empty && kind == REL_MATVIEW ? TRI_NO : view->loaded;
}

void replay_refresh(struct reader *rd)
{
    struct str schema, name;
    if (!rd_take2(rd, KW_MATERIALIZED, KW_VIEW)) {
        return;
    }
    (void)rd_take(rd, KW_CONCURRENTLY);
    struct relation *view = rd_qualified(rd, &schema, &name) ? catalog_resolve(rd->c, schema, name) : NULL;
    if (view) {
        view->loaded = rd_take3(rd, KW_WITH, KW_NO, KW_DATA) ? TRI_NO : TRI_YES;
    }
}

/* ---- schemas ----------------------------------------------------------------------------------------------------------- */

/* CREATE SCHEMA x CREATE TABLE …: each element is made in x. */
static void schema_elements(struct reader *rd, struct str schema)
{
    const struct name_list path = rd->c->search_path;
    struct name_list inside = {0};
    *vec_push(rd->c->arena, &inside) = schema;
    for (size_t i = 0; i < path.n; i++) {
        *vec_push(rd->c->arena, &inside) = path.at[i];
    }
    rd->c->search_path = inside;
    while (!rd_done(rd)) {
        size_t end = rd->i + 1;
        struct reader ahead = rd_part(rd, end, rd->end);
        size_t first, last;
        while (!rd_done(&ahead) && !rd_is(&ahead, KW_CREATE) && !rd_is(&ahead, KW_GRANT)) {
            if (!rd_parens(&ahead, &first, &last)) {
                ahead.i++;
            }
        }
        end = ahead.i;
        struct reader part = rd_part(rd, rd->i, end);
        replay_statement(&part);
        rd->i = end;
    }
    rd->c->search_path = path;
}

void replay_create_schema(struct reader *rd)
{
    struct str name = STR_NONE, role = STR_NONE;
    const bool if_not_exists = rd_if_not_exists(rd);
    if (!rd_is(rd, KW_AUTHORIZATION) && !rd_name(rd, &name)) {
        return;
    }
    if (rd_take(rd, KW_AUTHORIZATION)) {
        (void)rd_any_name(rd, &role);
    }
    struct schema *s = catalog_schema(rd->c, name.n > 0 ? name : role);
    if (s->exists == TRI_YES) {
        return;
    }
    /* Only a schema that cannot have been there before is known to hold nothing else. */
    if (!if_not_exists || s->exists == TRI_NO) {
        s->made = rd->at;
    }
    s->exists = TRI_YES;
    schema_elements(rd, s->name);
}

void replay_alter_schema(struct reader *rd)
{
    struct str from, to;
    if (!rd_name(rd, &from) || !rd_take2(rd, KW_RENAME, KW_TO) || !rd_name(rd, &to)) {
        return;
    }
    struct schema *old = catalog_schema(rd->c, from), *renamed = catalog_schema(rd->c, to);
    if (renamed->exists == TRI_YES || old->exists == TRI_NO) {
        return;
    }
    renamed->exists = TRI_YES;
    renamed->made = old->made;
    old->exists = TRI_NO;
    const size_t n = rd->c->all.n;
    for (size_t i = 0; i < n; i++) {
        struct relation *r = rd->c->all.at[i];
        if (r->exists != TRI_NO && str_eq(r->schema, from)) {
            catalog_rename(rd->c, r, to, r->name);
        }
    }
    schema_move_names(rd->c, from, to);
}

/* ---- functions ----------------------------------------------------------------------------------------------------------- */

static int rank(char volatility)
{
    return volatility == 'i' ? 0 : volatility == 's' ? 1 : volatility == 'v' ? 3 : 2;
}

struct function_options {
    struct routine routine;
    bool secured, configured;
};

/* The names in ( [mode] [name] type [DEFAULT …], … ): those of OUT arguments, which no call gives, are left out. */
static void read_arguments(struct reader *rd, size_t first, size_t last, struct name_list *out)
{
    for (size_t i = first; i < last; i = rd_comma(rd, i, last) + 1) {
        struct reader at = rd_part(rd, i, rd_comma(rd, i, last));
        struct str name = STR_NONE;
        if (rd_is(&at, KW_OUT)) {
            continue;
        }
        (void)(rd_take(&at, KW_IN) || rd_take(&at, KW_INOUT) || rd_take(&at, KW_VARIADIC));
        if (!rd_is_self(&at, '.') && at.end > at.i + 1 && rd_token(&at, at.i + 1).kind == TOK_WORD) {
            (void)rd_any_name(&at, &name);
        }
        *vec_push(rd->c->arena, out) = name;
    }
}

static void read_function_options(struct reader *rd, struct function *f, struct function_options *o)
{
    size_t first, last;
    while (!rd_done(rd)) {
        if (rd_take(rd, KW_IMMUTABLE)) {
            f->volatility = 'i';
        } else if (rd_take(rd, KW_STABLE)) {
            f->volatility = 's';
        } else if (rd_take(rd, KW_VOLATILE)) {
            f->volatility = 'v';
        } else if (rd_take(rd, KW_LANGUAGE)) {
            if (!rd_string(rd, &f->language)) {
                (void)rd_any_name(rd, &f->language);
            }
        } else if (rd_take(rd, KW_STRICT) || rd_take3(rd, KW_RETURNS, KW_NULL, KW_ON)) {
            o->routine.strict = true;
        } else if (rd_take2(rd, KW_SECURITY, KW_DEFINER)) {
            o->secured = true;
        } else if (rd_take(rd, KW_SET)) {
            o->configured = true;
        } else if (rd_take(rd, KW_AS)) {
            (void)rd_string(rd, &o->routine.body);
        } else if (rd_is(rd, KW_RETURN) || (rd_is(rd, KW_BEGIN) && rd_is_at(rd, 1, KW_ATOMIC))) {
            o->routine.body = rd_source(rd, rd->i, rd->end);
            f->language = f->language.n > 0 ? f->language : STR("sql");
            rd_skip_to_end(rd);
        } else if (!rd_parens(rd, &first, &last)) {
            rd->i++;
        }
    }
}

void replay_create_function(struct reader *rd, bool or_replace)
{
    struct catalog *c = rd->c;
    struct str schema, name;
    struct function_options o = {0};
    size_t first, last;
    bool set = false;
    if (!rd_qualified_any(rd, &schema, &name) || !rd_parens(rd, &first, &last)) {
        return;
    }
    schema = rd_creation_schema(rd, schema, false);
    struct function *f = arena_new(c->arena, struct function);
    *f = (struct function){.schema = schema, .name = name, .volatility = 'v', .made = rd->at};
    for (size_t i = first; i < last; i = rd_comma(rd, i, last) + 1) {
        f->n_args++;
    }
    read_arguments(rd, first, last, &o.routine.arguments);
    if (rd_take(rd, KW_RETURNS)) {
        set = rd_is(rd, KW_SETOF) || rd_is(rd, KW_TABLE);
        f->returns_trigger = rd_is(rd, KW_TRIGGER);
        struct type_ref type;
        if (!rd_is(rd, KW_TABLE)) {
            (void)type_ref_parse(c, rd->text, rd->st, &rd->i, &type);
        }
    }
    read_function_options(rd, f, &o);
    if (schema.n == 0) {
        return;
    }
    const bool sql = str_eq_nocase(f->language, STR("sql"));
    if (sql || str_eq_nocase(f->language, STR("plpgsql"))) {
        f->source = routine_source(c->arena, &c->scratch, o.routine.body);
    }
    f->body = sql && !set && !o.secured && !o.configured ? routine_expression(c->arena, &o.routine) : STR_NONE;
    struct function *old = name_map_get(&c->functions, schema, name);
    if (old && !(or_replace && old->n_args == f->n_args)) { /* an overload: the worse of the two */
        f->volatility = rank(old->volatility) > rank(f->volatility) ? old->volatility : f->volatility;
        f->body = STR_NONE;
    }
    catalog_add_function(c, f);
}

/* Triggers go on calling a function by its new name. */
static void follow_function(const struct catalog *c, const struct function *old, const struct function *f)
{
    for (size_t i = 0; i < c->triggered.n; i++) {
        const struct relation *r = c->triggered.at[i];
        for (size_t k = 0; k < r->triggers.n; k++) {
            struct trigger *t = r->triggers.at[k];
            if (trigger_calls(t, old->schema, old->name)) {
                t->function_schema = f->schema;
                t->function = f->name;
            }
        }
    }
}

void replay_alter_function(struct reader *rd)
{
    struct catalog *c = rd->c;
    struct str schema, name, to;
    size_t first, last;
    if (!rd_qualified_any(rd, &schema, &name)) {
        return;
    }
    (void)rd_parens(rd, &first, &last);
    struct function *f = catalog_function(c, schema, name);
    if (!f) {
        return;
    }
    const bool rename = rd_take2(rd, KW_RENAME, KW_TO);
    if (rename || rd_take2(rd, KW_SET, KW_SCHEMA)) {
        if (rd_any_name(rd, &to)) {
            const struct function old = *f;
            name_map_remove(&c->functions, f->schema, f->name);
            *(rename ? &f->name : &f->schema) = to;
            catalog_add_function(c, f);
            follow_function(c, &old, f);
        }
        return;
    }
    struct function_options o = {0};
    read_function_options(rd, f, &o);
    if (o.routine.strict || o.secured || o.configured) {
        f->body = STR_NONE;
    }
}

/* ---- triggers ------------------------------------------------------------------------------------------------------------ */

bool trigger_calls(const struct trigger *t, struct str schema, struct str function)
{
    return str_eq(t->function, function) &&
           (schema.n == 0 || t->function_schema.n == 0 || str_eq(t->function_schema, schema));
}

static struct trigger *find_trigger(const struct relation *r, struct str name)
{
    for (size_t i = 0; i < r->triggers.n; i++) {
        if (str_eq(r->triggers.at[i]->name, name)) {
            return r->triggers.at[i];
        }
    }
    return NULL;
}

void replay_create_trigger(struct reader *rd, bool or_replace)
{
    struct trigger t = {.made = rd->at};
    struct str schema, table;
    if (!rd_name(rd, &t.name)) {
        return;
    }
    t.before = rd_is(rd, KW_BEFORE);
    for (; !rd_done(rd) && !rd_take(rd, KW_ON); rd->i++) {
        t.events |= rd_is(rd, KW_INSERT)     ? TRIGGER_INSERT
                    : rd_is(rd, KW_UPDATE)   ? TRIGGER_UPDATE
                    : rd_is(rd, KW_DELETE)   ? TRIGGER_DELETE
                    : rd_is(rd, KW_TRUNCATE) ? TRIGGER_TRUNCATE
                                             : 0;
    }
    if (!rd_qualified(rd, &schema, &table)) {
        return;
    }
    struct relation *r = rd_target(rd, schema, table, false, REL_UNKNOWN);
    if (!r) {
        return;
    }
    while (!rd_done(rd) && !rd_is(rd, KW_EXECUTE)) {
        if (rd_take(rd, KW_FOR)) {
            (void)rd_take(rd, KW_EACH);
            t.row = rd_is(rd, KW_ROW);
        }
        rd->i++;
    }
    rd->i += 2; /* EXECUTE FUNCTION or PROCEDURE */
    if (rd_qualified_any(rd, &t.function_schema, &t.function)) {
        const struct function *f = catalog_function(rd->c, t.function_schema, t.function);
        t.function_schema = f ? f->schema : t.function_schema;
    }
    struct trigger *same = find_trigger(r, t.name);
    if (same && or_replace) {
        *same = t;
    } else if (!same) {
        struct trigger *made = arena_new(rd->c->arena, struct trigger);
        *made = t;
        relation_add_trigger(rd->c, r, made);
    }
}

void replay_alter_trigger(struct reader *rd)
{
    struct str name, schema, table, to;
    if (!rd_name(rd, &name) || !rd_take(rd, KW_ON) || !rd_qualified(rd, &schema, &table)) {
        return;
    }
    const struct relation *r = catalog_resolve(rd->c, schema, table);
    struct trigger *t = r ? find_trigger(r, name) : NULL;
    if (t && rd_take2(rd, KW_RENAME, KW_TO) && rd_any_name(rd, &to) && !find_trigger(r, to)) {
        t->name = to;
    }
}
