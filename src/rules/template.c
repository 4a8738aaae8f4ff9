#include "rules/template.h"

#include "catalog/replay.h"
#include "rules/facts.h"
#include "rules/fix_name.h"

enum { MAX_DEPTH = 4, MAX_FILLED = 256 * 1024 };

/* ---- reading ---------------------------------------------------------------------------------------------------- */

enum part_kind { PART_TEXT, PART_PLACE, PART_BROKEN };

struct part {
    enum part_kind kind;
    struct str text; /* PART_TEXT */
    struct str name; /* of the place; "rest:table" has name table and way "rest" */
    struct str way;  /* "", "name", "join", "rest", "chosen" */
    char then;       /* '|', '?' or 0 */
    struct str more; /* the text behind it */
    size_t more_at;  /* its offset */
    size_t at;
    const char *problem;
};

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The brace that closes the one before s[at]; SIZE_MAX: none. */
static size_t closing(struct str s, size_t at)
{
    unsigned depth = 1;
    for (; at < s.n; at++) {
        depth += s.p[at] == '{';
        depth -= s.p[at] == '}';
        if (depth == 0) {
            return at;
        }
    }
    return SIZE_MAX;
}

static struct part broken(size_t at, const char *problem)
{
    return (struct part){.kind = PART_BROKEN, .at = at, .problem = problem};
}

static struct part read_place(struct str s, size_t at, size_t end)
{
    struct part p = {.kind = PART_PLACE, .at = at, .way = STR("")};
    size_t i = at;
    while (i < end && is_name(s.p[i])) {
        i++;
    }
    p.name = str_slice(s, at, i);
    if (i < end && s.p[i] == ':') {
        const size_t way = ++i;
        while (i < end && is_name(s.p[i])) {
            i++;
        }
        p.way = str_slice(s, way, i);
        if (str_eq(p.name, STR("rest"))) {
            p.name = p.way;
            p.way = STR("rest");
        } else if (str_eq(p.name, STR("chosen"))) {
            p.name = p.way;
            p.way = STR("chosen");
            if (!fix_name_known(p.name)) {
                return broken(way, "no kind of a name to choose");
            }
        } else if (!str_eq(p.way, STR("name")) && !str_eq(p.way, STR("join"))) {
            return broken(way, "behind \":\" stands name or join");
        }
    }
    if (p.name.n == 0) {
        return broken(at, "a name is awaited behind \"{\"");
    }
    if (i < end) {
        p.then = s.p[i];
        p.more = str_slice(s, i + 1, end);
        p.more_at = i + 1;
        if (p.then != '|' && p.then != '?') {
            return broken(i, "\"|\", \"?\" or \"}\" is awaited");
        }
    }
    return p;
}

/* Take the next part off s at *at. */
static bool next_part(struct str s, size_t *at, struct part *p)
{
    const size_t start = *at;
    if (start >= s.n) {
        return false;
    }
    if ((s.p[start] == '{' || s.p[start] == '}') && start + 1 < s.n && s.p[start + 1] == s.p[start]) {
        *p = (struct part){.kind = PART_TEXT, .text = str_slice(s, start, start + 1)};
        *at = start + 2;
    } else if (s.p[start] == '{') {
        const size_t end = closing(s, start + 1);
        *p = end == SIZE_MAX ? broken(start, "\"{\" is never closed") : read_place(s, start + 1, end);
        *at = end == SIZE_MAX ? s.n : end + 1;
    } else if (s.p[start] == '}') {
        *p = broken(start, "\"}\" closes nothing");
        *at = s.n;
    } else {
        const size_t open = str_find_char(str_slice(s, start, s.n), '{');
        const struct str until = str_slice(s, start, open == SIZE_MAX ? s.n : start + open);
        const size_t close = str_find_char(until, '}');
        const size_t end = start + (close == SIZE_MAX ? until.n : close);
        *p = (struct part){.kind = PART_TEXT, .text = str_slice(s, start, end)};
        *at = end;
    }
    return true;
}

/* ---- checking --------------------------------------------------------------------------------------------------- */

static const struct str facts[] = {STR_INIT("lock"),      STR_INIT("blocks"),  STR_INIT("relation"), STR_INIT("size"),
                                   STR_INIT("statement"), STR_INIT("version"), STR_INIT("unread")};

static bool is_fact(struct str name)
{
    for (size_t i = 0; i < countof(facts); i++) {
        if (str_eq(name, facts[i])) {
            return true;
        }
    }
    return false;
}

