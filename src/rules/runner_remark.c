/* What a finding says when another tool sends the file. */
#include "rules/rulebook.h"
#include "rules/template.h"
#include "rules/transaction.h"

/* The strongest lock that others wait for, taken before this statement on what is not new. */
static const struct held_lock *worst_held(const struct transaction *tx, uint32_t file)
{
    const struct held_lock *worst = NULL;
    for (size_t i = 0; i < tx->held.n; i++) {
        const struct held_lock *h = &tx->held.at[i];
        const struct relation *table = h->relation->table ? h->relation->table : h->relation;
        if (lock_blocks(h->mode) >= BLOCKS_WRITES && !relation_is_new(table, file) &&
            (!worst || h->mode > worst->mode)) {
            worst = h;
        }
    }
    return worst;
}

static bool is_slow(const struct judged_statement *s, uint32_t file)
{
    const enum form_class class = s->effects.class;
    return class == CLASS_LONG || class == CLASS_ONLINE || class == CLASS_DATA || effects_long(&s->effects, file);
}

/* Is it about the transaction itself, not about what else is done in it? */
static bool wants_out(const struct finding *f, bool refused)
{
    const struct str remedy = f->hazard ? f->hazard->remedy : STR("");
    return (refused && (str_eq(remedy, STR("concurrently-alone")) || str_eq(remedy, STR("own-transaction")))) ||
           str_eq(f->rule, STR("enum-value-used-in-transaction"));
}

static void say(struct arena *a, struct finding *f, struct str more)
{
    f->remark = arena_printf(a, "%.*s%s%.*s", STR_ARG(f->remark), f->remark.n > 0 ? "; " : "", STR_ARG(more));
}

/* And, for what the server refuses in a transaction, the way out of it. */
static struct str how_sent(const struct transaction *tx, bool refused, struct arena *a)
{
    const struct runner *r = tx->sent->runner;
    const bool own = tx->explicit_block && !tx->wrapped && !tx->string;
    const char *how = tx->wrapped ? "runs the file in one transaction"
                      : own       ? "sends BEGIN as it stands here"
                                  : "sends this in one string with others, which is one transaction";
    const char *out = own ? "take it out of BEGIN and COMMIT" : r->alone;
    return arena_printf(a, "%s %s%s%s", r->name, how, refused ? ": " : "", refused ? out : "");
}

void runner_remarks(const struct transaction *tx, const struct judged_statement *s, uint32_t file, struct arena *a,
                    struct finding_list *list, size_t first)
{
    const bool refused = s->effects.in_transaction == TRI_NO;
    struct finding *worst = NULL;
    for (size_t i = first; i < list->n && tx->shared; i++) {
        struct finding *f = &list->at[i];
        if (wants_out(f, refused)) {
            say(a, f, how_sent(tx, refused, a));
        }
        if (!worst || f->severity > worst->severity) {
            worst = f;
        }
    }
    const struct held_lock *held = worst && !refused && is_slow(s, file) ? worst_held(tx, file) : NULL;
    if (held) {
        say(a, worst,
            arena_printf(a, "%s on %.*s is held since line %u", lock_mode_name(held->mode),
                         STR_ARG(relation_display(held->relation, a)), held->line));
    }
}
