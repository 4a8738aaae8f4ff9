#include "cmd/options.h"

#include "cmd/rows.h"
#include "migration/directive.h"

/*
 * What other runners call things: golang-migrate's long names with one dash, dbmate's and goose's option names.
 * `to` NULL: there is nothing to give, `hint` says why.
 */
static const struct other_name {
    const char *name, *to, *hint;
} other_options[] = {
    {"path", "dir", NULL},
    {"source", "dir", NULL},
    {"migrations-dir", "dir", NULL},
    {"database", "url", NULL},
    {"allow-missing", "allow-out-of-order", NULL},
    {"out-of-order", "allow-out-of-order", NULL},
    {"colour", "color", NULL},
    {"lock-timeout", NULL,
     "say --run-lock-wait TIME (another run) or --ddl-lock-timeout TIME (PostgreSQL's lock_timeout)"},
    {"migrations-table", NULL, "history is a schema of its own here: --schema NAME"},
    {"no-dump-schema", NULL, "nothing is dumped unasked: leave it out"},
    {"schema-file", NULL, "nothing is dumped unasked: leave it out; migrate dump -o FILE writes the schema"},
    {"strict", NULL, "files out of order are always refused, unless --allow-out-of-order is given: leave it out"},
    {"prefetch", NULL, "there is nothing to prefetch: leave it out"},
};

/* Commands of other runners that have an exact equivalent under another name. */
static const struct other_name other_commands[] = {
    {"force", NULL,
     "there is no dirty state to force: `migrate up` resumes; to only record: migrate mark VERSION --applied"},
    {"drop", NULL, "nothing here drops a database: use dropdb, or `migrate down --all`"},
    {"up-to", NULL, "migrate up --to VERSION"},
    {"up-by-one", NULL, "migrate up 1"},
    {"down-to", NULL, "migrate down --to VERSION"},
    {"reset", NULL, "migrate down --all"},
    {"info", NULL, "migrate status"},
    {"verify", NULL,
     "migrate validate (files against history; --verify runs sqitch's scripts), or migrate rules verify (the rulebook against a server)"},
    {"repair", NULL, "migrate up resumes; migrate validate says what is wrong; migrate mark VERSION records"},
};

struct parse {
    const struct command *const *commands;
    size_t n_commands;
    struct arena *a;
    struct settings *s;
    struct command_line *line;
    struct error *err;
};

/* ---- rows ---- */

const struct option *command_option(const struct command *c, size_t i)
{
    const struct option_rows *g;
    if (i < c->n_options) {
        return &c->options[i];
    }
    i -= c->n_options;
    for (size_t k = 0; (g = option_group_rows(k)) != NULL; k++) {
        if (!(c->groups & g->group)) {
            continue;
        }
        if (i < g->n) {
            return &g->rows[i];
        }
        i -= g->n;
    }
    return NULL;
}

const struct command *command_find(const struct command *const *commands, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++) {
        struct str rest = str_of(commands[i]->aliases), alias;
        if (str_eq(str_of(commands[i]->name), name)) {
            return commands[i];
        }
        while (str_next(&rest, ' ', &alias)) {
            if (str_eq(alias, name)) {
                return commands[i];
            }
        }
    }
    return NULL;
}

static const struct option *row_of(const struct command *c, struct str name, char letter)
{
    const struct option *o;
    for (size_t i = 0; (o = command_option(c, i)) != NULL; i++) {
        if (letter ? o->letter == letter : str_eq(str_of(o->name), name)) {
            return o;
        }
    }
    return NULL;
}

/* The row in the named command or, before one is named, in any: rows of one name agree on their kind everywhere. */
static const struct option *find_row(const struct parse *p, struct str name, char letter)
{
    const struct option *o = NULL;
    if (p->line->command) {
        return row_of(p->line->command, name, letter);
    }
    for (size_t i = 0; !o && i < p->n_commands; i++) {
        o = row_of(p->commands[i], name, letter);
    }
    return o;
}

/* ---- values ---- */

