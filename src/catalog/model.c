#include "catalog/model.h"

#include "catalog/names.h"
#include "sql/keyword.h"

void catalog_init(struct catalog *c, struct arena *arena)
{
    *c = (struct catalog){.arena = arena};
    map_init(&c->relations, arena);
    map_init(&c->types, arena);
    map_init(&c->functions, arena);
    map_init(&c->schemas, arena);
    map_init(&c->constraint_names, arena);
    map_init(&c->name_hints, arena);
    arena_init(&c->scratch, SIZE_MAX);
    *vec_push(arena, &c->search_path) = STR("public");
    struct schema *public = arena_new(arena, struct schema);
    *public = (struct schema){.name = STR("public"), .exists = TRI_YES};
    map_put(&c->schemas, public->name, public);
}

void *name_map_get(const struct map *m, struct str schema, struct str name)
{
    return map_get_pair(m, schema, name, map_hash(m, name));
}

void name_map_put(struct map *m, struct str schema, struct str name, void *value)
{
    map_put_pair(m, schema, name, value);
}

void name_map_remove(struct map *m, struct str schema, struct str name)
{
    map_remove_pair(m, schema, name);
}

/* In one schema; a relation that is gone is not found. */
static inline void *look(const struct map *m, struct str schema, struct str name, uint64_t hash, bool relations)
{
    void *hit = map_get_pair(m, schema, name, hash);
    return hit && relations && ((const struct relation *)hit)->exists == TRI_NO ? NULL : hit;
}

/* An unqualified name is looked for in the schemas of the path, in the server's order, until there is something. */
static inline void *resolve(const struct catalog *c, const struct map *m, struct str schema, struct str name,
                            struct hidden_names hidden, bool relations)
{
    const uint64_t hash = map_hash(m, name);
    if (schema.n > 0) {
        return look(m, schema, name, hash, relations);
    }
    void *hit = hidden.temporary ? look(m, STR("pg_temp"), name, hash, relations) : NULL;
    if (!hit && hidden.builtin && !name_list_has(&c->search_path, STR("pg_catalog"))) {
        hit = look(m, STR("pg_catalog"), name, hash, relations);
    }
    for (size_t i = 0; !hit && i < c->search_path.n; i++) {
        hit = look(m, c->search_path.at[i], name, hash, relations);
    }
    return hit;
}

struct relation *catalog_relation(const struct catalog *c, struct str schema, struct str name)
{
    return look(&c->relations, schema, name, map_hash(&c->relations, name), true);
}

struct relation *catalog_resolve(const struct catalog *c, struct str schema, struct str name)
{
    return resolve(c, &c->relations, schema, name, c->hidden_relations, true);
}

struct type *catalog_type(const struct catalog *c, struct str schema, struct str name)
{
    return resolve(c, &c->types, schema, name, c->hidden_types, false);
}

struct function *catalog_function(const struct catalog *c, struct str schema, struct str name)
{
    return resolve(c, &c->functions, schema, name, c->hidden_functions, false);
}

struct schema *catalog_schema(struct catalog *c, struct str name)
{
    struct schema *s = map_get(&c->schemas, name);
    if (!s) {
        s = arena_new(c->arena, struct schema);
        *s = (struct schema){.name = arena_str(c->arena, name), .exists = c->complete ? TRI_NO : TRI_UNKNOWN};
        map_put(&c->schemas, s->name, s);
    }
    return s;
}

bool name_list_has(const struct name_list *names, struct str name)
{
    for (size_t i = 0; i < names->n; i++) {
        if (str_eq(names->at[i], name)) {
            return true;
        }
    }
    return false;
}

struct column *relation_column(const struct relation *r, struct str name)
{
    for (size_t i = 0; i < r->columns.n; i++) {
        if (str_eq(r->columns.at[i]->name, name)) {
            return r->columns.at[i];
        }
    }
    return NULL;
}

struct constraint *relation_constraint(const struct relation *r, struct str name)
{
    for (size_t i = 0; i < r->constraints.n; i++) {
        if (str_eq(r->constraints.at[i]->name, name)) {
            return r->constraints.at[i];
        }
    }
    return NULL;
}

enum tri relation_proves_not_null(const struct relation *r, struct str column)
{
    const struct column *col = relation_column(r, column);
    if (col && col->not_null) {
        return TRI_YES;
    }
    for (size_t i = 0; i < r->constraints.n; i++) {
        const struct constraint *con = r->constraints.at[i];
        const struct name_list *proved = con->kind == CON_PRIMARY ? &con->columns : &con->not_null;
        if (con->valid && con->enforced && name_list_has(proved, column)) {
            return TRI_YES;
        }
    }
    return r->complete ? TRI_NO : TRI_UNKNOWN;
}

void relation_referencing(const struct catalog *c, const struct relation *r, struct arena *a,
                          struct constraint_list *out)
{
    (void)c;
    for (size_t i = 0; i < r->referenced_by.n; i++) {
        *vec_push(a, out) = r->referenced_by.at[i];
    }
}

static bool listed(const struct relation_list *list, const struct relation *r)
{
    for (size_t i = 0; i < list->n; i++) {
        if (list->at[i] == r) {
            return true;
        }
    }
    return false;
}

void relation_descendants(const struct relation *r, struct arena *a, struct relation_list *out)
{
    const size_t first = out->n;
    for (size_t i = 0; i < r->children.n; i++) {
        *vec_push(a, out) = r->children.at[i];
    }
    for (size_t done = first; done < out->n; done++) {
        const struct relation *child = out->at[done];
        for (size_t i = 0; i < child->children.n; i++) {
            /* Only a child of several parents can come twice. */
            struct relation *grandchild = child->children.at[i];
            if (grandchild->parents.n < 2 || !listed(out, grandchild)) {
                *vec_push(a, out) = grandchild;
            }
        }
    }
}

struct str name_quote(struct arena *a, struct str name)
{
    bool bare = name.n > 0 && ((name.p[0] >= 'a' && name.p[0] <= 'z') || name.p[0] == '_');
    size_t quotes = 0;
    for (size_t i = 0; i < name.n; i++) {
        const char ch = name.p[i];
        bare = bare && ((ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '_');
        quotes += ch == '"';
    }
    if (bare && keyword_category(keyword_find(name)) == KW_UNRESERVED) {
        return name;
    }
    char *p = arena_alloc(a, name.n + quotes + 3);
    size_t n = 0;
    p[n++] = '"';
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == '"') {
            p[n++] = '"';
        }
        p[n++] = name.p[i];
    }
    p[n++] = '"';
    return (struct str){p, n};
}

struct str name_display(struct arena *a, struct str schema, struct str name)
{
    const struct str bare = name_quote(a, name);
    if (schema.n == 0) {
        return bare;
    }
    const struct str s = name_quote(a, schema);
    char *both = arena_alloc(a, s.n + bare.n + 2); /* by hand: every finding displays some names */
    memcpy(both, s.p, s.n);
    both[s.n] = '.';
    memcpy(both + s.n + 1, bare.p, bare.n);
    return (struct str){both, s.n + 1 + bare.n};
}

struct str relation_display(const struct relation *r, struct arena *a)
{
    return name_display(a, r->schema, r->name);
}