static enum status check(struct str text, size_t offset, unsigned depth,
                         void (*on_capture)(void *context, struct str name, size_t at), void *context, size_t *at,
                         struct error *err)
{
    struct part p;
    enum status st = ST_OK;
    for (size_t i = 0; !st && next_part(text, &i, &p);) {
        if (p.kind == PART_BROKEN || (p.then && depth == MAX_DEPTH)) {
            *at = offset + p.at;
            return error_set(err, ST_USAGE, "%s", p.kind == PART_BROKEN ? p.problem : "nested too deep");
        }
        if (p.kind == PART_PLACE && !is_fact(p.name) && !str_eq(p.way, STR("chosen"))) {
            on_capture(context, p.name, offset + p.at);
        }
        if (p.kind == PART_PLACE && p.then) {
            st = check(p.more, offset + p.more_at, depth + 1, on_capture, context, at, err);
        }
    }
    return st;
}

enum status template_check(struct str text, void (*on_capture)(void *context, struct str name, size_t at),
                           void *context, size_t *at, struct error *err)
{
    return check(text, 0, 0, on_capture, context, at, err);
}

/* ---- filling ---------------------------------------------------------------------------------------------------- */

struct filler {
    struct eval *e;
    const struct effects *effects;
    bool display;
    bool lower;
    struct strbuf out;
    bool in_name; /* a name is being put together from parts, since .name in out */
    size_t name;
};

static void add_amount(struct strbuf *out, int64_t n, int64_t step, const char *const *units, size_t n_units)
{
    double value = (double)n;
    size_t unit = 0;
    while (value >= (double)step && unit + 1 < n_units) {
        value /= (double)step;
        unit++;
    }
    strbuf_addf(out, unit > 0 && value < 10 ? "%.1f%s" : "%.0f%s", value, units[unit]);
}

struct str relation_size(const struct relation *r, struct arena *a)
{
    static const char *const bytes[] = {" bytes", " kB", " MB", " GB", " TB"};
    static const char *const rows[] = {" rows", " k rows", " M rows", " G rows"};
    struct strbuf out;
    strbuf_init(&out, 256);
    if (r->bytes >= 0) {
        add_amount(&out, r->bytes, 1024, bytes, countof(bytes));
    }
    if (r->rows >= 0) {
        strbuf_add_cstr(&out, out.n > 0 ? ", " : "");
        add_amount(&out, r->rows, 1000, rows, countof(rows));
        strbuf_truncate(&out, out.n - (r->rows == 1)); /* 1 row */
    }
    const struct str s = arena_str(a, strbuf_str(&out));
    strbuf_free(&out);
    return s;
}

static void add_fact(struct filler *f, struct str name)
{
    const struct relation_lock *lock = f->effects && f->effects->locks.n > 0 ? &f->effects->locks.at[0] : NULL;
    struct eval *e = f->e;
    if (str_eq(name, STR("version"))) {
        strbuf_addf(&f->out, "%d", e->server_version);
    } else if (str_eq(name, STR("statement"))) {
        strbuf_add(&f->out, str_slice(e->what->text, e->what->statement->start, e->what->statement->end));
    } else if (str_eq(name, STR("unread"))) {
        strbuf_add(&f->out, e->statement ? e->statement->unread : STR(""));
    } else if (lock && str_eq(name, STR("lock"))) {
        strbuf_add_cstr(&f->out, lock_mode_name(lock->mode));
    } else if (lock && str_eq(name, STR("blocks"))) {
        strbuf_add_cstr(&f->out, lock_blocks_name(lock_blocks(lock->mode)));
    } else if (lock && str_eq(name, STR("relation"))) {
        strbuf_add(&f->out, relation_display(lock->relation, e->a));
    } else if (lock && str_eq(name, STR("size"))) {
        const struct str size = relation_size(lock->relation, e->a);
        strbuf_add(&f->out, size.n > 0 ? size : STR("of unknown size"));
    }
}

/* The capture's source text. */
static struct str source(const struct eval *e, const struct term *capture, size_t *last)
{
    size_t first;
    if (!term_tokens(e, capture, &first, last) || *last <= first) {
        return STR("");
    }
    const struct token *t = e->what->statement->tokens;
    return str_slice(e->what->text, t[first].start, t[*last - 1].end);
}

/* Is this capture the target of a lock, or is it only text? */
static bool names_relation(const struct filler *f, const struct relation *r)
{
    for (size_t i = 0; f->effects && i < f->effects->locks.n; i++) {
        if (f->effects->locks.at[i].relation == r) {
            return true;
        }
    }
    return false;
}

/* In a title: orders as public.orders. */
static bool add_displayed(struct filler *f, struct str shape)
{
    struct str rest = shape, name;
    const size_t before = f->out.n;
    while (term_next_listed(&rest, &name)) {
        struct str schema, base;
        const struct relation *r =
            term_split_name(f->e->a, name, &schema, &base) ? catalog_resolve(f->e->catalog, schema, base) : NULL;
        if (!r || !names_relation(f, r)) {
            strbuf_truncate(&f->out, before);
            return false;
        }
        strbuf_add_cstr(&f->out, f->out.n > before ? ", " : "");
        strbuf_add(&f->out, relation_display(r, f->e->a));
    }
    return f->out.n > before;
}