static bool choice_parse(const char *words, struct str value, int *out)
{
    struct str rest = str_of(words), word;
    for (int i = 0; str_next(&rest, '|', &word); i++) {
        if (str_eq(word, value)) {
            *out = i;
            return true;
        }
    }
    return false;
}

static enum status flag_word(const char *what, struct str value, bool *out, struct error *err)
{
    static const char *const yes[] = {"1", "true", "yes", "on"}, *const no[] = {"", "0", "false", "no", "off"};
    for (size_t i = 0; i < countof(no); i++) {
        if (i < countof(yes) && str_eq_nocase(value, str_of(yes[i]))) {
            *out = true;
            return ST_OK;
        }
        if (str_eq_nocase(value, str_of(no[i]))) {
            *out = false;
            return ST_OK;
        }
    }
    return error_set(err, ST_USAGE, "%s: \"%.*s\" is neither true nor false", what, STR_ARG(value));
}

enum status option_store(struct arena *a, void *base, const struct option *o, const char *what, const char *value,
                         struct error *err)
{
    char *const at = (char *)base + o->target;
    struct text_list list;
    int64_t number;
    int choice;
    bool flag;
    switch (o->kind) {
    case OPTION_FLAG:
        if (flag_word(what, str_of(value), &flag, err)) {
            return ST_USAGE;
        }
        memcpy(at, &flag, sizeof(flag));
        return ST_OK;
    case OPTION_TEXT:
        memcpy(at, &value, sizeof(value));
        return ST_OK;
    case OPTION_LIST:
        memcpy(&list, at, sizeof(list));
        *vec_push(a, &list) = value;
        memcpy(at, &list, sizeof(list));
        return ST_OK;
    case OPTION_NUMBER:
        if (!str_to_i64(str_of(value), o->min, o->max, &number)) {
            error_set(err, ST_USAGE, "%s: \"%s\" is not a number from %" PRId64 " to %" PRId64, what, value, o->min,
                      o->max);
            return ST_USAGE;
        }
        memcpy(at, &number, sizeof(number));
        return ST_OK;
    case OPTION_DURATION:
        if (!duration_parse(str_of(value), &number) || number < o->min || number > o->max) {
            error_set(err, ST_USAGE, "%s: \"%s\" is not a duration", what, value);
            error_hint(err, "write 200ms, 2s, 5min, 1h or 7d");
            return ST_USAGE;
        }
        memcpy(at, &number, sizeof(number));
        return ST_OK;
    case OPTION_CHOICE:
        if (!choice_parse(o->argument, str_of(value), &choice)) {
            error_set(err, ST_USAGE, "%s: \"%s\" is not one of %s", what, value, o->argument);
            return ST_USAGE;
        }
        memcpy(at, &choice, sizeof(choice));
        return ST_OK;
    }
    BUG("option kind %d", (int)o->kind);
}

static void store_flag(struct settings *s, const struct option *o, bool value)
{
    memcpy((char *)s + o->target, &value, sizeof(value));
}

/* --no-name for what is not a flag: none of it. */
static void store_none(struct settings *s, const struct option *o)
{
    char *const at = (char *)s + o->target;
    const char *none = "";
    int last = -1;
    struct str rest = str_of(o->argument), word;
    if (o->kind == OPTION_TEXT) {
        memcpy(at, &none, sizeof(none));
    } else if (o->kind == OPTION_CHOICE) {
        while (str_next(&rest, '|', &word)) {
            last++;
        }
        memcpy(at, &last, sizeof(last));
    }
}

static bool has_none(const struct option *o)
{
    return o->kind == OPTION_FLAG || o->kind == OPTION_TEXT || o->kind == OPTION_CHOICE;
}

/* ---- unknown things ---- */

static const struct other_name *other_find(const struct other_name *names, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(str_of(names[i].name), name)) {
            return &names[i];
        }
    }
    return NULL;
}

