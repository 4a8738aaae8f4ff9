#include "rules/query.h"

#include "catalog/replay.h"

enum { MAX_DEPTH = 256 };

struct place {
    size_t level;
    bool in_from, own_from; /* in a list of relations; in a call whose FROM names none */
    bool joined;            /* behind a JOIN whose ON or USING is still to come */
};

struct walk {
    struct query *q;
    size_t i, end, depth;
    struct place at[MAX_DEPTH];
    struct name_list common; /* names that WITH gives */
    bool copying;            /* at COPY's table: a parenthesis behind it lists columns */
};

static inline bool is(const struct walk *w, size_t i, enum keyword kw)
{
    return i < w->end && statement_is(w->q->st, i, kw);
}

static inline bool is_self(const struct walk *w, size_t i, char c)
{
    return i < w->end && expression_is_self(w->q->st, i, c);
}

/* ---- WITH --------------------------------------------------------------------------------------------------------------- */

/* Names before AS ( or ( … ) AS ( behind WITH, RECURSIVE or a comma. */
static void find_common(struct walk *w, size_t first)
{
    size_t with = first;
    while (with + 2 < w->end && !is(w, with, KW_WITH)) {
        with++;
    }
    for (size_t i = with + 1; i + 2 < w->end; i++) {
        const bool starts = is(w, i - 1, KW_WITH) || is(w, i - 1, KW_RECURSIVE) || is_self(w, i - 1, ',');
        const enum token_kind kind = (enum token_kind)w->q->st->tokens[i].kind;
        if (!starts || (kind != TOK_WORD && kind != TOK_QUOTED)) {
            continue;
        }
        const bool as =
            is(w, i + 1, KW_AS) && (is_self(w, i + 2, '(') || is(w, i + 2, KW_MATERIALIZED) || is(w, i + 2, KW_NOT));
        if (as || is_self(w, i + 1, '(')) {
            expression_add_name(w->q->a, &w->common, token_name(w->q->a, w->q->text, w->q->st->tokens[i]));
        }
    }
}

/* ---- sources ------------------------------------------------------------------------------------------------------------ */

static bool is_system(const struct relation *r)
{
    return (str_starts(r->schema, STR("pg_")) && !str_starts(r->schema, STR("pg_temp"))) ||
           str_eq(r->schema, STR("information_schema"));
}

static bool ends_source(enum keyword kw)
{
    switch (kw) {
    case KW_ON:
    case KW_USING:
    case KW_JOIN:
    case KW_LEFT:
    case KW_RIGHT:
    case KW_FULL:
    case KW_INNER:
    case KW_CROSS:
    case KW_NATURAL:
    case KW_WHERE:
    case KW_SET:
    case KW_GROUP:
    case KW_ORDER:
    case KW_LIMIT:
    case KW_OFFSET:
    case KW_FETCH:
    case KW_FOR:
    case KW_HAVING:
    case KW_WINDOW:
    case KW_UNION:
    case KW_INTERSECT:
    case KW_EXCEPT:
    case KW_RETURNING:
    case KW_TABLESAMPLE:
    case KW_VALUES:
    case KW_SELECT:
    case KW_DEFAULT:
    case KW_OVERRIDING:
    case KW_WITH:
    case KW_TO:
    case KW_FROM:
    case KW_WHEN:
    case KW_DO:
        return true;
    default:
        return false;
    }
}

