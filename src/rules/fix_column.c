/* ADD COLUMN: first the column that costs nothing, then all else in steps of its own. */
#include "catalog/expression.h"
#include "catalog/replay.h"
#include "rules/fix_key.h"
#include "rules/fix_name.h"

/* A constraint of the column; the texts are source. */
struct part {
    enum constraint_kind kind;
    struct str name;    /* quoted; empty: to be chosen */
    struct str text;    /* CHECK: with its parentheses; FOREIGN: from the table's name on, without attributes */
    size_t first, last; /* CHECK: the expression's tokens */
    struct fix_key key;
};

struct definition {
    const struct relation *table;
    struct str name, quoted, type, storage; /* COLLATE, STORAGE and COMPRESSION as written */
    struct str expression;                  /* of DEFAULT */
    enum tri is_volatile;
    bool has_default, not_null, serial, if_not_exists;
    VEC(struct part) parts;
};

struct cursor {
    struct fix_work *w;
    const struct statement *st;
    size_t i, last;
};

static bool is(const struct cursor *c, size_t ahead, enum keyword kw)
{
    return c->i + ahead < c->last && statement_is(c->st, c->i + ahead, kw);
}

static size_t close_of(const struct cursor *c, size_t i)
{
    size_t depth = 0;
    for (; i < c->last; i++) {
        depth += expression_is_self(c->st, i, '(') || expression_is_self(c->st, i, '[');
        depth -= depth > 0 && (expression_is_self(c->st, i, ')') || expression_is_self(c->st, i, ']'));
        if (depth == 0) {
            return i + 1;
        }
    }
    return c->last;
}

/* Where a column's next clause may begin. */
static bool at_clause(const struct cursor *c)
{
    static const enum keyword words[] = {KW_CONSTRAINT, KW_NOT,        KW_NULL,      KW_CHECK,      KW_UNIQUE,
                                         KW_PRIMARY,    KW_REFERENCES, KW_GENERATED, KW_COLLATE,    KW_DEFERRABLE,
                                         KW_INITIALLY,  KW_DEFAULT,    KW_STORAGE,   KW_COMPRESSION};
    for (size_t i = 0; i < countof(words); i++) {
        if (is(c, 0, words[i])) {
            return true;
        }
    }
    return false;
}

static size_t to_clause(struct cursor *c)
{
    while (c->i < c->last && !at_clause(c)) {
        c->i = close_of(c, c->i);
    }
    return c->i;
}

static void read_head(struct cursor *c, struct definition *d)
{
    struct fix_work *w = c->w;
    c->i += is(c, 0, KW_ADD);
    c->i += is(c, 0, KW_COLUMN);
    if (is(c, 0, KW_IF)) {
        d->if_not_exists = true;
        c->i += 3;
    }
    if (c->i < c->last) {
        d->name = token_name(w->a, w->e->what->text, c->st->tokens[c->i]);
        d->quoted = fix_source(w, c->i, c->i + 1);
        c->i++;
    }
    const size_t type = c->i++;
    d->type = fix_source(w, type, to_clause(c));
}

static void read_default(struct cursor *c, struct definition *d)
{
    const size_t first = ++c->i;
    c->i = close_of(c, c->i); /* DEFAULT NULL */
    d->expression = fix_source(c->w, first, to_clause(c));
    d->has_default = !(c->i == first + 1 && statement_is(c->st, first, KW_NULL));
    d->is_volatile = expression_volatile(c->w->e->catalog, c->w->e->what->text, c->st, first, c->i);
}

/* [MATCH …] [ON DELETE …] [ON UPDATE …] [[NOT] DEFERRABLE] [INITIALLY …] */
static void read_reference(struct cursor *c, struct part *p)
{
    const size_t first = ++c->i;
    for (c->i++; expression_is_self(c->st, c->i, '.'); c->i += 2) {
    }
    if (expression_is_self(c->st, c->i, '(')) {
        c->i = close_of(c, c->i);
    }
    for (size_t before = SIZE_MAX; before != c->i;) {
        before = c->i;
        if (is(c, 0, KW_MATCH)) {
            c->i += 2;
        } else if (is(c, 0, KW_ON)) {
            c->i += 2;
            c->i += is(c, 0, KW_SET) || is(c, 0, KW_NO) ? 2 : 1;
            c->i = expression_is_self(c->st, c->i, '(') ? close_of(c, c->i) : c->i;
        } else if (is(c, 0, KW_DEFERRABLE)) {
            c->i++;
        } else if (is(c, 0, KW_INITIALLY) || (is(c, 0, KW_NOT) && is(c, 1, KW_DEFERRABLE))) {
            c->i += 2;
        }
    }
    p->kind = CON_FOREIGN;
    p->text = fix_source(c->w, first, c->i < c->last ? c->i : c->last);
}

