/*
 * Which change of a column's type PostgreSQL makes in the catalog alone: the old values are binary the same and the
 * new modifier lets all of
 * them pass.
 *
 * Source: ATColumnChangeRequiresRewrite() and the support functions varchar_support, numeric_support, varbit_support,
 * timestamp_support, time_support and interval_support of the server, pg_cast; measured on servers 13 to 18.
 */
#include "catalog/expression.h"
#include "catalog/replay.h"
#include "rules/facts.h"

static bool read_type(struct eval *e, const struct term *term, struct type_ref *out)
{
    size_t first, last;
    return term_tokens(e, term, &first, &last) &&
           type_ref_parse(e->catalog, e->what->text, e->what->statement, &first, out);
}

enum tri serial_type(struct eval *e, struct call call)
{
    static const char *const names[] = {"serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"};
    for (size_t i = 0; i < countof(names); i++) {
        if (str_eq(term_shape(e, call.arguments[0]), str_of(names[i]))) {
            return TRI_YES;
        }
    }
    return TRI_NO;
}

/* Types of well-known extensions: no domains. */
static bool extension_type(struct str name)
{
    static const char *const names[] = {"citext", "hstore", "ltree",   "geometry", "geography", "vector",
                                        "cube",   "isbn",   "halfvec", "lquery",   "semver",    "raster"};
    for (size_t i = 0; i < countof(names); i++) {
        if (str_eq(name, str_of(names[i]))) {
            return true;
        }
    }
    return false;
}

static bool built_in(const struct type_ref *t)
{
    return str_eq(t->schema, STR("pg_catalog"));
}

enum { DOMAIN_DEPTH = 16 };

static enum tri constrained(const struct catalog *c, const struct type_ref *t, unsigned depth)
{
    if (built_in(t) || extension_type(t->name) || t->dimensions > 0) { /* an array of a domain is no domain */
        return TRI_NO;
    }
    const struct type *type = catalog_type(c, t->schema, t->name);
    if (!type) {
        return c->complete ? TRI_NO : TRI_UNKNOWN;
    }
    if (type->kind != TYPE_DOMAIN) {
        return TRI_NO;
    }
    return type->has_constraints  ? TRI_YES
           : depth < DOMAIN_DEPTH ? constrained(c, &type->base, depth + 1)
                                  : TRI_UNKNOWN;
}

/*
 * Types that are key words of the grammar, such as INTEGER or VARCHAR ( 10 ), and text, which nobody calls a
 * domain of theirs.
 */
static bool names_built_in(struct str shape)
{
    size_t n = 0;
    while (n < shape.n && shape.p[n] >= 'A' && shape.p[n] <= 'Z') {
        n++;
    }
    const enum keyword kw = keyword_find(str_slice(shape, 0, n));
    return n > 1 && (n == shape.n || shape.p[n] == ' ' || shape.p[n] == '[') &&
           (kw == KW_TEXT || (kw != KW_NONE && kw != KW_SETOF && keyword_category(kw) == KW_COL_NAME));
}

enum tri constrained_domain(struct eval *e, struct call call)
{
    struct type_ref t = {0};
    const struct str shape = term_shape(e, call.arguments[0]);
    if (shape.n == 0 || names_built_in(shape) || serial_type(e, call) == TRI_YES) {
        return TRI_NO;
    }
    return read_type(e, call.arguments[0], &t) ? constrained(e->catalog, &t, 0) : TRI_UNKNOWN;
}

enum tri known_type(struct eval *e, struct call call)
{
    return tri_of(constrained_domain(e, call) != TRI_UNKNOWN);
}

enum tri new_type(struct eval *e, struct call call)
{
    struct str schema, name;
    const struct str text = term_shape(e, call.arguments[0]);
    if (text.n == 0 || !term_split_name(e->a, text, &schema, &name)) {
        return TRI_NO;
    }
    const struct type *type = catalog_type(e->catalog, schema, name);
    return tri_of(type && made_in_file(e, type->made));
}

