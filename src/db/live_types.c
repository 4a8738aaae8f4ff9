/* Types and functions of a server. */
#include "catalog/routine.h"
#include "db/live_impl.h"

void live_read_types(struct live *l, const struct rows *r)
{
    struct arena *a = l->c->arena;
    for (size_t i = 0; i < rows_count(r); i++) {
        struct type *t = arena_new(a, struct type);
        t->schema = live_text(l, r, i, 1);
        t->name = live_text(l, r, i, 2);
        switch (live_char(r, i, 3)) {
        case 'e':
            t->kind = TYPE_ENUM;
            break;
        case 'd':
            t->kind = TYPE_DOMAIN;
            break;
        case 'c':
            t->kind = TYPE_COMPOSITE;
            break;
        case 'r':
            t->kind = TYPE_RANGE;
            break;
        default:
            t->kind = TYPE_OTHER;
            break;
        }
        if (t->kind == TYPE_DOMAIN) {
            live_type_ref(l, r, i, 4, &t->base);
            t->not_null = rows_bool(r, i, 8);
            t->has_constraints = t->not_null;
            t->default_sql = live_text(l, r, i, 9);
        }
        map_put(&l->types, live_text(l, r, i, 0), t);
        catalog_add_type(l->c, t);
    }
}

void live_read_labels(struct live *l, const struct rows *r)
{
    for (size_t i = 0; i < rows_count(r); i++) {
        struct type *t = map_get(&l->types, rows_value(r, i, 0));
        if (t) {
            *vec_push(l->c->arena, &t->labels) = live_text(l, r, i, 1);
        }
    }
}

/* Immutable, stable, volatile: the further, the worse. */
static int rank(char volatility)
{
    return volatility == 'i' ? 0 : volatility == 's' ? 1 : 2;
}

void live_read_functions(struct live *l, const struct rows *r)
{
    for (size_t i = 0; i < rows_count(r); i++) {
        const struct str schema = rows_value(r, i, 0), name = rows_value(r, i, 1);
        const char volatility = live_char(r, i, 2);
        struct function *f = catalog_function(l->c, schema, name);
        if (f) {
            /* Overloaded: which one a call means is not told apart, so the worst counts and no body is looked into. */
            f->volatility = rank(volatility) > rank(f->volatility) ? volatility : f->volatility;
            f->body = STR_NONE;
            continue;
        }
        f = arena_new(l->c->arena, struct function);
        f->schema = live_text(l, r, i, 0);
        f->name = live_text(l, r, i, 1);
        f->volatility = volatility;
        f->language = live_text(l, r, i, 3);
        struct routine routine = {.body = live_text(l, r, i, 4), .strict = rows_bool(r, i, 7)};
        const bool plain = str_eq(f->language, STR("sql")) && !rows_bool(r, i, 8);
        live_names(l, r, i, 9, &routine.arguments);
        f->body = plain ? routine_expression(l->c->arena, &routine) : STR_NONE;
        f->source = routine_source(l->c->arena, &l->c->scratch, routine.body);
        arena_reset(&l->c->scratch);
        f->n_args = (unsigned)rows_i64(r, i, 5);
        f->returns_trigger = rows_bool(r, i, 6);
        catalog_add_function(l->c, f);
    }
    arena_free(&l->c->scratch);
}