/* [ONLY] name [*] [[AS] alias] at the cursor; moves behind the name. */
static void add_source(struct walk *w, enum query_use use)
{
    struct query *q = w->q;
    const bool only = is(w, w->i, KW_ONLY);
    struct str schema, name;
    const size_t paren = only && is_self(w, w->i + 1, '(');
    size_t at = w->i + only + paren;
    const size_t start = at;
    if (at >= w->end || is(w, at, KW_LATERAL) || is(w, at, KW_SELECT) || is(w, at, KW_VALUES) ||
        !qualified_name_view(q->a, q->text, q->st, &at, &schema, &name) || at > w->end) {
        return;
    }
    w->i = at + paren;
    const bool common = schema.n == 0 && name_list_has(&w->common, name);
    if (common || (use == USE_READ && !w->copying && is_self(w, at, '('))) { /* or a function */
        return;
    }
    struct relation *r = catalog_mention(q->catalog, schema, name, REL_UNKNOWN);
    *vec_push(q->a, &q->names) = (struct query_name){schema, name, r};
    if (is_system(r)) {
        return;
    }
    at = w->i + is_self(w, w->i, '*');
    at += is(w, at, KW_AS);
    const struct token t = at < w->end ? q->st->tokens[at] : (struct token){0};
    const bool aliased = (t.kind == TOK_WORD && !ends_source((enum keyword)t.keyword)) || t.kind == TOK_QUOTED;
    *vec_push(q->a, &q->sources) = (struct query_source){
        .relation = r,
        .alias = aliased ? token_name(q->a, q->text, t) : name,
        .only = only,
        .use = use,
        .level = w->at[w->depth].level,
        .token = start,
    };
    q->levels.at[w->at[w->depth].level].sources++;
}

/* ---- the walk ----------------------------------------------------------------------------------------------------------- */

static size_t new_level(struct walk *w, size_t first)
{
    struct query_level *level = vec_push(w->q->a, &w->q->levels);
    level->nested = w->depth > 0;
    level->first = first;
    return w->q->levels.n - 1;
}

static struct query_level *level_of(struct walk *w)
{
    return &w->q->levels.at[w->at[w->depth].level];
}

static bool begins_query(const struct walk *w, size_t i)
{
    return is(w, i, KW_SELECT) || is(w, i, KW_WITH) || is(w, i, KW_VALUES) || is(w, i, KW_INSERT) ||
           is(w, i, KW_UPDATE) || is(w, i, KW_DELETE) || is(w, i, KW_MERGE) || is(w, i, KW_TABLE);
}

/* EXTRACT ( x FROM y ) and its kind: that FROM names no relation. */
static bool has_own_from(const struct walk *w, size_t i)
{
    return is(w, i, KW_EXTRACT) || is(w, i, KW_SUBSTRING) || is(w, i, KW_TRIM) || is(w, i, KW_OVERLAY) ||
           is(w, i, KW_POSITION);
}

/* At a parenthesis: is it behind a name that a function may have? */
static void note_call(struct walk *w)
{
    const struct token before = w->i > 0 ? w->q->st->tokens[w->i - 1] : (struct token){.kind = TOK_SELF};
    if (before.kind == TOK_SELF || before.kind == TOK_OP) {
        return;
    }
    if (before.kind == TOK_WORD && before.keyword != KW_NONE && !(w->i > 1 && is_self(w, w->i - 2, '.'))) {
        const enum keyword_category category = keyword_category((enum keyword)before.keyword);
        if (category == KW_RESERVED || category == KW_COL_NAME) {
            return;
        }
    }
    *vec_push(w->q->a, &w->q->calls) = w->i;
}

static void open_paren(struct walk *w)
{
    const struct place outer = w->at[w->depth];
    const bool columns = outer.joined && w->i > 0 && is(w, w->i - 1, KW_USING); /* JOIN b USING ( id ) */
    w->at[w->depth].joined = outer.joined && !columns;
    const bool joins = outer.in_from && !columns && w->i > 0 &&
                       (is(w, w->i - 1, KW_FROM) || is(w, w->i - 1, KW_JOIN) || is(w, w->i - 1, KW_USING) ||
                        is_self(w, w->i - 1, ',') || is_self(w, w->i - 1, '('));
    const bool own = w->i > 0 && has_own_from(w, w->i - 1);
    if (w->depth + 1 >= MAX_DEPTH) {
        w->q->cut = true;
        return;
    }
    w->depth++;
    w->at[w->depth] = (struct place){.level = outer.level, .own_from = own};
    w->i++;
    if (begins_query(w, w->i)) {
        w->at[w->depth].level = new_level(w, w->i);
    } else if (joins && !is_self(w, w->i, '(')) {
        w->at[w->depth].in_from = true;
        add_source(w, USE_READ);
    } else {
        w->at[w->depth].in_from = joins;
    }
}

