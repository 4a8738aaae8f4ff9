#include "rules/transaction.h"

void transaction_init(struct transaction *tx, enum tx_mode mode, struct arena *a)
{
    *tx = (struct transaction){.mode = mode, .shared = mode == TX_TRUE, .closed = true, .a = a};
}

void transaction_init_sent(struct transaction *tx, const struct sending *sent, struct arena *a)
{
    *tx = (struct transaction){
        .mode = TX_FALSE, .sent = sent, .wrapped = sent->wrapped, .shared = sent->wrapped, .closed = true, .a = a};
}

bool relation_is_new(const struct relation *r, uint32_t file)
{
    return file > 0 && r->made.file == file && r->made.statement > 0 && !r->maybe_older;
}

/* A transaction may hold as many locks as its file has statements, so each relation knows where its lock is kept. */
static struct held_lock *find_held(const struct transaction *tx, const struct relation *r)
{
    const bool there = r->held_at < tx->held.n && tx->held.at[r->held_at].relation == r;
    return there ? &tx->held.at[r->held_at] : NULL;
}

enum lock_mode transaction_holds(const struct transaction *tx, const struct relation *r)
{
    const struct held_lock *held = find_held(tx, r);
    return held ? held->mode : LOCK_NONE;
}

/* ---- what a statement is to a transaction ----------------------------------------------------------------------- */

static const struct relation *owner(const struct relation *r)
{
    return r->table ? r->table : r;
}

/* Takes a lock that keeps readers or writers of an older table waiting. */
static bool is_strong(const struct judged_statement *s, uint32_t file)
{
    for (size_t i = 0; i < s->effects.locks.n; i++) {
        const struct relation_lock *l = &s->effects.locks.at[i];
        if (lock_blocks(l->mode) >= BLOCKS_WRITES && !relation_is_new(owner(l->relation), file)) {
            return true;
        }
    }
    return false;
}

static bool has_query(const struct statement *st)
{
    for (size_t i = 0; i < st->n_tokens; i++) {
        if (statement_is(st, i, KW_SELECT) || statement_is(st, i, KW_TABLE)) {
            return true;
        }
    }
    return false;
}

/*
 * Reads or writes rows of an older table, or it cannot be told which (a function, a DO block). A foreign key's
 * check is no such work.
 */
static bool is_data(const struct judged_statement *s, uint32_t file)
{
    if (s->effects.class != CLASS_DATA) {
        return false;
    }
    for (size_t i = 0; i < s->effects.locks.n; i++) {
        const struct relation_lock *l = &s->effects.locks.at[i];
        if (!relation_is_new(owner(l->relation), file) && (l->mode != LOCK_ROW_SHARE || has_query(&s->st))) {
            return true;
        }
    }
    return s->effects.locks.n == 0;
}

/* Everything it locks was made in this file: nobody waits for it. */
static bool is_on_new_only(const struct judged_statement *s, uint32_t file)
{
    for (size_t i = 0; i < s->effects.locks.n; i++) {
        const struct relation_lock *l = &s->effects.locks.at[i];
        if (l->mode >= LOCK_SHARE_UPDATE_EXCLUSIVE && !relation_is_new(owner(l->relation), file)) {
            return false;
        }
    }
    return s->effects.locks.n > 0;
}

/* ALTER TYPE … ADD VALUE: the token of the label, or 0. */
static size_t label_token(const struct statement *st)
{
    if (!statement_is(st, 0, KW_ALTER) || !statement_is(st, 1, KW_TYPE)) {
        return 0;
    }
    size_t i = 2;
    while (i < st->n_tokens && !(statement_is(st, i, KW_ADD) && statement_is(st, i + 1, KW_VALUE))) {
        i++;
    }
    while (i < st->n_tokens && st->tokens[i].kind != TOK_STRING) {
        i++;
    }
    return i < st->n_tokens ? i : 0;
}

static bool stands_alone(const struct judged_statement *s, uint32_t file)
{
    if (s->effects.in_transaction != TRI_YES || s->backfill || s->shadow || s->kind == STATEMENT_UNREADABLE ||
        s->kind == STATEMENT_PSQL || s->effects.known == KNOWN_NO) {
        return true;
    }
    if (label_token(&s->st) > 0) {
        return true;
    }
    return (s->effects.class == CLASS_LONG || s->effects.class == CLASS_ONLINE) && !is_on_new_only(s, file);
}

/* ---- placing ---------------------------------------------------------------------------------------------------- */

static void open_transaction(struct transaction *tx, uint32_t *replay_transactions)
{
    tx->number++;
    tx->origin = ++*replay_transactions;
    tx->statements = 0;
    tx->data = tx->strong = tx->closed = false;
    tx->held.n = 0;
    tx->savepoints.n = 0;
    tx->labels.n = 0;
}

static bool chains(const struct statement *st)
{
    return st->n_tokens > 1 && statement_is(st, st->n_tokens - 1, KW_CHAIN) &&
           !statement_is(st, st->n_tokens - 2, KW_NO);
}

