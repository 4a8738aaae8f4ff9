/*
 * ending.h - does a statement end the transaction that it runs in? DO and CALL may, by COMMIT or ROLLBACK of PL/pgSQL in the block, in
 * the procedure, or in one that these call.
 */
#ifndef MIGRATE_RULES_ENDING_H
#define MIGRATE_RULES_ENDING_H

#include "catalog/model.h"
#include "sql/split.h"

/*
 * YES: it says so, or a procedure of the catalog that it calls does. NO: it is no DO or CALL, or all that it calls is known. UNKNOWN: it
 * calls what nobody knows. Source: "Transaction Management" of PL/pgSQL in the manual; in a transaction block the server then
 * answers SQLSTATE 2D000.
 */
enum tri statement_ends_transaction(const struct catalog *c, struct arena *a, struct str text,
                                    const struct statement *st);

#endif