/* ---- from type to type ------------------------------------------------------------------------------------------ */

static bool is(const struct type_ref *t, const char *name)
{
    return str_eq(t->name, str_of(name));
}

static bool same_name(const struct type_ref *a, const struct type_ref *b)
{
    return str_eq(a->name, b->name) && str_eq(a->schema, b->schema);
}

/* The new limit lets all old values pass: none, or not below the old one. */
static bool wider(int32_t old, int32_t new)
{
    return new < 0 || (old >= 0 && new >= old);
}

static bool numeric_wider(const struct type_ref *a, const struct type_ref *b)
{
    const int32_t scale_a = a->mod[1] < 0 ? 0 : a->mod[1], scale_b = b->mod[1] < 0 ? 0 : b->mod[1];
    return b->mod[0] < 0 || (a->mod[0] >= 0 && b->mod[0] >= a->mod[0] && scale_a == scale_b);
}

/* Fractional digits of a time; 6 is all there are. */
static bool precision_up(const struct type_ref *a, const struct type_ref *b)
{
    enum { MAX_PRECISION = 6 };
    return b->mod[0] < 0 || b->mod[0] >= MAX_PRECISION || (a->mod[0] >= 0 && b->mod[0] >= a->mod[0]);
}

static bool is_time(const struct type_ref *t)
{
    return is(t, "timestamp") || is(t, "timestamptz") || is(t, "time") || is(t, "timetz") || is(t, "interval");
}

/* The finest field that an interval keeps: 0 seconds … 5 years. Source: intervaltypmodleastfield() of the server. */
static unsigned least_field(const struct type_ref *t)
{
    static const char *const fields[] = {"second", "minute", "hour", "day", "month", "year"};
    for (unsigned i = 0; i < countof(fields); i++) {
        if (str_find(t->text, str_of(fields[i])) != SIZE_MAX) {
            const size_t to = str_find(t->text, STR(" to ")); /* the last one named counts */
            const bool first =
                to != SIZE_MAX && str_find(str_slice(t->text, to, t->text.n), str_of(fields[i])) == SIZE_MAX;
            if (!first) {
                return i;
            }
        }
    }
    return 0;
}

/* Source: interval_support() of the server. */
static bool interval_wider(const struct type_ref *a, const struct type_ref *b)
{
    const unsigned old = least_field(a);
    return str_eq(b->text, STR("interval")) || (least_field(b) <= old && (old > 0 || precision_up(a, b)));
}

/* Both built in, the same type: is the modifier harmless? */
static enum tri modifier_free(const struct type_ref *a, const struct type_ref *b)
{
    if (a->mod[0] == b->mod[0] && a->mod[1] == b->mod[1] && (!is(a, "interval") || str_eq(a->text, b->text))) {
        return TRI_YES;
    }
    if (is(a, "bpchar") && b->mod[0] < 0) {
        return TRI_YES;
    }
    if (is(a, "varchar") || is(a, "varbit")) {
        return tri_of(wider(a->mod[0], b->mod[0]));
    }
    if (is(a, "numeric")) {
        return tri_of(numeric_wider(a, b));
    }
    if (is(a, "interval")) {
        return tri_of(interval_wider(a, b));
    }
    return is_time(a) ? tri_of(precision_up(a, b)) : TRI_NO;
}

/* timestamp and timestamptz are the same bytes while the session's time zone is UTC by rule. */
static enum tri utc(const struct catalog *c)
{
    static const char *const names[] = {"UTC",  "Etc/UTC",  "Etc/UCT",   "UCT",
                                        "Zulu", "Etc/Zulu", "Universal", "Etc/Universal"};
    if (c->time_zone.n == 0) {
        return TRI_UNKNOWN;
    }
    for (size_t i = 0; i < countof(names); i++) {
        if (str_eq_nocase(c->time_zone, str_of(names[i]))) {
            return TRI_YES;
        }
    }
    return TRI_NO;
}