static void close_where(struct walk *w)
{
    struct query_level *level = level_of(w);
    if (level->where > 0 && level->where_end == 0) {
        level->where_end = w->i;
    }
}

static void close_paren(struct walk *w)
{
    if (w->depth > 0) {
        if (w->at[w->depth].level != w->at[w->depth - 1].level) {
            close_where(w);
        }
        w->depth--;
    }
    w->i++;
}

/* FOR UPDATE [OF a, b], at FOR. */
static void lock_rows(struct walk *w)
{
    size_t at = w->i + 1;
    while (is(w, at, KW_NO) || is(w, at, KW_KEY)) {
        at++;
    }
    const size_t level = w->at[w->depth].level;
    if (!is(w, at, KW_UPDATE) && !is(w, at, KW_SHARE)) {
        w->i++;
        return;
    }
    w->i = at + 1;
    struct name_list of = {0};
    if (is(w, w->i, KW_OF)) {
        do {
            w->i++;
            if (w->i < w->end) {
                expression_add_name(w->q->a, &of, token_name(w->q->a, w->q->text, w->q->st->tokens[w->i]));
                w->i++;
            }
        } while (is_self(w, w->i, ','));
    }
    for (size_t i = 0; i < w->q->sources.n; i++) {
        struct query_source *s = &w->q->sources.at[i];
        s->row_locks = s->row_locks || (s->level == level && (of.n == 0 || name_list_has(&of, s->alias)));
    }
}

/* May a statement on rows begin here: at the start, behind WITH's last parenthesis, in a parenthesis? */
static bool may_begin(const struct walk *w, size_t first)
{
    if (w->i == first || w->q->levels.at[w->at[w->depth].level].first == w->i) {
        return true;
    }
    return is_self(w, w->i - 1, ')') || is_self(w, w->i - 1, ';') || is(w, w->i - 1, KW_BEGIN) ||
           is(w, w->i - 1, KW_THEN) || is(w, w->i - 1, KW_ELSE) || is(w, w->i - 1, KW_DO) || is(w, w->i - 1, KW_ALSO) ||
           is(w, w->i - 1, KW_INSTEAD) || is(w, w->i - 1, KW_ATOMIC) || is(w, w->i - 1, KW_AS) ||
           is(w, w->i - 1, KW_EXPLAIN) || is(w, w->i - 1, KW_ANALYZE) || is(w, w->i - 1, KW_VERBOSE);
}

static void take_target(struct walk *w, size_t words, enum query_use use)
{
    if (level_of(w)->sources > 0 && w->depth == 0) { /* another statement of a body */
        close_where(w);
        w->at[w->depth].level = new_level(w, w->i);
    }
    w->i += words;
    w->at[w->depth].in_from = false;
    add_source(w, use);
    level_of(w)->merged = level_of(w)->merged || use == USE_MERGE;
}

/* COPY t [( … )] FROM or TO; what follows is no query. Of COPY ( query ) TO only the query counts. */
static void take_copy(struct walk *w)
{
    w->i += 1 + is(w, w->i + 1, KW_BINARY);
    if (is_self(w, w->i, '(')) {
        return;
    }
    w->copying = true;
    add_source(w, USE_READ);
    while (w->i < w->end && !is(w, w->i, KW_FROM) && !is(w, w->i, KW_TO)) {
        w->i++;
    }
    if (w->q->sources.n > 0 && is(w, w->i, KW_FROM)) {
        w->q->sources.at[0].use = USE_INSERT;
    }
    for (; w->i < w->end; w->i++) { /* COPY … FROM … WHERE f ( a ) */
        if (is_self(w, w->i, '(')) {
            note_call(w);
        }
    }
}

