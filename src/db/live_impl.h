/*
 * live_impl.h - what the files of live.h share.
 */
#ifndef MIGRATE_DB_LIVE_IMPL_H
#define MIGRATE_DB_LIVE_IMPL_H

#include "catalog/model.h"
#include "db/session.h"

/* While a catalog is read: objects by oid (as text, as the server sends it). */
struct live {
    struct catalog *c;
    struct map relations; /* -> struct relation */
    struct map types;     /* -> struct type */
    int64_t block_size;
};

/* One cell, copied to the catalog's arena; empty for NULL. */
struct str live_text(const struct live *l, const struct rows *r, size_t row, size_t column);
/* The one character of a "char" cell; 0 when it is empty. */
char live_char(const struct rows *r, size_t row, size_t column);
/* The relation of an oid; NULL: it is not ours (a system table). */
struct relation *live_relation(const struct live *l, const struct rows *r, size_t row, size_t column);
/* Names separated by \x01. */
void live_names(const struct live *l, const struct rows *r, size_t row, size_t column, struct name_list *out);

/* An expression of the server in the words of replay. table (may be NULL) is for the columns that it mentions. */
struct live_expression {
    struct str text;
    const struct relation *table;
    struct name_list *mentions, *proves; /* added to; NULL: not wanted */
};
bool live_unshown(struct str text); /* its table is locked: there is one, but what it is cannot be known now */
struct str live_canonical(const struct live *l, const struct live_expression *e);

/* A type from five cells: schema, name (of the element), format_type() of the element, dimensions. first: the schema's column. */
void live_type_ref(const struct live *l, const struct rows *r, size_t row, size_t first, struct type_ref *out);

/* One function per query's answer, in the order of enum live_query. */
void live_read_types(struct live *l, const struct rows *r);
void live_read_labels(struct live *l, const struct rows *r);
void live_read_functions(struct live *l, const struct rows *r);
void live_read_relations(struct live *l, const struct rows *r);
void live_read_columns(struct live *l, const struct rows *r);
void live_read_indexes(struct live *l, const struct rows *r);
void live_read_keys(struct live *l, const struct rows *r);
void live_read_constraints(struct live *l, const struct rows *r);
void live_read_triggers(struct live *l, const struct rows *r);
void live_read_inheritance(struct live *l, const struct rows *r);
void live_read_views(struct live *l, const struct rows *r);
void live_read_sequences(struct live *l, const struct rows *r);
void live_read_view_words(struct live *l, const struct rows *r);
void live_read_policies(struct live *l, const struct rows *r);
void live_read_rules(struct live *l, const struct rows *r);
void live_read_statistics(struct live *l, const struct rows *r);
void live_read_publications(struct live *l, const struct rows *r);
/* When all is read: sizes of partitioned tables and of tables with their indexes. */
void live_sum_sizes(struct live *l);

#endif
