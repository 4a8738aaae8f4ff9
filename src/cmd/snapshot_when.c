#include "cmd/snapshot_when.h"

#include "rules/transaction.h"

enum status snapshot_when_parse(const char *text, struct snapshot_when *out, struct error *err)
{
    static const struct {
        struct str name;
        int64_t bytes;
    } units[] = {{STR_INIT("kB"), 1024},
                 {STR_INIT("MB"), 1 << 20},
                 {STR_INIT("GB"), 1 << 30},
                 {STR_INIT("TB"), (int64_t)1 << 40}};
    const struct str s = str_of(text);
    *out = (struct snapshot_when){.kind = WHEN_ALWAYS};
    if (s.n == 0 || str_eq(s, STR("always"))) {
        return ST_OK;
    }
    if (str_eq(s, STR("destructive"))) {
        out->kind = WHEN_DESTRUCTIVE;
        return ST_OK;
    }
    const struct str size = str_trim(str_starts(s, STR("tables>")) ? str_slice(s, 7, s.n) : STR(""));
    for (size_t i = 0; i < countof(units); i++) {
        int64_t n;
        if (size.n > 2 && str_eq_nocase(str_slice(size, size.n - 2, size.n), units[i].name) &&
            str_to_i64(str_trim(str_slice(size, 0, size.n - 2)), 0, INT64_MAX / units[i].bytes, &n)) {
            *out = (struct snapshot_when){.kind = WHEN_TABLES, .bytes = n * units[i].bytes};
            return ST_OK;
        }
    }
    error_set(err, ST_USAGE, "--snapshot-when: \"%s\" is neither always nor destructive nor tables>SIZE", text);
    error_hint(err, "write tables>10GB");
    return ST_USAGE;
}

/* Forms after which something of the user's is not there, or not as it was. Rewrites count by their effect. */
static bool loses(struct str form)
{
    static const char *const heads[] = {"drop-",       "truncate",    "delete", "update", "merge",
                                        "with-update", "with-delete", "do",     "call",   "refresh"};
    static const char *const harmless[] = {"drop-default",    "drop-not-null",          "drop-policy",
                                           "drop-statistics", "drop-publication",       "drop-subscription",
                                           "drop-index",      "drop-index-concurrently"};
    for (size_t i = 0; i < countof(harmless); i++) {
        if (str_eq(form, str_of(harmless[i]))) {
            return false;
        }
    }
    for (size_t i = 0; i < countof(heads); i++) {
        const struct str head = str_of(heads[i]);
        if (str_starts(form, head) && (str_ends(head, STR("-")) || form.n == head.n || form.p[head.n] == '-')) {
            return true;
        }
    }
    return false;
}

static bool is_destructive(const struct judged_statement *st, struct arena *a, struct str *because)
{
    if (st->kind == STATEMENT_UNREADABLE || st->n_actions == 0) {
        *because = STR("a statement that cannot be read");
        return st->kind != STATEMENT_TRANSACTION;
    }
    for (size_t i = 0; i < st->n_actions; i++) {
        const struct form *f = st->actions[i].what.form;
        if (!f || loses(f->id)) {
            *because = f ? arena_printf(a, "%.*s", STR_ARG(f->title)) : STR("a statement of unknown kind");
            return true;
        }
    }
    if (st->effects.rewrite.n > 0) {
        *because = STR("a table is rewritten");
        return true;
    }
    return false;
}

static bool touches_large(const struct migration_plan *p, const struct judged_statement *st, int64_t bytes,
                          struct arena *a, struct str *because)
{
    if (st->effects.known == KNOWN_NO) {
        *because = STR("a statement of unknown kind");
        return true;
    }
    for (size_t i = 0; i < st->effects.locks.n; i++) {
        const struct relation_lock *l = &st->effects.locks.at[i];
        if (!l->relation || (p->file && relation_is_new(l->relation, p->file))) {
            continue;
        }
        if (l->relation->bytes < 0 || l->relation->bytes > bytes) {
            *because = arena_printf(a, "%.*s.%.*s is %s", STR_ARG(l->schema), STR_ARG(l->name),
                                    l->relation->bytes < 0 ? "of unknown size" : "that large");
            return true;
        }
    }
    return false;
}

bool snapshot_wanted(const struct snapshot_when *when, const struct migration_plan *plans, size_t n, struct arena *a,
                     struct str *because)
{
    struct str why = STR("always");
    bool wanted = when->kind == WHEN_ALWAYS;
    for (size_t i = 0; i < n && !wanted; i++) {
        for (size_t k = 0; k < plans[i].judged.statements.n && !wanted; k++) {
            const struct judged_statement *st = &plans[i].judged.statements.at[k];
            wanted = when->kind == WHEN_DESTRUCTIVE ? is_destructive(st, a, &why)
                                                    : touches_large(&plans[i], st, when->bytes, a, &why);
        }
    }
    if (because) {
        *because = wanted ? why : STR("");
    }
    return wanted;
}