static bool take_command(struct walk *w, size_t first)
{
    switch ((enum keyword)w->q->st->tokens[w->i].keyword) {
    case KW_INSERT:
    case KW_MERGE:
        if (!is(w, w->i + 1, KW_INTO) || !may_begin(w, first)) {
            return false;
        }
        take_target(w, 2, is(w, w->i, KW_INSERT) ? USE_INSERT : USE_MERGE);
        return true;
    case KW_DELETE:
        if (!is(w, w->i + 1, KW_FROM) || !may_begin(w, first)) {
            return false;
        }
        take_target(w, 2, USE_DELETE);
        return true;
    case KW_UPDATE:
        if (is(w, w->i + 1, KW_SET) || !may_begin(w, first)) {
            return false;
        }
        take_target(w, 1, USE_UPDATE);
        return true;
    case KW_COPY:
        if (w->i != first) {
            return false;
        }
        take_copy(w);
        return true;
    case KW_TABLE:
        if (w->i + 1 >= w->end || !may_begin(w, first)) {
            return false;
        }
        w->i++;
        add_source(w, USE_READ);
        return true;
    default:
        return false;
    }
}

static bool is_clause(enum keyword kw)
{
    return kw == KW_GROUP || kw == KW_ORDER || kw == KW_LIMIT || kw == KW_OFFSET || kw == KW_FETCH || kw == KW_FOR ||
           kw == KW_HAVING || kw == KW_WINDOW || kw == KW_RETURNING || kw == KW_WHEN;
}

/* USING names relations in DELETE and MERGE; elsewhere it is a part of JOIN. */
static bool using_deletes(struct walk *w)
{
    const struct query_level *level = level_of(w);
    return is(w, 0, KW_DELETE) || level->merged ||
           (level->sources > 0 && w->q->sources.n > 0 && w->q->sources.at[w->q->sources.n - 1].use == USE_DELETE);
}

static void take_word(struct walk *w, size_t first)
{
    struct place *p = &w->at[w->depth];
    const enum keyword kw = (enum keyword)w->q->st->tokens[w->i].keyword;
    if (take_command(w, first)) {
        return;
    }
    const bool deletes = kw == KW_USING && using_deletes(w);
    if ((kw == KW_FROM && !p->own_from && !(w->i > 0 && is(w, w->i - 1, KW_DISTINCT))) || kw == KW_JOIN ||
        (kw == KW_USING && deletes && !is_self(w, w->i + 1, '('))) {
        p->in_from = true;
        p->joined = kw == KW_JOIN;
        w->i++;
        if (!is_self(w, w->i, '(')) {
            add_source(w, USE_READ);
        }
        return;
    }
    p->joined = p->joined && kw != KW_ON;
    if (kw == KW_USING && deletes) {
        p->in_from = true;
    } else if (kw == KW_WHERE && !p->own_from) {
        p->in_from = false;
        if (level_of(w)->where == 0) {
            level_of(w)->where = w->i + 1;
        }
    } else if (kw == KW_UNION || kw == KW_INTERSECT || kw == KW_EXCEPT) {
        close_where(w);
        p->in_from = false;
        const bool nested = level_of(w)->nested;
        p->level = new_level(w, w->i + 1 + (is(w, w->i + 1, KW_ALL) || is(w, w->i + 1, KW_DISTINCT)));
        w->q->levels.at[p->level].nested = nested;
    } else if (is_clause(kw) && !p->own_from) {
        close_where(w);
        p->in_from = false;
        level_of(w)->limit = level_of(w)->limit || kw == KW_LIMIT || kw == KW_FETCH;
        level_of(w)->grouped = level_of(w)->grouped || kw == KW_GROUP || kw == KW_ORDER || kw == KW_HAVING;
        if (kw == KW_FOR) {
            lock_rows(w);
            return;
        }
    } else if (kw == KW_SET || kw == KW_SELECT) {
        p->in_from = false;
    }
    w->i++;
}

