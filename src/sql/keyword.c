#include "sql/keyword.h"

#include <endian.h>

#include "sql/keyword_hash.h"

static const struct str texts[] = {
    STR_INIT(""),
#define KEYWORD(name, text, category) STR_INIT(text),
#include "sql/keyword_list.h"
#undef KEYWORD
};

static const uint8_t categories[] = {
    KW_UNRESERVED,
#define KEYWORD(name, text, category) category,
#include "sql/keyword_list.h"
#undef KEYWORD
};

enum { SHORTEST = 2, LONGEST = 17 };

static uint32_t load4(const char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return le32toh(v);
}

static uint64_t load8(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return le64toh(v);
}

/* Bit 0x20 of every byte set: letters in lower case, digits and $ as they are, _ to 0x7f, which no word contains. */
static void key_of(struct str word, uint64_t *head, uint64_t *tail)
{
    const uint64_t fold = UINT64_C(0x2020202020202020);
    const char *p = word.p;
    const size_t n = word.n;
    *tail = 0;
    if (n >= 8) {
        *head = load8(p) | fold;
        *tail = load8(p + n - 8) | fold;
    } else if (n >= 4) {
        *head = (load4(p) | (uint64_t)load4(p + n - 4) << 32) | fold;
    } else {
        *head = ((uint64_t)(uint8_t)p[0] | (uint64_t)(uint8_t)p[1] << 8 | (uint64_t)(uint8_t)p[n - 1] << 16) | 0x202020;
    }
}

enum keyword keyword_find(struct str word)
{
    if (word.n < SHORTEST || word.n > LONGEST) {
        return KW_NONE;
    }
    uint64_t head, tail;
    key_of(word, &head, &tail);
    uint64_t h = (head ^ (tail * KEYWORD_K2) ^ word.n) * KEYWORD_K1;
    h ^= h >> 29;
    const unsigned i =
        keyword_slots[((h & (countof(keyword_slots) - 1)) + keyword_shift[h >> 56]) & (countof(keyword_slots) - 1)];
    if (keyword_keys[i].head != head || keyword_keys[i].tail != tail || keyword_keys[i].n != word.n) {
        return KW_NONE;
    }
    /* The fold takes DEL for _, and head and tail leave the middle byte of 17 out. */
    return !keyword_keys[i].exact || str_eq_nocase(word, texts[i]) ? (enum keyword)i : KW_NONE;
}

struct str keyword_text(enum keyword kw)
{
    return (unsigned)kw < KW_COUNT ? texts[kw] : texts[KW_NONE];
}

enum keyword_category keyword_category(enum keyword kw)
{
    return (unsigned)kw < KW_COUNT ? (enum keyword_category)categories[kw] : KW_UNRESERVED;
}