static void suggest_option(struct parse *p, struct str name)
{
    VEC(const char *) names = {0};
    struct strbuf who;
    const struct option *o;
    strbuf_init(&who, 512);
    for (size_t i = 0; i < p->n_commands; i++) {
        if (row_of(p->commands[i], name, 0)) {
            strbuf_addf(&who, "%s%s", who.n ? ", " : "", p->commands[i]->name);
        }
        if (!p->line->command || p->line->command == p->commands[i]) {
            for (size_t k = 0; (o = command_option(p->commands[i], k)) != NULL; k++) {
                *vec_push(p->a, &names) = o->name;
            }
        }
    }
    const char *near = str_closest(name, names.at, names.n);
    const char *command = p->line->command ? p->line->command->name : "COMMAND";
    if (who.n > 0) {
        error_hint(p->err, "it is an option of: %s", strbuf_cstr(&who));
    } else if (near) {
        error_hint(p->err, "did you mean --%s? migrate help %s lists the options", near, command);
    } else {
        error_hint(p->err, "migrate help %s lists the options", command);
    }
    strbuf_free(&who);
}

static enum status unknown_option(struct parse *p, const char *dashes, struct str name)
{
    const struct other_name *other = other_find(other_options, countof(other_options), name);
    error_set(p->err, ST_USAGE, "%s%.*s is not an option%s%s", dashes, STR_ARG(name),
              p->line->command ? " of migrate " : "", p->line->command ? p->line->command->name : "");
    if (other && other->hint) {
        error_hint(p->err, "%s", other->hint);
    } else {
        suggest_option(p, name);
    }
    return ST_USAGE;
}

static enum status unknown_command(struct parse *p, const char *word)
{
    VEC(const char *) names = {0};
    const struct other_name *other = other_find(other_commands, countof(other_commands), str_of(word));
    error_set(p->err, ST_USAGE, "\"%s\" is not a command", word);
    for (size_t i = 0; i < p->n_commands; i++) {
        struct str rest = str_of(p->commands[i]->aliases), alias;
        *vec_push(p->a, &names) = p->commands[i]->name;
        while (str_next(&rest, ' ', &alias)) {
            *vec_push(p->a, &names) = arena_cstr(p->a, alias);
        }
    }
    const char *near = str_closest(str_of(word), names.at, names.n);
    if (other) {
        error_hint(p->err, "here: %s", other->hint);
    } else if (near) {
        error_hint(p->err, "did you mean migrate %s? migrate help lists the commands", near);
    } else {
        error_hint(p->err, "migrate help lists the commands");
    }
    return ST_USAGE;
}

/* ---- parsing ---- */

static enum status set_row(struct parse *p, const struct option *o, const char *shown, bool no, const char *value)
{
    *vec_push(p->a, &p->line->given) = o->name;
    if (o->kind == OPTION_FLAG) {
        store_flag(p->s, o, !no);
        return ST_OK;
    }
    if (no) {
        store_none(p->s, o);
        return ST_OK;
    }
    if (!value) {
        error_set(p->err, ST_USAGE, "%s needs a value: %s %s", shown, shown, o->argument);
        return ST_USAGE;
    }
    if (str_starts(str_of(value), STR("file://")) && strcmp(o->name, "dir") == 0) {
        value += 7; /* golang-migrate's -source file://DIR */
    }
    return option_store(p->a, p->s, o, shown, value, p->err);
}

/* The row that --name, --name=value, --no-name or golang-migrate's -name means; *value is NULL without a "=". */
static const struct option *named_row(const struct parse *p, const char *arg, struct str *name, const char **value,
                                      bool *no)
{
    *name = str_of(arg + (arg[1] == '-' ? 2 : 1));
    const size_t equals = str_find_char(*name, '=');
    *value = equals == SIZE_MAX ? NULL : name->p + equals + 1;
    *no = false;
    *name = str_slice(*name, 0, equals);
    const struct option *o = find_row(p, *name, 0);
    const struct other_name *other = o ? NULL : other_find(other_options, countof(other_options), *name);
    if (other && other->to) {
        o = find_row(p, str_of(other->to), 0);
    }
    if (!o && str_starts(*name, STR("no-"))) {
        o = find_row(p, str_slice(*name, 3, name->n), 0);
        o = o && has_none(o) ? o : NULL;
        *no = o != NULL;
    }
    return o;
}