struct query *query_read(struct arena *a, struct catalog *catalog, struct str text, const struct statement *st,
                         size_t first, size_t last)
{
    struct query *q = arena_new(a, struct query);
    struct walk on_stack, *w = &on_stack; /* not cleared as a whole: a place is set when it is entered */
    *q = (struct query){.a = a, .catalog = catalog, .text = text, .st = st};
    w->q = q;
    w->i = first;
    w->end = last;
    w->depth = 0;
    w->common = (struct name_list){0};
    w->copying = false;
    w->at[0] = (struct place){.level = 0};
    (void)new_level(w, first);
    find_common(w, first);
    while (w->i < last && !q->cut) {
        const struct token t = st->tokens[w->i];
        if (t.kind == TOK_SELF && t.keyword == '(') {
            note_call(w);
            open_paren(w);
        } else if (t.kind == TOK_SELF && t.keyword == ')') {
            close_paren(w);
        } else if (t.kind == TOK_SELF && t.keyword == ',' && w->at[w->depth].in_from) {
            w->i++;
            if (!is_self(w, w->i, '(')) {
                add_source(w, USE_READ);
            }
        } else if (t.kind == TOK_SELF && t.keyword == ';') {
            close_where(w);
            w->at[w->depth] = (struct place){.level = new_level(w, w->i + 1)};
            w->i++;
        } else if (t.kind == TOK_WORD && t.keyword != KW_NONE) {
            take_word(w, first);
        } else {
            w->i++;
        }
    }
    for (size_t i = 0; i < q->levels.n; i++) {
        if (q->levels.at[i].where > 0 && q->levels.at[i].where_end == 0) {
            q->levels.at[i].where_end = last;
        }
    }
    return q;
}

bool query_holds(const struct query *q)
{
    for (size_t i = 0; i < q->names.n; i++) {
        if (catalog_resolve(q->catalog, q->names.at[i].schema, q->names.at[i].name) != q->names.at[i].relation) {
            return false;
        }
    }
    return true;
}

/* ---- conditions --------------------------------------------------------------------------------------------------------- */

static const struct formula *condition_of(struct query *q, struct query_level *level)
{
    enum { MAX_TOKENS = 4096 };
    if (!level->condition && level->where > 0 && level->where_end > level->where &&
        level->where_end - level->where < MAX_TOKENS) {
        level->condition =
            formula_read(q->a, expression_canonical(q->a, q->text, q->st, level->where, level->where_end), false);
    }
    return level->condition;
}

/* t.id for the source t is id; an operand of another source is none. */
static struct str own_operand(const struct query_source *s, struct str operand)
{
    const size_t dot = str_find_char(operand, '.');
    if (dot == SIZE_MAX) {
        return operand;
    }
    return str_eq(str_slice(operand, 0, dot), s->alias) ? str_slice(operand, dot + 1, operand.n) : STR_NONE;
}

static struct formula *own_part(struct arena *a, const struct query_source *s, const struct formula *f)
{
    if (f->kind == FORMULA_TEXT) {
        return NULL;
    }
    struct formula *own = arena_new(a, struct formula);
    *own = *f;
    if (f->kind != FORMULA_OR && f->kind != FORMULA_AND) {
        own->operand = own_operand(s, f->operand);
        return own->operand.n > 0 ? own : NULL;
    }
    own->parts.at = NULL;
    own->parts.n = own->parts.cap = 0;
    for (size_t i = 0; i < f->parts.n; i++) {
        struct formula *part = own_part(a, s, f->parts.at[i]);
        if (part) {
            *vec_push(a, &own->parts) = part;
        } else if (f->kind == FORMULA_OR) {
            return NULL;
        }
    }
    return own;
}