static void read_check(struct cursor *c, struct part *p)
{
    const size_t first = ++c->i;
    c->i = close_of(c, c->i);
    p->kind = CON_CHECK;
    p->first = first;
    p->last = c->i;
    if (is(c, 0, KW_NO) && is(c, 1, KW_INHERIT)) {
        c->i += 2;
    }
    p->text = fix_source(c->w, first, c->i);
}

static void read_key(struct cursor *c, struct definition *d, struct part *p)
{
    p->key.primary = is(c, 0, KW_PRIMARY);
    p->kind = p->key.primary ? CON_PRIMARY : CON_UNIQUE;
    c->i += p->key.primary ? 2 : 1;
    if (is(c, 0, KW_NULLS)) {
        const size_t n = is(c, 1, KW_NOT) ? 3 : 2;
        p->key.nulls = fix_source(c->w, c->i, c->i + n);
        c->i += n;
    }
    fix_key_options(c->w, &c->i, c->last, &p->key);
    p->key.columns = d->quoted;
    *vec_push(c->w->a, &p->key.names) = d->name;
}

static void read_clause(struct cursor *c, struct definition *d)
{
    struct str name = STR("");
    const size_t start = c->i;
    if (is(c, 0, KW_CONSTRAINT)) {
        name = fix_source(c->w, c->i + 1, c->i + 2);
        c->i += 2;
    }
    if (is(c, 0, KW_NOT) && is(c, 1, KW_NULL) && name.n == 0) {
        d->not_null = true;
        c->i += 2;
    } else if (is(c, 0, KW_NULL)) {
        c->i++;
    } else if (is(c, 0, KW_COLLATE) || is(c, 0, KW_STORAGE) || is(c, 0, KW_COMPRESSION)) {
        c->i += 2;
        for (; expression_is_self(c->st, c->i, '.'); c->i += 2) {
        }
        const struct str more = fix_source(c->w, start, c->i);
        d->storage = arena_printf(c->w->a, "%.*s %.*s", STR_ARG(d->storage), STR_ARG(more));
    } else if (is(c, 0, KW_DEFAULT) && name.n == 0) {
        read_default(c, d);
    } else if (is(c, 0, KW_CHECK) || is(c, 0, KW_REFERENCES) || is(c, 0, KW_UNIQUE) ||
               (is(c, 0, KW_PRIMARY) && is(c, 1, KW_KEY))) {
        struct part *p = vec_push(c->w->a, &d->parts);
        p->name = p->key.name = name;
        if (is(c, 0, KW_CHECK)) {
            read_check(c, p);
        } else if (is(c, 0, KW_REFERENCES)) {
            read_reference(c, p);
        } else {
            read_key(c, d, p);
        }
    } else {
        fix_leave(c->w, "the column's definition says more than can be divided");
        c->i = c->last;
    }
}

/* ---- writing ---------------------------------------------------------------------------------------------------------- */

/* smallserial, serial, bigserial: the sequence's type and the column's. False: another type. */
static bool read_serial(struct definition *d, struct str *sequence)
{
    static const struct {
        const char *names[2];
        struct str column, sequence;
    } types[] = {{{"smallserial", "serial2"}, STR_INIT("smallint"), STR_INIT(" AS smallint")},
                 {{"serial", "serial4"}, STR_INIT("integer"), STR_INIT(" AS integer")},
                 {{"bigserial", "serial8"}, STR_INIT("bigint"), STR_INIT("")}};
    for (size_t i = 0; i < countof(types); i++) {
        if (str_eq_nocase(d->type, str_of(types[i].names[0])) || str_eq_nocase(d->type, str_of(types[i].names[1]))) {
            d->type = types[i].column;
            *sequence = types[i].sequence;
            return true;
        }
    }
    return false;
}

static void add_rows(struct fix_work *w, struct definition *d, struct str value)
{
    const struct str t = fix_table(w);
    if (w->e->options->runner) {
        fix_leave(w, "the rows are to be filled in batches, and only migrate up does that");
    } else if (fix_has_no_key(d->table)) {
        fix_leave(w, "the rows are to be filled in batches, and the table has no key to go by");
    }
    fix_step(w, "ALTER TABLE % ALTER COLUMN % SET DEFAULT %", t, d->quoted, value);
    fix_step(w, "-- migrate:backfill\nUPDATE % SET % = % WHERE % IS NULL", t, d->quoted, value, d->quoted);
}

static void add_part(struct fix_work *w, struct definition *d, struct part *p)
{
    const struct str t = fix_table(w);
    struct str name = p->name;
    if (p->kind == CON_UNIQUE || p->kind == CON_PRIMARY) {
        fix_key_steps(w, d->table, &p->key);
        return;
    }
    if (p->kind == CON_FOREIGN && d->table->kind == REL_PARTITIONED && w->e->server_version < 18) {
        fix_leave(w, "a partitioned table takes no NOT VALID foreign key before version 18");
    }
    if (p->kind == CON_CHECK) {
        const struct str addition = fix_name_check_column(w->e, d->table, p->first, p->last);
        name = name.n > 0 ? name : name_quote(w->a, fix_name_of(w->e, d->table, addition, STR("check")));
        fix_step(w, "ALTER TABLE % ADD CONSTRAINT % CHECK % NOT VALID", t, name, p->text);
    } else {
        name = name.n > 0 ? name : name_quote(w->a, fix_name_of(w->e, d->table, d->name, STR("fkey")));
        fix_step(w, "ALTER TABLE % ADD CONSTRAINT % FOREIGN KEY (%) REFERENCES % NOT VALID", t, name, d->quoted,
                 p->text);
    }
    fix_step(w, "ALTER TABLE % VALIDATE CONSTRAINT %", t, name);
}

