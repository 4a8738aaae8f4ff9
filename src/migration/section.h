/*
 * section.h - files of other tools that hold both ways: the comment lines by which they part them.
 *
 * goose (-- +goose Up, -- +goose Down), sql-migrate (-- +migrate Up, Down), micrate (-- +micrate Up, Down), node-pg-migrate
 * (-- Up Migration, -- Down Migration), tern (---- create above / drop below ----).
 */
#ifndef MIGRATE_MIGRATION_SECTION_H
#define MIGRATE_MIGRATION_SECTION_H

#include "base/str.h"

struct sections {
    const char *tool;                                /* whose lines they are */
    uint32_t up_start, up_end, down_start, down_end; /* bytes; the lines themselves are in neither */
};

/* Find the line where the undoing half begins, outside of strings and function bodies. False: there is none. */
bool sections_find(struct str text, struct sections *out);

#endif