static bool is_reg(const struct type_ref *t)
{
    static const char *const names[] = {"regclass",     "regcollation", "regconfig",   "regdictionary",
                                        "regnamespace", "regoper",      "regoperator", "regproc",
                                        "regprocedure", "regrole",      "regtype"};
    for (size_t i = 0; i < countof(names); i++) {
        if (is(t, names[i])) {
            return true;
        }
    }
    return false;
}

/* Source: pg_cast with castmethod 'b'; the same on servers 13 to 18. */
static bool coercible(const struct type_ref *a, const struct type_ref *b)
{
    static const char *const pairs[][2] = {
        {"text", "varchar"},
        {"varchar", "text"},
        {"text", "bpchar"},
        {"varchar", "bpchar"},
        {"xml", "text"},
        {"xml", "varchar"},
        {"xml", "bpchar"},
        {"cidr", "inet"},
        {"int4", "oid"},
        {"oid", "int4"},
        {"bit", "varbit"},
        {"varbit", "bit"},
        {"regoper", "regoperator"},
        {"regoperator", "regoper"},
        {"regproc", "regprocedure"},
        {"regprocedure", "regproc"},
    };
    for (size_t i = 0; i < countof(pairs); i++) {
        if (is(a, pairs[i][0]) && is(b, pairs[i][1])) {
            return true;
        }
    }
    const bool number = is(a, "int4") || is(a, "oid") || is(b, "int4") || is(b, "oid");
    return number && (is_reg(a) || is_reg(b));
}

static enum tri built_in_free(const struct catalog *c, const struct type_ref *a, const struct type_ref *b)
{
    if (same_name(a, b)) {
        return modifier_free(a, b);
    }
    if (coercible(a, b)) { /* a limit is applied to the new type, whatever the old one's was */
        return tri_of(b->mod[0] < 0);
    }
    if ((is(a, "timestamp") && is(b, "timestamptz")) || (is(a, "timestamptz") && is(b, "timestamp"))) {
        struct type_ref cast = *b;
        cast.mod[0] = -1;
        return tri_and(utc(c), tri_of(precision_up(&cast, b)));
    }
    return TRI_NO;
}

/* citext is stored as text is, and cast to it and from it without a function. */
static bool citext_free(const struct type_ref *a, const struct type_ref *b)
{
    const bool stored_alike = is(a, "citext") ? is(b, "text") || is(b, "varchar") : is(a, "text") || is(a, "varchar");
    return (is(a, "citext") || is(b, "citext")) && stored_alike && b->mod[0] < 0;
}

/* A domain's values are those of its base type. */
static struct type_ref base_of(const struct catalog *c, struct type_ref t)
{
    for (unsigned depth = 0; depth < DOMAIN_DEPTH && !built_in(&t) && t.dimensions == 0; depth++) {
        const struct type *type = catalog_type(c, t.schema, t.name);
        if (!type || type->kind != TYPE_DOMAIN) {
            break;
        }
        t = type->base;
    }
    return t;
}

static enum tri change_free(const struct catalog *c, const struct type_ref *old, const struct type_ref *new)
{
    if (same_name(old, new) && old->dimensions == new->dimensions && old->mod[0] == new->mod[0] &&
        old->mod[1] == new->mod[1]) {
        return str_eq(old->text, new->text) || old->dimensions > 0 ? TRI_YES : modifier_free(old, new);
    }
    if (old->dimensions > 0 || new->dimensions > 0) {
        const bool same = (old->dimensions > 0) == (new->dimensions > 0) && same_name(old, new);
        return tri_of(same && (new->mod[0] < 0 || new->mod[0] == old->mod[0]));
    }
    const struct type_ref a = base_of(c, *old), b = base_of(c, *new);
    const enum tri checked = constrained(c, new, 0);
    if (checked == TRI_YES) {
        return TRI_NO;
    }
    if (citext_free(&a, &b)) {
        return tri_not(checked);
    }
    if (!built_in(&a) || !built_in(&b)) {
        return same_name(&a, &b) && a.mod[0] == b.mod[0] ? tri_not(checked)
               : built_in(&a) == built_in(&b)            ? TRI_NO
                                                         : TRI_UNKNOWN;
    }
    return tri_and(built_in_free(c, &a, &b), tri_not(checked));
}

