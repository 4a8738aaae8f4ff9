/*
 * template.h - text with places to fill: the titles, remarks and safe ways of hazards.
 *
 *     {NAME}            the capture's source text; a relation in a title or remark as it is displayed
 *     {NAME:name}       its last part: orders of app.orders
 *     {NAME:join}       the names in it joined by _, as PostgreSQL makes names up: a_b of ( a , b )
 *     {NAME|TEXT}       TEXT, which may hold places itself, when the capture took no part
 *     {NAME?TEXT}       TEXT only when it took part
 *     {rest:NAME}       the source from behind the capture to the end of the action
 *     {chosen:KIND}     the name that PostgreSQL would give such a constraint or index; KIND as in fix_name.h
 *     {lock} {blocks} {relation} {size} {statement} {version}
 *     {{ and }}         braces
 */
#ifndef MIGRATE_RULES_TEMPLATE_H
#define MIGRATE_RULES_TEMPLATE_H

#include "base/arena.h"
#include "base/error.h"

struct eval;
struct effects;

/* Check the notation. Each capture that is named is told to on_capture. Errors: ST_USAGE with the offset in *at. */
NODISCARD enum status template_check(struct str text, void (*on_capture)(void *context, struct str name, size_t at),
                                     void *context, size_t *at, struct error *err);

/* Fill it. display: relations as they are displayed (else: as the statement writes them). Memory from the arena. */
struct str template_fill(struct str text, struct eval *e, const struct effects *effects, bool display, struct arena *a);

/* The same of statements that go into a file: as the statement writes it; `lower`: the template's own words in lower case. */
struct str template_write(struct str text, struct eval *e, bool lower, struct arena *a);

/* "41 GB, 212 M rows", "212 M rows", or empty when nothing is known of the relation's size. */
struct relation;
struct str relation_size(const struct relation *r, struct arena *a);

#endif
