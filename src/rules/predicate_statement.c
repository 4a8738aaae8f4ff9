/* Predicates about the statement, its words and effects, and the transaction that it runs in. */
#include "catalog/expression.h"
#include "catalog/replay.h"
#include "rules/ending.h"
#include "rules/facts.h"
#include "rules/synopsis.h"

/* ---- about the transaction -------------------------------------------------------------------------------------- */

enum tri ask_in_transaction(struct eval *e, struct call call)
{
    (void)call;
    if (!e->transaction || !e->statement) {
        return TRI_UNKNOWN;
    }
    return tri_of(!e->statement->alone && (e->transaction->shared || e->transaction->statements > 0));
}

/*
 * An earlier statement of the transaction locked a table that is not new, as strongly as to block what `blocks`
 * says.
 */
static enum tri held(struct eval *e, struct call call, enum lock_blocks blocks)
{
    struct relation_list list = {0};
    bool took_part = true;
    if (!e->transaction) {
        return TRI_UNKNOWN;
    }
    if (call.n > 0) {
        (void)term_relations(e, call.arguments[0], &list, &took_part);
    }
    for (size_t i = 0; i < e->transaction->held.n; i++) {
        const struct held_lock *h = &e->transaction->held.at[i];
        if (lock_blocks(h->mode) < blocks || relation_is_new(h->relation, e->at.file)) {
            continue;
        }
        for (size_t k = 0; k < list.n; k++) {
            if (list.at[k] == h->relation) {
                return TRI_YES;
            }
        }
        if (call.n == 0) {
            return TRI_YES;
        }
    }
    return TRI_NO;
}

enum tri ask_holds(struct eval *e, struct call call)
{
    return held(e, call, BLOCKS_WRITES);
}

enum tri ask_holds_exclusive(struct eval *e, struct call call)
{
    return held(e, call, BLOCKS_READS);
}

enum tri ask_changes_history(struct eval *e, struct call call)
{
    static const struct str tables[] = {STR_INIT("runs"), STR_INIT("migrations"), STR_INIT("steps"),
                                        STR_INIT("backfills")};
    const struct str given = e->options ? e->options->history_schema : STR_NONE;
    const struct str schema = given.n > 0 ? given : STR("migrate");
    (void)call;
    for (size_t i = 0; e->effects && i < e->effects->locks.n; i++) {
        const struct relation_lock *l = &e->effects->locks.at[i];
        for (size_t k = 0; l->mode >= LOCK_ROW_EXCLUSIVE && str_eq(l->schema, schema) && k < countof(tables); k++) {
            if (str_eq(l->name, tables[k])) {
                return TRI_YES;
            }
        }
    }
    const struct statement *st = e->what->statement;
    if (!statement_is(st, 1, KW_SCHEMA) || !(statement_is(st, 0, KW_DROP) || statement_is(st, 0, KW_ALTER))) {
        return TRI_NO;
    }
    const struct term captured = {.kind = TERM_CAPTURE, .text = STR("schema")};
    struct str rest = term_shape(e, &captured), none, name;
    while (term_next_name(e, &rest, &none, &name)) {
        if (str_eq(name, schema)) {
            return TRI_YES;
        }
    }
    return TRI_NO;
}

enum tri ask_in_body(struct eval *e, struct call call)
{
    (void)call;
    return e->statement ? tri_of(e->statement->inner) : TRI_UNKNOWN;
}

/* All actions of a statement run under the strongest lock that one of them needs. */
enum tri ask_locks_more(struct eval *e, struct call call)
{
    const struct relation *r = term_relation(e, call.arguments[0]);
    if (!e->statement || !r) {
        return e->statement ? TRI_NO : TRI_UNKNOWN;
    }
    for (size_t i = 0; i < e->statement->n_actions; i++) {
        const struct effects *other = &e->statement->actions[i].effects;
        for (size_t k = 0; other != e->effects && k < other->locks.n; k++) {
            if (other->locks.at[k].relation == r && lock_blocks(other->locks.at[k].mode) >= BLOCKS_WRITES) {
                return TRI_YES;
            }
        }
    }
    return TRI_NO;
}

enum tri ask_ends_transaction(struct eval *e, struct call call)
{
    (void)call;
    return statement_ends_transaction(e->catalog, e->a, e->what->text, e->what->statement);
}

enum tri ask_adds_used_label(struct eval *e, struct call call)
{
    const struct statement *st = e->what->statement;
    (void)call;
    if (!e->transaction) {
        return TRI_UNKNOWN;
    }
    for (size_t k = 0; k < e->transaction->labels.n; k++) {
        for (size_t i = 0; i < st->n_tokens; i++) {
            if (st->tokens[i].kind == TOK_STRING &&
                str_eq(token_text(e->what->text, st->tokens[i]), e->transaction->labels.at[k])) {
                return TRI_YES;
            }
        }
    }
    return TRI_NO;
}

/* ---- about the statement ---------------------------------------------------------------------------------------- */

enum tri ask_server(struct eval *e, struct call call, int64_t *n)
{
    (void)call;
    *n = e->server_version;
    return TRI_YES;
}

enum tri ask_captured(struct eval *e, struct call call)
{
    const struct term capture = {.kind = TERM_CAPTURE, .text = call.arguments[0]->text};
    return tri_of(term_shape(e, &capture).n > 0);
}