/* A name made up of parts, such as {table:name}_{column:name}_key, is quoted as a whole, where it has to be. */
static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static void name_open(struct filler *f)
{
    if (!f->in_name) {
        f->in_name = true;
        f->name = f->out.n;
        while (f->name > 0 && is_name_char(f->out.p[f->name - 1])) {
            f->name--;
        }
    }
}

static void name_close(struct filler *f)
{
    if (f->in_name) {
        const struct str made = arena_str(f->e->a, str_slice(strbuf_str(&f->out), f->name, f->out.n));
        strbuf_truncate(&f->out, f->name);
        strbuf_add(&f->out, name_quote(f->e->a, made));
        f->in_name = false;
    }
}

static void add_text(struct filler *f, struct str text)
{
    size_t n = 0;
    while (f->in_name && n < text.n && is_name_char(text.p[n])) {
        n++;
    }
    strbuf_add(&f->out, str_slice(text, 0, n));
    if (n < text.n) {
        name_close(f);
        strbuf_add(&f->out, str_slice(text, n, text.n));
    }
}

static void add_last_part(struct filler *f, struct str shape)
{
    struct str rest = shape, part, last = STR("");
    while (term_name_part(f->e->a, &rest, &part)) {
        last = part;
    }
    name_open(f);
    strbuf_add(&f->out, last);
}

static void add_joined(struct filler *f, const struct term *capture)
{
    struct name_list names = {0};
    term_names(f->e, capture, &names);
    name_open(f);
    for (size_t i = 0; i < names.n; i++) {
        strbuf_add_cstr(&f->out, i > 0 ? "_" : "");
        strbuf_add(&f->out, names.at[i]);
    }
}

/* What stands between the capture and the end of the action. */
static void add_rest(struct filler *f, size_t last)
{
    const struct eval *e = f->e;
    const size_t end = e->what->shape->last;
    const struct token *t = e->what->statement->tokens;
    if (last > 0 && last < end && end <= e->what->statement->n_tokens) {
        strbuf_add(&f->out, str_slice(e->what->text, t[last - 1].end, t[end - 1].end));
    }
}

static struct str lowered(struct arena *a, struct str text)
{
    char *copy = arena_cstr(a, text);
    for (size_t i = 0; i < text.n; i++) {
        copy[i] = (char)(copy[i] >= 'A' && copy[i] <= 'Z' ? copy[i] + 32 : copy[i]);
    }
    return (struct str){copy, text.n};
}

static void fill(struct filler *f, struct str text)
{
    struct part p;
    for (size_t i = 0; next_part(text, &i, &p);) {
        if (p.kind == PART_TEXT) {
            add_text(f, f->lower ? lowered(f->e->a, p.text) : p.text);
            continue;
        }
        if (p.kind == PART_PLACE && str_eq(p.way, STR("chosen"))) {
            name_close(f);
            strbuf_add(&f->out, name_quote(f->e->a, fix_name(f->e, p.name)));
            continue;
        }
        if (p.kind == PART_PLACE && is_fact(p.name)) {
            name_close(f);
            add_fact(f, p.name);
            continue;
        }
        const struct term capture = {.kind = TERM_CAPTURE, .text = p.name};
        const struct str shape = term_shape(f->e, &capture);
        size_t last;
        if (p.then == '?' || (p.then == '|' && shape.n == 0)) {
            if (p.then == '|' || shape.n > 0) {
                fill(f, p.more);
            }
        } else if (str_eq(p.way, STR("name"))) {
            add_last_part(f, shape);
        } else if (str_eq(p.way, STR("join"))) {
            add_joined(f, &capture);
        } else if (str_eq(p.way, STR("rest"))) {
            name_close(f);
            add_rest(f, source(f->e, &capture, &last).n > 0 ? last : 0);
        } else {
            name_close(f);
            if (!(f->display && add_displayed(f, shape))) {
                strbuf_add(&f->out, source(f->e, &capture, &last));
            }
        }
    }
}

static struct str filled(struct filler *f, struct str text, struct arena *a)
{
    strbuf_init(&f->out, MAX_FILLED);
    fill(f, text);
    name_close(f);
    const struct str s = arena_str(a, strbuf_str(&f->out));
    strbuf_free(&f->out);
    return s;
}

struct str template_fill(struct str text, struct eval *e, const struct effects *effects, bool display, struct arena *a)
{
    struct filler f = {.e = e, .effects = effects, .display = display};
    return filled(&f, text, a);
}

struct str template_write(struct str text, struct eval *e, bool lower, struct arena *a)
{
    struct filler f = {.e = e, .lower = lower};
    return filled(&f, text, a);
}
