/*
 * str.h - text: a view (struct str) and a bounded builder (struct strbuf).
 *
 * A view never owns; it lives as long as what it points into. A builder owns its bytes and has a maximum,
 * given at init: an append that would pass it is dropped whole and `overflow` is set and stays set, so one check
 * at the end is enough. Running out of memory ends the process (see arena.h).
 */
#ifndef MIGRATE_BASE_STR_H
#define MIGRATE_BASE_STR_H

struct str {
    const char *p; /* not terminated */
    size_t n;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_INIT(literal)               \
    {                                   \
        "" literal, sizeof(literal) - 1 \
    } /* for static initialisers */
#define STR_NONE ((struct str){NULL, 0})
/* For printf: "%.*s", STR_ARG(s). Cuts at INT_MAX bytes. */
#define STR_ARG(s) ((int)((s).n > INT_MAX ? INT_MAX : (s).n)), ((s).p ? (s).p : "")

/*
 * The short ones that everything calls are here in full: most calls have a literal on one side, and come down to comparing a length.
 */

/* NULL gives an empty view. */
static inline struct str str_of(const char *cstring)
{
    return cstring ? (struct str){cstring, strlen(cstring)} : STR_NONE;
}

/* Clamped to s. */
static inline struct str str_slice(struct str s, size_t start, size_t end)
{
    end = end > s.n ? s.n : end;
    start = start > end ? end : start;
    return (struct str){s.p ? s.p + start : NULL, end - start};
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

static inline bool str_ends(struct str s, struct str suffix)
{
    return s.n >= suffix.n && (suffix.n == 0 || memcmp(s.p + (s.n - suffix.n), suffix.p, suffix.n) == 0);
}

/* Offset, or SIZE_MAX. */
static inline size_t str_find_char(struct str s, char c)
{
    const char *hit = s.n > 0 ? memchr(s.p, c, s.n) : NULL;
    return hit ? (size_t)(hit - s.p) : SIZE_MAX;
}

struct str str_trim(struct str s);              /* ASCII white space at both ends */
bool str_eq_nocase(struct str a, struct str b); /* ASCII case only */
bool str_starts_nocase(struct str s, struct str prefix);
struct str str_without_end(struct str s, struct str suffix); /* s as it is when it does not end so */
int str_cmp(struct str a, struct str b);                     /* bytes, then length */
size_t str_find(struct str s, struct str needle);            /* offset, or SIZE_MAX */
uint64_t str_hash(struct str s, uint64_t seed);              /* not the same on every machine */

/* Take the part of *rest before the next `sep` and advance past it; false when *rest is used up. */
bool str_next(struct str *rest, char sep, struct str *part);

/*
 * Parse a whole decimal integer (optional minus sign, no spaces). Returns false when s is not a number or
 * lies outside [min, max]; *out is then untouched.
 */
NODISCARD bool str_to_i64(struct str s, int64_t min, int64_t max, int64_t *out);

/*
 * Damerau-Levenshtein distance of two short names (at most 63 bytes are looked at), ASCII case ignored.
 * For "did you mean": see str_closest.
 */
unsigned str_distance(struct str a, struct str b);
/*
 * The name nearest to s by str_distance(), for "did you mean"; or else the first that begins with s, of 3 bytes or more; NULL when none
 * is near (1 edit, and 1 more per 4 bytes of s).
 */
const char *str_closest(struct str s, const char *const *names, size_t n);

struct strbuf {
    char *p; /* terminated by NUL whenever n > 0 or after strbuf_cstr() */
    size_t n;
    size_t cap;
    size_t max; /* bytes without the NUL */
    bool overflow;
};

void strbuf_init(struct strbuf *sb, size_t max_bytes);
void strbuf_free(struct strbuf *sb);  /* releases the bytes; may be used again after init */
void strbuf_reset(struct strbuf *sb); /* empty, keeps the memory, clears overflow */
void strbuf_add(struct strbuf *sb, struct str s);
void strbuf_add_cstr(struct strbuf *sb, const char *s);
void strbuf_add_char(struct strbuf *sb, char c);
void strbuf_add_repeat(struct strbuf *sb, char c, size_t times);
void strbuf_addf(struct strbuf *sb, const char *fmt, ...) PRINTF(2, 3);
void strbuf_vaddf(struct strbuf *sb, const char *fmt, va_list ap) PRINTF(2, 0);
void strbuf_truncate(struct strbuf *sb, size_t n); /* n <= sb->n */
struct str strbuf_str(const struct strbuf *sb);    /* a view; valid until the next change */
const char *strbuf_cstr(struct strbuf *sb);        /* NUL-terminated; valid until the next change */

#endif