enum tri type_change_free(struct eval *e, struct call call)
{
    struct relation *r = term_relation(e, call.arguments[0]);
    struct name_list names = {0};
    struct type_ref new = {0};
    term_names(e, call.arguments[1], &names);
    if (!r || names.n == 0 || !read_type(e, call.arguments[2], &new)) {
        return TRI_UNKNOWN;
    }
    const struct column *column = relation_column(r, names.at[0]);
    if (!column || column->type.name.n == 0) {
        return eval_unknown(e, r);
    }
    const enum tri answer = change_free(e->catalog, &column->type, &new);
    return answer == TRI_UNKNOWN ? eval_unknown(e, r) : answer;
}

/* ---- what is done even where the rows stay as they are ---------------------------------------------------------- */

/* A word of a canonical expression. */
static bool mentions_column(struct eval *e, struct str text, struct str column)
{
    const struct str written = name_quote(e->a, column);
    struct str token;
    while (str_next(&text, ' ', &token)) {
        if (str_eq_nocase(token, written)) {
            return true;
        }
    }
    return false;
}

/* Do the two types share their default operator classes, so that an index on the column can stay? */
static bool same_order(const struct catalog *c, const struct type_ref *old, const struct type_ref *new)
{
    const struct type_ref a = base_of(c, *old), b = base_of(c, *new);
    const bool texts = (is(&a, "text") || is(&a, "varchar")) && (is(&b, "text") || is(&b, "varchar"));
    const bool numbers = (is(&a, "oid") || is_reg(&a)) && (is(&b, "oid") || is_reg(&b));
    const bool addresses = (is(&a, "inet") || is(&a, "cidr")) && (is(&b, "inet") || is(&b, "cidr"));
    return same_name(&a, &b) || texts || addresses || numbers;
}

/* With a condition or an expression, whatever these are about, no index is kept. */
static bool rebuilt(const struct relation *index, struct str column, bool stays)
{
    bool key = false, plain = index->predicate.n == 0;
    for (size_t i = 0; i < index->index_columns.n; i++) {
        const struct index_column *c = &index->index_columns.at[i];
        plain = plain && c->name.n > 0;
        key = key || (!c->included && str_eq(c->name, column));
    }
    return name_list_has(&index->mentions, column) && (!plain || (key && !stays));
}

/* Is the collation that the column will have the one that it has? Without COLLATE it becomes the type's own. */
static bool same_collation(struct eval *e, const struct column *column)
{
    const struct term term = {.kind = TERM_CAPTURE, .text = STR("collation")};
    struct str schema, name = STR("");
    (void)term_split_name(e->a, term_shape(e, &term), &schema, &name);
    const struct str old = str_eq(column->collation, STR("default")) ? STR("") : column->collation;
    return str_eq(str_eq(name, STR("default")) ? STR("") : name, old);
}

/* The parts of a partitioned index are made again with it. */
static void add_parts(struct eval *e, const struct relation *index, struct relation_list *out)
{
    struct relation_list parts = {0};
    relation_descendants(index, e->a, &parts);
    for (size_t i = 0; i < parts.n; i++) {
        if (parts.at[i]->kind == REL_INDEX) {
            relation_list_add(e->a, out, parts.at[i]);
        }
    }
}

static void add_rebuilt(struct eval *e, const struct relation *r, struct str name, const struct type_ref *new,
                        struct relation_list *out)
{
    const struct column *column = relation_column(r, name);
    const bool stays = column && same_collation(e, column) && same_order(e->catalog, &column->type, new);
    for (size_t i = 0; column && i < r->indexes.n; i++) {
        struct relation *index = r->indexes.at[i];
        if (index->kind == REL_PARTITIONED_INDEX && name_list_has(&index->mentions, column->name)) {
            add_parts(e, index, out);
        } else if (index->kind == REL_INDEX && rebuilt(index, column->name, stays)) {
            relation_list_add(e->a, out, index);
        }
    }
}

