/*
 * load_tree.h - from YAML to forms and hazards: what load.c, load_form.c and load_hazard.c share.
 *
 * Functions return ST_USAGE and fill f->err with file:line:column.
 */
#ifndef MIGRATE_RULES_LOAD_TREE_H
#define MIGRATE_RULES_LOAD_TREE_H

#include "rules/expr.h"
#include "rules/load.h"
#include "rules/template.h"
#include "rules/yaml.h"

struct rule_file {
    struct loader *loader;
    const char *name;
    struct str form_group, hazard_group;
    struct error *err;
};

/* An error about a node, or about the byte at `offset` of its text. */
enum status rule_error(const struct rule_file *f, const struct yaml *at, size_t offset, const char *fmt, ...)
    PRINTF(4, 5);
/* Give f->err that place. */
void rule_place(const struct rule_file *f, const struct yaml *at, size_t offset);

/* Is it a map with no other keys than these? `what` names it. */
NODISCARD enum status rule_keys(const struct rule_file *f, const struct yaml *map, const char *const *known,
                                const char *what);
/* The text of a key, trimmed; empty when it is not there. Never empty when it is. */
NODISCARD enum status rule_text(const struct rule_file *f, const struct yaml *map, const char *key, bool required,
                                struct str *out);
NODISCARD enum status rule_id(const struct rule_file *f, const struct yaml *map, const char *key, struct str *out);
NODISCARD enum status rule_examples(const struct rule_file *f, const struct yaml *map, const char *key, bool required,
                                    const struct example **out, unsigned *n);

/*
 * Check the notation of a text, and that some pattern of the forms captures what it names (forms NULL: any name
 * will do).
 */
NODISCARD enum status rule_expr(const struct rule_file *f, const struct yaml *y, const struct form *const *forms,
                                size_t n);
NODISCARD enum status rule_term(const struct rule_file *f, const struct yaml *y, struct str text,
                                const struct form *const *forms, size_t n);
NODISCARD enum status rule_template(const struct rule_file *f, const struct yaml *y, const struct form *const *forms,
                                    size_t n);

NODISCARD enum status load_form(const struct rule_file *f, const struct yaml *y);
NODISCARD enum status load_hazard(const struct rule_file *f, const struct yaml *y);
/* Once all forms are known. */
NODISCARD enum status check_hazard(const struct rule_file *f, struct hazard *h, const struct yaml *y);

#endif