/* The name of the sequence, in the table's schema as far as the statement names one. */
static struct str sequence_name(struct fix_work *w, struct definition *d)
{
    const struct str made = name_choose(w->e->catalog, d->table->schema, d->table->name, d->name, "seq", NAME_RELATION);
    const struct str t = fix_table(w), quoted = name_quote(w->a, made);
    const struct statement *st = w->e->what->statement;
    size_t last = 0;
    for (size_t i = 0; i < fix_head_end(st); i++) {
        last = expression_is_self(st, i, '.') ? i : last;
    }
    const size_t length = last > 0 ? st->tokens[last].end - (uint32_t)(t.p - w->e->what->text.p) : 0;
    return arena_printf(w->a, "%.*s%.*s", STR_ARG(str_slice(t, 0, length)), STR_ARG(quoted));
}

static void check_definition(struct fix_work *w, const struct definition *d)
{
    unsigned checks = 0, primary = 0;
    for (size_t i = 0; i < d->parts.n; i++) {
        checks += d->parts.at[i].kind == CON_CHECK && d->parts.at[i].name.n == 0;
        primary += d->parts.at[i].kind == CON_PRIMARY;
    }
    const bool value = d->has_default || d->serial;
    if (checks > 1) {
        fix_leave(w, "two constraints would have to be named");
    } else if (primary > 0 && !d->has_default && !d->serial) {
        fix_leave(w, "what the column of a primary key is to hold is not said");
    } else if (d->not_null && !value) {
        fix_leave(w, "what existing rows are to hold is not said");
    } else if (d->if_not_exists && !(d->table->complete && !relation_column(d->table, d->name))) {
        fix_leave(w, "IF NOT EXISTS cannot be said of all that would be written");
    } else if (d->table->kind == REL_PARTITIONED && d->parts.n > 0 && !d->table->complete) {
        fix_leave(w, "the partitions are not known");
    }
}

void fix_add_column(struct fix_work *w)
{
    struct definition d = {.table = capture_relation(w->e->what, w->e->catalog, "table"), .storage = STR("")};
    struct cursor c = {.w = w, .st = w->e->what->statement};
    struct str sequence = STR("");
    if (!d.table) {
        fix_leave(w, "its table cannot be read");
        return;
    }
    fix_action_tokens(c.st, w->shape, &c.i, &c.last);
    read_head(&c, &d);
    while (c.i < c.last && w->draft->left.n == 0) {
        read_clause(&c, &d);
    }
    d.serial = read_serial(&d, &sequence);
    check_definition(w, &d);
    if (w->draft->left.n > 0) {
        return;
    }
    const bool later = d.serial || (d.has_default && d.is_volatile != TRI_NO);
    const struct str t = fix_table(w), none = STR("");
    const struct str exists = d.if_not_exists ? fix_text(w, " IF NOT EXISTS") : none;
    const struct str value = d.has_default && !later ? fix_text(w, " DEFAULT %", d.expression) : none;
    const struct str not_null = d.not_null && !later ? fix_text(w, " NOT NULL") : none;
    struct str seq = none;
    if (d.serial) {
        w->verbatim = true; /* the type's name is gone; all else was read */
        seq = sequence_name(w, &d);
        fix_step(w, "CREATE SEQUENCE %%", seq, sequence.n > 0 ? fix_text(w, " AS %", d.type) : none);
    }
    fix_step(w, "ALTER TABLE % ADD COLUMN% % %%%%", t, exists, d.quoted, d.type, d.storage, value, not_null);
    if (d.serial) {
        fix_step(w, "ALTER SEQUENCE % OWNED BY %.%", seq, t, d.quoted);
        const struct str literal = arena_printf(w->a, "'%.*s'", STR_ARG(seq));
        add_rows(w, &d, fix_text(w, "nextval(%::regclass)", literal));
    } else if (later) {
        add_rows(w, &d, d.expression);
    }
    bool primary = false;
    for (size_t i = 0; i < d.parts.n; i++) {
        primary = primary || d.parts.at[i].kind == CON_PRIMARY;
    }
    if (later && (d.not_null || d.serial) && !primary) {
        fix_add_not_null(w, d.table, d.name, d.quoted);
    }
    for (size_t i = 0; i < d.parts.n; i++) {
        add_part(w, &d, &d.parts.at[i]);
    }
}