/*
 * As the server has it: a block that was opened, one string of several statements, or each on its own. BEGIN in a
 * transaction that the tool opened is only warned of; in a string it takes in what stood before.
 */
static void place_sent(struct transaction *tx, struct judged_statement *s, uint32_t *replay_transactions)
{
    const struct sent_string *string = sending_string(tx->sent, s->st.start);
    const bool block = tx->wrapped || tx->explicit_block;
    const bool join = !tx->closed && (block || (string && string == tx->string));
    if (!join || tx->number == 0) {
        open_transaction(tx, replay_transactions);
    }
    tx->string = string;
    tx->explicit_block =
        tx->explicit_block || (s->kind == STATEMENT_TRANSACTION && statement_begins_block(&s->st) && !tx->wrapped);
    tx->shared = tx->wrapped || tx->explicit_block || string;
    s->transaction = tx->number;
    s->alone = !tx->shared;
    tx->closed = !tx->shared;
}

void transaction_place(struct transaction *tx, struct judged_statement *s, uint32_t file, uint32_t *replay_transactions)
{
    if (tx->sent) {
        place_sent(tx, s, replay_transactions);
        return;
    }
    const bool control = s->kind == STATEMENT_TRANSACTION;
    const bool begin = control && statement_begins_block(&s->st) && !tx->explicit_block;
    bool join = !tx->closed;
    if (tx->explicit_block || tx->mode == TX_TRUE) {
        join = !tx->closed; /* whatever it is */
    } else if (tx->mode == TX_FALSE || begin || control || stands_alone(s, file)) {
        join = false;
    } else if ((is_strong(s, file) && tx->data) || (is_data(s, file) && tx->strong)) {
        join = false;
    }
    if (!join || tx->number == 0) {
        open_transaction(tx, replay_transactions);
    }
    if (begin) {
        tx->explicit_block = true;
    }
    tx->shared = tx->explicit_block || tx->mode == TX_TRUE;
    s->transaction = tx->number;
    s->alone = !tx->shared && (tx->mode == TX_FALSE || s->effects.in_transaction != TRI_YES);
    tx->closed = !tx->shared && (s->alone || control || stands_alone(s, file));
}

/* SAVEPOINT, and ROLLBACK TO one: what was locked behind it is free again. */
static void enter_savepoint(struct transaction *tx, const struct statement *st, struct str text, uint32_t statement)
{
    if (st->n_tokens < 2) {
        return;
    }
    const struct str name = token_name(tx->a, text, st->tokens[st->n_tokens - 1]);
    if (statement_is(st, 0, KW_SAVEPOINT)) {
        *vec_push(tx->a, &tx->savepoints) = (struct savepoint){name, statement};
        return;
    }
    size_t i = tx->savepoints.n, kept = 0;
    while (i > 0 && !str_eq(tx->savepoints.at[i - 1].name, name)) {
        i--;
    }
    if (i == 0 || !statement_is(st, 0, KW_ROLLBACK)) {
        return;
    }
    for (size_t k = 0; k < tx->held.n; k++) {
        if (tx->held.at[k].first < tx->savepoints.at[i - 1].statement) {
            tx->held.at[kept++] = tx->held.at[k];
        }
    }
    tx->held.n = kept;
    tx->savepoints.n = i;
}

void transaction_enter(struct transaction *tx, const struct judged_statement *s, struct str text, uint32_t file,
                       uint32_t statement)
{
    const size_t label = label_token(&s->st);
    for (size_t i = 0; i < s->effects.locks.n; i++) {
        const struct relation_lock *l = &s->effects.locks.at[i];
        struct held_lock *held = find_held(tx, l->relation);
        if (!held) {
            l->relation->held_at = (uint32_t)tx->held.n;
            held = vec_push(tx->a, &tx->held);
            held->first = statement;
        }
        if (l->mode > held->mode) {
            *held = (struct held_lock){l->relation, l->mode, statement, held->first, s->line};
        }
    }
    if (label > 0) {
        *vec_push(tx->a, &tx->labels) = token_text(text, s->st.tokens[label]);
    }
    tx->statements++;
    tx->strong = tx->strong || is_strong(s, file);
    tx->data = tx->data || is_data(s, file);
    if (s->kind == STATEMENT_TRANSACTION && !statement_ends_block(&s->st)) {
        /* In a transaction that the tool opened a BEGIN changes nothing, but it explains the COMMIT. */
        tx->explicit_block = tx->explicit_block || (tx->sent && statement_begins_block(&s->st));
        enter_savepoint(tx, &s->st, text, statement);
    } else if (s->kind == STATEMENT_TRANSACTION) {
        tx->closed = true;
        if (!chains(&s->st)) {
            tx->explicit_block = tx->wrapped = false;
            tx->shared = tx->mode == TX_TRUE;
        }
    }
}