/*
 * One long option: --name, --name=value, --no-name, or golang-migrate's -name. *next is the following argument (NULL:
 * none); *took is set when it is the value. `single`: it was written with one dash, and *known false says that it is no
 * such name at all.
 */
static enum status long_option(struct parse *p, const char *arg, const char *next, bool *took)
{
    const char *const dashes = arg[1] == '-' ? "--" : "-", *value;
    struct str name;
    bool no;
    const struct option *o = named_row(p, arg, &name, &value, &no);
    if (!o) {
        return unknown_option(p, dashes, name);
    }
    if ((o->kind == OPTION_FLAG || no) && value) {
        return error_set(p->err, ST_USAGE, "%s%.*s takes no value", dashes, STR_ARG(name));
    }
    if (o->kind != OPTION_FLAG && !no && !value) {
        value = next;
        *took = next != NULL;
    }
    return set_row(p, o, arena_printf(p->a, "%s%.*s", dashes, STR_ARG(name)).p, no, value);
}

/* -x, -xyz (flags), -xVALUE, -x VALUE. */
static enum status short_options(struct parse *p, const char *arg, const char *next, bool *took)
{
    enum status status = ST_OK;
    for (const char *c = arg + 1; *c && !status; c++) {
        const char shown[3] = {'-', *c, '\0'};
        const struct option *o = find_row(p, STR_NONE, *c);
        if (!o) {
            return unknown_option(p, "-", arg[2] ? str_of(arg + 1) : str_of(shown + 1));
        }
        if (o->kind == OPTION_FLAG) {
            status = set_row(p, o, shown, false, NULL);
            continue;
        }
        *took = !c[1] && next;
        return set_row(p, o, shown, false, c[1] ? c + 1 : next);
    }
    return status;
}

/* Is -word one of the long names that golang-migrate writes with one dash? */
static bool is_single_dash_name(const struct parse *p, const char *arg)
{
    struct str name = str_of(arg + 1);
    name = str_slice(name, 0, str_find_char(name, '='));
    return name.n > 1 && (other_find(other_options, countof(other_options), name) || find_row(p, name, 0));
}

struct option_word option_of_word(const struct command *const *commands, size_t n, const struct command *c,
                                  const char *word)
{
    struct command_line line = {.command = c};
    const struct parse p = {.commands = commands, .n_commands = n, .line = &line};
    struct option_word out = {0};
    if (word[1] == '-' || is_single_dash_name(&p, word)) {
        struct str name;
        const char *value;
        out.row = named_row(&p, word, &name, &value, &out.no);
        out.has_value = out.row && value;
        out.value = str_of(value);
        out.wants_value = out.row && !value && !out.no && out.row->kind != OPTION_FLAG;
        return out;
    }
    for (const char *letter = word + 1; *letter; letter++) {
        out.row = find_row(&p, STR_NONE, *letter);
        if (!out.row || out.row->kind != OPTION_FLAG) {
            out.has_value = out.row && letter[1];
            out.value = str_of(letter + 1);
            out.wants_value = out.row && !letter[1];
            break;
        }
    }
    return out;
}

static enum status check_operands(struct parse *p)
{
    const struct command *c = p->line->command;
    if (!c || p->s->help) {
        return ST_OK;
    }
    if (p->line->args.n < c->min_args) {
        error_set(p->err, ST_USAGE, "migrate %s needs more: migrate %s %s", c->name, c->name, c->usage);
        error_hint(p->err, "migrate help %s explains it", c->name);
        return ST_USAGE;
    }
    if (p->line->args.n > c->max_args) {
        error_set(p->err, ST_USAGE, "migrate %s does not take \"%s\"", c->name, p->line->args.at[c->max_args]);
        error_hint(p->err, "usage: migrate %s %s", c->name, c->usage);
        return ST_USAGE;
    }
    return ST_OK;
}