struct formula *query_facts(struct query *q, struct query_source *s)
{
    if (s->facts) {
        return s->facts;
    }
    const struct formula *condition = condition_of(q, &q->levels.at[s->level]);
    struct formula *own = condition ? own_part(q->a, s, condition) : NULL;
    struct formula *all = formula_join(q->a, true, NULL, own);
    const size_t n = all->parts.n;
    for (size_t i = 0; i < n; i++) { /* a comparison that holds is one of something */
        const struct formula *part = all->parts.at[i];
        const struct formula *first = part->kind == FORMULA_OR && part->parts.n > 0 ? part->parts.at[0] : part;
        if (first->kind == FORMULA_COMPARE) {
            all = formula_join(q->a, true, all, formula_null(q->a, first->operand, false));
        }
    }
    s->facts = all;
    return all;
}

/* Can an index be entered by this column? */
static bool leads_index(const struct relation *r, struct str column)
{
    for (size_t i = 0; i < r->indexes.n; i++) {
        const struct relation *index = r->indexes.at[i];
        if (index->valid && index->predicate.n == 0 && index->index_columns.n > 0 &&
            (str_eq(index->index_columns.at[0].name, column) ||
             str_eq(index->index_columns.at[0].expression, column)) &&
            column.n > 0) {
            return true;
        }
    }
    return false;
}

static bool enters_index(const struct relation *r, const struct formula *part)
{
    if (part->kind == FORMULA_OR) {
        for (size_t i = 0; i < part->parts.n; i++) {
            if (!enters_index(r, part->parts.at[i])) {
                return false;
            }
        }
        return part->parts.n > 0;
    }
    return part->kind == FORMULA_COMPARE && part->op != IS_OTHER && leads_index(r, part->operand);
}

static bool is_aggregate(struct str name)
{
    static const char *const names[] = {"count", "sum", "avg", "every", "stddev", "variance", "corr", "mode"};
    for (size_t i = 0; i < countof(names); i++) {
        if (str_eq_nocase(name, str_of(names[i]))) {
            return true;
        }
    }
    return str_ends(name, STR("_agg")) || str_starts_nocase(name, STR("regr_")) ||
           str_starts_nocase(name, STR("bool_"));
}

/* SELECT max ( id ) + 1 … FROM t: each aggregate is the first or last entry of an index. */
static bool takes_extreme(const struct query *q, const struct query_level *level, const struct relation *r)
{
    const struct statement *st = q->st;
    bool found = false;
    if (!statement_is(st, level->first, KW_SELECT) || level->where > 0 || level->sources != 1) {
        return false;
    }
    for (size_t i = level->first + 1; i + 3 < st->n_tokens && !statement_is(st, i, KW_FROM); i++) {
        if (st->tokens[i].kind != TOK_WORD || !expression_is_self(st, i + 1, '(')) {
            continue;
        }
        const struct str function = token_text(q->text, st->tokens[i]);
        if (str_eq_nocase(function, STR("max")) || str_eq_nocase(function, STR("min"))) {
            if (!expression_is_self(st, i + 3, ')') || !leads_index(r, token_name(q->a, q->text, st->tokens[i + 2]))) {
                return false;
            }
            found = true;
        } else if (is_aggregate(function)) {
            return false;
        }
    }
    return found;
}

/* Is it a column of this very source? */
static bool is_own(const struct query_source *s, const struct relation *r, struct str schema, struct str name)
{
    return schema.n > 0 ? str_eq(schema, s->alias) : relation_column(r, name) != NULL;
}

/* Behind a subquery that begins at token i; i itself: there is none. What stands in it says nothing of the rows around it. */
static size_t behind_subquery(const struct statement *st, size_t i)
{
    size_t depth = 0;
    if (!expression_is_self(st, i, '(') || !(statement_is(st, i + 1, KW_SELECT) || statement_is(st, i + 1, KW_WITH))) {
        return i;
    }
    for (; i < st->n_tokens; i++) {
        depth += expression_is_self(st, i, '(');
        depth -= expression_is_self(st, i, ')');
        if (depth == 0) {
            return i + 1;
        }
    }
    return i;
}

