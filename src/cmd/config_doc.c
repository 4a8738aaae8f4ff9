/* The table of migrate.yaml for people: `migrate help config`, and migrate.yaml(5). */
#include "cmd/config_doc.h"

#include "cmd/man_text.h"

enum { KEY_COLUMN = 4, TEXT_COLUMN = 8 };

static const char example[] = "dir: db/migrations\n"
                              "gate: warning\n"
                              "rules:\n"
                              "  folders: db/rules\n"
                              "  severity:\n"
                              "    prefer-robust-stmts: off\n"
                              "    ban-drop-column: error\n"
                              "timeouts:\n"
                              "  lock_budget: 5min\n"
                              "environments:\n"
                              "  production:\n"
                              "    url: postgres://deploy:${DEPLOY_PASSWORD}@db.internal/shop\n"
                              "    server_version: 16\n"
                              "    timeouts:\n"
                              "      lock: 100ms\n";

void config_kind(const struct config_key *k, struct strbuf *out)
{
    struct str rest = str_of(k->row.argument), word;
    if (k->use & CONFIG_SEVERITIES) {
        strbuf_add_cstr(out, "map of rules to ");
    }
    switch (k->row.kind) {
    case OPTION_LIST:
        strbuf_add_cstr(out, "text, or list of texts");
        break;
    case OPTION_NUMBER:
        strbuf_addf(out, "number from %" PRId64, k->row.min);
        if (k->row.max < INT64_MAX) {
            strbuf_addf(out, " to %" PRId64, k->row.max);
        }
        break;
    case OPTION_DURATION:
        strbuf_add_cstr(out, "time, as 200ms, 2s, 5min, 1h, 7d");
        break;
    case OPTION_CHOICE:
        for (size_t i = 0; str_next(&rest, '|', &word); i++) {
            strbuf_addf(out, "%s%.*s", i ? ", " : "", STR_ARG(word));
        }
        break;
    case OPTION_FLAG:
        strbuf_add_cstr(out, "true or false");
        break;
    case OPTION_TEXT:
        strbuf_add_cstr(out, "text");
        break;
    }
}

static void add_text(struct strbuf *out)
{
    const struct config_key *k;
    struct strbuf kind;
    strbuf_init(&kind, 4096);
    strbuf_add_cstr(out, "migrate.yaml holds what a project says once for all commands. It is looked for\n"
                         "from the working directory upward, as far as a folder with a .git in it; --config\n"
                         "FILE names another, --no-config none. The command line wins over MIGRATE_*\n"
                         "variables, those over the file. Paths are seen from the file's folder. A key that\n"
                         "is not known, there twice or of the wrong type is an error.\n\n"
                         "Under environments, each NAME may hold the same keys; --env NAME (MIGRATE_ENV)\n"
                         "chooses one, and what it says goes before the rest of the file. When the file has\n"
                         "no environment NAME, --env is the name of a variable that holds the URL.\n\nKeys\n");
    for (size_t i = 0; (k = config_key_at(i)) != NULL; i++) {
        strbuf_add_repeat(out, ' ', KEY_COLUMN);
        strbuf_reset(&kind);
        config_kind(k, &kind);
        strbuf_addf(out, "%s: ", k->name);
        help_wrapped(out, strbuf_cstr(&kind), TEXT_COLUMN, KEY_COLUMN + (unsigned)strlen(k->name) + 2);
        strbuf_add_repeat(out, ' ', TEXT_COLUMN);
        help_wrapped(out, k->row.help, TEXT_COLUMN, TEXT_COLUMN);
        strbuf_add_repeat(out, ' ', TEXT_COLUMN);
        strbuf_addf(out, "Default: %s.\n", k->preset);
    }
    strbuf_add_cstr(out, "\nA dot is one map in another: timeouts.lock is the key lock under timeouts.\n\nExample\n");
    struct str rest = str_of(example), line;
    while (str_next(&rest, '\n', &line) && (line.n > 0 || rest.n > 0)) {
        strbuf_addf(out, "    %.*s\n", STR_ARG(line));
    }
    strbuf_add_cstr(out,
                    "\nmigrate lint --show-config shows what holds here. docs/migrate.schema.json tells editors.\n");
    strbuf_free(&kind);
}

/* ---- the manual ---- */

static void add_man(struct strbuf *out)
{
    const struct config_key *k;
    struct strbuf line;
    strbuf_init(&line, 4096);
    strbuf_add_cstr(out,
                    ".\\\" Made by `migrate help config --format man`.\n"
                    ".Dd November 20, 2026\n.Dt MIGRATE.YAML 5\n.Os\n.Sh NAME\n.Nm migrate.yaml\n"
                    ".Nd settings of a project for migrate\n.Sh DESCRIPTION\n"
                    "This file holds what a project says once for all commands of\n.Xr migrate 1 .\n"
                    "It is looked for from the working directory upward, as far as a folder with a\n.Pa .git\n"
                    "in it;\n.Fl -config Ar file\nnames another,\n.Fl -no-config\nnone.\n"
                    "The command line wins over the environment variables, those over the file.\n"
                    "Paths are seen from the folder of the file.\n"
                    "It is YAML without anchors, aliases and tags; a key that is not known, that is\n"
                    "there twice or whose value is of the wrong type is an error.\n.Pp\n"
                    "The map\n.Ic environments\nholds maps by name, each with the same keys.\n"
                    ".Fl -env Ar name ,\nor\n.Ev MIGRATE_ENV ,\nchooses one, and what it says goes before the rest "
                    "of the file.\nWhen the file has no environment of that name, it is the name of an\n"
                    "environment variable that holds the URL.\n.Pp\n"
                    "A dot in a name below is one map in another:\n.Ic timeouts.lock\nis the key\n.Ic lock\nin the "
                    "map\n.Ic timeouts .\n.Bl -tag -width Ds\n");
    for (size_t i = 0; (k = config_key_at(i)) != NULL; i++) {
        strbuf_addf(out, ".It Ic %s\n", k->name);
        man_prose(out, k->row.help);
        strbuf_reset(&line);
        strbuf_add_cstr(&line, "Value: ");
        config_kind(k, &line);
        strbuf_addf(&line, ". Default: %s.", k->preset);
        man_prose(out, strbuf_cstr(&line));
    }
    strbuf_addf(out,
                ".El\n.Sh FILES\n.Bl -tag -width Ds\n.It Pa docs/migrate.schema.json\n"
                "The same as a JSON schema, for editors.\n.El\n.Sh EXAMPLES\n.Bd -literal\n%s.Ed\n.Pp\n"
                "What holds in a folder, and who said it:\n.Dl migrate lint --show-config\n"
                ".Sh SEE ALSO\n.Xr migrate 1 ,\n.Xr migrate-rules 5\n",
                example);
    strbuf_free(&line);
}

void config_document(enum config_format format, struct strbuf *out)
{
    if (format == CONFIG_SCHEMA) {
        config_schema(out);
    } else if (format == CONFIG_MAN) {
        add_man(out);
    } else {
        add_text(out);
    }
}
