/*
 * sqitch_plan.h - what a sqitch.plan says of each change, and the ids that sqitch makes of it.
 *
 * An id is the SHA-1 of a text with everything the plan says of the change and the id of the change before it, so that it signs the whole plan up
 * to there. Source: sqitch's manual (sqitchchanges, sqitch-plan) and App::Sqitch::Plan::Change and ::Tag; held against sqitch itself in
 * tests/pg/sqitch.bats.
 */
#ifndef MIGRATE_MIGRATION_SQITCH_PLAN_H
#define MIGRATE_MIGRATION_SQITCH_PLAN_H

#include "base/error.h"
#include "base/vec.h"

struct sqitch_project {
    struct str name, uri; /* uri empty: none */
    bool verifies;        /* sqitch.conf has deploy.verify = true */
};

/* Who planned it, when, and why. */
struct sqitch_planned {
    struct str note, planner, email, at; /* at: 2026-01-31T12:00:00Z */
};

struct sqitch_tag {
    struct str name, id; /* "@v1.0" */
    struct sqitch_planned planned;
};
VEC_DECLARE(sqitch_tag_list, struct sqitch_tag);

struct sqitch_depend {
    struct str text; /* "users", "users@v1.0", "@v1.0", "other:users", an id */
    bool conflict;
};
VEC_DECLARE(sqitch_depend_list, struct sqitch_depend);

struct sqitch_change {
    const struct sqitch_project *project;
    struct str name;
    struct str id; /* empty: the plan does not say who planned it, and when */
    struct sqitch_planned planned;
    struct sqitch_depend_list depends; /* what it requires, then its conflicts */
    struct sqitch_tag_list tags;       /* that stand right behind it */
    uint32_t line_at;                  /* of its line in the plan */
    bool tagged;                       /* a tag stood somewhere behind it: no further one counts for its files */
    struct str first_tag;              /* that one, without @ */
    struct str file_tag; /* its files are name@file_tag.sql, because it is reworked later; empty: name.sql */
};
VEC_DECLARE(sqitch_change_list, struct sqitch_change);

/* Read the plan's text. ST_USAGE with the place in `plan`: a line that cannot be read, a change that comes again with no tag between. */
NODISCARD enum status sqitch_plan_read(struct str plan, struct str text, struct sqitch_project *project,
                                       struct arena *a, struct sqitch_change_list *out, struct error *err);

#endif
