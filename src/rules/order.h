/*
 * order.h - in which order the transactions of a history locked their tables: two that lock the same two in opposite
 * order can wait for each other, or for the application, for ever.
 */
#ifndef MIGRATE_RULES_ORDER_H
#define MIGRATE_RULES_ORDER_H

#include "rules/transaction.h"

struct lock_orders;

struct lock_orders *lock_orders_new(void);
void lock_orders_free(struct lock_orders *o);
/*
 * Enter what a statement locks behind what its transaction holds, before transaction_enter(). Only locks that keep
 * writers of older tables waiting count.
 */
void lock_orders_enter(struct lock_orders *o, const struct transaction *tx, const struct judged_statement *s,
                       uint32_t file);
/* Did another transaction, before this one, lock `first` and then `second`? */
bool lock_orders_has(const struct lock_orders *o, const struct relation *first, const struct relation *second,
                     uint32_t transaction);

#endif
