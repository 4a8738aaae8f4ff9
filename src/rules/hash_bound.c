#include "rules/hash_bound.h"

#include "rules/bound.h"

/* Bob Jenkins' lookup3, as the server's hashfn.c uses it. */
struct mixing {
    uint32_t a, b, c;
};

static uint32_t turn(uint32_t x, unsigned by)
{
    return (x << by) | (x >> (32 - by));
}

static void mix(struct mixing *m)
{
    static const unsigned by[] = {4, 6, 8, 16, 19, 4};
    for (size_t i = 0; i < countof(by); i += 3) {
        m->a = (m->a - m->c) ^ turn(m->c, by[i]);
        m->c += m->b;
        m->b = (m->b - m->a) ^ turn(m->a, by[i + 1]);
        m->a += m->c;
        m->c = (m->c - m->b) ^ turn(m->b, by[i + 2]);
        m->b += m->a;
    }
}

static uint64_t finish(struct mixing *m)
{
    static const unsigned by[] = {14, 11, 25, 16, 4, 14, 24};
    uint32_t *const turned[] = {&m->c, &m->a, &m->b, &m->c, &m->a, &m->b, &m->c};
    uint32_t *const from[] = {&m->b, &m->c, &m->a, &m->b, &m->c, &m->a, &m->b};
    for (size_t i = 0; i < countof(by); i++) {
        *turned[i] = (*turned[i] ^ *from[i]) - turn(*from[i], by[i]);
    }
    return (uint64_t)m->b << 32 | m->c;
}

static struct mixing start(size_t n)
{
    static const uint64_t seed = 0x7A5B22367996DCFD; /* HASH_PARTITION_SEED of partbounds.h */
    const uint32_t first = 0x9e3779b9 + (uint32_t)n + 3923095;
    struct mixing m = {first + (uint32_t)(seed >> 32), first + (uint32_t)seed, first};
    mix(&m);
    return m;
}

static uint64_t hash_number(uint32_t n)
{
    struct mixing m = start(sizeof n);
    m.a += n;
    return finish(&m);
}

/* A bigint hashes as the integer of the same value. */
static uint64_t hash_bigint(int64_t n)
{
    const uint32_t low = (uint32_t)(uint64_t)n, high = (uint32_t)((uint64_t)n >> 32);
    return hash_number(low ^ (n >= 0 ? high : ~high));
}

static uint32_t four(const unsigned char *p, size_t n)
{
    uint32_t word = 0;
    for (size_t i = 0; i < 4 && i < n; i++) {
        word |= (uint32_t)p[i] << (8 * i);
    }
    return word;
}

static uint64_t hash_bytes(struct str s)
{
    struct mixing m = start(s.n);
    const unsigned char *p = (const unsigned char *)s.p;
    size_t left = s.n;
    for (; left >= 12; left -= 12, p += 12) {
        m.a += four(p, 4);
        m.b += four(p + 4, 4);
        m.c += four(p + 8, 4);
        mix(&m);
    }
    m.a += four(p, left);
    m.b += left > 4 ? four(p + 4, left - 4) : 0;
    m.c += left > 8 ? four(p + 8, left - 8) << 8 : 0; /* its lowest byte is for the length */
    return finish(&m);
}

/* What the facts say that the column equals; empty: nothing. */
static struct str equal_to(const struct formula *facts, struct str column)
{
    for (size_t i = 0; i < facts->parts.n; i++) {
        const struct formula *part = facts->parts.at[i];
        if (part->kind == FORMULA_COMPARE && part->op == IS_EQUAL && str_eq(part->operand, column)) {
            return part->value;
        }
    }
    return STR_NONE;
}

static bool hash_of(const struct column *c, struct str value, uint64_t *hash)
{
    int64_t n = 0;
    const struct str type = c->type.name;
    if (c->type.dimensions > 0 || !str_eq(c->type.schema, STR("pg_catalog")) || value.n == 0) {
        return false;
    }
    const bool quoted = value.n >= 2 && value.p[0] == '\'' && value.p[value.n - 1] == '\'';
    const struct str inside = quoted ? str_slice(value, 1, value.n - 1) : value;
    if (str_eq(type, STR("int2")) || str_eq(type, STR("int4"))) {
        *hash = str_to_i64(inside, INT32_MIN, INT32_MAX, &n) ? hash_number((uint32_t)(int32_t)n) : 0;
        return str_to_i64(inside, INT32_MIN, INT32_MAX, &n);
    }
    if (str_eq(type, STR("int8"))) {
        *hash = str_to_i64(inside, INT64_MIN, INT64_MAX, &n) ? hash_bigint(n) : 0;
        return str_to_i64(inside, INT64_MIN, INT64_MAX, &n);
    }
    *hash = hash_bytes(inside);
    return quoted && str_find_char(inside, '\'') == SIZE_MAX &&
           (str_eq(type, STR("text")) || str_eq(type, STR("varchar")));
}

enum tri hash_bound_admits(struct arena *a, const struct relation *parent, struct str bound,
                           const struct formula *facts)
{
    const struct statement st = expression_lex(a, bound); /* FOR VALUES WITH ( MODULUS 4 , REMAINDER 1 ) */
    int64_t modulus = 0, remainder = 0;
    struct name_list keys = {0};
    uint64_t all = 0;
    if (st.n_tokens != 10 || !statement_is(&st, 2, KW_WITH) ||
        !str_to_i64(token_text(bound, st.tokens[5]), 1, INT32_MAX, &modulus) ||
        !str_to_i64(token_text(bound, st.tokens[8]), 0, INT32_MAX, &remainder)) {
        return TRI_UNKNOWN;
    }
    bound_key(a, parent->partition_key, &keys);
    for (size_t i = 0; i < keys.n; i++) {
        const struct column *c = relation_column(parent, keys.at[i]);
        uint64_t hash;
        if (!c || !hash_of(c, equal_to(facts, keys.at[i]), &hash)) {
            return TRI_UNKNOWN;
        }
        all ^= hash + 0x49a0f4dd15e5a8e3 + (all << 54) + (all >> 7); /* hash_combine64() */
    }
    return keys.n > 0 ? tri_of(all % (uint64_t)modulus == (uint64_t)remainder) : TRI_UNKNOWN;
}