/* Which argument is the command? Options before it are skipped with their values. */
static enum status find_command(struct parse *p, int argc, char *const *argv, int *at)
{
    struct settings ignored = *p->s;
    struct command_line line = {0};
    struct parse dry = *p;
    dry.s = &ignored;
    dry.line = &line;
    *at = argc;
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i], *next = i + 1 < argc ? argv[i + 1] : NULL;
        bool took = false;
        enum status status = ST_OK;
        if (arg[0] != '-' || !arg[1]) {
            *at = i;
            p->line->command = command_find(p->commands, p->n_commands, str_of(arg));
            return p->line->command ? ST_OK : unknown_command(p, arg);
        }
        if (strcmp(arg, "--") == 0) {
            continue;
        }
        if (arg[1] == '-' || is_single_dash_name(&dry, arg)) {
            status = long_option(&dry, arg, next, &took);
        } else {
            status = short_options(&dry, arg, next, &took);
        }
        if (status) {
            return status;
        }
        i += took;
    }
    return ST_OK;
}

enum status options_parse(const struct command *const *commands, size_t n, int argc, char *const *argv, struct arena *a,
                          struct settings *s, struct command_line *out, struct error *err)
{
    struct parse p = {.commands = commands, .n_commands = n, .a = a, .s = s, .line = out, .err = err};
    bool ended = false;
    int command_at;
    settings_default(s);
    *out = (struct command_line){0};
    enum status status = find_command(&p, argc, argv, &command_at);
    for (int i = 1; i < argc && !status; i++) {
        const char *arg = argv[i], *next = i + 1 < argc ? argv[i + 1] : NULL;
        bool took = false;
        if (i == command_at) {
            continue;
        }
        if (ended || arg[0] != '-' || !arg[1]) {
            *vec_push(a, &out->args) = arg;
        } else if (strcmp(arg, "--") == 0) {
            ended = true;
        } else if (arg[1] == '-' || is_single_dash_name(&p, arg)) {
            status = long_option(&p, arg, next, &took);
        } else {
            status = short_options(&p, arg, next, &took);
        }
        i += took;
    }
    return status ? status : check_operands(&p);
}

/* ---- environment ---- */

static bool was_given(const struct command_line *line, const char *name)
{
    for (size_t i = 0; i < line->given.n; i++) {
        if (strcmp(line->given.at[i], name) == 0) {
            return true;
        }
    }
    return false;
}

const char *option_variable(struct arena *a, const char *name)
{
    char *p = arena_cstr(a, arena_printf(a, "MIGRATE_%s", name));
    for (char *c = p; *c; c++) {
        *c = (char)(*c == '-' ? '_' : *c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
    }
    return p;
}

bool option_said(const struct command_line *line, struct arena *a, const char *name)
{
    return was_given(line, name) || getenv(option_variable(a, name));
}

enum status options_environment(const struct command_line *line, struct arena *a, struct settings *s, struct error *err)
{
    const struct option *o;
    enum status status = ST_OK;
    for (size_t i = 0; !status && line->command && (o = command_option(line->command, i)) != NULL; i++) {
        const char *variable = option_variable(a, o->name), *value = getenv(variable);
        bool flag = false;
        if (!value || was_given(line, o->name) || strcmp(o->name, "help") == 0) {
            continue;
        }
        if (o->kind == OPTION_FLAG) {
            status = flag_word(arena_printf(a, "environment variable %s", variable).p, str_of(value), &flag, err);
            if (!status) {
                store_flag(s, o, flag);
            }
        } else if (o->kind == OPTION_LIST) {
            struct str rest = str_of(value), part;
            while (!status && str_next(&rest, ':', &part)) {
                status = part.n ? option_store(a, s, o, variable, arena_cstr(a, part), err) : ST_OK;
            }
        } else {
            status = option_store(a, s, o, variable, value, err);
        }
    }
    return status;
}
