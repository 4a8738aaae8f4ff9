#include "catalog/file_links.h"

enum { WAYS_MAX = 10000, SEVERAL_MAX = 5000, DEPTH_MAX = 1000, CIRCLE_MAX = 1000 };

struct graph {
    size_t *first; /* of node i: its links are [first[i], first[i + 1]) */
    size_t *to;
    size_t *open;  /* links into node i from nodes not yet visited */
    size_t *order; /* nodes, each behind all that link to it */
    size_t visited;
};

static struct graph graph_of(const struct link_list *links, size_t n, struct arena *a)
{
    struct graph g = {arena_array(a, size_t, n + 2), arena_array(a, size_t, links->n + 1),
                      arena_array(a, size_t, n + 1), arena_array(a, size_t, n + 1), 0};
    for (size_t i = 0; i < links->n; i++) {
        g.first[links->at[i].from + 1]++;
        g.open[links->at[i].to]++;
    }
    for (size_t i = 0; i <= n; i++) {
        g.first[i + 1] += g.first[i];
    }
    size_t *next = arena_array(a, size_t, n + 1);
    memcpy(next, g.first, (n + 1) * sizeof *next);
    for (size_t i = 0; i < links->n; i++) {
        g.to[next[links->at[i].from]++] = links->at[i].to;
    }
    return g;
}

/* Put nodes in order; those in a circle, and those only circles lead to, stay out. */
static void visit(struct graph *g, size_t n)
{
    for (size_t i = 1; i <= n; i++) {
        if (g->open[i] == 0) {
            g->order[g->visited++] = i;
        }
    }
    for (size_t done = 0; done < g->visited; done++) {
        const size_t node = g->order[done];
        for (size_t k = g->first[node]; k < g->first[node + 1]; k++) {
            if (--g->open[g->to[k]] == 0) {
                g->order[g->visited++] = g->to[k];
            }
        }
    }
}

bool links_are_trees(const struct link_list *links, size_t n, struct arena *a)
{
    struct graph g = graph_of(links, n, a);
    size_t *ways = arena_array(a, size_t, n + 1);
    size_t several = 0;
    visit(&g, n);
    if (g.visited < n) {
        return false;
    }
    /* Ancestors come last in the order: what leads up from a node is its parents, and what leads up from those. */
    for (size_t i = n; i-- > 0;) {
        const size_t node = g.order[i];
        several += g.first[node + 1] - g.first[node] > 1;
        for (size_t k = g.first[node]; k < g.first[node + 1]; k++) {
            ways[node] += 1 + ways[g.to[k]];
            if (ways[node] > WAYS_MAX) {
                return false;
            }
        }
    }
    return several <= SEVERAL_MAX;
}

bool links_are_shallow(const struct link_list *links, size_t n, struct arena *a)
{
    struct graph g = graph_of(links, n, a);
    size_t *depth = arena_array(a, size_t, n + 1);
    visit(&g, n);
    if (n - g.visited > CIRCLE_MAX) {
        return false;
    }
    for (size_t i = 0; i < g.visited; i++) {
        const size_t node = g.order[i];
        for (size_t k = g.first[node]; k < g.first[node + 1]; k++) {
            size_t *below = &depth[g.to[k]];
            *below = *below > depth[node] + 1 ? *below : depth[node] + 1;
            if (*below > DEPTH_MAX) {
                return false;
            }
        }
    }
    return true;
}
