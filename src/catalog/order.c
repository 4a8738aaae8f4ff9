#include "catalog/order.h"

static int by_schema(const void *a, const void *b)
{
    const struct schema *const *x = a, *const *y = b;
    return str_cmp((*x)->name, (*y)->name);
}

static int by_type(const void *a, const void *b)
{
    const struct type *const *x = a, *const *y = b;
    const int schema = str_cmp((*x)->schema, (*y)->schema);
    return schema != 0 ? schema : str_cmp((*x)->name, (*y)->name);
}

static int by_function(const void *a, const void *b)
{
    const struct function *const *x = a, *const *y = b;
    const int schema = str_cmp((*x)->schema, (*y)->schema);
    return schema != 0 ? schema : str_cmp((*x)->name, (*y)->name);
}

static struct value_list sorted(const struct map *m, struct arena *a, int (*compare)(const void *, const void *))
{
    struct value_list all = {0};
    for (size_t i = 0; i < m->cap; i++) {
        if (m->slots[i].value) {
            *vec_push(a, &all) = m->slots[i].value;
        }
    }
    if (all.n > 1) {
        qsort(all.at, all.n, sizeof all.at[0], compare);
    }
    return all;
}

struct value_list catalog_schemas(const struct catalog *c, struct arena *a)
{
    return sorted(&c->schemas, a, by_schema);
}

struct value_list catalog_types(const struct catalog *c, struct arena *a)
{
    return sorted(&c->types, a, by_type);
}

struct value_list catalog_functions(const struct catalog *c, struct arena *a)
{
    return sorted(&c->functions, a, by_function);
}