/* WHERE t.id = x.b, where t is the only table: x is the row of an outer query, or a few rows of a function or WITH. */
static bool is_looked_up(const struct query *q, const struct query_level *level, const struct query_source *s,
                         const struct relation *r)
{
    for (size_t i = level->where; level->sources == 1 && i + 2 < level->where_end; i++) {
        struct str schema, name, other_schema, other;
        i = behind_subquery(q->st, i);
        size_t at = i, from;
        if (i >= level->where_end) {
            break;
        }
        if (q->st->tokens[i].kind != TOK_UQUOTED && !expression_is_self(q->st, i + 1, '=') &&
            !expression_is_self(q->st, i + 1, '.')) {
            continue; /* no name that is compared: most of what there is */
        }
        if (!qualified_name_view(q->a, q->text, q->st, &at, &schema, &name) || !expression_is_self(q->st, at, '=')) {
            continue;
        }
        from = at + 1;
        if (!qualified_name_view(q->a, q->text, q->st, &from, &other_schema, &other)) {
            continue;
        }
        const bool left = is_own(s, r, schema, name), right = is_own(s, r, other_schema, other);
        if (left != right && leads_index(r, left ? name : other)) {
            return true;
        }
    }
    return false;
}

static bool equals_constant(struct query *q, struct query_source *s, struct str column)
{
    const struct formula *facts = query_facts(q, s);
    for (size_t i = 0; i < facts->parts.n; i++) {
        const struct formula *part = facts->parts.at[i];
        if (part->kind == FORMULA_COMPARE && part->op == IS_EQUAL && str_eq(part->operand, column)) {
            return true;
        }
    }
    return false;
}

/* ON t.a = x.b with x.b = 3 somewhere: the server sees that t.a = 3. */
static bool joins_constant(struct query *q, const struct query_level *level, const struct query_source *s,
                           const struct relation *r)
{
    const size_t end = level->where_end > 0 ? level->where_end : q->st->n_tokens;
    for (size_t i = level->first; level->sources > 1 && i + 2 < end; i++) {
        struct str schema[2], name[2];
        i = behind_subquery(q->st, i);
        size_t at = i;
        if (!qualified_name_view(q->a, q->text, q->st, &at, &schema[0], &name[0]) ||
            !expression_is_self(q->st, at, '=')) {
            continue;
        }
        at++;
        if (!qualified_name_view(q->a, q->text, q->st, &at, &schema[1], &name[1])) {
            continue;
        }
        for (size_t side = 0; side < 2; side++) {
            if (!str_eq(schema[side], s->alias) || !leads_index(r, name[side])) {
                continue;
            }
            for (size_t k = 0; k < q->sources.n; k++) {
                struct query_source *other = &q->sources.at[k];
                if (other != s && other->level == s->level && str_eq(other->alias, schema[1 - side]) &&
                    equals_constant(q, other, name[1 - side])) {
                    return true;
                }
            }
        }
    }
    return false;
}

enum tri query_reads_whole(struct query *q, struct query_source *s, const struct relation *r)
{
    struct query_level *level = &q->levels.at[s->level];
    if (r->loaded == TRI_NO || s->use == USE_INSERT || (level->limit && !level->grouped && level->sources == 1)) {
        return TRI_NO;
    }
    const bool indexed = r->indexes.n > 0; /* without any there is no need to look at conditions */
    if (indexed && (takes_extreme(q, level, r) || is_looked_up(q, level, s, r) || joins_constant(q, level, s, r))) {
        return TRI_NO;
    }
    const struct formula *facts = indexed && level->where > 0 ? query_facts(q, s) : NULL;
    for (size_t i = 0; facts && i < facts->parts.n; i++) {
        if (enters_index(r, facts->parts.at[i])) {
            return TRI_NO;
        }
    }
    return r->complete || level->where == 0 ? TRI_YES : TRI_UNKNOWN;
}
