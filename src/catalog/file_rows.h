/*
 * file_rows.h - the tables of a catalog file, and the fields of each, for file_write.c and file_read.c.
 *
 * A change of any table is a new CATALOG_FILE_VERSION.
 */
#ifndef MIGRATE_CATALOG_FILE_ROWS_H
#define MIGRATE_CATALOG_FILE_ROWS_H

#include "catalog/file.h"
#include "catalog/file_io.h"

enum file_table {
    FILE_META,
    FILE_SETTINGS,
    FILE_MIGRATIONS,
    FILE_SCHEMAS,
    FILE_TYPES,
    FILE_FUNCTIONS,
    FILE_RELATIONS,
    FILE_COLUMNS,
    FILE_INDEXES,
    FILE_INDEX_COLUMNS,
    FILE_CONSTRAINTS,
    FILE_TRIGGERS,
    FILE_RULES,
    FILE_TYPED,
    FILE_INHERITANCE,
    FILE_VIEW_READS,
    FILE_SEQUENCES,
    FILE_TABLES, /* how many */
};
extern const struct io_table file_tables[FILE_TABLES];

/* A name and a value of meta and settings. */
void row_pair(struct io *io, struct str *name, struct str *value);
void row_applied(struct io *io, struct catalog_applied *a);
void row_schema(struct io *io, struct schema *s);
void row_type(struct io *io, int64_t *id, struct type *t);
void row_function(struct io *io, struct function *f);
void row_relation(struct io *io, int64_t *id, struct relation *r);
void row_column(struct io *io, struct relation **owner, struct column *col);
/* `index` is the index, its columns are rows of their own. */
void row_index(struct io *io, struct relation **index, struct relation *fields);
void row_index_column(struct io *io, struct relation **index, struct index_column *col);
/* Of a relation or of a domain. */
void row_constraint(struct io *io, struct relation **owner, struct type **domain, struct constraint *con);
void row_trigger(struct io *io, struct relation **owner, struct trigger *t);
void row_rule(struct io *io, struct relation **owner, struct rule *rule);
/* Two relations: child and parent, view and what it reads, typed table and its composite type. */
void row_pair_of_relations(struct io *io, struct relation **a, struct relation **b);
void row_sequence(struct io *io, struct relation **sequence, struct relation **table, struct str *column);

#endif
