/*
 * load.h - rule files: read, check, and lay out as the rulebook's tables.
 *
 * Used by tools/rulegen when the program is built and by rulebook_add_folder() when it runs. rules/README.md is the
 * contract with who writes
 * the files. Every error is ST_USAGE with file:line:column of what is wrong.
 */
#ifndef MIGRATE_RULES_LOAD_H
#define MIGRATE_RULES_LOAD_H

#include "rules/rulebook.h"
#include "rules/yaml.h"

VEC_DECLARE(form_list, struct form *);
VEC_DECLARE(loaded_hazard_list, struct hazard *);

/* A hazard whose names are still to be looked up. */
struct pending_hazard {
    struct hazard *hazard;
    const struct yaml *source;
};

struct loader {
    struct arena *a;        /* everything loaded lives here */
    struct form_list forms; /* in order */
    struct loaded_hazard_list hazards;
    VEC(struct pending_hazard) pending;
    size_t n_patterns;           /* the next pattern's slot; start above those of a book that is added to */
    const struct rulebook *base; /* rules that were there before, or NULL */
};

/* Read one file's text. `file` is kept for messages (must outlive the loader's rules). */
NODISCARD enum status load_text(struct loader *l, const char *file, struct str text, struct error *err);
/* Read one file. */
NODISCARD enum status load_file(struct loader *l, const char *file, struct error *err);
/* After the last file: what needs all of them (forms that hazards name, ids twice, captures of the forms). */
NODISCARD enum status load_finish(struct loader *l, struct error *err);

#endif