/*
 * Source: CheckIndexCompatible() of the server: expressions and predicates are not looked into, operator class and
 * collation must be the same; the indexes of partitions are never kept.
 */
bool select_type_change_indexes(struct eval *e, struct call call, struct relation_list *out)
{
    struct relation *r = term_relation(e, call.arguments[0]);
    struct relation_list tree = {0};
    struct name_list names = {0};
    struct type_ref new = {0};
    term_names(e, call.arguments[1], &names);
    const struct column *column = r && names.n > 0 ? relation_column(r, names.at[0]) : NULL;
    if (!column || !read_type(e, call.arguments[2], &new)) {
        return !r || r->complete;
    }
    relation_list_add(e->a, &tree, r);
    relation_descendants(r, e->a, &tree);
    for (size_t i = 0; i < tree.n; i++) {
        add_rebuilt(e, tree.at[i], column->name, &new, out);
    }
    return r->complete;
}

enum tri type_change_scans(struct eval *e, struct call call)
{
    struct relation *r = term_relation(e, call.arguments[0]);
    const struct term table = {.kind = TERM_CAPTURE, .text = STR("table")};
    const struct term *const whole[] = {&table, call.arguments[1], call.arguments[2]};
    struct relation_list indexes = {0};
    struct name_list names = {0};
    bool found = false;
    term_names(e, call.arguments[1], &names);
    if (!r || names.n == 0) {
        return TRI_NO;
    }
    (void)select_type_change_indexes(e, (struct call){whole, countof(whole)}, &indexes);
    for (size_t i = 0; i < indexes.n; i++) {
        found = found || indexes.at[i]->table == r;
    }
    for (size_t i = 0; i < r->constraints.n; i++) {
        const struct constraint *c = r->constraints.at[i];
        found = found || (c->kind == CON_CHECK && c->valid && mentions_column(e, c->expression, names.at[0]));
    }
    return found ? TRI_YES : r->complete ? TRI_NO : eval_unknown(e, r);
}

/* ---- USING ------------------------------------------------------------------------------------------------------ */

/* The column itself, or casts of it to this very type. */
static bool is_cast(struct eval *e, size_t first, size_t last, struct str column, const struct type_ref *new,
                    unsigned depth)
{
    const struct statement *st = e->what->statement;
    const struct span s = expression_strip(st, first, last);
    struct type_ref type = {0};
    if (depth > DOMAIN_DEPTH || s.first >= s.last) {
        return false;
    }
    if (s.last == s.first + 1) {
        return str_eq(token_name(e->a, e->what->text, st->tokens[s.first]), column);
    }
    const bool word = statement_is(st, s.first, KW_CAST) && expression_is_self(st, s.first + 1, '(') &&
                      expression_is_self(st, s.last - 1, ')');
    const size_t inner = word ? s.first + 2 : s.first;
    size_t at = s.last - 1;
    while (at > inner && !(word ? statement_is(st, at, KW_AS) : st->tokens[at].kind == TOK_TYPECAST)) {
        at--;
    }
    size_t end = at + 1;
    return at > inner && type_ref_parse(e->catalog, e->what->text, st, &end, &type) && str_eq(type.text, new->text) &&
           is_cast(e, inner, at, column, new, depth + 1);
}

enum tri plain_cast(struct eval *e, struct call call)
{
    const struct term term = {.kind = TERM_CAPTURE, .text = STR("type")};
    struct name_list names = {0};
    struct type_ref new = {0};
    size_t first, last;
    term_names(e, call.arguments[0], &names);
    if (names.n == 0 || !term_tokens(e, call.arguments[1], &first, &last) || !read_type(e, &term, &new)) {
        return TRI_NO;
    }
    return tri_of(is_cast(e, first, last, names.at[0], &new, 0));
}