/* Is it one of the tokens, in either case? A shape has key words in upper case, names in lower case. */
static bool word_in(struct str text, struct str word)
{
    char folded[64];
    const enum keyword kw = keyword_find(word);
    for (size_t i = 0; kw == KW_NONE && i < word.n && i < sizeof folded; i++) {
        folded[i] = (char)(word.p[i] >= 'A' && word.p[i] <= 'Z' ? word.p[i] | 0x20 : word.p[i]);
    }
    const struct str as_shaped =
        kw != KW_NONE ? keyword_text(kw) : (struct str){folded, word.n < sizeof folded ? word.n : sizeof folded};
    for (size_t from = 0, at; (at = str_find(str_slice(text, from, text.n), as_shaped)) != SIZE_MAX; from += at + 1) {
        const size_t start = from + at, end = start + as_shaped.n;
        if ((start == 0 || text.p[start - 1] == ' ') && (end == text.n || text.p[end] == ' ')) {
            return true;
        }
    }
    return false;
}

enum tri ask_mentions(struct eval *e, struct call call)
{
    return tri_of(word_in(term_shape(e, call.arguments[0]), call.arguments[1]->text));
}

enum tri ask_says(struct eval *e, struct call call)
{
    const struct str word = call.arguments[0]->text;
    const enum keyword kw = keyword_find(word);
    uint64_t bit[2] = {0, 0};
    keyword_bit_set(bit, kw);
    if (kw != KW_NONE && ((bit[0] & e->what->words[0]) | (bit[1] & e->what->words[1])) == 0) {
        return TRI_NO;
    }
    return tri_of(word_in(e->what->shape->text, word));
}

enum tri ask_directive(struct eval *e, struct call call)
{
    for (size_t i = 0; e->statement && i < e->statement->directives.n; i++) {
        if (str_eq(str_of(directive_name(e->statement->directives.at[i].kind)), call.arguments[0]->text)) {
            return TRI_YES;
        }
    }
    /* A large table's DML runs in batches by itself. */
    return tri_of(e->statement && e->statement->backfill && str_eq(call.arguments[0]->text, STR("backfill")));
}

/* What is worked out of the form's effects, for hazards that rest on them. */
static enum tri has_effect(struct eval *e, struct call call, const struct relation_effect_list *effects)
{
    struct relation_list list = {0};
    bool took_part = true;
    enum tri answer = TRI_NO;
    if (call.n > 0) {
        (void)term_relations(e, call.arguments[0], &list, &took_part);
    }
    for (size_t i = 0; effects && i < effects->n; i++) {
        bool meant = call.n == 0;
        for (size_t k = 0; k < list.n; k++) {
            meant = meant || list.at[k] == effects->at[i].relation;
        }
        if (meant) {
            answer = tri_or(answer, effects->at[i].certain ? TRI_YES : eval_unknown(e, effects->at[i].relation));
        }
    }
    return answer;
}

enum tri ask_rewrites(struct eval *e, struct call call)
{
    return has_effect(e, call, e->effects ? &e->effects->rewrite : NULL);
}

enum tri ask_scans(struct eval *e, struct call call)
{
    return has_effect(e, call, e->effects ? &e->effects->scan : NULL);
}

enum tri ask_is_volatile(struct eval *e, struct call call)
{
    size_t first, last;
    if (!term_tokens(e, call.arguments[0], &first, &last)) {
        return TRI_NO;
    }
    return expression_volatile(e->catalog, e->what->text, e->what->statement, first, last);
}

/* Literals, and what only dresses them: casts, parentheses, signs, commas, TRUE and NULL. */
static bool is_literal(const struct statement *st, size_t i)
{
    const struct token t = st->tokens[i];
    switch ((enum token_kind)t.kind) {
    case TOK_STRING:
    case TOK_ESTRING:
    case TOK_USTRING:
    case TOK_NSTRING:
    case TOK_BITSTRING:
    case TOK_HEXSTRING:
    case TOK_DOLLAR:
    case TOK_INTEGER:
    case TOK_NUMERIC:
    case TOK_PARAM:
    case TOK_TYPECAST:
        return true;
    case TOK_SELF:
        return strchr("(),+-[]", t.keyword) != NULL;
    case TOK_WORD:
        return statement_is(st, i, KW_TRUE) || statement_is(st, i, KW_FALSE) || statement_is(st, i, KW_NULL) ||
               (i + 1 < st->n_tokens && st->tokens[i + 1].kind == TOK_STRING) || /* DATE '2026-01-01' */
               (i > 0 && st->tokens[i - 1].kind == TOK_TYPECAST);
    default:
        return false;
    }
}

/* TRUE, or a constant that equals itself: 1 = 1. */
enum tri ask_always_true(struct eval *e, struct call call)
{
    size_t first, last;
    const struct statement *st = e->what->statement;
    if (!term_tokens(e, call.arguments[0], &first, &last)) {
        return TRI_NO;
    }
    while (last > first + 2 && expression_is_self(st, first, '(') && expression_is_self(st, last - 1, ')')) {
        first++;
        last--;
    }
    const bool same =
        last == first + 3 && expression_is_self(st, first + 1, '=') && is_literal(st, first) &&
        str_eq(token_text(e->what->text, st->tokens[first]), token_text(e->what->text, st->tokens[first + 2]));
    return tri_of(same || (last == first + 1 && statement_is(st, first, KW_TRUE)));
}

enum tri ask_constant(struct eval *e, struct call call)
{
    size_t first, last;
    if (!term_tokens(e, call.arguments[0], &first, &last)) {
        return TRI_NO;
    }
    for (size_t i = first; i < last; i++) {
        if (!is_literal(e->what->statement, i)) {
            return TRI_NO;
        }
    }
    return TRI_YES;
}
