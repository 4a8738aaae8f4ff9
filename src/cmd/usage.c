#include "cmd/usage.h"

bool usage_is_value(struct str word)
{
    return word.n > 0 && word.p[0] >= 'A' && word.p[0] <= 'Z';
}

bool usage_way(struct str *rest, struct str *way)
{
    int depth = 0;
    bool quoted = false;
    size_t i = 0;
    if (!rest->p) {
        return false;
    }
    for (; i < rest->n && (rest->p[i] != '|' || depth > 0 || quoted); i++) {
        const char c = rest->p[i];
        quoted = quoted != (c == '\'');
        depth += (c == '[' || c == '(') - (c == ']' || c == ')');
    }
    *way = str_slice(*rest, 0, i);
    *rest = i < rest->n ? str_slice(*rest, i + 1, rest->n) : STR_NONE;
    return true;
}

/* Without brackets around it, and without what says that it may be repeated. */
static struct str bare(struct str item, bool *repeated)
{
    for (size_t n = 0; n != item.n;) {
        n = item.n;
        item = str_without_end(str_without_end(item, STR("…")), STR("..."));
        *repeated = *repeated || item.n < n;
        if (item.n > 0 && strchr("[(", item.p[0])) {
            item = str_slice(item, 1, item.n);
        }
        if (item.n > 0 && strchr("])", item.p[item.n - 1])) {
            item = str_slice(item, 0, item.n - 1);
        }
    }
    return item;
}

static bool fits(struct str words, const char *operand)
{
    struct str word;
    while (str_next(&words, '|', &word)) {
        if (usage_is_value(word) || word.p[0] == '\'' || str_eq(word, str_of(operand))) {
            return true;
        }
    }
    return false;
}

/* One way to go on: its operands one after the other. */
static void walk(struct str way, const char *const *before, size_t at, struct arena *a, struct usage_words *out)
{
    struct str item, found = STR_NONE, value;
    bool after_option = false;
    for (size_t i = 0; str_next(&way, ' ', &item);) {
        bool repeated = false;
        item = bare(item, &repeated);
        const bool option = item.n > 1 && item.p[0] == '-';
        const bool skipped = option || item.n == 0 || (after_option && usage_is_value(item));
        after_option = option && !str_eq(item, STR("--"));
        if (skipped) {
            continue;
        }
        if (i == at || (repeated && i < at)) {
            found = item;
            break;
        }
        if (!fits(item, before[i++])) {
            return;
        }
    }
    while (str_next(&found, '|', &value)) {
        *vec_push(a, out) = value;
    }
}

void usage_operand(const char *usage, const char *const *before, size_t at, struct arena *a, struct usage_words *out)
{
    struct str rest = str_of(usage), way;
    while (usage_way(&rest, &way)) {
        walk(way, before, at, a, out);
    }
}
